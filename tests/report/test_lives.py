"""One car's week: the truth and the file side by side, each complete and neither mixed into the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from towns import small_view

import simulate as sim
from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.report import basemap, lives
from simulate.sightings.store import Rows
from simulate.travel import truth

FIRST = 7


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), ["forever"], readers__place__police__count=30,
                      readers__place__police__spacing_m=0)  # fmt: skip


@pytest.fixture(scope="module")
def week(view):
    """Return the week of the car that is read most often in it."""
    nobody = np.empty(0, np.int64)
    blocks = [block for shard in range(view.source.n_shards) for block in view.source.blocks(shard, nobody)]
    rows = Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
    rows = Rows(*(column[view.sieve.marks(rows).on_file > 0] for column in rows))
    day = (rows.time.astype(np.int64) - DAY_START_S) // DAY_S
    held = view.truth.lives.plates.holders(rows.plate.astype(np.int64)) >= 0
    plate = np.bincount(rows.plate[held & (day >= FIRST) & (day < FIRST + 7)]).argmax()
    return sim.follow(view, int(plate), FIRST)


@pytest.fixture(scope="module")
def panels(view, week):
    """Return the two maps and the calendar."""
    return sim.plot.driven(view, week), sim.plot.on_file(view, week), sim.plot.calendar(view, week)


def test_a_week_holds_the_trips_the_stays_and_the_rows_of_these_days_alone(view, week):
    number = next(p for p in range(view.sight.public.n_plates) if view.truth.lives.plates.text(p) == week.plate)
    vehicle = view.truth.lives.plates.holders(np.array([number]))
    made = truth.trips(view.truth.lives, vehicle, FIRST, FIRST + 7)
    assert len(made.day) > 5
    assert week.trips.leave_s.tolist() == made.leave_s.tolist()
    time = (sim.look_up(view, number)["at"].to_numpy() - np.datetime64("2025-03-03", "s")).astype(np.int64)
    begin, end = (FIRST * DAY_S + DAY_START_S, (FIRST + 7) * DAY_S + DAY_START_S)
    assert week.rows.time.tolist() == [second for second in time if begin <= second < end] != []
    assert len(week.rows.time) < len(time)
    assert len(week.stays) == 7
    for day, stays in enumerate(week.stays):
        assert stays[0].begin_s == begin + day * DAY_S
        assert stays[-1].end_s == begin + (day + 1) * DAY_S
    assert sum(len(stays) - 1 for stays in week.stays) == len(week.trips.day) == len(week.ways)


def test_what_was_told_are_counts_of_the_week(week):
    told = week.tell()
    assert f"invented car {week.plate} made {len(week.trips.day)} trips to" in told
    assert f"smallville-pd holds {len(week.rows.time)} sightings of it" in told
    assert f"and {len(set(week.rows.site.tolist()))} site" in told


def test_the_left_map_draws_every_road_driven_and_no_reader(view, week, panels):
    roads, zones = view.sight.public.roads, view.sight.public.zones
    (drawn,) = (one for one in panels[0].collections if isinstance(one, LineCollection))
    lines = {tuple(sorted(map(tuple, np.round(line, 3).tolist()))) for line in drawn.get_segments()}
    driven = {
        tuple(sorted((round(float(roads.x_m[node]), 3), round(float(roads.y_m[node]), 3))
                     for node in (roads.tail[link], roads.head[link])))
        for way in week.ways for link in way
    }  # fmt: skip
    assert lines == driven != set()
    shapes = {line.get_marker() for line in panels[0].lines}
    assert not shapes & {basemap.VISIBLE.shape, basemap.GATE.shape}
    texts = [text.get_text() for text in panels[0].texts]
    assert texts.count("home") == 1
    dots = [tuple(line.get_xydata()[0]) for line in panels[0].lines if line.get_marker() == "o"]
    places = {week.home, *week.trips.to_zone[~zones.outside[week.trips.to_zone]].tolist()}
    assert len(dots) == len(set(dots))
    assert places <= {int(np.argmin(np.hypot(zones.x_m - x, zones.y_m - y))) for x, y in dots}


def test_the_right_map_shows_what_is_on_file_and_nothing_of_the_truth(view, week, panels):
    sites = view.sight.public.sites
    at, times = np.unique(week.rows.site, return_counts=True)
    (discs,) = (one for one in panels[1].collections if isinstance(one, PathCollection))
    assert np.array_equal(discs.get_offsets(), np.column_stack([sites.x_m[at], sites.y_m[at]]))
    order = np.argsort(times, kind="stable")
    assert np.all(np.diff(discs.get_sizes()[order]) >= 0)
    assert not [one for one in panels[1].collections if isinstance(one, LineCollection)]
    said = [text.get_text() for text in panels[1].texts]
    assert not {"home", "work"} & set(said)
    assert [text for text in said if "north" not in text] == (
        [str(n) for n in times] if len(at) <= lives.MOST_COUNTS else []
    )


def test_the_calendar_fills_each_day_with_stays_and_strokes_the_sightings(view, week, panels):
    hours = dict.fromkeys(range(7), 0.0)
    kinds = set()
    for bar in panels[2].collections:
        for path in bar.get_paths():
            box = path.get_extents()
            hours[round((box.y0 + box.y1) / 2)] += box.width
        kinds.add(to_hex(bar.get_facecolor()[0]))
    outside = view.sight.public.zones.outside
    for row, stays in enumerate(week.stays):
        stood = sum(stay.end_s - stay.begin_s for stay in stays if not outside[stay.zone])
        assert hours[row] == pytest.approx(stood / 3600)
    assert lives.HOME in kinds
    (strokes,) = (line for line in panels[2].lines if line.get_marker() == "|" and len(line.get_xdata()))
    at = DAY_START_S + (FIRST + strokes.get_ydata()) * DAY_S + strokes.get_xdata() * 3600
    assert at == pytest.approx(week.rows.time.astype(float))
    names = [label.get_text() for label in panels[2].get_yticklabels()]
    assert names[0] == "Mon 10 Mar"  # a week after Monday, 3 March 2025
    assert len(names) == 7


def test_the_maps_say_that_they_are_invented(week, panels):
    for axes in panels[:2]:
        said = " ".join(text.get_text() for text in axes.get_legend().get_texts())
        assert f"Car {week.plate}, its people and all sightings are invented." in said
        assert "Map: synthetic town, no real place." in said
    assert panels[0].get_title() == "What the car really did (invented)"


def test_a_week_without_sightings_can_be_drawn(view, week):
    unseen = replace(week, rows=type(week.rows)(*(column[:0] for column in week.rows)))
    assert "holds 0 sightings of it, from 0 days and 0 sites" in unseen.tell()
    assert sim.plot.on_file(view, unseen).get_title().endswith("holds: 0 sightings")
    sim.plot.calendar(view, unseen).figure.canvas.draw()


def test_bad_questions_are_refused(view, week):
    number = next(p for p in range(view.sight.public.n_plates) if view.truth.lives.plates.text(p) == week.plate)
    with pytest.raises(ScenarioError, match=r"expected a case of the view \(for ever\), found 'forever'.*for ever"):
        sim.follow(view, number, FIRST, case="forever")
    for first, days in ((-1, 7), (view.cases[-1].today - 6, 7), (3, 0)):
        with pytest.raises(ScenarioError, match=f"expected days of travel from 0 to {view.cases[-1].today - 1}"):
            sim.follow(view, number, first, days)
    assert sim.follow(view, number, view.cases[-1].today - 7, 7).days == 7
    every = np.arange(view.sight.public.n_plates)
    nobody = int(every[view.truth.lives.plates.holders(every) < 0][0])
    with pytest.raises(ScenarioError, match="expected a plate that a vehicle holds"):
        sim.follow(view, nobody, FIRST)
