"""Lives: one invented car's true week beside what an observer holds of it.

The truth stands on the left, the sightings on the right, and below both a calendar in which
every sighting can be found. The car, its people and its plate are invented, and figures say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.report import ground
from simulate.report.figures import BLUE, GREY, INK, RUST
from simulate.report.ground import HALO, TEXT, Mark
from simulate.sightings.store import Rows
from simulate.travel.days import stays_on
from simulate.travel.truth import home_and_work, passages, trips
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from simulate.policy.view import View
    from simulate.report.ground import Box
    from simulate.travel.days import Stay
    from simulate.travel.truth import Trips

WIDTH_IN, ROW_IN, LEFT_IN, TITLE_IN = 9.4, 0.3, 1.05, 0.5
"""Width of the figure; of the calendar the height of a day and the room for its name; room for titles."""
HOME, WORK, OTHER = "#9db8c9", BLUE, "#d9bd78"
"""Colours of stays in the calendar."""
WHERE = {HOME: "at home", WORK: "at work", OTHER: "at another place", "white": "driving, or beyond the map"}
WAY = "#4d88ad"
SEEN = Mark("o", "#e3a987", RUST, 10, "where the car was read; larger, more often")
DRIVEN = Mark("_", WAY, WAY, 12, "roads it drove; thicker, more often")
MOST_COUNTS = 10
"""Readers up to this many have the number of their sightings beside them; more would hide each other."""
NEAREST_M = 750.0
"""A map shows at least so much on each side of the middle."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Week:
    """Some days of one vehicle's life, and what is on file about it; n trips, r sightings."""

    plate: str
    """As people would read it."""
    first_day: int
    """Day of travel on which it begins; 0 is the scenario's first."""
    days: int
    home: int
    """Zone of its home."""
    work: int
    """Zone of its job, -1 where nobody commutes in it."""
    trips: Trips
    ways: tuple[NDArray[np.int32], ...]
    """int32[links] for each trip: the links it drove, in order."""
    stays: tuple[tuple[Stay, ...], ...]
    """Where it stood, one tuple a day."""
    rows: Rows
    """What the observer holds of its plate in these days; misread plates of others included."""


def follow(view: View, plate: int, first_day: int, days: int = 7) -> Week:
    """Follow the vehicle that holds a plate for some days.

    Parameters
    ----------
    view
        What the observer sees, with the truth still attached.
    plate
        The plate's number, as `maps.choose_story(view).number` has it.
    first_day
        Day of travel to begin with, 0 = the scenario's first.
    days
        How many days, at least 1.

    Raises
    ------
    ScenarioError
        If the view is blind, nobody holds the plate, or the days are not all over when the observer looks.
    """
    if view.truth is None:
        raise ScenarioError("view", "a view with the truth attached", "a blind one", "follow a car in the view itself")
    if days < 1 or first_day < 0 or first_day + days > view.today:
        found = f"{days} days from day {first_day}"
        raise ScenarioError("days", f"days of travel from 0 to {view.today - 1}", found, "begin earlier, or take fewer")
    lives = view.truth.lives
    holder = lives.plates.holders(np.array([plate], np.int64))
    if holder[0] < 0:
        raise ScenarioError("plate", "a plate that a vehicle holds", plate, "take one of maps.choose_story(view)")
    household = int(lives.tables.household[holder[0]])
    on_days = range(first_day, first_day + days)
    home, work = home_and_work(lives, first_day, holder)
    made = trips(lives, holder, first_day, first_day + days)
    rows = view.rows_of(np.array([plate], np.int64))
    day = (rows.time.astype(np.int64) - DAY_START_S) // DAY_S
    kept = (day >= first_day) & (day < first_day + days)
    return Week(
        plate=lives.plates.text(plate),
        first_day=first_day,
        days=days,
        home=int(home[0]),
        work=int(work[0]),
        trips=made,
        ways=tuple(one.link for one in passages(view.truth.world, lives, made)),
        stays=tuple(tuple(stays_on(lives.tables, household, int(holder[0]), day)) for day in on_days),
        rows=Rows(*(column[kept] for column in rows)),
    )


