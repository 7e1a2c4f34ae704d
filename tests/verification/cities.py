"""The runs that several checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import simulate as sim
from simulate.travel.calendar import DAY_S, DAY_START_S

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.policy.view import View
    from simulate.scenario import Scenario
    from simulate.sightings.run import Run

CITY = {
    "roads.population": 100_000,
    "roads.density_per_km2": 2000,  # assumption: near Norfolk's, 238,000 people on 138 km2
    "roads.block_m": 250,  # assumption: 841 junctions, so that the tables of routes stay small
    "readers.place.police.count": 200,  # assumption: dense; 2 for 1,000 people, Norfolk has 0.74
}
"""A dense fixed network with its full crowd: about 68,000 vehicles."""
OBSERVER = "town-and-shops"


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
    """Return the plate of each vehicle; int64[n].

    With the two functions below, all that these checks know of how a run numbers things.
    """
    assert vehicles.max() < run.n_vehicles
    return vehicles


def residents(run: Run) -> NDArray[np.int64]:
    """Return the vehicles that are kept on the map, not those that only visit; int64[v]."""
    return np.arange(run.n_vehicles)


def site_positions(run: Run) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return metres east and north of every site; float64[s] each."""
    return run.world.readers.x_m, run.world.readers.y_m


def resident_plates(run: Run) -> NDArray[np.int64]:
    """Return the plates of the residents' vehicles; int64[v]."""
    return plates_of(run, residents(run))


def reads_per_plate(run: Run, days: int | None = None) -> NDArray[np.int64]:
    """Count the stored reads of every plate number, ghosts included, of the first days or of all; int64[plates]."""
    counts = np.zeros(int(plates_of(run, np.arange(run.n_vehicles)).max()) + 1, np.int64)
    for block in run.store.blocks():
        more = np.bincount(block.plate if days is None else block.plate[block.time < days * DAY_S + DAY_START_S])
        if len(more) > len(counts):
            counts = np.pad(counts, (0, len(more) - len(counts)))
        counts[: len(more)] += more
    return counts
