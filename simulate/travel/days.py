"""The readable definition of a day, in plain Python integers.

`kernels/plan.py` makes the same plan a thousand times faster; the tests hold the two
equal. Read this file to learn how a simulated day is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels import plan
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from simulate.kernels.life import Life

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(x: int) -> int:
    """Scramble 64 bits one to one (SplitMix64 finaliser)."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def bits64(key: int, entity: int, counter: int) -> int:
    """Return the 64 random bits of one decision."""
    return mix((mix(key ^ (entity * GOLDEN & MASK)) + counter * GOLDEN) & MASK)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of a household's life with the same home and jobs."""

    home: int
    """Zone of the home."""
    moves: int
    """Number of moves of the household since the scenario began."""
    jobs: tuple[int, ...]
    """Zone of each car's workplace; its home if without commuter."""
    changes: tuple[int, ...]
    """Number of job changes of each car's worker."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One trip of one car, from place to place."""

    vehicle: int
    day: int
    leg: int
    from_zone: int
    to_zone: int
    purpose: Purpose
    alternative: int
    hour: int
    word: int
    """Random bits behind its route and its pace."""
    leave_s: int
    """Departure, seconds from the first midnight."""
    arrive_s: int
    """Arrival at the next place, seconds from the first midnight."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of one car at a place, within one day of travel."""

    zone: int
    begin_s: int
    """Arrival, or the day's 04:00; seconds from the first midnight."""
    end_s: int
    """Departure, or the next 04:00."""
    number: int
    """Number of trips before it on its day."""
    at_home: bool
    """Whether the car is at its home, rather than at another place in the same zone."""


def chapter_on(life: Life, household: int, day: int) -> Chapter:
    """Return the chapter of a household on a day, from every move and new job up to it in order."""
    first, end = int(life.people.first_vehicle[household]), int(life.people.first_vehicle[household + 1])
    kind = life.people.kind[household]
    workers = int(life.kinds.workers[kind])
    home, moves, next_move = int(life.people.home[household]), 0, None
    moves_ever = _below(life, 0, _bits64(life, plan.K_MOVER, household, 0)) or home == life.places.elsewhere
    if life.kinds.about[kind] == plan.RESIDENT and moves_ever:
        next_move = int(life.changes.move_gap[_bits64(life, plan.K_MOVE, household, 0) & 1023])
    jobs, changes, next_job = [home] * (end - first), [0] * (end - first), {}
    for car in range(workers):
        jobs[car] = _choose(life, Purpose.WORK, home, _bits64(life, plan.K_JOB, first + car, 0))
        next_job[car] = int(life.changes.job_gap[_bits64(life, plan.K_JOB_GAP, first + car, 0) & 1023])
    while True:
        events = [] if next_move is None else [(next_move, -1)]
        when, event_car = min([*events, *((at, car) for car, at in next_job.items())], default=(day + 1, -1))
        if when > day:
            return Chapter(home, moves, tuple(jobs), tuple(changes))
        new_jobs = [event_car] if event_car >= 0 else []
        if event_car < 0:
            moves += 1
            pick = _bits64(life, plan.K_HOME, household, moves)
            far = home == life.places.elsewhere or _below(life, 6, pick)
            if far:
                home = _far_home(life, home, pick)
            else:
                home = (
                    _choose(life, Purpose.HOME, jobs[0], pick) if workers else _choose(life, Purpose.VISIT, home, pick)
                )
            next_move = when + int(life.changes.move_gap[_bits64(life, plan.K_MOVE, household, moves) & 1023])
            new_jobs = [
                car
                for car in range(workers)
                if home != life.places.elsewhere
                and (far or not reachable(life, home, jobs[car], life.places.reach_work_ds))
            ]
        for car in new_jobs:
            changes[car] += 1
            jobs[car] = _choose(life, Purpose.WORK, home, _bits64(life, plan.K_JOB, first + car, changes[car]))
        if event_car >= 0:
            gap = _bits64(life, plan.K_JOB_GAP, first + event_car, changes[event_car]) & 1023
            next_job[event_car] = when + int(life.changes.job_gap[gap])


