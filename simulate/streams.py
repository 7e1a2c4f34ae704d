"""Keys from a seed and a name, and reproducible draws from keys.

Every decision has a stream of its own, named once. The draw for one entity depends on
(seed, name, entity, counter) alone, so it is the same for any sharding, order or machine,
and adding a decision changes no other one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.draws import fill_bits64

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def key(seed: int, name: str) -> np.uint64:
    """Return the key of the stream `name`; uint64."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def uid(*parts: object) -> np.uint64:
    """Return the hash of the identity of an entity (never its index); uint64."""
    text = "\x1f".join(str(part) for part in parts)
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def bits64(stream: np.uint64, entity: ArrayLike, counter: int = 0) -> NDArray[np.uint64]:
    """Return one 64-bit word per entity; uint64[n]."""
    entities = np.ascontiguousarray(entity, dtype=np.uint64)
    out = np.empty(len(entities), np.uint64)
    fill_bits64(stream, entities, np.uint64(counter), out)
    return out


def uniforms(stream: np.uint64, entity: ArrayLike, counter: int = 0) -> NDArray[np.float64]:
    """Return one number in [0, 1) per entity; float64[n], 53 bits."""
    return (bits64(stream, entity, counter) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def hump(uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape uniforms into a symmetric hump within 2.24, standard deviation 1, by arithmetic that no library changes."""
    centred = 2.0 * uniform - 1.0
    shaped: NDArray[np.float64] = 2.0 * centred * np.abs(centred) / 0.8**0.5
    return shaped


def threshold(share: float) -> int:
    """Return the integer below which a 32-bit word falls with probability `share`."""
    return min(int(round(share * 2**32)), 2**32)


def quantile_table(weights: ArrayLike, size: int) -> NDArray[np.int64]:
    """Return `size` equally likely entries, outcomes in proportion to their weights; int64[size].

    Entry q is the outcome at quantile (q + 1/2) / size, so an outcome of weight w gets
    w * size entries, give or take one. A draw picks an entry with integer bits only.
    """
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    at = (np.arange(size) + 0.5) / size * cumulative[-1]
    outcome: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative, at, side="right"), len(cumulative) - 1)
    return outcome
