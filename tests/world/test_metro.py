"""Metros drawn from population and land area: what any city is, whatever its size and seed."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import NamedTuple

import networkx as nx
import numpy as np
import pytest

import simulate as sim
from simulate.checks import ScenarioError
from simulate.world.build import World, build_world
from simulate.world.metro.build import (
    LAND_KM2,
    RAMP_M,
    SPEED_KMH,
    _connected,
    build_inside,
    build_metro,
    build_roads,
    ways_out,
)
from simulate.world.metro.freeways import AT_JUNCTION_M, join_freeways
from simulate.world.metro.plan import Freeway, Plan, Raster, Water, draw_plan, wet
from simulate.world.metro.streets import Streets, _edges, _join, _junctions, build_streets
from simulate.world.metro.zones import JOBS_PER_ZONE, MOST_HUBS, _middles, choose_hubs, street_nodes
from simulate.world.roads import RoadClass, RoadNetwork, strong_parts, to_networkx
from simulate.world.zones import Purpose, Zones


class Metro(NamedTuple):
    """What lies within a metro, and what it was made from."""

    asked: sim.scenario.MetroRoads
    plan: Plan
    roads: RoadNetwork
    hubs: np.ndarray
    zones: Zones


def asked(population: int, density: float, water: str = "any") -> sim.scenario.MetroRoads:
    changes = {"roads.population": population, "roads.density_per_km2": density, "roads.water": water}
    return sim.load("metro", overrides=changes).settings.roads


METROS = {
    "smallest": (60_000, 1000, "river", 1),
    "small": (300_000, 900, "none", 2),
    "middle": (1_100_000, 1000, "coast", 3),
    "compact": (1_000_000, 8000, "any", 4),
    "large": (4_700_000, 1100, "river", 5),
    "largest": (19_000_000, 2050, "coast", 6),
    "widest": (10_000_000, 510, "none", 7),
}


@pytest.fixture(scope="module", params=METROS)
def metro(request) -> Metro:
    *what, seed = METROS[request.param]
    settings = asked(*what)
    roads, _, hubs, zones = build_inside(settings, seed)
    return Metro(settings, draw_plan(settings, seed), roads, hubs, zones)


def kinds_at(roads: RoadNetwork) -> list[set[int]]:
    """Return the classes of the roads that leave each node."""
    kinds: list[set[int]] = [set() for _ in range(roads.n_nodes)]
    for tail, kind in zip(roads.tail.tolist(), roads.road_class.tolist(), strict=True):
        kinds[tail].add(kind)
    return kinds


def test_one_can_drive_from_everywhere_to_everywhere(metro):
    assert strong_parts(metro.roads).max() == 0
    assert nx.is_strongly_connected(to_networkx(metro.roads))


def test_every_road_runs_both_ways_alike(metro):
    roads = metro.roads
    m = roads.n_links // 2
    assert np.array_equal(roads.tail[:m], roads.head[m:])
    assert np.array_equal(roads.head[:m], roads.tail[m:])
    for name in ("length_m", "free_s", "road_class", "capacity"):
        assert np.array_equal(getattr(roads, name)[:m], getattr(roads, name)[m:])
    pairs = roads.tail[:m].astype(np.int64) * roads.n_nodes + roads.head[:m]
    assert len(np.unique(pairs)) == m, "no two roads join the same two nodes"


def test_roads_are_no_shorter_than_the_straight_line_and_as_fast_as_their_class(metro):
    roads = metro.roads
    straight = np.hypot(roads.x_m[roads.tail] - roads.x_m[roads.head], roads.y_m[roads.tail] - roads.y_m[roads.head])
    assert (roads.length_m >= straight * (1 - 1e-9)).all()
    assert roads.length_m.min() > 50
    for kind in (RoadClass.FREEWAY, RoadClass.ARTERIAL, RoadClass.COLLECTOR):
        here = roads.road_class == kind
        assert here.any()
        assert np.allclose(roads.length_m[here] / roads.free_s[here] * 3.6, SPEED_KMH[kind])


def test_the_skeleton_has_the_size_asked_for(metro):
    assert 500 < metro.roads.n_nodes < 6200
    assert metro.roads.n_links < 4 * metro.roads.n_nodes
    if metro.asked.population > 4_000_000:
        assert metro.roads.n_nodes > 4500
        assert 900 < len(metro.hubs) <= MOST_HUBS


def test_freeways_are_entered_by_ramps_at_arterials_alone(metro):
    roads, kinds = metro.roads, kinds_at(metro.roads)
    of_freeway = np.array([RoadClass.FREEWAY in kind for kind in kinds])
    onto = of_freeway[roads.head] & ~of_freeway[roads.tail]
    assert onto.sum() >= 3
    assert (roads.road_class[onto] == RoadClass.COLLECTOR).all()
    assert (roads.length_m[onto] == RAMP_M).all()
    assert all(RoadClass.ARTERIAL in kinds[node] for node in roads.tail[onto])
    between = of_freeway[roads.head] & of_freeway[roads.tail]
    assert (roads.road_class[between] == RoadClass.FREEWAY).all()
    dead_end = of_freeway & (np.bincount(roads.tail, minlength=roads.n_nodes) == 1)
    at_end = metro.plan.raster.at(metro.plan.raster.density, roads.x_m[dead_end], roads.y_m[dead_end])
    assert not at_end.any(), "freeways end outside or not at all"


def test_larger_metros_have_more_freeways():
    km = []
    for population in (300_000, 1_100_000, 4_700_000, 12_000_000):
        roads = build_roads(draw_plan(asked(population, 1000, "none"), 0), 0)
        here = roads.road_class == RoadClass.FREEWAY
        km.append(roads.length_m[here].sum() / 2000)
    assert all(more > 1.6 * less for less, more in pairwise(km))
    assert 60 < km[1] < 250, "a metro of 1.1 million has some 100 to 200 km"


def test_arterials_are_a_mile_apart_and_closer_at_the_centre():
    plan = draw_plan(asked(1_100_000, 1000, "none"), 0)
    streets = build_streets(plan, 0)
    length = np.hypot(streets.x_m[streets.a] - streets.x_m[streets.b], streets.y_m[streets.a] - streets.y_m[streets.b])
    out = np.hypot(*((axis[streets.a] + axis[streets.b]) / 2 for axis in (streets.x_m, streets.y_m)))
    inner, outer = (np.median(length[part]) for part in (out < 0.15 * plan.radius_m, out > 0.9 * plan.radius_m))
    assert 200 < inner < 500
    assert 1000 < outer < 1700


def test_the_land_has_the_area_of_its_density(metro):
    land_km2 = (metro.plan.raster.density > 0).sum() * metro.plan.raster.cell_m**2 / 1e6
    assert land_km2 == pytest.approx(metro.asked.population / metro.asked.density_per_km2, rel=0.08)


def test_people_are_conserved_and_zones_hold_no_more_than_asked(metro):
    zones, wanted = metro.zones, metro.asked.population * metro.asked.vehicles_per_person
    assert zones.residents.sum() == pytest.approx(wanted, rel=1e-9)
    assert zones.residents.max() <= metro.asked.vehicles_per_zone * (1 + 1e-12)
    assert zones.attraction[Purpose.WORK].max() <= 1.7 * JOBS_PER_ZONE * metro.asked.vehicles_per_zone
    assert zones.n < 2.2 * wanted / metro.asked.vehicles_per_zone + 2 * metro.roads.n_nodes


def test_hubs_are_junctions_of_streets_and_share_the_zones_evenly(metro):
    zones, hubs = metro.zones, metro.hubs
    assert (np.diff(hubs) > 0).all()
    exits = set(ways_out(metro.plan, metro.roads).tolist())
    assert set(hubs.tolist()) <= set(street_nodes(metro.roads).tolist()) | exits
    assert set(zones.hub[~zones.outside].tolist()) <= set(range(len(hubs)))
    served = np.bincount(zones.hub, minlength=len(hubs))
    assert served.max() < 4.5 * served.mean() + 3
    assert not set(hubs[zones.hub[~zones.outside]].tolist()) - set(street_nodes(metro.roads).tolist())


def test_a_node_hangs_on_the_hub_it_is_quickest_reached_from():
    settings = asked(300_000, 900)
    plan = draw_plan(settings, 3)
    roads = build_roads(plan, 3)
    hubs, catchment = choose_hubs(plan, roads, ways_out(plan, roads))
    graph = to_networkx(roads)
    at_street = set(hubs.tolist()) & set(street_nodes(roads).tolist())
    least = nx.multi_source_dijkstra_path_length(graph, at_street, weight="free_s")
    assert len(at_street) < len(hubs), "some freeways lead out"
    for node in street_nodes(roads)[::7].tolist():
        own = nx.dijkstra_path_length(graph, int(hubs[catchment[node]]), node, weight="free_s")
        assert own == pytest.approx(least[node])
    assert np.array_equal(catchment[hubs], np.arange(len(hubs)))


def test_homes_fill_the_land_and_not_the_water(metro):
    x, y = metro.plan.raster.middles()
    land = metro.plan.raster.density > 0
    inside = ~metro.zones.outside
    from scipy.spatial import cKDTree

    homes = cKDTree(np.column_stack([metro.zones.x_m[inside], metro.zones.y_m[inside]]))
    away = homes.query(np.column_stack([x[land], y[land]]))[0]
    alone = 1000 * np.sqrt(metro.asked.population / metro.asked.density_per_km2 / inside.sum())
    assert np.quantile(away, 0.95) < 3 * alone, "no empty quarter"
    assert wet(metro.plan.water, metro.zones.x_m[inside], metro.zones.y_m[inside]).mean() < 0.02


def test_homes_thin_out_from_the_centres_and_jobs_faster(metro):
    """Clark's gradient: rings round the nearest centre, emptier the farther out."""
    plan, zones = metro.plan, metro.zones
    near = lambda x, y: np.min(  # noqa: E731
        [np.hypot(x - cx, y - cy) for cx, cy in zip(plan.centre_x_m, plan.centre_y_m, strict=True)], axis=0
    )
    x, y = plan.raster.middles()
    land = plan.raster.density > 0
    edges = np.quantile(near(x[land], y[land]), np.linspace(0, 1, 6))
    area = np.histogram(near(x[land], y[land]), edges)[0]
    away = near(zones.x_m, zones.y_m)
    homes = np.histogram(away, edges, weights=zones.residents)[0] / area
    jobs = np.histogram(away, edges, weights=zones.attraction[Purpose.WORK])[0] / area
    assert (np.diff(homes) < 0).all()
    assert homes[0] > 2 * homes[-1]
    assert jobs[0] / jobs[-1] > 2 * homes[0] / homes[-1]


