"""Entries: tables kept on disk, each in a folder with its arrays as .npy files and world.json with all else.

An entry is what was written, bit by bit, or it is absent: every array is hashed again when it is
opened. It is written under another name and then renamed, so processes never meet half an
entry, and of two that write the same one keeps it.
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
"""Number of the layout of an entry; another one makes old entries unknown."""
NAME = "[0-9a-f]{32}"
FORGOTTEN_S = 3600
"""An unfinished entry as old as this is nobody's any more."""


def cache_folder(kind: str) -> Path | None:
    """Return where entries of a kind lie; None if none are to be kept."""
    chosen = os.environ.get("PLATEPRINT_CACHE")
    if chosen is not None:
        return Path(chosen) / kind if chosen else None
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plateprint" / kind


def key_of(decides: object, *more: bytes) -> str:
    """Name an entry by whatever decides it, beside what builds it; 32 hexadecimal digits. decides : fit for JSON."""
    digest = hashlib.blake2b(json.dumps(decides).encode(), digest_size=16)
    digest.update(_builder())
    for part in more:
        digest.update(hashlib.blake2b(part).digest())
    return digest.hexdigest()


def sources(house: Path) -> list[Path]:
    """List the source files that may decide a world; house : the folder of this package."""
    rooms = ("world/**/*.py", "kernels/*.py", "scenario/**/*.py", "engines/*.py", "*.py")
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


def save(tables: object, entry: Path, most: int) -> None:
    """Keep a dataclass of arrays and of such dataclasses whole or not at all; where nothing can be written, not at all.

    most : entries that the folder may hold; those used longest ago go, but none of the last hour.
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
    """Open an entry: its values by dotted name, arrays mapped into memory; None if it is not what was written.

    checked : whether this process has opened it before, so that arrays need not be hashed again.
    They are mapped copy-on-write: compiled kernels then take them for ordinary ones, and nothing
    done to them can reach the file.
    """
    try:
        text = (entry / "world.json").read_text(encoding="utf-8")
        whole, _, body = text.partition("\n")
        if whole != digest_of(body.encode()):
            return None
        held = json.loads(body)
        arrays = {
            name: _open_array(entry / f"{name}.npy", *said, checked=checked) for name, said in held["arrays"].items()
        }
    except Exception:  # noqa: BLE001 - numpy reads headers as Python, and a damaged one may raise anything
        return None
    with suppress(OSError):  # a folder that others may only read
        os.utime(entry)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in held["plain"].items()} | arrays


def assemble(kind: type[Any], parts: Mapping[str, type[Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a dataclass from what `load` gave; parts : those that are dataclasses themselves."""
    made: dict[str, Any] = {}
    for field in fields(kind):
        if field.name not in parts:
            made[field.name] = values[field.name]
            continue
        part = parts[field.name]
        names = [inner.name for inner in fields(part)]
        there = f"{field.name}.{names[0]}" in values
        made[field.name] = part(**{name: values[f"{field.name}.{name}"] for name in names}) if there else None
    return made


def digest_of(data: NDArray[Any] | bytes) -> str:
    """Hash bytes, or an array's values in its order of rows."""
    held = np.ascontiguousarray(data).data if isinstance(data, np.ndarray) else data
    return hashlib.blake2b(held, digest_size=16).hexdigest()


def _flat(tables: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any dataclass
    """List every value by its dotted name; a part that is absent is left out."""
    for field in fields(tables):
        value = getattr(tables, field.name)
        if is_dataclass(value):
            yield from ((f"{field.name}.{inner.name}", getattr(value, inner.name)) for inner in fields(value))
        elif value is not None:
            yield field.name, value


def _open_array(path: Path, dtype: str, shape: list[int], digest: str, *, checked: bool) -> NDArray[Any]:
    """Map an array; raise ValueError if it is not the one that was written."""
    array: NDArray[Any] = np.load(path, mmap_mode="c" if 0 not in shape else None, allow_pickle=False)
    if str(array.dtype) != dtype or list(array.shape) != shape or (not checked and digest_of(array) != digest):
        message = f"{path}: not what was written"
        raise ValueError(message)
    return np.asarray(array)


def _drop_oldest(folder: Path, most: int) -> None:
    """Remove the entries used longest ago, beyond so many, and what killed processes left unfinished."""
    by_age = sorted((path.stat().st_mtime, path) for path in folder.iterdir())
    entries = [path for _, path in by_age if re.fullmatch(NAME, path.name)]
    unfinished = [(used, path) for used, path in by_age if re.fullmatch(rf"\.{NAME}\..*", path.name)]
    forgotten = [path for used, path in unfinished if time.time() - used > FORGOTTEN_S]
    for path in [*entries[:-most], *forgotten]:
        shutil.rmtree(path, ignore_errors=True)
