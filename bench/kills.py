"""Kill and interrupt a run at random moments; each must resume to the same rows and leave nothing behind.

    python bench/kills.py --tries 100 [--seed 1]

Draws a small town with two workers, again and again, and each time kills or signals some of its
processes at a moment between its first and its last. What is left is run again, as a user would.
It must end with the run hash of a run that nobody disturbed, with the same files and no other, no process
and no temporary file. Reads /proc, so it runs on Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from simulate import cli
from simulate.cli import stops

SHARD_ROWS = 10_000  # small shards, so that a short run has some twenty
ASKED = ("smallville", "--set", "roads.population=2000", "--set", "period.days=120", "--workers", "2", "--quiet")
HANG_S = 60  # an undisturbed run takes a few seconds
GONE_S = 10  # until then workers whose parent was killed must have ended themselves
LISTENS_S = 0.15  # until then the interpreter itself is starting, and signals are its own affair
WORKING = 0.7  # share of a run in which there are workers
STOPS = {"SIGINT": 130, "SIGTERM": 143}


@dataclass
class Try:
    """One disturbed run."""

    kind: str
    moment: str = ""
    code: int | None = None
    faults: list[str] = field(default_factory=list)


def draw(folder: str) -> None:
    """Draw the run in small shards, as the command line does, from its first import on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind them ignore it
    stops.listen()
    try:
        import simulate.sightings.draw  # noqa: PLC0415

        simulate.sightings.draw.SHARD_ROWS = SHARD_ROWS
    except KeyboardInterrupt:
        stops.leave()
    sys.argv[1:] = ["run", *ASKED, "--out", folder]
    cli.main()


def start(folder: Path, temporary: Path) -> subprocess.Popen[str]:
    """Start a run in a session of its own, by which all its processes are known."""
    command = [sys.executable, __file__, "--draw", str(folder)]
    environment = os.environ | {"TMPDIR": str(temporary), "PLATEPRINT_CACHE": ""}
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
        start_new_session=True,
    )  # fmt: skip


