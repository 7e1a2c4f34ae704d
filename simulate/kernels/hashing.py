"""A hash of rows, independent of their order and of their division into shards.

Each row (plate, site, time) becomes 128 bits, two keyed words of `simulate.kernels.draws`,
and rows are summed modulo 2**128: a hash of a multiset, additive over shards (Clarke et
al. 2003, doi:10.1007/978-3-540-40061-5_12). It detects accidents, not forgery: other rows
with the same sum can be made on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.draws import U32, bits64
from simulate.kernels.leaf import driver

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY_LOW = np.uint64(0x243F6A8885A308D3)  # the first 128 bits after the point of pi
KEY_HIGH = np.uint64(0x13198A2E03707344)
U0, U1 = np.uint64(0), np.uint64(1)


def rows_hash(plate: NDArray[np.uint32], site: NDArray[np.uint32], time: NDArray[np.uint32]) -> int:
    """Return the sum of the hashes of rows modulo 2**128; plate, site, time : uint32[n]."""
    total = np.zeros(2, np.uint64)
    sum_words(plate, site, time, total)
    return int(total[1]) << 64 | int(total[0])


@driver
def sum_words(
    plate: NDArray[np.uint32], site: NDArray[np.uint32], time: NDArray[np.uint32], total: NDArray[np.uint64]
) -> None:
    """Add each row's 128 bits to total; uint64[2], low half first, carried over."""
    low, high = total[0], total[1]
    for i in range(len(plate)):
        where = np.uint64(plate[i]) << U32 | np.uint64(time[i])
        term = bits64(KEY_LOW, where, np.uint64(site[i]))
        low += term
        high += bits64(KEY_HIGH, where, np.uint64(site[i])) + (U1 if low < term else U0)
    total[0], total[1] = low, high


@driver
def first_unsorted(plate: NDArray[np.uint32], site: NDArray[np.uint32], time: NDArray[np.uint32]) -> int:
    """Return the first row sorting before the one above it by (plate, time, site), or -1."""
    for i in range(1, len(plate)):
        before = np.uint64(plate[i - 1]) << U32 | np.uint64(time[i - 1])
        here = np.uint64(plate[i]) << U32 | np.uint64(time[i])
        if here < before or (here == before and site[i] < site[i - 1]):
            return i
    return -1
