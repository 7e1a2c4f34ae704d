"""Roads: a directed graph in plain arrays, whatever its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RoadClass(IntEnum):
    """Functional class of a link; connectors are drawn by planners, not built."""

    FREEWAY = 0
    ARTERIAL = 1
    COLLECTOR = 2
    LOCAL = 3
    CONNECTOR = 4


CAPACITY = {RoadClass.FREEWAY: 4000.0, RoadClass.ARTERIAL: 1600.0, RoadClass.COLLECTOR: 900.0, RoadClass.LOCAL: 500.0}
"""Vehicles per hour and direction, for sources without capacities (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadNetwork:
    """Nodes and directed links. Link ids are positions, in the order of the source."""

    node_name: NDArray[np.int64]
    """int64[n]; the node's number in its source."""
    x_m: NDArray[np.float64]
    """float64[n]; metres east of the origin."""
    y_m: NDArray[np.float64]
    """float64[n]; metres north of the origin."""
    through: NDArray[np.bool_]
    """bool[n]; False for nodes closed to through traffic."""
    tail: NDArray[np.int32]
    """int32[m]; node a link leaves."""
    head: NDArray[np.int32]
    """int32[m]; node a link enters."""
    length_m: NDArray[np.float64]
    """float64[m]; driven length, in metres; may exceed the straight line."""
    free_s: NDArray[np.float64]
    """float64[m]; free-flow time, in seconds."""
    road_class: NDArray[np.uint8]
    """uint8[m]; a RoadClass."""
    capacity: NDArray[np.float64]
    """float64[m]; vehicles per hour."""
    origin: tuple[float, float] | None = None
    """Latitude and longitude, in degrees, of x = y = 0; None for an invented map."""
    credit: str = ""
    """Attribution, due wherever the network is shown."""

    @property
    def n_nodes(self) -> int:
        """Count the nodes."""
        return len(self.x_m)

    @property
    def n_links(self) -> int:
        """Count the directed links."""
        return len(self.tail)

    def bearing_deg(self) -> NDArray[np.float64]:
        """Return the compass bearing of each link, 0 = north, clockwise; float64[m]."""
        east = self.x_m[self.head] - self.x_m[self.tail]
        north = self.y_m[self.head] - self.y_m[self.tail]
        return np.degrees(np.arctan2(east, north)) % 360.0

    def point_on(
        self, link: NDArray[np.int32], at: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x_m and y_m of the point a share `at` along each link; float64[k] each."""
        tail, head = self.tail[link], self.head[link]
        x = self.x_m[tail] + at * (self.x_m[head] - self.x_m[tail])
        y = self.y_m[tail] + at * (self.y_m[head] - self.y_m[tail])
        return x, y


EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth, in metres (IUGG R1, Moritz 2000)."""


def capacity_of(road_class: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the capacity of links other than connectors, in vehicles per hour; float64[k]."""
    capacity: NDArray[np.float64] = np.array([CAPACITY[kind] for kind in sorted(CAPACITY)])[road_class]
    return capacity


def project(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], origin: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn degrees into metres east and north of an origin; float64[n] each.

    Local equirectangular projection: within 0.1 % over the size of a metro.
    """
    east = np.radians(longitude - origin[1]) * EARTH_RADIUS_M * np.cos(np.radians(origin[0]))
    north = np.radians(latitude - origin[0]) * EARTH_RADIUS_M
    return east, north


def to_networkx(roads: RoadNetwork) -> nx.MultiDiGraph[int]:
    """Return the roads as a networkx graph, for analysis with its tools.

    Edge keys are link ids; edges carry `length_m`, `free_s` and `road_class`.
    """
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for node in range(roads.n_nodes):
        graph.add_node(node, x=float(roads.x_m[node]), y=float(roads.y_m[node]), name=int(roads.node_name[node]))
    for link in range(roads.n_links):
        graph.add_edge(
            int(roads.tail[link]),
            int(roads.head[link]),
            key=link,
            length_m=float(roads.length_m[link]),
            free_s=float(roads.free_s[link]),
            road_class=RoadClass(roads.road_class[link]).name.lower(),
        )
    return graph


def strong_parts(roads: RoadNetwork) -> NDArray[np.int32]:
    """Return the strongly connected component of each node, by driving; int32[n].

    Nodes closed to through traffic are components of their own.
    """
    usable = roads.through[roads.tail] & roads.through[roads.head]
    ends = (roads.tail[usable], roads.head[usable])
    links = csr_array((np.ones(int(usable.sum())), ends), shape=(roads.n_nodes, roads.n_nodes))
    part: NDArray[np.int32] = connected_components(links, directed=True, connection="strong")[1]
    return part
