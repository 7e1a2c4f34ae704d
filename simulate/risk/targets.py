"""Targets: whom an attack is tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.travel.truth import home_and_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import Truth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Vehicles and the plates by which an observer knows them, in the order of the plates."""

    vehicle: NDArray[np.int64]
    plate: NDArray[np.int64]

    def rank_of_vehicle(self, vehicles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the position of each of some targets; int64[n]."""
        order = np.argsort(self.vehicle, kind="stable")
        rank: NDArray[np.int64] = order[np.searchsorted(self.vehicle[order], vehicles)]
        return rank


def draw_targets(truth: Truth, eligible: NDArray[np.int64], question: str, n: int) -> Targets:
    """Draw n of the eligible vehicles, keyed by seed, question and vehicle."""
    draw = streams.words(streams.key(truth.seed, f"risk.{question}.targets"), eligible)
    vehicle = eligible[np.argsort(draw, kind="stable")[:n]]
    plate = truth.lives.plates.of_vehicles(vehicle)
    order = np.argsort(plate, kind="stable")
    return Targets(vehicle=vehicle[order], plate=plate[order])


def living_here(truth: Truth, day: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """List the vehicles that live on the map on a day, with home and work zone; int64[n] each, -1 = no commuter."""
    vehicles = np.arange(truth.lives.population.n_residents)
    home, work = home_and_work(truth.lives, day, vehicles)
    inside = ~truth.world.zones.outside[home]
    return vehicles[inside], home[inside], work[inside]
