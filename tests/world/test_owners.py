"""Whose readers they are: one body for each owner of a town, one a state or agency in a nation."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views import in_memory, taken
from worlds import Small, finish, rows_of, town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.policy.observers import check_observer
from simulate.policy.view import view_of
from simulate.risk.stock import Stock
from simulate.scenario.metros import Metro, agencies_of, apportion, read_metros
from simulate.scenario.schema.owners import Owner
from simulate.world.build import World, build_world
from simulate.world.owners import bodies_of
from simulate.world.sites import SiteKind

METROS = """metro,state,population,lat,lon
"Northtown-Hill, ND",ND,60000,45.0,-90.0
"Farville, CA",CA,150000,30.0,-120.0
"Southtown-Bay, SD",SD,90000,44.0,-90.0
"Eastview, ND-MN",ND,50000,45.0,-89.0
"""
COUNTRY = """
extends = "base"
title = "Country"
summary = "Metros of two states of three."
[period]
start = 2025-01-01
days = 4
[roads]
source = "nation"
path = "metros.csv"
metros = ["Northtown", "Southtown", "Eastview"]
vehicles_per_person = 0.68
density_per_km2 = 800
water = "none"
vehicles_per_zone = 100
leave_work = 0.05
leave_other = 0.02
[readers.place.corners]
owner = "police"
strategy = "random"
count = 60
[readers.mobile.patrols]
owner = "police"
units = 90
shifts = [["08:00", "20:00"]]
on_duty = 1.0
visits = 20
scan_min = 10
rolling_min = 20
homes = 0.6
unevenness = 1.0
poorer_areas = 1.5
territory_m = 3000
[readers.mobile.spotters]
owner = "repo"
units = 20
shifts = [["08:00", "20:00"]]
on_duty = 1.0
visits = 20
scan_min = 10
rolling_min = 20
homes = 0.6
unevenness = 1.0
poorer_areas = 1.5
territory_m = 9000
[readers.gates.lots]
owner = "parking"
purpose = "shop"
count = 40
[readers.gates.stations]
owner = "police"
purpose = "work"
count = 20
[owners.police]
kind = "police"
agencies = 9
agencies_in = { CA = 3 }
[owners.repo]
kind = "repossession"
[owners.parking]
kind = "parking"
[observers.everyone]
sees = ["police", "repo", "parking"]
purpose = "a look at all"
[observers.northerner]
sees = ["repo, ND", "police, SD"]
purpose = "a look at one state's"
"""
MADE_OF = (
    "parking, ND", "parking, SD", "police agency 1 of Northtown, ND", "police agency 2 of Northtown, ND",
    "police agency 1 of Southtown, SD", "police agency 2 of Southtown, SD", "police agency 3 of Southtown, SD",
    "police agency 1 of Eastview, ND", "repo, ND", "repo, SD",
)  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("country")
    (folder / "metros.csv").write_text(METROS)
    (folder / "country.toml").write_text(COUNTRY)
    return folder / "country.toml"


def drawn(path, **changes) -> Small:
    """Draw the country; in the keys of changes, two underscores stand for a dot."""
    scenario = sim.load(path, seed=3, overrides={key.replace("__", "."): value for key, value in changes.items()})
    return finish(scenario, build_world(scenario))


@pytest.fixture(scope="module")
def country(path) -> Small:
    return drawn(path)


@given(st.integers(1, 400), st.lists(st.integers(1, 10**8), min_size=1, max_size=60))
def test_a_count_is_split_by_people_and_none_goes_short(count, people):
    for least in {0, min(1, count // len(people))}:
        counts = apportion(count, people, least)
        assert sum(counts) == count
        assert min(counts) >= least
        fair = [count * n / sum(people) for n in people]
        for got, wanted in zip(counts, fair, strict=True):
            assert got <= max(least, int(wanted) + 1)
            assert got > wanted - 1 or least  # whoever gets the least may take it from others
        order = sorted(range(len(people)), key=lambda i: people[i])
        assert all(counts[a] <= counts[b] for a, b in pairwise(order) if people[a] < people[b])


def test_known_splits():
    assert apportion(10, [6, 6, 2]) == (4, 4, 2)
    assert apportion(3, [90, 9, 1], 1) == (1, 1, 1)
    assert apportion(10, [90, 9, 1], 1) == (8, 1, 1)
    assert apportion(0, []) == ()


def test_82_agencies_12_of_them_in_california(data):
    metros = read_metros(data / "metros.csv")
    counts = agencies_of("police", Owner(kind="police", agencies=82, agencies_in={"CA": 12}), metros)
    assert sum(counts) == 82
    assert min(counts) == 1
    assert sum(n for n, metro in zip(counts, metros, strict=True) if metro.state == "CA") == 12
    # California: quotas 5.24, 1.87, 1.84 and below 1.33 of 12; elsewhere New York has 8.96 of 70
    assert {metro.short: n for n, metro in zip(counts, metros, strict=True) if n > 4} == {
        "New York": 8,
        "Los Angeles": 5,
    }
    assert agencies_of("repo", Owner(kind="repossession"), metros) == (0,) * 50


def test_an_owner_of_a_town_is_one_body():
    world = build_world(town_scenario(1))
    assert world.owners.name == world.owners.owner == ("shopping-centre", "smallville-pd")
    assert world.owners.kind == ("retail", "police")
    assert world.owners.state == ("", "")
    assert not world.owners.agency.any()
    assert (world.owners.on("smallville-pd", world.zones, world.metro_of_hub) == 1).all()


def metro_of_site(run: Small) -> np.ndarray:
    """Return the metro of each site, told by where it lies."""
    world, sites = run.world, run.deployment.sites
    east = [world.roads.x_m[world.routes.hub_node[world.metro_of_hub == metro]].max() for metro in (0, 1)]
    return np.searchsorted(np.array(east) + 10_000, sites.x_m)


def test_a_nation_s_owners_are_one_body_a_state_and_police_one_an_agency(country):
    owners, sites = country.world.owners, country.deployment.sites
    assert owners.name == MADE_OF
    metro = metro_of_site(country)
    assert np.bincount(metro).min() > 100
    assert (np.array(owners.state)[sites.owner] == np.array(["ND", "SD", "ND"])[metro]).all()
    assert owners.covers[sites.owner, metro].all()
    for kind, whose in ((SiteKind.FIXED, {"police"}), (SiteKind.GATE, {"parking", "police"})):
        assert {owners.owner[i] for i in sites.owner[sites.of_kind(kind)]} == whose
    bodies = set(sites.owner[(sites.kind != SiteKind.MOBILE) | (sites.visits > 0)].tolist())
    assert bodies == set(range(owners.n)), "each has readers or units"
    assert len(np.unique(sites.uid)) == sites.n
    assert country.world.placements == (
        "Agencies of police: 2 in Northtown, 3 in Southtown, 1 in Eastview, of 9 in all 4 metros.",
    )


def test_an_agency_has_what_lies_nearest_to_its_seat_and_units_that_are_based_there(country):
    world, sites, visits = country.world, country.deployment.sites, country.deployment.visits
    owners, metro = world.owners, metro_of_site(country)
    police = np.flatnonzero(owners.of("police"))
    away = np.hypot(sites.x_m[:, None] - owners.x_m[police], sites.y_m[:, None] - owners.y_m[police])
    away[~owners.covers[police][:, metro].T] = np.inf
    stands = (sites.kind != SiteKind.MOBILE) & np.isin(sites.owner, police)
    assert (sites.owner[stands] == police[away[stands].argmin(axis=1)]).all()
    scanned = np.zeros((owners.n, world.zones.n), np.int64)
    patrols = visits.fleet == 0
    body = owners.on("police", world.zones, world.metro_of_hub)
    np.add.at(scanned, (body[visits.base[patrols]], visits.zone[patrols]), 1)
    mobile = sites.of_kind(SiteKind.MOBILE)
    mobile = mobile[np.isin(sites.owner[mobile], police)]
    assert (sites.visits[mobile] == scanned[sites.owner[mobile], sites.zone[mobile]]).all()
    assert scanned.sum() == sites.visits[mobile].sum() > 0
    assert (np.bincount(sites.zone[mobile[sites.visits[mobile] > 0]]) > 1).any(), "units cross into other territories"


def reads(run: Small) -> np.ndarray:
    """List all reads by plate, time, kind of site, zone and link: whoever owns the site."""
    rows, sites = rows_of(run.tables), run.deployment.sites
    found = np.column_stack([rows[:, :2], sites.kind[rows[:, 2]], sites.zone[rows[:, 2]], sites.link[rows[:, 2]]])
    return found[np.lexsort(found.T[::-1])]


def test_agencies_change_no_read(path, country):
    settings = country.scenario.settings
    bodies = settings.model_copy(update={"owners": {**settings.owners, "police": Owner(kind="police")}})
    scenario = replace(country.scenario, settings=bodies)
    more, none = drawn(path, owners__police__agencies=15), finish(scenario, build_world(scenario))
    assert "police agency 5 of Southtown, SD" in more.world.owners.name
    assert "police, SD" in none.world.owners.name
    for other in (more, none):
        assert np.array_equal(reads(other), reads(country))
        assert np.array_equal(other.world.readers.uid, country.world.readers.uid)


def agency_of(world: World) -> dict[int, str]:
    """Name the body that each fixed reader belongs to, by the reader's uid."""
    names = (world.owners.name[i] for i in world.readers.owner)
    return dict(zip(world.readers.uid.tolist(), names, strict=True))


