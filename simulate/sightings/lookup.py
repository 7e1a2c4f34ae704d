"""Look-up of the rows of a few plates of one shard, by the content of row groups, not by the statistics of footers."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.kernels.hashing import first_unsorted
from simulate.sightings.store import Rows, joined, opened, read_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow.parquet as pq

    from simulate.sightings.manifest import ShardRecord
    from simulate.sightings.store import Store

KEPT = 4
"""Row groups cached, since successive look-ups often need the same ones."""


class RowGroups:
    """Row groups of one part by number, read on demand."""

    def __init__(self, part: pq.ParquetFile, name: object, n_rows: int) -> None:
        self._part, self._name = part, name
        self._sizes = [part.metadata.row_group(i).num_rows for i in range(part.num_row_groups)]
        self._kept: dict[int, Rows] = {}
        if sum(self._sizes) != n_rows or 0 in self._sizes:
            raise self._refusal(f"row groups of {sum(self._sizes)} rows, or with none")
        self._ends = np.cumsum(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, i: int) -> Rows:
        if i not in self._kept:
            rows = read_group(self._part, i)
            if len(rows.plate) != self._sizes[i] or first_unsorted(*rows) >= 0:
                raise self._refusal("rows not in order of plate, time, site")
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[i] = rows
        return self._kept[i]

    def at(self, row: int) -> tuple[int, int]:
        """Return the row group of a row of the part, and the row's position in it."""
        i = int(np.searchsorted(self._ends, row, side="right"))
        return i, row - int(self._ends[i]) + self._sizes[i]

    def rows_of_plates(self, first: int, last: int, near: int | None = None) -> Rows:
        """Return the rows of plates from `first` up to, not including, `last`.

        near : a row group with some of them; found by bisection if None.
        """
        i = self._by_halving(first) if near is None else near
        while i > 0 and self[i].plate[0] >= first:
            i -= 1
        batches = []
        for rows in map(self.__getitem__, range(i, len(self))):
            wanted = slice(*np.searchsorted(rows.plate, np.array([first, last], np.uint32)))
            batches.append(Rows(*(column[wanted].copy() for column in rows)))
            if rows.plate[-1] >= last:
                break
        return joined(batches)

    def _by_halving(self, plate: int) -> int:
        return max(bisect_right(range(len(self)), plate, key=lambda i: int(self[i].plate[0])) - 1, 0)

    def _refusal(self, found: str) -> ScenarioError:
        return ScenarioError(self._name, "the shard that the run's manifest lists", found, "see: plateprint verify")


@contextmanager
def row_groups(store: Store, record: ShardRecord) -> Iterator[RowGroups]:
    """Open one shard for look-ups."""
    part = store.part(record.shard)
    with opened(store.files, part) as file:
        yield RowGroups(file, store.files.place(part), record.rows)