def _far_home(life: Life, home: int, pick: int) -> int:
    """Return a home in another metro, or the zone off the map; households off the map move to a metro."""
    places, beyond = life.places, len(life.changes.far_hub) - 1
    row = beyond if home == places.elsewhere else int(places.part[places.zone_hub[home]])
    hub = int(life.changes.far_hub[row, pick >> 9 & 4095])
    return int(places.destinations[Purpose.VISIT, hub, pick & 511]) if hub >= 0 else places.elsewhere


def reachable(life: Life, zone: int, other: int, within_ds: int) -> bool:
    """Return whether the quickest routes between two zones, each way at free flow, take at most `within_ds`."""
    a, b = int(life.places.zone_hub[zone]), int(life.places.zone_hub[other])
    if life.places.part[a] != life.places.part[b]:
        return within_ds == plan.NEVER
    return all(quickest_ds(life, *ways) <= within_ds for ways in ((a, b), (b, a)))


def quickest_ds(life: Life, from_hub: int, to_hub: int) -> int:
    """Return the free-flow time of the quickest route between two hubs, in tenths of a second."""
    pair = int(life.roads.row[from_hub]) + to_hub
    return int(life.roads.fast_ds[pair, 0]) + int(life.roads.slow_ds[pair, 0])


def group_of(life: Life, household: int, home: int) -> int | None:
    """Return the group a household meets with while it lives in a zone."""
    w = _bits64(life, plan.K_GROUP, household, 0)
    if life.kinds.about[life.people.kind[household]] != plan.RESIDENT or not _below(life, 3, w):
        return None
    group = int(life.groups.row[life.places.zone_hub[home], w & 63])
    return group if reachable(life, home, int(life.groups.zone[group]), life.places.reach_ds) else None


def meets_on(life: Life, group: int | None, day: int) -> bool:
    """Return whether a group meets on a day."""
    return group is not None and (life.calendar.first_weekday + day) % 7 == int(life.groups.weekday[group])


def lean(trait: int, share: int, width: int) -> int:
    """Return a quantile near that of a trait, as far as the width allows: a place on a circle folded in two."""
    circle = (1 << plan.CIRCLE_BITS) - 1
    at = (trait + (share * width >> 32)) & circle
    return min(at, circle - at)


def household_trait(life: Life, household: int, trait: int) -> int:
    """Return a household's lifelong place on the circle of a trait."""
    return _bits64(life, plan.K_HABIT, household, trait) >> 64 - plan.CIRCLE_BITS


def driver_trait(life: Life, vehicle: int, trait: int) -> int:
    """Return the lifelong place of a car's driver on the circle of a trait."""
    return _bits64(life, plan.K_DRIVER, vehicle, trait) >> 64 - plan.CIRCLE_BITS


def parks_at(life: Life, vehicle: int, zone: int, *, at_home: bool) -> int:
    """Return the share of cars, in 2^32ths, in view at a place before this one."""
    household = int(life.people.household[vehicle])
    trait = household_trait(life, household, plan.HIDES) if at_home else driver_trait(life, vehicle, plan.PARKER)
    share = _bits64(life, plan.K_PARK, vehicle, zone) >> 32
    return lean(trait, share, life.habits.view_width) << 32 - plan.QUANTILE_BITS