def test_a_metro_has_its_own_agencies_and_readers_whichever_others_are_drawn(path, country):
    alone = build_world(sim.load(path, seed=3, overrides={"roads.metros": ["Southtown"]}))
    assert alone.owners.name == tuple(name for name in MADE_OF if name.endswith("SD"))
    here = agency_of(country.world)
    shared = [uid for uid in agency_of(alone) if uid in here]
    assert len(shared) > 10
    assert {agency_of(alone)[uid] for uid in shared} == set(alone.owners.name[1:4])
    assert all(agency_of(alone)[uid] == here[uid] for uid in shared)


def test_observers_see_all_of_an_owner_or_one_state_s_or_one_agency(country):
    run, names = in_memory(country), np.array(MADE_OF)[country.deployment.sites.owner]
    owner = np.array(country.world.owners.owner)[country.deployment.sites.owner]
    assert view_of(run, observer="everyone").cases[0].visible.all()
    assert np.array_equal(view_of(run, observer="repo").cases[0].visible, owner == "repo")
    assert np.array_equal(view_of(run, observer="repo, ND").cases[0].visible, names == "repo, ND")
    assert np.array_equal(
        view_of(run, observer="northerner").cases[0].visible,
        (names == "repo, ND") | ((owner == "police") & np.char.endswith(names, "SD")),
    )
    one = "police agency 2 of Southtown, SD"
    assert np.array_equal(view_of(run, observer=one).cases[0].visible, names == one)
    with pytest.raises(ScenarioError, match=r"an observer or owner of the scenario, found 'repo, CA'; did you mean"):
        view_of(run, observer="repo, CA")


