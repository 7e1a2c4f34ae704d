"""Ranges: how far each number moves when one assumption at a time goes to either end.

They stand in a file beside the run they were made from, and hold only for the same
sightings, seen by the same observer on the same day under the same rule.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError
from simulate.files import read_json, write_text
from simulate.risk.rates import show
from simulate.risk.tables import as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.policy.view import View
    from simulate.risk.rates import Rate, Rates

FILE = "assumptions.json"
"""Name of the file in the folder of a run."""
FORMAT = "ranges v1"


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
class Swing:
    """Where one assumption takes a score; None where there is no number."""

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One score with its range over the assumptions."""

    measure: str
    score: str
    setting: str
    unit: str
    base: float
    least: float
    """The least of the base and all ends."""
    most: float
    swings: tuple[Swing, ...]
    """The assumption that moves it most comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """A tidy table of ranges, with what they hold for."""

    run_hash: str
    observer: str
    on: str
    """Query date."""
    retention: str
    """Label of the rule."""
    assumptions: tuple[Assumed, ...]
    rows: tuple[Range, ...]

    def __iter__(self) -> Iterator[Range]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tried(self) -> tuple[Assumed, ...]:
        """Return the assumptions that were tried."""
        return tuple(one for one in self.assumptions if not one.skipped)

    def of(self, rate: Rate) -> Range | None:
        """Return the range of a rate; None if there is none, or it began at another number."""
        if rate.retention != self.retention:
            return None
        key = rate.measure, rate.score, rate.setting, rate.value
        return next((row for row in self.rows if (row.measure, row.score, row.setting, row.base) == key), None)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {"format": FORMAT, **asdict(self)}

    def __str__(self) -> str:
        return as_text(_COLUMNS, [_cells(row) for row in self.rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(_COLUMNS, [_cells(row) for row in self.rows])


def range_of(base: Rate, ends: dict[str, tuple[Rates, Rates]]) -> Range | None:
    """Return the range of one rate over the assumptions, each with its rates at both ends; None without a number."""
    if base.value is None:
        return None
    swings = [Swing(name=name, low=_value(base, low), high=_value(base, high)) for name, (low, high) in ends.items()]
    values = [base.value, *(end for swing in swings for end in (swing.low, swing.high) if end is not None)]
    value = base.value

    def size(swing: Swing) -> float:
        held = [value, *(end for end in (swing.low, swing.high) if end is not None)]
        return max(held) - min(held)

    return Range(
        measure=base.measure, score=base.score, setting=base.setting, unit=base.unit, base=value,
        least=min(values), most=max(values), swings=tuple(sorted(swings, key=size, reverse=True)),
    )  # fmt: skip


def write_ranges(run: Path, ranges: Ranges) -> Path:
    """Put ranges beside the run they hold for; whole or not at all."""
    path = run / FILE
    write_text(path, json.dumps(ranges.to_dict(), indent=1) + "\n")
    return path


def ranges_for(view: View) -> Ranges | None:
    """Return the ranges that stand beside a run and hold for a view of it; None if there are none."""
    path = view.store.path / FILE
    if not path.exists():
        return None
    found = read_ranges(path)
    held = (found.run_hash, found.observer, found.on)
    wanted = (view.store.manifest()["run_hash"], view.observer, str(view.on))
    return found if held == wanted and found.retention in {rule.label for rule in view.ladder} else None


def read_ranges(path: Path) -> Ranges:
    """Read what `write_ranges` wrote; refuse anything else."""
    try:
        content = read_json(path.read_bytes())
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        rows = [
            Range(**{**row, "swings": tuple(Swing(**swing) for swing in row["swings"])}) for row in content.pop("rows")
        ]
        assumed = [Assumed(**one) for one in content.pop("assumptions")]
        return Ranges(**content, assumptions=tuple(assumed), rows=tuple(rows))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "delete it, or make it again with: plateprint sweep"
        raise ScenarioError(path, f"ranges as plateprint sweep writes them ({FORMAT})", error, remedy) from None


def _value(base: Rate, rates: Rates) -> float | None:
    """Return what a score comes to at one end, under the same rule."""
    fits = rates.where(
        measure=base.measure, score=base.score, setting=base.setting, retention=base.retention
    )  # fmt: skip
    return next((rate.value for rate in fits), None)


_COLUMNS = ("score", "setting", "value", "over the assumptions", "moved most by")


def _cells(row: Range) -> tuple[str, ...]:
    least, most = show(row.least, row.unit), show(row.most, row.unit)
    moved = row.swings[0].name if row.swings and row.least < row.most else "nothing"
    return (row.score, row.setting, show(row.base, row.unit), f"{least} to {most}", moved)
