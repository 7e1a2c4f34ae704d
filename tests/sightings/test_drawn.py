"""Rows that were brought in, altered or exchanged are not measured, whoever made the manifest fit them."""

from __future__ import annotations

import dataclasses
import json
import pickle
import random
import shutil
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_run import folder_of, part_of
from worlds import town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.kernels.hashing import rows_hash
from simulate.kernels.plates import GROUP, ISSUED
from simulate.policy.view import View
from simulate.risk.measures import MEASURES
from simulate.risk.targets import draw_targets
from simulate.sightings import draw
from simulate.sightings.manifest import identity_hash, records_of
from simulate.sightings.run import Run
from simulate.sightings.source import OnTheFly
from simulate.sightings.store import SCHEMA, WRITING, Rows, Store, open_store
from simulate.sightings.verify import verify
from simulate.store.local import LocalFolder

TOWN = {"roads.population": 800, "roads.density_per_km2": 300, "period.days": 10}
SHARDS = 4
REFUSED = "rows drawn from scenario 'town', seed 1"
NOBODY = np.empty(0, np.int64)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of one shard; not to be written to."""
    return sim.run(town_scenario(1, **TOWN), tmp_path_factory.mktemp("made") / "run")


@pytest.fixture(scope="module")
def cut(made, tmp_path_factory):
    """The same rows in four shards; not to be written to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "SHARD_ROWS", made.n_sightings / SHARDS)
        run = sim.run(town_scenario(1, **TOWN), tmp_path_factory.mktemp("cut") / "run")
    assert run.store.n_shards == SHARDS
    return run


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A run of another seed."""
    return sim.run(town_scenario(2, **TOWN), tmp_path_factory.mktemp("other") / "run")


@pytest.fixture
def no_sample(monkeypatch):
    """Redraw nothing but the groups that are asked for."""
    for name in ("SAMPLED_ROWS", "SAMPLED_GROUPS", "LOOK_ROWS", "LOOK_SLICES"):
        monkeypatch.setattr(f"simulate.sightings.drawn.{name}", 0)


def copy_of(run, folder):
    """Copy a run that may be spoilt."""
    return shutil.copytree(folder_of(run.store), folder / "run")


def table_of(store, shard=0):
    """Return the rows of a shard; uint32[n, 3] of plate, time and site."""
    blocks = [np.stack([b.plate, b.time, b.site], axis=1) for b in store.blocks(shards=[shard])]
    return np.concatenate([np.empty((0, 3), np.uint32), *blocks])


def in_order(table):
    return table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))].astype(np.uint32)


def columns(table):
    return Rows(*(np.ascontiguousarray(table[:, i], np.uint32) for i in (0, 2, 1)))


def forge(folder, tables, shard=0):
    """Write rows into a shard, each table as a row group, and make every hash, footer and manifest fit."""
    store = open_store(folder)
    parts = [columns(table) for table in tables]
    total = sum(rows_hash(*rows) for rows in parts) % 2**128
    n = sum(map(len, tables))
    footer = {"run": identity_hash(store.identity), "shard": shard, "rows": n, "hash": f"{total:032x}"}
    with pq.ParquetWriter(part_of(store, shard), SCHEMA, **WRITING) as writer:
        for rows in parts:
            writer.write_table(pa.table(rows._asdict(), schema=SCHEMA))
        writer.add_key_value_metadata({"plateprint": json.dumps(footer)})
    fit(folder)


def fit(folder):
    """Make the manifest anew from the shards."""
    manifest = folder / "manifest.json"
    n_vehicles = json.loads(manifest.read_text())["n_vehicles"]
    manifest.unlink()
    Store(LocalFolder(folder), json.loads((folder / "scenario.json").read_text())).finish(n_vehicles)


def lie(part, told):
    """Let the footer state other least and greatest plates of the second row group."""
    raw = part.read_bytes()
    begin = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    footer = raw[begin:]
    truth = pq.read_metadata(part).row_group(1).column(0).statistics
    for held in (truth.min, truth.max):
        footer = footer.replace(b"\x04" + held.to_bytes(4, "little"), b"\x04" + told.to_bytes(4, "little"))
    part.write_bytes(raw[:begin] + footer)
    span = pq.read_metadata(part).row_group(1).column(0).statistics
    assert (span.min, span.max) == (told, told)


def brought_in(n, plates, sites=10, days=10, seed=0):
    """Invent rows of some plates, in order."""
    some = np.random.default_rng(seed)
    rows = np.stack([some.choice(plates, n), some.integers(14_400, days * 86_400, n), some.integers(0, sites, n)], 1)
    return in_order(rows)


def taken(run, **how):
    return sim.measure(sim.view(run), **{"targets": 20, **how})


def blocks_of(source, groups=NOBODY):
    """Stream all shards of a run, with some groups of plates redrawn."""
    for shard in range(source.n_shards):
        yield from source.blocks(shard, groups)


def open_and_measure(folder, **how):
    return taken(sim.open_run(folder), **how)


# Real reads


def test_brought_in_rows_behind_a_footer_that_lies_are_not_opened(made, tmp_path):
    folder, plates = copy_of(made, tmp_path), np.arange(1001, 1999)
    forge(folder, [table_of(made.store), brought_in(1_000_000, plates)])
    lie(part_of(open_store(folder), 0), made.lives.plates.n - 1)
    assert verify(folder) != []
    with pytest.raises(ScenarioError):  # one row in fifty is drawn: sixteen such are not picked in a lifetime
        sim.open_run(folder)


def test_brought_in_rows_behind_a_footer_that_lies_are_not_measured_if_they_were_opened(made, tmp_path):
    folder = copy_of(made, tmp_path)
    run = sim.open_run(folder)
    forge(folder, [table_of(made.store), brought_in(100_000, np.arange(1001, 1999))])
    lie(part_of(open_store(folder), 0), made.lives.plates.n - 1)
    with pytest.raises(ScenarioError, match=r"part-00000.parquet: expected the shard that the run's manifest lists"):
        taken(run)


@pytest.fixture(scope="module")
def blind(tmp_path_factory):
    """A run in which nothing is read."""
    changes = {**TOWN, "roads.population": 4000, "readers.capture_day": 0.0, "readers.capture_night": 0.0}
    run = sim.run(town_scenario(1, **changes), tmp_path_factory.mktemp("blind") / "run")
    assert run.n_sightings == 0
    return run


@pytest.mark.parametrize("attempt", range(5))
def test_a_run_in_which_nothing_is_read_takes_no_rows_however_few_the_plates(blind, tmp_path, attempt):
    folder = copy_of(blind, tmp_path)
    forge(folder, [brought_in(5000, np.arange(40 * GROUP, 42 * GROUP), seed=attempt)])
    with pytest.raises(ScenarioError, match=f"{REFUSED}, found other rows for plates 1(280|312) to"):
        sim.open_run(folder)


def test_a_run_in_which_nothing_is_read_opens_and_is_measured(blind):
    assert taken(sim.open_run(folder_of(blind.store)), measures=["exposure"]).one(score="never_seen").value == 1


# Rows exchanged or altered


@pytest.mark.usefixtures("no_sample")
def test_a_shard_exchanged_after_the_run_was_opened_is_not_measured(cut, tmp_path):
    folder = copy_of(cut, tmp_path)
    run = sim.open_run(folder)
    before = taken(run)
    table = table_of(cut.store, 2)
    table[len(table) // 3, 1] += 1
    forge(folder, [in_order(table)], 2)
    assert verify(folder) == []
    with pytest.raises(ScenarioError, match=r"part-00002.parquet: expected the shard .* found altered rows; nothing"):
        taken(run)
    forge(folder, [table_of(cut.store, 2)], 2)
    assert taken(run) == before


def test_swapped_shards_are_refused(cut, tmp_path):
    folder = copy_of(cut, tmp_path)
    for shard, held in ((1, 2), (2, 1)):
        forge(folder, [table_of(cut.store, held)], shard)
    assert verify(folder) == []
    with pytest.raises(ScenarioError, match=r"at sites up to \d+ in a shard of plates|other rows for plates"):
        open_and_measure(folder)


def target_plate(run):
    """Return the last of the twenty plates that the attack on homes is tried on."""
    truth = sim.view(run).truth
    return int(draw_targets(truth, 9, "anchors", 20).plate[-1])


@pytest.mark.usefixtures("no_sample")
@pytest.mark.parametrize("change", ["moved", "removed", "added"])
def test_a_target_whose_rows_were_altered_is_not_scored(made, tmp_path, change):
    """Whoever alters rows knows the targets, which are drawn from the scenario's seed."""
    folder, table = copy_of(made, tmp_path), table_of(made.store)
    plate = target_plate(made)
    its = np.flatnonzero(table[:, 0] == plate)
    assert len(its)
    if change == "moved":
        table[its[0], 1] += 60
    elif change == "removed":
        table = np.delete(table, its[0], axis=0)
    else:
        table = np.insert(table, its[0], table[its[0]], axis=0)
    forge(folder, [in_order(table)])
    assert verify(folder) == []
    run = sim.open_run(folder)
    begin = plate // GROUP * GROUP
    with pytest.raises(ScenarioError, match=f"{REFUSED}, found other rows for plates {begin} to {begin + GROUP - 1};"):
        taken(run, measures=["anchors"])


