"""Diaries: every day fits, and the mix of days is what the scenario asks for."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest

import simulate.scenario
from simulate.kernels import plan
from simulate.travel import diaries as d
from simulate.travel.households import shift_table
from simulate.world.zones import Purpose

DAY_S = 24 * 3600
SHIFTS = sorted({int(x) for x in shift_table()})
OFFSETS = (-1800, 0, 1800)
NUMBERS = {name: d.NUMBER[name] for name in d.NUMBER}
WORKING = {i for i, t in enumerate(d.TEMPLATES) if any(what is Purpose.WORK for what, _ in t.stops)}


@pytest.fixture(scope="module")
def table():
    return d.diaries()


@pytest.fixture(scope="module")
def smallville():
    return simulate.scenario.load("smallville").settings


@pytest.fixture(scope="module")
def patterns(smallville):
    return d.pattern_table(smallville.households, smallville.travel, 0)


def days_at_their_extremes(table, i, shifts):
    """Yield anchors of every combination of jitters (0 or the latest), shifts and group offsets."""
    n = int(table.n_stops[i])
    latest = 1023 * int(table.jitter_s[i]) >> 10
    group = [table.purpose[i, j] == Purpose.GROUP for j in range(n)] + [False]
    for shift, offset in product(shifts, OFFSETS if any(group) else (0,)):
        for late in product((0, latest), repeat=n + 1):
            yield [
                int(table.anchor_s[i, j]) + int(table.shifts[i, j]) * shift + late[j] + (offset if group[j] else 0)
                for j in range(n + 1)
            ]


@pytest.mark.parametrize("i", range(4, len(d.TEMPLATES)), ids=lambda i: d.TEMPLATES[i].name)
def test_trips_of_the_slack_fit_into_every_day(table, i):
    """Proof by all extremes: jitters and shifts enter linearly, so the worst day is one of them."""
    slack, n = d.slack_s(table), int(table.n_stops[i])
    for at in days_at_their_extremes(table, i, (SHIFTS[0], 0, SHIFTS[-1])):
        assert at[0] - slack >= 0, "leaves home before 04:00"
        for j in range(n - 1):
            assert at[j + 1] - slack - at[j] >= d.LEAST_STAY_S, f"stop {j}"
        if n:
            assert at[n] - at[n - 1] >= d.LEAST_STAY_S, "last stop"
        if table.n_legs[i] > n:
            assert at[n] + slack <= DAY_S, "comes home after 04:00"


@pytest.mark.parametrize("i", [d.NUMBER["depart"], d.NUMBER["return"]])
def test_trips_beyond_the_map_fit_into_the_day(table, i):
    latest = int(table.anchor_s[i, 0]) + int(table.jitter_s[i])
    assert d.slack_s(table) <= int(table.anchor_s[i, 0])
    assert latest <= DAY_S


@pytest.mark.parametrize(
    ("name", "stop", "clock_s", "room_s"),
    [("work", 0, 7 * 3600, 3600), ("work-home-visit", 3, 22 * 3600 + 1800, 3600), ("shop", 1, 27 * 3600 + 1200, 0)],
)
def test_early_starts_and_late_returns_shorten_the_slack(table, name, stop, clock_s, room_s):
    """Work may begin two hours earlier, a shift end four hours later, and all be late by the jitter."""
    anchor_s = table.anchor_s.copy()
    anchor_s[NUMBERS[f"{name}+0"] if name == "shop" else NUMBERS[name], stop] = clock_s - 4 * 3600
    assert d.slack_s(dataclasses.replace(table, anchor_s=anchor_s)) == room_s


def test_the_slack_is_the_longest_that_fits(table):
    """One second more, and some day no longer fits: the bound is not merely safe but tight to a jitter step."""
    slack = d.slack_s(table) + 61  # jitters stay below their bound by up to a 1024th of it
    fits = True
    for i in range(len(d.TEMPLATES)):
        n = int(table.n_stops[i])
        for at in days_at_their_extremes(table, i, (SHIFTS[0], 0, SHIFTS[-1])) if n else ():
            fits &= at[0] >= slack and all(at[j + 1] - slack - at[j] >= d.LEAST_STAY_S for j in range(n - 1))
            fits &= table.n_legs[i] == n or at[n] + slack <= DAY_S
    assert not fits


def test_shifts_stay_within_what_the_slack_allows_for():
    assert SHIFTS[0] >= d.EARLIEST_SHIFT_S
    assert SHIFTS[-1] <= d.LATEST_SHIFT_S


def test_kernel_and_diaries_count_alike(table):
    assert [NUMBERS[name] for name in ("idle", "away", "depart", "return")] == [
        plan.T_IDLE, plan.T_AWAY, plan.T_DEPART, plan.T_RETURN,
    ]  # fmt: skip
    assert (plan.P_HOME, plan.P_WORK, plan.P_VISIT, plan.P_GROUP, plan.P_OUTSIDE) == (
        Purpose.HOME, Purpose.WORK, Purpose.VISIT, Purpose.GROUP, Purpose.OUTSIDE,
    )  # fmt: skip
    assert plan.MAX_LEGS == d.MAX_STOPS + 1 >= table.n_legs.max()
    assert plan.STATE >= 3 + 3 * d.MAX_CARS
    assert len(d.NUMBER) == len(d.TEMPLATES) < 256


def test_every_day_but_a_journey_ends_at_home(table):
    for i, template in enumerate(d.TEMPLATES):
        n, legs = int(table.n_stops[i]), int(table.n_legs[i])
        if legs == n and n:
            assert template.name in {"depart", "return"}
        if template.name not in {"away", "return"}:
            assert table.starts_at[i] == Purpose.HOME


def test_an_evening_with_the_group_keeps_the_work_and_adds_the_meeting(table):
    for i in range(4, len(d.TEMPLATES)):
        after = int(table.with_group[i])
        assert (after in WORKING) == (i in WORKING)
        assert Purpose.GROUP in [what for what, _ in d.TEMPLATES[after].stops]
    assert d.TEMPLATES[table.with_group[plan.T_IDLE]] is d.GROUP
    for away in (plan.T_AWAY, plan.T_DEPART, plan.T_RETURN):
        assert table.with_group[away] == away


def test_workers_drive_to_work_as_often_as_the_scenario_says(smallville, patterns):
    travel = smallville.travel
    for i, kind in enumerate(smallville.households.types.values()):
        for day, share in (
            (0, travel.drive_to_work),
            (1, 0.15 * travel.drive_to_work),
            (2, 0.15 * travel.drive_to_work),
        ):
            for car in range(kind.workers):
                drives = np.isin(patterns[i, day, :, car], list(WORKING)).mean()
                assert abs(drives - share) < 4 * np.sqrt(share * (1 - share) / d.PATTERNS), (i, day, car)
        assert not np.isin(patterns[i][:, :, kind.workers : kind.cars], list(WORKING)).any()


def test_a_third_of_the_commutes_have_a_side_trip(smallville, patterns):
    worker = list(smallville.households.types).index("couple")
    commutes = patterns[worker, 0, :, :2]
    commutes = commutes[np.isin(commutes, list(WORKING))]
    plain = (commutes == d.NUMBER["work"]).mean()
    share = 1 - smallville.travel.side_trip
    assert abs(plain - share) < 4 * np.sqrt(share * (1 - share) / len(commutes))


def test_school_runs_happen_where_there_is_a_car_without_a_commuter(smallville, patterns):
    schools = [d.NUMBER[name] for name in ("school", "school-twice", "school-work")]
    for i, (_, kind) in enumerate(smallville.households.types.items()):
        runs = np.isin(patterns[i, 0], schools).any(axis=1).mean()
        if not kind.cars > kind.workers > 0:
            assert runs == 0
        else:
            assert 0.25 < runs <= smallville.travel.school_run + 0.06
        assert not np.isin(patterns[i, 1:], schools).any()


def test_cars_that_a_household_lacks_stay_idle_and_worship_is_on_sundays(smallville, patterns):
    worship = [i for name, i in NUMBERS.items() if name.startswith("worship")]
    for i, kind in enumerate(smallville.households.types.values()):
        assert (patterns[i, :, :, kind.cars :] == plan.T_IDLE).all()
    assert not np.isin(patterns[:, :2], worship).any()
    assert np.isin(patterns[:, 2], worship).mean() > 0.02


def test_patterns_draw_no_journey_and_no_meeting(patterns):
    reserved = [NUMBERS[name] for name in ("away", "depart", "return", "group", "work-group")]
    assert not np.isin(patterns, reserved).any()


def test_another_type_changes_no_pattern_of_the_first_ones(smallville, patterns):
    kinds = smallville.households.types
    fewer = smallville.households.model_copy(update={"types": {"couple": kinds["couple"]}})
    at = list(kinds).index("couple")
    assert np.array_equal(d.pattern_table(fewer, smallville.travel, 0)[0], patterns[at])
