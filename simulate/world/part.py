"""One part of the map, whose roads lead to no other: the ground, and where people of it go.

Most maps are one part; each metro of a nation is one. What a part is like depends on nothing
beside it, so that parts may be built one by one, in any process, and kept.
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
    """What a source of roads gives."""

    roads: RoadNetwork
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    districts: Districts | None = None
    """Only with a trip table."""
    leaving: Leaving | None = None
    """Only where shares of people are stated who leave the map."""
    left_out: tuple[str, ...] = ()
    """What of a file was not used, in plain sentences."""


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
    """float64[h * h]; how interest falls with driving time, hub by hub, 1 next door."""
    choice: NDArray[np.uint32]
    """uint32[purposes, h, 512]; zones that people of each hub go to."""
    flow: NDArray[np.float64]
    """float64[m]; modelled vehicles on each link."""
    reach: Reach
    freeways: bool
    """Whether it has any."""


def build_part(ground: Ground, travel: Travel, seed: int, *, alone: bool = True, freeways: bool = False) -> Part:
    """Find out who goes where on a ground; a pure function of its arguments.

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
    """Guess a day's trips from hub to hub, there and back, to tell busy links from quiet ones.

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
