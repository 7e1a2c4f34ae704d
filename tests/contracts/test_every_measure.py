"""What every measure keeps to: its attack sees no truth, and no number hangs on how rows came in."""

from __future__ import annotations

import ast
import inspect
import math
import sys
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from views import look, small_town
from worlds import rows_of

from simulate.checks import ScenarioError
from simulate.engines.threads import Threads
from simulate.policy import Retention
from simulate.policy.case import Case
from simulate.policy.view import Truth
from simulate.risk.measure import Block, Span
from simulate.risk.measures import MEASURES, measure
from simulate.risk.results import NOT_REACHED
from simulate.risk.scan import pieces, scan
from simulate.scenario import Scenario
from simulate.sightings import drawn
from simulate.sightings.source import OnTheFly
from simulate.travel.hotlists import HotList
from simulate.travel.life import Lives
from simulate.world.build import World

ATTACK = ("start", "update", "merge", "guess")
SECRETS = {
    "truth", "Truth", "lives", "Lives", "world", "World", "deployment", "scenario", "seed", "home_and_work", "trips",
    "passages", "chapter_on", "really_read", "draw_groups", "hot_list", "draw_targets", "living_here",
    "targets_of_cases",
}  # fmt: skip
TARGETS = 40
LADDER = ["1d", "3d", "forever"]

every_measure = pytest.mark.parametrize("name", list(MEASURES))


def rows(view, name, **how):
    return list(measure(view, [name], targets=TARGETS, **how))


@every_measure
def test_an_attack_runs_without_any_truth(town, name):
    one, view = MEASURES[name], look(town, ladder=LADDER, n_shards=2)
    known = one.ask(view, TARGETS)
    assert not list(secrets_in(view.sight)), "sight"
    blind = replace(view, truth=None)
    states = []
    for shard in range(2):
        states.append(one.start(blind.sight, known, Span(*blind.source.span(shard))))
        for piece in pieces(blind.source.blocks(shard)):
            one.update(states[-1], Block(*piece, *blind.sieve.marks(piece)))
    merged = one.merge(states) if one.scope == "crowd" else states[0]
    assert one.guess(blind.sight, known, merged) is not None
    for method in ATTACK:
        assert not set(inspect.signature(getattr(one, method)).parameters) & SECRETS


def secrets_in(thing, depth=0):
    """Give every piece of truth that hangs on a thing."""
    if isinstance(thing, (Truth, World, Lives, Scenario, HotList)):
        yield thing
    if depth > 8:
        return
    parts = []
    if is_dataclass(thing) and not isinstance(thing, type):
        parts = [getattr(thing, field.name) for field in fields(thing)]
    elif isinstance(thing, (tuple, list)):
        parts = list(thing)
    elif isinstance(thing, dict):
        parts = list(thing.values())
    for part in parts:
        yield from secrets_in(part, depth + 1)


@every_measure
def test_nothing_an_attack_calls_names_the_truth(name):
    kind = type(MEASURES[name])
    tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    own = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    functions |= {node.name: node for node in own.body if isinstance(node, ast.FunctionDef)}
    reached, waiting = set(), [method for method in ATTACK if method in functions]
    assert waiting
    while waiting:
        at = waiting.pop()
        if at in functions and at not in reached:
            reached.add(at)
            waiting += words_of(functions[at])
    for at in reached:
        assert not words_of(functions[at]) & SECRETS, at
    assert "tally" not in reached


