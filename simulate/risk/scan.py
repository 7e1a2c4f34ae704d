"""The scan: every measure of every case in one pass over the shards.

Each shard is streamed once, marked once by the sieve, recoded once for each group of cases that
sees alike, and given to every measure. What a shard alone can finish is tallied there; what needs
the crowd is merged first. Memory holds one block a worker, and states.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate.checks import ScenarioError
from simulate.engines.threads import map_threads
from simulate.kernels.plates import GROUP
from simulate.policy.recode import recodings
from simulate.risk.measure import Block, Span
from simulate.sightings.drawn import check_made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.policy.view import View
    from simulate.risk.measure import Measure

    Progress = Callable[[int, int, int], None]
    """Called as `progress(shards done, shards in all, rows so far)`."""

NOBODY = np.empty(0, np.int64)


def scan(
    view: View,
    measures: Sequence[Measure],
    known: Mapping[str, Any],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Take all measures of all cases in one pass; returns the tally of each by name.

    known : what each attack is told beforehand, as its `ask` answers. Its targets are redrawn and
    compared, beside a random sample; ScenarioError if any row is not as drawn.
    """
    check_made(view.source)
    if not view.source.comes_from(view.truth.lives, view.truth.watch):
        raise ScenarioError("view", "rows and truth of one run", "those of several", "take sim.view(run, ...) of a run")
    groups = recodings(view)
    asked = np.unique(np.concatenate([NOBODY, *(one.plates(known[one.name]) // GROUP for one in measures)]))

    def task(shard: int) -> tuple[int, list[Any]]:
        return _shard(view, groups, measures, known, shard, asked)

    shards, rows = range(view.source.n_shards), 0
    held: dict[int, list[Any]] = {}
    processes = workers or min(len(shards), os.cpu_count() or 1)
    for shard, (n_rows, parts) in map_threads(task, shards, workers=processes):
        held[shard] = parts
        rows += n_rows
        if progress is not None:
            progress(len(held), len(shards), rows)
    ordered = [held[shard] for shard in shards]
    return {
        measure.name: _finish(view, measure, known[measure.name], [parts[i] for parts in ordered])
        for i, measure in enumerate(measures)
    }


def _shard(
    view: View,
    groups: Sequence[Recoding],
    measures: Sequence[Measure],
    known: Mapping[str, Any],
    shard: int,
    asked: NDArray[np.int64],
) -> tuple[int, list[Any]]:
    """Return the number of rows of a shard and, for each measure, its tally or else its state."""
    span = Span(*view.source.span(shard))
    states = [measure.start(view.sight, known[measure.name], span) for measure in measures]
    rows = 0
    for block, n_rows in _blocks(view, groups, shard, asked):
        rows += n_rows
        for measure, state in zip(measures, states, strict=True):
            measure.update(state, block)
    return rows, [
        state if measure.scope == "crowd" else _tally(view, measure, known[measure.name], state)
        for measure, state in zip(measures, states, strict=True)
    ]


def _blocks(
    view: View, groups: Sequence[Recoding], shard: int, asked: NDArray[np.int64]
) -> Iterator[tuple[Block, int]]:
    """Stream the marked and recoded blocks of a shard, each with the rows of the store that it brings."""
    for rows in view.source.blocks(shard, asked):
        marks = view.sieve.marks(rows)
        for i, group in enumerate(groups):
            mask = np.uint64(group.mask)
            seen, order = group.apply(rows)
            bits = (mark & mask if order is None else mark[order] & mask for mark in marks)
            yield Block(*seen, *bits), 0 if i else len(rows.plate)


def _tally(view: View, measure: Measure, known: Any, state: Any) -> Any:  # noqa: ANN401
    return measure.tally(view.truth, view.sight, known, measure.guess(view.sight, known, state))


def _finish(view: View, measure: Measure, known: Any, parts: Sequence[Any]) -> Any:  # noqa: ANN401
    """Return the tally of all shards together."""
    if measure.scope == "crowd":
        return _tally(view, measure, known, measure.merge(parts))
    return measure.add(parts)
