"""Views for tests: what an observer sees of rows that are held in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from worlds import PERFECT, finish, rows_of, town_scenario, with_readers

from simulate.durations import DAY_S, DAY_START_S
from simulate.engines.threads import Threads
from simulate.kernels.plates import GROUP
from simulate.policy import LookBack
from simulate.policy.case import ladder_of
from simulate.policy.setting import Setting
from simulate.policy.sieve import Sieve
from simulate.policy.sight import Public, Sight
from simulate.policy.terms import plain_terms
from simulate.policy.view import View, seen_case, view_of
from simulate.risk.results import Results
from simulate.risk.scan import scan
from simulate.sightings import drawn
from simulate.sightings.draw import cuts_of
from simulate.sightings.store import Rows
from simulate.travel.hotlists import Entries, HotList, States
from simulate.world.build import build_world
from simulate.world.owners import Owners
from simulate.world.sites import SiteKind, Sites

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from worlds import Small

    from simulate.risk.measure import Measure

MONDAY = date(2025, 3, 3)
TOWN: Mapping[str, Any] = {"roads.population": 800, "roads.density_per_km2": 300, "period.days": 10}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Memory:
    """Rows that never touch a disk, taken for drawn ones; nothing that the program offers makes such."""

    table: NDArray[np.int64]
    """int64[n, 3]; plate, time, site, sorted by these."""
    groups: int
    """Groups of plates in all."""
    n_shards: int = 1
    cuts: Sequence[int] = ()
    """Rows before which a new block begins."""

    def __post_init__(self) -> None:
        drawn._MADE.add(self)  # else nothing would stream them

    def comes_from(self, _lives: Any, _deployment: Any) -> bool:
        """Stand for the rows of any world."""
        return True

    def blocks(self, shard: int, _groups: Any = None) -> Iterator[Rows]:
        """Stream the rows of a shard, cut into blocks."""
        first, last = (group * GROUP for group in self.span(shard))
        begin, end = np.searchsorted(self.table[:, 0], [first, last])
        inside = [cut for cut in sorted(self.cuts) if begin < cut < end]
        for a, b in pairwise([int(begin), *inside, int(end)]):
            yield Rows(*(self.table[a:b, i].astype(np.uint32) for i in (0, 2, 1)))

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first group of plates of a shard, and the one after its last."""
        cuts = cuts_of(self.groups, self.n_shards)
        return int(cuts[shard]), int(cuts[shard + 1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """A run of a small world whose rows are held in memory; all that `view_of` asks of a run."""

    scenario: Any
    world: Any
    lives: Any
    deployment: Any
    source: Memory

    @property
    def n_vehicles(self) -> int:
        return self.lives.population.n_vehicles


@cache
def small_town(seed: int = 0, **changes: Any) -> Small:
    """Return a town of some 540 cars with ten readers, for ten days."""
    scenario = town_scenario(seed, **{**TOWN, **changes})
    return finish(scenario, build_world(scenario))


@cache
def seen_everywhere(seed: int = 0, **changes: Any) -> Small:
    """Return such a town with a faultless reader half-way along every link."""
    sure = {"readers.capture_day": 1.0, "readers.capture_night": 1.0, **PERFECT}
    scenario = town_scenario(seed, **{**TOWN, **sure, **changes})
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
    n_shards: int = 1,
    visible: Sequence[bool] | None = None,
    apart_m: float = 5000.0,
    look_back: str = "forever",
    policies: Sequence[Any] = (),
    listed: Sequence[tuple[int, int, int]] = (),
    asked: Any = None,
) -> View:
    """Show some plates, times and sites to an observer whose readers stand in a row.

    Vehicle v bears plate v; readers that are not visible belong to somebody else. There is no truth.
    listed : plate, and the seconds from and until which it is on the hot list.
    """
    seen = np.ones(readers, np.bool_) if visible is None else np.array(visible, np.bool_)
    sites = replace(_in_a_row(readers, apart_m), owner=np.where(seen, 0, 1).astype(np.int16))
    setting = Setting(
        sites=sites, owners=_two_owners(), zones=None, plates=_own_number(vehicles), n_vehicles=vehicles,
        start=MONDAY, days=days, seed=0,
        hotlist=HotList(local=_entries(listed), other=_entries(()), states=States(key=np.uint64(0), below=0)),
    )  # fmt: skip
    now_s = days * DAY_S + DAY_START_S
    rules = (*policies, *(() if look_back == "forever" else (LookBack.of(look_back),)))
    terms, cases = [], []
    for case in ladder_of(ladder, policies=rules):
        one = plain_terms(setting, np.array([True, False]))
        for rule in case.policies:
            one = rule.amend(one, setting)
        terms.append(one)
        cases.append(seen_case(case, one, setting, observer="somebody", purpose="a test", habit="", now_s=now_s))
    nothing: dict[str, Any] = dict.fromkeys(("roads", "graph", "hub_node", "zones", "owners"))
    public = Public(**nothing, sites=sites, n_plates=vehicles, n_vehicles=vehicles, start=MONDAY)
    return View(
        sight=Sight(public=public, cases=tuple(cases), asked=asked),
        sieve=Sieve(setting=setting, terms=tuple(terms), now_s=(now_s,) * len(terms)),
        source=Memory(table_of(sightings), -(-vehicles // GROUP), n_shards, cuts),
        truth=None,
    )


def in_memory(
    small: Small, table: NDArray[np.int64] | None = None, *, n_shards: int = 1, cuts: Sequence[int] = ()
) -> Held:
    """Make a run of a small world; other rows may stand for the drawn ones."""
    rows = rows_of(small.tables) if table is None else table
    return Held(
        scenario=small.scenario,
        world=small.world,
        lives=small.lives,
        deployment=small.deployment,
        source=Memory(rows, small.tables.plates.groups, n_shards, cuts),
    )


def look(
    small: Small, table: NDArray[np.int64] | None = None, *, n_shards: int = 1, cuts: Sequence[int] = (), **how: Any
) -> View:
    """Look at a small world through all of its readers, unless cases say otherwise."""
    run = in_memory(small, table, n_shards=n_shards, cuts=cuts)
    if "cases" not in how:
        how.setdefault("observer", "town-and-shops")
    return view_of(run, **how)


def taken(measure: Measure, view: View, targets: int = 300, workers: int | None = 1) -> Results:
    """Take one measure of a view, whether or not it is registered."""
    known = {measure.name: measure.ask(view, targets)}
    return Results(
        tuple(measure.results(view.sight, scan(view, [measure], known, engine=Threads(workers))[measure.name]))
    )


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


def _entries(listed: Sequence[tuple[int, int, int]]) -> Entries:
    """Put plates on a hot list, each from one second until another; the reason ends with the entry."""
    plate, begin, end = np.array(sorted(listed), np.int64).reshape(-1, 3).T
    return Entries(plate=plate, right_from_s=begin, right_until_s=end, listed_until_s=end)


def _two_owners() -> Owners:
    return Owners(
        name=("somebody", "somebody else"), owner=("somebody", "somebody-else"), kind=("police", "police"),
        state=("", ""), agency=np.zeros(2, np.int16), covers=np.ones((2, 1), np.bool_), x_m=np.zeros(2),
        y_m=np.zeros(2),
    )  # fmt: skip


def _own_number(vehicles: int) -> Any:
    """Plates by which vehicle v bears plate v."""
    return SimpleNamespace(n=vehicles, of_vehicles=np.asarray, holders=np.asarray)
