"""Street maps: unprocessed ways and nodes from OpenStreetMap files.

Formats: OpenStreetMap XML (plain, gzip, bzip2) and PBF, read by osmium, and GraphML as written
by OSMnx (`street_graphml`). An XML file with a document type declaration is refused before any
reader opens it, so no entity is ever expanded and nothing outside the file is ever fetched.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

import numpy as np
import osmium

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from numpy.typing import NDArray

ROOTS = {".osm": "osm", ".osm.gz": "osm", ".osm.bz2": "osm", ".osm.pbf": "", ".graphml": "graphml"}
"""Suffixes of readable files, and the root element of the XML ones."""
MOST_PROLOG = 2**20
"""Maximum size of an XML file's prolog, in bytes (assumption: usual prologs take a few hundred)."""
KEPT_TAGS = ("highway", "oneway", "junction", "maxspeed", "access", "area", "motor_vehicle", "motorcar", "service")
NOWHERE = 2**31 - 1
"""Osmium's coordinate of a node without a location."""
_FETCH = "fetch the file again"


@dataclass(frozen=True, slots=True)
class Way:
    """A piece of street, drawn from node to node."""

    nodes: tuple[int, ...]
    """Numbers of its nodes in order, missing ones included."""
    tags: Mapping[str, str]
    """Its tags among `KEPT_TAGS`."""
    length_m: float | None = None
    """Length along its geometry as stated in the file, in metres; only for ways of two nodes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreetMap:
    """Every way with a highway tag, and the nodes of these ways in the file."""

    node: NDArray[np.int64]
    """int64[n]; number of each node in the file, rising."""
    latitude: NDArray[np.float64]
    """float64[n]; degrees north."""
    longitude: NDArray[np.float64]
    """float64[n]; degrees east."""
    ways: tuple[Way, ...]
    """In the file's order."""
    box: tuple[float, float, float, float] | None
    """South, west, north and east of the extract, in degrees; None if the file does not state it."""
    source: Path
    """The file."""


def check_file(path: Path) -> str:
    """Return the suffix of a file's name among `ROOTS`.

    Raise ScenarioError on other or missing files, and on XML files with declarations.
    """
    kinds = [kind for kind in ROOTS if path.name.endswith(kind)]
    if not kinds:
        expected = f"a street map whose name ends in {', '.join(ROOTS)}"
        raise ScenarioError("roads.path", expected, path.name or path, "convert the map, or correct its name")
    if not path.is_file():
        raise ScenarioError("roads.path", "an existing file", path, "check the path")
    if path.stat().st_size == 0:
        raise ScenarioError(path, "a street map", "an empty file", _FETCH)
    if root := ROOTS[kinds[0]]:
        _check_prolog(path, kinds[0], root)
    return kinds[0]


def read_osm(path: Path) -> StreetMap:
    """Read ways and nodes of an OpenStreetMap file, ways first, so their order does not matter.

    Raise ScenarioError if the file is damaged or a coordinate lies outside the world.
    """
    try:
        header = osmium.io.Reader(str(path)).header().box()
        ways = tuple(
            Way(tuple(node.ref for node in way.nodes), {key: way.tags[key] for key in KEPT_TAGS if key in way.tags})
            for way in osmium.FileProcessor(str(path), osmium.osm.WAY)
            if isinstance(way, osmium.osm.Way) and "highway" in way.tags
        )
        needed = {node for way in ways for node in way.nodes}
        location_of = {
            node.id: (node.location.lat_without_check(), node.location.lon_without_check())
            for node in osmium.FileProcessor(str(path), osmium.osm.NODE)
            if isinstance(node, osmium.osm.Node) and node.id in needed and node.location.x != NOWHERE
        }
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        _refuse_damaged(path, error)
    box = None
    if header.valid():
        low, high = header.bottom_left, header.top_right
        box = (low.lat, low.lon, high.lat, high.lon)
    return street_map(path, location_of, ways, box)


def street_map(
    path: Path,
    location_of: Mapping[int, tuple[float, float]],
    ways: tuple[Way, ...],
    box: tuple[float, float, float, float] | None,
) -> StreetMap:
    """Convert the content of a file to arrays; raise ScenarioError without any way, or on invalid coordinates.

    location_of : latitude and longitude of each node.
    """
    if not ways:
        raise ScenarioError(path, "ways with a highway tag", "none", "take an extract of a place with streets")
    node = np.array(sorted(location_of), np.int64)
    degrees = np.array([location_of[number] for number in node.tolist()], np.float64).reshape(-1, 2)
    outside = ~((np.abs(degrees[:, 0]) <= 90.0) & (np.abs(degrees[:, 1]) <= 180.0))
    if outside.any():
        at = int(outside.argmax())
        expected = "latitudes within 90 and longitudes within 180 degrees"
        where = f"{degrees[at, 0]:g}, {degrees[at, 1]:g} at node {node[at]}"
        raise ScenarioError(path, expected, where, "correct the coordinates, or save the map in degrees (WGS84)")
    return StreetMap(
        node=node, latitude=degrees[:, 0].copy(), longitude=degrees[:, 1].copy(), ways=ways, box=box, source=path
    )


class _Stop(Exception):  # noqa: N818
    """End of the prolog: the name of the root element, "" at a declaration."""


def _check_prolog(path: Path, kind: str, root: str) -> None:
    """Read an XML file up to its root element; raise ScenarioError if it has a document type.

    The parser is the one used for reading XML later, so no encoding hides a declaration.
    """

    def declared(*_: object) -> NoReturn:
        raise _Stop("")

    def started(name: str, _attributes: object) -> NoReturn:
        raise _Stop(name.rpartition(":")[2])

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = started
    try:
        with _opened(path, kind) as stream:
            parser.Parse(stream.read(MOST_PROLOG), True)
    except _Stop as stop:
        if stop.args[0] == root:
            return
        if stop.args[0]:
            raise ScenarioError(path, f"XML whose root is <{root}>", f"<{stop.args[0]}>", "check the file") from None
        remedy = "remove <!DOCTYPE ...>: street maps need none, and entities are never read"
        raise ScenarioError(path, "XML without a document type", "a <!DOCTYPE>", remedy) from None
    except (expat.ExpatError, EOFError, zlib.error, OSError, ValueError, LookupError) as error:
        _refuse_damaged(path, error)
    raise ScenarioError(path, f"XML whose root is <{root}>", "no element", _FETCH)


def _opened(path: Path, kind: str) -> IO[bytes] | gzip.GzipFile:
    """Open a file for reading, decompressed."""
    if kind.endswith(".gz"):
        return gzip.open(path, "rb")
    return bz2.open(path, "rb") if kind.endswith(".bz2") else path.open("rb")


def _refuse_damaged(path: Path, error: Exception) -> NoReturn:
    raise ScenarioError(path, "a complete street map", error, _FETCH) from error
