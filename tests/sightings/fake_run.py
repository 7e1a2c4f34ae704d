"""A small run with an invented draw, and ways for it to die.

    python fake_run.py RUN WORKERS [MOMENT COUNT]

dies at the COUNT-th MOMENT: in a `write` of rows, `before` or `after` a file gets its final
name, half-way through a `text` file, at a report of progress (`progress`), or is
interrupted there as Ctrl-C does (`interrupt`).
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from simulate.engines.processes import Processes
from simulate.sightings.engine import run_shards
from simulate.sightings.store import Rows, create_or_resume

N_HOUSEHOLDS = 120
PER_SHARD = 20
WORLD = {
    "sites": {"site": np.arange(7, dtype=np.uint32), "name": [f"Elm & {n}th" for n in range(7)]},
    "zones": {"zone": np.arange(3, dtype=np.uint16), "share": [0.1, 0.25, 0.65], "hidden": [True, False, True]},
}


def folder_of(store) -> Path:
    """Return the folder of a run on this disk."""
    return store.files.path


def part_of(store, shard: int) -> Path:
    """Return where a shard of it lies."""
    return store.files.path / store.part(shard)


def rows_of_household(household: int) -> Rows:
    """Draw the sightings of one household's two plates, up to 60."""
    random = np.random.default_rng(household)
    n = int(random.integers(0, 60))
    plate = (2 * household + random.integers(0, 2, n)).astype(np.uint32)
    site, time_s = (random.integers(0, most, n, dtype=np.uint32) for most in (7, 5_000_000))
    order = np.lexsort((site, time_s, plate))
    return Rows(plate[order], site[order], time_s[order])


def joined(blocks) -> Rows:
    """Lay blocks of rows end to end."""
    return Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def make_draw(per_shard: int):
    """Make the draw of shards of so many households, in blocks of seven."""

    def draw(shard: int):
        last = min((shard + 1) * per_shard, N_HOUSEHOLDS)
        for first in range(shard * per_shard, last, 7):
            yield joined(rows_of_household(h) for h in range(first, min(first + 7, last)))

    return draw


def make_slow_draw(per_shard: int):
    """Make a draw that takes for ever from the third shard on."""

    def draw(shard: int):
        rows = make_draw(per_shard)(shard)
        yield next(rows)
        time.sleep(0 if shard < 2 else 600)
        yield from rows

    return draw


def make_deadly_draw(payload: tuple[Path, int, int]):
    """Make a draw that kills its worker at one shard, so many times."""
    folder, deadly, times = payload

    def draw(shard: int):
        rows = make_draw(PER_SHARD)(shard)
        yield next(rows)
        n_died = len(list(folder.glob("died-*")))
        if shard == deadly and n_died < times:
            (folder / f"died-{n_died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield from rows

    return draw


def make_draw_on_full_disk(per_shard: int):
    """Make a draw in a process whose disk is full from its third block of rows on."""
    pq.ParquetWriter.write_batch = full_disk(pq.ParquetWriter.write_batch, 3)
    return make_draw(per_shard)


def full_disk(write, at: int):
    """Return a way to write that fails from the `at`-th call on."""
    calls = []

    def write_until_full(*args, **kwargs):
        calls.append(1)
        if len(calls) >= at:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*args, **kwargs)

    return write_until_full


def identity(per_shard: int = PER_SHARD, **more):
    """Say what is drawn: everything in one metro."""
    n_shards = -(-N_HOUSEHOLDS // per_shard)
    return {"scenario": {"title": "fake", "period": {"days": 60}}, "seed": 1, "n_shards": n_shards} | more


def run(path, *, workers: int = 1, make=make_draw, progress=None):
    """Make the whole run, or what is missing of it."""
    store = create_or_resume(path, identity())
    if not store.complete():
        store.write_world(WORLD)
        run_shards(range(store.n_shards), store, make, PER_SHARD, engine=Processes(workers), progress=progress)
        store.finish(2 * N_HOUSEHOLDS)
    return store


def dying(do, count: int, *, after: bool = False):
    """Return a way to `do` something that kills this process at the `count`-th time."""
    calls = []

    def do_or_die(*args, **kwargs):
        calls.append(1)
        if len(calls) < count:
            return do(*args, **kwargs)
        if after:
            do(*args, **kwargs)
        return os.kill(os.getpid(), signal.SIGKILL)

    return do_or_die


def torn(write, count: int):
    """Return a way to write text that dies half-way at the `count`-th time."""
    half = dying(lambda file, text, **options: write(file, text[: len(text) // 2], **options), count, after=True)

    def write_or_die(file, text, **options):
        half(file, text, **options)
        return write(file, text, **options)

    return write_or_die


def main(path: str, workers: str, moment: str = "", count: str = "0") -> None:
    """Make the run, and die at the given moment."""
    progress, make = None, make_draw
    if moment == "write":
        pq.ParquetWriter.write_batch = dying(pq.ParquetWriter.write_batch, int(count), after=True)
    elif moment in {"before", "after"}:
        os.replace = dying(os.replace, int(count), after=moment == "after")
    elif moment == "text":
        Path.write_text = torn(Path.write_text, int(count))
    elif moment == "progress":
        make, progress = make_slow_draw, dying(lambda *_: None, int(count))
    elif moment == "interrupt":
        make = make_slow_draw
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind them ignore it

        def progress(done: int, *_) -> None:
            if done == int(count):
                os.killpg(0, signal.SIGINT)

    run(path, workers=int(workers), make=make, progress=progress)


if __name__ == "__main__":
    main(*sys.argv[1:])
