"""Basemap of every map.

Streets, readers, patrolled areas and exits of the map, surrounded by scale, north arrow, legend
and credit. Nothing is fetched: a map depends on the run alone, the same bytes every time.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Affine2D
from scipy.spatial import cKDTree

from simulate.report.figures import GREY, INK, new_axes
from simulate.scenario.metros import first_city
from simulate.world.roads import RoadClass
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight
    from simulate.policy.view import View

    Box = tuple[float, float, float, float]
    """West, east, south and north edge of a map, in metres."""

ROAD_STYLE = {
    RoadClass.CONNECTOR: (0.8, "#bdbdbd"),
    RoadClass.LOCAL: (0.6, "#c4c4c4"),
    RoadClass.COLLECTOR: (0.8, "#b8b8b8"),
    RoadClass.ARTERIAL: (1.4, "#a3a3a3"),
    RoadClass.FREEWAY: (2.4, "#8c8c8c"),
}
"""Width in points and colour, the widest drawn last; connectors lead off the map and are dashed."""
WIDTH_IN, TEXT, LINE_IN, STRIP_IN, CREDIT_IN = 4.6, 11.5, 0.26, 0.5, 0.17
NOTE_TEXT, NOTE_LETTERS = 8, 64
"""Font size of the notes below a map, and characters per line."""
SHAPES = (0.4, 1.4)
"""Minimum and maximum ratio of height to width of a map."""
MANY_STREETS = 3000
"""Above this number, streets are rasterised to limit the size of the page; then all are drawn thinner, small
ones as hairlines with opacity falling with their number, so that readers and patrolled areas show."""
HAIRLINES = {RoadClass.LOCAL: 0.2, RoadClass.COLLECTOR: 0.25, RoadClass.ARTERIAL: 0.7, RoadClass.FREEWAY: 1.6}
"""Width in points above MANY_STREETS."""
MANY_MARKS = 60
"""Above this number, readers are drawn smaller."""
PATROLLED = ("#f4ebd3", "#e9d8aa", "#d9bd78")
"""Colours of patrolled zones, from the least to the most often scanned third."""
FINE = 240
"""Cells of the patrolled area across the map."""
HALO = (withStroke(linewidth=3, foreground="white"),)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on the map and its meaning."""

    shape: str
    fill: str
    edge: str
    size: float
    text: str


VISIBLE = Mark("s", INK, INK, 4.5, "reader that the observer sees")
UNSEEN = Mark("s", "white", GREY, 4.5, "reader of others, unseen")
GATE = Mark("D", "#5b2a86", "#5b2a86", 4.5, "lot with a reader at its gate")
UNSEEN_GATE = Mark("D", "white", "#5b2a86", 4.5, "gated lot of others, unseen")
SCANNED = Mark("s", PATROLLED[1], PATROLLED[2], 10, "area that mobile units scan; darker, more often")
WAY_OUT = Mark("^", "#7a7a7a", "#7a7a7a", 6, "way out: traffic to and from beyond the map")


def map_extent(view: View) -> Box:
    """Return the box of all streets and zones, with room for the names of metros."""
    roads, zones = view.sight.public.roads, view.sight.public.zones
    zone, node = _shown(view), ~_far_nodes(view)
    x, y = (np.concatenate([at[node], of[zone]]) for at, of in ((roads.x_m, zones.x_m), (roads.y_m, zones.y_m)))
    margin = 0.04 * max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    above = 3 * margin if "" not in _metros(view) else margin
    return float(x.min()) - margin, float(x.max()) + margin, float(y.min()) - margin, float(y.max()) + above


def canvas(box: Box, key: Sequence[Mark], notes: Sequence[str] = (), width_in: float = WIDTH_IN) -> tuple[Figure, Axes]:
    """Create a figure for one map: axes to scale, below them scale bar and north arrow, the legend and the notes.

    The box is extended to a suitable aspect ratio; notes are wrapped.
    """
    lines = [line for note in notes for line in textwrap.wrap(note, round(14 * width_in))]
    box, map_in = shaped(box, width_in)
    key_in, notes_in = LINE_IN * len(key), CREDIT_IN * len(lines) + 0.06
    tall = map_in + STRIP_IN + key_in + notes_in
    figure = Figure(figsize=(width_in, tall))
    axes = figure.add_axes((0, 1 - map_in / tall, 1, map_in / tall))
    prepare(axes, box)
    strip = figure.add_axes((0, (key_in + notes_in) / tall, 1, STRIP_IN / tall))
    scale_and_north(strip, box[1] - box[0])
    below = figure.add_axes((0, notes_in / tall, 1, max(key_in, 0.01) / tall))
    write_key(below, key)
    for i, line in enumerate(lines):
        y = (notes_in - CREDIT_IN * (i + 0.7)) / tall
        figure.text(0.02, y, line, fontsize=9, color=GREY)
    return figure, axes


