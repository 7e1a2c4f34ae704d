"""Rates: every result with its interval, its baseline and its denominator."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate.columns import arrow_table, data_frame
from simulate.risk.tables import as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.columns import DataFrame, Table

Z = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""
NOT_REACHED = "not reached"
SCHEMA = {
    "measure": "string", "score": "string", "retention": "string", "setting": "string", "value": "double",
    "low": "double", "high": "double", "baseline": "double", "n": "int64", "unit": "string", "note": "string",
}  # fmt: skip
"""Name and Arrow type of each column of a table of rates: the fields of `Rate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One score of one measure under one setting."""

    measure: str
    score: str
    """What is measured, in words."""
    retention: str
    """Label of the retention rule."""
    setting: str = ""
    """Anything else that was varied."""
    value: float | None
    """None where the store is younger than the rule."""
    low: float | None = None
    """Lower end of the 95 % interval over the vehicles drawn."""
    high: float | None = None
    baseline: float | None = None
    """What anyone could reach without the sightings."""
    n: int = 0
    """Denominator."""
    unit: str = "share"
    """"share", "metres", "vehicles", "sightings", "days", "sites", "alerts" or "ratio"."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rates:
    """A tidy table of rates."""

    rows: tuple[Rate, ...] = ()

    def __iter__(self) -> Iterator[Rate]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: Rates) -> Rates:
        return Rates(self.rows + other.rows)

    def where(self, **wanted: str) -> Rates:
        """Keep the rows whose fields equal the given ones."""
        return Rates(tuple(r for r in self.rows if all(getattr(r, key) == value for key, value in wanted.items())))

    def one(self, **wanted: str) -> Rate:
        """Return the only row that fits."""
        found = self.where(**wanted).rows
        if len(found) != 1:
            raise LookupError(f"expected one row with {wanted}, found {len(found)}")
        return found[0]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as plain dictionaries, ready for JSON or a data frame."""
        return [asdict(row) for row in self.rows]

    def to_arrow(self) -> Table:
        """Return the rows as a table of Arrow; columns as in `Rate`, null where there is no number.

        Examples
        --------
        >>> sim.measure(view, ["exposure"]).to_arrow().schema.field("value").type
        DataType(double)
        """
        return arrow_table(SCHEMA, {name: [getattr(row, name) for row in self.rows] for name in SCHEMA})

    def to_pandas(self) -> DataFrame:
        """Return the rows as a data frame; columns as in `Rate`, NaN where there is no number.

        Raises
        ------
        ImportError
            If pandas is not installed: it is an extra, `plateprint[pandas]`.

        Examples
        --------
        >>> frame = sim.measure(view, ["exposure"]).to_pandas()
        >>> float(frame.set_index(["score", "retention"]).loc[("never seen", "7 days"), "n"])
        204.0
        """
        return data_frame(self.to_arrow())

    def __str__(self) -> str:
        return as_text(_COLUMNS, [_cells(row) for row in self.rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(_COLUMNS, [_cells(row) for row in self.rows])


def share(hits: NDArray[np.bool_] | float, n: float) -> tuple[float | None, float | None, float | None]:
    """Return a share with its Wilson 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if n == 0:
        return None, None, None
    p = float(np.sum(hits)) / n
    centre, spread = p + Z * Z / (2 * n), Z * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = float((centre - spread) / scale), float((centre + spread) / scale)
    return p, max(0.0, min(low, p)), min(1.0, max(high, p))  # rounding must not put the share outside


def quantile(values: NDArray[np.number], q: float) -> tuple[float | None, float | None, float | None]:
    """Return a quantile with the interval of its order statistics (normal approximation of the binomial)."""
    n = len(values)
    if n == 0:
        return None, None, None
    ordered = np.sort(values).astype(np.float64)
    spread = Z * np.sqrt(n * q * (1 - q))
    at = [np.clip(np.round(q * (n - 1) + side), 0, n - 1).astype(int) for side in (0, -spread, spread)]
    return float(ordered[at[0]]), float(ordered[at[1]]), float(ordered[at[2]])


def mean(values: NDArray[np.number]) -> tuple[float | None, float | None, float | None]:
    """Return a mean with its normal 95 % interval."""
    n = len(values)
    if n == 0:
        return None, None, None
    m = float(np.mean(values))
    spread = Z * float(np.std(values)) / np.sqrt(n)
    return m, float(m - spread), float(m + spread)


_COLUMNS = ("measure", "score", "retention", "setting", "value", "95 % interval", "baseline", "n")


def _cells(row: Rate) -> tuple[str, ...]:
    interval = "" if row.low is None or row.high is None else f"{show(row.low, row.unit)} to {show(row.high, row.unit)}"
    value = row.note if row.value is None else show(row.value, row.unit)
    baseline = "" if row.baseline is None else show(row.baseline, row.unit)
    return (row.measure, row.score, row.retention, row.setting, value, interval, baseline, f"{row.n:,}")


def show(value: float, unit: str) -> str:
    """Write a number of a table in its unit; shares in per cent."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "metres":
        return f"{value:,.0f} m"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
