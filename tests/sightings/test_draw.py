"""The draw against its slow twin, and the laws that a draw keeps.

To pin the golden town anew: PYTHONPATH=tests .venv/bin/python tests/sightings/test_draw.py
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import (
    EVERYTHING,
    MISREADS,
    PERFECT,
    Small,
    anaheim_scenario,
    reads_of,
    rows_of,
    slow_twin,
    small,
    town_scenario,
    vehicles_of_groups,
)

from simulate.kernels.coverage import DENSE, GATED, NONE, SPARSE
from simulate.kernels.draw import draw_rows, row_bound
from simulate.kernels.hashing import rows_hash
from simulate.kernels.plan import BLOCK_DAYS
from simulate.kernels.plates import GROUP, ISSUED
from simulate.sightings.draw import draw_shard
from simulate.travel import truth
from simulate.world.sites import SiteKind

GOLDEN = Path(__file__).parent.parent / "golden" / "smallest_town.json"


@pytest.fixture(scope="module")
def town() -> Small:
    return small(town_scenario(3))


@pytest.fixture(scope="module")
def busy() -> Small:
    """A month of everything that reads plates and everyone who drives."""
    return small(town_scenario(3, **EVERYTHING))


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
            "events.per_month": draw(st.sampled_from([0, 10])),
            "events.attendance": 0.5,
            "readers.misread": draw(st.sampled_from([0.0, 0.3, 1.0])),
            "readers.growth": draw(st.sampled_from([1.0, 1e12])),
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
@given(scenario=scenarios(), awkward=st.booleans(), links=st.sampled_from([None, 8, 40, 200]))
def test_fast_equals_slow_row_for_row(scenario, awkward, links):
    run = small(scenario, awkward=awkward, scattered=links)
    assert np.array_equal(reads_of(run.tables), slow_twin(run))


LONG = {"period.days": 210, "roads.population": 40, "readers.growth": 3.4}
"""Four blocks of days, lives that change within them, and a network that doubles."""


@pytest.mark.parametrize(
    ("links", "gates", "deployment"), [(40, True, DENSE), (3, True, SPARSE), (0, True, GATED), (0, False, NONE)]
)
@pytest.mark.parametrize("awkward", [False, True])
def test_fast_equals_slow_with_everything_on(links, gates, deployment, awkward):
    """Also who was really read: fleets at night, gates, visitors, groups, events, misreads, moves and new jobs."""
    changes = {key: value for key, value in EVERYTHING.items() if gates or "gates" not in key}
    run = small(town_scenario(5, **changes, **LONG), awkward=awkward, scattered=links)
    assert run.tables.coverage.level == deployment
    assert run.lives.calendar.days > 3 * BLOCK_DAYS
    fast = reads_of(run.tables)
    of_kind = np.bincount(run.deployment.sites.kind[fast[:, 2]], minlength=3)
    assert ((of_kind >= 10) == [links > 0, gates, True]).all()
    residents = run.lives.population.n_residents
    for kind in (SiteKind.FIXED, SiteKind.GATE, SiteKind.MOBILE):
        visited = run.deployment.sites.kind[fast[fast[:, 3] >= residents, 2]] == kind
        assert visited.any() == (of_kind[kind] > 0) or kind == SiteKind.FIXED
    assert (wrong(run, fast)).mean() == pytest.approx(0.3, abs=0.03)
    homes = [truth.home_and_work(run.lives, day) for day in (0, 209)]
    assert all((homes[0][i] != homes[1][i]).any() for i in range(2))
    assert np.array_equal(fast, slow_twin(run))


def wrong(run: Small, reads):
    """Tell which reads name another plate than the car's own."""
    return run.lives.plates.holders(reads[:, 0]) != reads[:, 3]


def test_fast_equals_slow_where_alternatives_are_too_long():
    wide = {"roads.density_per_km2": 3, "roads.block_m": 900}
    run = small(
        town_scenario(7, **wide, travel__other_route_margin=1.0, travel__route_shares=[0.0, 0.3, 0.7]),
        awkward=True,
        scattered=100,
    )
    trips = truth.trips(run.lives, np.arange(run.lives.population.n_vehicles), 0, 30)
    hubs = run.world.zones.hub[trips.from_zone], run.world.zones.hub[trips.to_zone]
    pair = run.world.routes.row[hubs[0]] + hubs[1]
    fell_back = run.world.routes.used[pair, trips.alternative] != trips.alternative
    assert fell_back.sum() >= 30
    assert np.array_equal(reads_of(run.tables), slow_twin(run))


