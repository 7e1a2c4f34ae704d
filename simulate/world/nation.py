"""Several metros of one country: which ones are drawn, their share of the whole, and their ground.

A national scenario states totals of the country: readers, units, sightings, visitors. A run
takes whole metros with their full crowds, and their share of each total by population. The
metros stand side by side on the map, farther apart than any trip; where they really lie counts
only for who moves or travels from one to another.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError, did_you_mean
from simulate.schema import MetroRoads
from simulate.world.metro import build_metro
from simulate.world.roads import RoadNetwork
from simulate.world.zones import Purpose, Zones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.schema import NationRoads

COLUMNS = ("metro", "state", "population", "lat", "lon")
MOST_METROS = 5
"""Metros drawn at once: tables of routes grow with the square of their hubs, 27 MB for a thousand."""
GAP_M = 20_000.0
"""Empty land between two metros on the map."""
NAME_BITS = 24
"""Nodes of one metro have names below 2^24, so that no two metros share one."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nation:
    """The metros of a file and those of them that are drawn; c chosen metros, h hubs."""

    metros: tuple[Metro, ...]
    chosen: tuple[int, ...]
    """Positions of the drawn ones, in the order of the file."""
    roads: RoadNetwork
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    metro_of_hub: NDArray[np.int16]
    """int16[h]; which chosen metro each hub lies in."""

    @property
    def share(self) -> float:
        """Return the share of the listed metros' people who live in the chosen ones."""
        people = [metro.population for metro in self.metros]
        return sum(people[i] for i in self.chosen) / sum(people)


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
        with Path(path).open(newline="", encoding="utf-8") as file:
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


def build_nation(settings: NationRoads, seed: int) -> Nation:
    """Build the chosen metros, each the same whatever others are chosen, and set them side by side."""
    metros = read_metros(settings.path)
    chosen = choose(metros, settings.metros)
    grounds = []
    for i in chosen:
        metro = metros[i]
        grounds.append(
            build_metro(
                MetroRoads(
                    source="metro",
                    population=metro.population,
                    vehicles_per_person=settings.vehicles_per_person,
                    density_per_km2=settings.density_per_km2,
                    water=settings.water,
                    vehicles_per_zone=settings.vehicles_per_zone,
                ),
                int(streams.key(seed, f"metro.{metro.name}")),
            )
        )
    shift_m = _side_by_side([roads for roads, _, _ in grounds])
    nodes = np.cumsum([0, *(roads.n_nodes for roads, _, _ in grounds)])
    n_hubs = np.cumsum([0, *(len(hubs) for _, hubs, _ in grounds)])
    return Nation(
        metros=metros,
        chosen=chosen,
        roads=_union([roads for roads, _, _ in grounds], chosen, nodes, shift_m),
        hubs=np.concatenate([hubs + nodes[i] for i, (_, hubs, _) in enumerate(grounds)]).astype(np.int32),
        zones=_all_zones([zones for _, _, zones in grounds], n_hubs, shift_m, [metros[i].population for i in chosen]),
        metro_of_hub=np.repeat(np.arange(len(chosen)), np.diff(n_hubs)).astype(np.int16),
    )


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


def _side_by_side(roads: Sequence[RoadNetwork]) -> list[float]:
    """Return how far east each metro is set, in metres; the first stays."""
    shift_m, edge_m = [0.0], float(roads[0].x_m.max())
    for one in roads[1:]:
        shift_m.append(edge_m + GAP_M - float(one.x_m.min()))
        edge_m = shift_m[-1] + float(one.x_m.max())
    return shift_m


def _union(
    roads: Sequence[RoadNetwork], chosen: Sequence[int], nodes: NDArray[np.int64], shift_m: Sequence[float]
) -> RoadNetwork:
    """Put networks on one map; a node's name holds the position of its metro in the file."""

    def joined(field: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(one, field) for one in roads])

    return RoadNetwork(
        node_name=np.concatenate([one.node_name + (i << NAME_BITS) for i, one in zip(chosen, roads, strict=True)]),
        x_m=np.concatenate([one.x_m + east for east, one in zip(shift_m, roads, strict=True)]),
        y_m=joined("y_m"),
        through=joined("through"),
        tail=np.concatenate([one.tail + nodes[i] for i, one in enumerate(roads)]).astype(np.int32),
        head=np.concatenate([one.head + nodes[i] for i, one in enumerate(roads)]).astype(np.int32),
        length_m=joined("length_m"),
        free_s=joined("free_s"),
        road_class=joined("road_class"),
        capacity=joined("capacity"),
        credit=roads[0].credit,
    )


def _all_zones(
    zones: Sequence[Zones], hubs: NDArray[np.int64], shift_m: Sequence[float], people: Sequence[int]
) -> Zones:
    """Put the zones of all metros in one table; ways in weigh as many as people live behind them."""
    attraction = np.concatenate([one.attraction for one in zones], axis=1)
    ways_in = [one.attraction[Purpose.OUTSIDE] / one.attraction[Purpose.OUTSIDE].sum() for one in zones]
    attraction[Purpose.OUTSIDE] = np.concatenate([n * weight for n, weight in zip(people, ways_in, strict=True)])
    return Zones(
        x_m=np.concatenate([one.x_m + east for east, one in zip(shift_m, zones, strict=True)]),
        y_m=np.concatenate([one.y_m for one in zones]),
        hub=np.concatenate([one.hub + hubs[i] for i, one in enumerate(zones)]).astype(np.int32),
        residents=np.concatenate([one.residents for one in zones]),
        attraction=attraction,
        outside=np.concatenate([one.outside for one in zones]),
        income_rank=np.concatenate([one.income_rank for one in zones]),
    )
