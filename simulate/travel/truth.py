"""Ground truth: trips, routes, homes and jobs of any vehicles on any days."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.legs import LEG_FIELDS, homes_and_jobs, legs_of
from simulate.kernels.plan import MAX_LEGS
from simulate.kernels.trees import count_links, fill_paths
from simulate.kernels.trips import clock_paths
from simulate.world.routes import N_ALTERNATIVES, trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    trip, first, link = _driven(world, lives, chosen)
    middle = np.empty(len(link), np.int64)
    begin = chosen.leave_s[trip] + lives.tables.roads.access_s
    clock_paths(
        lives.tables, chosen.vehicle[trip], chosen.day[trip], chosen.leg[trip], chosen.hour[trip], begin, first,
        link, world.graph.fast_ds, world.graph.slow_ds, middle,
    )  # fmt: skip
    driven: list[Passages] = [_NOWHERE] * len(chosen.vehicle)
    for k, (low, high) in zip(trip.tolist(), pairwise(first.tolist()), strict=True):
        driven[k] = Passages(link=link[low:high], middle_s=middle[low:high])
    return driven


_NOWHERE = Passages(link=np.empty(0, np.int32), middle_s=np.empty(0, np.int64))


def _driven(
    world: World, lives: Lives, chosen: Trips
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return the trips with any link, tree by tree, the first link of each, and the links.

    int64[k], int64[k + 1] and int32[n].
    """
    zone_hub, routes = lives.tables.places.zone_hub, world.routes
    from_hub, to_hub = zone_hub[chosen.from_zone], zone_hub[chosen.to_zone]
    used = routes.used[routes.row[from_hub] + to_hub, chosen.alternative]
    order = np.lexsort((from_hub, used))
    order = order[from_hub[order] != to_hub[order]]
    trip, first, link, n = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int32)], 0
    for alternative in range(N_ALTERNATIVES):
        of_tree = order[used[order] == alternative]
        hubs, begins = np.unique(from_hub[of_tree], return_index=True)
        ends = np.append(begins[1:], len(of_tree))
        for i, _, in_link in trees(world.graph, alternative, routes.hub_node[hubs]):
            of_hub = of_tree[begins[i] : ends[i]]
            nodes = routes.hub_node[to_hub[of_hub]].astype(np.int64)
            starts = np.empty(len(of_hub), np.int64)
            links = np.empty(count_links(in_link, world.graph.leaves, nodes), np.int32)
            fill_paths(in_link, world.graph.leaves, nodes, starts, links)
            trip.append(of_hub)
            first.append(starts + n)
            link.append(links)
            n += len(links)
    return np.concatenate(trip), np.append(np.concatenate(first), n), np.concatenate(link)
