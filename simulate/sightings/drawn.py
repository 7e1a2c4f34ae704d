"""Drawn rows: the only ones that may be measured, redrawn from their scenario while they are streamed.

Whoever writes rows can write a manifest that fits them, so every pass through a run also
draws some of it again, in groups of eight vehicles, and compares: the groups that are asked
for, those of SAMPLED_ROWS rows and SAMPLED_GROUPS groups more. These are chosen anew in
each pass, when nobody can write rows to suit them any longer.
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
from simulate.sightings.draw import DrawTables, cuts_of, draw_groups, stretches, whole
from simulate.sightings.lookup import row_groups
from simulate.sightings.manifest import IDENTITY, ShardRecord, records_of
from simulate.sightings.source import OnTheFly
from simulate.sightings.store import NOTHING, Rows, Store, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.sightings.watch import Watch
    from simulate.travel.life import Lives
    from simulate.world.build import World

SAMPLED_ROWS = 1000
"""Rows whose groups every pass redraws: an altered share f of all rows is missed with probability (1 - f)**1000."""
SAMPLED_GROUPS = 500
"""Groups that every pass redraws besides, for a group that lost its rows has none to be sampled."""
LOOK_ROWS, LOOK_SLICES, SLICE_GROUPS = 16, 4, 8
"""Rows whose groups are redrawn when a run is opened, and how many stretches of how many groups besides."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Drawn:
    """The rows of one run, which come out checked or not at all; `drawn_rows` makes those that may be measured."""

    store: Store
    records: tuple[ShardRecord, ...]
    """What the manifest listed when the run was opened."""
    tables: DrawTables
    """What rows are redrawn from; no attack may look."""
    n_sites: int

    @property
    def n_rows(self) -> int:
        """Count the rows of all shards."""
        return sum(record.rows for record in self.records)

    def comes_from(self, lives: Lives, watch: Watch) -> bool:
        """Tell whether the rows are redrawn from these lives and this watch."""
        return self.tables.life is lives.tables and self.tables.coverage is watch.coverage

    @property
    def n_shards(self) -> int:
        """Count the shards."""
        return len(self.records)

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first group of plates of a shard, and the one after its last."""
        return int(self.tables.cuts[shard]), int(self.tables.cuts[shard + 1])

    def blocks(self, shard: int, groups: NDArray[np.int64]) -> Iterator[Rows]:
        """Stream the rows of one shard, sorted, as good as its last block only when that was taken.

        groups : int64[g], groups of plates to redraw beside the sample; those of other shards do not matter.

        Each shard takes its share of the sample, rounded up, which misses no more than a
        sample of the whole run would.

        Raises
        ------
        ScenarioError
            If the shard is not as listed in the manifest, or some group of plates redraws otherwise.
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
        """Redraw a few groups, found by content: quick, for opening; passes do the rest.

        Raises ScenarioError if any of them redraws otherwise.
        """
        ends = np.cumsum([record.rows for record in self.records])
        picked = np.sort([secrets.randbelow(self.n_rows) for _ in range(LOOK_ROWS if self.n_rows else 0)])
        room = max(self.tables.plates.groups - SLICE_GROUPS, 0) + 1
        starts = [secrets.randbelow(room) for _ in range(LOOK_SLICES)]
        for shard, record in enumerate(self.records):
            first, end = self.span(shard)
            begin = int(ends[shard]) - record.rows
            with row_groups(self.store, record) as held:
                for row in picked[(picked >= begin) & (picked < ends[shard])] - begin:
                    near, at = held.at(int(row))
                    self._check_range(held[near], first, end)
                    group = int(held[near].plate[at]) // GROUP
                    self._compare(group, group + 1, held.rows_of_plates(group * GROUP, (group + 1) * GROUP, near))
                for start in starts:
                    low, high = max(start, first), min(start + SLICE_GROUPS, end)
                    if low < high:
                        self._compare(low, high, held.rows_of_plates(low * GROUP, high * GROUP))

    def _check_range(self, rows: Rows, first: int, end: int) -> None:
        """Raise unless rows belong to groups first..end of plates, and to sites that there are."""
        plates, site = (int(rows.plate[0]), int(rows.plate[-1])), int(rows.site.max())
        if plates[0] < first * GROUP or plates[1] >= end * GROUP or site >= self.n_sites:
            raise self._refusal(
                f"plates {plates[0]} to {plates[1]} at sites up to {site} in a shard of plates"
                f" {first * GROUP} to {end * GROUP - 1}, where there are {self.n_sites} sites"
            )

    def _unfinished(self, rest: Rows, rows: Rows, last: int) -> Rows:
        """Return the rows of the last group so far, which may go on in the next block."""
        begin = np.searchsorted(rows.plate, np.uint32(last * GROUP))
        rest = joined([rest, Rows(*(column[begin:] for column in rows))])
        if len(rest.plate) > ISSUED * self.tables.vehicle_bound:
            raise self._refusal(f"more rows than can be read of plates {last * GROUP} to {(last + 1) * GROUP - 1}")
        return rest

    def _redraw(self, groups: NDArray[np.int64], first: int, rest: Rows, rows: Rows) -> None:
        """Draw groups again and compare; `rest` holds the first group's rows of earlier blocks."""
        some = np.array(list(stretches(groups)), np.int64).reshape(-1, 2)
        cuts = np.searchsorted(rows.plate, (some * GROUP).astype(np.uint32))
        for (begin, end), (low, high) in zip(some.tolist(), cuts.tolist(), strict=True):
            kept = Rows(*(column[low:high] for column in rows))
            self._compare(begin, end, joined([rest, kept]) if begin == first else kept)

    def _compare(self, begin: int, end: int, kept: Rows) -> None:
        """Raise unless groups begin..end draw exactly these rows."""
        at, same = 0, True
        for drawn, _ in draw_groups(self.tables, begin, end):
            to = at + len(drawn.plate)
            same &= all(np.array_equal(a, b[at:to]) for a, b in zip(drawn, kept, strict=True))
            at = to
        if not same or at != len(kept.plate):
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
"""What `drawn_rows` made; nothing else is streamed."""


def drawn_rows(store: Store, world: World, lives: Lives, watch: Watch) -> Drawn:
    """Take up the rows of a complete run, after a first look at them.

    Raises ScenarioError if the rows looked at are not drawn from this world.
    """
    tables = whole(world, lives, watch)
    tables = replace(tables, cuts=cuts_of(tables.plates.groups, store.n_shards))
    if len(tables.cuts) != store.n_shards + 1:
        found = f"{store.n_shards} for {tables.plates.groups} groups of plates"
        raise ScenarioError(store.files.place(IDENTITY), "no more shards than can be filled", found, "draw it again")
    records = tuple(records_of(store.manifest()))
    drawn = Drawn(store=store, records=records, tables=tables, n_sites=watch.sites.n)
    drawn.look()
    _MADE.add(drawn)
    return drawn


def check_made(source: object) -> None:
    """Raise ScenarioError for rows that neither a draw nor `drawn_rows` gave."""
    if type(source) is not OnTheFly and not any(source is one for one in _MADE):  # no subclass of it either
        remedy = "take sim.view(run, ...) of a run that sim.run or sim.open_run returned, unaltered"
        raise ScenarioError("run", "rows drawn by Plateprint", "a run or view made by hand", remedy)


def _sample(n: int, part: int, of: int) -> NDArray[np.int64]:
    """Choose the share of n that a part has of all, rounded up; numbers below `part`, rising, each once."""
    chosen = {secrets.randbelow(part) for _ in range(-(-n * part // of) if part else 0)}
    return np.array(sorted(chosen), np.int64)
