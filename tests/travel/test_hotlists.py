"""Hot lists: the stated share is listed at any time, entries keep to their vehicle, and the twin agrees."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from reference.slow_hotlist import slow_lists
from views import small_town
from worlds import town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.travel.hotlists import KNOTS, covered, hot_list, length_table
from simulate.travel.plates import make_plates

N = 40_000
BUSY = {"hotlist__wanted": 0.2, "hotlist__listed_days": 3, "hotlist__stale_days": 1, "hotlist__other_states": 2}


def crowd(n):
    """Return so many vehicles with plates, for ten days, and nothing else of their lives."""
    return SimpleNamespace(
        population=SimpleNamespace(n_vehicles=n),
        plates=make_plates("DLDLDLD", n, 0),
        calendar=SimpleNamespace(days=10),
    )


def table_of(entries):
    columns = (entries.plate, entries.right_from_s, entries.right_until_s, entries.listed_until_s)
    return [tuple(int(x) for x in row) for row in zip(*columns, strict=True)]


def test_every_entry_equals_the_slow_twins():
    for rules in (BUSY, {**BUSY, "hotlist__wanted": 1.0, "hotlist__other_states": 0.1}):
        small = small_town(**rules)
        hot = hot_list(small.scenario, small.lives)
        local, other = slow_lists(small)
        assert len(local) > 100
        assert len(other) > 100
        assert table_of(hot.local) == local
        assert table_of(hot.other) == other


@pytest.mark.parametrize(("wanted", "stale_days"), [(0.05, 0.0), (0.05, 10.0), (0.3, 10.0)])
def test_the_stated_share_is_listed_at_any_one_time(wanted, stale_days):
    scenario = town_scenario(hotlist__wanted=wanted, hotlist__listed_days=30, hotlist__stale_days=stale_days)
    people = crowd(N)
    local = hot_list(scenario, people).local
    held = people.plates.of_vehicles(np.arange(N))
    # not wanted, and the last reason ended less than a stale time ago; both lengths are exponential
    stale = (1 - wanted) * stale_days / (stale_days + 30 * (1 - wanted) / wanted)
    for when in (DAY_START_S, 5 * DAY_S, 10 * DAY_S):
        at = np.full(N, when)
        for found, share in ((local.right(held, at), wanted), (local.listed(held, at), wanted + stale)):
            assert abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / N)


def test_entries_of_other_states_fill_their_places_and_spread_over_all_plates():
    scenario = town_scenario(**{**BUSY, "hotlist__stale_days": 0})
    people = crowd(N)
    other = hot_list(scenario, people).other
    for when in (DAY_START_S, 5 * DAY_S, 10 * DAY_S):
        assert ((other.right_from_s <= when) & (when < other.right_until_s)).sum() == 2 * 0.2 * N
    assert 0 <= other.plate.min() < people.plates.n / 100
    assert people.plates.n * 0.99 < other.plate.max() < people.plates.n
    held = people.plates.holders(other.plate) >= 0
    share = N / people.plates.n
    assert abs(held.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(held))


def test_nothing_wanted_lists_nothing_and_nothing_outlives_its_reason_in_no_time():
    nothing = small_town(**{**BUSY, "hotlist__wanted": 0.0})
    hot = hot_list(nothing.scenario, nothing.lives)
    assert len(hot.local.plate) == len(hot.other.plate) == 0
    prompt = small_town(**{**BUSY, "hotlist__stale_days": 0})
    local = hot_list(prompt.scenario, prompt.lives).local
    assert np.array_equal(local.right_until_s, local.listed_until_s)


def test_an_entry_hangs_on_its_vehicle_and_seed_alone():
    small = small_town(**BUSY)
    longer = small_town(**{**BUSY, "period.days": 20})
    short, long = (set(table_of(hot_list(one.scenario, one.lives).local)) for one in (small, longer))
    assert short == set(table_of(hot_list(small.scenario, small.lives).local))
    end = 10 * DAY_S + DAY_START_S
    assert short == {entry for entry in long if entry[1] < end}
    other = small_town(1, **BUSY)
    assert not short & set(table_of(hot_list(other.scenario, other.lives).local))


def test_lengths_have_the_mean_of_their_law():
    table = length_table(30.0)
    assert len(table) == KNOTS + 1
    assert (np.diff(table) > 0).all()
    assert abs((table[1:] + table[:-1]).mean() / 2 / (30 * DAY_S) - 1) < 1e-3
    assert not length_table(0.0).any()


def test_spans_hold_their_start_and_not_their_end():
    listed = np.array([3, 3, 7])
    begin, end = np.array([10, 30, 0]), np.array([20, 40, 5])
    plate = np.array([3, 3, 3, 3, 3, 7, 5, 9])
    time = np.array([9, 10, 20, 30, 40, 4, 4, 4])
    assert covered(listed, begin, end, plate, time).tolist() == [False, True, False, True, False, True, False, False]
    none = np.empty(0, np.int64)
    assert not covered(none, none, none, plate, time).any()
