"""One connected part of the map: its roads and zones, and the destinations of its people.

Most maps are one part; each metro of a nation is one. A part is independent of all others,
so parts may be built one by one, in any process, and stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.world.choices import choice_tables, interests
from simulate.world.leaving import settle
from simulate.world.reach import reach
from simulate.world.roads import RoadClass
from simulate.world.routes import best_times, graph, link_flow, plant
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Travel
    from simulate.world.districts import Districts
    from simulate.world.leaving import Leaving
    from simulate.world.reach import Reach
    from simulate.world.roads import RoadNetwork
    from simulate.world.routes import Forest, Graph
    from simulate.world.zones import Zones

BEYOND_REACH_S = np.array([np.inf])
"""Driving time from one part of the map to another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Roads and zones from a source of roads."""

    roads: RoadNetwork
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    districts: Districts | None = None
    """Only with a trip table."""
    leaving: Leaving | None = None
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
    quickest: Forest
    nearness: NDArray[np.float64]
    """float64[h * h]; deterrence by driving time, hub by hub, 1 next door."""
    choice: NDArray[np.uint32]
    """uint32[purposes, h, 512]; destinations of people of each hub."""
    flow: NDArray[np.float64]
    """float64[m]; modelled vehicles on each link."""
    reach: Reach
    freeways: bool
    """Whether it has any."""


def build_part(ground: Ground, travel: Travel, seed: int, *, alone: bool = True, freeways: bool = False) -> Part:
    """Return a part with the destinations of its people; a pure function of its arguments.

    alone : whether it is all of the map; freeways : whether other parts have any.
    """
    roads, hubs, zones = ground.roads, ground.hubs, ground.zones
    network = graph(roads, travel.taste_spread, seed)
    quickest = plant(network, hubs)
    best_s = best_times(roads, network, hubs, quickest)
    own_freeways = bool((roads.road_class == RoadClass.FREEWAY).any())
    limit = reach(best_s if alone else BEYOND_REACH_S, travel, freeways=own_freeways or freeways)
    interest = interests(zones, best_s, travel, limit)
    if ground.leaving is not None:
        zones = settle(zones, ground.leaving, interest)
    choice = choice_tables(zones, interest, best_s, limit, ground.districts, roads.node_name[hubs], seed)
    return Part(
        roads=roads,
        network=network,
        hubs=hubs,
        zones=zones,
        quickest=quickest,
        nearness=np.exp(-best_s / travel.distance_decay_s).ravel(),
        choice=choice,
        flow=link_flow(network, hubs, _daily_trips(zones, choice), quickest),
        reach=limit,
        freeways=own_freeways,
    )


def _daily_trips(zones: Zones, choice: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Estimate a day's trips from hub to hub, there and back, to rank links by traffic.

    Two in five trips are commutes, the rest shopping and leisure; float64[h, h].
    """
    h = choice.shape[1]
    homes = np.bincount(zones.hub, weights=zones.residents, minlength=h)
    trips = np.zeros((h, h))
    for purpose, share in ((Purpose.WORK, 0.4), (Purpose.SHOP, 0.35), (Purpose.LEISURE, 0.25)):
        to_hub = zones.hub[choice[purpose]]
        for hub in range(h):
            trips[hub] += share * homes[hub] * np.bincount(to_hub[hub], minlength=h) / to_hub.shape[1]
    return trips + trips.T
