"""Placement is nested, readers keep their uid whatever the links' order, and no rule is half done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.scenario.schema.readers import Placement
from simulate.streams import uid
from simulate.world.readers import STRATEGIES, Quota, Readers, _first, concatenate, place_readers
from simulate.world.roads import EARTH_RADIUS_M, RoadClass, RoadNetwork

SIDE = 9
BLOCK_M = 200.0
N_CONNECTORS = 4


@dataclass(frozen=True)
class Rule:
    owner: str = "city-pd"
    strategy: str = "busiest"
    count: int | None = 5
    spacing_m: float | None = None
    radius_m: float | None = 500.0
    path: str = ""
    within_m: float | None = 50.0
    merge_m: float | None = 20.0
    counties: str | None = None


def grid() -> RoadNetwork:
    """Build two-way streets on a square grid; the last links are connectors."""
    node = np.arange(SIDE * SIDE)
    column, row = node % SIDE, node // SIDE
    east = [(i, i + 1) for i in node[column < SIDE - 1]]
    north = [(i, i + SIDE) for i in node[row < SIDE - 1]]
    corners = [(0, SIDE + 1), (SIDE + 1, 0), (0, 2 * SIDE + 2), (2 * SIDE + 2, 0)]
    links = np.array([*east, *north, *(link[::-1] for link in east + north), *corners], np.int32)
    m = len(links)
    road_class = np.full(m, RoadClass.LOCAL, np.uint8)
    road_class[m - N_CONNECTORS :] = RoadClass.CONNECTOR
    return RoadNetwork(
        node_name=1000 + 7 * node,
        x_m=column * BLOCK_M,
        y_m=row * BLOCK_M,
        through=np.ones(len(node), np.bool_),
        tail=links[:, 0].copy(),
        head=links[:, 1].copy(),
        length_m=np.full(m, BLOCK_M),
        free_s=np.full(m, 20.0),
        road_class=road_class,
        capacity=np.full(m, 800.0),
        origin=(0.0, 0.0),
    )


ROADS = grid()
M = ROADS.n_links
# Many equal flows, so that ties matter; connectors carry the most.
FLOW = np.where(ROADS.road_class == RoadClass.CONNECTOR, 1e6, (np.arange(M) * 37 % 11) * 100.0)


def reordered(roads: RoadNetwork, order: np.ndarray) -> RoadNetwork:
    fields = ("tail", "head", "length_m", "free_s", "road_class", "capacity")
    return replace(roads, **{field: getattr(roads, field)[order] for field in fields})


def placed(
    rule: Rule, *, roads: RoadNetwork = ROADS, flow: np.ndarray = FLOW, seed: int = 1, name: str = "a"
) -> Readers:
    return place_readers(roads, name, rule, flow=flow, seed=seed, owner_index=3).readers


def midpoints(readers: Readers) -> np.ndarray:
    return np.column_stack([readers.x_m, readers.y_m])


@pytest.mark.parametrize("spacing_m", [None, 200.0])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_more_reader_leaves_all_others_as_they_were(strategy, spacing_m):
    rules = [Rule(strategy=strategy, count=n, spacing_m=spacing_m) for n in range(1, 11)]
    all_placed = [placed(rule) for rule in rules]
    for n, readers in enumerate(all_placed, 1):
        assert readers.n == n == len(set(readers.uid.tolist()))
        for field in ("uid", "link", "at", "owner", "x_m", "y_m"):
            np.testing.assert_array_equal(getattr(readers, field), getattr(all_placed[-1], field)[:n])


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(M)), st.sampled_from(sorted(STRATEGIES)), st.sampled_from([0.0, 200.0]))
def test_uids_do_not_depend_on_the_order_of_links(order, strategy, spacing_m):
    order = np.array(order)
    rule = Rule(strategy=strategy, count=8, spacing_m=spacing_m)
    one, other = placed(rule), placed(rule, roads=reordered(ROADS, order), flow=FLOW[order])
    assert one.uid.tolist() == other.uid.tolist()
    assert one.link.tolist() == order[other.link].tolist()


def test_a_uid_is_the_hash_of_owner_place_and_ordinal():
    readers = placed(Rule(count=3))
    tail, head = ROADS.node_name[ROADS.tail[readers.link]], ROADS.node_name[ROADS.head[readers.link]]
    assert readers.uid.tolist() == [uid("city-pd", a, b, 0) for a, b in zip(tail, head, strict=True)]
    assert set(readers.uid) & set(placed(Rule(count=3, owner="county")).uid) == set()


def test_the_busiest_links_come_first_and_connectors_never():
    built = M - N_CONNECTORS
    readers = placed(Rule(count=built))
    assert np.all(np.diff(FLOW[readers.link]) <= 0)
    assert sorted(readers.link.tolist()) == list(range(built))
    assert np.all(readers.owner == 3)
    assert np.all(readers.at == 0.5)
    assert readers.operator == ("",) * built


def test_links_of_average_traffic_come_first():
    built = ROADS.road_class != RoadClass.CONNECTOR
    away = np.abs(FLOW - FLOW[built].mean())
    readers = placed(Rule(strategy="average", count=int(built.sum())))
    assert np.all(np.diff(away[readers.link]) >= 0)
    assert set(ROADS.road_class[readers.link]) == {RoadClass.LOCAL}
    # Without a mean of its own, the busy half of the map would have its emptiest links, and the other its busiest.
    part = (np.arange(M) % 2).astype(np.int16)
    flow = FLOW + 1e5 * part
    made = place_readers(
        ROADS, "a", Rule(strategy="average"), flow=flow, seed=1, owner_index=0, quota=Quota(part=part, counts=(3, 3))
    )
    for half in (0, 1):
        its = made.readers.link[part[made.readers.link] == half]
        others = np.flatnonzero(built & (part == half))
        away = np.abs(flow - flow[others].mean())
        assert np.sort(away[its]).tolist() == np.sort(away[others])[:3].tolist()


def test_random_places_follow_the_seed_and_the_name_and_ignore_the_flow():
    rule = Rule(strategy="random", count=30)
    links = placed(rule).link.tolist()
    assert links == placed(rule, flow=FLOW[::-1]).link.tolist()
    assert links != placed(rule, seed=2).link.tolist()
    assert links != placed(rule, name="b").link.tolist()


def test_random_places_are_spread_evenly_over_links():
    n, seeds = 14, 400
    hits = np.zeros(M)
    for seed in range(seeds):
        hits[placed(Rule(strategy="random", count=n), seed=seed).link] += 1
    built = M - N_CONNECTORS
    assert hits[built:].sum() == 0
    expected = n * seeds / built
    # Each link is hit about as a binomial: 5 deviations hold for all 288 in all but 1 of 6,000 seed ranges.
    assert np.all(np.abs(hits[:built] - expected) < 5 * np.sqrt(expected))


def test_a_cordon_holds_the_links_that_lead_into_the_circle_the_busiest_first():
    # A circle of 500 m round node (4, 4) of the grid, blocks of 200 m: the rows and columns within
    # 400 m of the middle enter once from each side: 2 sides x 2 axes x 5.
    readers = placed(Rule(strategy="cordon", count=20))
    middle = (SIDE // 2) * BLOCK_M
    radius = np.hypot(ROADS.x_m - middle, ROADS.y_m - middle)
    assert np.all(radius[ROADS.tail[readers.link]] > 500)
    assert np.all(radius[ROADS.head[readers.link]] <= 500)
    assert np.all(np.diff(FLOW[readers.link]) <= 0)
    with pytest.raises(ScenarioError, match=r"^readers\.place\.a\.count: expected at most 20, .* found 21"):
        placed(Rule(strategy="cordon", count=21))


@pytest.mark.parametrize("strategy", ["busiest", "random"])
def test_spacing_keeps_readers_apart_and_is_greedy(strategy):
    readers = placed(Rule(strategy=strategy, count=20, spacing_m=300.0))
    points = midpoints(readers)
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    assert apart[~np.eye(20, dtype=bool)].min() >= 300
    preference = placed(Rule(strategy=strategy, count=M - N_CONNECTORS))
    taken: list[np.ndarray] = []
    for point in midpoints(preference):
        if all(np.hypot(*(point - other)) >= 300 for other in taken):
            taken.append(point)
    np.testing.assert_array_equal(points, taken[:20])


def test_more_readers_than_places_is_an_error_that_says_how_many_fit():
    built = M - N_CONNECTORS
    with pytest.raises(
        ScenarioError, match=rf"^readers\.place\.a\.count: expected at most {built}, .* found {built + 1}"
    ):
        placed(Rule(count=built + 1))
    # Both directions of a street have one midpoint, so half of the links fit 1 m apart.
    with pytest.raises(ScenarioError, match=rf"at most {built // 2}, .* smaller spacing_m"):
        placed(Rule(count=built, spacing_m=1.0))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule(count=None), r"readers\.place\.a\.count: expected at least 1 reader, found None"),
        (Rule(count=0), r"readers\.place\.a\.count: expected at least 1 reader, found 0"),
        (Rule(strategy="buisiest"), r"readers\.place\.a\.strategy: .* did you mean 'busiest'\?"),
        (Rule(strategy="cordon", radius_m=None), r"readers\.place\.a\.radius_m: expected a radius"),
        (Rule(strategy="file"), r"readers\.place\.a\.path: .* name the file"),
        (Rule(strategy="file", path="a.tsv", within_m=None), r"readers\.place\.a: expected within_m and merge_m"),
        (Rule(strategy="file", path="a.tsv", merge_m=None), r"readers\.place\.a: expected within_m and merge_m"),
    ],
    ids=["no count", "count 0", "misspelt", "no radius", "no path", "no within", "no merge"],
)
def test_a_rule_that_lacks_something_is_refused_by_key(rule, message):
    with pytest.raises(ScenarioError, match=message):
        placed(rule)


def positions_file(folder, rows):
    """Write cameras at metres east and north of the grid's corner."""
    degree_m = np.radians(1) * EARTH_RADIUS_M
    file = folder / "positions.tsv"
    file.write_text("".join(f"{y / degree_m:.6f}\t{x / degree_m:.6f}\t{who}\t{way}\n" for x, y, who, way in rows))
    return str(file)


