"""The parts of a map of several: built one at a time, in processes of their own, each kept on disk by itself.

An entry is named by a hash of its inputs, so a part is built once, whatever stands beside it.
Memory holds at most the parts under construction, one in each process.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from simulate.engines.engine import Task
from simulate.engines.processes import Processes
from simulate.mapped import release, room
from simulate.world import entries
from simulate.world.part import Part, build_part
from simulate.world.readers import Readers
from simulate.world.roads import RoadNetwork
from simulate.world.routes import Graph, Routes, ShortestPathTrees, build_routes
from simulate.world.travel_time_budget import TravelTimeBudget
from simulate.world.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.scenario.metros import Metro
    from simulate.scenario.schema.settings import NationRoads, Settings, Travel
    from simulate.world.part import RoadsAndZones

Made = TypeVar("Made")

MOST_ENTRIES = 150
"""Entries kept, two for each metro; one takes some 60 MB."""
SERIAL_PARTS = 2
"""Most parts built in one process; for so few, workers cost more than they save."""
PAIRED = ("fast_ds", "slow_ds", "cell", "used", "watched")
"""Tables of routes with an entry for each pair of hubs."""
NESTED: dict[str, type[Any]] = {"roads": RoadNetwork, "network": Graph, "zones": Zones, "quickest": ShortestPathTrees}
"""The nested tables of a part."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """The metros of a map, one by one; `build_parts` makes it."""

    metros: tuple[Metro, ...]
    source: NationRoads
    travel: Travel
    seed: int
    ground: Callable[[Metro, NationRoads, int], RoadsAndZones]
    """Module-level function; builds the roads and zones of one metro."""
    folder: Path
    """Folder of entries."""
    freeways: bool = False
    """Whether metros with and without freeways stand on one map."""

    @property
    def n(self) -> int:
        """Count the metros."""
        return len(self.metros)

    def part(self, i: int) -> Part:
        """Return a metro by itself, from its entry; rebuilt and stored again if absent."""
        return self.opened(i, checked=True) or self.made(i)

    def opened(self, i: int, *, checked: bool) -> Part | None:
        """Return a metro from its entry; None if absent."""
        values = entries.load(self._entry(i), checked=checked)
        if values is None:
            return None
        tables = entries.assemble(Part, NESTED, values)
        return Part(**tables | {"travel_time_budget": TravelTimeBudget(*tables["travel_time_budget"])})

    def made(self, i: int) -> Part:
        """Build a metro and store it."""
        ground = self.ground(self.metros[i], self.source, self.seed)
        part = build_part(ground, self.travel, self.seed, alone=self.n == 1, freeways=self.freeways)
        entries.save(part, self._entry(i), MOST_ENTRIES)
        return part

    def small(self, i: int) -> Part:
        """Return a metro in memory without its large tables: an entry keeps a file open for each of its arrays."""
        part = self.part(i)
        none = ShortestPathTrees(order=part.quickest.order[:0], in_link=part.quickest.in_link[:0])
        return _copied(
            replace(part, deterrence=part.deterrence[:0], destinations=part.destinations[:, :0], quickest=none)
        )

    def _entry(self, i: int) -> Path:
        return self.folder / entries.key_of(self.decides(i))

    def decides(self, i: int) -> list[object]:
        """Return all inputs of a metro."""
        metro, source = self.metros[i], self.source.model_dump(exclude={"path", "metros", "share"})
        return [metro.name, metro.population, source, self.travel.model_dump(), self.seed, self.n == 1, self.freeways]


class Routing(NamedTuple):
    """The metros and the readers in each, by its own links."""

    parts: Parts
    readers: tuple[Readers, ...]

    @property
    def n(self) -> int:
        """Count the metros."""
        return self.parts.n

    def routes(self, i: int) -> Routes:
        """Return the routes of a metro, from their entry; rebuilt and stored again if absent."""
        return self.opened(i, checked=True) or self.made(i)

    def opened(self, i: int, *, checked: bool) -> Routes | None:
        """Return the routes of a metro from their entry; None if absent."""
        values = entries.load(self._entry(i), checked=checked)
        return None if values is None else Routes(**entries.assemble(Routes, {}, values))

    def made(self, i: int) -> Routes:
        """Build the routes of a metro and store them."""
        part, margin = self.parts.part(i), self.parts.travel.other_route_margin
        routes = build_routes(part.roads, part.network, part.hubs, self.readers[i], margin, part.quickest)
        entries.save(routes, self._entry(i), MOST_ENTRIES)
        return routes

    def _entry(self, i: int) -> Path:
        readers = self.readers[i]
        return self.parts.folder / entries.key_of(self.parts.decides(i), readers.link.tobytes(), readers.at.tobytes())


def build_parts(
    metros: Sequence[Metro],
    settings: Settings,
    seed: int,
    ground: Callable[[Metro, NationRoads, int], RoadsAndZones],
    folder: Path,
) -> Parts:
    """Build all metros of a map, as many at a time as there are processors."""
    parts = Parts(
        metros=tuple(metros), source=settings.roads, travel=settings.travel, seed=seed, ground=ground, folder=folder  # type: ignore[arg-type]
    )  # fmt: skip
    _make_missing(parts)
    freeways = [parts.part(i).freeways for i in range(parts.n)]
    if any(freeways) and not all(freeways):  # those without were built as if nobody drove on one
        parts = replace(parts, freeways=True)
        _make_missing(parts)
    return parts


def join_routes(parts: Parts, readers: Readers, first_link: NDArray[np.int64], first_node: NDArray[np.int64]) -> Routes:
    """Return the routes of all metros in one table, built as many at a time as there are processors.

    readers : those of all metros, sorted by link and position; first_link, first_node :
    int64[c + 1], first link and first node of each metro on the map.
    """
    cuts = np.searchsorted(readers.link, first_link)
    own = [_between(readers, cuts[i], cuts[i + 1], first_link[i]) for i in range(parts.n)]
    routing = Routing(parts, tuple(own))
    _make_missing(routing)
    if parts.n == 1:
        return routing.routes(0)
    small = [_copied(_without_pairs(routing.routes(i))) for i in range(parts.n)]
    hubs = np.cumsum([0, *(len(table.hub_node) for table in small)])
    cells = np.cumsum([0, *(len(table.cell_site) - 1 for table in small)])  # cell 0, no reader, is the same for all
    pairs = np.cumsum([0, *(np.diff(hubs) ** 2)])
    tables = _all_pairs(routing, pairs, cells)

    def chained(field: str, first: Sequence[int] | NDArray[np.int64]) -> NDArray[np.uint32]:
        return np.concatenate(
            [
                np.zeros(1, np.uint32),
                *(getattr(table, field)[1:] + np.uint32(first[i]) for i, table in enumerate(small)),
            ]
        )

    none = np.zeros(parts.n, np.int64)
    return Routes(
        hub_node=np.concatenate([table.hub_node + first_node[i] for i, table in enumerate(small)]).astype(np.int32),
        row=np.concatenate([table.row + (pairs[i] - hubs[i]) for i, table in enumerate(small)]),
        **tables,
        cell_parent=_moved(chained("cell_parent", none), cells),
        cell_site=chained("cell_site", cuts),
        cell_fast=chained("cell_fast", none),
        cell_slow=chained("cell_slow", none),
        longest_chain=max(table.longest_chain for table in small),
    )


def _all_pairs(routing: Routing, pairs: NDArray[np.int64], cells: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Join the tables of pairs of hubs; pairs, cells : int64[c + 1], first pair and first cell of each metro."""
    tables: dict[str, NDArray[Any]] = {}
    for i in range(len(pairs) - 1):
        routes = routing.routes(i)
        for name in PAIRED:
            own = getattr(routes, name)
            if name not in tables:
                tables[name] = room((int(pairs[-1]), *own.shape[1:]), own.dtype)
            moved = np.where(own, own + np.uint32(cells[i]), 0) if name == "cell" else own
            tables[name][pairs[i] : pairs[i + 1]] = moved
        release(tables.values())
    return tables


