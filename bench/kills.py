"""Kill and interrupt a run at random moments; each must resume to the same rows and leave nothing behind.

    python bench/kills.py --tries 100 [--seed 1]

Draws a small town with two workers, again and again, and each time kills or signals some of its
processes: at any time, while it draws, or as it finishes. What is left is run again, as a user would.
It must end with the run hash of a run that nobody disturbed, with the same files and no other, no process
and no temporary file. Reads /proc, so it runs on Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulate import cli
from simulate.cli import stops

if TYPE_CHECKING:
    from collections.abc import Callable

SHARD_ROWS = 20_000  # small shards, so that a short run has some forty
ASKED = ("smallville", "--set", "roads.population=2000", "--set", "period.days=365", "--workers", "2", "--quiet")
HANG_S = 120  # an undisturbed run takes a few seconds, and five times that on a busy machine
GONE_S = 10  # until then workers whose parent was killed must have ended themselves
STOPS = {"SIGINT": 130, "SIGTERM": 143}
STAGES = ("at any time", "drawing", "finishing")
KINDS = (
    "parent SIGKILL", "parent SIGTERM", "parent SIGINT", "group SIGINT", "group SIGTERM", "group SIGKILL",
    "one worker SIGKILL", "all workers SIGKILL",
)  # fmt: skip


class Whole(NamedTuple):
    """What a folder holds."""

    run_hash: str
    names: set[str]
    took_s: float


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
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


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


def parts(folder: Path) -> int:
    return len([*folder.rglob("part-*.parquet")])


def await_it(run: subprocess.Popen[str], come: Callable[[], object]) -> None:
    """Wait until something has come, or the run is over."""
    while run.poll() is None and not come():
        time.sleep(0.002)


def await_moment(run: subprocess.Popen[str], folder: Path, whole: Whole, kind: str) -> None:
    """Wait for a random moment of a random stage; by the run's files, since a busy machine stretches all times."""
    stage, of_workers = random.choice(STAGES), "worker" in kind
    n_parts = sum("part-" in name for name in whole.names)
    if stage == "at any time":
        await_it(run, lambda: not of_workers or workers(run.pid))
        time.sleep(random.uniform(0, whole.took_s * (0.3 if of_workers else 1)))
    elif stage == "drawing":
        n_wanted = random.randrange(1, n_parts)
        await_it(run, lambda: parts(folder) >= n_wanted)
        time.sleep(random.uniform(0, 0.02))
    else:
        await_it(run, lambda: parts(folder) == n_parts)
        time.sleep(random.uniform(0, 0.2))


def disturb(kind: str, run: subprocess.Popen[str]) -> None:
    """Kill or signal those processes that a kind says."""
    whom, name = kind.rsplit(" ", 1)
    number = signal.Signals[name]
    if whom == "group":
        if run.poll() is None:
            os.killpg(run.pid, number)
    elif whom == "parent":
        run.send_signal(number)  # to nobody, if it is over
    else:
        found = workers(run.pid)
        send(random.sample(found, min(len(found), 1)) if whom == "one worker" else found, number)


def listens(pid: int) -> bool:
    """Tell whether a run answers signals yet; until then its interpreter is starting, and they are its own affair."""
    with suppress(OSError):
        caught = re.search(r"^SigCgt:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def stage_of(folder: Path, whole: Whole) -> str:
    """Say how far a run is, by its files."""
    n_parts, n_all = parts(folder), sum("part-" in name for name in whole.names)
    if n_parts == n_all:
        return "finishing"
    return "drawing" if n_parts else "starting workers" if (folder / "scenario.json").exists() else "importing"


def end(run: subprocess.Popen[str], tried: Try) -> str:
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
    return errors


def content(folder: Path, took_s: float = 0.0) -> Whole:
    """Return what a folder holds."""
    with suppress(OSError, ValueError):
        names = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
        return Whole(json.loads((folder / "manifest.json").read_text())["run_hash"], names, took_s)
    return Whole("none", set(), took_s)


def check_end(tried: Try, errors: str, heard: bool) -> None:
    """Hold how a disturbed run ended against how it should: with 0 if it was faster."""
    whom, name = tried.kind.rsplit(" ", 1)
    code = 0 if "worker" in whom else STOPS.get(name, -signal.SIGKILL)
    if heard and tried.code not in {0, code}:
        tried.faults.append(f"exit {tried.code}: {errors.strip()[-200:]}")
    if heard and "Traceback" in errors:
        tried.faults.append(f"traceback: {errors.strip().splitlines()[-1]}")
    if tried.code in STOPS.values() and errors.count("plateprint: stopped") != 1:
        tried.faults.append(f"told {errors!r}")


def attempt(kind: str, place: Path, whole: Whole) -> Try:
    """Disturb one run, take it up again and hold it against one that nobody disturbed."""
    tried = Try(kind)
    with tempfile.TemporaryDirectory(dir=place) as held:
        folder, temporary = Path(held) / "run", Path(held) / "tmp"
        temporary.mkdir()
        run = start(folder, temporary)
        await_moment(run, folder, whole, kind)
        tried.moment, heard = stage_of(folder, whole), listens(run.pid)
        disturb(kind, run)
        errors = end(run, tried)
        tried.code = run.returncode
        check_end(tried, errors, heard)
        if tried.code != 0:
            again = start(folder, temporary)
            errors = end(again, tried)
            if again.returncode:
                tried.faults.append(f"resumed, exit {again.returncode}: {errors.strip()[-200:]}")
        found = content(folder)
        if found.run_hash != whole.run_hash:
            tried.faults.append(f"hash {found.run_hash}")
        left = (found.names ^ whole.names) | {file.name for file in temporary.rglob("*")}
        tried.faults += [f"file left: {name}" for name in sorted(left)]
    return tried


def undisturbed(place: Path) -> Whole:
    """Draw the run twice, so that everything is compiled; return what it holds and how long it takes."""
    for name in ("first", "second"):
        began = time.monotonic()
        run = start(place / name, place)
        _, errors = run.communicate()
        if run.returncode:
            sys.exit(f"the undisturbed run failed:\n{errors}")
        took_s = time.monotonic() - began
    return content(place / "second", took_s)


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
    for tried in tries:
        for fault in tried.faults:
            print(f"FAULT {tried.kind}, {tried.moment}: {fault}")
    faults = [fault for tried in tries for fault in tried.faults]
    counts = {what: sum(fault.startswith(what) for fault in faults) for what in ("hash", "process", "file", "hang")}
    bad = sum(bool(tried.faults) for tried in tries)
    print(
        f"{len(tries)} kills and signals: {len(tries) - counts['hash']} same hash, {counts['process']} processes left, "
        f"{counts['file']} files left, {counts['hang']} hangs, {bad} with any fault"
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
        whole = undisturbed(Path(folder))
        print(f"undisturbed: {whole.took_s:.1f} s, hash {whole.run_hash}, {len(whole.names)} files", flush=True)
        tries = [attempt(kinds[i % len(kinds)], Path(folder), whole) for i in range(asked.tries)]
    sys.exit(1 if report(tries) else 0)


if __name__ == "__main__":
    main()