def test_centres_are_several_and_the_main_one_is_the_strongest(metro):
    assert 3 <= len(metro.plan.weight) <= 9
    assert metro.plan.weight[0] == 1
    assert (metro.plan.weight[1:] < 0.7).all()
    work = metro.zones.attraction[Purpose.WORK]
    within = [
        work[np.hypot(metro.zones.x_m - cx, metro.zones.y_m - cy) < 0.2 * metro.plan.radius_m].sum()
        for cx, cy in zip(metro.plan.centre_x_m, metro.plan.centre_y_m, strict=True)
    ]
    assert np.argmax(within) == 0
    assert 0.1 < within[0] / work.sum() < 0.45


def test_the_ways_out_lead_outside(metro):
    zones, out = metro.zones, metro.zones.outside
    assert 5 <= out.sum() <= 24
    assert not zones.residents[out].any()
    for purpose in Purpose:
        assert zones.attraction[purpose][out].any() == (purpose is Purpose.OUTSIDE)
        assert zones.attraction[purpose][~out].any() == (purpose not in {Purpose.OUTSIDE, Purpose.TRIP})
    node = metro.hubs[zones.hub[out]]
    assert np.array_equal(zones.x_m[out], metro.roads.x_m[node])
    by_freeway = np.isin(node, metro.roads.tail[metro.roads.road_class == RoadClass.FREEWAY])
    assert by_freeway.sum() >= 2
    assert (zones.attraction[Purpose.OUTSIDE][out] == np.where(by_freeway, 4.0, 1.0)).all()


