"""The sharing network as a picture: where its agencies stand, who shares with whom, and with how many."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from simulate.report.figures import BLUE, FAINT, GREY, INK, RUST, TEXT
from simulate.world.sharing import MANY, degrees, reach_of
from simulate.world.states import CODES, LATITUDE, LONGITUDE, UNKNOWN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulate.world.metros import Metros
    from simulate.world.sharing import SharingNetwork

SIZE_IN = (10.0, 5.6)
STEPS = (0, 10, 50, 100, 200, 400, MANY)
"""Bars end at these numbers of partners; the last has no end."""
PUBLISHED_MEAN = 160
"""Partners of a mean agency: "at least 160" (EFF, Data Driven, 2018)."""
REACHED = 200
"""Agencies over which the median reach is taken, evenly over all."""
LINES = 250
"""Lines that are drawn: those of most pairs."""
ASIDE = {"AK": (27.0, -103.4), "HI": (25.4, -103.4)}
"""Degrees north and east at which states beyond the map's edge are drawn instead."""
HALO = (withStroke(linewidth=2, foreground="white"),)
PARALLELS, MIDDLE = (29.5, 45.5), (37.5, -96.0)
"""Standard parallels and middle of the map's equal-area conic projection, degrees."""


def draw_sharing(shared: SharingNetwork, metros: Metros | None, title: str) -> Figure:
    """Draw a sharing network: a map of its agencies and links, and how many partners they have.

    An agency stands in its metro, otherwise in the middle of its state; one whose state
    cannot be told is not on the map. Within-state links are blue, others rust.
    """
    figure = Figure(figsize=SIZE_IN)
    figure.text(0.02, 0.955, title, fontsize=TEXT + 4, weight="bold", color=INK, va="top")
    figure.text(0.02, 0.885, _headline(shared), fontsize=TEXT, color=INK, va="top", linespacing=1.35)
    _map(figure.add_axes((0.0, 0.03, 0.6, 0.7)), shared, metros)
    _bars(figure.add_axes((0.72, 0.14, 0.25, 0.56)), shared)
    return figure


def describe_sharing(shared: SharingNetwork) -> str:
    """Read the picture aloud."""
    counts = "; ".join(f"{n:.0f} with {label}" for label, n in zip(_labels(), _per_thousand(shared), strict=True))
    return f"{' '.join(_headline(shared).split())} Of 1,000 agencies that share, partners: {counts}."


