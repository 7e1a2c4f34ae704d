"""Areas: frequency of sightings of the vehicles of each neighbourhood, by zone and by income.

The income rank of an area is synthetic like its residents: smooth over the map and drawn
independently of the readers. So a difference shows an effect of the given placement of
readers, not a placement on account of income.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.policy.view import alone, case_of
from simulate.risk.exposure import Exposure
from simulate.risk.intervals import Z, clustered_mean
from simulate.risk.scan import scan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import View

NO_PLATES = np.empty(0, np.uint32)
"""Empty: no trips are traced."""
FIFTHS = ("poorest fifth\nof areas", "second", "third", "fourth", "richest fifth\nof areas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fifth:
    """One fifth of the areas by income."""

    name: str
    vehicles: int
    mean: float
    """Sightings per resident vehicle; nan without any."""
    low: float
    high: float
    """Ends of the 95 % interval, with whole zones as clusters, since neighbours pass the same readers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AreaCounts:
    """Sightings on file of the vehicles living on the map, by home zone; z zones."""

    case: str
    """Name of the case."""
    sightings: NDArray[np.int64]
    """int64[z]; sightings of all resident vehicles."""
    vehicles: NDArray[np.int64]
    """int64[z]; resident vehicles, seen or not."""
    income_rank: NDArray[np.float64]
    """float64[z]; 0 poorest to 1 richest, a synthetic trait of areas."""

    def mean_by_zone(self) -> NDArray[np.float64]:
        """Return the mean sightings of the vehicles of each zone; float64[z], nan without vehicles."""
        return np.where(self.vehicles > 0, self.sightings / np.maximum(self.vehicles, 1), np.nan)

    def by_income(self) -> list[Fifth]:
        """Return the mean over the vehicles of each fifth of the areas by income, the poorest first."""
        fifth = np.minimum((self.income_rank * len(FIFTHS)).astype(np.int64), len(FIFTHS) - 1)
        fifths = []
        for i, name in enumerate(FIFTHS):
            here = (fifth == i) & (self.vehicles > 0)
            mean = error = float("nan")
            if here.any():
                mean, error = clustered_mean(self.sightings[here], self.vehicles[here])
            fifths.append(Fifth(name=name, vehicles=int(self.vehicles[here].sum()), mean=mean,
                               low=max(mean - Z * error, 0.0), high=mean + Z * error))  # fmt: skip
        return fifths


def exposed(view: View, case: str | None = None) -> AreaCounts:
    """Count the sightings of all vehicles living on the map, by home zone; one pass over the rows.

    Parameters
    ----------
    view
        A run under some cases.
    case
        Name of a case of the view; the last one reached if None.

    Returns
    -------
    AreaCounts
        Sightings and vehicles of each zone; `by_income()` and `mean_by_zone()` average them.

    Raises
    ------
    ScenarioError
        If there is no such case, or it is not reached.

    Examples
    --------
    >>> counts = sim.exposed(view)
    >>> len(counts.sightings) == len(counts.mean_by_zone())
    True
    >>> [fifth.name.split()[0] for fifth in counts.by_income()]
    ['poorest', 'second', 'third', 'fourth', 'richest']
    """
    c, seen = case_of(view, case)
    if not seen.reached:
        raise ScenarioError("case", "a case that is reached", repr(seen.name), "keep for a shorter time, or run longer")
    exposure = Exposure()
    (counted,) = scan(alone(view, c), [exposure], {exposure.name: {seen.today: NO_PLATES}})[exposure.name]
    total, vehicles = counted.by_zone
    return AreaCounts(
        case=seen.name, sightings=total, vehicles=vehicles, income_rank=view.sight.public.zones.income_rank
    )
