"""Where rows come from, shard by shard: a store, or the draw itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.sightings.draw import draw_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.sightings.draw import DrawTables
    from simulate.sightings.store import Rows, Store


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stored:
    """The rows of a store."""

    store: Store
    groups: int
    """Groups of plates in all shards together."""

    @property
    def n_shards(self) -> int:
        """Count the shards."""
        return self.store.n_shards

    def blocks(self, shard: int) -> Iterator[Rows]:
        """Stream the rows of a shard, sorted by plate, time and site."""
        return self.store.blocks(shards=[shard])

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first group of plates of a shard, and the one after its last."""
        return span_of(shard, self.n_shards, self.groups)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The same rows drawn when they are asked for, and never stored."""

    tables: DrawTables

    @property
    def n_shards(self) -> int:
        """Count the shards."""
        return len(self.tables.cuts) - 1

    def blocks(self, shard: int) -> Iterator[Rows]:
        """Draw the rows of a shard, sorted by plate, time and site."""
        return draw_shard(self.tables, shard)

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first group of plates of a shard, and the one after its last."""
        return int(self.tables.cuts[shard]), int(self.tables.cuts[shard + 1])


def span_of(shard: int, n_shards: int, groups: int) -> tuple[int, int]:
    """Return the range of groups of plates that one of several shards holds."""
    cuts = np.linspace(0, groups, n_shards + 1).round().astype(np.int64)
    return int(cuts[shard]), int(cuts[shard + 1])
