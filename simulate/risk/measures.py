"""Registry of measures, and the function to take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError, did_you_mean
from simulate.engines.threads import Threads
from simulate.risk.anchors import Anchors
from simulate.risk.exposure import Exposure
from simulate.risk.hotlist import HotListMeasure
from simulate.risk.results import Results
from simulate.risk.scan import scan
from simulate.risk.stock import Stock
from simulate.risk.unicity import Unicity
from simulate.sightings.run import check_workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.policy.view import View
    from simulate.risk.measure import Measure
    from simulate.risk.scan import Progress
    from simulate.scenario.schema.settings import Measuring

_TAKEN: tuple[Measure, ...] = (
    Exposure(),
    Anchors(),
    Unicity(),
    HotListMeasure(),
    Stock(),
)
MEASURES: dict[str, Measure] = {one.name: one for one in _TAKEN}
"""All measures."""
USUAL = ("exposure", "anchors", "unicity")
"""Measures taken by default."""


def measure(
    view: View,
    measures: Sequence[str] = USUAL,
    *,
    targets: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Results:
    """Measure a view: one tidy table of scores for every case, taken in one pass.

    Parameters
    ----------
    view
        A run under some cases.
    measures
        Names of measures; exposure, anchors and unicity by default.
    targets
        Number of target vehicles of each attack; the scenario's if None.
    workers
        Threads; one per processor if None.
    progress
        Called as `progress(shards done, shards in all, rows so far)`.

    Examples
    --------
    >>> results = sim.measure(view, ["exposure", "anchors"], targets=20)
    >>> 0 <= results.one(case="7 days", score="home_found", detail="250 m").value <= 1
    True
    """
    check_names(measures)
    check_targets(targets)
    check_workers(workers)
    chosen = [MEASURES[name] for name in dict.fromkeys(measures)]
    n = targets or view.sight.asked.targets
    known = {member.name: member.ask(view, n) for member in chosen}
    tallies = scan(view, chosen, known, engine=Threads(workers), progress=progress)
    rows = [row for member in chosen for row in member.results(view.sight, tallies[member.name])]
    return Results(tuple(rows)).named(view.truth.scenario.name, view.truth.seed)


def main_results(results: Results, asked: Measuring) -> Results:
    """Return the main results: roles above "full", at their first detail."""
    wanted = {
        (member.name, score.name, score.asked(asked))
        for member in MEASURES.values() for score in member.scores if score.role != "full"
    }  # fmt: skip
    return Results(tuple(row for row in results if row.key in wanted))


def check_names(measures: Sequence[str]) -> None:
    """Raise ScenarioError on an unknown measure, or on none at all."""
    unknown = [name for name in measures if name not in MEASURES]
    if unknown:
        raise ScenarioError("measures", "known measures", repr(unknown[0]), did_you_mean(unknown[0], MEASURES))
    if not measures:
        raise ScenarioError("measures", "at least one measure", "none", f"known: {', '.join(MEASURES)}")


def check_targets(targets: int | None) -> None:
    """Raise ScenarioError if `targets` is below 1."""
    if targets is not None and targets < 1:
        raise ScenarioError("targets", "at least 1 vehicle", targets, "1000 give an interval of about 3 points")
