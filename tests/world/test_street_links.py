"""Streets as links: tags against the wiki's meanings, counts against OSMnx, lengths against the globe.

The reference counts are OSMnx 2.1.1's. Its `graph_from_xml` takes every way of a file, so each
extract was first cut down to the ways that its own filter for `network_type="drive"` passes
(`_overpass._get_network_filter`, its patterns searched in the tags), and ways were cut where the
file lacks their nodes. Then: `graph_from_xml(simplify=False, retain_all=True)`,
`truncate.largest_component(strongly=True)`, `simplify_graph`. All counts agree to the last link.
Lengths differ by 3e-8, for OSMnx takes the Earth's radius as 6,371,009 m. Outside the largest
part one thing differs: in Helsinki OSMnx keeps 159 ways tagged `trail` and `crossing`, which its
filter does not know, so that it has 1,875 nodes and 2,978 edges to begin with; none of them is
joined to a street.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from street_maps import STEP, lattice, street, write_graphml, write_osm

from simulate.world.roads import EARTH_RADIUS_M, RoadClass
from simulate.world.streets.files import read_osm
from simulate.world.streets.graphml import read_graphml
from simulate.world.streets.links import Segments, cut_ways, great_circle_m, largest_part, simplify, within
from simulate.world.streets.tags import IMPLICIT_KMH, directions, road_class, speed_kmh
from simulate.world.town import SPEED_KMH

NONE = np.empty(0, np.int64)
STEP_M = np.radians(STEP) * EARTH_RADIUS_M
OSMNX = {
    # extract: nodes and edges, all; largest strongly connected part; the same simplified; metres of the part
    "helsinki.osm.pbf": ((1437, 2126), (1283, 1939), (134, 281), 27178.46088356075),
    "krems.osm.gz": ((1998, 3279), (1527, 2569), (275, 577), 107895.68499469233),
    "west-oakland.osm.bz2": ((111, 192), (78, 156), (22, 51), 10961.979559998477),
}


def size(segments: Segments) -> tuple[int, int]:
    return len(np.union1d(segments.tail, segments.head)), len(segments.tail)


def links_of(path, protected=()) -> list[tuple[int, int, float]]:
    """Return every link of a map's largest part as its nodes' numbers and its length in steps."""
    streets = read_osm(path)
    segments, _ = cut_ways(streets)
    part = within(segments, largest_part(segments, len(streets.node)))
    links = simplify(part, len(streets.node), np.searchsorted(streets.node, np.array(protected, np.int64)))
    steps = np.round(links.length_m / STEP_M, 3).tolist()
    return list(zip(streets.node[links.tail].tolist(), streets.node[links.head].tolist(), steps, strict=True))


# Against OSMnx


@pytest.mark.parametrize("name", OSMNX)
def test_counts_and_lengths_are_those_of_osmnx(data, name):
    everything, strong, simple, metres = OSMNX[name]
    streets = read_osm(data / "osm" / name)
    n = len(streets.node)
    segments, _ = cut_ways(streets)
    part = within(segments, largest_part(segments, n))
    links = simplify(part, n, NONE)
    assert size(segments) == everything
    assert size(part) == strong
    assert size(links) == simple
    assert part.length_m.sum() == pytest.approx(metres, rel=1e-7)
    assert links.length_m.sum() == pytest.approx(part.length_m.sum(), rel=1e-12)
    assert links.free_s.sum() == pytest.approx(part.free_s.sum(), rel=1e-12)


@pytest.mark.parametrize("name", OSMNX)
def test_no_way_between_junctions_grows_longer_or_shorter_by_merging(data, name):
    """Distances over all nodes, by networkx, are those over the merged links."""
    streets = read_osm(data / "osm" / name)
    n = len(streets.node)
    segments, _ = cut_ways(streets)
    part = within(segments, largest_part(segments, n))
    links = simplify(part, n, NONE)
    whole, merged = graph_of(part), graph_of(links)
    junctions = sorted(merged.nodes)
    for start in junctions[:: len(junctions) // 8]:
        expected = nx.single_source_dijkstra_path_length(whole, start, weight="length")
        found = nx.single_source_dijkstra_path_length(merged, start, weight="length")
        assert {end: pytest.approx(expected[end], abs=1e-6) for end in junctions} == found


def graph_of(segments: Segments) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    for a, b, length in zip(segments.tail.tolist(), segments.head.tolist(), segments.length_m, strict=True):
        graph.add_edge(a, b, length=length)
    return graph


def test_graphml_gives_the_links_that_it_was_saved_from(data, tmp_path):
    streets = read_osm(data / "osm" / "krems.osm.gz")
    segments, _ = cut_ways(streets)
    part = within(segments, largest_part(segments, len(streets.node)))
    nodes = dict(
        zip(streets.node.tolist(), zip(streets.latitude.tolist(), streets.longitude.tolist(), strict=True), strict=True)
    )
    ends = zip(streets.node[part.tail].tolist(), streets.node[part.head].tolist(), part.length_m.tolist(), strict=True)
    edges = [(a, b, {"highway": "residential", "length": str(length)}) for a, b, length in ends]
    saved = read_graphml(write_graphml(tmp_path / "krems.graphml", nodes, edges))
    again, _ = cut_ways(saved)
    links = simplify(again, len(saved.node), NONE)
    assert size(links) == OSMNX["krems.osm.gz"][2]
    assert links.length_m.sum() == pytest.approx(part.length_m.sum(), rel=1e-12)


def test_graphml_keeps_the_lengths_that_it_states(tmp_path):
    edges = [
        (a, b, {"highway": "road", "length": str(length)}) for a, b, length in ((1, 2, 500), (2, 1, 600), (2, 2, 7))
    ]
    segments, _ = cut_ways(read_graphml(write_graphml(tmp_path / "two.graphml", lattice(1, 2), edges)))
    assert segments.length_m.tolist() == [500, 600, 7]
    assert segments.tail.tolist() == [0, 1, 1]
    assert segments.head.tolist() == [1, 0, 1]


# Merging, on maps one can see


def test_a_bend_is_merged_and_a_junction_and_a_dead_end_stay(tmp_path):
    path = write_osm(tmp_path / "t.osm", lattice(3, 3), [street(1, 2, 5, 8), street(5, 6)])
    assert links_of(path) == [(1, 5, 2), (5, 1, 2), (5, 6, 1), (5, 8, 1), (6, 5, 1), (8, 5, 1)]


def test_a_protected_node_stays(tmp_path):
    path = write_osm(tmp_path / "line.osm", lattice(1, 3), [street(1, 2, 3)])
    assert links_of(path) == [(1, 3, 2), (3, 1, 2)]
    assert links_of(path, protected=[2]) == [(1, 2, 1), (2, 1, 1), (2, 3, 1), (3, 2, 1)]


def test_a_loop_at_the_end_of_a_street_is_one_link_each_way(tmp_path):
    path = write_osm(tmp_path / "loop.osm", lattice(2, 3), [street(1, 2, 3, 6, 5, 2)])
    assert links_of(path) == [(1, 2, 1), (2, 1, 1), (2, 2, 4), (2, 2, 4)]


def test_a_change_from_one_way_to_two_way_is_a_node(tmp_path):
    ways = [street(1, 2, oneway="yes"), street(2, 3), street(3, 6, 5, 4, 1)]
    path = write_osm(tmp_path / "mixed.osm", lattice(2, 3), ways)
    assert sorted(links_of(path)) == [(1, 2, 1), (1, 2, 5), (2, 1, 5)]


def test_several_ways_between_the_same_junctions_are_several_links(tmp_path):
    ways = [street(1, 2), street(2, 3, 6, 5, 2), street(1, 4, 5)]
    found = links_of(write_osm(tmp_path / "parallel.osm", lattice(2, 3), ways))
    assert sorted(found) == [(2, 5, 1), (2, 5, 3), (2, 5, 3), (5, 2, 1), (5, 2, 3), (5, 2, 3)]


def test_a_one_way_street_drawn_twice_is_one_link_where_it_bends(tmp_path):
    """What OSMnx does; where it does not bend, both stay."""
    bend = street(4, 5, 6, oneway="yes")
    ways = [bend, bend, street(6, 9, 8, 7, 4), street(1, 4), street(3, 6)]
    twice = write_osm(tmp_path / "twice.osm", lattice(3, 3), ways)
    dead_ends = {(1, 4, 1), (4, 1, 1), (3, 6, 1), (6, 3, 1)}
    assert sorted(set(links_of(twice)) - dead_ends) == [(4, 6, 2), (4, 6, 4), (6, 4, 4)]
    assert len(links_of(twice)) == 7
    straight = write_osm(tmp_path / "straight.osm", lattice(1, 2), [street(1, 2), street(1, 2)])
    assert sorted(links_of(straight)) == [(1, 2, 1), (1, 2, 1), (2, 1, 1), (2, 1, 1)]


def test_order_of_ways_changes_nothing(tmp_path):
    ways = [street(1, 2, 3), street(1, 4, 7), street(3, 6, 9), street(7, 8, 9), street(4, 5, 6), street(2, 5, 8)]
    one = links_of(write_osm(tmp_path / "one.osm", lattice(3, 3), ways))
    other = links_of(write_osm(tmp_path / "other.osm", lattice(3, 3), ways[::-1]))
    assert one == other
    assert len(one) == 16


def test_a_link_has_the_class_of_most_of_its_length_and_the_time_of_each_piece(tmp_path):
    ways = [street(1, 2, highway="primary", maxspeed="50"), street(2, 3, 6, highway="residential", maxspeed="30")]
    streets = read_osm(write_osm(tmp_path / "both.osm", lattice(2, 3), ways))
    links = simplify(cut_ways(streets)[0], len(streets.node), NONE)
    assert links.road_class.tolist() == [RoadClass.LOCAL] * 2
    assert links.free_s == pytest.approx([STEP_M * 3.6 * (1 / 50 + 2 / 30)] * 2)


# Cutting ways


def test_streets_end_where_the_file_lacks_their_nodes(tmp_path):
    ways = [street(1, 2, 99, 3, 4, highway="primary"), street(98, 4, oneway="yes", highway="secondary")]
    streets = read_osm(write_osm(tmp_path / "torn.osm", lattice(1, 4), ways))
    segments, counts = cut_ways(streets)
    pairs = set(zip((segments.tail + 1).tolist(), (segments.head + 1).tolist(), strict=True))
    assert pairs == {(1, 2), (2, 1), (3, 4), (4, 3)}
    assert counts.torn == 2
    both = [(2, RoadClass.ARTERIAL, True, True), (3, RoadClass.ARTERIAL, True, True)]
    into = (4, RoadClass.ARTERIAL, False, True)
    assert [(torn.node + 1, *torn[1:]) for torn in segments.torn] == [*both, into]


def test_a_node_named_twice_in_a_row_is_one(tmp_path):
    streets = read_osm(write_osm(tmp_path / "twice.osm", lattice(1, 2), [street(1, 1, 2)]))
    assert size(cut_ways(streets)[0]) == (2, 2)


def test_streets_without_speed_take_the_mean_of_their_class_or_its_default(tmp_path):
    ways = [
        street(1, 2, maxspeed="20"),
        street(2, 3, maxspeed="40"),
        street(3, 4),
        street(4, 5, maxspeed="whatever"),
        street(5, 6, highway="primary"),
    ]
    segments, counts = cut_ways(read_osm(write_osm(tmp_path / "speeds.osm", lattice(1, 6), ways)))
    kmh = dict(zip(segments.tail[::2].tolist(), (segments.length_m / segments.free_s * 3.6)[::2], strict=True))
    assert kmh == pytest.approx({0: 20, 1: 40, 2: 30, 3: 30, 4: SPEED_KMH[RoadClass.ARTERIAL]})
    assert (counts.without_speed, counts.unread_speed, counts.closed) == (2, 1, 0)


@given(st.floats(-80, 80), st.floats(-179, 178), st.floats(0.0001, 0.01), st.floats(0.0001, 0.01))
@settings(max_examples=60)
def test_great_circles_are_chords_of_the_globe(lat, lon, north, east):
    """A short chord through the globe, in plain coordinates, is as long as its arc to 1 in 10^7."""

    def point(latitude, longitude):
        phi, lam = np.radians(latitude), np.radians(longitude)
        return np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]) * EARTH_RADIUS_M

    chord = np.linalg.norm(point(lat + north, lon + east) - point(lat, lon))
    arc = great_circle_m(np.array([lat]), np.array([lon]), np.array([lat + north]), np.array([lon + east]))
    assert arc[0] == pytest.approx(chord, rel=1e-7, abs=1e-6)


# Tags


@pytest.mark.parametrize(
    ("highway", "expected"),
    [
        ("motorway", RoadClass.FREEWAY), ("trunk_link", RoadClass.FREEWAY), ("primary", RoadClass.ARTERIAL),
        ("secondary_link", RoadClass.ARTERIAL), ("tertiary", RoadClass.COLLECTOR), ("residential", RoadClass.LOCAL),
        ("living_street", RoadClass.LOCAL), ("unclassified;tertiary", RoadClass.COLLECTOR), ("footway", None),
        ("service", None), ("track", None), ("construction", None), ("trail", None), ("residential;footway", None),
    ],
)  # fmt: skip
def test_classes_of_road(highway, expected):
    assert road_class({"highway": highway}) == expected


@pytest.mark.parametrize(
    ("tag", "value", "open_"),
    [
        ("access", "private", False), ("access", "destination", True), ("motor_vehicle", "no", False),
        ("motor_vehicle", "yes", True), ("motorcar", "no", False), ("service", "alley", False),
        ("service", "parking_aisle", False), ("service", "spur", True), ("area", "yes", False),
    ],
)  # fmt: skip
def test_tags_that_close_a_street(tag, value, open_):
    assert (road_class({"highway": "residential", tag: value}) is not None) == open_


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (True, True)), ({"oneway": "yes"}, (True, False)), ({"oneway": "1"}, (True, False)),
        ({"oneway": "-1"}, (False, True)), ({"oneway": "reverse"}, (False, True)), ({"oneway": "no"}, (True, True)),
        ({"oneway": "reversible"}, (True, True)), ({"junction": "roundabout"}, (True, False)),
        ({"junction": "circular"}, (True, False)), ({"junction": "roundabout", "oneway": "-1"}, (False, True)),
        ({"highway": "motorway"}, (True, False)), ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"highway": "motorway_link"}, (True, True)), ({"highway": "motorway_link", "oneway": "yes"}, (True, False)),
    ],
)  # fmt: skip
def test_directions(tags, expected):
    assert directions({"highway": "residential", **tags}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", 50), ("30 mph", 30 * 1.609344), ("30mph", 30 * 1.609344), ("60 km/h", 60), ("7,5", 7.5), ("walk", 7),
        ("none", 120), ("AT:urban", 50), ("FR:zone30", 30), ("DE:zone:20", 20), ("GB:nsl_single", 60 * 1.609344),
        ("50;30", 40), ("80|100|120", 100), ("30; signals", 30), ("signals", None), ("slow", None), ("", None),
        ("0", None), ("900", None), ("-50", None), ("50 furlongs", None), ("DE:", None), ("nan", None), ("1e2", None),
    ],
)  # fmt: skip
def test_speeds(text, expected):
    assert speed_kmh(text) == (None if expected is None else pytest.approx(expected))


@given(st.text(max_size=20))
def test_any_text_is_a_sane_speed_or_none(text):
    found = speed_kmh(text)
    assert found is None or 3 <= found <= 160


def test_implied_speeds_are_sane():
    assert all(15 <= kmh <= 130 for kmh in IMPLICIT_KMH.values())
