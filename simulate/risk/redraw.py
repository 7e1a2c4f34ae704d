"""Who was really read: rows of a store found again in the draw, which knows the vehicle of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.kernels.plates import GROUP
from simulate.sightings.draw import draw_groups, whole
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.policy.view import Truth


def really_read(truth: Truth, rows: Rows) -> NDArray[np.int64]:
    """Return the vehicle that each row really met, by drawing the rows' groups of plates again; int64[n].

    rows : sorted by plate, time and site. Raises ScenarioError where a row is not drawn again.
    """
    plates = np.unique(rows.plate)
    found: list[Rows] = [Rows(*(np.empty(0, np.uint32) for _ in range(3)))]
    who = [np.empty(0, np.uint32)]
    tables = whole(truth.world, truth.lives, truth.watch)
    for first, last in _stretches(np.unique(plates // GROUP).astype(np.int64)):
        for block, vehicle in draw_groups(tables, first, last):
            asked = np.flatnonzero(_among(block.plate, plates))
            found.append(Rows(*(column[asked] for column in block)))
            who.append(vehicle[asked])
    drawn = Rows(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    at = _places(rows, drawn)
    really: NDArray[np.int64] = np.concatenate(who)[at].astype(np.int64)
    return really


def _stretches(groups: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """List the stretches first..last of groups that follow on one another."""
    for some in np.split(groups, np.flatnonzero(np.diff(groups) > 1) + 1):
        if len(some):
            yield int(some[0]), int(some[-1]) + 1


def _among(plate: NDArray[np.uint32], plates: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell which plates are among some sorted ones; bool[n]."""
    at = np.minimum(np.searchsorted(plates, plate), len(plates) - 1)
    found: NDArray[np.bool_] = plates[at] == plate
    return found


def _places(rows: Rows, drawn: Rows) -> NDArray[np.int64]:
    """Return where each row stands in those drawn again, equal rows in turn; int64[n]."""
    rank = _ranks(Rows(*(np.concatenate(columns) for columns in zip(drawn, rows, strict=True))))
    theirs, ours = rank[: len(drawn.plate)], rank[len(drawn.plate) :]
    at: NDArray[np.int64] = np.searchsorted(theirs, ours) + np.arange(len(ours)) - np.searchsorted(ours, ours)
    if not ((at < len(theirs)).all() and np.array_equal(theirs[at], ours)):
        raise ScenarioError("RUN", "the rows of its own scenario", "others", "the run was altered: plateprint verify")
    return at


def _ranks(rows: Rows) -> NDArray[np.int64]:
    """Return numbers of rows that rise with plate, time and site; equal rows have one; int64[n]."""
    order = np.lexsort((rows.site, rows.time, rows.plate))
    new = np.zeros(len(order), np.bool_)
    for column in rows:
        new[1:] |= column[order[1:]] != column[order[:-1]]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.cumsum(new)
    return rank
