"""Readers as they really fail: plates that are hard to read, days without a reader, clocks that are off."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import PERFECT, WATCHERS, reads_of, small, town_scenario

from simulate.world.sites import SiteKind

SURE = {f"readers.{key}": 1.0 for key in ("capture_day", "capture_night", "mobile_capture_day", "mobile_capture_night")}


def run_of(**changes):
    """A town of two hundred cars for two months, whose readers miss nothing but for the changes."""
    keys = {key.replace("__", "."): value for key, value in changes.items()}
    scenario = town_scenario(3, **{**WATCHERS, **SURE, **PERFECT, "roads.population": 300, "period.days": 60, **keys})
    return small(scenario, scattered=40)


@pytest.fixture(scope="module")
def perfect():
    return run_of()


def passages(run):
    """List rows as (vehicle, site, time)."""
    rows = reads_of(run.tables)
    return rows[:, [3, 2, 1]]


def as_set(rows):
    return set(map(tuple, rows.tolist()))


def test_readers_that_never_fail_see_every_passage(perfect):
    kinds = perfect.deployment.sites.kind[passages(perfect)[:, 1]]
    assert set(kinds.tolist()) == {SiteKind.FIXED, SiteKind.GATE, SiteKind.MOBILE}


def test_the_same_cars_are_missed_again_and_again(perfect):
    """A hard plate loses six reads in ten at every kind of site, another none: misses of one car hang together."""
    hard = run_of(readers__hard_plates=0.2, readers__hard_capture=0.4)
    seen, read = passages(perfect), passages(hard)
    assert as_set(read) < as_set(seen)
    n = perfect.lives.population.n_vehicles
    passed, kept = (np.bincount(rows[:, 0], minlength=n) for rows in (seen, read))
    share = kept[passed >= 50] / passed[passed >= 50]
    assert len(share) > 100
    missed = share < 1
    assert 0.1 < missed.mean() < 0.3
    assert share[missed].mean() == pytest.approx(0.4, abs=0.03)
    assert share[missed].max() < 0.7
    for kind in SiteKind:
        of_kind = [rows[hard.deployment.sites.kind[rows[:, 1]] == kind] for rows in (seen, read)]
        lost = 1 - len(of_kind[1]) / len(of_kind[0])
        assert 0.03 < lost < 0.25, kind


def test_a_reader_out_of_order_sees_nothing_that_day_and_all_on_others(perfect):
    out = run_of(readers__outage=0.1)
    seen, read = passages(perfect), passages(out)
    assert as_set(read) < as_set(seen)
    mobile = out.deployment.sites.kind[seen[:, 1]] == SiteKind.MOBILE
    assert as_set(seen[mobile]) <= as_set(read), "units that fail stay at home"
    day = (seen[:, 2] - 4 * 3600) // 86_400
    kept = as_set(read)
    lost = np.array([tuple(row) not in kept for row in seen.tolist()])
    by_day = {}
    for site, on, gone in zip(seen[~mobile, 1], day[~mobile], lost[~mobile], strict=True):
        by_day.setdefault((int(site), int(on)), set()).add(bool(gone))
    assert all(len(fates) == 1 for fates in by_day.values()), "a reader works all day or not at all"
    share = np.mean([True in fates for fates in by_day.values()])
    assert share == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / len(by_day)))


def test_a_clock_that_is_off_moves_its_own_rows_by_one_length_and_no_other(perfect):
    off = run_of(readers__clock_s=20.0)
    seen, read = passages(perfect), passages(off)
    assert len(seen) == len(read)
    ahead = off.tables.coverage.fixed.clock_s
    assert 10 < ahead.std() < 30
    assert 0 < np.abs(ahead).max() <= 45
    shift = np.zeros(off.deployment.sites.n, np.int64)
    shift[: len(ahead)] = ahead
    moved = seen.copy()
    moved[:, 2] += shift[seen[:, 1]]
    assert as_set(moved) == as_set(read)
    rows = reads_of(off.tables)
    assert (np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0])) == np.arange(len(rows))).all(), "rows stay in order"


def test_how_a_reader_fails_belongs_to_it_and_not_to_its_number():
    """The same readers, one of the first gates gone: the others fail as before, whatever their numbers."""
    settings = {"readers__outage": 0.1, "readers__clock_s": 20.0}
    many = run_of(**settings)
    few = run_of(**settings, readers__gates__plant__count=1)
    tables = [
        {int(uid): (run.tables.coverage.fixed.works[i].tolist(), int(run.tables.coverage.fixed.clock_s[i]))
         for i, uid in enumerate(run.tables.coverage.fixed.uid)}
        for run in (many, few)
    ]  # fmt: skip
    assert tables[1].items() < tables[0].items()


def repeats(run):
    """Return the share of gaps between two fixed readers on a trip that are their pair's most common one."""
    rows = passages(run)
    rows = rows[run.deployment.sites.kind[rows[:, 1]] == SiteKind.FIXED]
    rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]
    gap = np.diff(rows[:, 2])
    same = (np.diff(rows[:, 0]) == 0) & (gap > 60) & (gap < 400)
    pair, gap = (rows[:-1, 1] * 10_000 + rows[1:, 1])[same], gap[same]
    often = [gap[pair == one] for one in np.unique(pair) if (pair == one).sum() >= 30]
    assert len(often) > 3
    return sum(np.unique(gaps, return_counts=True)[1].max() for gaps in often) / sum(map(len, often))


def test_two_readers_on_one_way_rarely_measure_the_same_time_twice(perfect):
    """Where pace has no spread, the control, most times between them repeat to the second."""
    assert repeats(run_of(travel__pace_spread=0.0)) > 0.4
    assert repeats(perfect) < 0.15