def words_of(function):
    """Return every name, attribute and argument that a function mentions."""
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
def test_no_number_hangs_on_shards_blocks_or_workers(town, name):
    plain = rows(look(town, ladder=LADDER), name, workers=1)
    assert plain
    n = len(rows_of(town.tables))
    for how in ({"n_shards": 3}, {"n_shards": 7, "cuts": range(0, n, 101)}, {"cuts": [1, 2, n // 2, n - 1]}):
        for workers in (1, 2):
            assert rows(look(town, ladder=LADDER, **how), name, workers=workers) == plain, how


@every_measure
def test_tallies_and_states_may_be_added_in_any_order(monkeypatch, town, name):
    one, view = MEASURES[name], look(town, ladder=LADDER, n_shards=4)
    known = {name: one.ask(view, TARGETS)}
    plain = one.results(view.sight, scan(view, [one], known, engine=Threads(1))[name])

    class Backwards:
        n_shards = 4

        def comes_from(self, _lives, _deployment):
            return True

        def blocks(self, shard, groups):
            return view.source.blocks(3 - shard, groups)

        def span(self, shard):
            return view.source.span(3 - shard)

    backwards = Backwards()
    monkeypatch.setattr(drawn, "_MADE", {backwards, view.source})
    turned = replace(view, source=backwards)
    assert one.results(view.sight, scan(turned, [one], known, engine=Threads(1))[name]) == plain


@every_measure
def test_drawing_instead_of_reading_a_store_gives_the_same(town, name):
    view = look(town, ladder=LADDER)
    groups = town.tables.plates.groups
    flying = OnTheFly(tables=replace(town.tables, cuts=np.array([0, groups // 3, groups])))
    assert rows(replace(view, source=flying), name) == rows(view, name)


@every_measure
def test_measuring_twice_gives_the_same(town, name):
    assert rows(look(town, ladder=LADDER), name) == rows(look(town, ladder=LADDER), name)


@every_measure
def test_a_case_that_deletes_nothing_changes_no_score(town, name):
    for_ever, ten_days = (rows(look(town, ladder=[rule]), name) for rule in ("forever", "10d"))
    assert [replace(row, case="") for row in ten_days] == [replace(row, case="") for row in for_ever]


@every_measure
def test_a_case_scores_alone_as_beside_others(town, name):
    day = Retention.of("3d")
    cases = [
        Case(name="early", on=look(town).cases[0].on(look(town).sight.public.start).replace(day=9), policies=(day,)),
        Case(name="late", policies=(day,)),
        Case(name="all", observer="smallville-pd"),
    ]
    together = rows(look(town, cases=cases), name)
    for case in cases:
        alone = [row for row in rows(look(town, cases=[case]), name) if row.case]
        beside = [row for row in together if row.case == case.name]
        assert beside
        # some scores are told only of the case with the longest memory
        assert [row for row in alone if row.key in {other.key for other in beside}] == beside


@every_measure
def test_a_case_that_is_not_reached_has_no_number(town, name):
    view = look(town, ladder=["10d", "11d", "30d"])
    found = measure(view, [name], targets=TARGETS)
    wanted = [score.name for score in MEASURES[name].scores if score.role != "full"]
    assert wanted
    for case in ("11 days", "30 days"):
        told = found.where(case=case)
        assert [row.score for row in told] == wanted
        assert all((row.value, row.low, row.high, row.note) == (None, None, None, NOT_REACHED) for row in told)
    assert all(row.note != NOT_REACHED for row in found.where(case="10 days"))


@every_measure
def test_readers_out_of_sight_and_reads_after_the_date_tell_nothing(town, name):
    table, date = rows_of(town.tables), "2025-03-08"
    view = look(town, on=date, observer="smallville-pd")
    case = view.cases[0]
    its = case.visible[table[:, 2]] & (table[:, 1] < case.now_s)
    assert 0 < its.sum() < len(table)
    assert rows(view, name) == rows(look(town, table[its], on=date, observer="smallville-pd"), name)


@every_measure
@pytest.mark.parametrize("filled", [True, False], ids=["rows", "no rows"])
def test_every_number_is_finite_in_its_interval_and_declared(town, name, filled):
    scores = {score.name: score for score in MEASURES[name].scores}
    blind = {"readers.capture_day": 0.0, "readers.capture_night": 0.0}
    found = rows(look(town if filled else small_town(**blind), ladder=["6h", "1d", "10d"]), name)
    assert found
    for row in found:
        numbers = [x for x in (row.value, row.low, row.high, row.baseline, row.trivial, row.oracle) if x is not None]
        assert all(type(x) is float and math.isfinite(x) for x in numbers), row
        assert row.unit == scores[row.score].unit
        if row.value is None:
            assert row.note, row
            continue
        if row.low is not None:
            assert row.low <= row.value <= row.high, row
        if row.unit == "share":
            assert all(0 <= x <= 1 for x in numbers), row
        if not filled and scores[row.score].role == "headline" and scores[row.score].worse == "more":
            assert row.value <= (row.baseline or 0.0) + 1e-12, row


@every_measure
def test_scores_are_declared_once_and_say_something(name):
    scores = MEASURES[name].scores
    assert len({score.name for score in scores}) == len(scores)
    for score in scores:
        assert score.name == score.name.lower()
        assert score.title
        assert score.of
        assert "{" not in score.say("x, y, 4 points")


def test_an_unknown_measure_is_refused(town):
    with pytest.raises(ScenarioError, match="known measures"):
        measure(look(town), ["exposures"])