def place_of(life: Life, household: int, car: int, chapter: Chapter, day: int, slot: int) -> int:
    """Return the zone of one of a car's familiar places."""
    if slot == plan.HOME_SLOT:
        return chapter.home
    if slot == plan.WORK_SLOT:
        return chapter.jobs[car]
    if slot == plan.GROUP_SLOT:
        group = group_of(life, household, chapter.home)
        if not meets_on(life, group, day) and life.calendar.event_zone[day] >= 0:
            return int(life.calendar.event_zone[day])
        return chapter.home if group is None else int(life.groups.zone[group])
    near = chapter.jobs[car] if slot == plan.LUNCH_SLOT else chapter.home
    share = _bits64(life, plan.K_PLACE, household, chapter.moves * 32 + slot) >> 32
    quantile = lean(household_trait(life, household, plan.RANGES), share, life.habits.range_width)
    purpose = Purpose(int(life.places.slot_purpose[slot]))
    return _choose(life, purpose, near, quantile >> plan.QUANTILE_BITS - 9)


def new_place(life: Life, chapter: Chapter, w: int, stay: int, slot: int) -> int:
    """Return the zone of a stop at a new place, drawn for this stop alone from the car's random bits of the day."""
    return _choose(life, Purpose(slot - plan.NEW_SLOT), chapter.home, mix(w ^ int(plan.FRESH)) >> 9 * (stay - 1))


def visit_on(life: Life, household: int, car: int, chapter: Chapter, day: int) -> int:
    """Return the entry zone of the metro a car visits for a whole day of a spell, -1 if none on the map."""
    if life.places.visit_zone.shape[1] == 0 or car > 0 or chapter.home == life.places.elsewhere:
        return -1
    if life.kinds.about[life.people.kind[household]] != plan.RESIDENT:
        return -1
    week, weekday = divmod(life.calendar.first_weekday + day, 7)
    spell = _bits64(life, plan.K_SPELL, household, week)
    first, last = (int(x) for x in life.diary.span[spell & 15])
    if not _below(life, 1, spell) or not first < weekday < last:
        return -1
    return int(life.places.visit_zone[life.places.part[life.places.zone_hub[chapter.home]], spell >> 4 & 4095])


def day_of(life: Life, household: int, car: int, day: int) -> tuple[Chapter, int, bool]:
    """Return the chapter behind the places of a car's day, its template, and whether it is spent in another metro."""
    chapter = chapter_on(life, household, day)
    way_in = visit_on(life, household, car, chapter, day)
    if way_in < 0:
        return chapter, template_on(life, household, car, chapter, day), False
    template = int(life.diary.visit_template[_bits64(life, plan.K_DAY, household, day) >> 10 & 63])
    jobs = tuple(way_in for _ in chapter.jobs)
    return Chapter(way_in, chapter.moves, jobs, chapter.changes), template, True


def template_on(life: Life, household: int, car: int, chapter: Chapter, day: int) -> int:
    """Return the template of a car's day, picked from the household's pattern."""
    week, weekday = divmod(life.calendar.first_weekday + day, 7)
    kind = int(life.people.kind[household])
    regular = household_trait(life, household, plan.REGULAR) >> plan.CIRCLE_BITS - 8
    width, share = int(life.habits.day_width[regular]), _bits64(life, plan.K_DAY, household, day) >> 32
    pick = lean(household_trait(life, household, plan.BUSY), share, width) >> plan.QUANTILE_BITS - 10
    usual = int(life.diary.pattern[kind * plan.MAX_CARS + car, int(life.calendar.day_row[day]) + pick])
    if chapter.home == life.places.elsewhere:
        return plan.T_IDLE
    if life.kinds.about[kind] != plan.RESIDENT:
        return usual if _visits(life, household, kind, week, weekday, day) else plan.T_IDLE
    spell = _bits64(life, plan.K_SPELL, household, week)
    if _below(life, 2, spell):
        first, last = (int(x) for x in life.diary.span[spell & 15])
        if first <= weekday <= last:
            if car > 0 or not _below(life, 1, spell):
                return plan.T_IDLE
            return {first: plan.T_DEPART, last: plan.T_RETURN}.get(weekday, plan.T_AWAY)
    works = car < int(life.kinds.workers[kind])
    if works and not reachable(life, chapter.home, chapter.jobs[car], life.places.reach_ds):
        usual = int(life.diary.far_job[usual])
    if car == 0:
        group = group_of(life, household, chapter.home)
        if meets_on(life, group, day):
            goes = _below(life, 4, _bits64(life, plan.K_ATTEND, household, week))
        else:
            venue = int(life.calendar.event_zone[day])
            goes = venue >= 0 and _below(life, 5, _bits64(life, plan.K_EVENT, household, day))
            goes = goes and reachable(life, chapter.home, venue, life.places.reach_ds)
        if goes:
            return int(life.diary.with_group[usual])
    return usual


