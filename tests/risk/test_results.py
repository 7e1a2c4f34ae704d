"""Results: one typed table; differences paired by world, exactly zero where nothing changes, none where none is."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from simulate.risk.results import COLUMNS, NOT_REACHED, ONE_SIDED, Result, Results, student


def world(scenario, seed, value, case="7 days", score="home_found", detail="", **more):
    return Result(scenario=scenario, seed=seed, case=case, measure="anchors", score=score, detail=detail, value=value,
                  n=10, **more)  # fmt: skip


TABLE = Results((
    world("a", 0, 0.25, low=0.2, high=0.3, baseline=0.01),
    world("a", 0, None, "90 days", note=NOT_REACHED),
    world("a", 1, 0.5),
    world("b", 0, 120.0, score="home_error", unit="metres"),
))  # fmt: skip


def test_the_interval_is_that_of_the_paired_t_test():
    before, after = np.array([0.2, 0.3, 0.25, 0.4]), np.array([0.28, 0.33, 0.36, 0.41])
    mean, low, high = student(list(after - before))
    expected = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert mean == pytest.approx(0.0575)
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_one_world_has_no_interval():
    assert student([0.1]) == (0.1, None, None)


def test_worlds_are_paired_by_seed_in_any_order():
    rows = (world("a", 0, 0.1), world("a", 1, 0.5), world("b", 1, 0.6), world("b", 0, 0.3))
    found = Results(rows).differences(scenario="a").one()
    assert (found.scenario, found.case, found.score) == ("b", "7 days", "home_found")
    assert found.value == pytest.approx(0.15)
    assert (found.baseline, found.n) == (pytest.approx(0.3), 2)
    half = stats.t.ppf(0.975, 1) * np.std([0.2, 0.1], ddof=1) / np.sqrt(2)
    assert (found.low, found.high) == pytest.approx((0.15 - half, 0.15 + half))


def test_every_other_scenario_is_compared_with_the_reference_case_by_case():
    rows = [world(name, 0, value, case)
            for name, values in (("a", (0.5, 0.6)), ("b", (0.4, 0.1)), ("c", (0.9, 0.8)))
            for case, value in zip(("x", "y"), values, strict=True)]  # fmt: skip
    found = Results(tuple(rows)).differences(scenario="c")
    assert [(d.scenario, d.case) for d in found] == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert [d.value for d in found] == pytest.approx([-0.4, -0.2, -0.5, -0.7])


def test_every_other_case_is_compared_with_the_reference_in_each_scenario():
    rows = [world(name, 0, value, case)
            for name, more in (("a", 0.0), ("b", 0.1))
            for case, value in (("1 day", 0.2 + more), ("7 days", 0.5), ("for ever", 0.6))]  # fmt: skip
    found = Results(tuple(rows)).differences(case="7 days")
    assert {(d.scenario, d.case): pytest.approx(d.value) for d in found} == {
        ("a", "1 day"): -0.3, ("b", "1 day"): -0.2, ("a", "for ever"): 0.1, ("b", "for ever"): 0.1,
    }  # fmt: skip


def test_what_changes_nothing_differs_by_exactly_zero():
    values = [0.1, 1 / 3, 0.7]
    rows = Results(tuple(world(name, seed, value, case) for name in "ab" for case in "xy"
                         for seed, value in enumerate(values)))  # fmt: skip
    for found in (rows.differences(scenario="a"), rows.differences(case="x")):
        assert len(found) == 2
        assert {(d.value, d.low, d.high, d.n) for d in found} == {(0.0, 0.0, 0.0, 3)}


def test_what_no_case_changes_is_compared_between_scenarios_only():
    rows = Results(tuple(world(name, 0, value, "", "pair_size") for name, value in (("a", 2.0), ("b", 3.0)))
                   + tuple(world("a", 0, 0.1, case) for case in "xy"))  # fmt: skip
    assert rows.differences(scenario="a").one(score="pair_size").value == 1.0
    assert {d.score for d in rows.differences(case="x")} == {"home_found"}
    unreached = Results((world("a", 0, None, "x", note=NOT_REACHED), world("a", 0, 2.0, "", "pair_size"), rows.rows[3]))
    assert [(d.case, d.score) for d in unreached.differences(case="x")] == [("y", "home_found")]


def test_what_only_one_case_was_measured_by_is_no_difference_of_cases():
    rows = (world("a", 0, 0.2, "x"), world("a", 0, 0.5, "y"), world("a", 0, 0.6, "y", "coarser"))
    assert [d.score for d in Results(rows).differences(case="x")] == ["home_found"]


@pytest.mark.parametrize("reference", ["a", "b"])
def test_not_reached_stays_not_reached(reference):
    rows = (world("a", 0, 0.2), world("a", 0, 0.4, score="work_told"), world("b", 0, None, note=NOT_REACHED))
    found = Results(rows).differences(scenario=reference)
    assert {d.score for d in found} == {"home_found", "work_told"}
    for d in found:
        assert (d.value, d.low, d.high, d.baseline, d.n, d.note) == (None, None, None, None, 0, NOT_REACHED)
    assert NOT_REACHED in str(found)


def test_a_case_that_is_not_reached_says_so_of_every_score():
    rows = (world("a", 0, 0.2, "x"), world("a", 0, 0.4, "x", "work_told"), world("a", 0, None, "y", note=NOT_REACHED))
    found = Results(rows).differences(case="x")
    assert {(d.score, d.case, d.note) for d in found} == {
        ("home_found", "y", NOT_REACHED), ("work_told", "y", NOT_REACHED),
    }  # fmt: skip


def test_not_reached_is_said_before_any_other_reason():
    rows = (world("a", 0, None, note="nobody has so many points"), world("b", 0, None, note=NOT_REACHED))
    assert Results(rows).differences(scenario="a").one().note == NOT_REACHED
    rows = (world("a", 0, None, note="nobody has so many points"), world("b", 0, 0.5))
    assert Results(rows).differences(scenario="a").one().note == "nobody has so many points"


def test_a_world_without_a_number_is_left_out_and_said():
    rows = (world("a", 0, 0.2), world("a", 1, 0.3), world("b", 0, 0.5), world("b", 1, None, note="nobody has so many"))
    found = Results(rows).differences(scenario="a").one()
    assert (found.value, found.baseline) == (pytest.approx(0.3), 0.2)
    assert (found.n, found.low, found.note) == (1, None, "in 1 of 2 worlds")


def test_what_only_one_scenario_measured_has_no_difference():
    rows = (world("a", 0, 0.2, detail="250 m"), world("b", 0, 0.5, detail="300 m"))
    found = Results(rows).differences(scenario="a")
    assert [(d.scenario, d.detail, d.value, d.note) for d in found] == [
        ("b", "250 m", None, ONE_SIDED), ("b", "300 m", None, ONE_SIDED),
    ]  # fmt: skip


@pytest.mark.parametrize("asked", [{}, {"case": "7 days", "scenario": "a"}, {"case": "8 days"}, {"scenario": "c"}])
def test_differences_from_nothing_known_are_refused(asked):
    with pytest.raises(LookupError, match="expected a"):
        TABLE.differences(**asked)


def test_rows_are_looked_up_by_any_column():
    assert TABLE.where(scenario="a", seed=0).rows == TABLE.rows[:2]
    assert TABLE.one(case="90 days").note == NOT_REACHED
    assert TABLE.find(case="1 day") is None
    assert TABLE.names("seed") == [0, 1]
    for wrong in (lambda: TABLE.one(scenario="a"), lambda: TABLE.one(case="1 day"), lambda: TABLE.where(rule="x")):
        with pytest.raises(LookupError, match="expected"):
            wrong()


def test_a_pivot_has_a_row_for_each_score_and_the_mean_over_worlds():
    table = TABLE.pivot("case")
    assert table["anchors", "home_found", ""] == {"7 days": 0.375, "90 days": None}
    assert TABLE.pivot("scenario")["anchors", "home_error", ""] == {"b": 120.0}


def test_means_over_worlds_count_the_worlds_and_keep_the_reason_for_none():
    means = TABLE.over_worlds()
    home = means.one(scenario="a", case="7 days")
    assert (home.value, home.n, home.low, home.baseline) == (0.375, 2, None, 0.01)
    unreached = means.one(case="90 days")
    assert (unreached.value, unreached.n, unreached.note) == (None, 0, NOT_REACHED)


def test_columns_of_arrow_are_typed_even_where_all_are_empty(tmp_path):
    table = TABLE.to_arrow()
    assert table.column_names == list(COLUMNS)
    kinds = {field.name: field.type for field in table.schema}
    assert kinds["oracle"] == kinds["value"] == pa.float64()
    assert kinds["seed"] == kinds["n"] == pa.int64()
    assert kinds["case"] == kinds["note"] == pa.string()
    pq.write_table(table, tmp_path / "results.parquet")
    again = pq.read_table(tmp_path / "results.parquet").to_pylist()
    assert Results(tuple(Result(**row) for row in again)) == TABLE


def test_data_frames_have_numbers_where_numbers_are():
    pd = pytest.importorskip("pandas", reason="pandas is an extra")
    frame = TABLE.to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert str(frame["value"].dtype) == str(frame["oracle"].dtype) == "float64"
    assert frame["value"].isna().tolist() == [False, True, False, False]
    assert pd.pivot_table(frame, "value", "score", "scenario").loc["home_found", "a"] == 0.375


def test_without_pandas_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("simulate.columns.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"to_pandas: expected pandas.*pip install 'plateprint\[pandas\]'"):
        TABLE.to_pandas()


def test_csv_is_empty_where_there_is_no_number(tmp_path):
    text = TABLE.to_csv(tmp_path / "results.csv")
    assert (tmp_path / "results.csv").read_text(encoding="utf-8") == text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["value"] for row in rows] == ["0.25", "", "0.5", "120.0"]
    assert rows[1]["note"] == NOT_REACHED


def test_json_comes_back_as_it_was():
    assert Results(tuple(Result(**row) for row in json.loads(TABLE.to_json()))) == TABLE


def test_tables_show_what_differs_and_escape_names():
    said = str(TABLE)
    for text in ("scenario", "25.0 %", "20.0 % to 30.0 %", "120 m", NOT_REACHED):
        assert text in said
    for text in ("oracle", "trivial", "detail"):
        assert text not in said
    assert "<td>&lt;a&gt;</td>" in Results((world("<a>", 0, 0.2), world("b", 0, 0.2)))._repr_html_()
