"""Exposure counts: from entries of plates to histograms of vehicles, and from these to rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import HOUR_S
from simulate.kernels.counting import DAYS, SEEN, SITES, tally_living
from simulate.kernels.plates import GROUP
from simulate.risk import intervals
from simulate.risk.intervals import Histogram, Interval, Z, clustered_mean, histogram, mean_of, quantile_of, share
from simulate.risk.results import Result
from simulate.risk.targets import homes_in
from simulate.risk.traces import PARTS, add_traces, traces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight, Sight
    from simulate.policy.view import Truth
    from simulate.risk.measure import Measure, Span
    from simulate.risk.traces import Marked, Trace

    Asked = Mapping[int, NDArray[np.uint32]]
    """Plates of the traced vehicles, sorted, by day of the query date."""

PERCENTILES = (10, 50, 90, 99)
DAY_HOURS, KM = 24, 1000
NO_RATIO = "of one third of areas nobody was seen"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """Counts on file for each plate of a shard; e entries."""

    span: Span
    plate: NDArray[np.uint32]
    mask: NDArray[np.uint64]
    """uint64[e]; bits of the cases with these counts."""
    entry: NDArray[np.uint32]
    """uint32[e, FIELDS]; sightings, days, sites and the time of the last sighting."""
    asked: Marked
    """Rows of the traced plates."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposed:
    """Exposure of the vehicles of one or more shards in one case: exact counts; z zones."""

    counts: tuple[Histogram, Histogram, Histogram]
    """Vehicles by sightings, days and sites, including those never seen."""
    ages: Histogram
    """Vehicles by age of the last sighting in whole hours; without those never seen."""
    by_zone: NDArray[np.int64]
    """int64[2, z]; sightings of the vehicles living in each zone, and their number."""
    trace: Trace


