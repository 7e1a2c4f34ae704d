"""Routes against networkx, and the readers on them against the links."""

from __future__ import annotations

import dataclasses
import itertools

import networkx as nx
import numpy as np
import pytest
from reference.tree_paths import route_links
from worlds import Small, anaheim_scenario, small, town_scenario

from simulate.checks import ScenarioError
from simulate.world.build import build_world
from simulate.world.roads import RoadClass
from simulate.world.routes import (
    FREEWAY_PENALTY,
    N_ALTERNATIVES,
    best_times,
    build_routes,
    graph,
    link_flow,
    shortest_path_trees,
    trees,
)
from simulate.world.town import Grid, build_streets


@pytest.fixture(scope="module")
def awkward() -> Small:
    return small(town_scenario(2, **{"roads.density_per_km2": 3, "roads.block_m": 900}), awkward=True, scattered=90)


@pytest.fixture(scope="module")
def anaheim(data):
    return build_world(anaheim_scenario(data))


def nx_graph(network, alternative=0):
    """Keep the cheapest of parallel links, as networkx's shortest paths do by themselves."""
    made = nx.MultiDiGraph()
    made.add_nodes_from(range(network.n_nodes))
    costs = network.cost[alternative]
    for link, (a, b) in enumerate(zip(network.leaves.tolist(), network.enters.tolist(), strict=True)):
        made.add_edge(
            a, b, key=link, cost=float(costs[link]), free=float(network.fast_ds[link] + network.slow_ds[link])
        )
    return made


@pytest.mark.parametrize("alternative", range(N_ALTERNATIVES))
def test_trees_are_as_short_as_those_of_networkx_in_the_town(awkward, alternative):
    assert_trees_are_shortest(awkward.world, alternative, range(0, len(awkward.world.routes.hub_node), 5))


