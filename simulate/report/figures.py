"""Figures: results of every case, sized for a telephone.

Figures of pages are drawn without pyplot and returned; `svg` converts one to text for a page. No
information is in colour alone, and every named item has its label beside it.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simulate.checks import ScenarioError
from simulate.report import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from simulate.risk.results import Result

INK, GREY, FAINT, BLUE, RUST = "#1a1a1a", "#595959", "#d9d9d9", "#00568c", "#a63c00"
"""All but FAINT have a contrast to white of 5.5 to 1 or more; blue and rust also for the colour-blind."""
WIDTH_IN, ROW_IN, TEXT = 4.2, 0.36, 11.5
LABEL_LETTERS = 16
BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
MARKS = ("1 in 10\nhas fewer", "half have\nmore", "1 in 10\nhas more", "1 in 100\nhas more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Result of one case in a figure."""

    label: str
    rate: Result | None
    """None, or without a value, if there is no number."""
    reason: str
    """Reason for a missing number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Distribution of a count over vehicles in one case."""

    label: str
    values: Sequence[float]
    """Percentiles 10, 50, 90 and 99; empty if there are no numbers."""
    reason: str
    """Reason for missing numbers."""


def broken(label: str) -> str:
    """Wrap the label of a case to fit beside a figure."""
    return "\n".join(textwrap.wrap(label, LABEL_LETTERS, max_lines=3, placeholder="…", break_long_words=False))


def by_case(rows: Sequence[Row], axis: str = "of 1,000 vehicles") -> Figure:
    """Draw a number per case: a dot, its interval, and the baseline without sightings; axis : unit of the axis."""
    figure, axes = ladder([row.label for row in rows], top_in=0.1 if _without(rows) is None else 0.35)
    _draw_numbers(axes, rows, axis)
    return figure


def shares(rates: Mapping[str, Result], *, ax: Axes | None = None) -> Axes:
    """Draw shares below one another: a dot, its 95 % interval, and the baseline without sightings.

    Parameters
    ----------
    rates
        A share for each label, such as `{row.case: row for row in rates.where(score=..., detail=...)}`; the
        note of one without a value is shown instead.
    ax
        Axes to draw on, across in vehicles of 1,000; those of a new figure if None.

    Raises
    ------
    ScenarioError
        If there is no result, or one is no share.

    Examples
    --------
    >>> rates = sim.measure(view, ["anchors"], targets=20)
    >>> found = rates.where(score="home_found", detail="250 m")
    >>> ax = sim.plot.shares({row.case: row for row in found})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['7 days', 'for ever']
    """
    other = next((rate.unit for rate in rates.values() if rate.unit != "share"), None)
    if other or not rates:
        raise ScenarioError("rates", "at least one share", other or "none", "take results whose unit is 'share'")
    axes = rung(list(rates), ax)
    rows = [Row(label=name, rate=rate, reason=rate.note or "no number") for name, rate in rates.items()]
    _draw_numbers(axes, rows, "of 1,000 vehicles")
    return axes


def new_axes(wide_in: float, tall_in: float) -> Axes:
    """Return the axes of a new pyplot figure, shown automatically by notebooks."""
    import matplotlib.pyplot as plt  # noqa: PLC0415  # it chooses a window system; pages need none

    return plt.subplots(figsize=(wide_in, tall_in), layout="constrained")[1]


def rung(labels: Sequence[str], ax: Axes | None) -> Axes:
    """Prepare one row per label on given axes, or on those of a new figure."""
    axes = ax or new_axes(WIDTH_IN + 1.0, 1.0 + _rows_in(labels))
    _lay_rows(axes, labels)
    return axes


def _draw_numbers(axes: Axes, rows: Sequence[Row], axis: str) -> None:
    """Draw a number per row, on prepared rows."""
    without = _without(rows)
    if _unit(rows) == "share":
        axes.set_xlim(0, 1000)
        axes.set_xticks([0, 250, 500, 750, 1000], ["0", "250", "500", "750", "1,000"])
    else:
        axes.set_xlim(0, _most(rows))
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_xlabel(axis, fontsize=TEXT, color=GREY)
    for y, row in enumerate(rows):
        if row.rate is None or row.rate.value is None:
            _write_reason(axes, y, row.reason)
        else:
            _dot(axes, y, row.rate)
    if without is not None:
        _baseline(axes, without, _unit(rows), len(rows))


