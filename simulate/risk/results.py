"""Results: every score with its interval, comparison values and denominator, in one tidy typed table.

A row is identified by ids alone: scenario, seed, case, measure, score and detail. Its words
come from the declaration of the score (`risk/score.py`), never from the table.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from simulate.risk.tables import as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simulate.columns import DataFrame, Table

CONFIDENCE = 0.95
NOT_REACHED = "not reached"
"""Note of the results of a case extending further back than the store."""
ONE_SIDED = "not measured on both sides"
Key = tuple[str, str, str]
"""Measure, score and detail of a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One score of one measure for one case in one world."""

    scenario: str = ""
    seed: int = 0
    case: str = ""
    """Name of the case; "" for scores independent of the case."""
    measure: str
    score: str
    detail: str = ""
    """Further distinction of a score, such as "250 m" or "90 %"; "" without any."""
    value: float | None = None
    """None where there is no number; the note gives the reason."""
    low: float | None = None
    """Lower end of the 95 % interval over the vehicles drawn; over worlds in a table of differences."""
    high: float | None = None
    baseline: float | None = None
    """Value attainable without the sightings."""
    trivial: float | None = None
    """Value of the simplest use of the sightings."""
    oracle: float | None = None
    """Value attainable with the generator's own knowledge: an upper bound."""
    n: int = 0
    """Denominator; the number of worlds in a table of differences."""
    unit: str = "share"
    """"share", "metres", "seconds", "vehicles", "sightings", "days", "sites", "alerts" or "ratio"."""
    note: str = ""

    @property
    def key(self) -> Key:
        """Return the measure, score and detail."""
        return self.measure, self.score, self.detail


COLUMNS = tuple(field.name for field in fields(Result))
_TEXTS = {"scenario", "case", "measure", "score", "detail", "unit", "note"}
_WHOLE = {"seed", "n"}

if TYPE_CHECKING:
    _Side = dict[tuple[str, ...], dict[int, Result]]
    """Results of one case, or scenario: by their other ids and the key of the score, then by seed."""

SCHEMA = {name: "string" if name in _TEXTS else "int64" if name in _WHOLE else "double" for name in COLUMNS}
"""Name and Arrow type of each column."""


