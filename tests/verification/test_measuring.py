"""The measurements themselves, on a week that one can count by hand."""

from __future__ import annotations

import movement
import numpy as np
import pytest

from simulate.travel.truth import Trips
from simulate.world.zones import Purpose

pytestmark = pytest.mark.verify


def planted():
    """Two cars on two days: one drives home-shop-home and idles, the other works both days."""
    rows = [  # vehicle, day, leg, from, to, purpose, leave_h, arrive_h
        (0, 0, 0, 1, 2, Purpose.SHOP, 10, 10.25), (0, 0, 1, 2, 1, Purpose.HOME, 10.75, 11),
        (1, 0, 0, 1, 3, Purpose.WORK, 7, 7.5), (1, 0, 1, 3, 1, Purpose.HOME, 16, 16.5),
        (1, 1, 0, 1, 3, Purpose.WORK, 33, 33.5), (1, 1, 1, 3, 1, Purpose.HOME, 40, 40.5),
    ]  # fmt: skip
    column = [np.array(values) for values in zip(*rows, strict=True)]
    whole = [values.astype(np.int64) for values in column[:6]]
    seconds = [(values * 3600).astype(np.int64) for values in column[6:]]
    zero = np.zeros(6, np.int64)
    return Trips(
        vehicle=whole[0], day=whole[1], leg=whole[2], from_zone=whole[3], to_zone=whole[4], purpose=whole[5],
        alternative=zero, hour=zero, leave_s=seconds[0], arrive_s=seconds[1],
    )  # fmt: skip


def test_measures_of_a_planted_week_are_what_one_counts_by_hand():
    trips, both = planted(), np.ones(2, np.bool_)
    assert movement.trips_per_vehicle_day(trips, 4) == 1.5
    assert movement.idle_share(trips, 4) == 0.25
    assert movement.trips_per_used_day(trips) == 2.0
    assert movement.idle_because_another_was_used(trips, np.array([0, 0]), 2, 2) == 1.0
    assert movement.idle_because_another_was_used(trips, np.array([0, 1]), 2, 2) == 0.0
    assert movement.start_hours(trips, both)[[7, 9, 10, 16]].tolist() == [1 / 6, 1 / 6, 2 / 6, 2 / 6]
    assert movement.purpose_shares(trips)[[Purpose.HOME, Purpose.SHOP]].tolist() == [0.5, 1 / 6]
    assert movement.median_stay_min(trips, Purpose.SHOP) == 30
    assert movement.median_stay_min(trips, Purpose.HOME, 1) == 16.5 * 60
    assert movement.commute_departure_share(trips, both, 6, 8.5) == 0.5
    assert movement.commute_departure_median_h(trips, both) == 8.0
    assert movement.minutes_per_vehicle_day(trips, 4) == 37.5
    assert movement.per_day_of(trips, np.array([True, False])) == 4
    assert movement.places_per_day(trips) == 2.0
    assert movement.minutes(trips).tolist() == [15, 15, 30, 30, 30, 30]
    assert movement.days_at(trips, Purpose.WORK) == 2
    assert movement.distinct_places(trips).tolist() == [2, 2]
    assert movement.rank_frequencies(trips, 2).tolist() == [1.0, 0.0]
    assert movement.new_places_by_month(trips, 2).tolist() == [2.0, 0.0]
    assert movement.growth(trips, np.array([0, 1, 2])).tolist() == [0.0, 2.0, 2.0]
    assert movement.familiar_places(trips, 1) == 1.0
