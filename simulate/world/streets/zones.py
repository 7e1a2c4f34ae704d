"""Street zones: homes, jobs and other destinations round the junctions of a street map, and external zones.

Homes lie along local streets; jobs are denser towards the middle and along main roads. A
stated share of commutes and of other trips leaves the map by its external stations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from simulate import streams
from simulate.checks import ScenarioError
from simulate.world.external_trips import ExternalTrips
from simulate.world.roads import RoadClass, RoadNetwork, strong_parts
from simulate.world.zones import N_PURPOSES, Purpose, Zones, everyday_attraction, scatter, smooth_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import StreetRoads

MOST_HUBS, SPREAD_HUBS = 3000, 1200
"""Every junction is a hub up to MOST_HUBS: tables of routes take 79 bytes a pair of hubs, or 0.8 GB. A larger map
has SPREAD_HUBS hubs (assumption: about the size of a metro's network)."""
MIDDLE = 0.5
"""Jobs and shops decline by a factor e over this share of the mean distance of homes from the middle (assumption)."""


def build_street_zones(
    roads: RoadNetwork, settings: StreetRoads, seed: int
) -> tuple[NDArray[np.int32], Zones, ExternalTrips]:
    """Place homes, jobs and other destinations round the junctions; return hub nodes, zones and external trips.

    Hubs are the habitable junctions, then all external stations.
    """
    street_m, main_m = _street_metres(roads)
    junctions = _junctions(roads, street_m)
    hubs = junctions if len(junctions) <= MOST_HUBS else spread_zones(roads, junctions, street_m, SPREAD_HUBS)
    nearest = cKDTree(_places(roads, hubs)).query(_places(roads, junctions))[1]
    metres = np.bincount(nearest, weights=street_m[junctions], minlength=len(hubs))
    homes = metres * (settings.population * settings.vehicles_per_person / metres.sum())
    blocks = scatter(roads, hubs, homes, settings.vehicles_per_zone, seed)
    middle = np.hypot(blocks.x_m - np.median(roads.x_m[junctions]), blocks.y_m - np.median(roads.y_m[junctions]))
    central = np.exp(-middle / (MIDDLE * max(float(np.average(middle, weights=blocks.residents)), 1.0)))
    main = np.bincount(nearest, weights=main_m[junctions], minlength=len(hubs)) / metres.mean()
    unequal = 0.3 + 1.4 * streams.uniforms(streams.key(seed, "streets.jobs"), blocks.name)
    jobs = blocks.residents.mean() * (0.08 + 2.5 * central + np.minimum(main, 2.0)[blocks.node]) * unequal
    attraction = everyday_attraction(jobs, blocks.residents, central, blocks.name, seed)
    stations = np.flatnonzero(~roads.through)
    if not len(stations):
        attraction[Purpose.OUTSIDE] = middle >= np.quantile(middle, 0.95)
    beyond = _beyond(roads, stations)
    x, y = np.concatenate([blocks.x_m, roads.x_m[stations]]), np.concatenate([blocks.y_m, roads.y_m[stations]])
    zones = Zones(
        x_m=x,
        y_m=y,
        hub=np.concatenate([blocks.node, len(hubs) + np.arange(len(stations))]).astype(np.int32),
        residents=np.concatenate([blocks.residents, np.zeros(len(stations))]),
        attraction=np.concatenate([attraction, beyond], axis=1),
        outside=np.arange(len(x)) >= len(blocks.x_m),
        income_rank=smooth_field(x, y, "zones.income", seed),
    )
    return np.concatenate([hubs, stations]).astype(np.int32), zones, _leaving(zones.outside - 1, settings)


def spread_zones(
    roads: RoadNetwork, nodes: NDArray[np.int64], weight: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Choose evenly spread nodes, rising, each next one the farthest from those chosen; int64[count].

    nodes : int64[k]; weight : float64[n], its maximum is chosen first.
    """
    places = _places(roads, nodes)
    chosen = [int(np.argmax(weight[nodes]))]
    distance = np.full(len(nodes), np.inf)
    for _ in range(count - 1):
        distance = np.minimum(distance, np.hypot(*(places - places[chosen[-1]]).T))
        chosen.append(int(distance.argmax()))
    return np.sort(nodes[chosen])


def _beyond(roads: RoadNetwork, stations: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distribute external attraction over the stations by capacity of the road; float64[purposes, s].

    The total follows from the shares of external trips (`world.external_trips`).
    """
    out = ~roads.through[roads.head]
    width = _at_nodes(roads.head[out], roads.capacity[out], roads.n_nodes)[stations]
    beyond = np.tile(width / max(float(width.sum()), 1e-300), (N_PURPOSES, 1))
    beyond[[Purpose.HOME, Purpose.CITY, Purpose.TRIP]] = 0.0
    return beyond


def _leaving(group: NDArray[np.int64], settings: StreetRoads) -> ExternalTrips:
    """Return the external trips of a map; all stations are one group."""
    unstated = {Purpose.HOME, Purpose.OUTSIDE, Purpose.CITY, Purpose.TRIP, Purpose.LUNCH}
    share = dict.fromkeys(set(Purpose) - unstated, np.array([settings.leave_other]))
    return ExternalTrips(group=group, share=share | {Purpose.WORK: np.array([settings.leave_work])})


def _street_metres(roads: RoadNetwork) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres of local streets and of main roads at each node, half of each link; float64[n] each."""
    local = roads.road_class == RoadClass.LOCAL
    main_road = (roads.road_class == RoadClass.ARTERIAL) | (roads.road_class == RoadClass.COLLECTOR)
    return _half_metres(roads, local), _half_metres(roads, main_road)


def _half_metres(roads: RoadNetwork, links: NDArray[np.bool_]) -> NDArray[np.float64]:
    half = roads.length_m[links] / 2
    n = roads.n_nodes
    return _at_nodes(roads.tail[links], half, n) + _at_nodes(roads.head[links], half, n)


def _at_nodes(node: NDArray[np.int32], amount: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Sum amounts by node; float64[n], 0 for nodes without any."""
    total = np.zeros(n)
    np.add.at(total, node, amount)
    return total


def _junctions(roads: RoadNetwork, street_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the habitable junctions: on streets other than freeways, with a way there and back."""
    street = roads.road_class < RoadClass.CONNECTOR
    street &= roads.road_class != RoadClass.FREEWAY
    touched = np.zeros(roads.n_nodes, np.bool_)
    touched[roads.tail[street]] = touched[roads.head[street]] = True
    part = strong_parts(roads)
    junctions = np.flatnonzero(touched & roads.through & (part == np.argmax(np.bincount(part))))
    if len(junctions) < 2 or not street_m[junctions].any():
        found = f"{len(junctions)} junctions, {street_m[junctions].sum():,.0f} m of local streets"
        raise ScenarioError("roads", "streets where people can live", found, "take an extract with local streets")
    return junctions


def _places(roads: RoadNetwork, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.column_stack([roads.x_m[nodes], roads.y_m[nodes]])