def _headline(shared: SharingNetwork) -> str:
    """Say what people argue about: how many can look up what one agency collects."""
    givers = np.flatnonzero(shared.given())
    some = givers[:: -(-len(givers) // REACHED)]
    direct, favour = (np.median([reach_of(shared, int(one), steps) for one in some]) for steps in (1, 2))
    unsaid = "" if 2 * len(givers) > shared.n else f" Only {len(givers):,} say with whom they share: it may be more."
    return (
        f"What a typical agency collects, {direct:,.0f} others can look up themselves,\n"
        f"and {favour:,.0f} of the {shared.n:,} agencies if each of those looks it up for its own partners.{unsaid}"
    )


def _map(axes: Axes, shared: SharingNetwork, metros: Metros | None) -> None:
    """Draw places as circles, with as many agencies as their areas, and links between them as lines."""
    x, y, place, home = _places(shared, metros)
    pairs, alike = _links(shared, place, home)
    most = max((number for _, _, number in pairs), default=1)
    for within, colour in ((False, RUST), (True, BLUE)):
        chosen = [(a, b, n) for (a, b, n), same in zip(pairs, alike, strict=True) if same == within]
        width = [4.0 * (n / most) ** 0.5 for _, _, n in chosen]
        lines = [((x[a], y[a]), (x[b], y[b])) for a, b, _ in chosen]
        axes.add_collection(LineCollection(lines, linewidths=width, colors=colour, alpha=0.35, capstyle="round"))
    count = np.bincount(place[place >= 0], minlength=len(x))
    there = count > 0
    area = 650 * count[there] / max(count.max(), 1)
    axes.scatter(x[there], y[there], s=area, color="#8c8c8c", edgecolors="white", linewidths=0.6, zorder=3)
    for code, east, north in zip(CODES, x, y, strict=False):
        axes.text(east, north, code, fontsize=7.5, color=INK, ha="center", va="center", zorder=4, path_effects=HALO)
    _map_key(axes)
    axes.set_aspect("equal")
    axes.axis("off")


def _places(
    shared: SharingNetwork, metros: Metros | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return where places are, each agency's place (-1 for none), and each place's state.

    Places are the states' middles, then the metros.
    """
    latitude, longitude = LATITUDE.copy(), LONGITUDE.copy()
    for code, at in ASIDE.items():
        latitude[CODES.index(code)], longitude[CODES.index(code)] = at
    home = np.arange(len(CODES))
    place = shared.state.astype(np.int64)
    if metros is not None:
        latitude, longitude = np.append(latitude, metros.latitude), np.append(longitude, metros.longitude)
        home = np.append(home, metros.state)
        place = np.where(shared.metro >= 0, len(CODES) + shared.metro.astype(np.int64), place)
    x, y = _flat(latitude, longitude)
    return x, y, place, home


def _links(
    shared: SharingNetwork, place: NDArray[np.int64], home: NDArray[np.int64]
) -> tuple[list[tuple[int, int, int]], list[bool]]:
    """Return the two places and the number of pairs of the busiest links, and whether they lie in one state."""
    ends = np.sort(np.column_stack([place[shared.giver()], place[shared.partner]]), axis=1)
    ends = ends[(ends[:, 0] != UNKNOWN) & (ends[:, 0] != ends[:, 1])]
    between, number = np.unique(ends, axis=0, return_counts=True)
    busiest = np.argsort(-number, kind="stable")[:LINES]
    links = [(int(a), int(b), int(n)) for (a, b), n in zip(between[busiest], number[busiest], strict=True)]
    return links, [bool(home[a] == home[b]) for a, b, _ in links]


def _map_key(axes: Axes) -> None:
    """Name circles and lines under the map's left corner."""
    marks = (("o", "#8c8c8c", "agencies: the more, the larger"), ("_", BLUE, "sharing within a state"),
             ("_", RUST, "sharing between states"))  # fmt: skip
    for line, (shape, colour, text) in enumerate(marks):
        at = 0.14 - 0.055 * line
        axes.plot([0.03], [at], shape, color=colour, markersize=12, markeredgewidth=2.5, transform=axes.transAxes)
        axes.text(0.06, at, text, transform=axes.transAxes, fontsize=TEXT - 1.5, color=INK, va="center")


def _flat(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn degrees into places on a flat map: Albers' conic projection, the Earth's radius being 1."""
    low, high = np.radians(PARALLELS)
    middle_north, middle_east = np.radians(MIDDLE)
    cone = (np.sin(low) + np.sin(high)) / 2
    base = np.cos(low) ** 2 + 2 * cone * np.sin(low)
    turn = cone * (np.radians(longitude) - middle_east)
    out = np.sqrt(base - 2 * cone * np.sin(np.radians(latitude))) / cone
    return out * np.sin(turn), np.sqrt(base - 2 * cone * np.sin(middle_north)) / cone - out * np.cos(turn)


def _bars(axes: Axes, shared: SharingNetwork) -> None:
    """Draw how many of 1,000 agencies have how many partners, and what was published."""
    of, heights = degrees(shared), _per_thousand(shared)
    rows = range(len(heights))
    axes.barh(rows, heights, color=[RUST if row == len(heights) - 1 else BLUE for row in rows], height=0.72)
    for row, height in enumerate(heights):
        axes.text(height + 8, row, f"{height:.0f}", fontsize=TEXT - 1, color=INK, va="center", weight="bold")
    axes.set_yticks(rows, _labels())
    axes.set_xlim(0, max(heights) * 1.2)
    axes.set_xticks([])
    axes.tick_params(length=0, labelsize=TEXT - 1, labelcolor=INK)
    for side in axes.spines.values():
        side.set_visible(False)
    heading = "Of 1,000 agencies, how many share\nwith how many others"
    axes.set_title(heading, fontsize=TEXT, color=INK, loc="left", x=-0.5)
    said = f"Mean here: {of.mean:,.0f}.  Published: at least {PUBLISHED_MEAN},\n“many” above {MANY} (EFF 2018)."
    axes.text(-0.5, -0.06, said, transform=axes.transAxes, fontsize=TEXT - 1.5, color=GREY, va="top")
    axes.axvline(0, color=FAINT)


def _per_thousand(shared: SharingNetwork) -> list[float]:
    """Count the agencies of 1,000 that fall under each bar, of those that give anyone access."""
    given = shared.given()
    given = given[given > 0]
    bar = np.searchsorted(STEPS, given, side="left") - 1
    return [float(1000 * share) for share in np.bincount(bar, minlength=len(STEPS)) / len(given)]


def _labels() -> list[str]:
    inner = [f"{low + 1} to {high}" for low, high in pairwise(STEPS)]
    return [*inner, f"more than {MANY}"]
