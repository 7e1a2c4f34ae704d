"""Plan of a synthetic metro: centres, water, freeways, density and city limits.

All of it is drawn from population and land area alone. The city is the most attractive land, up
to the area asked for: near the centres, along freeways, with a random component.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import label
from scipy.spatial import cKDTree

from simulate import streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import MetroRoads

Points = tuple["NDArray[np.float64]", "NDArray[np.float64]"]

SUBCENTRES = (2, 8)
"""Minimum and maximum number of centres besides the main one."""
THROUGH_ABOVE = (0, 150_000, 2_500_000, 10_000_000)
"""Population thresholds of each further through freeway (assumption)."""
SPUR_ABOVE = 600_000
"""Population threshold of one more freeway, ending at the centre (assumption)."""
RINGS_ABOVE = ((600_000, 0.48), (3_500_000, 0.82))
"""Population threshold of each ring road, and its radius as a share of the metro's (assumption)."""
STEP_M = 400.0
"""Distance between the points of a freeway's course."""
RIVER_M = (120.0, 700.0)
"""Minimum and maximum width of a river (assumption)."""
CELLS = 110
"""Cells of the raster from the main centre to the mean radius."""
EXTENT = 1.9
"""Half the side of the raster, as a multiple of the mean radius."""
GRADIENT = 0.42
"""Distance of a density decline by a factor e, as a share of the radius, round the main
centre (negative exponential as Clark 1951, recalled; the share is an assumption)."""
SUB_GRADIENT = 0.17
"""The same round other centres (assumption)."""
CORRIDOR_M, CORRIDOR = 2500.0, 0.7
"""Range and strength of a freeway's attraction of homes (assumption)."""
LUCK = 0.35
"""Other unevenness of density: amplitude of a smooth field in its logarithm (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Water:
    """A coast, a river or none: the far side or the surroundings of a straight line with bends."""

    kind: str
    """none, coast or river."""
    direction: float
    """Radians from east; direction of the coast, or across the river."""
    offset_m: float
    """Distance of the line from the main centre."""
    width_m: float
    """Width of a river."""
    bends: NDArray[np.float64]
    """float64[k, 3]; amplitude in metres, wave number per metre, phase."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Freeway:
    """The course of a freeway."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[p]; points in order; a ring ends where it begins."""
    outside: tuple[bool, bool]
    """Whether its start and its end leave the metro."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raster:
    """Square cells over the metro, row by row from the south-west."""

    cell_m: float
    side: int
    """Cells along a side; the middle of the raster is the main centre."""
    density: NDArray[np.float64]
    """float64[side, side]; homes per area, of any unit; 0 outside the city and on water."""
    wish: NDArray[np.float64]
    """float64[side, side]; attractiveness for homes, outside the city too."""

    def at(
        self, values: NDArray[np.float64], x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the values of the cells at points, 0 outside the raster; float64 of the points' shape."""
        column = np.floor(x_m / self.cell_m + self.side / 2).astype(np.int64)
        row = np.floor(y_m / self.cell_m + self.side / 2).astype(np.int64)
        inside = (column >= 0) & (column < self.side) & (row >= 0) & (row < self.side)
        values_at = values[np.clip(row, 0, self.side - 1), np.clip(column, 0, self.side - 1)]
        return np.where(inside, values_at, 0.0)

    def middles(self) -> Points:
        """Return x_m and y_m of the cell centres; float64[side, side] each."""
        line = (np.arange(self.side) + 0.5 - self.side / 2) * self.cell_m
        x, y = np.meshgrid(line, line)
        return x, y


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Parameters of a metro's construction."""

    radius_m: float
    """Radius of a disc with the area of the land."""
    centre_x_m: NDArray[np.float64]
    centre_y_m: NDArray[np.float64]
    """float64[c]; the main centre, at 0, first."""
    weight: NDArray[np.float64]
    """float64[c]; relative strength of each centre, the main one 1."""
    water: Water
    freeways: tuple[Freeway, ...]
    raster: Raster


def draw_plan(settings: MetroRoads, seed: int) -> Plan:
    """Draw centres, water and freeways, then choose the land."""
    radius = float(np.sqrt(settings.population / settings.density_per_km2 / np.pi) * 1000.0)
    water = _draw_water(settings.water, radius, seed)
    courses = _draw_freeways(settings.population, radius, water, seed)
    x, y, weight = _draw_centres(settings.population, radius, water, courses, seed)
    raster = _choose_land(radius, water, courses, (x, y, weight), seed)
    return Plan(
        radius_m=radius,
        centre_x_m=x,
        centre_y_m=y,
        weight=weight,
        water=water,
        freeways=tuple(_cut_at_edge(course, raster) for course in courses),
        raster=raster,
    )


