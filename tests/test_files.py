"""Files: whole or as before, and pipes stay pipes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from simulate.files import write_text


def test_a_file_is_made_and_replaced(tmp_path):
    path = tmp_path / "table.json"
    for text in ("one", "zwei ä"):
        write_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "table.json"
    path.write_text("old")

    def no_rename(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", no_rename)
    with pytest.raises(OSError, match="disk full"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Held open both ways, so that a writer which never comes cannot leave the reader waiting.
    held = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    write_text(pipe, "through")
    assert os.read(held, 100) == b"through"
    os.close(held)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_a_link_and_its_target_gets_the_text(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
