"""Areas: how often the vehicles of each neighbourhood are seen, on the map and by income.

The income rank of an area is invented like the people in it: it is smooth over the map and
drawn without looking at the readers. So a difference says what it would mean for readers to
stand as they do, not that they were put there because of anybody's income.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgba

from simulate.checks import ScenarioError
from simulate.report import ground, phrases
from simulate.report.figures import BLUE, GREY, INK, TEXT, ladder
from simulate.report.ground import Mark
from simulate.risk import exposure
from simulate.risk.rates import Z
from simulate.risk.targets import living_here
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from simulate.policy.view import View

SHADES = ("#edf4f8", "#c6dceb", "#8fb9d4", "#4d88ad", "#12466b")
"""From the seldom to the often seen fifth of the vehicles."""
FIFTHS = ("poorest fifth\nof areas", "second", "third", "fourth", "richest fifth\nof areas")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposed:
    """Sightings of each vehicle that lives on the map, and where it lives; v vehicles, z zones."""

    retention: str
    """The rule under which they are on file."""
    seen: NDArray[np.int64]
    """int64[v]; sightings on file."""
    home: NDArray[np.int64]
    """int64[v]; zone."""
    income_rank: NDArray[np.float64]
    """float64[z]; 0 poorest to 1 richest, a trait of areas, invented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fifth:
    """One fifth of the areas by income."""

    name: str
    vehicles: int
    mean: float
    """Sightings of a vehicle that lives there; nan where nobody does."""
    low: float
    high: float
    """Ends of the 95 % interval, with whole zones drawn, since neighbours pass the same readers."""


def exposed(view: View) -> Exposed:
    """Count the sightings of every vehicle that lives on the map, under the longest rule that is reached.

    Raises ScenarioError for a blind view, or if no rule is reached.
    """
    if view.truth is None:
        raise ScenarioError("view", "a view with the truth attached", "a blind one", "count in the view itself")
    windows = view.windows()
    if not windows:
        raise ScenarioError("ladder", "a rule that is reached", "none", "ask for a shorter one, or a longer run")
    rule = windows[-1][0]
    vehicles, home, _ = living_here(view.truth, view.today)
    counts = exposure.attack(replace(view, ladder=(rule,)), view.truth.lives.plates.of_vehicles(vehicles))
    return Exposed(
        retention=rule.label, seen=counts.seen[0].astype(np.int64), home=home,
        income_rank=view.public.zones.income_rank,
    )  # fmt: skip


def mean_by_zone(counts: Exposed) -> NDArray[np.float64]:
    """Return the mean sightings of the vehicles of each zone; float64[z], nan where none lives."""
    n = len(counts.income_rank)
    living = np.bincount(counts.home, minlength=n)
    return np.where(
        living > 0, np.bincount(counts.home, weights=counts.seen, minlength=n) / np.maximum(living, 1), np.nan
    )


def by_income(counts: Exposed) -> list[Fifth]:
    """Average over the vehicles of each fifth of the areas by income, the poorest first."""
    fifth = np.minimum((counts.income_rank[counts.home] * len(FIFTHS)).astype(np.int64), len(FIFTHS) - 1)
    found = []
    for i, name in enumerate(FIFTHS):
        here = fifth == i
        mean = error = float("nan")
        if here.any():
            mean, error = exposure.clustered_mean(counts.seen[here].astype(np.uint32), counts.home[here])
        found.append(Fifth(name=name, vehicles=int(here.sum()), mean=mean, low=max(mean - Z * error, 0.0),
                           high=mean + Z * error))  # fmt: skip
    return found


def draw_areas(view: View, counts: Exposed) -> Figure:
    """Draw how often the vehicles of each area are seen, with the readers that see them."""
    means = mean_by_zone(counts)
    lived_in = np.isfinite(means)
    edges = _edges(means[counts.home])
    colours = np.zeros((len(means), 4))
    shade = np.searchsorted(edges, means[lived_in], side="right")
    colours[lived_in] = np.array([to_rgba(colour) for colour in SHADES])[shade]
    key = [Mark("s", SHADES[i], GREY, 10, text) for i, text in enumerate(_spans(edges))]
    kept = phrases.kept_for(counts.retention, view.today)
    notes = (
        f"Colour: sightings on file of one vehicle that lives there, kept {kept}. Homes are invented.",
        *ground.credits_of(view),
    )
    standing = replace(view, visible=view.visible & (view.public.sites.kind != SiteKind.MOBILE))  # no second colouring
    figure, axes = ground.canvas(ground.whole(view), (*key, *ground.ground_key(standing)), notes)
    ground.paint(axes, view, colours)
    ground.draw_ground(axes, standing)
    return figure


def draw_incomes(fifths: Sequence[Fifth]) -> Figure:
    """Draw the mean sightings of a vehicle by fifth of the areas, each with its interval."""
    figure, axes = ladder([fifth.name for fifth in fifths], top_in=0.1)
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
    return figure


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the fifths of the vehicles part, in round numbers, rising; float64[4], fewer if some are alike."""
    parts = np.quantile(values, np.arange(1, len(SHADES)) / len(SHADES))
    seen = parts[parts > 0] if (parts > 0).any() else values[values > 0].min(initial=np.inf)
    return np.unique([float(f"{part:.2g}") for part in np.atleast_1d(seen) if np.isfinite(part)])


def _spans(edges: NDArray[np.float64]) -> list[str]:
    """Write what each shade stands for."""
    if not len(edges):
        return ["no sightings"]
    inner = [f"{low:g} to {high:g} sightings" for low, high in pairwise(edges)]
    return [f"fewer than {edges[0]:g} sightings", *inner, f"{edges[-1]:g} sightings or more"]
