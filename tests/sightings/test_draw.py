"""The draw against its slow twin, and the laws that a draw keeps."""

from __future__ import annotations

import dataclasses
import itertools
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.slow_draw import slow_rows
from worlds import Small, anaheim_scenario, rows_of, small, town_scenario, with_readers

from simulate import streams
from simulate.kernels.draw import draw_rows
from simulate.kernels.hashing import rows_hash
from simulate.kernels.plan import MAX_LEGS
from simulate.sightings.draw import draw_households, draw_shard, draw_tables
from simulate.travel import truth
from simulate.world.build import build_world

GOLDEN = Path(__file__).parent.parent / "golden" / "smallest_town.json"


@pytest.fixture(scope="module")
def town() -> Small:
    return small(town_scenario(3))


@st.composite
def scenarios(draw):
    """Draw a scenario of about fifty cars: people, roads, dates, night and capture all vary."""
    types = draw(st.sampled_from(["mixed", "large", "retired"]))
    mix = {"mixed": {}, "large": {"large": 1.0}, "retired": {"retired": 0.9, "couple": 0.1}}[types]
    names = ("worker", "retired", "couple", "family", "large") if mix else ()
    best = draw(st.sampled_from([0.0, 0.2, 0.7, 1.0]))
    density, block_m = draw(st.sampled_from([(400, 200), (50, 200), (12, 200), (3, 900)]))
    return town_scenario(
        draw(st.integers(0, 10**9)),
        **{f"households.types.{name}.share": mix.get(name, 0.0) for name in names},
        **{
            "period.days": draw(st.sampled_from([1, 30, 45])),
            "period.start": draw(st.dates(date(2020, 1, 1), date(2030, 12, 31))),
            "roads.density_per_km2": density,
            "roads.block_m": block_m,
            "households.moved_in_year": 0.6,
            "households.moved_in_five_years": 0.9,
            "households.new_job_in_year": 0.9,
            "households.away_week": draw(st.sampled_from([0.05, 0.5])),
            "households.in_group": draw(st.sampled_from([0.0, 0.35, 1.0])),
            "travel.peak_freeway": draw(st.floats(1, 2)),
            "travel.peak_other": draw(st.floats(1, 1.5)),
            "travel.route_shares": [best, (1 - best) / 2, (1 - best) / 2],
            "travel.other_route_margin": draw(st.sampled_from([1.0, 1.25])),
            "travel.access_s": draw(st.sampled_from([0, 60])),
            "readers.capture_day": draw(st.sampled_from([0.5, 0.95, 1.0])),
            "readers.capture_night": draw(st.sampled_from([0.3, 1.0])),
            "readers.night": draw(st.sampled_from([["19:30", "06:30"], ["01:00", "05:30"], ["00:00", "23:30"]])),
            "readers.place.police.strategy": draw(st.sampled_from(["busiest", "random"])),
            "readers.place.police.count": draw(st.integers(1, 10)),
            "readers.place.police.spacing_m": 0,
        },
    )


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(), awkward=st.booleans(), links=st.sampled_from([0, 8, 40, 200]))
def test_fast_equals_slow_row_for_row(scenario, awkward, links):
    run = small(scenario, awkward=awkward, scattered=links)
    slow = slow_rows(run.scenario, run.world, run.lives, range(run.lives.population.n_households))
    assert [tuple(row) for row in rows_of(run.tables).tolist()] == slow


def test_fast_equals_slow_where_alternatives_are_too_long():
    wide = {"roads.density_per_km2": 3, "roads.block_m": 900}
    run = small(
        town_scenario(7, **wide, travel__other_route_margin=1.0, travel__route_shares=[0.0, 0.3, 0.7]),
        awkward=True,
        scattered=100,
    )
    trips = truth.trips(run.lives, np.arange(run.lives.population.n_vehicles), 0, 30)
    hubs = run.world.zones.hub[trips.from_zone], run.world.zones.hub[trips.to_zone]
    fell_back = run.world.routes.used[hubs[0], trips.alternative, hubs[1]] != trips.alternative
    assert fell_back.sum() >= 30
    slow = slow_rows(run.scenario, run.world, run.lives, range(run.lives.population.n_households))
    assert [tuple(row) for row in rows_of(run.tables).tolist()] == slow


def test_fast_equals_slow_over_years_with_moves_and_new_jobs():
    changes = {"roads.population": 6, "roads.density_per_km2": 4, "period.days": 800}
    run = small(town_scenario(8, **changes), awkward=True, scattered=20)
    moved = [truth.home_and_work(run.lives, day) for day in (0, 799)]
    assert any((moved[0][i] != moved[1][i]).any() for i in range(2))
    slow = slow_rows(run.scenario, run.world, run.lives, range(run.lives.population.n_households))
    assert len(slow) > 1000
    assert [tuple(row) for row in rows_of(run.tables).tolist()] == slow


