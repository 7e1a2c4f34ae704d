"""Districts: homes and jobs for a real network with a trip table.

A trip table counts trips between a few traffic analysis zones, too coarse to locate homes.
Each district is therefore filled with blocks round the junctions nearest to it, and every
row of the table becomes home-work pairs. Districts beyond the map remain points at its edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.world.roads import RoadClass, RoadNetwork, strong_parts
from simulate.world.zones import Purpose, Zones, everyday_attraction, scatter, smooth_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import TntpRoads

BEYOND = 0.3
"""Shops, leisure and other destinations at the map's edge, as a share of those on it (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrafficZones:
    """The trip table and the district of every zone."""

    trips: NDArray[np.float64]
    """float64[d, d]; trips from home district to work district."""
    of_zone: NDArray[np.int64]
    """int64[z]; district of each zone."""


def build_traffic_zones(
    roads: RoadNetwork, trips: NDArray[np.float64], settings: TntpRoads, seed: int
) -> tuple[NDArray[np.int32], Zones, TrafficZones]:
    """Fill the districts with blocks; return the hub nodes, the zones and the districts.

    Hubs are all junctions of real streets, and the centroids of districts beyond the map.
    Nodes 0..d-1 are the districts' centroids, in the numbering of TNTP files.
    """
    d = len(trips)
    beyond = np.array(sorted(zone - 1 for zone in settings.outside_zones), dtype=np.int64)
    inside = np.setdiff1d(np.arange(d), beyond)
    streets = _street_nodes(roads)
    district = _nearest_district(roads, streets, inside)
    produced, attracted = trips.sum(axis=1) * settings.vehicles_per_trip, trips.sum(axis=0)
    per_district = np.maximum(np.bincount(district, minlength=d), 1)
    blocks = scatter(roads, streets, produced[district] / per_district[district], settings.vehicles_per_zone, seed)
    home_of = district[blocks.node]
    jobs = attracted[home_of] / np.maximum(np.bincount(home_of, minlength=d), 1)[home_of]
    middle = np.hypot(blocks.x_m - roads.x_m[streets].mean(), blocks.y_m - roads.y_m[streets].mean())
    central = np.exp(-middle / 4000.0)
    attraction = everyday_attraction(jobs, blocks.residents, central, blocks.name, seed)
    far = np.zeros((len(attraction), len(beyond)))
    far[:] = attraction.sum(axis=1, keepdims=True) * BEYOND / max(len(beyond), 1)
    far[Purpose.WORK], far[Purpose.HOME], far[Purpose.VISIT] = attracted[beyond], produced[beyond], produced[beyond]
    far[Purpose.OUTSIDE], far[Purpose.CITY] = 1.0, 0.0
    if not len(beyond):
        attraction[Purpose.OUTSIDE, _edge(blocks.x_m, blocks.y_m)] = 1.0
    x = np.concatenate([blocks.x_m, roads.x_m[beyond]])
    y = np.concatenate([blocks.y_m, roads.y_m[beyond]])
    zones = Zones(
        x_m=x,
        y_m=y,
        hub=np.concatenate([blocks.node, len(streets) + np.arange(len(beyond))]).astype(np.int32),
        residents=np.concatenate([blocks.residents, produced[beyond]]),
        attraction=np.concatenate([attraction, far], axis=1),
        outside=np.arange(len(x)) >= len(blocks.x_m),
        income_rank=smooth_field(x, y, "zones.income", seed),
    )
    hubs = np.concatenate([streets, beyond]).astype(np.int32)
    return hubs, zones, TrafficZones(trips=trips, of_zone=np.concatenate([home_of, beyond]))


def _street_nodes(roads: RoadNetwork) -> NDArray[np.int64]:
    """Return the habitable junctions: on streets, with a way there and back.

    Centroids and freeway-only junctions are excluded.
    """
    street = (roads.road_class != RoadClass.FREEWAY) & (roads.road_class != RoadClass.CONNECTOR)
    touched = np.zeros(roads.n_nodes, np.bool_)
    touched[roads.tail[street]] = touched[roads.head[street]] = True
    part = strong_parts(roads)
    nodes = np.flatnonzero(touched & roads.through & (part == np.argmax(np.bincount(part))))
    if len(nodes) < 2:
        raise ScenarioError(
            "roads", "streets where people can live", f"{len(nodes)} junctions that are not on freeways alone",
            "check roads.length_unit and roads.time_unit: they decide what is a freeway",
        )  # fmt: skip
    return nodes


def _edge(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the outermost blocks in four directions, used without stated exits."""
    return np.unique([np.argmax(east * x + north * y) for east, north in ((1, 0), (-1, 0), (0, 1), (0, -1))])


def _nearest_district(roads: RoadNetwork, streets: NDArray[np.int64], inside: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each junction, the district with the nearest connector end."""
    ends = {int(zone): [int(zone)] for zone in inside}
    for a, b in zip(roads.tail, roads.head, strict=True):
        if int(a) in ends and not roads.through[a]:
            ends[int(a)].append(int(b))
    node = np.array([end for zone in inside for end in (ends[int(zone)][1:] or ends[int(zone)])])
    zone_of = np.array([zone for zone in inside for _ in (ends[int(zone)][1:] or ends[int(zone)])])
    apart = np.hypot(roads.x_m[streets][:, None] - roads.x_m[node], roads.y_m[streets][:, None] - roads.y_m[node])
    nearest: NDArray[np.int64] = zone_of[np.argmin(apart, axis=1)]
    return nearest
