"""Traffic assignment: published optima, known laws, and the traps of the solver."""

from __future__ import annotations

import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.assignment import (
    all_or_nothing,
    beckmann_objective,
    link_costs,
    link_times,
    shortest_path_time,
    total_time,
    zone_costs,
)

from simulate.checks import ScenarioError
from simulate.world.tntp.tables import TntpNetwork, find_files, read_flows, read_network, read_trips

FOLDERS = ("SiouxFalls", "Anaheim", "Chicago-Sketch")


@pytest.fixture(scope="module", params=FOLDERS)
def case(request, data):
    """Return network, trips, published flows, and what is known about them."""
    expected = json.loads((data / "oracles" / "tntp_expected.json").read_text())
    files = find_files(data / "tntp" / request.param)
    network = read_network(files.net)
    trips = read_trips(files.trips, network.n_zones)
    return network, trips, read_flows(files.flow, network), expected[request.param.replace("-", "")]


def make(links, *, n_zones, first_thru=1, **columns):
    """Build a network from (tail, head, time) with nodes numbered from 1, as in a file."""
    tail, head, time = (np.array(column) for column in zip(*links, strict=True))
    values = {"capacity": 1.0, "length": 0.0, "b": 0.0, "power": 0.0, "toll": 0.0, "speed": 0.0} | columns
    return TntpNetwork(
        n_zones=n_zones,
        n_nodes=int(max(tail.max(), head.max(), n_zones)),
        first_thru_node=first_thru,
        tail=(tail - 1).astype(np.int32),
        head=(head - 1).astype(np.int32),
        free_flow_time=time.astype(float),
        link_type=np.ones(len(tail), np.int32),
        source="made_net.tntp",
        **{name: np.broadcast_to(np.asarray(value, float), len(tail)) for name, value in values.items()},
    )


def one_trip(n_zones, origin, destination, volume=1.0):
    trips = np.zeros((n_zones, n_zones))
    trips[origin - 1, destination - 1] = volume
    return trips


def load(network, trips):
    return all_or_nothing(network, trips, network.free_flow_time)


def test_published_sizes_are_read(case):
    network, trips, _, expected = case
    assert network.n_zones == expected["zones"]
    assert network.n_nodes == expected["nodes"]
    assert len(network.tail) == expected["links"]
    assert network.first_thru_node == expected["first_thru_node"]
    assert trips.sum() == pytest.approx(expected["total_trips"], rel=1e-12)


def test_published_flows_are_the_published_optimum(case):
    network, trips, flow, expected = case
    weights = expected["toll_weight"], expected["distance_weight"]
    cost = link_costs(network, flow, *weights)
    assert beckmann_objective(network, flow, *weights) == pytest.approx(
        expected["beckmann_of_reference_flows"], rel=1e-9
    )
    assert total_time(network, flow, *weights) == pytest.approx(expected["tstt"], rel=1e-9)
    assert shortest_path_time(network, trips, cost) == pytest.approx(expected["sptt_offdiag"], rel=1e-9)
    if expected["readme_optimum"] is not None:
        assert beckmann_objective(network, flow, *weights) == pytest.approx(expected["readme_optimum"], rel=1e-9)


def test_shortest_routes_equal_networkx(case):
    network, _, flow, expected = case
    cost = link_costs(network, flow, expected["toll_weight"], expected["distance_weight"])
    found = zone_costs(network, cost)
    graph = nx.MultiDiGraph()
    graph.add_weighted_edges_from(zip(network.tail.tolist(), network.head.tolist(), cost.tolist(), strict=True))
    through = set(range(network.first_thru_node - 1, network.n_nodes))
    rng = np.random.default_rng(7)
    for origin, destination in rng.integers(network.n_zones, size=(60, 2)).tolist():
        allowed = graph.subgraph(through | {origin, destination})
        assert found[origin, destination] == pytest.approx(
            nx.dijkstra_path_length(allowed, origin, destination), rel=1e-12
        )


@pytest.mark.parametrize("congested", [False, True])
def test_loaded_trips_arrive_pay_the_least_and_drive_through_no_zone(case, congested):
    network, trips, flow, expected = case
    weights = expected["toll_weight"], expected["distance_weight"]
    cost = link_costs(network, flow if congested else 0 * flow, *weights)
    loaded = all_or_nothing(network, trips, cost)
    assert loaded @ cost == pytest.approx(shortest_path_time(network, trips, cost), rel=1e-12)
    leaving, entering = (
        np.bincount(ends, weights=loaded, minlength=network.n_nodes) for ends in (network.tail, network.head)
    )
    between = trips - np.diag(np.diag(trips))
    net = np.zeros(network.n_nodes)
    net[: network.n_zones] = between.sum(axis=1) - between.sum(axis=0)
    assert leaving - entering == pytest.approx(net, abs=1e-6)
    closed = slice(0, network.first_thru_node - 1)
    assert leaving[closed] == pytest.approx(between.sum(axis=1)[closed])
    assert entering[closed] == pytest.approx(between.sum(axis=0)[closed])


