"""Days: the compiled plan against its readable definition, and the laws of a day."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import Small, anaheim_scenario, small, town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels import plan
from simulate.kernels.legs import LEG_FIELDS
from simulate.travel import days, diaries, truth
from simulate.world.pace import FASTEST, PEAK_HOURS, SLOWEST, slowest
from simulate.world.routes import N_ALTERNATIVES, alternative_shares
from simulate.world.zones import Purpose

RESTLESS = {
    "households.moved_in_year": 0.5,
    "households.moved_in_five_years": 0.9,
    "households.new_job_in_year": 0.8,
    "households.away_week": 0.3,
    "households.ill_week": 0.2,
    "households.in_group": 0.8,
    "households.group_size": 4,
    "events.per_month": 6,
    "events.attendance": 0.3,
}


@pytest.fixture(scope="module")
def town() -> Small:
    """Four hundred days of people who move, change jobs, travel, meet and go to events often."""
    return small(town_scenario(11, **RESTLESS, period__days=400), awkward=True)


@pytest.fixture(scope="module")
def trips(town) -> truth.Trips:
    return truth.trips(town.lives, np.arange(town.lives.population.n_vehicles), 0, 400)


def definition(run: Small, vehicle: int, day: int) -> list[days.Leg]:
    household = int(run.lives.tables.people.household[vehicle])
    return days.legs_on(run.lives.tables, household, vehicle, day)


def shape_on(life, household: int, car: int, day: int) -> int:
    return days.template_on(life, household, car, days.chapter_on(life, household, day), day)


def group_on(life, household: int, day: int) -> int | None:
    return days.group_of(life, household, days.chapter_on(life, household, day).home)


def as_rows(trips: truth.Trips) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(trips, name).tolist() for name in LEG_FIELDS), strict=True))


def leg_row(leg: days.Leg) -> tuple[int, ...]:
    return tuple(int(getattr(leg, name)) for name in LEG_FIELDS)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), st.integers(0, 399))
def test_the_plan_of_a_day_is_its_definition(town, vehicle, day):
    vehicle %= town.lives.population.n_vehicles
    made = truth.trips(town.lives, np.array([vehicle]), day, day + 1)
    assert as_rows(made) == [leg_row(leg) for leg in definition(town, vehicle, day)]


@pytest.mark.parametrize("seed", [1, 2**40])
def test_whole_runs_equal_their_definition(seed):
    run = small(town_scenario(seed, **{**RESTLESS, "period.days": 90, "roads.population": 30}))
    vehicles = np.arange(run.lives.population.n_vehicles)
    expected = [leg_row(leg) for v in vehicles for day in range(90) for leg in definition(run, int(v), day)]
    assert as_rows(truth.trips(run.lives, vehicles, 0, 90)) == expected


def test_a_slice_of_anaheim_equals_its_definition(data):
    run = small(anaheim_scenario(data, period__days=9))
    vehicles = np.arange(5, run.lives.population.n_vehicles, 1500)
    expected = [leg_row(leg) for v in vehicles for day in range(9) for leg in definition(run, int(v), day)]
    assert as_rows(truth.trips(run.lives, vehicles, 0, 9)) == expected
    away = run.world.zones.outside
    assert any(away[leg[3]] for leg in expected), "nobody from beyond the map in this slice"


def test_a_day_made_alone_equals_the_day_within_a_run(town, trips):
    rows = as_rows(trips)
    for first, last in ((399, 400), (27, 29), (200, 260)):
        for vehicle in (0, 17, 33):
            alone = truth.trips(town.lives, np.array([vehicle]), first, last)
            assert as_rows(alone) == [row for row in rows if row[0] == vehicle and first <= row[1] < last]


def test_a_longer_run_begins_as_the_shorter_one(trips):
    short = small(town_scenario(11, **RESTLESS, period__days=60), awkward=True)
    begun = truth.trips(short.lives, np.arange(short.lives.population.n_vehicles), 0, 60)
    assert as_rows(begun) == [row for row in as_rows(trips) if row[1] < 60]


def test_nobody_is_in_two_places_at_once(trips):
    same = trips.vehicle[1:] == trips.vehicle[:-1]
    stay = (trips.leave_s[1:] - trips.arrive_s[:-1])[same]
    assert len(stay) > 10_000
    assert stay.min() >= diaries.LEAST_STAY_S
    assert (trips.arrive_s > trips.leave_s).all()


def test_trips_stay_within_their_day(trips):
    begins = trips.day * DAY_S + DAY_START_S
    assert (trips.leave_s >= begins).all()
    assert (trips.arrive_s <= begins + DAY_S).all()


def test_trips_follow_on_from_one_another_and_homes_change_only_overnight(town, trips):
    chapter = {}
    for k in range(1, len(trips.vehicle)):
        if trips.vehicle[k] != trips.vehicle[k - 1] or trips.from_zone[k] == trips.to_zone[k - 1]:
            continue
        assert trips.leg[k] == 0
        household = int(town.lives.tables.people.household[trips.vehicle[k]])
        moves = []
        for day in (int(trips.day[k - 1]), int(trips.day[k])):
            if (household, day) not in chapter:
                chapter[household, day] = days.chapter_on(town.lives.tables, household, day)
            moves.append(chapter[household, day].moves)
        started_away = town.world.zones.outside[trips.from_zone[k]] and trips.day[k] < 7
        assert moves[0] < moves[1] or started_away


def test_no_faster_than_the_road_allows(town, trips):
    """A trip takes at least 0.8 of the free driving time of its links, and any part of it at least 0.7."""
    some = slice(0, 4000)
    few = truth.Trips(**{name: getattr(trips, name)[some] for name in LEG_FIELDS})
    roads, access = town.world.roads, town.lives.tables.roads.access_s
    most = slowest(town.scenario.settings.travel, freeways=True)
    for k, passed in enumerate(truth.passages(town.world, town.lives, few)):
        free_s = roads.free_s[passed.link].sum()
        rounding_s = 0.05 * len(passed.link) + 1
        driving = few.arrive_s[k] - few.leave_s[k] - 2 * access
        assert FASTEST * free_s - rounding_s < driving < most * free_s + rounding_s
        halves = roads.free_s[passed.link] / 2
        between = halves[:-1] + halves[1:]
        assert (np.diff(passed.middle_s) >= 0.7 * between - 1.1).all()
        assert (np.diff(passed.middle_s) <= 1.15 * most * between + 1.1).all()


def test_times_of_one_way_spread_as_the_scenario_says_and_no_farther_than_reach_allows(town, trips):
    life = town.lives.tables
    a, b = (town.world.zones.hub[zone] for zone in (trips.from_zone, trips.to_zone))
    way_s = (
        np.array([days.driving(life, *way) for way in zip(a, trips.alternative, b, trips.hour, strict=True)]) / 65_536
    )
    long = way_s > 120
    pace = (trips.arrive_s - trips.leave_s - 2 * life.roads.access_s)[long] / way_s[long]
    free = ~np.isin(trips.hour[long], list(PEAK_HOURS))
    assert 0.12 < np.log(pace[free]).std() < 0.18, "cut off at both ends, so less than pace_spread"
    assert abs(pace.mean() - 1) < 0.05
    assert pace.min() >= FASTEST - 0.01
    assert pace.max() <= SLOWEST
    assert len(np.unique(life.roads.pace[12])) > 900


def test_where_pace_has_no_spread_the_same_way_takes_the_same_time():
    run = small(town_scenario(1, travel__pace_spread=0, period__days=20))
    made = truth.trips(run.lives, np.arange(run.lives.population.n_vehicles), 0, 20)
    hub, life = run.world.zones.hub, run.lives.tables
    for k in range(0, len(made.vehicle), 7):
        way = days.driving(life, hub[made.from_zone[k]], made.alternative[k], hub[made.to_zone[k]], made.hour[k])
        assert made.arrive_s[k] - made.leave_s[k] == (way >> 16) + 2 * life.roads.access_s


def test_a_household_keeps_its_route_between_two_places_on_most_trips(town, trips):
    """Usual routes differ between households by the scenario's shares, and are kept on four trips of five."""
    life, hub = town.lives.tables, town.world.zones.hub
    a, b, household = hub[trips.from_zone], hub[trips.to_zone], life.people.household[trips.vehicle].astype(np.int64)
    _, which = np.unique(np.stack([household, a, b]), axis=1, return_inverse=True)
    counts = np.zeros((which.max() + 1, N_ALTERNATIVES))
    np.add.at(counts, (which.ravel(), trips.alternative), 1)
    often = counts[counts.sum(axis=1) >= 40]
    assert len(often) > 50
    kept = often.max(axis=1).sum() / often.sum()
    assert 0.7 < kept < 0.85
    usual = np.bincount(often.argmax(axis=1), minlength=N_ALTERNATIVES) / len(often)
    wanted = alternative_shares(town.scenario.settings.travel.route_shares)
    assert np.abs(usual - wanted).max() < 4 * np.sqrt(0.25 / len(often))


