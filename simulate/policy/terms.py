"""Terms: the combined rules of one case, as plain arrays.

Only policies amend terms. Amendments are commutative and idempotent: prohibitions accumulate (a
reader off stays off), and a quantity (a number of days, a grain) may be stated again with the same
value only; another one raises ScenarioError before any row is read.
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
"""A duration or a grain stated by no rule."""
FOREVER = 2**62
"""An infinite duration, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """Combined rules of one case; s sites, h holders, k holds."""

    collects: NDArray[np.bool_]
    """bool[s]; sites permitted to read at all: switched on, and not too near to a protected place."""
    hours: NDArray[np.bool_]
    """bool[s, 168]; permitted hours of the week at each site, from Monday 00:00."""
    stores_misses: NDArray[np.bool_]
    """bool[h]; holders storing reads without an alert."""
    subscribes: NDArray[np.bool_]
    """bool[h]; holders comparing their reads with the hot list."""
    keep_miss_s: NDArray[np.int64]
    """int64[h]; age limit of reads without an alert; UNSTATED, FOREVER."""
    keep_hit_s: NDArray[np.int64]
    """int64[h]; the same for reads with an alert; UNSTATED means as a miss."""
    deletes: NDArray[np.bool_]
    """bool[h]; holders complying with their age limits."""
    hold_plate: NDArray[np.int64]
    hold_begin_s: NDArray[np.int64]
    hold_end_s: NDArray[np.int64]
    """int64[k]; holds on named plates, sorted by plate, begin and end; each binds every holder."""
    reach: NDArray[np.bool_]
    """bool[h]; holders in reach of the observer, own reads only."""
    look_back_s: int = UNSTATED
    """Greatest age of a read in a look-up."""
    delay_s: int = UNSTATED
    """Least age of a read in a look-up."""
    time_grain_s: int = UNSTATED
    """Step of times as seen by the observer."""
    place_grain_m: float = UNSTATED
    """Side of the squares seen as places by the observer."""
    pseudonym_s: int = UNSTATED
    """Period of a pseudonym."""
    deletes_share: float = UNSTATED
    """Share of complying holders, as stated; `deletes` is drawn from it."""

    def state(self, key: str, value: float, where: str) -> Terms:
        """Return the terms with a number stated; raise ScenarioError if another was stated before."""
        current = getattr(self, key)
        if current not in {UNSTATED, value}:
            raise contradiction(where, current, value)
        stated: dict[str, Any] = {key: value}
        return replace(self, **stated)

    def state_for(self, key: str, holders: NDArray[np.bool_], seconds: int | None, where: str) -> Terms:
        """Return the terms with a duration stated for some holders, None = for ever; holders : bool[h]."""
        current, value = getattr(self, key), FOREVER if seconds is None else seconds
        other = holders & (current != UNSTATED) & (current != value)
        if other.any():
            raise contradiction(where, int(current[other][0]), value)
        stated: dict[str, Any] = {key: np.where(holders, value, current)}
        return replace(self, **stated)

    def hold(self, plates: NDArray[np.int64], begin_s: int, end_s: int | None) -> Terms:
        """Return the terms with holds on plates added; end_s : None = without end."""
        end = FOREVER if end_s is None else end_s
        added = np.stack([plates, np.full(len(plates), begin_s), np.full(len(plates), end)])
        existing = np.stack([self.hold_plate, self.hold_begin_s, self.hold_end_s])
        plate, begins, ends = np.unique(np.concatenate([existing, added], axis=1), axis=1)  # sorted by all three
        return replace(self, hold_plate=plate, hold_begin_s=begins, hold_end_s=ends)

    def same(self, other: Terms) -> bool:
        """Return whether two terms are equal in every entry."""
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__slots__)


def plain_terms(setting: Setting, reach: NDArray[np.bool_]) -> Terms:
    """Return the terms without any rule: everything is collected and kept for ever; reach : bool[h]."""
    s, h = setting.sites.n, setting.owners.n
    no_holds = np.empty(0, np.int64)
    return Terms(
        collects=np.ones(s, np.bool_),
        hours=np.ones((s, WEEK_HOURS), np.bool_),
        stores_misses=np.ones(h, np.bool_),
        subscribes=np.ones(h, np.bool_),
        keep_miss_s=np.full(h, UNSTATED),
        keep_hit_s=np.full(h, UNSTATED),
        deletes=np.ones(h, np.bool_),
        hold_plate=no_holds,
        hold_begin_s=no_holds,
        hold_end_s=no_holds,
        reach=reach.copy(),
    )


def contradiction(where: str, current: object, value: object) -> ScenarioError:
    """Return the error for a number stated differently by two rules of one case."""
    return ScenarioError(
        where, f"one statement in a case ({current})", value, "leave one of the two rules out of the case"
    )
