"""The metros of a country: which ones a run takes, and their share of the country's totals.

A national scenario states totals: readers, units, sightings, visitors of all metros of its
file. A run takes whole metros with their full crowds, and their share of each total by
population, never a thinner crowd.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, did_you_mean
from simulate.schema.owners import owner_and_state
from simulate.schema.settings import LEAST_PEOPLE, MOST_PEOPLE, NationRoads, Settings
from simulate.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulate.schema.owners import Owner
    from simulate.schema.parts import Table

COLUMNS = ("metro", "state", "population", "lat", "lon")
"""Columns a table of metros must have; others are ignored."""
OPTION = "--metros"
"""What names the metros to draw: an option, which sets roads.metros."""
MOST_METROS = 5
"""Metros drawn at once: tables of routes grow with the square of their hubs, 80 MB for a thousand."""


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
        return first_city(self.name)


def first_city(name: str) -> str:
    """Return the first-named city of a metro."""
    return name.partition(",")[0].partition("-")[0]


def listed(names: Sequence[str]) -> str:
    """Write names as in "Memphis, Akron and Buffalo"; at least one."""
    *others, last = names
    return " and ".join([*filter(None, [", ".join(others)]), last])


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
    _check_owners(settings, metros)
    share = sum(metros[i].population for i in chosen) / sum(metro.population for metro in metros)
    readers = settings.readers
    sightings = readers.sightings
    named = listed([metros[i].short for i in chosen])
    return settings.model_copy(
        update={
            "title": f"{settings.title}, {named}",
            "summary": f"{named}, invented from population. {settings.summary}",
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


def _check_owners(settings: Settings, metros: Sequence[Metro]) -> None:
    """Refuse agencies and observers of states that have no metro in the file."""
    for name, owner in settings.owners.items():
        agencies_of(f"owners.{name}", owner, metros)
    states = {metro.state for metro in metros}
    for name, who in settings.observers.items():
        for seen in who.sees:
            _, state = owner_and_state(seen)
            if state and state not in states:
                raise ScenarioError(
                    f"observers.{name}.sees", "a state with metros in the file", f'"{seen}"',
                    did_you_mean(state, states),
                )  # fmt: skip


def agencies_of(where: str, owner: Owner, metros: Sequence[Metro]) -> tuple[int, ...]:
    """Return how many agencies of an owner lie in each metro of the file; 0 everywhere if it has none.

    Those of a state that the owner names lie in that state's metros, all others in the other
    metros: by people, at least one in each, whichever metros are drawn.

    Raises ScenarioError where a state has no metro, or fewer agencies than metros.
    """
    counts = [0] * len(metros)
    if owner.agencies is None:
        return tuple(counts)
    named = owner.agencies_in or {}
    at = [metro.state if metro.state in named else "" for metro in metros]
    for state, count in [*named.items(), ("", owner.agencies - sum(named.values()))]:
        here = [i for i, one in enumerate(at) if one == state]
        key, there = (f"agencies_in.{state}", f"of {state}") if state else ("agencies", "elsewhere")
        if count < len(here) or (count and not here):
            raise ScenarioError(
                f"{where}.{key}", f"at least one for each of {len(here)} metros {there}" if here else f"metros {there}",
                count if here else "none in the file", "state other numbers, or give another file of metros",
            )  # fmt: skip
        for i, n in zip(here, apportion(count, [metros[i].population for i in here], least=1), strict=True):
            counts[i] = n
    return tuple(counts)


def apportion(count: int, people: Sequence[int], least: int = 0) -> tuple[int, ...]:
    """Split a count over metros by their people, by largest remainder, at least so many to each."""
    few: set[int] = set()
    while True:
        rest = count - least * len(few)
        among = sum(n for i, n in enumerate(people) if i not in few)
        wanted = [float(least) if i in few else rest * n / among for i, n in enumerate(people)]
        below = {i for i, share in enumerate(wanted) if share < least}
        if not below:
            break
        few |= below
    counts = [int(share) for share in wanted]
    by_remainder = sorted(range(len(people)), key=lambda i: counts[i] - wanted[i])
    for i in by_remainder[: count - sum(counts)]:
        counts[i] += 1
    return tuple(counts)


def read_metros(path: str | Path) -> tuple[Metro, ...]:
    """Read a table of metros from a CSV file with the columns of `COLUMNS`.

    Raises
    ------
    ScenarioError
        If no file is named, it cannot be read or lacks a column, a line holds no such state or
        number, or a metro stands in it twice.
    """
    if not path:
        raise ScenarioError(
            "roads.path", "a table of metros", "nothing",
            f"give it: --set roads.path=FILE, a CSV file with the columns {', '.join(COLUMNS)}",
        )  # fmt: skip
    path = Path(path)
    metros: dict[str, Metro] = {}
    for line, row in read_table(path, COLUMNS, "a table of metros"):
        if not row["metro"]:
            raise ScenarioError(f"{path}:{line}", "the name of a metro", "a blank", "fill it in, or remove the line")
        if row["metro"] in metros:
            raise ScenarioError(f"{path}:{line}", "each metro once", f"{row['metro']} again", "remove the line")
        metros[row["metro"]] = Metro(
            name=row["metro"],
            state=_state(path, line, row["state"]),
            population=int(_number(path, line, row, "population", 1, 1e9)),
            latitude=_number(path, line, row, "lat", -90, 90),
            longitude=_number(path, line, row, "lon", -180, 180),
        )
    return tuple(metros.values())


def choose(metros: Sequence[Metro], names: Sequence[str]) -> tuple[int, ...]:
    """Find metros by the name of their first city or by the whole name; positions in the file, rising.

    Raises ScenarioError where none is asked for, one does not exist or might be another, or
    there are too many.
    """
    if not names:
        raise ScenarioError(
            OPTION, f"names of up to {MOST_METROS} metros", "none",
            f"choose whole metros, as in --metros {metros[-1].short}; the file lists {len(metros)}",
        )  # fmt: skip
    chosen = set()
    for asked in names:
        name = asked.strip().casefold()
        found = [i for i, metro in enumerate(metros) if name in {metro.short.casefold(), metro.name.casefold()}]
        if not found:
            shorts = [metro.short for metro in metros]
            raise ScenarioError(OPTION, "a metro of the file", f'"{asked}"', did_you_mean(asked.strip(), shorts))
        if len(found) > 1:
            whole = ", ".join(metros[i].name for i in found)
            raise ScenarioError(OPTION, "one metro for each name", f'"{asked}" for {whole}', "give the whole name")
        if not LEAST_PEOPLE <= metros[found[0]].population <= MOST_PEOPLE:
            expected = f"metros of {LEAST_PEOPLE:,} to {MOST_PEOPLE:,} people"
            said = f"{metros[found[0]].population:,} in {metros[found[0]].name}"
            raise ScenarioError(OPTION, expected, said, "choose another")
        chosen.add(found[0])
    if len(chosen) > MOST_METROS:
        expected = f"at most {MOST_METROS} metros at once"
        raise ScenarioError(OPTION, expected, len(chosen), "draw them in several runs")
    return tuple(sorted(chosen))


def names_of(text: str) -> list[str]:
    """Read names between commas; a comma that is part of a whole name, as in "Buffalo, NY", stays."""
    parts: list[str] = []
    for part in text.split(","):
        if parts and re.fullmatch("[A-Z]{2}(-[A-Z]{2})*", part.strip()):
            parts[-1] += f", {part.strip()}"
        elif part.strip():
            parts.append(part.strip())
    return parts


def _state(path: Path, line: int, code: str) -> str:
    if not re.fullmatch("[A-Z]{2}", code):
        raise ScenarioError(f"{path}:{line}", "a state's two letters", repr(code), "write it as in CA")
    return code


def _number(path: Path, line: int, row: dict[str, str], column: str, low: float, high: float) -> float:
    value = float(row[column]) if re.fullmatch(r"[+-]?[0-9]+([.][0-9]*)?", row[column]) else math.nan
    if not low <= value <= high:
        expected = f"a number from {low:,.0f} to {high:,.0f} for {column}"
        raise ScenarioError(f"{path}:{line}", expected, repr(row[column]), "correct the line")
    return value
