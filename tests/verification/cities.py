"""The runs that several checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import simulate as sim

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


def resident_plates(run: Run) -> NDArray[np.int64]:
    """Return the plates of the vehicles that the run's households keep; int64[v], by vehicle.

    The only place that knows how plates are numbered.
    """
    return np.arange(run.n_vehicles)


def reads_per_plate(run: Run) -> NDArray[np.int64]:
    """Count the stored reads of every plate number, ghosts included; int64[plates]."""
    counts = np.zeros(run.n_vehicles, np.int64)
    for block in run.store.blocks(columns=["plate"]):
        more = np.bincount(block.plate)
        if len(more) > len(counts):
            counts = np.concatenate([counts, np.zeros(len(more) - len(counts), np.int64)])
        counts[: len(more)] += more
    return counts


def reads_per_site(run: Run) -> NDArray[np.int64]:
    """Count the stored reads at every site that has any; int64[s]."""
    counts = np.zeros(0, np.int64)
    for block in run.store.blocks(columns=["site"]):
        more = np.bincount(block.site)
        longer = max(len(more), len(counts))
        counts = np.pad(counts, (0, longer - len(counts))) + np.pad(more, (0, longer - len(more)))
    return counts[counts > 0]
