"""Views: who sees what, when; a view adds nothing and loses nothing unaccounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import MONDAY, by_hand, in_memory

from simulate.checks import ScenarioError
from simulate.policy import Retention
from simulate.policy.view import alone, case_of, view_of
from simulate.scenario.schema.owners import Owner
from simulate.sightings.store import Rows
from simulate.world.owners import build_owners

DAY, START = 86_400, 14_400
PLATES, READERS, DAYS = 5, 4, 3
NOW = DAYS * DAY + START
TIMES = st.integers(0, NOW + 3600) | st.sampled_from([NOW - 1, NOW, NOW - DAY, NOW - DAY - 1, NOW - 3600, 0, START])
SIGHTINGS = st.lists(st.tuples(st.integers(0, PLATES - 1), TIMES, st.integers(0, READERS - 1)), max_size=40)
VISIBLE = st.lists(st.booleans(), min_size=READERS, max_size=READERS)
LADDERS = st.lists(st.sampled_from(["1h", "1d", "3d", "4d", "forever"]), min_size=1, unique=True)


@pytest.fixture(scope="module")
def run(town):
    return in_memory(town)


def on_file(view, c=-1):
    """List plate, time and site of the rows that the observer of a case sees; of the last case by default."""
    rows = [Rows(*(np.concatenate(column) for column in zip(*view.source.blocks(shard), strict=True)))
            for shard in range(view.source.n_shards)]  # fmt: skip
    bit = np.uint64(c % len(view.cases))
    return [row for some in rows for row in zip(*(column[view.sieve.marks(some).on_file >> bit & np.uint64(1) > 0]
            .tolist() for column in (some.plate, some.time, some.site)), strict=True)]  # fmt: skip


@settings(deadline=None)
@given(sightings=SIGHTINGS, visible=VISIBLE, ladder=LADDERS, cuts=st.lists(st.integers(0, 40), max_size=4))
def test_what_a_case_keeps_and_what_it_drops_make_all(sightings, visible, ladder, cuts):
    at = [cut for cut in cuts if cut <= len(sightings)]
    view = by_hand(sightings, vehicles=PLATES, readers=READERS, days=DAYS, ladder=ladder, visible=visible, cuts=at)
    for c, case in enumerate(view.cases):
        kept = on_file(view, c)
        dropped = [
            (plate, time, site) for plate, time, site in sightings
            if not (case.oldest_s <= time < NOW and visible[site])
        ]  # fmt: skip
        assert sorted(kept + dropped) == sorted(sightings)
        assert kept == sorted(kept)


def test_marking_changes_no_row():
    view = by_hand([(0, START, 0), (1, NOW + 1, 1)], vehicles=2, readers=2, days=DAYS)
    before = view.source.table.copy()
    on_file(view)
    assert np.array_equal(view.source.table, before)


def test_a_case_is_reached_if_the_store_is_old_enough_for_it():
    ladder = ["1h", "3d", "73h", "4d", "forever"]
    view = by_hand([], vehicles=1, readers=1, days=DAYS, ladder=ladder)
    assert [case.name for case in view.cases if case.reached] == ["1 hour", "3 days", "for ever"]
    assert [case.oldest_s for case in view.cases if case.reached] == [NOW - 3600, START, 0]


def test_without_a_name_the_last_case_that_is_reached_is_taken():
    for ladder, name in ((["1h", "3d", "4d"], "3 days"), (["4d", "5d"], "5 days"), (["4d", "forever"], "for ever")):
        view = by_hand([], vehicles=1, readers=1, days=DAYS, ladder=ladder)
        c, seen = case_of(view, None)
        assert (seen.name, view.cases[c]) == (name, seen)
    assert case_of(view, "4 days") == (0, view.cases[0])
    with pytest.raises(
        ScenarioError, match=r"^case: expected a case of the view \(4 days, for ever\), found 'forever'; did"
    ):
        case_of(view, "forever")


def test_a_case_alone_shows_what_it_shows_beside_others(run):
    view = view_of(run, ladder=["1d", "3d", "forever"])
    for c, case in enumerate(view.cases):
        one = alone(view, c)
        assert one.cases == (case,)
        assert on_file(one) == on_file(view, c) != []


def test_an_observer_sees_the_readers_of_its_owners_and_an_owner_its_own(run):
    owner = np.array(run.world.owners.name)[run.deployment.sites.owner]
    police = view_of(run, observer="smallville-pd")
    assert (police.cases[0].observer, police.cases[0].purpose) == ("smallville-pd", "investigation")
    assert np.array_equal(police.cases[0].visible, owner == "smallville-pd")
    shops = view_of(run, observer="shopping-centre")
    assert np.array_equal(shops.cases[0].visible, owner == "shopping-centre")
    assert shops.cases[0].purpose == "its own use"
    both = view_of(run, observer="town-and-shops")
    assert both.cases[0].visible.all()
    assert len(on_file(police)) + len(on_file(shops)) == len(on_file(both)) == len(run.source.table)


def test_without_a_name_the_first_observer_looks_for_ever_at_the_end(run):
    view = view_of(run)
    (case,) = view.cases
    assert case.observer == next(iter(run.scenario.settings.observers))
    assert (case.name, case.retention, case.today) == ("for ever", "for ever", 10)
    assert case.on(view.sight.public.start) == date(2025, 3, 13)
    assert view.describe() == "smallville-pd looks on 2025-03-13 at 6 of 10 fixed readers, for investigation"


@pytest.mark.parametrize(
    ("name", "meant"),
    [("smallvile-pd", "smallville-pd"), ("town and shops", "town-and-shops"), ("shoping-centre", "shopping-centre")],
)
def test_an_unknown_observer_is_told_whom_was_meant(run, name, meant):
    with pytest.raises(ScenarioError, match=f"^observer: expected an observer or owner .* did you mean '{meant}'"):
        view_of(run, observer=name)


def test_an_unlikely_observer_is_told_who_there_is(run):
    with pytest.raises(ScenarioError, match=r"known: shopping-centre, smallville-pd, town-and-shops"):
        view_of(run, observer="xyz")


def test_an_observer_without_readers_is_refused(run):
    settings = run.scenario.settings
    owners = {**settings.owners, "empty-lot": Owner(kind="parking")}
    world = replace(run.world, owners=build_owners(owners, run.world.zones, None, 0))
    assert world.owners.name == (*run.world.owners.name, "empty-lot")
    scenario = replace(run.scenario, settings=settings.model_copy(update={"owners": owners}))
    with pytest.raises(
        ScenarioError, match=r"expected at least one reader to see, found none: no readers for empty-lot"
    ):
        view_of(replace(run, world=world, scenario=scenario), observer="empty-lot")


@pytest.mark.parametrize(("on", "today"), [("2025-03-04", 1), (date(2025, 3, 4), 1), ("2025-03-13", 10)])
def test_a_view_opens_at_four_in_the_morning_of_its_date(run, on, today):
    view = view_of(run, on=on)
    (case,) = view.cases
    assert (case.now_s, case.today) == (today * DAY + START, today)
    assert str(case.on(view.sight.public.start)) == str(on)
    times = [time for _, time, _ in on_file(view)]
    assert max(times) < case.now_s
    assert times


@pytest.mark.parametrize("on", [MONDAY, "2025-03-02", "2025-03-14", "1999-01-01"])
def test_a_date_outside_the_scenario_is_refused(run, on):
    with pytest.raises(ScenarioError, match=r"^on: expected a date from 2025-03-04 to 2025-03-13, found"):
        view_of(run, on=on)


def test_what_is_no_date_is_refused(run):
    with pytest.raises(ScenarioError, match=r"^on: expected a date as YYYY-MM-DD, found 'yesterday'; for example"):
        view_of(run, on="yesterday")


def test_an_earlier_look_sees_what_a_later_one_sees_of_that_time(run):
    early, late = view_of(run, on="2025-03-06"), view_of(run)
    assert on_file(early) == [row for row in on_file(late) if row[1] < early.cases[0].now_s]


def test_two_rules_that_state_one_number_differently_are_refused(run):
    for asked in ({"policies": [Retention(days=1), Retention(days=2)]},
                  {"policies": [Retention(days=1)], "ladder": ["2d"]}):  # fmt: skip
        with pytest.raises(ScenarioError, match=r"^retention.days: expected one statement in a case"):
            view_of(run, **asked)


def test_what_drivers_prefer_is_not_public(run):
    view = view_of(run)
    assert len(run.world.graph.cost) > 1
    assert np.array_equal(view.sight.public.graph.cost, run.world.graph.cost[:1])


def test_a_policy_is_a_ladder_of_one(run):
    one, same = view_of(run, policies=[Retention(days=2)]), view_of(run, ladder=["2d"])
    assert one.cases[0].name == same.cases[0].name == "2 days"
    assert on_file(one) == on_file(same) != on_file(view_of(run))


def test_a_ladder_is_put_in_order_and_holds_each_rule_once(run):
    view = view_of(run, ladder=["forever", Retention(days=7), "1d", "1w", "24h"])
    assert [case.name for case in view.cases] == ["1 day", "7 days", "for ever"]


def test_a_rule_that_deletes_nothing_leaves_every_row(run):
    assert on_file(view_of(run, policies=[Retention(days=10)])) == on_file(view_of(run))


def test_a_look_up_reaches_back_no_farther_than_it_may_whatever_is_kept():
    rows = [(1, 3 * DAY, 0), (1, 20 * DAY, 0), (1, 29 * DAY, 0)]
    for ladder, look_back, left in ((["forever"], "forever", 3), (["forever"], "15d", 2), (["5d"], "15d", 1)):
        view = by_hand(rows, vehicles=2, readers=1, ladder=ladder, look_back=look_back)
        assert len(on_file(view)) == left
    view = by_hand(rows, vehicles=2, readers=1, ladder=["5d", "forever"], look_back="15d")
    assert [case.oldest_s for case in view.cases] == [view.cases[0].now_s - days * DAY for days in (5, 15)]
    assert any("15 days at most" in rule for rule in view.cases[0].rules)
    marked = view.sieve.marks(Rows(*(view.source.table[:, i].astype(np.uint32) for i in (0, 2, 1))))
    assert (marked.collected == 3).all()  # alerts come before storage


def test_users_and_look_ups_are_said(run):
    asked = run.scenario.settings.observers
    who = next(iter(asked))
    changed = run.scenario.settings.model_copy(
        update={"observers": {who: asked[who].model_copy(update={"users": 9200, "lookups_per_month": 30000.0})}}
    )
    run = replace(run, scenario=replace(run.scenario, settings=changed))
    assert "(9,200 users, 30,000 look-ups a month)" in view_of(run, observer=who).describe()
