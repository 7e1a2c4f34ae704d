"""Moves from metro to metro, and to and from the country beyond the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worlds import Small, finish, reads_of, slow_twin

import simulate as sim
from simulate.kernels import plan
from simulate.travel import days, truth
from simulate.travel.migration import ROW, far_hubs, off_the_map
from simulate.world.build import build_world

METROS = """metro,state,population,lat,lon
"Northtown, ND",ND,60000,45.0,-90.0
"Southtown-Bay, SD",SD,90000,44.0,-90.0
"Farville, CA",CA,150000,30.0,-120.0
"""


@pytest.fixture(scope="module")
def country_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("country") / "metros.csv"
    path.write_text(METROS)
    toml = path.with_name("country.toml")
    toml.write_text(
        'extends = "base"\ntitle = "Country"\nsummary = "Two metros of three."\n'
        "[period]\nstart = 2025-01-01\ndays = 800\n"
        '[roads]\nsource = "nation"\npath = "metros.csv"\nmetros = ["Northtown", "southtown"]\n'
        'vehicles_per_person = 0.68\ndensity_per_km2 = 800\nwater = "none"\nvehicles_per_zone = 100\n'
        'leave_work = 0.2\nleave_other = 0.05\n'
        "[households]\nfar_moves = 0.7\nmoved_in_year = 0.3\nmoved_in_five_years = 0.7\n"
        "[visitors.region]\nvehicles = 20000\nweeks = 0.1\ndays = 'one'\npurpose = 'errands'\n"
        "[readers]\ngrowth = 3.0\n"
        "[readers.place.police]\nowner = 'police'\nstrategy = 'busiest'\ncount = 60\nspacing_m = 0\n"
        "[readers.mobile.cars]\nowner = 'police'\nunits = 40\nshifts = [['08:00', '20:00']]\non_duty = 0.9\n"
        "visits = 30\n"
        "scan_min = 10\nrolling_min = 20\nhomes = 0.6\nunevenness = 1.0\npoorer_areas = 1.5\nterritory_m = 9000\n"
        "[readers.gates.lots]\nowner = 'police'\npurpose = 'shop'\ncount = 40\n"
        "[owners.police]\nkind = 'police'\nagencies = 9\n"
        "[observers.police]\nsees = ['police']\npurpose = 'investigation'\n"
    )  # fmt: skip
    return toml


@pytest.fixture(scope="module")
def country(country_file) -> Small:
    scenario = sim.load(country_file, seed=3)
    return finish(scenario, build_world(scenario))


def homes(country: Small, day: int):
    return truth.home_and_work(country.lives, day, np.arange(country.lives.population.n_residents))[0]


def metro_of(country: Small, home):
    """Name the metro of each home by its number, -1 = off the map."""
    world = country.world
    return np.where(home == world.elsewhere, -1, world.metro_of_hub[world.zones.hub[home]])


def test_people_leave_and_come_in_like_numbers(country):
    before, after = (metro_of(country, homes(country, day)) for day in (0, 799))
    for metro in (0, 1):
        held = [(when == metro).sum() for when in (before, after)]
        assert held[1] == pytest.approx(held[0], rel=0.04)
        assert ((before == metro) & (after == -1)).sum() > 1000
        assert ((before == -1) & (after == metro)).sum() > 1000
        assert ((before == metro) & (after == 1 - metro)).sum() > 500


def test_who_moves_far_works_there(country):
    vehicles = np.arange(country.lives.population.n_residents)
    home, work = truth.home_and_work(country.lives, 799, vehicles)
    here = (work >= 0) & (home != country.world.elsewhere)
    assert here.sum() > 20_000
    assert (metro_of(country, work)[here] == metro_of(country, home)[here]).all()


def test_nobody_off_the_map_is_read_or_drives(country):
    gone = np.flatnonzero(homes(country, 0) == country.world.elsewhere)[:2000]
    drives = truth.trips(country.lives, gone, 0, 60)
    assert len(drives.vehicle) > 500
    for day in np.unique(drives.day):
        today = drives.vehicle[drives.day == day]
        assert (truth.home_and_work(country.lives, int(day), today)[0] != country.world.elsewhere).all()
    life, household = country.lives.tables, int(country.lives.tables.people.household[gone[0]])
    assert days.chapter_on(life, household, 0).home == country.world.elsewhere


def test_fast_equals_slow_with_people_who_move_far(country):
    first = 700
    fast = reads_of(country.tables, first, first + 3)
    assert np.array_equal(fast, slow_twin(country, first, first + 3))
    read = np.unique(fast[:, 3])
    sites, world = country.deployment.sites, country.world
    at = np.where(sites.zone >= 0, world.metro_of_hub[world.zones.hub[sites.zone]], sites.x_m > world.roads.x_m.mean())
    some = [v for v in read if v < country.lives.population.n_residents]
    where = {v: set(at[fast[fast[:, 3] == v, 2]].tolist()) for v in some}
    assert sum(len(metros) == 2 for metros in where.values()) > 2
    moved = [metro_of(country, truth.home_and_work(country.lives, day, read)[0]) for day in (0, 400, 799)]
    assert (moved[0] != moved[2]).any()
    assert len(fast) > 500


def test_fast_equals_slow_on_roads_that_are_slow_at_the_peak(country_file):
    """No trip leads from metro to metro, so none is as long as such a way would be, however slow."""
    slow = {"travel.peak_freeway": 3.16, "travel.peak_other": 3.16, "period.days": 130, "readers.place.police.count": 1}
    scenario = sim.load(country_file, seed=3, overrides=slow)
    run = finish(scenario, build_world(scenario))
    assert run.tables.life.roads.longest_s < 16 * 3600
    fast = reads_of(run.tables, 700, 702)
    assert np.array_equal(fast, slow_twin(run, 700, 702))
    assert len(fast) > 50


def test_spells_in_the_other_metro_are_spent_there(country):
    life, world = country.lives.tables, country.world
    vehicles = np.arange(0, country.lives.population.n_residents, 7)
    home, _ = truth.home_and_work(country.lives, 0, vehicles)
    made = truth.trips(country.lives, vehicles, 0, 60)
    lives_in = metro_of(country, home)[np.searchsorted(vehicles, made.vehicle)]
    drives_in = world.metro_of_hub[world.zones.hub[made.from_zone]]
    assert (drives_in == world.metro_of_hub[world.zones.hub[made.to_zone]]).all()
    away = (lives_in >= 0) & (lives_in != drives_in)
    assert away.sum() > 300
    assert (np.diff(made.vehicle) >= 0).all()
    assert ((np.diff(made.vehicle) > 0) | (np.diff(made.day) >= 0)).all()
    for i in np.flatnonzero(away)[:40]:
        vehicle, day = int(made.vehicle[i]), int(made.day[i])
        household = int(life.people.household[vehicle])
        legs = days.legs_on(life, household, vehicle, day)
        assert (legs[made.leg[i]].from_zone, legs[made.leg[i]].leave_s) == (made.from_zone[i], made.leave_s[i])
        chapter = days.chapter_on(life, household, day)
        here = days.visit_on(life, household, vehicle - int(life.people.first_vehicle[household]), chapter, day)
        if here >= 0:
            assert world.zones.outside[here]
            assert days.template_on(life, household, 0, chapter, day) == plan.T_AWAY


def test_shares_of_who_goes_where(country):
    migration = country.world.migration
    people = np.array([60_000, 90_000, 150_000])
    metres = np.array([111_195.0, 3_084_000.0, 2_998_000.0])  # north to south, north to far, south to far
    pull = np.array([90_000, 150_000, 60_000, 150_000, 60_000, 90_000]) / metres[[0, 1, 0, 2, 1, 2]]
    pulled = pull.reshape(3, 2).sum(axis=1)
    factor = min(0.55 * people.sum() / (people * pulled).sum(), 0.9 / pulled.max())
    assert migration[0] == pytest.approx([0, factor * pull[0]], rel=0.01)
    assert migration[1] == pytest.approx([factor * pull[2], 0], rel=0.01)
    assert people[0] * migration[0, 1] == pytest.approx(people[1] * migration[1, 0])
    leave = people[:2] * (1 - migration[:2].sum(axis=1))
    assert migration[2] == pytest.approx(leave / leave.sum())
    hubs = far_hubs(country.world)
    assert hubs.shape == (3, ROW)
    assert (hubs[0] == -1).mean() == pytest.approx(1 - migration[0, 1], abs=1 / ROW)
    assert (country.world.metro_of_hub[hubs[2]] == 1).mean() == pytest.approx(migration[2, 1], abs=1 / ROW)
    assert off_the_map(country.world, 0.5, 0.4) == pytest.approx(0.2 * leave.sum() / people[:2].sum(), rel=0.01)


def test_elsewhere_is_no_place_for_anyone_on_the_map(country):
    world = country.world
    assert world.zones.outside[world.elsewhere]
    assert not (world.destinations == world.elsewhere).any()
    people = country.lives.population
    visitors = people.first_vehicle[:-1] >= people.n_residents
    assert visitors.sum() == 10_000  # half of the file's people, so half of its visitors
    assert not (people.home[visitors] == world.elsewhere).any()