def wet(water: Water, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether points lie in water; bool of the points' shape."""
    if water.kind == "none":
        return np.zeros(np.shape(x_m), np.bool_)
    across = x_m * np.cos(water.direction) + y_m * np.sin(water.direction) - water.offset_m
    along = y_m * np.cos(water.direction) - x_m * np.sin(water.direction)
    for amplitude, wave, phase in water.bends:
        across = across - amplitude * np.sin(wave * along + phase)
    under: NDArray[np.bool_] = across > 0 if water.kind == "coast" else np.abs(across) < water.width_m / 2
    return under


def _uniforms(seed: int, name: str, n: int) -> NDArray[np.float64]:
    return streams.uniforms(streams.key(seed, f"metro.{name}"), np.arange(n))


def _draw_water(kind_setting: str, radius: float, seed: int) -> Water:
    """Draw the course of a coast or river; draw its kind too if the scenario leaves it open."""
    kind_draw, turn, near, wide, *rest = _uniforms(seed, "water", 10)
    kind = kind_setting if kind_setting != "any" else ("none", "coast", "river", "river")[int(kind_draw * 4)]
    share = (0.12 + 0.3 * near) if kind == "coast" else (0.05 + 0.12 * near)
    waves = np.array([[0.06, 2.2, 6.28], [0.03, 5.1, 6.28], [0.015, 11.0, 6.28]])
    bends = waves * np.array(
        [[0.6 + 0.8 * a, 0.7 + 0.6 * b, a + b] for a, b in zip(rest[::2], rest[1::2], strict=True)]
    )
    return Water(
        kind=kind,
        direction=2 * np.pi * turn,
        offset_m=share * radius,
        width_m=float(np.clip((0.012 + 0.012 * wide) * radius, *RIVER_M)),
        bends=bends * np.array([radius, 1 / radius, 1.0]),
    )


def _draw_freeways(population: int, radius: float, water: Water, seed: int) -> tuple[Freeway, ...]:
    """Draw through freeways, a radial one that ends at the centre, and rings."""
    n_through = sum(population >= least for least in THROUGH_ABOVE)
    turn = _uniforms(seed, "freeway.turn", n_through + 2)
    courses = []
    s = np.arange(-EXTENT * radius, EXTENT * radius + STEP_M, STEP_M)
    for i in range(n_through):
        angle = np.pi * (turn[-1] + (i + 0.5 * (turn[i] - 0.5)) / n_through)
        side = (-1) ** i * (0.035 + 0.05 * turn[i])
        courses.append(_course(s, angle, side * radius, radius, f"freeway.{i}", seed))
    if population >= SPUR_ABOVE:
        angle = np.pi * (turn[-1] + (0.5 if n_through % 2 else 0.5 + n_through // 2) / n_through) + 0.3 * (
            turn[-2] - 0.5
        )
        courses.append(_course(s[s > -0.12 * radius], angle, 0.0, radius, "freeway.spur", seed, starts_inside=True))
    for i, (least, share) in enumerate(RINGS_ABOVE):
        if population >= least:
            courses.append(_ring(share * radius, f"freeway.ring.{i}", seed))
    parts = [part for course in courses for part in _dry_parts(course, water, radius)]
    return tuple(parts)


def _course(
    s: NDArray[np.float64],
    angle: float,
    side_m: float,
    radius: float,
    name: str,
    seed: int,
    *,
    starts_inside: bool = False,
) -> Freeway:
    """Draw a freeway at some distance from the centre, straight near it and with bends farther out."""
    a, b, c = _uniforms(seed, name, 3)
    far = np.tanh(np.abs(s) / (0.8 * radius))
    bend = 0.16 * np.sin(s / radius * (1.6 + a) + 6.28 * b) + 0.05 * np.sin(s / radius * 5.0 + 6.28 * c)
    aside = side_m + radius * bend * far
    x = s * np.cos(angle) - aside * np.sin(angle)
    y = s * np.sin(angle) + aside * np.cos(angle)
    return Freeway(x_m=x, y_m=y, outside=(not starts_inside, True))


def _ring(mean_m: float, name: str, seed: int) -> Freeway:
    a, b, c, d = _uniforms(seed, name, 4)
    turn = np.linspace(0.0, 2 * np.pi, max(24, round(2 * np.pi * mean_m / STEP_M)) + 1)
    out = mean_m * (1 + 0.10 * np.sin(2 * turn + 6.28 * a) + 0.05 * np.sin(3 * turn + 6.28 * b))
    x = out * np.cos(turn) + 0.08 * mean_m * (c - 0.5)
    y = out * np.sin(turn) + 0.08 * mean_m * (d - 0.5)
    return Freeway(x_m=x, y_m=y, outside=(False, False))


def _dry_parts(course: Freeway, water: Water, radius: float) -> list[Freeway]:
    """Cut a freeway at the coast and keep the long parts; rivers are bridged."""
    if water.kind != "coast":
        return [course]
    shore = wet(water, course.x_m, course.y_m)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], shore, [True]]).astype(np.int8)))
    parts = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if (last - first) * STEP_M > 0.3 * radius:
            outside = (course.outside[0] and first == 0, course.outside[1] and last == len(shore))
            parts.append(Freeway(x_m=course.x_m[first:last], y_m=course.y_m[first:last], outside=outside))
    return parts