def expose(truth: Truth, sight: Sight, known: Asked, counted: Counted) -> tuple[Exposed, ...]:
    """Return the exposure of a shard's vehicles living on the map, seen or not, with traces of those drawn."""
    days, span = sorted(known), counted.span
    home = np.stack([homes_in(truth, day, span.first, span.last) for day in days])
    held = _histograms(truth, sight, counted, days, home)
    traced: dict[int, Trace] = {}
    for day in days:
        cases = [c for c, case in enumerate(sight.cases) if case.today == day]
        plates = known[day][(known[day] // GROUP >= span.first) & (known[day] // GROUP < span.last)]
        whose = truth.lives.plates.holders(plates.astype(np.int64))
        found = traces(truth, counted.asked, whose, sight.cases[cases[0]].now_s, np.array(cases))
        traced.update(zip(cases, found, strict=True))
    return tuple(
        Exposed(counts=counts, ages=ages, by_zone=by_zone, trace=traced[c])
        for c, (counts, ages, by_zone) in enumerate(held)
    )


def _histograms(
    truth: Truth, sight: Sight, counted: Counted, days: list[int], home: NDArray[np.int32]
) -> Iterator[tuple[tuple[Histogram, Histogram, Histogram], Histogram, NDArray[np.int64]]]:
    """Yield the counts, ages and zones of each case; home : int32[days, groups, ISSUED]."""
    cases, zones = len(sight.cases), len(sight.public.zones.income_rank)
    now_s = np.array([case.now_s for case in sight.cases], np.int64)
    day_of = np.array([days.index(case.today) for case in sight.cases], np.int64)
    most = counted.entry.max(axis=0, initial=0).astype(np.int64) + 1
    seen, per_day, sites = (np.zeros((cases, most[field]), np.int64) for field in (SEEN, DAYS, SITES))
    ages = np.zeros((cases, now_s.max() // HOUR_S + 1), np.int64)
    by_zone = np.zeros((cases, zones), np.int64)
    tally_living(truth.lives.plates.tables, counted.plate, counted.mask, counted.entry, counted.span.first, home,
                 day_of, now_s, seen, per_day, sites, ages, by_zone)  # fmt: skip
    for c in range(cases):
        living = np.bincount(home[day_of[c]][home[day_of[c]] >= 0], minlength=zones)
        never = int(living.sum() - seen[c].sum())
        counts = tuple(histogram(one[c]).counted(0, never) for one in (seen, per_day, sites))
        yield counts, histogram(ages[c]), np.stack([by_zone[c], living])  # type: ignore[misc]


def together(parts: Iterable[Exposed]) -> Exposed:
    """Return the exposure of the vehicles of several shards."""
    some = [*parts]
    seen, days, sites = (intervals.together(part.counts[i] for part in some) for i in range(3))
    return Exposed(
        counts=(seen, days, sites),
        ages=intervals.together(part.ages for part in some),
        by_zone=np.sum([part.by_zone for part in some], axis=0),
        trace=add_traces(part.trace for part in some),
    )


def rows_of(measure: Measure, case: CaseSight, exposed: Exposed, income: NDArray[np.float64]) -> list[Result]:
    """Return the rows of one case; income : float64[z], income rank of each zone."""
    units = {score.name: score.unit for score in measure.scores}
    rows = []

    def add(score: str, found: Interval, n: int, detail: str = "", note: str = "") -> None:
        value, low, high = found
        rows.append(Result(case=case.name, measure=measure.name, score=score, detail=detail, value=value, low=low,
                           high=high, n=n, unit=units[score], note=note))  # fmt: skip

    seen, trace = exposed.counts[0], exposed.trace
    n, never = seen.n, seen.n - exposed.ages.n
    nobody = "" if n else "nobody lives here"
    add("never_seen", share(never, n), n, note=nobody)
    for name, counts in zip(("sightings", "days", "sites"), exposed.counts, strict=True):
        add(f"mean_{name}", mean_of(counts), n, note=nobody)
        for q in PERCENTILES:
            add(name, quantile_of(counts, q / 100), n, f"{q} %", nobody)
    for q in PERCENTILES:
        add("last_seen", _age(exposed.ages, never, q / 100), n, f"{q} %", nobody or _never(never, n))
    ratio = _ratio(exposed.by_zone, income)
    add("area_ratio", ratio, _n_of_thirds(exposed.by_zone, income), note="" if ratio[0] is not None else NO_RATIO)
    drawn = trace.own.n
    for name, counts in (("own_sightings", trace.own), ("misread_sightings", trace.misread)):
        add(name, mean_of(counts), drawn, note="" if drawn else "nobody lives here")
    for name, part in zip(PARTS, trace.parts, strict=True):
        tries = part.tries // KM if name == "kilometres_on_file" else part.tries
        add(name, part.interval(), tries, note="" if tries else "there were none")
    return rows


def _never(never: int, n: int) -> str:
    return f"never seen counts as infinite: {never:,} of {n:,}" if never else ""


def _age(ages: Histogram, never: int, q: float) -> Interval:
    """Return a percentile of the days since the last sighting; None if it falls among vehicles never seen."""
    last = int(ages.value[-1]) if len(ages.value) else 0
    infinite = last + 1
    found = quantile_of(ages.counted(infinite, never), q)
    value, low, high = (None if hours is None or hours == infinite else hours / DAY_HOURS for hours in found)
    return (value, low, high) if high is not None else (value, None, None)


def _ratio(by_zone: NDArray[np.int64], income: NDArray[np.float64]) -> Interval:
    """Return the ratio of mean sightings, poorest to richest third of zones, for the given readers.

    The interval treats zones as clusters, since neighbours pass the same readers.
    """
    total, size = by_zone
    thirds = [(income < 1 / 3) & (size > 0), (income >= 2 / 3) & (size > 0)]
    if any(total[third].sum() == 0 for third in thirds):
        return None, None, None
    (poor, poor_error), (rich, rich_error) = (clustered_mean(total[third], size[third]) for third in thirds)
    ratio = poor / rich
    spread = float(np.exp(Z * np.hypot(poor_error / poor, rich_error / rich)))  # delta method on the logarithm
    return ratio, ratio / spread, ratio * spread


def _n_of_thirds(by_zone: NDArray[np.int64], income: NDArray[np.float64]) -> int:
    return int(by_zone[1][(income < 1 / 3) | (income >= 2 / 3)].sum())
