"""Sensitivity of the results to each assumption, varied one at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, did_you_mean
from simulate.comparing.worlds import Look, bench, loaded
from simulate.report.layout import changes
from simulate.report.sensitivity import Swept, ranges_table, write_sweep
from simulate.risk.assumptions import BASE, Assumed, Assumptions, asked_of, bounds_of, end_of, write_assumptions
from simulate.risk.measures import USUAL, check_names, check_targets, main_results
from simulate.risk.tables import as_html, as_text
from simulate.scenario import changed, matching
from simulate.scenario.faults import spell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date

    from simulate.comparing.worlds import Bench, Steps
    from simulate.policy.case import Case
    from simulate.policy.view import View
    from simulate.risk.results import Results
    from simulate.rules import Retention
    from simulate.rules.fields import Policy
    from simulate.scenario import MetroNames, Overrides, Scenario
    from simulate.sightings.run import Run

    Take = Callable[[Run, str], tuple[View, Results]]

WORK = "runs/sweep"
"""Default folder of the runs at the ends of assumptions."""
NOT_ASKED = "not among those asked for"
"""Reason for skipping an applicable assumption."""
UNDRAWN = {"case", "measure", "observers", "sharing"}
"""Tables with an effect on the view of a run, but not on its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The scores of one scenario, each with its range over the assumptions."""

    results: Results
    """Every result; its scenario is "base", or the assumption and its end, such as "night, low"."""
    assumptions: Assumptions
    """The assumptions, and the minimum and maximum of each main score."""
    swept: Swept
    """The arguments of the sweep and the description of its base run."""

    def page(self, path: str | Path) -> Path:
        """Write one self-contained page and return its path."""
        return write_sweep(self.swept, self.results, self.assumptions, path)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole sweep as JSON-ready types."""
        return {
            "scenario": self.swept.name,
            "seed": self.swept.seed,
            "view": self.swept.looks,
            "assumptions": self.assumptions.to_dict(),
            "results": self.results.to_dicts(),
        }

    def __str__(self) -> str:
        return as_text(*ranges_table(self.results, self.assumptions))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(*ranges_table(self.results, self.assumptions))


def sweep(  # noqa: PLR0913 - every option is an argument
    scenario: str | Path | Scenario,
    *,
    only: Sequence[str] | None = None,
    measures: Sequence[str] = USUAL,
    case: Case | str | None = None,
    retention: str | Retention | None = None,
    observer: str | None = None,
    policies: Sequence[Policy] = (),
    on: date | str | None = None,
    targets: int | None = None,
    metros: MetroNames = None,
    overrides: Overrides = (),
    seed: int = 0,
    workers: int | None = None,
    run: str | Path | None = None,
    work: str | Path | None = WORK,
    steps: Steps | None = None,
) -> Sweep:
    """Measure a scenario at the low and high end of each assumption, one at a time, in the same world.

    The ranges are also written beside the base run, for `write_page`; those over a selection of
    assumptions are not, since a page would understate the uncertainty.

    Parameters
    ----------
    scenario
        A catalogue name, a TOML file or a loaded scenario; the latter keeps its seed.
    only
        Names of the assumptions to vary; all if None.
    measures
        Names of measures; exposure, anchors and unicity by default.
    case
        Observer and rules: a value of `sim.Case`, or the name of a case of the scenario;
        instead of `retention`, `observer` and `policies`.
    retention
        The retention rule; if None, the longest of the scenario's ladder within the age of the run.
    observer
        The observer; the scenario's first by name if None.
    policies
        Rules in force beside the retention rule.
    on
        Query date of a case without one; the day after the last simulated day if None.
    targets
        Number of vehicles attacked; the scenario's own number if None.
    metros
        Metros of a national scenario to draw, as in `load`; not for a loaded scenario.
    overrides
        Values to change first, as in `load`; not for a loaded scenario.
    seed
        Seed of all random draws; not for a loaded scenario.
    workers
        Processes per draw and threads per pass of measures; chosen by size if None.
    run
        Folder of the base run, reused if present and drawn if not; runs/NAME if None.
    work
        Folder of the other runs, reused or resumed; a temporary one if None.
    steps
        Called as `steps(done_runs, total_runs, text)`.

    Raises
    ------
    ScenarioError
        If an argument is invalid or no assumption applies. All faults except contradictory
        rules are reported before the first draw.

    Examples
    --------
    >>> found = sim.sweep(town, only=["misreads"], measures=["exposure"], targets=20, run=folder / "town", work=None)
    >>> found.results.names("scenario")
    ['base', 'misreads, low', 'misreads, high']
    """
    check_names(measures)
    check_targets(targets)
    base = loaded(scenario, seed, metros, overrides)
    look = Look(cases=None if case is None else [case], retention=None if retention is None else [retention],
                observer=observer, policies=policies, on=on)  # fmt: skip
    chosen = _case(look, base)
    assumed, ends = _ends(base, _chosen(only, base))
    folder = run if run is not None else Path("runs") / base.name

    def take(measured_run: Run, called: str) -> tuple[View, Results]:
        by_name = isinstance(case, str)  # a scenario's definition of a case may depend on an assumption
        view = look.view(measured_run, look.cases_of(measured_run.scenario) if by_name else [chosen])
        return view, place.measure(view, measures, targets, called=called)

    with bench(work, 1 + 2 * len(ends), workers=workers, steps=steps) as place:
        base_run = place.draw(base, folder, called=base.name)
        view, measured = take(base_run, base.name)
        results = measured.named(BASE, base.seed)
        for name, variants in ends.items():
            for end, variant in zip(("low", "high"), variants, strict=True):
                end_results = _at_end(place, base_run, measured, variant, f"{base.name}, {name} {end}", take)
                results += end_results.named(end_of(name, end), base.seed)
    seen = view.cases[0]
    assumptions = Assumptions(
        asked=asked_of(seen, view, base_run.store.manifest()["run_hash"]),
        assumed=assumed,
        bounds=bounds_of(main_results(results, view.sight.asked)),
    )
    if only is None:
        write_assumptions(base_run.store.files, assumptions)
    swept = Swept(
        name=base.name, title=base.title, seed=base.seed, looks=view.describe(), case=seen, asked=view.sight.asked,
        targets=targets or view.sight.asked.targets, measures=tuple(dict.fromkeys(measures)),
        changed=changes(base.resolved(), base.sources),
        credits=(*(f"Map: {credit}" for credit in base_run.world.credits), *base_run.world.placements),
        real_map=base_run.world.roads.origin is not None,
    )  # fmt: skip
    return Sweep(results=results, assumptions=assumptions, swept=swept)


