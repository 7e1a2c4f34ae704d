"""The truth: trips, passages, homes and jobs as they really were."""

from __future__ import annotations

import numpy as np
import pytest
from flows import link_passages
from reference.slow_draw import Walker
from worlds import Small, anaheim_scenario, small, town_scenario

from simulate.travel import days, truth
from simulate.world.zones import Purpose


@pytest.fixture(scope="module")
def town() -> Small:
    """A wide town where some alternatives are too long and replaced."""
    wide = {"roads.density_per_km2": 3, "roads.block_m": 900, "travel.other_route_margin": 1.0}
    return small(town_scenario(24, **wide, travel__route_shares=[0.1, 0.3, 0.6]), awkward=True)


@pytest.fixture(scope="module")
def trips(town) -> truth.Trips:
    return truth.trips(town.lives, np.arange(town.lives.population.n_vehicles), 0, 30)


def routes_of(run: Small, trips: truth.Trips) -> list[list[int]]:
    walker, hub = Walker(run.scenario, run.world, run.deployment), run.world.zones.hub
    ends = zip(hub[trips.from_zone].tolist(), trips.alternative.tolist(), hub[trips.to_zone].tolist(), strict=True)
    return [walker.route(a, alternative, b) for a, alternative, b in ends]


def test_passages_are_the_links_of_the_route(town, trips):
    driven = truth.passages(town.world, town.lives, trips)
    assert [p.link.tolist() for p in driven] == routes_of(town, trips)
    hub = town.world.zones.hub
    pair = town.world.routes.row[hub[trips.from_zone]] + hub[trips.to_zone]
    used = town.world.routes.used[pair, trips.alternative]
    assert (used != trips.alternative).sum() >= 5


def test_routes_join_up_from_hub_to_hub(town, trips):
    roads, hub_node, hub = town.world.roads, town.world.routes.hub_node, town.world.zones.hub
    for k, passed in enumerate(truth.passages(town.world, town.lives, trips)):
        a, b = hub_node[hub[trips.from_zone[k]]], hub_node[hub[trips.to_zone[k]]]
        if a == b:
            assert len(passed.link) == 0
            continue
        nodes = [roads.tail[passed.link[0]], *roads.head[passed.link]]
        assert nodes[0] == a
        assert nodes[-1] == b
        assert np.array_equal(roads.tail[passed.link[1:]], roads.head[passed.link[:-1]])
        assert len(set(nodes)) == len(nodes)
        assert roads.through[nodes[1:-1]].all()


def test_the_clock_of_a_passage_lies_within_its_trip(town, trips):
    access = town.lives.tables.roads.access_s
    for k, passed in enumerate(truth.passages(town.world, town.lives, trips)):
        if len(passed.link):
            assert trips.leave_s[k] + access <= passed.middle_s[0]
            assert passed.middle_s[-1] <= trips.arrive_s[k] - access
            assert (np.diff(passed.middle_s) >= 0).all()


def test_homes_and_jobs_are_those_of_the_chapter(town):
    people, life = town.lives.population, town.lives.tables
    for day in (0, 29):
        home, work = truth.home_and_work(town.lives, day)
        for household in range(people.n_households):
            chapter = days.chapter_on(life, household, day)
            workers = int(life.kinds.workers[life.people.kind[household]])
            for car, v in enumerate(range(*people.first_vehicle[household : household + 2].tolist())):
                assert home[v] == chapter.home
                assert work[v] == (chapter.jobs[car] if car < workers else -1)


def test_days_end_at_home_and_work_is_where_the_job_is(town, trips):
    home, work = truth.home_and_work(town.lives, 15)
    today = trips.day == 15
    ends_home = today & (trips.purpose == Purpose.HOME) & ~town.world.zones.outside[trips.from_zone]
    commutes = today & (trips.purpose == Purpose.WORK)
    assert commutes.sum() > 5
    assert np.array_equal(trips.to_zone[ends_home], home[trips.vehicle[ends_home]])
    assert np.array_equal(trips.to_zone[commutes], work[trips.vehicle[commutes]])


def test_counted_passages_are_all_passages(town, trips):
    flow, per_day, idle = link_passages(town.world, town.lives, 0, 30)
    counted = np.zeros(town.world.roads.n_links)
    for links in routes_of(town, trips):
        counted[links] += 1
    assert np.array_equal(flow, counted)
    vehicle_days = town.lives.population.n_vehicles * 30
    assert per_day == pytest.approx(len(trips.vehicle) / vehicle_days)
    used = len(np.unique(trips.vehicle * 30 + trips.day))
    assert idle == pytest.approx(1 - used / vehicle_days)


def test_no_vehicles_and_no_days_make_no_trips(town):
    assert len(truth.trips(town.lives, np.empty(0, np.int64), 0, 30).vehicle) == 0
    assert len(truth.trips(town.lives, np.arange(5), 7, 7).vehicle) == 0


def test_a_slice_of_anaheim_drives_the_independent_routes(data):
    run = small(anaheim_scenario(data, period__days=2))
    trips = truth.trips(run.lives, np.arange(0, run.lives.population.n_vehicles, 4000), 0, 2)
    assert [p.link.tolist() for p in truth.passages(run.world, run.lives, trips)] == routes_of(run, trips)
