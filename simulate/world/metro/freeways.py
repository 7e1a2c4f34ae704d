"""Freeways of an invented metro meet its streets: interchanges at arterials, and ramps.

A freeway has nodes of its own. It crosses most streets without touching them; at an
interchange two ramps join a node of the freeway with a junction on the arterial below.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.world.metro.plan import Freeway, Plan
    from simulate.world.metro.streets import Streets

SPACING_M = (1300.0, 2800.0)
"""Least distance between interchanges at the centre and at the mean radius (assumption)."""
LONGEST_M = 3000.0
"""A longer stretch of freeway gets a node between, so that it bends on the map."""
AT_JUNCTION_M = 200.0
"""An interchange so near a junction of the arterial uses that junction."""


class Crossing(NamedTuple):
    """Where a freeway crosses a street or another freeway."""

    along_m: float
    """Distance from the freeway's start."""
    street: int
    """Which street, or -1."""
    share: float
    """Where on the street, from its end a."""
    meets: int
    """Number of the junction of freeways, or -1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """Streets cut at interchanges, and freeways with ramps; each link once."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[n]; junctions of streets, then nodes of freeways."""
    first_freeway: int
    """Number of the first node of a freeway."""
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    arterial: NDArray[np.bool_]
    """int64[e], int64[e], bool[e]; streets."""
    freeway: NDArray[np.int64]
    """int64[f, 2]; stretches of freeway."""
    freeway_m: NDArray[np.float64]
    """float64[f]; their driven length."""
    ramp: NDArray[np.int64]
    """int64[r, 2]; a freeway's node and the junction that its ramps lead to."""
    exits: NDArray[np.int64]
    """int64[k]; nodes where a freeway leads out of the metro."""


def join_freeways(plan: Plan, streets: Streets) -> Joined:
    """Choose the interchanges and put everything into one list of nodes."""
    meetings, per_freeway = _meetings(plan.freeways)
    chosen: list[list[Crossing]] = []
    for freeway, meets in zip(plan.freeways, per_freeway, strict=True):
        crossings = sorted([*_street_crossings(freeway, streets), *meets])
        chosen.append(_choose(plan, freeway, crossings))
    a, b, arterial, junction, x, y = _cut_streets(streets, chosen)
    first, points = len(x), [np.column_stack([x, y])]
    node_of: dict[tuple[int, float] | int, int] = {}
    links, lengths, ramps, exits = [], [], [], []
    for number, (freeway, crossings) in enumerate(zip(plan.freeways, chosen, strict=True)):
        stops = _stops(freeway, crossings)
        nodes = []
        for stop in stops:
            name = _name(number, freeway, stop)
            if name not in node_of:
                node_of[name] = len(points) - 1 + first
                points.append(np.array([meetings[stop.meets] if stop.meets >= 0 else _point(freeway, stop.along_m)]))
                if stop.street >= 0:
                    ramps.append((node_of[name], junction[stop.street, stop.share]))
            nodes.append(node_of[name])
        links += list(pairwise(nodes))
        lengths += [after.along_m - before.along_m for before, after in pairwise(stops)]
        exits += [nodes[end] for end in (0, -1) if nodes and freeway.outside[end]]
    at = np.concatenate(points)
    return Joined(
        x_m=at[:, 0],
        y_m=at[:, 1],
        first_freeway=first,
        a=a,
        b=b,
        arterial=arterial,
        freeway=np.array(links, np.int64).reshape(-1, 2),
        freeway_m=np.array(lengths),
        ramp=np.array(ramps, np.int64).reshape(-1, 2),
        exits=np.array(sorted(set(exits)), np.int64),
    )


def _name(number: int, freeway: Freeway, stop: Crossing) -> tuple[int, float] | int:
    """Name a node of a freeway: by the junction of freeways that it is, or by its place on this one."""
    if stop.meets >= 0:
        return stop.meets
    whole = _lengths(freeway)[-1]
    return number, round(stop.along_m % whole if _is_ring(freeway) else stop.along_m, 3)


