"""The readable definition of a day, in plain Python integers.

`kernels/plan.py` makes the same plan a thousand times faster; the tests hold the two
equal. Read this file to learn what a simulated day is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.kernels import plan
from simulate.travel.calendar import DAY_S, DAY_START_S
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from simulate.kernels.plan import Life

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(x: int) -> int:
    """Scramble 64 bits one to one (SplitMix64 finaliser)."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def word(key: int, entity: int, counter: int) -> int:
    """Return the 64 random bits of one decision."""
    return mix((mix(key ^ (entity * GOLDEN & MASK)) + counter * GOLDEN) & MASK)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of a household's life with the same home and jobs."""

    home: int
    """Zone of the home."""
    moves: int
    """How often the household has moved since the scenario began."""
    jobs: tuple[int, ...]
    """Zone of each car's workplace; its home where nobody commutes in it."""
    changes: tuple[int, ...]
    """How often each car's worker has changed jobs."""


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
    leave_s: int
    """Leaves its place, seconds from the first midnight."""
    arrive_s: int
    """Reaches the next place, seconds from the first midnight."""


def chapter_on(life: Life, household: int, day: int) -> Chapter:
    """Live a household's life up to a day: every move and new job in order."""
    first, end = int(life.first_vehicle[household]), int(life.first_vehicle[household + 1])
    workers = int(life.workers[life.kind[household]])
    home, moves, next_move = int(life.home[household]), 0, None
    if _below(life, 0, _word(life, plan.K_MOVER, household, 0)):
        next_move = int(life.move_gap[_word(life, plan.K_MOVE, household, 0) & 1023])
    jobs, changes, next_job = [home] * (end - first), [0] * (end - first), {}
    for car in range(workers):
        jobs[car] = _choose(life, Purpose.WORK, home, _word(life, plan.K_JOB, first + car, 0))
        next_job[car] = int(life.job_gap[_word(life, plan.K_JOB_GAP, first + car, 0) & 1023])
    while True:
        events = [] if next_move is None else [(next_move, -1)]
        when, who = min([*events, *((at, car) for car, at in next_job.items())], default=(day + 1, -1))
        if when > day:
            return Chapter(home, moves, tuple(jobs), tuple(changes))
        if who < 0:
            moves += 1
            pick = _word(life, plan.K_HOME, household, moves)
            home = _choose(life, Purpose.HOME, jobs[0], pick) if workers else _choose(life, Purpose.VISIT, home, pick)
            next_move = when + int(life.move_gap[_word(life, plan.K_MOVE, household, moves) & 1023])
        else:
            changes[who] += 1
            jobs[who] = _choose(life, Purpose.WORK, home, _word(life, plan.K_JOB, first + who, changes[who]))
            next_job[who] = when + int(life.job_gap[_word(life, plan.K_JOB_GAP, first + who, changes[who]) & 1023])


def group_of(life: Life, household: int) -> int | None:
    """Return the group a household meets with."""
    w = _word(life, plan.K_GROUP, household, 0)
    return (w & 0xFFFFFFFF) % len(life.group_zone) if _below(life, 3, w) else None


