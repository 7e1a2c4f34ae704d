"""The tables of a life."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import anaheim_scenario, small, town_scenario

from simulate import streams
from simulate.kernels.life import flat
from simulate.kernels.plan import KEY_NAMES
from simulate.travel.life import PEAK_HOURS, SPELLS, hour_factors
from simulate.world.zones import Purpose


@pytest.fixture(scope="module")
def town():
    return small(town_scenario(1, roads__population=2000, roads__density_per_km2=1500, period__days=7))


def test_every_decision_has_a_key_of_its_own(town):
    keys = town.lives.tables.keys
    assert len(np.unique(keys)) == len(KEY_NAMES) == len(keys)
    assert keys[KEY_NAMES.index("read")] == streams.key(1, "travel.read")


def test_hours_scale_free_driving():
    factors = hour_factors(1.5)
    assert factors.shape == (24,)
    assert factors[3] == round(65_536 / 10)
    assert factors[7] == round(1.5 * 65_536 / 10)
    assert (factors == factors[3]).sum() == 24 - len(PEAK_HOURS)
    assert (hour_factors(1.0) == factors[3]).all()


def test_routes_are_chosen_by_the_shares_and_others_more_often_in_the_peak(town):
    table = town.lives.tables.roads.alternative
    shares = [np.bincount(table[hour], minlength=3) / 16 for hour in range(24)]
    assert np.allclose(shares[12], [0.7, 0.2, 0.1], atol=1 / 16)
    assert shares[7][0] < shares[12][0]
    assert shares[17][0] < shares[12][0]
    for hour in set(range(24)) - set(PEAK_HOURS):
        assert np.array_equal(shares[hour], shares[12])


def test_the_usual_route_can_be_everybodys():
    lives = small(town_scenario(1, travel__route_shares=[1.0, 0.0, 0.0], period__days=2)).lives
    assert not lives.tables.roads.alternative.any()


def test_groups_meet_where_there_is_something_and_never_beyond_the_map(town):
    life, zones = town.lives.tables, town.world.zones
    assert not zones.outside[life.groups.zone].any()
    assert (zones.attraction[Purpose.GROUP][life.groups.zone] > 0).all()
    expected = round(town.lives.population.n_households * 0.35 / 12)
    assert len(life.groups.zone) == expected
    assert set(life.groups.weekday.tolist()) <= set(range(7))
    assert len(set(life.groups.weekday.tolist())) > 4
    assert set(life.groups.offset_s.tolist()) <= {-1800, -900, 0, 900, 1800}


def test_groups_of_anaheim_meet_on_the_map(data):
    run = small(anaheim_scenario(data, period__days=1))
    assert run.world.zones.attraction[Purpose.GROUP][run.world.zones.outside].all()
    assert not run.world.zones.outside[run.lives.tables.groups.zone].any()


def test_spells_begin_before_they_end():
    """A spell of one day would leave and never come back."""
    assert len(SPELLS) == 16
    assert all(0 <= first < last <= 6 for first, last in SPELLS)


def test_thresholds_are_the_shares_of_the_scenario(town):
    mover, *shares = (int(x) / 2**32 for x in town.lives.tables.below)
    assert shares == pytest.approx([0.05, 0.09, 0.35, 0.7, 0.03, 0.0])
    assert 0.35 < mover < 0.6


def test_people_and_calendar_do_not_depend_on_the_readers():
    few, many = (small(town_scenario(1, readers__place__police__count=n, period__days=3)).lives for n in (1, 9))
    tables, others = flat(few.tables), flat(many.tables)
    assert len(tables) > 50
    for name, table in tables.items():
        assert np.array_equal(table, others[name]), name
