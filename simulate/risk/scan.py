"""The scan: every measure of every case in one pass over the shards.

Each shard is streamed once, cut between plates into pieces, marked once by the sieve, recoded
once per group of cases with the same view, and passed to every measure. Measures of scope
"plate" are tallied per shard; for scope "crowd", states are merged first. Memory holds one block
per worker, the states, and one tally.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate.checks import ScenarioError
from simulate.engines.engine import ready
from simulate.engines.threads import Threads
from simulate.kernels.plates import GROUP
from simulate.policy.recode import recodings
from simulate.risk.measure import Block, Span
from simulate.sightings.drawn import check_made
from simulate.sightings.store import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from simulate.engines.engine import Engine
    from simulate.policy.recode import Recoding
    from simulate.policy.sieve import Marks
    from simulate.policy.view import View
    from simulate.risk.measure import Measure

    Progress = Callable[[int, int, int], None]
    """Called as `progress(shards done, shards in all, rows so far)`."""

THREADS = Threads()
NOBODY = np.empty(0, np.int64)
PIECE_ROWS = 1 << 18
"""Approximate rows per piece: 9 MB with their marks, and enough for threads to spend their time in leaves."""


def scan(
    view: View,
    measures: Sequence[Measure],
    known: Mapping[str, Any],
    *,
    engine: Engine = THREADS,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the tally of every measure by name, over all cases, in one pass.

    known : prior knowledge of each attack, from its `ask`. The rows of its targets, and of a
    random sample, are redrawn and compared; raise ScenarioError if any row differs from its draw.
    """
    check_made(view.source)
    if not view.source.comes_from(view.truth.lives, view.truth.deployment):
        raise ScenarioError("view", "rows and truth of one run", "those of several", "take sim.view(run, ...) of a run")
    groups = recodings(view) if any(measure.recoded for measure in measures) else []
    asked = np.unique(np.concatenate([NOBODY, *(one.plates(known[one.name]) // GROUP for one in measures)]))

    task = ready(partial(_shard, view, groups, measures, known, asked))
    shards, rows = range(view.source.n_shards), 0
    held = [_Held(view, measure, known[measure.name]) for measure in measures]
    for done, (shard, (n_rows, parts)) in enumerate(engine.map(task, shards), 1):
        for one, part in zip(held, parts, strict=True):
            one.take(shard, part)
        rows += n_rows
        if progress is not None:
            progress(done, len(shards), rows)
    return {measure.name: one.tally() for measure, one in zip(measures, held, strict=True)}


class _Held:
    """Sum of one measure's tallies or states over shards, added in order of shard number as they arrive."""

    def __init__(self, view: View, measure: Measure, known: Any) -> None:  # noqa: ANN401
        self.view, self.measure, self.known = view, measure, known
        self.parts: dict[int, Any] = {}
        self.total: Any = None
        self.next = 0

    def take(self, shard: int, part: Any) -> None:  # noqa: ANN401
        """Add the tally of a shard, or its state for a measure of scope "crowd"."""
        self.parts[shard] = part
        join = self.measure.add if self.measure.scope == "plate" else self.measure.merge
        while self.next in self.parts:
            new = self.parts.pop(self.next)
            self.total = join([new] if self.next == 0 else [self.total, new])
            self.next += 1

    def tally(self) -> Any:  # noqa: ANN401
        """Return the tally over all shards."""
        if self.measure.scope == "plate":
            return self.total
        return _tally(self.view, self.measure, self.known, self.total)


def _shard(
    view: View,
    groups: Sequence[Recoding],
    measures: Sequence[Measure],
    known: Mapping[str, Any],
    asked: NDArray[np.int64],
    shard: int,
) -> tuple[int, list[Any]]:
    """Return the number of rows of a shard and the tally or state of each measure."""
    span = Span(*view.source.span(shard))
    states = [measure.start(view.sight, known[measure.name], span) for measure in measures]
    rows = 0
    for piece in pieces(view.source.blocks(shard, asked)):
        rows += len(piece.plate)
        marks = view.sieve.marks(piece)
        stored, seen = [Block(*piece, *marks)], list(_seen(groups, piece, marks))
        for measure, state in zip(measures, states, strict=True):
            for block in seen if measure.recoded else stored:
                measure.update(state, block)
    return rows, [
        state if measure.scope == "crowd" else _tally(view, measure, known[measure.name], state)
        for measure, state in zip(measures, states, strict=True)
    ]


def pieces(blocks: Iterable[Rows], size: int = PIECE_ROWS) -> Iterator[Rows]:
    """Yield blocks recut into pieces of about `size` rows, all rows of a plate in one piece; copies little."""
    left: list[Rows] = []  # rows of the last plate of the previous block
    for block in blocks:
        n = len(block.plate)
        if n == 0:
            continue
        first = int(np.searchsorted(block.plate, left[0].plate[0], side="right")) if left else 0
        if left and first:
            left.append(_cut(block, 0, first))
        if first == n:
            continue
        if left:
            yield joined(left)
        last = int(np.searchsorted(block.plate, block.plate[-1]))
        while first < last:
            end = last
            if last - first > size:
                end = int(np.searchsorted(block.plate, block.plate[first + size], side="left"))
                if end == first:
                    end = int(np.searchsorted(block.plate, block.plate[first], side="right"))
            yield _cut(block, first, end)
            first = end
        left = [Rows(*(column[last:].copy() for column in block))]
    if left:
        yield joined(left)


def _cut(rows: Rows, first: int, last: int) -> Rows:
    return Rows(*(column[first:last] for column in rows))


def _seen(groups: Sequence[Recoding], piece: Rows, marks: Marks) -> Iterator[Block]:
    """Yield a piece as seen by each group of cases."""
    for group in groups:
        seen, order = group.apply(piece)
        mask = np.uint64(group.mask)
        alone = len(groups) == 1 and order is None
        bits = marks if alone else (mark & mask if order is None else mark[order] & mask for mark in marks)
        yield Block(*seen, *bits)


def _tally(view: View, measure: Measure, known: Any, state: Any) -> Any:  # noqa: ANN401
    return measure.tally(view.truth, view.sight, known, measure.guess(view.sight, known, state))
