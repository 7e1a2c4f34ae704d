"""Street maps in GraphML, as saved by OSMnx 2.x (`osmnx.save_graphml`).

Every edge is one direction of a street and becomes a way of two nodes with its own length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from simulate.checks import ScenarioError
from simulate.world.streets.files import KEPT_TAGS, StreetMap, Way, street_map
from simulate.world.tntp.lines import finite_number

if TYPE_CHECKING:
    from pathlib import Path

DEGREES = "epsg:4326"
"""The coordinate system of OpenStreetMap; OSMnx can save others."""
LONGEST_M = 1_000_000.0
"""Maximum length of a street between two junctions, in metres; a longer one means another unit, or damage."""
_SAVE = "save the graph with osmnx.save_graphml, unprojected"
_ITEM = re.compile(r"""'([^']*)'|"([^"]*)"|([^\s,\[\]'"]+)""")


def read_graphml(path: Path) -> StreetMap:
    """Read a graph saved by OSMnx; call `check_file` first.

    Raise ScenarioError if the file is damaged, not from OSMnx, or projected to a plane.
    """
    keys: dict[str, str] = {}
    location_of: dict[int, tuple[float, float]] = {}
    ways: list[Way] = []
    try:
        with path.open("rb") as stream:
            for _, element in ET.iterparse(stream):
                name = element.tag.rpartition("}")[2]
                if name == "key":
                    keys[element.get("id", "")] = element.get("attr.name", "")
                elif name == "node":
                    number, place = _node(path, element, keys)
                    location_of[number] = place
                    element.clear()
                elif name == "edge":
                    ways.append(_way(path, element, keys))
                    element.clear()
                elif name == "graph":
                    _check_degrees(path, _data(element, keys))
    except (ET.ParseError, OSError) as error:
        raise ScenarioError(path, "complete GraphML", error, "save or fetch the file again") from error
    return street_map(path, location_of, tuple(ways), None)


def _data(element: ET.Element, keys: dict[str, str]) -> dict[str, str]:
    """Return the data of an element by the names of its keys."""
    return {
        keys.get(child.get("key", ""), ""): child.text or ""
        for child in element
        if child.tag.rpartition("}")[2] == "data"
    }


def _node(path: Path, element: ET.Element, keys: dict[str, str]) -> tuple[int, tuple[float, float]]:
    data, where = _data(element, keys), f"{path}: node {element.get('id')}"
    if not {"x", "y"} <= data.keys():
        raise ScenarioError(where, "x and y in degrees, as OSMnx saves them", ", ".join(data) or "nothing", _SAVE)
    place = finite_number(where, "y", data["y"]), finite_number(where, "x", data["x"])
    return _number(where, element.get("id")), place


def _way(path: Path, element: ET.Element, keys: dict[str, str]) -> Way:
    data = _data(element, keys)
    where = f"{path}: edge {element.get('source')} to {element.get('target')}"
    if not {"highway", "length"} <= data.keys():
        raise ScenarioError(where, "highway and length, as OSMnx saves them", ", ".join(data) or "nothing", _SAVE)
    tags = {key: ";".join(_items(data[key])) for key in KEPT_TAGS if key in data}
    ends = _number(where, element.get("source")), _number(where, element.get("target"))
    return Way(
        ends, tags | {"oneway": "yes"}, finite_number(where, "length", data["length"], least=0.0, most=LONGEST_M)
    )


def _items(text: str) -> list[str]:
    """Return the items of a list as OSMnx writes it, or the text itself."""
    if not text.startswith("["):
        return [text]
    return ["".join(match.groups(default="")) for match in _ITEM.finditer(text)]


def _number(where: str, text: str | None) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text or ""):
        raise ScenarioError(where, "nodes named by whole numbers, as OSMnx saves them", repr(text), _SAVE)
    return int(text or "")


def _check_degrees(path: Path, graph: dict[str, str]) -> None:
    crs = graph.get("crs", DEGREES)
    if crs.lower() != DEGREES:
        raise ScenarioError(path, f"coordinates in degrees (crs {DEGREES})", crs[:40], _SAVE)
