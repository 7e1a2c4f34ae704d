"""Terms: all that rules say about one case, as plain arrays, and the setting that they speak about.

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
    from datetime import date

    from numpy.typing import NDArray

    from simulate.travel.hotlists import HotList
    from simulate.travel.plates import Plates
    from simulate.world.owners import Owners
    from simulate.world.sites import Sites
    from simulate.world.zones import Zones

WEEK_HOURS = 168
UNSTATED = -1
"""A length of time or a grain that no rule has stated."""
FOREVER = 2**62
"""A length of time that never ends, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """What rules speak about: the same for every case of one run; s sites, h holders, z zones."""

    sites: Sites
    owners: Owners
    """Bodies that own readers; each is a holder under its number."""
    zones: Zones
    plates: Plates
    """Which vehicle bears which plate: holds and listings name vehicles."""
    n_vehicles: int
    start: date
    """First day of the scenario, whose midnight is second 0."""
    days: int
    seed: int
    hotlist: HotList
    """What holders look out for."""


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

    def state_for(self, key: str, holders: NDArray[np.bool_], value: int, where: str) -> Terms:
        """Return the terms with a length of time stated for some holders; holders : bool[h]."""
        held = getattr(self, key)
        other = holders & (held != UNSTATED) & (held != value)
        if other.any():
            raise contradiction(where, int(held[other][0]), value)
        stated: dict[str, Any] = {key: np.where(holders, value, held)}
        return replace(self, **stated)

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
