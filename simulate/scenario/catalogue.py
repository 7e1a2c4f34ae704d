"""Find and read scenario files: the catalogue, `extends`, and the origin of each key."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulate.checks import MOST_NAME, TOO_DEEP, ScenarioError, did_you_mean, shorten, too_deep
from simulate.scenario.faults import Keys, spell
from simulate.scenario.statements import Statement, parse, statements

Tables = dict[str, Any]
LONGEST_CHAIN = 32
"""Maximum number of files in a chain of `extends`."""
_64_BITS = 2**63
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mark:
    """Origin of a key, and the comment beside it."""

    where: str
    """File and line, or the option."""
    comment: str = ""
    """Text after the # of the line: the value's source."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Values set by one file or one override."""

    tables: Tables
    """Nested tables; every path absolute."""
    marks: Mapping[Keys, Mark]
    """Origin of each table and key."""
    path: Path | None = None
    """The file; None for an override."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario of the catalogue."""

    name: str
    title: str
    summary: str
    runnable: bool
    """Whether it runs as it stands; False while a path to real data is still empty."""


def catalogue() -> list[Entry]:
    """List the scenarios shipped with Plateprint, by name, without files of shared defaults."""
    entries = []
    for path in sorted(catalogue_folder().glob("*.toml")):
        tables = merge(*(layer.tables for layer in read_chain(path)))
        if "roads" in tables:
            runnable = "" not in _paths(tables)
            entries.append(Entry(path.stem, str(tables.get("title", "")), str(tables.get("summary", "")), runnable))
    return entries


def catalogue_folder() -> Path:
    """Return the folder of the catalogue: beside the package, or where it was installed."""
    places = (Path(__file__).parents[2] / "scenarios", Path(sys.prefix) / "share" / "plateprint" / "scenarios")
    for place in places:
        if (place / "base.toml").is_file():
            return place
    raise ScenarioError("catalogue", f"scenario files in {places[1]}", "none", "install Plateprint again")


def locate(name: str | Path, *, folder: Path, where: str) -> Path:
    """Find the file of a catalogue name, or of a path relative to a folder.

    Parameters
    ----------
    name
        A path when it ends in .toml or holds a slash, else a name of the catalogue.
    where
        Place to name in the error.
    """
    text = str(name)
    if isinstance(name, Path) or text.endswith(".toml") or "/" in text or os.sep in text:
        path = folder / _expand_home(name)
        if not path.is_file():
            raise ScenarioError(where, "a scenario file", f"no file at {_short_name(path)}", "check the path")
        return path
    path = catalogue_folder() / f"{text}.toml"
    if not path.is_file():
        known = did_you_mean(text, [entry.name for entry in catalogue()])
        remedy = f"{known}; 'plateprint list' shows the catalogue; the name of a file ends in .toml"
        raise ScenarioError(where, "a scenario of the catalogue or a .toml file", f'"{text}"', remedy)
    return path


def read_chain(path: Path) -> list[Layer]:
    """Read a file and its chain of `extends`; the file itself last."""
    layers, chain = [read_layer(path)], [path.resolve()]
    while "extends" in layers[-1].tables:
        layer = layers[-1]
        where = f"{layer.marks['extends',].where}: extends"
        name = layer.tables.pop("extends")
        if not isinstance(name, str):
            raise ScenarioError(
                where, "the name or path of a scenario", spell(name), 'write it in quotes: extends = "base"'
            )
        parent = locate(name, folder=(layer.path or path).parent, where=where)
        if parent.resolve() in chain:
            circle = " -> ".join(file.name for file in [*chain[chain.index(parent.resolve()) :], parent])
            raise ScenarioError(where, "a chain of files with an end", f"a circle: {circle}", "take one 'extends' out")
        if len(chain) == LONGEST_CHAIN:
            expected = f"a chain of at most {LONGEST_CHAIN} files"
            raise ScenarioError(where, expected, "one more", "write what some of them say into one file")
        layers.append(read_layer(parent))
        chain.append(parent.resolve())
    return layers[::-1]


