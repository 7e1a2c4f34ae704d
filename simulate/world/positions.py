"""Positions of real cameras, read from a file and matched to the roads.

A file of positions contains camera locations and nothing else. Plates and times have no column
here, and a file with apparent plates or times is refused.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from scipy.spatial import cKDTree

from simulate.checks import ScenarioError
from simulate.world.roads import RoadClass, project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.roads import RoadNetwork

COLUMNS = ("lat", "lon", "operator", "direction")
PLATE_SHARE = 0.01
"""Maximum share of operators similar to plates or times; 0.00005 in OpenStreetMap, July 2026."""
FACING_M = 5.0
"""A camera's direction chooses among links this much farther than the nearest, in metres."""
FACING_DEG = 90.0
"""Maximum angle between a camera's direction and the bearing of its link, in degrees."""

_SLACK_M = 1e-6
"""Rounding tolerance in a comparison of metres."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}:[0-9]{2}:[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}"
    r"|^[0-9]{1,2}:[0-9]{2}$|^1[0-9]{9}([0-9]{3})?(\.[0-9]+)?$"
)
_PLATE = re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]([ -]?[A-Z0-9]){4,7}")
_READ_WORD = re.compile(
    r"\b(plates?|licen[cs]e|registration|vrm|vehicles?|vin|reads?|scans?|time|timestamp|date|datetime|seen)\b"
)
_NO_READS = "Plateprint takes camera positions only, never reads: remove every plate, vehicle and time"
_FORMAT = "each line holds lat, lon, operator and direction, separated by tabs"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Positions:
    """Camera positions, in the order of the file."""

    latitude: NDArray[np.float64]
    """float64[n]; degrees north."""
    longitude: NDArray[np.float64]
    """float64[n]; degrees east."""
    operator: tuple[str, ...]
    """Operator or maker; "" where unknown."""
    direction: NDArray[np.float64]
    """float64[n]; compass direction of view, degrees; NaN where unknown."""

    @property
    def n(self) -> int:
        """Return the number of positions."""
        return len(self.latitude)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapReport:
    """Counts of positions by outcome: rows = outside + too far + merged + kept."""

    rows: int
    """Positions in the file."""
    in_box: int
    """Positions within the bounding box of all nodes."""
    snapped: int
    """Positions in the box and near enough to a link."""
    too_far: int
    """Positions in the box but not near enough to a link."""
    without_direction: int
    """Snapped positions without a direction: placed by the right-hand side of the road."""
    facing_none: int
    """Snapped positions facing along no link near them: placed as if without direction."""
    merged: int
    """Snapped positions counted as another view of a reader already kept on their link."""
    kept: int
    """Remaining readers."""
    within_m: float
    """Maximum distance of a link, in metres."""
    merge_m: float
    """Minimum distance between two readers on one link, in metres."""

    def describe(self) -> str:
        """Return one plain sentence on all counts."""
        return (
            f"Of {self.rows:,} positions {self.in_box:,} lie on the map; of these {self.too_far:,} are farther than "
            f"{self.within_m:g} m from any road and {self.merged:,} are within {self.merge_m:g} m of another on the "
            f"same link, which leaves {self.kept:,} readers (of the {self.snapped:,} near a road, "
            f"{self.without_direction:,} give no direction and {self.facing_none:,} look along none)."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapped:
    """Readers on links from positions, in the order of the file."""

    row: NDArray[np.int64]
    """int64[k]; index of the position."""
    link: NDArray[np.int32]
    """int32[k]; directed link of the traffic it reads."""
    at: NDArray[np.float64]
    """float64[k]; position as a share of the link's length from its tail, 0 to 1."""
    distance_m: NDArray[np.float64]
    """float64[k]; metres from the position to the link."""
    report: SnapReport
    """Counts of all positions by outcome."""


def read_positions(path: str | Path) -> Positions:
    """Read camera positions from a text file, plain or gzip.

    Each line holds latitude, longitude, operator and direction, separated by tabs; the last
    two may be blank. A first line with exactly these column names is skipped.
    """
    path = Path(path)
    lines = _text(path).split("\n")
    if lines[-1] == "":
        lines.pop()
    first = _header_lines(path, lines)
    rows = [line.rstrip("\r").split("\t") for line in lines[first:]]
    if not rows:
        raise ScenarioError(f"{path}:1", "camera positions", "an empty file", _FORMAT)
    _check_widths(path, first, rows)
    latitude, longitude, operator, direction = (list(column) for column in zip(*rows, strict=True))
    _check_operators(path, first, operator)
    return Positions(
        latitude=_numbers(path, first, latitude, "a latitude from -90 to 90", (-90.0, 90.0)),
        longitude=_numbers(path, first, longitude, "a longitude from -180 to 180", (-180.0, 180.0)),
        operator=tuple(name.strip() for name in operator),
        direction=_numbers(path, first, direction, "a direction from 0 to 360 or nothing", (0.0, 360.0), blank=True),
    )


