"""Draw and measure the many runs that a comparison needs, each in a folder that is taken up again."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.files import check_name
from simulate.policy.retention import Retention
from simulate.policy.view import view_of
from simulate.scenario import Scenario, load
from simulate.sightings.run import check_workers, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulate.policy.view import View
    from simulate.risk.measures import Steps
    from simulate.scenario import MetroNames, Overrides
    from simulate.sightings.run import Run


@dataclass(slots=True, kw_only=True)
class Bench:
    """Where runs are drawn, and who is told of it."""

    work: Path
    workers: int | None
    steps: Steps
    total: int
    done: int = 0

    def draw(self, scenario: Scenario, folder: Path | None = None, *, called: str = "") -> Run:
        """Draw a scenario, or take up what its folder holds already; `called` tells it from its like."""
        name = called or f"{scenario.name}, seed {scenario.seed}"
        what = f"drawing {name}"
        self.steps(self.done, self.total, what)

        def shards(done: int, total: int, _rows: int) -> None:
            self.steps(self.done, self.total, f"{what}: {done} of {total} shards")

        path = folder or self.work / f"{scenario.name}-{scenario.seed}-{scenario.identity[:8]}"
        try:
            return run(scenario, path, workers=self.workers, progress=shards)
        except ScenarioError as error:  # of several scenarios: say which
            where = f"{name}: {error.where}"
            raise ScenarioError(where, error.expected, error.found, error.remedy, error.others) from None

    def say(self, what: str) -> None:
        """Tell what is being done."""
        self.steps(self.done, self.total, what)

    def finish_one(self) -> None:
        """Count one run as done."""
        self.done += 1
        if self.done == self.total:
            self.steps(self.done, self.total, "done")


@contextmanager
def bench(work: str | Path | None, total: int, *, workers: int | None, steps: Steps | None) -> Iterator[Bench]:
    """Give a place to draw runs: a folder that stays, or one that goes in the end if `work` is None."""
    check_workers(workers)
    told = steps or _silent
    if work is not None:
        check_name(work, "--work")
        yield Bench(work=Path(work), workers=workers, steps=told, total=total)
        return
    with tempfile.TemporaryDirectory(prefix="plateprint-") as folder:
        yield Bench(work=Path(folder), workers=workers, steps=told, total=total)


def rules_of(retention: Sequence[str | Retention] | None, scenario: Scenario) -> tuple[Retention, ...]:
    """Return the rules asked about, in the order asked, each once; by default the scenario's ladder."""
    asked = scenario.settings.measure.retention if retention is None else retention
    rules = [rule if isinstance(rule, Retention) else Retention.of(rule) for rule in asked]
    if not rules:
        raise ScenarioError("--retention", "rules such as 21d,90d,forever", "none", "name at least one")
    return tuple(dict.fromkeys(rules))


def reached(rule: Retention, scenario: Scenario) -> bool:
    """Tell whether a scenario lasts long enough for a rule, as `View.reached` will when it is drawn."""
    return rule.days is None or rule.days <= scenario.settings.period.days


def loaded(scenario: str | Path | Scenario, seed: int, metros: MetroNames, overrides: Overrides) -> Scenario:
    """Load what is named; a scenario that is loaded stays as it is, so it refuses metros and overrides."""
    if not isinstance(scenario, Scenario):
        return load(scenario, seed=seed, metros=metros, overrides=overrides)
    for what, given in (("metros", metros), ("overrides", overrides)):
        if given:
            found = f"{scenario.name!r}, which is loaded already"
            raise ScenarioError(what, "scenarios by name or file", found, f"give the {what} to load(...) instead")
    return scenario


def look(run: Run, observer: str | None, rules: Sequence[Retention]) -> View:
    """Look at a run as the comparison asks."""
    return view_of(run, observer=observer, ladder=rules)


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
