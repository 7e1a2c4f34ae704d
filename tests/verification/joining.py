"""Match the people of two data sets by being in one place at one time, scored against the truth.

The attack of Kondor, Hashemian, de Montjoye & Ratti 2018 in its plainest form: of two
sets of points about the same crowd, take the pair with the most points together and no
point that would have needed flying. Here one set is what readers saw, the other where trips
began and ended, as a telephone or a fare card would show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from cities import plates_of, reads_of, site_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.sightings.run import Run
    from simulate.travel.truth import Trips

NEAR_M, NEAR_S = 500.0, 600
"""Points this near count as together (assumption: a short walk, ten minutes)."""
FASTEST_M_S = 120 / 3.6
"""Nobody drives faster from point to point (assumption)."""
ALIBI_S = 1800
"""How far apart in time two points may lie to contradict each other (assumption)."""
FINALISTS = 40
"""Candidates with the most points together, whose alibis are looked into."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Points of one data set, sorted by user and time."""

    user: NDArray[np.int64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    time_s: NDArray[np.int64]


def read_points(run: Run, keep: float, seed: int) -> tuple[Points, NDArray[np.int64]]:
    """Return a share of the stored reads as points, drawn at random, and the site of each."""
    rng = np.random.default_rng(seed)
    kept = []
    for block in reads_of(run):
        some = rng.random(len(block.plate)) < keep
        kept.append([column[some].astype(np.int64) for column in block])
    plate, site, time = (np.concatenate(columns) for columns in zip(*kept, strict=True))
    x, y = site_positions(run)
    return Points(user=plate, x_m=x[site], y_m=y[site], time_s=time), site


def trip_ends(run: Run, trips: Trips, per_day: float, vehicle_days: int, seed: int) -> Points:
    """Return where and when trips began and ended, thinned to so many points a day.

    Users carry the numbers of their plates, so that a match can be scored; the attack does
    not look at them.
    """
    zones = run.world.zones
    user = plates_of(run, np.concatenate([trips.vehicle, trips.vehicle]))
    zone = np.concatenate([trips.from_zone, trips.to_zone])
    time = np.concatenate([trips.leave_s, trips.arrive_s])
    keep = np.random.default_rng(seed).random(len(user)) < per_day * vehicle_days / len(user)
    order = np.lexsort((time[keep], user[keep]))
    user, zone, time = (column[keep][order] for column in (user, zone, time))
    return Points(user=user, x_m=zones.x_m[zone], y_m=zones.y_m[zone], time_s=time)


def among(reads: Points, site: NDArray[np.int64], crowd: NDArray[np.int64]) -> tuple[Points, NDArray[np.int64]]:
    """Keep the reads of some plates: the same city, known of a smaller crowd."""
    kept = np.isin(reads.user, crowd)
    columns = {name: getattr(reads, name)[kept] for name in reads.__slots__}
    return Points(**columns), site[kept]


def matched(run: Run, reads: Points, site: NDArray[np.int64], outside: Points, days: int) -> NDArray[np.bool_]:
    """Tell, for each user of the outside set, whether the plate it is matched to is its own; bool[users].

    Matched to none, or to several that fit alike, counts as wrong.
    """
    end = days * 86_400
    early = reads.time_s < end
    order = np.lexsort((reads.time_s[early], site[early]))
    plate, at, time = reads.user[early][order], site[early][order], reads.time_s[early][order]
    starts = np.searchsorted(at, np.arange(len(site_positions(run)[0]) + 1))
    by_plate = np.searchsorted(reads.user, np.arange(reads.user.max() + 2))
    users = np.unique(outside.user)
    right = np.zeros(len(users), np.bool_)
    for i, user in enumerate(users):
        mine = (outside.user == user) & (outside.time_s < end)
        together = _together(run, outside, mine, plate, time, starts)
        ranked, count = np.unique(together, return_counts=True)
        best = ranked[np.argsort(-count, kind="stable")[:FINALISTS]]
        tally = np.sort(count)[::-1][:FINALISTS]
        free = np.array([not _alibi(outside, mine, reads, slice(*by_plate[p : p + 2]), end) for p in best], np.bool_)
        best, tally = best[free], tally[free]
        right[i] = len(best) > 0 and best[0] == user and (len(best) == 1 or tally[0] > tally[1])
    return right


def _together(
    run: Run,
    outside: Points,
    mine: NDArray[np.bool_],
    plate: NDArray[np.int64],
    time: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> NDArray[np.int64]:
    """List the plates read near each point of a user, once a point."""
    site_x, site_y = site_positions(run)
    found = [np.empty(0, np.int64)]
    for x, y, when in zip(outside.x_m[mine], outside.y_m[mine], outside.time_s[mine], strict=True):
        here = [np.empty(0, np.int64)]
        for reader in np.flatnonzero(np.hypot(site_x - x, site_y - y) <= NEAR_M):
            seen = slice(starts[reader], starts[reader + 1])
            first, last = np.searchsorted(time[seen], [when - NEAR_S, when + NEAR_S + 1]) + starts[reader]
            here.append(plate[first:last])
        found.append(np.unique(np.concatenate(here)))
    return np.concatenate(found)


def _alibi(outside: Points, mine: NDArray[np.bool_], reads: Points, theirs: slice, end: int) -> bool:
    """Tell whether some two points of a pair could not be driven between in time."""
    late = reads.time_s[theirs]
    apart_s = np.abs(outside.time_s[mine][:, None] - late)
    apart_m = np.hypot(outside.x_m[mine][:, None] - reads.x_m[theirs], outside.y_m[mine][:, None] - reads.y_m[theirs])
    contradicts = (apart_s <= ALIBI_S) & (late < end) & (apart_m > NEAR_M + FASTEST_M_S * apart_s)
    return bool(contradicts.any())
