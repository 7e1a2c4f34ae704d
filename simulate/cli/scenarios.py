"""Commands about scenarios: the catalogue, the values of one, the schema of a file."""

from __future__ import annotations

import json as jsons
from typing import Annotated, Any

from cyclopts import Parameter

from simulate.cli.options import Metros, Seed, Set, say


def list_scenarios() -> None:
    """List the catalogue, one line each."""
    from simulate.scenario.catalogue import catalogue  # noqa: PLC0415

    for entry in catalogue():
        needs = "" if entry.runnable else " Needs data: see plateprint show " + entry.name + "."
        say(f"{entry.name:<14}{entry.summary}{needs}")


def show(
    scenario: str,
    *,
    resolved: Annotated[bool, Parameter(negative=(), help="Print every value as JSON.")] = False,
    seed: Seed = 0,
    metros: Metros = None,
    overrides: Set = (),
) -> None:
    """Show what a scenario means: its values, each with its source.

    Parameters
    ----------
    scenario
        A name of the catalogue, or a TOML file.
    """
    from simulate.scenario import load  # noqa: PLC0415

    loaded = load(scenario, seed=seed, metros=metros, overrides=overrides)
    if resolved:
        say(jsons.dumps(loaded.resolved(), indent=1))
        return
    say(f"{loaded.title}: {loaded.summary}\n")
    for key, value in _flat(loaded.resolved()):
        if key not in {"title", "summary"}:
            shown = jsons.dumps(value, ensure_ascii=False)
            source = loaded.sources.get(key, "")
            say(f"{key:<42} {shown:<18} {source}".rstrip())
    if loaded.settings.policy or loaded.settings.case:
        from simulate.policy.written import case_sentences  # noqa: PLC0415

        say()
        for line in case_sentences(loaded):
            say(line)
    sharing = loaded.settings.sharing
    if sharing is not None:
        from simulate.sharing.build import build_network  # noqa: PLC0415

        say()
        for note in build_network(sharing, loaded.settings.roads, loaded.seed).notes:
            say(note)


def schema() -> None:
    """Print the JSON Schema of a scenario file, for editors that complete and check."""
    from simulate.scenario.schema.settings import json_schema  # noqa: PLC0415

    say(jsons.dumps(json_schema(), indent=1))


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """List dotted keys and values."""
    rows: list[tuple[str, Any]] = []
    for key, value in table.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return rows
