"""How far and how long vehicles drive, over metros of four sizes: a small town has none but short trips.

National figures are of all cities together, and people drive farther in larger ones. So they are
set beside a mix of metros, weighed by how many people of the 50 largest live in metros of about
each size. What was turned until the first figures fitted: `distance_decay_s`, `work_decay_s`,
`day_out`, `leave_work`, the speeds of a metro's roads and how far beyond it people go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import movement
import numpy as np
import pytest
from cities import METROS
from pictures import BLUE, FAINT, GREY, INK, panels, plain_numbers
from worlds import finish

import simulate as sim
from simulate.travel import truth
from simulate.travel.calendar import WORKDAY
from simulate.world.build import build_world
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.truth import Trips

pytestmark = pytest.mark.verify

HUBS = 150
"""Hubs whose trips are measured along their links."""
NHTS = "derived from NHTS 2017 totals"
NHTS_LENGTH = "DOE Fact of the Week 1042: NHTS 2017"
ACS = "US Census Bureau, ACS-47, 2021"
BTS = "BTS, NHTS 2001"
AAA = "AAA Foundation 2019, 2021, per driver"


class Week(NamedTuple):
    """A week of some cars of one metro, and the lengths of some of its trips."""

    trips: Trips
    vehicle_days: int
    miles: NDArray[np.float64]
    measured: NDArray[np.bool_]
    midweek: NDArray[np.bool_]

    @property
    def to_work(self) -> NDArray[np.bool_]:
        """Tell which trips go straight from home to work."""
        return movement.commutes(self.trips, np.ones(7, np.bool_))


@pytest.fixture(scope="module")
def weeks() -> dict[int, Week]:
    found = {}
    for people, (density, _, every) in METROS.items():
        overrides = {"period.days": 7, "roads.population": people, "roads.density_per_km2": density}
        scenario = sim.load("metro", overrides=overrides)
        metro = finish(scenario, build_world(scenario))
        vehicles = np.arange(0, metro.lives.population.n_residents, every)
        trips = truth.trips(metro.lives, vehicles, 0, 7)
        hubs = np.random.default_rng(0).choice(len(metro.world.routes.hub_node), HUBS, replace=False)
        midweek = metro.lives.calendar.kind == WORKDAY
        found[people] = Week(trips, len(vehicles) * 7, *movement.miles_from(metro.world, trips, np.sort(hubs)), midweek)
    return found


def mixed(weeks, figure) -> float:
    """Return a figure over the mix of metros: the weighed mean of what it is in each."""
    return sum(share * figure(weeks[people]) for people, (_, share, _) in METROS.items())


NEARER = (
    "fitted before trips had a pace: places lie within reach at the slowest one, so near places lie nearer and long"
    " commutes are fewer; decays have not been fitted again"
)


def record_all(check, weeks, rows):
    """Hand figures over; those with a reason are expected to be missed."""
    for name, what, figure, published, source, low, high, unit, kind, why in rows:
        check(
            f"movement.{name}", what=what, value=mixed(weeks, figure), published=published, source=source, low=low,
            high=high, unit=unit, kind=kind, why=why, expected="missed" if why else "reproduced",
        )  # fmt: skip


def test_lengths(check, weeks, record):
    def a_day(week):
        return week.miles.mean() * movement.trips_per_vehicle_day(week.trips, week.vehicle_days)

    def up_to(most):
        return lambda week: (week.miles <= most).mean()

    rows = (
        ("median-length", "median trip length", lambda week: np.median(week.miles), "4.1 to 4.6 mi", NHTS, 4, 5, "mi",
         "fitted", NEARER),
        ("under-6-miles", "trips under 6 miles", lambda week: (week.miles < 6).mean(), "59.4 %", NHTS_LENGTH, 0.535,
         0.655, "%", "fitted", ""),
        ("under-30-miles", "trips of at most 30 miles", up_to(30), "95 %", NHTS_LENGTH, 0.93, 0.97, "%", "fitted", ""),
        ("under-10-miles", "trips of at most 10 miles", up_to(10), "about three-fourths", NHTS_LENGTH, 0.70, 0.80, "%",
         "held out", ""),
        ("under-20-miles", "trips of at most 20 miles", up_to(20), "about 90 %", NHTS_LENGTH, 0.85, 0.94, "%",
         "held out", ""),
        ("over-100-miles", "trips of 100 miles and more", lambda week: (week.miles >= 100).mean(), "under 1 %",
         "FHWA, Our Nation's Highways 2008", 0.001, 0.01, "%", "held out", ""),
        ("mean-length", "mean trip length", lambda week: week.miles.mean(), "9.55 mi", NHTS, 8.1, 11, "mi", "held out",
         ""),
        ("miles-per-day", "miles per vehicle-day", a_day, "25.9 mi", NHTS, 22, 30, "mi", "held out", ""),
    )  # fmt: skip
    record_all(check, weeks, rows)
    figure, (axes,) = panels(high=3.0)
    for people, week in weeks.items():
        axes.plot(np.sort(week.miles), np.linspace(0, 100, len(week.miles)), color=BLUE, linewidth=1, alpha=0.6)
        axes.annotate(f"{people / 1e6:.1f} M", (7, 100 * (week.miles <= 7).mean()), color=GREY, fontsize=6)
    axes.plot([6, 30], [59.4, 95], "o", color=INK, markersize=8)
    axes.plot([10, 15, 20], [76.7, 85.1, 90], "X", color=INK, markersize=8)
    axes.axhline(100, color=FAINT, linewidth=1, zorder=0)
    axes.set(xscale="log", xlim=(0.2, 200), xlabel="miles", ylabel="% of trips no longer")
    plain_numbers(axes.xaxis)
    record.picture(
        "lengths", figure, topic="movement", says="The lengths of trips in four metros pass close to all five marks.",
        caption="Trips no longer than so many miles, in invented metros of four sizes (lines) and in NHTS 2017, fitted"
        " (round) and held out (crosses).",
    )  # fmt: skip


def test_lengths_by_purpose(check, weeks):
    for which, name, mean in ((Purpose.SHOP, "errands", 7), (Purpose.LEISURE, "leisure", 8)):

        def length(week, which=which):
            return week.miles[(week.trips.purpose == which)[week.measured]].mean()

        long = name == "leisure"
        check(
            f"movement.length-{name}", what=f"mean length of trips to {name}", value=mixed(weeks, length),
            published=f"about {mean} mi", source=BTS, low=0.7 * mean, high=1.3 * mean, kind="held out",
            expected="missed" if long else "reproduced", unit="mi",
            why="many go there straight from work, which lies far from home in large metros; the published figure is of"
            " all trips for leisure, by whatever means" if long else "",
        )  # fmt: skip


def test_times(check, weeks):
    def minutes(week):
        return movement.minutes_per_vehicle_day(week.trips, week.vehicle_days)

    def spread(week):
        took = movement.minutes(week.trips)
        return took.std() / took.mean()

    rows = (
        ("minutes-per-day", "minutes driven per vehicle-day", minutes, "51 to 59", AAA, 40, 65, "min", "held out", ""),
        ("parked", "share of its life a vehicle is parked", lambda week: 1 - minutes(week) / 1440, "about 95 %",
         "derived from AAA Foundation 2019, 2021", 0.94, 0.97, "%", "held out", ""),
        ("travel-times", "spread of travel times over their mean", spread, "1 (exponential)",
         "Gallotti et al., Nat. Commun. 2016: cars in Italy", 0.7, 1.2, "", "held out", ""),
    )  # fmt: skip
    record_all(check, weeks, rows)


def test_commutes(check, weeks, record):
    def took(week):
        return movement.minutes(week.trips)[week.to_work]

    def miles(week):
        return week.miles[week.to_work[week.measured]]

    rows = (
        ("commute-minutes", "mean time of a commute", lambda week: took(week).mean(), "27.6 min", ACS, 24, 31, "min",
         "fitted", ""),
        ("commute-over-60-min", "commutes of an hour or more", lambda week: (took(week) >= 60).mean(), "9.8 %", ACS,
         0.06, 0.14, "%", "fitted", NEARER),
        ("commute-under-10-min", "commutes under 10 minutes", lambda week: (took(week) < 10).mean(), "11.9 %", ACS,
         0.06, 0.18, "%", "held out", ""),
        ("commute-mean-length", "mean length of a commute", lambda week: miles(week).mean(), "12 mi", BTS, 9, 15, "mi",
         "fitted", ""),
        ("commute-length", "median length of a commute", lambda week: np.median(miles(week)),
         "4.7 to 12.8 mi over 96 metropolitan areas", None, 4.7, 12.8, "mi", "held out", ""),
        ("commute-leaves-large", "commutes that leave from 6:00 to 8:29, metros",
         lambda week: movement.commute_departure_share(week.trips, week.midweek, 6, 8.5), "57 %", "ACS 2009", 0.51,
         0.63, "%", "fitted", ""),
    )  # fmt: skip
    record_all(check, weeks, rows)
    figure, (axes,) = panels(high=2.8)
    edges = np.array([0, 10, 15, 20, 25, 30, 35, 45, 60, 150])
    for people, week in weeks.items():
        up_to = np.searchsorted(np.sort(took(week)), edges) / len(took(week))
        axes.plot(edges, 100 * up_to, color=BLUE, linewidth=1, alpha=0.6)
        axes.annotate(f"{people / 1e6:.1f} M", (25, 100 * up_to[4]), color=GREY, fontsize=6)
    axes.plot([10], [11.9], "X", color=INK, markersize=8)
    axes.plot([60], [90.2], "o", color=INK, markersize=8)
    axes.set(xlim=(0, 100), ylim=(0, 102), xlabel="minutes to work", ylabel="% of commutes no longer")
    record.picture(
        "commutes", figure, topic="movement", says="Commutes get longer as metros grow; both marks lie near the lines.",
        caption="Commutes no longer than so many minutes in invented metros of four sizes (lines) and in the United"
        " States (ACS 2019), fitted (round) and held out (cross).",
    )  # fmt: skip
