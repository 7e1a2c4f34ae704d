"""Protocol of an engine: one way to run a task over many shards, in any place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """Work on one shard at a time, built from the payload once in each process."""

    make: Callable[[Any], Callable[[int], R]]
    """Module-level function, importable by other processes."""
    payload: object
    """Argument of `make`; picklable if other processes run the task."""


class Engine(Protocol):
    """Workers for a task. Engines differ in the place of execution only; a shard has the same result in all."""

    def map(self, task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
        """Yield each shard with its result, in order of completion.

        Close the generator (`contextlib.closing`) wherever iteration may stop early: this ends the workers.
        Exceptions of a task are raised here.
        """


def ready(function: Callable[[int], R]) -> Task[R]:
    """Wrap a function of a shard as a task."""
    return Task(_identity, function)


def map_here(task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
    """Run a task in the caller, one shard after the other; without shards the task is not built."""
    do: Callable[[int], R] | None = None
    for shard in shards:
        do = do or task.make(task.payload)
        yield shard, do(shard)


def _identity(function: Callable[[int], Any]) -> Callable[[int], Any]:
    return function
