"""How fast known points are matched: against the kernel that asked a hash table of all cases for every read.

Run with `make bench`. Smallville for 450 days: about 12 million reads, 1,000 targets, the seven
cases of the ladder. Both kernels get the same reads and the same points; the matches must be the
same to the last one. Each time is the fastest of several rounds, in processor time on one core;
the rounds of both alternate, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from claims import Claim, fastest, show
from matching_before import BIN_S, EMPTY, fill_table
from matching_before import match_points as match_before

import simulate.scenario
from simulate.kernels.matching import MAX_POINTS
from simulate.kernels.plates import GROUP
from simulate.policy.view import view_of
from simulate.risk.measure import Block, Span
from simulate.risk.points import squares
from simulate.risk.unicity import Unicity
from simulate.sightings.draw import deployment_of, draw_tables
from simulate.sightings.source import OnTheFly
from simulate.sightings.store import Rows
from simulate.travel.life import make_lives
from simulate.world.build import build_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.policy.view import View
    from simulate.risk.points import Points

ROUNDS, TARGETS, DAYS = 5, 1000, 450


def main(days: int) -> None:
    view = look(days)
    unicity = Unicity()
    known = unicity.ask(view, TARGETS)
    rows = everything(view)
    block = Block(*rows, *view.sieve.marks(rows))
    points = [some for lane in known.lanes for some in lane.points]
    before = Before(view, points, rows)

    def new() -> Any:
        state = unicity.start(view.sight, known, Span(0, int(rows.plate.max()) // GROUP + 1))
        unicity.update(state, block)
        return unicity.guess(view.sight, known, unicity.merge([state]))

    found, old = new(), before.match()
    same = all(np.array_equal(a, b) for pair in zip(found, old, strict=True) for a, b in zip(*pair, strict=True))
    if not same:
        sys.exit("the matches differ")
    best = fastest({"now": new, "before": before.match}, ROUNDS)
    n = len(rows.plate)
    show(Claim("kernel before over matching, same matches", best["before"] / best["now"], 5.0))
    each = ", ".join(f"{name} {1e9 * seconds / n:.0f} ns a read" for name, seconds in best.items())
    print(f"    {n:,} reads, {len(points)} times {TARGETS} questions: {each}")


def look(days: int) -> View:
    """Draw Smallville into memory and look at all of it under the ladder."""
    scenario = simulate.scenario.load("smallville", seed=0, overrides={"period.days": days})
    world = build_world(scenario)
    lives = make_lives(scenario, world)
    deployment = deployment_of(scenario, world, lives)
    run: Any = SimpleNamespace(
        scenario=scenario, world=world, lives=lives, deployment=deployment, n_vehicles=lives.population.n_vehicles,
        source=OnTheFly(tables=draw_tables(world, lives, deployment)),
    )  # fmt: skip
    return view_of(run, observer="town-and-shops", ladder=scenario.settings.measure.retention)


def everything(view: View) -> Rows:
    blocks = [
        block for shard in range(view.source.n_shards) for block in view.source.blocks(shard, np.empty(0, np.int64))
    ]
    return Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


class Before:
    """The same points laid out as they were for the kernel before: every site and hour of every point an entry."""

    def __init__(self, view: View, points: Sequence[Points], rows: Rows) -> None:
        sites = view.sight.public.sites
        self.starts = np.cumsum([0, *(len(some.plate) for some in points)])
        self.target = np.concatenate([some.plate for some in points])
        parts = []
        for some, start in zip(points, self.starts[:-1], strict=True):
            case, place = view.cases[some.case], squares(sites, some.metres)[0]
            of_place = [np.flatnonzero((place == p) & case.visible & sites.used) for p in range(int(place.max()) + 1)]
            at = np.repeat(np.arange(len(some.place)), [len(of_place[p]) for p in some.place])
            site = np.concatenate([np.empty(0, np.int64), *(of_place[p] for p in some.place)])
            begin = np.maximum(some.begin_s, case.oldest_s)[at]
            parts.append((site, begin, some.end_s[at], some.question[at] + start, 1 << some.point[at]))
        self.hang(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        visible = np.any([case.visible for case in view.cases], axis=0)
        kept = visible[rows.site] & (rows.time < view.cases[0].now_s)
        self.rows = tuple(column[kept] for column in rows)

    def hang(self, site: Any, begin: Any, end: Any, question: Any, bit: Any) -> None:
        """List every entry under each hour that it touches, sorted by reader and hour."""
        first, last = begin // BIN_S, (end - 1) // BIN_S
        times = last - first + 1
        entry = np.repeat(np.arange(len(site)), times)
        hour = first[entry] + np.arange(len(entry)) - np.repeat(np.cumsum(times) - times, times)
        key = (site[entry].astype(np.uint64) << np.uint64(32)) | hour.astype(np.uint64)
        order = np.argsort(key, kind="stable")
        entry, key = entry[order], key[order]
        self.entries = (key, begin[entry], end[entry], question[entry], bit[entry].astype(np.uint32))
        size = 1 << int(2 * len(np.unique(key)) + 2).bit_length()
        self.table_key, self.table_first = np.full(size, EMPTY, np.uint64), np.zeros(size, np.int64)
        fill_table(key, self.table_key, self.table_first)

    def match(self) -> list[tuple[Any, ...]]:
        """Match all rows; fitted, plates and own of each set of points."""
        shape = (len(self.target), MAX_POINTS)
        n, best = len(self.target), (np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
        state = (np.full(1, -1, np.int64), np.zeros(n, np.uint32), np.zeros(n + 1, np.int64))
        for rows in (self.rows, tuple(np.full(1, 2**32 - 1, np.uint32) for _ in range(3))):
            match_before(rows, self.entries, self.table_key, self.table_first, self.target, state, best)
        return [tuple(part[a:b] for part in best) for a, b in pairwise(self.starts)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DAYS)
