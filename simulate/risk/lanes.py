"""Lanes: the points of all targets laid out for the kernel, one lane for the cases that see reads alike.

A question is one target in one case at one grain. Its points hang on cells of place and time, so that
what a read costs does not grow with the number of questions that it has nothing to do with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.durations import HOUR_S
from simulate.kernels.matching import HALF_DAY_FROM_H, HALF_DAY_H, Asked, Cells
from simulate.risk.points import squares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.policy.redraw import OwnRows
    from simulate.risk.points import Points
    from simulate.world.sites import Sites

HALF_DAY_S = HALF_DAY_H * HOUR_S


class Lane(NamedTuple):
    """The questions about cases that see reads alike, laid out for the kernel."""

    mask: int
    """Bits of its cases."""
    points: tuple[Points, ...]
    starts: NDArray[np.int64]
    """int64[points + 1]; first question of each."""
    cells: Cells
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known beforehand, and how to ask for it in one pass."""

    lanes: tuple[Lane, ...]


def lay_out(sites: Sites, groups: Sequence[Recoding], own: Sequence[OwnRows], points: Sequence[Points]) -> Known:
    """Lay points out for the kernel, by groups of cases that see alike."""
    lanes = []
    for group, rows in zip(groups, own, strict=True):
        its = tuple(some for some in points if group.mask >> some.case & 1)
        plates = np.unique(np.concatenate([np.empty(0, np.int64), *(some.plate for some in its)]))
        starts = np.cumsum([0, *(len(some.plate) for some in its)])
        lanes.append(Lane(group.mask, its, starts, _cells(sites, its, starts), _asked(its, plates, rows)))
    return Known(lanes=tuple(lanes))


def _asked(points: Sequence[Points], plates: NDArray[np.int64], rows: OwnRows) -> Asked:
    """Say whom questions are about, and by which numbers these are seen."""
    pairs = np.unique(np.column_stack([rows.seen.plate, rows.plate]).astype(np.int64), axis=0)
    pairs = pairs[np.isin(pairs[:, 1], plates)]
    nothing = np.empty(0, np.int64)
    return Asked(
        case=np.concatenate([nothing, *(np.full(len(some.plate), some.case) for some in points)]).astype(np.uint8),
        target=np.searchsorted(plates, np.concatenate([nothing, *(some.plate for some in points)])).astype(np.int32),
        number=pairs[:, 0].astype(np.uint32),
        whose=np.searchsorted(plates, pairs[:, 1]).astype(np.int32),
    )


class _Level(NamedTuple):
    """One column of each of the kernel's tables of levels."""

    place: NDArray[np.int32]
    half_days: bool
    whole: bool
    first_bin: int
    bins: int
    places: int
    base: int
    cases: int


def _cells(sites: Sites, points: Sequence[Points], starts: NDArray[np.int64]) -> Cells:
    """Hang every entry on the cells of place and time that it touches, by level."""
    levels: list[_Level] = []
    keys, whats, begins, ends = ([np.empty(0, np.int64)] for _ in range(4))
    base = 0
    for metres in sorted({some.metres for some in points}):
        its = [(some, int(start)) for some, start in zip(points, starts[:-1], strict=True) if some.metres == metres]
        for half_days, (what, place, bin_, begin, end) in _parted(_entries(its)):
            places, rank = np.unique(place, return_inverse=True)
            first, bins = int(bin_.min()), int(np.ptp(bin_)) + 1
            whole = bool((end - begin == (HALF_DAY_S if half_days else HOUR_S)).all())
            cases = _cases(points, starts, what)
            levels.append(
                _Level(_place(sites, metres, places), half_days, whole, first, bins, len(places), base, cases)
            )
            keys.append(base + (bin_ - first) * len(places) + rank)
            whats.append(what)
            begins.append(begin)
            ends.append(end)
            base += len(places) * bins
    key = np.concatenate(keys)
    order = np.argsort(key, kind="stable")
    cell, first_entry = np.unique(key[order], return_index=True)
    return Cells(
        place=np.array([level.place for level in levels], np.int32).reshape(len(levels), sites.n),
        half_days=np.array([level.half_days for level in levels], np.bool_),
        whole=np.array([level.whole for level in levels], np.bool_),
        first_bin=np.array([level.first_bin for level in levels], np.int64),
        bins=np.array([level.bins for level in levels], np.int64),
        places=np.array([level.places for level in levels], np.int64),
        base=np.array([level.base for level in levels], np.int64),
        cases=np.array([level.cases for level in levels], np.uint64),
        bitmap=_bitmap(cell, base),
        first=np.append(first_entry, len(key)).astype(np.uint32),
        what=np.concatenate(whats)[order].astype(np.uint32),
        begin=np.concatenate(begins)[order].astype(np.uint16),
        end=np.concatenate(ends)[order].astype(np.uint16),
    )


