"""Run shards on this machine: here, or in worker processes that may die.

A shard depends on its number alone and writes its own part, so it can be drawn again
anywhere. Workers are spawned, never forked: forked threads may hang.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection

    from simulate.sightings.manifest import ShardRecord
    from simulate.sightings.store import Rows, Store

    Draw = Callable[[int], Iterator[Rows]]
    Progress = Callable[[int, int, int], None]

RETRIES = 2
IN_FLIGHT = 2  # shards handed out per worker, so that none waits for the next


class ShardError(RuntimeError):
    """A shard killed its worker each time it was tried."""

    def __init__(self, shard: int, tries: int) -> None:
        self.shard = shard
        super().__init__(
            f"shard {shard}: its worker process died {tries} times; if memory is short take fewer workers; "
            "a script that asks for workers must start under: if __name__ == '__main__'"
        )


class Job(NamedTuple):
    """What a worker needs to draw any shard."""

    store: Store
    make_draw: Callable[[Any], Draw]
    payload: object


def run_shards(
    shards: Iterable[int],
    store: Store,
    make_draw: Callable[[Any], Draw],
    payload: object,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[int, ShardRecord]:
    """Draw and store the shards that are not whole yet, and return what each holds.

    Parameters
    ----------
    shards
        Numbers of the shards wanted.
    store
        Where they go.
    make_draw
        Function of a module; makes the draw from the payload, once in each worker.
    payload
        What the draw is made from; picklable.
    workers
        Processes; up to 1, all is drawn in this one.
    progress
        Called as `progress(done_shards, total_shards, rows)`, at the start and after each shard.

    Raises
    ------
    ShardError
        If a shard kills its worker again and again.
    """
    wanted = list(shards)
    kept = store.whole()
    done = {shard: kept[shard] for shard in wanted if shard in kept}
    missing = [shard for shard in wanted if shard not in done]
    job = Job(store, make_draw, payload)
    n_rows = sum(record.rows for record in done.values())
    report = progress or _silent
    report(len(done), len(wanted), n_rows)
    with closing(_pooled(missing, job, workers) if workers > 1 else _serial(missing, job)) as records:
        for record in records:
            done[record.shard] = record
            n_rows += record.rows
            report(len(done), len(wanted), n_rows)
    return done


def _silent(done_shards: int, total_shards: int, rows: int) -> None:
    """Show nothing."""


def _serial(shards: list[int], job: Job) -> Generator[ShardRecord]:
    if shards:
        draw = job.make_draw(job.payload)
        for shard in shards:
            yield job.store.write_shard(shard, draw(shard))


def _pooled(shards: list[int], job: Job, workers: int) -> Generator[ShardRecord]:
    """Draw shards in worker processes; when one dies, try again what was in flight.

    Any shard in flight may have killed it, so each of them then flies alone and the next
    death accuses the right one.
    """
    waiting, deaths = deque(shards), Counter[int]()
    while waiting:
        flying: dict[Future[ShardRecord], int] = {}
        try:
            with _pool(job, min(workers, len(waiting))) as pool:
                while waiting or flying:
                    while waiting and _may_fly(waiting[0], flying, deaths, IN_FLIGHT * workers):
                        with _deaf():
                            future = pool.submit(_draw_one, waiting[0])
                        flying[future] = waiting.popleft()
                    for future in wait(flying, return_when=FIRST_COMPLETED).done:
                        record = future.result()
                        del flying[future]
                        yield record
        except BrokenProcessPool:
            for shard in flying.values():
                deaths[shard] += 1
                if deaths[shard] > RETRIES:
                    raise ShardError(shard, deaths[shard]) from None
            waiting.extendleft(flying.values())


def _may_fly(shard: int, flying: dict[Any, int], deaths: Counter[int], room: int) -> bool:
    suspected = deaths[shard] or any(deaths[other] for other in flying.values())
    return not flying or (len(flying) < room and not suspected)


@contextmanager
def _pool(job: Job, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start workers that end with this block, however it ends.

    Workers listen on a pipe that is never written to: it closes when we are done, give up
    or are killed, and they stop at once, so none lives on alone.
    """
    spawn = get_context("spawn")
    listening, ours = spawn.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, spawn, _set_up, (job, listening))
    with _environment("NUMBA_NUM_THREADS", "1"):
        try:
            yield pool
        except BaseException:
            ours.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            ours.close()
            listening.close()
            job.store.remove_temporaries()


@contextmanager
def _deaf() -> Iterator[None]:
    """Ignore Ctrl-C while workers start: they inherit this, and one that died half-started would hang the pool."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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


_worker: dict[str, Any] = {}  # what one worker process keeps from shard to shard


def _set_up(job: Job, listening: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    threading.Thread(target=_end_with, args=(listening,), daemon=True).start()
    _worker["job"] = job


def _end_with(listening: Connection) -> None:
    listening.poll(None)
    os._exit(1)


def _draw_one(shard: int) -> ShardRecord:
    job: Job = _worker["job"]
    if "draw" not in _worker:
        _worker["draw"] = job.make_draw(job.payload)
    return job.store.write_shard(shard, _worker["draw"](shard))
