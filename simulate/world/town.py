"""Synthetic town: a perturbed grid with a main street every few blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.world.roads import RoadClass, RoadNetwork, capacity_of
from simulate.world.zones import Purpose, Zones, everyday_attraction, scatter, smooth_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import TownRoads

ARTERIAL_EVERY = 4
"""Blocks between main streets (assumption)."""
SHARE_CLOSED = 0.08
"""Share of missing minor streets between junctions (assumption)."""
SHAKE = 0.18
"""Maximum displacement of junctions from the grid, as a share of a block (assumption)."""
MOST_SIDE = 70
"""Maximum number of junctions along a side; all are hubs, and tables grow with the square of the hubs."""
SPEED_KMH = {RoadClass.FREEWAY: 100.0, RoadClass.ARTERIAL: 60.0, RoadClass.COLLECTOR: 50.0, RoadClass.LOCAL: 35.0}
"""Free speeds (assumption: common North American limits)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Size of the town in blocks."""

    side: int
    """Junctions along each side."""
    block_m: float
    """Metres between junctions."""


def build_town(settings: TownRoads, seed: int) -> tuple[RoadNetwork, Zones]:
    """Build streets for a population, then homes, jobs and other destinations."""
    area_km2 = settings.population / settings.density_per_km2
    grid = Grid(side=max(4, round(np.sqrt(area_km2) * 1000 / settings.block_m) + 1), block_m=settings.block_m)
    if grid.side > MOST_SIDE:
        raise ScenarioError(
            "roads", f"a town of at most {MOST_SIDE} by {MOST_SIDE} junctions", f"{grid.side} by {grid.side}",
            "raise roads.density_per_km2 or roads.block_m, or lower roads.population",
        )  # fmt: skip
    roads = build_streets(grid, seed)
    return roads, build_zones(roads, settings, seed)


def build_streets(grid: Grid, seed: int) -> RoadNetwork:
    """Generate the streets; only minor east-west streets may be missing, so the network stays connected."""
    n = grid.side * grid.side
    row, column = np.divmod(np.arange(n), grid.side)
    shake = [streams.uniforms(streams.key(seed, f"town.shake.{axis}"), np.arange(n)) - 0.5 for axis in "xy"]
    middle = (grid.side - 1) / 2
    x = (column - middle + 2 * SHAKE * shake[0]) * grid.block_m
    y = (row - middle + 2 * SHAKE * shake[1]) * grid.block_m
    a, b, kind = _streets(grid, row, column)
    closed = streams.uniforms(
        streams.key(seed, "town.closed"), a.astype(np.uint64) * np.uint64(n) + b.astype(np.uint64)
    )
    keep = (kind != RoadClass.LOCAL) | (b - a != 1) | (closed >= SHARE_CLOSED)  # north-south streets keep it connected
    a, b, kind = a[keep], b[keep], kind[keep]
    tail, head, kind = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([kind, kind])
    length = np.hypot(x[tail] - x[head], y[tail] - y[head])
    speed = np.array([SPEED_KMH.get(RoadClass(k), 35.0) for k in range(4)])[kind] / 3.6
    return RoadNetwork(
        node_name=np.arange(n, dtype=np.int64),
        x_m=x,
        y_m=y,
        through=np.ones(n, np.bool_),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length_m=length,
        free_s=length / speed,
        road_class=kind.astype(np.uint8),
        capacity=capacity_of(kind),
        credit="synthetic town, no real place",
    )


def build_zones(roads: RoadNetwork, settings: TownRoads, seed: int) -> Zones:
    """Place homes, jobs and other destinations round the junctions; the ends of main streets are external zones."""
    nodes = np.arange(roads.n_nodes)
    radius = np.hypot(roads.x_m, roads.y_m)
    far = radius.max()
    unevenness = 0.4 + 1.2 * streams.uniforms(streams.key(seed, "town.homes"), nodes)
    homes = (1.25 - radius / far) * unevenness
    homes *= settings.population * settings.vehicles_per_person / homes.sum()
    blocks = scatter(roads, nodes, homes, settings.vehicles_per_zone, seed)
    x, y = blocks.x_m, blocks.y_m
    unequal = 0.3 + 1.4 * streams.uniforms(streams.key(seed, "town.jobs"), blocks.name)
    jobs = blocks.residents.mean() * _centre_of_work(x, y, far) * unequal
    gates = _ends_of_main_streets(round(np.sqrt(roads.n_nodes)))
    no_residents = np.zeros(len(gates))
    central = np.exp(-np.hypot(x, y) / (0.3 * far))
    attraction = everyday_attraction(jobs, blocks.residents, central, blocks.name, seed)
    beyond = np.zeros((len(attraction), len(gates)))
    beyond[Purpose.OUTSIDE] = 1.0
    all_x, all_y = np.concatenate([x, roads.x_m[gates]]), np.concatenate([y, roads.y_m[gates]])
    return Zones(
        x_m=all_x,
        y_m=all_y,
        hub=np.concatenate([blocks.node, gates]).astype(np.int32),
        residents=np.concatenate([blocks.residents, no_residents]),
        attraction=np.concatenate([attraction, beyond], axis=1),
        outside=np.concatenate([np.zeros(len(x), np.bool_), np.ones(len(gates), np.bool_)]),
        income_rank=smooth_field(all_x, all_y, "zones.income", seed),
    )


def _streets(
    grid: Grid, row: NDArray[np.int64], column: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Join neighbours; every fourth line is a main street, the outer lines are collectors."""
    index = np.arange(grid.side * grid.side)
    east, north = index[column < grid.side - 1], index[row < grid.side - 1]
    a, b = np.concatenate([east, north]), np.concatenate([east + 1, north + grid.side])
    line = np.concatenate([row[east], column[north]])
    main = line % ARTERIAL_EVERY == ARTERIAL_EVERY // 2
    ring = (line == 0) | (line == grid.side - 1)
    kind = np.where(main, RoadClass.ARTERIAL, np.where(ring, RoadClass.COLLECTOR, RoadClass.LOCAL))
    return a, b, kind.astype(np.int64)


def _ends_of_main_streets(side: int) -> NDArray[np.int64]:
    """Return the junctions at the outer ends of main streets; int64[k]."""
    line = np.arange(ARTERIAL_EVERY // 2, side, ARTERIAL_EVERY)
    return np.unique(np.concatenate([line, line + side * (side - 1), line * side, line * side + side - 1]))


def _centre_of_work(x: NDArray[np.float64], y: NDArray[np.float64], far: float) -> NDArray[np.float64]:
    """Return the density of jobs: high downtown and, less, in an industrial park to the south-east."""
    downtown = np.exp(-np.hypot(x, y) / (0.22 * far))
    park = np.exp(-np.hypot(x - 0.5 * far, y + 0.4 * far) / (0.10 * far))
    return 0.08 + 2.5 * downtown + 2.0 * park
