"""The runs that several checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import simulate as sim
from simulate.durations import DAY_S, DAY_START_S
from simulate.risk.scan import NOBODY
from simulate.travel.truth import home_and_work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.policy.view import View
    from simulate.scenario import Scenario
    from simulate.sightings.run import Run
    from simulate.sightings.store import Rows

CITY = {
    "roads.population": 100_000,
    "roads.density_per_km2": 2000,  # assumption: near Norfolk's, 238,000 people on 138 km2
    "roads.block_m": 250,  # assumption: 841 junctions, so that the tables of routes stay small
    "readers.place.police.count": 200,  # assumption: dense; 2 for 1,000 people, Norfolk has 0.74
}
"""A dense fixed network with its full crowd: about 68,000 vehicles."""
OBSERVER = "town-and-shops"
METROS = {
    1_300_000: (1000, 0.09, 15),
    2_400_000: (1050, 0.27, 30),
    5_100_000: (1100, 0.33, 60),
    13_100_000: (1800, 0.31, 160),
}
"""Metros of four sizes, by people: people per square kilometre (assumption), share of the people of the 50
largest metros who live in one of about this size (Census 2019), and one car in how many is followed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class City:
    """A run and what one observer of all its readers sees at the end."""

    run: Run
    view: View
    days: int


def city_scenario(**changes: Any) -> Scenario:
    """Return the city; in the keys of changes, two underscores stand for a dot."""
    return sim.load("smallville", overrides={**CITY, **{key.replace("__", "."): v for key, v in changes.items()}})


def draw_city(folder: Path, days: int, **changes: Any) -> City:
    """Draw the city for some days."""
    run = sim.run(city_scenario(period__days=days, **changes), folder / "run")
    return City(run=run, view=sim.view(run, observer=OBSERVER, ladder=["forever"]), days=days)


def plates_of(run: Run, vehicles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the plate of each vehicle; int64[n]."""
    return run.lives.plates.of_vehicles(vehicles)


def residents(run: Run) -> NDArray[np.int64]:
    """Return the vehicles that live on the map on the run's first day, not those that visit; int64[v]."""
    vehicles = np.arange(run.lives.population.n_residents)
    home, _ = home_and_work(run.lives, 0, vehicles)
    return vehicles[~run.world.zones.outside[home]]


def site_positions(run: Run) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres east and north of every site; float64[s] each."""
    return run.deployment.sites.x_m, run.deployment.sites.y_m


def resident_plates(run: Run) -> NDArray[np.int64]:
    """Return the plates of the residents' vehicles; int64[v]."""
    return plates_of(run, residents(run))


def reads_of(run: Run) -> Iterator[Rows]:
    """Stream the stored reads of a run, sorted by plate, time and site."""
    for shard in range(run.source.n_shards):
        yield from run.source.blocks(shard, NOBODY)


def reads_per_plate(run: Run, days: int | None = None, owner: str | None = None) -> NDArray[np.int64]:
    """Count the stored reads of every plate number, ghosts included, of the first days or of all; int64[plates].

    owner : whose readers count; all readers if None.
    """
    counts, sites = np.zeros(run.lives.plates.n, np.int64), run.deployment.sites
    counted = np.ones(sites.n, np.bool_) if owner is None else run.world.owners.of(owner)[sites.owner]
    for block in reads_of(run):
        kept = counted[block.site]
        if days is not None:
            kept &= block.time < days * DAY_S + DAY_START_S
        counts += np.bincount(block.plate[kept], minlength=len(counts))
    return counts
