"""Intervals: histograms tell what the values themselves would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.risk.intervals import (
    Bunched,
    Histogram,
    bunched,
    clustered_mean,
    histogram,
    mean,
    mean_of,
    quantile,
    quantile_of,
    share,
    together,
)

VALUES = st.lists(st.integers(0, 300), min_size=1, max_size=80)


def of(values):
    return histogram(np.bincount(values))


@settings(deadline=None)
@given(values=VALUES, q=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]))
def test_a_histogram_has_the_quantiles_and_the_mean_of_its_values(values, q):
    array = np.array(values)
    assert quantile_of(of(values), q) == quantile(array, q)
    assert mean_of(of(values)) == pytest.approx(mean(array), rel=1e-12, abs=1e-12)
    assert mean_of(of(values))[0] == float(np.mean(array))


@settings(deadline=None)
@given(parts=st.lists(VALUES, min_size=1, max_size=4), more=st.integers(0, 3))
def test_histograms_add_up_in_any_order(parts, more):
    whole = of([value for part in parts for value in part] + [7] * more)
    for order in (parts, parts[::-1]):
        held = together(of(part) for part in order).counted(7, more)
        assert np.array_equal(held.value, whole.value)
        assert np.array_equal(held.count, whole.count)
        assert held.n == whole.n


def test_of_nothing_there_is_no_number():
    nothing = Histogram(np.empty(0, np.int64), np.empty(0, np.int64))
    assert quantile_of(nothing, 0.5) == mean_of(nothing) == Bunched().interval() == share(0, 0) == (None, None, None)


def test_a_share_of_nothing_and_of_all_keeps_within_its_interval():
    assert share(0, 10)[:2] == (0.0, 0.0)
    assert share(10, 10)[::2] == (1.0, 1.0)
    assert share(5, 10) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)


@settings(deadline=None)
@given(
    sizes=st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1)), min_size=1, max_size=30), cut=st.integers(0, 30)
)
def test_bunches_add_up_and_keep_the_share_in_its_interval(sizes, cut):
    tries = np.array([size for size, _ in sizes])
    hits = np.array([int(size * part) for size, part in sizes])
    whole = bunched(tries, hits)
    assert bunched(tries[:cut], hits[:cut]) + bunched(tries[cut:], hits[cut:]) == whole
    value, low, high = whole.interval()
    assert 0 <= low <= value <= high <= 1
    assert value == hits.sum() / tries.sum()


def test_clusters_that_are_single_values_have_the_error_of_a_mean():
    values = np.array([1, 4, 2, 8, 5, 7])
    m, error = clustered_mean(values, np.ones(6, int))
    assert (m, error) == pytest.approx((values.mean(), values.std(ddof=1) / np.sqrt(6)))
    assert clustered_mean(np.repeat(values, 1) * 3, np.full(6, 3))[0] == pytest.approx(values.mean())
