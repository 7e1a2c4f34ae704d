"""Slow statistical checks of travel, against published figures and laws.

Each asks one question of a whole run, and its answer reads as right or wrong.
"""

from __future__ import annotations

import numpy as np
import pytest
from flows import count_legs
from worlds import anaheim_scenario, finish

import simulate.scenario
from simulate.durations import DAY_S
from simulate.kernels import plan
from simulate.travel import truth
from simulate.travel.days import bits64, driver_trait
from simulate.world.build import build_world
from simulate.world.routes import N_ALTERNATIVES
from simulate.world.zones import Purpose

pytestmark = pytest.mark.verify


@pytest.fixture(scope="module")
def smallville():
    scenario = simulate.scenario.load("smallville", overrides={"period.days": 28})
    return finish(scenario, build_world(scenario))


@pytest.fixture(scope="module")
def month(smallville):
    return truth.trips(smallville.lives, np.arange(smallville.lives.population.n_vehicles), 0, 28)


def test_no_vehicle_in_a_whole_town_is_in_two_places_at_once(month):
    same = month.vehicle[1:] == month.vehicle[:-1]
    assert (month.leave_s[1:] - month.arrive_s[:-1])[same].min() >= 300


def test_streams_of_neighbours_are_independent(smallville, month):
    """Whether a car is driven says nothing about the next household's on the same day."""
    people = smallville.lives.population
    driven = np.zeros((people.n_vehicles, 28), np.bool_)
    driven[month.vehicle, month.day] = True
    first = driven[people.first_vehicle[:-1]]
    for weekday in range(3):
        day = 7 + weekday
        r = np.corrcoef(first[:-1, day], first[1:, day])[0, 1]
        assert abs(r) < 4.5 / np.sqrt(len(first))


def test_visits_of_a_household_fall_by_rank_as_a_zipf_law(smallville, month):
    """Shop stops at the k-th shop fall as k to the -1.2, over all households."""
    life, people = smallville.lives.tables, smallville.lives.population
    counts = np.zeros(plan.ALL_SLOTS)
    word_key, to_class = int(life.keys[plan.K_CAR]), plan.CIRCLE_BITS - plan.EXPLORER_BITS
    for k in np.flatnonzero((month.purpose == Purpose.SHOP) & (month.leg == 0))[::10]:
        w = bits64(word_key, int(month.vehicle[k]), int(month.day[k]))
        explorer = driver_trait(life, int(month.vehicle[k]), plan.EXPLORER) >> to_class
        counts[life.places.slot_of[explorer, Purpose.SHOP, w & 255]] += 1
    ranked = counts[3:9]
    slope = np.polyfit(np.log(np.arange(1, 7)), np.log(ranked), 1)[0]
    assert slope == pytest.approx(-1.2, abs=0.06)
    explores = counts[plan.NEW_SLOT + Purpose.SHOP] / counts.sum()
    assert explores == pytest.approx(smallville.scenario.settings.travel.new_place, abs=0.02)
    assert people.n_households > 1000


def test_counting_legs_and_listing_them_agree_on_a_whole_town(smallville, month):
    hubs = len(smallville.world.routes.hub_node)
    legs, idle = np.zeros((hubs, N_ALTERNATIVES, hubs), np.int64), np.zeros(1, np.int64)
    vehicles = smallville.lives.population.n_vehicles
    count_legs(smallville.lives.tables, vehicles, 0, 28, legs, idle)
    hub = smallville.world.zones.hub
    listed = np.zeros_like(legs)
    np.add.at(listed, (hub[month.from_zone], month.alternative, hub[month.to_zone]), 1)
    assert np.array_equal(legs, listed)
    assert len(np.unique(month.vehicle << 16 | month.day)) + idle[0] == vehicles * 28


def test_nobody_in_anaheim_is_in_two_places_at_once(data):
    scenario = anaheim_scenario(data, period__days=28)
    run = finish(scenario, build_world(scenario))
    trips = truth.trips(run.lives, np.arange(0, run.lives.population.n_vehicles, 5), 0, 28)
    same = trips.vehicle[1:] == trips.vehicle[:-1]
    assert (trips.leave_s[1:] - trips.arrive_s[:-1])[same].min() >= 300
    begins = trips.day * DAY_S + 4 * 3600
    assert (trips.leave_s >= begins).all()
    assert (trips.arrive_s <= begins + DAY_S).all()