def stock_of(run, **how):
    """Return sightings on file, readers in use and agencies, each by kind of owner and state."""
    results = taken(Stock(), view_of(run, **how))
    return [
        {row.detail: row.value for row in results.where(score=score)}
        for score in ("sightings_on_file", "readers_in_use", "agencies")
    ]


def test_the_stock_is_counted_by_kind_and_state(country):
    rows, sites, owners = rows_of(country.tables), country.deployment.sites, country.world.owners
    sightings, readers, agencies = stock_of(in_memory(country), observer="everyone")
    assert set(sightings) == {f"{kind}, {state}" for kind, state in zip(owners.kind, owners.state, strict=True)}
    assert sum(sightings.values()) == len(rows)
    its = np.array([name.endswith("of Southtown, SD") for name in owners.name])[sites.owner]
    assert sightings["police, SD"] == its[rows[:, 2]].sum() > 1000
    assert readers["police, SD"] == (its & ((sites.kind != SiteKind.MOBILE) | (sites.visits > 0))).sum()
    assert agencies["police, SD"] == 3
    assert [n for name, n in agencies.items() if name.startswith("repossession")] == [0, 0]
    seen, _, _ = stock_of(in_memory(country), observer="northerner", ladder=["1d"])
    assert set(seen) == {"police, SD", "repossession, ND"}
    assert seen["police, SD"] < sightings["police, SD"]


