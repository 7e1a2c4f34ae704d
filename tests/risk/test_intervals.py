"""Intervals: as published, with the coverage they claim; histograms tell what the values themselves would."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

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

COUNTS = st.lists(st.integers(0, 2**32 - 1), max_size=40)
VALUES = st.lists(st.integers(0, 300), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_equal_those_newcombe_published(hits, n, low, high):
    # Newcombe 1998, Statistics in Medicine 17: 857-872, table I, method 3.
    assert share(hits, n) == pytest.approx((hits / n, low, high), abs=5e-5)


def test_a_share_of_hits_and_a_share_of_a_count_are_the_same():
    hits = np.array([True, False, True, True])
    assert share(hits, 4) == share(3, 4)
    assert share(3, 4)[1] == pytest.approx(1 - share(1, 4)[2])


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_wilson_intervals_cover_the_truth_about_19_times_in_20(n):
    ends = np.array([share(k, n)[1:] for k in range(n + 1)])
    covered = []
    for p in np.linspace(0.02, 0.98, 193):
        holds = (ends[:, 0] <= p) & (p <= ends[:, 1])
        covered.append(float(binom.pmf(np.arange(n + 1), n, p)[holds].sum()))
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)
    assert min(covered) > 0.87


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [100, 300, 1000])
def test_quantile_intervals_cover_the_truth_about_19_times_in_20(n, q):
    _, low, high = quantile(np.random.default_rng(0).permutation(n), q)
    covered = binom.cdf(high, n, q) - binom.cdf(low, n, q)  # the k-th value lies below with probability P(N > k)
    assert covered == pytest.approx(0.95, abs=0.02)


def test_a_quantile_is_a_value_that_occurs():
    assert quantile(np.arange(101), 0.5) == (50.0, 40.0, 60.0)
    assert quantile(np.array([7], np.uint32), 0.99) == (7.0, 7.0, 7.0)
    assert quantile(np.array([3, 1, 2]), 0.5)[0] == 2.0


def test_a_mean_has_its_normal_interval():
    assert mean(np.array([0, 10] * 50, np.uint32)) == pytest.approx((5.0, 5 - 1.959964 / 2, 5 + 1.959964 / 2))


@given(values=COUNTS, q=st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_no_interval_is_ever_not_a_number(values, q):
    for value, low, high in (
        quantile(np.array(values, np.uint32), q),
        mean(np.array(values, np.uint32)),
        share(np.array(values, np.int64) % 2 == 0, len(values)),
    ):
        if not values:
            assert (value, low, high) == (None, None, None)
            continue
        assert all(math.isfinite(end) for end in (value, low, high))
        assert low <= value <= high


@given(n=st.integers(1, 10**7), data=st.data())
def test_a_share_and_its_interval_stay_between_0_and_1(n, data):
    value, low, high = share(data.draw(st.integers(0, n)), n)
    assert 0 <= low <= value <= high <= 1
    assert low < high


def test_none_and_all_are_the_ends_of_their_intervals():
    for n in range(1, 2000):
        assert share(0, n)[:2] == (0.0, 0.0)
        assert share(n, n)[::2] == (1.0, 1.0)


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
