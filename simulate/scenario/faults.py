"""Translate validation errors of a scenario into plain messages: where, expected, found, remedy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from simulate.checks import MOST_NAME, ScenarioError, did_you_mean, shorten
from simulate.scenario.schema.parts import Fault, InconsistentError
from simulate.scenario.schema.settings import Assumption, Settings

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Keys = tuple[str, ...]
Node = dict[str, Any]
LONG_BITS = 1000
"""Bits above which whole numbers are shown in base 16: Python prints none of 4,300 decimal digits."""


def explain(error: ValidationError) -> list[Fault]:
    """Return the faults of a validation error, in words, each once."""
    return list(dict.fromkeys(fault for details in error.errors() for fault in _faults_of(details)))


def combine(errors: Iterable[ScenarioError]) -> ScenarioError:
    """Return one error with the messages of all."""
    first, *others = errors
    return ScenarioError(first.where, first.expected, first.found, first.remedy, others)


def unknown_assumptions(assumptions: Mapping[str, Assumption]) -> list[Fault]:
    """Return a fault for each assumption about a key outside the schema."""
    faults = []
    for name, assumption in assumptions.items():
        nodes, keys = [_root()], assumption.key.split(".")
        for key in keys:
            tables = [table for node in nodes for table in _kinds(node)]
            nodes = [_resolve(child) for table in tables for child in _children(table, key)]
            if not nodes:
                known = {name for table in tables for name in table.get("properties", ())}
                at = ("assumptions", name, "key")
                faults.append(Fault(at, "a key that scenarios have", f'"{assumption.key}"', did_you_mean(key, known)))
                break
    return faults


def known_keys(keys: Keys) -> list[str]:
    """List the keys the schema names in one table; none where names are free."""
    node = _node(keys)
    if "discriminator" in node:
        properties = {key for tag in node["discriminator"]["mapping"] for key in known_keys((*keys, tag))}
        return sorted(properties)
    return list(node.get("properties", ()))


def spell(value: object) -> str:
    """Format a value as TOML does, shortened if long."""
    if isinstance(value, Mapping):
        return "a table" if value else "an empty table"
    if isinstance(value, list | tuple):
        return shorten(f"[{', '.join(spell(item) for item in value[:MOST_NAME])}]", MOST_NAME)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{shorten(escaped, MOST_NAME)}"'
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int) and value.bit_length() > LONG_BITS:
        return shorten(f"{value:#x}", MOST_NAME)
    return "nothing" if value is None else shorten(json.dumps(value, ensure_ascii=False, default=str), MOST_NAME)


def _faults_of(details: ErrorDetails) -> list[Fault]:
    """Return the fault of one finding of the validator; several if values are inconsistent."""
    keys, found = tuple(str(part) for part in details["loc"]), details["input"]
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, InconsistentError):
        above = _shown_keys(keys)
        return [Fault(above + fault.keys, fault.expected, fault.found, fault.remedy) for fault in cause.faults]
    if isinstance(cause, ScenarioError):
        return [Fault(_shown_keys(keys), cause.expected, cause.found, cause.remedy)]
    if details["type"] == "missing" and isinstance(found, list):
        return [_wrong_value(keys[:-1], found)]
    if details["type"] == "too_short" and found:  # its items are at fault, each with its own finding
        return []
    return [_FINDINGS.get(details["type"], _wrong_value)(keys, found)]


def _unknown_key(keys: Keys, _found: object) -> Fault:
    expected = "a key of this table" if len(keys) > 1 else "a known table or key"
    return Fault(_shown_keys(keys), expected, spell(keys[-1]), did_you_mean(keys[-1], known_keys(keys[:-1])))


def _missing_key(keys: Keys, _found: object) -> Fault:
    expected = _words(_node(keys))
    name = f"[{'.'.join(_shown_keys(keys))}]" if expected.startswith("a table") else keys[-1]
    return Fault(_shown_keys(keys), expected, "nothing", f"add {name}: {_description(keys)}")


def _wrong_tag(keys: Keys, table: object) -> Fault:
    discriminator = _node(keys)["discriminator"]
    tag, tags = discriminator["propertyName"], list(discriminator["mapping"])
    found = table.get(tag) if isinstance(table, Mapping) else table
    remedy = f"add {tag}: {_description(keys)}" if found is None else did_you_mean(str(found), tags)
    return Fault((*keys, tag), _one_of(tags), spell(found), remedy)


def _not_finite(keys: Keys, found: object) -> Fault:
    fault = _wrong_value(keys, found)
    return Fault(fault.keys, fault.expected.replace("a number", "a finite number", 1), fault.found, fault.remedy)


def _wrong_value(keys: Keys, found: object) -> Fault:
    if keys[-1:] == ("[key]",):
        expected = "a name of at most 80 letters, digits, - and _"
        return Fault(_shown_keys(keys[:-2]), expected, spell(found), "choose a plainer name")
    node = _node(keys)
    remedy = f"it means: {_description(keys)}"
    if isinstance(found, str) and node.get("type") in _NUMBERS and _is_number(found):
        remedy = f"write {found} without quotes"
    elif isinstance(found, str) and "enum" in node:
        remedy = did_you_mean(found, node["enum"])
    return Fault(_shown_keys(keys), _words(node), spell(found), remedy)


_FINDINGS = {
    "extra_forbidden": _unknown_key,
    "finite_number": _not_finite,
    "missing": _missing_key,
    "union_tag_invalid": _wrong_tag,
    "union_tag_not_found": _wrong_tag,
}
"""Translator of each kind of pydantic's findings; any other kind is a wrong value."""
_NUMBERS = {"integer": "a whole number", "number": "a number"}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@cache
def _root() -> Node:
    return Settings.model_json_schema()


