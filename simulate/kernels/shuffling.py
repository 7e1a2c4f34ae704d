"""A keyed permutation of 0 .. n - 1, computed for one number at a time, and its inverse.

A Feistel network of six rounds on the next even number of bits; numbers outside the range are
permuted again until inside (cycle walking: Black & Rogaway 2002, doi:10.1007/3-540-45760-7_9).
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.draws import bits64
from simulate.kernels.leaf import inlined, leaf

ROUNDS = 6


@leaf
def shuffle(key, n, number, out):
    """Write the image of each number; number, out : int64[m], from 0 to n - 1."""
    half = _half(n)
    for i in range(len(number)):
        x = number[i]
        while True:
            left, right = x >> half, x & ((1 << half) - 1)
            for r in range(ROUNDS):
                left, right = right, left ^ _part(key, right, r, half)
            x = left << half | right
            if x < n:
                break
        out[i] = x


@leaf
def unshuffle(key, n, number, out):
    """Write the number behind each image; number, out : int64[m], from 0 to n - 1."""
    half = _half(n)
    for i in range(len(number)):
        x = number[i]
        while True:
            left, right = x >> half, x & ((1 << half) - 1)
            for r in range(ROUNDS - 1, -1, -1):
                left, right = right ^ _part(key, left, r, half), left
            x = left << half | right
            if x < n:
                break
        out[i] = x


@leaf
def _half(n):
    """Return half of the bits needed for n numbers, rounded up."""
    half = 1
    while 1 << 2 * half < n:
        half += 1
    return half


@inlined
def _part(key, value, r, half):
    """Return the bits mixed in by a round."""
    return np.int64(bits64(key, np.uint64(value), np.uint64(r)) >> np.uint64(64 - half))
