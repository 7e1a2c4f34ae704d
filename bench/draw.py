"""How fast sightings are drawn, as a ratio to writing the same rows with pyarrow alone.

Run with `make bench`. Both are timed in turn in one process on one core, and the median
of the ratios is what the project claims; rows per second depend on the machine.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import simulate as sim
from simulate.sightings.draw import draw_households, draw_tables
from simulate.sightings.store import ROW_GROUP, SCHEMA, WRITING
from simulate.travel.life import make_lives
from simulate.world.build import build_world

ROUNDS = 7
CASES = {
    "smallville, 16 readers": ["period.days=120"],
    "smallville, 120 readers (dense)": [
        "period.days=120", "readers.place.police.count=110", "readers.place.police.spacing_m=0",
        "readers.place.shops.count=10",
    ],
}  # fmt: skip


def main() -> None:
    print(
        f"{'case':<34}{'rows':>12}{'per car-day':>13}{'drawn':>12}{'ns/row':>8}{'written':>12}{'drawing/writing':>17}"
    )
    for name, overrides in CASES.items():
        measure(name, sim.load("smallville", overrides=overrides))
    if len(sys.argv) > 2:
        paths = [f"roads.path={sys.argv[1]}", f"readers.place.mapped.path={sys.argv[2]}"]
        measure("anaheim, mapped readers", sim.load("anaheim", overrides=paths))


def measure(name: str, scenario) -> None:
    world = build_world(scenario)
    lives = make_lives(scenario, world)
    tables = draw_tables(world, lives.tables, scenario.settings.readers)
    households = lives.population.n_households
    blocks = list(draw_households(tables, 0, households))
    rows = sum(len(block.plate) for block in blocks)
    drawing, writing = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _block in draw_households(tables, 0, households):
            pass
        drawing.append(time.process_time() - start)
        writing.append(write(blocks))
    draw_s, write_s = statistics.median(drawing), statistics.median(writing)
    ratio = statistics.median(d / w for d, w in zip(drawing, writing, strict=True))
    density = rows / lives.population.n_vehicles / scenario.settings.period.days
    print(
        f"{name:<34}{rows:>12,}{density:>13.2f}{rows / draw_s / 1e6:>10.1f} M{draw_s / rows * 1e9:>8.0f}"
        f"{rows / write_s / 1e6:>10.1f} M{ratio:>17.2f}"
    )


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
