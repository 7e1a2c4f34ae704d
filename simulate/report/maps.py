"""Maps: the roads, the readers, and what the sightings of one invented car give away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from simulate import streams
from simulate.report import words
from simulate.report.figures import BLUE, GREY, INK, RUST
from simulate.risk import anchors
from simulate.travel.calendar import DAY_S, DAY_START_S
from simulate.travel.truth import home_and_work
from simulate.world.roads import RoadClass

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulate.policy.retention import Retention
    from simulate.policy.view import View
    from simulate.world.roads import RoadNetwork

ROAD_STYLE = {
    RoadClass.CONNECTOR: (0.3, "#dddddd"),
    RoadClass.LOCAL: (0.5, "#cfcfcf"),
    RoadClass.COLLECTOR: (0.8, "#bdbdbd"),
    RoadClass.ARTERIAL: (1.4, "#ababab"),
    RoadClass.FREEWAY: (2.4, "#979797"),
}
"""Width in points and colour, the widest drawn last."""
WIDTH_IN, TEXT = 4.6, 10.5
MANY_STREETS = 10_000
"""More than these become a picture inside the drawing, or the page would swell."""
HALO = (withStroke(linewidth=3, foreground="white"),)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """One car of many: what is on file about it, where it lives, and what the attack believes."""

    plate: int
    rule: Retention
    sightings: NDArray[np.int64]
    """int64[r]; how often each reader saw it."""
    days: int
    """Days on which it was seen."""
    home: tuple[float, float]
    guess: tuple[float, float]

    @property
    def error_m(self) -> float:
        """Return how far the guess lies from the home."""
        return float(np.hypot(self.home[0] - self.guess[0], self.home[1] - self.guess[1]))


def choose_story(view: View) -> Story | None:
    """Choose the car whose guess is neither lucky nor unlucky: its error is the median one.

    The attack holds the view without the truth. None if no target has a guess.
    """
    truth, windows, zones = view.truth, view.windows(), view.public.zones
    if truth is None or not windows:
        return None
    rule, since = windows[-1]
    home, _ = home_and_work(truth.lives, view.today)
    plates = _targets(np.flatnonzero(~zones.outside[home]), truth.seed, view.asked.targets)
    looked = replace(view, ladder=(rule,))
    guesses, _ = anchors.attack(looked.blind(), plates, view.asked.near_m)[0]
    error = np.hypot(guesses.x_m - zones.x_m[home[plates]], guesses.y_m - zones.y_m[home[plates]])
    if not np.isfinite(error).any():
        return None
    chosen = int(np.nanargmin(np.abs(error - np.nanmedian(error))))
    plate = int(plates[chosen])
    rows = looked.rows_of(np.array([plate]))
    return Story(
        plate=plate,
        rule=rule,
        sightings=np.bincount(rows.site, minlength=len(view.visible)).astype(np.int64),
        days=len(np.unique((rows.time.astype(np.int64) - DAY_START_S) // DAY_S)),
        home=(float(zones.x_m[home[plate]]), float(zones.y_m[home[plate]])),
        guess=(float(guesses.x_m[chosen]), float(guesses.y_m[chosen])),
    )


def draw_map(view: View, story: Story | None) -> Figure:
    """Draw roads, readers and one car's story, to scale, north up."""
    roads, readers = view.public.roads, view.public.readers
    figure, axes = _canvas(roads)
    _roads(axes, roads)
    unseen = ~view.visible
    axes.plot(readers.x_m[unseen], readers.y_m[unseen], "s", color="white", markeredgecolor=GREY, markersize=4.5)
    axes.plot(readers.x_m[view.visible], readers.y_m[view.visible], "s", color=INK, markersize=4.5)
    if story is not None:
        _story(axes, view, story)
    _scale_bar(axes)
    _key(figure, view, story)
    return figure


def describe(view: View, story: Story | None) -> str:
    """Say what the map shows."""
    visible, r = int(view.visible.sum()), len(view.visible)
    text = f"Map of the roads with the {visible} readers that {view.observer} sees"
    text += "." if visible == r else f" and the {r - visible} that it does not see."
    return text if story is None else f"{text} {tell(story)}"


def tell(story: Story) -> str:
    """Tell one car's story in two sentences."""
    seen, readers = int(story.sightings.sum()), int((story.sightings > 0).sum())
    return (
        f"Car {words.format_plate(story.plate)} was seen {seen:,} time{'' if seen == 1 else 's'} on {story.days}"
        f" day{'' if story.days == 1 else 's'}, at {readers} reader{'' if readers == 1 else 's'}."
        f" From these sightings alone the attack puts its home {story.error_m:,.0f} m from where it is:"
        " half of all guesses are nearer, half farther."
    )