def tell(view: View, week: Week) -> str:
    """Tell the truth and the file in one sentence each."""
    zones = view.public.zones
    places = np.unique(week.trips.to_zone[~zones.outside[week.trips.to_zone]])
    n = len(week.rows.time)
    days = len(np.unique((week.rows.time.astype(np.int64) - DAY_START_S) // DAY_S))
    return (
        f"In {_many(week.days, 'day')} the invented car {week.plate} made {_many(len(week.trips.day), 'trip')} to"
        f" {_many(len(places), 'place')} on the map. {view.observer} holds {_many(n, 'sighting')} of it, from"
        f" {_many(days, 'day')} and {_many(len(np.unique(week.rows.site)), 'site')}."
    )


def draw_week(view: View, week: Week) -> Figure:
    """Draw what a car really did beside what is on file about it, and both in a calendar below."""
    half_in = (WIDTH_IN - 0.2) / 2
    box, map_in = ground.shaped(_extent(view, week), half_in)
    readers = tuple(mark for mark in ground.ground_key(view) if mark.text != ground.WAY_OUT.text)
    keys: tuple[Sequence[Mark], Sequence[Mark]] = ((DRIVEN, ground.WAY_OUT), (*readers, SEEN))
    key_in, calendar_in = ground.LINE_IN * max(map(len, keys)), ROW_IN * week.days + 0.95
    notes = (f"Car {week.plate}, its people and all sightings are invented.", *ground.credits_of(view))
    tall = TITLE_IN + map_in + ground.STRIP_IN + key_in + calendar_in + TITLE_IN + ground.CREDIT_IN * len(notes)
    figure = Figure(figsize=(WIDTH_IN, tall))
    titles = (
        "What the car really did (invented)",
        f"What {view.observer} holds: {_many(len(week.rows.time), 'sighting')}",
    )
    for i, (title, key) in enumerate(zip(titles, keys, strict=True)):
        left, wide = i * (half_in + 0.2) / WIDTH_IN, half_in / WIDTH_IN
        top = 1 - TITLE_IN / tall
        figure.text(left + 0.01, 1 - 0.3 / tall, title, fontsize=TEXT + 1.5, weight="bold", color=INK)
        axes = figure.add_axes((left, top - map_in / tall, wide, map_in / tall))
        ground.prepare(axes, box)
        ground.draw_ground(axes, view, readers=i == 1)
        (_truth if i == 0 else _file)(axes, view, week)
        below = top - (map_in + ground.STRIP_IN) / tall
        ground.scale_and_north(figure.add_axes((left, below, wide, ground.STRIP_IN / tall)), box[1] - box[0])
        of_key = ground.LINE_IN * len(key) / tall
        ground.write_key(figure.add_axes((left, below - of_key, wide, of_key)), key)
    bottom = ground.CREDIT_IN * len(notes) / tall
    figure.text(0.01, bottom + (calendar_in + 0.12) / tall, "The same days by the clock", fontsize=TEXT + 1.5,
                weight="bold", color=INK)  # fmt: skip
    rows = (LEFT_IN / WIDTH_IN, bottom + 0.85 / tall, 0.965 - LEFT_IN / WIDTH_IN, ROW_IN * week.days / tall)
    _calendar(figure.add_axes(rows), view, week)
    for i, note in enumerate(notes):
        figure.text(0.01, bottom - ground.CREDIT_IN * (i + 0.7) / tall, note, fontsize=9, color=GREY)
    return figure


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _extent(view: View, week: Week) -> Box:
    """Return the box that holds all of a week: roads driven, places, and readers that read the car."""
    roads, zones, sites = view.public.roads, view.public.zones, view.public.sites
    links = np.concatenate([np.empty(0, np.int32), *week.ways])
    nodes = np.concatenate([roads.tail[links], roads.head[links]])
    at = np.append(np.concatenate([week.trips.from_zone, week.trips.to_zone]), week.home)
    x, y = (
        np.concatenate([getattr(roads, axis)[nodes], getattr(zones, axis)[at], getattr(sites, axis)[week.rows.site]])
        for axis in ("x_m", "y_m")
    )
    middle_x, middle_y = float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2
    half_x, half_y = (max(0.58 * float(np.ptp(one)), NEAREST_M) for one in (x, y))
    return middle_x - half_x, middle_x + half_x, middle_y - half_y, middle_y + half_y


def _truth(axes: Axes, view: View, week: Week) -> None:
    """Draw the roads driven and the places the car stood at, each with its name."""
    roads, zones = view.public.roads, view.public.zones
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
    named: list[tuple[float, float]] = []
    for zone, name in ((week.home, "home"), (week.work, "work"), *sorted(names.items())):
        if zone < 0 or zones.outside[zone]:
            continue
        x, y = float(zones.x_m[zone]), float(zones.y_m[zone])
        node = view.public.hub_node[zones.hub[zone]]
        axes.plot([x, roads.x_m[node]], [y, roads.y_m[node]], color=WAY, linewidth=1.0, linestyle=":", zorder=2)
        _place(axes, x, y, name, named)


def _place(axes: Axes, x: float, y: float, name: str, named: list[tuple[float, float]]) -> None:
    """Draw one place; write its name unless it would stand over one that is already written."""
    known = name in {"home", "work"}
    axes.plot([x], [y], "o", color=INK, markersize=8 if known else 5, markeredgecolor="white", zorder=5)
    wide = float(np.ptp(axes.get_xlim()))
    if any(abs(x - other) < 0.17 * wide and abs(y - above) < 0.045 * wide for other, above in named):
        return
    named.append((x, y))
    right = x < axes.get_xlim()[0] + 0.85 * wide
    axes.annotate(
        name, (x, y), (6 if right else -6, 5), textcoords="offset points", color=INK, path_effects=HALO, zorder=6,
        fontsize=TEXT + 1 if known else TEXT - 1.5, weight="bold" if known else "normal",
        ha="left" if right else "right",
    )  # fmt: skip


def _file(axes: Axes, view: View, week: Week) -> None:
    """Draw where the car was read, by area as often as it was."""
    sites = view.public.sites
    at, times = np.unique(week.rows.site, return_counts=True)
    size = 60 + 400 * times / max(times.max(initial=1), 5)
    axes.scatter(
        sites.x_m[at], sites.y_m[at], s=size, color=SEEN.fill, edgecolors=SEEN.edge, linewidths=1.0, zorder=2.5
    )
    for site, n in zip(at, times, strict=True) if len(at) <= MOST_COUNTS else ():
        axes.annotate(str(n), (sites.x_m[site], sites.y_m[site]), (9, 7), textcoords="offset points", fontsize=TEXT,
                      weight="bold", color=RUST, path_effects=HALO, zorder=6)  # fmt: skip


def _calendar(axes: Axes, view: View, week: Week) -> None:
    """Draw a row a day from 04:00 to 04:00: where the car stood, and a stroke for each sighting."""
    zones = view.public.zones
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
    dates = [view.start + timedelta(days=week.first_day + row) for row in range(week.days)]
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
    axes.legend(loc="upper left", bbox_to_anchor=(-0.11, -0.35 / (ROW_IN * week.days)), ncols=5, frameon=False,
                fontsize=TEXT - 1, handletextpad=0.2, columnspacing=1.0, borderaxespad=0)  # fmt: skip
