"""The command line: plateprint."""

from __future__ import annotations

import json as jsons
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from cyclopts import App, CycloptsError, Parameter

from simulate.checks import ScenarioError
from simulate.files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

    from simulate.policy.view import View

BAD_INPUT, FAILED, STOPPED = 2, 1, 130

app = App(
    name="plateprint",
    help="Simulate licence plate readers and measure what they reveal.\n\n"
    "Everything is invented: towns, people, plates and reads. Start with:\n\n"
    "    plateprint run smallville\n    plateprint report runs/smallville",
    version_flags=["--version"],
    help_format="plaintext",
)

Set = Annotated[
    tuple[str, ...], Parameter(name="--set", negative=(), help="Change a value, as in period.days=30; may be repeated.")
]
Metros = Annotated[
    str | None, Parameter(help="Metros of a national scenario to draw, whole, as in Buffalo,Memphis; five at most.")
]
Seed = Annotated[int, Parameter(help="What all random draws start from: the same seed gives the same rows.")]
Quiet = Annotated[bool, Parameter(negative=(), help="Print results only.")]
Retentions = Annotated[
    str | None, Parameter(help="Retention rules to compare, as in 21d,90d,forever; by default the scenario's ladder.")
]
Observer = Annotated[
    str | None,
    Parameter(
        help="Who looks: an observer or owner of the scenario; by default the scenario's first observer by name."
    ),
]
On = Annotated[str | None, Parameter(help="Query date, YYYY-MM-DD; by default the day after the last simulated one.")]
Measures = Annotated[str, Parameter(help="Any of exposure,anchors,unicity,hotlist.")]
Workers = Annotated[int | None, Parameter(help="Processes; by default chosen by the size of the run.")]
Work = Annotated[Path, Parameter(help="Folder for the runs that are drawn.")]
Keep = Annotated[
    bool, Parameter(negative="--no-keep", help="Keep these runs; --no-keep draws them in a temporary folder.")
]
Json = Annotated[Path | None, Parameter(help="Write all numbers to this file as JSON as well.")]
Targets = Annotated[int | None, Parameter(help="Plates that attacks are tried on; by default the scenario's number.")]


@app.command(name="list")
def list_scenarios() -> None:
    """List the catalogue, one line each."""
    from simulate.catalogue import catalogue  # noqa: PLC0415

    for entry in catalogue():
        needs = "" if entry.runnable else " Needs data: see plateprint show " + entry.name + "."
        print(f"{entry.name:<14}{entry.summary}{needs}")


@app.command
def show(
    scenario: str,
    *,
    resolved: Annotated[bool, Parameter(negative=(), help="Print every value as JSON.")] = False,
    seed: Seed = 0,
    metros: Metros = None,
    overrides: Set = (),
) -> None:
    """Show what a scenario means: its values, each with its source.

    Parameters
    ----------
    scenario
        A name of the catalogue, or a TOML file.
    """
    from simulate.scenario import load  # noqa: PLC0415

    loaded = load(scenario, seed=seed, overrides=_with_metros(metros, overrides))
    if resolved:
        print(jsons.dumps(loaded.resolved(), indent=1))
        return
    print(f"{loaded.title}: {loaded.summary}\n")
    for key, value in _flat(loaded.resolved()):
        if key not in {"title", "summary"}:
            shown = jsons.dumps(value, ensure_ascii=False)
            source = loaded.sources.get(key, "")
            print(f"{key:<42} {shown:<18} {source}".rstrip())
    sharing = loaded.settings.sharing
    if sharing is not None:
        from simulate.world.network import build_network  # noqa: PLC0415

        print()
        for note in build_network(sharing, loaded.seed).notes:
            print(note)


@app.command
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

    loaded = load(scenario, seed=seed, overrides=_with_metros(metros, overrides))
    path = out or Path("runs") / loaded.name
    if workers is not None and workers < 1:
        raise ScenarioError("--workers", "at least 1", workers, "leave it out to let the program choose")
    _announce_compiling(quiet)
    from simulate.sightings.run import run as draw  # noqa: PLC0415

    try:
        with _progress(quiet, f"Drawing {loaded.title}") as report:
            made = draw(loaded, path, workers=workers, progress=report)
    except KeyboardInterrupt:
        print(f"\nplateprint: stopped; run the same command again to resume {path}", file=sys.stderr)
        raise SystemExit(STOPPED) from None
    manifest = made.store.manifest()
    if not quiet:
        for placement in made.world.placements:
            print(placement)
    print(f"{path}: {made.n_sightings:,} sightings of {made.n_vehicles:,} vehicles at {made.watch.sites.n:,} sites")
    if not quiet:
        print(f"run hash {manifest['run_hash']}\nnext: plateprint report {path}")