def _visits(life: Life, household: int, kind: int, week: int, weekday: int, day: int) -> bool:
    """Return whether a visitor from beyond the map comes on a day."""
    comes = _bits64(life, plan.K_VISIT, household, week)
    if comes >> 32 >= int(life.kinds.comes_below[kind]):
        return False
    if life.kinds.about[kind] == plan.ONE_DAY:
        return weekday == (comes & 0xFFFFFFFF) % 7
    return bool(life.calendar.workday[day])


def legs_on(life: Life, household: int, vehicle: int, day: int) -> list[Leg]:
    """Return the trips of one car's day: its stops, arrivals, and hence departures."""
    car = vehicle - int(life.people.first_vehicle[household])
    chapter, template, visits = day_of(life, household, car, day)
    n, legs = int(life.diary.n_stops[template]), int(life.diary.n_legs[template])
    if legs == 0:
        return []
    w = _bits64(life, plan.K_CAR, vehicle, day)
    late = mix(w ^ 0xA5A5A5A5A5A5A5A5)
    shift = 0 if visits else shift_of(life, household, car, chapter)
    group = None if visits else group_of(life, household, chapter.home)
    explorer = driver_trait(life, vehicle, plan.EXPLORER) >> plan.CIRCLE_BITS - plan.EXPLORER_BITS
    slots = [start_slot(life, template)]
    anchors = []
    for i in range(n + 1):
        jitter = ((late >> (10 * i)) & 1023) * int(life.diary.jitter_s[template]) >> 10
        anchors.append(int(life.diary.anchor_s[template, i]) + int(life.diary.shifts[template, i]) * shift + jitter)
        if i < n:
            purpose = int(life.diary.purpose[template, i])
            slots.append(int(life.places.slot_of[explorer, purpose, (w >> (8 * i)) & 255]))
            if purpose == Purpose.GROUP and group is not None and meets_on(life, group, day):
                anchors[i] += int(life.groups.offset_s[group])
    slots.append(plan.HOME_SLOT)
    zones = [
        new_place(life, chapter, w, stay, slot)
        if slot >= plan.NEW_SLOT
        else place_of(life, household, car, chapter, day, slot)
        for stay, slot in enumerate(slots)
    ]
    midnight = day * DAY_S + DAY_START_S
    planned = []
    for leg in range(legs):
        a, b = (int(life.places.zone_hub[zone]) for zone in zones[leg : leg + 2])
        hour = (anchors[leg] + DAY_START_S) // 3600 % 24
        trip = trip_word(w, leg)
        alternative = alternative_on(life, household, trip, hour, a, b)
        travel = 2 * life.roads.access_s + driving_s(life, trip, hour, driving(life, a, alternative, b, hour))
        leave = anchors[leg] - travel if leg < n else anchors[leg]
        purpose = Purpose(int(life.diary.purpose[template, leg])) if leg < n else Purpose.HOME
        times = (midnight + leave, midnight + leave + travel)
        planned.append(Leg(vehicle, day, leg, zones[leg], zones[leg + 1], purpose, alternative, hour, trip, *times))
    return planned


