"""The one way to take measures: by name, refused clearly, the same each time."""

from __future__ import annotations

import pytest
from views import look

from simulate.checks import ScenarioError
from simulate.risk.measures import CARDS, USUAL, main_scores, measure
from simulate.risk.rates import Rate, Rates


@pytest.fixture(scope="module")
def view(town):
    return look(town, ladder=["1d", "30d", "forever"])


def test_measures_come_in_the_order_asked_and_each_once(view):
    rates = measure(view, ["unicity", "exposure", "unicity"], targets=20)
    assert list(dict.fromkeys(row.measure for row in rates)) == ["unicity", "exposure"]
    assert measure(view, ["exposure", "unicity"], targets=20).where(measure="unicity") == rates.where(measure="unicity")


def test_each_measure_is_told_before_it_is_taken(view):
    told = []
    measure(view, ["unicity", "exposure", "unicity"], targets=20, steps=lambda *step: told.append(step))
    assert told == [(0, 2, "unicity"), (1, 2, "exposure")]


def test_measures_of_what_is_stored_are_taken_unless_others_are_named(view):
    assert {row.measure for row in measure(view, targets=20)} == set(USUAL) == set(CARDS) - {"hotlist"}


def test_targets_are_those_asked_for_or_the_scenarios(view):
    assert measure(view, ["unicity"], targets=20).rows[-1].n <= 20
    for n, asked in ((view.public.n_vehicles, None), (20, 20)):
        rates = measure(view, ["anchors", "unicity"], targets=asked)
        assert rates.one(score="home found within 250 m", retention="for ever").n == n
        assert {row.n for row in rates.where(score="unique and right", retention="for ever")} == {n}


def test_an_unknown_measure_is_told_which_was_meant(view):
    with pytest.raises(
        ScenarioError, match=r"^--measures: expected known measures, found 'anchor'; did you mean 'anchors'"
    ):
        measure(view, ["exposure", "anchor"])


def test_no_measure_at_all_is_refused(view):
    with pytest.raises(ScenarioError, match=r"found none; known: exposure, anchors, unicity"):
        measure(view, [])


@pytest.mark.parametrize("targets", [0, -5])
def test_fewer_than_one_target_is_refused(view, targets):
    with pytest.raises(ScenarioError, match=f"^--targets: expected at least 1 plate, found {targets}"):
        measure(view, ["anchors"], targets=targets)


def test_a_blind_view_cannot_be_scored(view):
    with pytest.raises(ScenarioError, match=r"^view: expected a view with the truth attached, found a blind one"):
        measure(view.blind())


def test_every_card_says_what_is_assumed():
    for card in CARDS.values():
        told = card.describe()
        for part in (card.question, card.knows, card.roads, card.targets, card.counts_as_success, card.baseline):
            assert part
            assert part in told


def test_the_short_table_has_one_row_a_rule_and_question():
    common = {"retention": "1 day", "value": 0.5}
    rates = Rates((
        Rate(measure="exposure", score="never seen", **common),
        Rate(measure="exposure", score="days seen, 10th percentile", **common),
        Rate(measure="anchors", score="work found within 250 m", **common),
        Rate(measure="anchors", score="home: some sighting tells", **common),
        *(
            Rate(measure="unicity", score="unique and right", setting=f"{p} points from records; hour", **common)
            for p in (4, 10)
        ),
        Rate(measure="unicity", score="unique and right", setting="1 point from records; hour", **common),
    ))  # fmt: skip
    for points in (1, 4, 10):
        short = main_scores(rates, points)
        assert [row.score for row in short] == ["never seen", "work found within 250 m", "unique and right"]
        assert short.rows[2].setting.split(" ")[0] == str(points)


def test_the_short_table_of_a_real_view_names_every_rule(view):
    short = main_scores(measure(view, targets=20), view.asked.unicity_points)
    for name in USUAL:
        assert {row.retention for row in short.where(measure=name)} == {"1 day", "30 days", "for ever"}
