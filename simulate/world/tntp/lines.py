"""Lines of TNTP files: metadata, numbers and tables, each fault with its file and line."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

Row = tuple[int, str]
"""A line number and the text of the line, without comment or surrounding blanks."""


def read_text(path: Path) -> str:
    """Read a file as UTF-8 text; raise ScenarioError on binary data."""
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise ScenarioError(path, "a readable file", error.strerror, "check the path") from error
    if garbage := re.search("[\0\N{REPLACEMENT CHARACTER}]", text):
        line = text.count("\n", 0, garbage.start()) + 1
        raise ScenarioError(f"{path}:{line}", "plain text in UTF-8", "binary data", "fetch the file again")
    return text


def read_rows(path: Path) -> list[Row]:
    """Read a file's lines without `~` comments and blanks, each with its number."""
    lines = (line.partition("~")[0].strip() for line in read_text(path).split("\n"))
    return [(number, line) for number, line in enumerate(lines, start=1) if line]


def metadata_of(path: Path, rows: list[Row]) -> tuple[dict[str, Row], list[Row]]:
    """Split rows into {key: (line, value)} and the rows after <END OF METADATA>."""
    metadata: dict[str, Row] = {}
    where, instead = str(path), "the end of the file"
    for at, (line, text) in enumerate(rows):
        match = re.match(r"<([^>]*)>(.*)", text)
        if match is None:
            where, instead = f"{path}:{line}", repr(text[:40])
            break
        key = " ".join(match[1].split()).upper()
        if key == "END OF METADATA":
            return metadata, rows[at + 1 :]
        metadata[key] = (line, match[2].strip())
    raise ScenarioError(where, "<END OF METADATA> after the metadata", instead, "restore the head of the file")


def value_of(path: Path, metadata: Mapping[str, Row], key: str) -> tuple[str, str]:
    """Return the position of a metadata key, for errors, and its text."""
    if key not in metadata:
        raise ScenarioError(path, f"<{key}> in the metadata", "no such line", "restore the head of the file")
    line, text = metadata[key]
    return f"{path}:{line}", text


def count_of(path: Path, metadata: Mapping[str, Row], key: str, most: int = 2**31 - 1) -> int:
    """Return a key of the metadata as a whole number from 1 to `most`."""
    where, text = value_of(path, metadata, key)
    return whole_number(where, f"<{key}>", text, 1, most)


def whole_number(where: str, name: str, text: str, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`; raise ScenarioError on any other text."""
    value = int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text) else None
    if value is None or not least <= value <= most:
        expected = f"{name} as a whole number from {least} to {most}"
        raise ScenarioError(where, expected, repr(text.strip()), "correct the number")
    return value


def finite_number(where: str, name: str, text: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Return a finite number from `least` to `most`; raise ScenarioError on any other text."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and least <= value <= most):
        expected = f"{name} as a number" + (f" of {least:g} or more" if least > -math.inf else "")
        expected += f" and at most {most:,.0f}" if most < math.inf else ""
        raise ScenarioError(where, expected, repr(text.strip()), "correct the number")
    return value


def table_of(
    path: Path, rows: list[Row], columns: tuple[str, ...], least: float = -math.inf
) -> tuple[list[int], NDArray[np.float64]]:
    """Return line numbers and float64[rows, columns]; a first row of words is a header."""
    if rows and re.fullmatch(r"[A-Za-z_][^\d]*", rows[0][1]):
        rows = rows[1:]
    table = np.empty((len(rows), len(columns)))
    for at, (line, text) in enumerate(rows):
        where, fields = f"{path}:{line}", text.replace(";", " ").split()
        if len(fields) != len(columns):
            expected = f"{len(columns)} columns ({', '.join(columns)})"
            raise ScenarioError(where, expected, len(fields), "complete the row")
        table[at] = [finite_number(where, name, field, least) for name, field in zip(columns, fields, strict=True)]
    return [line for line, _ in rows], table


def refuse_any(path: Path, lines: list[int], value: NDArray[np.float64], bad: NDArray[np.bool_], expected: str) -> None:
    """Raise ScenarioError on the first value marked bad, with its line."""
    if bad.any():
        first = int(bad.argmax())
        raise ScenarioError(f"{path}:{lines[first]}", expected, f"{value[first]:g}", "correct the number")
