"""How a national run grows with its metros: seconds, memory and the share of building, against one metro.

    .venv/bin/python bench/growth.py METROS.csv [--days 30] [--metros 1 2 5 10]

Each number of metros is drawn whole and cold, in a process of its own with caches of its own:
those of the file whose population is nearest to its median, so that a metro is about as large in
every case. Memory is the proportional set size of all processes at its peak, with that of files,
which the kernel may take back, and without. A row's cost is processor time of all processes from
the first shard on; workers start in it too, so take a period that is long enough. Drawing takes
about as long for each row whatever the period, and building does not hang on it: so the share of
building is also given for five years.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import simulate as sim
from simulate.scenario.metros import read_metros
from simulate.world.cache import cached_world

FIVE_YEARS = 1826
INTERVAL_S = 0.25


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--metros", type=int, nargs="+", default=[1, 2, 5, 10])
    parser.add_argument("--scenario", default="vigilant-2019")
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--one", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        draw(asked.scenario, asked.file, asked.one, asked.days, asked.changes)
        return
    print(f"{'metros':>6}{'rows':>14}{'vehicles':>14}{'build s':>9}{'prepare s':>11}{'draw s':>9}{'ns/row':>9}"
          f"{'/one':>7}{'PSS MB':>9}{'anon MB':>9}{'build %':>9}{'5 years':>9}")  # fmt: skip
    first = None
    for n in asked.metros:
        found = measured(asked, nearest(asked.file, n))
        per_row = found["processor"] / found["rows"] * 1e9
        first = first or per_row
        whole = found["build"] + found["prepare"] + found["draw"]
        years = found["build"] + (found["prepare"] + found["draw"]) * FIVE_YEARS / asked.days
        print(f"{n:>6}{found['rows']:>14,}{found['vehicles']:>14,}{found['build']:>9.1f}{found['prepare']:>11.1f}"
              f"{found['draw']:>9.1f}{per_row:>9.0f}{per_row / first:>7.2f}{found['pss']:>9.0f}{found['anon']:>9.0f}"
              f"{100 * found['build'] / whole:>9.1f}{100 * found['build'] / years:>9.1f}", flush=True)  # fmt: skip


def nearest(file: Path, n: int) -> list[str]:
    """Name the n metros of a file whose population is nearest to its median; all in a word."""
    metros = read_metros(file)
    if n >= len(metros):
        return ["all"]
    people = np.array([metro.population for metro in metros])
    order = np.argsort(np.abs(people - np.median(people)), kind="stable")
    return [metros[i].name for i in order[:n]]


def measured(asked: argparse.Namespace, names: list[str]) -> dict[str, float]:
    """Draw some metros in a process of its own; return what it says, and the most memory it took."""
    command = [sys.executable, __file__, str(asked.file), "--days", str(asked.days), "--scenario", asked.scenario]
    for change in asked.changes:
        command += ["--set", change]
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"PLATEPRINT_CACHE": cache}
        process = subprocess.Popen([*command, "--one", *names], stdout=subprocess.PIPE, text=True, env=environment)
        peak = {"pss": 0.0, "anon": 0.0}
        watcher = threading.Thread(target=deployment, args=(process, peak))
        watcher.start()
        said, _ = process.communicate()
        watcher.join()
    if process.returncode:
        sys.exit(f"drawing {len(names)} metros failed")
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found | peak


def deployment(process: subprocess.Popen[str], peak: dict[str, float]) -> None:
    """Note the most memory, in MB, that a process and those it started hold together."""
    while process.poll() is None:
        total = {"Pss": 0.0, "Pss_Anon": 0.0}
        for pid in family(process.pid):
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:  # it has ended
                continue
            for line in lines:
                name, _, rest = line.partition(":")
                if name in total:
                    total[name] += int(rest.split()[0]) / 1000
        peak["pss"], peak["anon"] = max(peak["pss"], total["Pss"]), max(peak["anon"], total["Pss_Anon"])
        time.sleep(INTERVAL_S)


def family(pid: int) -> list[int]:
    """List a process and all that it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def draw(scenario: str, file: Path, names: list[str], days: int, changes: list[str]) -> None:
    """Draw some metros whole, and print how long each step took."""
    given = dict(change.split("=", 1) for change in changes)
    overrides = {"roads.path": str(file), "roads.metros": names, "period.days": days}
    asked = sim.load(scenario, overrides=overrides | {key: json.loads(value) for key, value in given.items()})
    began = time.perf_counter()
    cached_world(asked)
    built = time.perf_counter()
    drawing: list[tuple[float, float]] = []

    def progress(_done: int, _shards: int, _rows: int) -> None:
        drawing.append((time.perf_counter(), processor_s()))

    with tempfile.TemporaryDirectory() as folder:
        run = sim.run(asked, Path(folder) / "run", workers=os.cpu_count(), progress=progress)
        found = {
            "rows": run.n_sightings, "vehicles": run.n_vehicles, "build": built - began,
            "prepare": drawing[0][0] - built, "draw": drawing[-1][0] - drawing[0][0],
            "processor": processor_s() - drawing[0][1],
        }  # fmt: skip
    print(json.dumps(found))


def processor_s() -> float:
    """Return the processor time of this process and of all that it started and that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    main()
