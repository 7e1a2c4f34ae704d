"""Compare scenarios, or the retention rules of one, on the same random draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError
from simulate.comparing.worlds import bench, loaded, look, reached, rules_of
from simulate.policy.observers import check_observer
from simulate.report.comparison import Compared, Side, write_comparison
from simulate.report.layout import changes
from simulate.risk.differences import Differences, WorldRate, WorldRates, between_rules, between_scenarios
from simulate.risk.measures import USUAL, check_names, check_targets, main_scores, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.comparing.worlds import Bench
    from simulate.policy.retention import Retention
    from simulate.risk.measures import Steps
    from simulate.scenario import MetroNames, Overrides, Scenario

WORK = "runs/compare"
"""Where the runs of comparisons are kept, unless another folder is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Scenarios, or rules, set side by side; the first is the reference."""

    rates: WorldRates
    """Every rate of every scenario and world."""
    differences: Differences
    """Every change from the reference."""
    compared: Compared
    """What was compared, and how."""

    def page(self, path: str | Path) -> Path:
        """Write one self-contained page; returns its path."""
        return write_comparison(self.compared, self.rates, self.differences, path)

    def main(self) -> Differences:
        """Return the differences of the scores that most people ask for."""
        asked = self.compared.asked
        kept = {
            (rate.measure, rate.score, rate.setting)
            for side in self.compared.sides
            for seed in self.compared.seeds
            for rate in main_scores(self.rates.of(side.name, seed), asked.unicity_points)
        }
        return Differences(tuple(d for d in self.differences if (d.measure, d.score, d.setting) in kept))

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        compared = self.compared
        return {
            "scenarios": [{"name": side.name, "title": side.title, "view": side.looks} for side in compared.sides],
            "seeds": list(compared.seeds),
            "retention": [rule.label for rule in compared.rules],
            "rates": self.rates.to_dicts(),
            "differences": self.differences.to_dicts(),
        }

    def __str__(self) -> str:
        return str(self.main())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.main()._repr_html_()


def compare(  # noqa: PLR0913 - every option is an argument
    scenarios: Sequence[str | Path | Scenario],
    *,
    replicates: int = 1,
    measures: Sequence[str] = USUAL,
    retention: Sequence[str | Retention] | None = None,
    observer: str | None = None,
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
        Names of the catalogue, TOML files or loaded scenarios. The first is the reference;
        of a single one, the first retention rule is.
    replicates
        Worlds to draw of each: seeds `seed`, `seed + 1` and so on, the same for all, also for
        scenarios that are loaded. From two on, differences have an interval over worlds.
    measures
        Any of "exposure", "anchors", "unicity" and "hotlist"; the first three by default.
    retention
        Rules to compare; the ladder of the first scenario if None.
    observer
        Who looks, in every scenario; each one's own first observer by name if None.
    targets
        Plates that attacks are tried on; each scenario's own number if None.
    metros
        Metros of a national scenario to draw, in every scenario, as in `load`; refused if one is loaded already.
    overrides
        Values to change in every scenario, as in `load`; refused if one is loaded already.
    seed
        The first world's seed.
    workers
        Processes for each draw; chosen by its size if None.
    work
        Folder for the runs; those it holds already are used, or taken up where they stopped.
        If None, a temporary folder that is deleted in the end.
    steps
        Called as `steps(done_runs, total_runs, text)`.

    Raises
    ------
    ScenarioError
        If anything asked for is wrong; before the first run is drawn.
    """
    check_names(measures)
    check_targets(targets)
    if replicates < 1:
        raise ScenarioError("--replicates", "at least 1 world", replicates, "5 give a fair interval")
    chosen = [replace(loaded(one, seed, metros, overrides), seed=seed) for one in scenarios]
    _check_names_differ(chosen)
    rules = rules_of(retention, chosen[0])
    _check_comparable(chosen, rules)
    for scenario in chosen:
        check_observer(observer, scenario)
    seeds = tuple(range(seed, seed + replicates))
    rows: list[WorldRate] = []
    looks: dict[str, Side] = {}
    with bench(work, len(chosen) * replicates, workers=workers, steps=steps) as place:
        for world in seeds:
            for scenario in chosen:
                side, some = _one(place, replace(scenario, seed=world), rules, observer, measures, targets)
                looks.setdefault(side.name, side)
                rows += some
    rates = WorldRates(tuple(rows))
    names = [scenario.name for scenario in chosen]
    compared = Compared(
        sides=tuple(looks[name] for name in names),
        seeds=seeds,
        rules=rules,
        asked=chosen[0].settings.measure,
        measures=tuple(dict.fromkeys(measures)),
    )
    if len(names) > 1:
        return Comparison(rates=rates, differences=between_scenarios(rates, names), compared=compared)
    labels = [rule.label for rule in rules]
    return Comparison(rates=rates, differences=between_rules(rates, names[0], labels), compared=compared)


def _check_names_differ(loaded: Sequence[Scenario]) -> None:
    if not loaded:
        raise ScenarioError("scenarios", "at least one scenario", "none", "'plateprint list' shows the catalogue")
    names = [scenario.name for scenario in loaded]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        remedy = "name each once; two files of one name: rename one of them"
        raise ScenarioError("scenarios", "scenarios of different names", f"{twice[0]!r} twice", remedy)


def _check_comparable(loaded: Sequence[Scenario], rules: Sequence[Retention]) -> None:
    """Refuse what would end without a single difference."""
    labels = ", ".join(rule.label for rule in rules)
    days = max(scenario.settings.period.days for scenario in loaded)
    remedy = f"ask for rules of at most {days} days or forever, or simulate longer with --set period.days=N"
    if len(loaded) == 1:
        if len(rules) < 2:
            remedy = "name a second scenario, or several rules as in --retention 21d,forever"
            raise ScenarioError("compare", "at least two scenarios, or two retention rules", labels, remedy)
        if not reached(rules[0], loaded[0]) or not any(reached(rule, loaded[0]) for rule in rules[1:]):
            expected = "a first rule, and one to compare it with, that the run is old enough for"
            raise ScenarioError("--retention", expected, f"{labels}, of a run of {days} days", remedy)
    elif not any(reached(rule, loaded[0]) and reached(rule, other) for rule in rules for other in loaded[1:]):
        expected = "a rule that the first scenario and another are old enough for"
        raise ScenarioError("--retention", expected, f"{labels}, of runs of up to {days} days", remedy)


def _one(
    place: Bench,
    scenario: Scenario,
    rules: Sequence[Retention],
    observer: str | None,
    measures: Sequence[str],
    targets: int | None,
) -> tuple[Side, list[WorldRate]]:
    """Draw and measure one scenario in one world."""
    made = place.draw(scenario)
    place.say(f"measuring {scenario.name}, seed {scenario.seed}")
    view = look(made, observer, rules)
    rates = measure(view, measures, targets=targets)
    place.finish_one()
    side = Side(
        name=scenario.name,
        title=scenario.title,
        summary=scenario.summary,
        looks=view.describe(),
        vehicles=made.n_vehicles,
        days=scenario.settings.period.days,
        reached=tuple(rule for rule, _ in view.windows()),
        settings=scenario.resolved(),
        changed=changes(scenario.resolved(), scenario.sources),
        credits=(*(f"Map: {credit}" for credit in made.world.credits), *made.world.placements),
        real_map=made.world.roads.origin is not None,
    )
    return side, [WorldRate(scenario=scenario.name, seed=scenario.seed, rate=rate) for rate in rates]
