"""Progress of a command: a bar on a terminal, else a line for each step."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simulate.checks import printable
from simulate.cli import stops
from simulate.cli.options import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

AGAIN = "run the same command again"
"""Advice after a stop where nothing is kept."""
AGAIN_WITH_RUNS = f"{AGAIN} to go on with the runs it kept"


@contextmanager
def stopping(how: str) -> Iterator[None]:
    """Defer the exit of a stop until the body has cleaned up; then print how to go on."""
    before = stops.be_careful(True)
    try:
        yield
    except KeyboardInterrupt:
        stops.leave(how)
    finally:
        stops.be_careful(before)


class Shards:
    """Progress of shards and sightings, and the time left, on a terminal; nothing elsewhere."""

    def __init__(self, quiet: bool, title: str, before: str = "building the world") -> None:
        self.shown = not quiet and sys.stderr.isatty()
        self.title, self.before = title, before

    def __enter__(self) -> Callable[[int, int, int], None] | None:
        if not self.shown:
            return None
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (
            TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[shards]}"),
            TextColumn("{task.fields[rows]:,} sightings"), TimeRemainingColumn(),
        )  # fmt: skip
        self.bars = Progress(*columns, console=Console(stderr=True))
        self.bars.start()
        task = self.bars.add_task(printable(self.title), total=None, rows=0, shards=self.before)

        def report(done: int, total: int, rows: int) -> None:
            self.bars.update(task, completed=done, total=total, rows=rows, shards=f"{done}/{total} shards")

        return report

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self.bars.stop()


class Steps:
    """Progress of several runs: a bar on a terminal, else a line for each step."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.bars: Progress | None = None
        self.last = ""

    def __enter__(self) -> Callable[[int, int, str], None]:
        return self.step

    def step(self, done: int, total: int, activity: str) -> None:
        """Show the number of finished runs and the current activity."""
        if self.quiet:
            return
        if not sys.stderr.isatty():
            if activity != self.last and " shards" not in activity:
                say(f"{done} of {total} runs done; {activity}", to_errors=True)
            self.last = activity
            return
        if self.bars is None:
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

            count = TextColumn("{task.completed}/{task.total} runs")
            columns = (BarColumn(), count, TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
            self.bars = Progress(*columns, console=Console(stderr=True))
            self.bars.start()
            self.bars.add_task(printable(activity), total=total)
        self.bars.update(self.bars.task_ids[0], completed=done, description=printable(activity))

    def __exit__(self, *_: object) -> None:
        if self.bars is not None:
            self.bars.stop()
