"""The protocol of a store: named files under one address, each whole or absent, and a lock on all of them."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

Handle = Path | IO[bytes]
"""Argument of reading and writing libraries: a path where there is one, for speed, else an open file."""


class NoSpaceError(OSError):
    """No room to write a file; nothing of it is left."""

    def __init__(self, n_written: int, n_free: int) -> None:
        super().__init__(errno.ENOSPC, "no space left")
        self.n_written = n_written
        """Bytes of the file written before the fault."""
        self.n_free = n_free
        """Bytes free after their removal."""


class Storage(Protocol):
    """Files under one address. Names are relative, with slashes; a folder exists as soon as a file in it does."""

    @property
    def address(self) -> str:
        """Return the address in the user's notation."""

    @property
    def shared(self) -> bool:
        """Return whether other processes see the files of this one."""

    def place(self, name: str) -> str:
        """Return the address of a file, for messages."""

    def check(self) -> None:
        """Raise ScenarioError if the address cannot hold files."""

    def exists(self, name: str) -> bool:
        """Return whether a file exists."""

    def size(self, name: str) -> int:
        """Return the bytes of a file."""

    def entries(self) -> Sequence[str]:
        """List files and folders directly under the address."""

    def files(self, under: str) -> Sequence[str]:
        """List all files below a folder, in order of name."""

    def read(self, name: str) -> bytes:
        """Return the content of a file; raise FileNotFoundError if it is absent."""

    def reading(self, name: str) -> AbstractContextManager[Handle]:
        """Open a file, to be read in parts."""

    def writing(self, name: str) -> AbstractContextManager[Handle]:
        """Write a file, whole or not at all: it appears at the end, and only without a fault."""

    def write_text(self, name: str, text: str) -> None:
        """Write a file of text, whole or not at all."""

    def delete(self, name: str) -> None:
        """Delete a file, if present."""

    def lock(self) -> AbstractContextManager[None]:
        """Lock the address against other writers; raise ScenarioError if locked. Creates the folder if absent."""

    def free_bytes(self) -> int | None:
        """Return the room left, in bytes; None without a known limit."""

    def delete_unfinished(self) -> None:
        """Delete files left half written by a killed process."""
