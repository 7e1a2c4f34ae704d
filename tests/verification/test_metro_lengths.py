"""How far and how long vehicles drive in a metro that is drawn from population and land area alone.

The speeds of streets off the peak were chosen so that the median trip of the smaller metro is
as long as published; commutes and the larger metro were in view, but nothing was tuned on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import movement
import numpy as np
import pytest
from worlds import finish

import simulate as sim
from simulate.travel import truth
from simulate.world.build import build_world

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.truth import Trips

pytestmark = pytest.mark.verify

METROS = {
    "1.1": ({}, 14),
    "4.7": ({"roads.population": 4_700_000, "roads.density_per_km2": 1100}, 60),  # assumption: a large spread-out city
}
"""Settings by millions of people, and one car in how many is followed."""
HUBS = 150
"""Hubs whose trips are measured along their links."""
NHTS = "derived from NHTS 2017 totals"
NHTS_LENGTH = "DOE Fact of the Week 1042: NHTS 2017"
ACS = "US Census Bureau, ACS-47, 2021"
AAA = "AAA Foundation 2019, 2021, per driver"
ROOM = (
    "places of one life are admitted only where the slowest way between them fits into any diary, which leaves 29"
    " minutes of free driving to work and 15 to other places (world/reach.py). Nobody drives an hour to work, and what"
    " little is left of the tail is cut"
)
OFF_THE_MAP = (
    "journeys beyond the metro are not on the map, and within it none is longer than a diary has room for: the tail of"
    " the lengths is missing, and with it a third of the mean"
)
SMALL = "national figures are of all metros together; in one of this size most jobs lie within half an hour"
FAR_JOBS = (
    "interest in jobs falls slowly with driving time, so in a large metro workers take them from everywhere within"
    " reach; few have one next door"
)


class Week(NamedTuple):
    """A week of some cars, and the lengths of some of its trips."""

    trips: Trips
    vehicle_days: int
    miles: NDArray[np.float64]
    measured: NDArray[np.bool_]


@pytest.fixture(scope="module", params=METROS)
def metro(request) -> tuple[str, Week]:
    overrides, every = METROS[request.param]
    scenario = sim.load("metro", overrides={"period.days": 7, **overrides})
    city = finish(scenario, build_world(scenario))
    vehicles = np.arange(0, city.lives.population.n_residents, every)
    trips = truth.trips(city.lives, vehicles, 0, 7)
    hubs = np.random.default_rng(0).choice(len(city.world.routes.hub_node), HUBS, replace=False)
    return request.param, Week(trips, len(vehicles) * 7, *movement.miles_from(city.world, trips, np.sort(hubs)))


def test_lengths(check, metro):
    size, week = metro
    small, miles = size == "1.1", metro[1].miles
    fitted = "fitted" if small else "held out"
    a_day = miles.mean() * movement.trips_per_vehicle_day(week.trips, week.vehicle_days)
    short = (miles <= 10).mean()
    rows = (
        ("median-length", "median trip length", np.median(miles), "4.1 to 4.6 mi", NHTS, 4, 5, "mi", fitted, ""),
        ("under-6-miles", "trips under 6 miles", (miles < 6).mean(), "59.4 %", NHTS_LENGTH, 0.535, 0.655, "%", fitted,
         ""),
        ("under-10-miles", "trips of at most 10 miles", short, "about three-fourths", NHTS_LENGTH, 0.70, 0.80, "%",
         "held out", OFF_THE_MAP if small else ""),
        ("under-30-miles", "trips of at most 30 miles", (miles <= 30).mean(), "95 %", NHTS_LENGTH, 0.93, 0.97, "%",
         "held out", OFF_THE_MAP),
        ("mean-length", "mean trip length", miles.mean(), "9.55 mi", NHTS, 8.1, 11, "mi", "held out", OFF_THE_MAP),
        ("miles-per-day", "miles per vehicle-day", a_day, "25.9 mi", NHTS, 22, 30, "mi", "held out", OFF_THE_MAP),
        ("minutes-per-day", "minutes driven per vehicle-day",
         movement.minutes_per_vehicle_day(week.trips, week.vehicle_days), "51 to 59", AAA, 40, 65, "min", "held out",
         OFF_THE_MAP),
    )  # fmt: skip
    record(check, size, rows)


def test_commutes(check, metro):
    size, week = metro
    small = size == "1.1"
    to_work = movement.commutes(week.trips, np.ones(7, np.bool_))
    took, miles = movement.minutes(week.trips)[to_work], week.miles[to_work[week.measured]]
    rows = (
        ("commute-minutes", "mean time of a commute", took.mean(), "27.6 min", ACS, 24, 31, "min", "held out",
         SMALL if small else ""),
        ("commute-under-10-min", "commutes under 10 minutes", (took < 10).mean(), "11.9 %", ACS, 0.06, 0.18, "%",
         "held out", "" if small else FAR_JOBS),
        ("commute-over-60-min", "commutes of an hour or more", (took >= 60).mean(), "9.8 %", ACS, 0.06, 0.14, "%",
         "held out", ROOM),
        ("commute-median-length", "median length of a commute", np.median(miles),
         "4.7 to 12.8 mi over 96 metropolitan areas", None, 4.7, 12.8, "mi", "held out", "" if small else FAR_JOBS),
        ("commute-mean-length", "mean length of a commute", miles.mean(), "12 mi", "BTS, NHTS 2001", 9, 15, "mi",
         "held out", ""),
    )  # fmt: skip
    record(check, size, rows)


def record(check, size, rows):
    """Hand figures over; those with a reason are expected to be missed."""
    for name, what, value, published, source, low, high, unit, kind, why in rows:
        check(
            f"movement.metro-{size}-{name}", what=f"{what}, metro of {size} million", value=value, published=published,
            source=source, low=low, high=high, unit=unit, kind=kind, why=why,
            expected="missed" if why else "reproduced",
        )  # fmt: skip
