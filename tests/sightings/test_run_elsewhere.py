"""Runs at an address rather than a path: the same rows, the same refusals, whatever store they lie in."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from fake_run import full_disk
from fsspec.implementations.memory import MemoryFileSystem
from views import TOWN
from worlds import town_scenario

import simulate as sim
from simulate.checks import ScenarioError
from simulate.risk.assumptions import read_assumptions
from simulate.sightings import draw
from simulate.sightings.verify import verify
from simulate.store.address import storage_at
from simulate.store.remote import LOCK

SHARDS = 4
ADDRESS = "memory://bucket/run"


@pytest.fixture(autouse=True)
def _empty_memory():
    """Begin and end with nothing in memory."""
    MemoryFileSystem.store.clear()
    yield
    MemoryFileSystem.store.clear()


@pytest.fixture(scope="module")
def scenario():
    return town_scenario(1, **TOWN)


@pytest.fixture(scope="module")
def whole(scenario, tmp_path_factory):
    """The run on disk, in one shard."""
    return sim.run(scenario, tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture
def in_shards(monkeypatch, whole):
    """Cut runs into several shards."""
    monkeypatch.setattr(draw, "SHARD_ROWS", whole.n_sightings / SHARDS)


@pytest.mark.usefixtures("in_shards")
def test_a_run_in_memory_is_drawn_opened_measured_and_verified_as_one_on_disk(scenario, whole, tmp_path):
    made, on_disk = sim.run(scenario, ADDRESS), sim.run(scenario, tmp_path / "run")
    assert made.store.n_shards == SHARDS
    assert made.store.manifest() == on_disk.store.manifest()
    assert made.store.manifest()["run_hash"] == whole.store.manifest()["run_hash"]
    assert storage_at(ADDRESS).files("") == storage_at(tmp_path / "run").files("")
    assert verify(ADDRESS) == []
    opened = sim.open_run(ADDRESS)
    asked = {"measures": ["exposure", "anchors"], "targets": 20}
    assert str(sim.measure(sim.view(opened), **asked)) == str(sim.measure(sim.view(on_disk), **asked))
    assert json.loads(storage_at(ADDRESS).read("manifest.json")) == made.store.manifest()


@pytest.mark.usefixtures("in_shards")
def test_an_interrupted_run_in_memory_is_resumed(scenario, whole):
    def stop(done, _total, _rows):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sim.run(scenario, ADDRESS, progress=stop)
    with pytest.raises(ScenarioError, match="found an interrupted one with 2 of 4 shards"):
        sim.open_run(ADDRESS)
    told = []
    resumed = sim.run(scenario, ADDRESS, progress=lambda *now: told.append(now[:2]))
    assert told == [(2, SHARDS), (3, SHARDS), (4, SHARDS)]
    assert resumed.store.manifest()["run_hash"] == whole.store.manifest()["run_hash"]
    assert LOCK not in storage_at(ADDRESS).files("")


@pytest.mark.usefixtures("in_shards")
def test_a_fault_amid_a_shard_leaves_no_object_of_it(scenario, monkeypatch):
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full_disk(pq.ParquetWriter.write_batch, 2))
    with pytest.raises(OSError, match="No space left"):
        sim.run(scenario, ADDRESS)
    assert len(storage_at(ADDRESS).files("sightings")) <= 1
    assert "manifest.json" not in storage_at(ADDRESS).entries()


@pytest.mark.usefixtures("in_shards")
def test_several_processes_draw_into_the_address_of_a_folder(scenario, whole, tmp_path):
    address = (tmp_path / "run").as_uri()
    made = sim.run(scenario, address, workers=2)
    assert made.store.manifest()["run_hash"] == whole.store.manifest()["run_hash"]
    assert verify(address) == verify(tmp_path / "run") == []


def test_several_processes_share_no_memory(scenario):
    with pytest.raises(ScenarioError, match="workers: expected 1 for memory://bucket/run, found 2"):
        sim.run(scenario, ADDRESS, workers=2)
    assert storage_at(ADDRESS).files("") == []


def damaged(content):
    return content[:-100]


def altered(content):
    changed = bytearray(content)
    changed[len(content) // 3] ^= 1
    return bytes(changed)


@pytest.mark.usefixtures("in_shards")
@pytest.mark.parametrize(("harm", "says"), [(damaged, "unreadable or truncated"), (altered, "rows"), (None, "missing")])
def test_a_harmed_object_is_named_and_not_measured(scenario, harm, says):
    files, run = storage_at(ADDRESS), sim.run(scenario, ADDRESS)
    part = run.store.part(2)
    content = files.read(part)
    files.delete(part)
    if harm is not None:
        files.write_text(part, "")
        with files.writing(part) as handle:
            handle.write(harm(content))
    (fault,) = verify(ADDRESS)
    assert fault.startswith(f"shard 2 ({part}): ")
    assert says in fault
    with pytest.raises(ScenarioError, match=f"^{ADDRESS}(/{part})?: expected (a table|the shard|rows drawn)"):
        sim.measure(sim.view(run), ["exposure"], targets=20)


def test_a_run_of_another_seed_and_a_folder_of_others_are_refused(scenario):
    sim.run(scenario, ADDRESS)
    with pytest.raises(ScenarioError, match=rf"{ADDRESS}/scenario.json: seed: expected 2 as asked, found 1"):
        sim.run(town_scenario(2, **TOWN), ADDRESS)
    storage_at("memory://thesis").write_text("chapters/one.txt", "mine")
    with pytest.raises(ScenarioError, match=r"memory://thesis: .* found a folder with other files, such as 'chapters'"):
        sim.run(scenario, "memory://thesis")
    assert storage_at("memory://thesis").files("") == ["chapters/one.txt"]


def test_a_run_that_another_draws_into_is_refused_and_stays_as_it_was(scenario):
    files = storage_at(ADDRESS)
    with files.lock(), pytest.raises(ScenarioError, match=f"{ADDRESS}: expected a folder of its own"):
        sim.run(scenario, ADDRESS)
    assert files.files("") == []


def test_nothing_at_an_address_is_no_run():
    with pytest.raises(ScenarioError, match=f"{ADDRESS}: expected the folder of a run, found no scenario.json"):
        sim.open_run(ADDRESS)
    (fault,) = verify(ADDRESS)
    assert "found no scenario.json" in fault


def test_ranges_of_a_sweep_stand_beside_a_run_in_memory(tmp_path):
    small = {"roads.population": 300, "roads.density_per_km2": 150, "period.days": 2}
    swept = sim.sweep("smallville", measures=["exposure"], targets=20, run=ADDRESS, work=tmp_path, overrides=small)
    assert read_assumptions(storage_at(ADDRESS)) == swept.assumptions
    assert list(tmp_path.glob("*/assumptions.json")) == []
