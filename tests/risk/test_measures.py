"""The one way to take measures: by name, refused clearly, the same each time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from views import look

from simulate.checks import ScenarioError
from simulate.risk.measures import MEASURES, USUAL, main_results, measure, score_of
from simulate.risk.results import NOT_REACHED

CASES = ("1 day", "30 days", "for ever")


@pytest.fixture(scope="module")
def view(town):
    return look(town, ladder=["1d", "30d", "forever"])


def test_measures_come_in_the_order_asked_and_each_once(view):
    results = measure(view, ["unicity", "exposure", "unicity"], targets=20)
    assert list(dict.fromkeys(row.measure for row in results)) == ["unicity", "exposure"]
    turned = measure(view, ["exposure", "unicity"], targets=20)
    assert turned.where(measure="unicity") == results.where(measure="unicity")


def test_measures_of_what_is_stored_are_taken_unless_others_are_named(view):
    assert list(dict.fromkeys(row.measure for row in measure(view, targets=20))) == list(USUAL)
    assert set(USUAL) == set(MEASURES) - {"hotlist", "stock"}


def test_measures_go_by_their_own_names_and_give_only_scores_that_they_declare(view):
    assert all(name == one.name for name, one in MEASURES.items())
    for row in measure(view, list(MEASURES), targets=20):
        assert score_of(row.measure, row.score).unit == row.unit


def test_results_are_named_by_scenario_and_seed(view):
    scenario = view.truth.scenario
    assert {(row.scenario, row.seed) for row in measure(view, targets=20)} == {(scenario.name, scenario.seed)}


def test_targets_are_those_asked_for_or_the_scenarios(view):
    for n, asked in ((view.sight.public.n_vehicles, None), (20, 20)):
        results = measure(view, ["anchors", "unicity"], targets=asked)
        assert results.one(score="home_found", detail="250 m", case="for ever").n == n
        for score in ("singled_out", "noticed"):
            assert {row.n for row in results.where(score=score, case="for ever")} == {n}


def test_an_unknown_measure_is_told_which_was_meant(view):
    with pytest.raises(
        ScenarioError, match=r"^measures: expected known measures, found 'anchor'; did you mean 'anchors'"
    ):
        measure(view, ["exposure", "anchor"])


def test_no_measure_at_all_is_refused(view):
    with pytest.raises(ScenarioError, match=r"found none; known: exposure, anchors, unicity"):
        measure(view, [])


@pytest.mark.parametrize("targets", [0, -5])
def test_fewer_than_one_target_is_refused(view, targets):
    with pytest.raises(ScenarioError, match=f"^targets: expected at least 1 vehicle, found {targets}"):
        measure(view, ["anchors"], targets=targets)


@pytest.mark.parametrize("roads", ["none", "public", "generator"])
def test_every_card_says_what_is_assumed(view, roads):
    asked = view.sight.asked.model_copy(update={"attacker_roads": roads})
    for one in MEASURES.values():
        card = one.card(asked)
        told = card.describe()
        for part in (card.question, card.knows, card.roads, card.targets, card.counts_as_success, card.baseline):
            assert part
            assert part in told


@pytest.mark.parametrize("points", [1, 4, 10])
def test_the_short_table_has_one_row_a_case_and_question(view, points):
    asked = view.sight.asked.model_copy(update={"unicity_points": points})
    asking = replace(view, sight=replace(view.sight, asked=asked))
    short = main_results(measure(asking, targets=20), asked)
    wanted = [(name, score.name) for name in USUAL for score in MEASURES[name].scores if score.role != "full"]
    for case in CASES:
        assert sorted((row.measure, row.score) for row in short.where(case=case)) == sorted(wanted)
    known = {row.detail.split(", ")[-1] for row in short.where(measure="unicity", case="for ever")}
    assert known == {"1 point" if points == 1 else f"{points} points"}


def test_a_case_that_is_not_reached_has_a_row_without_number_for_each_main_score(view):
    short = main_results(measure(view, targets=20), view.sight.asked).where(case="30 days")
    assert {(row.value, row.note) for row in short} == {(None, NOT_REACHED)}
