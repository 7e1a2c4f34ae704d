"""The sharing network: access to an agency's reads, its geography, and the distribution of partners.

A page shows it for the metros of its run; without metros, or without any access given by their
agencies, for all agencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from simulate.report.figures import BLUE, FAINT, GREY, INK, RUST, TEXT
from simulate.report.words import Headline
from simulate.scenario.metros import first_city, joined_names
from simulate.sharing.network import MANY, degrees, reach_of
from simulate.sharing.states import CODES, LATITUDE, LONGITUDE, NAMES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulate.sharing.build import BuiltNetwork
    from simulate.sharing.metros import Metros
    from simulate.sharing.network import SharingNetwork

SIZE_IN = (10.0, 5.6)
PANEL_IN = (5.0, 3.7)
"""Size of a figure beside others on a page."""
STEPS = (0, 10, 50, 100, 200, 400, MANY)
"""Upper limits of the bars, in partners; the last bar has none."""
NUMBERS = "How much is shared. Of 1,000 agencies, how many give access to how many others."
PUBLISHED_MEAN = 160
"""Partners of a mean agency: "at least 160" (EFF, Data Driven, 2018)."""
REACHED = 200
"""Sample of agencies for the median reach, evenly over all."""
LINES = 250
"""Maximum number of lines, those of most pairs."""
CIRCLE, LEAST_AREA = "#8c8c8c", 12.0
LINKS = (("o", CIRCLE, "agencies: the more, the larger"), ("_", BLUE, "sharing within a state"),
         ("_", RUST, "sharing between states"))  # fmt: skip
GIVEN = (
    ("o", BLUE, "given access in the same state; more agencies, larger"),
    ("o", RUST, "given access in other states"),
)
"""Marks of the legend: shape, colour and meaning."""
ASIDE = {"AK": (27.0, -103.4), "HI": (25.4, -103.4)}
"""Substitute positions of states beyond the map's edge, degrees north and east."""
BESIDE = {"VT": (-3, 7), "NH": (4, 9), "MA": (20, 5), "RI": (23, -3), "CT": (20, -10), "NJ": (16, -6),
          "DE": (17, -9), "MD": (12, -15), "DC": (-12, -12)}  # fmt: skip
"""Offset of the codes of small states, in points, towards the sea if possible."""
HALO = (withStroke(linewidth=2, foreground="white"),)
PARALLELS, MIDDLE = (29.5, 45.5), (37.5, -96.0)
"""Standard parallels and middle of the map's equal-area conic projection, degrees."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Givers:
    """Agencies of one network with partners."""

    shared: SharingNetwork
    metros: Metros | None
    agency: NDArray[np.int64]
    """int64[k]; their indices in the network."""
    within: tuple[str, ...]
    """Their metros; empty if they may be anywhere."""

    @property
    def cities(self) -> str:
        """Return the first cities of the metros, as a list in words."""
        return joined_names([first_city(name) for name in self.within])


def givers_of(built: BuiltNetwork, within: Sequence[str]) -> Givers:
    """Return the agencies of some metros with partners; all agencies with partners if these have none."""
    shared, metros = built.shared, built.metros
    agency = np.flatnonzero(shared.given())
    if metros is not None:
        stands = shared.metro[agency]
        numbers = [i for i, name in enumerate(metros.name) if name in within and i in stands]
        if numbers:
            names = tuple(metros.name[i] for i in numbers)
            return Givers(shared=shared, metros=metros, agency=agency[np.isin(stands, numbers)], within=names)
    return Givers(shared=shared, metros=metros, agency=agency, within=())


def tell(built: BuiltNetwork, observer: str) -> str:
    """Return an introduction to the numbers, in relation to those of one observer."""
    return (
        f"The numbers above are about one observer, {observer}. Agencies give one another access to what their readers"
        f" collect, so others may look as well. {built.origin}"
    )


def headlines(givers: Givers) -> tuple[Headline, Headline]:
    """Return the number of agencies with access to a typical agency's reads: directly, and by one favour."""
    n = givers.shared.n
    direct, favour = _reach(givers)
    those = "that one" if round(direct) == 1 else f"each of those {direct:,.0f}"
    whose = f"a typical agency of {givers.cities}" if givers.within else "a typical agency"
    return (
        Headline(
            title="Directly", number=f"{direct:,.0f} in {n:,}", value=direct / n, small=_unsaid(givers),
            sentence=f"agencies can look up themselves what {whose} collects",
        ),
        Headline(
            title="By one favour", number=f"{favour:,.0f} in {n:,}", value=favour / n,
            small="Whoever asks for such a favour appears in no list of partners.",
            sentence=f"agencies can see it if {those} also searches it for its own partners",
        ),
    )  # fmt: skip


