"""How fast sightings are drawn: nanoseconds a vehicle, a vehicle-day and a sighting, and against pyarrow.

Run with `make bench`. The parts are told apart by drawing the same vehicles three times:
for one day with nobody watching (a vehicle), for all days up to knowing which of them to do
(a vehicle-day), and in full (a sighting). Each is the fastest of several rounds, in
processor time on one core. Drawing over writing is the ratio to what pyarrow takes to write
the same rows: it depends least on the machine. All over prototype is the whole case against
what a prototype would have taken for its vehicles, days and sightings, on another machine;
its numbers, too, were the fastest of some rounds, and its vehicle-days ended where ours do.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import simulate as sim
from simulate.kernels.coverage import NONE
from simulate.sightings.draw import all_tables, deployment_of, draw_groups
from simulate.sightings.store import ROW_GROUP, SCHEMA, WRITING
from simulate.travel.life import make_lives
from simulate.world.build import build_world

if TYPE_CHECKING:
    from simulate.sightings.draw import DrawTables

ROUNDS = 7
MOST_GROUPS = 4000
"""Groups of plates to draw at most: 32,000 vehicles tell the time of one."""
PROTOTYPE = {"sparse": (450, 5, 160), "dense": (450, 5, 27)}
"""What a prototype took for a vehicle, a vehicle-day and a sighting, in nanoseconds, on another machine."""
FEW_VISITORS = ["visitors.workers.vehicles=1", "visitors.region.vehicles=1"]
CASES = {
    "sparse: Oakland's 33 mobile units, 41 months": ("oakland-2014", FEW_VISITORS),
    "dense: Smallville with 120 fixed readers": (
        "smallville",
        [
            "period.days=120", "readers.place.police.count=110", "readers.place.police.spacing_m=0",
            "readers.place.shops.count=10",
        ],
    ),
}  # fmt: skip


def main() -> None:
    columns = ("ns/vehicle", "ns/vehicle-day", "ns/sighting", "prototype", "all/prototype", "per car-day",
               "drawing/writing")  # fmt: skip
    print(f"{'case':<48}" + "".join(f"{column:>16}" for column in columns))
    for name, (scenario, overrides) in CASES.items():
        measure(name, scenario, overrides)
    if len(sys.argv) > 2:
        paths = [f"roads.path={sys.argv[1]}", f"readers.place.mapped.path={sys.argv[2]}"]
        measure("dense: Anaheim, mapped readers", "anaheim", paths)


def measure(name: str, scenario: str, overrides: list[str]) -> None:
    full, days = tables_of(scenario, overrides)
    one_day, _ = tables_of(scenario, [*overrides, "period.days=1"])
    unseen = replace(one_day, coverage=blind(one_day.coverage))
    planned = replace(full, life=standing_nowhere(full.life) if full.coverage.patrolled else staying_at_home(full.life))
    groups = min(full.plates.groups, MOST_GROUPS)
    blocks = [rows for rows, _ in draw_groups(full, 0, groups)]
    rows = sum(len(block.plate) for block in blocks)
    times = [[seconds(tables, groups) for tables in (unseen, planned, full)] for _ in range(ROUNDS)]
    vehicle_s, plan_s, all_s = (min(column) for column in zip(*times, strict=True))
    vehicles = 8 * groups
    ratio = all_s / min(write(blocks) for _ in range(ROUNDS))
    parts = (
        vehicle_s / vehicles,
        max(plan_s - vehicle_s, 0.0) / vehicles / days,
        max(all_s - plan_s, 0.0) / rows,
    )
    prototype = PROTOTYPE[name.partition(":")[0]]
    told = "/".join(f"{part}" for part in prototype)
    prototype_s = sum(ns * count for ns, count in zip(prototype, (vehicles, vehicles * days, rows), strict=True)) / 1e9
    print(
        f"{name:<48}"
        + "".join(f"{part * 1e9:>16.1f}" for part in parts)
        + f"{told:>16}{all_s / prototype_s:>16.2f}{rows / vehicles / days:>16.3f}{ratio:>16.2f}"
    )


def tables_of(name: str, overrides: list[str]) -> tuple[DrawTables, int]:
    scenario = sim.load(name, overrides=overrides)
    world = build_world(scenario)
    lives = make_lives(scenario, world)
    return all_tables(world, lives, deployment_of(scenario, world, lives)), lives.calendar.days


def blind(coverage):
    """Let nobody watch."""
    return coverage._replace(level=NONE, patrolled=0)


def standing_nowhere(life):
    """Let no day of a car have a stay, so that it is asked about and nothing comes of it."""
    return life._replace(diary=life.diary._replace(n_legs=np.full(len(life.diary.n_legs), -1, np.int8)))


def staying_at_home(life):
    """Let no car leave, so that days are planned and nothing comes of them; of dense readers nothing is asked."""
    return life._replace(diary=life.diary._replace(leaves_home=np.zeros_like(life.diary.leaves_home)))


def seconds(tables: DrawTables, groups: int) -> float:
    start = time.process_time()
    for _ in draw_groups(tables, 0, groups):
        pass
    return time.process_time() - start


def write(blocks) -> float:
    """Write ready-made rows with the store's options; returns seconds of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        with pq.ParquetWriter(Path(folder) / "rows.parquet", SCHEMA, **WRITING) as writer:
            for block in blocks:
                batch = pa.record_batch([pa.array(column) for column in block], schema=SCHEMA)
                writer.write_batch(batch, row_group_size=ROW_GROUP)
        return time.process_time() - start


if __name__ == "__main__":
    main()
