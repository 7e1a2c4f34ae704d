"""Choices: rows of places that hold each place as often as its weight says."""

from __future__ import annotations

import numpy as np
import pytest
from reference.slow_destinations import slow_destinations
from worlds import anaheim_scenario, town_scenario

from simulate.world.build import build_world
from simulate.world.destinations import ROW, destination_tables, destination_weights
from simulate.world.routes import best_times
from simulate.world.traffic_zones import TrafficZones
from simulate.world.travel_time_budget import HOME_TO_NEAR_S, NEAR, NEAR_TO_NEAR_S, TravelTimeBudget, travel_time_budget
from simulate.world.zones import N_PURPOSES, Purpose, Zones

EVERYDAY = (Purpose.SCHOOL, Purpose.SHOP, Purpose.MEAL, Purpose.LEISURE, Purpose.VISIT, Purpose.WORSHIP, Purpose.CLINIC)


SCENARIO = town_scenario(
    4, roads__population=2000, roads__density_per_km2=1000, travel__distance_decay_s=420, travel__work_decay_s=1260
)
TRAVEL = SCENARIO.settings.travel
ANYWHERE = travel_time_budget(np.zeros((1, 1)), TRAVEL, freeways=False)


def within(**limits) -> TravelTimeBudget:
    """Return a reach with some limits of its own, in tenths of a second."""
    return ANYWHERE._replace(**limits)


@pytest.fixture(scope="module")
def town():
    world = build_world(SCENARIO)
    return world.zones, best_times(world.roads, world.graph, world.routes.hub_node), world.destinations


def tables_of(zones, best_s, limit=ANYWHERE, traffic_zones=None, seed=0):
    return destination_tables(
        zones,
        destination_weights(zones, best_s, TRAVEL, limit),
        best_s,
        limit,
        traffic_zones,
        np.arange(len(best_s)),
        seed,
    )


def counts(row, n):
    return np.bincount(row, minlength=n)


def test_tables_hold_zones_for_every_purpose_and_hub(town):
    zones, best_s, destinations = town
    assert destinations.shape == (N_PURPOSES, len(best_s), ROW)
    assert destinations.max() < zones.n


@pytest.mark.parametrize("purpose", EVERYDAY)
def test_errands_follow_the_gravity_model_give_or_take_one(town, purpose):
    zones, best_s, destinations = town
    for hub in range(0, len(best_s), 7):
        weight = zones.attraction[purpose] * np.exp(-best_s[hub][zones.hub] / 420)
        if purpose in NEAR:
            weight *= np.maximum(best_s[hub], best_s[:, hub])[zones.hub] * 10 <= ANYWHERE.near_ds
        expected = weight / weight.sum() * ROW
        assert (np.abs(counts(destinations[purpose, hub], zones.n) - expected) <= 1 + 1e-9).all()


def test_commutes_have_a_decay_of_their_own(town):
    zones, best_s, destinations = town
    for hub in range(0, len(best_s), 9):
        weight = zones.attraction[Purpose.WORK] * np.exp(-best_s[hub][zones.hub] / 1260)
        assert (
            np.abs(counts(destinations[Purpose.WORK, hub], zones.n) - weight / weight.sum() * ROW) <= 1 + 1e-9
        ).all()


def test_movers_settle_where_the_drive_to_the_job_is_short(town):
    """Under HOME the way counts from the new home to the job, not from the job."""
    zones, best_s, destinations = town
    for hub in range(0, len(best_s), 9):
        weight = zones.residents * np.exp(-best_s[:, hub][zones.hub] / 1260)
        assert (
            np.abs(counts(destinations[Purpose.HOME, hub], zones.n) - weight / weight.sum() * ROW) <= 1 + 1e-9
        ).all()


def test_journeys_lead_beyond_the_map_and_nothing_else_does(town):
    zones, _, destinations = town
    for purpose in Purpose:
        leads_out = purpose in {Purpose.OUTSIDE, Purpose.TRIP}
        assert zones.outside[destinations[purpose]].all() == leads_out
        assert zones.outside[destinations[purpose]].any() == leads_out


def plain_zones(hub, residents, jobs, outside):
    n = len(hub)
    table = np.tile(np.asarray(residents, float), (N_PURPOSES, 1))
    table[Purpose.WORK] = jobs
    table[Purpose.OUTSIDE] = outside
    return Zones(
        x_m=np.zeros(n), y_m=np.zeros(n), hub=np.array(hub, np.int32), residents=np.array(residents, float),
        attraction=table, outside=np.array(outside, bool), income_rank=np.zeros(n),
    )  # fmt: skip


