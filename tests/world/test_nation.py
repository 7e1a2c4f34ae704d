"""Whole metros of a nation and their share of its totals: which ones, how they stand, and what never crosses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worlds import WATCHERS, rows_of, small, town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.scenario import changed, from_resolved
from simulate.scenario.metros import choose, read_metros
from simulate.travel.life import make_lives
from simulate.world.build import World, build_world
from simulate.world.nation import GAP_M, NAME_BITS, build_nation
from simulate.world.patrols import strength_by_day
from simulate.world.routes import graph
from simulate.world.sites import SiteKind, zone_uids
from simulate.world.zones import Purpose

BAD = Path(__file__).parent.parent / "bad" / "metros"
METROS = """\
rank,metro,state,population,lat,lon
1,"Ashford-Beeching, NY-NJ",NY,600000,41,-75
2,"Memphis, TN-MS-AR",TN,200000,35,-90
3,"Buffalo-Cheektowaga, NY",NY,100000,42,-78
4,"Northport, CA",CA,100000,37,-122
"""
COUNTIES = """\
fips,county,alpr_cameras
36029,Erie,20
36063,Niagara,6
36063,Niagara City,4
47157,Shelby,41
28033,DeSoto,10
06001,Elsewhere,900
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    (folder / "metros.csv").write_text(METROS)
    (folder / "counties.csv").write_text(COUNTIES)
    return folder


def flock(files: Path, *metros: str, **changes) -> sim.scenario.Scenario:
    """Load flock-2025 over the small metros; in the keys of changes, two underscores stand for a dot."""
    given = {
        "roads.path": str(files / "metros.csv"),
        "roads.metros": list(metros),
        "readers.place.*.counties": str(files / "counties.csv"),
    }
    return sim.load("flock-2025", overrides={**given, **{k.replace("__", "."): v for k, v in changes.items()}})


VISITORS = {"visitors__region__vehicles": 200_000}


@pytest.fixture(scope="module")
def alone(files) -> World:
    return build_world(flock(files, "Buffalo"))


@pytest.fixture(scope="module")
def both(files) -> World:
    return build_world(flock(files, "Buffalo", "Memphis", **VISITORS))


def test_a_mark_of_byte_order_is_no_part_of_a_name(tmp_path):
    (tmp_path / "m.csv").write_text(METROS, encoding="utf-8-sig")
    (tmp_path / "n.csv").write_text(METROS.removeprefix("rank,").replace("\n1,", "\n"), encoding="utf-8-sig")
    assert len(read_metros(tmp_path / "m.csv")) == 4
    with pytest.raises(ScenarioError, match="two letters"):  # columns have shifted, but the first one is known
        read_metros(tmp_path / "n.csv")


def test_metros_are_chosen_by_their_first_city_or_whole_name_in_the_order_of_the_file(files):
    metros = read_metros(files / "metros.csv")
    assert choose(metros, ["buffalo", " Ashford "]) == (0, 2)
    assert choose(metros, ["Buffalo-Cheektowaga, NY", "Buffalo"]) == (2,)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            [],
            r'metros: expected names of metros, found none; .*metros="Northport", .* metros="all"; the file lists 4',
        ),
        (["Bufalo"], r'a metro of the file, found "Bufalo"; did you mean \'Buffalo\'\?'),
    ],
)
def test_no_metro_and_no_such_metro(files, names, words):
    with pytest.raises(ScenarioError, match=words):
        choose(read_metros(files / "metros.csv"), names)


def test_all_metros_may_be_asked_for_in_a_word(files):
    metros = read_metros(files / "metros.csv")
    assert choose(metros, ["All"]) == (0, 1, 2, 3)
    scenario = sim.load("vigilant-2019", overrides={"roads.path": str(files / "metros.csv"), "roads.metros": ["all"]})
    assert scenario.settings.roads.share == 1.0
    with pytest.raises(ScenarioError, match='a metro of the file, found "all"'):
        choose(metros, ["Buffalo", "all"])


def test_metros_may_be_named_in_one_text_or_as_a_list(files):
    path = {"roads.path": str(files / "metros.csv")}
    asked = ({"overrides": {**path, "roads.metros": ["Memphis", "Buffalo-Cheektowaga, NY"]}},
             {"overrides": path, "metros": ["Memphis", "Buffalo-Cheektowaga, NY"]},
             {"overrides": path, "metros": "Memphis, Buffalo-Cheektowaga, NY"})  # fmt: skip
    scenarios = [sim.load("vigilant-2019", **one) for one in asked]
    assert {one.identity for one in scenarios} == {scenarios[0].identity}
    assert {one.sources["roads.metros"] for one in scenarios} == {"set for this run"}
    assert "Memphis and Buffalo" in scenarios[0].title


