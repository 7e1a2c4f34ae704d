"""Worlds kept on disk, so that a large one is built once and then only opened.

An entry is a folder with every array of a World as an .npy file and world.json with all else.
Its name is a hash of whatever decides the world: the seed, the settings that `build_world`
reads, the content of the files they name, the source of the rooms that build it, the versions
of numpy and scipy, and how this processor rounds. Entries lie in $PLATEPRINT_CACHE, or in
plateprint/worlds of $XDG_CACHE_HOME or ~/.cache; an empty $PLATEPRINT_CACHE keeps none.

A world from here is the world that would be built, bit by bit: an entry that is incomplete or
not what was written is built again. It is written under another name and then renamed, so
processes never meet half an entry, and of two that build the same world one keeps it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import simulate.world
from simulate.checks import ScenarioError
from simulate.schema.settings import NationRoads, StreetRoads, TntpRoads
from simulate.world.build import World, build_world
from simulate.world.districts import Districts
from simulate.world.owners import Owners
from simulate.world.reach import Reach
from simulate.world.readers import Readers
from simulate.world.roads import RoadNetwork
from simulate.world.routes import Graph, Routes
from simulate.world.tntp.tables import find_files
from simulate.world.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.scenario import Scenario

FORMAT = 1
"""Number of the layout of an entry; another one makes old entries unknown."""
WORTH_HUBS = 400
"""Worlds with fewer hubs are built in less time than it takes to think about it."""
MOST_ENTRIES = 12
"""The entries used longest ago go when there are more; the largest take about 200 MB."""
FORGOTTEN_S = 3600
"""An unfinished entry as old as this is nobody's any more."""
PARTS: dict[str, type[Any]] = {
    "roads": RoadNetwork,
    "graph": Graph,
    "zones": Zones,
    "districts": Districts,
    "owners": Owners,
    "readers": Readers,
    "routes": Routes,
}
"""The parts of a world that are tables of their own."""


def cached_world(scenario: Scenario) -> World:
    """Return the world of a scenario: from its entry if there is a whole one, else built and kept."""
    name, folder = world_key(scenario), cache_folder()
    if name is None or folder is None:
        return build_world(scenario)
    entry = folder / name
    if (world := load_world(entry)) is not None:
        return world
    world = build_world(scenario)
    if len(world.routes.hub_node) >= WORTH_HUBS:
        save_world(world, entry)
    return world


def cache_folder() -> Path | None:
    """Return where entries lie; None if none are to be kept."""
    chosen = os.environ.get("PLATEPRINT_CACHE")
    if chosen is not None:
        return Path(chosen) / "worlds" if chosen else None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plateprint" / "worlds"


def world_key(scenario: Scenario) -> str | None:
    """Hash what decides a world; 32 hexadecimal digits, None if a file it needs cannot be read."""
    resolved = scenario.resolved()
    decides = {
        "seed": scenario.seed,
        "roads": resolved["roads"],
        "travel": resolved["travel"],
        "place": list(resolved["readers"].get("place", {}).items()),
        "owners": list(resolved["owners"].items()),
    }
    digest = hashlib.blake2b(json.dumps(decides).encode(), digest_size=16)
    digest.update(_builder())
    try:
        for path in _files_read(scenario):
            if not path.is_file():  # a pipe would wait for ever; the build says what is wrong
                return None
            digest.update(hashlib.blake2b(path.read_bytes()).digest())
    except (OSError, ScenarioError):
        return None
    return digest.hexdigest()


def load_world(entry: Path) -> World | None:
    """Open an entry, its arrays mapped into memory; None if it is absent or not what was written.

    The arrays are mapped copy-on-write: compiled kernels then take them for ordinary ones, and
    nothing done to them can reach the file.
    """
    try:
        text = (entry / "world.json").read_text(encoding="utf-8")
        whole, _, body = text.partition("\n")
        if whole != _digest(body.encode()):
            return None
        plain = json.loads(body)
        arrays = {name: _open_array(entry / f"{name}.npy", *said) for name, said in plain["arrays"].items()}
    except Exception:  # noqa: BLE001 - numpy reads headers as Python, and a damaged one may raise anything
        return None
    with suppress(OSError):  # a folder that others may only read
        os.utime(entry)
    return _assemble(plain["plain"], arrays)


