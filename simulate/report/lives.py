"""Lives: figures of a synthetic car's true week, and of an observer's file on it.

Truth and file are drawn apart, never one into the other; the calendar shows both by time of day,
so every sighting can be located. Car, people and plate are invented, and maps state it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection

from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.view import case_of
from simulate.report import basemap
from simulate.report.basemap import HALO, TEXT, Mark
from simulate.report.figures import BLUE, GREY, INK, RUST, new_axes
from simulate.report.stories import many
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulate.policy.view import View
    from simulate.report.basemap import Box
    from simulate.report.stories import Week

WIDTH_IN, ROW_IN = 9.4, 0.3
"""Width of a calendar, and the height of a day in it."""
HOME, WORK, OTHER = "#9db8c9", BLUE, "#d9bd78"
"""Colours of stays in the calendar."""
WHERE = {HOME: "at home", WORK: "at work", OTHER: "at another place", "white": "driving, or beyond the map"}
WAY = "#4d88ad"
SEEN = Mark("o", "#e3a987", RUST, 10, "where the car was read; larger, more often")
DRIVEN = Mark("_", WAY, WAY, 12, "roads it drove; thicker, more often")
MOST_COUNTS = 10
"""Up to this number of readers, the numbers of sightings are written beside them; more would overlap."""
NEAREST_M = 750.0
"""Minimum extent of a map on each side of the middle."""


def driven(view: View, week: Week, *, ax: Axes | None = None) -> Axes:
    """Draw the true week of a car, unknown to any observer: its roads and its places.

    Parameters
    ----------
    view
        A run under some cases.
    week
        Returned by `sim.follow(view, ...)`.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> week = sim.follow(view, sim.choose_story(view).number, first_day=7)
    >>> ax = sim.plot.driven(view, week)
    >>> "home" in {text.get_text() for text in ax.texts}
    True
    """
    axes = basemap.frame(ax, _extent(view, week), (DRIVEN, basemap.WAY_OUT), _notes(view, week))
    basemap.draw_basemap(axes, view, None)
    _truth(axes, view, week)
    axes.set_title("What the car really did (invented)", fontsize=TEXT, weight="bold", color=INK)
    return axes


def on_file(view: View, week: Week, *, ax: Axes | None = None) -> Axes:
    """Draw the observer's file on a car's week: readers with sightings, and their numbers.

    Parameters
    ----------
    view
        A run under some cases.
    week
        Returned by `sim.follow(view, ...)`.
    ax
        Axes to draw on, in metres east and north; those of a new figure if None.

    Examples
    --------
    >>> week = sim.follow(view, sim.choose_story(view).number, first_day=7)
    >>> ax = sim.plot.on_file(view, week)
    >>> "home" in {text.get_text() for text in ax.texts}
    False
    """
    _, seen = case_of(view, week.case)
    readers = tuple(mark for mark in basemap.basemap_key(view, seen) if mark.text != basemap.WAY_OUT.text)
    axes = basemap.frame(ax, _extent(view, week), (*readers, SEEN), _notes(view, week))
    basemap.draw_basemap(axes, view, seen)
    _file(axes, view, week)
    title = f"What {week.observer} holds: {many(len(week.rows.time), 'sighting')}"
    axes.set_title(title, fontsize=TEXT, weight="bold", color=INK)
    return axes


def calendar(view: View, week: Week, *, ax: Axes | None = None) -> Axes:
    """Draw a car's week by time of day: a row per day, its stays, and a stroke for each sighting on file.

    Parameters
    ----------
    view
        A run under some cases.
    week
        Returned by `sim.follow(view, ...)`.
    ax
        Axes to draw on, across in hours since 04:00; those of a new figure if None.

    Examples
    --------
    >>> week = sim.follow(view, sim.choose_story(view).number, first_day=7)
    >>> len(sim.plot.calendar(view, week).get_yticklabels())
    7
    """
    axes = ax or new_axes(WIDTH_IN, ROW_IN * week.days + 0.95)
    _days(axes, view, week)
    return axes


def _notes(view: View, week: Week) -> tuple[str, ...]:
    """Return notes on the synthetic content and the source of the map."""
    return (f"Car {week.plate}, its people and all sightings are invented.", *basemap.credits_of(view))


def _extent(view: View, week: Week) -> Box:
    """Return the bounding box of a week: roads driven, places, and readers with sightings."""
    roads, zones, sites = view.sight.public.roads, view.sight.public.zones, view.sight.public.sites
    links = np.concatenate([np.empty(0, np.int32), *week.ways])
    nodes = np.concatenate([roads.tail[links], roads.head[links]])
    at = np.append(np.concatenate([week.trips.from_zone, week.trips.to_zone]), week.home)
    x, y = (
        np.concatenate([getattr(roads, axis)[nodes], getattr(zones, axis)[at], getattr(sites, axis)[week.rows.site]])
        for axis in ("x_m", "y_m")
    )
    middle_x, middle_y = float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2
    half_x, half_y = (max(0.58 * float(np.ptp(axis_values)), NEAREST_M) for axis_values in (x, y))
    return middle_x - half_x, middle_x + half_x, middle_y - half_y, middle_y + half_y


def _truth(axes: Axes, view: View, week: Week) -> None:
    """Draw the roads driven and the places visited, each with its name."""
    roads, zones = view.sight.public.roads, view.sight.public.zones
    links = np.concatenate([np.empty(0, np.int32), *week.ways])
    ends = np.sort(np.column_stack([roads.tail[links], roads.head[links]]), axis=1)
    streets, times = np.unique(ends, axis=0, return_counts=True)
    lines = np.stack([roads.x_m[streets], roads.y_m[streets]], axis=-1)
    axes.add_collection(LineCollection(list(lines), linewidths=1.2 + np.sqrt(times), colors=WAY, zorder=2, alpha=0.85,
                                       capstyle="round"))  # fmt: skip
    purposes = zip(week.trips.to_zone.tolist(), week.trips.purpose.tolist(), strict=True)
    names = {zone: Purpose(purpose).name.lower() for zone, purpose in purposes}
    for zone in (week.work, week.home):
        names.pop(zone, None)
    written_at: list[tuple[float, float]] = []
    for zone, name in ((week.home, "home"), (week.work, "work"), *sorted(names.items())):
        if zone < 0 or zones.outside[zone]:
            continue
        x, y = float(zones.x_m[zone]), float(zones.y_m[zone])
        node = view.sight.public.hub_node[zones.hub[zone]]
        axes.plot([x, roads.x_m[node]], [y, roads.y_m[node]], color=WAY, linewidth=1.0, linestyle=":", zorder=2)
        _place(axes, x, y, name, written_at)


def _place(axes: Axes, x: float, y: float, name: str, written_at: list[tuple[float, float]]) -> None:
    """Draw one place; write its name unless it overlaps one already written."""
    known = name in {"home", "work"}
    axes.plot([x], [y], "o", color=INK, markersize=8 if known else 5, markeredgecolor="white", zorder=5)
    wide = float(np.ptp(axes.get_xlim()))
    if any(abs(x - other) < 0.17 * wide and abs(y - above) < 0.045 * wide for other, above in written_at):
        return
    written_at.append((x, y))
    right = x < axes.get_xlim()[0] + 0.85 * wide
    axes.annotate(
        name, (x, y), (6 if right else -6, 5), textcoords="offset points", color=INK, path_effects=HALO, zorder=6,
        fontsize=TEXT + 1 if known else TEXT - 1.5, weight="bold" if known else "normal",
        ha="left" if right else "right",
    )  # fmt: skip


def _file(axes: Axes, view: View, week: Week) -> None:
    """Draw the sites of the sightings, with areas by number."""
    sites = view.sight.public.sites
    at, times = np.unique(week.rows.site, return_counts=True)
    size = 60 + 400 * times / max(times.max(initial=1), 5)
    axes.scatter(
        sites.x_m[at], sites.y_m[at], s=size, color=SEEN.fill, edgecolors=SEEN.edge, linewidths=1.0, zorder=2.5
    )
    for site, n in zip(at, times, strict=True) if len(at) <= MOST_COUNTS else ():
        axes.annotate(str(n), (sites.x_m[site], sites.y_m[site]), (9, 7), textcoords="offset points", fontsize=TEXT,
                      weight="bold", color=RUST, path_effects=HALO, zorder=6)  # fmt: skip


def _days(axes: Axes, view: View, week: Week) -> None:
    """Draw a row per day from 04:00 to 04:00: stays, and a stroke for each sighting."""
    zones = view.sight.public.zones
    purpose_of = {
        (int(d), int(n) + 1): int(p) for d, n, p in zip(week.trips.day, week.trips.leg, week.trips.purpose, strict=True)
    }
    for row, stays in enumerate(week.stays):
        for stay in stays:
            if zones.outside[stay.zone]:
                continue
            works = purpose_of.get((week.first_day + row, stay.number)) == Purpose.WORK
            colour = HOME if stay.at_home else WORK if works else OTHER
            begin, end = ((s - DAY_START_S - (week.first_day + row) * DAY_S) / 3600 for s in (stay.begin_s, stay.end_s))
            axes.broken_barh([(begin, end - begin)], (row - 0.3, 0.6), color=colour, linewidth=0)
    day, second = np.divmod(week.rows.time.astype(np.int64) - DAY_START_S, DAY_S)
    axes.plot(second / 3600, day - week.first_day, "|", color=RUST, markersize=17, markeredgewidth=2.4, zorder=3,
              clip_on=False)  # fmt: skip
    dates = [view.sight.public.start + timedelta(days=week.first_day + row) for row in range(week.days)]
    axes.set_ylim(week.days - 0.5, -0.5)
    axes.set_xlim(0, 24)
    axes.set_yticks(range(week.days), [f"{date:%a} {date.day} {date:%b}" for date in dates])
    axes.set_xticks(range(0, 25, 4), [f"{(hour + 4) % 24:02}:00" for hour in range(0, 25, 4)])
    axes.tick_params(length=0, labelsize=TEXT - 1, labelcolor=INK)
    for side in axes.spines.values():
        side.set_visible(False)
    for colour, text in WHERE.items():
        axes.plot([], [], "s", color=colour, markeredgecolor=GREY, markeredgewidth=0.5, markersize=10, label=text)
    axes.plot([], [], "|", color=RUST, markersize=14, markeredgewidth=2.4, label="read and on file")
    many_columns = axes.bbox.width / axes.figure.dpi > 0.7 * WIDTH_IN
    axes.legend(loc="upper left", bbox_to_anchor=(-0.11, -0.35 / (ROW_IN * week.days)), ncols=5 if many_columns else 2,
                frameon=False, fontsize=TEXT - 1, handletextpad=0.2, columnspacing=1.0, borderaxespad=0)  # fmt: skip