def test_free_flow_routes_of_anaheim_explain_its_published_flows(data):
    files = find_files(data / "tntp" / "Anaheim")
    network = read_network(files.net)
    loaded = load(network, read_trips(files.trips, network.n_zones))
    assert (network.n_nodes, len(network.tail)) == (416, 914)
    assert np.corrcoef(loaded, read_flows(files.flow, network))[0, 1] > 0.98


def test_delay_follows_the_bureau_of_public_roads():
    network = make([(1, 2, 10.0)] * 3, n_zones=2, capacity=100.0, b=0.15, power=4.0)
    assert link_times(network, np.array([0.0, 100.0, 200.0])) == pytest.approx([10, 11.5, 34])


def test_power_0_makes_time_constant_and_capacity_0_without_delay_is_harmless():
    links = [(1, 2, 10.0), (1, 2, 10.0)]
    network = make(links, n_zones=2, b=[0.15, 0.0], power=[0.0, 4.0], capacity=[100.0, 0.0])
    for flow in (np.zeros(2), np.array([7.0, 9.0])):
        assert link_times(network, flow) == pytest.approx([11.5, 10])
        assert beckmann_objective(network, flow) == pytest.approx(flow @ [11.5, 10])


def test_cost_adds_weighted_toll_and_distance():
    network = make([(1, 2, 10.0)], n_zones=2, toll=50.0, length=3.0)
    assert link_costs(network, np.zeros(1), 0.02, 0.04) == pytest.approx([10 + 1 + 0.12])
    assert total_time(network, np.array([5.0]), 0.02, 0.04) == pytest.approx(5 * 11.12)


