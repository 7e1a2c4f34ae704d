"""External stations of a synthetic metro: towns along its outbound freeways.

Each freeway continues past the metro's edge to stations at stated distances. No tracked
household lives there; residents work there, visit somebody or spend a day out, so trip
lengths match observed ones. Stations are drawn close to the edge: only lengths and times count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.world.external_trips import ExternalTrips
from simulate.world.roads import RoadClass, RoadNetwork
from simulate.world.zones import N_PURPOSES, Purpose, Zones, smooth_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import MetroRoads

BEYOND_KM = (10.0, 30.0, 70.0, 170.0)
"""Distances of the stations from the edge (assumption: suburbs of the next county, the next towns,
the next metro, half a day's drive)."""
BEYOND_KMH = 90.0
"""Off-peak speed on the way there, from door to door (assumption)."""
DRAWN_M = 700.0
"""Distance between the stations on the map."""
SHARES = {
    Purpose.WORK: (0.25, 0.35, 0.40, 0.0),
    Purpose.LEISURE: (0.6, 0.4, 0.0, 0.0),
    Purpose.VISIT: (0.6, 0.4, 0.0, 0.0),
}
DAY_OUT_SHARES = (0.0, 0.40, 0.35, 0.25)
"""Distribution of external trips over the distances, by purpose and for days out (fitted
together with `leave_work`, `leave_other` and `day_out` to the lengths of trips and the times of commutes)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stations:
    """Stations beyond a metro; s stations, by exit and distance."""

    node: NDArray[np.int64]
    """int64[s]"""
    ring: NDArray[np.int64]
    """int64[s]; index of its distance in BEYOND_KM."""


def extend_freeways(roads: RoadNetwork, exits: NDArray[np.int64]) -> tuple[RoadNetwork, Stations]:
    """Extend the freeways that end at `exits` to the stations beyond, in both directions."""
    rings, n = len(BEYOND_KM), roads.n_nodes
    fast = exits[np.isin(exits, roads.tail[roads.road_class == RoadClass.FREEWAY])]
    node = n + np.arange(len(fast) * rings)
    ring = np.tile(np.arange(rings), len(fast))
    before = np.where(ring == 0, np.repeat(fast, rings), node - 1)
    length = np.tile(np.diff([0.0, *BEYOND_KM]) * 1000.0, len(fast))
    out_m = np.hypot(roads.x_m[fast], roads.y_m[fast])
    scale = 1.0 + (ring + 1) * DRAWN_M / np.repeat(out_m, rings)

    def both(ways: NDArray[np.int64], back: NDArray[np.int64], old: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.concatenate([old, ways, back]).astype(np.int32)

    longer = replace(
        roads,
        node_name=np.concatenate([roads.node_name, int(roads.node_name.max()) + 1 + np.arange(len(node))]),
        x_m=np.concatenate([roads.x_m, np.repeat(roads.x_m[fast], rings) * scale]),
        y_m=np.concatenate([roads.y_m, np.repeat(roads.y_m[fast], rings) * scale]),
        through=np.concatenate([roads.through, np.ones(len(node), np.bool_)]),
        tail=both(before, node, roads.tail),
        head=both(node, before, roads.head),
        length_m=np.concatenate([roads.length_m, length, length]),
        free_s=np.concatenate([roads.free_s, *[length / (BEYOND_KMH / 3.6)] * 2]),
        road_class=np.concatenate([roads.road_class, np.full(2 * len(node), RoadClass.CONNECTOR)]).astype(np.uint8),
        capacity=np.concatenate([roads.capacity, np.full(2 * len(node), roads.capacity.max())]),
    )
    return longer, Stations(node=node, ring=ring)


def with_stations(
    zones: Zones, roads: RoadNetwork, stations: Stations, first_hub: int, settings: MetroRoads, seed: int
) -> tuple[Zones, ExternalTrips]:
    """Add the stations as zones, one each, with hubs numbered from `first_hub` on; also return the external trips.

    All freeways attract equally at one distance.
    """
    node, n = stations.node, zones.n
    x, y = np.concatenate([zones.x_m, roads.x_m[node]]), np.concatenate([zones.y_m, roads.y_m[node]])
    beyond = np.zeros((N_PURPOSES, len(node)))
    beyond[list(SHARES)] = 1.0
    beyond[Purpose.TRIP] = np.array(DAY_OUT_SHARES)[stations.ring]
    share = {
        purpose: np.array(of_ring) * (settings.leave_work if purpose is Purpose.WORK else settings.leave_other)
        for purpose, of_ring in SHARES.items()
    }
    longer = Zones(
        x_m=x,
        y_m=y,
        hub=np.concatenate([zones.hub, first_hub + np.arange(len(node))]).astype(np.int32),
        residents=np.concatenate([zones.residents, np.zeros(len(node))]),
        attraction=np.concatenate([zones.attraction, beyond], axis=1),
        outside=np.concatenate([zones.outside, np.ones(len(node), np.bool_)]),
        income_rank=smooth_field(x, y, "zones.income", seed),
    )
    return longer, ExternalTrips(group=np.concatenate([np.full(n, -1), stations.ring]), share=share)