def draw_partners(givers: Givers) -> Figure:
    """Draw the locations of partners."""
    figure = Figure(figsize=PANEL_IN)
    axes = figure.add_axes((0.0, 0.19, 1.0, 0.79))
    if givers.within and givers.metros is not None:
        _map_from(axes, givers, givers.metros)
    else:
        _map(axes, givers.shared, givers.metros)
    _map_key(axes, GIVEN if givers.within else LINKS, -0.04, 0.08)
    return figure


def partners_sentence(givers: Givers) -> str:
    """Return the caption of the map; its first sentence is the title."""
    if givers.within:
        n = len(givers.agency)
        whose = f"the one agency of {givers.cities} gives" if n == 1 else f"the {n:,} agencies of {givers.cities} give"
        return f"Where they are. All agencies to which {whose} access."
    return "Where they are. Which places' agencies give one another access: the thicker a line, the more."


def describe_partners(givers: Givers) -> str:
    """Return the map in words."""
    x, _, place, _ = _places(givers.shared, givers.metros)
    count = _given(givers.shared, place, givers.agency, len(x))
    most = [_name(givers.metros, at) for at in np.argsort(-count, kind="stable")[:3] if count[at]]
    if not most:
        return "Map of the United States: where those are who are given access cannot be told."
    whose = f"agencies to which those of {givers.cities} give" if givers.within else "agencies that are given"
    return (
        f"Map of the United States: {whose} access are in {(count > 0).sum()} places, the most in {joined_names(most)}."
    )


def draw_numbers(givers: Givers) -> Figure:
    """Draw the distribution of partners over all agencies of the network."""
    figure = Figure(figsize=PANEL_IN)
    _bars(figure.add_axes((0.26, 0.16, 0.7, 0.82)), givers.shared)
    figure.text(0.02, 0.02, _published(givers.shared), fontsize=TEXT - 1.5, color=GREY)
    return figure


def describe_numbers(givers: Givers) -> str:
    """Return the bars in words."""
    counts = (f"{n:.0f} with {label}" for label, n in zip(_labels(), _per_thousand(givers.shared), strict=True))
    return f"Of 1,000 agencies that share, partners: {'; '.join(counts)}."


def draw_sharing(shared: SharingNetwork, metros: Metros | None, title: str) -> Figure:
    """Draw a sharing network: a map of its agencies and links, and the distribution of partners.

    An agency is placed in its metro, otherwise in the middle of its state; agencies of unknown
    state are not on the map. Within-state links are blue, others rust.
    """
    everyone = Givers(shared=shared, metros=metros, agency=np.flatnonzero(shared.given()), within=())
    figure = Figure(figsize=SIZE_IN)
    figure.text(0.02, 0.955, title, fontsize=TEXT + 4, weight="bold", color=INK, va="top")
    figure.text(0.02, 0.885, _headline(everyone), fontsize=TEXT, color=INK, va="top", linespacing=1.35)
    basemap = figure.add_axes((0.0, 0.03, 0.6, 0.7))
    _map(basemap, shared, metros)
    _map_key(basemap, LINKS, 0.14, 0.055)
    bars = figure.add_axes((0.72, 0.14, 0.25, 0.56))
    _bars(bars, shared)
    bars.set_title(
        "Of 1,000 agencies, how many share\nwith how many others", fontsize=TEXT, color=INK, loc="left", x=-0.5
    )
    bars.text(-0.5, -0.06, _published(shared), transform=bars.transAxes, fontsize=TEXT - 1.5, color=GREY, va="top")
    return figure


