"""Registers: the pseudonym of each plate in each period. Scoring may look plates up; attacks may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.shuffling import shuffle, unshuffle

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_NUMBERS = 2**32 - 1
"""Capacity of the 32-bit number of a row; the last value is reserved to mark the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A keyed permutation of (period, plate): two plates never share a number, nor do two periods."""

    key: np.uint64
    plates: int
    """Number of possible plates."""
    periods: int
    """Number of periods over all possible times."""
    period_s: int
    """Length of a period; 0 = plates are seen as they are."""

    def period_of(self, time_s: ArrayLike) -> NDArray[np.int64]:
        """Return the period of each time; int64[n]. The first includes times before 04:00 of the first day."""
        since = np.asarray(time_s, np.int64) - DAY_START_S
        period: NDArray[np.int64] = np.clip(since // max(self.period_s, 1), 0, self.periods - 1)
        return period

    def pseudonyms(self, plate: ArrayLike, period: ArrayLike) -> NDArray[np.uint32]:
        """Return the pseudonym of each plate in a period; uint32[n]."""
        plates, periods = np.broadcast_arrays(np.asarray(plate, np.int64), np.asarray(period, np.int64))
        if not self.period_s:
            return plates.astype(np.uint32)
        index = np.ascontiguousarray(periods * self.plates + plates).reshape(-1)
        number = np.empty(len(index), np.int64)
        shuffle(self.key, np.int64(self.plates * self.periods), index, number)
        return number.astype(np.uint32)

    def last(self, plate: ArrayLike, now_s: int) -> NDArray[np.uint32]:
        """Return the pseudonym of each plate in the last period before a query date; uint32[n].

        Attackers are given it to name a target.
        """
        return self.pseudonyms(plate, self.period_of(np.full(np.shape(plate), now_s - 1)))

    def plates_of(self, number: ArrayLike) -> NDArray[np.int64]:
        """Return the plate behind each number, -1 for an unassigned one; int64[n]."""
        numbers = np.ascontiguousarray(number, np.int64)
        total = self.plates * self.periods
        if not self.period_s:
            return np.where(numbers < self.plates, numbers, -1)
        index = np.empty(len(numbers), np.int64)
        unshuffle(self.key, np.int64(total), np.minimum(numbers, total - 1), index)
        plates: NDArray[np.int64] = np.where(numbers < total, index % self.plates, -1)
        return plates


def register(seed: int, plates: int, days: int, period_s: int) -> Register:
    """Return the register of a run; raise ScenarioError if numbers run out.

    period_s : length of a period; 0 = plates are seen as they are.
    """
    periods = 1 + (days + 1) * DAY_S // period_s if period_s else 1
    if period_s and plates * periods > MOST_NUMBERS:
        expected = f"at most {MOST_NUMBERS // plates:,} periods of {plates:,} plates, as rows have 32 bits for a number"
        remedy = "change pseudonyms less often, or draw fewer vehicles or days"
        raise ScenarioError("pseudonyms.days", expected, f"{periods:,} periods", remedy)
    key = streams.key(seed, f"policy.pseudonyms.{period_s}")
    return Register(key=key, plates=plates, periods=periods, period_s=period_s)
