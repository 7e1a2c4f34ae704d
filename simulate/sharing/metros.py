"""Large metros of each state, read from a table, and the placement of agencies in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.sharing.states import CODES, POPULATION, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.scenario.metros import Metro


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metros:
    """Large metropolitan areas, in the order of their table."""

    name: tuple[str, ...]
    state: NDArray[np.int8]
    """int8[m]; state of the first-named city, an index into `states.CODES`."""
    population: NDArray[np.int64]
    """int64[m]; residents, those in other states included."""
    latitude: NDArray[np.float64]
    """float64[m]; degrees north of the main city's centre."""
    longitude: NDArray[np.float64]
    """float64[m]; degrees east."""

    @property
    def n(self) -> int:
        """Return the number of metros."""
        return len(self.name)


def in_arrays(metros: Sequence[Metro], path: str | Path) -> Metros:
    """Convert metros to arrays; path : their table, named in errors.

    Raise ScenarioError if one lies in none of the states.
    """
    for metro in metros:
        if metro.state not in CODES:
            raise ScenarioError(
                f"{path}: {metro.name}", "a state's two letters", repr(metro.state), "write it as in CA"
            )
    return Metros(
        name=tuple(metro.name for metro in metros),
        state=np.array([CODES.index(metro.state) for metro in metros], np.int8),
        population=np.array([metro.population for metro in metros], np.int64),
        latitude=np.array([metro.latitude for metro in metros]),
        longitude=np.array([metro.longitude for metro in metros]),
    )


def outside_share(metros: Metros) -> NDArray[np.float64]:
    """Return the share of each state's population outside its metros of the table; float64[51].

    A metro counts wholly for the state of its first-named city. One across several states may have
    a larger population than its own state (Washington); the share is then 0.
    """
    in_metros = np.bincount(metros.state, weights=metros.population, minlength=len(CODES))
    return np.maximum(1.0 - in_metros / POPULATION, 0.0)


def place_agencies(uid: NDArray[np.uint64], state: NDArray[np.int8], metros: Metros, seed: int) -> NDArray[np.int16]:
    """Draw one of its state's metros for each agency, by population, or none; int16[n], -1 for none.

    An agency lies outside them with the share of its state's population there, and has no metro
    if its state is unknown. The draw depends on its uid alone, not on other agencies.

    uid : uint64[n]; hash of the agency's identity. state : int8[n]; index of its state, or UNKNOWN.
    """
    drawn = streams.uniforms(streams.key(seed, "sharing.metro"), uid)
    outside = outside_share(metros)
    metro = np.full(len(uid), -1, np.int16)
    for index in np.unique(metros.state):
        inside = np.flatnonzero((state == index) & (state != UNKNOWN) & (drawn >= outside[index]))
        choices = np.flatnonzero(metros.state == index)
        cumulative = np.cumsum(metros.population[choices], dtype=np.float64)
        at = (drawn[inside] - outside[index]) / (1.0 - outside[index]) * cumulative[-1]
        metro[inside] = choices[np.minimum(np.searchsorted(cumulative, at, side="right"), len(choices) - 1)]
    return metro
