"""Habits and how lives change, over a year and over five."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import movement
import numpy as np
import pytest
from flows import link_passages
from pictures import BLUE, INK, panels, plain_numbers
from worlds import Small, anaheim_scenario, finish, small

import simulate as sim
from simulate.travel import truth
from simulate.world.build import build_world
from simulate.world.tntp.tables import find_files, read_flows, read_network, read_trips

if TYPE_CHECKING:
    from simulate.travel.truth import Trips

pytestmark = pytest.mark.verify

FIVE_YEARS, YEAR = 1826, 365
CENSUS = "Census P20-567, 2012-13"
NETWORKS = "Transportation Networks for Research"
SONG = "Song, Koren, Wang & Barabasi, Nat. Phys. 2010: telephones"
CUTTONE = "Cuttone, Lehmann & Gonzalez, EPJ Data Sci. 2018: telephones"
STEADY = (
    "a car here explores as often whatever it knows, until the places of a small town run out; people explore less the"
    " more places they know. Its exponent hangs on the size of the town"
)


class Years(NamedTuple):
    """A town that lives for five years, and some of its cars driven for one."""

    town: Small
    trips: Trips


@pytest.fixture(scope="module")
def years() -> Years:
    scenario = sim.load("smallville", overrides={"period.days": FIVE_YEARS + 1})
    town = finish(scenario, build_world(scenario))
    people = town.lives.population
    first = people.first_vehicle
    cars = np.concatenate([np.arange(first[h], first[h + 1]) for h in range(0, people.n_households, 20)])
    return Years(town, truth.trips(town.lives, cars, 0, YEAR))


def test_lives_change_as_the_census_says(check, years):
    (home, work), first = truth.home_and_work(years.town.lives, 0), years.town.lives.population.first_vehicle[:-1]
    rows = ((YEAR, "11.7 %", "one year", 0.10, 0.135), (FIVE_YEARS, "35.4 %", "five years", 0.33, 0.38))
    for days, published, span, low, high in rows:
        later, job = truth.home_and_work(years.town.lives, days)
        check(
            f"habits.moved-{span.split()[0]}", what=f"households that moved within {span}",
            value=(later != home)[first].mean(), published=published, source=CENSUS, low=low, high=high, kind="input",
            expected="reproduced", unit="%",
        )  # fmt: skip
        if days == YEAR:
            check(
                "habits.new-job", what="commuters with another workplace after a year",
                value=(job != work)[work >= 0].mean(), published="15 %", source="assumption of this project", low=0.13,
                high=0.17, kind="input", expected="reproduced", unit="%",
            )  # fmt: skip


def test_laws_of_habit(check, years, record):
    trips = years.trips
    days = np.unique(np.geomspace(3, YEAR, 14).round().astype(np.int64))
    seen, shares = movement.growth(trips, days), movement.rank_frequencies(trips, 20)
    rank = np.arange(1, 21)
    check(
        "habits.growth", what="exponent by which places visited grow with days",
        value=np.polyfit(np.log(days), np.log(seen), 1)[0], published="0.6", source=None, low=0.5, high=0.7,
        kind="held out", expected="reproduced", why=STEADY,
    )  # fmt: skip
    check(
        "habits.rank-law", what="exponent by which stops away from home fall with a place's rank",
        value=-np.polyfit(np.log(rank), np.log(shares), 1)[0], published="1.2", source=None, low=1.0, high=1.4,
        kind="input", expected="reproduced",
        why="1.2 was put in for each purpose by itself; this is what comes of all of them together",
    )  # fmt: skip
    known, fresh = movement.exploring(trips)
    check(
        "habits.exploration", what="exponent by which exploring falls with places known",
        value=-np.polyfit(np.log(known), np.log(fresh), 1)[0], published="0.21", source=SONG, low=0.1, high=0.4,
        kind="held out", expected="missed", why=STEADY,
    )  # fmt: skip
    check(
        "habits.familiar", what="places a car goes to at least twice in 20 weeks",
        value=movement.familiar_places(trips, 20), published="about 25",
        source="Alessandretti et al., Nat. Hum. Behav. 2018: persons, not cars", low=20, high=30,
        kind="held out", expected="reproduced",
        why="zones, of which a town of 20,000 has some 340: some are explored twice by chance",
    )  # fmt: skip
    figure, axes = panels(2, high=3.0)
    axes[0].loglog(days, seen, "o-", color=BLUE, markersize=4)
    axes[0].loglog(days, seen[0] * (days / days[0]) ** 0.6, "--", color=INK)
    axes[0].set(xlabel="days", ylabel="places visited")
    axes[1].loglog(rank, 100 * shares, "o-", color=BLUE, markersize=4)
    axes[1].loglog(rank, 100 * shares[0] * rank**-1.2, "--", color=INK)
    axes[1].set(xlabel="rank of the place", ylabel="% of stops there")
    plain_numbers(*(axis for panel in axes for axis in (panel.xaxis, panel.yaxis)))
    record.picture(
        "habits", figure, topic="habits",
        says="Places visited bend below the published straight line; stops by rank follow theirs.",
        caption="Places visited grow with time, and stops away from home fall with rank: the model (dots) and the"
        " slopes reported for telephones (dashed; recalled, unchecked). Both axes are logarithmic.",
    )  # fmt: skip


@pytest.fixture(scope="module")
def city() -> Years:
    """A metro, since a small town has few places to explore, and a year of some of its cars."""
    scenario = sim.load("metro", overrides={"roads.population": 250_000, "period.days": YEAR})
    town = finish(scenario, build_world(scenario))
    first = town.lives.population.first_vehicle
    households = range(0, int(np.searchsorted(first, town.lives.population.n_residents)), 50)
    cars = np.concatenate([np.arange(first[h], first[h + 1]) for h in households])
    return Years(town, truth.trips(town.lives, cars, 0, YEAR))


def test_how_often_cars_explore(check, city):
    trips = city.trips
    moves = movement.lasting(trips, 900)
    found = [movement.first_and_only(trips, moves, days) for days in (91, 182, YEAR)]
    for name, what, at, published, low, high in (
        ("explores", "moves to places not visited before", 0, "20 to 25 %", 0.14, 0.31),
        ("once", "places visited that are seen once", 1, "about 70 %", 0.58, 0.82),
    ):
        for months, value in zip((3, 6, 12), found, strict=True):
            check(
                f"habits.{name}-{months}", what=f"{what}, stays of 15 minutes and more, in {months} months",
                value=value[at], published=published, source=CUTTONE, low=low, high=high, kind="fitted",
                expected="missed" if (name, months) == ("explores", 12) else "reproduced", unit="%",
                why="of people by telephone, however they travel; the share of errands at new places was chosen for it."
                " Within a year the new places in reach run short here",
            )  # fmt: skip


def test_cars_differ_in_how_much_they_are_driven(check, city):
    check(
        "habits.yearly", what="spread over cars of the time driven in a year, over its mean",
        value=movement.yearly_spread(city.trips, np.unique(city.trips.vehicle)), published="0.7 to 0.9, of miles",
        source=None, low=0.6, high=1.0, kind="fitted", expected="reproduced",
        why="the spreads of households were assumed with this in view",
    )  # fmt: skip


def test_anaheim_drives_as_its_tables_say(check, data):
    """The flows are no input: trips, hours and routes are ours. All links, connectors too."""
    town = small(anaheim_scenario(data, period__days=14))
    files, traffic_zones = find_files(data / "tntp" / "Anaheim"), town.world.traffic_zones
    table = read_trips(files.trips, 38)
    home, work = truth.home_and_work(town.lives, 0)
    commutes = work >= 0
    pairs = np.bincount(
        traffic_zones.of_zone[home[commutes]] * 38 + traffic_zones.of_zone[work[commutes]], minlength=38 * 38
    )
    check(
        "movement.anaheim-pairs", what="Anaheim: home-work pairs against its trip table, correlation",
        value=np.corrcoef(table.ravel(), pairs)[0, 1], published="1", source=NETWORKS,
        low=0.95, high=1.0, kind="input", expected="reproduced",
    )  # fmt: skip
    flows = read_flows(files.flow, read_network(files.net))
    passages, _, _ = link_passages(town.world, town.lives, 7, 14)
    check(
        "movement.anaheim-flows", what="Anaheim: passages on its links against equilibrium flows, correlation",
        value=np.corrcoef(passages, flows)[0, 1], published="1", source=NETWORKS, low=0.85, high=1.0,
         kind="held out", expected="reproduced",
    )  # fmt: skip