def _draw_centres(
    population: int, radius: float, water: Water, courses: tuple[Freeway, ...], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw centres along freeways, apart from one another; x_m, y_m and weight, float64[c] each."""
    fewest, most = SUBCENTRES
    n_subcentres = int(np.clip(round(1.55 * np.log(population / 1e5)), fewest, most))
    along = [np.concatenate([getattr(course, axis) for course in courses]) for axis in ("x_m", "y_m")]
    out = np.hypot(*along)
    possible = np.flatnonzero((out > 0.3 * radius) & (out < 0.95 * radius) & ~wet(water, *along))
    luck = _uniforms(seed, "centres", len(out) + n_subcentres)
    chosen: list[int] = []
    for apart in (0.45, 0.35, 0.25, 0.0):  # relax the spacing where there is no room for all centres
        for i in possible[np.argsort(luck[possible], kind="stable")]:
            near = [np.hypot(along[0][i] - along[0][j], along[1][i] - along[1][j]) for j in chosen]
            if len(chosen) < n_subcentres and min(near, default=np.inf) > apart * radius:
                chosen.append(int(i))
    x, y = (np.concatenate([[0.0], axis[chosen]]) for axis in along)
    return x, y, np.concatenate([[1.0], 0.25 + 0.4 * luck[len(out) : len(out) + len(chosen)]])


def _choose_land(
    radius: float,
    water: Water,
    courses: tuple[Freeway, ...],
    centres: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    seed: int,
) -> Raster:
    """Choose the most attractive land until the area is reached."""
    cell, side = radius / CELLS, 2 * int(EXTENT * CELLS)
    blank = np.zeros((side, side))
    grid = Raster(cell_m=cell, side=side, density=blank, wish=blank)
    x, y = grid.middles()
    homes = np.zeros((side, side))
    for i, (cx, cy, weight) in enumerate(zip(*centres, strict=True)):
        falls = (GRADIENT if i == 0 else SUB_GRADIENT) * radius
        homes += weight * np.exp(-np.hypot(x - cx, y - cy) / falls)
    points = np.column_stack([np.concatenate([getattr(c, axis) for c in courses]) for axis in ("x_m", "y_m")])
    road = np.asarray(cKDTree(points).query(np.column_stack([x.ravel(), y.ravel()]))[0]).reshape(side, side)
    wish = homes * (1 + CORRIDOR * np.exp(-road / CORRIDOR_M)) * np.exp(LUCK * _hills(x, y, radius, seed))
    drowned = wet(water, x, y)
    wish[drowned] = 0.0
    land = wish >= np.sort(wish.ravel())[-round(np.pi * CELLS**2)]
    parts, _ = label(land | drowned if water.kind == "river" else land)  # rivers are bridged
    city = land & (parts == np.argmax(np.bincount(parts[land])))
    return Raster(cell_m=cell, side=side, density=np.where(city, wish, 0.0), wish=wish)


def _hills(x: NDArray[np.float64], y: NDArray[np.float64], radius: float, seed: int) -> NDArray[np.float64]:
    """Return a smooth field of about unit standard deviation, a sum of waves of several lengths."""
    field = np.zeros(x.shape)
    for i, (turn, phase) in enumerate(_uniforms(seed, "hills", 24).reshape(12, 2)):
        wave = (2.0 + 1.4 * i) / radius
        along = x * np.cos(2 * np.pi * turn) + y * np.sin(2 * np.pi * turn)
        field += np.sin(wave * along + 2 * np.pi * phase) / np.sqrt(1 + 0.5 * i)
    return field / 1.6


def _cut_at_edge(course: Freeway, raster: Raster) -> Freeway:
    """Cut the outer ends of a freeway a little beyond the city limits."""
    inside = np.flatnonzero(raster.at(raster.density, course.x_m, course.y_m) > 0)
    if not len(inside):
        return course
    beyond = round(1500.0 / STEP_M)
    first = max(inside[0] - beyond, 0) if course.outside[0] else 0
    last = inside[-1] + beyond + 1 if course.outside[1] else len(course.x_m)
    return Freeway(x_m=course.x_m[first:last], y_m=course.y_m[first:last], outside=course.outside)
