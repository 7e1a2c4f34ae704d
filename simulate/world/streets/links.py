"""Street links: drivable ways split into directed segments, and segments merged from junction to junction.

The merging is that of OSMnx (Boeing 2025, doi:10.1111/tgis.70037): interstitial nodes (no
junction, dead end or change between one-way and two-way) are replaced by one longer link.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from simulate.checks import ScenarioError
from simulate.world.roads import EARTH_RADIUS_M, RoadClass
from simulate.world.streets.tags import directions, road_class, speed_kmh
from simulate.world.town import SPEED_KMH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.world.streets.files import StreetMap, Way


class Torn(NamedTuple):
    """Continuation of a street to a node missing from the file."""

    node: int
    """Index of its last node in the file."""
    road_class: RoadClass
    leaves: bool
    """Whether traffic can leave the map here."""
    enters: bool
    """Whether traffic can enter the map here."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """Directed pieces of street between two nodes of a map; s segments."""

    tail: NDArray[np.int64]
    """int64[s]; index of the start node."""
    head: NDArray[np.int64]
    """int64[s]; index of the end node."""
    length_m: NDArray[np.float64]
    """float64[s]; along the geometry."""
    free_s: NDArray[np.float64]
    """float64[s]; seconds at the speed limit."""
    road_class: NDArray[np.uint8]
    """uint8[s]; a RoadClass."""
    torn: tuple[Torn, ...] = ()
    """Continuations of streets to nodes missing from the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCounts:
    """Counts of the ways of a map by outcome."""

    ways: int
    """Ways with a highway tag."""
    closed: int
    """Ways that are no streets, or closed to general traffic."""
    torn: int
    """Streets with nodes missing from the file; the rest of them is used."""
    without_speed: int
    """Streets without a speed limit."""
    unread_speed: int
    """Streets with an unreadable speed limit."""


class _Street(NamedTuple):
    way: Way
    road_class: RoadClass
    kmh: float


def cut_ways(streets: StreetMap) -> tuple[Segments, WayCounts]:
    """Split the drivable ways at every node into directed segments.

    Raise ScenarioError if no way is drivable, all lead to missing nodes, or none of several speed
    limits is readable.
    """
    open_ways, counted = _open_streets(streets)
    position = {node: i for i, node in enumerate(streets.node.tolist())}
    pieces: list[tuple[int, int, int, float]] = []
    torn: list[Torn] = []
    n_torn = 0
    for number, street in enumerate(open_ways):
        forward, backward = directions(street.way.tags)
        at = [position.get(node, -1) for node in street.way.nodes]
        n_torn += -1 in at
        for a, b in pairwise(at):
            if a >= 0 and b >= 0 and (a != b or street.way.length_m is not None):
                length = np.nan if street.way.length_m is None else street.way.length_m
                pieces += [(a, b, number, length)] * forward + [(b, a, number, length)] * backward
            elif max(a, b) >= 0 > min(a, b):
                out, into = (forward, backward) if a >= 0 else (backward, forward)
                torn.append(Torn(max(a, b), street.road_class, out, into))
    if not pieces:
        expected = "streets whose nodes are in the file"
        found = f"{n_torn:,} of {len(open_ways):,} streets with missing nodes, and no two in a row that are there"
        raise ScenarioError(streets.source, expected, found, "make the extract anew, with the nodes of its ways")
    tail, head, street_of, stated = (np.array(column) for column in zip(*pieces, strict=True))
    straight = great_circle_m(
        streets.latitude[tail], streets.longitude[tail], streets.latitude[head], streets.longitude[head]
    )
    length_m = np.where(np.isnan(stated), straight, stated)
    segments = Segments(
        tail=tail.astype(np.int64),
        head=head.astype(np.int64),
        length_m=length_m,
        free_s=length_m * 3.6 / np.array([street.kmh for street in open_ways])[street_of],
        road_class=np.array([street.road_class for street in open_ways], np.uint8)[street_of],
        torn=tuple(torn),
    )
    without, unread = counted
    closed = len(streets.ways) - len(open_ways)
    return segments, WayCounts(
        ways=len(streets.ways), closed=closed, torn=n_torn, without_speed=without, unread_speed=unread
    )


def largest_part(segments: Segments, n_nodes: int) -> NDArray[np.bool_]:
    """Return the nodes of the largest strongly connected component; bool[n]."""
    ones = np.ones(len(segments.tail))
    links = csr_array((ones, (segments.tail, segments.head)), shape=(n_nodes, n_nodes))
    part = connected_components(links, directed=True, connection="strong")[1]
    largest: NDArray[np.bool_] = part == np.argmax(np.bincount(part))
    return largest


def within(segments: Segments, keep: NDArray[np.bool_]) -> Segments:
    """Return the segments with both ends kept; keep : bool[n]."""
    use = keep[segments.tail] & keep[segments.head]
    return Segments(
        tail=segments.tail[use],
        head=segments.head[use],
        length_m=segments.length_m[use],
        free_s=segments.free_s[use],
        road_class=segments.road_class[use],
    )


