"""Habits: new places, and people who differ for life while everyone together stays the same."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import Small, small, town_scenario

from simulate.kernels import plan
from simulate.kernels.leaf import driver
from simulate.travel import days, truth
from simulate.world.zones import Purpose

DAYS = 84
SPREADS = (
    "households.busy_spread", "households.regular_spread", "households.range_spread", "parking.view_spread",
    "travel.new_place_spread",
)  # fmt: skip
ALIKE = dict.fromkeys(SPREADS, 0.0)
UNLIKE = {**dict.fromkeys(SPREADS, 0.8), "travel.new_place_spread": 2.0, "travel.new_place": 0.4}
TOWN = {"roads.population": 1500, "roads.density_per_km2": 800, "period.days": DAYS, "households.away_week": 0.0,
        "households.ill_week": 0.0, "households.in_group": 0.0, "events.per_month": 0}  # fmt: skip
EVEN = 1 << plan.CIRCLE_BITS


@pytest.fixture(scope="module")
def alike() -> Small:
    return small(town_scenario(21, **{**TOWN, **ALIKE, "travel.new_place": 0.4}), scattered=1)


@pytest.fixture(scope="module")
def unlike() -> Small:
    return small(town_scenario(21, **{**TOWN, **UNLIKE}), scattered=1)


def trips_of(run: Small) -> truth.Trips:
    return truth.trips(run.lives, np.arange(run.lives.population.n_vehicles), 0, DAYS)


@driver
def lean_all(trait, share, width, out):
    for i in range(len(trait)):
        out[i] = plan.lean(trait[i], share[i], width[i])


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, EVEN - 1), st.integers(0, 2**32 - 1), st.integers(0, EVEN)), min_size=1))
def test_the_compiled_lean_is_the_readable_one(cases):
    out = np.empty(len(cases), np.uint64)
    lean_all(*(np.array(column, np.uint64) for column in zip(*cases, strict=True)), out)
    assert out.tolist() == [days.lean(*case) for case in cases]


@pytest.mark.parametrize("width", [0, 1, EVEN // 3, EVEN // 2, EVEN])
def test_everyone_together_has_every_quantile_equally_often_whatever_the_width(width):
    drawn = np.random.default_rng(1).integers(0, [[EVEN], [2**32]], (2, 40_000)).astype(np.uint64)
    out = np.empty(drawn.shape[1], np.uint64)
    lean_all(*drawn, np.full(drawn.shape[1], width, np.uint64), out)
    counts = np.bincount((out >> np.uint64(plan.QUANTILE_BITS - 4)).astype(np.int64), minlength=16)
    assert len(counts) == 16
    assert ((counts - 2500) ** 2 / 2500).sum() < 45  # chi squared of 15 degrees of freedom: one in 10,000


def test_over_the_full_circle_a_trait_says_nothing_and_over_none_it_says_all():
    shares = range(0, 2**32, 2**26)
    for trait in (0, 12_345, EVEN - 1):
        quantiles = [days.lean(trait, share, EVEN) for share in shares]
        assert np.mean(quantiles) == pytest.approx(2**19, rel=0.02)
        assert np.ptp(quantiles) > 0.95 * 2**20
        assert {days.lean(trait, share, 0) for share in shares} == {min(trait, EVEN - 1 - trait)}


def test_each_stop_at_a_new_place_has_a_place_of_its_own(unlike):
    """One car's stops of one purpose lead to as many zones as independent draws from the row of its home."""
    life = unlike.lives.tables
    chapter = days.chapter_on(life, 3, 0)
    row = life.places.destinations[Purpose.LEISURE, life.places.zone_hub[chapter.home]]
    words = [days.bits64(int(life.keys[plan.K_CAR]), 3, day) for day in range(400)]
    for stay in range(1, plan.MAX_STOPS + 1):
        places = [days.new_place(life, chapter, w, stay, plan.NEW_SLOT + Purpose.LEISURE) for w in words]
        assert set(places) <= set(row.tolist())
        expected = len({int(row[i]) for i in np.random.default_rng(stay).integers(0, 512, 400)})
        assert len(set(places)) == pytest.approx(expected, rel=0.15)
        other = [days.new_place(life, chapter, w, stay % 5 + 1, plan.NEW_SLOT + Purpose.LEISURE) for w in words]
        chance = ((np.unique(row, return_counts=True)[1] / len(row)) ** 2).sum()
        together = np.mean(np.array(places) == np.array(other))
        assert together < chance + 4 * np.sqrt(chance / 400), "two stops of one day are drawn apart"


