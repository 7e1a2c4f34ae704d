"""How far and how long vehicles drive, in a large city: a small town has none but short trips."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import movement
import numpy as np
import pytest
from pictures import BLUE, INK, panels, plain_numbers
from worlds import Small, finish

import simulate as sim
from simulate.travel import truth
from simulate.travel.calendar import WORKDAY
from simulate.world.build import build_world
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.truth import Trips

pytestmark = pytest.mark.verify

LARGE = {
    "period.days": 7,
    "roads.population": 200_000,
    "roads.density_per_km2": 300,  # assumption: 26 km across, as wide as a metropolitan area of a million
    "roads.block_m": 700,
    "roads.vehicles_per_zone": 400,
}
HUBS = 150
"""Hubs whose trips are measured along their links."""
NHTS_LENGTH = "DOE Fact of the Week 1042: NHTS 2017"
ACS = "US Census Bureau, ACS-47, 2021"
BTS = "BTS, NHTS 2001"
NO_LONG = (
    "the city ends 13 km from its middle: a spell out of town is the only long journey, and no trip of it is on the"
    " map. The tail of the lengths is missing, and with it a third of the mean; readers see the same cars at most"
    " some 25 km apart"
)
NO_LONG_COMMUTES = "for the same reason nobody comes from another county, so commutes are too short and too alike"
STREETS = (
    "a town has no freeways, so that its long ways are slow: too few miles, and most of the minutes. Cars are read on"
    " the way too seldom, and stand too long"
)


class Large(NamedTuple):
    """A week of one car in seven of a large city, and the lengths of some of its trips."""

    town: Small
    week: Trips
    vehicle_days: int
    miles: NDArray[np.float64]
    measured: NDArray[np.bool_]


@pytest.fixture(scope="module")
def large() -> Large:
    scenario = sim.load("smallville", overrides=LARGE)
    town = finish(scenario, build_world(scenario))
    vehicles = np.arange(0, town.lives.population.n_residents, 7)
    week = truth.trips(town.lives, vehicles, 0, 7)
    hubs = np.random.default_rng(0).choice(len(town.world.routes.hub_node), HUBS, replace=False)
    miles, measured = movement.miles_from(town.world, week, np.sort(hubs))
    return Large(town, week, len(vehicles) * 7, miles, measured)


def test_lengths(check, large, record):
    miles = large.miles
    trips_a_day = movement.trips_per_vehicle_day(large.week, large.vehicle_days)
    rows = (
        ("median-length", "median trip length", np.median(miles), "4.1 to 4.6 mi", "derived from NHTS 2017 totals", 4.0,
         5.0, "mi", "fitted", "reproduced", ""),
        ("under-6-miles", "trips under 6 miles", (miles < 6).mean(), "59.4 %", NHTS_LENGTH, 0.535, 0.655, "%", "fitted",
         "reproduced", ""),
        ("mean-length", "mean trip length", miles.mean(), "9.55 mi", "derived from NHTS 2017 totals", 8.1, 11, "mi",
         "held out", "missed", NO_LONG),
        ("miles-per-day", "miles per vehicle-day", miles.mean() * trips_a_day, "25.9 mi",
         "derived from NHTS 2017 totals", 22, 30, "mi", "held out", "missed", NO_LONG),
        ("under-10-miles", "trips of at most 10 miles", (miles <= 10).mean(), "about three-fourths", NHTS_LENGTH, 0.70,
         0.80, "%", "held out", "missed", NO_LONG),
        ("under-30-miles", "trips of at most 30 miles", (miles <= 30).mean(), "95 %", NHTS_LENGTH, 0.93, 0.97, "%",
         "held out", "missed", NO_LONG),
    )  # fmt: skip
    for name, what, value, published, source, low, high, unit, kind, expected, why in rows:
        check(
            f"movement.{name}", what=what, value=value, published=published, source=source, low=low, high=high,
            kind=kind, expected=expected, unit=unit, why=why,
        )  # fmt: skip
    purpose = large.week.purpose[large.measured]
    for which, name, mean in ((Purpose.SHOP, "errands", 7), (Purpose.LEISURE, "leisure", 8)):
        check(
            f"movement.length-{name}", what=f"mean length of trips to {name}", value=miles[purpose == which].mean(),
            published=f"about {mean} mi", source=BTS, low=0.7 * mean, high=1.3 * mean, kind="held out",
            expected="reproduced", unit="mi",
        )  # fmt: skip
    figure, (axes,) = panels(high=3.0)
    axes.plot(np.sort(miles), np.linspace(0, 100, len(miles)), color=BLUE)
    axes.plot([6], [59.4], "o", color=INK, markersize=8)
    axes.plot([10, 30], [76.7, 95], "X", color=INK, markersize=8)
    axes.set(xscale="log", xlim=(0.2, 60), xlabel="miles", ylabel="% of trips no longer")
    plain_numbers(axes.xaxis)
    record.picture(
        "lengths", figure, topic="movement", says="Lengths follow the first two marks and stop short of the last.",
        caption="Trips no longer than so many miles in a city 26 km across: the model (line) and NHTS 2017, fitted"
        " (round) and held out (crosses). Journeys beyond the city are missing.",
    )  # fmt: skip


def test_times(check, large):
    minutes = movement.minutes_per_vehicle_day(large.week, large.vehicle_days)
    took = movement.minutes(large.week)
    rows = (
        ("minutes-per-day", "minutes driven per vehicle-day", minutes, "51 to 59",
         "AAA Foundation 2019, 2021, per driver", 40, 65, "min", "missed", STREETS),
        ("parked", "share of its life a vehicle is parked", 1 - minutes / 1440, "about 95 %",
         "derived from AAA Foundation 2019, 2021", 0.94, 0.97, "%", "missed", STREETS),
        ("travel-times", "spread of travel times over their mean", took.std() / took.mean(), "1 (exponential)",
         "Gallotti et al., Nat. Commun. 2016: cars in Italy", 0.7, 1.2, "", "missed", NO_LONG),
    )  # fmt: skip
    for name, what, value, published, source, low, high, unit, expected, why in rows:
        check(
            f"movement.{name}", what=what, value=value, published=published, source=source, low=low, high=high,
            kind="held out", expected=expected, unit=unit, why=why,
        )  # fmt: skip


def test_commutes(check, large):
    to_work = movement.commutes(large.week, np.ones(7, np.bool_))
    minutes = movement.minutes(large.week)[to_work]
    miles = large.miles[to_work[large.measured]]
    rows = (
        ("minutes", "mean time of a commute", minutes.mean(), "27.6 min", ACS, 24, 31, "min", "missed"),
        ("under-10-min", "commutes under 10 minutes", (minutes < 10).mean(), "11.9 %", ACS, 0.06, 0.18, "%",
         "reproduced"),
        ("over-60-min", "commutes of an hour or more", (minutes >= 60).mean(), "9.8 %", ACS, 0.06, 0.14, "%", "missed"),
        ("length", "median length of a commute", np.median(miles), "4.7 to 12.8 mi over 96 metropolitan areas", None,
         4.7, 12.8, "mi", "reproduced"),
        ("mean-length", "mean length of a commute", miles.mean(), "12 mi", BTS, 9, 15, "mi", "missed"),
    )  # fmt: skip
    for name, what, value, published, source, low, high, unit, expected in rows:
        check(
            f"movement.commute-{name}", what=what, value=value, published=published, source=source, low=low, high=high,
            kind="held out", expected=expected, unit=unit, why=NO_LONG_COMMUTES if expected == "missed" else "",
        )  # fmt: skip
    midweek = large.town.lives.calendar.kind == WORKDAY
    check(
        "movement.commute-leaves-large", what="commutes that leave from 6:00 to 8:29, large city",
        value=movement.commute_departure_share(large.week, midweek, 6, 8.5), published="57 %", source="ACS 2009",
        low=0.51, high=0.63, kind="fitted", expected="reproduced", unit="%",
    )  # fmt: skip
