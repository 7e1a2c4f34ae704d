"""TNTP files: networks, trip tables and flows in the exchange format of traffic research.

Format: Transportation Networks for Research, github.com/bstabler/TransportationNetworks.
Numbers keep the file's own units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.world.tntp.lines import (
    Row,
    count_of,
    finite_number,
    metadata_of,
    read_rows,
    refuse_any,
    table_of,
    value_of,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


LINK_ENDS = ("init_node", "term_node")
LINK_COLUMNS = (*LINK_ENDS, "capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type")
FLOW_COLUMNS = ("from", "to", "volume", "cost")


NODE_ENDS = ("_node.tntp", "_nodes.tntp", "_node.geojson", "_nodes.geojson")
TOTAL_TOLERANCE = 1e-9
"""Relative, beside half of the last digit of the stated total; sums of the published tables match their headers to
1e-13, and 1e-9 still detects one lost entry of 0.01 trips in the 1.26 million of Chicago-Sketch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TntpNetwork:
    """Content of a network file: links in the file's order and units."""

    n_zones: int
    """Zones are the nodes 1 to n_zones."""
    n_nodes: int
    """Nodes are numbered from 1 in the file, from 0 in the arrays."""
    first_thru_node: int
    """Number of the first node open to through traffic; lower ones only start and end trips."""
    tail: NDArray[np.int32]
    """int32[m]; start node of a link, from 0."""
    head: NDArray[np.int32]
    """int32[m]; end node of a link, from 0."""
    capacity: NDArray[np.float64]
    """float64[m]; flow with a delay of b times the free time."""
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
    """float64[m]; often 0 for lack of data."""
    link_type: NDArray[np.int32]
    """int32[m]; the file's own code."""
    source: str
    """Name of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TntpFiles:
    """Paths of the parts of one TNTP network."""

    net: Path
    """The network."""
    trips: Path
    """Its trip table."""
    nodes: Path
    """Its node coordinates, as TNTP table or GeoJSON."""
    flow: Path | None
    """Its published equilibrium flows, if any."""


def find_files(folder: Path) -> TntpFiles:
    """Find the files of one TNTP network in a folder, by suffix in any case."""
    if not folder.is_dir():
        remedy = "give the folder that holds *_net.tntp, *_trips.tntp and the node coordinates"
        raise ScenarioError("roads.path", "an existing folder", folder, remedy)
    return TntpFiles(
        net=_one_file(folder, "_net.tntp"),
        trips=_one_file(folder, "_trips.tntp"),
        nodes=_one_file(folder, *NODE_ENDS, if_none=_NO_NODES),
        flow=_one_file(folder, "_flow.tntp") if _ending(folder, "_flow.tntp") else None,
    )


def read_network(path: Path) -> TntpNetwork:
    """Read a network file; raise ScenarioError at the first invalid line."""
    metadata, rows = metadata_of(path, read_rows(path))
    n_nodes = count_of(path, metadata, "NUMBER OF NODES")
    n_zones = count_of(path, metadata, "NUMBER OF ZONES", most=n_nodes)
    first_thru_node = count_of(path, metadata, "FIRST THRU NODE", most=n_nodes)
    n_links = count_of(path, metadata, "NUMBER OF LINKS")
    lines, links = table_of(path, rows, LINK_COLUMNS, least=0.0)
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
    metadata, rows = metadata_of(path, read_rows(path))
    if (found := count_of(path, metadata, "NUMBER OF ZONES")) != n_zones:
        where = f"{path}:{metadata['NUMBER OF ZONES'][0]}"
        raise ScenarioError(where, f"{n_zones} zones, as in the network", found, "take both files from one network")
    trips = np.full((n_zones, n_zones), np.nan)
    origin = 0
    for line, text in rows:
        where = f"{path}:{line}"
        if text.lower().startswith("origin"):
            origin = whole_number(where, "an origin", text[len("origin") :].rstrip("; \t"), 1, n_zones)
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
    lines, table = table_of(path, read_rows(path), FLOW_COLUMNS, least=0.0)
    links_left: dict[tuple[float, float], list[int]] = {}
    for link, ends in enumerate(zip((network.tail + 1).tolist(), (network.head + 1).tolist(), strict=True)):
        links_left.setdefault(ends, []).append(link)
    flow = np.full(len(network.tail), np.nan)
    for line, (tail, head, volume, _) in zip(lines, table.tolist(), strict=True):
        if not (links := links_left.get((tail, head))):
            expected = f"each link of {network.source} once"
            found = f"a link {tail:g} to {head:g} that is not there, or there fewer times"
            raise ScenarioError(f"{path}:{line}", expected, found, "take both files from one network")
        flow[links.pop(0)] = volume
    if (missing := np.flatnonzero(np.isnan(flow))).size:
        first = f"{network.tail[missing[0]] + 1} to {network.head[missing[0]] + 1}"
        found = f"{len(flow) - len(missing)}; the first missing one is {first}"
        raise ScenarioError(path, f"the flow of all {len(flow)} links of {network.source}", found, "restore the rows")
    return flow


_ONE_NETWORK = "keep the files of one network, and only those, in the folder"
_NO_NODES = (
    "the network came without coordinates and cannot be drawn: put a file NAME_node.tntp beside it, with a line"
    " 'node x y' for each node, and say their unit in roads.coordinates, or take a network that has them"
)


def _one_file(folder: Path, *ends: str, if_none: str = _ONE_NETWORK) -> Path:
    paths = _ending(folder, *ends)
    if len(paths) != 1:
        expected = f"one file {' or '.join(f'*{end}' for end in ends)}"
        found = ", ".join(path.name for path in paths) or "none"
        raise ScenarioError(f"roads.path: {folder}", expected, found, _ONE_NETWORK if paths else if_none)
    return paths[0]


def _ending(folder: Path, *ends: str) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(ends))


def _check_links(path: Path, lines: list[int], links: NDArray[np.float64], n_nodes: int) -> None:
    column = dict(zip(LINK_COLUMNS, links.T, strict=True))
    for name in LINK_ENDS:
        node = column[name]
        refuse_any(path, lines, node, (node < 1) | (node > n_nodes) | (node % 1 != 0), f"{name} from 1 to {n_nodes}")
    kind, capacity = column["link_type"], column["capacity"]
    refuse_any(path, lines, kind, (kind % 1 != 0) | (kind >= 2**31), "link_type as a whole number")
    refuse_any(path, lines, capacity, (capacity == 0) & (column["b"] > 0), "capacity above 0 wherever b is")


def _entry(where: str, entry: str, n_zones: int, origin: int) -> tuple[int, float]:
    if origin == 0:
        raise ScenarioError(where, "a line 'Origin N' before the first entry", repr(entry), "restore the line")
    destination, colon, value = entry.partition(":")
    if not colon:
        raise ScenarioError(where, "entries like '7 : 12.5;'", repr(entry), "separate zone and trips by a colon")
    return whole_number(where, "a destination", destination, 1, n_zones), finite_number(
        where, "trips", value, least=0.0
    )


def _check_total(path: Path, metadata: Mapping[str, Row], table_sum: float) -> None:
    """Raise ScenarioError if the sum of a table is not the stated total, to its printed digits."""
    where, text = value_of(path, metadata, "TOTAL OD FLOW")
    total = finite_number(where, "<TOTAL OD FLOW>", text, least=0.0)
    if abs(table_sum - total) > TOTAL_TOLERANCE * total + _half_digit(text):
        remedy = "restore the missing entries, or correct <TOTAL OD FLOW>"
        raise ScenarioError(where, f"{total!r} trips, as the metadata says", f"{table_sum!r} in the table", remedy)


def _half_digit(text: str) -> float:
    """Return half a unit of the last digit of a number: 0.5 for 382605, 0.05 for 1.0, 5 for 1.26091e+06."""
    digits = re.fullmatch(r"\s*[+]?[0-9]*[.]?([0-9]*)(?:e([+-]?[0-9]{1,3}))?\s*", text, re.IGNORECASE | re.ASCII)
    return float(f"5e{int(digits[2] or 0) - len(digits[1]) - 1}") if digits else 0.0
