"""Arrays in files: ordinary to whoever computes, places in files to whoever hands them on."""

from __future__ import annotations

import errno
import io
import os

import numpy as np
import pytest
from worlds import WATCHERS, finish, rows_of, town_scenario

import simulate as sim
from simulate import mapped
from simulate.checks import ScenarioError
from simulate.engines.engine import Task
from simulate.engines.processes import Processes
from simulate.world.build import build_world


@pytest.fixture
def in_files(monkeypatch) -> None:
    """Put every array that may lie in a file into one, however small."""
    monkeypatch.setattr(mapped, "LARGE", 1)


def test_small_arrays_lie_in_memory_and_large_ones_in_files(monkeypatch):
    assert mapped.mapping_of(mapped.room(10, np.int64)) is None
    monkeypatch.setattr(mapped, "LARGE", 80)
    held = mapped.room((5, 2), np.int64)
    assert mapped.mapping_of(held) is not None
    assert mapped.mapping_of(held[1:].reshape(-1)) is mapped.mapping_of(held)
    assert not held.any()
    assert held.flags.writeable
    assert held.flags.c_contiguous


@pytest.mark.usefixtures("in_files")
def test_what_was_written_comes_back_after_its_memory_was_given_back():
    held = mapped.room(100_000, np.int64)
    held[:] = np.arange(100_000)
    before = resident_kb()
    mapped.release([held, np.arange(3), None])
    assert resident_kb() < before - 400
    np.testing.assert_array_equal(held, np.arange(100_000))


def resident_kb() -> int:
    """Return how much memory this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.parametrize("large", [1, 1 << 20])
def test_a_tape_holds_what_was_appended_in_order(monkeypatch, large):
    monkeypatch.setattr(mapped, "LARGE", large)
    tape = mapped.Tape(np.uint32)
    for some in (np.arange(3), np.empty(0), np.array([7, 2**32 - 1])):
        tape.append(some)
    wound = tape.wound()
    assert wound.tolist() == [0, 1, 2, 7, 2**32 - 1]
    assert wound.dtype == np.uint32
    assert wound.flags.writeable
    assert mapped.Tape(np.int8).wound().tolist() == []


@pytest.mark.usefixtures("in_files")
def test_parts_are_joined_and_pieces_cover_all():
    assert [(some.start, some.stop) for some in mapped.pieces(5, 2)] == [(0, 2), (2, 4), (4, 5)]
    assert list(mapped.pieces(0)) == []
    whole = mapped.joined((np.arange(some.start, some.stop) for some in mapped.pieces(5, 2)), 5, np.uint8)
    assert whole.tolist() == [0, 1, 2, 3, 4]


def test_a_full_disk_is_named(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(ScenarioError, match=r"room for 34 MB, found No space left on device; .* TMPDIR"):
        mapped.room(1 << 25, np.uint8)


@pytest.mark.usefixtures("in_files")
def test_arrays_in_files_are_packed_as_places():
    held = mapped.room(1 << 20, np.int64)
    held[:] = np.arange(1 << 20)
    package = io.BytesIO()
    pickler = mapped.Pickler(package)
    pickler.dump((held, held[5:9], held[::2][:3], np.arange(4)))
    assert len(pickler.mappings) == 1
    assert len(package.getvalue()) < 1000
    package.seek(0)
    opened = mapped.Unpickler(package, [one.number for one in pickler.mappings]).load()
    assert [part.tolist() for part in opened[1:]] == [[5, 6, 7, 8], [0, 2, 4], [0, 1, 2, 3]]
    np.testing.assert_array_equal(opened[0], held)
    assert mapped.mapping_of(opened[1]) is mapped.mapping_of(opened[0])
    held[6] = -1
    assert opened[1][1] == -1, "they share one file"


def make_sum(array):
    """Make a task that adds up an array and says whether it lies in a file."""

    def task(shard):
        return int(array[shard:].sum()), mapped.mapping_of(array) is not None

    return task


@pytest.mark.usefixtures("in_files")
def test_workers_open_arrays_in_files_instead_of_copies():
    held = mapped.room(1000, np.int64)
    held[:] = 1
    assert dict(Processes(2).map(Task(make_sum, held), range(3))) == {shard: (1000 - shard, True) for shard in range(3)}


def test_rows_are_the_same_in_files_and_in_memory(monkeypatch, tmp_path):
    """People, calendars and routes of a town, drawn here and in workers; calendars packed a few zones at a time."""
    scenario = town_scenario(3, **{key.replace(".", "__"): value for key, value in WATCHERS.items()})
    plain = finish(scenario, build_world(scenario))
    for name, size in (("LARGE", 1), ("PIECE", 37)):
        monkeypatch.setattr(mapped, name, size)
    monkeypatch.setattr("simulate.sightings.packing.PIECE", 37)
    in_files = finish(scenario, build_world(scenario))
    assert mapped.mapping_of(in_files.lives.tables.people.home) is not None
    assert mapped.mapping_of(in_files.deployment.coverage.patrols.visit) is not None
    assert in_files.deployment.visits.n > 200
    rows = rows_of(plain.tables)
    assert len(rows) > 100
    np.testing.assert_array_equal(rows_of(in_files.tables), rows)
    np.testing.assert_array_equal(in_files.deployment.sites.visits, plain.deployment.sites.visits)
    drawn = sim.run(scenario, tmp_path / "run", workers=2)
    assert drawn.n_sightings == len(rows)
