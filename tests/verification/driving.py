"""Plain measurements of how vehicles are driven: numbers out of trips, no judgement."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from simulate.travel import truth
from simulate.travel.calendar import DAY_S
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.life import Lives
    from simulate.travel.truth import Trips
    from simulate.world.build import World

MILE_M = 1609.344
LENGTHS_OF = 20_000
"""Trips whose length is measured along their links."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Driven:
    """All trips of the cars of some households."""

    trips: Trips
    households: int
    vehicle: NDArray[np.int64]
    """int64[v]; every car of those households."""
    household: NDArray[np.int64]
    """int64[v]; the household that keeps each."""
    days: int
    day_kind: NDArray[np.uint8]
    weekday: NDArray[np.uint8]
    length_m: NDArray[np.float64]
    """float64[LENGTHS_OF or fewer]; lengths of trips spread evenly over all."""
    length_purpose: NDArray[np.int64]
    length_from_home: NDArray[np.bool_]
    """What the measured trips were for, and whether they were the first of a day."""


def drive(world: World, lives: Lives, *, every: int, days: int) -> Driven:
    """Drive all cars of every so many-th household."""
    people = lives.population
    chosen = np.arange(0, people.n_households, every)
    first = people.first_vehicle
    vehicle = np.concatenate([np.arange(first[h], first[h + 1]) for h in chosen])
    made = truth.trips(lives, vehicle, 0, days)
    some = np.linspace(0, len(made.vehicle) - 1, min(LENGTHS_OF, len(made.vehicle))).astype(np.int64)
    picked = type(made)(**{name: getattr(made, name)[some] for name in made.__slots__})
    links = [seen.link for seen in truth.passages(world, lives, picked)]
    return Driven(
        trips=made,
        households=len(chosen),
        vehicle=vehicle,
        household=people.household_of(vehicle),
        days=days,
        day_kind=lives.calendar.kind,
        weekday=lives.calendar.weekday,
        length_m=np.array([world.roads.length_m[link].sum() for link in links]),
        length_purpose=picked.purpose,
        length_from_home=picked.leg == 0,
    )


def per_vehicle_day(driven: Driven) -> float:
    """Return trips per vehicle-day."""
    return len(driven.trips.vehicle) / (len(driven.vehicle) * driven.days)


def per_household_year(driven: Driven) -> float:
    """Return vehicle trips per household and year."""
    return len(driven.trips.vehicle) / (driven.households * driven.days) * 365


def used(driven: Driven) -> NDArray[np.bool_]:
    """Tell which cars were driven on which days; bool[v, days]."""
    drove = np.zeros((len(driven.vehicle), driven.days), np.bool_)
    drove[np.searchsorted(driven.vehicle, driven.trips.vehicle), driven.trips.day] = True
    return drove


def idle_beside_another(driven: Driven) -> float:
    """Return, of the idle days of cars, the share on which the household drove another car."""
    drove = used(driven)
    home = np.unique(driven.household, return_inverse=True)[1]
    cars_out = np.zeros((home.max() + 1, driven.days), np.int64)
    np.add.at(cars_out, home, drove)
    return float((cars_out[home] > 0)[~drove].mean())


def minutes_per_vehicle_day(driven: Driven) -> float:
    """Return minutes between leaving and arriving per vehicle-day."""
    return float((driven.trips.arrive_s - driven.trips.leave_s).sum() / 60 / (len(driven.vehicle) * driven.days))


def weekend_over_working_day(driven: Driven) -> float:
    """Return trips on a day off over trips on a working day."""
    kind = driven.day_kind[: driven.days]
    off = kind[driven.trips.day] > 0
    return float(off.sum() / (kind > 0).sum() / ((~off).sum() / (kind == 0).sum()))


def hour_profile(driven: Driven, weekday: int) -> NDArray[np.float64]:
    """Return the share of trips that start in each clock hour of a weekday (0 = Monday); float64[24]."""
    begun = driven.trips.leave_s[driven.weekday[driven.trips.day] == weekday] % DAY_S // 3600
    return np.bincount(begun, minlength=24) / len(begun)


def purposes(driven: Driven) -> NDArray[np.float64]:
    """Return the share of trips to each purpose; float64[purposes]."""
    return np.bincount(driven.trips.purpose, minlength=len(Purpose)) / len(driven.trips.purpose)


