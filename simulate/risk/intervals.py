"""Intervals of shares, means and quantiles over the vehicles drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
    return p, max(0.0, min(low, p)), min(1.0, max(high, p))  # rounding must not put the share outside


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
