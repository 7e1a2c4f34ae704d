"""Street roads and their zones: what is cut, what lies beyond, and worlds that hold together."""

from __future__ import annotations

import dataclasses

import networkx as nx
import numpy as np
import pytest
from reference.tree_paths import route_links
from street_maps import STEP, lattice, street, write_osm

import simulate.scenario
from simulate.checks import ScenarioError
from simulate.travel.life import make_lives
from simulate.world import build
from simulate.world.build import build_world
from simulate.world.positions import Positions, snap
from simulate.world.roads import CAPACITY, RoadClass, strong_parts, to_networkx
from simulate.world.routes import N_ALTERNATIVES, best_times, graph, trees
from simulate.world.streets import zones as street_zones
from simulate.world.streets.edges import EDGE_M, PAIR_M
from simulate.world.streets.roads import BEYOND_KMH, CREDIT, STATION_NAME, read_streets
from simulate.world.streets.zones import spread_zones
from simulate.world.zones import Purpose

EXTRACTS = {
    # scenario: file, junctions and links with the chains to stations, ends of cut main roads, stations
    "helsinki": ("helsinki.osm.pbf", (159, 310), 19, 11),
    "krems": ("krems.osm.gz", (293, 601), 14, 10),
    "west-oakland": ("west-oakland.osm.bz2", (26, 55), 4, 2),
}
OUTSIDE_KM = 7.0


def scenario_of(data, name, **changes):
    overrides = {"roads.path": str(data / "osm" / EXTRACTS[name][0]), "period.days": 7}
    if name == "west-oakland":
        overrides["readers.place.mapped.path"] = str(data / "osm" / "alpr_nodes_2026-07-21.tsv.gz")
    return simulate.scenario.load(name, overrides={**overrides, **changes})


@pytest.fixture(scope="module", params=EXTRACTS)
def real(request, data):
    return request.param, build_world(scenario_of(data, request.param))


def grid(path, *, main=(), missing=(), box=None, **tags):
    """Write a lattice of 4 by 4 streets; `main` are more ways, `missing` nodes are left out of the file."""
    ways = [street(*range(row, row + 4), **tags) for row in (1, 5, 9, 13)]
    ways += [street(*range(column, column + 13, 4), **tags) for column in (1, 2, 3, 4)]
    nodes = {**lattice(4, 4), 101: (0.001, -0.002), 102: (0.002, -0.002), 103: (0.001, 0.006), 104: (0.1, 0.1)}
    return write_osm(path, {n: at for n, at in nodes.items() if n not in missing}, [*ways, *main], box)


def roads_of(path):
    return read_streets(str(path), OUTSIDE_KM)


def stations_of(roads):
    """Return for every station the names of the nodes it lets traffic in at, and out at."""
    found = {}
    for station in np.flatnonzero(~roads.through).tolist():
        enters = sorted(roads.node_name[roads.head[roads.tail == station]].tolist())
        leaves = sorted(roads.node_name[roads.tail[roads.head == station]].tolist())
        found[int(roads.node_name[station]) - STATION_NAME] = (enters, leaves)
    return found


# Stations


def test_a_main_road_to_a_missing_node_gets_a_station(tmp_path):
    roads, report = roads_of(grid(tmp_path / "t.osm", main=[street(5, 101, highway="primary")], missing=[101]))
    assert stations_of(roads) == {5: ([5], [5])}
    assert (report.cut_roads, report.stations, report.unserved, report.ways.torn) == (1, 1, 0, 1)


def test_a_local_street_to_a_missing_node_gets_none(tmp_path):
    roads, report = roads_of(grid(tmp_path / "t.osm", main=[street(5, 101)], missing=[101]))
    assert stations_of(roads) == {}
    assert (report.cut_roads, report.ways.torn) == (0, 1)


