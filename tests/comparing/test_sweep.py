"""Sweeping: each assumption at both ends, all else the same; ranges beside the run; what does not apply is said."""

from __future__ import annotations

import json
import re

import pytest
from tiny import registered
from worlds import town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.policy import Retention
from simulate.policy.case import Case
from simulate.risk.assumptions import FILE, assumptions_for, moves_of
from simulate.scenario import changed, from_resolved, matching

QUICK = {"roads__population": 300, "roads__density_per_km2": 150, "period__days": 8}
ASKED = {"retention": "7d", "measures": ["tiny"]}
MEAN = ("tiny", "mean_sightings", "")


@pytest.fixture(scope="module", autouse=True)
def _tiny():
    with registered():
        yield


NIGHT = {"key": "readers.night", "low": ["23:00", "04:00"], "high": ["17:00", "08:00"], "why": "seasons"}
ASSUMED = {
    "capture": {"key": "readers.capture_day", "low": 0.2, "high": 0.95, "why": "weather"},
    "roads": {"key": "measure.attacker_roads", "low": "none", "high": "generator", "why": "unknown"},
    "night": NIGHT,
    "shops": {"key": "readers.place.shops", "low": {"count": 1}, "high": {"count": 5}, "why": "a table"},
    "every": {"key": "readers.place.*.spacing_m", "low": 0, "high": 300, "why": "all that have it"},
    "sea": {"key": "roads.outside_zones", "low": [1], "high": [2], "why": "another kind of roads"},
}


def town(assumed=None, seed=0):
    """Return a small town with these assumptions and no others."""
    tables = town_scenario(**QUICK).resolved()
    return from_resolved({**tables, "assumptions": ASSUMED if assumed is None else assumed}, "town", seed)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture(scope="module")
def made(folders):
    return sim.sweep(town(), run=folders / "base", work=folders / "ends", **ASKED)


def test_each_end_is_measured_as_a_scenario_of_its_own(made, folders):
    low = sim.run(changed(town(), {("readers", "capture_day"): 0.2}, "low"), folders / "alone")
    alone = sim.measure(sim.view(low, ladder=["7d"]), ["tiny"])
    assert made.results.where(scenario="capture, low") == alone.named("capture, low", 0)
    assert len(made.assumptions.bounds) == 4  # every score that is more than "full"
    for bounds in made.assumptions.bounds:
        move = next(move for move in moves_of(made.results, bounds.key) if move.name == "capture")
        assert move.low == alone.one(measure="tiny", score=bounds.score).value


def mean_of(made):
    """Return the bounds of the mean and where each assumption takes it."""
    bounds = next(one for one in made.assumptions.bounds if one.key == MEAN)
    return bounds, {move.name: move for move in moves_of(made.results, MEAN)}


def test_fewer_reads_mean_fewer_sightings_and_the_range_holds_all_ends(made):
    bounds, moves = mean_of(made)
    assert moves["capture"].low < bounds.base
    assert moves["capture"].high == bounds.base  # the high end is the scenario's own value
    ends = [end for move in moves.values() for end in (move.low, move.high)]
    assert (bounds.least, bounds.most) == (min([bounds.base, *ends]), max([bounds.base, *ends]))


def test_what_an_attacker_knows_moves_no_sighting(made):
    bounds, moves = mean_of(made)
    assert moves["roads"].low == moves["roads"].high == bounds.base


def test_an_end_that_changes_how_a_run_is_measured_is_measured_anew(folders):
    few = {"few": {"key": "measure.unicity_points", "low": 1, "high": 9, "why": "a test"}}
    made = sim.sweep(town(few), run=folders / "few", work=folders / "none", **ASKED)
    low, high = (made.results.where(scenario=f"few, {end}", score="seen_often").one() for end in ("low", "high"))
    assert (low.detail, high.detail) == ("1 times", "9 times")
    assert low.value > high.value
    assert not (folders / "none").exists()


@pytest.mark.usefixtures("made")
def test_an_end_that_changes_no_row_is_not_drawn_again(folders):
    # One of capture, whose high end is the base, and one of every; two of night and shops; of roads none.
    assert len(list((folders / "ends").iterdir())) == 6


def test_who_shares_with_whom_draws_no_run(folders):
    sharing = {"source": "generated", "agencies": 100, "mean_partners": 9, "median_partners": 5, "within_state": 0.1,
               "federal_agencies": 0, "federal_access": 0}  # fmt: skip
    partners = {"key": "sharing.mean_partners", "low": 6, "high": 20, "why": "nobody publishes it"}
    asked = changed(town({"partners": partners}), {("sharing",): sharing}, "test")
    found = sim.sweep(asked, run=folders / "alone-shared", work=folders / "none", measures=["tiny"]).assumptions
    assert len(found.bounds) == 4
    assert all(one.least == one.most == one.base for one in found.bounds)
    assert not (folders / "none").exists()


def test_tables_and_lists_may_be_ends(made):
    tried = {one.name: one for one in made.assumptions.assumed}
    assert tried["night"].low == '["23:00", "04:00"]'
    assert tried["shops"].high == '{"count": 5}'
    assert mean_of(made)[1]["shops"].low is not None


def test_what_does_not_apply_is_skipped_and_said(made):
    skipped = {one.name: one.skipped for one in made.assumptions.assumed if one.skipped}
    assert skipped == {"sea": "this scenario has no roads.outside_zones"}
    assert "sea" not in {row.scenario.split(",")[0] for row in made.results}


