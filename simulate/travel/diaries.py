"""Diaries: the activity patterns of a car's day, and their assignment to households.

A template gives each stop its purpose and its arrival anchor, so any stop or leg of a
day can be made alone: departure is the next arrival less the travel time. The longest
trip out of a stay therefore bounds its length from below, unless it is the day's last;
`world.travel_time_budget` bounds that trip, and tests hold that every day fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.durations import DAY_START_S
from simulate.kernels.plan import MAX_CARS, MAX_STOPS
from simulate.travel import shapes
from simulate.travel.calendar import EDGE_OF_WEEK, N_KINDS, SUNDAY, WORKDAY
from simulate.travel.shapes import COMMUTES, Shape
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Households, HouseholdType, Travel

PATTERNS = 1024
"""Days drawn for each household type and kind of day; indexed by ten bits."""
LEAST_STAY_S = 300
GROUP_OFFSET_S = 1800
"""Largest shift of a group's meeting from its anchor, either way."""
MOST_TOURS = 3
DRAWS = 18
"""Uniform draws for one household's day."""

_P = Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The shape of one car's day; clock times, each stop late by up to `jitter_min`."""

    name: str
    stops: tuple[tuple[Purpose, int], ...] = ()
    """Purpose and earliest arrival, minutes after midnight."""
    leave: int = 240
    """Earliest leave from the last stop, minutes after midnight."""
    jitter_min: int = 60
    follows_shift: bool = False
    """Whether the whole day moves with the worker's shift (meetings of groups never do)."""
    starts_at: Purpose = Purpose.HOME
    returns: bool = True


IDLE = Template(name="idle")
AWAY = Template(name="away", starts_at=_P.OUTSIDE, returns=False)
DEPART = Template(name="depart", stops=((_P.OUTSIDE, 630),), returns=False)
RETURN = Template(name="return", stops=((_P.HOME, 1020),), starts_at=_P.OUTSIDE, returns=False)


def _laid_out(shape: Shape) -> tuple[list[Template], list[Template]]:
    """Return the templates of a shape at each of its start times, for working days and for free days."""
    purposes = [Purpose[word.upper()] for word in shape.stops.split("-")]
    *arrivals, leave = (_minutes(clock) for clock in shape.clock.split())

    def at(begin: str) -> Template:
        moved = _minutes(begin) - arrivals[0]
        return Template(
            name=f"{shape.stops}@{begin}",
            stops=tuple(zip(purposes, (arrival + moved for arrival in arrivals), strict=True)),
            leave=leave + moved,
            jitter_min=shape.jitter_min,
            follows_shift=purposes[0] is Purpose.WORK,
        )

    workdays = (shape.begins or shape.clock.split()[0]).split()
    free_days = (shape.begins_free or " ".join(workdays)).split()
    return [at(begin) for begin in workdays], [at(begin) for begin in free_days]


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class Menu:
    """Weighted templates, separate for working days and free days."""

    def __init__(self, *shapes: Shape) -> None:
        self.templates: tuple[list[Template], list[Template]] = ([], [])
        self._up_to: list[NDArray[np.float64]] = []
        for free in (False, True):
            share: list[float] = []
            for shape in shapes:
                variants = _laid_out(shape)[free]
                often = shape.free_days if free else shape.workdays
                self.templates[free].extend(variants if often > 0 else [])
                share += [often / len(variants)] * len(variants) if often > 0 else []
            self._up_to.append(np.cumsum(share) / max(sum(share), 1e-300))

    def pick(self, free: bool, u: float) -> Template:
        """Return the template at a quantile of its kind of day."""
        templates = self.templates[free]
        return templates[min(int(np.searchsorted(self._up_to[free], u, side="right")), len(templates) - 1)]


WORK = _laid_out(COMMUTES[0])[0][0]
WORK_CLINIC = _laid_out(shapes.WORK_CLINIC)[0][0]
WORK_GROUP = _laid_out(shapes.GROUP_COMMUTE)[0][0]
GROUP, BUSY_GROUP = (_laid_out(shape)[0][0] for shape in shapes.GROUP_DAYS)
SIDE_TRIPS = Menu(*COMMUTES[1:])
SCHOOL_COMMUTES = Menu(*shapes.SCHOOL_COMMUTES)
SCHOOL_DAYS = tuple(Menu(*days) for days in shapes.SCHOOL_DAYS)
TOURS = tuple(Menu(*days) for days in shapes.TOURS)
THROUGH_ANY, VISIT_CITY_ANY = (
    tuple(template for shape in days for template in _laid_out(shape)[0]) for days in (shapes.THROUGH, shapes.CITY)
)
CLINIC_DAYS, WORSHIP_DAYS = Menu(*shapes.CLINIC_DAYS), Menu(*shapes.WORSHIP_DAYS)
DAYS_OUT = Menu(*shapes.DAYS_OUT)
ONE_CAR_FOR_ALL = 0.95
"""Share of days with all tours from home made by one car, as far as a day holds them (assumption)."""
SCHOOL_ON_THE_WAY = 0.75
"""Share of school runs made by a commuter on the way, though a car stands at home (assumption)."""

