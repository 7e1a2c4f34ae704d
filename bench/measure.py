"""How fast measures count: the one pass against pyarrow and DuckDB on the same rows, each as a ratio of one run.

Run with `make bench`; with a folder, runs are kept there and not drawn again. Norfolk for 5, 14
and 46 days: about 4, 12 and 40 million rows. Where one core is meant, times are the least
processor time of several rounds, in which the tasks alternate: other work on the machine changes
them little. Two workers over one is a ratio of wall times and needs a machine that does nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy comes: one core is meant

import pyarrow.parquet as pq
from claims import Claim, fastest, show
from duck import alerts_by_duckdb, alerts_by_us, exposure_by_duckdb, exposure_by_us

import simulate as sim
from simulate import policy
from simulate.engines.threads import Threads
from simulate.risk.measures import MEASURES, USUAL
from simulate.risk.scan import NOBODY, pieces, scan

if TYPE_CHECKING:
    from simulate.policy.view import View

ROUNDS, TARGETS = 3, 20
MANY_ROWS = 30_000_000
"""From so many rows on one round will do."""
FEW, USUAL_DAYS, MANY = 5, 14, 46
LADDER = ["1h", "1d", "3d", "7d", "10d", "13d", "forever"]
SETS = (
    policy.Retention(days=7),
    policy.HitOnly(),
    policy.Retention(days=3, hit_days=10),
    policy.Hours(begin="08:00", end="18:00"),
    policy.Delay(days=2),
    policy.Deletion(share=0.5),
)
PEAK = """
import sys, simulate as sim
view = sim.view(sim.open_run(sys.argv[1]), ladder=sys.argv[2:])
sim.measure(view, workers=1)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""Prints the peak of one process alone: `ru_maxrss` begins with that of the process that started it."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        few, usual, many = (drawn(home, days) for days in (FEW, USUAL_DAYS, MANY))
        for run in (usual, many):
            one_pass(run)
        two_workers(many)
        against_duckdb(usual)
        cases(usual)
        memory(few, many)


def drawn(home: Path, days: int) -> Any:
    return sim.run(sim.load("norfolk-2025", overrides=[f"period.days={days}"]), home / f"norfolk-{days}")


def files_of(run: Any) -> list[str]:
    return [run.store.files.place(run.store.part(shard)) for shard in range(run.store.n_shards)]


def one_pass(run: Any) -> None:
    """Take the usual measures of seven cases, against pyarrow alone that reads the same files."""
    view, files = sim.view(run, ladder=LADDER), files_of(run)
    best = fastest(
        {
            "reading": lambda: read(files),
            "all": lambda: sim.measure(view, workers=1),
        },
        ROUNDS if run.n_sightings < MANY_ROWS else 1,
    )
    what = f"{'three measures, seven cases, over pyarrow reading':<52}{run.n_sightings / 1e6:>6.1f} M rows"
    show(Claim(what, best["all"] / best["reading"], 6.0, at_most=True, aim=3.0))
    print("    " + ", ".join(f"{name} {1e9 * s / run.n_sightings:.0f} ns a row" for name, s in best.items()))


def read(files: list[str]) -> None:
    """Read row groups one after the other and keep none, as the pass does."""
    for file in files:
        part = pq.ParquetFile(file)
        for group in range(part.num_row_groups):
            part.read_row_group(group, use_threads=False)


def two_workers(run: Any) -> None:
    """Measure with two threads; in wall time, so the machine has to be quiet.

    Ten shards: of three, one worker would do two, and anchors weigh what all shards brought in one thread.
    """
    view = sim.view(run, ladder=LADDER)
    chosen = [MEASURES[name] for name in USUAL]
    known = {one.name: one.ask(view, view.sight.asked.targets) for one in chosen}
    best = fastest(
        {str(n): lambda n=n: scan(view, chosen, known, engine=Threads(n)) for n in (1, 2)}, 1, time.perf_counter
    )
    show(Claim("two workers over one, wall time of the pass (quiet machine only)", best["1"] / best["2"], 1.6))


def against_duckdb(run: Any) -> None:
    """Count what SQL can count; both have to come to the same sums."""
    view, files = sim.view(run, ladder=LADDER), files_of(run)
    for name, ours, theirs in (
        ("exposure", exposure_by_us, exposure_by_duckdb),
        ("hotlist", alerts_by_us, alerts_by_duckdb),
    ):
        if (sums := ours(view)) != (others := theirs(files, view, 1)):
            sys.exit(f"{name}: DuckDB comes to other sums: {others}, not {sums}")
        tasks = {
            "ours": lambda ours=ours: ours(view), "duckdb": lambda theirs=theirs: theirs(files, view, 1),
            "checked": lambda: checked(view),
        }  # fmt: skip
        best = fastest(tasks, ROUNDS)
        show(Claim(f"DuckDB over {name}, seven cases, equal sums", best["duckdb"] / best["ours"], 2.0))
        checks = best["checked"] / best["ours"]
        print(f"    ours {best['ours']:.2f} s, {checks:.0%} of it to read rows and check that they were drawn")


def checked(view: View) -> None:
    """Read all rows as the pass does, checked, and count nothing."""
    for shard in range(view.source.n_shards):
        for _ in pieces(view.source.blocks(shard, NOBODY)):
            pass


def cases(run: Any) -> None:
    """Count exposure for one case and for several, marks included."""
    views = {
        "one": sim.view(run, policies=SETS[:1]),
        "six": sim.view(run, cases=[sim.Case(name=str(i), policies=(rule,)) for i, rule in enumerate(SETS)]),
        "one limit": sim.view(run, ladder=["7d"]),
        "seven": sim.view(run, ladder=LADDER),
    }
    best = fastest({name: lambda view=view: take(view) for name, view in views.items()}, ROUNDS)
    show(Claim("six sets of rules over one, exposure", best["six"] / best["one"], 2.0, at_most=True))
    show(Claim("seven limits of age over one, exposure", best["seven"] / best["one limit"], 1.5, at_most=True))


def take(view: View) -> object:
    measure = MEASURES["exposure"]
    return scan(view, [measure], {"exposure": measure.ask(view, TARGETS)}, engine=Threads(1))


def memory(few: Any, many: Any) -> None:
    """Compare the peak memory of measuring many rows with that of few."""
    small, large = (_peak(run) for run in (few, many))
    rows = many.n_sightings / few.n_sightings
    show(Claim(f"peak memory over {rows:.0f} times as many rows", large / small, 1.10, at_most=True))
    print(f"    {small / 1024:.0f} MB and {large / 1024:.0f} MB")


def _peak(run: Any) -> int:
    """Return the kilobytes that a process took that opened a run and measured it."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(run.store.files.address), "1h", "1d", "3d", "forever"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(done.stdout)


if __name__ == "__main__":
    main()
