"""Measure the print that a licence plate leaves.

The rooms, in the order of the data: `world` (what stands still), `travel` (what moves),
`sightings` (what is seen and kept), `policy` (what may stay and be seen), `risk` (what an
observer can work out), `report` (what people look at). The verbs below are all that a
notebook needs; each loads what it uses when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate import policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from simulate.policy import Retention
    from simulate.policy.view import View
    from simulate.risk.rates import Rates
    from simulate.scenario import Overrides, Scenario
    from simulate.sightings.run import Run

__all__ = ["load", "measure", "open_run", "policy", "report", "run", "view"]


def load(name_or_path: str | Path, *, seed: int = 0, overrides: Overrides = ()) -> Scenario:
    """Load a scenario of the catalogue, or a TOML file.

    Parameters
    ----------
    name_or_path
        A name as `plateprint list` shows it, or the path of a .toml file.
    seed
        What all random draws start from.
    overrides
        Changes such as `["period.days=30"]` or `{"period.days": 30}`.
    """
    from simulate import scenario as scenarios  # noqa: PLC0415

    return scenarios.load(name_or_path, seed=seed, overrides=overrides)


def run(
    scenario: Scenario,
    path: str | Path,
    *,
    workers: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> Run:
    """Draw a scenario into a folder, or resume or reopen what is there.

    See `simulate.sightings.run.run` for the parameters.
    """
    from simulate.sightings import run as runs  # noqa: PLC0415

    return runs.run(scenario, path, workers=workers, progress=progress)


def open_run(path: str | Path) -> Run:
    """Open a complete run; refuse one whose rows were not drawn from its scenario."""
    from simulate.sightings import run as runs  # noqa: PLC0415

    return runs.open_run(path)


def view(
    run: Run,
    *,
    observer: str | None = None,
    policies: Sequence[Retention] = (),
    ladder: Sequence[str | Retention] | None = None,
    on: date | str | None = None,
) -> View:
    """Open what one observer sees of a run on one date.

    Parameters
    ----------
    run
        A complete run.
    observer
        An observer of the scenario, or an owner, who sees its own readers; by default the
        scenario's first observer.
    policies
        Rules in force, such as `[sim.policy.Retention(days=21)]`.
    ladder
        Retention rules to compare instead, such as `["1d", "21d", "forever"]`.
    on
        Query date; by default the day after the last simulated one.
    """
    from simulate.policy.view import view_of  # noqa: PLC0415

    return view_of(run, observer=observer, policies=policies, ladder=ladder, on=on)


def measure(view: View, measures: Sequence[str] | None = None, *, targets: int | None = None) -> Rates:
    """Measure a view: a tidy table of scores, each with its interval and baseline.

    Parameters
    ----------
    view
        What the observer sees.
    measures
        Any of "exposure", "anchors" and "unicity"; all of them by default.
    targets
        Plates that attacks are tried on; the scenario's number by default.
    """
    from simulate.risk.measures import CARDS  # noqa: PLC0415
    from simulate.risk.measures import measure as take  # noqa: PLC0415

    return take(view, list(CARDS) if measures is None else measures, targets=targets)


def report(view: View, rates: Rates, path: str | Path) -> Path:
    """Write one self-contained page about a view and its rates; returns its path."""
    from simulate.report.page import write_page  # noqa: PLC0415

    return write_page(view, rates, path)
