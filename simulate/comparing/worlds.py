"""Draw and measure the many runs of a comparison, each in a folder of its own that can be resumed."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.files import check_name
from simulate.policy.observers import check_observer
from simulate.policy.view import cases_of, now_of, view_of
from simulate.risk.measures import measure
from simulate.rules import Retention
from simulate.scenario import Scenario, load
from simulate.sightings.run import check_workers, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from simulate.policy.case import Case
    from simulate.policy.view import View
    from simulate.risk.results import Results
    from simulate.rules.fields import Policy
    from simulate.scenario import MetroNames, Overrides
    from simulate.sightings.run import Run

    Steps = Callable[[int, int, str], None]
    """Called as `steps(done_runs, total_runs, text)`."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """Folder, workers and progress of the runs of a comparison."""

    work: Path
    workers: int | None
    steps: Steps
    total: int
    done: int = 0

    def draw(self, scenario: Scenario, folder: str | Path | None = None, *, called: str = "") -> Run:
        """Draw a scenario, or resume or reuse the run in its folder; called : its name in messages."""
        name = called or f"{scenario.name}, seed {scenario.seed}"
        activity = f"drawing {name}"
        self.steps(self.done, self.total, activity)

        def shards(done: int, total: int, _rows: int) -> None:
            self.steps(self.done, self.total, f"{activity}: {done} of {total} shards")

        path = folder or self.work / f"{scenario.name}-{scenario.seed}-{scenario.identity[:8]}"
        try:
            return run(scenario, path, workers=self.workers, progress=shards)
        except ScenarioError as error:  # name the scenario at fault
            raise ScenarioError(f"{name}: {error.where}", error.expected, error.found, error.remedy) from None

    def measure(self, view: View, measures: Sequence[str], targets: int | None, *, called: str) -> Results:
        """Measure a view and count its run as done."""
        activity = f"measuring {called}"
        self.steps(self.done, self.total, activity)

        def shards(done: int, total: int, _rows: int) -> None:
            self.steps(self.done, self.total, f"{activity}: {done} of {total} shards")

        results = measure(view, measures, targets=targets, workers=self.workers, progress=shards)
        self.finish_one()
        return results

    def finish_one(self) -> None:
        """Count one run as done."""
        self.done += 1
        if self.done == self.total:
            self.steps(self.done, self.total, "done")


@contextmanager
def bench(work: str | Path | None, total: int, *, workers: int | None, steps: Steps | None) -> Iterator[Bench]:
    """Yield a Bench on a lasting folder, or on a temporary one if `work` is None."""
    check_workers(workers)
    if work is not None:
        check_name(work, "work")
    report = steps or _silent
    if work is not None:
        yield Bench(work=Path(work), workers=workers, steps=report, total=total)
        return
    with tempfile.TemporaryDirectory(prefix="plateprint-") as folder:
        yield Bench(work=Path(folder), workers=workers, steps=report, total=total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Settings of the view of every run: cases alone, or an observer, policies and retention rules."""

    cases: Sequence[Case | str] | None = None
    retention: Sequence[str | Retention] | None = None
    observer: str | None = None
    policies: Sequence[Policy] = ()
    on: date | str | None = None

    def cases_of(self, scenario: Scenario) -> list[Case]:
        """Return the cases of a scenario, a ladder of retention rules shortest first.

        Raise ScenarioError on every fault of a case visible before its run is drawn.
        """
        rules = self._rules(scenario) if self.cases is None else None
        cases = cases_of(scenario, self.observer, self.policies, rules, self.cases)
        for case in cases:
            check_observer(case.observer, scenario)
            self._now_s(case, scenario)
        return cases

    def reference(self, scenario: Scenario) -> str:
        """Return the name of the first case asked for."""
        if self.cases is None:
            return self._rules(scenario)[0].label
        first = self.cases[0]
        return first if isinstance(first, str) else first.name

    def reached(self, case: Case, scenario: Scenario) -> bool:
        """Return whether a scenario lasts long enough for the retention rules of a case; needs no run."""
        oldest_s = self.age_days(case, scenario) * DAY_S
        limits = [rule.seconds for rule in case.policies if isinstance(rule, Retention)]
        return all(limit is None or limit <= oldest_s for limit in limits)

    def age_days(self, case: Case, scenario: Scenario) -> int:
        """Return the age of a run of a scenario at the query date of a case, in days."""
        return (self._now_s(case, scenario) - DAY_START_S) // DAY_S

    def view(self, run: Run, cases: Sequence[Case]) -> View:
        """Open a view of a run under cases from `cases_of`."""
        return view_of(run, cases=cases, on=self.on)

    @property
    def parameter(self) -> str:
        """Return the name of the parameter that selects the cases."""
        return "retention" if self.cases is None else "cases"

    def _now_s(self, case: Case, scenario: Scenario) -> int:
        """Return the query date of a case in seconds; raise ScenarioError if it is outside the scenario."""
        period = scenario.settings.period
        return now_of(case.on if case.on is not None else self.on, period.start, period.days)

    def _rules(self, scenario: Scenario) -> list[Retention]:
        """Return the retention rules asked for, in order, each once; else the scenario's ladder."""
        entries = scenario.settings.measure.retention if self.retention is None else self.retention
        rules = [rule if isinstance(rule, Retention) else Retention.of(rule) for rule in entries]
        if not rules:
            raise ScenarioError("retention", "rules such as 21d,90d,forever", "none", "name at least one")
        return list(dict.fromkeys(rules))


def loaded(scenario: str | Path | Scenario, seed: int, metros: MetroNames, overrides: Overrides) -> Scenario:
    """Load a scenario by name or file; return a loaded one unchanged, but raise if metros or overrides are given."""
    if not isinstance(scenario, Scenario):
        return load(scenario, seed=seed, metros=metros, overrides=overrides)
    for key, value in (("metros", metros), ("overrides", overrides)):
        if value:
            found = f"{scenario.name!r}, which is loaded already"
            raise ScenarioError(key, "scenarios by name or file", found, f"give the {key} to load(...) instead")
    return scenario


def _silent(_done: int, _total: int, _what: str) -> None:
    """Report nothing."""