@pytest.mark.parametrize("alternative", range(N_ALTERNATIVES))
def test_trees_are_as_short_as_those_of_networkx_in_anaheim(anaheim, alternative):
    hubs = len(anaheim.routes.hub_node)
    assert_trees_are_shortest(anaheim, alternative, [0, hubs // 2, hubs - 3])


def assert_trees_are_shortest(world, alternative, hubs):
    network, hub_node = world.graph, world.routes.hub_node
    made, nodes = nx_graph(network, alternative), hub_node[list(hubs)]
    for i, _, in_link in trees(network, alternative, nodes):
        start = int(network.start[nodes[i]])
        least = nx.single_source_dijkstra_path_length(made, start, weight="cost")
        for to in hub_node:
            if to == nodes[i]:
                continue
            links = route_links(network, in_link, int(to))
            assert network.leaves[links[0]] == start
            assert network.enters[links[-1]] == to
            assert np.array_equal(network.enters[links[:-1]], network.leaves[links[1:]])
            assert network.cost[alternative][links].sum() == least[int(to)]


def test_best_times_are_those_of_networkx(awkward):
    world = awkward.world
    best = best_times(world.roads, world.graph, world.routes.hub_node)
    made = nx_graph(world.graph)
    for i in range(0, len(best), 6):
        for j in range(0, len(best), 5):
            if i != j:
                path = nx.dijkstra_path(made, int(world.graph.start[i]), j, weight="cost")
                free = [min(made[a][b].values(), key=lambda e: e["cost"])["free"] for a, b in nx.utils.pairwise(path)]
                assert best[i, j] == pytest.approx(sum(free) / 10, abs=0.1 * len(path))
    assert not np.diag(best).any()


def test_of_equal_ways_the_lowest_link_enters(awkward):
    network, ties = awkward.world.graph, 0
    for i, _, in_link in trees(network, 0, awkward.world.routes.hub_node[:6]):
        least = nx.single_source_dijkstra_path_length(nx_graph(network), int(network.start[i]), weight="cost")
        for node, found in least.items():
            ways = [k for k in np.flatnonzero(network.enters == node)
                    if least.get(int(network.leaves[k]), np.inf) + network.cost[0][k] == found]  # fmt: skip
            ties += len(ways) > 1
            assert in_link[node] == (min(ways) if ways else -1)
    assert ties > 20


def test_centroids_of_anaheim_are_never_driven_through(anaheim):
    closed = set(np.flatnonzero(~anaheim.roads.through).tolist())
    assert len(closed) == 38
    for alternative in range(N_ALTERNATIVES):
        for i, _, in_link in trees(anaheim.graph, alternative, anaheim.routes.hub_node[::40]):
            for to in anaheim.routes.hub_node:
                links = route_links(anaheim.graph, in_link, int(to))
                assert closed.isdisjoint(anaheim.roads.head[links[:-1]].tolist()), (alternative, i)


def test_closed_nodes_are_left_and_reached_but_not_crossed(awkward):
    roads, network = awkward.world.roads, awkward.world.graph
    closed = np.flatnonzero(~roads.through)
    assert len(closed) == 2
    assert not np.isin(network.leaves, closed).any()
    assert np.isin(network.enters, closed).any()
    assert (network.start[closed] >= roads.n_nodes).all()


@pytest.mark.parametrize("alternative", range(N_ALTERNATIVES))
def test_the_chain_of_a_route_is_the_readers_on_its_links_in_order(awkward, alternative):
    world, routes, network = awkward.world, awkward.world.routes, awkward.world.graph
    on_link = [np.flatnonzero(world.readers.link == link).tolist() for link in range(world.roads.n_links)]
    longest = 0
    for tree in {0, alternative}:
        for i, _, in_link in trees(network, tree, routes.hub_node):
            for j, node in enumerate(routes.hub_node):
                if between(routes, "used", i, alternative, j) != tree:
                    continue
                links = route_links(network, in_link, int(node)) if i != j else []
                expected = [site for link in links for site in on_link[link]]
                assert chain(routes, i, alternative, j) == expected
                assert between(routes, "fast_ds", i, alternative, j) == network.fast_ds[links].sum()
                assert between(routes, "slow_ds", i, alternative, j) == network.slow_ds[links].sum()
                longest = max(longest, len(expected))
    assert longest <= routes.longest_chain
    assert routes.longest_chain == max(len(chain(routes, i, a, j)) for i, j, a in ways_of(routes))


def ways_of(routes):
    """List hub, hub and alternative of every way on a map that is one part."""
    return itertools.product(range(len(routes.row)), range(len(routes.row)), range(N_ALTERNATIVES))


def between(routes, name, i, alternative, j) -> int:
    """Look a way up in a table of routes."""
    return int(getattr(routes, name)[routes.row[i] + j, alternative])


def chain(routes, i, alternative, j):
    sites, cell = [], between(routes, "cell", i, alternative, j)
    while cell:
        sites.append(int(routes.cell_site[cell]))
        cell = int(routes.cell_parent[cell])
    return sites[::-1]


def test_readers_are_met_between_leaving_and_arriving(awkward):
    routes = awkward.world.routes
    for i, j, alternative in ways_of(routes):
        cell = between(routes, "cell", i, alternative, j)
        limits = [between(routes, name, i, alternative, j) for name in ("fast_ds", "slow_ds")]
        while cell:
            here = int(routes.cell_fast[cell]), int(routes.cell_slow[cell])
            assert here[0] <= limits[0]
            assert here[1] <= limits[1]
            limits, cell = list(here), int(routes.cell_parent[cell])


def test_hot_pairs_are_those_with_a_reader_on_some_alternative(awkward):
    routes = awkward.world.routes
    assert np.array_equal(routes.watched, (routes.cell > 0).any(axis=1))
    assert 0 < routes.watched.mean() <= 1


def test_no_alternative_takes_longer_than_the_margin(awkward):
    world = awkward.world
    for margin in (1.0, 1.25):
        routes = build_routes(world.roads, world.graph, world.routes.hub_node, world.readers, margin)
        total = routes.fast_ds.astype(int) + routes.slow_ds
        assert (total <= total[:, :1] * margin + 600).all()
    assert (routes.used[:, 0] == 0).all()
    strict = build_routes(world.roads, world.graph, world.routes.hub_node, world.readers, 1.0)
    assert (strict.used[:, 2] == 0).sum() > (world.routes.used[:, 2] == 0).sum()
    for table in (strict.fast_ds, strict.slow_ds, strict.cell):
        replaced = strict.used[:, 2] == 0
        assert np.array_equal(table[:, 2][replaced], table[:, 0][replaced])


def test_costs_are_times_penalties_and_tastes(awkward):
    roads, network = awkward.world.roads, awkward.world.graph
    assert (network.cost == np.rint(network.cost)).all()
    assert network.cost.min() >= 1
    time_ds = network.fast_ds + network.slow_ds
    assert np.allclose(time_ds, roads.free_s * 10, atol=0.5)
    freeway = roads.road_class == RoadClass.FREEWAY
    assert (network.fast_ds[~freeway] == 0).all()
    assert (network.slow_ds[freeway] == 0).all()
    feel = network.cost / (16 * time_ds)
    assert np.allclose(feel[0], 1)
    assert np.allclose(feel[1], np.where(freeway, FREEWAY_PENALTY, 1.0), atol=0.01)
    tastes = np.log(feel[2:])
    assert len(tastes) == N_ALTERNATIVES - 2 >= 4
    assert np.allclose(tastes.std(axis=1), 0.5, atol=0.06), "the scenario's taste_spread"
    assert np.abs(tastes).max() < 0.5 * 2.3
    assert np.abs(np.corrcoef(tastes)[np.triu_indices(len(tastes), 1)]).max() < 0.2, "each taste is its own"
    assert (graph(roads, 0.0, 1).cost[2:] == network.cost[0]).all()


def test_an_alternative_is_another_way_wherever_some_tree_has_a_good_one(awkward):
    """By the links themselves: the quickest is driven only where no tree leads another way within the margin."""
    world, routes = awkward.world, awkward.world.routes
    grown = [[link.copy() for _, _, link in trees(world.graph, k, routes.hub_node)] for k in range(N_ALTERNATIVES)]
    free, alone = world.graph.fast_ds + world.graph.slow_ds, 0
    for i, j in np.ndindex(len(routes.hub_node), len(routes.hub_node)):
        if i == j:
            continue
        ways = [route_links(world.graph, tree[i], int(routes.hub_node[j])) for tree in grown]
        good = [way != ways[0] and free[way].sum() <= free[ways[0]].sum() * 1.25 + 600 for way in ways]
        driven = routes.used[routes.row[i] + j, 1:].tolist()
        assert set(driven) == ({k for k in range(N_ALTERNATIVES) if good[k]} or {0})
        assert all(driven[k - 1] == k for k in range(1, N_ALTERNATIVES) if good[k])
        alone += not any(good)
    assert alone > 0


def test_taste_belongs_to_the_road_not_to_its_number():
    roads = build_streets(Grid(side=9, block_m=150), 5)
    order = np.random.default_rng(0).permutation(roads.n_links)
    per_link = ("tail", "head", "length_m", "free_s", "road_class", "capacity")
    shuffled = dataclasses.replace(roads, **{name: getattr(roads, name)[order] for name in per_link})
    assert np.array_equal(graph(shuffled, 0.5, 1).cost, graph(roads, 0.5, 1).cost[:, order])


def test_flow_is_what_the_routes_carry(awkward):
    network, hubs = awkward.world.graph, awkward.world.routes.hub_node
    trips = np.random.default_rng(1).uniform(0, 3, (len(hubs), len(hubs)))
    expected = np.zeros(len(network.leaves))
    for i, _, in_link in trees(network, 0, hubs):
        for j, node in enumerate(hubs):
            if i != j:
                expected[route_links(network, in_link, int(node))] += trips[i, j]
    assert np.allclose(link_flow(network, hubs, trips), expected)


def test_trips_within_a_hub_load_no_link(awkward):
    hubs = awkward.world.routes.hub_node
    assert not link_flow(awkward.world.graph, hubs, np.diag(np.arange(1.0, len(hubs) + 1))).any()


def test_a_node_without_a_way_out_is_named():
    roads = build_streets(Grid(side=4, block_m=200), 0)
    keep = roads.tail != 5
    per_link = ("tail", "head", "length_m", "free_s", "road_class", "capacity")
    cut = dataclasses.replace(roads, **{name: getattr(roads, name)[keep] for name in per_link})
    with pytest.raises(ScenarioError, match="no way from node 5 to node 0"):
        best_times(cut, graph(cut, 0.5, 0), np.arange(16, dtype=np.int32))


def test_routes_too_long_for_their_tables_are_refused(awkward):
    world = awkward.world
    slow = dataclasses.replace(world.graph, slow_ds=world.graph.slow_ds * 400)
    with pytest.raises(ScenarioError, match="trips of at most 600 minutes"):
        build_routes(world.roads, slow, world.routes.hub_node, world.readers, 1.25)


def test_trees_that_are_grown_once_give_the_same_tables(awkward):
    """Byte for byte, with nodes that block through traffic and with ties."""
    world, margin = awkward.world, 1.25
    network, hubs = world.graph, world.routes.hub_node
    kept = shortest_path_trees(network, hubs)
    assert np.array_equal(best_times(world.roads, network, hubs, kept), best_times(world.roads, network, hubs))
    trips = np.random.default_rng(2).uniform(0, 3, (len(hubs), len(hubs)))
    assert np.array_equal(link_flow(network, hubs, trips, kept), link_flow(network, hubs, trips))
    once, again = (build_routes(world.roads, network, hubs, world.readers, margin, trees) for trees in (kept, None))
    for field in dataclasses.fields(once):
        assert np.array_equal(getattr(once, field.name), getattr(again, field.name)), field.name


def test_nodes_stand_by_cost_and_ties_by_number(awkward):
    network, hubs = awkward.world.graph, awkward.world.routes.hub_node
    tied = 0
    for i, order, in_link in trees(network, 0, hubs[:20]):
        cost = [int(network.cost[0][route_links(network, in_link, int(node))].sum()) for node in order]
        reached = [(c, int(node)) for c, node in zip(cost, order, strict=True) if c or node == network.start[hubs[i]]]
        assert reached == sorted(reached)
        tied += len(cost) - len(set(cost))
    assert tied > 0
