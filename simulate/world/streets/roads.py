"""Streets: conversion of a street map to roads, with a report on the parts left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.world.roads import RoadClass, RoadNetwork, capacity_of, project
from simulate.world.streets.edges import PAIR_M, find_ends, join_ends
from simulate.world.streets.files import check_file, read_osm
from simulate.world.streets.graphml import read_graphml
from simulate.world.streets.links import cut_ways, largest_part, simplify, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.streets.edges import Ends
    from simulate.world.streets.files import StreetMap
    from simulate.world.streets.links import Segments, WayCounts

CREDIT = "© OpenStreetMap contributors, ODbL"
BEYOND_KMH = 60.0
"""Speed of the way beyond the map (assumption: main roads in and out of towns)."""
BEYOND_SHARE, BEYOND_M = 0.03, 100.0
"""Distance of stations from the edge on the map: this share of the map's size, and at least so many metres, whatever
the length of the way, or the map would be a spot in the middle of its picture."""
STATION_NAME = 2**60
"""Added to the number of a cut road's end to name its station; OpenStreetMap numbers reach about 2^34."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetReport:
    """Counts of the conversion of a street map."""

    ways: WayCounts
    """Counts of its ways by outcome."""
    nodes: int
    """Nodes of drivable streets."""
    cut_off: int
    """Nodes left out for lack of a way to the rest and back."""
    merged: int
    """Nodes merged away, not junctions."""
    junctions: int
    """Remaining nodes, without stations."""
    links: int
    """Remaining directed links, without connectors."""
    cut_roads: int
    """Ends of main roads cut by the map."""
    unserved: int
    """Such ends without a station."""
    stations: int
    """External stations."""

    def describe(self) -> str:
        """Return all counts in plain sentences."""
        ways = self.ways
        open_ways = ways.ways - ways.closed
        return (
            f"Of {ways.ways:,} ways on the street map {ways.closed:,} are not for general traffic; of the other "
            f"{open_ways:,}, {ways.torn:,} are cut where the file lacks their nodes, {ways.without_speed:,} state no "
            f"speed limit and {ways.unread_speed:,} one that is no speed: these have the mean of their class. "
            f"Of {self.nodes:,} nodes {self.cut_off:,} are left out, for one cannot drive there and back, and "
            f"{self.merged:,} are no junctions, which leaves {self.junctions:,} junctions and {self.links:,} links. "
            f"The map cuts main roads at {self.cut_roads:,} ends: {self.stations:,} outside stations take their "
            f"traffic, and {self.unserved:,} ends have none, for they lead nowhere on the map or are one-way "
            f"without a way back within {PAIR_M:g} m."
        )


def read_streets(path: str, outside_km: float) -> tuple[RoadNetwork, StreetReport]:
    """Read a street map and convert it to roads.

    Raise ScenarioError if the path is missing, or the file yields no road.
    """
    if not path:
        raise ScenarioError(
            "roads.path", "a street map", "nothing",
            'give it: overrides=["roads.path=FILE"], an extract of OpenStreetMap (.osm, .osm.pbf) or GraphML of OSMnx',
        )  # fmt: skip
    file = Path(path)
    streets = read_graphml(file) if check_file(file) == ".graphml" else read_osm(file)
    return to_roads(streets, outside_km)


