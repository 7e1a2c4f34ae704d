"""Views: who sees what, when; a view adds nothing and loses nothing unaccounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import MONDAY, Memory, by_hand, in_memory, table_of

from simulate.checks import ScenarioError
from simulate.policy import Retention
from simulate.policy.view import view_of
from simulate.schema.owners import Owner
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


def flat(blocks):
    """Lay rows end to end as tuples of plate, time, site."""
    return [row for b in blocks for row in zip(b.plate.tolist(), b.time.tolist(), b.site.tolist(), strict=True)]


@settings(deadline=None)
@given(sightings=SIGHTINGS, visible=VISIBLE, ladder=LADDERS, cuts=st.lists(st.integers(0, 40), max_size=4))
def test_what_a_view_keeps_and_what_it_drops_make_all(sightings, visible, ladder, cuts):
    at = [cut for cut in cuts if cut <= len(sightings)]
    view = by_hand(sightings, vehicles=PLATES, readers=READERS, days=DAYS, ladder=ladder, visible=visible, cuts=at)
    oldest = min((since for _, since in view.windows()), default=NOW)
    kept = flat(view.rows())
    dropped = [
        (plate, time, site) for plate, time, site in sightings if not (oldest <= time < NOW and visible[site])
    ]  # fmt: skip
    assert sorted(kept + dropped) == sorted(sightings)
    assert kept == sorted(kept)
    assert all(oldest <= time < NOW and visible[site] for _, time, site in kept)


@settings(deadline=None)
@given(sightings=SIGHTINGS, visible=VISIBLE, ladder=LADDERS, plates=st.sets(st.integers(0, PLATES - 1)))
def test_looking_up_plates_is_picking_their_rows(sightings, visible, ladder, plates):
    view = by_hand(sightings, vehicles=PLATES, readers=READERS, days=DAYS, ladder=ladder, visible=visible, cuts=[0, 0])
    wanted = np.array(sorted(plates), np.int64)
    assert flat([view.rows_of(wanted)]) == [row for row in flat(view.rows()) if row[0] in plates]


def test_a_view_never_changes_its_store():
    table = table_of([(0, START, 0), (1, NOW + 1, 1)])
    before = table.copy()
    view = replace(by_hand([], vehicles=2, readers=2, days=DAYS), drawn=Memory(table))
    list(view.rows())
    view.rows_of(np.array([0]))
    assert np.array_equal(table, before)


@settings(deadline=None)
@given(sightings=SIGHTINGS, visible=VISIBLE)
def test_a_view_of_a_view_shows_the_same(sightings, visible):
    view = by_hand(sightings, vehicles=PLATES, readers=READERS, days=DAYS, ladder=["1d"], visible=visible)
    kept = flat(view.rows())
    again = replace(view, drawn=Memory(table_of(kept)))
    assert flat(again.rows()) == kept


def test_windows_are_those_the_store_is_old_enough_for():
    ladder = ["1h", "3d", "73h", "4d", "forever"]
    view = by_hand([], vehicles=1, readers=1, days=DAYS, ladder=ladder)
    assert [rule.label for rule, _ in view.windows()] == ["1 hour", "3 days", "for ever"]
    assert [since for _, since in view.windows()] == [NOW - 3600, START, 0]
    unreached = by_hand([(0, START, 0)], vehicles=1, readers=1, days=DAYS, ladder=["4d"])
    assert unreached.windows() == []
    assert flat(unreached.rows()) == []


def test_an_observer_sees_the_readers_of_its_owners_and_an_owner_its_own(run):
    owner = np.array(run.world.owners.name)[run.watch.sites.owner]
    police = view_of(run, observer="smallville-pd")
    assert (police.observer, police.purpose) == ("smallville-pd", "investigation")
    assert np.array_equal(police.visible, owner == "smallville-pd")
    shops = view_of(run, observer="shopping-centre")
    assert np.array_equal(shops.visible, owner == "shopping-centre")
    assert shops.purpose == "its own use"
    both = view_of(run, observer="town-and-shops")
    assert both.visible.all()
    assert len(flat(police.rows())) + len(flat(shops.rows())) == len(flat(both.rows())) == len(rows_of_run(run))


def rows_of_run(run):
    return flat(run.store.blocks())


def test_without_a_name_the_first_observer_looks_for_ever_at_the_end(run):
    view = view_of(run)
    assert view.observer == next(iter(run.scenario.settings.observers))
    assert view.ladder == (Retention(),)
    assert view.on == date(2025, 3, 13)
    assert view.today == 10
    assert view.truth is not None
    assert view.blind().truth is None
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
    assert view.now_s == today * DAY + START
    assert view.today == today
    assert str(view.on) == str(on)
    times = [time for _, time, _ in flat(view.rows())]
    assert max(times) < view.now_s
    assert times


@pytest.mark.parametrize("on", [MONDAY, "2025-03-02", "2025-03-14", "1999-01-01"])
def test_a_date_outside_the_scenario_is_refused(run, on):
    with pytest.raises(ScenarioError, match=r"^--on: expected a date from 2025-03-04 to 2025-03-13, found"):
        view_of(run, on=on)


def test_what_is_no_date_is_refused(run):
    with pytest.raises(ScenarioError, match=r"^--on: expected a date as YYYY-MM-DD, found 'yesterday'; for example"):
        view_of(run, on="yesterday")


def test_an_earlier_look_sees_what_a_later_one_sees_of_that_time(run):
    early, late = view_of(run, on="2025-03-06"), view_of(run)
    assert flat(early.rows()) == [row for row in flat(late.rows()) if row[1] < early.now_s]


def test_two_policies_at_once_are_refused(run):
    with pytest.raises(ScenarioError, match=r"^policies: expected one retention rule, found 2; use ladder=\[...\]"):
        view_of(run, policies=[Retention(days=1), Retention(days=2)])


def test_a_policy_beside_a_ladder_is_refused_not_forgotten(run):
    with pytest.raises(ScenarioError, match=r"^policies: expected one retention rule, found 1 and a ladder"):
        view_of(run, policies=[Retention(days=1)], ladder=["2d"])


def test_what_drivers_prefer_is_not_public(run):
    view = view_of(run)
    assert len(run.world.graph.cost) > 1
    assert np.array_equal(view.public.graph.cost, run.world.graph.cost[:1])


def test_a_policy_is_a_ladder_of_one(run):
    one, same = view_of(run, policies=[Retention(days=2)]), view_of(run, ladder=["2d"])
    assert one.ladder == same.ladder == (Retention(days=2),)
    assert flat(one.rows()) == flat(same.rows())


def test_a_ladder_is_put_in_order_and_holds_each_rule_once(run):
    view = view_of(run, ladder=["forever", Retention(days=7), "1d", "1w", "24h"])
    assert [rule.label for rule in view.ladder] == ["1 day", "7 days", "for ever"]


def test_a_rule_that_deletes_nothing_leaves_every_row(run):
    assert flat(view_of(run, policies=[Retention(days=10)]).rows()) == flat(view_of(run).rows())


def test_a_look_up_reaches_back_no_farther_than_it_may_whatever_is_kept():
    day = 86_400
    rows = [(1, 3 * day, 0), (1, 20 * day, 0), (1, 29 * day, 0)]
    for ladder, look_back, left in ((["forever"], "forever", 3), (["forever"], "15d", 2), (["5d"], "15d", 1)):
        view = by_hand(rows, vehicles=2, readers=1, ladder=ladder, look_back=look_back)
        assert len(flat(view.rows())) == left
    view = by_hand(rows, vehicles=2, readers=1, ladder=["5d", "forever"], look_back="15d")
    assert [since for _, since in view.windows()] == [view.now_s - 5 * day, view.now_s - 15 * day]
    assert "at most 15 days back" in view.describe()
    assert len(flat(view.collected())) == 3  # alerts come before storage


def test_users_and_look_ups_are_said(run):
    asked = run.scenario.settings.observers
    who = next(iter(asked))
    changed = run.scenario.settings.model_copy(
        update={"observers": {who: asked[who].model_copy(update={"users": 9200, "lookups_per_month": 30000.0})}}
    )
    run = replace(run, scenario=replace(run.scenario, settings=changed))
    assert "(9,200 users, 30,000 look-ups a month)" in view_of(run, observer=who).describe()
