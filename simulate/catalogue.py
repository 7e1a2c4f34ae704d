"""Find scenario files and read them: the catalogue, `extends`, and where each key was set."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulate.checks import ScenarioError, did_you_mean
from simulate.faults import Keys, spell

Tables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a key was set, and the comment beside it."""

    where: str
    """File and line, or the option that set it."""
    comment: str = ""
    """What stands behind the # of that line: the value's source."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file, or one override, sets."""

    tables: Tables
    """Nested tables; every path absolute."""
    marks: Mapping[Keys, Mark]
    """For each table and key, where it was set."""
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
    """List the scenarios that come with Plateprint, by name; shared defaults are not among them."""
    entries = []
    for path in sorted(catalogue_folder().glob("*.toml")):
        tables = merge(*(layer.tables for layer in read_chain(path)))
        if "roads" in tables:
            runnable = "" not in _paths(tables)
            entries.append(Entry(path.stem, str(tables.get("title", "")), str(tables.get("summary", "")), runnable))
    return entries


def catalogue_folder() -> Path:
    """Return the folder of the catalogue: beside the package, or where it was installed."""
    places = (Path(__file__).parents[1] / "scenarios", Path(sys.prefix) / "share" / "plateprint" / "scenarios")
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
        What to name in the error.
    """
    text = str(name)
    if isinstance(name, Path) or text.endswith(".toml") or "/" in text or os.sep in text:
        path = folder / _at_home(name)
        if not path.is_file():
            raise ScenarioError(where, "a scenario file", f"no file at {_shown(path)}", "check the path")
        return path
    path = catalogue_folder() / f"{text}.toml"
    if not path.is_file():
        known = did_you_mean(text, [entry.name for entry in catalogue()])
        remedy = f"{known}; 'plateprint list' shows the catalogue; the name of a file ends in .toml"
        raise ScenarioError(where, "a scenario of the catalogue or a .toml file", f'"{text}"', remedy)
    return path


def read_chain(path: Path, seen: tuple[Path, ...] = ()) -> list[Layer]:
    """Read a file and what it extends; the file itself last."""
    layer = read_layer(path)
    if "extends" not in layer.tables:
        return [layer]
    where = f"{layer.marks['extends',].where}: extends"
    name = layer.tables.pop("extends")
    if not isinstance(name, str):
        raise ScenarioError(
            where, "the name or path of a scenario", spell(name), 'write it in quotes: extends = "base"'
        )
    parent = locate(name, folder=path.parent, where=where)
    chain = [*seen, path.resolve()]
    if parent.resolve() in chain:
        circle = " -> ".join(file.name for file in [*chain[chain.index(parent.resolve()) :], parent])
        raise ScenarioError(where, "a chain of files with an end", f"a circle: {circle}", "take one 'extends' out")
    return [*read_chain(parent, tuple(chain)), layer]


def read_layer(path: Path) -> Layer:
    """Read one file, and note where it sets what."""
    shown = _shown(path)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ScenarioError(shown, "a readable scenario file", error.strerror, "check the path") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{error.object[error.start]:02x}"
        raise ScenarioError(f"{shown}:{line}", "text in UTF-8", found, "save the file as UTF-8") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(shown, text, str(error)) from None
    except RecursionError:
        raise ScenarioError(
            shown, "tables and lists a few deep", "hundreds inside one another", "take some out"
        ) from None
    return Layer(anchor(tables, path.parent.absolute()), _marks(shown, text), path)


def merge(*layers: Mapping[str, Any]) -> Tables:
    """Lay tables over one another: tables merge, all else (lists too) is replaced by the later."""
    out: Tables = {}
    for layer in layers:
        for key, value in layer.items():
            below = out.get(key)
            out[key] = merge(below if isinstance(below, dict) else {}, value) if isinstance(value, dict) else value
    return out


def _at_home(path: str | Path) -> Path:
    """Replace ~ by the home folder; one of nobody stays as it is, and is not found."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


FILES = ("path", "counties")
"""Keys whose values name files."""


def anchor(tables: Mapping[str, Any], folder: Path) -> Tables:
    """Make the name of every file absolute that is relative to a folder; an empty one stays empty."""
    out: Tables = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            out[key] = anchor(value, folder)
        elif key in FILES and isinstance(value, str | Path) and str(value):
            out[key] = str(folder / _at_home(value))
        else:
            out[key] = value
    return out


def leaves(tables: Mapping[str, Any], above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Walk every value that is not itself a table, with the keys that lead to it."""
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _paths(tables: Tables) -> list[str]:
    return [value for keys, value in leaves(tables) if keys[-1] in FILES]


def _shown(path: Path) -> str:
    """Name a file briefly: relative where it lies below the current folder."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def _syntax_error(shown: str, text: str, message: str) -> ScenarioError:
    """Say where the TOML breaks; what tomllib says of double keys is put plainly."""
    at = re.search(r" \(at (?:line ([0-9]+)|end of document).*\)$", message)
    line = at[1] if at and at[1] else str(text.rstrip("\n").count("\n") + 1)
    fault = message[: at.start()] if at else message
    if fault.startswith("Cannot"):
        return ScenarioError(f"{shown}:{line}", "each key and table once", f"it twice ({fault})", "keep one of the two")
    return ScenarioError(f"{shown}:{line}", "valid TOML", fault, "write text in quotes, one key = value a line")


def _marks(shown: str, text: str) -> dict[Keys, Mark]:
    """Note the line and comment of every table and key of a valid TOML text."""
    marks: dict[Keys, Mark] = {(): Mark(f"{shown}:1")}
    header: Keys = ()
    for line, statement, parsed in _statements(text):
        named = list(nested(parsed))
        here = Mark(f"{shown}:{line}", _comment(statement, parsed))
        if statement.lstrip().startswith("["):
            header = named[-1]
            named = [header[:at] for at in range(1, len(header))] + [header]
        else:
            named = [(*header, *keys) for keys in named]
        for keys in named:
            marks.setdefault(keys, here)
    return marks


def _statements(text: str) -> Iterator[tuple[int, str, Tables]]:
    """Cut valid TOML into its statements, each with its first line and what it says alone."""
    statement, first = "", 1
    for line, row in enumerate(text.split("\n"), 1):
        first = first if statement else line
        statement += f"{row}\n"
        parsed = _parse(statement)
        if parsed is not None:
            if parsed:
                yield first, statement, parsed
            statement = ""


def _parse(text: str) -> Tables | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def nested(tables: Tables, above: Keys = ()) -> Iterator[Keys]:
    """Walk the keys of tables and values, outer before inner."""
    for key, value in tables.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from nested(value, (*above, key))


def _comment(statement: str, parsed: Tables) -> str:
    """Return the comment on a statement's last line: from the first # that takes no meaning away."""
    last_line = statement.rstrip("\n").rfind("\n") + 1
    for at in range(last_line, len(statement)):
        if statement[at] == "#" and _parse(statement[:at]) == parsed:
            return statement[at + 1 :].strip()
    return ""