def _targets(residents: NDArray[np.int64], seed: int, n: int) -> NDArray[np.int64]:
    """Return the plates that the anchors measure tries."""
    order = np.argsort(streams.words(streams.key(seed, "risk.anchors.targets"), residents), kind="stable")
    return np.sort(residents[order[:n]]).astype(np.int64)


def _canvas(roads: RoadNetwork) -> tuple[Figure, Axes]:
    """Make axes with one scale for both directions, and room below for the key."""
    wide, high = float(np.ptp(roads.x_m)) or 1.0, float(np.ptp(roads.y_m)) or 1.0
    margin = 0.03 * max(wide, high)
    map_in = WIDTH_IN * float(np.clip((high + 2 * margin) / (wide + 2 * margin), 0.4, 1.4))
    below_in = 1.1
    figure = Figure(figsize=(WIDTH_IN, map_in + below_in))
    axes = figure.add_axes((0, below_in / (map_in + below_in), 1, map_in / (map_in + below_in)))
    axes.set_xlim(roads.x_m.min() - margin, roads.x_m.max() + margin)
    axes.set_ylim(roads.y_m.min() - margin, roads.y_m.max() + margin)
    axes.set_aspect("equal", adjustable="datalim")
    axes.axis("off")
    return figure, axes


def _roads(axes: Axes, roads: RoadNetwork) -> None:
    """Draw every street once, all of a class as one broken line."""
    ends = np.sort(np.column_stack([roads.tail, roads.head]), axis=1)
    streets, first = np.unique(ends, axis=0, return_index=True)
    for kind, (width, colour) in ROAD_STYLE.items():
        pairs = streets[roads.road_class[first] == kind]
        gap = np.full(len(pairs), np.nan)
        x, y = (np.column_stack([at[pairs[:, 0]], at[pairs[:, 1]], gap]).ravel() for at in (roads.x_m, roads.y_m))
        picture = len(streets) > MANY_STREETS
        axes.plot(x, y, color=colour, linewidth=width, solid_capstyle="round", zorder=1, rasterized=picture)


def _story(axes: Axes, view: View, story: Story) -> None:
    """Draw one car's sightings by their number, its home and the guess."""
    readers, at = view.public.readers, np.flatnonzero(story.sightings)
    size = 30 + 420 * story.sightings[at] / story.sightings.max()
    axes.scatter(readers.x_m[at], readers.y_m[at], s=size, color=BLUE, alpha=0.35, linewidths=0, zorder=3)
    axes.plot(*zip(story.home, story.guess, strict=True), color=RUST, linewidth=1.8, linestyle=(0, (3, 2)), zorder=4)
    axes.plot(*story.home, "o", color=RUST, markersize=10, markeredgecolor="white", zorder=5)
    axes.plot(*story.guess, "X", color=RUST, markersize=11, markeredgecolor="white", zorder=5)
    above = story.home[1] >= story.guess[1]
    middle = sum(axes.get_xlim()) / 2
    for (x, y), name, up in ((story.home, "home", above), (story.guess, "guess", not above)):
        side = "left" if x < middle else "right"
        axes.annotate(
            name, (x, y), (8 if side == "left" else -8, 8 if up else -8), textcoords="offset points", color=RUST,
            fontsize=TEXT + 1, weight="bold", ha=side, va="bottom" if up else "top", path_effects=HALO, zorder=6,
        )  # fmt: skip


def _scale_bar(axes: Axes) -> None:
    """Draw a round length near a quarter of the map's width, under its left corner."""
    (left, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
    most = (right - left) / 4
    unit = 10.0 ** np.floor(np.log10(most))
    length = max(step * unit for step in (1, 2, 5) if step * unit <= most)
    x, y = left + 0.03 * (right - left), bottom
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt", clip_on=False)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.annotate(text, (x, y), (0, -4), textcoords="offset points", fontsize=TEXT, color=INK, va="top")


def _key(figure: Figure, view: View, story: Story | None) -> None:
    """Show every mark beside its meaning, under the map."""
    tall = figure.get_figheight()
    axes = figure.add_axes((0, 0, 1, 0.8 / tall))
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 3)
    named = view.observer if len(view.observer) <= 24 else "the observer"
    axes.plot([0.045], [2.4], "s", color=INK, markersize=5)
    axes.text(0.085, 2.4, f"reader that {named} sees", fontsize=TEXT, color=INK, va="center")
    if not view.visible.all():
        axes.plot([0.045], [1.5], "s", color="white", markeredgecolor=GREY, markersize=5)
        axes.text(0.085, 1.5, "reader of others, unseen", fontsize=TEXT, color=INK, va="center")
    if story is not None:
        axes.scatter([0.045], [0.6], s=110, color=BLUE, alpha=0.35, linewidths=0)
        text = "where the car was seen; larger, more often"
        axes.text(0.085, 0.6, text, fontsize=TEXT, color=INK, va="center")
