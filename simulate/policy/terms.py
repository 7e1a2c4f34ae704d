"""Terms: all that rules say about one case, as plain arrays.

A policy amends terms; nobody else does. Amendments commute and repeat without effect: what is
forbidden adds up (a reader off stays off), and what is stated once (a number of days, a grain) may
be stated again alike but not otherwise, which raises ScenarioError before any row is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.setting import Setting

WEEK_HOURS = 168
UNSTATED = -1
"""A length of time or a grain that no rule has stated."""
FOREVER = 2**62
"""A length of time that never ends, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """What the rules of one case say; s sites, h holders, k holds."""

    collects: NDArray[np.bool_]
    """bool[s]; sites that may read at all: switched on, and not too near to a protected place."""
    hours: NDArray[np.bool_]
    """bool[s, 168]; hours of the week, from Monday 00:00, in which a site may read."""
    stores_misses: NDArray[np.bool_]
    """bool[h]; holders that store reads which no list alerts on."""
    subscribes: NDArray[np.bool_]
    """bool[h]; holders that hold their reads against the hot list."""
    keep_miss_s: NDArray[np.int64]
    """int64[h]; age at which a holder deletes a read that raised no alert; UNSTATED, FOREVER."""
    keep_hit_s: NDArray[np.int64]
    """int64[h]; the same for a read that raised one; UNSTATED means as a miss."""
    deletes: NDArray[np.bool_]
    """bool[h]; holders that really delete what their limit says."""
    hold_plate: NDArray[np.int64]
    hold_begin_s: NDArray[np.int64]
    hold_end_s: NDArray[np.int64]
    """int64[k]; holds on named plates, sorted by plate, begin and end; each binds every holder."""
    reach: NDArray[np.bool_]
    """bool[h]; holders whose own reads the observer may see."""
    look_back_s: int = UNSTATED
    """Greatest age of a read that a look-up may find."""
    delay_s: int = UNSTATED
    """Least age of a read that a look-up may find."""
    time_grain_s: int = UNSTATED
    """Length of the steps to which the observer sees times."""
    place_grain_m: float = UNSTATED
    """Side of the squares to which the observer sees places."""
    pseudonym_s: int = UNSTATED
    """Length of the periods after which each plate gets a new pseudonym."""
    deletes_share: float = UNSTATED
    """Share of holders that really delete, as stated; `deletes` is drawn from it."""

    def state(self, key: str, value: float, where: str) -> Terms:
        """Return the terms with a number stated; raise ScenarioError where it was stated otherwise before."""
        held = getattr(self, key)
        if held not in {UNSTATED, value}:
            raise contradiction(where, held, value)
        stated: dict[str, Any] = {key: value}
        return replace(self, **stated)

    def state_for(self, key: str, holders: NDArray[np.bool_], seconds: int | None, where: str) -> Terms:
        """Return the terms with a length of time stated for some holders, None = for ever; holders : bool[h]."""
        held, value = getattr(self, key), FOREVER if seconds is None else seconds
        other = holders & (held != UNSTATED) & (held != value)
        if other.any():
            raise contradiction(where, int(held[other][0]), value)
        stated: dict[str, Any] = {key: np.where(holders, value, held)}
        return replace(self, **stated)

    def hold(self, plates: NDArray[np.int64], begin_s: int, end_s: int | None) -> Terms:
        """Return the terms with holds on plates added; end_s : None = they never end."""
        end = FOREVER if end_s is None else end_s
        added = np.stack([plates, np.full(len(plates), begin_s), np.full(len(plates), end)])
        there = np.stack([self.hold_plate, self.hold_begin_s, self.hold_end_s])
        plate, begins, ends = np.unique(np.concatenate([there, added], axis=1), axis=1)  # sorted by plate, begin, end
        return replace(self, hold_plate=plate, hold_begin_s=begins, hold_end_s=ends)

    def same(self, other: Terms) -> bool:
        """Tell whether two terms say the same to the last entry."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__slots__)


def plain_terms(setting: Setting, reach: NDArray[np.bool_]) -> Terms:
    """Return the terms of no rule at all: everything is collected and kept for ever; reach : bool[h]."""
    s, h = setting.sites.n, setting.owners.n
    nothing = np.empty(0, np.int64)
    return Terms(
        collects=np.ones(s, np.bool_),
        hours=np.ones((s, WEEK_HOURS), np.bool_),
        stores_misses=np.ones(h, np.bool_),
        subscribes=np.ones(h, np.bool_),
        keep_miss_s=np.full(h, UNSTATED),
        keep_hit_s=np.full(h, UNSTATED),
        deletes=np.ones(h, np.bool_),
        hold_plate=nothing,
        hold_begin_s=nothing,
        hold_end_s=nothing,
        reach=reach.copy(),
    )


def contradiction(where: str, held: object, value: object) -> ScenarioError:
    """Return the error for a number that two rules of one case state differently."""
    return ScenarioError(
        where, f"one statement in a case ({held})", value, "leave one of the two rules out of the case"
    )
