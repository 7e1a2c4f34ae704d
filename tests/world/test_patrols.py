"""Patrols: as many visits as asked, in their hours, where the fleet's habits lead, and never two places at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, kstest

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.scenario.schema.readers import Fleet
from simulate.world.patrols import NEIGHBOURHOOD_M, _territory, patrol, zone_weights
from simulate.world.zones import N_PURPOSES, Purpose, Zones

EVEN = 1e6
"""An unevenness at which every zone is as likely as its homes and lots make it."""
FLEET = {
    "owner": "pd", "units": 3, "shifts": (("07:00", "15:00"),), "on_duty": 1.0, "scan_min": 10.0, "rolling_min": 0.0,
    "homes": 1.0, "unevenness": EVEN, "poorer_areas": 1.0, "territory_m": 1e9,
}  # fmt: skip


def fleet(**changes) -> Fleet:
    return Fleet(**{**FLEET, **changes})


def grid(side: int, apart_m: float = NEIGHBOURHOOD_M, outside: int = 0) -> Zones:
    """Lay zones on a square grid, the last ones beyond the map, all alike."""
    n = side * side
    row, column = np.divmod(np.arange(n), side)
    return Zones(
        x_m=(column + 0.5) * apart_m,
        y_m=(row + 0.5) * apart_m,
        hub=np.zeros(n, np.int32),
        residents=np.ones(n),
        attraction=np.ones((N_PURPOSES, n)),
        outside=np.arange(n) >= n - outside,
        income_rank=(np.arange(n) + 0.5) / n,
    )


def begins(visits, chosen=slice(None)):
    """Return when visits begin, in seconds from the first midnight."""
    return (visits.day.astype(np.int64) * DAY_S + DAY_START_S + visits.second)[chosen]


def test_a_shift_has_as_many_visits_as_asked_on_average():
    made = patrol(grid(5), {"a": fleet()}, {"a": 4.3}, np.ones(400), 1)
    counts = np.bincount(made.unit * 400 + made.day, minlength=1200)
    assert set(counts) == {4, 5}
    assert abs(counts.mean() - 4.3) < 4 * np.sqrt(0.3 * 0.7 / 1200)


def test_units_skip_as_many_shifts_as_they_are_off_duty():
    made = patrol(grid(5), {"a": fleet(on_duty=0.6)}, {"a": 4.0}, np.ones(400), 1)
    counts = np.bincount(made.unit * 400 + made.day, minlength=1200)
    assert set(counts) == {0, 4}
    assert abs((counts > 0).mean() - 0.6) < 4 * np.sqrt(0.6 * 0.4 / 1200)
    per_day = np.add.reduceat(counts > 0, range(0, 1200, 400))
    assert len(set(per_day.tolist())) > 1, "each unit has days of its own"


CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")


@settings(deadline=None, max_examples=80, derandomize=True)
@given(
    times=st.lists(CLOCKS, min_size=2, max_size=6, unique=True),
    turn=st.integers(0, 5),
    scan_min=st.sampled_from([0.5, 7, 30]),
    share=st.floats(0.05, 1),
)
def test_units_scan_within_their_hours_and_never_two_zones_at_once(times, turn, scan_min, share):
    clocks = sorted(times)[: len(times) // 2 * 2]
    turn %= len(clocks)
    clocks = clocks[turn:] + clocks[:turn]  # the last shift may run past midnight, and past 04:00
    shifts = tuple(zip(clocks[::2], clocks[1::2], strict=True))
    length_s = [(seconds(b) - seconds(a)) % DAY_S for a, b in shifts]
    room = min(length // (60 * scan_min) for length in length_s)
    assume(room >= 1)
    a = fleet(shifts=shifts, scan_min=scan_min, units=2)
    made = patrol(grid(4), {"a": a}, {"a": max(share * room, 0.5)}, np.ones(12), 5)
    assert made.n
    for unit in range(2):
        at = np.sort(begins(made, made.unit == unit))
        assert all(later - earlier >= 60 * scan_min for earlier, later in pairwise(at.tolist()))
    clock = begins(made) % DAY_S
    inside = np.zeros(made.n, bool)
    for (first, _), length in zip(shifts, length_s, strict=True):
        inside |= (clock - seconds(first)) % DAY_S + 60 * scan_min <= length
    assert inside.all()
    assert ((made.second >= 0) & (made.second < DAY_S)).all()
    assert ((made.day >= 0) & (made.day < 12)).all()


def seconds(clock: str) -> int:
    return int(clock[:2]) * 3600 + int(clock[3:]) * 60


def test_a_shift_before_four_in_the_morning_belongs_to_the_day_before():
    made = patrol(grid(4), {"a": fleet(shifts=(("01:00", "03:00"),), units=1)}, {"a": 5.0}, np.ones(7), 1)
    assert np.array_equal(np.bincount(made.day, minlength=7), [5] * 7)
    assert made.second.min() >= 21 * 3600


def test_visits_are_sorted_by_zone_and_time_and_each_has_a_name_of_its_own():
    fleets = {"a": fleet(shifts=(("07:00", "15:00"), ("15:00", "23:30"))), "b": fleet(owner="repo", units=5)}
    made = patrol(grid(6), fleets, {"a": 6.0, "b": 9.5}, np.ones(60), 3)
    order = np.lexsort((made.uid, made.second, made.day, made.zone))
    assert np.array_equal(order, np.arange(made.n))
    assert len(np.unique(made.uid)) == made.n
    assert np.bincount(made.fleet).tolist() == [6 * 2 * 3 * 60, (made.fleet == 1).sum()]


@pytest.mark.parametrize("shape", [0.3, 1.0, 5.0])
def test_visits_are_uneven_by_a_gamma_law_of_the_stated_shape(shape):
    zones = grid(50)
    weight = zone_weights(zones, "a", fleet(unevenness=shape), 2)
    assert zones.n * weight.var() * zones.n == pytest.approx(1 / shape, rel=0.25)
    assert weight.sum() == pytest.approx(1, abs=0.1)
    assert kstest(weight * zones.n, gamma(a=shape, scale=1 / shape).cdf).pvalue > 1e-3


def test_a_fleet_likes_or_neglects_whole_neighbourhoods_and_each_fleet_others():
    zones = grid(20, NEIGHBOURHOOD_M / 4)
    weight, other = (zone_weights(zones, name, fleet(unevenness=1), 2) for name in "ab")
    block = np.floor(zones.x_m / NEIGHBOURHOOD_M) + 100 * np.floor(zones.y_m / NEIGHBOURHOOD_M)
    for name in np.unique(block):
        assert np.ptp(weight[block == name]) < 1e-12
    assert len(np.unique(weight.round(12))) == len(np.unique(block)) == 25
    assert abs(np.corrcoef(weight, other)[0, 1]) < 0.9


def test_the_poorest_areas_are_visited_so_many_times_as_often_as_the_richest():
    zones = grid(10)
    zones.income_rank[:] = np.tile([0.0, 0.5, 1.0, 0.25], 25)
    weight = zone_weights(zones, "a", fleet(poorer_areas=4.0), 2)
    poor, middle, rich = (weight[zones.income_rank == rank].mean() for rank in (0.0, 0.5, 1.0))
    assert poor / rich == pytest.approx(4, rel=0.01)
    assert poor / middle == pytest.approx(2, rel=0.01)


def test_homes_get_their_share_of_visits_and_jobs_and_shops_the_rest():
    zones = grid(20)
    living = np.arange(400) % 4 == 0
    zones.residents[:] = np.where(living, 3.0, 0.0)
    for purpose in (Purpose.WORK, Purpose.SHOP):
        zones.attraction[purpose] = np.where(living, 0.0, 2.0)
    made = patrol(zones, {"a": fleet(homes=0.35, units=20)}, {"a": 5.0}, np.ones(60), 1)
    share = living[made.zone].mean()
    assert abs(share - 0.35) < 4 * np.sqrt(0.35 * 0.65 / made.n)


def test_visits_thin_out_round_a_base_as_the_territory_says():
    zones = grid(21, 100.0)
    weight = zone_weights(zones, "a", fleet(), 2)
    base, running = _territory(zones, np.arange(zones.n), weight, fleet(territory_m=400), np.uint64(7))
    chance = np.diff(running, prepend=0.0)
    away = np.hypot(zones.x_m - zones.x_m[base], zones.y_m - zones.y_m[base])
    assert np.allclose(chance / chance[base], weight / weight[base] * np.exp(-away / 400))


def test_each_unit_drives_where_its_own_territory_says():
    zones, a = grid(15, 300.0), fleet(units=4, territory_m=600, unevenness=2)
    made = patrol(zones, {"a": a}, {"a": 20.0}, np.ones(500), 9)
    middles = []
    for unit in range(4):
        there = made.zone[made.unit == unit]
        counts = np.bincount(there, minlength=zones.n)
        top = int(np.argmax(counts))
        far = np.hypot(zones.x_m - zones.x_m[top], zones.y_m - zones.y_m[top]) > 2400
        assert counts[far].sum() / counts.sum() < 0.2 < far.mean()
        middles.append((zones.x_m[there].mean(), zones.y_m[there].mean()))
        [base] = set(made.base[made.unit == unit].tolist())
        from_base = np.hypot(zones.x_m[there] - zones.x_m[base], zones.y_m[there] - zones.y_m[base])
        assert np.median(from_base) < 1200
    assert len({(round(x, -1), round(y, -1)) for x, y in middles}) == 4


def test_zones_beyond_the_map_are_never_visited():
    zones = grid(8, outside=30)
    made = patrol(zones, {"a": fleet(homes=0.5)}, {"a": 20.0}, np.ones(300), 1)
    assert not zones.outside[made.zone].any()
    assert len(np.unique(made.zone)) == 34


def test_more_visits_than_fit_into_a_shift_are_refused():
    short = fleet(shifts=(("07:00", "15:00"), ("22:00", "23:30")), scan_min=20)
    assert patrol(grid(4), {"tow": short}, {"tow": 4.0}, np.ones(3), 1).n
    with pytest.raises(ScenarioError) as told:
        patrol(grid(4), {"tow": short}, {"tow": 4.6}, np.ones(3), 1)
    assert str(told.value) == (
        "readers.mobile.tow: expected at most 4 visits in a shift of 1.5 hours, found 4.6, to collect what "
        "[readers.sightings] says; add units or shifts, shorten scan_min, or ask for fewer sightings"
    )


def test_a_fleet_goes_to_homes_alone_where_there_is_nothing_else():
    bare = replace(grid(4), attraction=np.zeros((N_PURPOSES, 16)))
    weight = zone_weights(bare, "a", fleet(homes=0.5), 1)
    assert weight == pytest.approx(np.full(16, 0.5 / 16), rel=0.01)
    assert np.isfinite(zone_weights(bare, "a", fleet(homes=1.0), 1)).all()


@pytest.mark.parametrize(
    ("zones", "changes"),
    [
        (replace(grid(4), attraction=np.zeros((N_PURPOSES, 16))), {"homes": 0.0}),
        (replace(grid(4), residents=np.zeros(16)), {"homes": 1.0}),
        (grid(4, outside=16), {}),
        (grid(2, apart_m=1.0), {"unevenness": 1e-3}),
    ],
)
def test_a_fleet_with_nowhere_to_go_is_refused(zones, changes):
    loose = fleet().model_copy(update=changes)
    with pytest.raises(ScenarioError, match=r"^readers.mobile.tow: expected zones on the map .* leave the fleet out$"):
        patrol(zones, {"tow": loose}, {"tow": 1.0}, np.ones(3), 1)


def test_same_seed_same_calendar_and_another_seed_another():
    made, again, other = (
        patrol(grid(5), {"a": fleet(unevenness=1)}, {"a": 4.0}, np.ones(30), seed) for seed in (1, 1, 2)
    )
    for name in ("zone", "day", "second", "fleet", "unit", "uid"):
        assert np.array_equal(getattr(made, name), getattr(again, name))
    assert not np.array_equal(np.sort(made.uid), np.sort(other.uid))


def test_another_unit_or_fleet_changes_no_other_unit_s_visits():
    zones, a = grid(6), fleet(unevenness=1, on_duty=0.7)
    before = patrol(zones, {"a": a}, {"a": 4.5}, np.ones(30), 1)
    for fleets in ({"a": fleet(unevenness=1, on_duty=0.7, units=4)}, {"b": fleet(units=2), "a": a}):
        after = patrol(zones, fleets, dict.fromkeys(fleets, 4.5), np.ones(30), 1)
        kept = np.isin(after.uid, before.uid)
        assert kept.sum() == before.n < after.n
        for name in ("zone", "day", "second", "unit"):
            assert np.array_equal(getattr(after, name)[kept], getattr(before, name))


def test_nobody_drives_who_is_never_on_duty():
    assert patrol(grid(4), {"a": fleet(on_duty=0.0)}, {"a": 5.0}, np.ones(30), 1).n == 0
