"""TNTP files: the published networks, every fault we know, and any layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.world.roads import RoadClass, strong_parts
from simulate.world.tntp.roads import read_nodes, to_roads
from simulate.world.tntp.tables import (
    LINK_COLUMNS,
    find_files,
    read_flows,
    read_network,
    read_trips,
)

FOLDERS = ("SiouxFalls", "Anaheim", "Chicago-Sketch")
UNITS = {
    "SiouxFalls": {"length_unit": "kilometres", "time_unit": "minutes", "coordinates": "degrees"},
    "Anaheim": {"length_unit": "feet", "time_unit": "minutes", "coordinates": "degrees"},
    "Chicago-Sketch": {"length_unit": "miles", "time_unit": "minutes", "coordinates": "feet"},
}

NET = """<NUMBER OF ZONES> 3
<NUMBER OF NODES> 4
<FIRST THRU NODE> 4
<NUMBER OF LINKS> 6
<END OF METADATA>

~ init_node term_node capacity length free_flow_time b power speed toll link_type ;
1 4 1800 1.5 2.5 0.15 4 0 0 1 ;
4 1 1800 1.5 2.5 0.15 4 0 0 1 ;
2 4 1800 1.5 2.5 0.15 4 0 0 1 ;
4 2 1800 1.5 2.5 0.15 4 0 0 1 ;
3 4 1800 1.5 2.5 0.15 4 0 0 1 ;
4 3 1800 1.5 2.5 0.15 4 0 0 1 ;
"""
TRIPS = """<NUMBER OF ZONES> 3
<TOTAL OD FLOW> 60.0
<END OF METADATA>

Origin 1
    2 : 10.0;    3 : 5.0;
Origin 2
    1 : 20.0;    3 : 5.0;
Origin 3
    1 : 15.0;    2 : 5.0
