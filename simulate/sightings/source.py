"""Rows drawn on demand, and never stored.

Streamed by shard like those of a store (`sightings/drawn.py`), so both are measured alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.sightings.draw import draw_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from simulate.sightings.deployment import Deployment
    from simulate.sightings.draw import DrawTables
    from simulate.sightings.store import Rows
    from simulate.travel.life import Lives


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnTheFly:
    """The rows of a run without a store."""

    tables: DrawTables

    @property
    def n_shards(self) -> int:
        """Count the shards."""
        return len(self.tables.cuts) - 1

    def comes_from(self, lives: Lives, deployment: Deployment) -> bool:
        """Return whether the rows are drawn from these lives and this deployment."""
        return self.tables.life is lives.tables and self.tables.coverage is deployment.coverage

    def blocks(self, shard: int, groups: NDArray[np.int64]) -> Iterator[Rows]:
        """Draw the rows of a shard, sorted by plate, time and site; groups : ignored, since nothing needs redrawing."""
        del groups
        return draw_shard(self.tables, shard)

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first group of plates of a shard, and the one after its last."""
        return int(self.tables.cuts[shard]), int(self.tables.cuts[shard + 1])
