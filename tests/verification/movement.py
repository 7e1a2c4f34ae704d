"""How vehicles move: plain functions from the truth to numbers that surveys publish.

Each takes trips (`simulate.travel.truth.Trips`, in order of vehicle and time) and returns
a number or a small array. Days are counted from the scenario's first one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import DAY_S
from simulate.kernels.trees import sum_down
from simulate.world.routes import N_ALTERNATIVES, trees
from simulate.world.zones import N_PURPOSES, Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.truth import Trips
    from simulate.world.build import World

MILE_M = 1609.344


def trips_per_vehicle_day(trips: Trips, vehicle_days: int) -> float:
    """Return the mean number of trips of a vehicle on a day, idle days included."""
    return len(trips.vehicle) / vehicle_days


def used_vehicle_days(trips: Trips) -> int:
    """Count the vehicle-days with a trip."""
    return len(np.unique(trips.vehicle << 16 | trips.day))


def idle_share(trips: Trips, vehicle_days: int) -> float:
    """Return the share of vehicle-days without a trip."""
    return 1.0 - used_vehicle_days(trips) / vehicle_days


def trips_per_used_day(trips: Trips) -> float:
    """Return the mean number of trips of a vehicle on a day on which it is driven."""
    return len(trips.vehicle) / used_vehicle_days(trips)


def idle_because_another_was_used(trips: Trips, household: NDArray[np.int64], vehicles: int, days: int) -> float:
    """Return the share of idle vehicle-days on which the household drove another vehicle.

    household : int64[vehicles], whose vehicle each is.
    """
    driven = np.zeros((vehicles, days), np.bool_)
    driven[trips.vehicle, trips.day] = True
    at_all = np.zeros((int(household.max()) + 1, days), np.bool_)
    np.logical_or.at(at_all, household, driven)
    idle = ~driven
    return float((idle & at_all[household]).sum() / idle.sum())


def start_hours(trips: Trips, on: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of trips that start in each clock hour; on : bool[days]; float64[24].

    The hours before 04:00 are those that end the day of travel.
    """
    hour = trips.leave_s[on[trips.day]] // 3600 % 24
    return np.bincount(hour, minlength=24) / max(len(hour), 1)


def purpose_shares(trips: Trips) -> NDArray[np.float64]:
    """Return the share of trips that go to each purpose; float64[purposes]."""
    return np.bincount(trips.purpose, minlength=N_PURPOSES) / len(trips.purpose)


def stays(trips: Trips) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return purpose, seconds and nights of the stay after each trip but a vehicle's last; int64[n] each.

    A vehicle that is idle for a day stays two nights.
    """
    same = trips.vehicle[1:] == trips.vehicle[:-1]
    seconds = (trips.leave_s[1:] - trips.arrive_s[:-1])[same]
    return trips.purpose[:-1][same], seconds, (trips.day[1:] - trips.day[:-1])[same]


def median_stay_min(trips: Trips, purpose: Purpose, nights: int = 0) -> float:
    """Return the median stay at one purpose, in minutes: within a day, or over so many nights."""
    at, seconds, over = stays(trips)
    return float(np.median(seconds[(at == purpose) & (over == nights)])) / 60.0


def commutes(trips: Trips, on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which trips go straight from home to the first work of a day; bool[n]."""
    return on[trips.day] & (trips.purpose == Purpose.WORK) & (trips.leg == 0)


def commute_departure_share(trips: Trips, on: NDArray[np.bool_], first_h: float, last_h: float) -> float:
    """Return the share of commutes that leave home from one clock hour to another."""
    clock = trips.leave_s[commutes(trips, on)] % DAY_S / 3600
    return float(((clock >= first_h) & (clock < last_h)).mean())


def commute_departure_median_h(trips: Trips, on: NDArray[np.bool_]) -> float:
    """Return the clock hour by which half of the commutes have left home."""
    return float(np.median(trips.leave_s[commutes(trips, on)] % DAY_S)) / 3600


def minutes(trips: Trips) -> NDArray[np.float64]:
    """Return how long each trip takes; float64[n]."""
    return (trips.arrive_s - trips.leave_s) / 60.0


def days_at(trips: Trips, purpose: Purpose) -> int:
    """Count the vehicle-days with a stop of one purpose."""
    there = trips.purpose == purpose
    return len(np.unique(trips.vehicle[there] << 16 | trips.day[there]))