def test_home_and_work_follow_the_trip_table_and_the_zones_within_a_district_share():
    zones = plain_zones([0, 0, 1, 2], [10, 30, 20, 5], [4, 12, 8, 8], [0, 0, 0, 1])
    trips = np.array([[0.0, 3.0, 1.0], [2.0, 2.0, 0.0], [1.0, 0.0, 0.0]])
    traffic_zones = TrafficZones(trips=trips, of_zone=np.array([0, 0, 1, 2]))
    destinations = tables_of(zones, np.full((3, 3), 60.0), ANYWHERE, traffic_zones, 0)
    work, home = (destinations[p] for p in (Purpose.WORK, Purpose.HOME))
    assert counts(work[0], 4).tolist() == [0, 0, 384, 128]
    assert counts(work[1], 4).tolist() == [64, 192, 256, 0]  # 4 jobs and 12 share the half that leaves the district
    assert np.allclose(counts(home[0], 4) / ROW, [0, 0, 2 / 3, 1 / 3], atol=1 / ROW)
    assert np.allclose(counts(home[1], 4) / ROW, [0.25 * 0.6, 0.75 * 0.6, 0.4, 0], atol=1.01 / ROW)


def test_the_way_to_work_counts_not_the_way_back():
    """On one-way streets the two differ: hub 1 is a minute from 0, but 0 is half an hour from 1."""
    zones = plain_zones([0, 1, 2], [10, 10, 10], [5, 5, 5], [0, 0, 1])
    best_s = np.array([[0.0, 60.0, 60.0], [1800.0, 0.0, 60.0], [60.0, 60.0, 0.0]])
    destinations = tables_of(zones, best_s, ANYWHERE, None, 0)
    near, far = np.exp(-60 / 1260), np.exp(-1800 / 1260)
    for purpose, hub, weight in (
        (Purpose.WORK, 0, [1, near, near]),
        (Purpose.WORK, 1, [far, 1, near]),
        (Purpose.HOME, 0, [1, far, near]),
        (Purpose.HOME, 1, [near, 1, near]),
    ):
        expected = np.array(weight) / np.sum(weight) * ROW
        assert (np.abs(counts(destinations[purpose, hub], 3) - expected) <= 1 + 1e-9).all()


def test_who_lives_beyond_the_map_shops_there():
    zones = plain_zones([0, 1, 2], [10, 10, 10], [5, 5, 5], [0, 0, 1])
    traffic_zones = TrafficZones(trips=np.ones((3, 3)), of_zone=np.arange(3))
    destinations = tables_of(zones, np.full((3, 3), 60.0), ANYWHERE, traffic_zones, 0)
    assert (destinations[Purpose.SHOP, 2] == 2).all()
    assert set(destinations[Purpose.SHOP, 0].tolist()) == {0, 1, 2}
    assert set(destinations[Purpose.WORK, 2].tolist()) == {0, 1, 2}


def test_a_hub_that_the_trip_table_forgets_goes_to_the_nearest_zone_of_the_map():
    zones = plain_zones([0, 1], [10, 10], [5, 5], [0, 1])
    traffic_zones = TrafficZones(trips=np.array([[1.0, 0.0], [0.0, 0.0]]), of_zone=np.arange(2))
    destinations = tables_of(zones, np.full((2, 2), 60.0), ANYWHERE, traffic_zones, 0)
    assert (destinations[Purpose.WORK, 1] == 0).all()


def test_places_beyond_reach_are_left_out_there_and_back():
    """Hub 2 is near enough only one way; work may lie farther than leisure."""
    zones = plain_zones([0, 1, 2, 3], [10, 10, 10, 10], [5, 5, 5, 5], [0, 0, 0, 0])
    best_s = np.array([[0.0, 600, 100, 900], [600.0, 0, 600, 600], [1000.0, 600, 0, 600], [900.0, 600, 600, 0]])
    destinations = tables_of(zones, best_s, within(work_ds=9000, other_ds=6000), None, 0)
    for purpose, zones_within in ((Purpose.WORK, {0, 1, 3}), (Purpose.HOME, {0, 1, 3}), (Purpose.LEISURE, {0, 1})):
        assert set(destinations[purpose, 0].tolist()) == zones_within


