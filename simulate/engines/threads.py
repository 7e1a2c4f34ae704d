"""Run shards in threads over one world in memory, for tasks that spend their time in compiled leaves."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from simulate.engines.processes import IN_FLIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from typing import TypeVar

    R = TypeVar("R")


def map_threads(task: Callable[[int], R], shards: Iterable[int], *, workers: int = 1) -> Iterator[tuple[int, R]]:
    """Give each shard with its result as they finish; one worker runs in the calling thread, in order."""
    if workers <= 1:
        for shard in shards:
            yield shard, task(shard)
        return
    waiting = deque(shards)
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[R], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < IN_FLIGHT * workers:
                    shard = waiting.popleft()
                    running[pool.submit(task, shard)] = shard
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()
