"""Routes: a few shortest-path trees from every hub, and the readers on them.

Trips run from hub to hub. Alternatives are the trees of a few integer cost fields, so a
route is named by (hub, alternative, hub) and its links are found again on demand.
A tree enters each node by one link, so the readers on its paths form a small trie of
(parent, site, offset); `cell` points into it and a draw walks from there to the root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from simulate import streams
from simulate.checks import ScenarioError
from simulate.kernels.trees import grow_trie, load_tree, sum_down, tree_links
from simulate.world.roads import RoadClass, RoadNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.world.readers import Readers

TASTES = 4
"""Private tastes of households."""
N_ALTERNATIVES = 2 + TASTES
"""The quickest route, one avoiding freeways, and one for each taste."""
FREEWAY_PENALTY = 1.35
"""Perceived over real time on freeways, for drivers avoiding them (assumption)."""
LONGEST_DS = 360_000
"""Longest route allowed: ten hours at free flow; longer ones suggest wrong units."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """The roads as a routing graph: links out of nodes closed to through traffic leave from a copy."""

    n_nodes: int
    """Nodes with copies."""
    leaves: NDArray[np.int64]
    """int64[m]; the node, or copy, a link leaves."""
    enters: NDArray[np.int64]
    """int64[m]; the node a link enters."""
    start: NDArray[np.int64]
    """int64[n]; start of trips from each node of the network."""
    cost: NDArray[np.float64]
    """float64[alternatives, m]; whole numbers, at least 1."""
    fast_ds: NDArray[np.int64]
    """int64[m]; free driving time on freeways, tenths of a second (0 elsewhere)."""
    slow_ds: NDArray[np.int64]
    """int64[m]; free driving time on all other roads, tenths of a second."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShortestPathTrees:
    """The trees of the quickest routes from k nodes; n nodes with copies."""

    order: NDArray[np.int32]
    """int32[k, n]; nodes by cost."""
    in_link: NDArray[np.int32]
    """int32[k, n]; tree's link into each node, -1 = none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Routes:
    """Tables of all routes between hubs; h hubs, a alternatives, c cells, p connected pairs of hubs.

    Hubs of one part of the map are contiguous, and so are their pairs: all from the first hub,
    then all from the next. Parts are unconnected, so tables grow with the parts and not with
    the square of all hubs.
    """

    hub_node: NDArray[np.int32]
    """int32[h]; node of each hub."""
    row: NDArray[np.int64]
    """int64[h]; hubs a and b of one part are pair row[a] + b."""
    fast_ds: NDArray[np.uint32]
    """uint32[p, a]; free driving time on freeways, tenths of a second."""
    slow_ds: NDArray[np.uint32]
    """uint32[p, a]; free driving time on other roads, tenths of a second."""
    cell: NDArray[np.uint32]
    """uint32[p, a]; last reader on the route as a cell of the trie, 0 = none."""
    used: NDArray[np.uint8]
    """uint8[p, a]; alternative of the tree really driven (0 where one is too long)."""
    watched: NDArray[np.uint8]
    """uint8[p]; 1 for pairs with a reader on any alternative."""
    cell_parent: NDArray[np.uint32]
    cell_site: NDArray[np.uint32]
    cell_fast: NDArray[np.uint32]
    cell_slow: NDArray[np.uint32]
    longest_chain: int
    """Most readers on any route."""


def alternative_shares(route_shares: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return the share of each alternative among usual routes, tastes being equally common; float64[alternatives]."""
    quickest, avoiding, private = route_shares
    return np.array([quickest, avoiding, *[private / TASTES] * TASTES])


def graph(roads: RoadNetwork, taste_spread: float, seed: int) -> Graph:
    """Return the graph with its cost fields: time, time avoiding freeways, and time perceived by each taste.

    taste_spread : sigma of the logarithm of perceived over real time of a link.
    """
    copies = np.flatnonzero(~roads.through)
    start = np.arange(roads.n_nodes, dtype=np.int64)
    start[copies] = roads.n_nodes + np.arange(len(copies))
    time_ds = np.maximum(np.rint(roads.free_s * 10.0), 1.0)
    freeway = roads.road_class == RoadClass.FREEWAY
    ends = [streams.uid(a, b) for a, b in zip(roads.node_name[roads.tail], roads.node_name[roads.head], strict=True)]
    fields = [time_ds, time_ds * np.where(freeway, FREEWAY_PENALTY, 1.0)]
    for taste in range(TASTES):
        drawn = streams.uniforms(streams.key(seed, f"route.taste.{taste}"), np.array(ends, dtype=np.uint64))
        fields.append(time_ds * _growth(taste_spread * streams.hump(drawn)))
    return Graph(
        n_nodes=roads.n_nodes + len(copies),
        leaves=start[roads.tail],
        enters=roads.head.astype(np.int64),
        start=start,
        cost=np.maximum(np.rint(np.stack(fields) * 16.0), 1.0),
        fast_ds=np.where(freeway, time_ds, 0.0).astype(np.int64),
        slow_ds=np.where(freeway, 0.0, time_ds).astype(np.int64),
    )


