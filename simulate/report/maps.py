"""Maps: the roads, the readers, and what the sightings of one invented car give away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.report.figures import RUST
from simulate.report.ground import HALO, TEXT, Mark, canvas, credits_of, draw_ground, ground_key, whole
from simulate.risk import anchors
from simulate.risk.targets import draw_targets, living_here

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from simulate.policy.view import View

SEEN_BLUE = "#a6c3d8"
SEEN = Mark("o", SEEN_BLUE, SEEN_BLUE, 10, "where the car was seen; larger, more often")


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
    key = ground_key(view) if story is None else (*ground_key(view), SEEN)
    figure, axes = canvas(whole(view), key, credits_of(view))
    draw_ground(axes, view)
    if story is not None:
        _sightings(axes, view, story)
        _places(axes, story)
    return figure


def draw_close(view: View, story: Story) -> Figure:
    """Draw the surroundings of one car's home and of the guess, with the ring that counts as found."""
    near_m = view.asked.near_m
    x, y = (sum(ends) / 2 for ends in zip(story.home, story.guess, strict=True))
    half = 1.25 * max(story.error_m, 2 * near_m)
    ring = Mark("o", "none", RUST, 9, f"a guess inside the ring counts as found: {near_m:g} m")
    figure, axes = canvas((x - half, x + half, y - half, y + half), (ring,), credits_of(view)[-1:])
    draw_ground(axes, view)
    _sightings(axes, view, story)
    turn = np.linspace(0, 2 * np.pi, 121)
    axes.plot(story.home[0] + near_m * np.cos(turn), story.home[1] + near_m * np.sin(turn), color=RUST, linewidth=1.2)
    _places(axes, story)
    axes.annotate(f"{story.error_m:,.0f} m", (x, y), (0, 4), textcoords="offset points", fontsize=TEXT, color=RUST,
                  ha="center", va="bottom", path_effects=HALO, zorder=6)  # fmt: skip
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
