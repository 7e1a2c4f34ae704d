"""Files that are written whole or not at all, and JSON whatever was done to it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, too_deep

if TYPE_CHECKING:
    from pathlib import Path

MOST_DIGITS = 1000
"""Digits of a whole number in JSON; beyond 4,300 Python reads none."""
_DEEP = "tables or lists too deep inside one another"


def check_name(path: str | Path, where: str) -> None:
    """Refuse a name that no file or folder can have."""
    if "\0" in str(path):
        raise ScenarioError(where, "a name without zero bytes", path, "choose another")


def check_target(path: Path | None, option: str) -> None:
    """Refuse a file that cannot be written where it is asked for, before long work; None is none asked for."""
    if path is None:
        return
    check_name(path, option)
    if not path.parent.is_dir():
        raise ScenarioError(option, "a file in a folder that exists", path, f"make {path.parent} first")
    if path.is_dir():
        raise ScenarioError(option, "a file", f"the folder {path}", "name a file in it")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no plain file (a pipe, a device, a link) is written through.

    Raises OSError where the file cannot be written; a file that was there is then as it was.
    """
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        path.write_text(text, encoding="utf-8")  # a rename would put a plain file in its place
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_json(content: str | bytes) -> Any:  # noqa: ANN401
    """Read JSON; ValueError says in a few words why what is none, nests too deep or holds too long a number fails."""
    try:
        value = json.loads(content, parse_int=_whole)
    except RecursionError:
        raise ValueError(_DEEP) from None
    if too_deep(value):
        raise ValueError(_DEEP)
    return value


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a whole number of {len(text):,} digits")
    return int(text)
