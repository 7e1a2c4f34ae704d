"""Reach: in a town too large for all ways to fit into a day, people go no farther than fits."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from worlds import RESTLESS, Small, small, town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.travel import truth
from simulate.travel.diaries import LEAST_STAY_S
from simulate.world import part
from simulate.world.routes import best_times
from simulate.world.travel_time_budget import (
    HOME_TO_NEAR_S,
    NEAR_TO_NEAR_S,
    NO_LIMIT,
    ROOM_S,
    THROUGH_ROOM_S,
    TRIP_ROOM_S,
    WORK_ROOM_S,
    travel_time_budget,
)
from simulate.world.zones import Purpose

DAYS = 300
HUGE = {
    "roads.population": 500, "roads.density_per_km2": 0.217, "roads.block_m": 2100, "period.days": DAYS,
    "travel.distance_decay_s": 9000, "travel.work_decay_s": 27000,
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
    assert (
        huge.world.travel_time_budget.near_ds
        < huge.world.travel_time_budget.other_ds
        < huge.world.travel_time_budget.work_ds
        < NO_LIMIT
    )
    trips = trips_of(huge)
    moved = [truth.home_and_work(huge.lives, day) for day in (0, DAYS - 1)]
    assert all((moved[0][i] != moved[1][i]).sum() > 50 for i in range(2))
    assert set(Purpose) - {Purpose.HOME} <= set(trips.purpose)
    assert stays_s(trips).min() >= LEAST_STAY_S
    begins = trips.day * DAY_S + DAY_START_S
    assert (trips.leave_s >= begins).all()
    assert (trips.arrive_s <= begins + DAY_S).all()


def no_limit(best_s, travel, *, freeways):
    """Admit everything but what is meant to be near."""
    far = dict.fromkeys(("other_ds", "work_ds", "trip_ds", "through_ds"), NO_LIMIT)
    return travel_time_budget(best_s, travel, freeways=freeways)._replace(**far)


def test_without_reach_some_would_be_in_two_places_at_once():
    """The negative control: the town is large enough for the test above to fail."""
    with patch.object(part, "travel_time_budget", no_limit):
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
        assert far.max() <= huge.world.travel_time_budget.work_ds
        assert far.max() > huge.world.travel_time_budget.other_ds, "jobs may be farther than anything else"
        today = (
            (trips.day == day)
            & (trips.leg == 0)
            & ~np.isin(trips.purpose, [Purpose.WORK, Purpose.OUTSIDE, Purpose.TRIP])
        )
        today &= trips.vehicle < huge.lives.population.n_residents
        today &= ~zones.outside[trips.from_zone]
        away = both[zones.hub[trips.from_zone[today]], zones.hub[trips.to_zone[today]]]
        assert len(away) > 30
        assert away.max() <= huge.world.travel_time_budget.other_ds


def test_a_small_town_has_no_limit_and_loses_no_choice():
    limit = small(town_scenario(1, period__days=2)).world.travel_time_budget
    assert limit.other_ds == limit.work_ds == NO_LIMIT


def slowest_way_s(limit, best_ds: int) -> int:
    """Return how long a way may take at most, from parking place to parking place, as whole numbers say it."""
    return (best_ds * limit.slowest >> 16) + limit.slowest_s


@pytest.mark.parametrize("freeways", [False, True])
def test_ways_by_home_fill_their_rooms_and_no_more(freeways):
    travel = town_scenario(1).settings.travel
    limit = travel_time_budget(np.array([[0.0, 90_000.0], [90_000.0, 0.0]]), travel, freeways=freeways)
    peak = max(travel.peak_freeway, travel.peak_other) if freeways else travel.peak_other

    most = max(1.5, 1.15 * peak)

    def slowest_s(best_ds: float) -> float:
        return (best_ds / 10 * travel.other_route_margin + 60) * most + 2 * travel.access_s

    for best_ds, room_s in (
        (limit.near_ds, HOME_TO_NEAR_S), (2 * limit.near_ds, NEAR_TO_NEAR_S), (limit.other_ds + limit.near_ds, ROOM_S),
        (limit.work_ds, WORK_ROOM_S), (limit.trip_ds, TRIP_ROOM_S), (limit.through_ds, THROUGH_ROOM_S),
    ):  # fmt: skip
        spare_s = 50 if best_ds in {limit.near_ds, 2 * limit.near_ds} else 3  # the tighter of the two decides
        assert room_s - spare_s < slowest_s(best_ds) <= slowest_way_s(limit, best_ds) <= room_s
    edge = ((ROOM_S - 2 * travel.access_s) / most - 60) / travel.other_route_margin
    for best_s, unlimited in ((edge - 2, True), (edge + 2, False)):
        found = travel_time_budget(np.array([[0.0, best_s]]), travel, freeways=freeways)
        assert (found.other_ds == NO_LIMIT, found.work_ds == NO_LIMIT) == (unlimited, unlimited)


def test_commuters_who_live_far_start_later_and_go_to_lunch_near_work(huge):
    """In a town as wide as this, the way to work decides who may start early."""
    trips, zones, limit = trips_of(huge), huge.world.zones, huge.world.travel_time_budget
    best_ds = 10 * best_times(huge.world.roads, huge.world.graph, huge.world.routes.hub_node)
    to_work = (trips.purpose == Purpose.WORK) & (trips.leg == 0)
    way_ds = best_ds[zones.hub[trips.from_zone[to_work]], zones.hub[trips.to_zone[to_work]]]
    after_four = (trips.arrive_s - trips.day * DAY_S - DAY_START_S)[to_work]
    slowest = np.array([slowest_way_s(limit, int(round(way))) for way in way_ds])
    assert (after_four >= np.minimum(slowest, after_four.max()) - 1).all()
    assert (slowest > 5400).sum() > 50, "some could not start at half past five"
    assert after_four.min() < 7200, "while others start before six"
    lunch = np.flatnonzero(trips.purpose == Purpose.LUNCH)
    assert (trips.purpose[lunch - 1] == Purpose.WORK).all()
    way = best_ds[zones.hub[trips.from_zone[lunch]], zones.hub[trips.to_zone[lunch]]]
    assert way.max() <= limit.near_ds
    assert len(lunch) > 100
