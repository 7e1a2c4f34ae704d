"""How many commuters share a home area and a work area, at the grain of US census areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import simulate as sim
from simulate.travel import truth
from simulate.travel.life import make_lives
from simulate.world.build import build_world

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.zones import Zones

BLOCK_PEOPLE = 30
"""People in a census block: 309 million in 11.1 million blocks in 2010 give 28 (derived, unchecked)."""
TRACT_PEOPLE = 4000
"""What census tracts are drawn to hold."""
VEHICLES_PER_PERSON = 0.68
BLOCK_VEHICLES = round(BLOCK_PEOPLE * VEHICLES_PER_PERSON)


def set_sizes(people: int, density: int, vehicles_per_zone: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Build a metro; return for each commuter how many share home and work, by zone and by tract; int64[c] each."""
    scenario = sim.load(
        "metro",
        overrides={
            "roads.population": people,
            "roads.density_per_km2": density,
            "roads.vehicles_per_zone": vehicles_per_zone,
            "readers.place.*.count": 1,  # nobody is read here, and a small town has no room for a metro's readers
            "readers.place.*.spacing_m": 0,
            "period.days": 1,
        },
    )
    world = build_world(scenario)
    home, work = truth.home_and_work(make_lives(scenario, world), 0)
    commutes = work >= 0
    home, work = home[commutes], work[commutes]
    tract = _tracts(world.zones, people)
    return _shared(home, work), _shared(tract[home], tract[work])


def weighted_median(value: NDArray[np.int64], weight: NDArray[np.float64]) -> float:
    """Return the value below which half of the weight lies."""
    order = np.argsort(value, kind="stable")
    below = np.cumsum(weight[order])
    return float(value[order][np.searchsorted(below, below[-1] / 2)])


def _tracts(zones: Zones, people: int) -> NDArray[np.int64]:
    """Cut a metro into strips of equal population, and each strip across; a place beyond is one tract; int64[z]."""
    n = max(1, round(people / TRACT_PEOPLE))
    strips = max(1, round(np.sqrt(n)))
    inside, beyond = np.flatnonzero(~zones.outside), np.flatnonzero(zones.outside)
    strip = _equal(zones.x_m[inside], zones.residents[inside], strips)
    tract = np.zeros(zones.n, np.int64)
    for s in range(strips):
        its = inside[strip == s]
        tract[its] = s * n + _equal(zones.y_m[its], zones.residents[its], round(n / strips))
    tract[beyond] = strips * n + np.arange(len(beyond))
    return tract


def _equal(along: NDArray[np.float64], weight: NDArray[np.float64], parts: int) -> NDArray[np.int64]:
    """Cut points into parts of equal weight along one axis; int64[n]."""
    order = np.argsort(along, kind="stable")
    before = np.cumsum(weight[order]) - weight[order] / 2
    part = np.empty(len(along), np.int64)
    part[order] = np.minimum(before / weight.sum() * parts, parts - 1).astype(np.int64)
    return part


def _shared(home: NDArray[np.int64], work: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each commuter how many have the same pair, itself included."""
    pair = home * (work.max() + 1) + work
    _, which, count = np.unique(pair, return_inverse=True, return_counts=True)
    return count[which]