def test_peaks_slow_traffic_down_by_what_the_scenario_says(town):
    life = town.lives.tables
    fast, slow = (
        life._replace(
            roads=life.roads._replace(
                fast_ds=np.full_like(life.roads.fast_ds, f), slow_ds=np.full_like(life.roads.slow_ds, s)
            )
        )
        for f, s in ((6000, 0), (0, 6000))
    )

    def minutes(life, hour):
        return days.driving(life, 0, 0, 1, hour) / 65_536 / 60

    assert [minutes(fast, hour) for hour in (3, 12)] == pytest.approx([10, 10], abs=0.01)
    assert minutes(fast, 7) == minutes(fast, 17) == pytest.approx(15, abs=0.01)
    assert minutes(slow, 7) == pytest.approx(12.5, abs=0.01)
    assert 10 < minutes(slow, 9) < 12.5


def test_those_away_stay_away_and_come_back(town, trips):
    """A journey leaves to a zone beyond the map, makes no local trip, and comes back from there."""
    outside, life = town.world.zones.outside, town.lives.tables
    by_day = defaultdict(list)
    for k, (vehicle, day) in enumerate(zip(trips.vehicle.tolist(), trips.day.tolist(), strict=True)):
        by_day[vehicle, day].append(k)
    seen = defaultdict(int)
    for household in range(town.lives.population.n_households):
        vehicle = int(life.people.first_vehicle[household])
        for day in range(400):
            template = shape_on(life, household, 0, day)
            legs = by_day.get((vehicle, day), [])
            zones = [(int(trips.from_zone[k]), int(trips.to_zone[k])) for k in legs]
            seen[template] += template < 4
            if template in (plan.T_AWAY, plan.T_IDLE):
                assert not legs
            elif template == plan.T_DEPART:
                assert len(zones) == 1
                assert outside[zones[0][1]]
                assert day == 399 or shape_on(life, household, 0, day + 1) in {plan.T_AWAY, plan.T_RETURN}
            elif template == plan.T_RETURN:
                assert len(zones) == 1
                assert outside[zones[0][0]]
                assert zones[0][1] == days.chapter_on(life, household, day).home
    assert min(seen[t] for t in (plan.T_AWAY, plan.T_DEPART, plan.T_RETURN)) > 30