def save_world(world: World, entry: Path) -> None:
    """Keep a world whole or not at all; where the folder cannot be written, not at all."""
    unfinished = entry.with_name(f".{entry.name}.{secrets.token_hex(8)}")
    try:
        unfinished.mkdir(parents=True)
        arrays, plain = {}, {}
        for name, value in _flat(world):
            if isinstance(value, np.ndarray):
                np.save(unfinished / f"{name}.npy", value, allow_pickle=False)
                arrays[name] = [str(value.dtype), list(value.shape), _digest(value)]
            else:
                plain[name] = value
        body = json.dumps({"arrays": arrays, "plain": plain})
        (unfinished / "world.json").write_text(f"{_digest(body.encode())}\n{body}", encoding="utf-8")
        if entry.exists():  # damaged, or another process was faster: then this one says the same
            entry.rename(unfinished.with_name(f"{unfinished.name}.old"))
        unfinished.rename(entry)
        _drop_oldest(entry.parent)
    except OSError:
        pass
    finally:
        for left in (unfinished, unfinished.with_name(f"{unfinished.name}.old")):
            shutil.rmtree(left, ignore_errors=True)


def _files_read(scenario: Scenario) -> Iterator[Path]:
    """List the files that the build of a world reads."""
    settings = scenario.settings
    if isinstance(settings.roads, TntpRoads):
        files = find_files(Path(settings.roads.path))
        yield from (files.net, files.trips, files.nodes)
    if isinstance(settings.roads, StreetRoads | NationRoads):
        yield Path(settings.roads.path)
    for rule in settings.readers.place.values():
        if rule.strategy == "file":
            yield Path(rule.path or "")
        if rule.counties is not None:
            yield Path(rule.counties)


def sources(house: Path) -> list[Path]:
    """List the source files that may decide a world; house : the folder of this package."""
    rooms = ("world/**/*.py", "kernels/*.py", "schema/*.py", "*.py")
    return sorted(source for room in rooms for source in house.glob(room))


@cache
def _builder() -> bytes:
    """Hash what builds worlds: its source, its libraries and how the processor rounds."""
    house = Path(simulate.world.__path__[0]).parent
    digest = hashlib.blake2b(digest_size=16)
    for source in sources(house):
        digest.update(source.relative_to(house).as_posix().encode() + b"\0" + source.read_bytes())
    libraries = [version(name) for name in ("numpy", "scipy", "numba", "osmium")]
    digest.update(f"{FORMAT} {libraries} {platform.machine()}".encode())
    line = np.linspace(0.001, 40.0, 4099)
    for function in (np.exp, np.sin, np.cos, np.log, np.tanh, np.sqrt):
        digest.update(function(-line if function is np.exp else line).tobytes())
    digest.update(np.hypot(line, line[::-1]).tobytes() + np.arctan2(line, line[::-1]).tobytes())
    return digest.digest()


def _flat(world: World) -> Iterator[tuple[str, Any]]:
    """List every value of a world by its dotted name; a part that is absent is left out."""
    for field in fields(World):
        value = getattr(world, field.name)
        if field.name not in PARTS:
            yield field.name, value
        elif value is not None:
            yield from ((f"{field.name}.{inner.name}", getattr(value, inner.name)) for inner in fields(value))


def _assemble(plain: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> World:
    """Put a world together again; JSON knows no tuples, and no field of a world is a list."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()} | arrays
    made: dict[str, Any] = {}
    for field in fields(World):
        if field.name not in PARTS:
            made[field.name] = values[field.name]
            continue
        part = PARTS[field.name]
        names = [inner.name for inner in fields(part)]
        there = f"{field.name}.{names[0]}" in values
        made[field.name] = part(**{name: values[f"{field.name}.{name}"] for name in names}) if there else None
    return World(**made | {"reach": Reach(*made["reach"])})


def _open_array(path: Path, dtype: str, shape: list[int], digest: str) -> NDArray[Any]:
    """Map an array; raise ValueError if it is not the one that was written."""
    array: NDArray[Any] = np.load(path, mmap_mode="c" if 0 not in shape else None, allow_pickle=False)
    if str(array.dtype) != dtype or list(array.shape) != shape or _digest(array) != digest:
        message = f"{path}: not what was written"
        raise ValueError(message)
    return np.asarray(array)


def _digest(data: NDArray[Any] | bytes) -> str:
    """Hash bytes, or an array's values in its order of rows."""
    held = np.ascontiguousarray(data).data if isinstance(data, np.ndarray) else data
    return hashlib.blake2b(held, digest_size=16).hexdigest()


def _drop_oldest(folder: Path) -> None:
    """Remove the entries used longest ago, beyond so many, and what killed processes left unfinished."""
    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    entries = [path for path in by_age if re.fullmatch("[0-9a-f]{32}", path.name)]
    unfinished = [path for path in by_age if re.fullmatch(r"\.[0-9a-f]{32}\..*", path.name)]
    forgotten = [path for path in unfinished if time.time() - path.stat().st_mtime > FORGOTTEN_S]
    for path in [*entries[:-MOST_ENTRIES], *forgotten]:
        shutil.rmtree(path, ignore_errors=True)
