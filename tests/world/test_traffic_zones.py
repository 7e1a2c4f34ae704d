"""Districts: a trip table turned into homes and jobs, on Anaheim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flows import link_passages
from worlds import Small, anaheim_scenario, small

from simulate.travel import truth
from simulate.world.roads import RoadClass
from simulate.world.tntp.tables import find_files, read_flows, read_network, read_trips
from simulate.world.traffic_zones import BEYOND
from simulate.world.zones import Purpose

OUTSIDE = 7
"""Zones 1 to 7 of Anaheim lie beyond the map."""


@pytest.fixture(scope="module")
def anaheim(data) -> Small:
    return small(anaheim_scenario(data, period__days=14))


@pytest.fixture(scope="module")
def files(data: Path):
    return find_files(data / "tntp" / "Anaheim")


@pytest.fixture(scope="module")
def table(files):
    return read_trips(files.trips, 38)


def test_residents_and_jobs_add_up_to_the_table_district_by_district(anaheim, table):
    zones, of_zone = anaheim.world.zones, anaheim.world.traffic_zones.of_zone
    residents = np.bincount(of_zone, weights=zones.residents, minlength=38)
    jobs = np.bincount(of_zone, weights=zones.attraction[Purpose.WORK], minlength=38)
    assert table.sum() == pytest.approx(104_694.4, abs=0.1)
    assert np.allclose(residents, table.sum(axis=1))
    assert np.allclose(jobs, table.sum(axis=0))
    assert anaheim.lives.population.n_vehicles == pytest.approx(table.sum(), abs=3)


def test_blocks_hold_no_more_vehicles_than_asked(anaheim):
    inside = ~anaheim.world.zones.outside
    assert anaheim.world.zones.residents[inside].max() <= 50 * (1 + 1e-12)


def test_people_live_at_junctions_of_streets_and_beyond_the_map_at_centroids(anaheim):
    zones, roads, hubs = anaheim.world.zones, anaheim.world.roads, anaheim.world.routes.hub_node
    node = hubs[zones.hub]
    assert zones.outside.sum() == OUTSIDE
    assert node[zones.outside].tolist() == list(range(OUTSIDE))
    assert roads.through[node[~zones.outside]].all()
    street = np.isin(roads.road_class, (RoadClass.ARTERIAL, RoadClass.COLLECTOR, RoadClass.LOCAL))
    streets = set(roads.tail[street].tolist()) | set(roads.head[street].tolist())
    assert set(node[~zones.outside].tolist()) <= streets
    assert len(set(hubs.tolist())) == len(hubs)
    assert set(zones.hub.tolist()) == set(range(len(hubs)))


def test_each_junction_belongs_to_the_district_whose_connector_ends_nearest(anaheim):
    world, roads = anaheim.world, anaheim.world.roads
    hubs = world.routes.hub_node
    of_hub = dict(zip(world.zones.hub.tolist(), world.traffic_zones.of_zone.tolist(), strict=True))
    ends = [(int(b), int(a)) for a, b in zip(roads.tail, roads.head, strict=True) if OUTSIDE <= a < 38]
    for hub in range(0, len(hubs) - OUTSIDE, 5):
        away = {zone: np.inf for _, zone in ends}
        for end, zone in ends:
            apart = np.hypot(roads.x_m[end] - roads.x_m[hubs[hub]], roads.y_m[end] - roads.y_m[hubs[hub]])
            away[zone] = min(away[zone], apart)
        assert away[of_hub[hub]] == pytest.approx(min(away.values()))


def test_errands_beyond_the_map_are_a_stated_share(anaheim):
    zones = anaheim.world.zones
    for purpose in (Purpose.SHOP, Purpose.MEAL, Purpose.LEISURE, Purpose.SCHOOL, Purpose.WORSHIP, Purpose.CLINIC):
        here, there = (zones.attraction[purpose][part].sum() for part in (~zones.outside, zones.outside))
        assert there / here == pytest.approx(BEYOND)


def test_home_and_work_pairs_follow_the_trip_table(anaheim, table):
    """Correlation of district pairs with the table, and the share of commutes that would have to change."""
    home, work = truth.home_and_work(anaheim.lives, 0)
    district, commutes = anaheim.world.traffic_zones.of_zone, work >= 0
    pairs = np.bincount(district[home[commutes]] * 38 + district[work[commutes]], minlength=38 * 38)
    expected = table.ravel() / table.sum()
    found = pairs / pairs.sum()
    assert np.corrcoef(expected, found)[0, 1] > 0.95
    assert 0.5 * np.abs(expected - found).sum() < 0.06
    assert found[expected == 0].sum() < 0.002


def test_a_week_of_passages_resembles_the_equilibrium_flows(anaheim, files):
    """The flows are no input: trips, hours and routes are ours. All links, connectors too."""
    flows = read_flows(files.flow, read_network(files.net))
    passages, trips_per_day, idle = link_passages(anaheim.world, anaheim.lives, 7, 14)
    assert np.corrcoef(passages, flows)[0, 1] >= 0.85
    assert 2.2 < trips_per_day < 2.9
    assert 0.3 < idle < 0.5
