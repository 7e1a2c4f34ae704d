"""Every store keeps the same promises, and each says in one message what it cannot do."""

from __future__ import annotations

import json
import os
import pickle
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from simulate.checks import ScenarioError
from simulate.store import remote
from simulate.store.address import is_remote, local_path, storage_at
from simulate.store.local import LocalFolder
from simulate.store.remote import LOCK, RemoteFolder


@pytest.fixture(autouse=True)
def _empty_memory():
    """Begin and end with nothing in memory."""
    MemoryFileSystem.store.clear()
    yield
    MemoryFileSystem.store.clear()


@pytest.fixture(params=["path", "file", "memory"])
def files(request, tmp_path):
    """A store at a path, at the address of a folder, and in memory."""
    addresses = {"path": tmp_path / "a run", "file": (tmp_path / "a run").as_uri(), "memory": "memory://deep/a run"}
    return storage_at(addresses[request.param])


def write(files, name, content):
    with files.writing(name) as handle:
        handle.write_bytes(content) if isinstance(handle, Path) else handle.write(content)


def write_half(files, name):
    """Fail amid a file."""
    with files.writing(name) as handle:
        handle.write_bytes(b"ha") if isinstance(handle, Path) else handle.write(b"ha")
        raise ZeroDivisionError


def read(files, name, start, n):
    """Read some bytes of a file as a library would."""
    with files.reading(name) as handle:
        if isinstance(handle, Path):
            return handle.read_bytes()[start : start + n]
        handle.seek(start)
        return handle.read(n)


def test_a_store_is_known_by_its_address(tmp_path):
    assert storage_at(tmp_path) == storage_at(str(tmp_path)) == storage_at(tmp_path.as_uri()) == LocalFolder(tmp_path)
    assert storage_at("memory://run") == RemoteFolder("memory://run")
    assert [is_remote(one) for one in ("runs/a", Path("runs/a"), "file:///runs/a", "s3://runs/a")] == [0, 0, 0, 1]
    assert local_path("file:///runs/a%20b") == Path("/runs/a b")
    assert storage_at("memory://run").place("world/x") == "memory://run/world/x"
    assert storage_at(tmp_path).place("world/x") == str(tmp_path / "world" / "x")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("file://elsewhere/run", "file://elsewhere/run: expected a folder of this machine, found one of elsewhere"),
        ("file://", "file://: expected a folder of this machine, found no path"),
        ("memry://run", "memry://run: expected a path, or an address .*did you mean 'memory'"),
        ("runs/\0", "expected a name without zero bytes"),
    ],
)
def test_an_address_of_nothing_is_refused(address, says):
    with pytest.raises(ScenarioError, match=says):
        storage_at(address).check()


def test_an_address_whose_library_is_absent_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ScenarioError, match=r"s3://bucket/run: expected an address whose library .* plateprint\[s3\]"):
        storage_at("s3://bucket/run").exists("x")


def test_what_is_written_is_there_and_may_be_read_in_parts(files):
    assert not files.exists("world/zones")
    write(files, "world/zones", b"0123456789" * 20_000)
    files.write_text("scenario.json", "é\n")
    assert files.exists("world/zones")
    assert not files.exists("world")
    assert files.size("world/zones") == 200_000
    assert read(files, "world/zones", 0, 3) == b"012"
    assert read(files, "world/zones", 199_995, 100) == b"56789"
    assert read(files, "world/zones", 99_999, 100_000) == b"9" + b"0123456789" * 9_999 + b"012345678"
    assert files.read("scenario.json") == "é\n".encode()
    files.write_text("scenario.json", "shorter")
    assert files.read("scenario.json") == b"shorter"


def test_files_are_listed_in_order_and_deleted_once_or_twice(files):
    assert (list(files.entries()), list(files.files("parts"))) == ([], [])
    for name in ("parts/b/2", "parts/a/1", "parts/a/0", "manifest.json"):
        files.write_text(name, name)
    assert list(files.entries()) == ["manifest.json", "parts"]
    assert list(files.files("parts")) == ["parts/a/0", "parts/a/1", "parts/b/2"]
    files.delete("parts/a/1")
    files.delete("parts/a/1")
    assert list(files.files("parts")) == ["parts/a/0", "parts/b/2"]
    with pytest.raises(FileNotFoundError):
        files.read("parts/a/1")


def test_a_fault_leaves_nothing_new_and_the_old_as_it_was(files):
    files.write_text("x/old", "as it was")
    for name in ("x/old", "x/new"):
        with pytest.raises(ZeroDivisionError):
            write_half(files, name)
    assert list(files.files("x")) == ["x/old"]
    assert files.read("x/old") == b"as it was"


