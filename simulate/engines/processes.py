"""Do tasks here, or in worker processes that may die at any moment.

A task is made from a payload once in each process and answers for one shard at a time; a shard is a number, and
what is answered depends on it alone, so that it may be asked again anywhere. Workers are spawned, never
forked: forked threads may hang.

No death may stop the parent, so it never waits for a process that could be gone. What tasks are made from lies in an
open file without a name, which all workers read: `multiprocessing` writes what a process starts with into a pipe
that it holds open at both ends, and where a process dies too early would wait for ever on more than the pipe takes.
Each worker has a connection of its own, whose far end nobody else holds: it ends with the worker, even amid an
answer, where a shared queue waits for the rest. It ends with the parent too, and then the worker ends itself.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
import tempfile
import threading
import traceback
from collections import Counter, deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.reduction import DupFd
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from simulate.checks import ScenarioError
from simulate.engines.engine import map_here
from simulate.mapped import Pickler, Unpickler

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from simulate.engines.engine import R, Task

RETRIES = 2
IN_FLIGHT = 2
"""Shards handed out per worker, so that none waits for the next."""
HELD = (signal.SIGINT, signal.SIGTERM)
"""Signals that reach every process of a terminal; while a worker starts they wait."""


class ShardError(RuntimeError):
    """A shard killed its worker each time it was tried."""

    def __init__(self, shard: int, tries: int) -> None:
        self.shard = shard
        super().__init__(
            f"shard {shard}: its worker process died {tries} times; if memory is short take fewer workers; "
            "a script that asks for workers must start under: if __name__ == '__main__'"
        )


@dataclass(frozen=True, slots=True)
class Processes:
    """Worker processes of this machine; one does all in the caller."""

    workers: int = 1

    def map(self, task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
        """Give each shard with its result, in the order in which they are done.

        Workers start when the first result is asked for and end with the iterator. What a killed task left
        behind is the caller's to remove. Raises ShardError if a shard kills its worker again and again.
        """
        wanted = list(shards)
        if self.workers > 1:
            yield from _run_spread(task, wanted, min(self.workers, len(wanted)))
        else:
            yield from map_here(task, wanted)


def _run_spread(task: Task[Any], shards: Sequence[int], workers: int) -> Generator[tuple[int, Any]]:
    with tempfile.TemporaryFile() as package:
        mapped = _pack(task, package)
        team = _Team((package.fileno(), *mapped), workers, deque(shards))
        try:
            while team.hand_out():
                for worker in team.ready():
                    answer = worker.receive()
                    if answer is None:
                        team.replace(worker)
                    else:
                        yield worker.shards.popleft(), _result(answer)
        finally:
            team.end()


def _pack(task: Task[Any], package: IO[bytes]) -> list[int]:
    """Write a task, and return the open files that hold its largest arrays."""
    try:
        pickler = Pickler(package)
        pickler.dump(task)
        package.flush()
    except OSError as fault:
        folder = tempfile.gettempdir()
        remedy = "free some space, name another folder as TMPDIR, or take one worker"
        raise ScenarioError(folder, "room for what workers share", fault.strerror, remedy) from fault
    return [mapping.number for mapping in pickler.mappings]


def _result(answer: bytes) -> object:
    done, result = pickle.loads(answer)
    if not done:
        raise result
    return result


@dataclass(slots=True, eq=False)
class _Worker:
    """One process and what it was handed and has not answered yet, in order."""

    process: SpawnProcess
    connection: Connection
    shards: deque[int] = field(default_factory=deque)

    def hand(self, shard: int) -> None:
        self.shards.append(shard)
        with suppress(OSError):  # it is dead, as the next answer says
            self.connection.send(shard)

    def receive(self) -> bytes | None:
        """Wait for an answer; None where the worker died first."""
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.process.close()
        self.connection.close()


@dataclass(slots=True, eq=False)
class _Team:
    """The workers that live, and the shards that wait for one."""

    files: tuple[int, ...]
    """The open files that tasks are made from: what is packed, then its largest arrays."""
    most: int
    """Workers that may live at a time."""
    waiting: deque[int]
    deaths: Counter[int] = field(default_factory=Counter)
    """Workers that died of each shard."""
    workers: list[_Worker] = field(default_factory=list)

    def hand_out(self) -> bool:
        """Hand out what may be, and tell whether any answer is still to come."""
        while self.waiting and self._may_fly(self.waiting[0]):
            worker = min(self.workers, key=lambda worker: len(worker.shards), default=None)
            if worker is None or (worker.shards and len(self.workers) < self.most):
                worker = self._start()
            if len(worker.shards) == IN_FLIGHT:
                break
            worker.hand(self.waiting.popleft())
        return bool(self._flying())

    def _flying(self) -> list[int]:
        return [shard for worker in self.workers for shard in worker.shards]

    def _may_fly(self, shard: int) -> bool:
        """Let a shard that a worker died of fly alone: memory may have been short for several."""
        flying = self._flying()
        return not flying or not any(self.deaths[other] for other in (shard, *flying))

    def ready(self) -> list[_Worker]:
        """Wait until some workers have answered or died."""
        by_connection = {worker.connection: worker for worker in self.workers}
        return [by_connection[connection] for connection in wait(list(by_connection))]  # type: ignore[index]

    def replace(self, dead: _Worker) -> None:
        """Let what a dead worker was handed wait again; accuse the shard that it was at."""
        self.workers.remove(dead)
        dead.end()
        if dead.shards:
            accused = dead.shards[0]
            self.deaths[accused] += 1
            if self.deaths[accused] > RETRIES:
                raise ShardError(accused, self.deaths[accused])
            self.waiting.extendleft(reversed(dead.shards))

    def end(self) -> None:
        with _held():
            for worker in self.workers:
                worker.end()

    def _start(self) -> _Worker:
        spawn = get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_work, args=(theirs, *map(_OpenFile, self.files)), daemon=True)
        resource_tracker.ensure_running()  # or starting it would let through what is held
        with _held():
            with _environment("NUMBA_NUM_THREADS", "1"):
                process.start()
            theirs.close()
            worker = _Worker(process, ours)
            self.workers.append(worker)
        return worker


@contextmanager
def _held() -> Iterator[None]:
    """Let signals wait, so that no process is started and not known; processes started inherit this."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