def _lengths(freeway: Freeway) -> NDArray[np.float64]:
    """Return the distance of each point from the start; float64[p]."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(freeway.x_m), np.diff(freeway.y_m)))])


def _is_ring(freeway: Freeway) -> bool:
    return bool(np.hypot(freeway.x_m[0] - freeway.x_m[-1], freeway.y_m[0] - freeway.y_m[-1]) < 1.0)


def _point(freeway: Freeway, along_m: float) -> tuple[float, float]:
    """Find a point on a freeway; on a ring, distances go on past its end."""
    s = _lengths(freeway)
    along_m = along_m % s[-1] if _is_ring(freeway) else along_m
    return float(np.interp(along_m, s, freeway.x_m)), float(np.interp(along_m, s, freeway.y_m))


def _cross(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    p: NDArray[np.int64],
    ends: tuple[NDArray[np.float64], ...],
    q: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where piece p of a polyline and the straight line q cross, as shares of both, or nan; float64[n] each."""
    ax, ay, bx, by = (end[q] for end in ends)
    ex, ey = x[p + 1] - x[p], y[p + 1] - y[p]
    fx, fy = bx - ax, by - ay
    turn = ex * fy - ey * fx
    turn = np.where(np.abs(turn) < 1e-9, np.nan, turn)
    t = ((ax - x[p]) * fy - (ay - y[p]) * fx) / turn
    u = ((ax - x[p]) * ey - (ay - y[p]) * ex) / turn
    inside = (t >= 0) & (t < 1) & (u >= 0) & (u < 1)
    return np.where(inside, t, np.nan), np.where(inside, u, np.nan)


