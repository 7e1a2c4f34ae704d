"""Shortest-path trees: the tree's link into each node, and the readers on its paths.

Costs are integers held exactly in float64, so a tree depends on the costs alone: of the
links into a node at its least cost, the one with the lowest id is the tree's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.leaf import leaf

if TYPE_CHECKING:
    from numpy.typing import NDArray


@leaf
def tree_links(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    cost: NDArray[np.float64],
    least: NDArray[np.float64],
    in_link: NDArray[np.int32],
) -> None:
    """Find the tree's link into each node.

    tail, head : int64[m]; cost : float64[m]; least : float64[n], cost from the origin,
    infinite if unreachable; in_link : int32[n], overwritten, -1 = none.
    """
    in_link[:] = -1
    for link in range(len(tail)):
        a, b = tail[link], head[link]
        if in_link[b] < 0 and least[a] < np.inf and least[a] + cost[link] == least[b]:
            in_link[b] = link


@leaf
def grow_trie(
    order: NDArray[np.int64],
    in_link: NDArray[np.int32],
    tail: NDArray[np.int64],
    fast_ds: NDArray[np.int64],
    slow_ds: NDArray[np.int64],
    reader_start: NDArray[np.int64],
    reader_at: NDArray[np.int64],
    n_cells: int,
    cell_parent: NDArray[np.uint32],
    cell_site: NDArray[np.uint32],
    cell_fast: NDArray[np.uint32],
    cell_slow: NDArray[np.uint32],
    cell_depth: NDArray[np.uint16],
    node_cell: NDArray[np.uint32],
    node_fast: NDArray[np.int64],
    node_slow: NDArray[np.int64],
) -> int:
    """Insert the readers of one tree into a trie; returns the new number of cells.

    order : int64[n], nodes by cost from the origin; fast_ds, slow_ds : int64[m], tenths
    of a second on freeways and on other roads; reader_start : int64[m+1] and reader_at :
    int64[r], position in 1/65536 of the link; readers are numbered in this order. Fills
    the cells (parent, site, offsets, depth; cell 0 means "no reader") and, per node,
    its last cell and its driving time. Callers leave room for one more cell per reader.
    """
    for q in range(len(order)):
        node = order[q]
        link = in_link[node]
        if link < 0:
            node_cell[node] = 0
            node_fast[node] = 0
            node_slow[node] = 0
            continue
        origin = tail[link]
        cell = node_cell[origin]
        for reader in range(reader_start[link], reader_start[link + 1]):
            cell_parent[n_cells] = cell
            cell_site[n_cells] = reader
            cell_fast[n_cells] = node_fast[origin] + ((fast_ds[link] * reader_at[reader]) >> 16)
            cell_slow[n_cells] = node_slow[origin] + ((slow_ds[link] * reader_at[reader]) >> 16)
            cell_depth[n_cells] = cell_depth[cell] + 1
            cell = n_cells
            n_cells += 1
        node_cell[node] = cell
        node_fast[node] = node_fast[origin] + fast_ds[link]
        node_slow[node] = node_slow[origin] + slow_ds[link]
    return n_cells


@leaf
def load_tree(
    order: NDArray[np.int64],
    in_link: NDArray[np.int32],
    tail: NDArray[np.int64],
    weight: NDArray[np.float64],
    flow: NDArray[np.float64],
) -> None:
    """Add the weight of every node to the flows of all links on its path from the origin.

    order : int64[n], nodes by cost; weight : float64[n], trips ending at each node,
    used up; flow : float64[m], added to.
    """
    for q in range(len(order) - 1, -1, -1):
        node = order[q]
        link = in_link[node]
        if link >= 0:
            flow[link] += weight[node]
            weight[tail[link]] += weight[node]


@leaf
def sum_down(
    order: NDArray[np.int64],
    in_link: NDArray[np.int32],
    tail: NDArray[np.int64],
    value: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:
    """Add up a value of links from the origin to every node; total : float64[n], overwritten."""
    for q in range(len(order)):
        link = in_link[order[q]]
        total[order[q]] = total[tail[link]] + value[link] if link >= 0 else 0.0


@leaf
def ends_of_ways(order, in_link, tail, first_on, last_on, first, last):
    """Find the first and the last reader between the origin and every node.

    first_on, last_on : int64[m], first and last reader on each link, -1 = none;
    first, last : int64[n], overwritten likewise.
    """
    for q in range(len(order)):
        node = order[q]
        link = in_link[node]
        if link < 0:
            first[node] = last[node] = -1
            continue
        origin = tail[link]
        first[node] = first[origin] if first[origin] >= 0 else first_on[link]
        last[node] = last_on[link] if last_on[link] >= 0 else last[origin]


@leaf
def count_links(in_link, tail, nodes):
    """Return how many links a tree's paths to some nodes have, all together; nodes : int64[k]."""
    total = 0
    for node in nodes:
        link = in_link[node]
        while link >= 0:
            total += 1
            link = in_link[tail[link]]
    return total


@leaf
def fill_paths(in_link, tail, nodes, first, links):
    """Write a tree's paths to some nodes one after the other, each in driving order.

    nodes : int64[k]; first : int64[k], overwritten, where each path begins; links :
    int32[n], overwritten, as long as `count_links` answers.
    """
    at = 0
    for k in range(len(nodes)):
        first[k], node = at, nodes[k]
        while in_link[node] >= 0:
            links[at] = in_link[node]
            node = tail[in_link[node]]
            at += 1
        low, high = first[k], at - 1
        while low < high:  # found from the end of the trip
            links[low], links[high] = links[high], links[low]
            low, high = low + 1, high - 1
