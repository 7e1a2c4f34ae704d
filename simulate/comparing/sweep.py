"""Sweep: how much the answers depend on the assumptions, one at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, did_you_mean
from simulate.comparing.worlds import bench, loaded, look, reached, rules_of
from simulate.faults import spell
from simulate.policy.observers import check_observer
from simulate.report.layout import changes
from simulate.report.sensitivity import Swept, write_sweep
from simulate.risk.differences import WorldRate, WorldRates
from simulate.risk.measures import USUAL, check_names, check_targets, main_scores, measure
from simulate.risk.ranges import Assumed, Ranges, range_of, write_ranges
from simulate.scenario import changed, matching

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from simulate.comparing.worlds import Bench
    from simulate.policy.retention import Retention
    from simulate.policy.view import View
    from simulate.risk.measures import Steps
    from simulate.risk.rates import Rates
    from simulate.scenario import MetroNames, Overrides, Scenario
    from simulate.sightings.run import Run

    Keys = tuple[str, ...]
    Take = Callable[[Run, str], tuple[View, Rates]]

WORK = "runs/sweep"
"""Where runs at the ends of assumptions are kept, unless another folder is named."""
NOT_ASKED = "left out by --only"
"""Why an assumption was not tried that may well apply."""
UNDRAWN = {"measure", "observers", "sharing"}
"""Tables that change how a run is looked at and not what is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The main scores of one scenario, each with its range over the assumptions."""

    rates: WorldRates
    """Every rate; as scenario stands "base", or the assumption and its end."""
    ranges: Ranges
    swept: Swept
    """What was asked, and how."""

    def page(self, path: str | Path) -> Path:
        """Write one self-contained page; returns its path."""
        return write_sweep(self.swept, self.ranges, path)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {
            "scenario": self.swept.name,
            "seed": self.swept.seed,
            "view": self.swept.looks,
            "ranges": self.ranges.to_dict(),
            "rates": self.rates.to_dicts(),
        }

    def __str__(self) -> str:
        return str(self.ranges)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.ranges._repr_html_()


def sweep(  # noqa: PLR0913 - every option is an argument
    scenario: str | Path | Scenario,
    *,
    only: Sequence[str] | None = None,
    measures: Sequence[str] = USUAL,
    retention: str | Retention | None = None,
    observer: str | None = None,
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
        Any of "exposure", "anchors", "unicity" and "hotlist"; the first three by default.
    retention
        The rule; if None the longest of the scenario's ladder that is reached.
    observer
        Who looks; the scenario's first observer by name if None.
    targets
        Plates that attacks are tried on; the scenario's number if None.
    metros
        Metros of a national scenario to draw, as in `load`; refused if the scenario is loaded already.
    overrides
        Values to change first, as in `load`; refused if the scenario is loaded already.
    seed
        What all random draws start from, in a scenario that is named.
    workers
        Processes for each draw; chosen by its size if None.
    run
        Folder of the base run, which is used if it is there and drawn if not; runs/NAME if None.
    work
        Folder for the other runs, which are used or taken up again; a temporary one if None.
    steps
        Called as `steps(done_runs, total_runs, text)`.

    Raises
    ------
    ScenarioError
        If anything asked for is wrong, or no assumption applies; before the first run is drawn.
    """
    check_names(measures)
    check_targets(targets)
    base = loaded(scenario, seed, metros, overrides)
    check_observer(observer, base)
    rule = _rule(retention, base)
    assumed, ends = _ends(base, _chosen(only, base))
    folder = Path(run) if run is not None else Path("runs") / base.name

    def take(made: Run, called: str) -> tuple[View, Rates]:
        place.say(f"measuring {called}")
        view = look(made, observer, [rule])
        return view, measure(view, measures, targets=targets)

    with bench(work, 1 + 2 * len(ends), workers=workers, steps=steps) as place:
        made = place.draw(base, folder, called=base.name)
        view, rates = take(made, base.name)
        place.finish_one()
        tried: dict[str, tuple[Rates, Rates]] = {}
        for name, (at_low, at_high) in ends.items():
            low = _at_end(place, made, rates, at_low, f"{base.name}, {name} low", take)
            high = _at_end(place, made, rates, at_high, f"{base.name}, {name} high", take)
            tried[name] = low, high
    main = main_scores(rates, view.asked.unicity_points)
    ranges = Ranges(
        run_hash=made.store.manifest()["run_hash"],
        observer=view.observer,
        on=str(view.on),
        retention=rule.label,
        assumptions=assumed,
        rows=tuple(found for rate in main if (found := range_of(rate, tried)) is not None),
    )
    if only is None:
        write_ranges(folder, ranges)
    swept = Swept(
        name=base.name, title=base.title, seed=base.seed, looks=view.describe(), rule=rule, days=view.today,
        asked=view.asked, measures=tuple(dict.fromkeys(measures)), changed=changes(base.resolved(), base.sources),
        credits=(*(f"Map: {credit}" for credit in made.world.credits), *made.world.placements),
        real_map=made.world.roads.origin is not None,
    )  # fmt: skip
    return Sweep(rates=_table(rates, tried, base.seed), ranges=ranges, swept=swept)


def _rule(retention: str | Retention | None, scenario: Scenario) -> Retention:
    """Return the rule asked for, or the longest of the ladder that is reached."""
    rules = rules_of(None if retention is None else [retention], scenario)
    inside = [rule for rule in rules if reached(rule, scenario)]
    if not inside:
        days = scenario.settings.period.days
        found = f"{', '.join(rule.label for rule in rules)}, of a run of {days} days"
        remedy = "ask for a shorter rule or forever, or simulate longer with --set period.days=N"
        raise ScenarioError("--retention", "a rule that the run is old enough for", found, remedy)
    return max(inside, key=lambda rule: float("inf") if rule.seconds is None else rule.seconds)


def _chosen(only: Sequence[str] | None, base: Scenario) -> set[str]:
    """Return the names of the assumptions to try; refuse one that the scenario lacks."""
    known = set(base.settings.assumptions)
    if only is None:
        return known
    if not only:
        raise ScenarioError("--only", "names of assumptions", "none", "name at least one, or leave it out to try all")
    for name in only:
        if name not in known:
            raise ScenarioError("--only", f"an assumption of {base.name}", repr(name), did_you_mean(name, known))
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


def _at_end(place: Bench, base: Run, rates: Rates, variant: Scenario, called: str, take: Take) -> Rates:
    """Measure one end: from the same rows if it changes none of them, else from a run of its own."""
    if variant.settings == base.scenario.settings:
        found = rates
    else:
        before, after = base.scenario.resolved(), variant.resolved()
        drawn = any(before.get(table) != after.get(table) for table in after.keys() - UNDRAWN)
        made = place.draw(variant, called=called) if drawn else replace(base, scenario=variant)
        _, found = take(made, called)
    place.finish_one()
    return found


def _table(base: Rates, tried: Mapping[str, tuple[Rates, Rates]], seed: int) -> WorldRates:
    """Lay all rates out as one table."""
    named = [("base", base)]
    for name, (low, high) in tried.items():
        named += [(f"{name}, low", low), (f"{name}, high", high)]
    return WorldRates(tuple(WorldRate(scenario=name, seed=seed, rate=rate) for name, rates in named for rate in rates))