def _near(
    x: NDArray[np.float64], y: NDArray[np.float64], ends: tuple[NDArray[np.float64], ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the pairs of a polyline's piece and a straight line that could cross; int64[n] each."""
    ax, ay, bx, by = ends
    if not len(ax):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    reach = (np.hypot(bx - ax, by - ay).max() + np.hypot(np.diff(x), np.diff(y)).max()) / 2
    middles = np.column_stack([(x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2])
    found = cKDTree(np.column_stack([(ax + bx) / 2, (ay + by) / 2])).query_ball_point(
        middles, reach, return_sorted=True
    )
    p = np.repeat(np.arange(len(found)), [len(one) for one in found])
    return p, np.array([q for one in found for q in one], np.int64)


def _street_crossings(freeway: Freeway, streets: Streets) -> Iterator[Crossing]:
    """Find where a freeway crosses arterials."""
    road = np.flatnonzero(streets.arterial)
    ends = (
        streets.x_m[streets.a[road]], streets.y_m[streets.a[road]],
        streets.x_m[streets.b[road]], streets.y_m[streets.b[road]],
    )  # fmt: skip
    p, q = _near(freeway.x_m, freeway.y_m, ends)
    t, u = _cross(freeway.x_m, freeway.y_m, p, ends, q)
    s = _lengths(freeway)
    for k in np.flatnonzero(~np.isnan(t)):
        along = s[p[k]] + t[k] * (s[p[k] + 1] - s[p[k]])
        yield Crossing(float(along), int(road[q[k]]), float(u[k]), -1)


def _meetings(freeways: tuple[Freeway, ...]) -> tuple[list[tuple[float, float]], list[list[Crossing]]]:
    """Find where freeways cross one another: the points, and for each freeway where they lie on it."""
    points: list[tuple[float, float]] = []
    on: list[list[Crossing]] = [[] for _ in freeways]
    for i, one in enumerate(freeways):
        for j, other in enumerate(freeways[:i]):
            ends = (other.x_m[:-1], other.y_m[:-1], other.x_m[1:], other.y_m[1:])
            p, q = _near(one.x_m, one.y_m, ends)
            t, u = _cross(one.x_m, one.y_m, p, ends, q)
            s_one, s_other = _lengths(one), _lengths(other)
            for k in np.flatnonzero(~np.isnan(t)):
                at_one = float(s_one[p[k]] + t[k] * (s_one[p[k] + 1] - s_one[p[k]]))
                at_other = float(s_other[q[k]] + u[k] * (s_other[q[k] + 1] - s_other[q[k]]))
                on[i].append(Crossing(at_one, -1, 0.0, len(points)))
                on[j].append(Crossing(at_other, -1, 0.0, len(points)))
                points.append(_point(one, at_one))
    return points, on


def _choose(plan: Plan, freeway: Freeway, crossings: list[Crossing]) -> list[Crossing]:
    """Keep junctions of freeways, and interchanges that are not too near to the one before."""
    chosen: list[Crossing] = []
    for crossing in crossings:
        if crossing.meets < 0:
            x, y = _point(freeway, crossing.along_m)
            apart = float(np.interp(np.hypot(x, y), [0.0, plan.radius_m], SPACING_M))
            since = crossing.along_m - max((c.along_m for c in chosen if c.meets < 0), default=-np.inf)
            near = min((abs(crossing.along_m - c.along_m) for c in crossings if c.meets >= 0), default=np.inf)
            if since < apart or near < 0.3 * apart:
                continue
        chosen.append(crossing)
    return chosen


def _stops(freeway: Freeway, crossings: list[Crossing]) -> list[Crossing]:
    """Add the ends that lead outside, and points between stops that lie far apart."""
    if not crossings:
        return []
    whole = float(_lengths(freeway)[-1])
    start = [Crossing(0.0, -1, 0.0, -1)] if freeway.outside[0] else []
    end = [Crossing(whole, -1, 0.0, -1)] if freeway.outside[1] else []
    if _is_ring(freeway):
        end = [crossings[0]._replace(along_m=whole + crossings[0].along_m)]
    stops = [*start, *crossings, *end]
    full = [stops[0]]
    for before, after in pairwise(stops):
        gap = after.along_m - before.along_m
        pieces = max(int(np.ceil(gap / LONGEST_M)), 1)
        full += [Crossing(before.along_m + gap * i / pieces, -1, 0.0, -1) for i in range(1, pieces)]
        full.append(after)
    return full


def _cut_streets(
    streets: Streets, chosen: list[list[Crossing]]
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], dict[tuple[int, float], int],
    NDArray[np.float64], NDArray[np.float64],
]:  # fmt: skip
    """Cut arterials where interchanges are; also say which junction each interchange got."""
    by_street: dict[int, set[float]] = {}
    for crossing in (c for crossings in chosen for c in crossings if c.street >= 0):
        by_street.setdefault(crossing.street, set()).add(crossing.share)
    x, y = streets.x_m.tolist(), streets.y_m.tolist()
    junction: dict[tuple[int, float], int] = {}
    extra: list[tuple[int, int, bool]] = []
    for street in sorted(by_street):
        a, b = int(streets.a[street]), int(streets.b[street])
        length = float(np.hypot(x[b] - x[a], y[b] - y[a]))
        chain = [a]
        for share in sorted(by_street[street]):
            at = x[a] + share * (x[b] - x[a]), y[a] + share * (y[b] - y[a])
            if np.hypot(at[0] - x[chain[-1]], at[1] - y[chain[-1]]) < AT_JUNCTION_M:
                junction[street, share] = chain[-1]
            elif (1 - share) * length < AT_JUNCTION_M:
                junction[street, share] = b
            else:
                junction[street, share] = len(x)
                chain.append(len(x))
                x.append(at[0])
                y.append(at[1])
        extra += [(first, last, bool(streets.arterial[street])) for first, last in pairwise([*chain, b])]
    kept = np.ones(len(streets.a), np.bool_)
    kept[sorted(by_street)] = False
    cut = np.array(extra, np.int64).reshape(-1, 3)
    return (
        np.concatenate([streets.a[kept], cut[:, 0]]),
        np.concatenate([streets.b[kept], cut[:, 1]]),
        np.concatenate([streets.arterial[kept], cut[:, 2] > 0]),
        junction,
        np.array(x),
        np.array(y),
    )
