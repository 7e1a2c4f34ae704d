"""Objects at an address that fsspec knows, such as s3://bucket/run: each is uploaded whole, and nothing is renamed.

An object is made in memory and handed over in one call, which object stores carry out at once or not at all
(an upload of several parts appears when it is completed), so a fault or a kill leaves nothing half written.
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
"""The object that says who writes here."""

READ_BYTES = 1 << 16
"""Bytes fetched at least at a time; a footer is shorter."""


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """Objects under one prefix."""

    address: str

    @property
    def shared(self) -> bool:
        """Tell whether other processes see what this one writes."""
        return not self.address.startswith("memory:")

    def place(self, name: str) -> str:
        """Return the address of an object."""
        return f"{self.address.rstrip('/')}/{name}"

    def check(self) -> None:
        """Raise ScenarioError if the address cannot be reached, or is that of an object."""
        files, base = _opened(self.address)
        with self._reached():
            files.invalidate_cache()
            if _kind(files, base) == "file":
                raise ScenarioError(self.address, "a folder", "a file", "choose another name")

    def exists(self, name: str) -> bool:
        """Tell whether an object is there, whoever wrote it last."""
        files, base = _opened(self.address)
        with self._reached():
            files.invalidate_cache()
            return _kind(files, f"{base}/{name}") == "file"

    def size(self, name: str) -> int:
        """Return the bytes of an object."""
        files, base = _opened(self.address)
        with self._reached():
            return int(files.size(f"{base}/{name}"))

    def entries(self) -> list[str]:
        """List what lies directly under the address, but for the lock."""
        files, base = _opened(self.address)
        with self._reached():
            files.invalidate_cache()
            try:
                found = files.ls(base, detail=False)
            except FileNotFoundError:
                return []
        return sorted({name.rstrip("/").rpartition("/")[2] for name in found} - {LOCK})

    def files(self, under: str) -> list[str]:
        """List all objects below a folder, in order of name."""
        files, base = _opened(self.address)
        with self._reached():
            files.invalidate_cache()
            found = files.find(f"{base}/{under}")
        return sorted(name.removeprefix(f"{base}/") for name in found)

    def read(self, name: str) -> bytes:
        """Return the content of an object."""
        files, base = _opened(self.address)
        with self._reached():
            return bytes(files.cat_file(f"{base}/{name}"))

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Open an object; only the ranges that are read are fetched."""
        with io.BufferedReader(_Ranges(self, name), READ_BYTES) as file:
            yield file

    def read_range(self, name: str, start: int, end: int) -> bytes:
        """Return some bytes of an object."""
        files, base = _opened(self.address)
        with self._reached():
            return bytes(files.cat_file(f"{base}/{name}", start=start, end=end))

    @contextmanager
    def writing(self, name: str) -> Iterator[io.BytesIO]:
        """Give a file in memory, which is uploaded only if all goes well."""
        whole = io.BytesIO()
        yield whole
        self._upload(name, whole.getvalue())

    def write_text(self, name: str, text: str) -> None:
        """Write an object of text."""
        self._upload(name, text.encode())

    def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        files, base = _opened(self.address)
        with self._reached(), suppress(FileNotFoundError):
            files.rm_file(f"{base}/{name}")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep others from writing here, by an object with owner and time.

        Stores that can create an object only where there is none, as S3 does, let one of two owners win. A lock
        whose process is gone from this machine is taken over; one of another machine is for people to judge.
        """
        mine = json.dumps({"owner": _owner(), "at": datetime.now(UTC).isoformat(timespec="seconds")})
        self._take_lock(mine)
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                if self.read(LOCK) == mine.encode():
                    self.delete(LOCK)

    def free_bytes(self) -> None:
        """Know no limit."""

    def delete_unfinished(self) -> None:
        """Do nothing: no object is ever half written."""

    def _take_lock(self, mine: str) -> None:
        try:
            self._upload(LOCK, mine.encode(), mode="create")
        except FileExistsError:
            held = _lock_of(self.read(LOCK))
            if not _is_gone(held["owner"]):
                raise self._refusal(held) from None
            self.delete(LOCK)
            self._take_lock(mine)

    def _refusal(self, held: dict[str, Any]) -> ScenarioError:
        owner = held["owner"]
        found = f"one that process {owner['process']} of {owner['machine']} is drawing into since {held['at']}"
        remedy = f"wait until it is done, choose another folder, or delete {self.place(LOCK)} if that process is gone"
        return ScenarioError(self.address, "a folder of its own", found, remedy)

    def _upload(self, name: str, content: bytes, mode: str = "overwrite") -> None:
        files, base = _opened(self.address)
        with self._reached():
            files.pipe_file(f"{base}/{name}", content, mode=mode)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn what a library of some store raises, but for presence or absence, into one message."""
        try:
            yield
        except (FileNotFoundError, FileExistsError, ScenarioError):
            raise
        except Exception as fault:  # each library has errors of its own
            found, remedy = f"{type(fault).__name__}: {fault}", "check the address, the network and your credentials"
            raise ScenarioError(self.address, "a store that can be reached", found, remedy) from fault


class _Ranges(io.RawIOBase):
    """An object read by ranges, each by itself: a handle of fsspec may be shared with other readers."""

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
    """Return "file" or "directory", or nothing where neither is; fsspec's own questions take any fault for absence."""
    try:
        return str(files.info(path)["type"])
    except FileNotFoundError:
        return ""


def _owner() -> dict[str, Any]:
    return {"machine": platform.node(), "process": os.getpid(), "token": secrets.token_hex(8)}


def _lock_of(content: bytes) -> dict[str, Any]:
    """Return what a lock says; one that cannot be read says that nobody is known."""
    with suppress(ValueError, KeyError, TypeError):
        held = json.loads(content)
        owner = {key: held["owner"][key] for key in ("machine", "process")}
        return {"owner": owner, "at": held["at"]}
    return {"owner": {"machine": "an unknown machine", "process": "?"}, "at": "an unknown time"}


def _is_gone(owner: dict[str, Any]) -> bool:
    """Tell whether an owner was a process of this machine that has ended."""
    if owner["machine"] != platform.node() or not isinstance(owner["process"], int):
        return False
    try:
        os.kill(owner["process"], 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