@app.command
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
    _announce_compiling(quiet)
    from simulate.risk.measures import card, check_names, main_scores  # noqa: PLC0415
    from simulate.risk.measures import measure as take  # noqa: PLC0415

    names = _names(measures)
    check_names(names)
    view = _view(run, observer, retention, on, quiet)
    rates = take(view, names, targets=targets)
    if not quiet:
        print(f"{view.describe()}\n")
    print(rates if full else main_scores(rates, view.asked.unicity_points))
    if not quiet:
        print()
        for name in dict.fromkeys(names):
            print(f"{name}: {card(name, view.asked).describe()}")
        print("\nIntervals cover the drawing of vehicles only, not the assumptions of the model.")
    if json:
        write_text(json, jsons.dumps({"view": view.describe(), "rates": rates.to_dicts()}, indent=1) + "\n")


@app.command
def report(
    run: Path,
    *,
    out: Annotated[Path | None, Parameter(help="The page; by default RUN.html.")] = None,
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
    _announce_compiling(quiet)
    from simulate.report.page import write_page  # noqa: PLC0415
    from simulate.report.words import headlines, terminal_lines  # noqa: PLC0415
    from simulate.risk.measures import measure as take  # noqa: PLC0415
    from simulate.risk.ranges import ranges_for  # noqa: PLC0415

    view = _view(run, observer, retention, on, quiet)
    rates = take(view, targets=targets)
    path = write_page(view, rates, out or run.with_name(f"{run.resolve().name}.html"))
    if view.nothing_read():
        print(f"{view.describe()}: all below is what anyone could work out without sightings")
    for line in terminal_lines(headlines(view, rates, ranges_for(view))):
        print(line)
    print(f"page: {path.resolve()}")


@app.command
def compare(
    *scenarios: str,
    measures: Measures = "exposure,anchors,unicity",
    replicates: Annotated[
        int, Parameter(help="Worlds to draw of each, from --seed on; from 2 on, differences have an interval.")
    ] = 1,
    retention: Annotated[
        str | None, Parameter(help="Retention rules, as in 21d,90d,forever; by default the first scenario's ladder.")
    ] = None,
    observer: Observer = None,
    targets: Targets = None,
    overrides: Set = (),
    seed: Seed = 0,
    workers: Workers = None,
    work: Work = Path("runs/compare"),
    keep: Keep = True,
    out: Annotated[Path | None, Parameter(help="Write a page, as in --out compare.html.")] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Compare scenarios with the first, or the rules of one with its first rule.

    All are drawn from the same seeds, so that they differ only in what is
    asked. Each run is kept in the folder of --work, under its name, seed and
    content, and used again or resumed next time.

    Parameters
    ----------
    scenarios
        Names of the catalogue, or TOML files.
    """
    _announce_compiling(quiet)
    from simulate.comparing.compare import compare as take  # noqa: PLC0415

    with _Steps(quiet) as steps:
        made = take(
            scenarios, replicates=replicates, measures=_names(measures), retention=_rules(retention),
            observer=observer, targets=targets, overrides=overrides, seed=seed, workers=workers,
            work=work if keep else None, steps=steps,
        )  # fmt: skip
    print(made)
    if not quiet:
        print(f"\n{made.compared.covers()}")
    if json:
        write_text(json, jsons.dumps(made.to_dict(), indent=1) + "\n")
    if out:
        print(f"page: {made.page(out).resolve()}")


@app.command
def sweep(
    scenario: str,
    *,
    measures: Measures = "exposure,anchors,unicity",
    retention: Annotated[
        str | None, Parameter(help="The rule, as in 21d; by default the longest of the ladder that is reached.")
    ] = None,
    observer: Observer = None,
    targets: Targets = None,
    overrides: Set = (),
    seed: Seed = 0,
    workers: Workers = None,
    run: Annotated[
        Path | None, Parameter(help="Folder of the base run, drawn if it is not there; by default runs/NAME.")
    ] = None,
    work: Work = Path("runs/sweep"),
    keep: Keep = True,
    out: Annotated[Path | None, Parameter(help="Write a page, as in --out sweep.html.")] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Try each assumption at both ends, to see how far the answers depend on it.

    The ranges are also put beside the base run, where plateprint report finds
    them. The runs at the ends are kept in the folder of --work, and used again
    or resumed next time.

    Parameters
    ----------
    scenario
        A name of the catalogue, or a TOML file.
    """
    _announce_compiling(quiet)
    from simulate.comparing.sweep import sweep as take  # noqa: PLC0415

    with _Steps(quiet) as steps:
        made = take(
            scenario, measures=_names(measures), retention=retention, observer=observer, targets=targets,
            overrides=overrides, seed=seed, workers=workers, run=run, work=work if keep else None, steps=steps,
        )  # fmt: skip
    print(made)
    if not quiet:
        print(f"\nUnder retention {made.ranges.retention}; one assumption at a time, in one world.")
        for one in made.ranges.assumptions:
            told = f"not tried, {one.skipped}" if one.skipped else f"{one.key} from {one.low} to {one.high}"
            print(f"{one.name}: {told}")
    if json:
        write_text(json, jsons.dumps(made.to_dict(), indent=1) + "\n")
    if out:
        print(f"page: {made.page(out).resolve()}")


@app.command
def verify(run: Path) -> None:
    """Read a whole run again and name every shard that is missing, truncated or altered.

    Parameters
    ----------
    run
        Folder of a run.
    """
    from simulate.sightings.store import verify as faults_of  # noqa: PLC0415

    if not run.exists():
        raise ScenarioError(run, "the folder of a run", "nothing there", "make a run with: plateprint run smallville")
    faults = faults_of(run)
    for fault in faults:
        print(fault)
    if faults:
        raise SystemExit(FAILED)
    print(f"{run}: every row is as it was written")


@app.command
def schema() -> None:
    """Print the JSON Schema of a scenario file, for editors that complete and check."""
    from simulate.schema import json_schema  # noqa: PLC0415

    print(jsons.dumps(json_schema(), indent=1))


def main() -> NoReturn:
    """Run the command line and exit: 0 fine, 1 a failed verify, 2 bad input."""
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
        sys.stdout.flush()
        raise SystemExit(0)
    except CycloptsError as error:
        print(f"plateprint: {error}\nSee plateprint --help", file=sys.stderr)
    except ScenarioError as error:
        print(f"plateprint: {error}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone
        raise SystemExit(0) from None
    except OSError as error:
        print(f"plateprint: {error.filename or 'file'}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nplateprint: stopped", file=sys.stderr)
        raise SystemExit(STOPPED) from None
    raise SystemExit(BAD_INPUT)


def _view(run: Path, observer: str | None, retention: str | None, on: str | None, quiet: bool) -> View:
    """Open a run and look at it as an observer would."""
    from simulate.policy.retention import Retention  # noqa: PLC0415
    from simulate.policy.view import view_of  # noqa: PLC0415
    from simulate.sightings.run import open_run  # noqa: PLC0415

    asked = [Retention.of(text) for text in _rules(retention) or ()]
    opened = open_run(run)
    if not quiet:
        print(f"{run}: drawn from scenario {opened.scenario.name}, seed {opened.scenario.seed}", file=sys.stderr)
    return view_of(opened, observer=observer, ladder=asked or opened.scenario.settings.measure.retention, on=on)


def _names(text: str) -> list[str]:
    """Split a list of names at its commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _rules(retention: str | None) -> list[str] | None:
    """Split a list of retention rules; None where none was given."""
    if retention is None:
        return None
    rules = _names(retention)
    if not rules:
        raise ScenarioError("--retention", "rules such as 21d,90d,forever", repr(retention), "name at least one")
    return rules


def _announce_compiling(quiet: bool) -> None:
    """Say why the first use on a machine is slow; before anything compiled is imported."""
    from simulate.kernels import CACHE  # noqa: PLC0415

    if not quiet and not CACHE.exists():
        print("First use on this machine: compiling, about half a minute.", file=sys.stderr)


class _progress:  # noqa: N801
    """Show shards, sightings, rate and time left on a terminal; nothing elsewhere."""

    def __init__(self, quiet: bool, title: str) -> None:
        self.shown = not quiet and sys.stderr.isatty()
        self.title = title

    def __enter__(self) -> Callable[[int, int, int], None] | None:
        if not self.shown:
            return None
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} shards"),
            TextColumn("{task.fields[rows]:,} sightings"), TimeRemainingColumn(),
        )  # fmt: skip
        self.bars = Progress(*columns, console=Console(stderr=True))
        self.bars.start()
        task = self.bars.add_task(self.title, total=None, rows=0)

        def report(done: int, total: int, rows: int) -> None:
            self.bars.update(task, completed=done, total=total, rows=rows)

        return report

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self.bars.stop()


class _Steps:
    """Show how many runs of many are done: a bar on a terminal, else a line for each step."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.bars: Progress | None = None
        self.last = ""

    def __enter__(self) -> Callable[[int, int, str], None]:
        return self.step

    def step(self, done: int, total: int, what: str) -> None:
        """Say that so many runs are done and what is being done."""
        if self.quiet:
            return
        if not sys.stderr.isatty():
            if what != self.last and " shards" not in what:
                print(f"{done} of {total} runs done; {what}", file=sys.stderr)
            self.last = what
            return
        if self.bars is None:
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

            count = TextColumn("{task.completed}/{task.total} runs")
            columns = (BarColumn(), count, TimeRemainingColumn(), TextColumn("{task.description}"))
            self.bars = Progress(*columns, console=Console(stderr=True))
            self.bars.start()
            self.bars.add_task(what, total=total)
        self.bars.update(self.bars.task_ids[0], completed=done, description=what)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.bars is not None:
            self.bars.stop()
        if kind is KeyboardInterrupt:
            print("\nplateprint: stopped; run the same command again to go on with the runs it kept", file=sys.stderr)
            raise SystemExit(STOPPED) from None


def _with_metros(metros: str | None, overrides: tuple[str, ...]) -> tuple[str, ...]:
    """Add the metros to the values that are changed."""
    if metros is None:
        return overrides
    from simulate.metros import names_of  # noqa: PLC0415

    return (*overrides, f"roads.metros={jsons.dumps(names_of(metros))}")


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """List dotted keys and values."""
    rows: list[tuple[str, Any]] = []
    for key, value in table.items():
        rows += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return rows


if __name__ == "__main__":
    main()