def test_nobody_has_seen_anything_yet(country):
    run = in_memory(country, np.empty((0, 3), np.int64))
    assert set(stock_of(run, observer="everyone")[0].values()) == {0}


REFUSED = {
    "a state without a metro": (
        {"owners__police__agencies_in": {"CA": 3, "TX": 1}},
        r"^owners.police.agencies_in.TX: expected metros of TX, found none in the file; state other numbers, or give",
    ),
    "fewer than a state's metros": (
        {"owners__police__agencies_in": {"ND": 1}},
        r"^owners.police.agencies_in.ND: expected at least one for each of 2 metros of ND, found 1; state other",
    ),
    "fewer than the other metros": (
        {"owners__police__agencies": 5},
        r"^owners.police.agencies: expected at least one for each of 3 metros elsewhere, found 2; state other",
    ),
    "an observer of a state without a metro": (
        {"observers__everyone__sees": ["police", "repo, SC"]},
        r'^observers.everyone.sees: expected a state with metros in the file, found "repo, SC"; known: CA, ND, SD',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_file_of_metros_does_not_bear_out_is_refused(path, case):
    changes, message = REFUSED[case]
    with pytest.raises(ScenarioError, match=message):
        sim.load(path, overrides={key.replace("__", "."): value for key, value in changes.items()})


def test_an_observer_of_a_metro_that_is_not_drawn_sees_nobody(path, country):
    seeing = sim.load(path, seed=3, overrides={"observers.northerner.sees": ["repo, CA"]})
    run = replace(in_memory(country), scenario=seeing)
    with pytest.raises(ScenarioError, match=r"found none: no readers for repo, CA; give .* draw a metro where it has"):
        view_of(run, observer="northerner")
    with pytest.raises(ScenarioError, match=r"country: observers.northerner: .* found none: no readers for repo, CA"):
        check_observer("northerner", seeing)


@pytest.mark.parametrize(
    "name", [None, "northerner", "repo", "repo, SD", "police, SD", "police agency 2 of Northtown, ND"]
)
def test_whoever_sees_something_is_known_before_anything_is_drawn(path, country, name):
    check_observer(name, sim.load(path, seed=3))
    view_of(in_memory(country), observer=name)


@pytest.mark.parametrize("name", ["repo, CA", "police agency 9 of Northtown, ND", "agency"])
def test_whoever_is_not_on_the_map_is_refused_before_anything_is_drawn(path, country, name):
    with pytest.raises(ScenarioError, match="country: observer: expected an observer or owner of the scenario"):
        check_observer(name, sim.load(path, seed=3))
    with pytest.raises(ScenarioError, match=r"^observer: expected an observer or owner of the scenario"):
        view_of(in_memory(country), observer=name)


def test_more_agencies_than_can_be_numbered_are_refused():
    owners = {f"police-{i}": Owner(kind="police", agencies=20_000) for i in range(2)}
    metro = Metro(name="Northtown, ND", state="ND", population=60_000, latitude=45.0, longitude=-90.0)
    with pytest.raises(ScenarioError, match=r"^owners: expected at most 32,767 bodies on the map, found 40,000; state"):
        bodies_of(owners, [metro], [0])
    assert len(bodies_of(dict(list(owners.items())[:1]), [metro], [0])) == 20_000
