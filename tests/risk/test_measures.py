"""The one way to take measures: by name, refused clearly, the same each time."""

from __future__ import annotations

import pytest
from views import look

from simulate.checks import ScenarioError
from simulate.risk.measures import MEASURES, USUAL, main_results, measure
from simulate.risk.results import Result, Results


@pytest.fixture(scope="module")
def view(town):
    return look(town, ladder=["1d", "30d", "forever"])


def test_measures_come_in_the_order_asked_and_each_once(view):
    results = measure(view, ["unicity", "exposure", "unicity"], targets=20)
    assert results.names("measure") == ["unicity", "exposure"]
    other = measure(view, ["exposure", "unicity"], targets=20)
    assert other.where(measure="unicity") == results.where(measure="unicity")


def test_how_far_it_is_counts_shards_and_rows(town):
    view, told = look(town, ladder=["1d"], n_shards=3), []
    measure(view, ["exposure"], targets=20, workers=1, progress=lambda *step: told.append(step))
    assert [step[:2] for step in told] == [(1, 3), (2, 3), (3, 3)]
    assert [step[2] for step in told] == sorted(step[2] for step in told)
    assert told[-1][2] == len(view.source.table)


def test_the_usual_measures_are_taken_unless_others_are_named(view):
    results = measure(view, targets=20)
    assert tuple(results.names("measure")) == USUAL == tuple(MEASURES)[:3]
    assert set(results.names("case")) == {"1 day", "30 days", "for ever", ""}
    assert results.names("scenario") == [view.truth.scenario.name]


def test_targets_are_those_asked_for_or_the_scenarios(view):
    assert measure(view, ["unicity"], targets=20).find(case="for ever", score="noticed").n == 20
    everyone = view.sight.public.n_vehicles
    for n, asked in ((everyone, None), (20, 20)):
        results = measure(view, ["anchors", "unicity"], targets=asked)
        assert results.one(score="home_found", detail="250 m", case="for ever").n == n
        assert {row.n for row in results.where(score="singled_out", case="for ever")} == {n}


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


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_what_is_no_number_of_workers_is_refused(view, workers):
    with pytest.raises(ScenarioError, match=f"^workers: expected a whole number, at least 1, found {workers}"):
        measure(view, ["exposure"], workers=workers)


@pytest.mark.parametrize("name", MEASURES)
def test_every_card_says_what_is_assumed(view, name):
    card = MEASURES[name].card(view.sight.asked)
    told = card.describe()
    for part in (card.question, card.knows, card.roads, card.targets, card.counts_as_success, card.baseline):
        assert part
        assert part in told


@pytest.mark.parametrize("name", MEASURES)
def test_every_result_has_a_score_that_says_what_it_is(view, name):
    scores = {score.name: score for score in MEASURES[name].scores}
    for row in measure(view, [name], targets=20):
        score = scores[row.score]
        assert score.unit == row.unit
        said = score.say(row.detail)
        assert said
        assert "{" not in said + score.title + score.of
        assert not score.ranks or row.detail in score.ranks or row.note
    for score in MEASURES[name].scores:
        assert len({one.name for one in MEASURES[name].scores}) == len(MEASURES[name].scores)
        assert not score.turned or score.unit == "share"
        assert len(score.ranks) in {0, 4}


def test_a_sentence_tells_how_many_points_and_how_well_each_is_known():
    scores = {score.name: score for score in MEASURES["unicity"].scores}
    assert (
        scores["singled_out"]
        .say("records, half-day and 1 km, 7 points")
        .endswith("by 7 of their own sightings, each known to the half-day and 1 km")
    )
    assert scores["noticed"].say("1 point").startswith("vehicles are singled out by 1 of the places")


def test_the_short_table_has_one_row_a_case_and_question(view):
    common = {"case": "1 day", "value": 0.5}
    results = Results((
        Result(measure="exposure", score="never_seen", **common),
        Result(measure="exposure", score="days", detail="10 %", **common),
        Result(measure="anchors", score="work_found", detail="250 m", **common),
        Result(measure="anchors", score="work_found", detail="1000 m", **common),
        Result(measure="anchors", score="home_told", **common),
        *(
            Result(measure="unicity", score="singled_out", detail=f"records, hour and reader, {p}", **common)
            for p in ("4 points", "10 points", "1 point")
        ),
    ))  # fmt: skip
    for points in (1, 4, 10):
        short = main_results(results, view.sight.asked.model_copy(update={"unicity_points": points}))
        assert [row.score for row in short] == ["never_seen", "work_found", "singled_out"]
        assert short.rows[1].detail == "250 m"
        assert short.rows[2].detail.split(", ")[2].split(" ")[0] == str(points)


def test_the_short_table_of_a_real_view_names_every_case(view):
    short = main_results(measure(view, targets=20), view.sight.asked)
    for name in USUAL:
        assert {row.case for row in short.where(measure=name)} == {"1 day", "30 days", "for ever"}