def test_second_cars_stay_at_home_while_the_household_is_away(town):
    life = town.lives.tables
    for household in np.flatnonzero(np.diff(life.people.first_vehicle) > 1).tolist():
        for day in range(100):
            if shape_on(life, household, 0, day) in {plan.T_AWAY, plan.T_DEPART, plan.T_RETURN}:
                assert shape_on(life, household, 1, day) == plan.T_IDLE


def test_spells_come_as_often_as_the_scenario_says():
    changes = {"roads.population": 400, "households.away_week": 0.2, "households.ill_week": 0.1, "period.days": 7 * 30}
    run = small(town_scenario(5, **changes))
    life, weeks = run.lives.tables, 30
    away = ill = 0
    for household in range(run.lives.population.n_households):
        for week in range(weeks):
            draw = days.bits64(int(life.keys[plan.K_SPELL]), household, week) >> 32
            away += draw < int(life.below[1])
            ill += int(life.below[1]) <= draw < int(life.below[2])
    n = run.lives.population.n_households * weeks
    for count, share in ((away, 0.2), (ill, 0.1)):
        assert abs(count / n - share) < 4 * np.sqrt(share * (1 - share) / n)


def evenings_together(run, wanted):
    """List (zone, arrives, leaves) of first cars at the groups and events of 140 days, by what `wanted` names them."""
    life, met = run.lives.tables, defaultdict(list)
    for household in range(run.lives.population.n_households):
        for day in range(140):
            name = wanted(life, group_on(life, household, day), day)
            if name is None:
                continue
            legs = days.legs_on(life, household, int(life.people.first_vehicle[household]), day)
            at = [i for i, leg in enumerate(legs) if leg.purpose is Purpose.GROUP]
            assert len(at) <= 1
            if at:
                met[name].append((legs[at[0]].to_zone, legs[at[0]].arrive_s, legs[at[0] + 1].leave_s))
    return met


