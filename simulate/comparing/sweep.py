"""Sweep: how much the answers depend on the assumptions, one at a time."""

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
    from simulate.policy.case import Case, Policy
    from simulate.policy.retention import Retention
    from simulate.policy.view import View
    from simulate.risk.results import Results
    from simulate.scenario import MetroNames, Overrides, Scenario
    from simulate.sightings.run import Run

    Take = Callable[[Run, str], tuple[View, Results]]

WORK = "runs/sweep"
"""Where runs at the ends of assumptions are kept, unless another folder is named."""
NOT_ASKED = "not among those asked for"
"""Why an assumption was not tried that may well apply."""
UNDRAWN = {"case", "measure", "observers", "sharing"}
"""Tables that change how a run is looked at and not what is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The scores of one scenario, each with its range over the assumptions."""

    results: Results
    """Every result; as scenario stands "base", or the assumption and its end, such as "night, low"."""
    assumptions: Assumptions
    """What was assumed, and the least and most of each main score."""
    swept: Swept
    """What was asked, and how."""

    def page(self, path: str | Path) -> Path:
        """Write one self-contained page; returns its path."""
        return write_sweep(self.swept, self.results, self.assumptions, path)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
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
    """Try every assumption of a scenario at its low and its high end, one at a time, in the same world.

    The ranges are also written beside the base run, where `write_page` finds them; those over some
    assumptions `only` are not, since a page that showed them would say less than it seems to.

    Parameters
    ----------
    scenario
        A name of the catalogue, a TOML file or a loaded scenario, which keeps its seed.
    only
        Names of the assumptions to try; all if None.
    measures
        Names of measures; exposure, anchors and unicity by default.
    case
        Who looks under which rules: made by `sim.Case`, or the name of a case of the scenario;
        instead of `retention`, `observer` and `policies`.
    retention
        The retention rule; if None the longest of the scenario's ladder that is reached.
    observer
        Who looks; the scenario's first observer by name if None.
    policies
        Rules in force beside the retention rule.
    on
        Query date, if the case names none; the day after the last simulated one if None.
    targets
        Vehicles that attacks are tried on; the scenario's number if None.
    metros
        Metros of a national scenario to draw, as in `load`; refused if the scenario is loaded already.
    overrides
        Values to change first, as in `load`; refused if the scenario is loaded already.
    seed
        What all random draws start from, in a scenario that is named.
    workers
        Processes for each draw, threads for each measuring; chosen by size if None.
    run
        Folder of the base run, which is used if it is there and drawn if not; runs/NAME if None.
    work
        Folder for the other runs, which are used or taken up again; a temporary one if None.
    steps
        Called as `steps(done_runs, total_runs, text)`.

    Raises
    ------
    ScenarioError
        If anything asked for is wrong, or no assumption applies. All but rules that contradict
        each other is found before the first run is drawn.
    """
    check_names(measures)
    check_targets(targets)
    base = loaded(scenario, seed, metros, overrides)
    look = Look(cases=None if case is None else [case], retention=None if retention is None else [retention],
                observer=observer, policies=policies, on=on)  # fmt: skip
    chosen = _case(look, base)
    assumed, ends = _ends(base, _chosen(only, base))
    folder = run if run is not None else Path("runs") / base.name

    def take(made: Run, called: str) -> tuple[View, Results]:
        named = isinstance(case, str)  # what a scenario calls a case may hang on an assumption
        view = look.view(made, look.cases_of(made.scenario) if named else [chosen])
        return view, place.measure(view, measures, targets, called=called)

    with bench(work, 1 + 2 * len(ends), workers=workers, steps=steps) as place:
        made = place.draw(base, folder, called=base.name)
        view, measured = take(made, base.name)
        results = measured.named(BASE, base.seed)
        for name, variants in ends.items():
            for end, variant in zip(("low", "high"), variants, strict=True):
                found = _at_end(place, made, measured, variant, f"{base.name}, {name} {end}", take)
                results += found.named(end_of(name, end), base.seed)
    seen = view.cases[0]
    assumptions = Assumptions(
        asked=asked_of(seen, view, made.store.manifest()["run_hash"]),
        assumed=assumed,
        bounds=bounds_of(main_results(results, view.sight.asked)),
    )
    if only is None:
        write_assumptions(made.store.files, assumptions)
    swept = Swept(
        name=base.name, title=base.title, seed=base.seed, looks=view.describe(), case=seen, asked=view.sight.asked,
        targets=targets or view.sight.asked.targets, measures=tuple(dict.fromkeys(measures)),
        changed=changes(base.resolved(), base.sources),
        credits=(*(f"Map: {credit}" for credit in made.world.credits), *made.world.placements),
        real_map=made.world.roads.origin is not None,
    )  # fmt: skip
    return Sweep(results=results, assumptions=assumptions, swept=swept)


def _case(look: Look, scenario: Scenario) -> Case:
    """Return the case asked for, or that of the longest retention rule of the ladder that is reached."""
    asked = look.cases_of(scenario)
    inside = [case for case in asked if look.reached(case, scenario)]
    if not inside:
        days = max(look.age_days(case, scenario) for case in asked)
        found = f"{', '.join(case.name for case in asked)}, of a run {days} days old"
        remedy = 'ask for a shorter rule or forever, or simulate longer, as with overrides=["period.days=N"]'
        raise ScenarioError(look.parameter, "a rule that the run is old enough for", found, remedy)
    return inside[-1]


def _chosen(only: Sequence[str] | None, base: Scenario) -> set[str]:
    """Return the names of the assumptions to try; refuse one that the scenario lacks."""
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
    """Make the scenario of each end of each chosen assumption; say which do not apply here."""
    resolved = base.resolved()
    assumed: list[Assumed] = []
    ends: dict[str, tuple[Scenario, Scenario]] = {}
    for name, assumption in sorted(base.settings.assumptions.items()):
        found = dict(matching(resolved, tuple(assumption.key.split("."))))
        values = list(dict.fromkeys(_text(value) for value in found.values()))
        missing = "" if found else f"this scenario has no {assumption.key}"
        skipped = missing if name in chosen else NOT_ASKED
        assumed.append(
            Assumed(
                name=name, key=assumption.key, base=", ".join(values), low=_text(assumption.low),
                high=_text(assumption.high), why=assumption.why, skipped=skipped,
            )
        )  # fmt: skip
        if not skipped:
            low, high = (
                changed(base, dict.fromkeys(found, getattr(assumption, end)), f"assumptions.{name}.{end}")
                for end in ("low", "high")
            )
            ends[name] = low, high
    if not ends:
        keys = ", ".join(one.key for one in assumed if one.name in chosen)
        found_none = f"only such as do not apply: {keys}" if keys else "none"
        remedy = "write [assumptions.NAME] with key, low, high and why; 'plateprint schema' says more"
        raise ScenarioError(f"{base.name}: assumptions", "at least one to try", found_none, remedy)
    return tuple(assumed), ends


def _text(value: object) -> str:
    """Write a value as people read it: text without quotes, tables whole."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, dict) else spell(value)


def _at_end(place: Bench, base: Run, results: Results, variant: Scenario, called: str, take: Take) -> Results:
    """Measure one end: from the same rows if it changes none of them, else from a run of its own."""
    if variant.settings == base.scenario.settings:
        place.finish_one()
        return results
    before, after = base.scenario.resolved(), variant.resolved()
    drawn = any(before.get(table) != after.get(table) for table in after.keys() - UNDRAWN)
    made = place.draw(variant, called=called) if drawn else replace(base, scenario=variant)
    return take(made, called)[1]
