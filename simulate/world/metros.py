"""Metros: the large ones of each state, read from a table, and which one an agency stands in."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError, did_you_mean
from simulate.metros import COLUMNS
from simulate.world.states import CODES, POPULATION, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
        """Count the metros."""
        return len(self.name)


def read_metros(path: str | Path) -> Metros:
    """Read a table of metros from a CSV file with the columns of `COLUMNS`.

    Raises
    ------
    ScenarioError
        If the file cannot be read, lacks a column, or a line holds no such state or number.
    """
    path = Path(path)
    rows = _rows(path)
    return Metros(
        name=tuple(row["metro"] for _, row in rows),
        state=np.array([_state(path, line, row["state"]) for line, row in rows], np.int8),
        population=np.array([_number(path, line, row, "population", 1, 1e9) for line, row in rows]).astype(np.int64),
        latitude=np.array([_number(path, line, row, "lat", -90, 90) for line, row in rows]),
        longitude=np.array([_number(path, line, row, "lon", -180, 180) for line, row in rows]),
    )


def outside_share(metros: Metros) -> NDArray[np.float64]:
    """Return the share of each state's people who live outside its metros of the table; float64[51].

    A metro counts wholly for the state of its first-named city. One that reaches into other
    states may hold more people than its own state (Washington), which then has nobody outside.
    """
    held = np.bincount(metros.state, weights=metros.population, minlength=len(CODES))
    return np.maximum(1.0 - held / POPULATION, 0.0)


def place(uid: NDArray[np.uint64], state: NDArray[np.int8], metros: Metros, seed: int) -> NDArray[np.int16]:
    """Give each agency one of its state's metros by population, or none; int16[n], -1 for none.

    An agency stands outside them with the share of its state's people who live there, and
    nowhere if its state is unknown. Its place depends on its uid alone, not on other agencies.

    uid : uint64[n]; hash of who the agency is. state : int8[n]; index of its state, or UNKNOWN.
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


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return every line of the table with its number; refuse what is no table of metros."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [(reader.line_num, row) for row in reader]
            header = reader.fieldnames or []
    except OSError as error:
        raise ScenarioError(path, "a table of metros", error.strerror, "check the path") from None
    except (UnicodeDecodeError, csv.Error):
        raise ScenarioError(path, "a CSV file in UTF-8", "something else", "save it as CSV, UTF-8") from None
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        remedy = f"a table of metros has the columns {', '.join(COLUMNS)}"
        raise ScenarioError(f"{path}:1", f"a column called {missing[0]}", ", ".join(header) or "nothing", remedy)
    if not rows:
        raise ScenarioError(f"{path}:2", "at least one metro", "no line below the header", "add one")
    return rows


def _state(path: Path, line: int, code: str) -> int:
    if code not in CODES:
        raise ScenarioError(f"{path}:{line}", "a state's two letters", repr(code), did_you_mean(str(code), CODES))
    return CODES.index(code)


def _number(path: Path, line: int, row: dict[str, str], column: str, low: float, high: float) -> float:
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        value = math.nan
    if not low <= value <= high:
        expected = f"a number from {low:,.0f} to {high:,.0f} for {column}"
        raise ScenarioError(f"{path}:{line}", expected, repr(row[column]), "correct the line")
    return value
