"""One reader, one car, one read at 08:00 of each of 400 days: what each rule leaves, by counting days."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from views import MONDAY, by_hand

from simulate.policy import Deletion, HitOnly, Hold, LookBack, Retention, Unsubscribed

DAY, READ_AT, DAYS = 86_400, 8 * 3600, 400
READS = [(0, day * DAY + READ_AT, 0) for day in range(DAYS)]
LISTED = [(0, 100 * DAY, 110 * DAY)]
HELD = Hold(vehicles=(0,), begin=MONDAY + timedelta(days=300))


def kept_and_alerts(*policies, listed=(), cuts=()):
    """Count the reads on file and the alerts at 04:00 after the last day."""
    view = by_hand(READS, vehicles=1, readers=1, days=DAYS, ladder=(), policies=policies, listed=listed, cuts=cuts)
    marks = [view.sieve.marks(rows) for rows in view.source.blocks(0)]
    return tuple(int(sum(np.count_nonzero(getattr(one, name)) for one in marks)) for name in ("on_file", "alerted"))


@pytest.mark.parametrize(
    ("policies", "listed", "kept"),
    [
        ((), (), 400),
        ((Retention(days=21),), (), 21),
        ((Retention(days=21), HELD), (), 121),
        ((Retention(days=21, hit_days="forever"),), LISTED, 31),
        ((Retention(days=21), Deletion(share=0)), (), 400),
        ((Retention(days=21), Deletion(share=1)), (), 21),
        ((LookBack(days=7),), (), 7),
        ((LookBack(days=7), HELD), (), 7),
        ((HitOnly(),), LISTED, 10),
        ((HitOnly(), HELD), LISTED, 10),
        ((HitOnly(), Unsubscribed()), LISTED, 0),
    ],
    ids=str,
)
def test_each_rule_leaves_the_days_that_one_counts(policies, listed, kept):
    assert kept_and_alerts(*policies, listed=listed)[0] == kept
    assert kept_and_alerts(*policies, listed=listed, cuts=[1, 150, 380])[0] == kept


@pytest.mark.parametrize("policies", [(), (Retention(days=21),), (HitOnly(),), (LookBack(days=7),)], ids=str)
def test_the_list_alerts_ten_times_whatever_is_kept(policies):
    assert kept_and_alerts(*policies, listed=LISTED)[1] == 10


def test_who_holds_reads_against_no_list_has_no_alerts():
    assert kept_and_alerts(Unsubscribed(), listed=LISTED) == (400, 0)


def test_a_hold_keeps_until_it_ends_what_it_caught():
    day = MONDAY + timedelta(days=300)
    ended = Hold(vehicles=(0,), begin=day, end=MONDAY + timedelta(days=400))
    assert kept_and_alerts(Retention(days=21), ended)[0] == 121
    earlier = Hold(vehicles=(0,), begin=day, end=MONDAY + timedelta(days=399))
    assert kept_and_alerts(Retention(days=21), earlier)[0] == 21
    late = Hold(vehicles=(0,), begin=MONDAY + timedelta(days=399), end=MONDAY + timedelta(days=401))
    assert kept_and_alerts(Retention(days=21), earlier, late)[0] == 121
