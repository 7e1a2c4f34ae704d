"""The metros of a country: the choice for one run, and their share of the country's totals.

A national scenario states totals: readers, units, sightings, visitors of all metros in its
file. A run takes whole metros with their full population, and their share of each total by
population, never a sample of the people.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, did_you_mean
from simulate.scenario.schema.owners import owner_and_state
from simulate.scenario.schema.settings import LEAST_PEOPLE, MOST_PEOPLE, NationRoads, Settings
from simulate.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulate.scenario.schema.owners import Owner
    from simulate.scenario.schema.parts import Table

COLUMNS = ("metro", "state", "population", "lat", "lon")
"""Required columns of a table of metros; others are ignored."""
PARAMETER = "metros"
"""Parameter for the metros to draw; it sets roads.metros."""
ALL = "all"
"""Name of every metro of the file."""


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


def joined_names(names: Sequence[str]) -> str:
    """Join names as in "Memphis, Akron and Buffalo"; at least one."""
    *others, last = names
    return " and ".join([*filter(None, [", ".join(others)]), last])


def take_share(settings: Settings) -> Settings:
    """Return the settings with every total reduced to the chosen metros' share; others unchanged.

    Totals are the counts of fixed readers and gates, mobile units, sightings a month and
    visiting vehicles. Settings already reduced, or without a choice of metros, stay as they are.
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
    named = joined_names([metros[i].short for i in chosen])
    return settings.model_copy(
        update={
            "title": f"{settings.title}, {named}",
            "summary": f"{named}, invented from population. {settings.summary}",
            "roads": roads.model_copy(update={"share": share, "metros": tuple(metros[i].name for i in chosen)}),
            "visitors": _reduced(settings.visitors, "vehicles", share),
            "readers": readers.model_copy(
                update={
                    "place": _reduced(readers.place, "count", share),
                    "gates": _reduced(readers.gates, "count", share),
                    "mobile": _reduced(readers.mobile, "units", share),
                    "sightings": sightings and sightings.model_copy(update={"per_month": sightings.per_month * share}),
                }
            ),
        }
    )


def _reduced(tables: Mapping[str, Any], key: str, share: float) -> dict[str, Table]:
    """Return tables with one whole number reduced, never below 1."""
    return {
        name: table.model_copy(update={key: max(1, round(value * share))}) if (value := getattr(table, key)) else table
        for name, table in tables.items()
    }


def _check_owners(settings: Settings, metros: Sequence[Metro]) -> None:
    """Raise ScenarioError on agencies and observers of states without a metro in the file."""
    for name, owner in settings.owners.items():
        agencies_of(f"owners.{name}", owner, metros)
    states = {metro.state for metro in metros}
    for name, observer in settings.observers.items():
        for source in observer.sees:
            _, state = owner_and_state(source)
            if state and state not in states:
                raise ScenarioError(
                    f"observers.{name}.sees", "a state with metros in the file", f'"{source}"',
                    did_you_mean(state, states),
                )  # fmt: skip


def agencies_of(where: str, owner: Owner, metros: Sequence[Metro]) -> tuple[int, ...]:
    """Return the number of an owner's agencies in each metro of the file; 0 everywhere if it has none.

    Agencies of a state named by the owner lie in the state's metros, all others in the other
    metros: by population, at least one in each, independent of the metros drawn.

    Raises ScenarioError if a state has no metro, or fewer agencies than metros.
    """
    counts = [0] * len(metros)
    if owner.agencies is None:
        return tuple(counts)
    named = owner.agencies_in or {}
    at = [metro.state if metro.state in named else "" for metro in metros]
    for state, count in [*named.items(), ("", owner.agencies - sum(named.values()))]:
        members = [i for i, metro_state in enumerate(at) if metro_state == state]
        key, region = (f"agencies_in.{state}", f"of {state}") if state else ("agencies", "elsewhere")
        if count < len(members) or (count and not members):
            expected = f"at least one for each of {len(members)} metros {region}" if members else f"metros {region}"
            raise ScenarioError(
                f"{where}.{key}", expected,
                count if members else "none in the file", "state other numbers, or give another file of metros",
            )  # fmt: skip
        for i, n in zip(members, apportion(count, [metros[i].population for i in members], least=1), strict=True):
            counts[i] = n
    return tuple(counts)


def apportion(count: int, people: Sequence[int], least: int = 0) -> tuple[int, ...]:
    """Apportion a count to metros by population, by largest remainder, at least `least` to each."""
    fixed: set[int] = set()
    while True:
        rest = count - least * len(fixed)
        among = sum(n for i, n in enumerate(people) if i not in fixed)
        wanted = [float(least) if i in fixed else rest * n / among for i, n in enumerate(people)]
        below = {i for i, share in enumerate(wanted) if share < least}
        if not below:
            break
        fixed |= below
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
        If no file is named, it cannot be read or lacks a column, a line has an invalid state or
        number, or a metro occurs twice.
    """
    if not path:
        raise ScenarioError(
            "roads.path", "a table of metros", "nothing",
            f'give it: overrides=["roads.path=FILE"], a CSV file with the columns {", ".join(COLUMNS)}',
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
    """Return positions in the file, rising, of metros given by first-named city or whole name.

    Raises ScenarioError if no name is given, a name is unknown or ambiguous, or a metro is too small
    or too large.
    """
    if not names:
        raise ScenarioError(
            PARAMETER, "names of metros", "none",
            f'choose whole metros, as in metros="{metros[-1].short}", or all of them: metros="{ALL}"; '
            f"the file lists {len(metros)}",
        )  # fmt: skip
    chosen = set()
    for given in _each_name(metros, names):
        name = given.strip().casefold()
        matches = [i for i, metro in enumerate(metros) if name in {metro.short.casefold(), metro.name.casefold()}]
        if not matches:
            shorts = [metro.short for metro in metros]
            raise ScenarioError(PARAMETER, "a metro of the file", f'"{given}"', did_you_mean(given.strip(), shorts))
        if len(matches) > 1:
            labels = ", ".join(metros[i].name for i in matches)
            raise ScenarioError(PARAMETER, "one metro for each name", f'"{given}" for {labels}', "give the whole name")
        if not LEAST_PEOPLE <= metros[matches[0]].population <= MOST_PEOPLE:
            expected = f"metros of {LEAST_PEOPLE:,} to {MOST_PEOPLE:,} people"
            found = f"{metros[matches[0]].population:,} in {metros[matches[0]].name}"
            raise ScenarioError(PARAMETER, expected, found, "choose another")
        chosen.add(matches[0])
    return tuple(sorted(chosen))


def _each_name(metros: Sequence[Metro], names: Sequence[str]) -> Sequence[str]:
    """Return the names asked for; those of all metros where all are."""
    return [metro.name for metro in metros] if [name.strip().casefold() for name in names] == [ALL] else names


def names_of(text: str) -> list[str]:
    """Split names at commas, except at those inside a whole name such as "Buffalo, NY"."""
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
