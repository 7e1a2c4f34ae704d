"""The tables of a life."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import anaheim_scenario, small, town_scenario

from simulate import streams
from simulate.kernels.life import flat
from simulate.kernels.plan import KEY_NAMES
from simulate.travel.life import SPELLS, hour_factors
from simulate.world.pace import PEAK_HOURS
from simulate.world.routes import N_ALTERNATIVES, alternative_shares
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


def test_usual_routes_are_shared_out_as_the_scenario_says_and_changed_more_often_in_the_peak(town):
    roads, travel = town.lives.tables.roads, town.scenario.settings.travel
    wanted = alternative_shares(travel.route_shares)
    assert np.allclose(np.bincount(roads.usual, minlength=N_ALTERNATIVES) / 256, wanted, atol=1 / 256)
    for usual, row in enumerate(roads.other):
        others = np.where(np.arange(N_ALTERNATIVES) == usual, 0, wanted) / (1 - wanted[usual])
        assert np.allclose(np.bincount(row, minlength=N_ALTERNATIVES) / 256, others, atol=1 / 128)
    kept = roads.kept_below / 65_536
    assert kept[12] == pytest.approx(travel.route_kept, abs=1e-5)
    assert kept[7] == kept[17] == pytest.approx(0.9 * travel.route_kept, abs=1e-5)
    assert all(kept[hour] == kept[12] for hour in set(range(24)) - set(PEAK_HOURS))


def test_the_usual_route_can_be_everybodys():
    roads = small(town_scenario(1, travel__route_shares=[1.0, 0.0, 0.0], period__days=2)).lives.tables.roads
    assert not roads.usual.any()
    assert not roads.other[0].any()


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
