"""Homes, jobs and hubs of a synthetic metro.

Homes fill the land, not only the surroundings of junctions: every raster cell of the plan
belongs to the nearest street junction, and the junction's blocks lie on its cells. Trips
start and end at hubs, a subset of the junctions, each for about the same number of people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from simulate import streams
from simulate.world.metro.beyond import BEYOND_KM
from simulate.world.roads import RoadClass
from simulate.world.zones import Blocks, Purpose, Zones, everyday_attraction, smooth_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import MetroRoads
    from simulate.world.metro.plan import Plan
    from simulate.world.roads import RoadNetwork

MOST_HUBS = 1000
"""Maximum number of hubs; tables of routes grow with its square."""
NODES_PER_HUB = 2.2
"""Junctions per hub in a small metro (assumption)."""
SPREAD = 0.35
"""Weight of land, against people, in the choice of hubs (assumption)."""
JOBS_CENTRAL = 0.52
"""Share of jobs round the centres, by their weight; the others are at homes (assumption)."""
JOBS_GRADIENT, JOBS_SUB_GRADIENT = 0.08, 0.045
"""Distance of a decline of central jobs by a factor e, as a share of the radius: main, other centres (assumption)."""
JOBS_PER_ZONE = 4.0
"""Maximum number of jobs of a zone per vehicle of its capacity (assumption)."""
FREEWAY_EXIT = 4.0
"""Preference of external trips for a freeway exit over an arterial exit, as a ratio (assumption)."""


def street_nodes(roads: RoadNetwork) -> NDArray[np.int64]:
    """Return the street junctions: all nodes except those of freeways; int64[k]."""
    fast = roads.road_class == RoadClass.FREEWAY
    street = np.ones(roads.n_nodes, np.bool_)
    street[roads.tail[fast]] = street[roads.head[fast]] = False
    return np.flatnonzero(street)


def choose_hubs(
    plan: Plan, roads: RoadNetwork, exits: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the hub nodes, int32[h], and the index of each node's hub, int64[n].

    Junctions are bisected repeatedly into parts of equal population; the junction in the middle
    of each part is a hub, and so is every exit. A node belongs to the hub with the least travel
    time to it, but never to the end of a freeway.
    """
    nodes = street_nodes(roads)
    cell_node, _, _, density = _cells(plan, roads, nodes)
    homes = np.bincount(cell_node, weights=density, minlength=len(nodes))
    land = np.bincount(cell_node, minlength=len(nodes))
    weight = (1 - SPREAD) * homes / homes.sum() + SPREAD * (land + 0.1) / (land + 0.1).sum()  # no junction has weight 0
    n_hubs = min(MOST_HUBS - len(exits) * (1 + len(BEYOND_KM)), int(len(nodes) / NODES_PER_HUB))
    x, y = roads.x_m[nodes], roads.y_m[nodes]
    inside = nodes[_middles(x, y, weight, n_hubs)]
    hubs = np.union1d(inside, exits)
    at_street = hubs[np.isin(hubs, nodes)]
    arcs = csr_array((roads.free_s, (roads.tail, roads.head)), shape=(roads.n_nodes, roads.n_nodes))
    nearest = dijkstra(arcs, indices=at_street, min_only=True, return_predecessors=True)[2]
    nearest[exits] = exits
    return hubs.astype(np.int32), np.searchsorted(hubs, nearest)


def build_zones(
    plan: Plan,
    roads: RoadNetwork,
    catchment: NDArray[np.int64],
    exits: NDArray[np.int64],
    settings: MetroRoads,
    seed: int,
) -> Zones:
    """Place homes, jobs and other destinations on the land; the exits are external zones."""
    vehicles = settings.population * settings.vehicles_per_person
    blocks, jobs = scatter_blocks(plan, roads, vehicles, settings.vehicles_per_zone, seed)
    x, y = blocks.x_m, blocks.y_m
    central = np.zeros(len(x))
    for cx, cy, weight in zip(plan.centre_x_m, plan.centre_y_m, plan.weight, strict=True):
        central = np.maximum(central, weight * np.exp(-np.hypot(x - cx, y - cy) / (0.1 * plan.radius_m)))
    attraction = everyday_attraction(jobs, blocks.residents, central, blocks.name, seed)
    beyond = np.zeros((len(attraction), len(exits)))
    fast = np.isin(exits, roads.tail[roads.road_class == RoadClass.FREEWAY])
    beyond[Purpose.OUTSIDE] = np.where(fast, FREEWAY_EXIT, 1.0)
    all_x, all_y = np.concatenate([x, roads.x_m[exits]]), np.concatenate([y, roads.y_m[exits]])
    return Zones(
        x_m=all_x,
        y_m=all_y,
        hub=np.concatenate([catchment[blocks.node], catchment[exits]]).astype(np.int32),
        residents=np.concatenate([blocks.residents, np.zeros(len(exits))]),
        attraction=np.concatenate([attraction, beyond], axis=1),
        outside=np.arange(len(all_x)) >= len(x),
        income_rank=smooth_field(all_x, all_y, "zones.income", seed),
    )


