"""Intervals: shares, quantiles and means with their 95 % interval, from values or from histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Z = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""


def share(hits: NDArray[np.bool_] | float, n: float) -> tuple[float | None, float | None, float | None]:
    """Return a share with its Wilson 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if n == 0:
        return None, None, None
    p = float(np.sum(hits)) / n
    centre, spread = p + Z * Z / (2 * n), Z * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = float((centre - spread) / scale), float((centre + spread) / scale)
    return p, max(0.0, min(low, p)), min(1.0, max(high, p))  # rounding must not move the share outside


def quantile(values: NDArray[np.number], q: float) -> tuple[float | None, float | None, float | None]:
    """Return a quantile with the interval of its order statistics (normal approximation of the binomial)."""
    n = len(values)
    if n == 0:
        return None, None, None
    ordered = np.sort(values).astype(np.float64)
    spread = Z * np.sqrt(n * q * (1 - q))
    at = [np.clip(np.round(q * (n - 1) + side), 0, n - 1).astype(int) for side in (0, -spread, spread)]
    return float(ordered[at[0]]), float(ordered[at[1]]), float(ordered[at[2]])


def mean(values: NDArray[np.number]) -> tuple[float | None, float | None, float | None]:
    """Return a mean with its normal 95 % interval."""
    n = len(values)
    if n == 0:
        return None, None, None
    m = float(np.mean(values))
    spread = Z * float(np.std(values)) / np.sqrt(n)
    return m, float(m - spread), float(m + spread)


Interval = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Frequency of each distinct value: exact, in memory proportional to the number of distinct values."""

    value: NDArray[np.int64]
    """int64[k]; distinct values, ascending."""
    count: NDArray[np.int64]
    """int64[k]; at least 1 each."""

    @property
    def n(self) -> int:
        """Count the values, repeats included."""
        return int(self.count.sum())

    def counted(self, value: int, times: int) -> Histogram:
        """Return the histogram with `value` added `times` times."""
        return together([self, Histogram(np.array([value]), np.array([times]))]) if times else self


def histogram(counts: NDArray[np.int64]) -> Histogram:
    """Return a histogram from counts by value; counts : int64[values], frequencies of 0, 1, 2 ..."""
    value = np.flatnonzero(counts)
    return Histogram(value, counts[value].astype(np.int64))


def together(parts: Iterable[Histogram]) -> Histogram:
    """Return the sum of histograms."""
    histograms = [*parts]
    nothing = np.empty(0, np.int64)
    values = np.concatenate([nothing, *(part.value for part in histograms)])
    counts = np.concatenate([nothing, *(part.count for part in histograms)])
    value, of = np.unique(values, return_inverse=True)
    total = np.zeros(len(value), np.int64)
    np.add.at(total, of, counts)
    return Histogram(value, total)


def quantile_of(values: Histogram, q: float) -> Interval:
    """Return the same quantile as `quantile` from the values themselves."""
    n = values.n
    if n == 0:
        return None, None, None
    spread = Z * np.sqrt(n * q * (1 - q))
    ends = np.cumsum(values.count)
    at = [int(np.clip(np.round(q * (n - 1) + side), 0, n - 1)) for side in (0, -spread, spread)]
    value, low, high = (float(values.value[np.searchsorted(ends, i, side="right")]) for i in at)
    return value, low, high


def mean_of(values: Histogram) -> Interval:
    """Return the same mean and normal interval as `mean` from the values themselves, by exact sums."""
    n = values.n
    if n == 0:
        return None, None, None
    pairs = list(zip(values.value.tolist(), values.count.tolist(), strict=True))
    total, squares = sum(v * k for v, k in pairs), sum(v * v * k for v, k in pairs)
    m = total / n
    spread = Z * float(np.sqrt((n * squares - total * total) / (n * n))) / float(np.sqrt(n))
    return m, m - spread, m + spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Bunched:
    """Hits among clustered tries, such as many on one vehicle: exact sums over the clusters.

    x, y : tries and hits of a cluster.
    """

    tries: int = 0
    """Sum of x."""
    hits: int = 0
    """Sum of y."""
    tries2: int = 0
    """Sum of x squared."""
    hits2: int = 0
    """Sum of y squared."""
    cross: int = 0
    """Sum of x times y."""

    def __add__(self, other: Bunched) -> Bunched:
        return Bunched(
            tries=self.tries + other.tries, hits=self.hits + other.hits, tries2=self.tries2 + other.tries2,
            hits2=self.hits2 + other.hits2, cross=self.cross + other.cross,
        )  # fmt: skip

    def interval(self) -> Interval:
        """Return the share of hits with Wilson's interval at the effective number of independent tries.

        By the variance of a ratio over clusters (Cochran 1977, Sampling Techniques, section
        2.11); where all tries are alike, by the evenness of the clusters.
        """
        n = self.tries
        if n == 0:
            return None, None, None
        p = self.hits / n
        spread = (n * n * self.hits2 - 2 * n * self.hits * self.cross + self.hits**2 * self.tries2) / (n * n)
        independent = n * n * p * (1 - p) / spread if spread > 0 else n * n / self.tries2
        return within(p, min(max(independent, 1.0), n))


def bunched(tries: NDArray[np.int64], hits: NDArray[np.int64]) -> Bunched:
    """Sum up clusters; tries, hits : int64[clusters]."""
    x, y = tries.tolist(), hits.tolist()
    return Bunched(
        tries=sum(x), hits=sum(y), tries2=sum(a * a for a in x), hits2=sum(b * b for b in y),
        cross=sum(a * b for a, b in zip(x, y, strict=True)),
    )  # fmt: skip


def within(p: float, independent: float) -> Interval:
    """Return a share with Wilson's interval at a number, possibly fractional, of independent tries."""
    _, low, high = share(p * independent, independent)
    return p, None if low is None else min(low, p), None if high is None else max(high, p)


def clustered_mean(total: NDArray[np.int64], size: NDArray[np.int64]) -> tuple[float, float]:
    """Return a mean and its standard error under cluster sampling (Cochran 1977, section 9A.1).

    total, size : int64[clusters]; sum and number of values of each, at least 1.
    """
    n, k = int(size.sum()), len(size)
    m = int(total.sum()) / n
    residual = total - m * size
    return m, float(np.sqrt(k / max(k - 1, 1) * np.sum(residual**2)) / n)
