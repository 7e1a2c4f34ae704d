"""Worlds kept on disk: the same as built, whatever happened to the folder."""

from __future__ import annotations

import dataclasses
import multiprocessing
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from worlds import anaheim_scenario, finish, rows_of, town_scenario

import simulate
from simulate.world import cache, entries
from simulate.world.build import World, build_world
from simulate.world.cache import cached_world, load_world, save_world, world_key

MID_TOWN = {"roads__population": 700, "roads__density_per_km2": 50, "period__days": 3}
"""Small but with more than 400 hubs."""


@pytest.fixture
def scenario():
    return town_scenario(7, **MID_TOWN)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PLATEPRINT_CACHE", str(tmp_path))
    return tmp_path / "worlds"


@pytest.fixture
def forbid_building(monkeypatch):
    def refuse(_):
        pytest.fail("it was built again")

    return lambda: monkeypatch.setattr(cache, "build_world", refuse)


def assert_same(one: object, other: object, name: str = "world") -> None:
    """Compare worlds bit by bit, with types and layout."""
    assert type(one) is type(other), name
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, name
        assert one.flags["C_CONTIGUOUS"] == other.flags["C_CONTIGUOUS"], name
        assert one.flags.writeable == other.flags.writeable, name
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), name
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{name}.{field.name}")
    else:
        assert one == other, name


def test_a_kept_world_is_the_one_that_was_built(scenario, folder, forbid_building):
    built = cached_world(scenario)
    assert len(list(folder.iterdir())) == 1
    forbid_building()
    opened = cached_world(scenario)
    assert isinstance(opened, World)
    assert_same(built, opened)
    assert_same(build_world(scenario), opened)
    assert isinstance(opened.destinations.base, np.memmap)


def test_a_world_with_a_trip_table_is_kept_too(data, tmp_path):
    built = build_world(anaheim_scenario(data))
    save_world(built, tmp_path / "entry")
    assert_same(built, load_world(tmp_path / "entry"))


def test_rows_are_the_same_with_and_without(scenario, folder):
    first, second = (finish(scenario, world(scenario)) for world in (build_world, cached_world))
    third = finish(scenario, cached_world(scenario))
    assert len(list(folder.iterdir())) == 1
    assert len(rows_of(first.tables)) > 100
    assert np.array_equal(rows_of(first.tables), rows_of(second.tables))
    assert np.array_equal(rows_of(first.tables), rows_of(third.tables))


def entry_of(folder: Path) -> Path:
    (entry,) = folder.iterdir()
    return entry


def test_whatever_file_is_damaged_the_world_is_built_again(scenario, folder):
    """Each file in turn: cut short, altered in one byte, gone; then the entry is mended."""
    built = cached_world(scenario)
    for name in sorted(path.name for path in entry_of(folder).iterdir()):
        path = entry_of(folder) / name
        for damage in (lambda b: b[:-1], lambda b: b[: len(b) // 2], empty, flip_last, None):
            content = path.read_bytes()
            path.write_bytes(damage(content)) if damage else path.unlink()
            assert load_world(entry_of(folder)) is None, name
            if damage is None:
                assert_same(built, cached_world(scenario), name)
                assert_same(built, load_world(entry_of(folder)), f"{name} mended")
            else:
                path.write_bytes(content)
    assert len(list(folder.iterdir())) == 1


def test_whatever_a_build_imports_decides_its_key():
    code = "import sys, simulate.world.build; print(*(m.__file__ for n, m in sys.modules.items() if 'simulate' in n))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    house = Path(simulate.__file__).parent
    taken = {Path(file) for file in done.stdout.split()}
    assert len(taken) > 30
    assert {file for file in taken if file.parent != house / "rules"} <= set(entries.sources(house))  # a public name


def test_an_array_with_any_broken_header_is_built_again(scenario, folder):
    """Headers of arrays are read as Python, and what is broken raises whatever Python does."""
    cached_world(scenario)
    path = entry_of(folder) / "zones.hub.npy"
    sound = path.read_bytes()
    for at in range(128):
        for bit in range(8):
            path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << bit]) + sound[at + 1 :])
            load_world(entry_of(folder))  # the same or nothing, but no traceback
    path.write_bytes(sound.replace(b")", b"(", 1))
    assert load_world(entry_of(folder)) is None


def empty(_: bytes) -> bytes:
    return b""