def test_a_scenario_that_names_no_metro_can_be_shown_and_not_built(files):
    scenario = flock(files)
    assert scenario.settings.roads.share is None
    with pytest.raises(ScenarioError, match=r"^metros: "):
        build_world(scenario)


def test_totals_are_shared_by_population_once(files):
    path = str(files / "metros.csv")
    whole = sim.load("vigilant-2019", overrides={"roads.path": path}).settings
    scenario = sim.load("vigilant-2019", overrides={"roads.path": path, "roads.metros": ["Memphis", "Buffalo"]})
    taken = scenario.settings
    assert taken.roads.share == pytest.approx(0.3)
    assert taken.readers.sightings.per_month == pytest.approx(0.3 * whole.readers.sightings.per_month)
    assert taken.readers.place["police"].count == round(0.3 * whole.readers.place["police"].count)
    assert taken.readers.mobile["spotters"].units == round(0.3 * whole.readers.mobile["spotters"].units)
    assert taken.visitors["region"].vehicles == round(0.3 * whole.visitors["region"].vehicles)
    assert taken.readers.gates["malls"].count is None
    again = {"roads.path": path, "roads.metros": ["Memphis", "Buffalo"], "roads.share": 0.3}
    with pytest.raises(ScenarioError, match=r'roads.share"\]: expected nothing, found a share; leave it out'):
        sim.load("vigilant-2019", overrides=again)
    # What a run stored, and what is changed afterwards, has had its share.
    assert from_resolved(scenario.resolved(), scenario.name, scenario.seed).settings == taken
    assert changed(scenario, {("period", "days"): 30}, "test").settings.readers == taken.readers
    more = changed(scenario, {("readers", "sightings", "per_month"): 1e6}, "test").settings
    assert more.readers.sightings.per_month == pytest.approx(0.3e6)  # an assumption speaks of the nation, too


def test_the_source_of_a_total_says_how_large_a_share_was_taken(files):
    change = {"roads.path": str(files / "metros.csv"), "roads.metros": ["Buffalo"], "readers.place.police.count": 70}
    sources = sim.load("vigilant-2019", overrides=change).sources
    assert sources["readers.place.police.count"] == "set for this run; 10 % of 70, for these metros"
    assert sources["readers.mobile.patrols.units"].startswith(
        "assumption: ten for each of some 80 agencies; 10 % of 800"
    )
    assert "these metros" not in sources["period.days"] + sources["roads.metros"] + sources["readers.misread"]
    assert "these metros" not in " ".join(sim.load("vigilant-2019").sources.values())


def test_a_share_never_leaves_nothing(files):
    change = {"roads.path": str(files / "metros.csv"), "roads.metros": ["Buffalo"], "readers.place.police.count": 1}
    assert sim.load("vigilant-2019", overrides=change).settings.readers.place["police"].count == 1


def test_a_metro_is_the_same_alone_or_beside_another(files, tmp_path):
    one, two = (
        build_nation(settings, 7, tmp_path)
        for settings in (flock(files, *names).settings for names in (["Buffalo"], ["Memphis", "Buffalo"]))
    )
    assert two.chosen == (1, 2)
    node = two.roads.node_name >> NAME_BITS == one.roads.node_name[0] >> NAME_BITS
    link = two.metro_of_link == 1
    zone = two.metro_of_hub[two.zones.hub] == 1
    first_node, first_hub = np.argmax(node), np.argmax(two.metro_of_hub == 1)
    np.testing.assert_array_equal(two.roads.node_name[node], one.roads.node_name)
    np.testing.assert_array_equal(two.roads.tail[link] - first_node, one.roads.tail)
    np.testing.assert_array_equal(two.roads.head[link] - first_node, one.roads.head)
    np.testing.assert_array_equal(two.roads.free_s[link], one.roads.free_s)
    np.testing.assert_array_equal(two.hubs[two.metro_of_hub == 1] - first_node, one.hubs)
    np.testing.assert_array_equal(two.zones.hub[zone] - first_hub, one.zones.hub[:-1])  # the last one is no place
    np.testing.assert_array_equal(two.zones.residents[zone], one.zones.residents[:-1])
    np.testing.assert_array_equal(zone_uids(two.zones, "a")[zone], zone_uids(one.zones, "a")[:-1])
    east = two.roads.x_m[node] - one.roads.x_m
    assert np.ptp(east) < 1e-6
    np.testing.assert_array_equal(two.roads.y_m[node], one.roads.y_m)
    assert two.roads.x_m[node].min() - two.roads.x_m[~node].max() == pytest.approx(GAP_M)


