"""Atomic file writes, and guarded JSON parsing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError, too_deep

if TYPE_CHECKING:
    from pathlib import Path

MOST_DIGITS = 1000
"""Maximum number of digits of a whole number in JSON; Python reads none beyond 4,300."""
_DEEP = "tables or lists too deep inside one another"


def check_name(path: str | Path, where: str) -> None:
    """Raise ScenarioError on a name impossible for files and folders."""
    if "\0" in str(path):
        raise ScenarioError(where, "a name without zero bytes", path, "choose another")


def check_target(path: Path | None, option: str) -> None:
    """Raise ScenarioError if an output file cannot be written, before long work; None means no output."""
    if path is None:
        return
    check_name(path, option)
    if not path.parent.is_dir():
        raise ScenarioError(option, "a file in a folder that exists", path, f"make {path.parent} first")
    if path.is_dir():
        raise ScenarioError(option, "a file", f"the folder {path}", "name a file in it")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; write through anything but a plain file (a pipe, a device, a link).

    Raise OSError if the file cannot be written; an existing file then stays unchanged.
    """
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        path.write_text(text, encoding="utf-8")  # a rename would replace it by a plain file
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_json(content: str | bytes) -> Any:  # noqa: ANN401
    """Parse JSON; raise ValueError, with a short reason, on invalid, too deeply nested content or too long numbers."""
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
