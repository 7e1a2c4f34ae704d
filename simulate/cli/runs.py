"""Commands about one run: draw it, measure it, write its page, check it."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from simulate.checks import ScenarioError
from simulate.cli.bars import AGAIN, Shards, Steps, stopping
from simulate.cli.options import (
    Json,
    Measures,
    Metros,
    Observer,
    On,
    Quiet,
    Retentions,
    Seed,
    Set,
    Targets,
    Workers,
    announce_compiling,
    names,
    rules_in,
    say,
)
from simulate.files import check_target, write_text

if TYPE_CHECKING:
    from simulate.policy.view import View
    from simulate.schema.settings import Settings

FAILED = 1
"""Exit code of a verify that found a fault."""


def run(
    scenario: str,
    *,
    out: Annotated[Path | None, Parameter(help="Folder of the run; by default runs/NAME.")] = None,
    seed: Seed = 0,
    metros: Metros = None,
    overrides: Set = (),
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Draw every sighting of a scenario into a folder; run it again to resume.

    Parameters
    ----------
    scenario
        A name of the catalogue, or a TOML file.
    """
    from simulate.scenario import load  # noqa: PLC0415

    loaded = load(scenario, seed=seed, metros=metros, overrides=overrides)
    path = out or Path("runs") / loaded.name
    announce_compiling(quiet)
    from simulate.sightings.run import run as draw  # noqa: PLC0415

    with stopping(f"{AGAIN} to resume {path}"), Shards(quiet, f"Drawing {loaded.title}") as report:
        made = draw(loaded, path, workers=workers, progress=report)
    manifest = made.store.manifest()
    if not quiet:
        for placement in made.world.placements:
            say(placement)
        if loaded.settings.readers.sightings is not None:
            say("readers.sightings states how much is collected in all: units, shifts and readers only share it out")
    say(f"{path}: {made.n_sightings:,} sightings of {made.n_vehicles:,} vehicles at {made.watch.sites.n:,} sites")
    if not quiet:
        say(f"run hash {manifest['run_hash']}\nnext: plateprint report {path}{_others(loaded.settings)}")


def measure(
    run: Path,
    *,
    measures: Measures = "exposure,anchors,unicity",
    observer: Observer = None,
    retention: Retentions = None,
    on: On = None,
    targets: Targets = None,
    full: Annotated[bool, Parameter(negative=(), help="Print every score, not only the main ones.")] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Measure what an observer can work out, rule by rule.

    Parameters
    ----------
    run
        Folder of a run.
    """
    check_target(json, "--json")
    announce_compiling(quiet)
    from simulate.report.phrases import note_for_ever  # noqa: PLC0415
    from simulate.risk.measures import card, check_names, main_scores  # noqa: PLC0415
    from simulate.risk.measures import measure as take  # noqa: PLC0415

    asked = names(measures)
    check_names(asked)
    view = _view(run, observer, retention, on, quiet)
    with stopping(AGAIN), Steps(quiet, "measures") as steps:
        rates = take(view, asked, targets=targets, steps=steps)
    if not quiet:
        say(f"{view.describe()}\n")
    say(rates if full else main_scores(rates, view.asked.unicity_points))
    if not quiet:
        say()
        if note := note_for_ever({rate.retention for rate in rates}, view.today):
            say(note)
        for name in dict.fromkeys(asked):
            say(f"{name}: {card(name, view.asked).describe()}")
        say("\nIntervals cover the drawing of vehicles only, not the assumptions of the model.")
    if json:
        write_text(json, jsons.dumps({"view": view.describe(), "rates": rates.to_dicts()}, indent=1) + "\n")


def report(
    run: Path,
    *,
    out: Annotated[Path | None, Parameter(help="The page; by default RUN.html, beside the folder of the run.")] = None,
    observer: Observer = None,
    retention: Retentions = None,
    on: On = None,
    targets: Targets = None,
    quiet: Quiet = False,
) -> None:
    """Write one page about a run: risk by retention, a map, and what it cannot tell you.

    Parameters
    ----------
    run
        Folder of a run.
    """
    check_target(out, "--out")
    announce_compiling(quiet)
    from simulate.report.page import write_page  # noqa: PLC0415
    from simulate.report.words import headlines, terminal_lines  # noqa: PLC0415
    from simulate.risk.measures import measure as take  # noqa: PLC0415
    from simulate.risk.ranges import ranges_for  # noqa: PLC0415

    view = _view(run, observer, retention, on, quiet)
    with stopping(AGAIN), Steps(quiet, "measures") as steps:
        rates = take(view, targets=targets, steps=steps)
    path = write_page(view, rates, out or _page_of(run))
    if view.nothing_read():
        say(f"{view.describe()}: all below is what anyone could work out without sightings")
    for line in terminal_lines(headlines(view, rates, ranges_for(view))):
        say(line)
    say(f"page: {path.resolve()}")


def verify(run: Path) -> None:
    """Read a whole run again and name every shard that is missing, truncated or altered.

    Parameters
    ----------
    run
        Folder of a run.
    """
    from simulate.sightings.verify import verify as faults_of  # noqa: PLC0415

    if not run.exists():
        raise ScenarioError(run, "the folder of a run", "nothing there", "make a run with: plateprint run smallville")
    faults = faults_of(run)
    for fault in faults:
        say(fault)
    if faults:
        raise SystemExit(FAILED)
    say(f"{run}: every row is as it was written")


def _page_of(run: Path) -> Path:
    """Return where the page of a run lies: beside its folder, under the name of the folder."""
    name = f"{run.resolve().name}.html"
    return run.with_name(name) if run.name not in {"", ".."} else run.resolve().with_name(name)


def _others(settings: Settings) -> str:
    """Say who looks unless another is named, where a scenario has several observers."""
    first, *others = settings.observers or settings.owners
    return f"; {first} looks, unless you say --observer {' or '.join(others)}" if others else ""


def _view(run: Path, observer: str | None, retention: str | None, on: str | None, quiet: bool) -> View:
    """Open a run and look at it as an observer would."""
    from simulate.policy.retention import Retention  # noqa: PLC0415
    from simulate.policy.view import view_of  # noqa: PLC0415
    from simulate.scenario import SET  # noqa: PLC0415
    from simulate.sightings.run import open_run  # noqa: PLC0415

    asked = [Retention.of(text) for text in rules_in(retention) or ()]
    opened = open_run(run)
    if not quiet:
        n = sum(source.startswith(SET) for source in opened.scenario.sources.values())
        changed = f", with {n} setting{'s' * (n != 1)} changed; the page of the run lists them" if n else ""
        say(f"{run}: drawn from scenario {opened.scenario.name}, seed {opened.scenario.seed}{changed}", to_errors=True)
    return view_of(opened, observer=observer, ladder=asked or opened.scenario.settings.measure.retention, on=on)