def read_layer(path: Path) -> Layer:
    """Read one file, with the origin of each table and key."""
    shown = _short_name(path)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ScenarioError(shown, "a readable scenario file", error.strerror, "check the path") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{error.object[error.start]:02x}"
        raise ScenarioError(f"{shown}:{line}", "text in UTF-8", found, "save the file as UTF-8") from None
    for _ in statements(text, shown):  # raises on depths beyond the parser
        pass
    try:
        text, tables = parse(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(shown, text, str(error)) from None
    check_depth(tables, shown)
    marks = _marks(shown, statements(text, shown))
    check_values(tables, marks)
    return Layer(anchor(tables, path.parent.absolute()), marks, path)


def check_depth(tables: Mapping[str, Any], where: str) -> None:
    """Raise ScenarioError if tables and lists are nested too deep for recursive walks."""
    if keys := too_deep(tables):
        raise ScenarioError(f"{where}: {dotted(keys)}", *TOO_DEEP)


def check_values(tables: Mapping[str, Any], marks: Mapping[Keys, Mark]) -> None:
    """Raise ScenarioError on whole numbers beyond 64 bits and on text not writable to a file."""
    for keys, value in leaves(tables):
        for item in [*keys, *_items(value)]:
            if isinstance(item, int) and not -_64_BITS <= item < _64_BITS:
                found = spell(item) if abs(item) < _64_BITS**2 else f"{spell(item)[:20]}…"
                expected = "a whole number of at most 19 digits (64 bits)"
                raise ScenarioError(place_of(keys, marks), expected, found, "write a smaller one")
            if isinstance(item, str) and _UNWRITABLE.search(item):
                raise ScenarioError(place_of(keys, marks), "text in UTF-8 without zero bytes", spell(item), "mend it")


def place_of(keys: Keys, marks: Mapping[Keys, Mark]) -> str:
    """Return file, line and key, by the innermost table set on a line."""
    nearest = next(keys[:size] for size in range(len(keys), -1, -1) if keys[:size] in marks)
    where = marks[nearest].where
    return where if where == override_of(keys) else f"{where}: {dotted(keys)}"


def override_of(keys: Keys) -> str:
    """Return the notation of an override of a key."""
    return f'overrides["{dotted(keys)}"]'


def dotted(keys: Keys) -> str:
    """Join keys as in readers.place.police, each shortened if long."""
    return ".".join(shorten(key, MOST_NAME) for key in keys)


def merge(*layers: Mapping[str, Any]) -> Tables:
    """Merge layers of tables: tables merge, all else (lists too) is replaced by the later."""
    out: Tables = {}
    for layer in layers:
        for key, value in layer.items():
            below = out.get(key)
            out[key] = merge(below if isinstance(below, dict) else {}, value) if isinstance(value, dict) else value
    return out


def _items(value: object) -> Iterator[object]:
    """Yield all keys and values inside a value, at any depth."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield key
            yield from _items(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _items(below)
    else:
        yield value


def _expand_home(path: str | Path) -> Path:
    """Replace ~ by the home folder; ~ of an unknown user stays, and is not found."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


FILES = ("path", "counties")
"""Keys with file names as values."""


def anchor(tables: Mapping[str, Any], folder: Path) -> Tables:
    """Return tables with file names relative to a folder made absolute; empty ones stay empty."""
    out: Tables = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            out[key] = anchor(value, folder)
        elif key in FILES and isinstance(value, str | Path) and str(value):
            out[key] = str(folder / _expand_home(value))
        else:
            out[key] = value
    return out


def leaves(tables: Mapping[str, Any], above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield every value other than a table, with its path of keys."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _paths(tables: Tables) -> list[str]:
    return [value for keys, value in leaves(tables) if keys[-1] in FILES]


def _short_name(path: Path) -> str:
    """Return a short name of a file: relative if below the current folder."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def _syntax_error(shown: str, text: str, message: str) -> ScenarioError:
    """Return the error of invalid TOML, with its line; duplicate keys get a plainer message than tomllib's."""
    at = re.search(r" \(at (?:line ([0-9]+)|end of document).*\)$", message)
    line = at[1] if at and at[1] else str(text.rstrip("\n").count("\n") + 1)
    fault = message[: at.start()] if at else message
    if fault.startswith("Cannot"):
        return ScenarioError(f"{shown}:{line}", "each key and table once", f"it twice ({fault})", "keep one of the two")
    return ScenarioError(f"{shown}:{line}", "valid TOML", fault, "write text in quotes, one key = value a line")


def _marks(shown: str, written: Iterable[Statement]) -> dict[Keys, Mark]:
    """Return the line and comment of every table and key of a valid TOML text."""
    marks: dict[Keys, Mark] = {(): Mark(f"{shown}:1")}
    header: Keys = ()
    for statement in written:
        key_paths = list(nested(tomllib.loads(statement.text)))
        mark = Mark(f"{shown}:{statement.line}", statement.comment)
        if statement.text.startswith("["):
            header = key_paths[-1]
            key_paths = [header[:at] for at in range(1, len(header))] + [header]
        else:
            key_paths = [(*header, *keys) for keys in key_paths]
        for keys in key_paths:
            marks.setdefault(keys, mark)
    return marks


def nested(tables: Tables, above: Keys = ()) -> Iterator[Keys]:
    """Yield the keys of tables and values, outer before inner."""
    for key, value in tables.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from nested(value, (*above, key))
