"""Run tasks in the caller, or in worker processes with tolerance of sudden death.

A task is built from a payload once in each process and answers for one shard at a time. A shard is a number, and
alone determines its result, so any process may repeat it. Workers are spawned, never forked: forked threads may hang.

No death may block the parent, so it never waits for a process possibly gone. The pickled task lies in an open file
without a name, read by all workers. `multiprocessing` itself writes the start-up data of a process into a pipe held
open at both ends; if the process died early, it would wait for ever on data above the capacity of the pipe.
Each worker has its own connection, with the far end held by nobody else: it ends with the worker, even in the middle
of an answer, where a shared queue waits for the rest. It ends with the parent too, and then the worker exits.
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
"""Shards handed out per worker; above 1, so no worker waits for its next shard."""
HELD = (signal.SIGINT, signal.SIGTERM)
"""Signals delivered to every process of a terminal; blocked while a worker starts."""


class ShardError(RuntimeError):
    """Death of the worker at every try of one shard."""

    def __init__(self, shard: int, tries: int) -> None:
        self.shard = shard
        super().__init__(
            f"shard {shard}: its worker process died {tries} times; if memory is short take fewer workers; "
            "a script that asks for workers must start under: if __name__ == '__main__'"
        )


@dataclass(frozen=True, slots=True)
class Processes:
    """Worker processes of this machine; with one worker all shards run in the caller."""

    workers: int = 1

    def map(self, task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
        """Yield each shard with its result, in order of completion.

        Workers start at the first request for a result and end with the iterator. Files left behind by a killed
        task are the caller's to remove. Raises ShardError if a shard kills its worker more than `RETRIES` times.
        """
        wanted = list(shards)
        if self.workers > 1:
            yield from _run_processes(task, wanted, min(self.workers, len(wanted)))
        else:
            yield from map_here(task, wanted)


def _run_processes(task: Task[Any], shards: Sequence[int], workers: int) -> Generator[tuple[int, Any]]:
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
    """One process and its unanswered shards, in order."""

    process: SpawnProcess
    connection: Connection
    shards: deque[int] = field(default_factory=deque)

    def hand(self, shard: int) -> None:
        self.shards.append(shard)
        with suppress(OSError):  # a dead worker: its next answer is None
            self.connection.send(shard)

    def receive(self) -> bytes | None:
        """Wait for an answer; return None if the worker died first."""
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
    """Live workers, and shards waiting for one."""

    files: tuple[int, ...]
    """File descriptors of the pickled task, then of its largest arrays."""
    most: int
    """Maximum number of live workers."""
    waiting: deque[int]
    deaths: Counter[int] = field(default_factory=Counter)
    """Number of workers killed by each shard."""
    workers: list[_Worker] = field(default_factory=list)

    def hand_out(self) -> bool:
        """Hand out shards up to the limits; return whether any answer is outstanding."""
        while self.waiting and self._may_start(self.waiting[0]):
            worker = min(self.workers, key=lambda worker: len(worker.shards), default=None)
            if worker is None or (worker.shards and len(self.workers) < self.most):
                worker = self._start()
            if len(worker.shards) == IN_FLIGHT:
                break
            worker.hand(self.waiting.popleft())
        return bool(self._in_flight())

    def _in_flight(self) -> list[int]:
        return [shard for worker in self.workers for shard in worker.shards]

    def _may_start(self, shard: int) -> bool:
        """Return whether a shard may start: one with a death runs alone, as memory may have been short for several."""
        in_flight = self._in_flight()
        return not in_flight or not any(self.deaths[other] for other in (shard, *in_flight))

    def ready(self) -> list[_Worker]:
        """Wait for answers or deaths; return the workers concerned."""
        by_connection = {worker.connection: worker for worker in self.workers}
        return [by_connection[connection] for connection in wait(list(by_connection))]  # type: ignore[index]

    def replace(self, dead: _Worker) -> None:
        """Remove a dead worker: requeue its shards and count the death against the current one."""
        self.workers.remove(dead)
        dead.end()
        if dead.shards:
            accused = dead.shards[0]
            self.deaths[accused] += 1
            if self.deaths[accused] > RETRIES:
                raise ShardError(accused, self.deaths[accused])
            self.waiting.extendleft(reversed(dead.shards))

    def end(self) -> None:
        with _signals_blocked():
            for worker in self.workers:
                worker.end()

    def _start(self) -> _Worker:
        spawn = get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_work, args=(theirs, *map(_OpenFile, self.files)), daemon=True)
        resource_tracker.ensure_running()  # else its own start would unblock the signals
        with _signals_blocked():
            with _environment("NUMBA_NUM_THREADS", "1"):
                process.start()
            theirs.close()
            worker = _Worker(process, ours)
            self.workers.append(worker)
        return worker


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block signals, so no started process goes unrecorded; started processes inherit the mask."""
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
    """File descriptor handed on to a spawned process."""

    number: int

    def __getstate__(self) -> object:
        return DupFd(self.number)

    def __setstate__(self, duplicate: Any) -> None:  # noqa: ANN401 - untyped in multiprocessing
        self.number = duplicate.detach()


def _work(connection: Connection, *files: _OpenFile) -> None:
    """Run shards until the parent closes the connection or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
    shards = SimpleQueue[int]()
    threading.Thread(target=_listen, args=(connection, shards), daemon=True).start()
    task = None
    while True:
        shard = shards.get()
        try:
            task = task or _load_task(*(file.number for file in files))
            answer = pickle.dumps((True, task(shard)), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - raised again in the parent
            answer = _fault(shard, error)
        try:
            connection.send_bytes(answer)
        except OSError:
            os._exit(1)


def _listen(connection: Connection, shards: SimpleQueue[int]) -> None:
    """Queue incoming shards; end this process at once when the connection closes."""
    while True:
        try:
            shards.put(connection.recv())
        except (EOFError, OSError):
            os._exit(1)


def _load_task(package: int, *mapped: int) -> Callable[[int], object]:
    size = os.fstat(package).st_size
    content = bytearray()
    while len(content) < size:  # by offset: workers share the file position; one read returns at most 2 GB
        content += os.pread(package, size - len(content), len(content))
    task: Task[object] = Unpickler(io.BytesIO(content), mapped).load()
    return task.make(task.payload)


def _fault(shard: int, error: Exception) -> bytes:
    """Pickle the exception of a task; send it as text if it does not survive pickling."""
    trace = "".join(traceback.format_exception(error))
    error.add_note(f"in a worker process, at shard {shard}:\n{trace}")
    try:
        packed = pickle.dumps((False, error))
        pickle.loads(packed)
    except Exception:  # noqa: BLE001 - errors of libraries may refuse in any way
        return pickle.dumps((False, RuntimeError(f"shard {shard}: {trace}")))
    return packed