"""
FLOW = "From\tTo\tVolume\tCost\n1 4 15 2.5\n4 1 35 2.5\n2 4 25 2.5\n4 2 15 2.5\n3 4 20 2.5\n4 3 10 2.5 ;\n"
NODES = "Node\tX\tY\t;\n1 100.0 0.0;\n4\t0.0\t0.0\t;\n\n3 -100.0 0.0 ;\n2 0.0 50.0\n"
POINTS = [[-117.9, 33.8], [-117.8, 33.8], [-117.9, 33.9], [-117.85, 33.85]]
GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"id": number}, "geometry": {"type": "Point", "coordinates": point}}
            for number, point in enumerate(POINTS, start=1)
        ],
    }
)

BAD = Path(__file__).parent.parent / "bad" / "tntp"
MESSAGES = {
    "flow_binary.tntp": (":1:", "expected plain text", "found binary"),
    "flow_missing_link.tntp": ("all 6 links of net.tntp", "found 5", "4 to 2"),
    "flow_negative.tntp": (":6:", "expected volume", "0 or more", "'-20'"),
    "flow_repeated_link.tntp": (":8:", "each link of net.tntp once", "1 to 4"),
    "flow_too_few_columns.tntp": (":6:", "expected 4 columns", "found 3"),
    "flow_unknown_link.tntp": (":5:", "each link of net.tntp once", "1 to 2"),
    "net_binary.tntp": (":1:", "expected plain text", "found binary"),
    "net_empty.tntp": ("expected <END OF METADATA>", "found the end of the file"),
    "net_first_thru_node_outside.tntp": (":3:", "<FIRST THRU NODE>", "from 1 to 4", "found '0'"),
    "net_infinite_time.tntp": (":12:", "expected free_flow_time as a number", "found 'inf'"),
    "net_link_count_differs.tntp": (":4:", "expected 6 links", "found 5 rows"),
    "net_link_count_not_a_number.tntp": (":4:", "<NUMBER OF LINKS> as a whole number", "found 'six'"),
    "net_link_type_not_whole.tntp": (":13:", "link_type as a whole number", "found 1.5"),
    "net_metadata_only.tntp": (":4:", "expected 6 links", "found 0 rows"),
    "net_more_zones_than_nodes.tntp": (":1:", "<NUMBER OF ZONES>", "from 1 to 4", "found '5'"),
    "net_nan_time.tntp": (":12:", "expected free_flow_time as a number", "found 'nan'"),
    "net_negative_capacity.tntp": (":13:", "expected capacity", "0 or more", "found '-1800'"),
    "net_negative_length.tntp": (":12:", "expected length", "0 or more", "found '-1.5'"),
    "net_no_end_of_metadata.tntp": (":7:", "expected <END OF METADATA>", "found '1 4 1800"),
    "net_no_first_thru_node.tntp": ("expected <FIRST THRU NODE> in the metadata", "found no such line"),
    "net_no_zone_count.tntp": ("expected <NUMBER OF ZONES> in the metadata", "found no such line"),
    "net_node_count_blank.tntp": (":2:", "<NUMBER OF NODES> as a whole number", "found ''"),
    "net_node_not_whole.tntp": (":11:", "term_node from 1 to 4", "found 2.5"),
    "net_node_outside.tntp": (":11:", "term_node from 1 to 4", "found 5"),
    "net_node_zero.tntp": (":8:", "init_node from 1 to 4", "found 0"),
    "net_not_a_number.tntp": (":9:", "expected free_flow_time as a number", "found '2,5'"),
    "net_nul_bytes.tntp": (":8:", "expected plain text", "found binary"),
    "net_too_few_columns.tntp": (":10:", "expected 10 columns", "found 9"),
    "net_too_many_columns.tntp": (":10:", "expected 10 columns", "found 11"),
    "net_truncated.tntp": (":12:", "expected 10 columns", "found 5"),
    "net_zero_capacity.tntp": (":13:", "capacity above 0", "found 0"),
    "nodes_binary.geojson": (":1:", "expected plain text", "found binary"),
    "nodes_id_zero.geojson": ("feature 2", "property id", "found '0'"),
    "nodes_latitude_outside.geojson": ("latitude within 90", "90.5 at node 4"),
    "nodes_longitude_outside.geojson": ("longitude within 180", "690309", "at node 4"),
    "nodes_missing_node.geojson": ("coordinates of all 4 nodes", "none for 1", "node 4"),
    "nodes_missing_node.tntp": ("coordinates of all 4 nodes", "none for 1", "node 3"),
    "nodes_nan.geojson": ("feature 4", "longitude as a number", "found 'nan'"),
    "nodes_no_features.geojson": ("a list 'features'", "found none"),
    "nodes_no_id.geojson": ("feature 2", "property 'id'", '"name": 2'),
    "nodes_not_a_number.tntp": (":3:", "y as a number", "found 'east'"),
    "nodes_not_a_point.geojson": ("feature 3", "expected a point", "LineString"),
    "nodes_not_json.geojson": (":6:", "expected GeoJSON", "found Expecting ','"),
    "nodes_number_not_whole.tntp": (":3:", "node as a whole number", "found 2.5"),
    "nodes_repeated_node.geojson": ("feature 5", "each node once", "found node 1 again"),
    "nodes_repeated_node.tntp": (":6:", "each node once", "found node 2 again"),
    "nodes_too_few_columns.tntp": (":3:", "expected 3 columns", "found 2"),
    "trips_binary.tntp": (":1:", "expected plain text", "found binary"),
    "trips_destination_outside.tntp": (":6:", "a destination", "from 1 to 3", "found '4'"),
    "trips_nan.tntp": (":6:", "trips as a number of 0 or more", "found 'nan'"),
    "trips_negative.tntp": (":6:", "trips as a number of 0 or more", "found '-10.0'"),
    "trips_no_colon.tntp": (":6:", "expected entries like '7 : 12.5;'", "found '2   10.0'"),
    "trips_no_end_of_metadata.tntp": (":4:", "expected <END OF METADATA>", "found 'Origin 1'"),
    "trips_no_origin.tntp": (":5:", "expected a line 'Origin N'", "found '2 : 10.0'"),
    "trips_no_semicolon.tntp": (":6:", "trips as a number", "found '10.0     3 : 5.0'"),
    "trips_no_total.tntp": ("expected <TOTAL OD FLOW> in the metadata", "found no such line"),
    "trips_origin_not_a_number.tntp": (":7:", "an origin", "found 'two'"),
    "trips_origin_outside.tntp": (":7:", "an origin", "from 1 to 3", "found '4'"),
    "trips_repeated_destination.tntp": (":10:", "each destination once under origin 3", "found 1 again"),
    "trips_total_differs.tntp": (":2:", "expected 60.1 trips", "found 60.0"),
    "trips_total_not_a_number.tntp": (":2:", "<TOTAL OD FLOW> as a number", "found 'sixty'"),
    "trips_truncated.tntp": (":2:", "expected 60.0 trips", "found 40.0"),
    "trips_zone_count_differs.tntp": (":1:", "expected 3 zones", "found 4"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    parts = {"net.tntp": NET, "trips.tntp": TRIPS, "flow.tntp": FLOW, "nodes.tntp": NODES, "nodes.geojson": GEOJSON}
    for name, text in parts.items():
        (folder / name).write_text(text)
    return folder


def read(path: Path, kind: str, small: Path) -> object:
    """Read a file of any kind as a part of the small network."""
    if kind == "net":
        return read_network(path)
    if kind == "trips":
        return read_trips(path, 3)
    if kind == "flow":
        return read_flows(path, read_network(small / "net.tntp"))
    return read_nodes(path, 4)


def test_a_small_network_is_read_as_written(small):
    network = read_network(small / "net.tntp")
    assert (network.n_zones, network.n_nodes, network.first_thru_node, network.source) == (3, 4, 4, "net.tntp")
    assert network.tail.tolist() == [0, 3, 1, 3, 2, 3]
    assert network.head.tolist() == [3, 0, 3, 1, 3, 2]
    assert network.tail.dtype == network.head.dtype == network.link_type.dtype == np.int32
    row = [network.capacity, network.length, network.free_flow_time, network.b, network.power]
    assert [column[2] for column in row] == [1800, 1.5, 2.5, 0.15, 4]
    assert read_trips(small / "trips.tntp", 3).tolist() == [[0, 10, 5], [20, 0, 5], [15, 5, 0]]
    assert read_flows(small / "flow.tntp", network).tolist() == [15, 35, 25, 15, 20, 10]


def test_nodes_are_read_from_both_formats_in_the_order_of_the_file(small):
    number, x, y = read_nodes(small / "nodes.tntp")
    assert (number.tolist(), x.tolist(), y.tolist()) == ([1, 4, 3, 2], [100, 0, -100, 0], [0, 0, 0, 50])
    number, x, y = read_nodes(small / "nodes.geojson", 4)
    assert number.tolist() == [1, 2, 3, 4]
    assert np.column_stack([x, y]).tolist() == POINTS


def test_parallel_links_take_their_flows_in_order(tmp_path):
    net = NET.replace("LINKS> 6", "LINKS> 8") + "1 4 900 1 1 0.15 4 0 0 1;\n1 4 300 1 1 0.15 4 0 0 1;\n"
    (tmp_path / "net.tntp").write_text(net)
    (tmp_path / "flow.tntp").write_text(FLOW + "1 4 7 1\n1 4 8 1\n")
    flow = read_flows(tmp_path / "flow.tntp", read_network(tmp_path / "net.tntp"))
    assert flow.tolist() == [15, 35, 25, 15, 20, 10, 7, 8]


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_bad_file_is_refused_by_name_with_what_was_expected_and_found(name, small):
    with pytest.raises(ScenarioError) as caught:
        read(BAD / name, name.partition("_")[0], small)
    assert caught.value.where.startswith(str(BAD / name))
    assert caught.value.remedy
    for words in MESSAGES[name]:
        assert words in str(caught.value)


def test_every_bad_file_has_its_message():
    assert sorted(path.name for path in BAD.iterdir()) == sorted(MESSAGES)


@pytest.mark.parametrize("kind", ["net", "trips", "flow", "nodes"])
def test_a_missing_file_is_named(kind, small):
    with pytest.raises(ScenarioError, match=r"gone.tntp: expected a readable file, found No such file"):
        read(small / "gone.tntp", kind, small)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_files_of_a_folder_are_found(folder, data):
    files = find_files(data / "tntp" / folder)
    found = {files.net.name, files.trips.name, files.nodes.name, files.flow.name}
    assert found == {path.name for path in (data / "tntp" / folder).iterdir()}


def test_a_folder_without_flows_is_complete(tmp_path):
    for name in ("a_net.tntp", "a_trips.tntp", "a_nodes.geojson"):
        (tmp_path / name).touch()
    assert find_files(tmp_path).flow is None


@pytest.mark.parametrize("change", [str.upper, str.title, str.swapcase])
@pytest.mark.parametrize("nodes", ["a_node.tntp", "a_nodes.tntp", "a_nodes.geojson"])
def test_the_files_of_a_folder_are_found_whatever_the_case_of_their_names(change, nodes, tmp_path):
    names = [change(name) for name in ("a_net.tntp", "a_trips.tntp", "a_flow.tntp", nodes)]
    for name in names:
        (tmp_path / name).touch()
    files = find_files(tmp_path)
    assert [path.name for path in (files.net, files.trips, files.flow, files.nodes)] == names


def test_a_network_without_coordinates_is_told_what_to_do(tmp_path):
    for name in ("a_net.tntp", "a_trips.tntp"):
        (tmp_path / name).touch()
    with pytest.raises(ScenarioError, match=r"came without coordinates.*NAME_node.tntp.*'node x y'.*roads.coordinates"):
        find_files(tmp_path)


@pytest.mark.parametrize("total", ["60", "60.4", "60.40", "60.404", "6.04e1", "6.0E+1", "6e1", "60.4040000"])
def test_a_stated_total_is_right_to_the_digits_it_is_printed_with(total, tmp_path):
    text = TRIPS.replace("60.0", total).replace("10.0", "10.404")
    (tmp_path / "trips.tntp").write_text(text)
    assert read_trips(tmp_path / "trips.tntp", 3).sum() == pytest.approx(60.404)


@pytest.mark.parametrize("total", ["61", "59", "60.3", "60.39", "60.4041", "6.1e1", "60.0"])
def test_a_stated_total_that_is_wrong_in_a_printed_digit_is_refused(total, tmp_path):
    text = TRIPS.replace("60.0", total).replace("10.0", "10.404")
    (tmp_path / "trips.tntp").write_text(text)
    with pytest.raises(ScenarioError, match=r"trips, as the metadata says, found 60.4"):
        read_trips(tmp_path / "trips.tntp", 3)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["a_trips.tntp", "a_node.tntp"], "one file *_net.tntp, found none"),
        (["a_net.tntp", "a_node.tntp"], "one file *_trips.tntp, found none"),
        (["a_net.tntp", "a_trips.tntp"], "*_nodes.geojson, found none"),
        (["a_net.tntp", "b_net.tntp", "a_trips.tntp", "a_node.tntp"], "found a_net.tntp, b_net.tntp"),
        (["a_net.tntp", "a_trips.tntp", "a_node.tntp", "a_nodes.geojson"], "found a_node.tntp, a_nodes.geojson"),
        (["a_net.tntp", "a_trips.tntp", "a_node.tntp", "a_flow.tntp", "b_flow.tntp"], "a_flow.tntp, b_flow.tntp"),
    ],
)
def test_a_folder_that_lacks_or_doubles_a_part_is_refused(names, found, tmp_path):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ScenarioError) as caught:
        find_files(tmp_path)
    assert found in str(caught.value)
    assert str(caught.value).startswith(f"roads.path: {tmp_path}")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"roads.path: expected an existing folder, found .*nowhere"):
        find_files(tmp_path / "nowhere")


def test_a_trip_table_of_another_network_is_refused(data):
    sioux_falls = find_files(data / "tntp" / "SiouxFalls")
    with pytest.raises(ScenarioError, match="expected 38 zones, as in the network, found 24"):
        read_trips(sioux_falls.trips, 38)


def roads_of(data, folder, **changes):
    files = find_files(data / "tntp" / folder)
    network = read_network(files.net)
    nodes = read_nodes(files.nodes, network.n_nodes)
    return network, to_roads(network, *nodes, credit="the source", **(UNITS[folder] | changes))


@pytest.mark.parametrize("folder", FOLDERS)
def test_roads_keep_every_link_in_order_around_the_middle_of_the_map(folder, data):
    network, roads = roads_of(data, folder)
    assert np.array_equal(roads.tail, network.tail)
    assert np.array_equal(roads.head, network.head)
    assert roads.node_name.tolist() == list(range(1, network.n_nodes + 1))
    assert np.all(roads.free_s > 0)
    assert roads.credit == "the source"
    assert roads.x_m.min() + roads.x_m.max() == pytest.approx(0, abs=1e-6)
    assert roads.y_m.min() + roads.y_m.max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("folder", "largest", "alone"), [("SiouxFalls", 24, 0), ("Anaheim", 344, 34), ("Chicago-Sketch", 933, 0)]
)
def test_all_can_drive_everywhere_but_on_the_one_way_freeway_ends_of_anaheim(folder, largest, alone, data):
    _, roads = roads_of(data, folder)
    _, size = np.unique(strong_parts(roads)[roads.through], return_counts=True)
    assert sorted(size, reverse=True) == [largest] + [1] * alone


def test_anaheim_has_its_known_size_units_and_classes(data):
    _, roads = roads_of(data, "Anaheim")
    assert (roads.n_nodes, roads.n_links) == (416, 914)
    assert roads.length_m[0] == pytest.approx(1609.344)
    assert roads.free_s[0] == pytest.approx(60 * 1.090458488)
    assert np.array_equal(np.flatnonzero(~roads.through), np.arange(38))
    assert roads.origin == pytest.approx((33.814, -117.912), abs=0.001)
    assert np.bincount(roads.road_class).tolist() == [182, 42, 572, 0, 118]
    touches_zone = (roads.tail < 38) | (roads.head < 38)
    assert np.array_equal(roads.road_class == RoadClass.CONNECTOR, touches_zone)
    speed_mph = roads.length_m / roads.free_s / 0.44704
    for road_class, mph in ((RoadClass.FREEWAY, 55), (RoadClass.ARTERIAL, 45), (RoadClass.COLLECTOR, 30)):
        assert speed_mph[roads.road_class == road_class] == pytest.approx(mph, rel=0.002)


def test_links_that_take_no_time_are_connectors_of_one_second(data):
    network, roads = roads_of(data, "Chicago-Sketch")
    timeless = network.free_flow_time == 0
    assert timeless.sum() == 774 == 2 * network.n_zones
    assert np.array_equal(network.link_type == 3, timeless)
    assert np.array_equal(roads.road_class == RoadClass.CONNECTOR, timeless)
    assert np.all(roads.free_s[timeless] == 1)
    assert np.all(roads.through)
    assert roads.origin is None


@pytest.mark.parametrize(("folder", "low", "high"), [("Anaheim", 1.0, 1.01), ("Chicago-Sketch", 0.96, 0.97)])
def test_lengths_and_coordinates_agree_once_both_are_metres(folder, low, high, data):
    _, roads = roads_of(data, folder)
    built = roads.road_class != RoadClass.CONNECTOR
    straight = np.hypot(roads.x_m[roads.head] - roads.x_m[roads.tail], roads.y_m[roads.head] - roads.y_m[roads.tail])
    assert low < np.median(roads.length_m[built] / straight[built]) < high


@pytest.mark.parametrize(("kmh", "road_class"), [(80, 0), (79.9, 1), (50, 1), (49.9, 2), (35, 2), (34.9, 3)])
def test_road_classes_follow_free_speed(kmh, road_class, small, tmp_path):
    net = NET.replace("FIRST THRU NODE> 4", "FIRST THRU NODE> 1").replace("1800 1.5 2.5", f"1800 {kmh} 1")
    (tmp_path / "net.tntp").write_text(net)
    network, nodes = read_network(tmp_path / "net.tntp"), read_nodes(small / "nodes.tntp")
    units = {"length_unit": "kilometres", "time_unit": "hours", "coordinates": "kilometres"}
    roads = to_roads(network, *nodes, credit="", **units)
    assert roads.road_class.tolist() == [road_class] * 6
    assert roads.node_name.tolist() == [1, 2, 3, 4]
    assert roads.x_m.tolist() == [100_000, 0, -100_000, 0]
    assert roads.y_m.tolist() == [-25_000, 25_000, -25_000, -25_000]


def ring(folder, unit_m, length_m=500.0):
    """Read a ring of six links of 400 metres, with their lengths in metres and the coordinates in a unit."""
    ends = [(1, 2), (2, 3), (3, 4), (4, 1), (1, 4), (4, 3)]
    rows = "".join(f"{a} {b} 1800 {length_m} 40 0.15 4 0 0 1 ;\n" for a, b in ends)
    head = NET.partition("1 4 1800")[0].replace("NODE> 4", "NODE> 1")
    (folder / "net.tntp").write_text(head + rows)
    corners = [(1, 0, 0), (2, 400, 0), (3, 400, 400), (4, 0, 400)]
    (folder / "node.tntp").write_text("".join(f"{n} {x / unit_m!r} {y / unit_m!r}\n" for n, x, y in corners))
    return read_network(folder / "net.tntp"), read_nodes(folder / "node.tntp")


METRES = {"feet": 0.3048, "miles": 1609.344, "metres": 1, "kilometres": 1000}


@pytest.mark.parametrize("unit", METRES)
def test_coordinates_may_be_in_any_unit_of_length(unit, tmp_path):
    network, nodes = ring(tmp_path, METRES[unit])
    roads = to_roads(network, *nodes, length_unit="metres", time_unit="seconds", coordinates=unit, credit="")
    assert roads.x_m == pytest.approx([-200, 200, 200, -200])
    assert roads.y_m == pytest.approx([-200, -200, 200, 200])


@pytest.mark.parametrize(
    ("real", "said", "told"),
    [
        ("miles", "metres", '2,012 times too small .*in metres; say coordinates = "miles", or correct roads.length'),
        ("kilometres", "metres", '1,250 times too small .*in metres; say coordinates = "kilometres", or'),
        ("kilometres", "feet", '4,101 times too small .*in feet; say coordinates = "kilometres", or'),
        ("metres", "kilometres", '800 times too large .*in kilometres; say coordinates = "metres", or'),
        ("feet", "miles", '4,224 times too large .*in miles; say coordinates = "feet", or'),
        ("miles", "degrees", '55 times too large .*in degrees; say coordinates = "miles", or'),
    ],
)
def test_coordinates_a_thousand_times_off_are_refused_with_the_likely_unit(real, said, told, tmp_path):
    network, nodes = ring(tmp_path, METRES[real])
    with pytest.raises(ScenarioError, match=rf"^roads.coordinates: net.tntp: expected nodes .*found a network {told}"):
        to_roads(network, *nodes, length_unit="metres", time_unit="seconds", coordinates=said, credit="")


def test_degrees_taken_for_metres_are_named(data):
    with pytest.raises(ScenarioError, match=r'times too small .*say coordinates = "degrees"'):
        roads_of(data, "Anaheim", coordinates="metres")


@pytest.mark.parametrize("length_m", [0.0, 400.0 * 25, 400.0 / 25])
def test_lengths_that_are_none_or_a_little_odd_are_left_alone(length_m, tmp_path):
    network, nodes = ring(tmp_path, 1.0, length_m)
    roads = to_roads(network, *nodes, length_unit="metres", time_unit="seconds", coordinates="metres", credit="")
    assert roads.length_m.tolist() == [length_m] * 6


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [("length_unit", "mile", "'miles'"), ("time_unit", "minute", "'minutes'"), ("coordinates", "degree", "'degrees'")],
)
def test_an_unknown_unit_is_refused_with_a_suggestion(key, value, hint, data):
    with pytest.raises(ScenarioError, match=f"roads.{key}: expected one of .*did you mean {hint}"):
        roads_of(data, "Anaheim", **{key: value})


def test_feet_taken_for_degrees_are_refused(data):
    with pytest.raises(ScenarioError, match=r"roads.coordinates.*found 690309, 1.97602e\+06 at node 1"):
        roads_of(data, "Chicago-Sketch", coordinates="degrees")


def test_roads_need_coordinates_of_every_node(small):
    network = read_network(small / "net.tntp")
    number, x, y = read_nodes(small / "nodes.tntp")
    units = {"length_unit": "miles", "time_unit": "hours", "coordinates": "metres"}
    with pytest.raises(ScenarioError, match=r"net.tntp: expected coordinates of all 4 nodes, found none for 2"):
        to_roads(network, number[:2], x[:2], y[:2], credit="", **units)


# Any layout: what is written in any manner the format allows is read back equal.

AMOUNT = st.floats(0, 1e9, allow_nan=False) | st.integers(0, 10**6).map(float)
BLANK = st.sampled_from([" ", "\t", " \t ", "    "])
NOISE = st.sampled_from(["", "", "\n", "~ a comment, 1 : 2; <KEY> 3\n", "  \t\n", "~\n"])
END = st.sampled_from(["\n", " \n", ";\n", "\t;\n", " ;  ~ said in passing\n", "\r\n"])


@st.composite
def networks(draw):
    """Draw sizes, link rows as the file has them, trips, flows and coordinates."""
    n_nodes = draw(st.integers(1, 6))
    n_zones = draw(st.integers(1, n_nodes))
    node = st.integers(1, n_nodes)
    above = AMOUNT.filter(lambda capacity: capacity > 0)
    row = st.tuples(node, node, above, *[AMOUNT] * 6, st.integers(0, 9))
    links = draw(st.lists(row, min_size=1, max_size=8))
    trips = draw(st.lists(st.lists(AMOUNT, min_size=n_zones, max_size=n_zones), min_size=n_zones, max_size=n_zones))
    flow = draw(st.lists(AMOUNT, min_size=len(links), max_size=len(links)))
    place = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
    places = draw(st.lists(place, min_size=n_nodes, max_size=n_nodes))
    return n_zones, n_nodes, draw(node), links, trips, flow, places


def write_rows(draw, rows):
    """Lay rows out at random: blanks, comments, ends of line."""
    return "".join(
        draw(NOISE) + draw(st.sampled_from(["", " ", "\t"])) + draw(BLANK).join(map(repr, row)) + draw(END)
        for row in rows
    )


def write_metadata(draw, **values):
    """Write metadata in any order, with an original header as the published files have it."""
    rows = draw(st.permutations([f"<{key.replace('_', ' ')}>{draw(BLANK)}{value!r}" for key, value in values.items()]))
    header = draw(st.sampled_from(["", "<ORIGINAL HEADER>~ \tTail\tHead ;\n"]))
    return "".join(draw(NOISE) + row + "\t\t\n" for row in rows) + header + "<END OF METADATA>\t\n\n"


def write_trips(draw, trips):
    """Write origins in any order, entries broken into lines anywhere, zeros sometimes left out."""
    text = ""
    for origin in draw(st.permutations(range(len(trips)))):
        text += f"{draw(NOISE)}Origin {draw(BLANK)}{origin + 1}{draw(st.sampled_from(['', ' ', ' ;']))}\n"
        for destination, value in enumerate(trips[origin], start=1):
            if value or draw(st.booleans()):
                text += f"{draw(BLANK)}{destination}{draw(BLANK)}:{draw(BLANK)}{value!r};{draw(NOISE) or ' '}"
        text += "\n"
    return text


@settings(max_examples=150, deadline=None)
@given(drawn=networks(), pick=st.data())
def test_any_layout_is_read_back_equal(drawn, pick, tmp_path_factory):
    n_zones, n_nodes, first, links, trips, flow, places = drawn
    folder, draw = tmp_path_factory.getbasetemp(), pick.draw
    counts = {"NUMBER_OF_ZONES": n_zones, "NUMBER_OF_NODES": n_nodes}
    counts |= {"FIRST_THRU_NODE": first, "NUMBER_OF_LINKS": len(links)}
    (folder / "any_net.tntp").write_text(write_metadata(draw, **counts) + write_rows(draw, links))
    total = float(np.sum(trips))
    head = write_metadata(draw, NUMBER_OF_ZONES=n_zones, TOTAL_OD_FLOW=total)
    (folder / "any_trips.tntp").write_text(head + write_trips(draw, trips))
    flow_rows = [(tail, into, volume, 1.0) for (tail, into, *_), volume in zip(links, flow, strict=True)]
    (folder / "any_flow.tntp").write_text("From \tTo \tVolume \tCost\n" + write_rows(draw, flow_rows))
    node_rows = [(number, *place) for number, place in enumerate(places, start=1)]
    (folder / "any_node.tntp").write_text("node\tX\tY\t;\n" + write_rows(draw, node_rows))

    network = read_network(folder / "any_net.tntp")
    assert (network.n_zones, network.n_nodes, network.first_thru_node) == (n_zones, n_nodes, first)
    read_back = {"init_node": network.tail + 1, "term_node": network.head + 1}
    for name, column in zip(LINK_COLUMNS, zip(*links, strict=True), strict=True):
        found = read_back[name] if name in read_back else getattr(network, name)
        assert found.tolist() == list(column)
    assert read_trips(folder / "any_trips.tntp", n_zones).tolist() == trips
    assert read_flows(folder / "any_flow.tntp", network).tolist() == flow
    number, x, y = read_nodes(folder / "any_node.tntp", n_nodes)
    assert list(zip(number.tolist(), x.tolist(), y.tolist(), strict=True)) == node_rows


@settings(max_examples=300, deadline=None)
@given(
    part=st.sampled_from(["net.tntp", "trips.tntp", "flow.tntp", "nodes.tntp", "nodes.geojson"]),
    wounds=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 30), st.binary(max_size=4)), max_size=3),
    numbers=st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from(["-", ".", "9", "e9", ";", ":", "\n"])), max_size=3
    ),
)
def test_a_damaged_file_is_read_or_refused_but_nothing_else(part, wounds, numbers, small, tmp_path_factory):
    content = (small / part).read_bytes()
    for at, length, instead in wounds:
        content = content[:at] + instead + content[at + length :]
    for at, text in numbers:
        content = content[:at] + text.encode() + content[at:]
    path = tmp_path_factory.getbasetemp() / f"damaged_{part}"
    path.write_bytes(content)
    where = str(path)
    try:
        read(path, part.partition(".")[0], small)
    except ScenarioError as error:
        where = error.where
    assert where.startswith(str(path))
