"""Beyond a metro: freeways go on to stations as far as people drive."""

from __future__ import annotations

import numpy as np
import pytest

import simulate as sim
from simulate.world.build import build_world
from simulate.world.metro.beyond import BEYOND_KM, BEYOND_KMH, DAY_OUT_SHARES, SHARES
from simulate.world.metro.build import build_inside, build_metro
from simulate.world.metro.zones import MOST_HUBS
from simulate.world.roads import RoadClass, strong_parts
from simulate.world.zones import Purpose

SMALL = {"roads.population": 300_000, "roads.density_per_km2": 900, "roads.water": "none"}


@pytest.fixture(scope="module")
def world():
    return build_world(sim.load("metro", seed=2, overrides=SMALL))


def stations_of(world):
    """Return the zones of the stations: those outside that no visitor comes through."""
    zones = world.zones
    return np.flatnonzero(zones.outside & (zones.attraction[Purpose.OUTSIDE] == 0))


def test_only_freeways_go_on_and_all_stand_at_the_same_distances():
    settings = sim.load("metro", overrides=SMALL).settings.roads
    inside, exits, hubs, zones = build_inside(settings, 2)
    roads, all_hubs, all_zones, external_trips = build_metro(settings, 2)
    fast = exits[np.isin(exits, inside.tail[inside.road_class == RoadClass.FREEWAY])]
    n = len(fast) * len(BEYOND_KM)
    assert roads.n_nodes == inside.n_nodes + n > inside.n_nodes
    assert np.array_equal(all_hubs, [*hubs, *range(inside.n_nodes, roads.n_nodes)])
    assert np.array_equal(all_zones.hub[: zones.n], zones.hub)
    assert strong_parts(roads).max() == 0
    new = np.flatnonzero(roads.road_class == RoadClass.CONNECTOR)
    assert len(new) == 2 * n
    assert np.allclose(roads.length_m[new] / roads.free_s[new] * 3.6, BEYOND_KMH)
    far_km = dict.fromkeys(fast.tolist(), 0.0)
    for link in sorted(new, key=lambda link: max(roads.tail[link], roads.head[link])):
        a, b = int(roads.tail[link]), int(roads.head[link])
        if b > a:
            far_km[b] = far_km[a] + roads.length_m[link] / 1000
    beyond = sorted(node for node in far_km if node >= inside.n_nodes)
    assert [far_km[node] for node in beyond] == pytest.approx(list(BEYOND_KM) * len(fast))
    assert external_trips.group[zones.n :].tolist() == list(range(len(BEYOND_KM))) * len(fast)
    assert (external_trips.group[: zones.n] == -1).all()


def test_the_stated_shares_leave_the_metro(world):
    settings, zones = sim.load("metro").settings.roads, world.zones
    homes = np.bincount(zones.hub, weights=zones.residents, minlength=len(world.routes.hub_node))
    for purpose, of_ring in SHARES.items():
        share = settings.leave_work if purpose is Purpose.WORK else settings.leave_other
        external_trips = zones.outside[world.destinations[purpose]].mean(axis=1) @ homes / homes.sum()
        assert external_trips == pytest.approx(share * sum(of_ring), abs=0.003)
    assert not zones.outside[world.destinations[[Purpose.SHOP, Purpose.SCHOOL, Purpose.WORSHIP]]].any()


def test_days_out_lead_far_beyond_by_every_freeway(world):
    stations, where = stations_of(world), world.destinations[Purpose.TRIP]
    assert np.isin(where, stations).all()
    per_ring = np.array([np.isin(where, stations[ring :: len(BEYOND_KM)]).mean() for ring in range(len(BEYOND_KM))])
    assert per_ring == pytest.approx(DAY_OUT_SHARES, abs=0.01)


def test_nobody_who_is_followed_lives_beyond_and_visitors_come_by_the_edge(world):
    stations = stations_of(world)
    assert not world.zones.residents[stations].any()
    assert not np.isin(
        world.destinations[[Purpose.OUTSIDE, Purpose.HOME, Purpose.VISIT]], stations[3 :: len(BEYOND_KM)]
    ).any()
    assert not np.isin(world.destinations[Purpose.OUTSIDE], stations).any()


def test_who_works_beyond_lunches_there(world):
    stations = stations_of(world)
    hubs = world.zones.hub[stations[1 :: len(BEYOND_KM)]]  # thirty kilometres out, where nothing else is near
    assert np.isin(world.destinations[Purpose.LUNCH][hubs], stations).all()


def test_no_reader_stands_beyond(world):
    links = np.unique(world.readers.link)
    assert (world.roads.road_class[links] != RoadClass.CONNECTOR).all()


@pytest.mark.parametrize(("population", "density", "seed"), [(4_700_000, 1100, 5), (19_000_000, 2050, 6)])
def test_the_largest_metros_keep_to_their_hubs(population, density, seed):
    changes = {"roads.population": population, "roads.density_per_km2": density}
    hubs = build_metro(sim.load("metro", overrides=changes).settings.roads, seed)[1]
    assert 950 < len(hubs) <= MOST_HUBS
    assert len(np.unique(hubs)) == len(hubs)
