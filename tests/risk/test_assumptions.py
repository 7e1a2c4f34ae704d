"""Assumptions: least and most over all ends, the widest first, kept beside a run and used only where they hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.sight import CaseSight, Public, Sight
from simulate.policy.view import View
from simulate.risk.assumptions import (
    BASE,
    FILE,
    Asked,
    Assumed,
    Assumptions,
    assumptions_for,
    bounds_of,
    end_of,
    moves_of,
    read_assumptions,
    write_assumptions,
)
from simulate.risk.results import Result, Results
from simulate.sightings.drawn import Drawn
from simulate.store.local import LocalFolder

KEY = ("anchors", "home_found", "250 m")
RULES = ("Sightings are deleted after 7 days.", "A rule.")


def result(value, score="home_found", case="7 days", scenario=BASE, **more):
    return Result(scenario=scenario, case=case, measure="anchors", score=score, detail="250 m", value=value, **more)


def swept(base, ends):
    rows = [result(base), result(0.99, score="work_found")]
    for name, values in ends.items():
        rows += [result(value, scenario=end_of(name, end)) for end, value in zip(("low", "high"), values, strict=True)]
    return Results(tuple(rows))


def test_the_range_is_least_and_most_of_base_and_ends_the_widest_first():
    ends = {"narrow": (0.19, 0.21), "wide": (0.1, 0.25), "one-sided": (0.2, 0.3), "none": (0.2, 0.2)}
    results = swept(0.2, ends)
    found = bounds_of(results)[0]
    assert (found.key, found.base, found.least, found.most) == (KEY, 0.2, 0.1, 0.3)
    assert [move.name for move in moves_of(results, KEY)] == ["wide", "one-sided", "narrow", "none"]
    assert moves_of(results, KEY)[0] == ("wide", 0.1, 0.25)


def test_ends_on_one_side_are_as_wide_as_the_farther_is_from_the_base():
    results = swept(0.2, {"a": (0.28, 0.3), "b": (0.16, 0.24)})
    assert [move.name for move in moves_of(results, KEY)] == ["a", "b"]
    assert (bounds_of(results)[0].least, bounds_of(results)[0].most) == (0.16, 0.3)


def test_without_a_number_there_is_no_range_and_an_end_without_one_moves_nothing():
    assert [one.score for one in bounds_of(swept(None, {"a": (0.1, 0.2)}))] == ["work_found"]
    results = swept(0.2, {"a": (None, 0.2)})
    found = bounds_of(results)[0]
    assert (found.least, found.most, moves_of(results, KEY)) == (0.2, 0.2, (("a", None, 0.2),))


def test_a_name_with_a_comma_keeps_it():
    assert moves_of(swept(0.2, {"a, b": (0.1, 0.3)}), KEY) == (("a, b", 0.1, 0.3),)


@pytest.fixture
def found():
    assumed = Assumed(name="a", key="travel.zipf", base="1.2", low="0.9", high="1.6", why="a test")
    asked = Asked(run_hash="5-abc", case="7 days", observer="pd", on="2025-03-11", rules=tuple(sorted(RULES)))
    return Assumptions(asked=asked, assumed=(assumed,), bounds=bounds_of(swept(0.2, {"a": (0.1, 0.25)})))


class Store:
    """A store of which only its place and hash are known."""

    def __init__(self, path, run_hash):
        self.files, self.run_hash = LocalFolder(path), run_hash

    def manifest(self):
        return {"run_hash": self.run_hash}


def case(name="7 days", *, observer="pd", days=8, rules=RULES):
    return CaseSight(
        name=name, observer=observer, purpose="a test", habit="", visible=np.ones(1, np.bool_),
        now_s=days * DAY_S + DAY_START_S, oldest_s=0, reached=True, rules=rules,
    )  # fmt: skip


def view_of(path, *cases, run_hash="5-abc"):
    nothing = dict.fromkeys(("roads", "graph", "hub_node", "zones", "sites", "owners"))
    public = Public(**nothing, n_plates=0, n_vehicles=0, start=date(2025, 3, 3))
    source = Drawn(store=Store(path, run_hash), records=(), tables=None, n_sites=0)
    return View(sight=Sight(public=public, cases=cases, asked=None), sieve=None, source=source, truth=None)


def test_what_is_written_is_read_again(found, tmp_path):
    write_assumptions(LocalFolder(tmp_path), found)
    assert read_assumptions(LocalFolder(tmp_path)) == found
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    assert assumptions_for(view_of(tmp_path, case("1 day", rules=()), case())) == found


def test_a_case_is_known_by_its_rules_whatever_their_order_and_its_name(found, tmp_path):
    write_assumptions(LocalFolder(tmp_path), found)
    here = assumptions_for(view_of(tmp_path, case("as is", rules=RULES[::-1])))
    assert here.bounds == found.bounds
    assert here.of(result(0.2, case="as is")) == found.bounds[0]
    assert here.of(result(0.2)) is None


@pytest.mark.parametrize(
    "other",
    [{"run_hash": "5-abd"}, {"observer": "shops"}, {"days": 7}, {"rules": RULES[:1]}, {"rules": (*RULES, "More.")}],
    ids=str,
)
def test_ranges_of_anything_else_are_left_aside(found, tmp_path, other):
    write_assumptions(LocalFolder(tmp_path), found)
    of_run = {key: other.pop(key) for key in list(other) if key == "run_hash"}
    assert assumptions_for(view_of(tmp_path, case(**other), **of_run)) is None


def test_a_run_without_any_and_rows_of_no_store_have_none(found, tmp_path):
    assert assumptions_for(view_of(tmp_path, case())) is None
    write_assumptions(LocalFolder(tmp_path), found)
    assert assumptions_for(replace(view_of(tmp_path, case()), source=None)) is None


def test_a_range_belongs_to_the_number_it_began_at(found):
    assert found.of(result(0.2)) is found.bounds[0]
    for other in (result(0.21), result(0.2, score="work_found"), result(0.2, case="1 day"), result(None)):
        assert found.of(other) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "{",
        lambda _: "[]",
        lambda told: json.dumps({**told, "format": "ranges v1"}),
        lambda told: json.dumps({**told, "bounds": [{"score": "x"}]}),
        lambda told: json.dumps({**told, "asked": {"observer": "pd"}}),
        lambda told: json.dumps({key: told[key] for key in told if key != "assumed"}),
        lambda told: json.dumps({**told, "more": 1}),
    ],
)
def test_a_spoilt_file_is_refused_with_what_to_do(found, tmp_path, spoil):
    (tmp_path / FILE).write_text(spoil(found.to_dict()), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"assumptions\.json: expected assumptions .*; delete it"):
        assumptions_for(view_of(tmp_path, case()))


def test_only_what_has_no_reason_against_it_was_tried(found):
    skipped = replace(found.assumed[0], name="b", skipped="this scenario has no readers.mobile")
    assert [one.name for one in replace(found, assumed=(*found.assumed, skipped)).tried] == ["a"]