def frame(ax: Axes | None, box: Box, key: Sequence[Mark], notes: Sequence[str] = ()) -> Axes:
    """Set up axes for a map, those of a new figure if None: its scale within, below it the legend and the notes.

    The box is extended to a suitable aspect ratio; without a legend no notes are written.
    """
    box, map_in = shaped(box, WIDTH_IN)
    lines = [line for note in notes for line in textwrap.wrap(note, NOTE_LETTERS)] if key else []
    axes = ax or new_axes(WIDTH_IN, map_in + LINE_IN * len(key) + CREDIT_IN * len(lines))
    prepare(axes, box)
    _scale_within(axes, box)
    handles = [
        Line2D([], [], linestyle="", marker=mark.shape, color=mark.fill, markeredgecolor=mark.edge,
               markersize=mark.size, label=mark.text)
        for mark in key
    ]  # fmt: skip
    handles += [Line2D([], [], linestyle="", label=line) for line in lines]
    if handles:
        legend = axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), frameon=False, fontsize=TEXT - 2)
        for text in legend.get_texts()[len(key) :]:
            text.set(fontsize=NOTE_TEXT, color=GREY)
    return axes


def _scale_within(axes: Axes, box: Box) -> None:
    """Draw a scale bar in the corner of a map; north is up."""
    wide, tall = box[1] - box[0], box[3] - box[2]
    length, text = round_length(wide)
    x, y = box[0] + 0.03 * wide, box[2] + 0.03 * tall
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt", path_effects=HALO, zorder=7)
    axes.text(x, y + 0.015 * tall, f"{text}, north is up", fontsize=NOTE_TEXT, color=INK, path_effects=HALO, zorder=7)


def prepare(axes: Axes, box: Box) -> None:
    """Limit axes to a box in metres, without decoration."""
    axes.set_aspect("equal")
    axes.set_xlim(box[0], box[1])
    axes.set_ylim(box[2], box[3])
    axes.axis("off")


def draw_basemap(axes: Axes, view: View, seen: CaseSight | None) -> None:
    """Draw streets, exits and, given a case, patrolled areas and readers; those visible to the observer are filled."""
    if seen is not None:
        _scanned(axes, view, seen)
    _streets(axes, view)
    _ways_out(axes, view)
    if seen is not None:
        standing = list(_standing(view, seen))
        small = sum(int(shown.sum()) for _, shown in standing) > MANY_MARKS
        for mark, shown in reversed(standing):
            x, y = _inside(axes, view.sight.public.sites.x_m[shown], view.sight.public.sites.y_m[shown])
            size = mark.size * (0.75 if small else 1.0)
            axes.plot(x, y, mark.shape, color=mark.fill, markeredgecolor=mark.edge, markersize=size, zorder=3)
    for name, x_m, y_m in _titles(view):
        axes.text(x_m, y_m, name, fontsize=TEXT, weight="bold", color=INK, ha="center", va="bottom", path_effects=HALO)


def basemap_key(view: View, seen: CaseSight) -> tuple[Mark, ...]:
    """Return the legend of `draw_ground` for a case."""
    observer = seen.observer if len(seen.observer) <= 24 else "the observer"
    own = {VISIBLE: f"reader that {observer} sees", GATE: f"lot with a gate that {observer} sees"}
    shown = [mark for mark, sites in _standing(view, seen) if sites.any()]
    shown += [SCANNED] if _visits(view, seen).any() else []
    shown += [WAY_OUT] if _leads_out(view).any() else []
    return tuple(replace(mark, text=own.get(mark, mark.text)) for mark in shown)


def credits_of(view: View) -> tuple[str, ...]:
    """Return the credits of the map, with a note on metros drawn side by side."""
    credit_lines = view.truth.world.credits
    credit = f"Map: {'; '.join(credit_lines)}." if any(credit_lines) else ""
    apart = "The metros are drawn side by side and are no neighbours." if len(_metros(view)) > 1 else ""
    return tuple(note for note in (apart, credit) if note)


