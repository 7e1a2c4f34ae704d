"""Views for tests: what an observer sees of rows that are held in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from worlds import finish, rows_of, town_scenario, with_readers

from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.retention import Retention
from simulate.policy.view import Public, View, view_of
from simulate.sightings import drawn
from simulate.sightings.run import Run
from simulate.sightings.store import Rows
from simulate.world.build import build_world
from simulate.world.sites import SiteKind, Sites

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from worlds import Small

MONDAY = date(2025, 3, 3)
TOWN: Mapping[str, Any] = {"roads.population": 800, "roads.density_per_km2": 300, "period.days": 10}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Memory:
    """Rows that never touch a disk, taken for drawn ones; nothing that the program offers makes such."""

    table: NDArray[np.int64]
    """int64[n, 3]; plate, time, site."""
    cuts: Sequence[int] = ()
    """Rows before which a new block begins."""

    def __post_init__(self) -> None:
        drawn._MADE.add(self)  # else nothing would stream them

    @property
    def store(self) -> Memory:
        """Stand for the folder too."""
        return self

    def comes_from(self, _lives: Any, _watch: Any) -> bool:
        """Stand for the rows of any world."""
        return True

    def blocks(self, _groups: Any = None) -> Iterator[Rows]:
        """Stream the rows, cut into blocks."""
        for part in np.split(self.table, sorted(self.cuts)):
            yield Rows(*(part[:, i].astype(np.uint32) for i in (0, 2, 1)))


@cache
def small_town(seed: int = 0, **changes: Any) -> Small:
    """Return a town of some 540 cars with ten readers, for ten days."""
    scenario = town_scenario(seed, **{**TOWN, **changes})
    return finish(scenario, build_world(scenario))


@cache
def seen_everywhere(seed: int = 0, **changes: Any) -> Small:
    """Return such a town with a faultless reader half-way along every link."""
    scenario = town_scenario(seed, **{**TOWN, "readers.capture_day": 1.0, "readers.capture_night": 1.0, **changes})
    world = build_world(scenario)
    return finish(scenario, with_readers(world, scenario, {link: [0.5] for link in range(world.roads.n_links)}))


def table_of(sightings: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    """Sort tuples of plate, time, site as a store does; int64[n, 3]."""
    return np.array(sorted(sightings), np.int64).reshape(-1, 3)


def by_hand(
    sightings: Sequence[tuple[int, int, int]],
    *,
    vehicles: int,
    readers: int,
    days: int = 30,
    ladder: Sequence[str] = ("forever",),
    cuts: Sequence[int] = (),
    visible: Sequence[bool] | None = None,
    apart_m: float = 5000.0,
    look_back: str = "forever",
) -> View:
    """Show some plates, times and sites to an observer whose readers stand in a row."""
    seen = np.ones(readers, np.bool_) if visible is None else np.array(visible, np.bool_)
    nothing: dict[str, Any] = dict.fromkeys(("roads", "graph", "hub_node", "zones", "owners"))
    return View(
        observer="somebody",
        purpose="a test",
        visible=seen,
        ladder=tuple(sorted(map(Retention.of, ladder), key=lambda rule: rule.seconds or np.inf)),
        now_s=days * DAY_S + DAY_START_S,
        start=MONDAY,
        look_back=Retention.of(look_back),
        habit="",
        public=Public(**nothing, sites=_in_a_row(readers, apart_m), n_plates=vehicles, n_vehicles=vehicles),
        store=None,
        drawn=Memory(table_of(sightings), cuts),
        asked=None,
        truth=None,
    )


def in_memory(small: Small, table: NDArray[np.int64] | None = None) -> Run:
    """Make a run of a small world; other rows may stand for the drawn ones."""
    memory = Memory(rows_of(small.tables) if table is None else table)
    return Run(
        path=Path("memory"),
        scenario=small.scenario,
        world=small.world,
        lives=small.lives,
        watch=small.watch,
        drawn=memory,
    )


def look(small: Small, table: NDArray[np.int64] | None = None, **how: Any) -> View:
    """Look at a small world through all of its readers."""
    return view_of(in_memory(small, table), observer="town-and-shops", **how)


def relabelled(table: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give every plate another number; int64[n, 3], sorted again."""
    changed = np.column_stack([new[table[:, 0]], table[:, 1:]])
    return changed[np.lexsort((changed[:, 2], changed[:, 1], changed[:, 0]))]


def swapped(small: Small, seed: int) -> NDArray[np.int64]:
    """Return the numbers of plates with those that somebody holds dealt out anew; int64[plates]."""
    held = small.lives.plates.of_vehicles(np.arange(small.lives.population.n_vehicles))
    new = np.arange(small.lives.plates.n)
    new[held] = np.random.default_rng(seed).permutation(held)
    return new


def _in_a_row(n: int, apart_m: float) -> Sites:
    return Sites(
        kind=np.full(n, SiteKind.FIXED, np.uint8),
        uid=np.arange(n, dtype=np.uint64),
        owner=np.zeros(n, np.int16),
        x_m=np.arange(n) * apart_m,
        y_m=np.zeros(n),
        link=np.zeros(n, np.int32),
        at=np.full(n, 0.5),
        zone=np.full(n, -1, np.int32),
        since=np.zeros(n, np.int32),
        visits=np.zeros(n, np.int64),
    )
