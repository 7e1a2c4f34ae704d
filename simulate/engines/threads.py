"""Run tasks in threads over one world in memory, best for tasks dominated by compiled kernels."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.engines.engine import map_here
from simulate.engines.processes import IN_FLIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from concurrent.futures import Future

    from simulate.engines.engine import R, Task


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process; with one worker all shards run in the caller."""

    workers: int | None = None
    """Number of threads; one per processor if None."""

    def map(self, task: Task[R], shards: Iterable[int]) -> Generator[tuple[int, R]]:
        """Yield each shard with its result, in order of completion; the task is built once, for all threads."""
        wanted = list(shards)
        workers = min(self.workers or os.cpu_count() or 1, len(wanted))
        if workers > 1:
            yield from _run_threads(task.make(task.payload), wanted, workers)
        else:
            yield from map_here(task, wanted)


def _run_threads(do: Callable[[int], R], shards: Sequence[int], workers: int) -> Generator[tuple[int, R]]:
    waiting = deque(shards)
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[R], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < IN_FLIGHT * workers:
                    shard = waiting.popleft()
                    running[pool.submit(do, shard)] = shard
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()
