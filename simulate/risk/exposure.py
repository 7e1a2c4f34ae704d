"""Exposure: how often a vehicle is seen, how evenly, and in which neighbourhoods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.counting import count_seen
from simulate.risk.cards import AttackerCard
from simulate.risk.rates import NOT_REACHED, Rate, Rates, Z, mean, quantile, share
from simulate.risk.targets import living_here

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import Truth, View

CARD = AttackerCard(
    question="How often is a vehicle seen, on how many days and at how many sites?",
    knows="nothing: these are counts of what is on file",
    roads="nothing",
    targets="every vehicle that lives on the map, seen or not",
    counts_as_success="not an attack; higher counts mean more to work with",
    baseline="none",
)
PERCENTILES = (10, 50, 90, 99)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """What is on file about each vehicle; w windows, v vehicles."""

    seen: NDArray[np.uint32]
    """uint32[w, v]; sightings."""
    days: NDArray[np.uint32]
    """uint32[w, v]; days with a sighting."""
    sites: NDArray[np.uint32]
    """uint32[w, v]; different sites."""


def attack(view: View, plates: NDArray[np.int64]) -> Counts:
    """Count sightings, days and sites of some plates for the whole ladder, in one pass."""
    windows, v = view.windows(), len(plates)
    row_of = np.full(view.public.n_plates, -1, np.int64)
    row_of[plates] = np.arange(v)
    since = np.array([oldest for _, oldest in windows], np.int64)
    counts = Counts(**{name: np.zeros((len(windows), v), np.uint32) for name in ("seen", "days", "sites")})
    last_plate = np.full(len(view.visible), -1, np.int64)
    last_time, before = np.zeros(len(view.visible), np.int64), np.full(2, -1, np.int64)
    for block in view.rows():
        row = row_of[block.plate]
        asked = row >= 0
        count_seen(
            row[asked],
            block.site[asked],
            block.time[asked],
            since,
            counts.seen,
            counts.days,
            counts.sites,
            last_plate,
            last_time,
            before,
        )
    return counts


def measure(view: View, truth: Truth) -> Rates:
    """Score exposure for every rule of the ladder."""
    vehicles, home, _ = living_here(truth, view.today)
    counts = attack(view, truth.lives.plates.of_vehicles(vehicles))
    income = view.public.zones.income_rank[home]
    reached = {rule: i for i, (rule, _) in enumerate(view.windows())}
    rows: list[Rate] = []
    for rule in view.ladder:
        if rule not in reached:
            rows.append(Rate(measure="exposure", score="mean sightings", retention=rule.label, value=None,
                             unit="sightings", note=NOT_REACHED))  # fmt: skip
            continue
        i = reached[rule]
        rows += _counts(rule.label, counts.seen[i], counts.days[i], counts.sites[i])
        rows += _areas(rule.label, counts.seen[i], home, income)
    return Rates(tuple(rows))


def _counts(label: str, seen: NDArray[np.uint32], days: NDArray[np.uint32], sites: NDArray[np.uint32]) -> list[Rate]:
    """Summarise the counts of one window over all vehicles."""
    n = len(seen)
    rows = []
    for name, values, unit in (
        ("sightings", seen, "sightings"),
        ("days seen", days, "days"),
        ("sites", sites, "sites"),
    ):
        value, low, high = mean(values)
        rows.append(Rate(measure="exposure", score=f"mean {name}", retention=label, value=value, low=low, high=high,
                         n=n, unit=unit))  # fmt: skip
        for q in PERCENTILES:
            value, low, high = quantile(values, q / 100)
            rows.append(Rate(measure="exposure", score=f"{name}, {q}th percentile", retention=label, value=value,
                             low=low, high=high, n=n, unit=unit))  # fmt: skip
    value, low, high = share(seen == 0, n)
    rows.append(Rate(measure="exposure", score="never seen", retention=label, value=value, low=low, high=high, n=n))
    return rows


def _areas(
    label: str,
    seen: NDArray[np.uint32],
    home: NDArray[np.int64],
    income: NDArray[np.float64],
) -> list[Rate]:
    """Compare the poorest third of neighbourhoods with the richest, as the readers stand.

    The interval takes zones as drawn together, since neighbours pass the same readers.
    """
    thirds = [income < 1 / 3, income >= 2 / 3]
    if any(seen[third].sum() == 0 for third in thirds):
        return []
    (poor, poor_error), (rich, rich_error) = (clustered_mean(seen[third], home[third]) for third in thirds)
    ratio = poor / rich
    spread = float(np.exp(Z * np.hypot(poor_error / poor, rich_error / rich)))  # delta method on the logarithm
    return [
        Rate(measure="exposure", score="sightings in the poorest third of areas over the richest", retention=label,
             value=ratio, low=ratio / spread, high=ratio * spread, n=int(sum(t.sum() for t in thirds)), unit="ratio")
    ]  # fmt: skip


def clustered_mean(values: NDArray[np.uint32], zone: NDArray[np.int64]) -> tuple[float, float]:
    """Return a mean and its standard error with whole zones drawn (Cochran 1977, section 9A.1)."""
    _, cluster, size = np.unique(zone, return_inverse=True, return_counts=True)
    m = float(values.mean())
    residual = np.bincount(cluster, weights=values.astype(np.float64)) - m * size
    k = len(size)
    return m, float(np.sqrt(k / max(k - 1, 1) * np.sum(residual**2)) / len(values))