@given(
    flow=st.floats(1, 300),
    power=st.sampled_from([0.0, 1.0, 2.5, 4.0]),
    b=st.floats(0, 2),
    weights=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_the_slope_of_the_objective_is_the_cost_of_the_link(flow, power, b, weights):
    network = make([(1, 2, 7.0)], n_zones=2, capacity=100.0, b=b, power=power, toll=2.0, length=3.0)
    step = 1e-3
    above, below = (beckmann_objective(network, np.array([flow + side]), *weights) for side in (step, -step))
    slope = (above - below) / (2 * step)
    assert slope == pytest.approx(link_costs(network, np.array([flow]), *weights)[0], rel=1e-5)


def test_parallel_links_are_never_added_up_and_the_cheapest_is_taken():
    network = make([(1, 2, 5.0), (1, 2, 3.0), (1, 2, 4.0), (1, 3, 1.0), (3, 2, 3.0)], n_zones=2)
    assert zone_costs(network, network.free_flow_time)[0, 1] == 3
    assert load(network, one_trip(2, 1, 2, 6)).tolist() == [0, 6, 0, 0, 0]


def test_of_equal_links_and_routes_the_lowest_link_is_taken():
    assert load(make([(1, 2, 3.0)] * 3, n_zones=2), one_trip(2, 1, 2)).tolist() == [1, 0, 0]
    free_twins = [(1, 3, 0.0), (1, 3, 0.0), (3, 2, 1.0)]
    assert load(make(free_twins, n_zones=2), one_trip(2, 1, 2)).tolist() == [1, 0, 1]
    diamond = [(1, 3, 1.0), (1, 4, 1.0), (4, 2, 1.0), (3, 2, 1.0)]
    assert load(make(diamond, n_zones=2), one_trip(2, 1, 2)).tolist() == [0, 1, 1, 0]


def test_routes_equal_but_for_rounding_count_as_equal():
    by_tenths = [(1, 3, 0.1), (3, 4, 0.2), (4, 2, 0.3), (1, 2, 0.6)]
    assert 0.1 + 0.2 + 0.3 > 0.6
    assert load(make(by_tenths, n_zones=2), one_trip(2, 1, 2)).tolist() == [1, 1, 1, 0]


def test_links_that_cost_nothing_are_driven():
    network = make([(1, 3, 0.0), (3, 2, 0.0), (1, 2, 1.0)], n_zones=2)
    assert zone_costs(network, network.free_flow_time)[0, 1] == 0
    assert load(network, one_trip(2, 1, 2)).tolist() == [1, 1, 0]


def test_circles_that_cost_nothing_do_not_catch_a_route():
    circle = [(3, 4, 0.0), (4, 5, 0.0), (5, 3, 0.0), (5, 2, 0.0), (1, 4, 2.0), (3, 3, 0.0)]
    assert load(make(circle, n_zones=2), one_trip(2, 1, 2)).tolist() == [0, 1, 0, 1, 1, 0]


def test_a_zone_below_the_first_thru_node_is_no_short_cut():
    links = [(1, 2, 1.0), (2, 3, 1.0), (1, 4, 5.0), (4, 3, 5.0), (4, 2, 0.0), (2, 4, 0.0)]
    closed, open_to_all = make(links, n_zones=3, first_thru=4), make(links, n_zones=3)
    assert zone_costs(open_to_all, open_to_all.free_flow_time)[0, 2] == 2
    assert zone_costs(closed, closed.free_flow_time)[0, 2] == 10
    assert load(closed, one_trip(3, 1, 3)).tolist() == [0, 0, 1, 1, 0, 0]
    assert load(closed, one_trip(3, 2, 3)).tolist() == [0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("first_thru", [1, 3])
def test_trips_within_a_zone_use_no_road(first_thru):
    network = make([(1, 2, 1.0), (2, 1, 1.0), (1, 3, 1.0), (3, 1, 1.0)], n_zones=2, first_thru=first_thru)
    trips = np.diag([5.0, 7.0])
    assert np.diag(zone_costs(network, network.free_flow_time)).tolist() == [0, 0]
    assert load(network, trips).tolist() == [0, 0, 0, 0]
    assert shortest_path_time(network, trips, network.free_flow_time) == 0


@pytest.mark.parametrize("use", [all_or_nothing, shortest_path_time])
def test_trips_without_a_route_or_of_another_size_are_refused(use):
    network = make([(1, 2, 1.0), (3, 1, 1.0)], n_zones=3)
    with pytest.raises(ScenarioError, match=r"made_net.tntp: expected a route from zone 2 to zone 3.*found none"):
        use(network, one_trip(3, 2, 3), network.free_flow_time)
    with pytest.raises(ScenarioError, match=r"expected trips between 3 zones, found a table of \(2, 2\)"):
        use(network, one_trip(2, 1, 2), network.free_flow_time)
    with pytest.raises(ScenarioError, match=r"made_net.tntp: link 1: expected a cost of 0 or more, found -1.0"):
        use(network, one_trip(3, 1, 2), np.array([1.0, -1.0]))


def plain_flow(network, trips):
    """Load trips by the book: distances by relaxing links, lowest links, one trip at a time."""
    tail, head = network.tail.tolist(), network.head.tolist()
    cost = network.free_flow_time.tolist()
    flow = [0.0] * len(cost)
    for origin in range(network.n_zones):
        usable = [i for i in range(len(cost)) if tail[i] == origin or tail[i] + 1 >= network.first_thru_node]
        distance = [0.0 if node == origin else np.inf for node in range(network.n_nodes)]
        for _ in range(network.n_nodes):
            for i in usable:
                distance[head[i]] = min(distance[head[i]], distance[tail[i]] + cost[i])
        tight = [i for i in usable if distance[tail[i]] + cost[i] == distance[head[i]] < np.inf]
        for destination in range(network.n_zones):
            node = destination
            while node != origin and trips[origin, destination] > 0:
                link = min(i for i in tight if head[i] == node)
                flow[link] += trips[origin, destination]
                node = tail[link]
    return flow


@st.composite
def small_cases(draw, least_time):
    """Draw small networks of whole-number times, full of ties and parallels, and trips with a route."""
    n_nodes = draw(st.integers(2, 6))
    n_zones = draw(st.integers(1, n_nodes))
    node = st.integers(1, n_nodes)
    ring = [(at, at % n_nodes + 1, 9) for at in range(1, n_nodes + 1)]
    links = draw(st.lists(st.tuples(node, node, st.integers(least_time, 3)), max_size=12))
    first_thru = draw(st.integers(1, n_zones + 1).filter(lambda first: first <= n_nodes))
    network = make(draw(st.permutations(links + ring)), n_zones=n_zones, first_thru=first_thru)
    volume = st.lists(st.integers(0, 3), min_size=n_zones**2, max_size=n_zones**2)
    trips = np.array(draw(volume), float).reshape(n_zones, n_zones)
    return network, np.where(np.isfinite(zone_costs(network, network.free_flow_time)), trips, 0.0)


@settings(max_examples=300, deadline=None)
@given(small_cases(least_time=1))
def test_flows_equal_the_plain_loading_link_by_link(drawn):
    network, trips = drawn
    assert load(network, trips).tolist() == plain_flow(network, trips)


@settings(max_examples=300, deadline=None)
@given(small_cases(least_time=0))
def test_links_of_no_cost_lose_no_trip_and_no_time(drawn):
    network, trips = drawn
    loaded, cost = load(network, trips), network.free_flow_time
    assert loaded @ cost == shortest_path_time(network, trips, cost)
    between = trips - np.diag(np.diag(trips))
    net = np.zeros(network.n_nodes)
    net[: network.n_zones] = between.sum(axis=1) - between.sum(axis=0)
    np.subtract.at(net, network.tail, loaded)
    np.add.at(net, network.head, loaded)
    assert not net.any()
