"""Objects at an address known to fsspec, such as s3://bucket/run: each is uploaded whole, and nothing is renamed.

An object is built in memory and uploaded in one call, atomic in object stores (a multipart upload appears on
completion), so a fault or a kill leaves nothing half written.
"""

from __future__ import annotations

import io
import json
import os
import platform
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from simulate.checks import ScenarioError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = "lock.json"
"""Name of the lock: an object with the writer's identity."""

READ_BYTES = 1 << 16
"""Minimum bytes per fetch; a footer is shorter."""


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """Objects under one prefix."""

    address: str

    @property
    def shared(self) -> bool:
        """Return whether other processes see the objects of this one."""
        return not self.address.startswith("memory:")

    def place(self, name: str) -> str:
        """Return the address of an object."""
        return f"{self.address.rstrip('/')}/{name}"

    def check(self) -> None:
        """Raise ScenarioError if the address cannot be reached, or is an object itself."""
        files, base = _opened(self.address)
        with self._converted_errors():
            files.invalidate_cache()
            if _kind(files, base) == "file":
                raise ScenarioError(self.address, "a folder", "a file", "choose another name")

    def exists(self, name: str) -> bool:
        """Return whether an object exists, also one of another writer."""
        files, base = _opened(self.address)
        with self._converted_errors():
            files.invalidate_cache()
            return _kind(files, f"{base}/{name}") == "file"

    def size(self, name: str) -> int:
        """Return the bytes of an object."""
        files, base = _opened(self.address)
        with self._converted_errors():
            return int(files.size(f"{base}/{name}"))

    def entries(self) -> list[str]:
        """List objects and folders directly under the address, except the lock."""
        files, base = _opened(self.address)
        with self._converted_errors():
            files.invalidate_cache()
            try:
                paths = files.ls(base, detail=False)
            except FileNotFoundError:
                return []
        return sorted({name.rstrip("/").rpartition("/")[2] for name in paths} - {LOCK})

    def files(self, under: str) -> list[str]:
        """List all objects below a folder, in order of name."""
        files, base = _opened(self.address)
        with self._converted_errors():
            files.invalidate_cache()
            paths = files.find(f"{base}/{under}")
        return sorted(name.removeprefix(f"{base}/") for name in paths)

    def read(self, name: str) -> bytes:
        """Return the content of an object."""
        files, base = _opened(self.address)
        with self._converted_errors():
            return bytes(files.cat_file(f"{base}/{name}"))

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Open an object, to be fetched by the ranges read."""
        with io.BufferedReader(_Ranges(self, name), READ_BYTES) as file:
            yield file

    def read_range(self, name: str, start: int, end: int) -> bytes:
        """Return the bytes of an object from `start` up to `end`."""
        files, base = _opened(self.address)
        with self._converted_errors():
            return bytes(files.cat_file(f"{base}/{name}", start=start, end=end))

    @contextmanager
    def writing(self, name: str) -> Iterator[io.BytesIO]:
        """Yield a file in memory, uploaded on success only."""
        buffer = io.BytesIO()
        yield buffer
        self._upload(name, buffer.getvalue())

    def write_text(self, name: str, text: str) -> None:
        """Write an object of text."""
        self._upload(name, text.encode())

    def delete(self, name: str) -> None:
        """Delete an object, if present."""
        files, base = _opened(self.address)
        with self._converted_errors(), suppress(FileNotFoundError):
            files.rm_file(f"{base}/{name}")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the address against other writers, by an object with owner and time.

        In stores with conditional creation, such as S3, one of two owners wins. The lock of an ended process of
        this machine is taken over; one of another machine is for people to judge.
        """
        content = json.dumps({"owner": _owner(), "at": datetime.now(UTC).isoformat(timespec="seconds")})
        self._take_lock(content)
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                if self.read(LOCK) == content.encode():
                    self.delete(LOCK)

    def free_bytes(self) -> None:
        """Return None: no limit is known."""

    def delete_unfinished(self) -> None:
        """Do nothing: no object is ever half written."""

    def _take_lock(self, content: str) -> None:
        try:
            self._upload(LOCK, content.encode(), mode="create")
        except FileExistsError:
            current = _lock_of(self.read(LOCK))
            if not _is_gone(current["owner"]):
                raise self._refusal(current) from None
            self.delete(LOCK)
            self._take_lock(content)

    def _refusal(self, current: dict[str, Any]) -> ScenarioError:
        owner = current["owner"]
        found = f"one that process {owner['process']} of {owner['machine']} is drawing into since {current['at']}"
        remedy = f"wait until it is done, choose another folder, or delete {self.place(LOCK)} if that process is gone"
        return ScenarioError(self.address, "a folder of its own", found, remedy)

    def _upload(self, name: str, content: bytes, mode: str = "overwrite") -> None:
        files, base = _opened(self.address)
        with self._converted_errors():
            files.pipe_file(f"{base}/{name}", content, mode=mode)

    @contextmanager
    def _converted_errors(self) -> Iterator[None]:
        """Convert errors of store libraries, except those of presence and absence, into ScenarioError."""
        try:
            yield
        except (FileNotFoundError, FileExistsError, ScenarioError):
            raise
        except Exception as fault:  # each library has its own errors
            found, remedy = f"{type(fault).__name__}: {fault}", "check the address, the network and your credentials"
            raise ScenarioError(self.address, "a store that can be reached", found, remedy) from fault