def test_groups_meet(town):
    """On the evening of a meeting, the first cars of all who attend stand in one zone together."""
    life = town.lives.tables
    met = evenings_together(town, lambda life, group, day: (group, day) if days.meets_on(life, group, day) else None)
    together = [who for who in met.values() if len(who) > 1]
    assert len(together) > 50
    for (group, day), who in met.items():
        assert (life.calendar.first_weekday + day) % 7 == life.groups.weekday[group]
        assert {zone for zone, _, _ in who} == {int(life.groups.zone[group])}
        assert min(leave for *_, leave in who) - max(arrive for _, arrive, _ in who) > 3600


def test_events_bring_together_people_of_all_groups_and_of_none(town):
    life = town.lives.tables

    def event(life, group, day):
        return None if life.calendar.event_zone[day] < 0 or days.meets_on(life, group, day) else day

    met = evenings_together(town, event)
    assert sum(len(who) > 1 for who in met.values()) > 10
    for day, who in met.items():
        assert {zone for zone, _, _ in who} == {int(life.calendar.event_zone[day])}
        assert min(leave for *_, leave in who) - max(arrive for _, arrive, _ in who) > 3600
    assert not town.world.zones.outside[life.calendar.event_zone[life.calendar.event_day]].any()


def test_nobody_goes_where_no_group_meets_and_nothing_happens(town):
    def neither(life, group, day):
        return day if life.calendar.event_zone[day] < 0 and not days.meets_on(life, group, day) else None

    assert evenings_together(town, neither) == {}