def flip_last(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def test_an_array_of_another_type_or_shape_is_refused(scenario, folder):
    cached_world(scenario)
    path = entry_of(folder) / "destinations.npy"
    destinations = np.load(path)
    for other in (
        destinations.view(np.int32),
        destinations.reshape(-1),
        destinations.astype(np.uint64),
        np.array({}, dtype=object),
    ):
        np.save(path, other, allow_pickle=True)
        assert load_world(entry_of(folder)) is None


def test_a_changed_text_of_the_manifest_is_noticed(scenario, folder):
    cached_world(scenario)
    path = entry_of(folder) / "world.json"
    text = path.read_text()
    assert '"smallville-pd"' in text
    path.write_text(text.replace("smallville-pd", "smallville-xx"))
    assert load_world(entry_of(folder)) is None


CHANGES = {
    "roads__population": 701,
    "travel__access_s": 61.0,
    "travel__distance_decay_s": 901.0,
    "readers__place__police__count": 7,
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_world_has_another_key(scenario, change):
    assert world_key(town_scenario(7, **MID_TOWN | {change: CHANGES[change]})) != world_key(scenario)
    assert world_key(town_scenario(8, **MID_TOWN)) != world_key(scenario)
    assert world_key(town_scenario(7, **MID_TOWN)) == world_key(scenario)


def test_what_the_world_does_not_read_does_not_change_the_key(scenario):
    other = town_scenario(7, **MID_TOWN | {"period__days": 9, "readers__misread": 0.2, "plates__format": "LLLDDDD"})
    assert world_key(other) == world_key(scenario)


def test_the_build_reads_no_setting_beyond_the_key(scenario):
    """A scenario that holds nothing but what the key hashes gives the same world."""
    full = scenario.settings
    least = SimpleNamespace(
        roads=full.roads, travel=full.travel, readers=SimpleNamespace(place=full.readers.place),
        owners=full.owners,
    )  # fmt: skip
    assert_same(build_world(scenario), build_world(SimpleNamespace(settings=least, seed=scenario.seed)))


def test_order_of_owners_and_of_rules_changes_the_key(scenario):
    """Owners are known by position, and later rules leave the links of earlier ones alone."""
    resolved = scenario.resolved()
    place = resolved["readers"]["place"]
    two = {"one": place["police"], "other": place["police"]}
    asked = [
        {**resolved, "owners": {"a": {}, "b": {}}},
        {**resolved, "owners": {"b": {}, "a": {}}},
        {**resolved, "readers": {"place": two}},
        {**resolved, "readers": {"place": dict(reversed(two.items()))}},
    ]
    keys = [world_key(SimpleNamespace(seed=7, settings=scenario.settings, resolved=said.copy)) for said in asked]
    assert len(set(keys)) == 4


def test_a_changed_file_of_the_network_changes_the_key(data, tmp_path):
    source = data / "tntp" / "Anaheim"
    for path in source.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    scenario = anaheim_scenario(data, roads__path=str(tmp_path))
    before = world_key(scenario)
    trips = next(tmp_path.glob("*_trips.tntp"))
    trips.write_bytes(trips.read_bytes() + b"\n")
    assert None not in (before, world_key(scenario))
    assert before != world_key(scenario)
    trips.unlink()
    assert world_key(scenario) is None


def test_small_worlds_are_not_kept_and_none_where_none_is_wanted(tmp_path, monkeypatch, scenario, folder):
    cached_world(town_scenario(7))
    assert not folder.exists()
    monkeypatch.setenv("PLATEPRINT_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    cached_world(scenario)
    assert not (tmp_path / "xdg").exists()
    monkeypatch.delenv("PLATEPRINT_CACHE")
    cached_world(scenario)
    assert len(list((tmp_path / "xdg" / "plateprint" / "worlds").iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path, monkeypatch, scenario):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PLATEPRINT_CACHE", str(tmp_path / "file"))
    assert_same(build_world(scenario), cached_world(scenario))


def test_the_entries_used_longest_ago_go(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_ENTRIES", 2)
    made = [town_scenario(seed, **MID_TOWN) for seed in (1, 2, 3)]
    for one in (made[0], made[1], made[0], made[2]):
        cached_world(one)
    assert sorted(path.name for path in folder.iterdir()) == sorted(world_key(one) for one in (made[0], made[2]))


def test_unfinished_entries_are_forgotten(scenario, folder, monkeypatch):
    (folder / f".{'0' * 32}.0123").mkdir(parents=True)
    cached_world(scenario)
    assert (folder / f".{'0' * 32}.0123").exists()
    monkeypatch.setattr(entries, "FORGOTTEN_S", -1)
    cached_world(town_scenario(8, **MID_TOWN))
    assert not (folder / f".{'0' * 32}.0123").exists()


def build_and_keep(entry: str, times: int) -> bool:
    """Keep and open one world again and again; in a process of its own."""
    world = build_world(town_scenario(7, **MID_TOWN))
    for _ in range(times):
        save_world(world, Path(entry))
        opened = load_world(Path(entry))
        if opened is not None and not np.array_equal(opened.destinations, world.destinations):
            return False
    return True


def test_two_processes_do_not_disturb_each_other(scenario, folder):
    entry = folder / "shared"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert all(pool.starmap(build_and_keep, [(str(entry), 15)] * 2))
    assert_same(build_world(scenario), load_world(entry))
    assert [path.name for path in folder.iterdir()] == ["shared"]