class _Ranges(io.RawIOBase):
    """Object read by independent ranges: a handle of fsspec may be shared with other readers."""

    def __init__(self, folder: RemoteFolder, name: str) -> None:
        super().__init__()
        self._folder, self._name, self._at = folder, name, 0
        self._size = folder.size(name)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        end = min(self._at + len(buffer), self._size)
        content = self._folder.read_range(self._name, self._at, end) if end > self._at else b""
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


@cache
def _opened(address: str) -> tuple[Any, str]:
    """Return fsspec's file system of an address, and the path in it."""
    from fsspec.core import url_to_fs  # noqa: PLC0415 - a run on this disk needs none of it
    from fsspec.registry import known_implementations  # noqa: PLC0415

    try:
        files, base = url_to_fs(address)
    except ImportError as fault:
        remedy = "install it; that of s3:// comes with: pip install plateprint[s3]"
        raise ScenarioError(address, "an address whose library is installed", fault, remedy) from None
    except ValueError as fault:
        remedy = did_you_mean(address.partition("://")[0], known_implementations)
        raise ScenarioError(address, "a path, or an address such as s3://bucket/run", fault, remedy) from None
    return files, base.rstrip("/")


def _kind(files: Any, path: str) -> str:  # noqa: ANN401 - fsspec is not typed
    """Return "file", "directory", or "" if absent; the tests of fsspec itself take any fault for absence."""
    try:
        return str(files.info(path)["type"])
    except FileNotFoundError:
        return ""


def _owner() -> dict[str, Any]:
    return {"machine": platform.node(), "process": os.getpid(), "token": secrets.token_hex(8)}


def _lock_of(content: bytes) -> dict[str, Any]:
    """Parse a lock; an unreadable one has an unknown owner and time."""
    with suppress(ValueError, KeyError, TypeError):
        fields = json.loads(content)
        owner = {key: fields["owner"][key] for key in ("machine", "process")}
        return {"owner": owner, "at": fields["at"]}
    return {"owner": {"machine": "an unknown machine", "process": "?"}, "at": "an unknown time"}


def _is_gone(owner: dict[str, Any]) -> bool:
    """Return whether an owner is an ended process of this machine."""
    if owner["machine"] != platform.node() or not isinstance(owner["process"], int):
        return False
    try:
        os.kill(owner["process"], 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