def commute_minutes(driven: Driven) -> NDArray[np.float64]:
    """Return minutes of the first trips of working days that lead to work."""
    commutes = _commutes(driven)
    return (driven.trips.arrive_s - driven.trips.leave_s)[commutes] / 60


def commute_leaves_h(driven: Driven) -> NDArray[np.float64]:
    """Return the clock hours at which they leave."""
    return driven.trips.leave_s[_commutes(driven)] % DAY_S / 3600


def work_days_per_week(driven: Driven) -> float:
    """Return days with a trip to work per week, of cars that ever drive to one."""
    to_work = driven.trips.purpose == Purpose.WORK
    days = np.unique(driven.trips.vehicle[to_work] * 4096 + driven.trips.day[to_work])
    return len(days) / len(np.unique(days // 4096)) / (driven.days / 7)


def dwell_h(driven: Driven) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return hours between arriving and leaving again, what for, and whether a night lay between."""
    trips = driven.trips
    same = trips.vehicle[1:] == trips.vehicle[:-1]
    stayed = (trips.leave_s[1:] - trips.arrive_s[:-1])[same] / 3600
    return stayed, trips.purpose[:-1][same], (trips.day[1:] > trips.day[:-1])[same]


def places_per_day(driven: Driven) -> float:
    """Return different zones, home included, that a car visits on a day on which it is driven."""
    trips = driven.trips
    day = trips.vehicle * 4096 + trips.day
    stops = np.unique(np.stack([np.concatenate([day, day]), np.concatenate([trips.from_zone, trips.to_zone])]), axis=1)
    return stops.shape[1] / len(np.unique(day))


def growth(trips: Trips, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean number of different zones a car has visited after so many days; float64[n]."""
    visit = trips.vehicle * 2**24 + trips.to_zone
    order = np.lexsort((trips.day, visit))
    first = order[np.append(True, visit[order][1:] != visit[order][:-1])]
    cars = len(np.unique(trips.vehicle))
    return np.array([(trips.day[first] < day).sum() / cars for day in days])


def familiar(trips: Trips, weeks: int) -> float:
    """Return how many zones a car visits at least twice within its first weeks, on average."""
    within = trips.day < weeks * 7
    visits = np.unique(trips.vehicle[within] * 2**24 + trips.to_zone[within], return_counts=True)
    return float((visits[1] >= 2).sum() / len(np.unique(visits[0] // 2**24)))


def rank_law(trips: Trips, ranks: int) -> NDArray[np.float64]:
    """Return the mean share of a car's trips that lead to its k-th most visited zone; float64[ranks]."""
    visit, count = np.unique(trips.vehicle * 2**24 + trips.to_zone, return_counts=True)
    car = visit // 2**24
    order = np.lexsort((-count, car))
    start = np.flatnonzero(np.append(True, np.diff(car) > 0))
    rank = np.arange(len(car)) - np.repeat(start, np.diff(np.append(start, len(car))))
    share = count[order] / np.bincount(car, weights=count)[car]
    return np.array([share[rank == k].sum() for k in range(ranks)]) / len(start)


def explores(trips: Trips) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, by zones known so far, the share of trips to a zone never visited before."""
    new, known = [], []
    for car in np.split(trips.to_zone, np.flatnonzero(np.diff(trips.vehicle)) + 1):
        first = np.zeros(len(car), np.bool_)
        first[np.unique(car, return_index=True)[1]] = True
        new.append(first)
        known.append(np.cumsum(first) - first)
    fresh, knows = np.concatenate(new), np.concatenate(known)
    edges = np.unique(np.geomspace(4, 40, 8).round())
    bins = [(knows >= a) & (knows < b) for a, b in pairwise(edges)]
    bins = [inside for inside in bins if inside.sum() > 200]
    return np.array([knows[inside].mean() for inside in bins]), np.array([fresh[inside].mean() for inside in bins])


def _commutes(driven: Driven) -> NDArray[np.bool_]:
    working = driven.day_kind[driven.trips.day] == 0
    return working & (driven.trips.purpose == Purpose.WORK) & (driven.trips.leg == 0)
