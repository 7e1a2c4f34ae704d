"""Traces: share of the lives of drawn vehicles on file, by their own sightings alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.marking import mark_life, weigh_marks
from simulate.policy.redraw import really_read
from simulate.risk.intervals import Bunched, Histogram, bunched, together
from simulate.travel.truth import trips

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from simulate.policy.view import Truth
    from simulate.sightings.store import Rows
    from simulate.travel.truth import Trips

PARTS = ("trips_on_file", "kilometres_on_file", "stays_on_file", "days_away_on_file")
"""Shares of a life, by name of their score."""
STAY_S = 1800
"""Minimum length of a counted stay, in seconds."""
AT_A_TIME = 16
"""Vehicles per batch of generated trips, to bound memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """Shares of lives on file in one case."""

    own: Histogram
    """Sightings under a vehicle's plate, truly of it."""
    misread: Histogram
    """Sightings under its plate, truly of another car."""
    parts: tuple[Bunched, ...]
    """Tries and hits of each of PARTS, clustered by vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marked:
    """Rows with bits of the cases with them on file, sorted by plate, time and site; n rows."""

    rows: Rows
    on_file: NDArray[np.uint64]


def traces(
    truth: Truth, marked: Marked, vehicles: NDArray[np.int64], now_s: int, cases: NDArray[np.int64]
) -> list[Trace]:
    """Return the trace of the given vehicles in each case of one query date.

    vehicles : vehicles to trace, on file or not; cases : int64[k], bit of each case.
    """
    plates = truth.lives.plates.of_vehicles(vehicles)
    order = np.argsort(plates)
    plates, vehicles = plates[order], vehicles[order]
    really, on_file = really_read(truth, marked.rows), _bits_of(marked.on_file, cases)
    begin, end = (np.searchsorted(marked.rows.plate, plates, side=side) for side in ("left", "right"))
    own, misread = (np.zeros((len(cases), len(vehicles)), np.int64) for _ in range(2))
    tries = np.zeros((len(PARTS), len(vehicles)), np.int64)
    hits = np.zeros((len(PARTS), len(cases), len(vehicles)), np.int64)
    for v, made in enumerate(_lives(truth, vehicles, now_s)):
        its = slice(int(begin[v]), int(end[v]))
        mask = on_file[its]
        mine = really[its] == vehicles[v]
        own[:, v], misread[:, v] = _weighed(mask[mine], len(cases)), _weighed(mask[~mine], len(cases))
        site = marked.rows.site[its][mine]
        time = marked.rows.time[its][mine].astype(np.int64)
        for part, (found, weight) in enumerate(_marks(truth, made, now_s, time, site, mask[mine])):
            tries[part, v], hits[part, :, v] = weight.sum(), _weighed(found, len(cases), weight)
    return [
        Trace(
            own=_of(own[i]), misread=_of(misread[i]),
            parts=tuple(bunched(tries[part], hits[part, i]) for part in range(len(PARTS))),
        )
        for i in range(len(cases))
    ]  # fmt: skip


def add_traces(parts: Iterable[Trace]) -> Trace:
    """Return the sum of traces over groups of vehicles."""
    some = [*parts]
    return Trace(
        own=together(part.own for part in some),
        misread=together(part.misread for part in some),
        parts=tuple(sum(column, Bunched()) for column in zip(*(part.parts for part in some), strict=True)),
    )


def _lives(truth: Truth, vehicles: NDArray[np.int64], now_s: int) -> Iterator[Trips]:
    """Yield the trips of each vehicle completed by the query date."""
    days = (now_s - DAY_START_S) // DAY_S
    for first in range(0, len(vehicles), AT_A_TIME):
        some = vehicles[first : first + AT_A_TIME]
        made = trips(truth.lives, np.sort(some), 0, days)
        begins, ends = (np.searchsorted(made.vehicle, some, side=side).tolist() for side in ("left", "right"))
        for begin, end in zip(begins, ends, strict=True):
            chosen = slice(begin, begin + int(np.searchsorted(made.arrive_s[begin:end], now_s, side="right")))
            yield type(made)(**{name: getattr(made, name)[chosen] for name in made.__slots__})


def _marks(
    truth: Truth, made: Trips, now_s: int, time: NDArray[np.int64], site: NDArray[np.uint32], mask: NDArray[np.uint64]
) -> list[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Return the bits and the weight of each of PARTS of one life."""
    until = np.append(made.leave_s[1:], now_s)[: len(made.leave_s)]
    day = np.unique(made.day)
    trip, stay, about = (np.zeros(n, np.uint64) for n in (len(until), len(until), len(day)))
    zone = truth.deployment.sites.zone[site].astype(np.int64)
    mark_life(time, zone, mask, made.leave_s, made.arrive_s, until, made.to_zone, day, trip, stay, about)
    stays = (until - made.arrive_s >= STAY_S) & ~truth.world.zones.outside[made.to_zone]
    one = np.ones(len(until), np.int64)
    return [
        (trip, one),
        (trip, _metres(truth, made)),
        (stay, stays.astype(np.int64)),
        (about, np.ones(len(day), np.int64)),
    ]


def _metres(truth: Truth, made: Trips) -> NDArray[np.int64]:
    """Return the distance between the ends of each trip, in whole metres."""
    x, y = truth.world.zones.x_m, truth.world.zones.y_m
    between = np.hypot(x[made.to_zone] - x[made.from_zone], y[made.to_zone] - y[made.from_zone])
    return np.rint(between).astype(np.int64)


def _bits_of(mask: NDArray[np.uint64], cases: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the bits of the given cases, renumbered 0, 1, 2 ...; uint64[n]."""
    chosen = np.zeros(len(mask), np.uint64)
    for i, c in enumerate(cases):
        chosen |= (mask >> np.uint64(c) & np.uint64(1)) << np.uint64(i)
    return chosen


def _weighed(mask: NDArray[np.uint64], n: int, weight: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    total = np.zeros(n, np.int64)
    weigh_marks(mask, np.ones(len(mask), np.int64) if weight is None else weight, total)
    return total


def _of(values: NDArray[np.int64]) -> Histogram:
    value, count = np.unique(values, return_counts=True)
    return Histogram(value, count.astype(np.int64))
