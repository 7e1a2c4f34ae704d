"""A sharing network read from a file of directed pairs: giver and receiver of access."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.sharing.network import AgencyKind, kind_of, network, states_of, uids_of
from simulate.sharing.states import UNKNOWN
from simulate.tables import check_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.sharing.network import SharingNetwork

COLUMNS = ("src_agency", "external_agency")
"""Giver and receiver of access; other columns are ignored."""
QUOTES = "\"'“”‘’"
"""Quotation marks left round a name by some programs."""
_FORMAT = f"the first line names the columns {COLUMNS[0]} and {COLUMNS[1]}, separated by commas"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsReport:
    """Counts of lines by outcome: lines = broken + blank + to itself + repeated + kept."""

    lines: int
    """Lines below the first, empty ones excluded."""
    broken: int
    """Lines with more or fewer columns than the first, or an unclosed quotation mark."""
    blank: int
    """Lines with a missing agency: nothing, or NA."""
    to_itself: int
    """Lines with the same agency twice."""
    repeated: int
    """Lines equal to an earlier one."""
    kept: int
    """Remaining pairs."""
    mended: int
    """Names cleared of quotation marks or spaces, or with other capitals than an earlier spelling."""
    agencies: int
    """Remaining agencies."""
    without_state: int
    """Agencies without a state in their names, federal ones included."""

    def describe(self) -> str:
        """Return one plain sentence on all counts."""
        return (
            f"File of pairs: {self.lines:,} lines, {self.blank:,} without a name, {self.to_itself:,} naming one agency"
            f" twice, {self.repeated:,} repeating another and {self.broken:,} unreadable; kept: {self.kept:,} pairs,"
            f" {self.agencies:,} agencies, {self.without_state:,} of them without a state in their name;"
            f" spellings mended: {self.mended:,}."
        )


def read_pairs(path: str | Path) -> tuple[SharingNetwork, PairsReport]:
    """Read a network from a CSV file of directed pairs, and count its lines by outcome.

    Agencies are ordered by name, whatever the order of the lines. Names different only in
    capitals, spaces or quotation marks round them are one agency, in its first spelling.

    Raises
    ------
    ScenarioError
        If the file is unreadable, lacks one of the two columns, has no pair of two
        agencies, or has more broken lines than others.
    """
    path = Path(path)
    lines = _lines(path)
    spelling: dict[str, str] = {}
    mended: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    broken = blank = to_itself = repeated = 0
    for row in lines:
        if row is None:
            broken += 1
            continue
        giver, receiver = (spelling.setdefault(name.casefold(), name) for name in map(_bare, row))
        mended.update(text for text, name in zip(row, (giver, receiver), strict=True) if name and name != text)
        if not giver or not receiver:
            blank += 1
        elif giver == receiver:
            to_itself += 1
        elif (giver, receiver) in pairs:
            repeated += 1
        else:
            pairs.add((giver, receiver))
    if broken > len(lines) - broken:
        raise ScenarioError(
            path, "lines of as many columns as the first", f"{broken:,} of {len(lines):,} that differ", _FORMAT
        )
    if not pairs:
        remedy = "each line names an agency and another that it gives access"
        raise ScenarioError(path, "at least one pair of two agencies", _of_none(to_itself, blank), remedy)
    shared = _network(sorted(pairs))
    return shared, PairsReport(
        lines=len(lines),
        broken=broken,
        blank=blank,
        to_itself=to_itself,
        repeated=repeated,
        kept=len(pairs),
        mended=len(mended),
        agencies=shared.n,
        without_state=int((shared.state == UNKNOWN).sum()),
    )


def _bare(text: str) -> str:
    """Return a name without surrounding quotation marks and excess spaces; "" if it is missing."""
    name = " ".join(text.split())
    while name and name[0] in QUOTES and name[-1] in QUOTES:
        name = name[1:-1].strip()
    return "" if name == "NA" else name


def _network(pairs: Sequence[tuple[str, str]]) -> SharingNetwork:
    """Index the agencies by name, and take state and kind from each name."""
    names = sorted(set(chain.from_iterable(pairs)))
    at = {name: i for i, name in enumerate(names)}
    kind = np.array([kind_of(name) for name in names], np.uint8)
    ends = np.array([[at[giver], at[receiver]] for giver, receiver in pairs], np.int64)
    state = np.where(kind == AgencyKind.FEDERAL, UNKNOWN, states_of(names)).astype(np.int8)
    return network(names, uids_of(names), state, kind, (ends[:, 0], ends[:, 1]))


def _lines(path: Path) -> list[tuple[str, str] | None]:
    """Return both names of every line, empty lines excluded; None for an unreadable line."""
    first, *rest = _text(path).splitlines() or [""]
    header = [name.strip().strip(QUOTES).lower() for name in _cells(first) or ()]
    check_columns(path, header, COLUMNS, _cut(", ".join(header) if any(header) else "nothing"), _FORMAT)
    giver, receiver = (header.index(column) for column in COLUMNS)
    rows = (_cells(line) for line in rest if line.strip())
    return [(row[giver], row[receiver]) if row is not None and len(row) == len(header) else None for row in rows]


def _cells(line: str) -> list[str] | None:
    """Split one line at its commas; None if a quotation mark is not closed.

    Each line is split alone, so a stray mark cannot swallow the lines below.
    """
    try:
        return next(csv.reader([line], skipinitialspace=True, strict=True), [])
    except csv.Error:
        return None


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError(path, "a file of pairs of agencies", error.strerror, "check the path") from None
    except UnicodeDecodeError:
        raise ScenarioError(path, "text in UTF-8", "other bytes", f"save the file as CSV in UTF-8; {_FORMAT}") from None
    if "\0" in text:
        raise ScenarioError(path, "text in UTF-8", "a binary file", f"save the file as CSV in UTF-8; {_FORMAT}")
    return text


def _of_none(to_itself: int, blank: int) -> str:
    """Return a description of the lines of a file without pairs."""
    counts = ((to_itself, "that name one agency twice"), (blank, "that lack a name"))
    return " and ".join(f"{count:,} lines {fault}" for count, fault in counts if count) or "no line below the first"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