def simplify(segments: Segments, n_nodes: int, protected: NDArray[np.int64]) -> Segments:
    """Merge segments between junctions into links, lengths and times summed, sorted by start node.

    protected : int64[p], nodes to keep in any case. A link has the class of most of its
    length. Of a street drawn twice, one copy is kept.
    """
    order = np.lexsort((segments.length_m, segments.head, segments.tail))
    tail, head = segments.tail[order], segments.head[order]
    stays = _stays(tail, head, n_nodes)
    stays[protected] = True
    first_out = np.searchsorted(tail, np.arange(n_nodes + 1)).tolist()
    heads, staying = head.tolist(), stays.tolist()
    tails = tail.tolist()
    paths: list[list[int]] = []
    before = (-1, -1)
    for segment in np.flatnonzero(stays[tail]).tolist():
        ends = tails[segment], heads[segment]
        if staying[ends[1]]:
            paths.append([segment])
        elif ends != before and (path := _path(segment, tails, heads, first_out, staying)):
            paths.append(path)
        before = ends
    return _merged(segments, order, paths)


def great_circle_m(
    latitude_a: NDArray[np.float64],
    longitude_a: NDArray[np.float64],
    latitude_b: NDArray[np.float64],
    longitude_b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return metres along the great circle between points in degrees, by the haversine formula; float64[n]."""
    a, b = np.radians(latitude_a), np.radians(latitude_b)
    half_east = np.radians(longitude_b - longitude_a) / 2
    square = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(half_east) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(square, 1.0)))
    return metres


def _open_streets(streets: StreetMap) -> tuple[list[_Street], tuple[int, int]]:
    """Return the drivable ways, each with its speed, and the counts of missing and of unreadable speed limits.

    A street without one gets the mean of its class on this map, as in OSMnx, or the class's
    default if the map states none.
    """
    classed = [(way, kind) for way in streets.ways if (kind := road_class(way.tags)) is not None]
    if not classed:
        expected = "streets that may be driven"
        found = f"none among {len(streets.ways):,} ways"
        raise ScenarioError(streets.source, expected, found, "take an extract of a place with streets for cars")
    limits = [speed_kmh(way.tags["maxspeed"]) if "maxspeed" in way.tags else None for way, _ in classed]
    n_without = sum("maxspeed" not in way.tags for way, _ in classed)
    unread = [way for (way, _), limit in zip(classed, limits, strict=True) if "maxspeed" in way.tags and limit is None]
    if unread and len(unread) + n_without == len(classed):
        found = f"{unread[0].tags['maxspeed'][:40]!r}, and no other of {len(unread):,} that says one"
        remedy = "correct the tag maxspeed, or remove it: the class of the street then decides"
        raise ScenarioError(streets.source, "speed limits such as 50, 30 mph or AT:urban", found, remedy)
    usual = {kind: _mean([limit for (_, k), limit in zip(classed, limits, strict=True) if k == kind and limit], kind)
             for kind in SPEED_KMH}  # fmt: skip
    open_streets = [
        _Street(way, kind, limit or usual[kind]) for (way, kind), limit in zip(classed, limits, strict=True)
    ]
    return open_streets, (n_without, len(unread))


def _mean(limits: list[float], kind: RoadClass) -> float:
    return sum(limits) / len(limits) if limits else SPEED_KMH[kind]


def _stays(tail: NDArray[np.int64], head: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    """Return whether nodes end links: all but those with two neighbours and two or four segments; bool[n].

    A node with a loop counts twice among its own neighbours.
    """
    ins, outs = np.bincount(head, minlength=n), np.bincount(tail, minlength=n)
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    neighbours = np.bincount(np.unique(np.column_stack([low, high]), axis=0).ravel(), minlength=n)
    degree = ins + outs
    passing: NDArray[np.bool_] = (neighbours == 2) & ((degree == 2) | (degree == 4)) & (ins > 0) & (outs > 0)
    return ~passing


def _path(
    segment: int, tails: Sequence[int], heads: Sequence[int], first_out: Sequence[int], staying: Sequence[bool]
) -> list[int] | None:
    """Follow a street to the next node kept; None if it only turns back."""
    path = [segment]
    while not staying[heads[segment]]:
        node = heads[segment]
        onward = [k for k in range(first_out[node], first_out[node + 1]) if heads[k] != tails[segment]]
        if not onward:
            return None
        segment = onward[0]
        path.append(segment)
    return path


def _merged(segments: Segments, order: NDArray[np.int64], paths: list[list[int]]) -> Segments:
    """Sum lengths and times of each path of sorted segments."""
    sizes = np.array([len(path) for path in paths], np.int64)
    flat = order[np.array([segment for path in paths for segment in path], np.int64)]
    link = np.repeat(np.arange(len(paths)), sizes)
    ends = np.cumsum(sizes)
    of_class = np.zeros((len(paths), len(RoadClass)))
    np.add.at(of_class, (link, segments.road_class[flat]), segments.length_m[flat])
    return Segments(
        tail=segments.tail[flat[ends - sizes]],
        head=segments.head[flat[ends - 1]],
        length_m=np.add.reduceat(segments.length_m[flat], ends - sizes),
        free_s=np.add.reduceat(segments.free_s[flat], ends - sizes),
        road_class=of_class.argmax(axis=1).astype(np.uint8),
    )