def stays_on(life: Life, household: int, vehicle: int, day: int) -> list[Stay]:
    """Return the stays of one car on a day of travel, 04:00 to 04:00, with the trips around them."""
    legs = legs_on(life, household, vehicle, day)
    begin, end = day * DAY_S + DAY_START_S, (day + 1) * DAY_S + DAY_START_S
    car = vehicle - int(life.people.first_vehicle[household])
    chapter, template, _ = day_of(life, household, car, day)
    slot = start_slot(life, template)
    if not legs:
        return [Stay(place_of(life, household, car, chapter, day, slot), begin, end, 0, slot == plan.HOME_SLOT)]
    arrivals, leaves = [begin, *(leg.arrive_s for leg in legs)], [*(leg.leave_s for leg in legs), end]
    zones = [legs[0].from_zone, *(leg.to_zone for leg in legs)]
    at_home = [slot == plan.HOME_SLOT, *(leg.purpose == Purpose.HOME for leg in legs)]
    return [Stay(*stay) for stay in zip(zones, arrivals, leaves, range(len(zones)), at_home, strict=True)]


def shift_of(life: Life, household: int, car: int, chapter: Chapter) -> int:
    """Return a worker's start after 08:00, in seconds, late enough for the slowest commute; 0 without a commuter."""
    if car >= int(life.kinds.workers[life.people.kind[household]]) or chapter.home == life.places.elsewhere:
        return 0
    vehicle = int(life.people.first_vehicle[household]) + car
    shift = int(life.diary.shift[_bits64(life, plan.K_SHIFT, vehicle, chapter.changes[car]) & 255])
    a, b = int(life.places.zone_hub[chapter.home]), int(life.places.zone_hub[chapter.jobs[car]])
    way_s = (quickest_ds(life, a, b) * life.roads.slowest >> 16) + life.roads.slowest_s
    return max(shift, way_s - plan.WORK_ANCHOR_S)


def start_slot(life: Life, template: int) -> int:
    """Return the first slot of a day of a template."""
    return plan.OUTSIDE_SLOT if life.diary.starts_at[template] == Purpose.OUTSIDE else plan.HOME_SLOT


def trip_word(w: int, leg: int) -> int:
    """Return the random bits of one trip of a day, from the car's bits of the day."""
    return mix(((w ^ 0x5A5A5A5A5A5A5A5A) + leg * GOLDEN) & MASK)


def alternative_on(life: Life, household: int, trip: int, hour: int, from_hub: int, to_hub: int) -> int:
    """Return the route of a trip: the household's usual one between two hubs, or another for once."""
    usual = int(life.roads.usual[_bits64(life, plan.K_ROUTE, household, (from_hub << 32) + to_hub) & 255])
    if trip & 0xFFFF < int(life.roads.kept_below[hour]):
        return usual
    return int(life.roads.other[usual, trip >> 16 & 255])


def driving(life: Life, from_hub: int, alternative: int, to_hub: int, hour: int) -> int:
    """Return the driving time of a route in the traffic of an hour, in 65,536ths of a second."""
    pair = int(life.roads.row[from_hub]) + to_hub
    fast = int(life.roads.fast_ds[pair, alternative]) * int(life.roads.hour_fast[hour])
    return fast + int(life.roads.slow_ds[pair, alternative]) * int(life.roads.hour_slow[hour])


def driving_s(life: Life, trip: int, hour: int, way: int) -> int:
    """Return the driving time of a trip, in seconds; way : mean time of its route in the traffic of its hour."""
    return way * int(life.roads.pace[hour, trip >> 24 & 1023]) >> 28


def _bits64(life: Life, stream: int, entity: int, counter: int) -> int:
    return bits64(int(life.keys[stream]), entity, counter)


def _below(life: Life, share: int, w: int) -> bool:
    return w >> 32 < int(life.below[share])


def _choose(life: Life, purpose: Purpose, near_zone: int, w: int) -> int:
    return int(life.places.destinations[purpose, life.places.zone_hub[near_zone], w & 511])