def _place(sites: Sites, metres: float, places: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the number of each place that is asked about; int32[s], -1 for sites elsewhere."""
    square = squares(sites, metres)[0]
    rank = np.full(int(square.max(initial=-1)) + 1, -1, np.int32)
    rank[places] = np.arange(len(places))
    return rank[square]


def _cases(points: Sequence[Points], starts: NDArray[np.int64], what: NDArray[np.int64]) -> int:
    """Return the bits of the cases that some entries are about."""
    bits = 0
    for which in np.unique(np.searchsorted(starts, what // 16, side="right") - 1):
        bits |= 1 << points[which].case
    return bits


def _entries(points: Sequence[tuple[Points, int]]) -> NDArray[np.int64]:
    """Gather entries; int64[4, e]: question and point as one number, place, begin and end."""
    return np.concatenate(
        [
            np.array([(some.question + start) * 16 + some.point, some.place, some.begin_s, some.end_s])
            for some, start in points
        ],
        axis=1,
    )


def _parted(entries: NDArray[np.int64]) -> Iterator[tuple[bool, tuple[NDArray[np.int64], ...]]]:
    """Part entries into those that are just a half-day, a whole hour, and others, which fall into parts of hours.

    Each part comes with what, place and bin of its entries, and the seconds of the bin between which they fit.
    """
    what, place, begin, end = entries
    half = (end - begin == HALF_DAY_S) & ((begin - HALF_DAY_FROM_H * HOUR_S) % HALF_DAY_S == 0)
    hour = (end - begin == HOUR_S) & (begin % HOUR_S == 0)
    for chosen, bin_s in ((half, HALF_DAY_S), (hour, HOUR_S)):
        if chosen.any():
            shift = (HALF_DAY_H - HALF_DAY_FROM_H) * HOUR_S if bin_s == HALF_DAY_S else 0
            whole = np.full(int(chosen.sum()), bin_s)
            yield (
                bin_s == HALF_DAY_S,
                (what[chosen], place[chosen], (begin[chosen] + shift) // bin_s, 0 * whole, whole),
            )
    rest = ~half & ~hour & (end > 0)
    if rest.any():
        what, place, begin, end = entries[:, rest]
        begin = np.maximum(begin, 0)
        first, last = begin // HOUR_S, (end - 1) // HOUR_S
        times = last - first + 1
        at = np.repeat(np.arange(len(what)), times)
        bin_ = first[at] + np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
        inside = (np.clip(edge[at] - bin_ * HOUR_S, 0, HOUR_S) for edge in (begin, end))
        yield False, (what[at], place[at], bin_, *inside)


def _bitmap(cell: NDArray[np.int64], bits: int) -> NDArray[np.uint64]:
    """Set the bits of some cells, sorted, and count those before each word; uint64[words, 2]."""
    bitmap = np.zeros((bits // 64 + 1, 2), np.uint64)
    np.bitwise_or.at(bitmap[:, 0], cell >> 6, np.uint64(1) << (cell & 63).astype(np.uint64))
    bitmap[:, 1] = np.searchsorted(cell, np.arange(len(bitmap)) * 64)
    return bitmap
