"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from pathlib import Path


def check_target(path: Path | None, option: str) -> None:
    """Refuse a file that cannot be written where it is asked for, before long work; None is none asked for."""
    if path is None:
        return
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
