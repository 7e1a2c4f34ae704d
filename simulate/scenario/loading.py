"""Load a scenario: from TOML as written by people, to values resolved and checked.

A file may extend another: tables merge, lists replace. Overrides come last. All faults are
reported at once, each with its file, line and key.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulate.checks import DEEPEST, TOO_DEEP, ScenarioError, did_you_mean
from simulate.scenario.catalogue import (
    Layer,
    Mark,
    anchor,
    check_depth,
    check_values,
    leaves,
    locate,
    merge,
    nested,
    override_of,
    place_of,
    read_chain,
)
from simulate.scenario.faults import Keys, combine, explain, known_keys, spell, unknown_assumptions
from simulate.scenario.metros import PARAMETER, names_of, take_share
from simulate.scenario.schema.settings import NationRoads, Settings
from simulate.scenario.statements import parse, statements

Overrides = Sequence[str] | Mapping[str, Any]
SET = "set for this run"
"""Prefix of the source of a value changed by an option."""
MetroNames = str | Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Scenario with every value known and checked."""

    name: str
    """Name in the catalogue, or the file's name without .toml."""
    seed: int
    """Start of all random draws."""
    settings: Settings
    """All values; of a nation's totals, the share of the metros drawn."""
    stated: Settings
    """All values as stated; other than `settings` only for metros of a nation."""
    sources: Mapping[str, str]
    """Source of each dotted key: the comment on its line, or SET for values set by an option."""
    files: tuple[Path, ...]
    """The file itself, then its chain of `extends`; empty for a stored scenario."""

    @property
    def title(self) -> str:
        """Return the name for people."""
        return self.settings.title

    @property
    def summary(self) -> str:
        """Return the scenario in one sentence."""
        return self.settings.summary

    @property
    def identity(self) -> str:
        """Hash all values, the seed and the name; 32 hexadecimal digits."""
        text = json.dumps([self.name, self.seed, self.resolved()], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def resolved(self) -> dict[str, Any]:
        """Return all values as JSON types; `from_resolved` reads them back."""
        return self.settings.model_dump(mode="json", exclude_none=True)


def load(name_or_path: str | Path, *, seed: int = 0, metros: MetroNames = None, overrides: Overrides = ()) -> Scenario:
    """Load a scenario of the catalogue, or a TOML file.

    Parameters
    ----------
    name_or_path
        A name listed by `catalogue`, or the path of a .toml file.
    seed
        Start of all random draws.
    metros
        Metros of a national scenario to draw, whole: names, or one text with commas between them.
    overrides
        Texts "table.key=value" with the value as in TOML (quotes may be left out round plain
        text), or a mapping from dotted keys to values. In a key * stands for every name set there
        by the scenario, as in readers.place.*.counties. Relative paths start at the current folder.

    Examples
    --------
    >>> town = sim.load("smallville", seed=3, overrides=["period.days=14"])
    >>> town.settings.period.days
    14
    """
    path = locate(name_or_path, folder=Path.cwd(), where="scenario")
    layers = read_chain(path)
    tables = merge(*(layer.tables for layer in layers))
    marks = {keys: mark for layer in layers for keys, mark in layer.marks.items()}
    for option, keys, value in [*_overrides(overrides), *_metros(metros)]:
        if option == PARAMETER:
            _check_national(tables, path.stem)
        for target in _matching_keys(tables, keys, option):
            layer = _override(tables, target, value, option)
            tables = merge(tables, layer.tables)
            marks.update(layer.marks)
    stated = _validate(tables, marks)
    if getattr(stated.roads, "share", None) is not None:
        where = place_of(("roads", "share"), marks)
        raise ScenarioError(where, "nothing", "a share", "leave it out: the program takes it from the metros' people")
    settings = take_share(stated)
    sources = {".".join(keys): marks[keys].comment for keys, _ in leaves(tables) if marks[keys].comment}
    return Scenario(
        name=path.stem,
        seed=_check_seed(seed),
        settings=settings,
        stated=stated,
        sources=sources | _sources_of_shares(settings, stated, sources),
        files=tuple(layer.path for layer in reversed(layers) if layer.path),
    )


def from_resolved(
    resolved: Mapping[str, Any], name: str, seed: int, sources: Mapping[str, str] | None = None
) -> Scenario:
    """Return the scenario stored with a run, and the sources beside it, if any."""
    try:
        check_depth(resolved, f"stored scenario {name}")
        settings = _validate(resolved, {(): Mark(f"stored scenario {name}")})
    except ScenarioError as error:
        found = f"one of another version ({str(error).splitlines()[0]})"
        remedy = "draw it again into another folder"
        raise ScenarioError(f"stored scenario {name}", "a scenario of this version", found, remedy) from None
    return Scenario(
        name=name, seed=_check_seed(seed), settings=settings, stated=settings, sources=sources or {}, files=()
    )


def changed(scenario: Scenario, values: Mapping[Keys, Any], where: str) -> Scenario:
    """Return a scenario with other values at some keys; tables merge, all else is replaced.

    where : place to name in an error.
    """
    tables: Mapping[str, Any] = scenario.stated.model_dump(mode="json", exclude_none=True)
    for keys, value in values.items():
        check_depth(_nest(keys, value), where)
        tables = merge(tables, _nest(keys, value))
    sources = {key: source for key, source in scenario.sources.items() if tuple(key.split(".")) not in values}
    stated = _validate(tables, {(): Mark(where)})
    return replace(scenario, settings=take_share(stated), stated=stated, sources=sources)


def _sources_of_shares(settings: Settings, stated: Settings, sources: Mapping[str, str]) -> dict[str, str]:
    """Return the sources of shared totals with the metros' share added: as stated they describe the nation."""
    if settings is stated or not isinstance(settings.roads, NationRoads):
        return {}
    totals = dict(leaves(stated.model_dump(mode="json", exclude_none=True)))
    share = f"{100 * (settings.roads.share or 1):.3g} %"
    return {
        ".".join(keys): f"{sources.get('.'.join(keys), '')}; {share} of {total:,.0f}, for these metros".removeprefix(
            "; "
        )
        for keys, value in leaves(settings.model_dump(mode="json", exclude_none=True))
        if isinstance(total := totals.get(keys), int | float) and total != value
    }


def _nest(keys: Keys, value: object) -> dict[str, Any]:
    nest: dict[str, Any] = {keys[-1]: value}
    for key in reversed(keys[:-1]):
        nest = {key: nest}
    return nest


def _check_seed(seed: object) -> int:
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        expected = "a whole number of at least 0 and at most 19 digits"
        raise ScenarioError("seed", expected, spell(seed), "choose another")
    return seed


def _validate(tables: Mapping[str, Any], marks: Mapping[Keys, Mark]) -> Settings:
    """Check all values at once; raise ScenarioError with each fault on a line.

    Names are sorted, so nothing can depend on the order of tables in a file.
    """
    check_values(tables, marks)
    try:
        settings = Settings.model_validate_json(json.dumps(tables, default=_plain, sort_keys=True))
    except ValidationError as error:
        faults = explain(error)
    else:
        faults = unknown_assumptions(settings.assumptions)
        if not faults:
            return settings
    raise combine(
        ScenarioError(place_of(fault.keys, marks), fault.expected, fault.found, fault.remedy) for fault in faults
    )


def _plain(value: object) -> object:
    """Convert numpy numbers to Python's, and dates and paths to text."""
    return value.item() if hasattr(value, "item") else str(value)


def _overrides(overrides: Overrides) -> Iterator[tuple[str, Keys, Any]]:
    """Yield option, keys and value of each override, from texts or a mapping."""
    if isinstance(overrides, Mapping):
        yield from ((override_of(keys := _keys(key)), keys, value) for key, value in overrides.items())
        return
    for text in [overrides] if isinstance(overrides, str) else overrides:
        key, equals, value = text.partition("=")
        if not equals:
            raise ScenarioError(f'overrides["{text}"]', "table.key=value", f'"{text}"', "write = between key and value")
        keys = _keys(key.strip())
        yield override_of(keys), keys, _value(value.strip())


def _metros(metros: MetroNames) -> Iterator[tuple[str, Keys, Any]]:
    """Yield the chosen metros, if any, as one more override."""
    if metros is None:
        return
    names = names_of(metros) if isinstance(metros, str) else [name for name in metros if name.strip()]
    if not names:
        raise ScenarioError(PARAMETER, "names of metros, as in Buffalo,Memphis", "none", "name at least one")
    yield PARAMETER, ("roads", "metros"), names


def _check_national(tables: Mapping[str, Any], name: str) -> None:
    """Raise ScenarioError if the scenario has no metros to choose from."""
    roads = tables.get("roads")
    source = roads.get("source") if isinstance(roads, Mapping) else None
    if source != "nation":
        expected = 'a scenario whose roads.source is "nation"'
        raise ScenarioError(PARAMETER, expected, f"{spell(source)} in {name}", f"leave {PARAMETER} out")


def _keys(text: str) -> Keys:
    keys = tuple(part.strip() for part in text.split("."))
    if not all(keys):
        raise ScenarioError(
            f'overrides["{text}"]', "table.key=value", f'"{text}"', "name the key, as in period.days=30"
        )
    if len(keys) > DEEPEST:
        raise ScenarioError(f'overrides["{text}"]', *TOO_DEEP)
    return keys


def _value(text: str) -> Any:  # noqa: ANN401
    """Parse a value as TOML; invalid or too deep TOML is plain text."""
    statement = f"value = {text}"
    try:
        for _ in statements(statement):  # raises on depths beyond the parser
            pass
        _, parsed = parse(statement)
    except (tomllib.TOMLDecodeError, ScenarioError):
        return text
    return parsed["value"] if list(parsed) == ["value"] else text


def matching(tables: Mapping[str, Any], keys: Keys, above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield the values at dotted keys; * matches every name at its place."""
    first, *rest = keys
    for key in sorted(tables) if first == "*" else [first] if first in tables else []:
        value = tables[key]
        if not rest:
            yield (*above, key), value
        elif isinstance(value, dict):
            yield from matching(value, tuple(rest), (*above, key))


def _matching_keys(tables: Mapping[str, Any], keys: Keys, option: str) -> list[Keys]:
    """Return the keys as given, or with * all matches in the scenario."""
    if "*" not in keys:
        return [keys]
    matches = [match for match, _ in matching(tables, keys)]
    if not matches:
        raise ScenarioError(option, "keys that the scenario sets", "none", "write the names out in place of *")
    return matches


def _override(tables: Mapping[str, Any], keys: Keys, value: object, option: str) -> Layer:
    """Return the layer of one override; raise ScenarioError if its table is unknown."""
    _check_table(tables, keys)
    check_depth(_nest(keys, value), option)
    mark = Mark(option, SET)
    marks = {keys: mark} | {(*keys[:-1], *below): mark for below in nested({keys[-1]: value})}
    return Layer(anchor(_nest(keys, value), Path.cwd()), marks)


def _check_table(tables: Mapping[str, Any], keys: Keys) -> None:
    """Raise ScenarioError if keys lead through a table unknown to both scenario and schema."""
    table: Any = tables
    for at, key in enumerate(keys):
        if not isinstance(table, Mapping):
            remedy = f"set {'.'.join(keys[:at])} itself"
            raise ScenarioError(override_of(keys), f"a table at {'.'.join(keys[:at])}", spell(table), remedy)
        known = {*table, *known_keys(keys[:at])}
        if key not in known and at < len(keys) - 1:
            raise ScenarioError(override_of(keys), "a table of this scenario", f'"{key}"', did_you_mean(key, known))
        table = table.get(key, {})
