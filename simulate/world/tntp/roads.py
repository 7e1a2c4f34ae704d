"""Node coordinates of TNTP networks, and the conversion of a network's table to roads.

Numbers keep the file's own units until `to_roads` converts them.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError, did_you_mean
from simulate.files import read_json
from simulate.world.roads import RoadClass, RoadNetwork, project
from simulate.world.tntp.lines import finite_number, read_rows, read_text, refuse_any, table_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.world.tntp.tables import TntpNetwork

Nodes = tuple["NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.float64]"]
"""Node numbers int64[n], x float64[n] (or longitude), y float64[n] (or latitude)."""
NODE_COLUMNS = ("node", "x", "y")
METRES = {"feet": 0.3048, "miles": 1609.344, "metres": 1.0, "kilometres": 1000.0}
SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
COORDINATES = {"degrees": math.nan, **METRES}  # a degree has no fixed length
OUT_OF_SCALE = 30.0
"""Maximum ratio, either way, of link length to the distance between link ends, in the median: known networks stay
below 3, though some of them have travel times for lengths; confused units differ by a thousand, or by 69 or
more if one of them is the degree."""
LEAST_DETOUR = 0.9
"""Minimum ratio of link length to the distance between link ends, in the median, for a unit to be likely."""
TIMELESS_S = 1.0
"""Seconds for a link with no travel time in its file: a planner's connector."""
SLOWEST_KMH = ((80.0, RoadClass.FREEWAY), (50.0, RoadClass.ARTERIAL), (35.0, RoadClass.COLLECTOR))
"""Minimum free speed of each class; slower links are local."""


def read_nodes(path: Path, n_nodes: int | None = None) -> Nodes:
    """Read node numbers and coordinates, from GeoJSON points or from a TNTP node table.

    With `n_nodes`, raise ScenarioError if one of the nodes 1 to n_nodes is missing. GeoJSON is
    longitude and latitude by definition (RFC 7946); values outside their range raise too.
    """
    geojson = path.suffix.lower() == ".geojson"
    where, table = _points(path) if geojson else _node_table(path)
    number, x, y = table[:, 0].astype(np.int64), table[:, 1].copy(), table[:, 2].copy()
    _, first = np.unique(number, return_index=True)
    if (repeated := np.setdiff1d(np.arange(len(number)), first)).size:
        found = f"node {number[repeated[0]]} again"
        raise ScenarioError(where[repeated[0]], "each node once", found, "remove one of the two")
    if geojson:
        _check_degrees(path, number, x, y)
    if n_nodes is not None:
        _find_nodes(path, number, n_nodes)
    return number, x, y


def to_roads(
    network: TntpNetwork,
    node_number: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    length_unit: str,
    time_unit: str,
    coordinates: str,
    credit: str,
) -> RoadNetwork:
    """Convert a TNTP network to roads, in metres and seconds; link ids keep the file's order.

    A link is a connector if it touches a node closed to through traffic or takes no
    time in the file (it then gets `TIMELESS_S`); all others are classed by free speed.
    """
    at = _find_nodes(network.source, node_number, network.n_nodes)
    x_m, y_m, origin = _to_metres(network.source, (node_number[at], x[at], y[at]), coordinates)
    length_m = network.length * _unit("roads.length_unit", length_unit, METRES)
    time_s = network.free_flow_time * _unit("roads.time_unit", time_unit, SECONDS)
    through = np.arange(1, network.n_nodes + 1) >= network.first_thru_node
    free_s = np.where(time_s > 0.0, time_s, TIMELESS_S)
    speed_kmh = length_m / free_s * 3.6
    built = through[network.tail] & through[network.head] & (time_s > 0.0)
    _check_scale(network, built, length_m, (x_m, y_m), (node_number[at], x[at], y[at]), coordinates)
    road_class = np.select(
        [~built, *(speed_kmh >= least for least, _ in SLOWEST_KMH)],
        [RoadClass.CONNECTOR, *(kind for _, kind in SLOWEST_KMH)],
        RoadClass.LOCAL,
    )
    return RoadNetwork(
        node_name=node_number[at],
        x_m=x_m,
        y_m=y_m,
        through=through,
        tail=network.tail,
        head=network.head,
        length_m=length_m,
        free_s=free_s,
        road_class=road_class.astype(np.uint8),
        capacity=network.capacity,
        origin=origin,
        credit=credit,
    )