def test_no_street_lies_in_water_but_bridges():
    for water, most in (("coast", 0.0), ("river", 0.03), ("none", 0.0)):
        plan = draw_plan(asked(1_100_000, 1000, water), 8)
        assert plan.water.kind == water
        streets = build_streets(plan, 8)
        middle = [(axis[streets.a] + axis[streets.b]) / 2 for axis in (streets.x_m, streets.y_m)]
        drowned = wet(plan.water, *middle)
        assert drowned.mean() <= most + 0.005
        if water == "river":
            assert drowned.sum() >= 4, "there are bridges"
            assert streets.arterial[drowned].mean() > 0.9


def test_same_seed_same_metro_and_another_seed_another():
    settings = asked(300_000, 900)
    one, again, other = (build_metro(settings, seed) for seed in (1, 1, 2))
    for a, b in ((one[0], again[0]), (one[2], again[2])):
        for field in dataclasses.fields(a):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name
    assert np.array_equal(one[1], again[1])
    assert one[0].n_nodes != other[0].n_nodes or not np.array_equal(one[0].x_m, other[0].x_m)


def test_left_open_the_seed_chooses_the_water():
    kinds = [draw_plan(asked(300_000, 900), seed).water.kind for seed in range(40)]
    assert set(kinds) == {"none", "coast", "river"}


