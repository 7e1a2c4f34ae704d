"""Assumptions: one-at-a-time sensitivity of each number to the ends of each assumption.

A sweep is one table of results, with the base and the two ends of each assumption as
scenarios. Its summary for reports is a file beside its run, valid only for the same
sightings, seen by the same observer on the same day under the same rules.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.checks import ScenarioError
from simulate.files import read_json
from simulate.sightings.drawn import Drawn

if TYPE_CHECKING:
    from simulate.policy.sight import CaseSight
    from simulate.policy.view import View
    from simulate.risk.results import Key, Result, Results
    from simulate.store.storage import Storage

FILE = "assumptions.json"
"""Name of the file in the folder of a run."""
FORMAT = "assumptions v2"
BASE = "base"
"""A sweep's name of its unchanged scenario."""


class Move(NamedTuple):
    """A score at both ends of one assumption; None where there is no number."""

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """One assumption tried at both ends, or the reason for skipping it."""

    name: str
    key: str
    base: str
    """The scenario's own value, as text; so `low` and `high`."""
    low: str
    high: str
    why: str
    skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Range of one score over the base and all ends."""

    measure: str
    score: str
    detail: str
    unit: str
    base: float
    least: float
    most: float

    @property
    def key(self) -> Key:
        """Return the measure, score and detail."""
        return self.measure, self.score, self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Scope of bounds: one case of one run."""

    run_hash: str
    case: str
    """Name of the case; ignored in comparing scopes."""
    observer: str
    on: str
    """Query date."""
    rules: tuple[str, ...]
    """One sentence a rule, in alphabetical order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The assumptions of a sweep, and the range of each number under them."""

    asked: Asked
    assumed: tuple[Assumed, ...]
    bounds: tuple[Bounds, ...]

    @property
    def tried(self) -> tuple[Assumed, ...]:
        """Return the assumptions tried."""
        return tuple(assumption for assumption in self.assumed if not assumption.skipped)

    def of(self, result: Result) -> Bounds | None:
        """Return the bounds of a result; None for another case or another base value."""
        if result.case not in {self.asked.case, ""}:
            return None
        return next((bounds for bounds in self.bounds if (bounds.key, bounds.base) == (result.key, result.value)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {"format": FORMAT, **asdict(self)}


def end_of(name: str, end: str) -> str:
    """Return a sweep's name of the scenario with an assumption at its "low" or "high" end."""
    return f"{name}, {end}"


def moves_of(results: Results, key: Key) -> tuple[Move, ...]:
    """Return a score at both ends of each assumption, the widest range first."""
    values = {row.scenario: row.value for row in results if row.key == key}
    base = values.get(BASE)
    names = dict.fromkeys(str(name).rpartition(", ")[0] for name in results.names("scenario") if name != BASE)
    moves = [Move(name, values.get(end_of(name, "low")), values.get(end_of(name, "high"))) for name in names]

    def size(move: Move) -> float:
        known = [value for value in (base, move.low, move.high) if value is not None]
        return max(known, default=0.0) - min(known, default=0.0)

    return tuple(sorted(moves, key=size, reverse=True))


def bounds_of(results: Results) -> tuple[Bounds, ...]:
    """Return the range of each score with a number in the base."""
    return tuple(
        _bounds(row, row.value, moves_of(results, row.key))
        for row in results.where(scenario=BASE)
        if row.value is not None
    )


def asked_of(case: CaseSight, view: View, run_hash: str) -> Asked:
    """Return the scope of bounds of one case of a view."""
    return Asked(
        run_hash=run_hash, case=case.name, observer=case.observer, on=str(case.on(view.sight.public.start)),
        rules=tuple(sorted(case.rules)),
    )  # fmt: skip


def write_assumptions(run: Storage, found: Assumptions) -> None:
    """Write assumptions beside their run; whole or not at all."""
    run.write_text(FILE, json.dumps(found.to_dict(), indent=1) + "\n")


def assumptions_for(view: View) -> Assumptions | None:
    """Return the stored assumptions of a view's run, renamed to the view's case of the same scope; None without one."""
    if not isinstance(view.source, Drawn) or not view.source.store.files.exists(FILE):
        return None
    stored = read_assumptions(view.source.store.files)
    run_hash = view.source.store.manifest()["run_hash"]
    for case in view.cases:
        here = asked_of(case, view, run_hash)
        if replace(here, case=stored.asked.case) == stored.asked:
            return replace(stored, asked=here)
    return None


def read_assumptions(run: Storage) -> Assumptions:
    """Read a file by `write_assumptions`; raise ScenarioError on anything else."""
    try:
        content = read_json(run.read(FILE))
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        scope = content.pop("asked")
        return Assumptions(
            asked=Asked(**{**scope, "rules": tuple(scope["rules"])}),
            assumed=tuple(Assumed(**fields) for fields in content.pop("assumed")),
            bounds=tuple(Bounds(**fields) for fields in content.pop("bounds")),
            **content,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "delete it, or make it again with: plateprint sweep"
        expected = f"assumptions as plateprint sweep writes them ({FORMAT})"
        raise ScenarioError(run.place(FILE), expected, error, remedy) from None


def _bounds(row: Result, base: float, moves: tuple[Move, ...]) -> Bounds:
    values = [base, *(end for move in moves for end in (move.low, move.high) if end is not None)]
    return Bounds(
        measure=row.measure, score=row.score, detail=row.detail, unit=row.unit, base=base, least=min(values),
        most=max(values),
    )  # fmt: skip
