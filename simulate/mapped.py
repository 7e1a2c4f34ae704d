"""Large arrays that lie in open files without a name, so that processes share them and hold only what they touch.

An array made here is an ordinary one for everything that computes. Handed to another process
(`engines/processes.py`), it goes as a place in a file that is open in both, not as a copy; and
`release` gives back the memory of all pages, which come back from the file when they are touched.
"""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
import weakref
from contextlib import suppress
from math import prod
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

LARGE = 1 << 25
"""Bytes from which an array is worth a file."""


PIECE = 1 << 21
"""Entries of a large array that are worked at together."""


class Mapping(mmap.mmap):
    """A file in memory, with the number under which this process has it open."""

    number: int

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            os.close(self.number)


def room(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros, in a file if it is large.

    Raises ScenarioError where the disk has no room for it.
    """
    size = prod(np.atleast_1d(shape).tolist()) * np.dtype(dtype).itemsize
    if not size or size < LARGE:
        return np.zeros(shape, dtype)
    try:
        with tempfile.TemporaryFile() as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk would end the process when a page is written
            return np.ndarray(shape, dtype, buffer=_mapped(file.fileno()))
    except OSError as fault:
        raise _no_room(size, fault) from fault


def _mapped(number: int) -> Mapping:
    """Map all of an open file, which stays open."""
    mapping = Mapping(number, 0)
    mapping.number = os.dup(number)
    return mapping


def _no_room(size: int, fault: OSError) -> ScenarioError:
    remedy = "free some space, or name another folder as TMPDIR"
    return ScenarioError(tempfile.gettempdir(), f"room for {size / 1e6:,.0f} MB", fault.strerror, remedy)


def joined(parts: Iterable[NDArray[Any]], size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Return parts in one array of `size` entries; each part is asked for when those before have been copied."""
    whole, end = room(size, dtype), 0
    for part in parts:
        whole[end : end + len(part)] = part
        end += len(part)
        release([whole, part])
    return whole


def pieces(n: int, size: int | None = None) -> Iterator[slice]:
    """Cut n entries into slices of so many, to be worked at one after another."""
    step = size or PIECE
    return (slice(begin, min(begin + step, n)) for begin in range(0, n, step))


class Tape:
    """An array that grows at its end, in a file."""

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype, self.n = np.dtype(dtype), 0
        with tempfile.TemporaryFile() as file:
            self.number = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.number)

    def append(self, array: NDArray[Any]) -> None:
        """Add entries; raise ScenarioError where the disk has no room for them."""
        rest = memoryview(np.ascontiguousarray(array, self.dtype).tobytes())
        try:
            while rest:
                rest = rest[os.write(self.number, rest) :]
        except OSError as fault:
            raise _no_room((self.n + len(array)) * self.dtype.itemsize, fault) from fault
        self.n += len(array)

    def wound(self) -> NDArray[Any]:
        """Return all entries, in memory if they are few."""
        size = self.n * self.dtype.itemsize
        if not size or size < LARGE:
            return np.frombuffer(bytearray(os.pread(self.number, size, 0)), self.dtype)
        return np.ndarray(self.n, self.dtype, buffer=_mapped(self.number))


def release(arrays: Iterable[object]) -> None:
    """Give back the memory of those that lie in files; nothing is lost."""
    for mapping in {id(held): held for held in map(mapping_of, arrays) if held is not None}.values():
        mapping.madvise(mmap.MADV_DONTNEED)


def mapping_of(array: object) -> Mapping | None:
    """Return the file that an array lies in; None if it lies in memory."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array if isinstance(array, Mapping) else None


class Pickler(pickle.Pickler):
    """Packs arrays that lie in files as places in them."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.mappings: list[Mapping] = []

    def persistent_id(self, thing: object) -> object:
        """Name the place of an array that lies in a file."""
        mapping = mapping_of(thing)
        if mapping is None or not isinstance(thing, np.ndarray) or not thing.flags.c_contiguous:
            return None
        if not any(mapping is known for known in self.mappings):
            self.mappings.append(mapping)
        which = next(i for i, known in enumerate(self.mappings) if known is mapping)
        begin = np.frombuffer(mapping, np.uint8).ctypes.data
        return which, thing.ctypes.data - begin, thing.dtype.str, thing.shape


class Unpickler(pickle.Unpickler):
    """Opens what `Pickler` packed, in another process; numbers : the files, as open in this one."""

    def __init__(self, file: IO[bytes], numbers: Sequence[int]) -> None:
        super().__init__(file)
        self.mappings = [Mapping(number, 0) for number in numbers]

    def persistent_load(self, pid: Any) -> NDArray[Any]:  # noqa: ANN401 - whatever `persistent_id` gave
        """Return the array at a place."""
        which, offset, dtype, shape = pid
        return np.ndarray(shape, np.dtype(dtype), buffer=self.mappings[which], offset=offset)
