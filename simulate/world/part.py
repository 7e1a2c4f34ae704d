"""One connected part of the map: its roads and zones, and the destinations of its people.

Most maps are one part; each metro of a nation is one. A part is independent of all others,
so parts may be built one by one, in any process, and stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.world.destinations import destination_tables, destination_weights
from simulate.world.external_trips import fit_external_trips
from simulate.world.roads import RoadClass
from simulate.world.routes import best_times, graph, link_flow, shortest_path_trees
from simulate.world.travel_time_budget import travel_time_budget
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Travel
    from simulate.world.external_trips import ExternalTrips
    from simulate.world.roads import RoadNetwork
    from simulate.world.routes import Graph, ShortestPathTrees
    from simulate.world.traffic_zones import TrafficZones
    from simulate.world.travel_time_budget import TravelTimeBudget
    from simulate.world.zones import Zones

BEYOND_REACH_S = np.array([np.inf])
"""Driving time from one part of the map to another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadsAndZones:
    """Roads and zones from a source of roads."""

    roads: RoadNetwork
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    traffic_zones: TrafficZones | None = None
    """Only with a trip table."""
    external_trips: ExternalTrips | None = None
    """Only with stated shares of external trips."""
    left_out: tuple[str, ...] = ()
    """Unused parts of a file, in plain sentences."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A part of the map without its readers; h hubs, m links."""

    roads: RoadNetwork
    network: Graph
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    quickest: ShortestPathTrees
    deterrence: NDArray[np.float64]
    """float64[h * h]; deterrence by driving time, hub by hub, 1 next door."""
    destinations: NDArray[np.uint32]
    """uint32[purposes, h, 512]; destinations of people of each hub."""
    flow: NDArray[np.float64]
    """float64[m]; modelled vehicles on each link."""
    travel_time_budget: TravelTimeBudget
    freeways: bool
    """Whether it has any."""


def build_part(
    roads_and_zones: RoadsAndZones, travel: Travel, seed: int, *, alone: bool = True, freeways: bool = False
) -> Part:
    """Return a part with the destinations of its people; a pure function of its arguments.

    alone : whether it is all of the map; freeways : whether other parts have any.
    """
    roads, hubs, zones = roads_and_zones.roads, roads_and_zones.hubs, roads_and_zones.zones
    network = graph(roads, travel.taste_spread, seed)
    quickest = shortest_path_trees(network, hubs)
    best_s = best_times(roads, network, hubs, quickest)
    own_freeways = bool((roads.road_class == RoadClass.FREEWAY).any())
    limit = travel_time_budget(best_s if alone else BEYOND_REACH_S, travel, freeways=own_freeways or freeways)
    interest = destination_weights(zones, best_s, travel, limit)
    if roads_and_zones.external_trips is not None:
        zones = fit_external_trips(zones, roads_and_zones.external_trips, interest)
    destinations = destination_tables(
        zones, interest, best_s, limit, roads_and_zones.traffic_zones, roads.node_name[hubs], seed
    )
    return Part(
        roads=roads,
        network=network,
        hubs=hubs,
        zones=zones,
        quickest=quickest,
        deterrence=np.exp(-best_s / travel.distance_decay_s).ravel(),
        destinations=destinations,
        flow=link_flow(network, hubs, _daily_trips(zones, destinations), quickest),
        travel_time_budget=limit,
        freeways=own_freeways,
    )


def _daily_trips(zones: Zones, destinations: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Estimate a day's trips from hub to hub, there and back, to rank links by traffic.

    Two in five trips are commutes, the rest shopping and leisure; float64[h, h].
    """
    h = destinations.shape[1]
    homes = np.bincount(zones.hub, weights=zones.residents, minlength=h)
    trips = np.zeros((h, h))
    for purpose, share in ((Purpose.WORK, 0.4), (Purpose.SHOP, 0.35), (Purpose.LEISURE, 0.25)):
        to_hub = zones.hub[destinations[purpose]]
        for hub in range(h):
            trips[hub] += share * homes[hub] * np.bincount(to_hub[hub], minlength=h) / to_hub.shape[1]
    return trips + trips.T