def place_of(life: Life, household: int, car: int, chapter: Chapter, day: int, slot: int) -> int:
    """Return the zone of one of a car's places."""
    if slot == plan.HOME_SLOT:
        return chapter.home
    if slot == plan.WORK_SLOT:
        return chapter.jobs[car]
    if slot == plan.GROUP_SLOT:
        group = group_of(life, household)
        return chapter.home if group is None else int(life.group_zone[group])
    version = chapter.moves * 32 + slot
    if slot in {plan.NEW_SHOP_SLOT, plan.NEW_LEISURE_SLOT}:
        version += (day // plan.ERA_DAYS + 1) << 32
    purpose = Purpose(int(life.slot_purpose[slot]))
    return _choose(life, purpose, chapter.home, _word(life, plan.K_PLACE, household, version))


def template_on(life: Life, household: int, car: int, day: int) -> int:
    """Pick the shape of one car's day from the household's."""
    week, weekday = int(life.week[day]), int(life.weekday[day])
    spell = _word(life, plan.K_SPELL, household, week)
    if _below(life, 2, spell):
        first, last = (int(x) for x in life.span[spell & 15])
        if first <= weekday <= last:
            if car > 0 or not _below(life, 1, spell):
                return plan.T_IDLE
            return {first: plan.T_DEPART, last: plan.T_RETURN}.get(weekday, plan.T_AWAY)
    pick = _word(life, plan.K_DAY, household, day) & 1023
    template = int(life.pattern[life.kind[household], life.day_kind[day], pick, car])
    group = group_of(life, household)
    meets = group is not None and car == 0 and int(life.group_weekday[group]) == weekday
    if meets and _below(life, 4, _word(life, plan.K_ATTEND, household, week)):
        return int(life.with_group[template])
    return template


def legs_on(life: Life, household: int, vehicle: int, day: int) -> list[Leg]:
    """Make one car's day: where it stops, when it arrives, and so when it leaves."""
    car = vehicle - int(life.first_vehicle[household])
    chapter = chapter_on(life, household, day)
    template = template_on(life, household, car, day)
    n, legs = int(life.n_stops[template]), int(life.n_legs[template])
    if legs == 0:
        return []
    w = _word(life, plan.K_CAR, vehicle, day)
    late = mix(w ^ 0xA5A5A5A5A5A5A5A5)
    shift = 0
    if car < int(life.workers[life.kind[household]]):
        shift = int(life.shift[_word(life, plan.K_SHIFT, vehicle, chapter.changes[car]) & 255])
    slots = [plan.OUTSIDE_SLOT if life.starts_at[template] == Purpose.OUTSIDE else plan.HOME_SLOT]
    anchors = []
    for i in range(n + 1):
        jitter = ((late >> (10 * i)) & 1023) * int(life.jitter_s[template]) >> 10
        anchors.append(int(life.anchor_s[template, i]) + int(life.shifts[template, i]) * shift + jitter)
        if i < n:
            purpose = int(life.purpose[template, i])
            slots.append(int(life.slot_of[purpose, (w >> (8 * i)) & 255]))
            if purpose == Purpose.GROUP:
                anchors[i] += int(life.group_offset[group_of(life, household) or 0])
    slots.append(plan.HOME_SLOT)
    zones = [place_of(life, household, car, chapter, day, slot) for slot in slots]
    midnight = day * DAY_S + DAY_START_S
    made = []
    for leg in range(legs):
        a, b = (int(life.zone_hub[zone]) for zone in zones[leg : leg + 2])
        hour = (anchors[leg] + DAY_START_S) // 3600 % 24
        alternative = int(life.alternative[hour, (w >> (40 + 4 * leg)) & 15])
        travel = 2 * life.access_s + driving_s(life, a, alternative, b, hour)
        leave = anchors[leg] - travel if leg < n else anchors[leg]
        purpose = Purpose(int(life.purpose[template, leg])) if leg < n else Purpose.HOME
        times = (midnight + leave, midnight + leave + travel)
        made.append(Leg(vehicle, day, leg, zones[leg], zones[leg + 1], purpose, alternative, hour, *times))
    return made


def driving_s(life: Life, from_hub: int, alternative: int, to_hub: int, hour: int) -> int:
    """Return seconds of driving between two hubs in the traffic of an hour."""
    fast = int(life.fast_ds[from_hub, alternative, to_hub]) * int(life.hour_fast[hour])
    slow = int(life.slow_ds[from_hub, alternative, to_hub]) * int(life.hour_slow[hour])
    return (fast + slow) >> 16


def _word(life: Life, stream: int, entity: int, counter: int) -> int:
    return word(int(life.key[stream]), entity, counter)


def _below(life: Life, share: int, w: int) -> bool:
    return w >> 32 < int(life.below[share])


def _choose(life: Life, purpose: Purpose, near_zone: int, w: int) -> int:
    return int(life.choice[purpose, life.zone_hub[near_zone], w & 511])
