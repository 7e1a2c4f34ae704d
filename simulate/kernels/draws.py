"""Keyed draws: a word of 64 random bits for every (key, entity, counter).

Each word is two rounds of the SplitMix64 finaliser (Steele, Lea & Flood 2014,
doi:10.1145/2660193.2660195; constants of Stafford's variant 13): stateless, so any
draw can be made alone, in any order, on any machine, with integers only.
Everything is uint64 and wraps around.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.leaf import folded, inlined, leaf

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
U30, U27, U31 = np.uint64(30), np.uint64(27), np.uint64(31)
U32, LOW32 = np.uint64(32), np.uint64(0xFFFFFFFF)


@inlined
def mix(x: np.uint64) -> np.uint64:
    """Scramble 64 bits one to one."""
    x = (x ^ (x >> U30)) * MIX_1
    x = (x ^ (x >> U27)) * MIX_2
    return x ^ (x >> U31)


@inlined
def stem(key: np.uint64, entity: np.uint64) -> np.uint64:
    """Return the common part of all draws of one entity, to be finished by `branch`."""
    return mix(key ^ (entity * GOLDEN))


@inlined
def branch(stem_: np.uint64, counter: np.uint64) -> np.uint64:
    """Return the word of one counter; word(key, entity, counter) = branch(stem(key, entity), counter)."""
    return mix(stem_ + counter * GOLDEN)


@inlined
def bits64(key: np.uint64, entity: np.uint64, counter: np.uint64) -> np.uint64:
    """Return the 64 random bits of one decision."""
    return mix(mix(key ^ (entity * GOLDEN)) + counter * GOLDEN)


@folded
def fill_branches(stem_: np.uint64, first: int, out: NDArray[np.uint64]) -> None:
    """Write the words of counters first, first + 1 and so on; out : uint64[n].

    Alone in its loop, for vectorisation by the compiler.
    """
    for i in range(len(out)):
        out[i] = branch(stem_, np.uint64(first + i))


@leaf
def fill_bits64(key: np.uint64, entity: NDArray[np.uint64], counter: np.uint64, out: NDArray[np.uint64]) -> None:
    """Write the word of each entity; entity, out : uint64[n]."""
    for i in range(len(entity)):
        out[i] = bits64(key, entity[i], counter)