TOO_FAR = (300, 80, "Nobody", 0)
CAMERAS = [TOO_FAR, (100, 5, "Road Authority", 90), (100, 5, "", 270), (300, 5, "Shops", 90), (310, 5, "", 90)]


def test_readers_from_a_file_stand_where_the_file_says(tmp_path):
    rule = Rule(strategy="file", count=None, path=positions_file(tmp_path, CAMERAS))
    done = place_readers(ROADS, "mapped", rule, flow=FLOW, seed=1, owner_index=0)
    readers = done.readers
    assert done.report.kept == readers.n == 3
    assert done.report.merged == done.report.too_far == 1
    assert readers.operator == ("Road Authority", "", "Shops")
    np.testing.assert_allclose(readers.x_m, [100, 100, 300], atol=0.1)
    np.testing.assert_allclose(readers.y_m, 0, atol=1e-9)
    np.testing.assert_allclose(readers.at, [0.5, 0.5, 0.5], atol=1e-3)
    assert ROADS.bearing_deg()[readers.link].tolist() == [90, 270, 90]


def test_one_more_line_in_the_file_and_another_order_of_links_keep_all_uids(tmp_path):
    few = placed(Rule(strategy="file", path=positions_file(tmp_path, CAMERAS[:4])))
    order = np.arange(M)[::-1]
    many = placed(
        Rule(strategy="file", path=positions_file(tmp_path, [*CAMERAS, (900, 5, "", 90)])),
        roads=reordered(ROADS, order),
        flow=FLOW[order],
    )
    assert many.n == few.n + 1
    assert many.uid[:3].tolist() == few.uid.tolist()


