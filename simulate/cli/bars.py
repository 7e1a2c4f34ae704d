"""How far a command is: a bar on a terminal, else a line for each step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from simulate.checks import printable
from simulate.cli.options import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

STOPPED = 130
"""Exit code of what Ctrl-C ended."""


class Shards:
    """Show shards, sightings, rate and time left on a terminal; nothing elsewhere."""

    def __init__(self, quiet: bool, title: str) -> None:
        self.shown = not quiet and sys.stderr.isatty()
        self.title = title

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
        task = self.bars.add_task(printable(self.title), total=None, rows=0, shards="building the world")

        def report(done: int, total: int, rows: int) -> None:
            self.bars.update(task, completed=done, total=total, rows=rows, shards=f"{done}/{total} shards")

        return report

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self.bars.stop()


class Steps:
    """Show how many runs or measures of many are done: a bar on a terminal, else a line for each step."""

    def __init__(self, quiet: bool, things: str = "runs") -> None:
        self.quiet, self.things = quiet, things
        self.bars: Progress | None = None
        self.last = ""

    def __enter__(self) -> Callable[[int, int, str], None]:
        return self.step

    def step(self, done: int, total: int, what: str) -> None:
        """Say that so many are done and what is being done."""
        if self.quiet:
            return
        if not sys.stderr.isatty():
            if what != self.last and " shards" not in what:
                say(f"{done} of {total} {self.things} done; {what}", to_errors=True)
            self.last = what
            return
        if self.bars is None:
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

            count = TextColumn(f"{{task.completed}}/{{task.total}} {self.things}")
            columns = (BarColumn(), count, TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
            self.bars = Progress(*columns, console=Console(stderr=True))
            self.bars.start()
            self.bars.add_task(printable(what), total=total)
        self.bars.update(self.bars.task_ids[0], completed=done, description=printable(what))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.bars is not None:
            self.bars.stop()
        if kind is KeyboardInterrupt:
            kept = " to go on with the runs it kept" if self.things == "runs" else ""
            say(f"\nplateprint: stopped; run the same command again{kept}", to_errors=True)
            raise SystemExit(STOPPED) from None