def _text(path: Path) -> str:
    """Return the whole file as text, decompressed if its name ends in .gz."""
    try:
        raw = path.read_bytes()
        if path.suffix == ".gz":
            raw = gzip.decompress(raw)
    except FileNotFoundError:
        raise ScenarioError(path, "a file of camera positions", "no such file", "check the path") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ScenarioError(path, "a complete gzip file", error, "fetch or compress the file again") from None
    except OSError as error:
        raise ScenarioError(path, "a readable file", error.strerror, "check the path") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError(f"{path}:{line}", "text in UTF-8", "other bytes", "save the file as UTF-8 text") from None


def _header_lines(path: Path, lines: list[str]) -> int:
    """Return 1 if the first line names the columns, else 0; raise ScenarioError on column names of reads."""
    if not lines:
        return 0
    fields = lines[0].strip().lower().split("\t")
    if any(_NUMBER.fullmatch(field) for field in fields):
        return 0
    word = _READ_WORD.search(lines[0].lower().replace("_", " "))
    if word:
        _refuse(path, 1, f"a column called {word[0]!r}")
    return int(tuple(fields) == COLUMNS)


def _check_widths(path: Path, first: int, rows: list[list[str]]) -> None:
    """Raise ScenarioError on a line with more or fewer than four columns."""
    for line, row in enumerate(rows, first + 1):
        if len(row) > len(COLUMNS):
            _refuse(path, line, f"{len(row)} columns instead of {len(COLUMNS)}")
        if len(row) < len(COLUMNS):
            raise ScenarioError(f"{path}:{line}", "4 columns", f"{len(row)}", _FORMAT)


def _check_operators(path: Path, first: int, operator: list[str]) -> None:
    """Raise ScenarioError if operators are plates or times; a few real names look like one."""
    suspects = {name for name in set(operator) if _looks_like_read(name)}
    lines = [line for line, name in enumerate(operator, first + 1) if name in suspects]
    n_named = sum(name.strip() != "" for name in operator)
    if lines and len(lines) >= PLATE_SHARE * n_named:
        _refuse(path, lines[0], f"{operator[lines[0] - first - 1]!r}, a plate or time where an operator should be")


def _looks_like_read(value: str) -> bool:
    """Return whether a value could be a licence plate or a time."""
    value = value.strip()
    return bool(_TIME.search(value) or _PLATE.fullmatch(value.upper()))


def _refuse(path: Path, line: int, found: str) -> NoReturn:
    """Raise ScenarioError on a file with possible reads."""
    raise ScenarioError(f"{path}:{line}", "camera positions only", found, f"{_NO_READS}; {_FORMAT}")


def _numbers(
    path: Path, first: int, column: list[str], expected: str, limits: tuple[float, float], *, blank: bool = False
) -> NDArray[np.float64]:
    """Parse one column as numbers, NaN where blank; float64[n]."""
    out = np.full(len(column), np.nan)
    for i, text in enumerate(column):
        value = text.strip()
        if blank and not value:
            continue
        if _NUMBER.fullmatch(value) and limits[0] <= float(value) <= limits[1]:
            out[i] = float(value)
        elif _looks_like_read(value):
            _refuse(path, first + i + 1, f"{value!r}, a plate or time")
        else:
            raise ScenarioError(f"{path}:{first + i + 1}", expected, repr(value), _FORMAT)
    return out


def snap(positions: Positions, roads: RoadNetwork, *, within_m: float, merge_m: float) -> Snapped:
    """Match each position to the directed link of the traffic read by its camera.

    The nearest link wins, connectors excluded. Among links less than `FACING_M` farther the
    camera's direction decides: most readers read rear plates, so traffic drives away in the
    direction of view. Without a direction it is the link with the camera on its right-hand
    side, because traffic drives on the right. Ties go to the lowest link id. Directions are
    compared in whole degrees, the precision of the map.

    Parameters
    ----------
    positions
        Camera positions; those outside the bounding box of all nodes are dropped.
    roads
        Network with geographic coordinates.
    within_m
        Maximum distance of a link, in metres.
    merge_m
        Minimum distance between readers along a directed link, in metres; a position closer to
        a reader already kept is the same reader.
    """
    if roads.origin is None:
        remedy = "place these readers by another strategy than file"
        raise ScenarioError("roads", "a network with geographic coordinates", "invented ones", remedy)
    x, y = project(positions.latitude, positions.longitude, roads.origin)
    in_box = np.flatnonzero(_within(x, roads.x_m) & _within(y, roads.y_m))
    direction = positions.direction[in_box]
    near = _near_pairs(roads, x[in_box], y[in_box], within_m)
    turn = _turn_deg(roads, near, direction)
    best = _best(near, turn, within_m)
    point, link, at = near.point[best], near.link[best], near.at[best]
    keep = _unmerged(roads, link, at, merge_m)
    blank = np.isnan(direction[point])
    report = SnapReport(
        rows=positions.n,
        in_box=len(in_box),
        snapped=len(best),
        too_far=len(in_box) - len(best),
        without_direction=int(blank.sum()),
        facing_none=int((~blank & (turn[best] > FACING_DEG)).sum()),
        merged=int((~keep).sum()),
        kept=int(keep.sum()),
        within_m=within_m,
        merge_m=merge_m,
    )
    distance_m = near.distance_m[best]
    return Snapped(row=in_box[point][keep], link=link[keep], at=at[keep], distance_m=distance_m[keep], report=report)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """Pairs of a point and a nearby link."""

    point: NDArray[np.int64]
    link: NDArray[np.int32]
    at: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    on_right: NDArray[np.bool_]


