"""Commands about several runs: differences between scenarios or cases, and sensitivity to the assumptions."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from simulate.cli.bars import AGAIN, AGAIN_WITH_RUNS, Steps, stopping
from simulate.cli.options import (
    Cases,
    Json,
    Keep,
    Measures,
    Metros,
    Observer,
    On,
    Quiet,
    Seed,
    Set,
    Targets,
    Work,
    Workers,
    announce_compiling,
    cases_in,
    names,
    rules_in,
    say,
    whole_number,
)
from simulate.files import check_target, write_text


def compare(
    *scenarios: str,
    measures: Measures = "exposure,anchors,unicity",
    replicates: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help="Worlds to draw of each, from --seed on; from 2 on, differences have an interval.",
        ),
    ] = 1,
    case: Cases = (),
    retention: Annotated[
        str | None, Parameter(help="Retention rules, as in 21d,90d,forever; by default the first scenario's ladder.")
    ] = None,
    observer: Observer = None,
    on: On = None,
    targets: Targets = None,
    metros: Metros = None,
    overrides: Set = (),
    seed: Seed = 0,
    workers: Workers = None,
    work: Work = Path("runs/compare"),
    keep: Keep = True,
    out: Annotated[Path | None, Parameter(help="Write a page, as in --out compare.html.")] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Compare scenarios with the first, case by case, or the cases of one with its first.

    All are drawn from the same seeds, so that they differ only in what is
    asked. Each run is kept in the folder of --work, under its name, seed and
    content, and used again or resumed next time.

    Parameters
    ----------
    scenarios
        Names of the catalogue, or TOML files.
    """
    check_target(out, "--out")
    check_target(json, "--json")
    announce_compiling(quiet)
    from simulate.comparing.compare import compare as compare_scenarios  # noqa: PLC0415

    with stopping(AGAIN_WITH_RUNS if keep else AGAIN), Steps(quiet) as steps:
        comparison = compare_scenarios(
            scenarios, replicates=replicates, measures=names(measures), cases=cases_in(case),
            retention=rules_in(retention), observer=observer, on=on, targets=targets,
            metros=metros, overrides=overrides, seed=seed, workers=workers,
            work=work if keep else None, steps=steps,
        )  # fmt: skip
    say(comparison)
    if not quiet:
        say(f"\n{comparison.compared.covers()}")
    if json:
        write_text(json, jsons.dumps(comparison.to_dict(), indent=1) + "\n")
    if out:
        say(f"page: {comparison.page(out).resolve()}")


def sweep(
    scenario: str,
    *,
    only: Annotated[
        str | None,
        Parameter(help="Assumptions to try, as in habits,night; by default all, and then the next report says it too."),
    ] = None,
    measures: Measures = "exposure,anchors,unicity",
    case: Annotated[
        str | None, Parameter(help="A case that the scenario names, in place of --retention and --observer.")
    ] = None,
    retention: Annotated[
        str | None, Parameter(help="The rule, as in 21d; by default the longest of the ladder that is reached.")
    ] = None,
    observer: Observer = None,
    on: On = None,
    targets: Targets = None,
    metros: Metros = None,
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

    The ranges of all are also put beside the base run, where plateprint report
    finds them. The runs at the ends are kept in the folder of --work, and used
    again or resumed next time.

    Parameters
    ----------
    scenario
        A name of the catalogue, or a TOML file.
    """
    check_target(out, "--out")
    check_target(json, "--json")
    announce_compiling(quiet)
    from simulate.comparing.sweep import sweep as sweep_assumptions  # noqa: PLC0415

    with stopping(AGAIN_WITH_RUNS if keep else AGAIN), Steps(quiet) as steps:
        results = sweep_assumptions(
            scenario, only=None if only is None else names(only), measures=names(measures), case=case,
            retention=retention, observer=observer, on=on, targets=targets, metros=metros, overrides=overrides,
            seed=seed, workers=workers, run=run, work=work if keep else None, steps=steps,
        )  # fmt: skip
    say(results)
    if not quiet:
        say(f"\n{results.swept.under}; one assumption at a time, in one world.")
        for assumption in results.assumptions.assumed:
            ends = f"{assumption.key} from {assumption.low} to {assumption.high}"
            say(f"{assumption.name}: {f'not tried, {assumption.skipped}' if assumption.skipped else ends}")
    if json:
        write_text(json, jsons.dumps(results.to_dict(), indent=1) + "\n")
    if out:
        say(f"page: {results.page(out).resolve()}")
