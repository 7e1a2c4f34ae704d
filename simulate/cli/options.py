"""Options shared by several commands, and the parsing of their texts."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token

from simulate.checks import MOST_NAME, ScenarioError, printable, shorten


def whole_number(_kind: object, tokens: Sequence[Token]) -> int:
    """Parse the whole number of an option, without rounding."""
    [token] = tokens
    if not re.fullmatch("[+-]?[0-9]{1,19}", token.value, re.ASCII):
        expected, remedy = "a whole number of at most 19 digits", "write it in digits, as in 7"
        raise ScenarioError(token.keyword or "option", expected, f'"{shorten(token.value, MOST_NAME)}"', remedy)
    return int(token.value)


def say(text: object = "", *, to_errors: bool = False) -> None:
    """Print a text, with control characters escaped: it may quote an input, and a terminal would obey them."""
    print(printable(str(text), kept="\n\t"), file=sys.stderr if to_errors else sys.stdout)


Set = Annotated[
    tuple[str, ...],
    Parameter(
        name="--set",
        negative=(),
        help="Change a value, as in period.days=30; * stands for every name. May be repeated.",
    ),
]
Metros = Annotated[
    str | None, Parameter(help="Metros of a national scenario to draw, whole, as in Buffalo,Memphis; five at most.")
]
Seed = Annotated[
    int,
    Parameter(converter=whole_number, help="What all random draws start from: the same seed gives the same rows."),
]
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
Cases = Annotated[
    tuple[str, ...],
    Parameter(
        name="--case",
        negative=(),
        help="Cases that the scenario names, as in --case as-is,strict; in place of --retention and --observer."
        " May be repeated.",
    ),
]
On = Annotated[str | None, Parameter(help="Query date, YYYY-MM-DD; by default the day after the last simulated one.")]
Measures = Annotated[
    str, Parameter(help="Names of measures, as in exposure,hotlist; docs/measures.md has all of them.")
]
Workers = Annotated[
    int | None, Parameter(converter=whole_number, help="Processes; by default chosen by the size of the run.")
]
Threads = Annotated[
    int | None,
    Parameter(name="--workers", converter=whole_number, help="Threads; by default as many as there are processors."),
]
Work = Annotated[Path, Parameter(help="Folder for the runs that are drawn.")]
Keep = Annotated[
    bool, Parameter(negative="--no-keep", help="Keep these runs; --no-keep draws them in a temporary folder.")
]
Json = Annotated[Path | None, Parameter(help="Write all numbers to this file as JSON as well.")]
Csv = Annotated[Path | None, Parameter(help="Write all numbers to this file as CSV as well.")]
Targets = Annotated[
    int | None,
    Parameter(converter=whole_number, help="Plates that attacks are tried on; by default the scenario's number."),
]


def names(text: str) -> list[str]:
    """Split a list of names at its commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def cases_in(texts: Sequence[str]) -> list[str] | None:
    """Split lists of cases, given once or several times; return None if none was given."""
    return [name for text in texts for name in names(text)] if texts else None


def rules_in(retention: str | None) -> list[str] | None:
    """Split a list of retention rules; return None if none was given."""
    if retention is None:
        return None
    rules = names(retention)
    if not rules:
        raise ScenarioError("--retention", "rules such as 21d,90d,forever", repr(retention), "name at least one")
    return rules


def announce_compiling(quiet: bool) -> None:
    """Print why the first use on a machine is slow; to be called before imports of compiled code."""
    from simulate.kernels import CACHE  # noqa: PLC0415

    if not quiet and not CACHE.exists():
        say("First use on this machine: compiling, about half a minute.", to_errors=True)
