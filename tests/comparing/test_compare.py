"""Comparing: the same worlds for all, nothing from nothing, clear refusals, runs that are taken up again."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from worlds import town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.risk.rates import NOT_REACHED

QUICK = {"roads__population": 300, "roads__density_per_km2": 150, "period__days": 8}
BLIND = {"owners__club": {"kind": "retail"}, "observers__aaa": {"sees": ["club"], "purpose": "none"}}
ASKED = {"retention": ["1d", "7d", "forever"], "targets": 40}


def town(name, **changes):
    """Return a small town under another name."""
    return replace(town_scenario(**{**QUICK, **changes}), name=name)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def made(work):
    """Six readers against eight, in three worlds; beside them a town that differs in words only."""
    towns = [town("six"), town("eight", readers__place__police__count=8), town("same", title="Another title")]
    return sim.compare(towns, replicates=3, work=work, **ASKED)


def test_more_readers_mean_more_sightings_in_every_world(made):
    found = made.differences.one(of="eight", score="mean sightings", retention="for ever")
    assert found.difference > 0
    assert found.low < found.difference < found.high
    assert found.worlds == 3


def test_a_scenario_that_changes_nothing_differs_by_exactly_zero(made):
    found = made.differences.where(of="same")
    numbers = [d for d in found if d.difference is not None]
    assert len(numbers) > 50
    assert {(d.difference, d.low, d.high) for d in numbers if d.worlds > 1} == {(0.0, 0.0, 0.0)}


def test_a_rule_that_changes_nothing_differs_by_exactly_zero(work):
    found = sim.compare([town("six")], work=work, retention=["8d", "forever"], targets=40).differences
    assert len(found) > 50
    assert {d.difference for d in found if d.worlds} == {0.0}


def test_each_world_is_measured_as_alone(made, work):
    alone = sim.run(town("six"), work / "alone")
    rates = sim.measure(sim.view(alone, ladder=["1d", "7d", "forever"]), targets=40)
    assert made.rates.of("six", 0) == rates
    assert {row.seed for row in made.rates} == {0, 1, 2}
    assert made.rates.of("six", 1) != rates


def test_rules_of_one_scenario_are_compared_with_the_first_asked_for(work):
    found = sim.compare([town("six")], work=work, retention=["7d", "1d", "30d"], measures=["exposure"])
    means = {d.of: d for d in found.differences.where(score="mean sightings")}
    assert set(means) == {"1 day", "30 days"}
    assert means["1 day"].difference < 0
    assert (means["30 days"].difference, means["30 days"].note) == (None, NOT_REACHED)
    assert means["1 day"].low is None
    assert "no interval over worlds" in found.compared.covers()


def test_hot_lists_are_compared_in_pairs_when_asked_for(work, tmp_path):
    busy = {"hotlist__wanted": 0.2, "hotlist__other_states": 0}
    towns = [town("late", hotlist__stale_days=30, **busy), town("prompt", hotlist__stale_days=0, **busy)]
    made = sim.compare(towns, measures=["hotlist"], work=work)
    false = made.differences.one(of="prompt", score="stale entry")
    assert false.difference < 0
    assert "stale entry" in made.page(tmp_path / "page.html").read_text(encoding="utf-8")


def test_runs_are_kept_and_used_again(made, work):
    kept = sorted(path.name for path in work.glob("six-*"))
    assert [re.sub("-[0-9a-f]{8}$", "", name) for name in kept] == ["six-0", "six-1", "six-2"]
    before = [path.stat().st_mtime_ns for path in work.rglob("*.parquet")]
    again = sim.compare([town("six"), town("same", title="Another title")], replicates=3, work=work, **ASKED)
    assert again.rates.of("six", 2) == made.rates.of("six", 2)
    assert [path.stat().st_mtime_ns for path in work.rglob("*.parquet")] == before


def test_without_a_folder_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sim.compare([town("six")], work=None, retention=["1d", "7d"], measures=["exposure"])
    assert list(tmp_path.iterdir()) == []


def test_every_step_is_told(tmp_path):
    told = []
    sim.compare([town("six")], work=tmp_path, retention=["1d", "7d"], measures=["exposure"],
                steps=lambda *step: told.append(step))  # fmt: skip
    assert told[0] == (0, 1, "drawing six, seed 0")
    assert (0, 1, "measuring six, seed 0") in told
    assert told[-1] == (1, 1, "done")


def test_a_draw_that_fails_says_whose(tmp_path):
    towns = [town("six"), town("crowded", readers__place__police__count=9000)]
    with pytest.raises(ScenarioError, match=r"^crowded, seed 0: readers\.place\.police"):
        sim.compare(towns, work=tmp_path, **ASKED)


def test_tables_and_json_hold_what_was_asked(made):
    assert "home found within 250 m" in made._repr_html_()
    assert "six" in str(made)
    told = made.to_dict()
    assert told["seeds"] == [0, 1, 2]
    assert len(told["differences"]) == len(made.differences)


BAD = {
    "none": (list, {}, "at least one scenario"),
    "unknown": (lambda: ["smallvile"], {}, "did you mean 'smallville'"),
    "twice": (lambda: ["smallville", "smallville"], {}, "'smallville' twice"),
    "no replicates": (lambda: [town("a"), town("b")], {"replicates": 0}, "--replicates: expected at least 1 world"),
    "measures": (lambda: [town("a"), town("b")], {"measures": ["anchor"]}, "did you mean 'anchors'"),
    "observer": (
        lambda: [town("a"), town("b")],
        {"observer": "smallvile-pd"},
        "a: observer: expected an observer or owner of the scenario, found 'smallvile-pd'",
    ),
    "workers": (lambda: [town("a"), town("b")], {"workers": 0}, "workers: expected a whole number"),
    "targets": (lambda: [town("a"), town("b")], {"targets": 0}, "--targets"),
    "not reached": (lambda: [town("a"), town("b")], {"retention": ["90d", "1y"]}, "--retention: expected a rule that"),
    "first not reached": (lambda: [town("a")], {"retention": ["90d", "1d"]}, "--retention: expected a first rule"),
    "nothing to compare": (lambda: [town("a")], {"retention": ["1d"]}, "two scenarios, or two retention rules"),
    "one rule twice": (lambda: [town("a")], {"retention": ["7d", "1w"]}, "two scenarios, or two retention rules"),
    "no rule": (lambda: [town("a")], {"retention": []}, "name at least one"),
    "overrides of a loaded one": (
        lambda: ["smallville", town("a")],
        {"overrides": ["period.days=3"]},
        "overrides: expected scenarios by name or file, found 'a', which is loaded already; give the overrides to load",
    ),
    "metros of a loaded one": (
        lambda: [town("a"), "flock-2025"],
        {"metros": "Buffalo"},
        "metros: expected scenarios by name or file, found 'a', which is loaded already; give the metros to load",
    ),
    "metros of a town": (lambda: ["smallville"], {"metros": ["Buffalo"]}, "--metros: expected a scenario whose roads"),
    "an observer without readers": (
        lambda: [town("a"), town("b", **BLIND)],
        {},
        "b: observers.aaa: expected at least one reader to see, found none: no readers for club",
    ),
    "an owner without readers": (
        lambda: [town("b", **BLIND), town("a")],
        {"observer": "club"},
        "b: observers.club: expected at least one",
    ),
    "zero days": (lambda: [town("a")], {"retention": ["0d"]}, "above 0"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD)
def test_bad_input_is_refused_before_anything_is_drawn(case, tmp_path):
    towns, asked, said = BAD[case]
    with pytest.raises(ScenarioError, match=re.escape(said)):
        sim.compare(towns(), work=tmp_path, **asked)
    assert list(tmp_path.iterdir()) == []
