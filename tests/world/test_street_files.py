"""Street maps as files: every format says the same, and every fault has its one message."""

from __future__ import annotations

import bz2
import gzip
import resource
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from street_maps import convert, lattice, street, write_graphml, write_osm

from simulate.checks import ScenarioError
from simulate.world.streets.files import KEPT_TAGS, StreetMap, check_file, read_osm
from simulate.world.streets.graphml import read_graphml
from simulate.world.streets.roads import read_streets

BAD = Path(__file__).parent.parent / "bad" / "streets"
DECLARED = ("XML without a document type", "found a <!DOCTYPE>", "entities are never read")
PACKED = ("a complete street map", "ended before the end-of-stream marker")
MESSAGES = {
    "all_nodes_missing.osm": ("streets whose nodes are in the file", "2 of 2 streets with missing nodes"),
    "bomb.graphml": DECLARED,
    "bomb.osm": DECLARED,
    "bomb.osm.bz2": DECLARED,
    "bomb.osm.gz": DECLARED,
    "bomb_in_utf16.osm": DECLARED,
    "coordinate_400.osm": ("a complete street map", "wrong format for coordinate: '400'"),
    "cut_short.graphml": ("complete GraphML", "found unclosed token: line 14"),
    "cut_short.osm": ("a complete street map", "XML parsing error at line 7"),
    "cut_short.osm.bz2": PACKED,
    "cut_short.osm.gz": PACKED,
    "cut_short.osm.pbf": ("a complete street map", "PBF error: unexpected EOF", "fetch the file again"),
    "date_line.osm": ("less than half round the world", "-179.9 to 179.9"),
    "empty.graphml": ("a street map", "found an empty file"),
    "empty.osm": ("a street map", "found an empty file"),
    "empty.osm.pbf": ("a street map", "found an empty file"),
    "external_entity.graphml": DECLARED,
    "external_entity.osm": DECLARED,
    "html.graphml": ("root is <graphml>", "found <html>"),
    "html.osm": ("root is <osm>", "found <html>"),
    "latitude_95.osm": ("latitudes within 90", "95, 15 at node 2"),
    "length_huge.graphml": ("edge 1 to 2", "0 or more and at most 1,000,000", "found '1e200'"),
    "length_nan.graphml": ("edge 1 to 2", "length as a number of 0 or more", "found 'nan'"),
    "length_negative.graphml": ("edge 1 to 2", "length as a number of 0 or more", "found '-4'"),
    "longitude_190.osm": ("longitudes within 180", "48, 190 at node 2"),
    "no_drivable_road.osm": ("streets that may be driven", "none among 2 ways"),
    "no_edge.graphml": ("ways with a highway tag", "found none"),
    "no_highway.osm": ("ways with a highway tag", "found none"),
    "node_named_in_words.graphml": ("node Main Street", "nodes named by whole numbers", "osmnx.save_graphml"),
    "not_gzip.osm.gz": ("a complete street map", "Not a gzipped file"),
    "not_pbf.osm.pbf": ("a complete street map", "PBF error"),
    "one_way_out.osm": ("from which one can drive back", "found 1 node"),
    "other_edges.graphml": ("edge 1 to 2", "highway and length, as OSMnx saves them", "found weight"),
    "other_program.graphml": ("node a", "x and y in degrees, as OSMnx saves them", "found color"),
    "projected.graphml": ("coordinates in degrees", "found epsg:32633", "unprojected"),
    "projected_without_crs.graphml": ("latitudes within 90", "5.31659e+06, 500000 at node 1"),
    "ring_alone.osm": ("streets with junctions", "found 4 nodes on a ring"),
    "speeds_in_words.osm": ("speed limits such as 50", "found 'slow'", "no other of 2"),
    "unknown_ending.shp": ("roads.path", "ends in .osm, .osm.gz, .osm.bz2, .osm.pbf, .graphml", "unknown_ending.shp"),
}


@pytest.fixture
def plain(tmp_path) -> Path:
    """Return two streets that cross, one of them one-way, with a speed."""
    ways = [street(1, 2, 3, maxspeed="30"), street(5, 2, 4, highway="primary", oneway="yes", name="Low & High Road")]
    nodes = {1: (48.0, 15.0), 2: (48.0, 15.001), 3: (48.0, 15.002), 4: (48.001, 15.001), 5: (47.999, 15.001)}
    return write_osm(tmp_path / "plain.osm", nodes, ways, (47.998, 14.999, 48.002, 15.003))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_bad_file_is_refused_by_name_with_what_was_expected_and_found(name):
    with pytest.raises(ScenarioError) as refused:
        read_streets(str(BAD / name), 7.0)
    message = str(refused.value)
    assert name in message
    assert "\n" not in message
    assert refused.value.remedy
    for words in MESSAGES[name]:
        assert words in message


def test_every_bad_file_has_its_message():
    assert {path.name for path in BAD.iterdir()} == set(MESSAGES)