def test_a_star_stands_for_every_name_that_has_the_key():
    tables = {"place": {"a": {"n": 1}, "b": {"m": 2}, "c": {"n": 3}}}
    assert list(matching(tables, ("place", "*", "n"))) == [(("place", "a", "n"), 1), (("place", "c", "n"), 3)]
    assert list(matching(tables, ("place", "a", "n", "more"))) == []
    assert list(matching(tables, ("other",))) == []


def test_the_ranges_stand_beside_the_run_and_hold_for_the_same_look_only(made, folders):
    written = json.loads((folders / "base" / FILE).read_text(encoding="utf-8"))
    assert written["asked"]["run_hash"] == json.loads((folders / "base" / "manifest.json").read_text())["run_hash"]
    run = sim.open_run(folders / "base")  # a run with ranges beside it opens as before
    view = sim.view(run, ladder=["1d", "7d"])
    found = assumptions_for(view)
    assert found == made.assumptions
    results = sim.measure(view, ["tiny"])
    for score in ("seen", "mean_sightings"):
        assert found.of(results.one(case="7 days", score=score)).score == score
        assert found.of(results.one(case="1 day", score=score)) is None
    for other in ({"ladder": ["7d"], "observer": "town-and-shops"}, {"ladder": ["1d"]},
                  {"ladder": ["7d"], "on": "2025-03-10"}):  # fmt: skip
        assert assumptions_for(sim.view(run, **other)) is None


def test_the_longest_rule_that_is_reached_is_taken_unless_one_is_named(folders):
    only = {"roads": ASSUMED["roads"]}
    made = sim.sweep(town(only), run=folders / "only", measures=["tiny"], work=None)
    assert made.assumptions.asked.case == "for ever"
    assert not (folders / "none").exists()
    bounds = made.assumptions.bounds[0]
    assert bounds.least == bounds.most == bounds.base


def test_a_case_is_swept_by_its_name(folders):
    police = Case(name="police", observer="smallville-pd", policies=(Retention(days=7),))
    made = sim.sweep(town(), only=["roads"], case=police, run=folders / "base", measures=["tiny"])
    assert made.assumptions.asked.case == "police"
    assert made.results.names("case") == ["police"]
    assert made.swept.under == "Case “police”: Sightings are deleted after 7 days"


def test_every_step_says_which_end(folders):
    told = []
    only = {"capture": ASSUMED["capture"]}
    sim.sweep(town(only), run=folders / "told", work=folders / "ends", measures=["tiny"],
              steps=lambda *step: told.append(step))  # fmt: skip
    assert (1, 3, "drawing town, capture low") in told
    assert told[-1] == (3, 3, "done")


def test_some_assumptions_may_be_tried_alone_and_leave_no_range_for_a_report(made, folders, tmp_path):
    some = sim.sweep(town(), only=["capture"], run=folders / "some", work=folders / "ends", **ASKED)
    assert {row.scenario for row in some.results} == {"base", "capture, low", "capture, high"}
    assert some.results.where(scenario="capture, low") == made.results.where(scenario="capture, low")
    assert [one.name for one in some.assumptions.tried] == ["capture"]
    assert {one.skipped for one in some.assumptions.assumed} == {"", "not among those asked for"}
    assert not (folders / "some" / FILE).exists()
    page = some.page(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "when the assumption “capture” goes to its low or its high end" in page
    assert page.count("Not tried: not among those asked for.") == len(ASSUMED) - 1


BAD = {
    "no such one": (town, {"only": ["captur"]}, "only: expected an assumption of town, found 'captur'; did"),
    "only none": (town, {"only": []}, "only: expected names of assumptions, found none; name at least one"),
    "only what does not apply": (town, {"only": ["sea"]}, "only such as do not apply: roads.outside_zones; write"),
    "no assumption": (lambda: town({}), {}, "town: assumptions: expected at least one to try, found none"),
    "none applies": (lambda: town({"sea": ASSUMED["sea"]}), {}, "only such as do not apply: roads.outside_zones"),
    "an end out of bounds": (
        lambda: town({"capture": {**ASSUMED["capture"], "high": 2}}), {}, "assumptions.capture.high: readers.capture",
    ),
    "an end of another kind": (
        lambda: town({"capture": {**ASSUMED["capture"], "low": "bad"}}), {}, "assumptions.capture.low",
    ),
    "not reached": (town, {"retention": "90d"}, "retention: expected a rule that the run is old enough for"),
    "measures": (town, {"measures": ["anchor"]}, "expected known measures, found 'anchor'"),
    "observer": (town, {"observer": "nobody"}, "town: observer: expected an observer or owner"),
    "targets": (town, {"targets": 0}, "targets: expected at least 1"),
    "an unknown case": (town, {"case": "strict"}, "found 'strict'"),
    "a case and a rule": (town, {"case": Case(name="x"), "observer": "pd"}, "cases: expected cases alone"),
    "a query date": (town, {"on": "2031-01-01"}, "on: expected a date from"),
    "overrides": (town, {"overrides": ["period.days=3"]}, "overrides: expected scenarios by name or file, found 't"),
    "metros": (town, {"metros": ["Buffalo"]}, "metros: expected scenarios by name or file, found 't"),
    "metros of a town": (lambda: "smallville", {"metros": "Buffalo"}, "metros: expected a scenario whose roads"),
    "workers": (town, {"workers": 0}, "workers: expected a whole number"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=BAD)
def test_bad_input_is_refused_before_anything_is_drawn(case, tmp_path):
    scenario, asked, said = BAD[case]
    with pytest.raises(ScenarioError, match=re.escape(said)):
        sim.sweep(scenario(), run=tmp_path / "base", work=tmp_path / "ends", **{"measures": ["tiny"], **asked})
    assert list(tmp_path.iterdir()) == []