def test_events_come_as_often_as_the_scenario_says_and_as_many_attend():
    often = {"events.per_month": 9, "events.attendance": 0.4, "households.in_group": 0.0, "period.days": 1461}
    run = small(town_scenario(17, roads__population=30, **often))
    life = run.lives.tables
    share, n = 9 / (365.25 / 12), len(life.calendar.event_day)
    assert abs(n / 1461 - share) < 4 * np.sqrt(share * (1 - share) / 1461)
    assert np.array_equal(life.calendar.event_day, np.flatnonzero(life.calendar.event_zone >= 0))
    could = met = 0
    for household in range(run.lives.population.n_households):
        for day in life.calendar.event_day.tolist():
            spell = days.bits64(int(life.keys[plan.K_SPELL]), household, (life.calendar.first_weekday + day) // 7) >> 32
            if spell >= int(life.below[2]):
                could += 1
                met += goes_out(shape_on(life, household, 0, day))
    assert abs(met / could - 0.4) < 4 * np.sqrt(0.4 * 0.6 / could)


def goes_out(number: int) -> bool:
    """Tell whether a template's car joins a group or an event."""
    return Purpose.GROUP in [what for what, _ in diaries.TEMPLATES[number].stops]


def test_attendance_is_what_the_scenario_says(town):
    life, met, could = town.lives.tables, 0, 0
    for household in range(town.lives.population.n_households):
        for day in range(400):
            spell = days.bits64(int(life.keys[plan.K_SPELL]), household, (life.calendar.first_weekday + day) // 7) >> 32
            if days.meets_on(life, group_on(life, household, day), day) and spell >= int(life.below[2]):
                could += 1
                met += goes_out(shape_on(life, household, 0, day))
    assert could > 500
    assert abs(met / could - 0.7) < 4 * np.sqrt(0.7 * 0.3 / could)


def test_habits_last_and_change_with_a_move(town):
    """A place stays the same until the household moves."""
    life = town.lives.tables
    changed = 0
    for household in range(town.lives.population.n_households):
        first, last = (days.chapter_on(life, household, day) for day in (0, 399))
        places = [[days.place_of(life, household, 0, c, d, slot) for slot in range(2, 20)]
                  for c, d in ((first, 0), (first, 27), (first, 399), (last, 399))]  # fmt: skip
        assert places[0] == places[1] == places[2]
        changed += first.moves != last.moves
        assert (places[2] == places[3]) == (first.moves == last.moves)
    assert changed > 3


def test_each_household_has_its_own_day(trips):
    """The same weekday differs from house to house: no word is shared between households or days."""
    departures = trips.leave_s[trips.leg == 0] % DAY_S
    assert len(np.unique(departures)) > len(departures) / 4


@pytest.mark.parametrize("household", range(0, 25, 4))
def test_chapters_only_go_forward(town, household):
    life = town.lives.tables
    chapters = [days.chapter_on(life, household, day) for day in range(400)]
    for before, after in itertools.pairwise(chapters):
        assert after.moves >= before.moves
        assert all(b >= a for a, b in zip(before.changes, after.changes, strict=True))
        if after.moves == before.moves:
            assert after.home == before.home
        for car in range(len(before.jobs)):
            if car < int(life.kinds.workers[life.people.kind[household]]) and after.changes[car] == before.changes[car]:
                assert after.jobs[car] == before.jobs[car]


def test_as_many_households_move_and_change_jobs_as_the_surveys_say():
    """12 % move within a year and 35 % within five, though no single rate gives both."""
    run = small(town_scenario(31, roads__population=9000, roads__density_per_km2=2000, period__days=2))
    life, n = run.lives.tables, run.lives.population.n_households
    first, later = ([days.chapter_on(life, h, day) for h in range(n)] for day in (365, 1826))
    for chapters, share in ((first, 0.12), (later, 0.35)):
        moved = np.mean([chapter.moves > 0 for chapter in chapters])
        assert abs(moved - share) < 4 * np.sqrt(share * (1 - share) / n)
    workers = life.kinds.workers[life.people.kind]
    changed = [change > 0 for h in range(n) for change in first[h].changes[: workers[h]]]
    assert abs(np.mean(changed) - 0.15) < 4 * np.sqrt(0.15 * 0.85 / len(changed))


def test_homes_after_a_move_are_new_draws(town):
    """Whoever has moved rarely lives in the old zone, and homes stay within the map."""
    life, zones = town.lives.tables, town.world.zones
    homes = [
        (int(life.people.home[h]), days.chapter_on(life, h, 399)) for h in range(town.lives.population.n_households)
    ]
    moved = [old != chapter.home for old, chapter in homes if chapter.moves]
    assert np.mean(moved) > 0.8
    assert not any(zones.outside[chapter.home] for _, chapter in homes)