def test_what_a_killed_process_left_is_deleted(tmp_path):
    files = storage_at(tmp_path)
    files.write_text("world/zones", "whole")
    (tmp_path / "world" / "zones.1234.tmp").write_text("half")
    files.delete_unfinished()
    assert files.files("") == ["world/zones"]


def test_only_one_may_write_at_a_time(files):
    with files.lock():
        assert list(files.entries()) == []
        with pytest.raises(ScenarioError, match="expected a folder of its own, found one that") as told, files.lock():
            pass
        assert told.value.where == files.address
    with files.lock():
        pass
    assert list(files.files("")) == []


def test_a_fault_gives_the_lock_back(files):
    with pytest.raises(ZeroDivisionError), files.lock():
        raise ZeroDivisionError
    with files.lock():
        pass


def lock_of(**owner):
    held = {"owner": {"machine": platform.node(), "process": os.getpid(), **owner}, "at": "2025-03-03T04:05:06+00:00"}
    return json.dumps(held)


def test_the_lock_of_an_ended_process_of_this_machine_is_taken_over():
    files = storage_at("memory://run")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    files.write_text(LOCK, lock_of(process=ended.pid))
    with files.lock():
        assert json.loads(files.read(LOCK))["owner"]["process"] == os.getpid()
    assert files.files("") == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lock_of(), f"process {os.getpid()} of {platform.node()} is drawing into since 2025-03-03T04:05:06"),
        (lock_of(machine="elsewhere", process=1), "process 1 of elsewhere is drawing into since 2025-03-03T04:05:06"),
        ("{", "process [?] of an unknown machine is drawing into since an unknown time"),
    ],
    ids=["this machine", "another", "damaged"],
)
def test_the_lock_of_any_other_says_whose_it_is_and_stays(content, says):
    files = storage_at("memory://run")
    files.write_text(LOCK, content)
    with pytest.raises(ScenarioError, match=rf"{says}.*or delete memory://run/{LOCK}"), files.lock():
        pass
    assert files.read(LOCK).decode() == content


def test_a_lock_that_another_took_meanwhile_is_not_deleted():
    files = storage_at("memory://run")
    with files.lock():
        files.write_text(LOCK, lock_of(machine="elsewhere"))
    assert "elsewhere" in files.read(LOCK).decode()


def test_a_file_for_a_folder_is_refused(files):
    files.write_text("x", "mine")
    with pytest.raises(ScenarioError, match="expected a folder, found a file"):
        storage_at(files.place("x")).check()
    files.check()


@pytest.mark.parametrize(
    "ask",
    [
        lambda files: files.check(),
        lambda files: files.exists("x"),
        lambda files: files.entries(),
        lambda files: files.files(""),
        lambda files: files.read("x"),
        lambda files: files.write_text("x", ""),
        lambda files: files.lock().__enter__(),
    ],
)
def test_a_store_out_of_reach_is_told_as_such_and_is_not_empty(monkeypatch, ask):
    def fail(*_, **__):
        raise ConnectionError("no route to host")

    for name in ("info", "ls", "find", "cat_file", "pipe_file", "open"):
        monkeypatch.setattr(MemoryFileSystem, name, fail)
    with pytest.raises(ScenarioError, match="memory://run: expected a store that can be reached, found ConnectionErr"):
        ask(storage_at("memory://run"))


def test_a_disk_has_limits_and_memory_is_not_shared(files):
    on_disk = isinstance(files, LocalFolder)
    assert files.shared == on_disk
    assert (files.free_bytes() is None) != on_disk


def test_a_store_is_sent_to_other_processes(files):
    assert pickle.loads(pickle.dumps(files)) == files


def test_readers_of_one_object_do_not_disturb_each_other():
    files = storage_at("memory://run")
    files.write_text("x", "0123456789" * 10_000)
    with files.reading("x") as one, files.reading("x") as other:
        one.seek(5)
        other.seek(70_007)
        assert (one.read(2), other.read(2)) == (b"56", b"78")


def test_addresses_are_opened_once(monkeypatch):
    remote._opened.cache_clear()
    asked = []
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda address: asked.append(address) or (MemoryFileSystem(), "/run"))
    files = storage_at("memory://run")
    assert [files.exists("x"), files.exists("y")] == [False, False]
    assert asked == ["memory://run"]
    remote._opened.cache_clear()
