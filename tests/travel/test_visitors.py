"""Visitors: they live beyond the map, come as often as the scenario says, for what it says, and go home."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from worlds import Small, small, town_scenario

from simulate.checks import ScenarioError
from simulate.travel import days, truth
from simulate.travel.truth import Trips
from simulate.travel.visitors import add_visitors
from simulate.world.zones import Purpose

WEEKS, EACH = 26, 60
GROUPS = {
    "work": {"vehicles": EACH, "weeks": 0.8, "days": "workdays", "purpose": "work"},
    "errands": {"vehicles": EACH, "weeks": 0.4, "days": "one", "purpose": "errands"},
    "through": {"vehicles": EACH, "weeks": 0.5, "days": "one", "purpose": "through"},
    "rest": {"vehicles": EACH, "weeks": 0.3, "days": "workdays", "purpose": "errands"},
    "never": {"vehicles": EACH, "weeks": 0.0, "days": "one", "purpose": "errands"},
    "always": {"vehicles": EACH, "weeks": 1.0, "days": "one", "purpose": "through"},
}
NAMES = sorted(GROUPS)
"""In the order in which a scenario numbers them."""


@cache
def visited() -> Small:
    """Return a town of some 50 cars with six groups of visitors, for half a year that starts on a Thursday."""
    changes = {f"visitors.{name}": group for name, group in GROUPS.items()}
    dates = {"period.start": "2025-03-06", "period.days": 7 * WEEKS}
    return small(town_scenario(3, **changes, **dates, households__new_job_in_year=0.9))


def of_group(name: str) -> np.ndarray:
    first = visited().lives.population.n_residents + EACH * NAMES.index(name)
    return np.arange(first, first + EACH)


@cache
def trips_of(name: str) -> Trips:
    return truth.trips(visited().lives, of_group(name), 0, 7 * WEEKS)


def days_about(name: str) -> np.ndarray:
    """Tell on which days each vehicle of a group drives; bool[vehicles, days]."""
    trips, about = trips_of(name), np.zeros((EACH, 7 * WEEKS), bool)
    about[trips.vehicle - of_group(name)[0], trips.day] = True
    return about


def weeks_about(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return on how many days of each whole week each vehicle comes, and how many workdays the week has."""
    start = (7 - visited().lives.tables.calendar.first_weekday) % 7
    whole = slice(start, start + 7 * (WEEKS - 1))
    works = visited().lives.calendar.works[whole].reshape(-1, 7).sum(axis=1)
    return days_about(name)[:, whole].reshape(EACH, -1, 7).sum(axis=2), works


@pytest.mark.parametrize("name", NAMES)
def test_they_come_in_as_many_weeks_as_the_scenario_says(name):
    came = weeks_about(name)[0] > 0
    share = GROUPS[name]["weeks"]
    assert abs(came.mean() - share) <= 4 * np.sqrt(share * (1 - share) / came.size)


@pytest.mark.parametrize("name", NAMES)
def test_they_come_on_one_day_of_a_week_or_on_all_its_working_days(name):
    came, works = weeks_about(name)
    if GROUPS[name]["days"] == "one":
        assert came.max(initial=0) <= 1
    else:
        assert (came[came > 0] == np.broadcast_to(works, came.shape)[came > 0]).all()
        assert set(works) == {4, 5}
        assert not days_about(name)[:, ~visited().lives.calendar.works].any()


def test_one_day_is_any_day_of_the_week():
    weekday = (visited().lives.tables.calendar.first_weekday + np.nonzero(days_about("always"))[1]) % 7
    counts = np.bincount(weekday, minlength=7)
    assert abs(counts / counts.sum() - 1 / 7).max() < 4 * np.sqrt(1 / 7 * 6 / 7 / counts.sum())


def test_who_works_here_has_a_job_on_the_map_and_sometimes_another_one():
    run, trips = visited(), trips_of("work")
    there = trips.purpose == Purpose.WORK
    assert set(trips.purpose) == {Purpose.WORK, Purpose.HOME}
    for day in (0, 102):
        _, job = truth.home_and_work(run.lives, day, of_group("work"))
        today = there & (trips.day == day)
        assert today.any()
        assert np.array_equal(trips.to_zone[today], job[trips.vehicle[today] - of_group("work")[0]])
    assert (truth.home_and_work(run.lives, 181, of_group("work"))[1] != job).any()


