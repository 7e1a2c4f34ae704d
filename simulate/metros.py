"""The metros of a country: which ones a run takes, and their share of the country's totals.

A national scenario states totals: readers, units, sightings, visitors of all metros of its
file. A run takes whole metros with their full crowds, and their share of each total by
population, never a thinner crowd.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, did_you_mean
from simulate.schema import NationRoads, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulate.schema_parts import Table

COLUMNS = ("metro", "state", "population", "lat", "lon")
"""Columns a table of metros must have; others are ignored."""
MOST_METROS = 5
"""Metros drawn at once: tables of routes grow with the square of their hubs, 27 MB for a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metro:
    """One metropolitan area of the country."""

    name: str
    state: str
    """Two letters, of the first-named city."""
    population: int
    latitude: float
    longitude: float

    @property
    def short(self) -> str:
        """Return the first-named city."""
        return self.name.partition(",")[0].partition("-")[0]


def take_share(settings: Settings) -> Settings:
    """Return the settings with every total reduced to the chosen metros' share; others unchanged.

    Totals are the counts of fixed readers and gates, mobile units, sightings a month and
    vehicles that visit. Settings whose share was taken before, or that choose no metro yet,
    stay as they are.
    """
    roads = settings.roads
    if not isinstance(roads, NationRoads) or roads.share is not None or not roads.metros:
        return settings
    metros = read_metros(roads.path)
    chosen = choose(metros, roads.metros)
    share = sum(metros[i].population for i in chosen) / sum(metro.population for metro in metros)
    readers = settings.readers
    sightings = readers.sightings
    return settings.model_copy(
        update={
            "roads": roads.model_copy(update={"share": share, "metros": tuple(metros[i].name for i in chosen)}),
            "visitors": _shared(settings.visitors, "vehicles", share),
            "readers": readers.model_copy(
                update={
                    "place": _shared(readers.place, "count", share),
                    "gates": _shared(readers.gates, "count", share),
                    "mobile": _shared(readers.mobile, "units", share),
                    "sightings": sightings and sightings.model_copy(update={"per_month": sightings.per_month * share}),
                }
            ),
        }
    )


def _shared(tables: Mapping[str, Any], key: str, share: float) -> dict[str, Table]:
    """Reduce one whole number of each table, never below 1."""
    return {
        name: table.model_copy(update={key: max(1, round(value * share))}) if (value := getattr(table, key)) else table
        for name, table in tables.items()
    }


def read_metros(path: str | Path) -> tuple[Metro, ...]:
    """Read a CSV file with the columns metro, state, population, lat and lon.

    Raises ScenarioError where a column lacks or a value is none.
    """
    if not path:
        raise ScenarioError(
            "roads.path", "a file of metros", "nothing",
            f"give it: --set roads.path=FILE, a CSV file with the columns {', '.join(COLUMNS)}",
        )  # fmt: skip
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(f"{path}", "a CSV file of metros", f"{error}", "check the path and the file") from None
    if not rows or not set(COLUMNS) <= set(rows[0]):
        found = f"the columns {', '.join(map(str, rows[0]))}" if rows else "no rows"
        raise ScenarioError(f"{path}", f"the columns {', '.join(COLUMNS)}", found, "add a header, or name another file")
    metros = tuple(_metro(row, f"{path}, line {line}") for line, row in enumerate(rows, 2))
    twice = [metro.name for i, metro in enumerate(metros) if metro.name in {other.name for other in metros[:i]}]
    if twice:
        raise ScenarioError(f"{path}", "each metro once", f"{twice[0]} twice", "remove one of the lines")
    return metros


def choose(metros: Sequence[Metro], names: Sequence[str]) -> tuple[int, ...]:
    """Find metros by the name of their first city or by the whole name; positions in the file, rising.

    Raises ScenarioError where none is asked for, one does not exist, or there are too many.
    """
    known = {name: i for i, metro in enumerate(metros) for name in (metro.short, metro.name)}
    folded = {name.casefold(): i for name, i in known.items()}
    if not names:
        raise ScenarioError(
            "--metros", f"names of up to {MOST_METROS} metros", "none",
            f"choose whole metros, as in --metros {metros[-1].short}; the file lists {len(metros)}",
        )  # fmt: skip
    for name in names:
        if name.strip().casefold() not in folded:
            shorts = [metro.short for metro in metros]
            raise ScenarioError("--metros", "a metro of the file", f'"{name}"', did_you_mean(name.strip(), shorts))
    chosen = tuple(sorted({folded[name.strip().casefold()] for name in names}))
    if len(chosen) > MOST_METROS:
        raise ScenarioError(
            "--metros", f"at most {MOST_METROS} metros at once", len(chosen), "draw them in several runs"
        )
    return chosen


def _metro(row: dict[str, str], where: str) -> Metro:
    name, state = (row["metro"] or "").strip(), (row["state"] or "").strip()
    if not name or not state:
        raise ScenarioError(where, "a metro and its state", "a blank", "fill it in, or remove the line")
    values: dict[str, float] = {}
    for column, low, high in (("population", 1.0, 1e9), ("lat", -90.0, 90.0), ("lon", -180.0, 180.0)):
        try:
            values[column] = float(row[column])
        except (TypeError, ValueError):
            values[column] = float("nan")
        if not low <= values[column] <= high:
            raise ScenarioError(where, f"{column} from {low:g} to {high:g}", f'"{row[column]}"', f"correct {name}")
    return Metro(
        name=name,
        state=state,
        population=int(values["population"]),
        latitude=values["lat"],
        longitude=values["lon"],
    )
