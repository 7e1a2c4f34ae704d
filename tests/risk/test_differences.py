"""Differences: paired by world, Student's interval, exactly zero where nothing changes, no number where none is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulate.risk.differences import WorldRate, WorldRates, between_rules, between_scenarios, over_worlds
from simulate.risk.rates import NOT_REACHED, Rate


def world(scenario, seed, value, retention="7 days", score="home found", note="", unit="share"):
    rate = Rate(measure="anchors", score=score, retention=retention, value=value, note=note, unit=unit, n=10)
    return WorldRate(scenario=scenario, seed=seed, rate=rate)


def test_the_interval_is_that_of_the_paired_t_test():
    before, after = np.array([0.2, 0.3, 0.25, 0.4]), np.array([0.28, 0.33, 0.36, 0.41])
    mean, low, high = over_worlds(list(after - before))
    expected = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert mean == pytest.approx(0.0575)
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_one_world_has_no_interval():
    assert over_worlds([0.1]) == (0.1, None, None)


def test_worlds_are_paired_by_seed_in_any_order():
    rows = [world("a", 0, 0.1), world("a", 1, 0.5), world("b", 1, 0.6), world("b", 0, 0.3)]
    found = between_scenarios(WorldRates(tuple(rows)), ["a", "b"]).one()
    assert found.difference == pytest.approx(0.15)
    assert (found.reference_value, found.value, found.worlds) == (pytest.approx(0.3), pytest.approx(0.45), 2)
    half = stats.t.ppf(0.975, 1) * np.std([0.2, 0.1], ddof=1) / np.sqrt(2)
    assert (found.low, found.high) == pytest.approx((0.15 - half, 0.15 + half))


def test_the_first_is_the_reference_and_every_other_is_compared_with_it():
    rows = [world(name, 0, value) for name, value in (("a", 0.5), ("b", 0.4), ("c", 0.9))]
    found = between_scenarios(WorldRates(tuple(rows)), ["c", "a", "b"])
    assert [(d.of, d.reference) for d in found] == [("a", "c"), ("b", "c")]
    assert [d.difference for d in found] == pytest.approx([-0.4, -0.5])


def test_what_changes_nothing_differs_by_exactly_zero():
    values = [0.1, 1 / 3, 0.7]
    rows = [world(name, seed, value) for name in "ab" for seed, value in enumerate(values)]
    found = between_scenarios(WorldRates(tuple(rows)), ["a", "b"]).one()
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)


def test_rules_are_compared_with_the_first_that_was_asked_for():
    rows = [world("a", 0, 0.2, "1 day"), world("a", 0, 0.5, "7 days"), world("a", 0, 0.6, "for ever")]
    found = between_rules(WorldRates(tuple(rows)), "a", ["7 days", "1 day", "for ever"])
    assert [(d.of, d.reference, d.retention) for d in found] == [
        ("1 day", "7 days", "1 day"), ("for ever", "7 days", "for ever"),
    ]  # fmt: skip
    assert [d.difference for d in found] == pytest.approx([-0.3, 0.1])


def test_what_only_one_rule_was_measured_by_is_no_difference_of_rules():
    rows = [world("a", 0, 0.2, "1 day"), world("a", 0, 0.5, "7 days"), world("a", 0, 0.6, "7 days", score="coarser")]
    found = between_rules(WorldRates(tuple(rows)), "a", ["1 day", "7 days"])
    assert [d.score for d in found] == ["home found"]


def test_not_reached_stays_not_reached():
    rows = [world("a", 0, 0.2), world("a", 0, 0.4, score="work found"), world("b", 0, None, note=NOT_REACHED)]
    for names in (["a", "b"], ["b", "a"]):
        found = between_scenarios(WorldRates(tuple(rows)), names)
        assert {d.score for d in found} == {"home found", "work found"}
        for d in found:
            assert (d.difference, d.low, d.high, d.worlds, d.note) == (None, None, None, 0, NOT_REACHED)
    assert "not reached" in str(found)


def test_not_reached_is_said_before_any_other_reason():
    rows = (world("a", 0, None, note="nobody has so many points"), world("b", 0, None, note=NOT_REACHED))
    assert between_scenarios(WorldRates(rows), ["a", "b"]).one().note == NOT_REACHED


def test_a_world_without_a_number_is_left_out_and_said():
    rows = [world("a", 0, 0.2), world("a", 1, 0.3), world("b", 0, 0.5), world("b", 1, None, note="nobody has so many")]
    found = between_scenarios(WorldRates(tuple(rows)), ["a", "b"]).one()
    assert (found.difference, found.reference_value, found.value) == (pytest.approx(0.3), 0.2, 0.5)
    assert (found.worlds, found.low, found.note) == (1, None, "in 1 of 2 worlds")


def test_what_only_one_side_measured_has_no_difference():
    rows = [world("a", 0, 0.2, score="found within 250 m"), world("b", 0, 0.5, score="found within 300 m")]
    found = between_scenarios(WorldRates(tuple(rows)), ["a", "b"])
    assert [(d.difference, d.note) for d in found] == [(None, "not measured on both sides")] * 2


def test_tables_count_shares_in_a_thousand_and_escape_names():
    rows = WorldRates((world("<a>", 0, 0.2), world("<b>", 0, 0.25)))
    found = between_scenarios(rows, ["<a>", "<b>"])
    for told in ("reference: <a>", "200.0 in 1,000", "+50.0"):
        assert told in str(found)
    assert "<td>&lt;b&gt;</td>" in found._repr_html_()
    assert "<td>&lt;a&gt;</td>" in rows._repr_html_()
    assert rows.where(scenario="<a>", seed=0, score="home found").rows == rows.rows[:1]
    assert [row["value"] for row in rows.to_dicts()] == [0.2, 0.25]
    assert found.to_dicts()[0]["difference"] == pytest.approx(0.05)
    with pytest.raises(LookupError):
        found.one(of="<c>")