@pytest.mark.parametrize("name", sorted(name for name in MESSAGES if MESSAGES[name] is DECLARED))
def test_declarations_are_refused_before_anything_is_expanded_or_fetched(name, monkeypatch):
    """The bomb would take 3 GB (10^9 times three letters)."""

    def never(*_arguments):
        raise AssertionError("a file with a declaration was given to its reader")

    monkeypatch.setattr("simulate.world.streets.roads.read_osm", never)
    monkeypatch.setattr("simulate.world.streets.roads.read_graphml", never)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ScenarioError, match="DOCTYPE"):
        read_streets(str(BAD / name), 7.0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


def test_no_path_and_no_file_are_said(tmp_path):
    with pytest.raises(ScenarioError, match=r'^roads\.path: .*overrides=\["roads\.path=FILE"\]'):
        read_streets("", 7.0)
    with pytest.raises(ScenarioError, match=r"^roads\.path: expected an existing file"):
        read_streets(str(tmp_path / "nowhere.osm"), 7.0)
    (tmp_path / "folder.osm").mkdir()
    with pytest.raises(ScenarioError, match=r"^roads\.path: expected an existing file"):
        read_streets(str(tmp_path / "folder.osm"), 7.0)


def test_a_map_says_what_its_file_says(plain):
    streets = read_osm(plain)
    assert streets.node.tolist() == [1, 2, 3, 4, 5]
    assert streets.latitude.tolist() == [48.0, 48.0, 48.0, 48.001, 47.999]
    assert streets.longitude.tolist() == [15.0, 15.001, 15.002, 15.001, 15.001]
    assert [way.nodes for way in streets.ways] == [(1, 2, 3), (5, 2, 4)]
    assert streets.ways[1].tags == {"highway": "primary", "oneway": "yes"}
    assert streets.box == pytest.approx((47.998, 14.999, 48.002, 15.003))


@pytest.mark.parametrize("ending", [".osm.gz", ".osm.bz2", ".osm.pbf"])
def test_every_format_says_the_same(plain, tmp_path, ending):
    packed = tmp_path / f"packed{ending}"
    if ending == ".osm.pbf":
        convert(plain, packed)
    else:
        pack = {".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[ending]
        packed.write_bytes(pack(plain.read_bytes()))
    assert check_file(packed) == ending
    assert_same(read_osm(packed), read_osm(plain), box=ending != ".osm.pbf")


def assert_same(one: StreetMap, other: StreetMap, *, box: bool = True) -> None:
    for name in ("node", "latitude", "longitude"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert one.ways == other.ways
    assert not box or one.box == other.box


def test_nodes_may_follow_their_ways(plain, tmp_path):
    lines = plain.read_text().splitlines()
    nodes = [line for line in lines if line.startswith("<node")]
    others = [line for line in lines if not line.startswith("<node")]
    turned = tmp_path / "turned.osm"
    turned.write_text("\n".join([*others[:-1], *nodes, others[-1]]))
    assert_same(read_osm(turned), read_osm(plain))


def test_nodes_without_coordinates_are_missing_nodes(tmp_path):
    path = write_osm(tmp_path / "deleted.osm", lattice(1, 3), [street(1, 2, 3)])
    path.write_text(path.read_text().replace('<node id="3" lat="0.0" lon="0.002"/>', '<node id="3" visible="false"/>'))
    assert read_osm(path).node.tolist() == [1, 2]


def test_graphml_of_osmnx_is_read_edge_by_edge(tmp_path):
    edges = [
        (1, 2, {"osmid": "[7, 8]", "highway": "['primary', 'primary_link']", "oneway": "False", "length": "120.5"}),
        (2, 1, {"osmid": "7", "highway": "residential", "maxspeed": "['30', '50 mph']", "length": "111.0"}),
    ]
    streets = read_graphml(write_graphml(tmp_path / "two.graphml", lattice(1, 2), edges))
    assert [way.nodes for way in streets.ways] == [(1, 2), (2, 1)]
    assert [way.length_m for way in streets.ways] == [120.5, 111.0]
    assert streets.ways[0].tags == {"highway": "primary;primary_link", "oneway": "yes"}
    assert streets.ways[1].tags == {"highway": "residential", "maxspeed": "30;50 mph", "oneway": "yes"}
    assert streets.box is None
    assert streets.longitude.tolist() == [0.0, 0.001]


def test_only_tags_that_matter_are_kept(plain):
    assert all(set(way.tags) <= set(KEPT_TAGS) for way in read_osm(plain).ways)


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, 900), at=st.integers(0, 900), byte=st.integers(0, 255), ending=st.sampled_from([0, 1, 2]))
def test_damaged_files_are_read_or_refused_and_nothing_else(tmp_path_factory, cut, at, byte, ending):
    folder = tmp_path_factory.getbasetemp()
    source = folder / "whole.osm"
    if not source.exists():
        write_osm(source, lattice(2, 2), [street(1, 2, 4, 3, 1), street(1, 4)])
        convert(source, folder / "whole.osm.pbf")
        edges = [(a, b, {"highway": "residential", "length": "111"}) for a, b in ((1, 2), (2, 1), (2, 4), (4, 2))]
        write_graphml(folder / "whole.graphml", lattice(2, 2), edges)
    name = ("whole.osm", "whole.osm.pbf", "whole.graphml")[ending]
    raw = bytearray((folder / name).read_bytes())
    raw[at % len(raw)] = byte
    damaged = folder / f"damaged-{name}"
    damaged.write_bytes(raw[: len(raw) - cut % len(raw) // 3])
    with suppress(ScenarioError):
        read_streets(str(damaged), 7.0)
