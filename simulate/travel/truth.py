"""Ground truth: trips, routes, homes and jobs of any vehicles on any days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.legs import LEG_FIELDS, homes_and_jobs, legs_of
from simulate.kernels.plan import MAX_LEGS
from simulate.kernels.trips import fill_passages
from simulate.world.routes import N_ALTERNATIVES, route_links, trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.kernels.life import Life
    from simulate.travel.life import Lives
    from simulate.world.build import World


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trips:
    """Trips of chosen vehicles, in order of vehicle and time; one entry a trip."""

    vehicle: NDArray[np.int64]
    day: NDArray[np.int64]
    leg: NDArray[np.int64]
    """int64[n]; number of the trip within its day."""
    from_zone: NDArray[np.int64]
    to_zone: NDArray[np.int64]
    purpose: NDArray[np.int64]
    """int64[n]; Purpose at the end of the trip."""
    alternative: NDArray[np.int64]
    hour: NDArray[np.int64]
    """int64[n]; clock hour of its traffic."""
    leave_s: NDArray[np.int64]
    """int64[n]; seconds from the scenario's first midnight."""
    arrive_s: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passages:
    """Links of a trip, in order, and the time at the middle of each."""

    link: NDArray[np.int32]
    middle_s: NDArray[np.int64]
    """int64[k]; seconds from the scenario's first midnight."""


def trips(lives: Lives, vehicles: NDArray[np.int64], first_day: int, last_day: int) -> Trips:
    """Return the trips of vehicles on days first_day .. last_day; int64[n] each."""
    out = np.empty((len(LEG_FIELDS), len(vehicles) * max(last_day - first_day, 0) * MAX_LEGS), np.int64)
    rows = legs_of(lives.tables, np.ascontiguousarray(vehicles, np.int64), first_day, last_day, out)
    return Trips(**{name: out[i, :rows].copy() for i, name in enumerate(LEG_FIELDS)})


def home_and_work(
    lives: Lives, day: int, vehicles: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return home and work zone of vehicles on a day, of all by default; int64[v] each, -1 = no commuter."""
    chosen = np.arange(lives.population.n_vehicles) if vehicles is None else np.ascontiguousarray(vehicles, np.int64)
    home, work = np.empty(len(chosen), np.int64), np.empty(len(chosen), np.int64)
    homes_and_jobs(lives.tables, chosen, day, home, work)
    return home, work


def passages(world: World, lives: Lives, chosen: Trips) -> list[Passages]:
    """Return the passages of trips, link by link; one Passages a trip."""
    life = lives.tables
    from_hub, to_hub = life.places.zone_hub[chosen.from_zone], life.places.zone_hub[chosen.to_zone]
    used = world.routes.used[world.routes.row[from_hub] + to_hub, chosen.alternative]
    driven: list[Passages] = [_NOWHERE] * len(chosen.vehicle)
    for alternative in range(N_ALTERNATIVES):
        hubs = np.unique(from_hub[used == alternative])
        for i, _, in_link in trees(world.graph, alternative, world.routes.hub_node[hubs]):
            for trip in np.flatnonzero((used == alternative) & (from_hub == hubs[i]) & (to_hub != from_hub)):
                links = route_links(world.graph, in_link, int(world.routes.hub_node[to_hub[trip]]))
                driven[trip] = _clock(world, life, links, chosen, int(trip))
    return driven


_NOWHERE = Passages(link=np.empty(0, np.int32), middle_s=np.empty(0, np.int64))


def _clock(world: World, life: Life, links: list[int], chosen: Trips, trip: int) -> Passages:
    """Return the links of one trip, timed."""
    hour, roads = int(chosen.hour[trip]), life.roads
    lasts = world.graph.fast_ds[links] * roads.hour_fast[hour] + world.graph.slow_ds[links] * roads.hour_slow[hour]
    ends, middle = np.cumsum(lasts), np.empty(len(links), np.int64)
    named = int(chosen.vehicle[trip]), int(chosen.day[trip]), int(chosen.leg[trip])
    fill_passages(life, *named, hour, int(ends[-1]), ends - lasts // 2, middle)
    middle += chosen.leave_s[trip] + roads.access_s
    return Passages(link=np.array(links, np.int32), middle_s=middle)
