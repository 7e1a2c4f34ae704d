"""Traffic assignment: what a trip table does to a network, to check the reading of both.

Delay follows the Bureau of Public Roads (Traffic Assignment Manual, 1964); the objective is
that of Beckmann, McGuire & Winsten (Studies in the Economics of Transportation, 1956).
All functions speak the units of the network file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.tntp.tables import TntpNetwork

TIE = 1e-12
"""Paths are equally short if they differ by less than this share of the longest one;
float64 sums of a few hundred links differ by about 1e-14."""


def link_times(network: TntpNetwork, flow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return t0 (1 + b (flow / capacity)^power) of each link; float64[m]."""
    return network.free_flow_time * (1.0 + network.b * _load(network, flow) ** network.power)


def link_costs(
    network: TntpNetwork, flow: NDArray[np.float64], toll_weight: float = 0.0, distance_weight: float = 0.0
) -> NDArray[np.float64]:
    """Return time + toll_weight * toll + distance_weight * length of each link; float64[m]."""
    return link_times(network, flow) + _fixed_cost(network, toll_weight, distance_weight)


def beckmann_objective(
    network: TntpNetwork, flow: NDArray[np.float64], toll_weight: float = 0.0, distance_weight: float = 0.0
) -> float:
    """Return the sum of every link's cost integrated from no flow to its flow.

    Equilibrium flows minimise it. The integral of the time is
    t0 flow (1 + b / (power + 1) (flow / capacity)^power).
    """
    mean_delay = network.b / (network.power + 1.0) * _load(network, flow) ** network.power
    mean_cost = network.free_flow_time * (1.0 + mean_delay) + _fixed_cost(network, toll_weight, distance_weight)
    return float(mean_cost @ flow)


def total_time(
    network: TntpNetwork, flow: NDArray[np.float64], toll_weight: float = 0.0, distance_weight: float = 0.0
) -> float:
    """Return the cost that all trips together pay at these flows."""
    return float(link_costs(network, flow, toll_weight, distance_weight) @ flow)


def shortest_path_time(network: TntpNetwork, trips: NDArray[np.float64], link_cost: NDArray[np.float64]) -> float:
    """Return the cost if every trip between two zones took its cheapest route.

    Equals `total_time` at equilibrium flows: nobody can do better by changing route.
    """
    cost = zone_costs(network, link_cost)
    _check_reached(network, trips, cost)
    between = _between_zones(trips)
    return float(cost[between] @ trips[between])


def zone_costs(network: TntpNetwork, link_cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cheapest cost between zones; float64[z, z], inf if no route, 0 on the diagonal."""
    cost = _costs_from_zones(network, link_cost)[:, : network.n_zones].copy()
    np.fill_diagonal(cost, 0.0)
    return cost


def all_or_nothing(
    network: TntpNetwork, trips: NDArray[np.float64], link_cost: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Load every trip between two zones on its cheapest route; float64[m].

    Of routes equally cheap, each node is entered by the lowest link id, so the flows do not
    depend on the solver.
    """
    cost = _costs_from_zones(network, link_cost)
    _check_reached(network, trips, cost[:, : network.n_zones])
    leaves, starts, between = _leaves(network), _starts(network), _between_zones(trips)
    flow = np.zeros(len(link_cost))
    for origin in np.flatnonzero(between.any(axis=1)):
        start = starts[origin]
        enter_by = _tree(leaves, network.head, link_cost, cost[origin], start)
        at = np.flatnonzero(between[origin])
        volume = trips[origin, at]
        while at.size:
            link = enter_by[at]
            flow += np.bincount(link, weights=volume, minlength=len(flow))
            on_the_way = leaves[link] != start
            at, volume = leaves[link][on_the_way], volume[on_the_way]
    return flow


def _load(network: TntpNetwork, flow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return flow / capacity, 0 where capacity is 0 (such links have b = 0)."""
    return np.divide(flow, network.capacity, out=np.zeros(len(flow)), where=network.capacity > 0.0)


def _fixed_cost(network: TntpNetwork, toll_weight: float, distance_weight: float) -> NDArray[np.float64]:
    return toll_weight * network.toll + distance_weight * network.length


def _between_zones(trips: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (trips > 0.0) & ~np.eye(len(trips), dtype=np.bool_)


def _leaves(network: TntpNetwork) -> NDArray[np.int64]:
    """Return the graph node each link leaves; int64[m].

    A node that may not be driven through is split in two: links enter node z and leave from
    its copy n_nodes + z, so that no route goes on from z.
    """
    return _copy_of(network, network.tail.astype(np.int64))


def _starts(network: TntpNetwork) -> NDArray[np.int64]:
    """Return the graph node where trips from each zone start; int64[z]."""
    return _copy_of(network, np.arange(network.n_zones))


def _copy_of(network: TntpNetwork, node: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(node + 1 < network.first_thru_node, network.n_nodes + node, node)


def _costs_from_zones(network: TntpNetwork, link_cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cheapest cost from each zone to each graph node; float64[z, n + split]."""
    if not np.all(link_cost >= 0.0):
        link = int(np.argmin(link_cost >= 0.0))
        raise ScenarioError(
            f"{network.source}: link {link}", "a cost of 0 or more", link_cost[link], "check the weights"
        )
    leaves, head = _leaves(network), network.head
    # A sparse matrix would add parallel links up, so only the cheapest of each pair goes in.
    order = np.lexsort((link_cost, head, leaves))
    leaves, head, cost = leaves[order], head[order], link_cost[order]
    first = np.concatenate(([True], (np.diff(leaves) != 0) | (np.diff(head) != 0)))
    n = network.n_nodes + network.first_thru_node - 1
    # Costs of 0 stay stored entries, which csgraph takes for links.
    graph = csr_array((cost[first], (leaves[first], head[first])), shape=(n, n))
    return np.asarray(dijkstra(graph, indices=_starts(network)))


def _check_reached(network: TntpNetwork, trips: NDArray[np.float64], cost: NDArray[np.float64]) -> None:
    if trips.shape != (network.n_zones, network.n_zones):
        expected = f"trips between {network.n_zones} zones"
        raise ScenarioError(network.source, expected, f"a table of {trips.shape}", "take both from one network")
    cut_off = np.argwhere(_between_zones(trips) & np.isinf(cost))
    if len(cut_off):
        origin, destination = cut_off[0] + 1
        expected = f"a route from zone {origin} to zone {destination}, which have trips"
        raise ScenarioError(network.source, expected, "none", "add the missing links, or remove the trips")


def _tree(
    leaves: NDArray[np.int64],
    head: NDArray[np.int32],
    link_cost: NDArray[np.float64],
    cost: NDArray[np.float64],
    start: np.int64,
) -> NDArray[np.int64]:
    """Return the lowest link that enters each node on a cheapest route; int64[nodes].

    Links that cost something lead from nearer to farther nodes and cannot form a circle.
    Links that cost nothing can, so they only enter nodes that no other link enters, level
    by level from those already entered. Entries of nodes out of reach mean nothing.
    """
    slack = TIE * cost[np.isfinite(cost)].max()
    tight = np.flatnonzero(cost[leaves] + link_cost <= cost[head] + slack)
    paid, free = tight[link_cost[tight] > slack], tight[link_cost[tight] <= slack]
    enter_by = np.full(len(cost), len(head))
    np.minimum.at(enter_by, head[paid], paid)
    entered = enter_by < len(head)
    entered[start] = True
    while (level := free[entered[leaves[free]] & ~entered[head[free]]]).size:
        np.minimum.at(enter_by, head[level], level)
        entered[head[level]] = True
    return enter_by
