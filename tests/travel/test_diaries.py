"""Diaries: every day fits, and the mix of days is what the scenario asks for."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest

import simulate.scenario
from simulate.kernels import plan
from simulate.travel import diaries as d
from simulate.travel.calendar import EDGE_OF_WEEK, SATURDAY, SUNDAY, WORKDAY
from simulate.travel.households import shift_table
from simulate.world.choices import HOME_TO_NEAR_S, NEAR, NEAR_TO_NEAR_S
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


def room_s(table, i, j):
    """How long a trip to stop j may take, by the two kinds of places it joins."""
    purposes = [Purpose.HOME, *(what for what, _ in d.TEMPLATES[i].stops), Purpose.HOME]
    ends = {purposes[j], purposes[j + 1]}
    near = [what for what in (purposes[j], purposes[j + 1]) if what in NEAR]
    if j > 0 and near and ends <= {Purpose.HOME, *NEAR}:
        return HOME_TO_NEAR_S if len(near) == 1 else NEAR_TO_NEAR_S
    return d.slack_s(table)


@pytest.mark.parametrize("i", range(4, len(d.TEMPLATES)), ids=lambda i: d.TEMPLATES[i].name)
def test_trips_of_the_slack_fit_into_every_day(table, i):
    """Proof by all extremes: jitters and shifts enter linearly, so the worst day is one of them."""
    slack, n = d.slack_s(table), int(table.n_stops[i])
    for at in days_at_their_extremes(table, i, (SHIFTS[0], 0, SHIFTS[-1])):
        assert at[0] - slack >= 0, "leaves home before 04:00"
        for j in range(n - 1):
            assert at[j + 1] - room_s(table, i, j + 1) - at[j] >= d.LEAST_STAY_S, f"stop {j}"
        if n:
            assert at[n] - at[n - 1] >= d.LEAST_STAY_S, "last stop"
        if table.n_legs[i] > n:
            assert at[n] + slack <= DAY_S, "comes home after 04:00"


def test_diaries_leave_the_rooms_that_near_places_need(table):
    home_to_near, near_to_near = d.near_slack_s(table)
    assert home_to_near >= HOME_TO_NEAR_S
    assert near_to_near >= NEAR_TO_NEAR_S


def test_large_cities_fit(table):
    assert d.slack_s(table) >= 75 * 60


@pytest.mark.parametrize("i", [d.NUMBER["depart"], d.NUMBER["return"]])
def test_trips_beyond_the_map_fit_into_the_day(table, i):
    latest = int(table.anchor_s[i, 0]) + int(table.jitter_s[i])
    assert d.slack_s(table) <= int(table.anchor_s[i, 0])
    assert latest <= DAY_S


@pytest.mark.parametrize(
    ("name", "stop", "clock_s", "room_s"),
    [
        ("work@08:00", 0, 7 * 3600, 1800),
        ("work-home-leisure@08:00", 3, 22 * 3600 + 1800, 5400 - 600),
        ("clinic@08:30", 1, 27 * 3600 + 600, 2400),
    ],
)
def test_early_starts_and_late_returns_shorten_the_slack(table, name, stop, clock_s, room_s):
    """Work may begin earlier, a shift end four hours later, and all be late by the jitter."""
    anchor_s = table.anchor_s.copy()
    anchor_s[NUMBERS[name], stop] = clock_s - 4 * 3600
    assert d.slack_s(dataclasses.replace(table, anchor_s=anchor_s)) == room_s


def test_near_slack_sees_a_stay_cut_short(table):
    anchor_s = table.anchor_s.copy()
    anchor_s[next(i for name, i in NUMBERS.items() if name.startswith("shop-home-shop-home-visit")), 1] -= 600
    assert d.near_slack_s(dataclasses.replace(table, anchor_s=anchor_s))[0] < HOME_TO_NEAR_S


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
        for day, share in ((WORKDAY, travel.at_work), (SATURDAY, travel.at_work_free_day), (EDGE_OF_WEEK, None)):
            for car in range(kind.workers):
                hybrid = car >= kind.workers - kind.hybrid
                at_work = travel.at_work * (1 - travel.hybrid_at_home * hybrid) if share is None else share
                expected = travel.drive_to_work * at_work
                drives = np.isin(patterns[i, day, :, car], list(WORKING)).mean()
                assert abs(drives - expected) < 4 * np.sqrt(expected * (1 - expected) / d.PATTERNS), (i, day, car)
        assert not np.isin(patterns[i][:, :, kind.workers : kind.cars], list(WORKING)).any()


def test_before_2020_mondays_were_like_tuesdays(smallville):
    before = smallville.travel.model_copy(update={"hybrid_at_home": 0.0})
    for kind in smallville.households.types.values():
        for car in range(kind.workers):
            assert d.commutes(kind, car, EDGE_OF_WEEK, before) == d.commutes(kind, car, WORKDAY, before)
    couple = smallville.households.types["couple"]
    assert d.commutes(couple, 1, EDGE_OF_WEEK, smallville.travel) < d.commutes(
        couple, 0, EDGE_OF_WEEK, smallville.travel
    )


def test_commutes_have_side_trips_as_often_as_the_scenario_says(smallville, patterns):
    couple = list(smallville.households.types).index("couple")
    commutes = patterns[couple, WORKDAY, :, :2]
    commutes = commutes[np.isin(commutes, list(WORKING - {d.NUMBER[d.WORK_CLINIC.name]}))]
    plain = (commutes == d.NUMBER[d.WORK.name]).mean()
    share = 1 - smallville.travel.side_trip
    assert abs(plain - share) < 4 * np.sqrt(share * (1 - share) / len(commutes))


def test_school_runs_happen_where_there_is_a_car_without_a_commuter(smallville, patterns):
    schools = [i for i, t in enumerate(d.TEMPLATES) if any(what is Purpose.SCHOOL for what, _ in t.stops)]
    for i, kind in enumerate(smallville.households.types.values()):
        runs = np.isin(patterns[i, WORKDAY], schools).any(axis=1).mean()
        expected = smallville.travel.school_run * (1 - smallville.travel.clinic_day)
        if not kind.cars > kind.workers > 0:
            assert runs == 0
        else:
            assert abs(runs - expected) < 4 * np.sqrt(expected * (1 - expected) / d.PATTERNS)
        assert not np.isin(patterns[i, [SATURDAY, SUNDAY]], schools).any()


@pytest.mark.parametrize(("tours", "cars", "one", "dealt"), [
    (0, 2, True, [0, 0]), (2, 2, True, [2, 0]), (5, 2, True, [3, 2]), (9, 2, True, [3, 3]), (-1, 1, True, [0]),
    (3, 2, False, [2, 1]), (1, 0, False, []), (9, 2, False, [3, 3]), (-2, 2, False, [0, 0]),
])  # fmt: skip
def test_tours_go_to_one_car_or_round_and_round(tours, cars, one, dealt):
    assert d._shared_out(tours, cars, one=one) == dealt


def test_templates_have_names_of_their_own():
    """A shape that stands in two tables under one name would lose one of its days."""
    assert len({template.name for template in d.TEMPLATES}) == len(d.TEMPLATES)


def test_cars_that_a_household_lacks_stay_idle_and_worship_is_on_sundays(smallville, patterns):
    worship = [i for name, i in NUMBERS.items() if name.startswith("worship")]
    for i, kind in enumerate(smallville.households.types.values()):
        assert (patterns[i, :, :, kind.cars :] == plan.T_IDLE).all()
    assert not np.isin(patterns[:, [WORKDAY, SATURDAY, EDGE_OF_WEEK]], worship).any()
    assert np.isin(patterns[:, SUNDAY], worship).mean() > 0.02


def test_patterns_draw_no_journey_and_no_meeting(patterns):
    reserved = [
        NUMBERS[name] for name in ("away", "depart", "return", d.GROUP.name, d.BUSY_GROUP.name, d.WORK_GROUP.name)
    ]
    assert not np.isin(patterns, reserved).any()


def test_another_type_changes_no_pattern_of_the_first_ones(smallville, patterns):
    kinds = smallville.households.types
    fewer = smallville.households.model_copy(update={"types": {"couple": kinds["couple"]}})
    at = list(kinds).index("couple")
    assert np.array_equal(d.pattern_table(fewer, smallville.travel, 0)[0], patterns[at])