def miles_from(world: World, trips: Trips, hubs: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the length of the trips that start at some hubs, in miles, and which trips they are.

    Trips within a hub drive no link and count as 0. Returns float64[k] and bool[n].
    """
    start, end = world.zones.hub[trips.from_zone], world.zones.hub[trips.to_zone]
    chosen = np.isin(start, hubs)
    length = np.zeros(len(start))
    driven = world.routes.used[world.routes.row[start] + end, trips.alternative]
    for alternative in range(N_ALTERNATIVES):
        for i, order, in_link in trees(world.graph, alternative, world.routes.hub_node[hubs]):
            along = np.zeros(world.graph.n_nodes)
            sum_down(order, in_link, world.graph.leaves, world.roads.length_m, along)
            mine = np.flatnonzero((start == hubs[i]) & (driven == alternative) & (end != start))
            length[mine] = along[world.routes.hub_node[end[mine]]]
    return length[chosen] / MILE_M, chosen


def minutes_per_vehicle_day(trips: Trips, vehicle_days: int) -> float:
    """Return the mean time that a vehicle is driven on a day, idle days included."""
    return float(minutes(trips).sum()) / vehicle_days


def per_day_of(trips: Trips, on: NDArray[np.bool_]) -> float:
    """Return the mean number of trips of all vehicles together on some days; on : bool[days]."""
    return float(on[trips.day].sum() / on.sum())


def places_per_day(trips: Trips) -> float:
    """Return the mean number of zones, home included, that a vehicle is in on a day on which it is driven."""
    day = trips.vehicle << 16 | trips.day
    stops = np.unique(np.stack([np.concatenate([day, day]), np.concatenate([trips.from_zone, trips.to_zone])]), axis=1)
    return stops.shape[1] / len(np.unique(day))


def distinct_places(trips: Trips) -> NDArray[np.int64]:
    """Count the zones that each vehicle with a trip has stopped in, home included; int64[vehicles]."""
    pair = np.unique(trips.vehicle << 32 | trips.to_zone)
    return np.unique(pair >> 32, return_counts=True)[1]


def rank_frequencies(trips: Trips, ranks: int) -> NDArray[np.float64]:
    """Return the mean share of stops away from home at a vehicle's k-th most visited zone; float64[ranks]."""
    away = trips.purpose != Purpose.HOME
    pair, visits = np.unique(trips.vehicle[away] << 32 | trips.to_zone[away], return_counts=True)
    vehicle = pair >> 32
    order = np.lexsort((-visits, vehicle))
    vehicle, visits = vehicle[order], visits[order]
    first = np.flatnonzero(np.concatenate([[True], vehicle[1:] != vehicle[:-1]]))
    rank = np.arange(len(vehicle)) - np.repeat(first, np.diff([*first, len(vehicle)]))
    total = np.add.reduceat(visits, first)
    kept = rank < ranks
    share = visits / np.repeat(total, np.diff([*first, len(vehicle)]))
    return np.bincount(rank[kept], weights=share[kept], minlength=ranks) / len(first)


def new_places_by_month(trips: Trips, months: int) -> NDArray[np.float64]:
    """Return how many zones a vehicle stops in for the first time, by month of 30 days; float64[months]."""
    pair = trips.vehicle << 32 | trips.to_zone
    _, at = np.unique(pair, return_index=True)  # trips are in order of time within a vehicle
    month = trips.day[at] // 30
    return np.bincount(month[month < months], minlength=months) / len(np.unique(trips.vehicle))


def lasting(trips: Trips, least_s: int) -> NDArray[np.bool_]:
    """Tell which trips lead to a stay of at least so long; bool[n]. A vehicle's last one does."""
    same = trips.vehicle[1:] == trips.vehicle[:-1]
    return np.append(~same | (trips.leave_s[1:] - trips.arrive_s[:-1] >= least_s), True)


def first_and_only(trips: Trips, moves: NDArray[np.bool_], days: int) -> tuple[float, float]:
    """Return the share of some trips that lead to a zone for the first time, and of these zones that see no other.

    moves : bool[n]; only trips of the first days count.
    """
    some = moves & (trips.day < days)
    _, visits = np.unique(trips.vehicle[some] << 32 | trips.to_zone[some], return_counts=True)
    return len(visits) / int(some.sum()), float((visits == 1).mean())


def yearly_spread(trips: Trips, vehicles: NDArray[np.int64]) -> float:
    """Return the standard deviation, over vehicles, of the time that each is driven, over its mean."""
    driven = np.bincount(np.searchsorted(vehicles, trips.vehicle), weights=minutes(trips), minlength=len(vehicles))
    return float(driven.std() / driven.mean())


def growth(trips: Trips, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many zones a vehicle has stopped in after so many days, on average; float64[n]."""
    _, at = np.unique(trips.vehicle << 32 | trips.to_zone, return_index=True)
    return np.array([(trips.day[at] < day).sum() for day in days]) / len(np.unique(trips.vehicle))


def familiar_places(trips: Trips, weeks: int) -> float:
    """Return how many zones a vehicle stops in at least twice within its first weeks, on average."""
    within = trips.day < weeks * 7
    pair, visits = np.unique(trips.vehicle[within] << 32 | trips.to_zone[within], return_counts=True)
    return float((visits >= 2).sum() / len(np.unique(pair >> 32)))


def exploring(trips: Trips) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, by zones known so far, the share of trips to a zone never visited before; float64[bins] each."""
    new, known = [], []
    for places in np.split(trips.to_zone, np.flatnonzero(np.diff(trips.vehicle)) + 1):
        first = np.zeros(len(places), np.bool_)
        first[np.unique(places, return_index=True)[1]] = True
        new.append(first)
        known.append(np.cumsum(first) - first)
    fresh, knows = np.concatenate(new), np.concatenate(known)
    edges = np.unique(np.geomspace(4, 40, 8).round())
    bins = [(knows >= a) & (knows < b) for a, b in pairwise(edges)]
    bins = [inside for inside in bins if inside.sum() > 200]
    return np.array([knows[inside].mean() for inside in bins]), np.array([fresh[inside].mean() for inside in bins])
