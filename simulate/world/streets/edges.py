"""External stations: substitutes for the world beyond a map at its cut roads.

Most trips in a small extract would really lead off it. At the cut end of a main road, a station
beyond the edge takes them: a node without through traffic, joined by connectors with the
length and time of the missing way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from simulate.world.roads import RoadClass, project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.streets.links import Segments

EDGE_M = 50.0
"""Maximum distance of a cut road's end inside the extract's bounding box (assumption)."""
PAIR_M = 500.0
"""Maximum distance between the cut ends of two carriageways of one road (assumption: an extract
with whole ways ends them at different junctions)."""
MAIN = RoadClass.COLLECTOR
"""The lowest road class with a station (assumption: smaller streets end somewhere near)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ends:
    """Cut ends of main roads; k nodes, each once."""

    node: NDArray[np.int64]
    """int64[k]; index among the nodes of the map, rising."""
    leaves: NDArray[np.bool_]
    """bool[k]; True where traffic can leave the map."""
    enters: NDArray[np.bool_]
    """bool[k]; True where traffic can enter."""
    road_class: NDArray[np.uint8]
    """uint8[k]; the highest class of the roads cut here."""


def find_ends(
    segments: Segments,
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    box: tuple[float, float, float, float] | None,
) -> Ends:
    """Find the cut ends of main roads: at nodes missing from the file, and at dead ends near the box or outside it.

    latitude, longitude : float64[n], of all nodes. Without a box, the bounding box of all nodes is used.
    """
    n = len(latitude)
    leaves, enters = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    best = np.full(n, RoadClass.CONNECTOR, np.uint8)
    for touched in (segments.tail, segments.head):
        np.minimum.at(best, touched, segments.road_class)
    dead = _dead_ends(segments, n) & (best <= MAIN) & ~_well_inside(latitude, longitude, box)
    enters[segments.tail] = leaves[segments.head] = True
    leaves, enters = leaves & dead, enters & dead
    for torn in segments.torn:
        if torn.road_class <= MAIN:
            leaves[torn.node] |= torn.leaves
            enters[torn.node] |= torn.enters
            best[torn.node] = min(best[torn.node], torn.road_class)
    node = np.flatnonzero(leaves | enters)
    return Ends(node=node, leaves=leaves[node], enters=enters[node], road_class=best[node])


def join_ends(
    segments: Segments, core: NDArray[np.bool_], ends: Ends, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], Ends, NDArray[np.int64]]:
    """Assign stations to the ends; return the nodes to keep, the ends in use and the station of each.

    core : bool[n], the strongly connected nodes. x_m, y_m : float64[n]. A station needs a way in
    and a way out, both connected to the core: an end open both ways has a station of its own,
    others are paired, the nearest first, or join the nearest station.
    """
    to_core, from_core = reached(segments.head, segments.tail, core), reached(segments.tail, segments.head, core)
    usable = Ends(
        node=ends.node,
        leaves=ends.leaves & from_core[ends.node],
        enters=ends.enters & to_core[ends.node],
        road_class=ends.road_class,
    )
    station = _pair(usable, x_m[ends.node], y_m[ends.node])
    used = station >= 0
    ends_used = Ends(
        node=usable.node[used],
        leaves=usable.leaves[used],
        enters=usable.enters[used],
        road_class=usable.road_class[used],
    )
    ways_out, ways_in = np.zeros(len(core), np.bool_), np.zeros(len(core), np.bool_)
    ways_out[ends_used.node[ends_used.leaves]] = ways_in[ends_used.node[ends_used.enters]] = True
    outward = from_core & reached(segments.head, segments.tail, ways_out)
    inward = to_core & reached(segments.tail, segments.head, ways_in)
    return core | outward | inward, ends_used, np.unique(station[used], return_inverse=True)[1].astype(np.int64)


def reached(tail: NDArray[np.int64], head: NDArray[np.int64], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes reachable from the starts, the starts included; bool[n]."""
    n = len(start)
    first = np.flatnonzero(start)
    a, b = np.concatenate([tail, np.full(len(first), n)]), np.concatenate([head, first])
    links = csr_array((np.ones(len(a)), (a, b)), shape=(n + 1, n + 1))
    visited = np.zeros(n + 1, np.bool_)
    visited[breadth_first_order(links, n, return_predecessors=False)] = True
    return visited[:n]


def _dead_ends(segments: Segments, n: int) -> NDArray[np.bool_]:
    """Return whether nodes have a single neighbour; bool[n]."""
    low, high = np.minimum(segments.tail, segments.head), np.maximum(segments.tail, segments.head)
    pairs = np.unique(np.column_stack([low, high]), axis=0)
    dead: NDArray[np.bool_] = np.bincount(pairs.ravel(), minlength=n) == 1
    return dead


def _well_inside(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], box: tuple[float, float, float, float] | None
) -> NDArray[np.bool_]:
    """Return whether nodes lie in the box and farther than EDGE_M from its sides; bool[n]."""
    if box is None:
        box = float(latitude.min()), float(longitude.min()), float(latitude.max()), float(longitude.max())
    south, west, north, east = box
    x, y = project(latitude, longitude, (south, west))
    far_x, far_y = project(np.array([north]), np.array([east]), (south, west))
    inside: NDArray[np.bool_] = (x > EDGE_M) & (x < far_x - EDGE_M) & (y > EDGE_M) & (y < far_y - EDGE_M)
    return inside


def _pair(ends: Ends, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the station number of each end, -1 for ends without one; int64[k]."""
    station = np.full(len(ends.node), -1, np.int64)
    both = np.flatnonzero(ends.leaves & ends.enters)
    station[both] = both
    out, into = np.flatnonzero(ends.leaves & ~ends.enters), np.flatnonzero(ends.enters & ~ends.leaves)
    apart = np.hypot(x[out][:, None] - x[into], y[out][:, None] - y[into])
    for pair in np.argsort(apart, axis=None, kind="stable"):
        a, b = out[pair // len(into)], into[pair % len(into)]
        if apart.flat[pair] > PAIR_M:
            break
        if station[a] < 0 and station[b] < 0:
            station[a] = station[b] = a
    served = np.flatnonzero(station >= 0)
    for end in np.flatnonzero((station < 0) & (ends.leaves | ends.enters)):
        away = np.hypot(x[served] - x[end], y[served] - y[end])
        if len(served) and away.min() <= PAIR_M:
            station[end] = station[served[away.argmin()]]
    return station
