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
from simulate.world.travel_time_budget import (
    HOME_TO_NEAR_S,
    NEAR,
    NEAR_TO_NEAR_S,
    ROOM_S,
    THROUGH_ROOM_S,
    TRIP_ROOM_S,
    WORK_ROOM_S,
)
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


def room_s(i, j):
    """How long trip j of a template may take, by what its two ends admit of (`world.travel_time_budget`)."""
    stops = [what for what, _ in d.TEMPLATES[i].stops]
    ends = {([d.TEMPLATES[i].starts_at, *stops])[j], ([*stops, Purpose.HOME])[j]}
    for far, room in ((Purpose.TRIP, TRIP_ROOM_S), (Purpose.OUTSIDE, THROUGH_ROOM_S), (Purpose.CITY, THROUGH_ROOM_S)):
        if far in ends:
            assert ends <= {far, Purpose.HOME}, "what lies far is reached from home alone"
            return room
    near, other = ends & set(NEAR), ends - {Purpose.HOME, Purpose.WORK, *NEAR}
    if Purpose.LUNCH in ends:
        assert ends == {Purpose.LUNCH, Purpose.WORK}, "lunch is near work"
        return HOME_TO_NEAR_S
    if Purpose.WORK in ends and stops[0] is Purpose.SCHOOL and j == 1:
        return ROOM_S  # who works beyond the reach of errands has another day instead
    if Purpose.WORK in ends:
        return WORK_ROOM_S + (ROOM_S if other else HOME_TO_NEAR_S if near else 0)
    if other:
        assert len(other) == 1, "two places that may both be far never follow one another"
        return ROOM_S
    return HOME_TO_NEAR_S if Purpose.HOME in ends else NEAR_TO_NEAR_S


def fault(table, i):
    """Say what is wrong with the worst day of a template; "" where every day fits.

    Jitters and shifts enter linearly, so the worst day is one of their extremes.
    """
    n, rooms = int(table.n_stops[i]), [room_s(i, j) for j in range(table.n_legs[i])]
    not_before_the_day = rooms[0] - plan.WORK_ANCHOR_S  # nobody starts work before the way there fits
    for at in days_at_their_extremes(
        table, i, [max(shift, not_before_the_day) for shift in (SHIFTS[0], 0, SHIFTS[-1])]
    ):
        if at[0] - rooms[0] < 0:
            return "leaves before 04:00"
        for j in range(1, n):
            if at[j] - rooms[j] - at[j - 1] < d.LEAST_STAY_S:
                return f"leaves stop {j - 1} too soon"
        if table.n_legs[i] > n and at[n] - at[n - 1] < d.LEAST_STAY_S:
            return "leaves its last stop too soon"
        if table.n_legs[i] > n and at[n] + rooms[n] > DAY_S:
            return "comes home after 04:00"
    return ""


@pytest.mark.parametrize("i", range(4, len(d.TEMPLATES)), ids=lambda i: d.TEMPLATES[i].name)
def test_every_way_within_reach_fits_into_every_day(table, i):
    assert fault(table, i) == ""


@pytest.mark.parametrize("i", [d.NUMBER["depart"], d.NUMBER["return"]])
def test_trips_beyond_the_map_fit_into_the_day(table, i):
    latest = int(table.anchor_s[i, 0]) + int(table.jitter_s[i])
    assert int(table.anchor_s[i, 0]) >= THROUGH_ROOM_S
    assert latest <= DAY_S


@pytest.mark.parametrize(
    ("name", "stop", "earlier_min", "found"),
    [
        ("work-home-leisure@08:00", 1, 400, "leaves stop 0 too soon"),
        ("work-home-leisure@08:00", 2, 10, "leaves stop 1 too soon"),
        ("work-lunch-work-shop@08:00", 1, 215, "leaves stop 0 too soon"),
        ("shop-home-shop-home-visit@09:06", 1, 10, "leaves stop 0 too soon"),
        ("clinic@08:30", 0, 200, "leaves before 04:00"),
        ("clinic@08:30", 1, -17 * 60, "comes home after 04:00"),
        ("trip@09:30", 0, 40, "leaves before 04:00"),
        ("outside@08:00", 0, 10, "leaves before 04:00"),
        ("school-work@07:30", 1, 10, "leaves stop 0 too soon"),
    ],
)
def test_a_day_that_is_too_full_is_found(table, name, stop, earlier_min, found):
    anchor_s = table.anchor_s.copy()
    anchor_s[NUMBERS[name], stop] -= earlier_min * 60
    assert fault(dataclasses.replace(table, anchor_s=anchor_s), NUMBERS[name]) == found


def test_who_starts_early_leaves_no_sooner_than_the_day(table):
    """Without `shift_of` the earliest shift leaves 90 minutes for the way to work."""
    i = NUMBERS["work@08:00"]
    assert int(table.anchor_s[i, 0]) == plan.WORK_ANCHOR_S
    assert int(table.anchor_s[i, 0]) + SHIFTS[0] < WORK_ROOM_S


def test_who_works_far_brings_no_child_to_school_on_the_way(table):
    for i, template in enumerate(d.TEMPLATES):
        instead = d.TEMPLATES[table.far_job[i]]
        purposes = [what for what, _ in template.stops]
        if Purpose.WORK in purposes and purposes[0] is Purpose.SCHOOL:
            assert instead.stops[0][0] is Purpose.WORK
            assert {what for what, _ in instead.stops} <= set(purposes)
        else:
            assert instead is template


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
    assert d._shared_out(tours, cars, one_car=one) == dealt


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
