"""Alerts: each is counted once, for the right reason, whatever is kept of the reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference.slow_hotlist import slow_alerts, slow_lists
from views import look, small_town
from worlds import reads_of, rows_of

from simulate.checks import ScenarioError
from simulate.policy import view as views_room
from simulate.risk import hotlist
from simulate.risk.hotlist import frequency
from simulate.risk.intervals import bunched, share
from simulate.risk.measures import measure
from simulate.travel.hotlists import Entries, hot_list

BUSY = {
    "hotlist__wanted": 0.05, "hotlist__listed_days": 5, "hotlist__stale_days": 3, "hotlist__other_states": 3,
    "readers__misread": 0.2, "readers__wrong_state": 0.3,
}  # fmt: skip


ALERTS, INNOCENTS = "alerts_per_million", "innocents"


def rates_of(small, **how):
    return measure(look(small, **how), ["hotlist"])


def counts(rates):
    """Return alerts by kind, of a view with one case."""
    rows = {kind: rates.one(score=kind) for kind in hotlist.KINDS}
    return {kind: round(row.value * row.n) for kind, row in rows.items() if row.value}


def planted(small, plate, monkeypatch, *, stale=False):
    """Score a list of one plate, listed all the time."""
    begin, end = np.array([0]), np.array([10**9])
    entries = Entries(
        plate=np.array([plate]), right_from_s=begin, right_until_s=begin if stale else end, listed_until_s=end
    )
    nothing = Entries(**{name: np.empty(0, np.int64) for name in Entries.__slots__})
    hot = replace(hot_list(small.scenario, small.lives), local=entries, other=nothing)
    monkeypatch.setattr(views_room, "hot_list", lambda *_: hot)
    return rates_of(small)


@pytest.fixture(scope="module")
def busy():
    return small_town(**BUSY)


@pytest.mark.parametrize("on", [None, "2025-03-08"])
def test_alerts_equal_the_slow_twins(busy, on):
    view = look(busy, on=on)
    reads = [row for row in reads_of(busy.tables).tolist() if row[1] < view.cases[0].now_s]
    slow, innocent = slow_alerts(busy, reads, slow_lists(busy))
    rates = rates_of(busy, on=on)
    assert min(slow[kind] for kind in hotlist.KINDS) > 5
    assert counts(rates) == dict(slow)
    assert rates.one(score=ALERTS).value == pytest.approx(1e6 * slow.total() / len(reads))
    assert rates.one(score=ALERTS).n == len(reads)
    false = slow.total() - slow["right"]
    assert rates.one(score="false").value == pytest.approx(false / slow.total())
    met = rates.one(score=INNOCENTS)
    assert (met.value, met.low, met.high) == share(len(innocent), busy.lives.population.n_vehicles)


def test_a_human_check_catches_four_in_five_misreads_and_wrong_states_and_no_stale_entry(busy):
    rates = rates_of(busy)
    before = counts(rates)
    after = rates.one(score="false_after_check")
    caught = sum(before.values()) - after.n
    open_to_it = before["misread"] + before["wrong_state"]
    assert abs(caught / open_to_it - hotlist.CHECKED) < 4 * np.sqrt(0.8 * 0.2 / open_to_it)
    assert round(after.value * after.n) == before["stale_entry"] + open_to_it - caught
    met, still = (rates.one(score=f"innocents{when}") for when in ("", "_after_check"))
    assert still.value < met.value


def test_a_listed_plate_that_others_are_taken_for_alerts_on_the_innocent(monkeypatch):
    small = small_town(readers__misread=1.0)
    reads = reads_of(small.tables)
    plate = int(np.bincount(reads[:, 0]).argmax())
    meant = reads[reads[:, 0] == plate]
    rates = planted(small, plate, monkeypatch)
    assert counts(rates) == {"misread": len(meant)}
    assert rates.one(score="false").value == 1.0
    assert rates.one(score=INNOCENTS).value == len(set(meant[:, 3])) / small.lives.population.n_vehicles


def test_a_listed_plate_that_is_read_rightly_is_right_or_stale(monkeypatch):
    small = small_town()
    reads = reads_of(small.tables)
    plate = int(np.bincount(reads[:, 0]).argmax())
    n = int((reads[:, 0] == plate).sum())
    assert counts(planted(small, plate, monkeypatch)) == {"right": n}
    assert planted(small, plate, monkeypatch).one(score=INNOCENTS).value == 0.0
    assert counts(planted(small, plate, monkeypatch, stale=True)) == {"stale_entry": n}


def test_nothing_listed_raises_nothing():
    rates = rates_of(small_town(**{**BUSY, "hotlist__wanted": 0.0}))
    assert rates.one(score=ALERTS).value == 0.0
    assert rates.one(score=INNOCENTS).value == 0.0
    for kind in (*hotlist.KINDS, "false"):
        row = rates.one(score=kind)
        assert (row.value, row.n, row.note) == (None, 0, "no alerts")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"readers__wrong_state": 0.0}, "wrong_state"),
        ({"hotlist__other_states": 0}, "wrong_state"),
        ({"hotlist__stale_days": 0}, "stale_entry"),
        ({"readers__misread": 0.0}, "misread"),
    ],
)
def test_what_has_no_cause_does_not_happen(busy, change, kind):
    assert counts(rates_of(busy))[kind] > 0
    left = counts(rates_of(small_town(**{**BUSY, **change})))
    assert set(left) == set(hotlist.KINDS) - {kind}


def test_no_rule_of_retention_changes_an_alert(busy):
    plain = [replace(row, case="") for row in rates_of(busy)]
    rates = rates_of(busy, ladder=["6h", "1d", "3d", "forever"])
    for case in rates.names("case"):
        assert [replace(row, case="") for row in rates.where(case=case)] == plain


def test_only_visible_readers_raise_alerts(busy):
    view = look(busy, observer="smallville-pd")
    seen = view.cases[0].visible
    assert 0 < seen.sum() < len(seen)
    reads = [row for row in reads_of(busy.tables).tolist() if seen[row[2]]]
    slow, _ = slow_alerts(busy, reads, slow_lists(busy))
    rates = measure(view, ["hotlist"])
    assert counts(rates) == dict(slow)
    assert rates.one(score=ALERTS).n == len(reads)


def test_a_sample_of_groups_scores_part_of_the_alerts_and_says_so(busy, monkeypatch):
    whole = rates_of(busy)
    monkeypatch.setattr(hotlist, "MOST_GROUPS", 30)
    some = rates_of(busy)
    assert list(rates_of(busy, n_shards=5)) == list(some)
    assert some.one(score=ALERTS).value == whole.one(score=ALERTS).value
    row = some.one(score="false")
    assert 0 < row.n < whole.one(score="false").n
    assert row.note == f"{row.n:,} of {whole.one(score='false').n:,} alerts"
    met, of_all = (rates.one(score=INNOCENTS) for rates in (some, whole))
    assert met.n < of_all.n
    assert met.low < of_all.value < met.high


def test_reads_that_the_scenario_did_not_draw_are_refused(busy):
    table = rows_of(busy.tables)
    plate = slow_lists(busy)[0][0][0]
    changed = table.copy()
    of_plate = np.flatnonzero(table[:, 0] == plate)
    changed[of_plate, 1] += 1
    with pytest.raises(ScenarioError, match="rows of its own scenario"):
        measure(look(busy, changed), ["hotlist"])


def test_alerts_in_bunches_tell_less_than_as_many_apart():
    hits = np.array([1] * 50 + [0] * 50)
    apart = bunched(np.ones(100, int), hits).interval()
    by_ten = bunched(np.full(10, 10), hits.reshape(10, 10).sum(axis=1)).interval()
    assert apart == pytest.approx(share(50, 100))
    assert apart[0] == by_ten[0] == 0.5
    assert by_ten[:] == pytest.approx(share(5, 10))
    assert bunched(np.full(10, 10), np.full(10, 10)).interval() == pytest.approx(share(10, 10))
    assert frequency(5, 5, 1000) == pytest.approx(share(5, 1000))
    assert frequency(5, 25, 1000) == pytest.approx((5 / 1000, *share(1, 200)[1:]))
