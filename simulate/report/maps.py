"""Maps: roads, readers, and disclosure by the sightings of one synthetic car.

`draw_map` and `draw_close` draw the figures of a page; the others draw the same on any axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate.policy.view import case_of
from simulate.report.basemap import HALO, TEXT, Mark, basemap_key, canvas, credits_of, draw_basemap, frame, map_extent
from simulate.report.figures import RUST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from simulate.columns import Table
    from simulate.policy.sight import CaseSight
    from simulate.policy.view import View
    from simulate.report.basemap import Box
    from simulate.report.stories import Story

SEEN_BLUE = "#a6c3d8"
SEEN = Mark("o", SEEN_BLUE, SEEN_BLUE, 10, "where the car was seen; larger, more often")


def draw_map(view: View, story: Story | None) -> Figure:
    """Draw roads, readers and one car's story, to scale, north up; without a story, the readers of the default case."""
    seen = _case(view, story)
    key = basemap_key(view, seen) if story is None else (*basemap_key(view, seen), SEEN)
    figure, axes = canvas(map_extent(view), key, credits_of(view))
    draw_basemap(axes, view, seen)
    if story is not None:
        _sightings(axes, view, story.sightings)
        _places(axes, story)
    return figure


def draw_close(view: View, story: Story) -> Figure:
    """Draw the surroundings of one car's home and of the guess, with the success radius."""
    box, key = _close_box(view, story)
    figure, axes = canvas(box, key, credits_of(view)[-1:])
    _draw_close(axes, view, story)
    return figure


def describe(view: View, story: Story | None) -> str:
    """Return a description of the map."""
    seen = _case(view, story)
    text = f"Map of the roads and of what {seen.observer} sees: {view.sight.public.sites.describe(seen.visible)}."
    return text if story is None else f"{text} {story.tell()}"


def describe_close(story: Story) -> str:
    """Return a description of the close-up."""
    return f"Close-up: the guess lies {story.error_m:,.0f} m from the home, which stands in the middle of a ring."


def roads(view: View, *, case: str | None = None, key: bool = True, ax: Axes | None = None) -> Axes:
    """Draw the streets, the exits of the map and the readers; those accessible to the observer are filled.

    Parameters
    ----------
    view
        A run under some cases.
    case
        Name of a case of the view; the last one reached if None.
    key
        Whether to write the key and the credits of the map below it.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> ax = sim.plot.roads(view)
    >>> ax.get_aspect()
    1.0
    """
    _, sight = case_of(view, case)
    axes = frame(ax, map_extent(view), basemap_key(view, sight) if key else (), credits_of(view))
    draw_basemap(axes, view, sight)
    return axes


def sightings(view: View, seen: Table, *, case: str | None = None, key: bool = True, ax: Axes | None = None) -> Axes:
    """Draw the sightings of one car: a disc on each reader, its area by their number.

    Parameters
    ----------
    view
        A run under some cases.
    seen
        A table from `sim.look_up`, or some of its rows: `seen[:10]`.
    case
        Name of the case of the filled readers; the last one reached if None.
    key
        Whether to write the key and the credits of the map below it.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> seen = sim.look_up(view, sim.choose_story(view).number)
    >>> ax = sim.plot.sightings(view, seen[:3])
    >>> len(ax.collections[0].get_offsets()) == len(seen[:3]["site"].unique())
    True
    """
    _, sight = case_of(view, case)
    axes = frame(ax, map_extent(view), (*basemap_key(view, sight), SEEN) if key else (), credits_of(view))
    draw_basemap(axes, view, sight)
    site = np.asarray(seen["site"].to_numpy(), np.int64)
    _sightings(axes, view, np.bincount(site, minlength=view.sight.public.sites.n).astype(np.int64))
    return axes


def guess(view: View, story: Story, *, ax: Axes | None = None) -> Axes:
    """Draw the sightings of one car, its home, and the attack's guess of its home.

    Parameters
    ----------
    view
        A run under some cases.
    story
        Returned by `sim.choose_story(view)`.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> ax = sim.plot.guess(view, sim.choose_story(view))
    >>> sorted({text.get_text() for text in ax.texts} & {"home", "guess"})
    ['guess', 'home']
    """
    seen = _case(view, story)
    axes = frame(ax, map_extent(view), (*basemap_key(view, seen), SEEN), credits_of(view))
    draw_basemap(axes, view, seen)
    _sightings(axes, view, story.sightings)
    _places(axes, story)
    return axes


def close_up(view: View, story: Story, *, ax: Axes | None = None) -> Axes:
    """Draw the surroundings of one car's home and of the guess, with the success radius as a ring.

    Parameters
    ----------
    view
        A run under some cases.
    story
        Returned by `sim.choose_story(view)`.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> story = sim.choose_story(view)
    >>> ax = sim.plot.close_up(view, story)
    >>> f"{story.error_m:,.0f} m" in {text.get_text() for text in ax.texts}
    True
    """
    box, key = _close_box(view, story)
    axes = frame(ax, box, key, credits_of(view))
    _draw_close(axes, view, story)
    return axes


def _case(view: View, story: Story | None) -> CaseSight:
    """Return the observer's sight in the case of a story; without a story, in the default case."""
    return case_of(view, None if story is None else story.case)[1]


def _close_box(view: View, story: Story) -> tuple[Box, tuple[Mark, ...]]:
    """Return the box of a close-up, and the legend of its ring."""
    x, y = _middle(story)
    half = 1.25 * max(story.error_m, 2 * view.sight.asked.near_m)
    ring = Mark("o", "none", RUST, 9, f"a guess inside the ring counts as found: {view.sight.asked.near_m:g} m")
    return (x - half, x + half, y - half, y + half), (ring,)


def _middle(story: Story) -> tuple[float, float]:
    """Return the midpoint of home and guess."""
    return (story.home[0] + story.guess[0]) / 2, (story.home[1] + story.guess[1]) / 2


def _draw_close(axes: Axes, view: View, story: Story) -> None:
    """Draw a close-up on axes with its box."""
    near_m, turn = view.sight.asked.near_m, np.linspace(0, 2 * np.pi, 121)
    draw_basemap(axes, view, _case(view, story))
    _sightings(axes, view, story.sightings)
    axes.plot(story.home[0] + near_m * np.cos(turn), story.home[1] + near_m * np.sin(turn), color=RUST, linewidth=1.2)
    _places(axes, story)
    axes.annotate(f"{story.error_m:,.0f} m", _middle(story), (0, 4), textcoords="offset points", fontsize=TEXT,
                  color=RUST, ha="center", va="bottom", path_effects=HALO, zorder=6)  # fmt: skip


def _sightings(axes: Axes, view: View, times: NDArray[np.int64]) -> None:
    """Draw the sites of one car's sightings, with areas by number; times : int64[s]."""
    sites, at = view.sight.public.sites, np.flatnonzero(times)
    size = 30 + 420 * times[at] / times.max(initial=5)  # a floor of 5, so rare sightings stay small
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