def test_fast_equals_slow_on_a_slice_of_anaheim(data):
    scenario = anaheim_scenario(data, period__days=10)
    run = small(scenario)
    for first in (100, 30_000):
        slow = slow_rows(run.scenario, run.world, run.lives, range(first, first + 12))
        assert [tuple(row) for row in rows_of(run.tables, first, first + 12).tolist()] == slow
        assert slow


def test_rows_are_sorted_by_plate_time_and_site(town):
    rows = rows_of(town.tables)
    assert len(rows) > 1000
    assert np.array_equal(np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0])), np.arange(len(rows)))


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(0, 24), max_size=6))
def test_any_split_of_the_households_gives_the_same_rows(town, cuts):
    n = town.lives.population.n_households
    bounds = [0, *sorted(min(cut, n) for cut in cuts), n]
    parts = [rows_of(town.tables, a, b) for a, b in itertools.pairwise(bounds)]
    assert np.array_equal(np.concatenate(parts), rows_of(town.tables))


def test_shards_together_are_the_whole_run(town):
    cuts = np.array([0, 5, 6, town.lives.population.n_households])
    tables = dataclasses.replace(town.tables, cuts=cuts)
    plates = [block.plate for shard in range(3) for block in draw_shard(tables, shard)]
    assert np.array_equal(np.concatenate(plates), rows_of(town.tables)[:, 0])


def test_adding_a_reader_changes_no_other_row_and_no_trip():
    fewer, more = (small(town_scenario(5, readers__place__police__count=n)) for n in (7, 8))
    uids = set(fewer.world.readers.uid.tolist())
    (new,) = set(more.world.readers.uid.tolist()) - uids
    before, after = by_uid(fewer), by_uid(more)
    assert before == {row for row in after if row[2] != new}
    assert before != after
    everyone = np.arange(fewer.lives.population.n_vehicles)
    trips = [truth.trips(run.lives, everyone, 0, 30) for run in (fewer, more)]
    for field in dataclasses.fields(truth.Trips):
        assert np.array_equal(*(getattr(t, field.name) for t in trips)), field.name


def test_a_better_reader_reads_all_that_the_worse_one_read_and_others_stay():
    town = small(town_scenario(6))
    site = 3
    worse = town.tables.eyes.capture.copy()
    worse[:, site] = streams.threshold(0.4)
    tables = dataclasses.replace(town.tables, eyes=town.tables.eyes._replace(capture=worse))
    better_rows, worse_rows = ({tuple(row) for row in rows_of(t).tolist()} for t in (town.tables, tables))
    assert worse_rows < better_rows
    assert {row[2] for row in better_rows - worse_rows} == {site}


def test_every_sighting_has_its_passage():
    run = small(town_scenario(9), awkward=True, scattered=25)
    rows = rows_of(run.tables)
    assert_every_sighting_has_its_passage(run, rows, np.unique(rows[:, 0]))


def test_every_sighting_has_its_passage_in_anaheim(data):
    scenario = anaheim_scenario(data, period__days=5)
    run = small(scenario)
    vehicles = np.arange(40_000, 40_060)
    households = run.lives.population.household_of(vehicles)
    rows = rows_of(run.tables, int(households[0]), int(households[-1]) + 1)
    rows = rows[np.isin(rows[:, 0], vehicles)]
    assert len(rows) > 20
    assert_every_sighting_has_its_passage(run, rows, vehicles)


def test_no_read_is_lost_where_every_reader_reads_everything():
    sure = {"readers.capture_day": 1.0, "readers.capture_night": 1.0}
    run = small(town_scenario(9, **sure), awkward=True, scattered=12)
    everyone = np.arange(run.lives.population.n_vehicles)
    trips = truth.trips(run.lives, everyone, 0, 30)
    on_link = np.bincount(run.world.readers.link, minlength=run.world.roads.n_links)
    passed = sum(int(on_link[p.link].sum()) for p in truth.passages(run.world, run.lives, trips))
    assert passed == len(rows_of(run.tables)) > 0