def test_fast_equals_slow_over_years_with_moves_and_new_jobs():
    changes = {"roads.population": 6, "roads.density_per_km2": 4, "period.days": 800}
    run = small(town_scenario(8, **changes), awkward=True, scattered=20)
    moved = [truth.home_and_work(run.lives, day) for day in (0, 799)]
    assert any((moved[0][i] != moved[1][i]).any() for i in range(2))
    assert len(rows_of(run.tables)) > 1000
    assert np.array_equal(reads_of(run.tables), slow_twin(run))


def test_fast_equals_slow_on_a_slice_of_anaheim(data):
    changes = {
        key: {**value, "owner": "repo"} if "owner" in value else value
        for key, value in EVERYTHING.items()
        if isinstance(value, dict)
    }
    many = {
        f"readers.mobile.{name}.{key}": n for name in ("patrol", "tow") for key, n in (("units", 90), ("visits", 3))
    }
    many |= {"readers.gates.lots.count": 150, "readers.gates.plant.count": 150}
    run = small(anaheim_scenario(data, period__days=10, **{**changes, **many, **MISREADS}))
    for first in (100, 10_000):
        fast = reads_of(run.tables, first, first + 3)
        assert np.array_equal(fast, slow_twin(run, first, first + 3))
        assert (np.bincount(run.deployment.sites.kind[fast[:, 2]], minlength=3) > 0).all()
        assert wrong(run, fast).any()


def test_rows_are_sorted_by_plate_time_and_site(town):
    rows = rows_of(town.tables)
    assert len(rows) > 1000
    assert np.array_equal(np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0])), np.arange(len(rows)))


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(0, 9), max_size=6))
def test_any_split_of_the_plates_gives_the_same_rows(busy, cuts):
    n = busy.tables.plates.groups
    bounds = [0, *sorted(min(cut, n) for cut in cuts), n]
    parts = [reads_of(busy.tables, a, b) for a, b in itertools.pairwise(bounds)]
    assert np.array_equal(np.concatenate(parts), reads_of(busy.tables))


def test_shards_together_are_the_whole_run(busy):
    cuts = np.array([0, 3, 4, busy.tables.plates.groups])
    tables = dataclasses.replace(busy.tables, cuts=cuts)
    shards = [[block.plate for block in draw_shard(tables, shard)] for shard in range(3)]
    assert all(len(shard) for shard in shards)
    assert np.array_equal(np.concatenate([*itertools.chain(*shards)]), rows_of(busy.tables)[:, 0])


TOW = EVERYTHING["readers.mobile.tow"]
BIGGER = {
    "a fixed reader": ({"readers.place.police.count": 7}, SiteKind.FIXED, "smallville-pd"),
    "a gate": ({"readers.gates.plant.count": 3}, SiteKind.GATE, "smallville-pd"),
    "a rule of gates": ({"readers.gates.school": EVERYTHING["readers.gates.plant"] | {"purpose": "school"}},
                        SiteKind.GATE, "smallville-pd"),
    "a unit": ({"readers.mobile.tow.units": 3}, SiteKind.MOBILE, "repo"),
    "a shift": ({"readers.mobile.tow.shifts": [*TOW["shifts"], ["10:00", "12:00"]]}, SiteKind.MOBILE, "repo"),
    "a fleet": ({"readers.mobile.other": TOW}, SiteKind.MOBILE, "repo"),
    "a fleet of another owner": ({"readers.mobile.other": TOW | {"owner": "parking"}}, SiteKind.MOBILE, "parking"),
}  # fmt: skip


@pytest.mark.parametrize("change", BIGGER)
def test_one_more_of_those_who_watch_changes_no_other_row_and_no_trip(busy, change):
    more, kind, owner = BIGGER[change]
    larger = small(town_scenario(3, **{**EVERYTHING, **more}))
    before, after = by_uid(busy), by_uid(larger)
    assert before.total() == len(reads_of(busy.tables))
    assert before < after
    sites, uids = larger.deployment.sites, larger.deployment.sites.uid.tolist()
    added = [uids.index(uid) for *_, uid in after - before]
    assert set(sites.kind[added]) == {kind}
    assert {larger.world.owners.name[i] for i in sites.owner[added]} == {owner}
    if kind != SiteKind.MOBILE:
        assert not set(added) & {uids.index(uid) for *_, uid in before}
        assert set(added) == {i for i, uid in enumerate(uids) if uid not in busy.deployment.sites.uid}
    everyone = np.arange(busy.lives.population.n_vehicles)
    trips = [truth.trips(run.lives, everyone, 0, 30) for run in (busy, larger)]
    for field in dataclasses.fields(truth.Trips):
        assert np.array_equal(*(getattr(t, field.name) for t in trips)), field.name