@pytest.mark.parametrize(("population", "density"), [(50_000, 5_000), (30_000_000, 1_000)])
def test_too_small_or_too_large_a_land_is_refused(population, density):
    assert not LAND_KM2[0] <= population / density <= LAND_KM2[1]
    with pytest.raises(ScenarioError, match=r"roads.density_per_km2: expected land of 60 to 20,000 square kilometres"):
        build_metro(asked(population, density), 0)


def test_the_whole_world_is_built():
    scenario = sim.load("metro", overrides={"roads.population": 300_000, "period.days": 3})
    world = build_world(scenario)
    assert isinstance(world, World)
    assert world.routes.fast_ds.any(), "some drive on freeways"
    assert world.readers.n == 120
    assert world.credits == ("synthetic metro, no real place",)


def test_the_tables_of_a_large_metro_stay_below_130_megabytes():
    world = build_world(sim.load("metro", overrides={"roads.population": 4_700_000, "roads.density_per_km2": 1100}))
    assert len(world.routes.hub_node) > 950
    assert 20e6 < bytes_of(world) < 130e6


def bytes_of(thing: object) -> int:
    """Count the bytes of all arrays below a dataclass."""
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    inner = dataclasses.fields(thing) if dataclasses.is_dataclass(thing) else ()
    return sum(bytes_of(getattr(thing, field.name)) for field in inner)


# Pieces with known answers.


def flat_plan(*freeways: Freeway) -> Plan:
    """A plan of 20 by 20 km without water."""
    full = np.ones((20, 20))
    return Plan(
        radius_m=10_000.0,
        centre_x_m=np.zeros(1),
        centre_y_m=np.zeros(1),
        weight=np.ones(1),
        water=Water(kind="none", direction=0.0, offset_m=0.0, width_m=0.0, bends=np.zeros((0, 3))),
        freeways=freeways,
        raster=Raster(cell_m=1000.0, side=20, density=full, wish=full),
    )


def line(x0: float, y0: float, x1: float, y1: float, *outside: bool) -> Freeway:
    return Freeway(x_m=np.linspace(x0, x1, 21), y_m=np.linspace(y0, y1, 21), outside=(outside[0], outside[1]))


def three_streets() -> Streets:
    """Two arterials and a collector that run north, at x = -4, 0 and 3 km, from y = -1 to 2 km."""
    return Streets(
        x_m=np.repeat([-4000.0, 0.0, 3000.0], 2),
        y_m=np.tile([-1000.0, 2000.0], 3),
        a=np.array([0, 2, 4]),
        b=np.array([1, 3, 5]),
        arterial=np.array([True, False, True]),
    )


def test_a_freeway_meets_arterials_and_passes_over_collectors():
    joined = join_freeways(flat_plan(line(-5000, 50, 5000, 50, True, True)), three_streets())
    assert joined.first_freeway == 8, "six ends of streets and two cuts"
    assert joined.a.tolist() == [2, 0, 6, 4, 7]
    assert joined.b.tolist() == [3, 6, 1, 7, 5]
    assert joined.arterial.tolist() == [False, True, True, True, True]
    assert np.allclose(joined.x_m[6:8], [-4000, 3000])
    assert np.allclose(joined.y_m[6:8], 50)
    ramp = {int(street): int(fast) for fast, street in joined.ramp}
    assert sorted(ramp) == [6, 7]
    assert all(np.hypot(joined.x_m[f] - joined.x_m[s], joined.y_m[f] - joined.y_m[s]) < 1 for s, f in ramp.items())
    assert joined.freeway_m.sum() == pytest.approx(10_000)
    assert joined.freeway_m.max() <= 3000
    assert sorted(joined.x_m[joined.exits]) == [-5000, 5000]