def processes(session: int, what: str = "") -> list[int]:
    """List the processes of a session that live and whose command line holds a text."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            state, _, _, its = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:4]
            if int(its) == session and state != "Z" and what in (entry / "cmdline").read_text():
                found.append(int(entry.name))
    return found


def workers(session: int) -> list[int]:
    return processes(session, "spawn_main")


def send(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def disturb(kind: str, run: subprocess.Popen[str], moment_s: float) -> None:
    """Wait until the moment, then kill or signal; the moments of workers are counted from when there are some."""
    if "worker" in kind:
        while not workers(run.pid) and run.poll() is None:
            time.sleep(0.005)
        time.sleep(moment_s * WORKING)
        found = workers(run.pid)
        send(found if kind == "all workers SIGKILL" else random.sample(found, min(len(found), 1)), signal.SIGKILL)
        return
    time.sleep(moment_s)
    if run.poll() is None:
        whom, name = kind.split()
        if whom == "group":
            os.killpg(run.pid, signal.Signals[name])
        else:
            run.send_signal(signal.Signals[name])


KINDS = (
    "parent SIGKILL", "parent SIGTERM", "parent SIGINT", "group SIGINT", "group SIGTERM", "group SIGKILL",
    "one worker SIGKILL", "all workers SIGKILL",
)  # fmt: skip


def stage(folder: Path) -> str:
    """Say how far a run is, by its files."""
    if (folder / "manifest.json").exists():
        return "finishing"
    parts = [*folder.rglob("part-*.parquet")]
    return "drawing" if parts else "starting" if (folder / "scenario.json").exists() else "importing, building"


def end(run: subprocess.Popen[str], tried: Try, what: str) -> str:
    """Wait for a run and all its processes to end; whatever does not is a fault, and killed."""
    errors = ""
    try:
        _, errors = run.communicate(timeout=HANG_S)
    except subprocess.TimeoutExpired:
        tried.faults.append("hang")
    deadline = time.monotonic() + GONE_S
    while (left := processes(run.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    if left:
        tried.faults += ["process left"] * len(left)
        send(left, signal.SIGKILL)
    run.wait()
    if "Traceback" in errors:
        tried.faults.append(f"traceback ({what}): {errors.strip().splitlines()[-1]}")
    return errors


def content(folder: Path) -> tuple[str, list[str]]:
    """Return the hash of a run and the names of all its files."""
    with suppress(OSError, ValueError):
        names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
        return json.loads((folder / "manifest.json").read_text())["run_hash"], names
    return "none", []


def expected_codes(kind: str, moment_s: float) -> set[int | None]:
    """Return the exit codes that a run may end with: 0 if it was faster."""
    whom, name = kind.rsplit(" ", 1)
    if "worker" in whom:
        return {0}
    if name in STOPS:
        return {0, STOPS[name]} if moment_s >= LISTENS_S else {0, STOPS[name], -signal.Signals[name]}
    return {0, -signal.SIGKILL}


def attempt(kind: str, moment_s: float, place: Path, whole: tuple[str, list[str]]) -> Try:
    """Disturb one run, take it up again and hold it against one that nobody disturbed."""
    tried = Try(kind)
    with tempfile.TemporaryDirectory(dir=place) as held:
        folder, temporary = Path(held) / "run", Path(held) / "tmp"
        temporary.mkdir()
        run = start(folder, temporary)
        disturb(kind, run, moment_s)
        tried.moment = stage(folder)
        errors = end(run, tried, "disturbed")
        tried.code = run.returncode
        if tried.code not in expected_codes(kind, moment_s):
            tried.faults.append(f"exit {tried.code} at {moment_s:.2f} s: {errors.strip()[-200:]}")
        if tried.code in STOPS.values() and errors.count("plateprint: stopped") != 1:
            tried.faults.append(f"told {errors!r}")
        if tried.code != 0:
            again = start(folder, temporary)
            end(again, tried, "resumed")
        held_hash, names = content(folder)
        if held_hash != whole[0]:
            tried.faults.append(f"hash {held_hash}")
        left = {*names} ^ {*whole[1]} | {file.name for file in temporary.rglob("*")}
        tried.faults += [f"file left: {name}" for name in sorted(left)]
    return tried


def undisturbed(place: Path) -> tuple[tuple[str, list[str]], float]:
    """Draw the run twice, so that everything is compiled; return what it holds and how long it takes."""
    for name in ("first", "second"):
        began = time.monotonic()
        run = start(place / name, place)
        _, errors = run.communicate()
        if run.returncode:
            sys.exit(f"the undisturbed run failed:\n{errors}")
        took_s = time.monotonic() - began
    return content(place / "second"), took_s


def report(tries: list[Try]) -> int:
    """Print a line for each kind and one for all; return how many tries went wrong."""
    by_kind: dict[str, list[Try]] = defaultdict(list)
    for tried in tries:
        by_kind[tried.kind].append(tried)
    for kind, its in by_kind.items():
        codes, moments = (Counter(getattr(tried, name) for tried in its) for name in ("code", "moment"))
        told = ", ".join(f"{n} {moment}" for moment, n in moments.most_common())
        exits = ", ".join(f"{code}: {n}" for code, n in codes.most_common())
        good = sum(not tried.faults for tried in its)
        print(f"{kind:<20} {len(its):>3} tries, {good:>3} good; while {told}; exits {exits}")
    faults = [fault for tried in tries for fault in tried.faults]
    for tried in tries:
        for fault in tried.faults:
            print(f"FAULT {tried.kind}, {tried.moment}: {fault}")
    same = sum(not any(fault.startswith("hash") for fault in tried.faults) for tried in tries)
    processes_left, files_left, hangs = (
        sum(fault.startswith(what) for fault in faults) for what in ("process", "file", "hang")
    )
    bad = sum(bool(tried.faults) for tried in tries)
    print(
        f"{len(tries)} kills and signals: {same} same hash, {processes_left} processes left, {files_left} files left, "
        f"{hangs} hangs, {bad} with any fault"
    )
    return bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="of the moments; by default another one each time")
    parser.add_argument("--only", default="", help="kinds that hold this text, as in 'all workers'")
    parser.add_argument("--draw", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.draw:
        draw(asked.draw)
    random.seed(asked.seed)
    kinds = [kind for kind in KINDS if asked.only in kind]
    with tempfile.TemporaryDirectory(prefix="plateprint-kills-") as folder:
        whole, took_s = undisturbed(Path(folder))
        print(f"undisturbed: {took_s:.1f} s, hash {whole[0]}, {len(whole[1])} files", flush=True)
        tries = []
        for i in range(asked.tries):
            earliest = 0.0 if "SIGKILL" in kinds[i % len(kinds)] else LISTENS_S
            tries.append(attempt(kinds[i % len(kinds)], random.uniform(earliest, took_s), Path(folder), whole))
    sys.exit(1 if report(tries) else 0)


if __name__ == "__main__":
    main()
