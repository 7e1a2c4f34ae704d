"""What DuckDB counts of the same rows for the same cases: exposure and alerts, and the same sums of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from simulate.kernels.counting import DAYS, SEEN, SITES
from simulate.risk.exposure import Exposure
from simulate.risk.hotlist import RIGHT, STALE, HotListMeasure, kinds
from simulate.risk.measure import Block, Span
from simulate.risk.scan import NOBODY, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.policy.view import View

    Sums = list[tuple[int, ...]]

EXPOSURE = """
WITH rows AS MATERIALIZED (SELECT plate, site, time FROM read_parquet({files}) WHERE time < {now} AND site IN {sites}),
seen AS (SELECT plate, {seen} FROM rows GROUP BY plate),
by_day AS (SELECT plate, max(time) AS last FROM rows GROUP BY plate, (time + 72000) // 86400),
days AS (SELECT plate, {counts} FROM by_day GROUP BY plate),
by_site AS (SELECT plate, max(time) AS last FROM rows GROUP BY plate, site),
sites AS (SELECT plate, {counts} FROM by_site GROUP BY plate)
SELECT {sums} FROM seen JOIN days USING (plate) JOIN sites USING (plate)
"""
ALERTS = """
WITH rows AS (SELECT plate, site, time FROM read_parquet({files}) WHERE time < {now} AND site IN {sites}),
reads AS (SELECT {reads} FROM rows),
listed AS MATERIALIZED (
    SELECT rows.plate, rows.site, rows.time, max(rows.time < right_until) AS is_right
    FROM rows JOIN entries ON rows.plate = entries.plate AND rows.time >= begins AND rows.time < listed_until
    GROUP BY ALL),
alerts AS (SELECT {alerts} FROM listed)
SELECT reads.*, alerts.* FROM reads, alerts
"""
"""Reads held against the list, and alerts on a plate listed rightly, or still, by the time alone.

Whether a read named another state, and whose car it was, stands in no row: SQL cannot say so.
"""


def exposure_by_duckdb(files: Sequence[str], view: View, threads: int) -> Sums:
    """Count sightings, days and sites of every plate; sums of all plates, case by case."""
    oldest = [case.oldest_s for case in view.cases]
    cases = range(len(oldest))
    counts = ", ".join(f"count(*) FILTER (last >= {since}) AS n{c}" for c, since in enumerate(oldest))
    row = _asked(
        EXPOSURE, files, view, threads, counts=counts,
        seen=", ".join(f"count(*) FILTER (time >= {since}) AS n{c}" for c, since in enumerate(oldest)),
        sums=", ".join(
            f"sum(seen.n{c}), sum(days.n{c}), sum(sites.n{c}), sum(seen.n{c} * days.n{c} * sites.n{c})" for c in cases
        ),
    )  # fmt: skip
    return [tuple(row[4 * c : 4 * c + 4]) for c in cases]


def exposure_by_us(view: View) -> Sums:
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


def alerts_by_duckdb(files: Sequence[str], view: View, threads: int) -> Sums:
    """Count reads, right and stale alerts, case by case."""
    case_s = [case.now_s for case in view.cases]
    row = _asked(
        ALERTS, files, view, threads,
        reads=", ".join(f"count(*) FILTER (time < {now}) AS n{c}" for c, now in enumerate(case_s)),
        alerts=", ".join(
            f"count(*) FILTER (time < {now} AND {kind}) AS {name}{c}"
            for c, now in enumerate(case_s) for name, kind in (("r", "is_right"), ("s", "NOT is_right"))
        ),
    )  # fmt: skip
    n = len(case_s)
    return [(row[c], *row[n + 2 * c : n + 2 * c + 2]) for c in range(n)]


def alerts_by_us(view: View) -> Sums:
    """Count the same in the measure's way: marked, taken out of each piece, and told apart by kind."""
    measure, hot, plates = HotListMeasure(), view.truth.hotlist, view.truth.lives.plates
    total = np.zeros((len(view.cases), 3), np.int64)
    for shard in range(view.source.n_shards):
        state = measure.start(view.sight, np.uint64(0), Span(*view.source.span(shard)))
        for piece in pieces(view.source.blocks(shard, NOBODY)):
            measure.update(state, Block(*piece, *view.sieve.marks(piece)))
        found = measure.guess(view.sight, np.uint64(0), state)
        holder = plates.holders(found.rows.plate.astype(np.int64))
        kind = kinds(hot, found.rows, holder, holder)
        for c in range(len(view.cases)):
            its = kind[(found.mask >> np.uint64(c) & np.uint64(1)).astype(bool)]
            total[c] += [found.reads[c], (its == RIGHT).sum(), (its == STALE).sum()]
    return [tuple(row) for row in total.tolist()]


def _asked(query: str, files: Sequence[str], view: View, threads: int, **parts: str) -> list[int]:
    """Ask DuckDB; all cases see the same sites, and the list lies in a table of its own."""
    case, local = view.cases[0], view.truth.hotlist.local
    entries = pa.table(
        {"plate": local.plate.astype(np.uint32), "begins": local.right_from_s, "right_until": local.right_until_s,
         "listed_until": local.listed_until_s}
    )  # fmt: skip
    with duckdb.connect(config={"threads": threads}) as base:
        base.register("entries", entries)
        visible = tuple(np.flatnonzero(case.visible).tolist())
        row = base.execute(query.format(files=list(files), sites=visible, now=case.now_s, **parts)).fetchone()
    return [int(x) for x in row or ()]
