"""Diaries: the few dozen shapes of a car's day, and which household has which day.

A template gives each stop its purpose and its arrival anchor, so any stop or leg of a
day can be made alone: leaving time is the next arrival less the travel time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.travel.calendar import DAY_START_S, SATURDAY, SUNDAY, WORKDAY
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario import Households, Travel

MAX_STOPS = 5
MAX_CARS = 3
PATTERNS = 1024
"""Days drawn for each household type and kind of day; ten bits pick one."""
LEAST_STAY_S = 300
GROUP_OFFSET_S = 1800
"""How much earlier or later than its anchor a group may meet."""
LATEST_SHIFT_S, EARLIEST_SHIFT_S = 4 * 3600, -2 * 3600

_P = Purpose
_WORK = (_P.WORK, "08:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The shape of one car's day; clock times, each stop late by up to `jitter_min`."""

    name: str
    stops: tuple[tuple[Purpose, str], ...] = ()
    leave: str = "04:00"
    jitter_min: int = 30
    follows_shift: bool = False
    """Whether the whole day moves with the worker's shift (meetings of groups never do)."""
    starts_at: Purpose = Purpose.HOME
    returns: bool = True


IDLE = Template(name="idle")
AWAY = Template(name="away", starts_at=_P.OUTSIDE, returns=False)
DEPART = Template(name="depart", stops=((_P.OUTSIDE, "10:30"),), jitter_min=60, returns=False)
RETURN = Template(name="return", stops=((_P.HOME, "17:00"),), jitter_min=60, starts_at=_P.OUTSIDE, returns=False)
GROUP = Template(name="group", stops=((_P.GROUP, "19:00"),), leave="21:00", jitter_min=10)
WORK_GROUP = Template(
    name="work-group", stops=(_WORK, (_P.GROUP, "19:00")), leave="21:00", jitter_min=10, follows_shift=True
)
WORK = (
    Template(name="work", stops=(_WORK,), leave="17:00", follows_shift=True),
    Template(name="work-shop", stops=(_WORK, (_P.SHOP, "17:45")), leave="18:30", follows_shift=True),
    Template(name="work-leisure", stops=(_WORK, (_P.LEISURE, "18:00")), leave="20:00", follows_shift=True),
    Template(
        name="work-lunch", stops=(_WORK, (_P.MEAL, "12:15"), (_P.WORK, "14:00")), leave="17:15", jitter_min=15,
        follows_shift=True,
    ),
    Template(
        name="work-home-leisure", stops=(_WORK, (_P.HOME, "17:30"), (_P.LEISURE, "19:45")), leave="21:30",
        follows_shift=True,
    ),
    Template(
        name="work-lunch-shop", stops=(_WORK, (_P.MEAL, "12:15"), (_P.WORK, "14:00"), (_P.SHOP, "17:50")),
        leave="18:45", jitter_min=15, follows_shift=True,
    ),
    Template(
        name="work-shop-home-leisure", stops=(_WORK, (_P.SHOP, "17:15"), (_P.HOME, "19:00"), (_P.LEISURE, "20:45")),
        leave="22:15", jitter_min=15, follows_shift=True,
    ),
    Template(
        name="work-home-visit", stops=(_WORK, (_P.HOME, "17:30"), (_P.VISIT, "19:30")), leave="21:45",
        follows_shift=True,
    ),
)  # fmt: skip
SCHOOL_WORK = Template(
    name="school-work", stops=((_P.SCHOOL, "07:40"), (_P.WORK, "09:10")), leave="17:00", jitter_min=10
)
SCHOOL = Template(name="school", stops=((_P.SCHOOL, "07:45"),), leave="08:00", jitter_min=8)
SCHOOL_TWICE = Template(
    name="school-twice",
    stops=((_P.SCHOOL, "07:45"), (_P.HOME, "09:15"), (_P.SCHOOL, "15:15")),
    leave="15:35",
    jitter_min=8,
)
ONE_TOUR = (
    Template(name="shop", stops=((_P.SHOP, "10:30"),), leave="11:45", jitter_min=40),
    Template(name="shop-shop", stops=((_P.SHOP, "10:00"), (_P.SHOP, "12:00")), leave="13:15", jitter_min=40),
    Template(
        name="shop-meal-shop",
        stops=((_P.SHOP, "10:00"), (_P.MEAL, "12:00"), (_P.SHOP, "14:00")),
        leave="15:15",
        jitter_min=30,
    ),
    Template(name="meal", stops=((_P.MEAL, "18:00"),), leave="19:45", jitter_min=50),
    Template(name="leisure", stops=((_P.LEISURE, "14:00"),), leave="16:00", jitter_min=60),
    Template(name="visit", stops=((_P.VISIT, "14:30"),), leave="17:30", jitter_min=60),
    Template(name="clinic", stops=((_P.CLINIC, "10:00"),), leave="11:15", jitter_min=40),
    Template(name="evening", stops=((_P.LEISURE, "19:15"),), leave="21:45", jitter_min=50),
)
TWO_TOURS = (
    Template(
        name="shop-home-leisure", stops=((_P.SHOP, "10:00"), (_P.HOME, "12:00"), (_P.LEISURE, "15:00")), leave="17:00",
        jitter_min=40,
    ),
    Template(
        name="shop-home-meal", stops=((_P.SHOP, "10:30"), (_P.HOME, "12:30"), (_P.MEAL, "18:15")), leave="20:00",
        jitter_min=40,
    ),
    Template(
        name="shop-home-visit", stops=((_P.SHOP, "14:00"), (_P.HOME, "16:00"), (_P.VISIT, "18:30")), leave="21:00",
        jitter_min=40,
    ),
)  # fmt: skip
THREE_TOURS = Template(
    name="three-tours",
    stops=((_P.SHOP, "09:30"), (_P.HOME, "11:30"), (_P.SHOP, "14:00"), (_P.HOME, "16:00"), (_P.VISIT, "18:45")),
    leave="21:00",
    jitter_min=40,
)
WORSHIP = (
    Template(name="worship", stops=((_P.WORSHIP, "10:00"),), leave="11:45", jitter_min=15),
    Template(name="worship-meal", stops=((_P.WORSHIP, "10:00"), (_P.MEAL, "12:15")), leave="13:30", jitter_min=15),
)
THROUGH = Template(name="through", stops=((_P.OUTSIDE, "09:30"),), leave="16:30", jitter_min=60)
VISIT_CITY = (
    Template(name="city", stops=((_P.CITY, "11:00"),), leave="15:00", jitter_min=60),
    Template(name="city-evening", stops=((_P.CITY, "18:30"),), leave="21:30", jitter_min=60),
    Template(name="city-short", stops=((_P.CITY, "13:00"),), leave="14:30", jitter_min=60),
)
FREE_DAY_WORSHIP = 0.3
"""Share of Sundays on which a household worships (assumption)."""
ONE_CAR_FOR_ALL = 0.8
"""Share of days on which one car makes all the tours from home (assumption)."""