@dataclass(slots=True)
class _OpenFile:
    """An open file that a process takes along when it is spawned."""

    number: int

    def __getstate__(self) -> object:
        return DupFd(self.number)

    def __setstate__(self, taken: Any) -> None:  # noqa: ANN401 - multiprocessing names no type of it
        self.number = taken.detach()


def _work(connection: Connection, *files: _OpenFile) -> None:
    """Answer for shards until the parent closes the connection or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    shards = SimpleQueue[int]()
    threading.Thread(target=_listen, args=(connection, shards), daemon=True).start()
    task = None
    while True:
        shard = shards.get()
        try:
            task = task or _made(*(file.number for file in files))
            answer = pickle.dumps((True, task(shard)), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent raises it
            answer = _fault(shard, error)
        try:
            connection.send_bytes(answer)
        except OSError:
            os._exit(1)


def _listen(connection: Connection, shards: SimpleQueue[int]) -> None:
    """Pass on what is handed out, and end this process at once when nothing more can be."""
    while True:
        try:
            shards.put(connection.recv())
        except (EOFError, OSError):
            os._exit(1)


def _made(package: int, *mapped: int) -> Callable[[int], object]:
    size = os.fstat(package).st_size
    whole = bytearray()
    while len(whole) < size:  # by position: all workers share the file's own; and no read takes more than 2 GB
        whole += os.pread(package, size - len(whole), len(whole))
    task: Task[object] = Unpickler(io.BytesIO(whole), mapped).load()
    return task.make(task.payload)


def _fault(shard: int, error: Exception) -> bytes:
    """Pack what a task raised; one that cannot be packed and opened again goes as text."""
    where = "".join(traceback.format_exception(error))
    error.add_note(f"in a worker process, at shard {shard}:\n{where}")
    try:
        packed = pickle.dumps((False, error))
        pickle.loads(packed)
    except Exception:  # noqa: BLE001 - errors of libraries may refuse in any way
        return pickle.dumps((False, RuntimeError(f"shard {shard}: {where}")))
    return packed
