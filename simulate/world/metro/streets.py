"""Streets of a synthetic metro: a bent grid of arterials, with finer meshes at high density.

The land is divided into square cells as in a quadtree: 8 units wide at the fringe, 4 in most of
the city, 2 at high density and 1 downtown. Streets follow the edges of the cells. Lines at
multiples of 4 units are arterials, about 1.2 to 1.6 km apart; the others are collectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_closing

from simulate import streams
from simulate.world.metro.plan import EXTENT, wet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.metro.plan import Plan

MOST_NODES = 4500
"""Approximate maximum number of street junctions; freeways add a few hundred nodes."""
PITCH_M = {60.0: 700.0, 300.0: 1200.0, 3000.0: 1600.0}
"""Distance between arterials by square kilometres of land; for larger metros limited by MOST_NODES (assumption)."""
MAIN = 0.68
"""Maximum share of arterial junctions in MOST_NODES."""
FINE, DOWNTOWN, FRINGE = 0.72, 0.04, 0.22
"""Maximum share of land with collectors, share with the finest mesh, share with half the arterials (assumptions)."""
NEVER_BUILT = 0.07
"""Share of missing collectors between two junctions (assumption)."""
SHAKE = 0.10
"""Maximum displacement of junctions, as a share of the local mesh (assumption)."""
PULL, PULL_WIDTH = 0.30, 0.22
"""Contraction of streets at a centre, and its range as a share of the radius (assumptions)."""
WAVER, WAVE_M = 0.05, 9000.0
"""Slope and length of the bends of the grid (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streets:
    """Junctions and the streets between them, each once."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[n]."""
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    """int64[e]; the two ends of each street."""
    arterial: NDArray[np.bool_]
    """bool[e]; False for collectors."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """A square lattice bent over the land; corners are numbered from its south-west."""

    unit_m: float
    side: int
    """Units along a side, a multiple of 8."""
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[side + 1, side + 1]; position of the corner (i, j): i units east, j north, before rotation."""


def build_streets(plan: Plan, seed: int) -> Streets:
    """Build arterials and collectors on the land of a plan."""
    lattice = _bend(plan, seed)
    mesh = _meshes(plan, lattice)
    along, up = (_edges(mesh, axis) & ~_without_bridge(plan, lattice, axis) for axis in (0, 1))
    corner = _junctions(along, up)
    index = np.full(corner.shape, -1)
    index[corner] = np.arange(corner.sum())
    a0, b0, line0 = _join(index, along)
    b = np.concatenate([b0, (other := _join(index.T, up.T))[1]])
    a, line = np.concatenate([a0, other[0]]), np.concatenate([line0, other[2]])
    i, j = np.nonzero(corner)
    mesh_at = _local_mesh(mesh)[corner]
    arterial = (line % 4 == 0) | ((line % 2 == 0) & (np.maximum(mesh_at[a], mesh_at[b]) == 1))
    name = i * (lattice.side + 1) + j
    shake = [streams.uniforms(streams.key(seed, f"metro.shake.{axis}"), name) - 0.5 for axis in "xy"]
    keep = arterial | (streams.uniforms(streams.key(seed, "metro.built"), name[a] * 4 + (line % 4)) >= NEVER_BUILT)
    stray = 2 * SHAKE * lattice.unit_m * np.minimum(mesh_at, 4)
    return Streets(
        x_m=lattice.x_m[corner] + stray * shake[0],
        y_m=lattice.y_m[corner] + stray * shake[1],
        a=a[keep],
        b=b[keep],
        arterial=arterial[keep],
    )


def _bend(plan: Plan, seed: int) -> Lattice:
    """Rotate the lattice, bend it gently and contract it round the centres."""
    area_km2 = np.pi * plan.radius_m**2 / 1e6
    pitch = float(np.interp(np.log(area_km2), np.log(list(PITCH_M)), list(PITCH_M.values())))
    pitch = max(pitch, 1000.0 * float(np.sqrt(area_km2 / (MAIN * MOST_NODES))))
    unit = pitch / 4
    side = 16 * int(np.ceil(1.15 * EXTENT * plan.radius_m / unit / 8))
    line = (np.arange(side + 1) - side / 2) * unit
    u, v = np.meshgrid(line, line, indexing="ij")
    draws = streams.uniforms(streams.key(seed, "metro.bend"), np.arange(25))
    turn = np.pi / 2 * draws[24]
    x, y = u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)
    bent = [x.copy(), y.copy()]
    for k, (way, phase, size, axis) in enumerate(draws[:24].reshape(6, 4)):
        wave = 2 * np.pi / (WAVE_M * (0.7 + 0.5 * k))
        along = x * np.cos(2 * np.pi * way) + y * np.sin(2 * np.pi * way)
        push = WAVER * (0.5 + size) / wave * np.sin(wave * along + 2 * np.pi * phase)
        bent[0] += push * np.cos(2 * np.pi * axis)
        bent[1] += push * np.sin(2 * np.pi * axis)
    for i, (cx, cy) in enumerate(zip(plan.centre_x_m, plan.centre_y_m, strict=True)):
        width = plan.radius_m * PULL_WIDTH * (1.0 if i == 0 else 0.5)
        pull = PULL * (1.0 if i == 0 else 0.6) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2))
        bent[0] -= pull * (x - cx)
        bent[1] -= pull * (y - cy)
    return Lattice(unit_m=unit, side=side, x_m=bent[0], y_m=bent[1])


