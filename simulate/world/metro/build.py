"""Synthetic metro: freeways, arterials and collectors for a population and a land area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from simulate.checks import ScenarioError
from simulate.world.metro.beyond import extend_freeways, with_stations
from simulate.world.metro.freeways import join_freeways
from simulate.world.metro.plan import draw_plan
from simulate.world.metro.streets import build_streets
from simulate.world.metro.zones import build_zones, choose_hubs, street_nodes
from simulate.world.roads import RoadClass, RoadNetwork, capacity_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import MetroRoads
    from simulate.world.external_trips import ExternalTrips
    from simulate.world.metro.freeways import Joined
    from simulate.world.metro.plan import Plan
    from simulate.world.zones import Zones

SPEED_KMH = {RoadClass.FREEWAY: 92.0, RoadClass.ARTERIAL: 46.0, RoadClass.COLLECTOR: 34.5}
"""Off-peak speeds, waiting at signals included (fitted: minutes and miles to work, docs/validation.md)."""
RAMP_M = 350.0
"""Driven length of a ramp, at the speed of a collector (assumption)."""
DETOUR = 1.05
"""Driven length over the straight line between two junctions: streets bend, and the network
lacks the small ones (assumption)."""
LAND_KM2 = (60, 20_000)
"""Minimum and maximum land area; New York's urban area has about 9,000 square kilometres (recalled)."""
SECTORS = 16
"""Directions with at least one exit from the metro, by freeway or arterial (assumption)."""


def build_metro(settings: MetroRoads, seed: int) -> tuple[RoadNetwork, NDArray[np.int32], Zones, ExternalTrips]:
    """Generate a metro and the towns beyond: roads, hub nodes, zones and external trips.

    A pure function of its arguments. Raise ScenarioError if the land is too small or too
    large for such a network.
    """
    roads, exits, hubs, zones = build_inside(settings, seed)
    roads, stations = extend_freeways(roads, exits)
    zones, external_trips = with_stations(zones, roads, stations, len(hubs), settings, seed)
    return roads, np.concatenate([hubs, stations.node]).astype(np.int32), zones, external_trips


def build_inside(settings: MetroRoads, seed: int) -> tuple[RoadNetwork, NDArray[np.int64], NDArray[np.int32], Zones]:
    """Generate the inside of the metro: roads, exit nodes, hub nodes, zones."""
    land_km2 = settings.population / settings.density_per_km2
    if not LAND_KM2[0] <= land_km2 <= LAND_KM2[1]:
        raise ScenarioError(
            "roads.density_per_km2", f"land of {LAND_KM2[0]:,} to {LAND_KM2[1]:,} square kilometres",
            f"{land_km2:,.0f} for {settings.population:,} people", "change roads.density_per_km2 or roads.population",
        )  # fmt: skip
    plan = draw_plan(settings, seed)
    roads = build_roads(plan, seed)
    exits = ways_out(plan, roads)
    hubs, catchment = choose_hubs(plan, roads, exits)
    return roads, exits, hubs, build_zones(plan, roads, catchment, exits, settings, seed)


def build_roads(plan: Plan, seed: int) -> RoadNetwork:
    """Build streets, join the freeways and keep the connected part; all roads are two-way."""
    joined = join_freeways(plan, build_streets(plan, seed))
    ends = np.concatenate([np.stack([joined.a, joined.b], axis=1), joined.freeway, joined.ramp])
    kind = np.concatenate(
        [
            np.where(joined.arterial, RoadClass.ARTERIAL, RoadClass.COLLECTOR),
            np.full(len(joined.freeway), RoadClass.FREEWAY),
            np.full(len(joined.ramp), RoadClass.COLLECTOR),
        ]
    )
    straight = np.hypot(*(axis[ends[:, 0]] - axis[ends[:, 1]] for axis in (joined.x_m, joined.y_m)))
    street_m, freeway_m = np.split(straight, [len(joined.a), len(joined.a) + len(joined.freeway)])[:2]
    length = np.concatenate(
        [street_m * DETOUR, np.maximum(joined.freeway_m, freeway_m), np.full(len(joined.ramp), RAMP_M)]
    )
    keep, nodes = _connected(ends, joined)
    ends, kind, length = np.searchsorted(nodes, ends[keep]), kind[keep], length[keep]
    tail, head = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    kind, length = np.concatenate([kind, kind]), np.concatenate([length, length])
    return RoadNetwork(
        node_name=np.arange(len(nodes), dtype=np.int64),
        x_m=joined.x_m[nodes],
        y_m=joined.y_m[nodes],
        through=np.ones(len(nodes), np.bool_),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length_m=length,
        free_s=length / np.array([SPEED_KMH[RoadClass(k)] / 3.6 for k in range(3)])[kind],
        road_class=kind.astype(np.uint8),
        capacity=capacity_of(kind),
        credit="synthetic metro, no real place",
    )


def ways_out(plan: Plan, roads: RoadNetwork) -> NDArray[np.int64]:
    """Return the exit nodes: ends of freeways, in other sectors the farthest arterial junction."""
    street = np.zeros(roads.n_nodes, np.bool_)
    street[street_nodes(roads)] = True
    degree = np.bincount(roads.tail, minlength=roads.n_nodes)
    ends = np.flatnonzero(~street & (degree == 1))
    main = np.zeros(roads.n_nodes, np.bool_)
    main[roads.tail[roads.road_class == RoadClass.ARTERIAL]] = True
    out_m = np.hypot(roads.x_m, roads.y_m)
    turn = np.arctan2(roads.y_m, roads.x_m)
    sector = np.floor((turn / (2 * np.pi) + 0.5) * SECTORS).astype(np.int64) % SECTORS
    sectors_with_exit = set(sector[ends].tolist())
    dry = plan.raster.at(plan.raster.wish, roads.x_m * 1.08, roads.y_m * 1.08) > 0
    chosen = []
    for number in range(SECTORS):
        here = np.flatnonzero((sector == number) & main & street & dry & (out_m > 0.5 * plan.radius_m))
        if number not in sectors_with_exit and len(here):
            chosen.append(int(here[np.argmax(out_m[here])]))
    return np.array(sorted([*ends.tolist(), *chosen]), np.int64)


def _connected(ends: NDArray[np.int64], joined: Joined) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Drop dead-end freeways and ramps, then all but the largest connected component.

    Return the links to keep, bool[e], and their nodes, int64[n].
    """
    n = len(joined.x_m)
    keep = np.ones(len(ends), np.bool_)
    may_end = np.zeros(n, np.bool_)
    may_end[: joined.first_freeway] = may_end[joined.exits] = True
    while True:
        degree = np.bincount(ends[keep].ravel(), minlength=n)
        stub = keep & ((degree[ends] == 1) & ~may_end[ends]).any(axis=1)
        if not stub.any():
            break
        keep &= ~stub
    links = csr_array((np.ones(int(keep.sum())), (ends[keep, 0], ends[keep, 1])), shape=(n, n))
    part = connected_components(links, directed=False)[1]
    largest = np.argmax(np.bincount(part))
    keep &= part[ends[:, 0]] == largest
    return keep, np.unique(ends[keep])
