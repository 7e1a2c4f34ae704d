"""Assumptions: how far each number moves when one of them at a time goes to either end.

A sweep is one table of results, whose scenarios are the base and the two ends of each
assumption. What a report needs of it stands in a file beside the run it was made from, and holds
only for the same sightings, seen by the same observer on the same day under the same rules.
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
"""What a sweep calls its scenario as assumed."""


class Move(NamedTuple):
    """Where one assumption takes a score; None where there is no number."""

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """One assumption that was tried at both ends, or why it was not."""

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
    """The least and the most of one score over the base and all ends."""

    measure: str
    score: str
    detail: str
    unit: str
    base: float
    least: float
    most: float

    @property
    def key(self) -> Key:
        """Return what is measured."""
        return self.measure, self.score, self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What bounds hold for: one case of one run."""

    run_hash: str
    case: str
    """Its name, which tells no case from another."""
    observer: str
    on: str
    """Query date."""
    rules: tuple[str, ...]
    """One sentence a rule, in the order of the alphabet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What was assumed, and how far that moves each number."""

    asked: Asked
    assumed: tuple[Assumed, ...]
    bounds: tuple[Bounds, ...]

    @property
    def tried(self) -> tuple[Assumed, ...]:
        """Return the assumptions that were tried."""
        return tuple(one for one in self.assumed if not one.skipped)

    def of(self, result: Result) -> Bounds | None:
        """Return the bounds of a result; None if it is of another case, or began at another number."""
        if result.case not in {self.asked.case, ""}:
            return None
        return next((one for one in self.bounds if (one.key, one.base) == (result.key, result.value)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {"format": FORMAT, **asdict(self)}


def end_of(name: str, end: str) -> str:
    """Return how a sweep calls the scenario in which an assumption is at its "low" or "high" end."""
    return f"{name}, {end}"


def moves_of(results: Results, key: Key) -> tuple[Move, ...]:
    """Return where each assumption takes a score, the one that moves it most first."""
    values = {row.scenario: row.value for row in results if row.key == key}
    base = values.get(BASE)
    names = dict.fromkeys(str(name).rpartition(", ")[0] for name in results.names("scenario") if name != BASE)
    moves = [Move(name, values.get(end_of(name, "low")), values.get(end_of(name, "high"))) for name in names]

    def size(move: Move) -> float:
        held = [value for value in (base, move.low, move.high) if value is not None]
        return max(held, default=0.0) - min(held, default=0.0)

    return tuple(sorted(moves, key=size, reverse=True))


def bounds_of(results: Results) -> tuple[Bounds, ...]:
    """Return the least and the most of each score that has a number in the base."""
    return tuple(
        _bounds(row, row.value, moves_of(results, row.key))
        for row in results.where(scenario=BASE)
        if row.value is not None
    )


def asked_of(case: CaseSight, view: View, run_hash: str) -> Asked:
    """Return what bounds of one case of a view hold for."""
    return Asked(
        run_hash=run_hash, case=case.name, observer=case.observer, on=str(case.on(view.sight.public.start)),
        rules=tuple(sorted(case.rules)),
    )  # fmt: skip


def write_assumptions(run: Storage, found: Assumptions) -> None:
    """Put assumptions beside the run they hold for; whole or not at all."""
    run.write_text(FILE, json.dumps(found.to_dict(), indent=1) + "\n")


def assumptions_for(view: View) -> Assumptions | None:
    """Return what stands beside the run of a view and holds for one of its cases, by its name there; else None."""
    if not isinstance(view.source, Drawn) or not view.source.store.files.exists(FILE):
        return None
    found = read_assumptions(view.source.store.files)
    run_hash = view.source.store.manifest()["run_hash"]
    for case in view.cases:
        here = asked_of(case, view, run_hash)
        if replace(here, case=found.asked.case) == found.asked:
            return replace(found, asked=here)
    return None


def read_assumptions(run: Storage) -> Assumptions:
    """Read what `write_assumptions` wrote; raise ScenarioError on anything else."""
    try:
        content = read_json(run.read(FILE))
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        asked = content.pop("asked")
        return Assumptions(
            asked=Asked(**{**asked, "rules": tuple(asked["rules"])}),
            assumed=tuple(Assumed(**one) for one in content.pop("assumed")),
            bounds=tuple(Bounds(**one) for one in content.pop("bounds")),
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