def nearest_zones(view: View, box: Box) -> tuple[NDArray[np.int64], Box]:
    """Find the zone of each cell of a fine grid over a box; int64[rows, columns], -1 = none, and its box.

    A zone extends to the typical spacing of zones: the median over zones of the distances up to the sixth nearest.
    """
    zones = view.sight.public.zones
    inside = np.flatnonzero(~zones.outside)
    places = np.column_stack([zones.x_m[inside], zones.y_m[inside]])
    tree = cKDTree(places)
    apart = np.asarray(tree.query(places, k=[min(7, len(places))])[0])
    reach = float(np.median(apart))
    step = (box[1] - box[0]) / FINE
    columns, rows = FINE, max(1, round((box[3] - box[2]) / step))
    x, y = box[0] + step * (np.arange(columns) + 0.5), box[2] + step * (np.arange(rows) + 0.5)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    away, near = tree.query(grid, distance_upper_bound=max(reach, step))
    zone = np.where(np.isfinite(away), inside[np.minimum(near, len(inside) - 1)], -1)
    return zone.astype(np.int64), (box[0], box[0] + step * columns, box[2], box[2] + step * rows)


def paint(axes: Axes, view: View, colour_of: NDArray[np.float64]) -> None:
    """Paint the area of every zone; colour_of : float64[z, 4], red, green, blue and opacity."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    zone, extent = nearest_zones(view, (west, east, south, north))
    picture = np.where(zone[..., None] >= 0, colour_of[zone], 0.0)
    axes.imshow(picture, extent=extent, origin="lower", interpolation="nearest", aspect="equal", zorder=0.5)
    prepare(axes, (west, east, south, north))  # imshow resets the limits


def write_key(axes: Axes, key: Sequence[Mark]) -> None:
    """Draw the legend: marks below one another, each with its meaning."""
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(max(len(key), 1) - 0.5, -0.5)
    for line, mark in enumerate(key):
        axes.plot([0.04], [line], mark.shape, color=mark.fill, markeredgecolor=mark.edge, markersize=mark.size)
        axes.text(0.08, line, mark.text, fontsize=TEXT, color=INK, va="center")


def shaped(box: Box, width_in: float) -> tuple[Box, float]:
    """Extend a box to an aspect ratio within SHAPES; return it and its height in inches."""
    west, east, south, north = box
    wide, tall = east - west, north - south
    shape = float(np.clip(tall / wide, *SHAPES))
    more_x, more_y = max(tall / shape - wide, 0.0) / 2, max(wide * shape - tall, 0.0) / 2
    return (west - more_x, east + more_x, south - more_y, north + more_y), width_in * shape


def scale_and_north(axes: Axes, wide_m: float) -> None:
    """Draw a scale bar of about a quarter of the map's width on the left, and a north arrow on the right."""
    axes.axis("off")
    axes.set_xlim(0, wide_m)
    axes.set_ylim(0, 1)
    length, text = round_length(wide_m)
    x = 0.03 * wide_m
    axes.plot([x, x + length], [0.8, 0.8], color=INK, linewidth=3, solid_capstyle="butt")
    axes.text(x, 0.68, text, fontsize=TEXT, color=INK, va="top")
    north = 0.94 * wide_m
    axes.annotate(
        "", (north, 1.0), (north, 0.28), arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0}
    )
    axes.text(north + 0.02 * wide_m, 0.62, "N", fontsize=TEXT, weight="bold", color=INK, va="center")


def round_length(wide_m: float) -> tuple[float, str]:
    """Return a round length of at most a quarter of a map's width, in metres and in words."""
    most = wide_m / 4
    unit = 10.0 ** np.floor(np.log10(most))
    length = float(max(step * unit for step in (1, 2, 5) if step * unit <= most))
    return length, f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"


def _streets(axes: Axes, view: View) -> None:
    """Draw every street within the axes once, all of a class as one broken line.

    Connectors join the centroids of traffic zones and are no streets: only those leading off the map are drawn.
    """
    roads = view.sight.public.roads
    way_out, far = _at_nodes(view, _leads_out(view)), _far_nodes(view)
    leads_out = (way_out[roads.tail] | way_out[roads.head]) & ~far[roads.tail] & ~far[roads.head]
    ends = np.sort(np.column_stack([roads.tail, roads.head]), axis=1)
    streets, first = np.unique(ends, axis=0, return_index=True)
    real = (roads.road_class[first] != RoadClass.CONNECTOR) | leads_out[first]
    x, y = roads.x_m[streets], roads.y_m[streets]
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    here = (x.max(1) >= west) & (x.min(1) <= east) & (y.max(1) >= south) & (y.min(1) <= north) & real
    many = int(here.sum()) > MANY_STREETS
    faint = min(1.0, 2 * MANY_STREETS / max(int(here.sum()), 1))
    for kind, (width, colour) in ROAD_STYLE.items():
        of_class = here & (roads.road_class[first] == kind)
        gap = np.full(int(of_class.sum()), np.nan)
        line = "--" if kind == RoadClass.CONNECTOR else "-"
        axes.plot(
            np.column_stack([x[of_class], gap]).ravel(), np.column_stack([y[of_class], gap]).ravel(), line,
            color=colour, linewidth=HAIRLINES.get(kind, width) if many else width, zorder=1, rasterized=many,
            alpha=faint if kind != RoadClass.FREEWAY else 1.0,
        )  # fmt: skip


