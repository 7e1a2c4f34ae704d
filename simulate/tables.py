"""Tables that people bring as CSV files, read strictly: a header, the columns asked for, some lines."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_table(path: Path, columns: Sequence[str], what: str) -> list[tuple[int, dict[str, str]]]:
    """Return the lines of a table, each with its number and its fields without spaces round them.

    Columns that are not asked for are ignored; a field that a line lacks is "". what : the table in
    words, for errors, as in "a table of metros".

    Raises
    ------
    ScenarioError
        If the file cannot be read, is no text in UTF-8, lacks a column or names one twice, or has
        no line below its header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lines = [(reader.line_num, row) for row in reader]
            header = reader.fieldnames or []
    except OSError as error:
        raise ScenarioError(path, what, error.strerror, "check the path") from None
    except (ValueError, csv.Error):  # not UTF-8, or a path or a line with a zero byte
        raise ScenarioError(path, "a CSV file in UTF-8", "something else", "save it as CSV, UTF-8") from None
    remedy = f"{what} has the columns {', '.join(columns)}"
    check_columns(path, header, columns, ", ".join(map(str, header)) or "nothing", remedy)
    if not lines:
        raise ScenarioError(f"{path}:2", "at least one line", "none below the header", remedy)
    return [(line, {column: (row[column] or "").strip() for column in columns}) for line, row in lines]


def check_columns(path: Path, header: Sequence[str], columns: Sequence[str], found: str, remedy: str) -> None:
    """Refuse a header that lacks one of the columns or names one twice; found : the header, for the error."""
    for column in columns:
        if (times := header.count(column)) != 1:
            expected = f"a column called {column}" + (", once" if times else "")
            raise ScenarioError(f"{path}:1", expected, found, remedy)
