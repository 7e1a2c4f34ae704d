"""Recoding: what coarse times, coarse places and pseudonyms make of rows, and what they leave alone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import by_hand

from simulate.checks import ScenarioError
from simulate.policy import CoarsePlace, CoarseTime, Pseudonyms
from simulate.policy.recode import recodings, register_of
from simulate.policy.register import MOST_NUMBERS, register

DAY, HOUR, START = 86_400, 3600, 14_400
READS = st.lists(st.tuples(st.integers(0, 70), st.integers(START, 6 * DAY), st.integers(0, 5)), min_size=1, max_size=60)
RULES = (CoarseTime(hours=6), CoarsePlace(metres=2000), Pseudonyms(days=2))


def seen(reads, *policies, cuts=(), apart_m=700.0):
    """Return the rows as one case sees them, int64[n, 3], and those that they came from, in the same order."""
    view = by_hand(reads, vehicles=96, readers=6, days=6, ladder=(), policies=policies, cuts=cuts, apart_m=apart_m)
    (group,) = recodings(view)
    parts, before = [], []
    for rows in view.source.blocks(0):
        changed, order = group.apply(rows)
        parts.append(np.column_stack(changed).astype(np.int64))
        before.append(np.column_stack(rows).astype(np.int64)[slice(None) if order is None else order])
    return np.concatenate(parts), np.concatenate(before)


@settings(deadline=None)
@given(reads=READS, cuts=st.lists(st.integers(0, 60), max_size=3), chosen=st.sets(st.sampled_from(RULES)))
def test_rows_of_one_number_stand_together_by_time(reads, cuts, chosen):
    rows, before = seen(reads, *chosen, cuts=[cut for cut in cuts if cut <= len(reads)])
    number, _, time = rows.T
    change = np.flatnonzero(np.diff(number)) + 1
    assert len(np.unique(number)) == len(change) + 1, "a number came back once another had begun"
    assert all((np.diff(part) >= 0).all() for part in np.split(time, change))
    assert sorted(map(tuple, before.tolist())) == sorted((plate, site, when) for plate, when, site in reads)


@settings(deadline=None)
@given(reads=READS)
def test_rows_of_one_number_and_time_are_by_site(reads):
    number, site, time = seen(reads, CoarseTime(hours=24))[0].T
    assert np.array_equal(np.lexsort((site, time, number)), np.arange(len(site)))


def test_times_are_rounded_down_from_midnight():
    rows, before = seen([(1, 5 * HOUR, 0), (1, 6 * HOUR, 3), (1, DAY - 1, 1), (1, DAY, 0)], CoarseTime(hours=6))
    assert rows[:, 2].tolist() == [0, 6 * HOUR, 18 * HOUR, DAY]
    assert np.array_equal(rows[:, :2], before[:, :2])


def test_places_are_seen_as_the_first_reader_of_their_square_that_the_observer_has():
    reads = [(1, START + i, i) for i in range(6)]
    assert seen(reads, CoarsePlace(metres=2000))[0][:, 1].tolist() == [0, 0, 0, 3, 3, 3]
    view = by_hand(reads, vehicles=96, readers=6, ladder=(), policies=[CoarsePlace(metres=2000)], apart_m=700.0,
                   visible=[False, True, True, True, False, True])  # fmt: skip
    (group,) = recodings(view)
    assert group.site_seen.tolist() == [0, 1, 1, 3, 4, 3]


def test_without_recoding_rows_are_the_same_and_one_group_is_enough():
    rows, before = seen([(1, START, 0), (2, START, 1)])
    assert np.array_equal(rows, before)
    view = by_hand([], vehicles=3, readers=1, ladder=("1d", "3d", "forever"))
    assert [group.mask for group in recodings(view)] == [0b111]


@settings(deadline=None)
@given(plates=st.integers(1, 3000), periods=st.integers(1, 40), seed=st.integers(0, 99))
def test_no_two_plates_and_periods_share_a_number_and_each_can_be_looked_up(plates, periods, seed):
    names = register(seed, plates, periods, DAY)
    plate, period = np.divmod(np.arange(plates * names.periods), names.periods)
    number = names.pseudonyms(plate, period)
    assert len(np.unique(number)) == len(number)
    assert int(number.max()) < plates * names.periods
    assert np.array_equal(names.plates_of(number), plate)
    assert names.plates_of(np.array([MOST_NUMBERS])).tolist() == [-1]


def test_pseudonyms_mean_nothing_and_change_with_each_period_and_seed():
    plate = np.arange(3000)
    first, second = (register(1, 3000, 60, 7 * DAY).pseudonyms(plate, period).astype(float) for period in (0, 1))
    other = register(2, 3000, 60, 7 * DAY).pseudonyms(plate, 0).astype(float)
    for one, two in ((first, plate), (first, second), (first, other), (np.diff(first), np.diff(second))):
        assert abs(np.corrcoef(one, two)[0, 1]) < 0.08


def test_an_attacker_is_told_the_pseudonym_of_the_last_period_before_the_query_date():
    policies, now = [Pseudonyms(days=2)], 6 * DAY + START
    reads = [(7, START + DAY * day, 0) for day in range(6)] + [(7, now - 1, 0)]
    rows, _ = seen(sorted(reads), *policies)
    view = by_hand([], vehicles=96, readers=6, days=6, ladder=(), policies=policies)
    setting = view.sieve.setting
    truth = SimpleNamespace(
        seed=setting.seed, lives=SimpleNamespace(plates=setting.plates),
        scenario=SimpleNamespace(settings=SimpleNamespace(period=SimpleNamespace(days=6))),
    )  # fmt: skip
    names = register_of(truth, view.cases[0])
    assert names.last(np.array([7]), now).tolist() == [rows[-1, 0]] == [rows[-2, 0]]
    assert len(np.unique(rows[:, 0])) == 3
    assert names.plates_of(rows[:, 0]).tolist() == [7] * 7
    plain = register(0, 96, 6, 0)
    assert plain.last(np.array([7]), now).tolist() == plain.plates_of(np.array([7])).tolist() == [7]


def test_more_pseudonyms_than_numbers_are_refused_before_any_row_is_read():
    with pytest.raises(ScenarioError, match=r"pseudonyms.days: expected at most .* periods of 96 plates.*less often"):
        by_hand([], vehicles=96, readers=1, days=7000, ladder=(), policies=[Pseudonyms(days=0.0001)])


def test_cases_that_see_alike_share_a_recoding():
    groups = recodings(SimpleNamespace(
        sieve=by_hand([], vehicles=3, readers=1).sieve,
        cases=[by_hand([], vehicles=3, readers=1, ladder=(), policies=rules).cases[0]
               for rules in ([], [RULES[0]], [RULES[2]], [RULES[0]], [])],
    ))  # fmt: skip
    assert [group.mask for group in groups] == [0b10001, 0b01010, 0b00100]
