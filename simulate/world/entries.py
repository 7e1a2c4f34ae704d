"""Entries: tables kept on disk, each in a folder with its arrays as .npy files and world.json with all else.

An entry equals the data written, bit by bit, or counts as absent: every array is hashed again
on opening. It is written under another name and then renamed, so processes never meet half an
entry, and of two writers of the same one prevails.
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
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import simulate.world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

FORMAT = 2
"""Version of the layout of an entry; a new one invalidates old entries."""
NAME = "[0-9a-f]{32}"
FORGOTTEN_S = 3600
"""Age of an unfinished entry at which to remove it."""


def cache_folder(kind: str) -> Path | None:
    """Return the folder of entries of a kind; None if none are to be kept."""
    chosen = os.environ.get("PLATEPRINT_CACHE")
    if chosen is not None:
        return Path(chosen) / kind if chosen else None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plateprint" / kind


def key_of(decides: object, *more: bytes) -> str:
    """Return the name of an entry, a hash of its inputs and its builder; 32 hexadecimal digits. decides : JSON."""
    digest = hashlib.blake2b(json.dumps(decides).encode(), digest_size=16)
    digest.update(_builder())
    for part in more:
        digest.update(hashlib.blake2b(part).digest())
    return digest.hexdigest()


def sources(house: Path) -> list[Path]:
    """Return the source files with any effect on a world; house : the folder of this package."""
    rooms = ("world/**/*.py", "kernels/*.py", "scenario/**/*.py", "engines/*.py", "*.py")
    return sorted(source for room in rooms for source in house.glob(room))


@cache
def _builder() -> bytes:
    """Return a hash of the builder of worlds: its source, its libraries and the processor's rounding."""
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


def save(tables: object, entry: Path, most: int) -> None:
    """Store a dataclass of arrays and of such dataclasses whole or not at all; not at all in an unwritable folder.

    most : entries allowed in the folder; the least recently used go first, and unfinished ones after an hour.
    """
    unfinished = entry.with_name(f".{entry.name}.{secrets.token_hex(8)}")
    try:
        unfinished.mkdir(parents=True)
        arrays, plain = {}, {}
        for name, value in _flat(tables):
            if isinstance(value, np.ndarray):
                np.save(unfinished / f"{name}.npy", value, allow_pickle=False)
                arrays[name] = [str(value.dtype), list(value.shape), digest_of(value)]
            else:
                plain[name] = value
        body = json.dumps({"arrays": arrays, "plain": plain})
        (unfinished / "world.json").write_text(f"{digest_of(body.encode())}\n{body}", encoding="utf-8")
        if entry.exists():  # damaged, or another process was faster: then this one says the same
            entry.rename(unfinished.with_name(f"{unfinished.name}.old"))
        unfinished.rename(entry)
        _drop_oldest(entry.parent, most)
    except OSError:
        pass
    finally:
        for left in (unfinished, unfinished.with_name(f"{unfinished.name}.old")):
            shutil.rmtree(left, ignore_errors=True)


def load(entry: Path, *, checked: bool = False) -> dict[str, Any] | None:
    """Return the values of an entry by dotted name, arrays mapped into memory; None if absent or damaged.

    checked : whether this process has opened it before, so arrays need no second hash. They are
    mapped copy-on-write: compiled kernels then take them for ordinary ones, and no change to them
    reaches the file.
    """
    try:
        text = (entry / "world.json").read_text(encoding="utf-8")
        whole, _, body = text.partition("\n")
        if whole != digest_of(body.encode()):
            return None
        content = json.loads(body)
        arrays = {
            name: _open_array(entry / f"{name}.npy", *spec, checked=checked) for name, spec in content["arrays"].items()
        }
    except Exception:  # noqa: BLE001 - numpy reads headers as Python, and a damaged one may raise anything
        return None
    with suppress(OSError):  # a read-only folder
        os.utime(entry)
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in content["plain"].items()
    } | arrays


def assemble(kind: type[Any], parts: Mapping[str, type[Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a dataclass from the values of `load`; parts : its nested dataclasses."""
    assembled: dict[str, Any] = {}
    for field in fields(kind):
        if field.name not in parts:
            assembled[field.name] = values[field.name]
            continue
        part = parts[field.name]
        names = [inner.name for inner in fields(part)]
        there = f"{field.name}.{names[0]}" in values
        assembled[field.name] = part(**{name: values[f"{field.name}.{name}"] for name in names}) if there else None
    return assembled


def digest_of(data: NDArray[Any] | bytes) -> str:
    """Hash bytes, or an array's values in its order of rows."""
    raw = np.ascontiguousarray(data).data if isinstance(data, np.ndarray) else data
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _flat(tables: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any dataclass
    """Yield every value by its dotted name, without absent parts."""
    for field in fields(tables):
        value = getattr(tables, field.name)
        if is_dataclass(value):
            yield from ((f"{field.name}.{inner.name}", getattr(value, inner.name)) for inner in fields(value))
        elif value is not None:
            yield field.name, value


def _open_array(path: Path, dtype: str, shape: list[int], digest: str, *, checked: bool) -> NDArray[Any]:
    """Map an array; raise ValueError if it differs from the one written."""
    array: NDArray[Any] = np.load(path, mmap_mode="c" if 0 not in shape else None, allow_pickle=False)
    if str(array.dtype) != dtype or list(array.shape) != shape or (not checked and digest_of(array) != digest):
        message = f"{path}: not what was written"
        raise ValueError(message)
    return np.asarray(array)


def _drop_oldest(folder: Path, most: int) -> None:
    """Remove the least recently used entries beyond `most`, and unfinished ones of killed processes."""
    by_age = sorted((path.stat().st_mtime, path) for path in folder.iterdir())
    entries = [path for _, path in by_age if re.fullmatch(NAME, path.name)]
    unfinished = [(used, path) for used, path in by_age if re.fullmatch(rf"\.{NAME}\..*", path.name)]
    forgotten = [path for used, path in unfinished if time.time() - used > FORGOTTEN_S]
    for path in [*entries[:-most], *forgotten]:
        shutil.rmtree(path, ignore_errors=True)