def test_a_main_road_that_ends_beyond_the_box_gets_a_station_and_one_inside_none(tmp_path):
    main = [street(5, 101, highway="tertiary")]
    outside, _ = roads_of(grid(tmp_path / "out.osm", main=main, box=(0.0, -0.001, 0.003, 0.003)))
    inside, _ = roads_of(grid(tmp_path / "in.osm", main=main, box=(-0.01, -0.01, 0.01, 0.01)))
    assert stations_of(outside) == {101: ([101], [101])}
    assert stations_of(inside) == {}
    edge = -0.002 - 0.9 * np.degrees(EDGE_M / 6_371_008.8)
    near, _ = roads_of(grid(tmp_path / "near.osm", main=main, box=(-0.01, edge, 0.01, 0.01)))
    assert stations_of(near) == {101: ([101], [101])}


def test_carriageways_are_paired_and_a_lonely_one_has_no_station(tmp_path):
    out, into = street(5, 101, highway="trunk", oneway="yes"), street(102, 9, highway="trunk", oneway="yes")
    both, _ = roads_of(grid(tmp_path / "both.osm", main=[out, into], box=(0.0, 0.0, 0.003, 0.003)))
    assert stations_of(both) == {101: ([102], [101])}
    lonely, report = roads_of(grid(tmp_path / "lonely.osm", main=[out], box=(0.0, 0.0, 0.003, 0.003)))
    assert stations_of(lonely) == {}
    assert report.unserved == 1
    assert 101 not in lonely.node_name


def test_carriageways_too_far_apart_are_no_pair(tmp_path):
    far = (PAIR_M + 200) / 111_195
    nodes = {**lattice(2, 2), 3: (far, 0.0), 4: (far, STEP), 11: (0.0, -0.003), 12: (far, -0.003)}
    ways = [street(1, 2, 4, 3, 1), street(2, 3)]
    main = [street(1, 11, highway="primary", oneway="yes"), street(12, 3, highway="primary", oneway="yes")]
    path = write_osm(tmp_path / "far.osm", nodes, [*ways, *main], (0.0, 0.0, far, STEP))
    assert stations_of(roads_of(path)[0]) == {}


def test_a_one_way_end_near_a_station_joins_it(tmp_path):
    main = [street(5, 101, highway="primary"), street(102, 9, highway="primary", oneway="yes")]
    roads, report = roads_of(grid(tmp_path / "t.osm", main=main, box=(0.0, 0.0, 0.003, 0.003)))
    assert stations_of(roads) == {101: ([101, 102], [101])}
    assert (report.cut_roads, report.stations) == (2, 1)


def test_a_main_road_that_leads_nowhere_gets_no_station(tmp_path):
    apart = {201: (0.05, 0.05), 202: (0.051, 0.05)}
    path = write_osm(
        tmp_path / "apart.osm", {**lattice(2, 2), **apart}, [street(1, 2, 4, 3, 1), street(1, 4),
        street(201, 202, highway="primary")], (0.0, 0.0, 0.001, 0.001),
    )  # fmt: skip
    roads, report = roads_of(path)
    assert roads.n_nodes == 2
    assert (report.cut_roads, report.unserved, report.cut_off) == (2, 2, 2)


@pytest.mark.parametrize("reverse", [False, True])
def test_an_end_that_the_map_leads_to_by_no_way_is_no_half_of_a_station(tmp_path, reverse):
    """One carriageway belongs to the map, the other starts, or ends, out of its reach."""
    ours, other = (9, 102), (103, 101)
    main = [street(*(way[::-1] if reverse else way), highway="trunk", oneway="yes") for way in (ours, other[::-1])]
    roads, report = roads_of(grid(tmp_path / "t.osm", main=main, box=(0.0, -0.001, 0.003, 0.005)))
    assert stations_of(roads) == {}
    assert report.unserved == report.cut_roads > 1


