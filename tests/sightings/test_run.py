"""A run opens only if it was drawn from its scenario, and leaves nothing behind if refused."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from fake_run import folder_of
from views import MONDAY, TOWN
from worlds import rows_of, small, town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.sightings import draw, drawn
from simulate.sightings import run as runs
from simulate.sightings.store import Rows, create_or_resume, open_store
from simulate.sightings.verify import verify
from simulate.store import local
from simulate.travel.life import make_lives
from simulate.world.build import build_world

SHARDS = 4


@pytest.fixture(scope="module")
def scenario():
    return town_scenario(1, **TOWN)


@pytest.fixture(scope="module")
def made(scenario, tmp_path_factory):
    """A run on disk; not to be written to."""
    return sim.run(scenario, tmp_path_factory.mktemp("made") / "run")


@pytest.fixture
def copied(made, tmp_path):
    """A copy of it that may be spoilt."""
    return shutil.copytree(folder_of(made.store), tmp_path / "run")


@pytest.fixture
def in_shards(monkeypatch, made):
    """Cut runs into several shards."""
    monkeypatch.setattr(draw, "SHARD_ROWS", made.n_sightings / SHARDS)


def rows_in(store):
    return np.concatenate([np.stack([b.plate, b.time, b.site], axis=1) for b in store.blocks()]).astype(np.int64)


def rewrite(folder, table):
    """Put other rows into a run, with every hash made to fit."""
    store = open_store(folder)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))].astype(np.uint32)
    n_vehicles = store.manifest()["n_vehicles"]
    (folder / "manifest.json").unlink()
    store.write_shard(0, [Rows(table[:, 0].copy(), table[:, 2].copy(), table[:, 1].copy())])
    store.finish(n_vehicles)
    assert verify(folder) == []


def test_a_run_holds_the_rows_that_its_scenario_draws(made, scenario):
    town = small(scenario)
    assert np.array_equal(rows_in(made.store), rows_of(town.tables))
    assert made.n_sightings == len(rows_of(town.tables))
    assert made.n_vehicles == town.lives.population.n_vehicles
    assert verify(folder_of(made.store)) == []


def test_an_opened_run_is_the_run_that_was_made(made, scenario):
    opened = sim.open_run(str(folder_of(made.store)))
    assert opened.scenario.identity == scenario.identity
    assert opened.scenario.settings.period.start == MONDAY
    assert opened.store == made.store
    assert np.array_equal(opened.world.readers.uid, made.world.readers.uid)
    assert np.array_equal(opened.lives.population.home, made.lives.population.home)
    view = [sim.view(run, ladder=["1d", "forever"]) for run in (made, opened)]
    assert sim.measure(view[0], targets=20) == sim.measure(view[1], targets=20)


def test_running_again_draws_nothing_and_gives_the_same_run(made, scenario, monkeypatch):
    def never(*_args, **_options):
        raise AssertionError("drawn again")

    monkeypatch.setattr(runs, "run_shards", never)
    before = {file: file.stat().st_mtime_ns for file in folder_of(made.store).rglob("*")}
    again = sim.run(scenario, folder_of(made.store))
    assert again.store.manifest() == made.store.manifest()
    assert {file: file.stat().st_mtime_ns for file in folder_of(made.store).rglob("*")} == before


def later(table):
    return table + np.array([0, 60, 0])


def other_readers(table):
    return np.column_stack([table[:, :2], (table[:, 2] + 1) % 10])


def other_plates(table):
    return np.column_stack([(table[:, 0] + 7) % 500, table[:, 1:]])


def no_rows(table):
    return table[:0]


@pytest.mark.parametrize("alter", [later, other_readers, other_plates, no_rows])
def test_rows_that_were_altered_with_all_their_hashes_are_refused(copied, alter):
    rewrite(copied, alter(rows_in(open_store(copied))))
    with pytest.raises(
        ScenarioError, match=r"expected rows drawn from scenario 'town', seed 1, found other rows"
    ) as told:
        sim.open_run(copied)
    assert told.value.where == str(copied)
    assert "real reads stay out" in told.value.remedy
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("where", ["first", "last"])
def test_no_plate_is_beyond_the_reach_of_the_redraw(copied, made, monkeypatch, where):
    table, n = rows_in(open_store(copied)), made.lives.plates.n
    rewrite(copied, np.concatenate([table, [[0 if where == "first" else n - 1, 99_999, 0]]]))
    monkeypatch.setattr(drawn, "LOOK_ROWS", 0)
    monkeypatch.setattr(drawn, "secrets", SimpleNamespace(randbelow=lambda n: 0 if where == "first" else n - 1))
    with pytest.raises(ScenarioError, match=f"other rows for plates {0 if where == 'first' else n - 256} to"):
        sim.open_run(copied)


def test_the_plate_of_any_row_is_looked_at(copied, monkeypatch):
    table = rows_in(open_store(copied))
    at = len(table) // 3
    table[at, 1] += 1
    rewrite(copied, table)
    monkeypatch.setattr(drawn, "LOOK_SLICES", 0)
    monkeypatch.setattr(drawn, "secrets", SimpleNamespace(randbelow=lambda _: at))
    first = table[at, 0] // 32 * 32
    with pytest.raises(ScenarioError, match=f"other rows for plates {first} to {first + 31};"):
        sim.open_run(copied)


def test_rows_of_plates_that_there_are_not_are_refused(copied, made):
    table, n = rows_in(open_store(copied)), made.lives.plates.n
    rewrite(copied, np.concatenate([table, [[n, 50_000, 0]]]))
    with pytest.raises(ScenarioError, match=rf"found plates \d+ to {n} at sites up to \d+ in a shard of plates 0 to "):
        sim.open_run(copied)


def test_rows_of_sites_that_there_are_not_are_refused(copied, made):
    table = rows_in(open_store(copied))
    sites = made.deployment.sites.n
    table[len(table) // 2, 2] = sites
    rewrite(copied, table)
    with pytest.raises(ScenarioError, match=rf"at sites up to {sites} in a shard of .*, where there are {sites} sites"):
        sim.open_run(copied)


def test_a_town_smaller_than_a_slice_is_redrawn_whole(tmp_path):
    scenario = town_scenario(2, **{"period.days": 3, "roads.population": 40})
    run = sim.run(scenario, tmp_path / "run")
    assert run.lives.plates.tables.groups <= drawn.SLICE_GROUPS
    sim.open_run(folder_of(run.store))
    table = rows_in(run.store)
    rewrite(folder_of(run.store), np.delete(table, len(table) // 2, axis=0))
    with pytest.raises(ScenarioError, match=r"found other rows"):
        sim.open_run(folder_of(run.store))


def test_a_scenario_that_was_altered_after_the_draw_is_refused(copied):
    file = copied / "scenario.json"
    file.write_text(file.read_text().replace('"capture_day": 0.95', '"capture_day": 0.94'))
    assert "0.94" in file.read_text()
    with pytest.raises(ScenarioError, match=r"expected the manifest of this run, found that of another scenario"):
        sim.open_run(copied)


def test_rows_under_the_name_of_another_scenario_are_refused(made, tmp_path):
    claimed = town_scenario(2, **TOWN)
    store = create_or_resume(tmp_path / "run", {**made.store.identity, "seed": 2, "scenario": claimed.resolved()})
    world = build_world(claimed)
    lives = make_lives(claimed, world)
    store.write_world(runs.world_tables(world, lives, draw.deployment_of(claimed, world, lives)))
    store.write_shard(0, made.store.blocks())
    store.finish(made.n_vehicles)
    assert verify(folder_of(store)) == []
    with pytest.raises(ScenarioError, match=r"expected rows drawn from scenario 'town', seed 2, found"):
        sim.open_run(folder_of(store))


def test_a_run_keeps_where_its_values_are_from_beside_what_it_is(made, copied):
    opened = sim.open_run(copied)
    assert opened.scenario.sources == made.scenario.sources
    assert opened.scenario.sources["period.days"] == "set for this run"
    (copied / "sources.json").write_text("[]")
    with pytest.raises(ScenarioError, match=r"sources.json: expected a table of keys, found list; delete it"):
        sim.open_run(copied)
    (copied / "sources.json").unlink()
    assert sim.open_run(copied).scenario.sources == {}


def test_an_altered_world_is_refused(copied):
    sites = copied / "world" / "sites.parquet"
    table = open_store(copied).world("sites")
    sites.unlink()
    open_store(copied).write_world({"sites": table.slice(1)})
    with pytest.raises(ScenarioError, match=r"expected the world this run began with, found another one"):
        sim.open_run(copied)


def test_a_world_with_a_table_missing_is_refused_and_not_mended(copied):
    (copied / "world" / "zones.parquet").unlink()
    with pytest.raises(ScenarioError, match="expected the tables of its world, found no zones; see: plateprint verify"):
        sim.open_run(copied)
    assert not (copied / "world" / "zones.parquet").exists()


@pytest.mark.parametrize(
    ("seed", "change", "key"),
    [
        (2, {}, "seed: expected 2 as asked, found 1"),
        (1, {"readers.capture_day": 0.5}, "scenario.readers.capture_day: expected 0.5 as asked, found 0.95"),
        (1, {"measure.targets": 50}, "scenario.measure.targets: expected 50 as asked, found 1000"),
    ],
    ids=["another seed", "other readers", "other questions, which a view can ask without another run"],
)
def test_a_folder_that_holds_another_run_is_refused_and_left_alone(copied, seed, change, key):
    before = {file: file.read_bytes() for file in copied.rglob("*") if file.is_file()}
    with pytest.raises(ScenarioError, match=f"scenario.json: {key}; choose another folder"):
        sim.run(town_scenario(seed, **{**TOWN, **change}), copied)
    assert {file: file.read_bytes() for file in copied.rglob("*") if file.is_file()} == before


@pytest.mark.usefixtures("in_shards")
def test_the_key_that_changed_is_named_and_not_the_number_of_shards_that_follows(copied):
    with pytest.raises(ScenarioError, match=r"scenario.period.days: expected 20 as asked, found 10; choose another"):
        sim.run(town_scenario(1, **{**TOWN, "period.days": 20}), copied)


def test_other_questions_draw_the_same_rows(made, tmp_path):
    other = sim.run(town_scenario(1, **{**TOWN, "measure.targets": 50, "measure.near_m": 100}), tmp_path / "run")
    assert other.store.manifest()["run_hash"] == made.store.manifest()["run_hash"]
    assert other.scenario.identity != made.scenario.identity


def test_who_shares_with_whom_changes_no_row(made, tmp_path):
    sharing = {"source": "generated", "agencies": 100, "mean_partners": 9, "median_partners": 5, "within_state": 0.1,
               "federal_agencies": 0, "federal_access": 0}  # fmt: skip
    shared = {f"sharing.{key}": value for key, value in sharing.items()}
    other = sim.run(town_scenario(1, **{**TOWN, **shared}), tmp_path / "run")
    assert other.store.manifest()["run_hash"] == made.store.manifest()["run_hash"]


def test_a_scenario_that_cannot_be_built_leaves_no_folder(tmp_path):
    scenario = town_scenario(1, **{**TOWN, "readers.place.police.count": 100_000})
    with pytest.raises(ScenarioError, match=r"readers.place.police.count"):
        sim.run(scenario, tmp_path / "deep" / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_network_without_files_says_how_to_give_them(tmp_path):
    with pytest.raises(
        ScenarioError, match=r"^roads.path: expected the folder of a TNTP network, found nothing"
    ) as told:
        sim.run(sim.load("anaheim"), tmp_path / "run")
    assert 'overrides=["roads.path=FOLDER"]' in told.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_disk_too_small_is_told_before_anything_is_written(scenario, tmp_path, monkeypatch):
    monkeypatch.setattr(local.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(
        ScenarioError, match=r"expected 0\.\d MB free for about [\d,]+ sightings, found 0.0 MB free; choose"
    ):
        sim.run(scenario, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_is_refused_and_left_alone(scenario, tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(ScenarioError, match=r"found a folder with other files, such as 'diary.txt'"):
        sim.run(scenario, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["diary.txt"]


def test_a_file_for_a_folder_is_refused(scenario, tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(ScenarioError, match=r"expected a folder, found a file"):
        sim.run(scenario, tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_a_folder_without_a_run_cannot_be_opened(tmp_path, kind):
    folder = tmp_path / "run"
    if kind == "empty":
        folder.mkdir()
    with pytest.raises(ScenarioError, match=r"expected the folder of a run, found no scenario.json; make a run with"):
        sim.open_run(folder)
    assert folder.exists() == (kind == "empty")


def interrupted(scenario, folder, workers):
    """Stop a run after its second shard."""

    def stop(done, _total, _rows):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sim.run(scenario, folder, workers=workers, progress=stop)


@pytest.mark.usefixtures("in_shards")
def test_an_interrupted_run_cannot_be_opened_and_says_how_to_resume(scenario, tmp_path):
    interrupted(scenario, tmp_path / "run", 1)
    with pytest.raises(
        ScenarioError, match=r"found an interrupted one with 2 of 4 shards; resume it with: plateprint run"
    ):
        sim.open_run(tmp_path / "run")


@pytest.mark.usefixtures("in_shards")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_resumed_run_equals_one_that_was_not_interrupted(scenario, made, tmp_path, workers):
    folder, told = tmp_path / "run", []
    interrupted(scenario, folder, workers)
    kept = {file: file.stat().st_mtime_ns for file in (folder / "sightings").rglob("*.parquet")}
    assert len(kept) >= 2
    resumed = sim.run(scenario, folder, workers=workers, progress=lambda *now: told.append(now))
    assert told[0][:2] == (len(kept), SHARDS)
    assert told[-1] == (SHARDS, SHARDS, made.n_sightings)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert resumed.store.manifest()["run_hash"] == made.store.manifest()["run_hash"]
    assert np.array_equal(rows_in(resumed.store), rows_in(made.store))
    assert verify(folder) == []
    assert json.loads((folder / "manifest.json").read_text())["n_vehicles"] == made.n_vehicles


@pytest.mark.usefixtures("in_shards")
def test_a_resumed_draw_may_not_take_up_another_number_of_shards(scenario, copied):
    with pytest.raises(ScenarioError, match=r"scenario.json: n_shards: expected 4 as asked, found 1"):
        sim.run(scenario, copied)


def test_the_stored_scenario_is_all_that_a_run_needs(made):
    identity = open_store(folder_of(made.store)).identity
    assert identity["scenario"] == made.scenario.resolved()
    assert create_or_resume(folder_of(made.store), identity).complete()
