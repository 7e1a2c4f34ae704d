"""Differences: what changes from one scenario, or one rule, to another.

Every world seed gives both sides the same people, trips and draws, so they are compared
in pairs, seed by seed. The interval of a difference covers the world seeds; it is another
thing than a rate's own interval, which covers the vehicles drawn in one world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from simulate.risk.rates import NOT_REACHED, Rate, Rates, show
from simulate.risk.tables import as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CONFIDENCE = 0.95
ONE_SIDED = "not measured on both sides"
Key = tuple[str, str, str]
"""Measure, score and setting of a rate."""
BySeed = Mapping[int, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldRate:
    """One rate of one scenario in one world."""

    scenario: str
    seed: int
    rate: Rate


@dataclass(frozen=True, slots=True)
class WorldRates:
    """A tidy table of rates over scenarios and world seeds."""

    rows: tuple[WorldRate, ...] = ()

    def __iter__(self) -> Iterator[WorldRate]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, **wanted: str | int) -> WorldRates:
        """Keep the rows whose fields equal the given ones: scenario, seed, or any field of a rate."""
        return WorldRates(tuple(r for r in self.rows if all(_field(r, key) == value for key, value in wanted.items())))

    def of(self, scenario: str, seed: int) -> Rates:
        """Return the rates of one scenario in one world."""
        return Rates(tuple(row.rate for row in self.rows if (row.scenario, row.seed) == (scenario, seed)))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as plain dictionaries, ready for JSON or a data frame."""
        return [_fields(row) for row in self.rows]

    def __str__(self) -> str:
        return as_text(_RATE_COLUMNS, [_rate_cells(row) for row in self.rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(_RATE_COLUMNS, [_rate_cells(row) for row in self.rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one score changes from the reference to something else, over world seeds."""

    of: str
    """The scenario, or the retention rule, that is compared."""
    reference: str
    """The one it is compared with."""
    retention: str
    """Label of the rule that held on both sides; of `of` where rules are compared."""
    measure: str
    score: str
    setting: str = ""
    unit: str = "share"
    value: float | None
    """Mean over the worlds that are paired; None where there is no number."""
    reference_value: float | None
    difference: float | None
    """Mean of the paired differences; None where one side has no number."""
    low: float | None = None
    """Lower end of the 95 % interval over world seeds; None with a single world."""
    high: float | None = None
    worlds: int = 0
    """Pairs that have a number on both sides."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Differences:
    """A tidy table of differences."""

    rows: tuple[Difference, ...] = ()

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, **wanted: str) -> Differences:
        """Keep the rows whose fields equal the given ones."""
        return Differences(
            tuple(r for r in self.rows if all(getattr(r, key) == value for key, value in wanted.items()))
        )

    def one(self, **wanted: str) -> Difference:
        """Return the only row that fits."""
        found = self.where(**wanted).rows
        if len(found) != 1:
            raise LookupError(f"expected one row with {wanted}, found {len(found)}")
        return found[0]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as plain dictionaries, ready for JSON or a data frame."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        return as_text(_columns(self.rows), [_cells(row) for row in self.rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(_columns(self.rows), [_cells(row) for row in self.rows])


def between_scenarios(rates: WorldRates, names: Sequence[str]) -> Differences:
    """Compare every scenario with the first, rule by rule."""
    held = {name: _by_rule(rates, name) for name in names}
    reference, *others = names
    rows: list[Difference] = []
    for name in others:
        for rule in dict.fromkeys((*held[reference], *held[name])):
            sides = held[reference].get(rule, {}), held[name].get(rule, {})
            rows += _compare(*sides, of=name, reference=reference, retention=rule)
    return Differences(tuple(rows))


def between_rules(rates: WorldRates, name: str, labels: Sequence[str]) -> Differences:
    """Compare every retention rule of one scenario with the first, in all that both rules were measured by."""
    held = _by_rule(rates, name)
    reference, *others = labels
    rows: list[Difference] = []
    for label in others:
        sides = held.get(reference, {}), held.get(label, {})
        found = _compare(*sides, of=label, reference=reference, retention=label)
        rows += [row for row in found if row.note != ONE_SIDED]
    return Differences(tuple(rows))


def mean_over_worlds(rates: Iterable[Rate]) -> float | None:
    """Return the mean of the values there are, None if there are none."""
    values = [rate.value for rate in rates if rate.value is not None]
    return float(np.mean(values)) if values else None


def over_worlds(differences: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return the mean of paired differences with its Student interval over world seeds.

    With n worlds: mean ± t(n - 1, 97.5 %) · s / √n (Student 1908, doi:10.1093/biomet/6.1.1);
    no interval with a single world.
    """
    n, mean = len(differences), float(np.mean(differences))
    if n < 2:
        return mean, None, None
    spread = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.std(differences, ddof=1) / np.sqrt(n))
    return mean, mean - spread, mean + spread


def _by_rule(rates: WorldRates, name: str) -> dict[str, dict[Key, dict[int, Rate]]]:
    """Sort one scenario's rates by rule, then by what is measured, then by seed."""
    held: dict[str, dict[Key, dict[int, Rate]]] = {}
    for row in rates:
        if row.scenario == name:
            key = row.rate.measure, row.rate.score, row.rate.setting
            held.setdefault(row.rate.retention, {}).setdefault(key, {})[row.seed] = row.rate
    return held


def _compare(
    before: Mapping[Key, BySeed], after: Mapping[Key, BySeed], *, of: str, reference: str, retention: str
) -> Iterator[Difference]:
    """Compare all that either side has measured, seed by seed."""
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, {}), after.get(key, {})
        pairs = _pairs(old, new)
        mean, low, high = over_worlds([b - a for a, b in pairs]) if pairs else (None, None, None)
        measure, score, setting = key
        some = next(iter((*old.values(), *new.values())))
        yield Difference(
            of=of, reference=reference, retention=retention, measure=measure, score=score, setting=setting,
            unit=some.unit,
            value=float(np.mean([b for _, b in pairs])) if pairs else mean_over_worlds(new.values()),
            reference_value=float(np.mean([a for a, _ in pairs])) if pairs else mean_over_worlds(old.values()),
            difference=mean, low=low, high=high, worlds=len(pairs), note=_note(key, before, after, len(pairs)),
        )  # fmt: skip


def _pairs(old: BySeed, new: BySeed) -> list[tuple[float, float]]:
    """Pair the values of the worlds in which both sides have one."""
    pairs = []
    for seed in sorted(old.keys() & new.keys()):
        before, after = old[seed].value, new[seed].value
        if before is not None and after is not None:
            pairs.append((before, after))
    return pairs


def _note(key: Key, before: Mapping[Key, BySeed], after: Mapping[Key, BySeed], n_pairs: int) -> str:
    """Say why there is no number, or fewer than there might be."""
    n_worlds = max(len(side.get(key, {})) for side in (before, after))
    if n_pairs == n_worlds:
        return ""
    if n_pairs:
        return f"in {n_pairs} of {n_worlds} worlds"
    notes = [
        rate.note
        for side in (before, after)
        for other, by_seed in side.items()
        if other[0] == key[0]
        for rate in by_seed.values()
        if other == key or rate.note == NOT_REACHED
    ]
    if NOT_REACHED in notes:
        return NOT_REACHED
    return next(filter(None, notes), ONE_SIDED)


_RATE_COLUMNS = ("scenario", "seed", "measure", "score", "retention", "setting", "value", "of")


def _fields(row: WorldRate) -> dict[str, Any]:
    return {"scenario": row.scenario, "seed": row.seed, **asdict(row.rate)}


def _field(row: WorldRate, key: str) -> object:
    return getattr(row if key in {"scenario", "seed"} else row.rate, key)


def _rate_cells(row: WorldRate) -> tuple[str, ...]:
    rate = row.rate
    value = rate.note if rate.value is None else show(rate.value, rate.unit)
    return (
        row.scenario, str(row.seed), rate.measure, rate.score, rate.retention, rate.setting, value, f"{rate.n:,}"
    )  # fmt: skip


def _columns(rows: Sequence[Difference]) -> tuple[str, ...]:
    """Head the table; the reference, which all rows share, stands there once."""
    references = {row.reference for row in rows}
    against = f"reference: {references.pop()}" if len(references) == 1 else "reference"
    return ("compared", "kept for", "score", "setting", against, "value", "difference", "95 % over worlds", "worlds")


def _cells(row: Difference) -> tuple[str, ...]:
    before, after = ("" if x is None else _amount(x, row.unit) for x in (row.reference_value, row.value))
    change = row.note if row.difference is None else _signed(row.difference, row.unit)
    interval = ""
    if row.low is not None and row.high is not None:
        interval = f"{_signed(row.low, row.unit)} to {_signed(row.high, row.unit)}"
    return (row.of, row.retention, row.score, row.setting, before, after, change, interval, str(row.worlds))


def _amount(value: float, unit: str) -> str:
    """Write a number; shares as counts of 1,000, whose differences nobody takes for shares of shares."""
    return f"{1000 * value:,.1f} in 1,000" if unit == "share" else show(value, unit)


def _signed(value: float, unit: str) -> str:
    text = f"{1000 * value:,.1f}" if unit == "share" else show(value, unit)
    return text if value <= 0 else f"+{text}"
