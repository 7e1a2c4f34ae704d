"""What an engine is: one way to have a task done for many shards, wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """What is to be done for each shard: made from the payload once wherever it is done."""

    make: Callable[[Any], Callable[[int], R]]
    """Function of a module, so that other processes find it."""
    payload: object
    """What the task is made from; picklable where other processes do it."""


class Engine(Protocol):
    """Workers that do a task. Engines differ in where; the results of a shard are the same everywhere."""

    def map(self, task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
        """Give each shard with its result, in the order in which they are done.

        It is to be closed (`contextlib.closing`) wherever it may be left early, which ends the workers. What a
        task raises is raised here.
        """


def ready(function: Callable[[int], R]) -> Task[R]:
    """Return the task that a function is already."""
    return Task(_itself, function)


def map_here(task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
    """Do a task in the caller, one shard after the other; no shards make no task."""
    do: Callable[[int], R] | None = None
    for shard in shards:
        do = do or task.make(task.payload)
        yield shard, do(shard)


def _itself(made: Callable[[int], Any]) -> Callable[[int], Any]:
    return made