def trees(
    network: Graph, alternative: int, nodes: NDArray[np.int32]
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int32]]]:
    """Yield (index, nodes by cost, tree's link into each node) of the tree of each node."""
    cost = network.cost[alternative]
    arcs = _cheapest(network, cost)
    in_link, number = np.empty(network.n_nodes, np.int32), np.arange(network.n_nodes)
    for i, node in enumerate(nodes):
        least = dijkstra(arcs, indices=network.start[node])
        tree_links(network.leaves, network.enters, cost, least, in_link)
        yield i, np.argsort(least * network.n_nodes + number), in_link  # whole numbers, none twice: any sort agrees


def shortest_path_trees(network: Graph, nodes: NDArray[np.int32]) -> ShortestPathTrees:
    """Return the trees of the quickest routes from each node, for repeated use."""
    order, in_link = (np.empty((len(nodes), network.n_nodes), np.int32) for _ in range(2))
    for i, by_cost, link in trees(network, 0, nodes):
        order[i], in_link[i] = by_cost, link
    return ShortestPathTrees(order=order, in_link=in_link)


def build_routes(
    roads: RoadNetwork,
    network: Graph,
    hub_node: NDArray[np.int32],
    readers: Readers,
    margin: float,
    quickest: ShortestPathTrees | None = None,
) -> Routes:
    """Grow every tree of one part of the map once and return the tables for a draw.

    An alternative longer than `margin` times the best (plus a minute), or equal to the best, is
    replaced by the next that is neither, else by the best: the time between two hubs is
    bounded, and a household's own route differs from the best wherever another exists.
    Readers must be sorted by link and position. Raises ScenarioError if a hub is unreachable.
    """
    h, r = len(hub_node), readers.n
    fast, slow, cell = (np.zeros((h, h, N_ALTERNATIVES), np.uint32) for _ in range(3))
    used = np.zeros((h, h, N_ALTERNATIVES), np.uint8)
    parent, site, cell_fast, cell_slow = (np.zeros(r + 1, np.uint32) for _ in range(4))
    depth = np.zeros(r + 1, np.uint16)
    at = np.minimum(np.floor(readers.at * 65_536), 65_535).astype(np.int64)
    first = np.searchsorted(readers.link, np.arange(roads.n_links + 1)).astype(np.int64)
    node_cell = np.empty(network.n_nodes, np.uint32)
    node_fast, node_slow = (np.empty(network.n_nodes, np.int64) for _ in range(2))
    n_cells = 1
    link_name, name = _link_names(roads.n_links), np.empty(network.n_nodes)
    for ways in zip(*(_ways(network, field, hub_node, quickest) for field in range(N_ALTERNATIVES)), strict=True):
        reached = np.zeros((N_ALTERNATIVES, 3, h), np.int64)
        names = np.zeros((N_ALTERNATIVES, h))
        for field, (i, order, in_link) in enumerate(ways):
            _check_reached(roads, in_link, hub_node, hub_node[i])
            if n_cells + r > len(parent):  # a tree meets each reader at most once
                parent, site, cell_fast, cell_slow, depth = (
                    np.concatenate([cells, np.zeros(len(cells) + r, cells.dtype)])
                    for cells in (parent, site, cell_fast, cell_slow, depth)
                )
            n_cells = grow_trie(
                order, in_link, network.leaves, network.fast_ds, network.slow_ds, first, at, n_cells, parent, site,
                cell_fast, cell_slow, depth, node_cell, node_fast, node_slow,
            )  # fmt: skip
            way = np.stack([node_fast[hub_node], node_slow[hub_node], node_cell[hub_node]])
            way[:, i] = 0
            sum_down(order, in_link, network.leaves, link_name, name)
            reached[field], names[field] = way, name[hub_node]
        driven_ds = reached[:, 0] + reached[:, 1]
        other = (names != names[0]) & (driven_ds <= driven_ds[0] * margin + 600)
        other[:, i] = False
        used[i] = _stand_ins(other).T
        fast[i], slow[i], cell[i] = (
            np.take_along_axis(reached[:, k], used[i].T.astype(np.int64), axis=0).T for k in range(3)
        )
        _check_length(fast[i].astype(np.int64) + slow[i])
    return Routes(
        hub_node=hub_node,
        row=np.arange(h, dtype=np.int64) * h,
        fast_ds=fast.reshape(h * h, -1),
        slow_ds=slow.reshape(h * h, -1),
        cell=cell.reshape(h * h, -1),
        used=used.reshape(h * h, -1),
        watched=(cell != 0).any(axis=2).ravel().astype(np.uint8),
        cell_parent=parent[:n_cells].copy(),
        cell_site=site[:n_cells].copy(),
        cell_fast=cell_fast[:n_cells].copy(),
        cell_slow=cell_slow[:n_cells].copy(),
        longest_chain=int(depth[cell].max()),
    )


