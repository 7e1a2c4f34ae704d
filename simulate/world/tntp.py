"""TNTP files: networks, trip tables, flows and node coordinates as researchers trade them.

Format: Transportation Networks for Research, github.com/bstabler/TransportationNetworks.
Numbers keep the file's own units until `to_roads` is told which they are.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError, did_you_mean
from simulate.world.roads import RoadClass, RoadNetwork, project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

Row = tuple[int, str]
"""A line number and the text of that line, without comment or blanks around it."""
Nodes = tuple["NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.float64]"]
"""Node numbers int64[n], x float64[n] (or longitude), y float64[n] (or latitude)."""

LINK_ENDS = ("init_node", "term_node")
LINK_COLUMNS = (*LINK_ENDS, "capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type")
FLOW_COLUMNS = ("from", "to", "volume", "cost")
NODE_COLUMNS = ("node", "x", "y")

METRES = {"feet": 0.3048, "miles": 1609.344, "metres": 1.0, "kilometres": 1000.0}
SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
COORDINATES = {"degrees": math.nan, "feet": METRES["feet"], "metres": METRES["metres"]}  # a degree has no fixed length

TOTAL_TOLERANCE = 1e-9
"""Relative; sums of the published tables meet their headers to 1e-13, and 1e-9 still notices
one lost entry of 0.01 trips in the 1.26 million of Chicago-Sketch."""
TIMELESS_S = 1.0
"""Seconds given to a link whose file says it takes no time at all: a planner's connector."""
SLOWEST_KMH = ((80.0, RoadClass.FREEWAY), (50.0, RoadClass.ARTERIAL), (35.0, RoadClass.COLLECTOR))
"""Least free speed of each class; anything slower is local."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TntpNetwork:
    """A network file as it stands: links in the file's order and in the file's units."""

    n_zones: int
    """Zones are the nodes 1 to n_zones."""
    n_nodes: int
    """Nodes are numbered from 1 in the file, from 0 in the arrays."""
    first_thru_node: int
    """Number of the first node that may be driven through; those below only start and end trips."""
    tail: NDArray[np.int32]
    """int32[m]; node a link leaves, from 0."""
    head: NDArray[np.int32]
    """int32[m]; node a link enters, from 0."""
    capacity: NDArray[np.float64]
    """float64[m]; flow at which delay is b times the free time."""
    length: NDArray[np.float64]
    """float64[m]."""
    free_flow_time: NDArray[np.float64]
    """float64[m]; 0 is allowed."""
    b: NDArray[np.float64]
    """float64[m]; factor of the delay function."""
    power: NDArray[np.float64]
    """float64[m]; exponent of the delay function."""
    toll: NDArray[np.float64]
    """float64[m]."""
    speed: NDArray[np.float64]
    """float64[m]; often 0 where nobody filled it in."""
    link_type: NDArray[np.int32]
    """int32[m]; the file's own code."""
    source: str
    """Name of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TntpFiles:
    """Where the parts of one TNTP network lie."""

    net: Path
    """The network."""
    trips: Path
    """Its trip table."""
    nodes: Path
    """Its node coordinates, as TNTP table or GeoJSON."""
    flow: Path | None
    """Its published equilibrium flows, where there are any."""


def find_files(folder: Path) -> TntpFiles:
    """Find the files of one TNTP network in a folder, by the ends of their names."""
    if not folder.is_dir():
        remedy = "give the folder that holds *_net.tntp, *_trips.tntp and the node coordinates"
        raise ScenarioError("roads.path", "an existing folder", folder, remedy)
    return TntpFiles(
        net=_one_file(folder, "*_net.tntp"),
        trips=_one_file(folder, "*_trips.tntp"),
        nodes=_one_file(folder, "*_node.tntp", "*_nodes.tntp", "*_node.geojson", "*_nodes.geojson"),
        flow=_one_file(folder, "*_flow.tntp") if any(folder.glob("*_flow.tntp")) else None,
    )


def read_network(path: Path) -> TntpNetwork:
    """Read a network file; refuse it whole at the first line that cannot be right."""
    metadata, rows = _metadata(path, _rows(path))
    n_nodes = _count(path, metadata, "NUMBER OF NODES")
    n_zones = _count(path, metadata, "NUMBER OF ZONES", most=n_nodes)
    first_thru_node = _count(path, metadata, "FIRST THRU NODE", most=n_nodes)
    n_links = _count(path, metadata, "NUMBER OF LINKS")
    lines, links = _table(path, rows, LINK_COLUMNS, least=0.0)
    _check_links(path, lines, links, n_nodes)
    if len(links) != n_links:
        where = f"{path}:{metadata['NUMBER OF LINKS'][0]}"
        remedy = "restore the missing rows, or correct <NUMBER OF LINKS>"
        raise ScenarioError(where, f"{n_links} links, as the metadata says", f"{len(links)} rows", remedy)
    column = dict(zip(LINK_COLUMNS, np.ascontiguousarray(links.T), strict=True))
    return TntpNetwork(
        n_zones=n_zones,
        n_nodes=n_nodes,
        first_thru_node=first_thru_node,
        tail=(column.pop("init_node") - 1).astype(np.int32),
        head=(column.pop("term_node") - 1).astype(np.int32),
        link_type=column.pop("link_type").astype(np.int32),
        source=path.name,
        **column,
    )


def read_trips(path: Path, n_zones: int) -> NDArray[np.float64]:
    """Read a trip table; float64[n_zones, n_zones], origins down, destinations across."""
    metadata, rows = _metadata(path, _rows(path))
    if (found := _count(path, metadata, "NUMBER OF ZONES")) != n_zones:
        where = f"{path}:{metadata['NUMBER OF ZONES'][0]}"
        raise ScenarioError(where, f"{n_zones} zones, as in the network", found, "take both files from one network")
    trips = np.full((n_zones, n_zones), np.nan)
    origin = 0
    for line, text in rows:
        where = f"{path}:{line}"
        if text.lower().startswith("origin"):
            origin = _whole(where, "an origin", text[len("origin") :].rstrip("; \t"), 1, n_zones)
            continue
        for entry in filter(None, map(str.strip, text.split(";"))):
            destination, value = _entry(where, entry, n_zones, origin)
            if not np.isnan(trips[origin - 1, destination - 1]):
                expected = f"each destination once under origin {origin}"
                raise ScenarioError(where, expected, f"{destination} again", "remove or merge the repeated entry")
            trips[origin - 1, destination - 1] = value
    trips[np.isnan(trips)] = 0.0
    _check_total(path, metadata, float(trips.sum()))
    return trips


def read_flows(path: Path, network: TntpNetwork) -> NDArray[np.float64]:
    """Read link flows; float64[m] in the order of the network's links.

    Rows are matched by their two nodes; parallel links take their rows in order.
    """
    lines, table = _table(path, _rows(path), FLOW_COLUMNS, least=0.0)
    waiting: dict[tuple[float, float], list[int]] = {}
    for link, ends in enumerate(zip((network.tail + 1).tolist(), (network.head + 1).tolist(), strict=True)):
        waiting.setdefault(ends, []).append(link)
    flow = np.full(len(network.tail), np.nan)
    for line, (tail, head, volume, _) in zip(lines, table.tolist(), strict=True):
        if not (links := waiting.get((tail, head))):
            expected = f"each link of {network.source} once"
            found = f"a link {tail:g} to {head:g} that is not there, or there fewer times"
            raise ScenarioError(f"{path}:{line}", expected, found, "take both files from one network")
        flow[links.pop(0)] = volume
    if (missing := np.flatnonzero(np.isnan(flow))).size:
        first = f"{network.tail[missing[0]] + 1} to {network.head[missing[0]] + 1}"
        found = f"{len(flow) - len(missing)}; the first missing one is {first}"
        raise ScenarioError(path, f"the flow of all {len(flow)} links of {network.source}", found, "restore the rows")
    return flow


def read_nodes(path: Path, n_nodes: int | None = None) -> Nodes:
    """Read node numbers and coordinates, from GeoJSON points or from a TNTP node table.

    With `n_nodes`, also refuse a file that lacks one of the nodes 1 to n_nodes. GeoJSON is
    longitude and latitude by definition (RFC 7946), and is refused outside their range.
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
    """Turn a TNTP network into roads, in metres and seconds; link ids keep the file's order.

    A link is a connector if it touches a node that may not be driven through or takes no
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


def _one_file(folder: Path, *patterns: str) -> Path:
    paths = sorted(path for pattern in patterns for path in folder.glob(pattern))
    if len(paths) != 1:
        found = ", ".join(path.name for path in paths) or "none"
        remedy = "keep the files of one network, and only those, in the folder"
        raise ScenarioError(f"roads.path: {folder}", f"one file {' or '.join(patterns)}", found, remedy)
    return paths[0]


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise ScenarioError(path, "a readable file", error.strerror, "check the path") from error
    if garbage := re.search("[\0\N{REPLACEMENT CHARACTER}]", text):
        line = text.count("\n", 0, garbage.start()) + 1
        raise ScenarioError(f"{path}:{line}", "plain text in UTF-8", "binary data", "fetch the file again")
    return text


def _rows(path: Path) -> list[Row]:
    lines = (line.partition("~")[0].strip() for line in _text(path).split("\n"))
    return [(number, line) for number, line in enumerate(lines, start=1) if line]


def _metadata(path: Path, rows: list[Row]) -> tuple[dict[str, Row], list[Row]]:
    """Split rows into {key: (line, value)} and what follows <END OF METADATA>."""
    found: dict[str, Row] = {}
    where, instead = str(path), "the end of the file"
    for at, (line, text) in enumerate(rows):
        match = re.match(r"<([^>]*)>(.*)", text)
        if match is None:
            where, instead = f"{path}:{line}", repr(text[:40])
            break
        key = " ".join(match[1].split()).upper()
        if key == "END OF METADATA":
            return found, rows[at + 1 :]
        found[key] = (line, match[2].strip())
    raise ScenarioError(where, "<END OF METADATA> after the metadata", instead, "restore the head of the file")


def _value(path: Path, metadata: Mapping[str, Row], key: str) -> tuple[str, str]:
    if key not in metadata:
        raise ScenarioError(path, f"<{key}> in the metadata", "no such line", "restore the head of the file")
    line, text = metadata[key]
    return f"{path}:{line}", text


def _count(path: Path, metadata: Mapping[str, Row], key: str, most: int = 2**31 - 1) -> int:
    where, text = _value(path, metadata, key)
    return _whole(where, f"<{key}>", text, 1, most)


def _whole(where: str, name: str, text: str, least: int, most: int) -> int:
    value = int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text) else None
    if value is None or not least <= value <= most:
        expected = f"{name} as a whole number from {least} to {most}"
        raise ScenarioError(where, expected, repr(text.strip()), "correct the number")
    return value


def _number(where: str, name: str, text: str, least: float = -math.inf) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= least):
        expected = f"{name} as a number" + (f" of {least:g} or more" if least > -math.inf else "")
        raise ScenarioError(where, expected, repr(text.strip()), "correct the number")
    return value


def _table(
    path: Path, rows: list[Row], columns: tuple[str, ...], least: float = -math.inf
) -> tuple[list[int], NDArray[np.float64]]:
    """Return line numbers and float64[rows, columns]; a first row of words is a header."""
    if rows and re.fullmatch(r"[A-Za-z_][^\d]*", rows[0][1]):
        rows = rows[1:]
    table = np.empty((len(rows), len(columns)))
    for at, (line, text) in enumerate(rows):
        where, fields = f"{path}:{line}", text.replace(";", " ").split()
        if len(fields) != len(columns):
            expected = f"{len(columns)} columns ({', '.join(columns)})"
            raise ScenarioError(where, expected, len(fields), "complete the row")
        table[at] = [_number(where, name, field, least) for name, field in zip(columns, fields, strict=True)]
    return [line for line, _ in rows], table


def _check_links(path: Path, lines: list[int], links: NDArray[np.float64], n_nodes: int) -> None:
    column = dict(zip(LINK_COLUMNS, links.T, strict=True))
    for name in LINK_ENDS:
        node = column[name]
        _refuse(path, lines, node, (node < 1) | (node > n_nodes) | (node % 1 != 0), f"{name} from 1 to {n_nodes}")
    kind, capacity = column["link_type"], column["capacity"]
    _refuse(path, lines, kind, (kind % 1 != 0) | (kind >= 2**31), "link_type as a whole number")
    _refuse(path, lines, capacity, (capacity == 0) & (column["b"] > 0), "capacity above 0 wherever b is")


def _refuse(path: Path, lines: list[int], value: NDArray[np.float64], bad: NDArray[np.bool_], expected: str) -> None:
    if bad.any():
        first = int(bad.argmax())
        raise ScenarioError(f"{path}:{lines[first]}", expected, f"{value[first]:g}", "correct the number")


def _entry(where: str, entry: str, n_zones: int, origin: int) -> tuple[int, float]:
    if origin == 0:
        raise ScenarioError(where, "a line 'Origin N' before the first entry", repr(entry), "restore the line")
    destination, colon, value = entry.partition(":")
    if not colon:
        raise ScenarioError(where, "entries like '7 : 12.5;'", repr(entry), "separate zone and trips by a colon")
    return _whole(where, "a destination", destination, 1, n_zones), _number(where, "trips", value, least=0.0)


def _check_total(path: Path, metadata: Mapping[str, Row], found: float) -> None:
    where, text = _value(path, metadata, "TOTAL OD FLOW")
    total = _number(where, "<TOTAL OD FLOW>", text, least=0.0)
    if abs(found - total) > TOTAL_TOLERANCE * total:
        remedy = "restore the missing entries, or correct <TOTAL OD FLOW>"
        raise ScenarioError(where, f"{total!r} trips, as the metadata says", f"{found!r} in the table", remedy)


def _node_table(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    lines, table = _table(path, _rows(path), NODE_COLUMNS)
    number = table[:, 0]
    _refuse(path, lines, number, (number < 1) | (number >= 2**31) | (number % 1 != 0), "node as a whole number from 1")
    return [f"{path}:{line}" for line in lines], table


def _points(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return where each point stands in a GeoJSON file, and float64[n, 3] of id, x, y."""
    text = _text(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
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
            whole = _whole(where, "the property id", str(number), 1, 2**31 - 1)
            return whole, _number(where, "longitude", str(x)), _number(where, "latitude", str(y))
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
    """Return where each node 1 to n_nodes stands in `number`; intp[n_nodes]."""
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


def _unit(where: str, unit: str, known: Mapping[str, float]) -> float:
    if unit not in known:
        raise ScenarioError(where, f"one of {', '.join(known)}", repr(unit), did_you_mean(unit, known))
    return known[unit]