def test_capture_shares_are_met_by_day_and_by_night():
    scenario = town_scenario(2, roads__population=300, readers__capture_day=0.8, readers__capture_night=0.3)
    run = small(scenario)
    everything = np.full_like(run.tables.eyes.capture, 2**32)
    all_tables = dataclasses.replace(run.tables, eyes=run.tables.eyes._replace(capture=everything))
    night = []
    for tables in (run.tables, all_tables):
        clock = rows_of(tables)[:, 1] % 86_400
        dark = (clock >= 19.5 * 3600) | (clock < 6.5 * 3600)
        night.append([(~dark).sum(), dark.sum()])
    read, passed = np.array(night)
    for share, k, n in zip((0.8, 0.3), read, passed, strict=True):
        assert abs(k / n - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_rows_of_any_household_stay_within_the_bound_and_buffers_of_any_size_agree():
    sure = {"readers.capture_day": 1.0, "readers.capture_night": 1.0, "households.types.large.share": 0.25}
    run = small(town_scenario(4, **sure, period__days=9), awkward=True, scattered=150)
    tables, chain = run.tables, run.tables.longest_chain
    cars = np.diff(run.lives.population.first_vehicle)
    owner = run.lives.population.household_of(rows_of(tables)[:, 0])
    bound = cars * 9 * MAX_LEGS * chain
    assert (np.bincount(owner, minlength=len(cars)) <= bound).all()
    whole, pieces, first, n = rows_of(tables), [], 0, run.lives.population.n_households
    while first < n:
        columns = [np.zeros(int(bound.max()), np.uint32) for _ in range(3)]
        rows, after = draw_rows(tables.life, tables.eyes, first, n, chain, *columns)
        assert after > first
        pieces.append(np.stack([columns[0], columns[2], columns[1]], axis=1)[:rows].astype(np.int64))
        first = after
    assert len(pieces) >= 3
    assert np.array_equal(np.concatenate(pieces), whole)


def test_no_reader_on_any_route_gives_no_rows():
    town = small(town_scenario(1, period__days=5))
    nowhere = with_readers(town.world, town.scenario, {})
    tables = draw_tables(nowhere, town.lives.tables, town.scenario.settings.readers)
    assert tables.longest_chain == 0
    assert list(draw_households(tables, 0, town.lives.population.n_households)) == []


def test_same_seed_same_rows_and_another_seed_other_rows(town):
    again, other = small(town_scenario(3)), small(town_scenario(4))
    assert np.array_equal(rows_of(again.tables), rows_of(town.tables))
    assert not np.array_equal(rows_of(other.tables), rows_of(town.tables))


def test_the_golden_town_has_not_changed():
    """Rows may only change together with the pinned file, on purpose."""
    expected = json.loads(GOLDEN.read_text())
    run = small(town_scenario(1))
    rows = rows_of(run.tables).astype(np.uint32)
    assert (len(rows), f"{rows_hash(rows[:, 0].copy(), rows[:, 2].copy(), rows[:, 1].copy()):032x}") == (
        expected["rows"],
        expected["hash"],
    )


@pytest.mark.parametrize(
    ("first_s", "night", "dark"), [(0, ["19:30", "06:30"], True), (43_200, ["19:30", "06:30"], False),
                                   (3_600, ["01:00", "05:00"], True), (20_000, ["01:00", "05:00"], False)]
)  # fmt: skip
def test_night_runs_from_dusk_to_dawn(first_s, night, dark):
    run = town_scenario(0, readers__night=night)
    world = build_world(run)
    eyes = draw_tables(world, small(run).lives.tables, run.settings.readers).eyes
    assert bool(eyes.night[first_s // 1800]) is dark


def by_uid(run: Small) -> set[tuple[int, int, int]]:
    """Return rows as plate, time and the reader's uid, which does not depend on the others."""
    rows = rows_of(run.tables)
    return set(zip(rows[:, 0].tolist(), rows[:, 1].tolist(), run.world.readers.uid[rows[:, 2]].tolist(), strict=True))


def assert_every_sighting_has_its_passage(run, rows, vehicles):
    trips = truth.trips(run.lives, vehicles, 0, run.lives.calendar.days)
    passages = truth.passages(run.world, run.lives, trips)
    first = np.searchsorted(trips.vehicle, vehicles)
    last = np.searchsorted(trips.vehicle, vehicles, side="right")
    span = dict(zip(vehicles.tolist(), zip(first, last, strict=True), strict=True))
    assert len(rows)
    for plate, time, site in rows.tolist():
        a, b = span[plate]
        under_way = a + np.flatnonzero((trips.leave_s[a:b] <= time) & (time <= trips.arrive_s[a:b]))
        assert len(under_way) == 1
        passed = passages[under_way[0]]
        here = passed.middle_s[passed.link == run.world.readers.link[site]]
        assert len(here) == 1
        longest = run.world.roads.free_s[run.world.readers.link[site]] * 2.5 + 2
        assert abs(here[0] - time) <= longest
