"""Panels: one score of several scenarios against their cases, each line labelled at its end."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulate.report import phrases
from simulate.report.figures import BLUE, FAINT, GREY, INK, RUST, TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH_IN, NAME_IN, LEFT_IN, LINE_IN, GAP_IN = 5.0, 1.75, 0.5, 0.185, 0.22
NAME_LETTERS, MOST_LINES = 16, 2
LABEL_LETTERS, MOST_LEVEL = 9, 4
"""Characters of a line, and number of cases, up to which horizontal labels do not overlap."""
STEEP: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "top"}
STEEP_LETTERS, LETTER_IN = 24, 0.075
STYLES = ((INK, "o"), (BLUE, "s"), (RUST, "^"), ("#5b2a86", "D"), ("#00695c", "v"))
"""Colour and mark of each line, the reference first; all have a contrast to white of 5.5 to 1 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One scenario's number in every case; None for a missing number."""

    name: str
    """Wrapped to fit beside the panel, as returned by `short_names`."""
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Common axes of a panel."""

    labels: Sequence[str]
    """Names of the cases, in the order drawn."""
    unit: str
    axis: str
    """Unit of the axis, such as "of 1,000 vehicles"."""
    joined: bool
    """Whether cases are ordered, as durations are, and may be connected by lines."""
    most: float
    """Maximum of this panel, and of those with the same scale."""

    def height(self, value: float) -> float:
        """Return the position of a value; shares as counts of 1,000."""
        return 1000 * value if self.unit == "share" else value


def against_cases(scale: Scale, lines: Sequence[Line]) -> Figure:
    """Draw one line per scenario over the cases, labelled at its end.

    At least one case and one number are required.
    """
    drawn = [(line, STYLES[i % len(STYLES)]) for i, line in enumerate(lines) if any(v is not None for v in line.values)]
    labels, labels_in = _labels(scale)
    room = sum(_tall(line.name) for line, _ in drawn)
    height, below, top = max(2.3, room), 0.25 + labels_in, 0.38
    tall = height + below + top
    figure = Figure(figsize=(WIDTH_IN, tall))
    width = WIDTH_IN - LEFT_IN - NAME_IN
    axes = figure.add_axes((LEFT_IN / WIDTH_IN, below / tall, width / WIDTH_IN, height / tall))
    axes.set_ylim(0, _top(scale))
    axes.set_xlim(-0.25, len(labels) - 0.75)
    axes.set_xticks(range(len(labels)), labels, **({} if len(labels) <= MOST_LEVEL else STEEP))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=scale.unit == "share"))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.tick_params(length=0, pad=7, labelsize=TEXT - 1.5, labelcolor=GREY)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    across = "how long kept" if scale.joined else "the cases"
    figure.text(0.01, 1 - 0.04 / tall, f"{scale.axis}; across: {across}", fontsize=TEXT - 1.5, color=GREY,
                va="top")  # fmt: skip
    for line, (colour, mark) in drawn:
        at = [(x, scale.height(value)) for x, value in enumerate(line.values) if value is not None]
        axes.plot(*zip(*at, strict=True), color=colour, marker=mark, markersize=6, clip_on=False,
                  linewidth=2 if scale.joined else 0)  # fmt: skip
    _name_ends(axes, scale, drawn, height)
    return figure


def _labels(scale: Scale) -> tuple[list[str], float]:
    """Return the labels of the cases, wrapped or, if many, rotated, and their height in inches."""
    if len(scale.labels) > MOST_LEVEL:
        labels = [textwrap.shorten(label, STEEP_LETTERS, placeholder="…") for label in scale.labels]
        return labels, LETTER_IN * max(map(len, labels))
    labels = ["\n".join(textwrap.wrap(label, LABEL_LETTERS, max_lines=3, placeholder="…")) for label in scale.labels]
    return labels, LINE_IN * (1 + max(label.count("\n") for label in labels))


def _top(scale: Scale) -> float:
    """Return the upper end of a panel: above the maximum, or at 1,000 for shares close to it."""
    most = scale.height(scale.most)
    if scale.unit != "share":
        return 1.25 * most or 1.0
    return min(1000.0, max(1.25 * most, 10.0)) if most < 950 else 1000.0


def short_names(titles: Sequence[str], names: Sequence[str]) -> list[str]:
    """Wrap titles on two short lines; if one is too long, use the scenarios' names for all."""
    lines = [textwrap.wrap(title, NAME_LETTERS, break_long_words=False) for title in titles]
    if all(len(line) <= MOST_LINES and max(map(len, line)) <= NAME_LETTERS for line in lines):
        return ["\n".join(line) for line in lines]
    return ["\n".join(textwrap.wrap(name, NAME_LETTERS, max_lines=3, placeholder="…")) for name in names]


def describe(scale: Scale, lines: Sequence[Line]) -> str:
    """Return a panel in words: every scenario with its number in every case."""
    parts = []
    for line in lines:
        counts = (
            f"{label} {'no number' if value is None else phrases.amount(value, scale.unit)}"
            for label, value in zip(scale.labels, line.values, strict=True)
        )
        parts.append(f"{' '.join(line.name.split())}: {', '.join(counts)}")
    return "; ".join(parts)


def _tall(name: str) -> float:
    """Return the height of a name with the number above it, in inches."""
    return LINE_IN * (2 + name.count("\n")) + 0.08


def _name_ends(axes: Axes, scale: Scale, drawn: Sequence[tuple[Line, tuple[str, str]]], height_in: float) -> None:
    """Write name and last number at the end of each line, moved apart to avoid overlap."""
    low, high = axes.get_ylim()
    unit = height_in / (high - low)
    ends = []
    for line, (colour, _) in drawn:
        x, value = max((x, value) for x, value in enumerate(line.values) if value is not None)
        ends.append((scale.height(value), x, value, colour, line.name))
    ends.sort(key=lambda end: end[0])
    sizes = [_tall(name) for *_, name in ends]
    middles = spread_labels([(y - low) * unit for y, *_ in ends], sizes, height_in)
    (left, right), wide_in = axes.get_xlim(), WIDTH_IN - LEFT_IN - NAME_IN
    text_x = right + GAP_IN / wide_in * (right - left)
    for (y, x, value, colour, name), middle in zip(ends, middles, strict=True):
        at = low + middle / unit
        axes.plot([x, text_x], [y, at], color=colour, linewidth=0.6, clip_on=False)
        axes.annotate(
            f"{phrases.amount(value, scale.unit)}\n{name}", (text_x, at), (3, 0), textcoords="offset points",
            fontsize=TEXT - 0.5, color=colour, va="center", linespacing=1.05, weight="bold", annotation_clip=False,
        )  # fmt: skip


def spread_labels(wanted: Sequence[float], sizes: Sequence[float], room: float) -> list[float]:
    """Place labels of given heights near their wanted positions, in order, without overlap.

    wanted : middles, ascending; room : total height, at least the sum of sizes.
    """
    middles: list[float] = []
    floor = 0.0
    for middle, size in zip(wanted, sizes, strict=True):
        middles.append(max(middle, floor + size / 2))
        floor = middles[-1] + size / 2
    ceiling = room
    for i in range(len(middles) - 1, -1, -1):
        middles[i] = min(middles[i], ceiling - sizes[i] / 2)
        ceiling = middles[i] - sizes[i] / 2
    return middles