def test_readers_in_one_spot_are_told_apart_by_their_order(tmp_path):
    readers = placed(Rule(strategy="file", merge_m=0.0, path=positions_file(tmp_path, [CAMERAS[1]] * 3)))
    assert readers.n == 3 == len(set(readers.uid.tolist()))
    assert set(readers.link.tolist()) == {readers.link[0]}


def test_a_file_that_puts_nobody_on_the_map_is_refused(tmp_path):
    path = positions_file(tmp_path, [(90_000, 0, "", 90)])
    with pytest.raises(ScenarioError, match=r"readers\.place\.a\.path: .* Of 1 positions 0 lie on the map"):
        placed(Rule(strategy="file", path=path))


def test_readers_of_two_rules_make_one_table(tmp_path):
    police, shops = placed(Rule(count=4)), placed(Rule(owner="shops", strategy="random", count=3))
    mapped = placed(Rule(owner="mapped", strategy="file", path=positions_file(tmp_path, CAMERAS)))
    table = concatenate([police, shops, mapped])
    assert table.n == 10
    for field in ("uid", "link", "at", "owner", "x_m", "y_m"):
        whole = getattr(table, field)
        assert whole.dtype == getattr(police, field).dtype
        np.testing.assert_array_equal(whole, np.concatenate([getattr(part, field) for part in (police, shops, mapped)]))
    assert table.operator[-3:] == mapped.operator