def _moved(parent: NDArray[np.uint32], cells: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Renumber the parents of the cells of each metro; 0, no parent, stays."""
    first = np.append(0, np.repeat(cells[:-1], np.diff(cells)))
    return np.where(parent, parent + first, 0).astype(np.uint32)


def _make_missing(wanted: Parts | Routing) -> None:
    """Build all parts without a whole entry."""
    missing = [i for i in range(wanted.n) if wanted.opened(i, checked=False) is None]
    workers = 1 if wanted.n <= SERIAL_PARTS else os.cpu_count() or 1
    with closing(Processes(workers).map(Task(_maker, wanted), missing)) as done:
        for _ in done:
            pass


def _maker(wanted: Parts | Routing) -> Callable[[int], None]:
    """Return the function building and storing one entry."""

    def make(i: int) -> None:
        wanted.made(i)

    return make


def _between(readers: Readers, begin: int, end: int, first_link: int) -> Readers:
    """Return the readers of one metro, by its own links."""
    columns = {field.name: getattr(readers, field.name)[begin:end] for field in fields(readers)}
    return Readers(**columns | {"link": (columns["link"] - first_link).astype(np.int32)})


def _without_pairs(routes: Routes) -> Routes:
    return replace(routes, **{name: getattr(routes, name)[:0] for name in PAIRED})


def _copied(table: Made) -> Made:
    """Copy a dataclass of arrays, and of such dataclasses, into memory."""

    def in_memory(value: object) -> object:
        return _copied(value) if is_dataclass(value) else np.array(value) if isinstance(value, np.ndarray) else value

    return replace(table, **{field.name: in_memory(getattr(table, field.name)) for field in fields(table)})  # type: ignore[arg-type,type-var]
