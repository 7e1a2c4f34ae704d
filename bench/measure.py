"""How fast measures count: the scan against pyarrow and DuckDB on the same rows, each as a ratio of one run.

Run with `make bench`, or with the folder of a run. All times are the best of several rounds.
Marks are made beforehand, so that the sieve is told apart: `scan` hands pieces on to nobody,
`exposure` counts seven cases, with few targets traced. DuckDB counts the same sightings, days
and sites of every plate for the same seven cases, and has to come to the same sums.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow.parquet as pq

import simulate as sim
from simulate.engines.threads import Threads
from simulate.kernels.counting import DAYS, SEEN, SITES
from simulate.risk.exposure import Exposure
from simulate.risk.measure import Block, Span
from simulate.risk.measures import MEASURES
from simulate.risk.scan import pieces, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulate.policy.sieve import Marks, Sieve
    from simulate.policy.view import View
    from simulate.sightings.store import Rows

ROUNDS, TARGETS = 5, 20
NOBODY = np.empty(0, np.int64)
LADDER = ["1h", "1d", "3d", "7d", "10d", "13d", "forever"]
SQL = """
WITH rows AS MATERIALIZED (SELECT plate, site, time FROM read_parquet({files}) WHERE time < {now} AND site IN {sites}),
seen AS (SELECT plate, {seen} FROM rows GROUP BY plate),
by_day AS (SELECT plate, max(time) AS last FROM rows GROUP BY plate, (time + 72000) // 86400),
days AS (SELECT plate, {counts} FROM by_day GROUP BY plate),
by_site AS (SELECT plate, max(time) AS last FROM rows GROUP BY plate, site),
sites AS (SELECT plate, {counts} FROM by_site GROUP BY plate)
SELECT {sums} FROM seen JOIN days USING (plate) JOIN sites USING (plate)
"""


class Kept:
    """Marks made beforehand, found by the first plate of a piece."""

    def __init__(self, sieve: Sieve, view: View) -> None:
        self.held = {
            int(piece.plate[0]): sieve.marks(piece)
            for shard in range(view.source.n_shards) for piece in pieces(view.source.blocks(shard, NOBODY))
        }  # fmt: skip

    def marks(self, rows: Rows) -> Marks:
        """Return the marks of a piece."""
        return self.held[int(rows.plate[0])]


def main() -> None:
    if len(sys.argv) > 1:
        report(sim.open_run(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        report(sim.run(sim.load("norfolk-2025", overrides=["period.days=14"]), Path(folder) / "run"))


def report(run: Any) -> None:
    view = sim.view(run, ladder=LADDER)
    kept = replace(view, sieve=Kept(view.sieve, view))
    files = [run.store.files.place(run.store.part(shard)) for shard in range(run.store.n_shards)]
    ours, theirs = sums_of(kept), asked(files, view, 1)[1]
    if ours != theirs:
        raise SystemExit(f"DuckDB comes to other sums: {theirs}, not {ours}")
    tasks: dict[str, Callable[[], object]] = {
        "pyarrow alone": lambda: [pq.ParquetFile(file).read(use_threads=False) for file in files],
        "scan": lambda: scan(kept, [], {}, engine=Threads(1)),
        "exposure, one worker": lambda: take(kept, 1),
        "exposure, two workers": lambda: take(kept, 2),
        "DuckDB, one thread": lambda: asked(files, view, 1),
        "DuckDB, two threads": lambda: asked(files, view, 2),
    }
    times = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            begin = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - begin)
    best = {name: min(some) for name, some in times.items()}
    for name, seconds in best.items():
        print(
            f"{name:<24}{1e9 * seconds / run.n_sightings:>8.1f} ns/row{seconds / best['pyarrow alone']:>8.2f} x pyarrow"
        )
    one, two = (best[f"exposure, {n}"] for n in ("one worker", "two workers"))
    print(
        f"two workers over one: {one / two:.2f};"
        f" DuckDB over exposure on one core: {best['DuckDB, one thread'] / one:.2f}"
    )


def take(view: View, workers: int) -> object:
    measure = MEASURES["exposure"]
    known = {"exposure": measure.ask(view, TARGETS)}
    return scan(view, [measure], known, engine=Threads(workers))


def sums_of(view: View) -> list[tuple[int, ...]]:
    """Sum up what exposure counts of all plates, case by case."""
    measure, nobody = Exposure(), {}
    total = np.zeros((len(view.cases), 4), np.int64)
    for shard in range(view.source.n_shards):
        state = measure.start(view.sight, nobody, Span(*view.source.span(shard)))
        for piece in pieces(view.source.blocks(shard, NOBODY)):
            measure.update(state, Block(*piece, *view.sieve.marks(piece)))
        found = measure.guess(view.sight, nobody, state)
        entry = found.entry.astype(np.int64)
        for c in range(len(view.cases)):
            its = entry[(found.mask >> np.uint64(c) & np.uint64(1)).astype(bool)]
            seen, days, sites = its[:, SEEN], its[:, DAYS], its[:, SITES]
            total[c] += [seen.sum(), days.sum(), sites.sum(), (seen * days * sites).sum()]
    return [tuple(row) for row in total.tolist()]


def asked(files: list[str], view: View, threads: int) -> tuple[int, list[tuple[int, ...]]]:
    """Let DuckDB count the same."""
    oldest = [case.oldest_s for case in view.cases]
    cases = range(len(oldest))
    seen = ", ".join(f"count(*) FILTER (time >= {since}) AS n{c}" for c, since in enumerate(oldest))
    counts = ", ".join(f"count(*) FILTER (last >= {since}) AS n{c}" for c, since in enumerate(oldest))
    sums = ", ".join(
        f"sum(seen.n{c}), sum(days.n{c}), sum(sites.n{c}), sum(seen.n{c} * days.n{c} * sites.n{c})" for c in cases
    )
    with duckdb.connect(config={"threads": threads}) as base:
        visible = tuple(np.flatnonzero(view.cases[0].visible).tolist())
        query = SQL.format(files=files, sites=visible, now=view.cases[0].now_s, seen=seen, counts=counts, sums=sums)
        row = base.execute(query).fetchone()
    found = [int(x) for x in row or ()]
    return threads, [tuple(found[4 * c : 4 * c + 4]) for c in cases]


if __name__ == "__main__":
    main()
