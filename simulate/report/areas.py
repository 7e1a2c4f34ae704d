"""Areas: figures of the sightings of each neighbourhood's vehicles, on the map and by income."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgba

from simulate.policy.view import case_of
from simulate.report import basemap, phrases
from simulate.report.basemap import Mark
from simulate.report.figures import BLUE, GREY, INK, TEXT, rung
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight
    from simulate.policy.view import View
    from simulate.risk.areas import AreaCounts, Fifth

SHADES = ("#edf4f8", "#c6dceb", "#8fb9d4", "#4d88ad", "#12466b")
"""From the least to the most often seen fifth of the vehicles."""


def areas(view: View, counts: AreaCounts, *, ax: Axes | None = None) -> Axes:
    """Draw the mean sightings of the vehicles of each area, with the readers in sight.

    Parameters
    ----------
    view
        A run under some cases.
    counts
        Returned by `sim.exposed(view)`; colours divide the vehicles into fifths, as in the key.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> ax = sim.plot.areas(view, sim.exposed(view))
    >>> len(ax.images)
    1
    """
    means = counts.mean_by_zone()
    lived_in = np.isfinite(means)
    edges = _edges(np.repeat(means, counts.vehicles))
    colours = np.zeros((len(means), 4))
    shade = np.searchsorted(edges, means[lived_in], side="right")
    colours[lived_in] = np.array([to_rgba(colour) for colour in SHADES])[shade]
    key = [Mark("s", SHADES[i], GREY, 10, text) for i, text in enumerate(_spans(edges))]
    _, seen = case_of(view, counts.case)
    notes = (
        f"Colour: sightings on file of one vehicle that lives there, {_rule(seen)}. Homes are invented.",
        *basemap.credits_of(view),
    )
    fixed = seen.visible & (view.sight.public.sites.kind != SiteKind.MOBILE)
    standing = replace(seen, visible=fixed)  # no second colouring
    axes = basemap.frame(ax, basemap.map_extent(view), (*key, *basemap.basemap_key(view, standing)), notes)
    basemap.paint(axes, view, colours)
    basemap.draw_basemap(axes, view, standing)
    return axes


def incomes(fifths: Sequence[Fifth], *, ax: Axes | None = None) -> Axes:
    """Draw the mean sightings of a vehicle by income fifth of the areas, each with its 95 % interval.

    Parameters
    ----------
    fifths
        Returned by `sim.exposed(view).by_income()`.
    ax
        Axes to draw on, across in sightings; those of a new figure if None.

    Examples
    --------
    >>> ax = sim.plot.incomes(sim.exposed(view).by_income())
    >>> ax.get_xlabel()
    'sightings of one vehicle on file'
    """
    axes = rung([fifth.name for fifth in fifths], ax)
    most = max((fifth.high for fifth in fifths if np.isfinite(fifth.high)), default=1.0)
    axes.set_xlim(0, 1.2 * max(most, 1e-9))
    axes.set_xlabel("sightings of one vehicle on file", fontsize=TEXT, color=GREY)
    for y, fifth in enumerate(fifths):
        if not np.isfinite(fifth.mean):
            axes.text(0.0, y, "nobody lives there", fontsize=TEXT - 1.5, color=GREY, va="center", style="italic")
            continue
        axes.plot([fifth.low, fifth.high], [y, y], color=BLUE, linewidth=3.5, alpha=0.45, solid_capstyle="butt")
        axes.plot([fifth.mean], [y], "o", color=BLUE, markersize=7)
        text = f"{fifth.mean:,.1f}" if fifth.mean < 100 else f"{fifth.mean:,.0f}"
        axes.text(fifth.high + 0.02 * most, y, text, fontsize=TEXT, weight="bold", color=INK, va="center")
    return axes


def _rule(case: CaseSight) -> str:
    """Return the retention of a case in words, or else its name."""
    return f"kept {phrases.kept_for(case.retention, case.today)}" if case.retention else f"in the case “{case.name}”"


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the boundaries between fifths of the vehicles, rounded, rising; float64[4], fewer if some are equal."""
    parts = np.quantile(values, np.arange(1, len(SHADES)) / len(SHADES))
    seen = parts[parts > 0] if (parts > 0).any() else values[values > 0].min(initial=np.inf)
    return np.unique([float(f"{part:.2g}") for part in np.atleast_1d(seen) if np.isfinite(part)])


def _spans(edges: NDArray[np.float64]) -> list[str]:
    """Return the label of each shade."""
    if not len(edges):
        return ["no sightings"]
    inner = [f"{low:g} to {high:g} sightings" for low, high in pairwise(edges)]
    return [f"fewer than {edges[0]:g} sightings", *inner, f"{edges[-1]:g} sightings or more"]
