"""Maps: the roads, the readers, and what the sightings of one invented car give away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from simulate.durations import DAY_S, DAY_START_S
from simulate.report.figures import GREY, INK, RUST
from simulate.risk import anchors
from simulate.risk.targets import draw_targets, living_here
from simulate.world.roads import RoadClass
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

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
WIDTH_IN, TEXT, LINE_IN = 4.6, 11.5, 0.26
SEEN_BLUE = "#a6c3d8"
MANY_STREETS = 10_000
"""More than these become a picture inside the drawing, or the page would swell."""
HALO = (withStroke(linewidth=3, foreground="white"),)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on the map and what it stands for."""

    shape: str
    fill: str
    edge: str
    size: float
    text: str


_VISIBLE = Mark("s", INK, INK, 4.5, "reader that the observer sees")
_UNSEEN = Mark("s", "white", GREY, 4.5, "reader of others, unseen")
_PATROLLED = Mark("o", "#d9c9a3", "#d9c9a3", 2.5, "zone that mobile units may scan")
_SEEN = Mark("o", SEEN_BLUE, SEEN_BLUE, 10, "where the car was seen; larger, more often")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """One car of many: what is on file about it, where it lives, and what the attack believes."""

    number: int
    """Its plate's number, by which it is looked up."""
    plate: str
    """Its plate, as people would read it."""
    sightings: NDArray[np.int64]
    """int64[s]; how often it was seen at each site."""
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
    rule = windows[-1][0]
    residents, homes, _ = living_here(truth, view.today)
    targets = draw_targets(truth, residents, "anchors", view.asked.targets)
    home = homes[np.searchsorted(residents, targets.vehicle)]
    looked = replace(view, ladder=(rule,))
    guesses, _ = anchors.attack(looked.blind(), targets.plate, view.asked.near_m)[0]
    error = np.hypot(guesses.x_m - zones.x_m[home], guesses.y_m - zones.y_m[home])
    error[~guesses.informed] = np.nan  # the census's guess tells no story
    if not np.isfinite(error).any():
        return None
    chosen = int(np.nanargmin(np.abs(error - np.nanmedian(error))))
    rows = looked.rows_of(targets.plate[[chosen]])
    return Story(
        number=int(targets.plate[chosen]),
        plate=truth.lives.plates.text(int(targets.plate[chosen])),
        sightings=np.bincount(rows.site, minlength=len(view.visible)).astype(np.int64),
        days=len(np.unique((rows.time.astype(np.int64) - DAY_START_S) // DAY_S)),
        home=(float(zones.x_m[home[chosen]]), float(zones.y_m[home[chosen]])),
        guess=(float(guesses.x_m[chosen]), float(guesses.y_m[chosen])),
    )


def draw_map(view: View, story: Story | None) -> Figure:
    """Draw roads, readers and one car's story, to scale, north up."""
    roads = view.public.roads
    (west, east), (south, north) = ((float(at.min()), float(at.max())) for at in (roads.x_m, roads.y_m))
    margin = 0.03 * max(east - west, north - south, 1.0)
    box = (west - margin, east + margin, south - margin, north + margin)
    key = _reader_key(view) if story is None else (*_reader_key(view), _SEEN)
    figure, axes = _canvas(box, key)
    _ground(axes, view)
    if story is not None:
        _sightings(axes, view, story)
        _places(axes, story)
    _scale_bar(axes)
    return figure


def draw_close(view: View, story: Story) -> Figure:
    """Draw the surroundings of one car's home and of the guess, with the ring that counts as found."""
    near_m = view.asked.near_m
    x, y = (sum(ends) / 2 for ends in zip(story.home, story.guess, strict=True))
    half = 1.25 * max(story.error_m, 2 * near_m)
    ring = Mark("o", "none", RUST, 9, f"a guess inside the ring counts as found: {near_m:g} m")
    figure, axes = _canvas((x - half, x + half, y - half, y + half), (ring,))
    _ground(axes, view)
    _sightings(axes, view, story)
    turn = np.linspace(0, 2 * np.pi, 121)
    axes.plot(story.home[0] + near_m * np.cos(turn), story.home[1] + near_m * np.sin(turn), color=RUST, linewidth=1.2)
    _places(axes, story)
    axes.text(x, y, f"{story.error_m:,.0f} m", fontsize=TEXT, color=RUST, ha="center", path_effects=HALO, zorder=6)
    _scale_bar(axes)
    return figure


def describe(view: View, story: Story | None) -> str:
    """Say what the map shows."""
    text = f"Map of the roads and of what {view.observer} sees: {view.public.sites.describe(view.visible)}."
    return text if story is None else f"{text} {tell(story)}"


def describe_close(story: Story) -> str:
    """Say what the close-up shows."""
    return f"Close-up: the guess lies {story.error_m:,.0f} m from the home, which stands in the middle of a ring."


def tell(story: Story) -> str:
    """Tell one car's story in two sentences."""
    seen, places = int(story.sightings.sum()), int((story.sightings > 0).sum())
    return (
        f"Car {story.plate} was seen {seen:,} time{'' if seen == 1 else 's'} on {story.days}"
        f" day{'' if story.days == 1 else 's'}, at {places} place{'' if places == 1 else 's'}."
        f" From these sightings alone the attack puts its home {story.error_m:,.0f} m from where it is:"
        " half of all guesses are nearer, half farther."
    )


def _canvas(box: tuple[float, float, float, float], key: Sequence[Mark]) -> tuple[Figure, Axes]:
    """Make axes with one scale for both directions, and the key below them, a mark a line."""
    west, east, south, north = box
    map_in = WIDTH_IN * float(np.clip((north - south) / (east - west), 0.4, 1.4))
    below_in = 0.5 + LINE_IN * len(key)
    figure = Figure(figsize=(WIDTH_IN, map_in + below_in))
    axes = figure.add_axes((0, below_in / (map_in + below_in), 1, map_in / (map_in + below_in)))
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect("equal", adjustable="datalim")
    axes.axis("off")
    below = figure.add_axes((0, 0, 1, LINE_IN * len(key) / (map_in + below_in)))
    below.axis("off")
    below.set_xlim(0, 1)
    below.set_ylim(len(key) - 0.5, -0.5)
    for line, mark in enumerate(key):
        below.plot([0.04], [line], mark.shape, color=mark.fill, markeredgecolor=mark.edge, markersize=mark.size)
        below.text(0.08, line, mark.text, fontsize=TEXT, color=INK, va="center")
    return figure, axes


def _ground(axes: Axes, view: View) -> None:
    """Draw the roads, the zones that mobile units scan, and the readers, those that are seen filled."""
    _roads(axes, view.public.roads)
    sites = view.public.sites
    standing = sites.kind != SiteKind.MOBILE
    for mark, shown in (
        (_PATROLLED, view.visible & ~standing), (_VISIBLE, view.visible & standing), (_UNSEEN, ~view.visible & standing)
    ):  # fmt: skip
        axes.plot(sites.x_m[shown], sites.y_m[shown], mark.shape, color=mark.fill, markeredgecolor=mark.edge,
                  markersize=mark.size)  # fmt: skip


def _reader_key(view: View) -> tuple[Mark, ...]:
    """Name the readers on the map."""
    named = view.observer if len(view.observer) <= 24 else "the observer"
    standing = view.public.sites.kind != SiteKind.MOBILE
    shown = [
        (replace(_VISIBLE, text=f"reader that {named} sees"), view.visible & standing),
        (_UNSEEN, ~view.visible & standing), (_PATROLLED, view.visible & ~standing),
    ]  # fmt: skip
    return tuple(mark for mark, there in shown if there.any())


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


def _sightings(axes: Axes, view: View, story: Story) -> None:
    """Draw where one car was seen, by area as often as it was."""
    sites, at = view.public.sites, np.flatnonzero(story.sightings)
    size = 30 + 420 * story.sightings[at] / story.sightings.max()
    axes.scatter(sites.x_m[at], sites.y_m[at], s=size, color=SEEN_BLUE, linewidths=0, zorder=1.5)


def _places(axes: Axes, story: Story) -> None:
    """Draw home and guess, joined, each with its name on the side away from the other."""
    axes.plot(*zip(story.home, story.guess, strict=True), color=RUST, linewidth=1.8, linestyle=(0, (3, 2)), zorder=4)
    axes.plot(*story.home, "o", color=RUST, markersize=10, markeredgecolor="white", zorder=5)
    axes.plot(*story.guess, "X", color=RUST, markersize=11, markeredgecolor="white", zorder=5)
    (west, east), right = axes.get_xlim(), story.home[0] >= story.guess[0]
    above = story.home[1] >= story.guess[1]
    for (x, y), name, east_side, up in (
        (story.home, "home", right, above),
        (story.guess, "guess", not right, not above),
    ):
        edge = 0.15 * (east - west)
        rightward = x < west + edge or (east_side and x < east - edge)
        axes.annotate(
            name, (x, y), (8 if rightward else -8, 7 if up else -7), textcoords="offset points", color=RUST,
            fontsize=TEXT + 1, weight="bold", ha="left" if rightward else "right", va="bottom" if up else "top",
            path_effects=HALO, zorder=6,
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