def _case(look: Look, scenario: Scenario) -> Case:
    """Return the case asked for, or the one of the longest retention rule within the age of the run."""
    cases = look.cases_of(scenario)
    reached = [case for case in cases if look.reached(case, scenario)]
    if not reached:
        days = max(look.age_days(case, scenario) for case in cases)
        found = f"{', '.join(case.name for case in cases)}, of a run {days} days old"
        remedy = 'ask for a shorter rule or forever, or simulate longer, as with overrides=["period.days=N"]'
        raise ScenarioError(look.parameter, "a rule that the run is old enough for", found, remedy)
    return reached[-1]


def _chosen(only: Sequence[str] | None, base: Scenario) -> set[str]:
    """Return the names of the assumptions to vary; raise ScenarioError if the scenario lacks one."""
    known = set(base.settings.assumptions)
    if only is None:
        return known
    if not only:
        raise ScenarioError("only", "names of assumptions", "none", "name at least one, or leave it out to try all")
    for name in only:
        if name not in known:
            raise ScenarioError("only", f"an assumption of {base.name}", repr(name), did_you_mean(name, known))
    return set(only)


def _ends(base: Scenario, chosen: Collection[str]) -> tuple[tuple[Assumed, ...], dict[str, tuple[Scenario, Scenario]]]:
    """Build the scenarios at both ends of each chosen assumption, and list the assumptions not applicable here."""
    resolved = base.resolved()
    assumed: list[Assumed] = []
    ends: dict[str, tuple[Scenario, Scenario]] = {}
    for name, assumption in sorted(base.settings.assumptions.items()):
        base_values = dict(matching(resolved, tuple(assumption.key.split("."))))
        values = list(dict.fromkeys(_text(value) for value in base_values.values()))
        missing = "" if base_values else f"this scenario has no {assumption.key}"
        skipped = missing if name in chosen else NOT_ASKED
        assumed.append(
            Assumed(
                name=name, key=assumption.key, base=", ".join(values), low=_text(assumption.low),
                high=_text(assumption.high), why=assumption.why, skipped=skipped,
            )
        )  # fmt: skip
        if not skipped:
            low, high = (
                changed(base, dict.fromkeys(base_values, getattr(assumption, end)), f"assumptions.{name}.{end}")
                for end in ("low", "high")
            )
            ends[name] = low, high
    if not ends:
        keys = ", ".join(item.key for item in assumed if item.name in chosen)
        found = f"only such as do not apply: {keys}" if keys else "none"
        remedy = "write [assumptions.NAME] with key, low, high and why; 'plateprint schema' says more"
        raise ScenarioError(f"{base.name}: assumptions", "at least one to try", found, remedy)
    return tuple(assumed), ends


def _text(value: object) -> str:
    """Format a value for people: text without quotes, tables whole."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, dict) else spell(value)


def _at_end(place: Bench, base: Run, results: Results, variant: Scenario, called: str, take: Take) -> Results:
    """Measure one end: on the rows of the base run if they stay the same, else on a run of its own."""
    if variant.settings == base.scenario.settings:
        place.finish_one()
        return results
    before, after = base.scenario.resolved(), variant.resolved()
    drawn = any(before.get(table) != after.get(table) for table in after.keys() - UNDRAWN)
    variant_run = place.draw(variant, called=called) if drawn else replace(base, scenario=variant)
    return take(variant_run, called)[1]
