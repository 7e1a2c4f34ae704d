"""Commands about one run: draw, measure, report, verify."""

from __future__ import annotations

import json as jsons
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from simulate.checks import ScenarioError
from simulate.cli.bars import AGAIN, Shards, stopping
from simulate.cli.options import (
    Cases,
    Csv,
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
    Threads,
    Workers,
    announce_compiling,
    cases_in,
    names,
    rules_in,
    say,
    whole_number,
)
from simulate.files import check_target, write_text
from simulate.store.address import is_remote, local_path, storage_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.policy.view import View
    from simulate.scenario.schema.settings import Settings
    from simulate.sightings.run import Run

FAILED = 1
"""Exit code of a failed verify."""


def run(
    scenario: str,
    *,
    out: Annotated[
        str | None, Parameter(help="Folder of the run, a path or an address as s3://bucket/run; by default runs/NAME.")
    ] = None,
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
    path = out or str(Path("runs") / loaded.name)
    announce_compiling(quiet)
    from simulate.sightings.run import run as draw  # noqa: PLC0415

    with stopping(f"{AGAIN} to resume {path}"), Shards(quiet, f"Drawing {loaded.title}") as report:
        drawn = draw(loaded, path, workers=workers, progress=report)
    manifest = drawn.store.manifest()
    if not quiet:
        for placement in drawn.world.placements:
            say(placement)
        if loaded.settings.readers.sightings is not None:
            say("readers.sightings states how much is collected in all: units, shifts and readers only share it out")
    n_sites = drawn.deployment.sites.n
    say(f"{path}: {drawn.n_sightings:,} sightings of {drawn.n_vehicles:,} vehicles at {n_sites:,} sites")
    if not quiet:
        say(f"run hash {manifest['run_hash']}\nnext: plateprint report {path}{_observer_hint(loaded.settings)}")


def measure(
    run: str,
    *,
    measures: Measures = "exposure,anchors,unicity",
    case: Cases = (),
    retention: Retentions = None,
    observer: Observer = None,
    on: On = None,
    targets: Targets = None,
    store: Annotated[
        bool,
        Parameter(negative="--no-store", help="With --no-store RUN is a scenario, drawn while it is measured."),
    ] = True,
    seed: Annotated[
        int | None, Parameter(converter=whole_number, help="With --no-store: what all random draws start from.")
    ] = None,
    metros: Metros = None,
    overrides: Set = (),
    workers: Threads = None,
    full: Annotated[bool, Parameter(negative=(), help="Print every score, not only the main ones.")] = False,
    json: Json = None,
    csv: Csv = None,
    quiet: Quiet = False,
) -> None:
    """Measure what an observer can work out, case by case.

    Parameters
    ----------
    run
        Folder of a run; with --no-store a name of the catalogue, or a TOML file.
    """
    check_target(json, "--json")
    check_target(csv, "--csv")
    measure_names = names(measures)
    _check_drawn(store, seed, metros, overrides)
    announce_compiling(quiet)
    from simulate.report.phrases import forever_note  # noqa: PLC0415
    from simulate.report.scores import title_of  # noqa: PLC0415
    from simulate.report.words import NOTHING, nothing_on_file  # noqa: PLC0415
    from simulate.risk.measures import MEASURES, check_names, main_results  # noqa: PLC0415
    from simulate.risk.measures import measure as measure_view  # noqa: PLC0415
    from simulate.risk.tables import as_text  # noqa: PLC0415

    check_names(measure_names)
    with stopping(AGAIN):
        opened = _open(run, quiet) if store else _fly(run, seed or 0, metros, overrides)
        view = _view(opened, case, observer, retention, on)
        with Shards(quiet, f"Measuring {opened.scenario.title}", "getting ready") as report:
            results = measure_view(view, measure_names, targets=targets, workers=workers, progress=report)
    if not quiet:
        nothing = f"; {NOTHING}" if nothing_on_file(results) else ""
        say(f"{view.describe()}{nothing}\n")
    say(as_text(*(results if full else main_results(results, view.sight.asked)).table(title_of)))
    if not quiet:
        say()
        if note := forever_note({shown.name for shown in view.cases}, *(shown.today for shown in view.cases)):
            say(note)
        for name in dict.fromkeys(measure_names):
            say(f"{name}: {MEASURES[name].card(view.sight.asked).describe()}")
        say("\nIntervals cover the drawing of vehicles only, not the assumptions of the model.")
    if json:
        write_text(json, jsons.dumps({"view": view.describe(), "results": results.to_dicts()}, indent=1) + "\n")
    if csv:
        results.to_csv(csv)


def report(
    run: str,
    *,
    out: Annotated[Path | None, Parameter(help="The page; by default RUN.html, beside the folder of the run.")] = None,
    measures: Measures = "exposure,anchors,unicity",
    case: Cases = (),
    retention: Retentions = None,
    observer: Observer = None,
    on: On = None,
    targets: Targets = None,
    workers: Threads = None,
    json: Json = None,
    csv: Csv = None,
    quiet: Quiet = False,
) -> None:
    """Write one page about a run: risk case by case, a map, and what it cannot tell you.

    Parameters
    ----------
    run
        Folder of a run.
    """
    for target, option in ((out, "--out"), (json, "--json"), (csv, "--csv")):
        check_target(target, option)
    announce_compiling(quiet)
    from simulate.report.facts import facts_of  # noqa: PLC0415
    from simulate.report.page import write_page  # noqa: PLC0415
    from simulate.report.words import NOTHING, headlines, nothing_on_file, terminal_lines  # noqa: PLC0415
    from simulate.risk.measures import measure as measure_view  # noqa: PLC0415

    with stopping(AGAIN):
        view = _view(_open(run, quiet), case, observer, retention, on)
        facts = facts_of(view)
        with Shards(quiet, f"Measuring {facts.title}", "getting ready") as report:
            results = measure_view(view, [*names(measures), "stock"], targets=targets, workers=workers, progress=report)
        path = write_page(view, results, out or _page_of(run))
    if nothing_on_file(results):
        say(f"{facts.looks}; {NOTHING}: all below is what anyone could work out without sightings")
    for line in terminal_lines(headlines(facts, results)):
        say(line)
    if json:
        write_text(json, jsons.dumps({"view": facts.looks, "results": results.to_dicts()}, indent=1) + "\n")
    if csv:
        results.to_csv(csv)
    say(f"page: {path.resolve()}")


def verify(run: str) -> None:
    """Read a whole run again and name every shard that is missing, truncated or altered.

    Parameters
    ----------
    run
        Folder of a run.
    """
    from simulate.sightings.verify import verify as faults_of  # noqa: PLC0415

    files = storage_at(run)
    files.check()
    if not files.entries():
        raise ScenarioError(run, "the folder of a run", "nothing there", "make a run with: plateprint run smallville")
    faults = faults_of(run)
    for fault in faults:
        say(fault)
    if faults:
        raise SystemExit(FAILED)
    say(f"{run}: every row is as it was written")


def _page_of(run: str) -> Path:
    """Return the path of a run's page: beside its folder, under its name; in the current folder for a remote run."""
    if is_remote(run):
        return Path(f"{PurePosixPath(run).name}.html")
    folder = local_path(run)
    name = f"{folder.resolve().name}.html"
    return folder.with_name(name) if folder.name not in {"", ".."} else folder.resolve().with_name(name)


def _observer_hint(settings: Settings) -> str:
    """Return a hint at the default observer and the others; empty if there is only one."""
    first, *others = settings.observers or settings.owners
    return f"; {first} looks, unless you say --observer {' or '.join(others)}" if others else ""


def _check_drawn(store: bool, seed: int | None, metros: str | None, overrides: Sequence[str]) -> None:
    """Raise ScenarioError if options would change the scenario of a run drawn already."""
    given = {"--seed": seed is not None, "--metros": metros is not None, "--set": bool(overrides)}
    option = next((option for option, is_given in given.items() if is_given), None)
    if store and option:
        remedy = "draw it anew with plateprint run, or add --no-store and name the scenario"
        raise ScenarioError(option, "no change of a run that has been drawn", "one", remedy)


def _fly(scenario: str, seed: int, metros: str | None, overrides: Sequence[str]) -> Run:
    """Return a run of a scenario, to be drawn while measured."""
    from simulate.scenario import load  # noqa: PLC0415
    from simulate.sightings.run import fly  # noqa: PLC0415

    return fly(load(scenario, seed=seed, metros=metros, overrides=overrides))


def _open(run: str, quiet: bool) -> Run:
    """Open a run and print its scenario, seed and changes."""
    from simulate.scenario import SET  # noqa: PLC0415
    from simulate.sightings.run import open_run  # noqa: PLC0415

    opened = open_run(run)
    if not quiet:
        n = sum(source.startswith(SET) for source in opened.scenario.sources.values())
        changed = f", with {n} setting{'s' * (n != 1)} changed; the page of the run lists them" if n else ""
        say(f"{run}: drawn from scenario {opened.scenario.name}, seed {opened.scenario.seed}{changed}", to_errors=True)
    return opened


def _view(run: Run, case: Sequence[str], observer: str | None, retention: str | None, on: str | None) -> View:
    """Return the view of a run under its named cases, or else under a ladder of retention rules."""
    from simulate.policy.view import view_of  # noqa: PLC0415
    from simulate.rules import Retention  # noqa: PLC0415

    cases, rules = cases_in(case), rules_in(retention)
    ladder: Sequence[str | Retention] | None = None if rules is None else [Retention.of(text) for text in rules]
    if cases is None and ladder is None:
        ladder = run.scenario.settings.measure.retention
    return view_of(run, observer=observer, ladder=ladder, cases=cases, on=on)
