"""Tornado diagram: the effect of each assumption on one number, the widest on top."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from simulate.report import phrases
from simulate.report.figures import BLANK, BLUE, GREY, INK, RUST, TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from simulate.risk.assumptions import Assumed, Bounds, Move

WIDTH_IN, NAME_IN, END_IN, ROW_IN, LETTER_IN = 5.0, 1.4, 0.15, 0.56, 0.088
SCALE_PART = 0.4
"""Part of the width for the scale; labels take the rest."""
MOST_BARS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Result at one end of one assumption."""

    name: str
    setting: str
    """The assumption's value at this end, or "low" or "high" if it is too long."""
    value: float | None


def tornado(found: Bounds, moves: Sequence[Move], assumed: Sequence[Assumed], span: float = 0.0) -> Figure:
    """Draw two bars per assumption, from the base to the results at its low and high end.

    span : minimum span of the scale, in the unit of the number, for several diagrams of one scale.
    """
    pairs = bars_of(moves, assumed)
    below, top, height = 0.1, 0.42, ROW_IN * len(pairs)
    tall = below + top + height
    figure = Figure(figsize=(WIDTH_IN, tall))
    axes = figure.add_axes((NAME_IN / WIDTH_IN, below / tall, 1 - NAME_IN / WIDTH_IN, height / tall))
    axes.axis("off")
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    _room(axes, found, pairs, span)
    axes.plot([found.base, found.base], [-0.55, len(pairs) - 0.5], color=INK, linewidth=1.4, clip_on=False)
    base_label = f"as assumed: {phrases.amount(found.base, found.unit)}"
    axes.annotate(base_label, (found.base, -0.55), (0, 3), textcoords="offset points", fontsize=TEXT, weight="bold",
                  color=INK, ha="center", va="bottom", annotation_clip=False)  # fmt: skip
    for y, pair in enumerate(pairs):
        name = "\n".join(textwrap.wrap(pair[0].name.replace("-", " "), 15, max_lines=2, placeholder="…"))
        axes.annotate(name, (0, y), xycoords=("axes fraction", "data"), xytext=(-6, 0), textcoords="offset points",
                      fontsize=TEXT - 0.5, color=INK, ha="right", va="center", annotation_clip=False)  # fmt: skip
        for bar, at, colour in zip(pair, (y - 0.19, y + 0.19), (BLUE, RUST), strict=True):
            _bar(axes, found, bar, at, colour)
    return figure


def bars_of(moves: Sequence[Move], assumed: Sequence[Assumed]) -> list[tuple[Bar, Bar]]:
    """Return the low and high bar of each assumption, in the order of its moves; ten at most."""
    by_name = {assumption.name: assumption for assumption in assumed}
    return [
        (
            Bar(name=move.name, setting=_short(by_name[move.name].low, "low"), value=move.low),
            Bar(name=move.name, setting=_short(by_name[move.name].high, "high"), value=move.high),
        )
        for move in moves[:MOST_BARS]
    ]


def _short(setting: str, otherwise: str) -> str:
    """Return a setting if it fits beside a bar, else a substitute."""
    return setting if len(setting) <= 10 else otherwise


def describe(bounds: Bounds, moves: Sequence[Move], assumed: Sequence[Assumed]) -> str:
    """Return a tornado in words."""
    ranges = (f"{low.name}: {_label(bounds, low)}, {_label(bounds, high)}" for low, high in bars_of(moves, assumed))
    return f"As assumed {phrases.amount(bounds.base, bounds.unit)}; {'; '.join(ranges)}"


def _moves(bounds: Bounds, value: float) -> bool:
    """Return whether a value prints differently from the base."""
    return phrases.amount(value, bounds.unit) != phrases.amount(bounds.base, bounds.unit)


def _label(bounds: Bounds, bar: Bar) -> str:
    if bar.value is None:
        return f"{bar.setting}: no number"
    if not _moves(bounds, bar.value):
        return f"{bar.setting}: no change"
    return f"{bar.setting}: {phrases.amount(bar.value, bounds.unit)}"


def _room(axes: Axes, bounds: Bounds, pairs: Sequence[tuple[Bar, Bar]], span: float) -> None:
    """Set limits with room for the labels on either side."""
    wide = WIDTH_IN - NAME_IN
    sides = {-1: 0.3, 1: 0.3}
    least = most = bounds.base
    for bar in (bar for pair in pairs for bar in pair):
        value = bounds.base if bar.value is None else bar.value
        side = -1 if value < bounds.base else 1
        sides[side] = max(sides[side], LETTER_IN * len(_label(bounds, bar)) + END_IN)
        least, most = min(least, value), max(most, value)
    unit = (max(span, most - least) or 1.0) / (SCALE_PART * wide)
    rest = max(wide - sides[-1] - sides[1] - (most - least) / unit, 0.0) / 2 * unit
    axes.set_xlim(least - sides[-1] * unit - rest, most + sides[1] * unit + rest)


def _bar(axes: Axes, bounds: Bounds, bar: Bar, y: float, colour: str) -> None:
    """Draw one bar with a label at its end."""
    value = bar.value if bar.value is not None and _moves(bounds, bar.value) else bounds.base
    axes.barh([y], [value - bounds.base], left=[bounds.base], height=0.3, color=colour)
    left = value < bounds.base
    axes.annotate(
        _label(bounds, bar), (value, y), (-4 if left else 4, 0), textcoords="offset points", fontsize=TEXT - 1,
        color=GREY if value == bounds.base else colour, ha="right" if left else "left", va="center", bbox=BLANK,
        annotation_clip=False,
    )  # fmt: skip
