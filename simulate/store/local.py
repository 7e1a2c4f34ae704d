"""A folder on this machine: a file is written under a temporary name and renamed when it is complete."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.store.storage import NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder on a disk."""

    path: Path

    @property
    def address(self) -> str:
        """Return the path of the folder."""
        return str(self.path)

    @property
    def shared(self) -> bool:
        """Return True: other processes see every file."""
        return True

    def place(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.path / name)

    def check(self) -> None:
        """Raise ScenarioError if a file has the name of the folder."""
        if self.path.exists() and not self.path.is_dir():
            raise ScenarioError(self.path, "a folder", "a file", "choose another name")

    def exists(self, name: str) -> bool:
        """Return whether a file exists."""
        return (self.path / name).is_file()

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return (self.path / name).stat().st_size

    def entries(self) -> list[str]:
        """List files and folders directly in the folder."""
        return sorted(entry.name for entry in self.path.glob("*"))

    def files(self, under: str) -> list[str]:
        """List all files below a folder, in order of name."""
        paths = (file for file in (self.path / under).rglob("*") if file.is_file())
        return sorted(file.relative_to(self.path).as_posix() for file in paths)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return (self.path / name).read_bytes()

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """Yield the path of a file."""
        yield self.path / name

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yield a temporary name, renamed to the final one on success only; raise NoSpaceError on a full disk."""
        final = self.path / name
        temporary = final.with_name(f"{final.name}.{os.getpid()}.tmp")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            os.replace(temporary, final)
        except OSError as fault:
            if fault.errno not in FULL:
                raise
            n_written = temporary.stat().st_size if temporary.exists() else 0
            raise NoSpaceError(n_written, self.free_bytes() + n_written) from fault
        finally:
            temporary.unlink(missing_ok=True)

    def write_text(self, name: str, text: str) -> None:
        """Write a file of text, whole or not at all."""
        with self.writing(name) as file:
            file.write_text(text, encoding="utf-8")

    def delete(self, name: str) -> None:
        """Delete a file, if present."""
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder against other writers; the lock ends with its process."""
        if not self.path.exists():
            self.path.mkdir(parents=True)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            found = "one that another process is drawing into"
            remedy = "wait until it is done, or choose another folder"
            raise ScenarioError(self.path, "a folder of its own", found, remedy) from None
        finally:
            os.close(folder)

    def free_bytes(self) -> int:
        """Return the free space of the folder's disk, whether the folder exists yet or not."""
        existing = next(folder for folder in (self.path, *self.path.absolute().parents) if folder.exists())
        return shutil.disk_usage(existing).free

    def delete_unfinished(self) -> None:
        """Delete temporary files left by a killed process."""
        for leftover in self.path.rglob("*.tmp"):
            leftover.unlink(missing_ok=True)