def to_roads(streets: StreetMap, outside_km: float) -> tuple[RoadNetwork, StreetReport]:
    """Convert a street map to roads: the connected part, from junction to junction, and its stations.

    outside_km : length of the way from a cut road into the world beyond. Nodes are in the
    order of their numbers, then the stations, closed to through traffic; links in the
    order of their start nodes, then the connectors.
    """
    segments, ways = cut_ways(streets)
    n = len(streets.node)
    x_m, y_m, origin = _to_metres(streets, segments)
    core = largest_part(segments, n)
    ends = find_ends(segments, streets.latitude, streets.longitude, streets.box)
    kept_nodes, used, station = join_ends(segments, core, ends, x_m, y_m)
    links = simplify(within(segments, kept_nodes), n, used.node)
    if not len(links.tail):
        found = f"{core.sum():,} nodes on a ring or alone"
        remedy = "take a larger extract"
        raise ScenarioError(streets.source, "streets with junctions, from which one can drive back", found, remedy)
    used_nodes = np.union1d(links.tail, links.head)
    report = StreetReport(
        ways=ways,
        nodes=len(np.union1d(segments.tail, segments.head)),
        cut_off=len(np.union1d(segments.tail, segments.head)) - int(kept_nodes.sum()),
        merged=int(kept_nodes.sum()) - len(used_nodes),
        junctions=len(used_nodes),
        links=len(links.tail),
        cut_roads=len(ends.node),
        unserved=len(ends.node) - len(used.node),
        stations=int(station.max(initial=-1)) + 1,
    )
    end_node = np.searchsorted(used_nodes, used.node)
    roads = RoadNetwork(
        node_name=streets.node[used_nodes],
        x_m=x_m[used_nodes],
        y_m=y_m[used_nodes],
        through=np.ones(len(used_nodes), np.bool_),
        tail=np.searchsorted(used_nodes, links.tail).astype(np.int32),
        head=np.searchsorted(used_nodes, links.head).astype(np.int32),
        length_m=links.length_m,
        free_s=links.free_s,
        road_class=links.road_class,
        capacity=capacity_of(links.road_class),
        origin=origin,
        credit=CREDIT,
    )
    return _with_stations(roads, end_node, used, station, outside_km * 1000.0), report


def _to_metres(
    streets: StreetMap, segments: Segments
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
    """Return x_m, y_m of all nodes from the middle of the nodes on streets, and that middle in degrees."""
    touched = np.union1d(segments.tail, segments.head)
    latitude, longitude = streets.latitude[touched], streets.longitude[touched]
    if longitude.max() - longitude.min() > 180.0:
        found = f"{longitude.min():g} to {longitude.max():g}"
        remedy = "take an extract that does not cross the date line"
        raise ScenarioError(streets.source, "a map less than half round the world", found, remedy)
    origin = float(latitude.min() + latitude.max()) / 2, float(longitude.min() + longitude.max()) / 2
    return *project(streets.latitude, streets.longitude, origin), origin


def _with_stations(
    roads: RoadNetwork, end: NDArray[np.int64], ends: Ends, station: NDArray[np.int64], beyond_m: float
) -> RoadNetwork:
    """Append the stations and their connectors; end : int64[k], node of each end; station : int64[k]."""
    n, n_stations = roads.n_nodes, int(station.max(initial=-1)) + 1
    first = np.searchsorted(np.sort(station), np.arange(n_stations))
    station_name = roads.node_name[end[np.argsort(station, kind="stable")[first]]] + STATION_NAME
    x, y = _beyond(roads, end, station, n_stations)
    tail = np.concatenate([end[ends.leaves], n + station[ends.enters]])
    head = np.concatenate([n + station[ends.leaves], end[ends.enters]])
    of_class = np.concatenate([ends.road_class[ends.leaves], ends.road_class[ends.enters]])
    return RoadNetwork(
        node_name=np.concatenate([roads.node_name, station_name]),
        x_m=np.concatenate([roads.x_m, x]),
        y_m=np.concatenate([roads.y_m, y]),
        through=np.arange(n + n_stations) < n,
        tail=np.concatenate([roads.tail, tail]).astype(np.int32),
        head=np.concatenate([roads.head, head]).astype(np.int32),
        length_m=np.concatenate([roads.length_m, np.full(len(tail), beyond_m)]),
        free_s=np.concatenate([roads.free_s, np.full(len(tail), beyond_m * 3.6 / BEYOND_KMH)]),
        road_class=np.concatenate([roads.road_class, np.full(len(tail), RoadClass.CONNECTOR)]).astype(np.uint8),
        capacity=np.concatenate([roads.capacity, capacity_of(of_class)]),
        origin=roads.origin,
        credit=roads.credit,
    )


def _beyond(
    roads: RoadNetwork, end: NDArray[np.int64], station: NDArray[np.int64], n_stations: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x_m and y_m of the stations: outwards from the middle of the map, past their ends."""
    ends_of = np.maximum(np.bincount(station, minlength=n_stations), 1)
    x = np.bincount(station, weights=roads.x_m[end], minlength=n_stations) / ends_of
    y = np.bincount(station, weights=roads.y_m[end], minlength=n_stations) / ends_of
    far = max(BEYOND_SHARE * max(float(np.ptp(roads.x_m)), float(np.ptp(roads.y_m))), BEYOND_M)
    radius = np.maximum(np.hypot(x, y), 1.0)
    return x * (1 + far / radius), y * (1 + far / radius)
