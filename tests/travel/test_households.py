"""Households: who lives where, how often they move, which places they favour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from worlds import town_scenario

from simulate.kernels import plan
from simulate.travel import households as hh
from simulate.world.build import build_world
from simulate.world.zones import Purpose


@pytest.fixture(scope="module")
def town():
    scenario = town_scenario(2, roads__population=3000, roads__density_per_km2=1500)
    world = build_world(scenario)
    return (
        scenario.settings.households,
        world.zones,
        hh.populate(world.zones.residents, scenario.settings.households, 2),
    )


def test_every_zone_gets_the_cars_it_should(town):
    _, zones, people = town
    wanted = zones.residents.sum()
    assert wanted == pytest.approx(3000 * 0.68)
    assert round(wanted) <= people.n_vehicles < wanted + plan.MAX_CARS
    per_household = wanted / people.n_households
    expected = zones.residents / per_household
    assert (np.abs(np.bincount(people.home, minlength=zones.n) - expected) <= 1).all()
    assert not np.bincount(people.home, minlength=zones.n)[zones.residents == 0].any()


def test_households_are_of_the_types_asked_for(town):
    kinds, _, people = town
    n = people.n_households
    for i, kind in enumerate(kinds.types.values()):
        assert abs((people.kind == i).mean() - kind.share) < 4 * np.sqrt(kind.share * (1 - kind.share) / n)
        assert (np.diff(people.first_vehicle)[people.kind == i] == kind.cars).all()


def test_movers_and_stayers_bring_out_both_published_shares():
    share, rate = hh.movers_and_stayers(0.12, 0.35)
    assert share * (1 - np.exp(-rate)) == pytest.approx(0.12, abs=1e-9)
    assert share * (1 - np.exp(-5 * rate)) == pytest.approx(0.35, abs=1e-9)
    assert 0.35 < share < 0.6


@settings(deadline=None, derandomize=True)
@given(st.floats(0.01, 0.6), st.floats(0.02, 0.98))
def test_movers_and_stayers_fit_whatever_can_be_fitted(one, five):
    assume(one * 1.01 < five < (1 - (1 - one) ** 5) * 0.999)
    share, rate = hh.movers_and_stayers(one, five)
    assert 0 < share <= 1
    assert share * (1 - np.exp(-rate)) == pytest.approx(one, rel=1e-6)
    assert share * (1 - np.exp(-5 * rate)) == pytest.approx(five, rel=1e-6)


def test_gaps_have_the_mean_and_the_shape_of_a_constant_rate():
    gaps = hh.gap_table(0.2)
    assert gaps.mean() == pytest.approx(5 * 365.25, rel=0.01)
    assert (gaps <= 365).mean() == pytest.approx(1 - np.exp(-0.2), abs=2 / hh.GAPS)
    assert gaps.min() >= 1
    assert (hh.gap_table(0.0) == hh.NEVER).all()


def test_work_begins_when_the_survey_says():
    leaves = 8 + hh.shift_table() / 3600 - 0.3  # half an hour of driving, a few minutes of lateness
    assert len(leaves) == 256
    assert ((leaves >= 6) & (leaves < 8.5)).mean() == pytest.approx(0.57, abs=0.02)  # ACS 2009
    assert 7.5 <= np.median(leaves) < 8.0  # ACS 2009
    assert (leaves < 6).mean() == pytest.approx(0.10, abs=0.03)


@pytest.mark.parametrize(
    ("purpose", "slots", "explores"),
    [
        (Purpose.SHOP, hh.SHOP_SLOTS, True),
        (Purpose.MEAL, hh.MEAL_SLOTS, True),
        (Purpose.LEISURE, hh.LEISURE_SLOTS, True),
        (Purpose.VISIT, hh.VISIT_SLOTS, False),
    ],
)
def test_visits_fall_by_rank_as_a_zipf_law(purpose, slots, explores):
    travel = town_scenario().settings.travel
    shares = hh.differing_shares(travel.new_place, travel.new_place_spread, 16)
    for row, share in zip(hh.slot_table(travel)[:, purpose], shares, strict=True):
        counts = np.bincount(row, minlength=plan.ALL_SLOTS)
        familiar = counts[list(slots)]
        assert (np.diff(familiar) <= 0).all()
        expected = np.arange(1, len(familiar) + 1) ** -travel.zipf
        assert np.allclose(familiar / 256, expected / expected.sum() * (1 - share * explores), atol=1.5 / 256)
        strange = 256 - familiar.sum()
        assert abs(strange - 256 * share * explores) <= 1
        assert strange == counts[plan.NEW_SLOT + purpose]


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
def test_shares_differ_over_cars_and_keep_their_mean(mean, spread):
    shares = hh.differing_shares(mean, spread, 16)
    assert shares.mean() == pytest.approx(mean, abs=1e-9)
    assert ((shares >= 0) & (shares <= 1)).all()
    if spread == 0 or mean in {0.0, 1.0}:
        assert np.ptp(shares) == pytest.approx(0, abs=1e-12)
    else:
        odds = np.log(shares / (1 - shares))
        assert (np.diff(shares) > 0).all()
        assert odds.std() == pytest.approx(spread, rel=0.07)  # sixteen classes cut the tails off


def test_days_of_a_household_spread_over_the_circle_as_the_scenario_says():
    households = town_scenario().settings.households
    for busy, regular, narrow, wide in ((0.0, 0.0, 1.0, 1.0), (0.6, 0.0, 0.4, 0.4), (0.6, 0.5, 0.2, 0.6), (0, 1, 0, 1)):
        widths = hh.day_widths(households.model_copy(update={"busy_spread": busy, "regular_spread": regular}))
        assert widths.dtype == np.uint64
        assert (np.diff(widths.astype(np.int64)) >= 0).all()
        ends = widths[[0, -1]] / (1 << plan.CIRCLE_BITS)
        assert ends == pytest.approx([narrow, wide], abs=0.005)
    assert [hh.arc(spread) for spread in (0.0, 0.5, 1.0)] == [1 << 21, 1 << 20, 0]


def test_single_places_have_one_slot_each():
    table = hh.slot_table(town_scenario().settings.travel)
    single = {
        Purpose.HOME: hh.HOME_SLOT, Purpose.WORK: hh.WORK_SLOT, Purpose.SCHOOL: hh.SCHOOL_SLOT,
        Purpose.WORSHIP: hh.WORSHIP_SLOT, Purpose.CLINIC: hh.CLINIC_SLOT, Purpose.GROUP: hh.GROUP_SLOT,
        Purpose.OUTSIDE: hh.OUTSIDE_SLOT, Purpose.LUNCH: hh.LUNCH_SLOT, Purpose.CITY: plan.NEW_SLOT + Purpose.CITY,
    }  # fmt: skip
    for purpose, slot in single.items():
        assert (table[:, purpose] == slot).all()


def test_every_other_day_out_leads_somewhere_new():
    for row in hh.slot_table(town_scenario().settings.travel)[:, Purpose.TRIP]:
        assert (row == plan.NEW_SLOT + Purpose.TRIP).mean() == 0.5
        assert (row == hh.TRIP_SLOT).mean() == 0.5


def test_each_slot_is_filled_for_the_purpose_that_picks_it():
    table, filled = hh.slot_table(town_scenario().settings.travel), hh.slot_purposes()
    for purpose in Purpose:
        for slot in np.unique(table[:, purpose]).tolist():
            assert (slot - plan.NEW_SLOT if slot >= plan.NEW_SLOT else filled[slot]) == purpose


def test_kernel_and_households_count_alike():
    for name in ("HOME_SLOT", "WORK_SLOT", "GROUP_SLOT", "OUTSIDE_SLOT", "LUNCH_SLOT", "TRIP_SLOT", "N_SLOTS"):
        assert getattr(plan, name) == getattr(hh, name)
    slots = np.unique(hh.slot_table(town_scenario().settings.travel))
    new = slots >= plan.NEW_SLOT
    assert slots[~new].max() < plan.N_SLOTS == len(hh.slot_purposes()) < plan.NEW_SLOT
    assert slots.max() < plan.ALL_SLOTS
    bit = int(plan.NEW_BITS) & 255
    assert ((slots & bit > 0) == new).all()
