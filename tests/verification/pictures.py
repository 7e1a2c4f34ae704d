"""Drawing for docs/validation.md: small pictures, the same bytes for the same numbers."""

from __future__ import annotations

import io
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks import Finding
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, GREY, FAINT, BLUE, RUST = "#1a1a1a", "#595959", "#d9d9d9", "#00568c", "#a63c00"
DPI = 110
MARKERS = {"reproduced": ("o", BLUE), "bracketed": ("D", BLUE), "missed": ("X", RUST)}


def to_png(figure: Figure) -> bytes:
    """Return a figure as a PNG without date or program, so that it only changes with its numbers."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})
    return out.getvalue()


def panels(n: int = 1, wide: float = 6.4, high: float = 3.4) -> tuple[Figure, list[Axes]]:
    """Return a figure with n plain panels side by side."""
    figure = Figure(figsize=(wide, high), layout="constrained")
    axes = [figure.add_subplot(1, n, i + 1) for i in range(n)]
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(colors=GREY)
    return figure, axes


def plain_numbers(*axes: Axis) -> None:
    """Write 200 rather than powers of ten along logarithmic axes."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axis.set_minor_formatter(NullFormatter())


def overview(findings: Sequence[Finding]) -> Figure:
    """Draw every held-out figure against what is accepted: the band is the tolerance."""
    figure, (axes,) = panels(high=0.9 + 0.27 * len(findings))
    for row, found in enumerate(reversed(findings)):
        least, greatest = (_place(value, found) for value in found.span)
        marker, colour = MARKERS[found.outcome]
        axes.plot([least, greatest], [row, row], color=colour, linewidth=2)
        axes.plot([(least + greatest) / 2], [row], marker=marker, color=colour, markersize=7)
    axes.axvspan(-1, 1, color=FAINT, linewidth=0)
    axes.set_yticks(range(len(findings)), [fill(found.what, 62) for found in reversed(findings)], fontsize=7)
    axes.set_xlim(-4.4, 4.4)
    axes.set_xticks([-3.6, 0, 3.6], ["far\nbelow", "accepted", "far\nabove"], fontsize=7)
    axes.set_ylim(-0.7, len(findings) - 0.3)
    axes.tick_params(axis="y", length=0)
    return figure


def _place(value: float, found: Finding) -> float:
    """Put what is accepted between -1 and 1, and flatten what lies far beyond."""
    if value == found.low == found.high:
        return 0.0
    low = found.low if np.isfinite(found.low) else found.high / 2
    high = found.high if np.isfinite(found.high) else found.low * 1.5
    at = 2 * (value - low) / max(high - low, 1e-12) - 1
    return float(at if abs(at) <= 1 else np.sign(at) * (1 + 3 * np.tanh((abs(at) - 1) / 6)))
