"""Reach: in a town too large for all ways to fit into a day, people go no farther than fits."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from worlds import RESTLESS, Small, small, town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.travel import truth
from simulate.travel.diaries import LEAST_STAY_S, diaries, slack_s
from simulate.world import build
from simulate.world.reach import DIARY_ROOM_S, NO_LIMIT, Reach, reach
from simulate.world.routes import best_times
from simulate.world.zones import Purpose

DAYS = 300
HUGE = {
    "roads.population": 500, "roads.density_per_km2": 0.217, "roads.block_m": 2100, "period.days": DAYS,
    "travel.distance_decay_s": 9000,
    "visitors.work": {"vehicles": 40, "weeks": 0.8, "days": "workdays", "purpose": "work"},
    "visitors.errands": {"vehicles": 40, "weeks": 0.8, "days": "one", "purpose": "errands"},
    "visitors.through": {"vehicles": 40, "weeks": 0.8, "days": "one", "purpose": "through"},
}  # fmt: skip


@pytest.fixture(scope="module", params=[1, 2])
def huge(request) -> Small:
    """Some 340 cars in a town 48 km wide, who move, change jobs and meet often."""
    return small(town_scenario(request.param, **HUGE, **RESTLESS), scattered=1)


def trips_of(run: Small) -> truth.Trips:
    return truth.trips(run.lives, np.arange(run.lives.population.n_vehicles), 0, DAYS)


def stays_s(trips: truth.Trips) -> np.ndarray:
    """Return how long each stay between two trips of a car lasts, negative where it is in two places at once."""
    same = trips.vehicle[1:] == trips.vehicle[:-1]
    return (trips.leave_s[1:] - trips.arrive_s[:-1])[same]


def test_every_trip_fits_into_its_day(huge):
    assert huge.world.reach.other_ds < huge.world.reach.work_ds < NO_LIMIT
    trips = trips_of(huge)
    moved = [truth.home_and_work(huge.lives, day) for day in (0, DAYS - 1)]
    assert all((moved[0][i] != moved[1][i]).sum() > 50 for i in range(2))
    assert set(Purpose) - {Purpose.HOME} <= set(trips.purpose)
    assert stays_s(trips).min() >= LEAST_STAY_S
    begins = trips.day * DAY_S + DAY_START_S
    assert (trips.leave_s >= begins).all()
    assert (trips.arrive_s <= begins + DAY_S).all()


def test_without_reach_some_would_be_in_two_places_at_once():
    """The negative control: the town is large enough for the test above to fail."""
    with patch.object(build, "reach", lambda *_args, **_options: Reach(NO_LIMIT, NO_LIMIT)):
        anywhere = small(town_scenario(1, **HUGE, **RESTLESS), scattered=1)
    assert stays_s(trips_of(anywhere)).min() < LEAST_STAY_S


def test_nobody_works_or_goes_beyond_reach_of_home(huge):
    trips, zones = trips_of(huge), huge.world.zones
    best_ds = 10 * best_times(huge.world.roads, huge.world.graph, huge.world.routes.hub_node)
    both = np.maximum(best_ds, best_ds.T)
    for day in (0, 150, 299):
        home, work = truth.home_and_work(huge.lives, day)
        commutes = work >= 0
        far = both[zones.hub[home[commutes]], zones.hub[work[commutes]]]
        assert far.max() <= huge.world.reach.work_ds
        assert far.max() > huge.world.reach.other_ds, "jobs may be farther than anything else"
        today = (trips.day == day) & (trips.leg == 0) & ~np.isin(trips.purpose, [Purpose.WORK, Purpose.OUTSIDE])
        today &= trips.vehicle < huge.lives.population.n_residents
        today &= ~zones.outside[trips.from_zone]
        away = both[zones.hub[trips.from_zone[today]], zones.hub[trips.to_zone[today]]]
        assert len(away) > 30
        assert away.max() <= huge.world.reach.other_ds


def test_a_small_town_has_no_limit_and_loses_no_choice():
    assert small(town_scenario(1, period__days=2)).world.reach == Reach(NO_LIMIT, NO_LIMIT)


@pytest.mark.parametrize("freeways", [False, True])
def test_both_ways_by_home_fill_the_room_of_a_diary_and_no_more(freeways):
    travel = town_scenario(1).settings.travel
    assert slack_s(diaries()) >= DIARY_ROOM_S
    limit = reach(np.array([[0.0, 9000.0], [9000.0, 0.0]]), travel, freeways=freeways)
    peak = max(travel.peak_freeway, travel.peak_other) if freeways else travel.peak_other

    def slowest_s(best_ds: float) -> float:
        return (best_ds / 10 * travel.other_route_margin + 60) * peak + 2 * travel.access_s

    assert slowest_s(limit.work_ds + limit.other_ds) <= DIARY_ROOM_S
    assert slowest_s(limit.work_ds + limit.other_ds) > DIARY_ROOM_S - 60 * peak - 2 * travel.access_s - 1
    edge = (DIARY_ROOM_S - 2 * travel.access_s) / peak - 60
    assert reach(np.array([[0.0, edge / 1.25 - 1]]), travel, freeways=freeways) == Reach(NO_LIMIT, NO_LIMIT)
    assert reach(np.array([[0.0, edge / 1.25 + 1]]), travel, freeways=freeways) == limit
