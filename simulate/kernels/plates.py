"""Confusable plates: groups of 32 numbers.

A group is 32 plates with texts differing in five characters, each one of a pair of similar
characters; a plate's number is its group's times 32, plus one bit a character. Eight plates
of a group are issued, one among each four with equal upper three bits; the others are not.
Vehicles i, i + groups, i + 2 groups ... share a group, so confusable plates belong to
people with nothing in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.draws import bits64, mix
from simulate.kernels.leaf import inlined, leaf

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUP, ISSUED, CHARACTERS = 32, 8, 5
TWICE_BELOW = np.uint64(2**61)
"""One misread in eight gets two characters wrong (assumption)."""


class PlateTables(NamedTuple):
    """Tables for numbering and confusing plates."""

    key: np.uint64
    groups: int
    vehicles: int
    pairs: NDArray[np.int64]  # [5] pairs of characters to choose from, for each confusable character
    likeness: NDArray[np.int64]  # [5, pairs] how easily the two of a pair are confused
    spread: np.uint64  # groups are shuffled over the key space by this factor, coprime to it
    space: np.uint64  # capacity of the format, in groups


@inlined
def plate_in_group(tables, group, rank):
    """Return the plate, 0 .. 31 in its group, of the group's vehicle of a rank; rank = 0 .. 7."""
    w = bits64(tables.key, np.uint64(group), np.uint64(0))
    return np.int64(rank * 4) + np.int64((w >> np.uint64(2 * rank)) & np.uint64(3))


@leaf
def confused(tables, group, plate, w):
    """Return the plate of the same group yielded by a misread; w : uint64, the misread's own word."""
    rest = np.int64(np.uint64(group) * tables.spread % tables.space)
    total = 0
    for i in range(CHARACTERS):
        total += tables.likeness[i, rest % tables.pairs[i]]
        rest //= tables.pairs[i]
    rest = np.int64(np.uint64(group) * tables.spread % tables.space)
    left = np.int64((w & np.uint64(0xFFFFFFFF)) * np.uint64(total) >> np.uint64(32))
    character = 0
    for i in range(CHARACTERS):
        left -= tables.likeness[i, rest % tables.pairs[i]]
        if left < 0:
            character = i
            break
        rest //= tables.pairs[i]
    other = plate ^ (1 << character)
    again = mix(w)
    if again < TWICE_BELOW:
        other ^= 1 << ((character + 1 + np.int64((again & np.uint64(0xFFFF)) % np.uint64(CHARACTERS - 1))) % CHARACTERS)
    return other


@leaf
def fill_plates(tables, vehicle, plate):
    """Write the plate of each vehicle; vehicle, plate : int64[n]."""
    for i in range(len(vehicle)):
        rank, group = vehicle[i] // tables.groups, vehicle[i] % tables.groups
        plate[i] = group * GROUP + plate_in_group(tables, group, rank)


@leaf
def fill_vehicles(tables, plate, vehicle):
    """Write the vehicle of each plate, -1 = none; plate, vehicle : int64[n]."""
    for i in range(len(plate)):
        group, rank = plate[i] // GROUP, plate[i] % GROUP // 4
        v = rank * tables.groups + group
        exists = group < tables.groups and v < tables.vehicles
        vehicle[i] = v if exists and plate_in_group(tables, group, rank) == plate[i] % GROUP else -1
