"""Targets: the vehicles under attack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.kernels.plates import ISSUED
from simulate.travel.truth import home_and_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import Truth, View

AT_A_TIME = 1 << 18
"""Vehicles processed together in drawing targets."""

LIVING = "vehicles that live here"
"""Population of most targets, worded as a denominator."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Vehicles and their plates as known to an observer, in the order of the plates."""

    vehicle: NDArray[np.int64]
    plate: NDArray[np.int64]

    def rank_of_vehicle(self, vehicles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the position of each of the given targets; int64[n]."""
        order = np.argsort(self.vehicle, kind="stable")
        rank: NDArray[np.int64] = order[np.searchsorted(self.vehicle[order], vehicles)]
        return rank


def targets_of_cases(view: View, question: str, n: int) -> tuple[Targets, ...]:
    """Draw n of the vehicles living on the map on the date of each case; cases of one date share theirs.

    So every case has the same targets, except those moved away by its date.
    """
    by_day = {day: draw_targets(view.truth, day, question, n) for day in {case.today for case in view.cases}}
    return tuple(by_day[case.today] for case in view.cases)


def draw_targets(truth: Truth, day: int, question: str, n: int) -> Targets:
    """Draw n of the vehicles living on the map on a day, keyed by seed, question and vehicle.

    Processes AT_A_TIME vehicles at a time and keeps the n least draws, for constant memory.
    """
    key = streams.key(truth.seed, f"risk.{question}.targets")
    chosen, drawn = np.empty(0, np.int64), np.empty(0, np.uint64)
    for first in range(0, truth.lives.population.n_residents, AT_A_TIME):
        vehicle = np.arange(first, min(first + AT_A_TIME, truth.lives.population.n_residents))
        words = streams.bits64(key, vehicle)
        if len(drawn) == n:
            least = words < drawn[-1]
            vehicle, words = vehicle[least], words[least]
        here = ~truth.world.zones.outside[home_and_work(truth.lives, day, vehicle)[0]]
        chosen, drawn = np.concatenate([chosen, vehicle[here]]), np.concatenate([drawn, words[here]])
        order = np.argsort(drawn, kind="stable")[:n]
        chosen, drawn = chosen[order], drawn[order]
    plate = truth.lives.plates.of_vehicles(chosen)
    order = np.argsort(plate, kind="stable")
    return Targets(vehicle=chosen[order], plate=plate[order])


def homes_in(truth: Truth, day: int, first: int, last: int) -> NDArray[np.int32]:
    """Return the home zones of vehicles by group of plates on a day; int32[groups, ISSUED], -1 = not on the map."""
    groups, residents = truth.lives.plates.tables.groups, truth.lives.population.n_residents
    vehicle = (np.arange(first, last)[:, None] + groups * np.arange(ISSUED)).ravel()
    zone = np.full(len(vehicle), -1, np.int32)
    resident = np.flatnonzero(vehicle < residents)
    home, _ = home_and_work(truth.lives, day, vehicle[resident])
    zone[resident] = np.where(truth.world.zones.outside[home], -1, home)
    return zone.reshape(last - first, ISSUED)


def living_here(truth: Truth, day: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """List the vehicles living on the map on a day, with home and work zone; int64[n] each, -1 = no commuter."""
    vehicles = np.arange(truth.lives.population.n_residents)
    home, work = home_and_work(truth.lives, day, vehicles)
    inside = ~truth.world.zones.outside[home]
    return vehicles[inside], home[inside], work[inside]