@pytest.mark.parametrize("rate", [0.0, 0.05, 1.0])
def test_misreads_change_no_read_s_time_place_or_vehicle(busy, rate):
    other = small(town_scenario(3, **{**EVERYTHING, "readers.misread": rate, "readers.mobile_misread": rate}))
    seen = [sorted(map(tuple, reads_of(run.tables)[:, 1:].tolist())) for run in (busy, other)]
    assert seen[0] == seen[1]
    fewer, more = sorted((busy, other), key=lambda run: run.scenario.settings.readers.misread)
    right = [{tuple(row) for row in reads_of(run.tables)[~wrong(run, reads_of(run.tables))].tolist()}
             for run in (more, fewer)]  # fmt: skip
    assert right[0] <= right[1]


def test_every_misread_names_a_plate_of_the_group_and_comes_as_often_as_the_scenario_says(busy):
    reads = reads_of(busy.tables)
    bad = wrong(busy, reads)
    own = busy.lives.plates.of_vehicles(reads[:, 3])
    assert (own[~bad] == reads[~bad, 0]).all()
    assert (own // GROUP == reads[:, 0] // GROUP).all()
    n = len(reads)
    assert abs(bad.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / n)
    characters = np.array([bits.bit_count() for bits in (own ^ reads[:, 0])[bad].tolist()])
    assert set(characters) == {1, 2}
    assert abs((characters == 2).mean() - 1 / 8) < 4 * np.sqrt(1 / 8 * 7 / 8 / len(characters))
    holders = busy.lives.plates.holders(reads[bad, 0])
    assert (holders[holders >= 0] != reads[bad, 3][holders >= 0]).all()
    assert 0.5 < (holders < 0).mean() < 0.95, "ghosts: three of four plates are nobody's"


def test_only_the_mobile_ones_are_misread_where_only_they_misread():
    for fixed, mobile in ((0.0, 0.4), (0.4, 0.0)):
        changes = {"readers.misread": fixed, "readers.mobile_misread": mobile}
        run = small(town_scenario(3, **{**EVERYTHING, **changes}))
        reads = reads_of(run.tables)
        by_mobile = run.deployment.sites.kind[reads[:, 2]] == SiteKind.MOBILE
        assert wrong(run, reads)[by_mobile].mean() == pytest.approx(mobile, abs=0.08)
        assert wrong(run, reads)[~by_mobile].mean() == pytest.approx(fixed, abs=0.05)


def test_better_readers_read_all_that_worse_ones_read_and_others_stay():
    better = small(town_scenario(6, **EVERYTHING))
    for key, kinds in (("", {SiteKind.FIXED, SiteKind.GATE}), ("mobile_", {SiteKind.MOBILE})):
        worse = {f"readers.{key}capture_day": 0.4, f"readers.{key}capture_night": 0.3}
        run = small(town_scenario(6, **{**EVERYTHING, **worse}))
        better_rows, worse_rows = ({tuple(row) for row in reads_of(t.tables).tolist()} for t in (better, run))
        assert worse_rows < better_rows
        assert {better.deployment.sites.kind[row[2]] for row in better_rows - worse_rows} == kinds


def test_every_sighting_has_its_passage():
    run = small(town_scenario(9), awkward=True, scattered=25)
    rows = reads_of(run.tables)
    assert_every_sighting_has_its_passage(run, rows, np.unique(rows[:, 3]))


def test_every_sighting_has_its_passage_in_anaheim(data):
    scenario = anaheim_scenario(data, period__days=5)
    run = small(scenario)
    rows = reads_of(run.tables, 4000, 4008)
    assert len(rows) > 20
    assert_every_sighting_has_its_passage(run, rows, np.sort(vehicles_of_groups(run, 4000, 4008)))


def test_no_read_is_lost_where_every_reader_reads_everything():
    sure = {"readers.capture_day": 1.0, "readers.capture_night": 1.0, **PERFECT}
    run = small(town_scenario(9, **sure), awkward=True, scattered=12)
    everyone = np.arange(run.lives.population.n_vehicles)
    trips = truth.trips(run.lives, everyone, 0, 30)
    on_link = np.bincount(run.world.readers.link, minlength=run.world.roads.n_links)
    passed = sum(int(on_link[p.link].sum()) for p in truth.passages(run.world, run.lives, trips))
    assert passed == len(rows_of(run.tables)) > 0


def test_capture_shares_are_met_by_day_and_by_night():
    scenario = town_scenario(2, roads__population=300, readers__capture_day=0.8, readers__capture_night=0.3, **PERFECT)
    run = small(scenario)
    everything = np.full_like(run.tables.coverage.reading.capture, 2**32)
    all_tables = dataclasses.replace(
        run.tables,
        coverage=run.tables.coverage._replace(reading=run.tables.coverage.reading._replace(capture=everything)),
    )
    night = []
    for tables in (run.tables, all_tables):
        clock = rows_of(tables)[:, 1] % 86_400
        dark = (clock >= 19.5 * 3600) | (clock < 6.5 * 3600)
        night.append([(~dark).sum(), dark.sum()])
    read, passed = np.array(night)
    for share, k, n in zip((0.8, 0.3), read, passed, strict=True):
        assert abs(k / n - share) < 4 * np.sqrt(share * (1 - share) / n)


def crowded(days: int) -> Small:
    """A town in which every car makes the longest day there is, past readers, gates and a dozen visits a day."""
    sure = {f"readers.{key}": 1.0 for key in ("capture_day", "capture_night", "mobile_capture_day",
                                              "mobile_capture_night")}  # fmt: skip
    rolls = {"readers.mobile.tow.rolling_min": 120, "readers.mobile.patrol.rolling_min": 120}
    run = small(
        town_scenario(4, **{**WATCHERS_ONLY, **sure, **rolls}, parking__visible_home=1.0, parking__visible_away=1.0,
                      period__days=days, roads__population=40),
        awkward=True, scattered=150,
    )  # fmt: skip
    life, coverage = run.tables.life, run.tables.coverage
    longest = int(np.argmax(life.diary.n_legs))
    visits, day = 12, np.arange(days)
    zones, blocks = len(coverage.fixed.gate), coverage.patrols.scanned.shape[1]
    scanned = np.zeros((zones, blocks), np.uint64)
    for block in range(blocks):
        scanned[:, block] = sum(1 << int(d) % BLOCK_DAYS for d in day if d // BLOCK_DAYS == block)
    before = (np.arange(zones)[:, None] * days + np.arange(blocks) * BLOCK_DAYS).astype(np.uint32)
    visit = np.zeros((zones * days * visits, 2), np.uint64)
    visit[:, 0] = np.arange(len(visit)) * 2_654_435_761
    second = np.tile(np.arange(visits) * 5400 + 4 * 3600, zones * days).astype(np.uint64)
    visit[:, 1] = second << np.uint64(40) | np.uint64(run.deployment.sites.of_kind(SiteKind.MOBILE)[0])
    starts = np.arange(zones * days + 1, dtype=np.uint32) * np.uint32(visits)
    planted = coverage._replace(
        patrols=coverage.patrols._replace(
            scanned=scanned, before=before, hours=np.full_like(starts, 2**24 - 1), first=starts, visit=visit
        ),
        fixed=coverage.fixed._replace(gate=np.full_like(coverage.fixed.gate, run.world.readers.n)),
    )
    longest_days = life.diary._replace(pattern=np.full_like(life.diary.pattern, longest))
    bound = row_bound(days, run.world.routes.longest_chain, True, visits)
    tables = dataclasses.replace(
        run.tables, life=life._replace(diary=longest_days), coverage=planted, vehicle_bound=bound
    )
    return dataclasses.replace(run, tables=tables)


WATCHERS_ONLY = {key: value for key, value in EVERYTHING.items() if key.startswith(("owners", "readers"))}


@pytest.mark.parametrize("days", [9, 70])
def test_nobody_is_read_more_often_than_the_bound_even_in_a_planted_worst_case(days):
    run = crowded(days)
    reads = np.bincount(reads_of(run.tables)[:, 3])
    assert reads.max() < run.tables.vehicle_bound
    assert reads.max() > 0.15 * run.tables.vehicle_bound, "else nothing was planted"


def test_buffers_of_any_size_give_the_same_rows():
    tables = crowded(9).tables
    n, groups, pieces, first = ISSUED * tables.vehicle_bound, tables.plates.groups, [], 0
    while first < groups:
        columns = [np.zeros(n + 1, np.uint32) for _ in range(4)]
        rows, after = draw_rows(
            tables.life, tables.coverage, tables.plates, first, groups, tables.vehicle_bound, *[c[:n] for c in columns]
        )
        assert after > first
        assert not any(column[n] for column in columns)
        plate, site, time, vehicle = (column[:rows] for column in columns)
        pieces.append(np.stack([plate, time, site, vehicle], axis=1).astype(np.int64))
        first = after
    assert len(pieces) >= 2
    assert np.array_equal(np.concatenate(pieces), reads_of(tables))


def test_the_bound_of_an_ordinary_town_holds(busy):
    reads = np.bincount(reads_of(busy.tables)[:, 3])
    assert reads.max() < busy.tables.vehicle_bound


def test_no_reader_on_any_route_gives_no_rows():
    """Gates stand, but at a lot that nobody visits."""
    run = small(
        town_scenario(1, period__days=5, **{"readers.gates.lot": EVERYTHING["readers.gates.plant"]}), scattered=0
    )
    coverage = run.tables.coverage
    nowhere = coverage._replace(fixed=coverage.fixed._replace(gate=np.full_like(coverage.fixed.gate, -1)))
    assert run.world.routes.longest_chain == 0
    assert len(rows_of(run.tables))
    assert len(rows_of(dataclasses.replace(run.tables, coverage=nowhere))) == 0


def test_same_seed_same_rows_and_another_seed_other_rows(town):
    again, other = small(town_scenario(3)), small(town_scenario(4))
    assert np.array_equal(rows_of(again.tables), rows_of(town.tables))
    assert not np.array_equal(rows_of(other.tables), rows_of(town.tables))


def fingerprint() -> dict[str, object]:
    """Count and hash the rows of a month of everything."""
    rows = rows_of(small(town_scenario(1, **EVERYTHING)).tables).astype(np.uint32)
    plate, time, site = (column.copy() for column in rows.T)
    return {"rows": len(rows), "hash": f"{rows_hash(plate, site, time):032x}"}


def test_the_golden_town_has_not_changed():
    """Rows may only change together with the pinned file, on purpose: see the head of this file."""
    assert fingerprint() == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize(
    ("first_s", "night", "dark"), [(0, ["19:30", "06:30"], True), (43_200, ["19:30", "06:30"], False),
                                   (3_600, ["01:00", "05:00"], True), (20_000, ["01:00", "05:00"], False)]
)  # fmt: skip
def test_night_runs_from_dusk_to_dawn(first_s, night, dark):
    coverage = small(town_scenario(0, readers__night=night)).tables.coverage
    assert bool(coverage.reading.night[first_s // 1800]) is dark


def by_uid(run: Small) -> Counter[tuple[int, int, int, int]]:
    """Count reads by plate, time, vehicle and the site's uid, which does not depend on the others.

    Two units may meet a car in one second.
    """
    reads = reads_of(run.tables)
    uid = run.deployment.sites.uid[reads[:, 2]].tolist()
    return Counter(zip(*(reads[:, i].tolist() for i in (0, 1, 3)), uid, strict=True))


def assert_every_sighting_has_its_passage(run, rows, vehicles):
    trips = truth.trips(run.lives, vehicles, 0, run.lives.calendar.days)
    passages = truth.passages(run.world, run.lives, trips)
    first = np.searchsorted(trips.vehicle, vehicles)
    last = np.searchsorted(trips.vehicle, vehicles, side="right")
    span = dict(zip(vehicles.tolist(), zip(first, last, strict=True), strict=True))
    assert len(rows)
    clock_s = run.tables.coverage.fixed.clock_s
    for _, shown, site, vehicle in rows.tolist():
        a, b = span[vehicle]
        time = shown - clock_s[site]
        under_way = a + np.flatnonzero((trips.leave_s[a:b] <= time) & (time <= trips.arrive_s[a:b]))
        assert len(under_way) == 1
        passed = passages[under_way[0]]
        here = passed.middle_s[passed.link == run.world.readers.link[site]]
        assert len(here) == 1
        longest = run.world.roads.free_s[run.world.readers.link[site]] * 2.5 + 2
        assert abs(here[0] - time) <= longest


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(fingerprint(), indent=2) + "\n")