def _moved(template: Template, minutes: int) -> Template:
    """Move a whole day earlier or later."""

    def clock(text: str) -> str:
        at = _minutes(text) + minutes
        return f"{at // 60:02d}:{at % 60:02d}"

    return replace(
        template,
        name=f"{template.name}{minutes:+d}",
        stops=tuple((purpose, clock(at)) for purpose, at in template.stops),
        leave=clock(template.leave),
    )


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


ONE_TOUR_ANY = tuple(_moved(t, m) for m in (-80, 0, 75) for t in ONE_TOUR)
TWO_TOURS_ANY = tuple(_moved(t, m) for m in (-60, 0, 60) for t in TWO_TOURS)
THROUGH_ANY = tuple(_moved(THROUGH, m) for m in range(-240, 300, 60))
VISIT_CITY_ANY = tuple(_moved(t, m) for m in (-90, 0, 60) for t in VISIT_CITY)
TEMPLATES: tuple[Template, ...] = (
    IDLE, AWAY, DEPART, RETURN, GROUP, WORK_GROUP, *WORK, SCHOOL_WORK, SCHOOL, SCHOOL_TWICE,
    *ONE_TOUR_ANY, *TWO_TOURS_ANY, THREE_TOURS, *WORSHIP, *THROUGH_ANY, *VISIT_CITY_ANY,
)  # fmt: skip
NUMBER = {template.name: i for i, template in enumerate(TEMPLATES)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diaries:
    """The templates as arrays; t templates, seconds after 04:00."""

    n_stops: NDArray[np.uint8]
    """uint8[t]"""
    n_legs: NDArray[np.uint8]
    """uint8[t]; one more than stops where the car returns home."""
    starts_at: NDArray[np.uint8]
    """uint8[t]; Purpose of the place where the day starts."""
    purpose: NDArray[np.uint8]
    """uint8[t, MAX_STOPS]"""
    anchor_s: NDArray[np.int64]
    """int64[t, MAX_STOPS + 1]; earliest arrival at each stop, then earliest leave from the last."""
    jitter_s: NDArray[np.int64]
    """int64[t]; everything is late by less than this."""
    shifts: NDArray[np.uint8]
    """uint8[t, MAX_STOPS + 1]; 1 where the anchor moves with the worker's shift."""
    with_group: NDArray[np.uint8]
    """uint8[t]; the template driven instead on an evening when the group meets."""


def diaries() -> Diaries:
    """Return the templates as arrays."""
    t = len(TEMPLATES)
    purpose = np.zeros((t, MAX_STOPS), np.uint8)
    anchor = np.zeros((t, MAX_STOPS + 1), np.int64)
    shifts = np.zeros((t, MAX_STOPS + 1), np.uint8)
    for i, template in enumerate(TEMPLATES):
        n = len(template.stops)
        for j, (what, clock) in enumerate(template.stops):
            purpose[i, j] = what
            anchor[i, j] = _minutes(clock) * 60 - DAY_START_S
            shifts[i, j] = template.follows_shift and what is not Purpose.GROUP
        anchor[i, n] = _minutes(template.leave) * 60 - DAY_START_S
        shifts[i, n] = template.follows_shift and template is not WORK_GROUP
    works = [any(what is Purpose.WORK for what, _ in template.stops) for template in TEMPLATES]
    fixed = {IDLE.name: GROUP, AWAY.name: AWAY, DEPART.name: DEPART, RETURN.name: RETURN}
    group = [fixed.get(x.name, WORK_GROUP if w else GROUP).name for x, w in zip(TEMPLATES, works, strict=True)]
    return Diaries(
        n_stops=np.array([len(x.stops) for x in TEMPLATES], np.uint8),
        n_legs=np.array([len(x.stops) + (x.returns and len(x.stops) > 0) for x in TEMPLATES], np.uint8),
        starts_at=np.array([x.starts_at for x in TEMPLATES], np.uint8),
        purpose=purpose,
        anchor_s=anchor,
        jitter_s=np.array([x.jitter_min * 60 for x in TEMPLATES], np.int64),
        shifts=shifts,
        with_group=np.array([NUMBER[name] for name in group], np.uint8),
    )


def slack_s(table: Diaries) -> int:
    """Return the longest travel time that fits between any two stops of any day, in seconds.

    Proves `leave >= arrive + least stay` for every day: between two anchors lies at least
    their gap, less the jitter, less what a shift or a group's own hour takes when it moves
    only one of them. Negative where a diary leaves its last stop too soon.
    """
    rooms = [24 * 3600]
    for i, template in enumerate(TEMPLATES):
        n, late = int(table.n_stops[i]), int(table.jitter_s[i])
        if n == 0:
            continue
        anchors = [int(anchor) for anchor in table.anchor_s[i, : n + 1]]
        group = [what is Purpose.GROUP for what, _ in template.stops] + [False]
        shifts = [bool(shift) for shift in table.shifts[i, : n + 1]]
        earliest = [EARLIEST_SHIFT_S * s - GROUP_OFFSET_S * g for s, g in zip(shifts, group, strict=True)]
        latest = [LATEST_SHIFT_S * s + GROUP_OFFSET_S * g for s, g in zip(shifts, group, strict=True)]
        rooms.append(anchors[0] + earliest[0])
        for j in range(n):
            together = shifts[j] and shifts[j + 1]
            gap = anchors[j + 1] - anchors[j] - late - (0 if together else latest[j] - earliest[j + 1])
            if j + 1 < n:
                rooms.append(gap - LEAST_STAY_S)
            elif table.n_legs[i] > n:
                rooms.append(24 * 3600 - anchors[n] - late - latest[n])
                rooms += [-1] * (gap < LEAST_STAY_S)
    return min(rooms)


def pattern_table(households: Households, travel: Travel, seed: int) -> NDArray[np.uint8]:
    """Draw typical days; uint8[types, 3, PATTERNS, MAX_CARS], the template of each car.

    Workers drive to work or not; the household's other tours go first to the cars left
    at home, so a car is idle mostly because another one was used.
    """
    types = list(households.types.values())
    table = np.zeros((len(types), 3, PATTERNS, MAX_CARS), np.uint8)
    for i, (name, kind) in enumerate(households.types.items()):
        for day in (WORKDAY, SATURDAY, SUNDAY):
            draws = _draws(seed, f"diaries.{name}.{day}")
            for q in range(PATTERNS):
                table[i, day, q, : kind.cars] = _household_day(kind.cars, kind.workers, day, travel, draws[q])
    return table


def _draws(seed: int, name: str) -> NDArray[np.float64]:
    """Return independent uniforms; float64[PATTERNS, 16]."""
    stream = streams.key(seed, name)
    return np.stack([streams.uniforms(stream, np.arange(PATTERNS), counter) for counter in range(16)], axis=1)


def _household_day(cars: int, workers: int, day: int, travel: Travel, u: NDArray[np.float64]) -> list[int]:
    """Hand out one household's tours to its cars; u : float64[16]."""
    drives = travel.drive_to_work * (1.0 if day == WORKDAY else 0.15)
    plan = [IDLE] * cars
    for car in range(workers):
        if u[car] < drives:
            side = u[3 + car] < travel.side_trip
            plan[car] = WORK[1 + int(u[6 + car] * (len(WORK) - 1))] if side else WORK[0]
    school = cars > workers > 0 and day == WORKDAY and u[9] < travel.school_run
    if school and plan[0] is WORK[0]:
        plan[0] = SCHOOL_WORK
    mean = travel.other_tours if day == WORKDAY else travel.other_tours_free_day
    tours = int(np.searchsorted(np.cumsum(_poisson(mean * (0.5 + cars / 2))), u[10]))
    if school and plan[0] is not SCHOOL_WORK and plan[-1] is IDLE:
        plan[-1] = SCHOOL if u[11] < 0.4 else SCHOOL_TWICE
    if day == SUNDAY and u[12] < FREE_DAY_WORSHIP and plan[0] is IDLE:
        plan[0] = WORSHIP[int(u[13] * len(WORSHIP))]
    idle = [car for car in range(cars) if plan[car] is IDLE]
    sharing = 1 if u[14] < ONE_CAR_FOR_ALL else max(len(idle), 1)
    for rank, car in enumerate(idle[:sharing]):
        plan[car] = _errands(len(range(rank, tours, sharing)), u[15], rank)
    return [NUMBER[template.name] for template in plan]


def _errands(tours: int, u: float, rank: int) -> Template:
    """Pick a day of so many tours from home."""
    pick = (u + 0.37 * rank) % 1.0
    if tours <= 0:
        return IDLE
    if tours == 1:
        return ONE_TOUR_ANY[int(pick * len(ONE_TOUR_ANY))]
    if tours == 2:
        return TWO_TOURS_ANY[int(pick * len(TWO_TOURS_ANY))]
    return THREE_TOURS


def _poisson(mean: float) -> NDArray[np.float64]:
    """Return Poisson probabilities of 0, 1, 2 and 3 or more."""
    p = np.array([1.0, mean, mean * mean / 2.0]) * np.exp(-mean)
    return np.append(p, 1.0 - p.sum())
