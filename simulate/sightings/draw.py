"""One shard of sightings, a pure function of the world, the scenario and a block of households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.kernels.draw import Eyes, draw_rows
from simulate.kernels.plan import MAX_LEGS
from simulate.sightings.store import Rows
from simulate.travel.diaries import MAX_CARS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.kernels.plan import Life
    from simulate.schema import Readers as ReaderSettings
    from simulate.world.build import World

BLOCK_ROWS = 1 << 20
"""Rows made at a time; memory stays flat however many follow."""
SHARD_ROWS = 4_000_000
"""Rows a shard should hold, about."""
SAMPLE = 400
"""Households drawn to size the shards."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawTables:
    """All that a worker needs to draw any shard."""

    life: Life
    eyes: Eyes
    longest_chain: int
    cuts: NDArray[np.int64]
    """int64[shards + 1]; shard i draws households cuts[i] .. cuts[i + 1]."""


def draw_tables(world: World, life: Life, settings: ReaderSettings) -> DrawTables:
    """Gather the tables and cut the households into shards of about SHARD_ROWS rows."""
    tables = DrawTables(
        life=life,
        eyes=_eyes(world, settings),
        longest_chain=world.routes.longest_chain,
        cuts=np.array([0, len(life.kind)], np.int64),
    )
    shards = max(1, round(expected_rows(tables) / SHARD_ROWS))
    cuts = np.linspace(0, len(life.kind), shards + 1).round().astype(np.int64)
    return DrawTables(life=life, eyes=tables.eyes, longest_chain=tables.longest_chain, cuts=np.unique(cuts))


def draw_shard(tables: DrawTables, shard: int) -> Iterator[Rows]:
    """Draw the rows of one shard in blocks, sorted by plate, time and site."""
    return draw_households(tables, int(tables.cuts[shard]), int(tables.cuts[shard + 1]))


def draw_households(tables: DrawTables, first: int, last: int) -> Iterator[Rows]:
    """Draw every row of households first..last in blocks, sorted by plate, time and site."""
    household_bound = MAX_CARS * len(tables.life.day_kind) * MAX_LEGS * max(tables.longest_chain, 1)
    size = max(BLOCK_ROWS, household_bound)
    while first < last:
        columns = [np.empty(size, np.uint32) for _ in range(3)]
        n, first = draw_rows(tables.life, tables.eyes, first, last, max(tables.longest_chain, 1), *columns)
        if n:
            yield Rows(*(column[:n] for column in columns))


def expected_rows(tables: DrawTables) -> int:
    """Estimate the rows of the whole run from a sample of households spread evenly."""
    households = len(tables.life.kind)
    sample = np.unique(np.linspace(0, households - 1, min(SAMPLE, households)).astype(np.int64))
    rows = sum(len(block.plate) for h in sample for block in draw_households(tables, int(h), int(h) + 1))
    return int(rows * households / len(sample))


def _eyes(world: World, settings: ReaderSettings) -> Eyes:
    routes, readers = world.routes, world.readers
    capture = [streams.threshold(settings.capture_day), streams.threshold(settings.capture_night)]
    return Eyes(
        hot=routes.hot,
        cell=routes.cell,
        parent=routes.cell_parent,
        site=routes.cell_site,
        fast_ds=routes.cell_fast,
        slow_ds=routes.cell_slow,
        uid=readers.uid,
        capture=np.repeat(np.array(capture, np.uint64)[:, None], readers.n, axis=1),
        night=_night(*settings.night),
    )


def _night(begins: str, ends: str) -> NDArray[np.uint8]:
    """Return which half-hours are night; uint8[48]."""
    begin, end = (int(clock[:2]) * 2 + int(clock[3:]) // 30 for clock in (begins, ends))
    half_hour = np.arange(48)
    if begin <= end:
        return ((half_hour >= begin) & (half_hour < end)).astype(np.uint8)
    return ((half_hour >= begin) | (half_hour < end)).astype(np.uint8)
