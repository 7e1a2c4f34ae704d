"""Comparing: the same worlds for all, nothing from nothing, clear refusals, runs that are taken up again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tiny import registered
from worlds import town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.policy import Retention
from simulate.policy.case import Case
from simulate.risk.results import NOT_REACHED, Result, Results

QUICK = {"roads__population": 300, "roads__density_per_km2": 150, "period__days": 8}
BLIND = {"owners__club": {"kind": "retail"}, "observers__aaa": {"sees": ["club"], "purpose": "none"}}
ASKED = {"retention": ["1d", "7d", "forever"], "measures": ["tiny"]}


@pytest.fixture(scope="module", autouse=True)
def _tiny():
    with registered():
        yield


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


def test_every_case_of_every_scenario_and_world_is_in_one_table(made):
    assert made.results.names("scenario") == ["six", "eight", "same"]
    assert made.results.names("seed") == [0, 1, 2]
    assert made.results.names("case") == ["1 day", "7 days", "for ever"]
    keys = {(row.scenario, row.seed, row.case, *row.key) for row in made.results}
    assert len(keys) == len(made.results) == 3 * 3 * 3 * 5


def test_more_readers_mean_more_sightings_in_every_world(made):
    found = made.differences.one(scenario="eight", score="mean_sightings", case="for ever")
    assert found.value > 0
    assert found.low < found.value < found.high
    assert found.n == 3


def test_a_scenario_that_changes_nothing_differs_by_exactly_zero(made):
    found = made.differences.where(scenario="same")
    assert len(found) == 3 * 5
    assert {(d.value, d.low, d.high, d.n) for d in found} == {(0.0, 0.0, 0.0, 3)}


def test_a_rule_that_changes_nothing_differs_by_exactly_zero(work):
    asked = {"retention": ["8d", "forever"], "measures": ["tiny"]}
    found = sim.compare([town("six")], work=work, **asked).differences
    assert [(d.case, d.value, d.n) for d in found] == [("for ever", 0.0, 1)] * 5


def test_each_world_is_measured_as_alone(made, work):
    alone = sim.run(town("six"), work / "alone")
    results = sim.measure(sim.view(alone, ladder=["1d", "7d", "forever"]), ["tiny"])
    worlds = [made.results.where(scenario="six", seed=seed) for seed in (0, 1)]
    assert worlds[0].rows == tuple(replace(row, scenario="six") for row in results)
    assert worlds[0].named("six", 1) != worlds[1]


def test_rules_of_one_scenario_are_compared_with_the_first_asked_for(work):
    found = sim.compare([town("six")], work=work, retention=["7d", "1d", "30d"], measures=["tiny"])
    means = {d.case: d for d in found.differences.where(score="mean_sightings")}
    assert set(means) == {"1 day", "30 days"}
    assert means["1 day"].value < 0
    assert (means["30 days"].value, means["30 days"].note) == (None, NOT_REACHED)
    assert means["1 day"].low is None
    assert found.compared.reference == "7 days"
    assert "no interval over worlds" in found.compared.covers()


def test_cases_of_one_scenario_are_compared_with_the_first(work):
    cases = [Case(name="a week, police", observer="smallville-pd", policies=(Retention(days=7),)),
             Case(name="a day, shops", observer="shopping-centre", policies=(Retention(days=1),)),
             Case(name="police", observer="smallville-pd", on=date(2025, 3, 9))]  # fmt: skip
    made = sim.compare([town("six")], cases=cases, work=work, measures=["tiny"])
    assert made.results.names("case") == [case.name for case in cases]
    assert made.differences.names("case") == ["a day, shops", "police"]
    assert made.differences.one(case="a day, shops", score="mean_sightings").value < 0
    assert [case.observer for case in made.compared.sides[0].cases] == [
        "smallville-pd",
        "shopping-centre",
        "smallville-pd",
    ]
    assert not made.compared.is_ladder


def test_rules_beside_the_ladder_and_the_query_date_hold_for_every_case(work):
    town_ = town("six")
    on = town_.settings.period.start + timedelta(days=4)
    made = sim.compare([town_], work=work, retention=["1d", "forever"], measures=["tiny"], on=on, policies=(Early(),))
    assert {case.today for case in made.compared.sides[0].cases} == {4}
    assert all("A test." in case.rules for case in made.compared.sides[0].cases)
    late = sim.compare([town_], work=work, retention=["1d", "forever"], measures=["tiny"])
    means = [m.results.one(case="for ever", score="mean_sightings").value for m in (made, late)]
    assert 0 < means[0] < means[1]


class Early:
    """A rule that changes nothing."""

    def amend(self, terms, setting):
        del setting
        return terms

    def describe(self):
        return "A test."


def test_runs_are_kept_and_used_again(made, work):
    kept = sorted(path.name for path in work.glob("six-*"))
    assert [re.sub("-[0-9a-f]{8}$", "", name) for name in kept] == ["six-0", "six-1", "six-2"]
    before = [path.stat().st_mtime_ns for path in work.rglob("*.parquet")]
    again = sim.compare([town("six"), town("same", title="Another title")], replicates=3, work=work, **ASKED)
    assert again.results.where(scenario="six") == made.results.where(scenario="six")
    assert [path.stat().st_mtime_ns for path in work.rglob("*.parquet")] == before


def test_without_a_folder_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sim.compare([town("six")], work=None, retention=["1d", "7d"], measures=["tiny"])
    assert list(tmp_path.iterdir()) == []


def test_every_step_is_told(tmp_path):
    told = []
    sim.compare([town("six")], work=tmp_path, retention=["1d", "7d"], measures=["tiny"],
                steps=lambda *step: told.append(step))  # fmt: skip
    assert told[0] == (0, 1, "drawing six, seed 0")
    assert (0, 1, "measuring six, seed 0") in told
    assert told[-1] == (1, 1, "done")


def test_a_draw_that_fails_says_whose(tmp_path):
    towns = [town("six"), town("crowded", readers__place__police__count=9000)]
    with pytest.raises(ScenarioError, match=r"^crowded, seed 0: readers\.place\.police"):
        sim.compare(towns, work=tmp_path, **ASKED)


def test_tables_and_json_hold_what_was_asked(made):
    assert "Seen often, 4 times" in made._repr_html_()
    lines = str(made).splitlines()
    assert len(lines) == 1 + len(made.main()) == 1 + 2 * 3 * 4
    assert "Reference: six" in lines[0]  # two share a title, so names tell them apart
    assert lines[-1].startswith("same")
    assert "Most" not in str(made)
    told = made.to_dict()
    assert told["seeds"] == [0, 1, 2]
    assert told["reference"] == "six"
    assert told["scenarios"][0]["cases"][0]["rules"] == ["Sightings are deleted after 1 day."]
    assert Results(tuple(Result(**row) for row in told["differences"])) == made.differences
    assert json.loads(json.dumps(told)) == told


BAD = {
    "none": (list, {}, "at least one scenario"),
    "unknown": (lambda: ["smallvile"], {}, "did you mean 'smallville'"),
    "twice": (lambda: ["smallville", "smallville"], {}, "'smallville' twice"),
    "no replicates": (lambda: [town("a"), town("b")], {"replicates": 0}, "replicates: expected at least 1 world"),
    "measures": (
        lambda: [town("a"), town("b")],
        {"measures": ["anchor"]},
        "expected known measures, found 'anchor'",
    ),
    "observer": (
        lambda: [town("a"), town("b")],
        {"observer": "smallvile-pd"},
        "a: observer: expected an observer or owner of the scenario, found 'smallvile-pd'",
    ),
    "workers": (lambda: [town("a"), town("b")], {"workers": 0}, "workers: expected a whole number"),
    "targets": (lambda: [town("a"), town("b")], {"targets": 0}, "targets: expected at least 1"),
    "not reached": (lambda: [town("a"), town("b")], {"retention": ["90d", "1y"]}, "retention: expected a rule that"),
    "first not reached": (lambda: [town("a")], {"retention": ["90d", "1d"]}, "retention: expected a first rule"),
    "nothing to compare": (
        lambda: [town("a")],
        {"retention": ["1d"]},
        "or two cases or retention rules",
    ),
    "one rule twice": (
        lambda: [town("a")],
        {"retention": ["7d", "1w"]},
        "or two cases or retention rules",
    ),
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
    "metros of a town": (lambda: ["smallville"], {"metros": ["Buffalo"]}, "metros: expected a scenario whose roads"),
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
    "an unknown case": (lambda: [town("a")], {"cases": ["strict"]}, "found 'strict'"),
    "cases and an observer": (
        lambda: [town("a")],
        {"cases": [Case(name="x"), Case(name="y")], "observer": "club"},
        "cases: expected cases alone",
    ),
    "one case": (lambda: [town("a")], {"cases": [Case(name="x")]}, "or two cases or retention rules"),
    "a case twice": (lambda: [town("a")], {"cases": [Case(name="x")] * 2}, "a name of its own for each case"),
    "the observer of a case": (
        lambda: [town("a")],
        {"cases": [Case(name="x"), Case(name="y", observer="club")]},
        "a: observer: expected an observer or owner of the scenario, found 'club'",
    ),
    "cases not reached": (
        lambda: [town("a")],
        {"cases": [Case(name="x"), Case(name="y", policies=(Retention(days=30),))]},
        "cases: expected a first rule, and one to compare it with, that the run is old enough for, found x, y",
    ),
    "a query date": (lambda: [town("a"), town("b")], {"on": "2031-01-01"}, "on: expected a date from"),
    "a query date before a rule": (
        lambda: [town("a")],
        {"on": "2025-03-05", "retention": ["1d", "7d"]},
        "found 1 day, 7 days, of a run 2 days old; ask for rules of at most 2 days or forever",
    ),
    "zero days": (lambda: [town("a")], {"retention": ["0d"]}, "above 0"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD)
def test_bad_input_is_refused_before_anything_is_drawn(case, tmp_path):
    towns, asked, said = BAD[case]
    with pytest.raises(ScenarioError, match=re.escape(said)):
        sim.compare(towns(), work=tmp_path, **{"measures": ["tiny"], **asked})
    assert list(tmp_path.iterdir()) == []
