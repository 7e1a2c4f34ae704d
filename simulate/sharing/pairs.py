"""A sharing network read from a file of pairs: who gives access, and to whom."""

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
"""Who gives access, and who is given it; other columns are ignored."""
QUOTES = "\"'“”‘’"
"""Marks that some programs leave round a name."""
_FORMAT = f"the first line names the columns {COLUMNS[0]} and {COLUMNS[1]}, separated by commas"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsReport:
    """What became of each line: lines = broken + blank + to itself + repeated + kept."""

    lines: int
    """Lines below the first that are not empty."""
    broken: int
    """Lines with more or fewer columns than the first, or a quotation mark that is never closed."""
    blank: int
    """Lines on which an agency is missing: nothing, or NA."""
    to_itself: int
    """Lines on which an agency gives itself access."""
    repeated: int
    """Lines that an earlier one has said."""
    kept: int
    """Pairs that remain."""
    mended: int
    """Names from which quotation marks or spaces were taken, or whose capitals differ from an earlier spelling."""
    agencies: int
    """Agencies that remain."""
    without_state: int
    """Those whose names do not tell a state; federal ones are among them."""

    def describe(self) -> str:
        """Say it in one plain sentence."""
        return (
            f"File of pairs: {self.lines:,} lines, {self.blank:,} without a name, {self.to_itself:,} naming one agency"
            f" twice, {self.repeated:,} repeating another and {self.broken:,} unreadable; kept: {self.kept:,} pairs,"
            f" {self.agencies:,} agencies, {self.without_state:,} of them without a state in their name;"
            f" spellings mended: {self.mended:,}."
        )


def read_pairs(path: str | Path) -> tuple[SharingNetwork, PairsReport]:
    """Read a network from a CSV file of directed pairs, and say what became of its lines.

    Agencies are ordered by name, whatever the order of the lines. Names that differ only in
    capitals, spaces or quotation marks round them are one agency, spelled as it first stands.

    Raises
    ------
    ScenarioError
        If the file cannot be read, lacks one of the two columns, holds no pair of two
        agencies, or cannot be read on more lines than it can.
    """
    path = Path(path)
    lines = _lines(path)
    first: dict[str, str] = {}
    mended: set[str] = set()
    found: set[tuple[str, str]] = set()
    broken = blank = to_itself = repeated = 0
    for row in lines:
        if row is None:
            broken += 1
            continue
        giver, receiver = (first.setdefault(name.casefold(), name) for name in map(_bare, row))
        mended.update(text for text, name in zip(row, (giver, receiver), strict=True) if name and name != text)
        if not giver or not receiver:
            blank += 1
        elif giver == receiver:
            to_itself += 1
        elif (giver, receiver) in found:
            repeated += 1
        else:
            found.add((giver, receiver))
    if broken > len(lines) - broken:
        raise ScenarioError(
            path, "lines of as many columns as the first", f"{broken:,} of {len(lines):,} that differ", _FORMAT
        )
    if not found:
        remedy = "each line names an agency and another that it gives access"
        raise ScenarioError(path, "at least one pair of two agencies", _of_none(to_itself, blank), remedy)
    shared = _network(sorted(found))
    return shared, PairsReport(
        lines=len(lines),
        broken=broken,
        blank=blank,
        to_itself=to_itself,
        repeated=repeated,
        kept=len(found),
        mended=len(mended),
        agencies=shared.n,
        without_state=int((shared.state == UNKNOWN).sum()),
    )


def _bare(text: str) -> str:
    """Return a name without quotation marks round it and spaces to spare; "" if it is missing."""
    name = " ".join(text.split())
    while name and name[0] in QUOTES and name[-1] in QUOTES:
        name = name[1:-1].strip()
    return "" if name == "NA" else name


def _network(pairs: Sequence[tuple[str, str]]) -> SharingNetwork:
    """Give the agencies numbers by name, and read from each name its state and kind."""
    names = sorted(set(chain.from_iterable(pairs)))
    at = {name: i for i, name in enumerate(names)}
    kind = np.array([kind_of(name) for name in names], np.uint8)
    ends = np.array([[at[giver], at[receiver]] for giver, receiver in pairs], np.int64)
    state = np.where(kind == AgencyKind.FEDERAL, UNKNOWN, states_of(names)).astype(np.int8)
    return network(names, uids_of(names), state, kind, (ends[:, 0], ends[:, 1]))


def _lines(path: Path) -> list[tuple[str, str] | None]:
    """Return both names of every line that is not empty, None where it cannot be read."""
    first, *rest = _text(path).splitlines() or [""]
    header = [name.strip().strip(QUOTES).lower() for name in _cells(first) or ()]
    check_columns(path, header, COLUMNS, _cut(", ".join(header) if any(header) else "nothing"), _FORMAT)
    giver, receiver = (header.index(column) for column in COLUMNS)
    rows = (_cells(line) for line in rest if line.strip())
    return [(row[giver], row[receiver]) if row is not None and len(row) == len(header) else None for row in rows]


def _cells(line: str) -> list[str] | None:
    """Split one line at its commas; None where a quotation mark is never closed.

    Each line is split alone, so that a stray mark cannot swallow those below it.
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
    """Say what a file without pairs holds instead."""
    found = ((to_itself, "that name one agency twice"), (blank, "that lack a name"))
    return " and ".join(f"{count:,} lines {what}" for count, what in found if count) or "no line below the first"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