def _headline(givers: Givers) -> str:
    """Return the headline: the number of agencies with access to one agency's reads."""
    shared, (direct, favour) = givers.shared, _reach(givers)
    return (
        f"What a typical agency collects, {direct:,.0f} others can look up themselves,\n"
        f"and {favour:,.0f} of the {shared.n:,} agencies if each of those looks it up for its own partners."
        f" {_unsaid(givers)}".rstrip()
    )


def _unsaid(givers: Givers) -> str:
    """Return a note if most agencies of the network do not state their partners; "" otherwise."""
    saying, n = int((givers.shared.given() > 0).sum()), givers.shared.n
    return "" if 2 * saying > n else f"Only {saying:,} say with whom they share: it may be more."


def _reach(givers: Givers) -> tuple[float, float]:
    """Return the median number of agencies with access to one of these: directly, and by one favour."""
    sample = givers.agency[:: -(-len(givers.agency) // REACHED)]
    direct, favour = (np.median([reach_of(givers.shared, int(agency), steps) for agency in sample]) for steps in (1, 2))
    return float(direct), float(favour)


def _map(axes: Axes, shared: SharingNetwork, metros: Metros | None) -> None:
    """Draw places as circles, with areas by number of agencies, and links between them as lines."""
    x, y, place, home = _places(shared, metros)
    pairs, alike = _links(shared, place, home)
    most = max((number for _, _, number in pairs), default=1)
    for within, colour in ((False, RUST), (True, BLUE)):
        chosen = [(a, b, n) for (a, b, n), same in zip(pairs, alike, strict=True) if same == within]
        width = [4.0 * (n / most) ** 0.5 for _, _, n in chosen]
        lines = [((x[a], y[a]), (x[b], y[b])) for a, b, _ in chosen]
        axes.add_collection(LineCollection(lines, linewidths=width, colors=colour, alpha=0.35, capstyle="round"))
    _circles(axes, x, y, np.bincount(place[place >= 0], minlength=len(x)), CIRCLE)
    _states(axes, x, y, np.bincount(home[place[place >= 0]], minlength=len(CODES)) > 0)


def _map_from(axes: Axes, givers: Givers, metros: Metros) -> None:
    """Draw places as circles, with areas by number of agencies given access by these metros, and lines to them."""
    shared = givers.shared
    x, y, place, home = _places(shared, metros)
    at = [len(CODES) + metros.name.index(name) for name in givers.within]
    count = _given(shared, place, givers.agency, len(x))
    near = np.isin(home, home[at])
    for there, colour in ((~near, RUST), (near, BLUE)):
        for i in at:
            own = _given(shared, place, givers.agency[place[givers.agency] == i], len(x))
            lines = [((x[i], y[i]), (x[to], y[to])) for to in np.flatnonzero(there & (own > 0))]
            axes.add_collection(LineCollection(lines, linewidths=0.7, colors=colour, alpha=0.4))
        _circles(axes, x, y, np.where(there, count, 0), colour, most=count.max())
    _states(axes, x, y, np.bincount(home, weights=count, minlength=len(CODES)) > 0)
    for name, i in zip(givers.within, at, strict=True):
        axes.plot(x[i], y[i], "o", color="none", markeredgecolor=INK, markeredgewidth=1.6, markersize=11, zorder=5)
        axes.annotate(first_city(name), (x[i], y[i]), (0, 8), textcoords="offset points", fontsize=TEXT,
                      weight="bold", color=INK, ha="center", zorder=6, path_effects=HALO)  # fmt: skip


def _given(shared: SharingNetwork, place: NDArray[np.int64], agency: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return the number of agencies in each of n places with access from one or more of these; int64[n]."""
    partner_places = place[np.unique(shared.partner[np.isin(shared.giver(), agency)])]
    return np.bincount(partner_places[partner_places != UNKNOWN], minlength=n)


def _circles(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    count: NDArray[np.int64],
    colour: str,
    most: int | None = None,
) -> None:
    """Draw a circle for each place with a count; the largest for `most`, by default the maximum."""
    there = count > 0
    area = np.maximum(650 * count[there] / max(count.max() if most is None else most, 1), LEAST_AREA)
    axes.scatter(x[there], y[there], s=area, color=colour, edgecolors="white", linewidths=0.6, zorder=3)


def _states(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], there: NDArray[np.bool_]) -> None:
    """Write the states' codes in place, those of small states beside; there : bool[51], others are grey."""
    for code, east, north, used in zip(CODES, x, y, there, strict=False):
        axes.annotate(code, (east, north), BESIDE.get(code, (0, 0)), textcoords="offset points", fontsize=7.5,
                      color=INK if used else GREY, ha="center", va="center", zorder=4, path_effects=HALO)  # fmt: skip
    axes.update_datalim(np.column_stack([x, y]))
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.axis("off")


def _places(
    shared: SharingNetwork, metros: Metros | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the coordinates of places, each agency's place (-1 for none), and each place's state.

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


def _name(metros: Metros | None, place: np.int64) -> str:
    """Return the name of a place by its number in `_places`: a state outside its metros, or a metro's first city."""
    if metros is None or (place < len(CODES) and place not in metros.state):
        return NAMES[place]
    return f"{NAMES[place]} outside its metros" if place < len(CODES) else first_city(metros.name[place - len(CODES)])


def _links(
    shared: SharingNetwork, place: NDArray[np.int64], home: NDArray[np.int64]
) -> tuple[list[tuple[int, int, int]], list[bool]]:
    """Return the two places and the number of pairs of the busiest links, and whether they are within one state."""
    ends = np.sort(np.column_stack([place[shared.giver()], place[shared.partner]]), axis=1)
    ends = ends[(ends[:, 0] != UNKNOWN) & (ends[:, 0] != ends[:, 1])]
    between, number = np.unique(ends, axis=0, return_counts=True)
    busiest = np.argsort(-number, kind="stable")[:LINES]
    links = [(int(a), int(b), int(n)) for (a, b), n in zip(between[busiest], number[busiest], strict=True)]
    return links, [bool(home[a] == home[b]) for a, b, _ in links]


def _map_key(axes: Axes, marks: Sequence[tuple[str, str, str]], top: float, step: float) -> None:
    """Draw the legend from the map's left corner down; top and step in heights of the map."""
    for line, (shape, colour, text) in enumerate(marks):
        at = top - step * line
        axes.plot([0.03], [at], shape, color=colour, markersize=12, markeredgewidth=2.5, transform=axes.transAxes,
                  clip_on=False)  # fmt: skip
        axes.text(0.06, at, text, transform=axes.transAxes, fontsize=TEXT - 1.5, color=INK, va="center")


def _flat(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees to the plane: Albers' equal-area conic projection, Earth's radius 1."""
    low, high = np.radians(PARALLELS)
    middle_north, middle_east = np.radians(MIDDLE)
    cone = (np.sin(low) + np.sin(high)) / 2
    base = np.cos(low) ** 2 + 2 * cone * np.sin(low)
    turn = cone * (np.radians(longitude) - middle_east)
    out = np.sqrt(base - 2 * cone * np.sin(np.radians(latitude))) / cone
    return out * np.sin(turn), np.sqrt(base - 2 * cone * np.sin(middle_north)) / cone - out * np.cos(turn)


def _bars(axes: Axes, shared: SharingNetwork) -> None:
    """Draw the distribution of partners as counts of 1,000 agencies."""
    heights = _per_thousand(shared)
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
    axes.axvline(0, color=FAINT)


def _published(shared: SharingNetwork) -> str:
    """Return the mean beside the published one, in words."""
    mean = f"Mean here: {degrees(shared).mean:,.0f}."
    return f"{mean}  Published of Vigilant’s network:\nat least {PUBLISHED_MEAN}, “many” above {MANY} (EFF 2018)."


def _per_thousand(shared: SharingNetwork) -> list[float]:
    """Return counts of 1,000 agencies for each bar, among agencies with partners."""
    partners = shared.given()
    partners = partners[partners > 0]
    bar = np.searchsorted(STEPS, partners, side="left") - 1
    return [float(1000 * share) for share in np.bincount(bar, minlength=len(STEPS)) / len(partners)]


def _labels() -> list[str]:
    inner = [f"{low + 1} to {high}" for low, high in pairwise(STEPS)]
    return [*inner, f"more than {MANY}"]
