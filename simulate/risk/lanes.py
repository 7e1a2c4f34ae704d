"""Lanes: the points of all targets laid out for the kernel, one lane for the cases that see reads alike.

A question is one target in one case at one grain. Its points hang on cells of place and time, so that
what a read costs does not grow with the number of questions that it has nothing to do with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.matching import HALF_DAY_FROM_H, HALF_DAY_H, HOUR_S, Asked, Cells
from simulate.risk.points import squares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.risk.points import OwnRows, Points
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


def _cells(sites: Sites, points: Sequence[Points], starts: NDArray[np.int64]) -> Cells:
    """Hang every entry on the cells of place and time that it touches, by level."""
    levels: list[tuple[NDArray[np.int32], bool, bool, int, int, int]] = []
    keys, whats, begins, ends = ([np.empty(0, np.int64)] for _ in range(4))
    base = 0
    for metres in sorted({some.metres for some in points}):
        entries = _entries(
            [(some, int(start)) for some, start in zip(points, starts, strict=False) if some.metres == metres]
        )
        for half_days, bin_s, chosen in _parted(entries):
            what, place, bin_, begin, end = chosen
            places, rank = np.unique(place, return_inverse=True)
            of_place = np.full(int(places.max()) + 1, -1, np.int32)
            of_place[places] = np.arange(len(places))
            square = squares(sites, metres)[0]
            there = np.where(square < len(of_place), of_place[np.minimum(square, len(of_place) - 1)], -1)
            first, bins = int(bin_.min()), int(np.ptp(bin_)) + 1
            levels.append((there.astype(np.int32), half_days, bool((end - begin == bin_s).all()), first, bins, base))
            keys.append(base + rank * bins + bin_ - first)
            whats.append(what)
            begins.append(begin)
            ends.append(end)
            base += len(places) * bins
    key = np.concatenate(keys)
    order = np.argsort(key, kind="stable")
    what = np.concatenate(whats)[order]
    cell, first_entry = np.unique(key[order], return_index=True)
    columns = [[level[i] for level in levels] for i in range(6)]
    return Cells(
        place=np.array(columns[0], np.int32).reshape(len(levels), sites.n),
        half_days=np.array(columns[1], np.bool_),
        whole=np.array(columns[2], np.bool_),
        first_bin=np.array(columns[3], np.int64),
        bins=np.array(columns[4], np.int64),
        base=np.array(columns[5], np.int64),
        bitmap=_bitmap(cell, base),
        entries=np.column_stack(
            [
                first_entry.astype(np.uint64) << np.uint64(32) | np.append(first_entry, len(key))[1:].astype(np.uint64),
                _cases(points, starts, what, first_entry),
            ]
        ),
        what=what.astype(np.uint32),
        begin=np.concatenate(begins)[order].astype(np.uint16),
        end=np.concatenate(ends)[order].astype(np.uint16),
    )


def _cases(
    points: Sequence[Points], starts: NDArray[np.int64], what: NDArray[np.int64], first_entry: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return the bits of the cases that the entries of each cell are about; uint64[c]."""
    bit = np.array([1 << some.case for some in points], np.uint64)
    if not len(what):
        return np.empty(0, np.uint64)
    each = bit[np.searchsorted(starts, what // 16, side="right") - 1]
    return np.bitwise_or.reduceat(each, first_entry)


def _entries(points: Sequence[tuple[Points, int]]) -> NDArray[np.int64]:
    """Gather entries; int64[4, e]: question and point as one number, place, begin and end."""
    return np.concatenate(
        [
            np.array([(some.question + start) * 16 + some.point, some.place, some.begin_s, some.end_s])
            for some, start in points
        ],
        axis=1,
    )


def _parted(entries: NDArray[np.int64]) -> Iterator[tuple[bool, int, tuple[NDArray[np.int64], ...]]]:
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
                bin_s,
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
        yield False, HOUR_S, (what[at], place[at], bin_, *inside)


def _bitmap(cell: NDArray[np.int64], bits: int) -> NDArray[np.uint64]:
    """Set the bits of some cells, sorted, and count those before each word; uint64[words, 2]."""
    bitmap = np.zeros((bits // 64 + 1, 2), np.uint64)
    np.bitwise_or.at(bitmap[:, 0], cell >> 6, np.uint64(1) << (cell & 63).astype(np.uint64))
    bitmap[:, 1] = np.searchsorted(cell, np.arange(len(bitmap)) * 64)
    return bitmap
