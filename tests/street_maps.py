"""Street maps small enough to see whole, written as OpenStreetMap XML, PBF and OSMnx's GraphML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import osmium

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Nodes = dict[int, tuple[float, float]]
STEP = 0.001
"""Degrees between neighbours of a lattice: 111 m north, and as much east, for it lies on the equator."""


def lattice(rows: int, columns: int) -> Nodes:
    """Return the nodes of a lattice, numbered 1, 2, ... eastwards and then northwards."""
    return {1 + row * columns + column: (row * STEP, column * STEP) for row in range(rows) for column in range(columns)}


def street(*nodes: int, highway: str = "residential", **tags: str) -> tuple[tuple[int, ...], dict[str, str]]:
    """Return a way through nodes."""
    return nodes, {"highway": highway, **tags}


def write_osm(path: Path, nodes: Nodes, ways: Iterable[Any], box: tuple[float, ...] | None = None) -> Path:
    """Write a map as OpenStreetMap XML; box is south, west, north, east."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    if box:
        south, west, north, east = box
        lines.append(f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>')
    lines += [f'<node id="{number}" lat="{lat}" lon="{lon}"/>' for number, (lat, lon) in nodes.items()]
    for number, (through, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}">')
        lines += [f'<nd ref="{node}"/>' for node in through]
        lines += [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>\n"]), encoding="utf-8")
    return path


def convert(source: Path, target: Path) -> Path:
    """Write a map in the format that the target's name ends in."""
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(source)):
            writer.add(thing)
    return target


def write_graphml(path: Path, nodes: Nodes, edges: Iterable[tuple[int, int, Mapping[str, str]]]) -> Path:
    """Write a graph as OSMnx 2.1.1 does: every value a text, keys named d0, d1, ..."""
    edges = list(edges)
    keys = sorted({key for _, _, data in edges for key in data})
    lines = ["<?xml version='1.0' encoding='utf-8'?>", '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    lines += [f'<key id="d{i}" for="edge" attr.name="{key}" attr.type="string" />' for i, key in enumerate(keys, 3)]
    lines += [
        '<key id="d2" for="node" attr.name="x" attr.type="string" />',
        '<key id="d1" for="node" attr.name="y" attr.type="string" />',
        '<key id="d0" for="graph" attr.name="crs" attr.type="string" />',
        '<graph edgedefault="directed">',
    ]
    for number, (lat, lon) in nodes.items():
        lines.append(f'<node id="{number}"><data key="d1">{lat}</data><data key="d2">{lon}</data></node>')
    for tail, head, data in edges:
        said = "".join(f'<data key="d{keys.index(key) + 3}">{escape(value)}</data>' for key, value in data.items())
        lines.append(f'<edge source="{tail}" target="{head}" id="0">{said}</edge>')
    path.write_text("\n".join([*lines, '<data key="d0">epsg:4326</data></graph></graphml>\n']), encoding="utf-8")
    return path
