"""Intervals against published values and exact coverage; the table of rates."""

from __future__ import annotations

import json
import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from simulate.risk.rates import NOT_REACHED, SCHEMA, Rate, Rates, mean, quantile, share

COUNTS = st.lists(st.integers(0, 2**32 - 1), max_size=40)


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


ROWS = Rates((
    Rate(measure="m", score="a", retention="21 days", value=0.123, low=0.1, high=0.2, baseline=0.01, n=1234),
    Rate(measure="m", score="b", retention="21 days", value=1234.5, low=None, high=None, n=2, unit="metres"),
    Rate(measure="m", score="b", retention="for ever", value=2.0, n=2, unit="vehicles", setting="<b>&"),
    Rate(measure="m", score="c", retention="for ever", value=None, note=NOT_REACHED),
))  # fmt: skip


def test_rows_are_picked_by_their_fields():
    assert [row.score for row in ROWS.where(retention="21 days")] == ["a", "b"]
    assert ROWS.one(score="b", retention="for ever").value == 2.0
    assert len(ROWS.where(score="b", retention="never")) == 0
    assert len(ROWS + ROWS) == 8


@pytest.mark.parametrize(("wanted", "found"), [({"score": "b"}, 2), ({"score": "z"}, 0)])
def test_asking_for_one_row_refuses_none_and_several(wanted, found):
    with pytest.raises(LookupError, match=f"expected one row with {wanted}, found {found}"):
        ROWS.one(**wanted)


def test_a_printed_table_lines_up_and_says_what_was_not_reached():
    header, *lines = str(ROWS).splitlines()
    assert len(lines) == 4
    at = header.index("value")
    assert [line[at:].split("  ")[0].strip() for line in lines] == ["12.3 %", "1,234 m", "2", "not reached"]
    assert "10.0 % to 20.0 %" in lines[0]
    assert lines[0].endswith("1,234")
    assert lines[0][header.index("baseline") :].startswith("1.0 %")
    assert "nan" not in str(ROWS).lower()
    assert "None" not in str(ROWS)


def test_html_has_a_row_for_each_rate_and_escapes_text():
    page = ROWS._repr_html_()
    assert page.count("<tr>") == 5
    assert page.count("<td>") == 4 * 8
    assert "&lt;b&gt;&amp;" in page
    assert "<b>" not in page


def test_rates_travel_as_json():
    told = json.loads(json.dumps(ROWS.to_dicts(), allow_nan=False))
    assert [Rate(**row) for row in told] == list(ROWS)


def test_the_schema_names_every_field_of_a_rate_in_order():
    assert list(SCHEMA) == [field.name for field in fields(Rate)]


def test_rates_as_a_table_keep_every_value_and_its_type():
    known = Rate(measure="m", score="s", retention="1 day", setting="x", value=0.5, low=0.25, high=0.75, n=8)
    young = Rate(measure="m", score="s", retention="1 year", value=None, note="not reached")
    for rates in (Rates((known, young)), Rates((young,)), Rates()):
        table = rates.to_arrow()
        assert {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types, strict=True)} == SCHEMA
        assert table.to_pylist() == rates.to_dicts()
        frame = rates.to_pandas()
        assert list(frame.columns) == list(SCHEMA)
        assert len(frame) == len(rates)
        assert (frame["value"].dtype, frame["n"].dtype) == (np.float64, np.int64)
    frame = Rates((known, young)).to_pandas()
    assert frame["value"].isna().tolist() == [False, True]


def test_without_pandas_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("simulate.columns.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"to_pandas: expected pandas.*pip install 'plateprint\[pandas\]'"):
        Rates().to_pandas()
