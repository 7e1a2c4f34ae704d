"""Recoding: times, places and plates as seen at a coarse grain or under pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.policy.register import Register, register
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight
    from simulate.policy.view import Truth, View
    from simulate.world.sites import Sites


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recoding:
    """Coarsening and pseudonyms shared by one group of cases."""

    mask: int
    """Bits of its cases."""
    time_grain_s: int = 0
    """Step for rounding times down; 0 = to the second."""
    site_seen: NDArray[np.uint32] | None = None
    """uint32[s]; the site shown in place of each one; None = itself."""
    names: Register | None = None
    """Pseudonyms; None = plates are seen."""

    def apply(self, rows: Rows) -> tuple[Rows, NDArray[np.int64] | None]:
        """Return the rows as seen, and their previous positions; None = unmoved.

        Rows of one number are contiguous, by time and site, for any cut of a plate's rows into blocks:
        a pseudonym belongs to one plate and one period, and times ascend within a plate.
        """
        plate, site, time = rows
        run = _runs(plate)
        if self.names is not None:
            plate, run = self._named(plate, time, run)
        if self.site_seen is not None:
            site = self.site_seen[site]
        if self.time_grain_s:
            time = time // np.uint32(self.time_grain_s) * np.uint32(self.time_grain_s)
        if not _unsorted(run, time, site):
            return Rows(plate, site, time), None
        order = np.lexsort((site, time, run))
        return Rows(plate[order], site[order], time[order]), order

    def _named(
        self, plate: NDArray[np.uint32], time: NDArray[np.uint32], run: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the pseudonym of each row and its run of rows with this pseudonym; uint32[n], int64[n]."""
        assert self.names is not None
        period = self.names.period_of(time)
        run = _runs(run, period)
        first = np.flatnonzero(np.diff(run, prepend=-1))
        return self.names.pseudonyms(plate[first], period[first])[run], run


def recodings(view: View) -> list[Recoding]:
    """Group cases with equal recoding, in the order of the first case of each group."""
    setting = view.sieve.setting
    masks: dict[tuple[int, float, int, bytes], int] = {}
    for c, case in enumerate(view.cases):
        squares = case.visible.tobytes() if case.place_grain_m else b""
        key = (case.time_grain_s, case.place_grain_m, case.pseudonym_s, squares)
        masks[key] = masks.get(key, 0) | 1 << c
    return [
        Recoding(
            mask=mask,
            time_grain_s=time_grain_s,
            site_seen=squares_of(setting.sites, np.frombuffer(visible, np.bool_), grain_m) if grain_m else None,
            names=register(setting.seed, setting.plates.n, setting.days, period_s) if period_s else None,
        )
        for (time_grain_s, grain_m, period_s, visible), mask in masks.items()
    ]


def register_of(truth: Truth, case: CaseSight) -> Register:
    """Return the register of pseudonyms of one case: for `ask` and for scoring, never for an attack."""
    return register(truth.seed, truth.lives.plates.n, truth.scenario.settings.period.days, case.pseudonym_s)


def squares_of(sites: Sites, visible: NDArray[np.bool_], side_m: float) -> NDArray[np.uint32]:
    """Return the site shown in place of each one: the first in use and visible in its square; uint32[s].

    visible : bool[s]. An invisible site stands for itself, without any visible read.
    """
    square = np.column_stack([np.floor(sites.x_m / side_m), np.floor(sites.y_m / side_m)])
    seen, shown = np.arange(sites.n, dtype=np.uint32), np.flatnonzero(visible & sites.used)
    _, first, of = np.unique(square[shown], axis=0, return_index=True, return_inverse=True)
    seen[shown] = shown[first][of.reshape(-1)]
    return seen


def _runs(*columns: NDArray[np.uint32] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the run of equal rows of each row; int64[n], rising from 0."""
    n = len(columns[0])
    change = np.zeros(n, np.bool_)
    for column in columns:
        change[1:] |= column[1:] != column[:-1]
    return np.cumsum(change)


def _unsorted(run: NDArray[np.int64], time: NDArray[np.uint32], site: NDArray[np.uint32]) -> bool:
    """Return whether some row sorts before the one above it; time never falls within a run."""
    tied = (run[1:] == run[:-1]) & (time[1:] == time[:-1])
    return bool((tied & (site[1:] < site[:-1])).any())