_MENUS = (SIDE_TRIPS, SCHOOL_COMMUTES, *SCHOOL_DAYS, *TOURS, CLINIC_DAYS, WORSHIP_DAYS, DAYS_OUT)
TEMPLATES: tuple[Template, ...] = tuple(
    dict.fromkeys(
        [
            *(IDLE, AWAY, DEPART, RETURN, GROUP, BUSY_GROUP, WORK_GROUP, WORK, WORK_CLINIC),
            *(template for menu in _MENUS for templates in menu.templates for template in templates),
            *THROUGH_ANY,
            *VISIT_CITY_ANY,
        ]
    )
)
NUMBER = {template.name: i for i, template in enumerate(TEMPLATES)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diaries:
    """The templates as arrays; t templates, seconds after 04:00."""

    n_stops: NDArray[np.uint8]
    """uint8[t]"""
    n_legs: NDArray[np.uint8]
    """uint8[t]; one more than stops where the car returns home."""
    starts_at: NDArray[np.uint8]
    """uint8[t]; Purpose of the day's first place."""
    purpose: NDArray[np.uint8]
    """uint8[t, MAX_STOPS]"""
    anchor_s: NDArray[np.int64]
    """int64[t, MAX_STOPS + 1]; earliest arrival at each stop, then earliest leave from the last."""
    jitter_s: NDArray[np.int64]
    """int64[t]; upper bound of every delay."""
    shifts: NDArray[np.uint8]
    """uint8[t, MAX_STOPS + 1]; 1 where the anchor moves with the worker's shift."""
    with_group: NDArray[np.uint8]
    """uint8[t]; replacement template on an evening with a group meeting."""
    far_job: NDArray[np.uint8]
    """uint8[t]; replacement template of workers with a job beyond the travel-time budget of errands."""


def diaries() -> Diaries:
    """Return the templates as arrays."""
    t = len(TEMPLATES)
    purpose = np.zeros((t, MAX_STOPS), np.uint8)
    anchor = np.zeros((t, MAX_STOPS + 1), np.int64)
    shifts = np.zeros((t, MAX_STOPS + 1), np.uint8)
    for i, template in enumerate(TEMPLATES):
        n = len(template.stops)
        for j, (stop_purpose, at) in enumerate(template.stops):
            purpose[i, j] = stop_purpose
            anchor[i, j] = at * 60 - DAY_START_S
            shifts[i, j] = template.follows_shift and stop_purpose is not Purpose.GROUP
        anchor[i, n] = template.leave * 60 - DAY_START_S
        shifts[i, n] = template.follows_shift and template is not WORK_GROUP
    group = [_with_group(template).name for template in TEMPLATES]
    return Diaries(
        n_stops=np.array([len(x.stops) for x in TEMPLATES], np.uint8),
        n_legs=np.array([len(x.stops) + (x.returns and len(x.stops) > 0) for x in TEMPLATES], np.uint8),
        starts_at=np.array([x.starts_at for x in TEMPLATES], np.uint8),
        purpose=purpose,
        anchor_s=anchor,
        jitter_s=np.array([x.jitter_min * 60 for x in TEMPLATES], np.int64),
        shifts=shifts,
        with_group=np.array([NUMBER[name] for name in group], np.uint8),
        far_job=np.array([NUMBER[_with_far_job(template).name] for template in TEMPLATES], np.uint8),
    )


def _with_group(template: Template) -> Template:
    """Return the replacement of a template on an evening with a group meeting."""
    if template in {AWAY, DEPART, RETURN}:
        return template
    if any(purpose is Purpose.WORK for purpose, _ in template.stops):
        return WORK_GROUP
    return GROUP if template is IDLE else BUSY_GROUP


def _with_far_job(template: Template) -> Template:
    """Return the replacement of a template for a commuter with a job too far for a school run on the way."""
    purposes = [purpose for purpose, _ in template.stops]
    if not (_P.WORK in purposes and purposes[0] is _P.SCHOOL):
        return template
    return SCHOOL_COMMUTES.templates[0][0] if _P.SHOP not in purposes else SIDE_TRIPS.templates[0][0]


def pattern_table(households: Households, travel: Travel, seed: int) -> NDArray[np.uint8]:
    """Draw typical days, quiet ones first; uint8[types, kinds of day, PATTERNS, MAX_CARS], the template of each car.

    Workers drive to work or not; the household's other tours go first to the cars left
    at home, so a car is idle mostly because another one was used.
    """
    types = list(households.types.values())
    table = np.zeros((len(types), N_KINDS, PATTERNS, MAX_CARS), np.uint8)
    for i, (name, kind) in enumerate(households.types.items()):
        for day in range(N_KINDS):
            draws = _draws(seed, f"diaries.{name}.{day}")
            plans = [_household_day(kind, day, travel, draws[q]) for q in range(PATTERNS)]
            plans.sort(key=_busy)
            table[i, day, :, : kind.cars] = [[NUMBER[template.name] for template in plan] for plan in plans]
    return table


def _busy(plan: list[Template]) -> tuple[int, list[int]]:
    """Return the sort key of a day: trips of the household, then the templates, so like days lie side by side."""
    used = [template for template in plan if template.stops]
    return sum(len(template.stops) + 1 for template in used), [NUMBER[template.name] for template in plan]


def _draws(seed: int, name: str) -> NDArray[np.float64]:
    """Return independent uniforms; float64[PATTERNS, DRAWS]."""
    stream = streams.key(seed, name)
    return np.stack([streams.uniforms(stream, np.arange(PATTERNS), counter) for counter in range(DRAWS)], axis=1)


def _household_day(kind: HouseholdType, day: int, travel: Travel, u: NDArray[np.float64]) -> list[Template]:
    """Assign one household's tours to its cars; u : float64[DRAWS]."""
    free = day not in {WORKDAY, EDGE_OF_WEEK}
    plan = [IDLE] * kind.cars
    for car in range(kind.workers):
        if u[car] < commutes(kind, car, day, travel):
            plan[car] = SIDE_TRIPS.pick(free, u[6 + car]) if u[3 + car] < travel.side_trip else WORK
    idle = [car for car in range(kind.cars) if plan[car] is IDLE]
    mean = (travel.other_tours_free_day if free else travel.other_tours) * (0.5 + len(idle) / 2)
    tours = int(np.searchsorted(_poisson_up_to(mean), u[9], side="right"))
    children = kind.cars > kind.workers > 0
    if not free and u[10] < travel.clinic_day:
        plan[idle[0] if idle else 0] = CLINIC_DAYS.pick(free, u[11]) if idle else WORK_CLINIC
        idle, tours = idle[1:], tours - 1
    elif not free and children and u[12] < travel.school_run:
        if plan[0] is not IDLE and (not idle or u[11] < SCHOOL_ON_THE_WAY):
            plan[0] = SCHOOL_COMMUTES.pick(free, u[13])
        else:
            busy = min(tours, len(SCHOOL_DAYS) - 1)
            plan[idle[0]] = SCHOOL_DAYS[busy].pick(free, u[13])
            idle, tours = idle[1:], tours - busy
    elif day == SUNDAY and idle and u[10] < travel.worship:
        plan[idle[0]] = WORSHIP_DAYS.pick(free, u[11])
        idle, tours = idle[1:], tours - 2
    elif idle and u[16] < (travel.day_out_free_day if free else travel.day_out):
        plan[idle[0]] = DAYS_OUT.pick(free, u[17])
        idle, tours = idle[1:], tours - 2
    for rank, (car, n) in enumerate(
        zip(idle, _shared_out(tours, len(idle), one_car=u[14] < ONE_CAR_FOR_ALL), strict=True)
    ):
        if n > 0:
            plan[car] = TOURS[n - 1].pick(free, (u[15] + 0.37 * rank) % 1.0)
    return plan


def commutes(kind: HouseholdType, car: int, day: int, travel: Travel) -> float:
    """Return the probability of a car commuting on a kind of day."""
    if day not in {WORKDAY, EDGE_OF_WEEK}:
        return travel.drive_to_work * travel.at_work_free_day
    at_home = travel.hybrid_at_home if day == EDGE_OF_WEEK and car >= kind.workers - kind.hybrid else 0.0
    return travel.drive_to_work * travel.at_work * (1.0 - at_home)


def _shared_out(tours: int, cars: int, *, one_car: bool) -> list[int]:
    """Return the tours of each car at home: all on one car as far as its day holds them, or dealt in turn."""
    if one_car:
        return [min(max(tours - MOST_TOURS * car, 0), MOST_TOURS) for car in range(cars)]
    return [min(len(range(car, tours, cars)), MOST_TOURS) for car in range(cars)]


def _poisson_up_to(mean: float) -> NDArray[np.float64]:
    """Return the Poisson probabilities of at most 0, 1, ... 8."""
    terms = np.cumprod([1.0, *(mean / k for k in range(1, 9))])
    up_to: NDArray[np.float64] = np.cumsum(terms) * np.exp(-mean)
    return up_to
