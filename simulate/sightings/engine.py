"""Draw shards into a run's folder, on any engine.

A shard depends on its number alone and writes its own part, so any worker can redraw it.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.engines.engine import Task
from simulate.engines.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from simulate.engines.engine import Engine
    from simulate.sightings.manifest import ShardRecord
    from simulate.sightings.store import Rows, Store

    Draw = Callable[[int], Iterator[Rows]]
    Progress = Callable[[int, int, int], None]

HERE = Processes(1)


class Job(NamedTuple):
    """Inputs of a worker for any shard."""

    store: Store
    make_draw: Callable[[Any], Draw]
    payload: object


def run_shards(
    shards: Iterable[int],
    store: Store,
    make_draw: Callable[[Any], Draw],
    payload: object,
    *,
    engine: Engine = HERE,
    progress: Progress | None = None,
) -> dict[int, ShardRecord]:
    """Draw and store the incomplete shards, and return the record of each.

    Parameters
    ----------
    shards
        Numbers of the shards wanted.
    store
        Destination.
    make_draw
        Function of a module; makes the draw from the payload, once in each worker.
    payload
        Input of `make_draw`; picklable.
    engine
        Executor; serial in this process by default.
    progress
        Called as `progress(done_shards, total_shards, rows)`, at the start and after each shard.

    Raises
    ------
    ShardError
        If a shard repeatedly kills its worker.
    """
    wanted = list(shards)
    whole = store.whole()
    done = {shard: whole[shard] for shard in wanted if shard in whole}
    missing = [shard for shard in wanted if shard not in done]
    n_rows = sum(record.rows for record in done.values())
    report = progress or _silent
    report(len(done), len(wanted), n_rows)
    task = Task(_make_writer, Job(store, make_draw, payload))
    try:
        with closing(engine.map(task, missing)) as written:
            for shard, record in written:
                done[shard] = record
                n_rows += record.rows
                report(len(done), len(wanted), n_rows)
    finally:
        store.files.delete_unfinished()
    return done


def _make_writer(job: Job) -> Callable[[int], ShardRecord]:
    draw = job.make_draw(job.payload)

    def write(shard: int) -> ShardRecord:
        return job.store.write_shard(shard, draw(shard))

    return write


def _silent(done_shards: int, total_shards: int, rows: int) -> None:
    """Show nothing."""
