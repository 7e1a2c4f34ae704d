"""Compare scenarios, or the cases of one, on the same random draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError
from simulate.comparing.worlds import Look, bench, loaded
from simulate.report.compared import Compared, Side
from simulate.report.comparison import changes_table, write_comparison
from simulate.report.layout import changes
from simulate.risk.measures import USUAL, check_names, check_targets, main_results
from simulate.risk.results import Results
from simulate.risk.tables import as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from simulate.comparing.worlds import Bench, Steps
    from simulate.policy.case import Case
    from simulate.policy.view import View
    from simulate.rules import Retention
    from simulate.rules.fields import Policy
    from simulate.scenario import MetroNames, Overrides, Scenario
    from simulate.sightings.run import Run

WORK = "runs/compare"
"""Default folder of the runs of comparisons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Results of scenarios, or of cases, side by side; the first is the reference."""

    results: Results
    """Every result of every case of every scenario and world."""
    differences: Results
    """Every change from the reference, as returned by `Results.differences`."""
    compared: Compared
    """The scenarios and cases compared, and the settings."""

    def page(self, path: str | Path) -> Path:
        """Write one self-contained page and return its path."""
        return write_comparison(self.compared, self.results, self.differences, path)

    def main(self) -> Results:
        """Return the differences of the main scores."""
        return main_results(self.differences, self.compared.asked)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole comparison as JSON-ready types."""
        compared = self.compared
        return {
            "scenarios": [
                {
                    "name": side.name,
                    "title": side.title,
                    "cases": [
                        {"name": case.name, "view": looks, "rules": list(case.rules), "reached": case.reached}
                        for case, looks in zip(side.cases, side.looks, strict=True)
                    ],
                }
                for side in compared.sides
            ],
            "seeds": list(compared.seeds),
            "reference": compared.case if compared.by_case else compared.sides[0].name,
            "results": self.results.to_dicts(),
            "differences": self.differences.to_dicts(),
        }

    def __str__(self) -> str:
        return as_text(*changes_table(self.compared, self.main()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(*changes_table(self.compared, self.main()))


def compare(  # noqa: PLR0913 - every option is an argument
    scenarios: Sequence[str | Path | Scenario],
    *,
    replicates: int = 1,
    measures: Sequence[str] = USUAL,
    cases: Sequence[Case | str] | None = None,
    retention: Sequence[str | Retention] | None = None,
    observer: str | None = None,
    policies: Sequence[Policy] = (),
    on: date | str | None = None,
    targets: int | None = None,
    metros: MetroNames = None,
    overrides: Overrides = (),
    seed: int = 0,
    workers: int | None = None,
    work: str | Path | None = WORK,
    steps: Steps | None = None,
) -> Comparison:
    """Draw and measure scenarios in the same worlds and compare each with the first.

    Parameters
    ----------
    scenarios
        Catalogue names, TOML files or loaded scenarios. The first is the reference, case
        by case; of a single scenario, its first case.
    replicates
        Worlds to draw per scenario: seeds `seed`, `seed + 1` and so on, the same for all, loaded
        scenarios included. From two on, differences have an interval over worlds.
    measures
        Names of measures; exposure, anchors and unicity by default.
    cases
        Cases to compare: values of `sim.Case`, or names defined by every scenario for a case of its
        own; instead of `retention`, `observer` and `policies`.
    retention
        Retention rules to compare, one case each; the ladder of the first scenario if None.
    observer
        The observer in every scenario; each scenario's first observer by name if None.
    policies
        Rules in force beside each retention rule.
    on
        Query date of cases without one; the day after the last simulated day if None.
    targets
        Number of vehicles attacked; each scenario's own number if None.
    metros
        Metros of a national scenario to draw, in every scenario, as in `load`; not for loaded scenarios.
    overrides
        Values to change in every scenario, as in `load`; not for loaded scenarios.
    seed
        Seed of the first world.
    workers
        Processes per draw and threads per pass of measures; chosen by size if None.
    work
        Folder of the runs; complete runs in it are reused, interrupted ones resumed.
        If None, a temporary folder, deleted at the end.
    steps
        Called as `steps(done_runs, total_runs, text)`.

    Raises
    ------
    ScenarioError
        If an argument is invalid. All faults except contradictory rules are reported
        before the first draw.

    Examples
    --------
    >>> rule = sim.policy.Retention(days=3)
    >>> cases = [sim.Case(name="kept"), sim.Case(name="deleted", policies=[rule])]
    >>> found = sim.compare([town], cases=cases, measures=["exposure"], targets=20, work=None)
    >>> found.differences.find(score="mean_sightings", case="deleted").value < 0
    True
    """
    check_names(measures)
    check_targets(targets)
    if replicates < 1:
        raise ScenarioError("replicates", "at least 1 world", replicates, "5 give a fair interval")
    chosen = [replace(loaded(source, seed, metros, overrides), seed=seed) for source in scenarios]
    _check_names_differ(chosen)
    look = Look(cases=cases, retention=retention, observer=observer, policies=policies, on=on)
    if retention is None and cases is None:  # the rules of the first scenario hold for all
        look = replace(look, retention=chosen[0].settings.measure.retention)
    cases_of = {scenario.name: look.cases_of(scenario) for scenario in chosen}
    reference = look.reference(chosen[0])
    _check_comparable(chosen, cases_of, look, reference)
    seeds = tuple(range(seed, seed + replicates))
    results = Results()
    sides: dict[str, Side] = {}
    with bench(work, len(chosen) * replicates, workers=workers, steps=steps) as place:
        for world in seeds:
            for scenario in chosen:
                view, drawn = _open(place, replace(scenario, seed=world), look, cases_of[scenario.name])
                results += place.measure(view, measures, targets, called=f"{scenario.name}, seed {world}")
                sides.setdefault(scenario.name, _side(scenario, view, drawn))
    compared = Compared(
        sides=tuple(sides.values()), seeds=seeds, case=reference, asked=chosen[0].settings.measure,
        measures=tuple(dict.fromkeys(measures)),
    )  # fmt: skip
    alone = len(chosen) == 1
    differences = results.differences(case=reference) if alone else results.differences(scenario=chosen[0].name)
    return Comparison(results=results, differences=differences, compared=compared)


def _check_names_differ(loaded: Sequence[Scenario]) -> None:
    if not loaded:
        raise ScenarioError("scenarios", "at least one scenario", "none", "'plateprint list' shows the catalogue")
    names = [scenario.name for scenario in loaded]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        remedy = "name each once; two files of one name: rename one of them"
        raise ScenarioError("scenarios", "scenarios of different names", f"{repeated[0]!r} twice", remedy)


def _check_comparable(chosen: Sequence[Scenario], cases_of: dict[str, list[Case]], look: Look, reference: str) -> None:
    """Raise ScenarioError if no difference could result."""
    first = chosen[0]
    reached = {s.name: {case.name for case in cases_of[s.name] if look.reached(case, s)} for s in chosen}
    names = ", ".join(case.name for case in cases_of[first.name])
    days = max(look.age_days(case, scenario) for scenario in chosen for case in cases_of[scenario.name])
    remedy = f'ask for rules of at most {days} days or forever, or simulate longer, as with overrides=["period.days=N"]'
    if len(chosen) == 1:
        if len(cases_of[first.name]) < 2:
            remedy = "name a second scenario, or several retention rules, such as 21d and forever"
            raise ScenarioError("compare", "at least two scenarios, or two cases or retention rules", names, remedy)
        if reference not in reached[first.name] or len(reached[first.name]) < 2:
            expected = "a first rule, and one to compare it with, that the run is old enough for"
            raise ScenarioError(look.parameter, expected, f"{names}, of a run {days} days old", remedy)
    elif not any(reached[first.name] & reached[other.name] for other in chosen[1:]):
        expected = "a rule that the first scenario and another are old enough for"
        raise ScenarioError(look.parameter, expected, f"{names}, of runs up to {days} days old", remedy)


def _open(place: Bench, scenario: Scenario, look: Look, cases: Sequence[Case]) -> tuple[View, Run]:
    """Draw one scenario in one world and open its view."""
    drawn = place.draw(scenario)
    return look.view(drawn, cases), drawn


def _side(scenario: Scenario, view: View, drawn: Run) -> Side:
    """Return the description of one scenario and its cases for the page."""
    return Side(
        name=scenario.name,
        title=scenario.title,
        summary=scenario.summary,
        vehicles=drawn.n_vehicles,
        days=scenario.settings.period.days,
        cases=view.cases,
        looks=tuple(case.describe(view.sight.public) for case in view.cases),
        settings=scenario.resolved(),
        changed=changes(scenario.resolved(), scenario.sources),
        credits=(*(f"Map: {credit}" for credit in drawn.world.credits), *drawn.world.placements),
        real_map=drawn.world.roads.origin is not None,
    )
