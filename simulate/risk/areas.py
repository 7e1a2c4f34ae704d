"""Areas: how often the vehicles of each neighbourhood are seen, by zone and by income.

The income rank of an area is invented like the people in it: it is smooth over the map and
drawn without looking at the readers. So a difference says what it would mean for readers to
stand as they do, not that they were put there because of anybody's income.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.risk import exposure
from simulate.risk.rates import Z
from simulate.risk.targets import living_here

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import View

FIFTHS = ("poorest fifth\nof areas", "second", "third", "fourth", "richest fifth\nof areas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fifth:
    """One fifth of the areas by income."""

    name: str
    vehicles: int
    mean: float
    """Sightings of a vehicle that lives there; nan where nobody does."""
    low: float
    high: float
    """Ends of the 95 % interval, with whole zones drawn, since neighbours pass the same readers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposed:
    """Sightings of each vehicle that lives on the map, and where it lives; v vehicles, z zones."""

    retention: str
    """The rule under which they are on file."""
    seen: NDArray[np.int64]
    """int64[v]; sightings on file."""
    home: NDArray[np.int64]
    """int64[v]; zone."""
    income_rank: NDArray[np.float64]
    """float64[z]; 0 poorest to 1 richest, a trait of areas, invented."""

    def mean_by_zone(self) -> NDArray[np.float64]:
        """Return the mean sightings of the vehicles of each zone; float64[z], nan where none lives."""
        n = len(self.income_rank)
        living = np.bincount(self.home, minlength=n)
        return np.where(
            living > 0, np.bincount(self.home, weights=self.seen, minlength=n) / np.maximum(living, 1), np.nan
        )

    def by_income(self) -> list[Fifth]:
        """Average over the vehicles of each fifth of the areas by income, the poorest first."""
        fifth = np.minimum((self.income_rank[self.home] * len(FIFTHS)).astype(np.int64), len(FIFTHS) - 1)
        found = []
        for i, name in enumerate(FIFTHS):
            here = fifth == i
            mean = error = float("nan")
            if here.any():
                mean, error = exposure.clustered_mean(self.seen[here].astype(np.uint32), self.home[here])
            found.append(Fifth(name=name, vehicles=int(here.sum()), mean=mean, low=max(mean - Z * error, 0.0),
                               high=mean + Z * error))  # fmt: skip
        return found


def exposed(view: View) -> Exposed:
    """Count the sightings of every vehicle that lives on the map, under the longest rule that is reached.

    Parameters
    ----------
    view
        What the observer sees, with the truth still attached.

    Returns
    -------
    Exposed
        Sightings and home of each vehicle; `by_income()` and `mean_by_zone()` average them over areas.

    Raises
    ------
    ScenarioError
        For a blind view, or if no rule is reached.

    Examples
    --------
    >>> counts = sim.exposed(view)
    >>> len(counts.seen) == len(counts.home)
    True
    >>> [fifth.name.split()[0] for fifth in counts.by_income()]
    ['poorest', 'second', 'third', 'fourth', 'richest']
    """
    if view.truth is None:
        raise ScenarioError("view", "a view with the truth attached", "a blind one", "count in the view itself")
    windows = view.windows()
    if not windows:
        raise ScenarioError("ladder", "a rule that is reached", "none", "ask for a shorter one, or a longer run")
    rule = windows[-1][0]
    vehicles, home, _ = living_here(view.truth, view.today)
    counts = exposure.attack(replace(view, ladder=(rule,)), view.truth.lives.plates.of_vehicles(vehicles))
    return Exposed(
        retention=rule.label, seen=counts.seen[0].astype(np.int64), home=home,
        income_rank=view.public.zones.income_rank,
    )  # fmt: skip