def _node_table(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    lines, table = table_of(path, read_rows(path), NODE_COLUMNS)
    number = table[:, 0]
    refuse_any(
        path, lines, number, (number < 1) | (number >= 2**31) | (number % 1 != 0), "node as a whole number from 1"
    )
    return [f"{path}:{line}" for line in lines], table


def _points(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return the position of each point in a GeoJSON file, for errors, and float64[n, 3] of id, x, y."""
    text = read_text(path)
    try:
        document = read_json(text)
    except ValueError as error:
        where = f"{path}:{getattr(error, 'lineno', 1)}"
        raise ScenarioError(where, "GeoJSON", error, "fetch the file again") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise ScenarioError(path, "GeoJSON with a list 'features'", "none", "give the collection of node points")
    places = [f"{path}: feature {at}" for at in range(1, len(features) + 1)]
    table = [_point(place, feature) for place, feature in zip(places, features, strict=True)]
    return places, np.array(table, dtype=np.float64).reshape(-1, 3)


def _point(where: str, feature: object) -> tuple[int, float, float]:
    match feature:
        case {"properties": {"id": int(number)}, "geometry": {"type": "Point", "coordinates": [x, y, *_]}}:
            node = whole_number(where, "the property id", str(number), 1, 2**31 - 1)
            return node, finite_number(where, "longitude", str(x)), finite_number(where, "latitude", str(y))
    expected = "a point with the node's number as property 'id'"
    raise ScenarioError(where, expected, json.dumps(feature)[:80], "give each node as one Point")


def _check_degrees(
    where: Path | str, number: NDArray[np.int64], longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> None:
    outside = (np.abs(longitude) > 180.0) | (np.abs(latitude) > 90.0)
    if outside.any():
        at = int(outside.argmax())
        found = f"{longitude[at]:g}, {latitude[at]:g} at node {number[at]}"
        remedy = "correct the coordinates; if they are no degrees, use a node table and say so in roads.coordinates"
        raise ScenarioError(where, "longitude within 180 and latitude within 90 degrees", found, remedy)


def _find_nodes(where: Path | str, number: NDArray[np.int64], n_nodes: int) -> NDArray[np.intp]:
    """Return the index of each node 1 to n_nodes in `number`; intp[n_nodes]."""
    missing = np.setdiff1d(np.arange(1, n_nodes + 1), number)
    if missing.size:
        found = f"none for {missing.size}, the first being node {missing[0]}"
        raise ScenarioError(where, f"coordinates of all {n_nodes} nodes", found, "complete the node file")
    order = np.argsort(number)
    return order[np.searchsorted(number, np.arange(1, n_nodes + 1), sorter=order)]


def _to_metres(
    source: str, nodes: Nodes, coordinates: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float] | None]:
    """Return x_m, y_m from the middle of the box, and that middle in degrees if known."""
    number, x, y = nodes
    scale = _unit("roads.coordinates", coordinates, COORDINATES)
    middle_x, middle_y = (float(x.min()) + float(x.max())) / 2, (float(y.min()) + float(y.max())) / 2
    if coordinates != "degrees":
        return (x - middle_x) * scale, (y - middle_y) * scale, None
    _check_degrees(f"roads.coordinates: {source}", number, x, y)
    return *project(y, x, (middle_y, middle_x)), (middle_y, middle_x)


def _check_scale(
    network: TntpNetwork,
    built: NDArray[np.bool_],
    length_m: NDArray[np.float64],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    nodes: Nodes,
    coordinates: str,
) -> None:
    """Raise ScenarioError if links are far longer or shorter than the distance of their ends; name the likely unit."""

    def detour(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
        straight = np.hypot(x[network.head] - x[network.tail], y[network.head] - y[network.tail])
        known = built & (straight > 0.0) & (length_m > 0.0)
        return float(np.median(length_m[known] / straight[known])) if known.any() else 1.0

    ratio_found = detour(*places)
    if 1 / OUT_OF_SCALE <= ratio_found <= OUT_OF_SCALE:
        return
    _, x, y = nodes
    detours = {unit: detour(x * scale, y * scale) for unit, scale in METRES.items()}
    if np.abs(x).max() <= 180.0 and np.abs(y).max() <= 90.0:
        detours["degrees"] = detour(*project(y, x, (float(y.mean()), float(x.mean()))))
    likely = [unit for unit, ratio in detours.items() if LEAST_DETOUR <= ratio <= OUT_OF_SCALE]
    remedy = f'say coordinates = "{min(likely, key=lambda unit: detours[unit])}", or ' if likely else ""
    size = f"{ratio_found:,.0f} times too small" if ratio_found > 1 else f"{1 / ratio_found:,.0f} times too large"
    raise ScenarioError(
        f"roads.coordinates: {network.source}", "nodes about as far apart as their links are long",
        f"a network {size} for its link lengths, with coordinates in {coordinates}",
        f"{remedy}correct roads.length_unit or the node file",
    )  # fmt: skip


def _unit(where: str, unit: str, known: Mapping[str, float]) -> float:
    if unit not in known:
        raise ScenarioError(where, f"one of {', '.join(known)}", repr(unit), did_you_mean(unit, known))
    return known[unit]