def _meshes(plan: Plan, lattice: Lattice) -> NDArray[np.int64]:
    """Return the width of the cell of each unit, in units; int64[side, side], 0 off the land."""
    x = (lattice.x_m[:-1, :-1] + lattice.x_m[1:, 1:]) / 2
    y = (lattice.y_m[:-1, :-1] + lattice.y_m[1:, 1:]) / 2
    density = plan.raster.at(plan.raster.density, x, y)
    land = density > 0
    if plan.water.kind == "river":  # streets are planned without the river, then cut
        across = int(np.ceil(plan.water.width_m / 2 / lattice.unit_m)) + 1
        land |= binary_closing(land, iterations=across) & wet(plan.water, x, y)
    share = {k: _pooled(land, k) for k in (2, 4, 8)}
    mean = {k: _pooled(density, k) for k in (2, 4, 8)}
    ranked4 = np.sort(mean[4][share[4] >= 0.5])[::-1]
    sparse = np.quantile(ranked4, FRINGE)
    wide = (share[8] == 1) & (mean[8] < sparse)
    n4 = len(ranked4) - 3 * wide.sum()
    finer = int(np.clip((MOST_NODES - n4) / (3 * (1 + 4 * DOWNTOWN)), 0, FINE * len(ranked4)))
    least4 = ranked4[min(finer, len(ranked4) - 1)]
    ranked2 = np.sort(mean[2][share[2] >= 0.5])[::-1]
    least2 = ranked2[int(DOWNTOWN * 4 * finer)]
    by1 = land.astype(np.int64)
    by2 = np.where(_expanded(mean[2] >= least2, 2), by1, 2 * _expanded(share[2] >= 0.5, 2))
    by4 = np.where(_expanded(mean[4] >= least4, 4), by2, 4 * _expanded(share[4] >= 0.5, 4))
    return np.where(_expanded(wide, 8), 8, by4).astype(np.int64)


def _pooled(values: NDArray[np.generic], k: int) -> NDArray[np.float64]:
    """Return means of squares of k by k."""
    n = len(values) // k
    pooled: NDArray[np.float64] = values.reshape(n, k, n, k).mean(axis=(1, 3))
    return pooled


def _expanded(values: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    return np.repeat(np.repeat(values, k, axis=0), k, axis=1)


def _edges(mesh: NDArray[np.int64], axis: int) -> NDArray[np.bool_]:
    """Return whether unit edges are streets: those towards east (axis 0), bool[side, side + 1], or north, transposed.

    Streets are the edges of cells with land.
    """
    cells = mesh if axis == 0 else mesh.T
    side = len(cells)
    line = np.arange(side)
    width = np.maximum(cells, 1)
    below = np.zeros((side, side + 1), np.bool_)
    below[:, :-1] = (cells > 0) & (line[None, :] % width == 0)
    below[:, 1:] |= (cells > 0) & ((line[None, :] + 1) % width == 0)
    return below if axis == 0 else below.T


def _without_bridge(plan: Plan, lattice: Lattice, axis: int) -> NDArray[np.bool_]:
    """Return whether unit edges touch water without a bridge; some arterials bridge a river, more at the centre.

    bool of the shape of `_edges`.
    """
    x, y = lattice.x_m, lattice.y_m
    first, last = (np.s_[:-1, :], np.s_[1:, :]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
    touches = np.zeros(x[first].shape, np.bool_)
    for t in np.linspace(0, 1, 6):
        touches |= wet(plan.water, (1 - t) * x[first] + t * x[last], (1 - t) * y[first] + t * y[last])
    if plan.water.kind != "river":
        return touches
    line = np.arange(lattice.side + 1)[None, :] if axis == 0 else np.arange(lattice.side + 1)[:, None]
    central = np.hypot(x[first], y[first]) < 0.3 * plan.radius_m
    east, north = x[last] - x[first], y[last] - y[first]
    over = np.abs(east * np.cos(plan.water.direction) + north * np.sin(plan.water.direction))
    crosses = over > 0.6 * np.hypot(east, north)  # not along the river
    bridge = crosses & ((line % 8 == 0) | ((line % 4 == 0) & central))
    drowned: NDArray[np.bool_] = touches & ~bridge
    return drowned


def _junctions(along: NDArray[np.bool_], up: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether corners are junctions, with a street and not merely passed straight; bool[n, n]."""
    n = along.shape[1]
    east, west, north, south = (np.zeros((n, n), np.bool_) for _ in range(4))
    east[:-1], west[1:] = along, along
    north[:, :-1], south[:, 1:] = up, up
    straight = (east & west & ~north & ~south) | (north & south & ~east & ~west)
    return (east | west | north | south) & ~straight


def _join(
    index: NDArray[np.int64], edges: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Join consecutive junctions along the first axis; a, b and line, int64[e] each."""
    so_far = np.zeros((edges.shape[0] + 1, edges.shape[1]), np.int64)
    so_far[1:] = np.cumsum(edges, axis=0)
    line, at = np.nonzero(index.T >= 0)
    same = line[1:] == line[:-1]
    first, last, on = at[:-1][same], at[1:][same], line[1:][same]
    whole = so_far[last, on] - so_far[first, on] == last - first
    first, last, on = first[whole], last[whole], on[whole]
    return index[first, on], index[last, on], on


def _local_mesh(mesh: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the finest mesh at each corner, 8 off the land; int64[side + 1, side + 1]."""
    n = len(mesh) + 1
    finest = np.full((n, n), 8)
    width = np.where(mesh > 0, mesh, 8)
    for i in (0, 1):
        for j in (0, 1):
            part = finest[i : n - 1 + i, j : n - 1 + j]
            np.minimum(part, width, out=part)
    return finest
