"""Connect the freeways of a synthetic metro to its streets, by interchanges at arterials, and ramps.

A freeway has nodes of its own and crosses most streets without a junction; at an
interchange two ramps join a freeway node with a junction on the arterial below.
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
"""Minimum distance between interchanges at the centre and at the mean radius (assumption)."""
LONGEST_M = 3000.0
"""Maximum length of a freeway link; longer ones are split, to show the bends on the map."""
AT_JUNCTION_M = 200.0
"""An interchange within this distance of an arterial junction uses that junction."""


class Crossing(NamedTuple):
    """Crossing of a freeway with a street or another freeway."""

    along_m: float
    """Distance from the freeway's start."""
    street: int
    """Index of the street, or -1."""
    share: float
    """Position on the street, as a share from its end a."""
    meets: int
    """Index of the freeway-to-freeway junction, or -1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """Streets split at interchanges, and freeways with ramps; each link once."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[n]; junctions of streets, then nodes of freeways."""
    first_freeway: int
    """Index of the first freeway node."""
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    arterial: NDArray[np.bool_]
    """int64[e], int64[e], bool[e]; streets."""
    freeway: NDArray[np.int64]
    """int64[f, 2]; end nodes of freeway links."""
    freeway_m: NDArray[np.float64]
    """float64[f]; their driven length."""
    ramp: NDArray[np.int64]
    """int64[r, 2]; a freeway node and the street junction at the other end of its ramps."""
    exits: NDArray[np.int64]
    """int64[k]; nodes of freeways at the edge of the metro."""


def join_freeways(plan: Plan, streets: Streets) -> Joined:
    """Choose the interchanges and merge streets and freeways into one list of nodes."""
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
    """Return the key of a freeway node: its freeway-to-freeway junction, or its position on this freeway."""
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
    """Return a point on a freeway; on a ring, distances wrap round."""
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
    """Return the crossing of polyline piece p and straight line q, as shares of both, or nan; float64[n] each."""
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
    """List the pairs of a polyline piece and a straight line close enough to cross; int64[n] each."""
    ax, ay, bx, by = ends
    if not len(ax):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    reach = (np.hypot(bx - ax, by - ay).max() + np.hypot(np.diff(x), np.diff(y)).max()) / 2
    middles = np.column_stack([(x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2])
    lines_near = cKDTree(np.column_stack([(ax + bx) / 2, (ay + by) / 2])).query_ball_point(
        middles, reach, return_sorted=True
    )
    p = np.repeat(np.arange(len(lines_near)), [len(lines) for lines in lines_near])
    return p, np.array([q for lines in lines_near for q in lines], np.int64)


def _street_crossings(freeway: Freeway, streets: Streets) -> Iterator[Crossing]:
    """Yield the crossings of a freeway with arterials."""
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
    """Return the points of crossing of freeways, and the crossings of each freeway."""
    points: list[tuple[float, float]] = []
    on: list[list[Crossing]] = [[] for _ in freeways]
    for i, freeway in enumerate(freeways):
        for j, other in enumerate(freeways[:i]):
            ends = (other.x_m[:-1], other.y_m[:-1], other.x_m[1:], other.y_m[1:])
            p, q = _near(freeway.x_m, freeway.y_m, ends)
            t, u = _cross(freeway.x_m, freeway.y_m, p, ends, q)
            s, s_other = _lengths(freeway), _lengths(other)
            for k in np.flatnonzero(~np.isnan(t)):
                along = float(s[p[k]] + t[k] * (s[p[k] + 1] - s[p[k]]))
                along_other = float(s_other[q[k]] + u[k] * (s_other[q[k] + 1] - s_other[q[k]]))
                on[i].append(Crossing(along, -1, 0.0, len(points)))
                on[j].append(Crossing(along_other, -1, 0.0, len(points)))
                points.append(_point(freeway, along))
    return points, on


def _choose(plan: Plan, freeway: Freeway, crossings: list[Crossing]) -> list[Crossing]:
    """Keep freeway-to-freeway junctions, and interchanges at the minimum spacing."""
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
    """Add the outer ends, and points to split long gaps between stops."""
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
    """Split arterials at interchanges; also return the junction of each interchange."""
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
    uncut = np.ones(len(streets.a), np.bool_)
    uncut[sorted(by_street)] = False
    cut = np.array(extra, np.int64).reshape(-1, 3)
    return (
        np.concatenate([streets.a[uncut], cut[:, 0]]),
        np.concatenate([streets.b[uncut], cut[:, 1]]),
        np.concatenate([streets.arterial[uncut], cut[:, 2] > 0]),
        junction,
        np.array(x),
        np.array(y),
    )
