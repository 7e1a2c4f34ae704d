from __future__ import annotations

import multiprocessing
import os

import numba
import numpy as np
import pytest
from fake_run import (
    N_HOUSEHOLDS,
    PER_SHARD,
    folder_of,
    identity,
    joined,
    make_deadly_draw,
    make_draw,
    make_draw_on_full_disk,
    make_slow_draw,
    rows_of_household,
    run,
)

from simulate.checks import ScenarioError
from simulate.engines.processes import Processes, ShardError
from simulate.sightings.engine import run_shards
from simulate.sightings.store import create_or_resume
from simulate.sightings.verify import verify

N_SHARDS = N_HOUSEHOLDS // PER_SHARD


@pytest.fixture
def store(tmp_path):
    return create_or_resume(tmp_path / "run", identity())


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """One run in one process."""
    return run(tmp_path_factory.mktemp("expected"))


@pytest.mark.parametrize(("per_shard", "workers"), [(N_HOUSEHOLDS, 1), (17, 1), (1, 1), (20, 2), (13, 3)])
def test_any_shard_size_and_number_of_workers_gives_the_same_rows(tmp_path, expected, per_shard, workers):
    store = create_or_resume(tmp_path, identity(per_shard))
    records = run_shards(range(store.n_shards), store, make_draw, per_shard, engine=Processes(workers))
    assert store.finish(2 * N_HOUSEHOLDS)["run_hash"] == expected.manifest()["run_hash"]
    assert store.whole() == records
    drawn = joined(rows_of_household(household) for household in range(N_HOUSEHOLDS))
    assert all(np.array_equal(kept, row) for kept, row in zip(joined(store.blocks()), drawn, strict=True))


def test_progress_counts_from_what_is_whole_already(store):
    first = run_shards([4, 1], store, make_draw, PER_SHARD)
    told = []
    records = run_shards(range(N_SHARDS), store, make_draw, PER_SHARD, progress=lambda *told_now: told.append(told_now))
    n_first = sum(record.rows for record in first.values())
    assert told[0] == (2, N_SHARDS, n_first)
    assert told[-1] == (N_SHARDS, N_SHARDS, sum(record.rows for record in records.values()))
    assert [done for done, _, _ in told] == [2, 3, 4, 5, 6]


def test_whole_shards_are_not_drawn_again(store):
    run_shards(range(N_SHARDS), store, make_draw, PER_SHARD)

    def never(payload):
        raise AssertionError(payload)

    assert len(run_shards(range(N_SHARDS), store, never, PER_SHARD)) == N_SHARDS


def test_a_killed_worker_costs_no_shard(tmp_path, store, expected):
    run_shards(range(N_SHARDS), store, make_deadly_draw, (tmp_path, 1, 2), engine=Processes(2))
    store.write_world({})
    assert store.finish(1)["run_hash"] == expected.manifest()["run_hash"]
    assert len(list(tmp_path.glob("died-*"))) == 2
    assert verify(folder_of(store)) == []


def test_a_shard_that_always_kills_its_worker_is_named(tmp_path, store):
    with pytest.raises(ShardError, match=r"^shard 2: its worker process died 3 times"):
        run_shards(range(N_SHARDS), store, make_deadly_draw, (tmp_path, 2, 99), engine=Processes(2))
    assert len(list(tmp_path.glob("died-*"))) == 3
    assert list(folder_of(store).rglob("*.tmp")) == []
    assert 2 not in store.whole()


def test_a_full_disk_in_a_worker_is_told_as_such_and_keeps_whole_shards(store):
    run_shards([5], store, make_draw, PER_SHARD)
    with pytest.raises(ScenarioError, match=r"disk full.*run the same command again to resume") as told:
        run_shards(range(N_SHARDS), store, make_draw_on_full_disk, PER_SHARD, engine=Processes(2))
    assert told.value.where == str(folder_of(store))
    assert list(folder_of(store).rglob("*.tmp")) == []
    assert 5 in store.whole()


def test_an_interrupt_stops_workers_at_once_and_leaves_nothing_half_done(store):
    def interrupt(done, _, __):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_shards(range(N_SHARDS), store, make_slow_draw, PER_SHARD, engine=Processes(2), progress=interrupt)
    assert multiprocessing.active_children() == []
    assert list(folder_of(store).rglob("*.tmp")) == []
    assert list(store.whole()) == [0, 1]


def make_draw_with_one_thread(per_shard):
    if numba.config.NUMBA_NUM_THREADS != 1:
        raise ScenarioError("worker", "one thread", numba.config.NUMBA_NUM_THREADS)
    return make_draw(per_shard)


@pytest.mark.parametrize("before", [None, "2"])
def test_a_worker_has_one_thread_and_the_environment_is_put_back(store, monkeypatch, before):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    if before is not None:
        monkeypatch.setenv("NUMBA_NUM_THREADS", before)
    run_shards([2], store, make_draw_with_one_thread, PER_SHARD, engine=Processes(2))
    assert os.environ.get("NUMBA_NUM_THREADS") == before


def test_a_fault_of_the_draw_arrives_and_leaves_nothing_half_done(store):
    def make_broken_draw(_):
        def draw(shard):
            yield rows_of_household(shard)
            raise ZeroDivisionError

        return draw

    with pytest.raises(ZeroDivisionError):
        run_shards([3], store, make_broken_draw, None)
    assert [file.name for file in folder_of(store).rglob("*") if file.is_file()] == ["scenario.json"]
