"""The invented town: streets that lead everywhere, and people who live on them."""

from __future__ import annotations

import dataclasses

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import town_scenario

from simulate.world.roads import CAPACITY, RoadClass, strong_parts, to_networkx
from simulate.world.town import SHARE_CLOSED, SPEED_KMH, Grid, build_streets, build_town
from simulate.world.zones import Purpose


@pytest.fixture(scope="module")
def town():
    return build_town(town_scenario(roads__population=20_000, roads__density_per_km2=1500).settings.roads, 1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(4, 25), st.floats(30, 500), st.integers(0, 10**9))
def test_every_street_leads_everywhere(side, block_m, seed):
    roads = build_streets(Grid(side=side, block_m=block_m), seed)
    assert roads.n_nodes == side * side
    assert strong_parts(roads).max() == 0


def test_networkx_agrees_that_the_town_is_connected(town):
    assert nx.is_strongly_connected(to_networkx(town[0]))


def test_streets_run_both_ways_alike(town):
    roads = town[0]
    ends = {pair: i for i, pair in enumerate(zip(roads.tail.tolist(), roads.head.tolist(), strict=True))}
    assert len(ends) == roads.n_links
    back = [ends[b, a] for a, b in ends]
    for name in ("length_m", "free_s", "road_class", "capacity"):
        assert np.array_equal(getattr(roads, name)[back], getattr(roads, name))


def test_links_are_as_long_and_as_fast_as_they_look(town):
    roads = town[0]
    straight = np.hypot(roads.x_m[roads.tail] - roads.x_m[roads.head], roads.y_m[roads.tail] - roads.y_m[roads.head])
    assert np.allclose(roads.length_m, straight)
    assert roads.length_m.min() > 200 * (1 - 2 * 0.18) - 1
    for kind in set(roads.road_class.tolist()):
        here = roads.road_class == kind
        assert np.allclose(roads.length_m[here] / roads.free_s[here] * 3.6, SPEED_KMH[RoadClass(kind)])
        assert (roads.capacity[here] == CAPACITY[RoadClass(kind)]).all()


def test_the_town_has_the_area_of_its_density(town):
    roads = town[0]
    area_km2 = np.ptp(roads.x_m) * np.ptp(roads.y_m) / 1e6
    assert area_km2 == pytest.approx(20_000 / 1500, rel=0.1)


def test_a_share_of_minor_streets_was_never_built():
    side = 60
    roads = build_streets(Grid(side=side, block_m=200), 4)
    links = 2 * 2 * side * (side - 1)
    main, ring = side // 4, 2
    minor = (side - main - ring) * (side - 1)  # minor streets that run east and west
    missing = (links - roads.n_links) / 2
    assert abs(missing / minor - SHARE_CLOSED) < 4 * np.sqrt(SHARE_CLOSED * (1 - SHARE_CLOSED) / minor)


def test_main_streets_come_every_fourth_block(town):
    roads = town[0]
    share = (roads.road_class == RoadClass.ARTERIAL).mean()
    assert 0.2 < share < 0.32
    assert not (roads.road_class == RoadClass.FREEWAY).any()


@pytest.mark.parametrize("per_zone", [1, 7, 40, 100])
def test_zones_hold_no_more_vehicles_than_asked(per_zone):
    settings = town_scenario(roads__population=3000, roads__vehicles_per_zone=per_zone).settings.roads
    _, zones = build_town(settings, 2)
    assert zones.residents.max() <= per_zone * (1 + 1e-12)
    assert zones.residents.sum() == pytest.approx(3000 * 0.68)


def test_the_ends_of_main_streets_stand_for_the_world_beyond():
    roads, zones = build_town(town_scenario(roads__population=20_000, roads__density_per_km2=1700).settings.roads, 1)
    side = round(np.sqrt(roads.n_nodes))
    assert (side - 1) % 4 != 2, "else the rim itself would be a main street"
    row, column = np.divmod(np.arange(roads.n_nodes), side)
    rim = (row % (side - 1) == 0) | (column % (side - 1) == 0)
    main = roads.road_class == RoadClass.ARTERIAL
    ends = rim & np.isin(np.arange(roads.n_nodes), [roads.tail[main], roads.head[main]])
    assert ends.sum() > 4
    assert sorted(zones.hub[zones.outside].tolist()) == np.flatnonzero(ends).tolist()
    assert not zones.outside[: -ends.sum()].any()
    assert not zones.residents[zones.outside].any()
    for purpose in Purpose:
        assert zones.attraction[purpose][zones.outside].any() == (purpose is Purpose.OUTSIDE)


def test_work_gathers_downtown_and_homes_thin_out(town):
    _, zones = town
    radius = np.hypot(zones.x_m, zones.y_m)
    jobs = zones.attraction[Purpose.WORK]
    near = radius < 0.3 * radius.max()
    assert jobs[near].sum() / jobs.sum() > 2 * near.mean()
    parts = (near, radius > 0.8 * radius.max())
    inner, outer = (np.bincount(zones.hub[part], weights=zones.residents[part]).max() for part in parts)
    assert inner > outer


def test_same_seed_same_town_and_another_seed_another():
    settings = town_scenario().settings.roads
    (roads, zones), (again, zones_again), (other, _) = (build_town(settings, seed) for seed in (1, 1, 2))
    for a, b in ((roads, again), (zones, zones_again)):
        for field in dataclasses.fields(a):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name
    assert not np.array_equal(roads.x_m, other.x_m)