def test_days_out_go_where_the_map_says_else_to_its_edge():
    zones = plain_zones([0, 1, 2], [10, 10, 0], [5, 5, 0], [0, 0, 1])
    best_s = np.array([[0.0, 60, 900], [60.0, 0, 900], [900.0, 900, 0]])
    zones.attraction[Purpose.TRIP] = 0
    destinations = tables_of(zones, best_s, ANYWHERE, None, 0)
    assert (destinations[Purpose.TRIP] == 2).all()
    zones.attraction[Purpose.TRIP] = [0, 3, 1]
    destinations = tables_of(zones, best_s, ANYWHERE, None, 0)
    assert counts(destinations[Purpose.TRIP, 0], 3).tolist() == [0, 384, 128], "however far"
    near = tables_of(zones, best_s, within(trip_ds=8000), None, 0)
    assert set(near[Purpose.TRIP, 0].tolist()) == {1}


def test_nobody_crosses_a_map_that_takes_longer_than_a_day_allows():
    zones = plain_zones([0, 1, 2], [10, 10, 0], [5, 5, 0], [1, 0, 1])
    best_s = np.array([[0.0, 600, 1200], [600.0, 0, 600], [1200.0, 600, 0]])
    destinations = tables_of(zones, best_s, within(through_ds=9000), None, 0)
    assert set(destinations[Purpose.OUTSIDE, 0].tolist()) == {0}
    assert set(destinations[Purpose.OUTSIDE, 1].tolist()) == {0, 2}
    assert set(destinations[Purpose.CITY, 0].tolist()) == {0, 1}


@pytest.mark.parametrize("block_m", [200, 900])
@pytest.mark.parametrize("peak", [1.0, 1.5, 2.0])
def test_near_places_are_as_near_as_the_diaries_trust(block_m, peak):
    """Every way between home and a near place, or two of them, at the worst hour, on any alternative."""
    scenario = town_scenario(
        7, roads__block_m=block_m, roads__density_per_km2=4000 / block_m, roads__population=150, travel__peak_other=peak
    )
    world, travel = build_world(scenario), scenario.settings.travel
    longest = (world.routes.fast_ds.astype(float) + world.routes.slow_ds).max(axis=1).reshape(
        2 * [len(world.destinations[0])]
    ) / 10
    longest = longest * peak + 2 * travel.access_s  # a town has no freeways
    for hub in range(len(longest)):
        near = np.unique(world.zones.hub[world.destinations[list(NEAR), hub]])
        assert max(longest[hub, near].max(), longest[near, hub].max()) <= HOME_TO_NEAR_S
        assert longest[np.ix_(near, near)].max() <= NEAR_TO_NEAR_S


def test_where_nothing_is_near_the_nearest_zone_serves():
    zones = plain_zones([0, 1], [10, 10], [5, 5], [0, 0])
    zones.attraction[Purpose.SHOP] = [0, 1]
    destinations = tables_of(zones, np.array([[0.0, 9000.0], [9000.0, 0.0]]), ANYWHERE, None, 0)
    assert (destinations[Purpose.SHOP, 0] == 0).all()
    assert (destinations[Purpose.SHOP, 1] == 1).all()


@pytest.mark.parametrize(
    "tight", [{}, {"work_ds": 900, "other_ds": 400}, {"work_ds": 60, "other_ds": 30, "through_ds": 700, "trip_ds": 500}]
)
def test_rows_are_those_of_the_slow_twin(town, tight):
    """Zone by zone, byte for byte: also where reach cuts off, and where nothing serves."""
    zones, best_s, _ = town
    limit = within(**tight)
    assert np.array_equal(
        tables_of(zones, best_s, limit, None, 4),
        slow_destinations(zones, best_s, TRAVEL, limit, None, np.arange(len(best_s)), 4),
    )


def test_rows_are_those_of_the_slow_twin_with_a_trip_table(data):
    scenario = anaheim_scenario(data)
    world, travel = build_world(scenario), scenario.settings.travel
    best_s = best_times(world.roads, world.graph, world.routes.hub_node)
    names = world.roads.node_name[world.routes.hub_node]
    slow = slow_destinations(
        world.zones, best_s, travel, world.travel_time_budget, world.traffic_zones, names, scenario.seed
    )
    assert np.array_equal(world.destinations, slow)