def scatter_blocks(
    plan: Plan, roads: RoadNetwork, vehicles: float, per_zone: float, seed: int
) -> tuple[Blocks, NDArray[np.float64]]:
    """Fill the land with blocks of at most `per_zone` vehicles; also return their jobs, float64[b].

    A junction's blocks lie on its cells, a systematic sample of them by homes and jobs.
    """
    nodes = street_nodes(roads)
    cell_node, cell_x, cell_y, homes = _cells(plan, roads, nodes)
    work = _jobs(plan, cell_x, cell_y, homes)
    homes, work = homes * (vehicles / homes.sum()), work * (vehicles / work.sum())
    order = np.argsort(cell_node, kind="stable")
    cell_node, cell_x, cell_y, homes, work = cell_node[order], cell_x[order], cell_y[order], homes[order], work[order]
    homes_at, jobs_at = (np.bincount(cell_node, weights=w, minlength=len(nodes)) for w in (homes, work))
    needs = np.ceil(np.maximum(homes_at / per_zone, jobs_at / (JOBS_PER_ZONE * per_zone)))
    blocks = np.where(homes_at > 0, np.maximum(needs, 1), 0).astype(np.int64)
    owner = np.repeat(np.arange(len(nodes)), blocks)
    ordinal = np.arange(len(owner)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    name = roads.node_name[nodes[owner]].astype(np.uint64) * np.uint64(1 << 20) + ordinal.astype(np.uint64)
    weight = homes + work
    so_far = np.cumsum(weight)
    of_node = np.bincount(cell_node, weights=weight, minlength=len(nodes))
    start = np.cumsum(of_node) - of_node
    at = start[owner] + (ordinal + 0.5) / blocks[owner] * of_node[owner]
    cell = np.minimum(np.searchsorted(so_far, at, side="right"), len(so_far) - 1)
    stray = [streams.uniforms(streams.key(seed, f"metro.block.{axis}"), name) - 0.5 for axis in "xy"]
    liveliness = 0.3 + 1.4 * streams.uniforms(streams.key(seed, "metro.jobs"), name)
    scattered = Blocks(
        node=nodes[owner],
        name=name,
        x_m=cell_x[cell] + stray[0] * plan.raster.cell_m,
        y_m=cell_y[cell] + stray[1] * plan.raster.cell_m,
        residents=(homes_at / np.maximum(blocks, 1))[owner],
    )
    return scattered, (jobs_at / np.maximum(blocks, 1))[owner] * liveliness


def _middles(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], n_groups: int) -> list[int]:
    """Bisect points into `n_groups` groups of equal weight, and return the middle point of each."""
    parts = [(np.arange(len(x)), n_groups)]
    middle = []
    while parts:
        part, hubs = parts.pop()
        if hubs <= 1 or len(part) == 1:
            at = [np.average(axis[part], weights=weight[part]) for axis in (x, y)]
            middle.append(int(part[np.argmin(np.hypot(x[part] - at[0], y[part] - at[1]))]))
            continue
        axis = x if np.ptp(x[part]) > np.ptp(y[part]) else y
        ordered = part[np.argsort(axis[part], kind="stable")]
        half = hubs // 2
        so_far = np.cumsum(weight[ordered])
        cut = int(np.searchsorted(so_far - weight[ordered] / 2, so_far[-1] * half / hubs))
        cut = min(max(cut, 1), len(ordered) - 1)
        parts += [(ordered[:cut], half), (ordered[cut:], hubs - half)]
    return middle


def _cells(
    plan: Plan, roads: RoadNetwork, nodes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each cell of land, the index of the nearest node, the cell's centre and its homes."""
    x, y = plan.raster.middles()
    land = plan.raster.density > 0
    tree = cKDTree(np.column_stack([roads.x_m[nodes], roads.y_m[nodes]]))
    node = np.asarray(tree.query(np.column_stack([x[land], y[land]]))[1], np.int64)
    return node, x[land], y[land], plan.raster.density[land]


def _jobs(
    plan: Plan, x: NDArray[np.float64], y: NDArray[np.float64], homes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distribute jobs round the centres, and some over the homes; float64[cells]."""
    jobs: NDArray[np.float64] = (1 - JOBS_CENTRAL) * homes / homes.sum()
    for i, (cx, cy) in enumerate(zip(plan.centre_x_m, plan.centre_y_m, strict=True)):
        falls = (JOBS_GRADIENT if i == 0 else JOBS_SUB_GRADIENT) * plan.radius_m
        deterrence = np.exp(-np.hypot(x - cx, y - cy) / falls)
        jobs += JOBS_CENTRAL * plan.weight[i] / plan.weight.sum() * deterrence / deterrence.sum()
    return jobs