def test_an_interchange_next_to_a_junction_is_at_the_junction():
    near = 2000 - AT_JUNCTION_M / 2
    joined = join_freeways(flat_plan(line(-5000, near, 5000, near, True, True)), three_streets())
    assert joined.first_freeway == 6
    assert sorted(joined.ramp[:, 1].tolist()) == [1, 5]


def test_freeways_that_cross_share_a_node():
    joined = join_freeways(
        flat_plan(line(-5000, 50, 5000, 50, True, True), line(1010, -5000, 1010, 5000, True, True)), three_streets()
    )
    degree = np.bincount(joined.freeway.ravel())
    (shared,) = np.flatnonzero(degree == 4)
    assert (joined.x_m[shared], joined.y_m[shared]) == pytest.approx((1010, 50))


def test_a_ring_is_closed():
    turn = np.linspace(0, 2 * np.pi, 61)
    ring = Freeway(x_m=4100 * np.cos(turn), y_m=4100 * np.sin(turn), outside=(False, False))
    joined = join_freeways(flat_plan(ring, line(-9000, 10, 9000, 10, True, True)), three_streets())
    degree = np.bincount(joined.freeway.ravel(), minlength=len(joined.x_m))[joined.first_freeway :]
    assert sorted(set(degree.tolist())) == [1, 2, 4]
    assert (degree == 1).sum() == 2, "the ends of the straight one"
    around = np.hypot(np.diff(ring.x_m), np.diff(ring.y_m)).sum()
    assert joined.freeway_m.sum() == pytest.approx(18_000 + around)


def test_what_leads_nowhere_is_dropped():
    """The second freeway has but one interchange, and the street in the middle hangs on nothing."""
    freeways = line(-5000, 50, 5000, 50, True, True), line(-5000, 1000, -3000, 1000, False, False)
    joined = join_freeways(flat_plan(*freeways), three_streets())
    assert len(joined.ramp) == 3
    ends = np.concatenate([np.stack([joined.a, joined.b], axis=1), joined.freeway, joined.ramp])
    keep, nodes = _connected(ends, joined)
    assert keep[-3:].tolist() == [True, True, False]
    assert keep.sum() == len(ends) - 2
    assert not np.isin([2, 3], nodes).any(), "both ends of the collector"
    assert set(joined.exits.tolist()) <= set(nodes.tolist())


def streets_of(mesh: np.ndarray) -> tuple[int, int]:
    """Count junctions and streets of a map of cell widths."""
    along, up = _edges(mesh, 0), _edges(mesh, 1)
    corner = _junctions(along, up)
    index = np.full(corner.shape, -1)
    index[corner] = np.arange(corner.sum())
    return int(corner.sum()), len(_join(index, along)[0]) + len(_join(index.T, up.T)[0])


def test_streets_bound_the_cells():
    empty = np.zeros((16, 16), np.int64)
    one = empty.copy()
    one[:8, :8] = 8
    assert streets_of(one) == (4, 4)
    four = empty.copy()
    four[:8, :8] = 4
    assert streets_of(four) == (9, 12)
    mixed = empty.copy()
    mixed[:8, :8] = 4
    mixed[:4, :4] = 2
    assert streets_of(mixed) == (9 + 1 + 4, 12 + 4 + 4), "a crossing and four sides cut in two"
    assert streets_of(empty) == (0, 0)


def test_points_are_parted_by_weight():
    x = np.arange(8.0)
    even = _middles(x, np.zeros(8), np.ones(8), 4)
    assert sorted(m // 2 for m in even) == [0, 1, 2, 3]
    heavy = _middles(x, np.zeros(8), np.array([1, 1, 1, 1, 1, 1, 10, 10.0]), 3)
    assert {6, 7} <= set(heavy), "hubs go where people are"
