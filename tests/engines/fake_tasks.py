"""Tasks with a payload and answers larger than any pipe, and processes that die too early.

    python fake_tasks.py FOLDER DEATHS

doubles some numbers in two workers, so many of which kill themselves while they start, before
they have read what they are to do.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

LARGE = bytes(2_000_000)

if __name__ == "__mp_main__":  # a worker that starts reads this before it is handed anything
    folder, deaths = Path(sys.argv[1]), int(sys.argv[2])
    for death in range(deaths):
        try:
            (folder / f"died-{death}").touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)


def make_double(payload):
    """Make a task that doubles a number and gives its process and the payload too."""

    def double(shard: int):
        return 2 * shard, os.getpid(), payload

    return double


def make_wait(folder: Path):
    """Make a task that writes down where it runs and takes for ever."""

    def wait_for_ever(shard: int):
        (folder / f"at-{shard}.{os.getpid()}.tmp").touch()
        time.sleep(600)

    return wait_for_ever


def make_note(folder: Path):
    """Make a task that writes down each shard it did."""
    return lambda shard: (folder / str(shard)).touch()


class UnpackableError(Exception):
    """Can be packed but not opened again."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def make_fault(kind):
    """Make a task that raises."""

    def fail(shard: int):
        raise UnpackableError(shard, "more") if kind == "unpackable" else ZeroDivisionError(shard)

    return fail


if __name__ == "__main__":
    from simulate.engines.engine import Task
    from simulate.engines.processes import Processes

    print(sorted((shard, result[0]) for shard, result in Processes(2).map(Task(make_double, LARGE), range(7))))