@dataclass(frozen=True, slots=True)
class Results:
    """A tidy table of results.

    Examples
    --------
    >>> rows = (Result(case="21 days", measure="exposure", score="never_seen", value=0.25, n=400),)
    >>> Results(rows).one(case="21 days", score="never_seen").value
    0.25
    """

    rows: tuple[Result, ...] = ()

    def __iter__(self) -> Iterator[Result]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: Results) -> Results:
        return Results(self.rows + other.rows)

    def named(self, scenario: str, seed: int) -> Results:
        """Return the same rows, labelled with a scenario and the seed of its world."""
        return Results(tuple(replace(row, scenario=scenario, seed=seed) for row in self.rows))

    def where(self, **wanted: str | int) -> Results:
        """Return the rows with the given values of columns; raise LookupError on an unknown column."""
        unknown = wanted.keys() - set(COLUMNS)
        if unknown:
            raise LookupError(f"expected columns among {', '.join(COLUMNS)}, found {min(unknown)!r}")
        return Results(tuple(r for r in self.rows if all(getattr(r, key) == value for key, value in wanted.items())))

    def one(self, **wanted: str | int) -> Result:
        """Return the only row with the given values of columns; raise LookupError otherwise."""
        rows = self.where(**wanted).rows
        if len(rows) != 1:
            raise LookupError(f"expected one row with {wanted}, found {len(rows)}")
        return rows[0]

    def find(self, **wanted: str | int) -> Result | None:
        """Return the first row with the given values of columns; None without any."""
        return next(iter(self.where(**wanted).rows), None)

    def names(self, column: str) -> list[Any]:
        """List the distinct values of a column in the order of the rows."""
        return list(dict.fromkeys(getattr(row, column) for row in self.rows))

    def pivot(self, columns: str = "case") -> dict[Key, dict[Any, float | None]]:
        """Return values by key of the score, then by the values of one column; means over seeds."""
        table: dict[Key, dict[Any, list[float]]] = {}
        for row in self.rows:
            numbers = table.setdefault(row.key, {}).setdefault(getattr(row, columns), [])
            numbers += [] if row.value is None else [row.value]
        return {
            key: {name: float(np.mean(values)) if values else None for name, values in by.items()}
            for key, by in table.items()
        }

    def over_worlds(self) -> Results:
        """Return the mean over seeds of each score of each scenario and case; `n` counts the worlds."""
        groups: dict[tuple[object, ...], list[Result]] = {}
        for row in self.rows:
            groups.setdefault((row.scenario, row.case, *row.key), []).append(row)
        return Results(tuple(_mean_row(rows) for rows in groups.values()))

    def differences(self, *, case: str | None = None, scenario: str | None = None) -> Results:
        """Compare every other case, or scenario, with a reference, in pairs of the same seed.

        `value` is the mean paired difference, `low` to `high` its Student interval over
        world seeds (Student 1908, doi:10.1093/biomet/6.1.1; None with one world), `baseline`
        the mean of the reference in the same worlds, and `n` the number of pairs. Without a pair,
        the note gives the reason; scores of only one case are left out, as are scores independent
        of the case. Raise LookupError on an unknown reference.

        Parameters
        ----------
        case
            Reference case; every other case of the same scenario is compared with it.
        scenario
            Reference scenario; the same case of every other scenario is compared with it.
        """
        if (case is None) == (scenario is None):
            raise LookupError("expected a reference case or a reference scenario, found both or neither")
        column, reference = ("case", case) if case is not None else ("scenario", scenario)
        return Results(tuple(_differences(self.rows, column, str(reference))))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as plain dictionaries."""
        return [asdict(row) for row in self.rows]

    def to_arrow(self) -> Table:
        """Return the table with typed columns, ready for DuckDB or Parquet.

        Examples
        --------
        >>> sim.measure(view, ["exposure"], targets=20).to_arrow().schema.field("value").type
        DataType(double)
        """
        from simulate.columns import arrow_table  # noqa: PLC0415

        return arrow_table(SCHEMA, {name: [getattr(row, name) for row in self.rows] for name in COLUMNS})

    def to_pandas(self) -> DataFrame:
        """Return a data frame; raise ImportError, with the package to install, without pandas.

        Examples
        --------
        >>> frame = sim.measure(view, ["exposure"], targets=20).to_pandas()
        >>> float(frame.set_index(["score", "case"]).loc[("never_seen", "7 days"), "n"])
        204.0
        """
        from simulate.columns import data_frame  # noqa: PLC0415

        return data_frame(self.to_arrow())

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the table as CSV, with empty cells for missing numbers; write it too if a path is given."""
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in self.to_dicts())
        if path is not None:
            from simulate.files import write_text  # noqa: PLC0415

            write_text(Path(path), out.getvalue())
        return out.getvalue()

    def to_json(self) -> str:
        """Return the rows as a JSON array."""
        return json.dumps(self.to_dicts(), indent=1)

    def table(self, title: Callable[[Result], str]) -> tuple[list[str], list[list[str]]]:
        """Return heads and rows for display; title : text for the ids of a row."""
        columns = [name for name in _shown(self.rows) if name not in {"measure", "detail"}]
        rows = [[title(row) if name == "score" else _cell(row, name) for name in columns] for row in self.rows]
        return columns, rows

    def __str__(self) -> str:
        shown = _shown(self.rows)
        return as_text(shown, [_cells(row, shown) for row in self.rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        shown = _shown(self.rows)
        return as_html(shown, [_cells(row, shown) for row in self.rows])


def student(differences: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return the mean of paired differences with its Student interval; no interval with a single world."""
    n, mean = len(differences), float(np.mean(differences))
    if n < 2:
        return mean, None, None
    spread = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.std(differences, ddof=1) / np.sqrt(n))
    return mean, mean - spread, mean + spread


def show(value: float, unit: str) -> str:
    """Return a number as text in its unit; shares in per cent."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "metres":
        return f"{value:,.0f} m"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _mean_row(rows: Sequence[Result]) -> Result:
    def mean(name: str) -> float | None:
        values = [x for row in rows if (x := getattr(row, name)) is not None]
        return float(np.mean(values)) if values else None

    counted = [row for row in rows if row.value is not None]
    note = "" if counted else next((row.note for row in rows if row.note), "")
    return replace(
        rows[0], value=mean("value"), low=None, high=None, baseline=mean("baseline"), trivial=mean("trivial"),
        oracle=mean("oracle"), n=len(counted), note=note,
    )  # fmt: skip


def _differences(rows: Sequence[Result], column: str, reference: str) -> Iterator[Result]:
    other = "scenario" if column == "case" else "case"
    sides: dict[str, _Side] = {}
    for row in rows:
        if row.case or column == "scenario":  # scores independent of the case do not differ between cases
            key: tuple[str, ...] = (getattr(row, other), *row.key)
            sides.setdefault(getattr(row, column), {}).setdefault(key, {})[row.seed] = row
    if reference not in sides:
        raise LookupError(f"expected a {column} among {', '.join(sides)}, found {reference!r}")
    before = sides.pop(reference)
    for name, after in sides.items():
        for key in dict.fromkeys((*before, *after)):
            difference = _difference(before, after, key)
            if column == "scenario":
                yield replace(difference, scenario=name)
            elif difference.note != ONE_SIDED:
                yield replace(difference, case=name)


def _difference(before: _Side, after: _Side, key: tuple[str, ...]) -> Result:
    """Compare one score in the worlds with a number on both sides."""
    old, new = before.get(key, {}), after.get(key, {})
    values = [
        (a, b) for seed in sorted(old.keys() & new.keys())
        if (a := old[seed].value) is not None and (b := new[seed].value) is not None
    ]  # fmt: skip
    sample = next(iter((*new.values(), *old.values())))
    blank = replace(sample, value=None, low=None, high=None, baseline=None, trivial=None, oracle=None, n=0)
    if not values:
        return replace(blank, note=_why(before, after, key))
    n_worlds = max(len(old), len(new))
    mean, low, high = student([b - a for a, b in values])
    note = "" if len(values) == n_worlds else f"in {len(values)} of {n_worlds} worlds"
    return replace(
        blank, value=mean, low=low, high=high, baseline=float(np.mean([a for a, _ in values])), n=len(values), note=note
    )


def _why(before: _Side, after: _Side, key: tuple[str, ...]) -> str:
    """Return why two sides cannot be compared: a case not reached has only its main scores."""
    rows = [(other, row) for side in (before, after) for other, worlds in side.items() for row in worlds.values()]
    if any(row.note == NOT_REACHED for other, row in rows if other[:2] == key[:2]):
        return NOT_REACHED
    return next((row.note for other, row in rows if other == key and row.note), ONE_SIDED)


def _shown(rows: Sequence[Result]) -> list[str]:
    """List the columns to display: with differences between rows, or with any number."""
    always = {"measure", "score", "value", "n"}
    optional: dict[str, Callable[[Result], bool]] = {
        name: (lambda row, name=name: getattr(row, name) not in {None, ""})  # type: ignore[misc]
        for name in ("detail", "baseline", "trivial", "oracle", "note")
    }
    shown = []
    for name in COLUMNS:
        if name in {"low", "unit"}:
            continue
        if name == "high":
            shown += ["95 % interval"] if any(row.low is not None for row in rows) else []
        elif (
            name in always
            or (name in optional and any(optional[name](row) for row in rows))
            or (name in {"scenario", "seed", "case"} and len({getattr(row, name) for row in rows}) > 1)
        ):
            shown.append(name)
    return shown


def _cells(row: Result, shown: Sequence[str]) -> list[str]:
    return [_cell(row, name) for name in shown]


def _cell(row: Result, name: str) -> str:
    if name == "95 % interval":
        return "" if row.low is None or row.high is None else f"{show(row.low, row.unit)} to {show(row.high, row.unit)}"
    value = getattr(row, name)
    if name in _TEXTS:
        return str(value)
    if name in _WHOLE:
        return f"{value:,}"
    return "" if value is None else show(value, row.unit)