def one_plate_too_many(table, n_plates):
    return np.concatenate([table, [[n_plates, 99_999, 0]]])


def one_site_too_many(table, _n_plates):
    table[len(table) // 2, 2] = 10_000
    return table


@pytest.mark.usefixtures("no_sample")
@pytest.mark.parametrize("alter", [one_plate_too_many, one_site_too_many])
def test_plates_and_sites_that_there_are_not_reach_no_measure(made, tmp_path, alter):
    folder = copy_of(made, tmp_path)
    forge(folder, [in_order(alter(table_of(made.store), made.lives.plates.n))])
    with pytest.raises(ScenarioError, match=r"found plates \d+ to \d+ at sites up to \d+ in a shard of plates 0 to"):
        open_and_measure(folder, measures=["exposure"])


@pytest.mark.usefixtures("no_sample")
def test_rows_out_of_order_are_not_measured(made, tmp_path):
    folder, table = copy_of(made, tmp_path), table_of(made.store)
    half = len(table) // 2
    forge(folder, [table[half:], table[:half]])
    with pytest.raises(ScenarioError, match="found rows not in order of plate, time, site"):
        open_and_measure(folder, measures=["exposure"])


@pytest.mark.usefixtures("no_sample")
def test_a_group_with_more_rows_than_can_be_read_is_refused_before_it_fills_memory(made, tmp_path):
    folder, most = copy_of(made, tmp_path), ISSUED * made.source.tables.vehicle_bound
    table = brought_in(2 * most, np.arange(GROUP))
    forge(folder, np.array_split(table, 20))
    run, given = sim.open_run(folder), []
    with pytest.raises(ScenarioError, match="found more rows than can be read of plates 0 to 31"):
        given.extend(len(block.plate) for block in blocks_of(run.source))
    assert 0 < sum(given) <= most


# What is redrawn


def test_rows_come_out_the_same_however_they_are_cut_into_row_groups(made, tmp_path):
    table, groups = table_of(made.store), np.arange(made.source.tables.plates.groups)
    for size in (50, 999, 10_000):
        folder = copy_of(made, tmp_path / str(size))
        forge(folder, np.split(table, range(size, len(table), size)))
        run = sim.open_run(folder)
        blocks = [np.stack([b.plate, b.time, b.site], axis=1) for b in blocks_of(run.source, groups)]
        assert len(blocks) == -(-len(table) // size)
        assert np.array_equal(np.concatenate(blocks), table)


@pytest.mark.usefixtures("no_sample")
def test_any_altered_row_shows_when_its_group_is_redrawn_wherever_blocks_end(made, tmp_path):
    sound, some = table_of(made.store), np.random.default_rng(3)
    folder, groups = copy_of(made, tmp_path), np.arange(made.source.tables.plates.groups)
    for size in (20, 200, 200, 200, 10_000, 10_000, 10_000):
        table, at = sound.copy(), some.integers(len(sound))
        group = sound[at, 0] // GROUP
        table[at, 1] += 1
        forge(folder, np.split(in_order(table), range(size, len(table), size)))
        store = open_store(folder)
        rows = dataclasses.replace(made.source, store=store, records=tuple(records_of(store.manifest())))
        assert sum(len(block.plate) for block in blocks_of(rows, np.delete(groups, group))) == len(table)
        with pytest.raises(ScenarioError, match=f"found other rows for plates {group * GROUP} to"):
            list(blocks_of(rows, groups[[group]]))


def misses(run, tries=300):
    """Count how often a pass finds nothing wrong."""
    missed = 0
    for _ in range(tries):
        try:
            list(blocks_of(run.source))
            missed += 1
        except ScenarioError:
            pass
    return missed / tries


@pytest.mark.usefixtures("no_sample")
@pytest.mark.parametrize("what", ["rows", "groups"])
def test_a_sample_misses_as_often_as_it_says(made, tmp_path, monkeypatch, what):
    """A share f of altered rows is missed by k rows in (1 - f)**k of all passes; so are groups without their rows."""
    folder, table = copy_of(made, tmp_path), table_of(made.store)
    its = table[:, 0] // GROUP == 30
    if what == "rows":
        share = its.mean()
        table[its, 1] += 1
    else:
        share, table = 1 / made.source.tables.plates.groups, table[~its]
    forge(folder, [in_order(table)])
    run, k = sim.open_run(folder), round(0.7 / share)
    monkeypatch.setattr(f"simulate.sightings.drawn.SAMPLED_{what.upper()}", k)
    chance = random.Random(1)
    monkeypatch.setattr("simulate.sightings.drawn.secrets", SimpleNamespace(randbelow=chance.randrange))
    assert misses(run) == pytest.approx((1 - share) ** k, abs=3 * 0.5 / 300**0.5)


def test_each_pass_takes_its_whole_sample_shard_by_shard(cut, monkeypatch):
    asked = []
    monkeypatch.setattr("simulate.sightings.drawn.secrets", SimpleNamespace(randbelow=lambda n: asked.append(n) or 0))
    list(blocks_of(cut.source))
    groups = [int(n) for n in np.diff(cut.source.tables.cuts)]
    rows = [record.rows for record in cut.source.records]
    assert set(asked) == {*groups, *rows}
    for counts, k in ((rows, 1000), (groups, 500)):
        assert sum(asked.count(n) for n in set(counts)) >= k
        assert all(asked.count(n) >= k * n / sum(counts) for n in counts)


# Runs and views made by hand


class Brought:
    """Rows of somebody's own, dressed up as those of a run."""

    def __init__(self, run, table):
        self.store, self.records, self._table = run.store, records_of(run.store.manifest()), table
        self.tables, self.n_sites, self.n_rows = run.source.tables, run.source.n_sites, len(table)
        self.n_shards, self.span = 1, run.source.span

    def comes_from(self, *_):
        return True

    def blocks(self, *_):
        yield columns(self._table)


def remade(thing, kind):
    """Make a run or a view by hand of another's parts."""
    return kind(**{field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)})


def test_a_run_made_by_hand_is_not_measured(made):
    brought = Brought(made, table_of(made.store))
    with pytest.raises(ScenarioError, match="run: expected rows drawn by Plateprint, found a run or view made by hand"):
        taken(dataclasses.replace(made, source=brought))
    again = remade(made.source, type(made.source))
    with pytest.raises(ScenarioError, match="found a run or view made by hand"):
        taken(Run(scenario=made.scenario, world=made.world, lives=made.lives, deployment=made.deployment,
                  source=again))  # fmt: skip


@pytest.mark.parametrize("name", list(MEASURES))
def test_no_measure_takes_rows_made_by_hand(made, name):
    view = sim.view(made)
    with pytest.raises(ScenarioError, match="found a run or view made by hand"):
        sim.measure(dataclasses.replace(view, source=Brought(made, table_of(made.store))), [name], targets=20)


def test_rows_drawn_on_the_fly_cannot_be_others_in_disguise(made):
    class Disguised(OnTheFly):
        def blocks(self, *_):
            yield columns(table_of(made.store))

    with pytest.raises(ScenarioError, match="found a run or view made by hand"):
        sim.measure(dataclasses.replace(sim.view(made), source=Disguised(tables=made.source.tables)), targets=20)


def test_a_view_made_by_hand_is_measured_only_with_rows_and_truth_of_one_run(made, other):
    view, strange = sim.view(made), sim.view(other)
    assert sim.measure(remade(view, View), targets=20) == sim.measure(view, targets=20)
    for mixed in ({"source": other.source}, {"truth": strange.truth}):
        with pytest.raises(ScenarioError, match="view: expected rows and truth of one run, found those of several"):
            sim.measure(dataclasses.replace(view, **mixed), targets=20)


def test_rows_made_of_another_folder_are_not_measured(made, other):
    view = sim.view(made)
    moved = dataclasses.replace(made.source, store=other.store)
    for source in (moved, pickle.loads(pickle.dumps(made.source))):
        with pytest.raises(ScenarioError, match=r"found a run or view made by hand|found those of several"):
            sim.measure(dataclasses.replace(view, source=source), targets=20)


def test_one_shard_is_checked_in_another_process_as_here(cut):
    """Workers get the rows pickled; each checks the shards it takes."""
    sent = pickle.loads(pickle.dumps(cut.source))
    rows = [len(block.plate) for shard in range(SHARDS) for block in sent.blocks(shard, NOBODY)]
    assert sum(rows) == cut.n_sightings


# Nothing is told


@pytest.mark.usefixtures("no_sample")
def test_no_page_and_no_number_comes_of_a_run_that_was_altered(cut, tmp_path, capsys):
    folder = copy_of(cut, tmp_path)
    run = sim.open_run(folder)
    view = sim.view(run)
    table = table_of(cut.store, 3)
    table[-1, 1] += 1
    forge(folder, [in_order(table)], 3)
    with pytest.raises(ScenarioError, match="found altered rows"):
        sim.write_page(view, sim.measure(view, targets=20), tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
    assert capsys.readouterr().out == ""