def _stand_ins(other: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the tree of each alternative: its own, else the next with another route, else the quickest.

    other : bool[a, h], whether each tree's route to each hub is within the margin and not the quickest.
    """
    a, h = other.shape
    used = np.zeros((a, h), np.uint8)
    for alternative in range(1, a):
        for later in range(a - 2, -1, -1):
            tree = 1 + (alternative - 1 + later) % (a - 1)
            used[alternative, other[tree]] = tree
    return used


def _link_names(n_links: int) -> NDArray[np.float64]:
    """Draw a whole number for each link; routes are equal if and only if their sums are."""
    return (streams.bits64(streams.key(0, "route.name"), np.arange(n_links)) >> np.uint64(24)).astype(np.float64)


def best_times(
    roads: RoadNetwork,
    network: Graph,
    hub_node: NDArray[np.int32],
    quickest: ShortestPathTrees | None = None,
) -> NDArray[np.float64]:
    """Return the free driving time of the quickest route between hubs of one part; float64[h, h], seconds."""
    best = np.zeros((len(hub_node), len(hub_node)))
    link_s = (network.fast_ds + network.slow_ds) / 10.0
    for i, order, in_link in _ways(network, 0, hub_node, quickest):
        _check_reached(roads, in_link, hub_node, hub_node[i])
        driven = np.zeros(network.n_nodes)
        sum_down(order, in_link, network.leaves, link_s, driven)
        best[i] = driven[hub_node]
        best[i, i] = 0.0
    return best


def link_flow(
    network: Graph, hub_node: NDArray[np.int32], trips: NDArray[np.float64], quickest: ShortestPathTrees | None = None
) -> NDArray[np.float64]:
    """Return link flows of trips on the quickest routes; float64[m].

    trips : float64[h, h], trips from hub to hub; those within a hub drive no link.
    """
    flow = np.zeros(len(network.leaves))
    for i, order, in_link in _ways(network, 0, hub_node, quickest):
        weight = np.zeros(network.n_nodes)
        np.add.at(weight, hub_node, trips[i])
        weight[hub_node[i]] = 0.0  # a node closed to through traffic is entered from its own copy
        load_tree(order, in_link, network.leaves, weight, flow)
    return flow


def _ways(
    network: Graph, alternative: int, nodes: NDArray[np.int32], quickest: ShortestPathTrees | None
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int32]]]:
    """Yield as `trees` does, from the quickest trees if given."""
    if alternative or quickest is None:
        yield from trees(network, alternative, nodes)
    else:
        for i in range(len(nodes)):
            yield i, quickest.order[i].astype(np.int64), quickest.in_link[i]


def _cheapest(network: Graph, cost: NDArray[np.float64]) -> csr_array:
    """Return the cheapest of parallel links as a sparse matrix; a plain one would add them up."""
    order = np.lexsort((cost, network.enters, network.leaves))
    a, b = network.leaves[order], network.enters[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    keep = order[first]
    shape = (network.n_nodes, network.n_nodes)
    return csr_array((cost[keep], (network.leaves[keep], network.enters[keep])), shape=shape)


def _check_reached(roads: RoadNetwork, in_link: NDArray[np.int32], nodes: NDArray[np.int32], start: np.int32) -> None:
    lost = nodes[(in_link[nodes] < 0) & (nodes != start)]
    if len(lost):
        raise ScenarioError(
            "roads", "roads that lead from everywhere to everywhere",
            f"no way from node {roads.node_name[start]} to node {roads.node_name[lost[0]]}",
            "keep the largest part of the network that is connected both ways",
        )  # fmt: skip


def _check_length(driven_ds: NDArray[np.int64]) -> None:
    if (longest := int(driven_ds.max())) > LONGEST_DS:
        raise ScenarioError(
            "roads", f"trips of at most {LONGEST_DS // 600} minutes", f"one of {longest // 600}",
            "check the network's units of time and length",
        )  # fmt: skip


def _growth(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return e to the x, within 1 % for x in [-1, 1], by arithmetic alone."""
    return ((1.0 + x / 8.0) / (1.0 - x / 8.0)) ** 4