def test_one_reader_twice_is_an_error():
    with pytest.raises(
        ScenarioError, match=r"readers\.place: expected no reader twice, found two of one owner on link"
    ):
        concatenate([placed(Rule(count=4)), placed(Rule(count=2))])


def test_the_rule_of_a_scenario_is_a_rule():
    rule = Placement(owner="city-pd", strategy="busiest", count=4, spacing_m=300.0)
    assert placed(rule).uid.tolist() == placed(Rule(count=4, spacing_m=300.0)).uid.tolist()


def test_the_columns_have_the_stated_types():
    readers = placed(Rule())
    kinds = {field: getattr(readers, field).dtype.name for field in ("uid", "link", "at", "owner", "x_m", "y_m")}
    assert kinds == {
        "uid": "uint64",
        "link": "int32",
        "at": "float64",
        "owner": "int16",
        "x_m": "float64",
        "y_m": "float64",
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(1, M - N_CONNECTORS), st.sampled_from([90.0, 141.0, 200.0, 283.0, 450.0]), st.integers(0, 5))
def test_spacing_takes_what_a_look_at_all_that_were_taken_would(count, spacing_m, seed):
    preference = np.random.default_rng(seed).permutation(M).astype(np.int32)
    x, y = ROADS.point_on(preference, np.full(M, 0.5))
    taken: list[int] = []
    for i in range(M):
        if len(taken) < count and all(np.hypot(x[k] - x[i], y[k] - y[i]) >= spacing_m for k in taken):
            taken.append(i)
    assert _first(ROADS, preference, count, spacing_m).tolist() == preference[taken].tolist()


@pytest.mark.parametrize("spacing_m", [None, 250.0])
def test_a_quota_gives_each_part_its_own_and_no_part_touches_another(spacing_m):
    part = (np.arange(M) % 3).astype(np.int16)
    rule = Rule(strategy="random", count=None, spacing_m=spacing_m)

    def links(*counts: int, taken: tuple[int, ...] = ()) -> list[int]:
        quota = Quota(part=part, counts=counts)
        readers = place_readers(ROADS, "a", rule, flow=FLOW, seed=1, owner_index=0, taken=taken, quota=quota).readers
        return readers.link.tolist()

    few = links(4, 0, 3)
    assert part[few].tolist() == [0, 0, 0, 0, 2, 2, 2]
    assert links(4, 5, 3)[:4] == few[:4]
    assert links(4, 5, 3)[-3:] == few[-3:]
    assert links(6, 0, 3)[:4] == few[:4]
    assert not set(links(4, 0, 3, taken=tuple(few))) & set(few)
    with pytest.raises(ScenarioError, match=r"readers.place.a.count: expected at most \d+ readers in one metro"):
        links(1, 2, M)


@pytest.mark.parametrize(
    ("more", "key", "remedy"),
    [({"counties": "counties.csv"}, "counties", "lower factor"), ({"count": 400}, "count", "ask for fewer")],
)
def test_more_readers_than_fit_in_one_metro_are_refused_by_the_key_that_asks_for_them(more, key, remedy):
    part = (np.arange(M) % 2).astype(np.int16)
    rule = Rule(strategy="random", spacing_m=300, **more)
    with pytest.raises(ScenarioError) as caught:
        place_readers(ROADS, "a", rule, flow=FLOW, seed=1, owner_index=0, quota=Quota(part=part, counts=(3, 397)))
    assert f"a.{key}: expected at most" in str(caught.value)
    assert "in one metro, which is what fits, found 397" in str(caught.value)
    assert remedy in str(caught.value)
