"""Words: published vectors, and the marks of a good scrambler."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.kernels.draws import bits64, fill_bits64, mix
from simulate.travel import days

MASK = (1 << 64) - 1
SEQUENCE = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)
"""First outputs of SplitMix64 started at 1234567, as its author's C code prints them (Vigna, splitmix64.c)."""
WORDS = {
    (0, 0, 0): 0,
    (1, 0, 0): 0x7AB40E090F363A7D,
    (0, 1, 0): 0x48218226FF3CD4BF,
    (0, 0, 1): 0xE220A8397B1DCDAF,
    (MASK, MASK, MASK): 0x2DFE1AA565B7FF81,
    (0x0123456789ABCDEF, 271828, 3141): 0x8AFB486E757AA3CA,
}
"""Worked out with whole numbers in Python, apart from the package."""


def draw(key: int, entity: int, counter: int) -> int:
    out = np.empty(1, np.uint64)
    fill_bits64(np.uint64(key), np.array([entity], np.uint64), np.uint64(counter), out)
    return int(out[0])


def bits(values):
    return np.unpackbits(np.asarray(values, np.uint64).view(np.uint8)).sum()


@pytest.mark.parametrize("i", range(5))
def test_mix_is_the_published_finaliser(i):
    golden = 0x9E3779B97F4A7C15
    assert int(mix(np.uint64((1234567 + (i + 1) * golden) & MASK))) == SEQUENCE[i]


@pytest.mark.parametrize(("arguments", "expected"), WORDS.items())
def test_known_words(arguments, expected):
    assert draw(*arguments) == expected


@settings(deadline=None, derandomize=True)
@given(*[st.integers(0, MASK)] * 3)
def test_the_readable_word_is_the_compiled_one(key, entity, counter):
    assert days.bits64(key, entity, counter) == draw(key, entity, counter)
    assert days.bits64(key, entity, counter) == int(bits64(np.uint64(key), np.uint64(entity), np.uint64(counter)))


@pytest.mark.parametrize("argument", range(3))
def test_flipping_any_bit_flips_half_of_the_word(argument):
    rng = np.random.default_rng(argument)
    samples = 400
    for bit in range(64):
        changed = 0
        for base in rng.integers(0, 1 << 63, (samples, 3)).tolist():
            other = list(base)
            other[argument] ^= 1 << bit
            changed += int(days.bits64(*base) ^ days.bits64(*other)).bit_count()
        # one word differs in 32 bits with standard deviation 4; the mean of 400 strays by 0.2
        assert abs(changed / samples - 32) < 1.0, bit


@pytest.mark.parametrize("by", ["entity", "counter", "key"])
def test_words_of_neighbours_are_uniform(by):
    n, cells = 1 << 16, 256
    key, entity, counter = 0x5EED, np.arange(n, dtype=np.uint64), np.uint64(0)
    out = np.empty(n, np.uint64)
    if by == "entity":
        fill_bits64(np.uint64(key), entity, counter, out)
    else:
        for i in range(n):
            out[i] = days.bits64(key + i, 7, 0) if by == "key" else days.bits64(key, 7, i)
    for shift in range(0, 64, 8):
        counts = np.bincount(((out >> np.uint64(shift)) & np.uint64(255)).astype(int), minlength=cells)
        chi_square = ((counts - n / cells) ** 2 / (n / cells)).sum()
        assert abs(chi_square - (cells - 1)) < 5 * np.sqrt(2 * (cells - 1)), shift
    assert len(np.unique(out)) == n
    assert abs(bits(out[1:] ^ out[:-1]) / (n - 1) - 32) < 0.1


def test_entity_and_counter_are_not_interchangeable():
    assert draw(9, 3, 5) != draw(9, 5, 3)
    grid = {days.bits64(9, entity, counter) for entity in range(300) for counter in range(300)}
    assert len(grid) == 300 * 300
