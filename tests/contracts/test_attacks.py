"""What every attack keeps to: it never sees the truth, repeats itself, and makes up no numbers."""

from __future__ import annotations

import ast
import inspect
import math
from dataclasses import replace

import numpy as np
import pytest
from views import look
from worlds import rows_of

from simulate.policy.view import View
from simulate.risk import anchors, exposure, hotlist, unicity
from simulate.risk.measures import CARDS, USUAL, measure
from simulate.risk.rates import NOT_REACHED

ROOMS = {"exposure": exposure, "anchors": anchors, "unicity": unicity, "hotlist": hotlist}
SCORING = {"measure", "score", "truth_questions", "_from_truth", "_set_sizes"}
"""Functions that may look at the truth: to score, or to draw points that somebody noticed."""
SECRETS = {"truth", "Truth", "lives", "world", "home_and_work", "trips", "passages", "chapter_on", "seed"}
TARGETS = 40

every_measure = pytest.mark.parametrize("name", list(CARDS))
every_rung = pytest.mark.parametrize("name", USUAL)
"""Measures of what is stored; alerts come before storage, so a hot list knows no rules."""


def test_the_contract_covers_every_measure():
    assert set(ROOMS) == set(CARDS)


@every_measure
def test_a_measure_receives_a_blind_view(monkeypatch, town, name):
    view, received = look(town, ladder=["1d", "forever"]), []
    plain_measure, plain_attack = ROOMS[name].measure, ROOMS[name].attack

    def measure_and_tell(given, truth, *rest):
        received.append(given)
        assert truth is view.truth
        return plain_measure(given, truth, *rest)

    def attack_and_tell(*given):
        received.append(given[0])
        assert not any(thing is view.truth for thing in given)
        return plain_attack(*given)

    monkeypatch.setattr(ROOMS[name], "measure", measure_and_tell)
    monkeypatch.setattr(ROOMS[name], "attack", attack_and_tell)
    measure(view, [name], targets=TARGETS)
    assert len(received) == 2
    assert all(isinstance(given, View) and given.truth is None for given in received)
    assert view.truth is not None


@every_measure
def test_nothing_an_attack_calls_names_the_truth(name):
    functions = {
        node.name: node
        for node in ast.parse(inspect.getsource(ROOMS[name])).body
        if isinstance(node, ast.FunctionDef)
    }  # fmt: skip
    reached, waiting = set(), ["attack"]
    while waiting:
        at = waiting.pop()
        if at in functions and at not in reached:
            reached.add(at)
            waiting += _words(functions[at])
    assert not reached & SCORING
    for at in reached:
        assert not _words(functions[at]) & SECRETS, at
    looking = {at for at, node in functions.items() if _words(node) & {"truth", "Truth", "lives"}}
    assert looking <= SCORING
    assert "measure" in looking


def _words(function: ast.FunctionDef) -> set[str]:
    """Every name, attribute and argument that a function mentions."""
    words = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.arg):
            words.add(node.arg)
    return words


@every_measure
def test_measuring_twice_gives_the_same_rates(town, name):
    first, second = (measure(look(town, ladder=["1d", "forever"]), [name], targets=TARGETS) for _ in range(2))
    assert first == second
    assert len(first)


@every_measure
def test_a_rule_that_deletes_nothing_changes_no_score(town, name):
    table = rows_of(town.tables)
    view = look(town)
    assert table[:, 1].min() >= view.now_s - 10 * 86_400
    for_ever = measure(view, [name], targets=TARGETS)
    ten_days = measure(look(town, ladder=["10d"]), [name], targets=TARGETS)
    assert [replace(row, retention="") for row in ten_days] == [replace(row, retention="") for row in for_ever]


@every_rung
def test_a_rule_scores_the_same_alone_as_on_a_ladder(town, name):
    alone = measure(look(town, ladder=["3d"]), [name], targets=TARGETS).where(retention="3 days")
    ladder = measure(look(town, ladder=["1d", "3d", "forever"]), [name], targets=TARGETS).where(retention="3 days")
    assert set(ladder) <= set(alone)
    assert len(ladder) >= 4


@every_rung
def test_a_rule_longer_than_the_store_is_old_is_not_reached_and_has_no_number(town, name):
    rates = measure(look(town, ladder=["10d", "11d", "30d"]), [name], targets=TARGETS)
    for rule in ("11 days", "30 days"):
        rows = rates.where(retention=rule)
        assert len(rows)
        for row in rows:
            assert (row.value, row.low, row.high, row.baseline, row.note) == (None, None, None, None, NOT_REACHED)
    assert all(row.note != NOT_REACHED for row in rates.where(retention="10 days"))
    assert "not reached" in str(rates)


@every_rung
def test_where_no_rule_is_reached_nothing_is_told(town, name):
    rates = measure(look(town, ladder=["30d"]), [name], targets=TARGETS)
    told = [row for row in rates if row.retention != "any"]
    assert told
    assert all(row.value is None and row.note == NOT_REACHED for row in told)


@every_measure
def test_an_observer_learns_nothing_from_readers_out_of_its_sight(town, name):
    table = rows_of(town.tables)
    view = look(town)
    seen = view.visible.copy()
    seen[::2] = False
    half = replace(view, visible=seen)
    only = replace(look(town, table[seen[table[:, 2]]]), visible=seen)
    assert measure(half, [name], targets=TARGETS) == measure(only, [name], targets=TARGETS)


@every_measure
def test_sightings_after_the_query_date_tell_nothing(town, name):
    table = rows_of(town.tables)
    view = look(town, on="2025-03-08")
    before = look(town, table[table[:, 1] < view.now_s], on="2025-03-08")
    assert (table[:, 1] >= view.now_s).any()
    assert measure(view, [name], targets=TARGETS) == measure(before, [name], targets=TARGETS)


@every_measure
@pytest.mark.parametrize("rows", ["all", "none"])
def test_every_number_is_one_and_lies_in_its_interval(town, name, rows):
    table = None if rows == "all" else np.empty((0, 3), np.int64)
    for row in measure(look(town, table, ladder=["6h", "1d", "10d"]), [name], targets=TARGETS):
        numbers = [x for x in (row.value, row.low, row.high, row.baseline) if x is not None]
        assert all(type(x) is float and math.isfinite(x) for x in numbers)
        if row.value is None:
            assert row.note
            continue
        assert row.n >= 1
        if row.low is not None:
            assert row.low <= row.value <= row.high
        if row.unit == "share":
            assert all(0 <= x <= 1 for x in numbers)
        else:
            assert row.value >= 0
