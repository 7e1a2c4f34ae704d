"""Redraw: the reads of a few plates drawn again, exactly as they were, and as each case sees them.

Rows of a run equal those of its scenario, as checked by every pass over them. So a few plates need no
pass: their groups are drawn again, and the draw also gives the true vehicle of each read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.kernels.plates import GROUP
from simulate.policy.recode import recodings
from simulate.sightings.draw import all_tables, draw_groups
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.policy.sieve import Sieve
    from simulate.policy.view import Truth, View


@dataclass(frozen=True, slots=True, eq=False)
class OwnRows:
    """Reads of some plates as one group of cases sees them, sorted by plate, time and site as seen."""

    plate: NDArray[np.int64]
    """int64[n]; the plate read, before any pseudonym."""
    seen: Rows
    on_file: NDArray[np.uint64]


def redraw(truth: Truth, plates: NDArray[np.integer]) -> tuple[Rows, NDArray[np.int64]]:
    """Draw every read of some plates again, sorted by plate, time and site, with the true vehicle of each.

    plates : int[p]. Returns n rows and int64[n].
    """
    wanted = np.unique(plates).astype(np.uint32)
    found: list[Rows] = [Rows(*(np.empty(0, np.uint32) for _ in range(3)))]
    who = [np.empty(0, np.uint32)]
    tables = all_tables(truth.world, truth.lives, truth.deployment)
    for first, last in _stretches(np.unique(wanted // GROUP).astype(np.int64)):
        for block, vehicle in draw_groups(tables, first, last):
            asked = np.flatnonzero(_among(block.plate, wanted))
            found.append(Rows(*(column[asked] for column in block)))
            who.append(vehicle[asked])
    drawn = Rows(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    return drawn, np.concatenate(who).astype(np.int64)


def really_read(truth: Truth, rows: Rows) -> NDArray[np.int64]:
    """Return the true vehicle of each row, by drawing the rows' groups of plates again; int64[n].

    rows : sorted by plate, time and site. Raise ScenarioError if a row is not drawn again.
    """
    drawn, who = redraw(truth, rows.plate)
    really: NDArray[np.int64] = who[_places(rows, drawn)]
    return really


def as_seen(sieve: Sieve, rows: Rows, groups: Sequence[Recoding]) -> list[OwnRows]:
    """Return reads as each group of cases sees them."""
    on_file = sieve.marks(rows).on_file
    found = []
    for group in groups:
        seen, order = group.apply(rows)
        at = np.arange(len(rows.plate)) if order is None else order
        found.append(OwnRows(rows.plate[at].astype(np.int64), seen, on_file[at] & np.uint64(group.mask)))
    return found


def on_file_of(view: View, plates: NDArray[np.int64], c: int) -> OwnRows:
    """Return the rows on file of some plates in case number c, as it sees them."""
    group = next(group for group in recodings(view) if group.mask >> c & 1)
    (own,) = as_seen(view.sieve, redraw(view.truth, plates)[0], [group])
    kept = (own.on_file >> np.uint64(c)) & np.uint64(1) > 0
    return OwnRows(own.plate[kept], Rows(*(column[kept] for column in own.seen)), own.on_file[kept])


def of_plate(own: OwnRows, plate: int) -> Rows:
    """Return the rows of one plate as seen, sorted by time and site."""
    at = np.flatnonzero(own.plate == plate)
    at = at[np.lexsort((own.seen.site[at], own.seen.time[at]))]
    return Rows(*(column[at] for column in own.seen))


def _stretches(groups: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield the half-open ranges of consecutive groups."""
    for some in np.split(groups, np.flatnonzero(np.diff(groups) > 1) + 1):
        if len(some):
            yield int(some[0]), int(some[-1]) + 1


def _among(plate: NDArray[np.uint32], plates: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return whether each plate is among sorted `plates`; bool[n]."""
    at = np.minimum(np.searchsorted(plates, plate), len(plates) - 1)
    found: NDArray[np.bool_] = plates[at] == plate
    return found


def _places(rows: Rows, drawn: Rows) -> NDArray[np.int64]:
    """Return the position of each row among those drawn again, equal rows in turn; int64[n]."""
    rank = _ranks(Rows(*(np.concatenate(columns) for columns in zip(drawn, rows, strict=True))))
    theirs, ours = rank[: len(drawn.plate)], rank[len(drawn.plate) :]
    at: NDArray[np.int64] = np.searchsorted(theirs, ours) + np.arange(len(ours)) - np.searchsorted(ours, ours)
    if not ((at < len(theirs)).all() and np.array_equal(theirs[at], ours)):
        raise ScenarioError("RUN", "the rows of its own scenario", "others", "the run was altered: plateprint verify")
    return at


def _ranks(rows: Rows) -> NDArray[np.int64]:
    """Return the dense rank of each row by plate, time and site; int64[n]."""
    order = np.lexsort((rows.site, rows.time, rows.plate))
    new = np.zeros(len(order), np.bool_)
    for column in rows:
        new[1:] |= column[order[1:]] != column[order[:-1]]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.cumsum(new)
    return rank
