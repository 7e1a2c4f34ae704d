"""Positions are read whole or refused, and snapped to the link whose traffic a camera reads."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.world.positions import FACING_DEG, FACING_M, Positions, read_positions, snap
from simulate.world.roads import EARTH_RADIUS_M, RoadClass, RoadNetwork
from simulate.world.tntp.roads import read_nodes, to_roads
from simulate.world.tntp.tables import find_files, read_network

BAD = Path(__file__).parent.parent / "bad" / "positions"
NEVER_READS = "Plateprint takes camera positions only, never reads"
# Each bad file: the line that is named (None where the file as a whole is bad) and words of the message.
FAULTS: dict[str, tuple[int | None, str]] = {
    "blank_line.tsv": (2, "expected 4 columns, found 1"),
    "clock_times_for_operators.tsv": (2, NEVER_READS),
    "commas_for_tabs.tsv": (1, "separated by tabs"),
    "compass_word_for_direction.tsv": (2, "expected a direction from 0 to 360 or nothing, found 'NW'"),
    "dates_for_directions.tsv": (2, NEVER_READS),
    "dates_for_operators.tsv": (1, NEVER_READS),
    "direction_below_zero.tsv": (2, "found '-1'"),
    "direction_of_361.tsv": (2, "found '361'"),
    "empty.tsv": (1, "an empty file"),
    "epoch_seconds_for_directions.tsv": (2, NEVER_READS),
    "epoch_seconds_for_operators.tsv": (2, NEVER_READS),
    "extra_column.tsv": (2, NEVER_READS),
    "header_and_nothing.tsv": (1, "an empty file"),
    "header_in_another_order.tsv": (1, "found 'lon'"),
    "header_names_plate.tsv": (1, NEVER_READS),
    "header_names_timestamp.tsv": (1, NEVER_READS),
    "header_names_vehicle_in_csv.tsv": (1, NEVER_READS),
    "latitude_of_91.tsv": (2, "expected a latitude from -90 to 90, found '91.0'"),
    "letters_for_latitude.tsv": (2, "found 'north'"),
    "longitude_of_181.tsv": (2, "expected a longitude from -180 to 180, found '-181'"),
    "missing_column.tsv": (2, "expected 4 columns, found 3"),
    "nan_for_longitude.tsv": (2, "found 'nan'"),
    "not_gzip.tsv.gz": (None, "a complete gzip file"),
    "not_text.tsv": (2, "text in UTF-8"),
    "plate_first.tsv": (1, NEVER_READS),
    "plates_for_directions.tsv": (2, NEVER_READS),
    "plates_for_operators.tsv": (2, NEVER_READS),
    "truncated.tsv.gz": (None, "a complete gzip file"),
    "underscore_in_latitude.tsv": (1, "found '3_3.8361'"),
}
ORIGIN = (38.0, -97.0)
BLANK = math.nan


def network(nodes: dict[int, tuple[float, float]], links: list[tuple[int, int]], connectors: int = 0) -> RoadNetwork:
    """Build a network from named nodes in metres; the last `connectors` links are connectors."""
    names = list(nodes)
    m = len(links)
    road_class = np.full(m, RoadClass.ARTERIAL, np.uint8)
    road_class[m - connectors :] = RoadClass.CONNECTOR
    x, y = (np.array([nodes[name][axis] for name in names], float) for axis in (0, 1))
    tail, head = (np.array([names.index(link[end]) for link in links], np.int32) for end in (0, 1))
    length = np.hypot(x[head] - x[tail], y[head] - y[tail])
    return RoadNetwork(
        node_name=np.array(names),
        x_m=x,
        y_m=y,
        through=np.ones(len(names), np.bool_),
        tail=tail,
        head=head,
        length_m=length,
        free_s=length / 10,
        road_class=road_class,
        capacity=np.full(m, 1000.0),
        origin=ORIGIN,
    )


EAST, WEST, NORTH, ONE_WAY = range(4)
# A main street 1 km long, a one-way street north from its end, another north to its start, two connectors;
# nodes 50 and 60 span a box 100 m wider.
TOWN = network(
    {10: (0, 0), 20: (1000, 0), 30: (1000, 400), 40: (0, -400), 50: (-100, -500), 60: (1100, 500)},
    [(10, 20), (20, 10), (20, 30), (40, 10), (40, 20), (10, 30)],
    connectors=2,
)


def cameras(*rows: tuple[float, float, float]) -> Positions:
    """Put cameras at metres east, metres north, looking in a direction."""
    x, y, direction = np.array(rows, float).reshape(-1, 3).T
    return Positions(
        latitude=ORIGIN[0] + np.degrees(y / EARTH_RADIUS_M),
        longitude=ORIGIN[1] + np.degrees(x / EARTH_RADIUS_M / math.cos(math.radians(ORIGIN[0]))),
        operator=("",) * len(x),
        direction=direction,
    )


def links_of(*rows: tuple[float, float, float], merge_m: float = 0.0) -> list[int]:
    return snap(cameras(*rows), TOWN, within_m=50, merge_m=merge_m).link.tolist()


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_bad_file_is_refused_with_its_line_and_its_fault(name):
    line, words = FAULTS[name]
    with pytest.raises(ScenarioError) as error:
        read_positions(BAD / name)
    assert error.value.where == str(BAD / name) + (f":{line}" if line else "")
    assert words in str(error.value)


def test_no_bad_file_is_left_untested():
    assert {file.name for file in BAD.iterdir()} == set(FAULTS)


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
    with pytest.raises(ScenarioError, match=r"nowhere\.tsv: .* no such file"):
        read_positions(tmp_path / "nowhere.tsv")
    with pytest.raises(ScenarioError, match="a readable file"):
        read_positions(tmp_path)


def test_blank_operator_and_direction_a_header_and_crlf_are_read(tmp_path):
    file = tmp_path / "positions.tsv"
    file.write_bytes("LAT\tlon\toperator\tdirection\r\n-33.5\t+151.25\t\t\r\n1e1\t.5\tÜberwachung \t360\r\n".encode())
    found = read_positions(file)
    assert found.latitude.tolist() == [-33.5, 10.0]
    assert found.longitude.tolist() == [151.25, 0.5]
    assert found.operator == ("", "Überwachung")
    assert np.isnan(found.direction[0])
    assert found.direction[1] == 360.0


def test_gzip_and_plain_give_the_same(tmp_path):
    text = "".join(f"{lat / 7:.6f}\t{lat * 2.1:.6f}\tAuthority {lat}\t{lat if lat % 3 else ''}\n" for lat in range(80))
    (tmp_path / "a.tsv").write_text(text)
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = read_positions(tmp_path / "a.tsv"), read_positions(str(tmp_path / "a.tsv.gz"))
    assert plain.n == packed.n == 80
    assert plain.operator == packed.operator
    for field in ("latitude", "longitude", "direction"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(packed, field))


def test_one_odd_operator_among_many_is_a_name_and_many_are_plates(tmp_path):
    row = "33.8\t-117.9\t{}\t\n"
    few, many = tmp_path / "few.tsv", tmp_path / "many.tsv"
    few.write_text(row.format("Q508358") + row.format("Road Authority") * 200 + row.format("") * 50)
    many.write_text(row.format("Q508358") * 3 + row.format("Road Authority") * 200)
    assert read_positions(few).n == 251
    with pytest.raises(ScenarioError, match=r"many\.tsv:1: .*never reads"):
        read_positions(many)


@pytest.mark.parametrize(
    ("direction", "link"), [(90, EAST), (1, EAST), (179, EAST), (181, WEST), (270, WEST), (359, WEST)]
)
def test_a_camera_reads_the_traffic_that_drives_away_from_it(direction, link):
    assert links_of((500, 10, direction), (500, -10, direction)) == [link, link]


@pytest.mark.parametrize("direction", [BLANK, 0, 180], ids=["blank", "north", "south"])
def test_without_a_telling_direction_the_camera_stands_on_the_right(direction):
    assert links_of((500, -10, direction), (500, 10, direction)) == [EAST, WEST]


def test_a_camera_in_the_middle_of_the_road_takes_the_lowest_link():
    assert links_of((500, 0, BLANK)) == [EAST]


def test_the_place_on_the_link_is_exact():
    rows = [(250, 10, 90), (250, 10, 270), (1003, 100, BLANK), (0, -380, 0), (-3, -404, 0)]
    found = snap(cameras(*rows), TOWN, within_m=50, merge_m=0)
    assert found.link.tolist() == [EAST, WEST, NORTH, ONE_WAY, ONE_WAY]
    np.testing.assert_allclose(found.at, [0.25, 0.75, 0.25, 0.05, 0.0], atol=1e-9)
    np.testing.assert_allclose(found.distance_m, [10, 10, 3, 0, 5], atol=1e-6)
    assert found.row.tolist() == [0, 1, 2, 3, 4]


def test_at_a_junction_the_direction_chooses_only_among_links_about_as_near():
    near_both = 6.0, 4.0  # 6 m from the main street, 4 m from the street north
    assert links_of((1000 - near_both[1], near_both[0], 90)) == [EAST]
    assert links_of((1000 - near_both[1], near_both[0], 0)) == [NORTH]
    assert links_of((1000 - near_both[1], near_both[0], BLANK)) == [NORTH]
    assert links_of((990, 4.9, 0)) == [WEST]  # 4.9 m against 10 m: beyond the margin
    assert links_of((990, 5.1, 0)) == [NORTH]


def test_a_camera_that_faces_oncoming_traffic_on_a_one_way_street_stays_and_is_counted():
    found = snap(cameras((1003, 200, 180), (1003, 200, 0), (1003, 200, BLANK)), TOWN, within_m=50, merge_m=0)
    assert found.link.tolist() == [NORTH] * 3
    assert (found.report.facing_none, found.report.without_direction) == (1, 1)


def test_a_camera_that_looks_along_no_link_near_it_takes_the_nearest():
    bend = network({1: (0, 0), 2: (100, 0), 3: (200, 50)}, [(1, 2), (2, 3)])
    # 1 m from the first link, 3 m from the second, and turned 150 and 123 degrees from them.
    found = snap(cameras((97.5, 1, 300)), bend, within_m=50, merge_m=0)
    assert found.link.tolist() == [0]
    assert found.report.facing_none == 1


def test_connectors_and_far_places_get_no_reader_and_the_outside_is_another_count():
    on_connectors = [(500, 200, 90), (500, -200, 90)]
    outside = [(-101, 0, 90), (1101, 0, 90), (500, 501, 90), (500, -501, 90)]
    edge = [(500, 49.9, 90), (500, 50.1, 90)]
    found = snap(cameras(*on_connectors, *outside, *edge), TOWN, within_m=50, merge_m=0)
    assert found.row.tolist() == [6]
    report = found.report
    assert (report.rows, report.in_box, report.too_far, report.snapped, report.kept) == (8, 4, 3, 1, 1)


def test_readers_merge_at_19_m_and_not_at_21_m():
    assert links_of((400, 5, 90), (419, 5, 90), merge_m=20) == [EAST]
    assert links_of((400, 5, 90), (421, 5, 90), merge_m=20) == [EAST, EAST]
    assert links_of((400, 5, 90), (400, -5, 90), merge_m=20) == [EAST], "two sides of the road, one place on the link"


def test_merging_measures_from_readers_that_were_kept():
    found = snap(cameras((400, 5, 90), (415, 5, 90), (430, 5, 90)), TOWN, within_m=50, merge_m=20)
    assert found.row.tolist() == [0, 2]
    assert found.report.merged == 1


def test_two_cameras_on_one_pole_that_look_both_ways_are_two_readers():
    assert links_of((500, 8, 90), (500, 8, 270), merge_m=20) == [EAST, WEST]


def test_the_report_is_one_sentence_with_every_count():
    rows = [(500, 5, 90), (510, 5, BLANK), (505, 5, 90), (500, 300, 90), (5000, 0, 90), (1003, 200, 180)]
    assert snap(cameras(*rows), TOWN, within_m=50, merge_m=20).report.describe() == (
        "Of 6 positions 5 lie on the map; of these 1 are farther than 50 m from any road and 1 are within 20 m of "
        "another on the same link, which leaves 3 readers (of the 4 near a road, 1 give no direction and 1 look along "
        "none)."
    )


def test_no_position_on_the_map_gives_no_reader():
    assert links_of() == []
    assert links_of((9000, 9000, 90)) == []


def test_an_invented_map_takes_no_positions():
    nowhere = RoadNetwork(**{field: getattr(TOWN, field) for field in TOWN.__slots__} | {"origin": None})
    with pytest.raises(ScenarioError, match="geographic coordinates"):
        snap(cameras((500, 5, 90)), nowhere, within_m=50, merge_m=20)


def slow_snap(x: float, y: float, direction: float, roads: RoadNetwork, within_m: float) -> int | None:
    """Choose the link of one camera in plain Python, as the documentation of `snap` says."""
    found = []
    for link in range(roads.n_links):
        a, b = sorted((int(roads.tail[link]), int(roads.head[link])))
        ax, ay, bx, by = roads.x_m[a], roads.y_m[a], roads.x_m[b], roads.y_m[b]
        share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        share = min(max(share, 0.0), 1.0)
        away = math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))
        if roads.road_class[link] == RoadClass.CONNECTOR or away > within_m:
            continue
        bearing = math.radians(roads.bearing_deg()[link])
        tail = roads.tail[link]
        on_right = (x - roads.x_m[tail]) * math.cos(bearing) - (y - roads.y_m[tail]) * math.sin(bearing) > 1e-6
        turn = 180.0
        if not math.isnan(direction):
            turn = round(abs((direction - math.degrees(bearing) + 180) % 360 - 180))
        found.append((turn if turn <= FACING_DEG else 180, away, not on_right, link))
    nearest = min((row[1] for row in found), default=0.0)
    return min((row for row in found if row[1] <= nearest + FACING_M), default=(None,))[-1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-150, 1150),
            st.integers(-550, 550) | st.integers(-30, 30),
            st.one_of(st.integers(0, 360).map(float), st.just(BLANK)),
        ),
        max_size=30,
    ),
    st.integers(1, 200),
    st.integers(0, 60),
)
def test_snapping_equals_its_slow_twin_and_conserves_sums(rows, within_m, merge_m):
    rows = [(x + 0.37, y + 0.41, direction) for x, y, direction in rows]  # off every line: no ties by rounding
    found = snap(cameras(*rows), TOWN, within_m=within_m, merge_m=merge_m)
    report = found.report
    assert np.all(found.distance_m <= within_m)
    assert np.all((found.at >= 0) & (found.at <= 1))
    assert (report.rows, report.kept) == (len(rows), len(found.row))
    assert report.in_box == report.snapped + report.too_far
    assert report.snapped == report.merged + report.kept
    assert report.without_direction + report.facing_none <= report.snapped
    unmerged = snap(cameras(*rows), TOWN, within_m=within_m, merge_m=0)
    slow = [
        slow_snap(x, y, way, TOWN, within_m) if -100 <= x <= 1100 and -500 <= y <= 500 else None for x, y, way in rows
    ]
    assert dict(zip(unmerged.row.tolist(), unmerged.link.tolist(), strict=True)) == {
        row: link for row, link in enumerate(slow) if link is not None
    }
    assert set(found.row) <= set(unmerged.row)


def anaheim(folder: Path) -> RoadNetwork:
    files = find_files(folder)
    units = {"length_unit": "feet", "time_unit": "minutes", "coordinates": "degrees"}
    return to_roads(read_network(files.net), *read_nodes(files.nodes), **units, credit="")


@pytest.fixture(scope="module")
def mapped(data: Path) -> Positions:
    return read_positions(data / "osm" / "alpr_nodes_2026-07-21.tsv.gz")


def test_the_mapped_readers_of_the_world_are_accepted_whole(mapped):
    assert mapped.n == 128_773
    assert int(np.isnan(mapped.direction).sum()) == 8_913
    assert mapped.operator.count("") == 9_815
    assert mapped.operator.count("Flock Safety") == 84_159


def test_the_mapped_readers_of_anaheim_snap_to_its_streets(data, mapped):
    roads = anaheim(data / "tntp" / "Anaheim")
    assert (roads.n_nodes, roads.n_links) == (416, 914)
    report = snap(mapped, roads, within_m=50, merge_m=0).report
    assert (report.in_box, report.snapped) == (213, 119)
    merged = snap(mapped, roads, within_m=50, merge_m=20).report
    assert (merged.merged, merged.kept) == (4, 115)