def _within(values: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether values lie within the range of the limits; bool[n]."""
    inside: NDArray[np.bool_] = (values >= limits.min()) & (values <= limits.max())
    return inside


def _near_pairs(roads: RoadNetwork, x_m: NDArray[np.float64], y_m: NDArray[np.float64], within_m: float) -> _Pairs:
    """Pair each point with every link possibly within reach, connectors excluded.

    A link lies inside the disc round its midpoint, so a tree of the points finds all.
    """
    links = np.flatnonzero(roads.road_class != RoadClass.CONNECTOR).astype(np.int32)
    mid_x, mid_y = roads.point_on(links, np.full(len(links), 0.5))
    tail = roads.tail[links]
    reach = np.hypot(roads.x_m[tail] - mid_x, roads.y_m[tail] - mid_y) + within_m + _SLACK_M
    tree = cKDTree(np.column_stack([x_m, y_m]))
    points_near = tree.query_ball_point(np.column_stack([mid_x, mid_y]), reach)
    link = np.repeat(links, [len(points) for points in points_near])
    point = np.fromiter(chain.from_iterable(points_near), np.int64, len(link))
    return _measured(roads, link, point, x_m[point], y_m[point])


def _measured(
    roads: RoadNetwork,
    link: NDArray[np.int32],
    point: NDArray[np.int64],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
) -> _Pairs:
    """Measure the projection of each point on its link: position, distance and side."""
    # Both directions of a street are measured from the same end: equal to the last bit, so ties are ties.
    turned = roads.tail[link] > roads.head[link]
    start = np.minimum(roads.tail[link], roads.head[link])
    end = np.maximum(roads.tail[link], roads.head[link])
    east, north = roads.x_m[end] - roads.x_m[start], roads.y_m[end] - roads.y_m[start]
    dx, dy = x_m - roads.x_m[start], y_m - roads.y_m[start]
    length = np.hypot(east, north)
    share = np.clip((dx * east + dy * north) / np.where(length > 0, length**2, 1.0), 0.0, 1.0)
    rightward = (dx * north - dy * east) / np.where(length > 0, length, 1.0)
    return _Pairs(
        point=point,
        link=link,
        at=np.where(turned, 1.0 - share, share),
        distance_m=np.hypot(dx - share * east, dy - share * north),
        on_right=np.where(turned, -rightward, rightward) > _SLACK_M,
    )


def _turn_deg(roads: RoadNetwork, near: _Pairs, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return whole degrees between camera and link, 180 beyond FACING_DEG; float64[k]."""
    difference = direction[near.point] - roads.bearing_deg()[near.link]
    turn = np.rint(np.abs((difference + 180.0) % 360.0 - 180.0))
    return np.where(turn <= FACING_DEG, turn, 180.0)


def _best(near: _Pairs, turn: NDArray[np.float64], within_m: float) -> NDArray[np.int64]:
    """Return the best pair of each point with any, in the order of the points; int64[k]."""
    nearest = np.full(near.point.max(initial=-1) + 1, np.inf)
    np.minimum.at(nearest, near.point, near.distance_m)
    reach = np.minimum(nearest + FACING_M, within_m)
    candidate = np.flatnonzero(near.distance_m <= reach[near.point])
    keys = (near.link, ~near.on_right, near.distance_m, turn, near.point)
    order = candidate[np.lexsort([key[candidate] for key in keys])]
    _, first = np.unique(near.point[order], return_index=True)
    return order[first]


def _unmerged(
    roads: RoadNetwork, link: NDArray[np.int32], at: NDArray[np.float64], merge_m: float
) -> NDArray[np.bool_]:
    """Return whether readers are far enough from those kept before them on their link; bool[k]."""
    tail, head = roads.tail[link], roads.head[link]
    along = at * np.hypot(roads.x_m[head] - roads.x_m[tail], roads.y_m[head] - roads.y_m[tail])
    keep = np.zeros(len(link), np.bool_)
    kept_on_link: dict[int, list[float]] = {}
    for i, road in enumerate(link.tolist()):
        others = kept_on_link.setdefault(road, [])
        if all(abs(along[i] - other) >= merge_m for other in others):
            keep[i] = True
            others.append(along[i])
    return keep
