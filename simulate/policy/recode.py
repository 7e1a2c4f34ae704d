"""Recoding: how times, places and plates look to those who see them coarse or under pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulate.policy.view import View
    from simulate.sightings.store import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recoding:
    """How one group of cases sees reads."""

    mask: int
    """Bits of its cases."""

    def apply(self, rows: Rows) -> tuple[Rows, NDArray[np.int64] | None]:
        """Return the rows as seen, sorted by plate, time and site, and the order they had; None = the same order."""
        return rows, None


def recodings(view: View) -> list[Recoding]:
    """Group the cases that see alike."""
    return [Recoding(mask=(1 << len(view.cases)) - 1)]
