"""The calendar of mobile units: who drives, where, when and how unevenly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simulate.scenario
from simulate.checks import ScenarioError
from simulate.world.build import build_world
from simulate.world.patrols import NEIGHBOURHOOD_M, patrol, zone_weights

FLEETS = Path(__file__).parent.parent / "fleets.toml"
DAYS = 40


@pytest.fixture(scope="module")
def scenario():
    return simulate.scenario.load(FLEETS, overrides={"roads.population": 8000, "period.days": DAYS})


@pytest.fixture(scope="module")
def world(scenario):
    return build_world(scenario)


def fleet(scenario, name="patrol", **changes):
    return scenario.settings.readers.mobile[name].model_copy(update=changes)


def calendar(world, scenario, visits=6.0, **changes):
    return patrol(world.zones, {"patrol": fleet(scenario, **changes)}, {"patrol": visits}, DAYS, seed=1)


def test_units_scan_as_often_as_they_are_said_to(world, scenario):
    made = calendar(world, scenario)
    shifts = 3 * 2 * DAYS
    assert made.n == pytest.approx(shifts * 0.8 * 6, rel=0.06)  # 2.6 standard deviations of the duty


def test_nobody_drives_who_is_not_on_duty(world, scenario):
    assert calendar(world, scenario, on_duty=0.0).n == 0


def test_no_unit_is_in_two_zones_at_once(world, scenario):
    made = calendar(world, scenario, visits=30.0)
    start = made.day.astype(np.int64) * 86_400 + made.second
    for unit in range(3):
        own = np.sort(start[made.unit == unit])
        assert len(own) > 500
        assert np.diff(own).min() >= 6 * 60  # scan_min


def test_visits_stay_within_the_shifts(world, scenario):
    made = calendar(world, scenario)
    hour = (made.second // 3600 + 4) % 24
    assert set(np.unique(hour)) <= {*range(7, 15), 22, 23, *range(5)}
    assert {23, 1, 4, 8} <= set(np.unique(hour))


def test_zones_beyond_the_map_are_never_scanned(world, scenario):
    assert world.zones.outside.any()
    assert not world.zones.outside[calendar(world, scenario).zone].any()


def test_another_unit_changes_no_other_unit_s_visits(world, scenario):
    three, four = calendar(world, scenario), calendar(world, scenario, units=4)
    assert four.n > three.n
    assert set(three.uid.tolist()) <= set(four.uid.tolist())
    kept = np.isin(four.uid, three.uid)
    order = np.argsort(three.uid)
    again = np.flatnonzero(kept)[np.argsort(four.uid[kept])]
    for name in ("zone", "day", "second"):
        assert np.array_equal(getattr(three, name)[order], getattr(four, name)[again])


def test_small_shapes_leave_most_neighbourhoods_alone(world, scenario):
    def left_alone(shape):
        weight = zone_weights(world.zones, "patrol", fleet(scenario, unevenness=shape, poorer_areas=1.0), seed=1)
        plain = zone_weights(world.zones, "patrol", fleet(scenario, unevenness=1e6, poorer_areas=1.0), seed=1)
        inside = plain > 0
        return np.mean(weight[inside] / plain[inside] < 0.1)

    assert left_alone(0.2) > 0.25
    assert left_alone(50.0) == 0


def test_neighbours_are_liked_or_neglected_together(world, scenario):
    weight = zone_weights(world.zones, "patrol", fleet(scenario, unevenness=0.5, poorer_areas=1.0), seed=1)
    plain = zone_weights(world.zones, "patrol", fleet(scenario, unevenness=1e6, poorer_areas=1.0), seed=1)
    inside = np.flatnonzero(plain > 0)
    liking = weight[inside] / plain[inside]
    cell = np.floor(np.column_stack([world.zones.x_m, world.zones.y_m])[inside] / NEIGHBOURHOOD_M)
    _, which = np.unique(cell, axis=0, return_inverse=True)
    which = which.ravel()
    spread = [np.ptp(liking[which == i]) / liking[which == i].mean() for i in range(which.max() + 1)]
    assert which.max() > 3
    assert max(spread) < 1e-2
    assert liking.std() / liking.mean() > 0.5


def test_poorer_areas_are_visited_more(world, scenario):
    even = {"unevenness": 1e6}
    plain = zone_weights(world.zones, "patrol", fleet(scenario, poorer_areas=1.0, **even), seed=1)
    tilted = zone_weights(world.zones, "patrol", fleet(scenario, poorer_areas=4.0, **even), seed=1)
    inside = plain > 0
    ratio = tilted[inside] / plain[inside]
    rank = world.zones.income_rank[inside]
    assert np.allclose(ratio, 4.0 ** (0.5 - rank), rtol=1e-2)


def test_units_keep_to_their_territory(world, scenario):
    near, far = (calendar(world, scenario, territory_m=metres) for metres in (300.0, 1e6))

    def spread(made):
        return np.mean([np.std(world.zones.x_m[made.zone[made.unit == unit]]) for unit in range(3)])

    assert spread(near) < 0.75 * spread(far)


def test_more_visits_than_fit_into_a_shift_are_refused(world, scenario):
    with pytest.raises(ScenarioError, match=r"readers.mobile.patrol: expected at most 70 visits in a shift of 7 hours"):
        calendar(world, scenario, visits=75.0)
