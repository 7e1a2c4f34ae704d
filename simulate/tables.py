"""CSV tables supplied by users, read strictly: a header, the required columns, some lines."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_table(path: Path, columns: Sequence[str], what: str) -> list[tuple[int, dict[str, str]]]:
    """Return the lines of a table, each with its number and its fields without spaces round them.

    Other columns are ignored; a missing field is "". what : description of the table,
    for errors, as in "a table of metros".

    Raises
    ------
    ScenarioError
        If the file is unreadable or not UTF-8 text, lacks a column or names one twice, or has
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
    """Raise ScenarioError if a header lacks one of the columns or names one twice; found : the header, as shown."""
    for column in columns:
        if (n_named := header.count(column)) != 1:
            expected = f"a column called {column}" + (", once" if n_named else "")
            raise ScenarioError(f"{path}:1", expected, found, remedy)