def test_new_places_come_as_often_as_the_scenario_says_and_more_to_some(alike, unlike):
    for run, spread in ((alike, 0.0), (unlike, 2.0)):
        life = run.lives.tables
        shares = (life.places.slot_of[:, Purpose.SHOP] >= plan.NEW_SLOT).mean(axis=1)
        classes = Counter(
            days.driver_trait(life, v, plan.EXPLORER) >> plan.CIRCLE_BITS - plan.EXPLORER_BITS for v in range(900)
        )
        assert set(classes) == set(range(16))
        assert max(classes.values()) < 900 / 16 * 1.7
        assert shares.mean() == pytest.approx(0.4, abs=0.01)
        assert (np.ptp(shares) > 0.8) == (spread > 0)


def idle_days(run: Small) -> np.ndarray:
    """Return on how many days each car that lives here is not driven."""
    trips, n = trips_of(run), run.lives.population.n_residents
    used = np.unique(trips.vehicle << 16 | trips.day) >> 16
    return DAYS - np.bincount(used[used < n], minlength=n)


def test_some_households_drive_much_more_than_others_of_their_type_and_all_together_as_much(alike, unlike):
    kind = alike.lives.tables.people.kind[alike.lives.tables.people.household]
    before, after = idle_days(alike), idle_days(unlike)
    assert len(before) > 900
    assert after.mean() == pytest.approx(before.mean(), rel=0.06)
    first = np.isin(np.arange(len(before)), alike.lives.population.first_vehicle)
    for one in np.unique(kind):
        mine = first & (kind[: len(first)] == one)
        assert after[mine].std() > 2 * before[mine].std()


def test_regular_households_repeat_their_days(unlike):
    """The narrower a household's share of the days of its type, the fewer shapes it drives in."""
    life = unlike.lives.tables
    widths, shapes = [], []
    for household in range(unlike.lives.population.n_households):
        width = days.household_trait(life, household, plan.REGULAR) >> plan.CIRCLE_BITS - 8
        chapters = [days.chapter_on(life, household, day) for day in range(0, DAYS, 7)]
        weekday = [days.template_on(life, household, 0, c, 7 * week + 1) for week, c in enumerate(chapters)]
        widths.append(int(life.habits.day_width[width]))
        shapes.append(len(set(weekday)))
    assert np.corrcoef(widths, shapes)[0, 1] > 0.2


def test_some_households_drive_farther_than_others(alike, unlike):
    """How far its familiar places lie varies more over households, not in the mean."""
    means = []
    for run in (alike, unlike):
        life, zones, far = run.lives.tables, run.world.zones, []
        for household in range(run.lives.population.n_households):
            chapter = days.chapter_on(life, household, 0)
            at = [days.place_of(life, household, 0, chapter, 0, slot) for slot in range(2, 18)]
            ways = np.hypot(zones.x_m[at] - zones.x_m[chapter.home], zones.y_m[at] - zones.y_m[chapter.home])
            far.append(ways.mean())
        means.append(np.array(far))
    assert means[1].mean() == pytest.approx(means[0].mean(), rel=0.05)
    assert means[1].std() > 1.5 * means[0].std()


@pytest.mark.parametrize("at_home", [True, False])
def test_whoever_stands_in_view_at_one_place_does_so_at_others(alike, unlike, at_home):
    shares = []
    for run in (alike, unlike):
        life = run.lives.tables
        seen = np.array([
            [days.parks_at(life, v, zone, at_home=at_home) < 2**32 * 0.35 for zone in range(12)] for v in range(900)
        ])  # fmt: skip
        assert seen.mean() == pytest.approx(0.35, abs=0.05)
        shares.append(seen.mean(axis=1))
    never = [(share == 0).mean() for share in shares]
    assert never[0] < 0.02
    assert never[1] > 0.3
    if at_home:  # cars of one household share its garage
        household = unlike.lives.tables.people.household[:900]
        same = household[1:] == household[:-1]
        assert np.corrcoef(shares[1][1:][same], shares[1][:-1][same])[0, 1] > 0.8