def test_a_connector_stands_for_the_way_beyond(tmp_path):
    roads, _ = roads_of(grid(tmp_path / "t.osm", main=[street(5, 101, highway="primary")], missing=[101]))
    beyond = roads.road_class == RoadClass.CONNECTOR
    assert beyond.sum() == 2
    assert roads.length_m[beyond].tolist() == [OUTSIDE_KM * 1000] * 2
    assert roads.free_s[beyond] == pytest.approx([OUTSIDE_KM / BEYOND_KMH * 3600] * 2)
    assert roads.capacity[beyond].tolist() == [CAPACITY[RoadClass.ARTERIAL]] * 2
    assert roads.x_m[-1] < roads.x_m[:-1].min()  # to the west, where the road was cut
    assert np.hypot(roads.x_m[-1], roads.y_m[-1]) < 1000  # drawn near the edge


def test_stations_are_no_short_cut(real):
    name, world = real
    closed = np.flatnonzero(~world.roads.through)
    assert len(closed) == EXTRACTS[name][3]
    for _, _, in_link in trees(world.graph, 0, world.routes.hub_node[:: max(1, len(world.routes.hub_node) // 6)]):
        for to in world.routes.hub_node:
            links = route_links(world.graph, in_link, int(to))
            assert not np.isin(world.roads.head[links[:-1]], closed).any()


# Roads


def test_roads_have_metres_classes_and_a_name_for_their_source(tmp_path):
    roads, _ = roads_of(grid(tmp_path / "t.osm", maxspeed="36"))
    assert roads.credit == CREDIT
    assert roads.origin == pytest.approx((0.0015, 0.0015))
    assert roads.n_nodes == 12  # four corners are bends
    straight = np.hypot(roads.x_m[roads.tail] - roads.x_m[roads.head], roads.y_m[roads.tail] - roads.y_m[roads.head])
    assert (roads.length_m >= straight - 0.01).all()
    assert roads.free_s == pytest.approx(roads.length_m / 10)
    assert set(roads.capacity) == {CAPACITY[RoadClass.LOCAL]}
    assert np.all(np.diff(roads.node_name) > 0)


def test_cameras_of_the_map_are_snapped_to_its_streets(tmp_path):
    roads, _ = roads_of(grid(tmp_path / "t.osm"))
    at = Positions(
        latitude=np.array([0.0011, 0.05]),
        longitude=np.array([0.0015, 0.0]),
        operator=("x", "y"),
        direction=np.array([90.0, np.nan]),
    )
    snapped = snap(at, roads, within_m=20, merge_m=5)
    assert roads.node_name[roads.tail[snapped.link]].tolist() == [6]
    assert roads.node_name[roads.head[snapped.link]].tolist() == [7]
    assert snapped.distance_m == pytest.approx([11.12], abs=0.01)


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_report_says_what_was_dropped(data, name):
    file, size, ends, stations = EXTRACTS[name]
    roads, report = roads_of(data / "osm" / file)
    assert (report.junctions, report.links) == size
    assert (report.cut_roads, report.stations) == (ends, stations)
    assert roads.n_nodes == report.junctions + report.stations
    assert report.nodes == report.cut_off + report.merged + report.junctions
    words = report.describe()
    for number in (report.ways.ways, report.ways.closed, report.cut_off, report.merged, report.stations):
        assert f"{number:,}" in words


# Worlds


def test_quickest_routes_are_those_of_networkx(real):
    _, world = real
    roads, hubs = world.roads, world.routes.hub_node
    best = best_times(roads, world.graph, hubs)
    made = to_networkx(roads)
    closed = set(np.flatnonzero(~roads.through).tolist())
    rng = np.random.default_rng(3)
    for i, j in rng.integers(0, len(hubs), (40, 2)).tolist():
        ends = {int(hubs[i]), int(hubs[j])}
        part = nx.subgraph_view(made, filter_node=lambda node, ends=ends: node not in closed or node in ends)
        links = 0 if i == j else nx.dijkstra_path(part, int(hubs[i]), int(hubs[j]), weight="free_s")
        expected = 0 if i == j else nx.dijkstra_path_length(part, int(hubs[i]), int(hubs[j]), weight="free_s")
        assert best[i, j] == pytest.approx(expected, abs=0.06 * (len(links) if links else 1))


@pytest.mark.parametrize("alternative", range(N_ALTERNATIVES))
def test_every_route_leads_from_its_hub_to_its_hub(real, alternative):
    _, world = real
    for i, _, in_link in trees(world.graph, alternative, world.routes.hub_node[::25]):
        for to in world.routes.hub_node:
            links = route_links(world.graph, in_link, int(to))
            if links:
                assert world.roads.tail[links[0]] == world.routes.hub_node[::25][i]
                assert world.roads.head[links[-1]] == to


def test_zones_hang_on_streets_and_hold_the_population(real):
    name, world = real
    zones, settings = world.zones, simulate.scenario.load(name).settings.roads
    assert zones.residents.sum() == pytest.approx(settings.population * settings.vehicles_per_person)
    assert zones.residents.max() <= settings.vehicles_per_zone
    assert not zones.residents[zones.outside].any()
    part = strong_parts(world.roads)
    homes = world.routes.hub_node[zones.hub[zones.residents > 0]]
    assert len(np.unique(part[homes])) == 1
    hub = world.routes.hub_node[zones.hub]
    away = np.hypot(zones.x_m - world.roads.x_m[hub], zones.y_m - world.roads.y_m[hub])
    assert away.max() <= 500
    assert zones.attraction[Purpose.OUTSIDE][zones.outside].sum() == pytest.approx(1)
    assert not zones.attraction[Purpose.OUTSIDE][~zones.outside].any()


def test_the_stated_shares_leave_the_map(real):
    name, world = real
    settings = simulate.scenario.load(name).settings.roads
    homes = np.bincount(world.zones.hub, weights=world.zones.residents, minlength=len(world.routes.hub_node))
    leaving = world.zones.outside[world.destinations].mean(axis=2) @ homes / homes.sum()
    assert leaving[Purpose.WORK] == pytest.approx(settings.leave_work, abs=0.003)
    for purpose in (Purpose.VISIT, Purpose.LEISURE, Purpose.CLINIC, Purpose.WORSHIP):
        assert leaving[purpose] == pytest.approx(settings.leave_other, abs=0.003)
    assert leaving[Purpose.HOME] == 0
    assert leaving[Purpose.OUTSIDE] == pytest.approx(1)


def test_nobody_leaves_a_map_that_nobody_wants_to_leave(data):
    world = build_world(scenario_of(data, "krems", **{"roads.leave_work": 0.0, "roads.leave_other": 0.0}))
    assert not world.zones.outside[world.destinations[Purpose.WORK]].any()
    assert not world.zones.outside[world.destinations[Purpose.LEISURE]].any()
    assert world.zones.outside[world.destinations[Purpose.OUTSIDE]].all()


def test_jobs_gather_in_the_middle_and_homes_along_local_streets(data):
    world = build_world(scenario_of(data, "krems"))
    zones, roads = world.zones, world.roads
    inside = ~zones.outside
    middle = np.hypot(zones.x_m - np.median(roads.x_m), zones.y_m - np.median(roads.y_m))[inside]
    jobs, homes = zones.attraction[Purpose.WORK][inside], zones.residents[inside]
    assert np.average(middle, weights=jobs) < 0.85 * np.average(middle, weights=homes)
    main = (roads.road_class == RoadClass.ARTERIAL) | (roads.road_class == RoadClass.COLLECTOR)
    on_main = np.isin(world.routes.hub_node[zones.hub[inside]], [*roads.tail[main], *roads.head[main]])
    assert jobs[on_main].mean() > 1.5 * jobs[~on_main].mean()
    local = roads.road_class == RoadClass.LOCAL
    metres = np.zeros(roads.n_nodes)
    for ends in (roads.tail, roads.head):
        np.add.at(metres, ends[local], roads.length_m[local] / 2)
    hubs = world.routes.hub_node
    kept = np.bincount(zones.hub, weights=zones.residents, minlength=len(hubs))
    assert kept == pytest.approx(metres[hubs] / metres[hubs].sum() * 12_000)


def test_a_map_without_cut_roads_still_has_a_world(tmp_path, data):
    path = grid(tmp_path / "alone.osm", box=(-1.0, -1.0, 1.0, 1.0))
    world = build_world(
        scenario_of(data, "krems", **{"roads.path": str(path), "roads.population": 100, "visitors": {},
        "readers.place.police.count": 2, "readers.place.police.spacing_m": 0}),
    )  # fmt: skip
    assert not world.zones.outside.any()
    assert world.zones.attraction[Purpose.OUTSIDE].any()
    assert "0 outside stations" in world.placements[0]


def test_visitors_come_by_the_stations(data):
    scenario = scenario_of(data, "krems")
    world = build_world(scenario)
    people = make_lives(scenario, world).population
    homes = world.zones.outside[people.home]
    assert homes.sum() == 66_000
    assert len(np.unique(people.home[homes])) == EXTRACTS["krems"][3]


def test_a_map_of_freeways_alone_is_refused(tmp_path, data):
    path = grid(tmp_path / "freeway.osm", highway="trunk")
    with pytest.raises(ScenarioError, match="streets where people can live, found 0 junctions"):
        build_world(scenario_of(data, "krems", **{"roads.path": str(path)}))


def test_two_builds_are_equal_and_another_seed_moves_homes_but_no_street(data):
    ground = [build._roads_and_zones(scenario_of(data, "helsinki").settings, seed) for seed in (1, 1, 2)]
    for field in dataclasses.fields(ground[0].roads):
        for other in ground[1:]:
            assert np.array_equal(getattr(ground[0].roads, field.name), getattr(other.roads, field.name)), field.name
    assert np.array_equal(ground[0].zones.x_m, ground[1].zones.x_m)
    assert not np.array_equal(ground[0].zones.x_m, ground[2].zones.x_m)


def test_a_large_map_has_fewer_hubs_spread_evenly(data, monkeypatch):
    monkeypatch.setattr(street_zones, "MOST_HUBS", 100)
    monkeypatch.setattr(street_zones, "SPREAD_HUBS", 40)
    world = build_world(scenario_of(data, "krems"))
    assert len(world.routes.hub_node) == 40 + EXTRACTS["krems"][3]
    assert world.zones.residents.sum() == pytest.approx(12_000)


def test_spread_hubs_leave_no_junction_far_from_one(tmp_path):
    roads, _ = roads_of(write_osm(
        tmp_path / "large.osm", lattice(12, 12),
        [street(*range(row * 12 + 1, row * 12 + 13)) for row in range(12)]
        + [street(*range(column, 145, 12)) for column in range(1, 13)],
    ))  # fmt: skip
    nodes = np.arange(roads.n_nodes)
    chosen = spread_zones(roads, nodes, np.ones(roads.n_nodes), 30)
    assert len(np.unique(chosen)) == 30
    apart = np.hypot(roads.x_m[nodes, None] - roads.x_m[chosen], roads.y_m[nodes, None] - roads.y_m[chosen])
    among = np.hypot(*(getattr(roads, axis)[chosen, None] - getattr(roads, axis)[chosen] for axis in ("x_m", "y_m")))
    closest = among[~np.eye(30, dtype=bool)].min()
    assert apart.min(axis=1).max() <= closest + 1e-6  # the law of farthest points
    assert closest > 110


def test_graphs_of_streets_have_whole_costs(real):
    _, world = real
    assert (graph(world.roads, 0.5, 0).cost >= 1).all()