def by_rank(spreads: Sequence[Spread], axis: str) -> Figure:
    """Draw the distribution of a count over vehicles in every case; axis : unit of the axis."""
    figure, axes = ladder([spread.label for spread in spreads], top_in=0.95)
    most = max((spread.values[-1] for spread in spreads if spread.values), default=0.0)
    axes.set_xlim(0, max(most, 1.0) * 1.04)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel(axis, fontsize=TEXT, color=GREY)
    for y, spread in enumerate(spreads):
        if spread.values:
            _range(axes, y, spread.values)
        else:
            _write_reason(axes, y, spread.reason)
    _key(figure)
    return figure


def svg(figure: Figure, name: str, alt: str) -> str:
    """Convert a figure to SVG for embedding in a page; the same bytes every time.

    Parameters
    ----------
    figure
        The figure.
    name
        Prefix of every id, to keep figures on one page apart.
    alt
        Text alternative for screen readers.
    """
    file = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "path.simplify": False}):
        figure.savefig(
            file, format="svg", dpi=160, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = file.getvalue()
    text = text[text.index("<svg") :]
    head, body = text.split(">", 1)
    box = re.search(r'viewBox="[^"]+"', head)
    body = re.sub(r"<style.*?</style>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    return f'<svg {box[0] if box else ""} role="img" aria-label="{html.escape(alt)}">{body}'


def describe(rows: Sequence[Row]) -> str:
    """Return a figure by retention in words: every rule with its number, or the reason for none."""
    parts = []
    for row in rows:
        if row.rate is None or row.rate.value is None:
            parts.append(f"{row.label}: {row.reason}")
        else:
            interval = phrases.interval(row.rate)
            number = phrases.amount(row.rate.value, row.rate.unit)
            parts.append(f"{row.label}: {number} ({interval})" if interval else f"{row.label}: {number}")
    return "; ".join(parts)


def describe_ranks(spreads: Sequence[Spread]) -> str:
    """Return a figure by rank in words."""
    parts = []
    for spread in spreads:
        if spread.values:
            low, half, high, top = (f"{value:,.0f}" for value in spread.values)
            percentiles = f"one in ten {low} or fewer, one in ten {high} or more, one in a hundred {top} or more"
            parts.append(f"{spread.label}: half have {half} or more, {percentiles}")
        else:
            parts.append(f"{spread.label}: {spread.reason}")
    return "; ".join(parts)


def ladder(labels: Sequence[str], *, top_in: float) -> tuple[Figure, Axes]:
    """Prepare one row per rule, shortest on top, with room above for the legend."""
    below_in, height = 0.7, _rows_in(labels)
    tall = top_in + height + below_in
    left_in = 0.25 + 0.095 * max(len(line) for label in labels for line in label.split("\n"))
    figure = Figure(figsize=(WIDTH_IN, tall))
    axes = figure.add_axes((left_in / WIDTH_IN, below_in / tall, 1 - (left_in + 0.28) / WIDTH_IN, height / tall))
    _lay_rows(axes, labels)
    return figure, axes


def _rows_in(labels: Sequence[str]) -> float:
    """Return the height of the rows, in inches."""
    return len(labels) * max(ROW_IN, 0.2 * max(label.count("\n") + 1 for label in labels) + 0.1)


def _lay_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Label the rows, the first on top, and remove everything from the axes but the vertical grid."""
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(length=0, pad=8, labelsize=TEXT, labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=GREY)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def _dot(axes: Axes, y: int, rate: Result) -> None:
    """Draw one result with its number on the side with room."""
    value = _place(rate.value or 0.0, rate.unit)
    low, high = (value if end is None else _place(end, rate.unit) for end in (rate.low, rate.high))
    axes.plot([low, high], [y, y], color=BLUE, linewidth=3.5, alpha=0.45, solid_capstyle="butt", clip_on=False)
    axes.plot([value], [y], "o", color=BLUE, markersize=7, clip_on=False)
    wide = axes.get_xlim()[1]
    left = value > 0.7 * wide
    x, side = (low - 0.03 * wide, "right") if left else (high + 0.03 * wide, "left")
    text = phrases.amount(rate.value or 0.0, rate.unit)
    axes.text(x, y, text, fontsize=TEXT, weight="bold", color=INK, ha=side, va="center", bbox=BLANK)


def _place(value: float, unit: str) -> float:
    """Return the position of a number on the scale of its unit; shares as counts of 1,000."""
    return 1000 * value if unit == "share" else value


def _unit(rows: Sequence[Row]) -> str:
    """Return the common unit of all rows of a figure."""
    return next((row.rate.unit for row in rows if row.rate is not None), "share")


def _most(rows: Sequence[Row]) -> float:
    """Return the upper end of the scale of a figure without shares."""
    numbers = (row.rate for row in rows if row.rate is not None)
    ends = [end for rate in numbers for end in (rate.value, rate.high, rate.baseline) if end is not None]
    return 1.04 * max(ends, default=0.0) or 1.0


def _write_reason(axes: Axes, y: int, reason: str) -> None:
    """Write the reason for a missing number in its place."""
    x = 0.02 * axes.get_xlim()[1]
    axes.text(x, y, reason, color=GREY, fontsize=TEXT - 1.5, va="center", style="italic", bbox=BLANK)


def _without(rows: Sequence[Row]) -> float | None:
    """Return the baseline without sightings; it is the same for all rules."""
    return next((row.rate.baseline for row in rows if row.rate and row.rate.baseline is not None), None)


def _baseline(axes: Axes, baseline: float, unit: str, n_rows: int) -> None:
    """Draw the baseline without sightings, with its label on top."""
    x, wide = _place(baseline, unit), axes.get_xlim()[1]
    ends = (-0.5, n_rows - 0.5)
    axes.plot([x, x], ends, color=RUST, linewidth=1.6, linestyle=(0, (4, 2)), clip_on=False, zorder=1)
    text = f"without any sightings: {phrases.amount(baseline, unit)}"
    wide_in = axes.bbox.width / axes.figure.dpi
    fits = (1 - x / wide) * wide_in + 0.28 > 0.095 * len(text)
    at, side = (x, "left") if x < 0.5 * wide and fits else (max(x, 1.05 * wide), "right")
    axes.text(at, -0.62, text, color=RUST, fontsize=TEXT, ha=side, va="bottom")


def _range(axes: Axes, y: float, values: Sequence[float]) -> None:
    """Draw one distribution: a bar from percentile 10 to 90, a dot at the median, a tick at percentile 99."""
    low, half, high, top = values
    axes.plot([high, top], [y, y], color=BLUE, linewidth=1.2, clip_on=False)
    axes.plot([top], [y], "|", color=BLUE, markersize=11, markeredgewidth=2, clip_on=False)
    axes.plot([low, high], [y, y], color=BLUE, linewidth=7, alpha=0.35, solid_capstyle="butt", clip_on=False)
    axes.plot([half], [y], "o", color=BLUE, markersize=7, clip_on=False)


def _key(figure: Figure) -> None:
    """Draw the legend of the marks once, not to scale."""
    tall = figure.get_figheight()
    axes = figure.add_axes((0.1, (tall - 0.95) / tall, 0.8, 0.85 / tall))
    axes.axis("off")
    axes.set_xlim(-0.1, 3.1)
    axes.set_ylim(-2.6, 0.6)
    _range(axes, 0, (0, 1, 2, 3))
    for x, text in enumerate(MARKS):
        axes.text(x, -0.55, text, fontsize=TEXT - 1.5, color=GREY, ha="center", va="top", linespacing=1.0)