def _resolve(node: Node) -> Node:
    """Follow a reference, and drop the null of an optional value."""
    if "$ref" in node:
        target: Node = _root()["$defs"][node["$ref"].rpartition("/")[2]]
        return {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    if "anyOf" in node:
        present = next(option for option in node["anyOf"] if option.get("type") != "null")
        return _resolve({**{key: value for key, value in node.items() if key != "anyOf"}, **present})
    return node


def _node(keys: Keys) -> Node:
    """Return the schema of a key; empty if it has none."""
    node = _root()
    for key in keys:
        if "discriminator" in node:
            node = _member(node, key)
        elif "patternProperties" in node:
            node = next(iter(node["patternProperties"].values()))
        elif node.get("type") == "array":
            node = node["items"] if "items" in node else node["prefixItems"][int(key)]
        else:
            node = node.get("properties", {}).get(key, {})
        node = _resolve(node)
    return node


def _member(union: Node, key: str) -> Node:
    """Return the table of a union with a tag, or else the value of its first table with such a key."""
    tagged = union["discriminator"]["mapping"].get(key)
    if tagged:
        return {"$ref": tagged}
    return next((table["properties"][key] for table in _kinds(union) if key in table["properties"]), {})


def _kinds(node: Node) -> list[Node]:
    """Return the tables possible at a place: one, or those of a union."""
    tags = node.get("discriminator", {}).get("mapping", {})
    return [_resolve({"$ref": target}) for target in tags.values()] or [node]


def _children(table: Node, key: str) -> list[Node]:
    """Return the values possible under a key of a table, or under any name where names are free."""
    named = table.get("properties", {})
    return [named[key]] if key in named else list(table.get("patternProperties", {}).values())


def _shown_keys(keys: Keys) -> Keys:
    """Return keys without positions in lists and without tags of unions."""
    above = [_node(keys[:at]) for at in range(len(keys))]
    return tuple(
        key
        for key, node in zip(keys, above, strict=True)
        if "discriminator" not in node and node.get("type") != "array"
    )


def _description(keys: Keys) -> str:
    """Return the meaning of a key; for an item, the meaning of its list."""
    meanings = (_node(keys[:size]).get("description") for size in range(len(keys), 0, -1))
    return str(next(filter(None, meanings), "see 'plateprint schema'"))


def _one_of(options: Iterable[object]) -> str:
    return "one of " + ", ".join(spell(option) for option in options)


def _words(node: Node) -> str:
    """Return the values allowed for a key, in words."""
    kind = node.get("type")
    if "enum" in node:
        return _one_of(node["enum"])
    if kind == "array":
        size = f" of {node['minItems']}" if "prefixItems" in node else " of at least 1" if "minItems" in node else ""
        return f"a list{size}, each {_words(_resolve(node.get('items') or node['prefixItems'][0]))}"
    if kind == "string":
        return _text_words(node)
    if kind in _NUMBERS:
        return _NUMBERS[kind] + _bounds(node)
    if kind is None and "discriminator" not in node:
        return "a value"
    return "a table that is not empty" if "minProperties" in node else "a table"


def _text_words(node: Node) -> str:
    if node.get("format") == "date":
        return "a date such as 2025-03-03"
    if "examples" in node:
        return f'text such as "{node["examples"][0]}"'
    return "text that is not empty" if node.get("minLength") else "text"


def _bounds(node: Node) -> str:
    low, above, high = node.get("minimum"), node.get("exclusiveMinimum"), node.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    upper = f" and at most {high}" if high is not None else ""
    return f" above {above}{upper}" if above is not None else ""