def readers_of(world: World, metro: int):
    """Return the uids of the readers of one metro."""
    ends = world.roads.tail[world.readers.link]
    first = world.routes.hub_node[np.argmax(world.metro_of_hub == metro)]
    there = world.roads.node_name >> NAME_BITS == world.roads.node_name[first] >> NAME_BITS
    return world.readers.uid[there[ends]]


def test_people_of_a_metro_go_to_the_same_places(alone, both):
    hubs, here = np.flatnonzero(both.metro_of_hub == 1), both.metro_of_hub[both.zones.hub] == 1
    first = np.argmax(here)
    np.testing.assert_array_equal(
        both.destinations[:, hubs].astype(np.int64) - first, alone.destinations.astype(np.int64)
    )
    np.testing.assert_array_equal(both.zones.attraction[:, here], alone.zones.attraction[:, :-1])


def test_its_readers_are_the_same_too(alone, both):
    assert set(readers_of(both, 1).tolist()) == set(alone.readers.uid.tolist())


def test_each_metro_has_the_readers_of_its_counties(alone, both):
    # 20 + 6 + 4 mapped in Buffalo's counties, 41 + 10 in Memphis's; 0.3, 0.225 and 0.6 for each
    assert alone.readers.n == 9 + 7 + 18
    assert len(readers_of(both, 0)) == round(15.3) + round(11.475) + round(30.6)
    assert len(readers_of(both, 1)) == 9 + 7 + 18
    assert both.placements[0] == (
        "Readers of main-roads, 0.3 for each that is mapped: 15 in Memphis, TN-MS-AR (51 mapped in its 8 counties, 6 of"
        " which the file does not list); 9 in Buffalo-Cheektowaga, NY (30 mapped in its 2 counties)."
    )


def test_more_readers_for_each_mapped_one_hold_the_fewer(files, alone):
    more = build_world(flock(files, "Buffalo", readers__place__private__factor=0.5))
    assert more.readers.n == alone.readers.n + 8
    assert set(alone.readers.uid.tolist()) < set(more.readers.uid.tolist())


def test_what_does_not_fit_or_is_nothing_is_refused(files):
    with pytest.raises(ScenarioError, match=r"main-roads.counties: expected at most \d+ readers in one metro.* factor"):
        build_world(flock(files, "Buffalo", **{"readers__place__main-roads__factor": 100.0}))
    with pytest.raises(ScenarioError, match="at least 1 reader in the metros, found 30 in Buffalo-Cheektowaga, NY"):
        build_world(flock(files, "Buffalo", **{"readers__place__main-roads__factor": 0.001}))
    with pytest.raises(ScenarioError, match=r"whose counties are known, found Northport, CA; say count instead"):
        build_world(flock(files, "Northport"))


def test_no_way_leads_from_one_metro_to_another(both):
    """Tables have an entry for each pair of hubs of one metro, and for no other."""
    pairs = [
        both.routes.row[a] + np.flatnonzero(both.metro_of_hub == metro) for a, metro in enumerate(both.metro_of_hub)
    ]
    np.testing.assert_array_equal(np.concatenate(pairs), np.arange(len(both.deterrence)))
    routes = both.routes
    assert {len(table) for table in (routes.fast_ds, routes.slow_ds, routes.cell, routes.used, routes.watched)} == {
        len(both.deterrence)
    }
    assert routes.watched.any()


def met_on(world: World, cell: int) -> list[int]:
    """List the uids of the readers on a way, from the last one to the first."""
    met = []
    while cell:
        met.append(int(world.readers.uid[world.routes.cell_site[cell]]))
        cell = int(world.routes.cell_parent[cell])
    return met


