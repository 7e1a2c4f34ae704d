"""Points: prior knowledge of an attacker about each target.

From records: cells of time and place with a sighting of the target, as in the literature. From
truth: a place and time on a trip noted by a witness, with or without a reader near.

If a case coarsens times or places, points from records are drawn from the coarsened records, so
two reads of equal appearance are one point. A noticed point stays exact, and the tolerance grows
to the grain, because no record is more precise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from simulate import streams
from simulate.durations import DAY_START_S
from simulate.kernels.matching import MAX_POINTS
from simulate.sightings.store import Rows
from simulate.travel.truth import passages, trips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.policy.redraw import OwnRows
    from simulate.policy.sight import CaseSight
    from simulate.policy.view import Truth, View
    from simulate.risk.targets import Targets
    from simulate.travel.truth import Trips
    from simulate.world.sites import Sites


class Grain(NamedTuple):
    """Resolution of points from records, in time and space."""

    name: str
    seconds: int
    metres: float
    """Side of the square; 0 = the reader itself."""
    stream: str
    """Name in the key of the draw; independent of the displayed name."""


HOUR_READER = Grain("hour and reader", 3600, 0.0, "hour, reader")
GRAINS = (
    HOUR_READER,
    Grain("half-day and reader", 12 * 3600, 0.0, "half-day, reader"),
    Grain("hour and 1 km", 3600, 1000.0, "hour, 1 km"),
    Grain("half-day and 1 km", 12 * 3600, 1000.0, "half-day, 1 km"),
)
TOLERANCE_M, TOLERANCE_S = 250.0, 1800
"""Greatest distance and time between a sighting and the noticed point it fits (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Known points of targets in one case; t targets, each with up to MAX_POINTS points in order; e entries.

    A sighting fits a point if it fits one of the point's entries.
    """

    case: int
    grain: str
    """Name of the grain of points from records; "" for noticed points."""
    metres: float
    """Side of the squares used as places; 0 = sites."""
    plate: NDArray[np.int64]
    """int64[t]; plate of each target, sorted."""
    question: NDArray[np.int64]
    """int64[e]; target of each entry."""
    point: NDArray[np.int64]
    """int64[e]; 0 .. MAX_POINTS - 1."""
    place: NDArray[np.int64]
    """int64[e]; site or square for a sighting to fit the point."""
    begin_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    """int64[e]; half-open interval for the time of a fitting sighting."""
    n_points: NDArray[np.int64]
    """int64[t]; points known, with or without a reader near."""


def from_records(sites: Sites, case: int, rows: OwnRows, targets: Targets, grain: Grain, seed: int) -> Points:
    """Pick up to MAX_POINTS different cells of each target, in an order keyed by vehicle, not by plate."""
    place, uid = squares(sites, grain.metres)
    kept = (rows.on_file >> np.uint64(case)) & np.uint64(1) > 0
    kept &= np.isin(rows.plate, targets.plate)
    question, where = np.searchsorted(targets.plate, rows.plate[kept]), place[rows.seen.site[kept]]
    bin_ = (rows.seen.time[kept].astype(np.int64) - DAY_START_S) // grain.seconds
    unique = np.unique(np.column_stack([question, bin_, where]), axis=0)
    names = targets.vehicle[unique[:, 0]] * 2**24 + unique[:, 1]
    name = streams.bits64(streams.key(seed, f"risk.unicity.records.{grain.stream}"), names)
    draw = streams.bits64(np.uint64(0), name ^ uid[unique[:, 2]])
    unique = unique[np.lexsort((draw, unique[:, 0]))]
    rank = _rank(unique[:, 0])
    unique, rank = unique[rank < MAX_POINTS], rank[rank < MAX_POINTS]
    begin = unique[:, 1] * grain.seconds + DAY_START_S
    return Points(
        case=case,
        grain=grain.name,
        metres=grain.metres,
        plate=targets.plate,
        question=unique[:, 0],
        point=rank,
        place=unique[:, 2],
        begin_s=begin,
        end_s=begin + grain.seconds,
        n_points=np.bincount(unique[:, 0], minlength=len(targets.plate)),
    )


def from_truth(view: View, targets: Sequence[Targets], groups: Sequence[Recoding]) -> list[Points]:
    """Draw points from true trips, half-way along a random link of a random trip.

    targets : targets of each case; cases out of reach are left out.
    """
    truth, sites = view.truth, view.sight.public.sites
    everyone = np.unique(np.concatenate([some.vehicle for some in targets]))
    days = min(max(case.today for case in view.cases), truth.lives.calendar.days)
    chosen = trips(truth.lives, everyone, 0, days)
    picks = {c: _noted(view, chosen, case, targets[c]) for c, case in enumerate(view.cases) if case.reached}
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *(trip for trip, _ in picks.values())]))
    spots = _spots(truth, chosen, wanted)
    looks = {c: look for group in groups for look in [_looks(sites, group)] for c in picks if group.mask >> c & 1}
    return [
        _as_points(sites, view.cases[c], c, targets[c], looks[c], chosen.vehicle[trip], rank, spots.of(trip))
        for c, (trip, rank) in picks.items()
    ]


def squares(sites: Sites, metres: float) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the square of each site, or the site itself if `metres` is 0, and the key of each square.

    int64[s] and uint64[squares]; the key of a square is the uid of its first site.
    """
    if metres == 0:
        return np.arange(sites.n), sites.uid
    grid = np.column_stack([np.floor(sites.x_m / metres), np.floor(sites.y_m / metres)])
    _, first, place = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    return place.reshape(-1), sites.uid[first]


def _looks(sites: Sites, group: Recoding) -> NDArray[np.int64]:
    """Return the site shown to a group of cases for each site; int64[s]."""
    nothing = np.zeros(sites.n, np.uint32)
    seen, order = group.apply(Rows(nothing, np.arange(sites.n, dtype=np.uint32), nothing))
    look = np.empty(sites.n, np.int64)
    look[np.arange(sites.n) if order is None else order] = seen.site
    return look


def _noted(view: View, chosen: Trips, case: CaseSight, targets: Targets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pick the noticed trips in the window of one case, with their rank; int64[n] each."""
    hub = view.sight.public.zones.hub
    moves = hub[chosen.from_zone] != hub[chosen.to_zone]  # a trip within one hub uses no link
    in_time = (chosen.leave_s >= case.oldest_s) & (chosen.day < case.today)
    inside = np.flatnonzero(moves & in_time & np.isin(chosen.vehicle, targets.vehicle))
    shuffled = streams.bits64(streams.key(view.truth.seed, "risk.unicity.trips"), _names(chosen)[inside])
    inside = inside[np.lexsort((shuffled, chosen.vehicle[inside]))]
    rank = _rank(chosen.vehicle[inside])
    return inside[rank < MAX_POINTS], rank[rank < MAX_POINTS]


class _Spots(NamedTuple):
    """Places and times of noticed cars, one per trip; n trips."""

    trip: NDArray[np.int64]
    """int64[n], sorted; only trips with a link."""
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    second: NDArray[np.int64]

    def of(self, trip: NDArray[np.int64]) -> tuple[NDArray[np.int64], _Spots]:
        """Return the indices of the given trips with a spot, and these spots."""
        at = np.minimum(np.searchsorted(self.trip, trip), max(len(self.trip) - 1, 0))
        there = np.flatnonzero(self.trip[at] == trip) if len(self.trip) else np.empty(0, np.int64)
        some = at[there]
        return there, _Spots(self.trip[some], self.x_m[some], self.y_m[some], self.second[some])


def _spots(truth: Truth, chosen: Trips, wanted: NDArray[np.int64]) -> _Spots:
    """Return a spot half-way along one random link of each wanted trip."""
    pick = streams.uniforms(streams.key(truth.seed, "risk.unicity.link"), _names(chosen)[wanted])
    driven = passages(truth.world, truth.lives, _select(chosen, wanted))
    at = [i for i, seen in enumerate(driven) if len(seen.link)]
    which = [int(pick[i] * len(driven[i].link)) for i in at]
    link = np.array([driven[i].link[k] for i, k in zip(at, which, strict=True)], np.int32)
    second = np.array([driven[i].middle_s[k] for i, k in zip(at, which, strict=True)], np.int64)
    return _Spots(wanted[at], *truth.world.roads.point_on(link, np.full(len(link), 0.5)), second)


def _as_points(
    sites: Sites,
    case: CaseSight,
    c: int,
    targets: Targets,
    look: NDArray[np.int64],
    vehicle: NDArray[np.int64],
    rank: NDArray[np.int64],
    noticed: tuple[NDArray[np.int64], _Spots],
) -> Points:
    """Return noticed spots as points, with entries at the readers within tolerance."""
    at, spots = noticed
    metres, seconds = max(TOLERANCE_M, case.place_grain_m), max(TOLERANCE_S, case.time_grain_s)
    spot, site = _near(sites, case.visible, spots, metres)
    spot, place = np.unique(np.column_stack([spot, look[site]]), axis=0).T
    question = targets.rank_of_vehicle(vehicle)
    return Points(
        case=c,
        grain="",
        metres=0.0,
        plate=targets.plate,
        question=question[at[spot]],
        point=rank[at[spot]],
        place=place,
        begin_s=spots.second[spot] - seconds,
        end_s=spots.second[spot] + seconds + 1,
        n_points=np.bincount(question, minlength=len(targets.plate)),
    )


def _near(
    sites: Sites, visible: NDArray[np.bool_], spots: _Spots, metres: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of spot and used visible site within `metres`; int64[k] each."""
    usable = np.flatnonzero(visible & sites.used)
    tree = cKDTree(np.column_stack([sites.x_m[usable], sites.y_m[usable]]))
    near = tree.query_ball_point(
        np.column_stack([spots.x_m, spots.y_m]), np.full(len(spots.trip), metres), return_sorted=True
    )
    spot = np.repeat(np.arange(len(near)), [len(found) for found in near])
    return spot, np.array([usable[i] for found in near for i in found], np.int64)


def _names(chosen: Trips) -> NDArray[np.int64]:
    """Return a key per trip from vehicle, day and number, the only inputs to its draws."""
    return chosen.vehicle * 2**24 + chosen.day * 16 + chosen.leg


def _rank(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank within each group, for rows sorted by group; int64[n]."""
    start = np.flatnonzero(np.append(True, group[1:] != group[:-1])) if len(group) else np.empty(0, np.int64)
    length = np.diff(np.append(start, len(group)))
    return np.arange(len(group)) - np.repeat(start, length)


def _select(chosen: Trips, rows: NDArray[np.int64]) -> Trips:
    return type(chosen)(**{name: getattr(chosen, name)[rows] for name in chosen.__slots__})
