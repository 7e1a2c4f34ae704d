"""Drawn rows: the only measurable ones, redrawn from their scenario while streamed.

A forger of rows can also write a matching manifest. So every pass through a run redraws a
part of it, in groups of eight vehicles, and compares: the groups requested, those of
SAMPLED_ROWS rows and SAMPLED_GROUPS groups more. The sample is chosen anew in each pass,
after the rows are fixed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakSet

import numpy as np

from simulate.checks import ScenarioError
from simulate.kernels.plates import GROUP, ISSUED
from simulate.sightings.checked import checked_blocks
from simulate.sightings.draw import DrawTables, all_tables, cuts_of, draw_groups, stretches
from simulate.sightings.lookup import row_groups
from simulate.sightings.manifest import IDENTITY, ShardRecord, records_of
from simulate.sightings.source import OnTheFly
from simulate.sightings.store import NOTHING, Rows, Store, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.sightings.deployment import Deployment
    from simulate.travel.life import Lives
    from simulate.world.build import World

SAMPLED_ROWS = 1000
"""Rows whose groups every pass redraws: an altered share f of all rows is missed with probability (1 - f)**1000."""
SAMPLED_GROUPS = 500
"""Further groups redrawn in every pass, since a group without its rows cannot be sampled by row."""
LOOK_ROWS, LOOK_SLICES, SLICE_GROUPS = 16, 4, 8
"""Rows with groups redrawn on opening a run; number of runs of consecutive groups, and groups of each, besides."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Drawn:
    """Rows of one run, streamed checked or not at all; measurable only if made by `drawn_rows`."""

    store: Store
    records: tuple[ShardRecord, ...]
    """Shards listed in the manifest when the run was opened."""
    tables: DrawTables
    """Tables to redraw rows from; not accessible to attacks."""
    n_sites: int

    @property
    def n_rows(self) -> int:
        """Count the rows of all shards."""
        return sum(record.rows for record in self.records)

    def comes_from(self, lives: Lives, deployment: Deployment) -> bool:
        """Return whether the rows are redrawn from these lives and this deployment."""
        return self.tables.life is lives.tables and self.tables.coverage is deployment.coverage

    @property
    def n_shards(self) -> int:
        """Count the shards."""
        return len(self.records)

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first group of plates of a shard, and the one after its last."""
        return int(self.tables.cuts[shard]), int(self.tables.cuts[shard + 1])

    def blocks(self, shard: int, groups: NDArray[np.int64]) -> Iterator[Rows]:
        """Stream the rows of one shard, sorted; none is verified before the last block was consumed.

        groups : int64[g], groups of plates to redraw beside the sample; those of other shards are ignored.

        Each shard takes its share of the sample, rounded up: no more is missed than by a sample of
        the whole run.

        Raises
        ------
        ScenarioError
            If the shard is not as listed in the manifest, or a group of plates redraws differently.
        """
        record = self.records[shard]
        first, end = self.span(shard)
        picked = _sample(SAMPLED_ROWS, record.rows, self.n_rows)
        wanted = np.union1d(
            _sample(SAMPLED_GROUPS, end - first, self.tables.plates.groups) + first,
            groups[(groups >= first) & (groups < end)],
        )
        begin, rest = 0, NOTHING
        for rows in checked_blocks(self.store, record):
            self._check_range(rows, first, end)
            here = picked[(picked >= begin) & (picked < begin + len(rows.plate))] - begin
            wanted = np.union1d(wanted, rows.plate[here] // GROUP)
            last = int(rows.plate[-1]) // GROUP
            self._redraw(wanted[(wanted >= first) & (wanted < last)], first, rest, rows)
            rest = self._unfinished(rest if last == first else NOTHING, rows, last)
            first, begin = last, begin + len(rows.plate)
            yield rows
        self._redraw(wanted[wanted >= first], first, rest, NOTHING)

    def look(self) -> None:
        """Redraw a few groups, found by content: a quick check on opening, before the full one of each pass.

        Raises ScenarioError if any of them redraws differently.
        """
        ends = np.cumsum([record.rows for record in self.records])
        picked = np.sort([secrets.randbelow(self.n_rows) for _ in range(LOOK_ROWS if self.n_rows else 0)])
        room = max(self.tables.plates.groups - SLICE_GROUPS, 0) + 1
        starts = [secrets.randbelow(room) for _ in range(LOOK_SLICES)]
        for shard, record in enumerate(self.records):
            first, end = self.span(shard)
            begin = int(ends[shard]) - record.rows
            with row_groups(self.store, record) as parts:
                for row in picked[(picked >= begin) & (picked < ends[shard])] - begin:
                    near, at = parts.at(int(row))
                    self._check_range(parts[near], first, end)
                    group = int(parts[near].plate[at]) // GROUP
                    self._compare(group, group + 1, parts.rows_of_plates(group * GROUP, (group + 1) * GROUP, near))
                for start in starts:
                    low, high = max(start, first), min(start + SLICE_GROUPS, end)
                    if low < high:
                        self._compare(low, high, parts.rows_of_plates(low * GROUP, high * GROUP))

    def _check_range(self, rows: Rows, first: int, end: int) -> None:
        """Raise unless all rows belong to groups first..end of plates and to existing sites."""
        plates, site = (int(rows.plate[0]), int(rows.plate[-1])), int(rows.site.max())
        if plates[0] < first * GROUP or plates[1] >= end * GROUP or site >= self.n_sites:
            raise self._refusal(
                f"plates {plates[0]} to {plates[1]} at sites up to {site} in a shard of plates"
                f" {first * GROUP} to {end * GROUP - 1}, where there are {self.n_sites} sites"
            )

    def _unfinished(self, rest: Rows, rows: Rows, last: int) -> Rows:
        """Return the rows so far of the last group, possibly continued in the next block."""
        begin = np.searchsorted(rows.plate, np.uint32(last * GROUP))
        rest = joined([rest, Rows(*(column[begin:] for column in rows))])
        if len(rest.plate) > ISSUED * self.tables.vehicle_bound:
            raise self._refusal(f"more rows than can be read of plates {last * GROUP} to {(last + 1) * GROUP - 1}")
        return rest

    def _redraw(self, groups: NDArray[np.int64], first: int, rest: Rows, rows: Rows) -> None:
        """Redraw groups and compare; rest : rows of the first group from earlier blocks."""
        spans = np.array(list(stretches(groups)), np.int64).reshape(-1, 2)
        cuts = np.searchsorted(rows.plate, (spans * GROUP).astype(np.uint32))
        for (begin, end), (low, high) in zip(spans.tolist(), cuts.tolist(), strict=True):
            stored = Rows(*(column[low:high] for column in rows))
            self._compare(begin, end, joined([rest, stored]) if begin == first else stored)

    def _compare(self, begin: int, end: int, stored: Rows) -> None:
        """Raise unless groups begin..end draw exactly these rows."""
        at, same = 0, True
        for drawn, _ in draw_groups(self.tables, begin, end):
            to = at + len(drawn.plate)
            same &= all(np.array_equal(a, b[at:to]) for a, b in zip(drawn, stored, strict=True))
            at = to
        if not same or at != len(stored.plate):
            raise self._refusal(f"other rows for plates {begin * GROUP} to {end * GROUP - 1}")

    def _refusal(self, found: str) -> ScenarioError:
        identity = self.store.identity
        return ScenarioError(
            self.store.files.address,
            f"rows drawn from scenario {identity['name']!r}, seed {identity['seed']}",
            found,
            "Plateprint measures only what it drew itself, so real reads stay out: draw the run again into another"
            " folder",
        )


_MADE: WeakSet[Drawn] = WeakSet()
"""Results of `drawn_rows`, the only rows accepted for streaming."""


def drawn_rows(store: Store, world: World, lives: Lives, deployment: Deployment) -> Drawn:
    """Return the rows of a complete run after a first check of a sample.

    Raises ScenarioError if the sampled rows are not drawn from this world.
    """
    tables = all_tables(world, lives, deployment)
    tables = replace(tables, cuts=cuts_of(tables.plates.groups, store.n_shards))
    if len(tables.cuts) != store.n_shards + 1:
        found = f"{store.n_shards} for {tables.plates.groups} groups of plates"
        raise ScenarioError(store.files.place(IDENTITY), "no more shards than can be filled", found, "draw it again")
    records = tuple(records_of(store.manifest()))
    drawn = Drawn(store=store, records=records, tables=tables, n_sites=deployment.sites.n)
    drawn.look()
    _MADE.add(drawn)
    return drawn


def check_made(source: object) -> None:
    """Raise ScenarioError for rows from neither a draw nor `drawn_rows`."""
    if type(source) is not OnTheFly and not any(source is drawn for drawn in _MADE):  # subclasses are rejected too
        remedy = "take sim.view(run, ...) of a run that sim.run or sim.open_run returned, unaltered"
        raise ScenarioError("run", "rows drawn by Plateprint", "a run or view made by hand", remedy)


def _sample(n: int, part: int, of: int) -> NDArray[np.int64]:
    """Sample the share of n of a part in all, rounded up; distinct numbers below `part`, ascending."""
    chosen = {secrets.randbelow(part) for _ in range(-(-n * part // of) if part else 0)}
    return np.array(sorted(chosen), np.int64)