def test_ways_and_the_readers_on_them_are_those_of_a_metro_alone(files, alone, both):
    here = slice(len(both.deterrence) - len(alone.deterrence), None)
    np.testing.assert_array_equal(both.deterrence[here], alone.deterrence)
    for name in ("fast_ds", "slow_ds", "used", "watched"):
        np.testing.assert_array_equal(getattr(both.routes, name)[here], getattr(alone.routes, name))
    cells, own = both.routes.cell[here].ravel(), alone.routes.cell.ravel()
    assert (cells > 0).sum() > 1000
    assert [met_on(both, cell) for cell in cells[::97]] == [met_on(alone, cell) for cell in own[::97]]
    links = alone.roads.n_links
    for name in ("cost", "fast_ds", "slow_ds"):
        np.testing.assert_array_equal(getattr(both.graph, name)[..., -links:], getattr(alone.graph, name))
    scenario = flock(files, "Buffalo")
    together = graph(both.roads, scenario.settings.travel.taste_spread, scenario.seed)
    for name in ("cost", "leaves", "enters", "start", "fast_ds", "slow_ds"):
        np.testing.assert_array_equal(getattr(both.graph, name), getattr(together, name))


def test_nobody_goes_to_another_metro(both):
    for purpose in Purpose:
        there = both.metro_of_hub[both.zones.hub[both.destinations[purpose]]]
        np.testing.assert_array_equal(there, np.repeat(both.metro_of_hub[:, None], there.shape[1], axis=1))


def test_visitors_come_to_metros_by_their_population(files, both):
    scenario = flock(files, "Buffalo", "Memphis", **VISITORS)
    people = make_lives(scenario, both).population
    homes = people.home[len(people.home) - scenario.settings.visitors["region"].vehicles :]
    assert both.zones.outside[homes].all()
    metro = both.metro_of_hub[both.zones.hub[homes]]
    assert (metro == 0).mean() == pytest.approx(2 / 3, abs=0.02)  # 60,000 visitors: a deviation of 0.002


def test_a_network_grows_by_the_same_share_each_day():
    np.testing.assert_allclose(strength_by_day(2.0**365.25, 4), [1 / 8, 1 / 4, 1 / 2, 1])
    np.testing.assert_array_equal(strength_by_day(None, 5), np.ones(5))
    np.testing.assert_array_equal(strength_by_day(1.0, 5), np.ones(5))


EIGHTFOLD = 8.0 ** (365.25 / 30)
"""Growth in a year that makes eight times as much in thirty days."""
GROWING = {
    **{key.replace(".", "__"): value for key, value in WATCHERS.items()},
    "readers__place__police__count": 40,
    "readers__place__police__spacing_m": 0,
}


def test_readers_and_gates_begin_by_the_size_of_the_network():
    steady, growing = (
        small(town_scenario(seed=3, **GROWING, readers__growth=g)).deployment.sites for g in (1.0, EIGHTFOLD)
    )
    np.testing.assert_array_equal(steady.uid, growing.uid)
    assert (steady.since == 0).all()
    assert (growing.since[growing.kind == SiteKind.MOBILE] == 0).all()
    fixed = np.sort(growing.since[growing.of_kind(SiteKind.FIXED)])
    assert fixed[-1] < 30
    share = np.searchsorted(fixed, np.arange(30), side="right") / len(fixed)
    assert (
        np.abs(share - strength_by_day(EIGHTFOLD, 30)).max() < 0.25
    )  # Kolmogorov: 40 readers stay below in 98 of 100 draws


def test_the_inflow_of_a_growing_network_grows_and_is_part_of_the_full_one():
    drawn = {
        g: small(town_scenario(seed=3, **GROWING, readers__growth=g, readers__misread=0.0)) for g in (1.0, EIGHTFOLD)
    }
    rows = {g: rows_of(one.tables) for g, one in drawn.items()}
    sites = drawn[EIGHTFOLD].deployment.sites
    day = (rows[EIGHTFOLD][:, 1] - DAY_START_S) // DAY_S
    site = rows[EIGHTFOLD][:, 2]
    assert (day >= sites.since[site]).all()
    for kinds in ([SiteKind.FIXED, SiteKind.GATE], [SiteKind.MOBILE]):
        steady, growing = (
            np.histogram((one[np.isin(sites.kind[one[:, 2]], kinds), 1] - DAY_START_S) // DAY_S, 5, (0, 30))[0]
            for one in (rows[1.0], rows[EIGHTFOLD])
        )
        assert steady.min() > 0
        share = growing / steady
        assert share[0] < 0.5 < share[-1] <= 1, (kinds, share)
    # A fixed reader or gate reads what it would have read anyway, from its first day on.
    standing = {g: one[sites.kind[one[:, 2]] != SiteKind.MOBILE] for g, one in rows.items()}
    full = standing[1.0]
    kept = full[(full[:, 1] - DAY_START_S) // DAY_S >= sites.since[full[:, 2]]]
    np.testing.assert_array_equal(standing[EIGHTFOLD], kept)
