"""Streams: keys from names, draws from keys, integer tables from shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate import streams
from simulate.kernels.plan import KEY_NAMES
from simulate.travel import days

NAMES = [*(f"travel.{name}" for name in KEY_NAMES), "town.closed", "zones.income", "choices.work", "groups.day"]


def test_a_key_is_pinned():
    """A changed key would change every run ever made."""
    assert int(streams.key(0, "travel.day")) == 0x898B732C59A134A3
    assert int(streams.key(1, "travel.day")) == 0xDC611C64EB0AB707
    assert int(streams.uid("smallville-pd", 12, 13, 0)) == 0x2A94A4642066C71D


def test_names_and_seeds_have_keys_of_their_own():
    keys = {int(streams.key(seed, name)) for seed in range(200) for name in NAMES}
    assert len(keys) == 200 * len(NAMES)
    assert streams.key(1, "1/a") != streams.key(11, "/a")


def test_uids_tell_parts_apart():
    assert streams.uid("ab", "c") != streams.uid("a", "bc")
    assert streams.uid(1, 23) != streams.uid(12, 3)
    assert streams.uid("1") == streams.uid(1)


def test_streams_do_not_meet():
    """No word of one stream turns up in another, nor twice in one."""
    words = np.concatenate([streams.bits64(streams.key(7, name), np.arange(20_000)) for name in NAMES])
    assert len(np.unique(words)) == len(words)


def test_streams_are_independent_of_each_other():
    a, b = (streams.uniforms(streams.key(7, name), np.arange(40_000)) for name in ("travel.day", "travel.car"))
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(40_000)


def test_words_depend_on_entity_and_counter_alone():
    key = streams.key(3, "travel.car")
    many = streams.bits64(key, np.arange(100), 5)
    assert np.array_equal(streams.bits64(key, [41, 7], 5), many[[41, 7]])
    assert int(many[41]) == days.bits64(int(key), 41, 5)


def test_uniforms_fill_the_unit_interval():
    u = np.sort(streams.uniforms(streams.key(0, "test"), np.arange(50_000)))
    assert 0 <= u[0] < u[-1] < 1
    distance = np.abs(u - (np.arange(50_000) + 0.5) / 50_000).max()
    assert distance < 1.63 / np.sqrt(50_000)  # Kolmogorov-Smirnov, one in a hundred


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (1, 2**32), (0.5, 2**31), (1e-12, 0), (0.25, 2**30)])
def test_thresholds(share, expected):
    assert streams.threshold(share) == expected


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(lambda w: sum(w) > 1e-3), st.integers(1, 600))
def test_a_quantile_table_gives_each_outcome_its_share_give_or_take_one(weights, size):
    table = streams.quantile_table(weights, size)
    share = np.array(weights) / np.sum(weights)
    counts = np.bincount(table, minlength=len(weights))
    assert len(table) == size
    assert (np.diff(table) >= 0).all()
    assert (np.abs(counts - share * size) <= 1 + 1e-6).all()
    assert counts[share * size < 1e-9].sum() == 0
