"""Outside stations: what stands for the world beyond a map that cuts its roads.

Most trips in a small extract would really lead off it. Where a main road is cut, a station
beyond the edge takes them: a node that nobody drives through, joined by connectors whose
length and time stand for the way that is not on the map.
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
"""A dead end no farther than this inside the box that was cut out is a cut road (assumption)."""
PAIR_M = 500.0
"""The two carriageways of one road are cut no farther apart than this (assumption: an extract that
keeps whole ways ends them at different junctions)."""
MAIN = RoadClass.COLLECTOR
"""The least class of road that leads to a station (assumption: smaller streets end somewhere near)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ends:
    """Where main roads are cut; k nodes, each once."""

    node: NDArray[np.int64]
    """int64[k]; position of the node among those of the map, rising."""
    leaves: NDArray[np.bool_]
    """bool[k]; True where traffic may leave the map."""
    enters: NDArray[np.bool_]
    """bool[k]; True where traffic may come in."""
    road_class: NDArray[np.uint8]
    """uint8[k]; the highest class of road that is cut here."""


def find_ends(
    segments: Segments,
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    box: tuple[float, float, float, float] | None,
) -> Ends:
    """Find where main roads are cut: at nodes the file lacks, and at dead ends near the box or beyond it.

    latitude, longitude : float64[n], of all nodes. Without a box, the one round all nodes is taken.
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
    """Give the ends their stations; returns the nodes to keep, the ends in use and the station of each.

    core : bool[n], the nodes from everywhere to everywhere. x_m, y_m : float64[n]. A station
    needs a way in and a way out that the core has a part in: an end open both ways has one
    of its own, others are paired, the nearest first, or join the nearest station.
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
    kept = Ends(
        node=usable.node[used],
        leaves=usable.leaves[used],
        enters=usable.enters[used],
        road_class=usable.road_class[used],
    )
    ways_out, ways_in = np.zeros(len(core), np.bool_), np.zeros(len(core), np.bool_)
    ways_out[kept.node[kept.leaves]] = ways_in[kept.node[kept.enters]] = True
    outward = from_core & reached(segments.head, segments.tail, ways_out)
    inward = to_core & reached(segments.tail, segments.head, ways_in)
    return core | outward | inward, kept, np.unique(station[used], return_inverse=True)[1].astype(np.int64)


def reached(tail: NDArray[np.int64], head: NDArray[np.int64], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes that some start leads to, the starts among them; bool[n]."""
    n = len(start)
    first = np.flatnonzero(start)
    a, b = np.concatenate([tail, np.full(len(first), n)]), np.concatenate([head, first])
    links = csr_array((np.ones(len(a)), (a, b)), shape=(n + 1, n + 1))
    found = np.zeros(n + 1, np.bool_)
    found[breadth_first_order(links, n, return_predecessors=False)] = True
    return found[:n]


def _dead_ends(segments: Segments, n: int) -> NDArray[np.bool_]:
    """Tell which nodes have one neighbour only; bool[n]."""
    low, high = np.minimum(segments.tail, segments.head), np.maximum(segments.tail, segments.head)
    pairs = np.unique(np.column_stack([low, high]), axis=0)
    dead: NDArray[np.bool_] = np.bincount(pairs.ravel(), minlength=n) == 1
    return dead


def _well_inside(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], box: tuple[float, float, float, float] | None
) -> NDArray[np.bool_]:
    """Tell which nodes lie in the box and farther than EDGE_M from its sides; bool[n]."""
    if box is None:
        box = float(latitude.min()), float(longitude.min()), float(latitude.max()), float(longitude.max())
    south, west, north, east = box
    x, y = project(latitude, longitude, (south, west))
    far_x, far_y = project(np.array([north]), np.array([east]), (south, west))
    inside: NDArray[np.bool_] = (x > EDGE_M) & (x < far_x - EDGE_M) & (y > EDGE_M) & (y < far_y - EDGE_M)
    return inside


def _pair(ends: Ends, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give each end the number of its station, -1 where it finds none; int64[k]."""
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