@pytest.mark.parametrize("name", ["errands", "rest"])
def test_who_comes_for_errands_goes_anywhere_in_the_city(name):
    run, trips = visited(), trips_of(name)
    city = trips.purpose == Purpose.CITY
    assert set(trips.purpose) == {Purpose.CITY, Purpose.HOME}
    assert (run.world.zones.attraction[Purpose.CITY][trips.to_zone[city]] > 0).all()
    assert not run.world.zones.outside[trips.to_zone[city]].any()
    assert len(np.unique(trips.to_zone[city])) > 15


def test_who_drives_through_stops_nowhere_on_the_map():
    run, trips = visited(), trips_of("through")
    assert run.world.zones.outside[trips.to_zone].all()
    assert set(trips.purpose) == {Purpose.OUTSIDE, Purpose.HOME}
    hub = run.world.zones.hub
    assert (hub[trips.from_zone] != hub[trips.to_zone]).mean() > 0.5, "they cross the map"


@pytest.mark.parametrize("name", ["work", "errands", "through", "rest"])
def test_their_days_begin_and_end_at_a_home_beyond_the_map_where_they_stay(name):
    run, trips = visited(), trips_of(name)
    homes = [truth.home_and_work(run.lives, day, of_group(name))[0] for day in (0, 7 * WEEKS - 1)]
    assert np.array_equal(*homes)
    assert run.world.zones.outside[homes[0]].all()
    assert len(np.unique(homes[0])) > 4
    mine = homes[0][trips.vehicle - of_group(name)[0]]
    assert (trips.from_zone[trips.leg == 0] == mine[trips.leg == 0]).all()
    last = np.append((trips.day[1:] != trips.day[:-1]) | (trips.vehicle[1:] != trips.vehicle[:-1]), True)
    assert (trips.to_zone[last] == mine[last]).all()


def test_nobody_who_lives_beyond_the_map_joins_its_groups_or_falls_ill():
    run = visited()
    life = run.lives.tables
    for name in NAMES:
        household = int(life.people.household[of_group(name)[0]])
        assert days.group_of(life, household, int(life.people.home[household])) is None
        assert days.chapter_on(life, household, 3000).moves == 0
    always = weeks_about("always")[0]
    assert (always == 1).all()


def test_one_more_group_of_visitors_changes_nobody_s_life_and_no_other_visitor_s():
    fewer = small(town_scenario(3, **{f"visitors.{name}": GROUPS[name] for name in NAMES[:2]}))
    more = small(town_scenario(3, **{f"visitors.{name}": GROUPS[name] for name in NAMES[:3]}))
    n = fewer.lives.population.n_vehicles
    assert more.lives.population.n_vehicles == n + EACH
    assert more.lives.population.n_residents == fewer.lives.population.n_residents == n - 2 * EACH
    for a, b in zip(*(vars_of(truth.trips(run.lives, np.arange(n), 0, 30)) for run in (fewer, more)), strict=True):
        assert np.array_equal(a, b)


def vars_of(trips: Trips) -> list[np.ndarray]:
    return [getattr(trips, name) for name in trips.__slots__]


def test_a_map_without_ways_in_has_no_visitors():
    run = visited()
    zones = run.world.zones
    closed = type(zones)(
        **{name: getattr(zones, name) for name in zones.__slots__} | {"outside": zones.outside & False}
    )
    with pytest.raises(
        ScenarioError, match=r"^visitors: expected a map with ways in, found none; name roads.outside_z"
    ):
        add_visitors(run.lives.population, closed, run.scenario.settings.visitors, 5, 3)
    none = {name: one.model_copy(update={"vehicles": 0}) for name, one in run.scenario.settings.visitors.items()}
    assert add_visitors(run.lives.population, closed, none, 5, 3) is run.lives.population, "nobody needs a way in"