def _scanned(axes: Axes, view: View, case: CaseSight) -> None:
    """Paint the zones scanned by the observer's mobile units, in thirds."""
    visits = _visits(view, case)
    if not visits.any():
        return
    thirds = np.quantile(visits[visits > 0], (1 / 3, 2 / 3))
    colours = np.array([to_rgba(colour) for colour in PATROLLED])[np.searchsorted(thirds, visits)]
    colours[visits == 0] = 0.0
    paint(axes, view, colours)


def _visits(view: View, case: CaseSight) -> NDArray[np.int64]:
    """Return the number of scans of every zone visible to the observer; int64[z]."""
    sites = view.sight.public.sites
    seen = case.visible & (sites.kind == SiteKind.MOBILE)
    visits = np.zeros(view.sight.public.zones.n, np.int64)
    np.add.at(visits, sites.zone[seen], sites.visits[seen])
    return visits


def _leads_out(view: View) -> NDArray[np.bool_]:
    """Return whether zones are exits of the map; bool[z]."""
    zones = view.sight.public.zones
    leads: NDArray[np.bool_] = zones.outside & (zones.attraction[Purpose.OUTSIDE] > 0)
    return leads


def _shown(view: View) -> NDArray[np.bool_]:
    """Return whether zones lie on the map or are exits of it; others stand for places farther off; bool[z]."""
    return ~view.sight.public.zones.outside | _leads_out(view)


def _at_nodes(view: View, zones: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether nodes belong to some of the zones; bool[n]."""
    at = np.zeros(view.sight.public.roads.n_nodes, np.bool_)
    at[view.sight.public.hub_node[view.sight.public.zones.hub[zones]]] = True
    return at


def _far_nodes(view: View) -> NDArray[np.bool_]:
    """Return whether nodes lie beyond the map as shown; bool[n]."""
    shown = _shown(view)
    return _at_nodes(view, ~shown) & ~_at_nodes(view, shown)


def _ways_out(axes: Axes, view: View) -> None:
    """Draw an outward arrow at every exit of the map."""
    zones = view.sight.public.zones
    outside = np.flatnonzero(_leads_out(view))
    for part in _metros(view).values():
        middle_x, middle_y = float(np.median(zones.x_m[part])), float(np.median(zones.y_m[part]))
        for zone in outside[part[outside]]:
            x, y = float(zones.x_m[zone]), float(zones.y_m[zone])
            turn = np.degrees(np.arctan2(y - middle_y, x - middle_x)) - 90.0
            shape = MarkerStyle("^", transform=Affine2D().rotate_deg(turn))
            axes.plot(*_inside(axes, np.array([x]), np.array([y])), marker=shape, color=WAY_OUT.fill,
                      markersize=WAY_OUT.size, linestyle="", zorder=2)  # fmt: skip


def _standing(view: View, seen: CaseSight) -> Iterator[tuple[Mark, NDArray[np.bool_]]]:
    """Yield the marks of readers and gates with their sites, those visible to the observer first."""
    kind = view.sight.public.sites.kind
    yield VISIBLE, seen.visible & (kind == SiteKind.FIXED)
    yield UNSEEN, ~seen.visible & (kind == SiteKind.FIXED)
    yield GATE, seen.visible & (kind == SiteKind.GATE)
    yield UNSEEN_GATE, ~seen.visible & (kind == SiteKind.GATE)


def _inside(
    axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points on the map, away from its edge, to keep marks whole."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    edge = 0.01 * (east - west)
    inside = (x >= west + edge) & (x <= east - edge) & (y >= south + edge) & (y <= north - edge)
    return x[inside], y[inside]


def _metros(view: View) -> dict[str, NDArray[np.bool_]]:
    """Return the zones of each metro on the map, bool[z] each; outside nations one without a name."""
    zones = view.sight.public.zones
    if not view.truth.world.metros:
        return {"": np.ones(zones.n, np.bool_)}
    metro = view.truth.world.metro_of_hub[zones.hub]
    return {name: metro == i for i, name in enumerate(view.truth.world.metros)}


def _titles(view: View) -> Iterator[tuple[str, float, float]]:
    """Yield the name of every metro, by its first city, and its position above it."""
    zones, metros = view.sight.public.zones, _metros(view)
    shown = _shown(view)
    top = float(zones.y_m[shown].max()) + 0.03 * float(np.ptp(zones.x_m[shown]))
    for name, part in metros.items():
        if name:
            x = zones.x_m[part & shown]
            middle = float(x.min() + x.max()) / 2
            yield f"{first_city(name)}, invented", middle, top
