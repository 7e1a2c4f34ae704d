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
    from simulate.policy.case import Case, Policy
    from simulate.policy.retention import Retention
    from simulate.policy.view import View
    from simulate.scenario import MetroNames, Overrides, Scenario
    from simulate.sightings.run import Run

WORK = "runs/compare"
"""Where the runs of comparisons are kept, unless another folder is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Scenarios, or cases, set side by side; the first is the reference."""

    results: Results
    """Every result of every case of every scenario and world."""
    differences: Results
    """Every change from the reference, as `Results.differences` gives them."""
    compared: Compared
    """What was compared, and how."""

    def page(self, path: str | Path) -> Path:
        """Write one self-contained page; returns its path."""
        return write_comparison(self.compared, self.results, self.differences, path)

    def main(self) -> Results:
        """Return the differences of the scores that most people ask for."""
        return main_results(self.differences, self.compared.asked)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
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
    """Draw and measure scenarios in the same worlds, and say what changes from the first.

    Parameters
    ----------
    scenarios
        Names of the catalogue, TOML files or loaded scenarios. The first is the reference, case
        by case; of a single one, the first case is.
    replicates
        Worlds to draw of each: seeds `seed`, `seed + 1` and so on, the same for all, also for
        scenarios that are loaded. From two on, differences have an interval over worlds.
    measures
        Names of measures; exposure, anchors and unicity by default.
    cases
        Cases to compare: made by `sim.Case`, or names that every scenario gives to a case of its
        own; instead of `retention`, `observer` and `policies`.
    retention
        Retention rules to compare, one case each; the ladder of the first scenario if None.
    observer
        Who looks, in every scenario; each one's own first observer by name if None.
    policies
        Rules in force beside each retention rule.
    on
        Query date of cases that name none; the day after the last simulated one if None.
    targets
        Vehicles that attacks are tried on; each scenario's own number if None.
    metros
        Metros of a national scenario to draw, in every scenario, as in `load`; refused if one is loaded already.
    overrides
        Values to change in every scenario, as in `load`; refused if one is loaded already.
    seed
        The first world's seed.
    workers
        Processes for each draw, threads for each measuring; chosen by size if None.
    work
        Folder for the runs; those it holds already are used, or taken up where they stopped.
        If None, a temporary folder that is deleted in the end.
    steps
        Called as `steps(done_runs, total_runs, text)`.

    Raises
    ------
    ScenarioError
        If anything asked for is wrong. All but rules that contradict each other is found
        before the first run is drawn.
    """
    check_names(measures)
    check_targets(targets)
    if replicates < 1:
        raise ScenarioError("replicates", "at least 1 world", replicates, "5 give a fair interval")
    chosen = [replace(loaded(one, seed, metros, overrides), seed=seed) for one in scenarios]
    _check_names_differ(chosen)
    look = Look(cases=cases, retention=retention, observer=observer, policies=policies, on=on)
    if retention is None and cases is None:  # all are compared under the rules of the first
        look = replace(look, retention=chosen[0].settings.measure.retention)
    asked = {scenario.name: look.cases_of(scenario) for scenario in chosen}
    reference = look.reference(chosen[0])
    _check_comparable(chosen, asked, look, reference)
    seeds = tuple(range(seed, seed + replicates))
    results = Results()
    sides: dict[str, Side] = {}
    with bench(work, len(chosen) * replicates, workers=workers, steps=steps) as place:
        for world in seeds:
            for scenario in chosen:
                view, made = _open(place, replace(scenario, seed=world), look, asked[scenario.name])
                results += place.measure(view, measures, targets, called=f"{scenario.name}, seed {world}")
                sides.setdefault(scenario.name, _side(scenario, view, made))
    compared = Compared(
        sides=tuple(sides.values()), seeds=seeds, case=reference, asked=chosen[0].settings.measure,
        measures=tuple(dict.fromkeys(measures)),
    )  # fmt: skip
    alone = len(chosen) == 1
    found = results.differences(case=reference) if alone else results.differences(scenario=chosen[0].name)
    return Comparison(results=results, differences=found, compared=compared)


def _check_names_differ(loaded: Sequence[Scenario]) -> None:
    if not loaded:
        raise ScenarioError("scenarios", "at least one scenario", "none", "'plateprint list' shows the catalogue")
    names = [scenario.name for scenario in loaded]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        remedy = "name each once; two files of one name: rename one of them"
        raise ScenarioError("scenarios", "scenarios of different names", f"{twice[0]!r} twice", remedy)


def _check_comparable(chosen: Sequence[Scenario], asked: dict[str, list[Case]], look: Look, reference: str) -> None:
    """Raise ScenarioError on what would end without a single difference."""
    first = chosen[0]
    reached = {s.name: {case.name for case in asked[s.name] if look.reached(case, s)} for s in chosen}
    names = ", ".join(case.name for case in asked[first.name])
    days = max(look.age_days(case, scenario) for scenario in chosen for case in asked[scenario.name])
    remedy = f'ask for rules of at most {days} days or forever, or simulate longer, as with overrides=["period.days=N"]'
    if len(chosen) == 1:
        if len(asked[first.name]) < 2:
            remedy = "name a second scenario, or several retention rules, such as 21d and forever"
            raise ScenarioError("compare", "at least two scenarios, or two cases or retention rules", names, remedy)
        if reference not in reached[first.name] or len(reached[first.name]) < 2:
            expected = "a first rule, and one to compare it with, that the run is old enough for"
            raise ScenarioError(look.parameter, expected, f"{names}, of a run {days} days old", remedy)
    elif not any(reached[first.name] & reached[other.name] for other in chosen[1:]):
        expected = "a rule that the first scenario and another are old enough for"
        raise ScenarioError(look.parameter, expected, f"{names}, of runs up to {days} days old", remedy)


def _open(place: Bench, scenario: Scenario, look: Look, cases: Sequence[Case]) -> tuple[View, Run]:
    """Draw one scenario in one world and look at it."""
    made = place.draw(scenario)
    return look.view(made, cases), made


def _side(scenario: Scenario, view: View, made: Run) -> Side:
    """Say what a scenario is and who looks."""
    return Side(
        name=scenario.name,
        title=scenario.title,
        summary=scenario.summary,
        vehicles=made.n_vehicles,
        days=scenario.settings.period.days,
        cases=view.cases,
        looks=tuple(case.describe(view.sight.public) for case in view.cases),
        settings=scenario.resolved(),
        changed=changes(scenario.resolved(), scenario.sources),
        credits=(*(f"Map: {credit}" for credit in made.world.credits), *made.world.placements),
        real_map=made.world.roads.origin is not None,
    )
