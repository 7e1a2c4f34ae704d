"""Lanes: points of all targets laid out for the kernel, one lane per group of cases with the same view.

A question is one target in one case at one grain. The points fitted by the targets' own reads are
computed here: another plate matters only if it fits as many, so few points can open a question,
and only these are looked up for every read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.durations import DAY_START_S, HOUR_S
from simulate.kernels.matching import (
    CASES,
    FITTED,
    HALF_DAY_S,
    HALF_DAYS,
    MAX_POINTS,
    QUESTION,
    SECONDS,
    SIGNS,
    Asked,
    Best,
    Entries,
    Openings,
    Scratch,
    contenders,
    match_points,
    sign_entries,
)
from simulate.risk.points import squares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.policy.redraw import OwnRows
    from simulate.risk.points import Points
    from simulate.sightings.store import Rows
    from simulate.world.sites import Sites


class Lane(NamedTuple):
    """Questions of cases with the same view of reads, laid out for the kernel."""

    mask: int
    """Bits of its cases."""
    points: tuple[Points, ...]
    starts: NDArray[np.int64]
    """int64[points + 1]; first question of each."""
    openings: Openings
    entries: Entries
    asked: Asked
    known: NDArray[np.uint16]
    """uint16[questions]; bits of the points with entries: the points used by the kernel, in order."""
    least: NDArray[np.uint16]
    """uint16[questions]; fit of the targets' own reads, as `Best.rising`."""

    def match(self, rows: Rows, on_file: NDArray[np.uint64], scratch: Scratch, best: Best) -> None:
        """Match a block of reads of whole plates."""
        match_points((*rows, on_file), self.openings, self.entries, self.asked, contends(), scratch, best)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """Prior knowledge about all targets, laid out for one pass."""

    lanes: tuple[Lane, ...]


def lay_out(sites: Sites, groups: Sequence[Recoding], own: Sequence[OwnRows], points: Sequence[Points]) -> Known:
    """Return the points laid out for the kernel, by groups of cases with the same view.

    own : reads of all targets as seen by each group, identical to those in the pass.
    """
    lanes = []
    for group, rows in zip(groups, own, strict=True):
        its = tuple(some for some in points if group.mask >> some.case & 1)
        starts = np.cumsum([0, *(len(some.plate) for some in its)])
        spots, known = _spots(its, starts)
        asked = _asked(sites, its, rows, known)
        entries = _entries(spots, asked)
        asked = asked._replace(second=_second(entries, asked.points))
        lane = Lane(group.mask, its, starts, _openings(spots, asked), entries, asked, known, 0 * known)
        best = nothing_found(lane)
        lane.match(rows.seen, rows.on_file, room(lane), best)
        asked = asked._replace(counts=_counts(asked.points, best.rising))
        opens = _opening(asked.points, best.rising)[spots.question] >> spots.point.astype(np.uint16) & 1 > 0
        openings = _openings(_Spots(*(column[opens] for column in spots)), asked)
        lanes.append(lane._replace(openings=openings, asked=asked, least=best.rising))
    return Known(lanes=tuple(lanes))


def nothing_found(lane: Lane) -> Best:
    """Return the state before any read, with only the fits of the targets."""
    n, first = len(lane.least), lane.asked.counts
    counted = first >= 0
    counts = int((first[counted] + lane.asked.points[counted]).max(initial=-1)) + 1
    return Best(
        rising=lane.least.copy(), rivals=np.zeros((MAX_POINTS, n), np.uint32), own_rival=np.zeros(n, np.uint16),
        counts=np.zeros(counts, np.uint32), own=np.zeros(counts, np.bool_),
    )  # fmt: skip


def room(lane: Lane) -> Scratch:
    """Return work arrays for the kernel."""
    n = len(lane.least)
    return Scratch(
        mask=np.zeros(n, np.uint16), touched=np.zeros(n + 1, np.int64), signs=np.zeros(SIGNS // 64, np.uint64),
        since=np.empty(HALF_DAYS, np.int64),
    )  # fmt: skip


@cache
def contends() -> NDArray[np.uint64]:
    """Return the kernel's table for rejecting plates, built once."""
    return contenders()


class _Spots(NamedTuple):
    """Entries of all questions of a lane, sorted by question and point; int64[e] each."""

    question: NDArray[np.int64]
    point: NDArray[np.int64]
    place: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def _asked(sites: Sites, points: Sequence[Points], rows: OwnRows, known: NDArray[np.uint16]) -> Asked:
    """Return targets of questions, the plates or pseudonyms of each, and the place of each site by size."""
    nothing = np.empty(0, np.int64)
    target = np.concatenate([nothing, *(some.plate for some in points)])
    plates = np.unique(target)
    pairs = np.unique(np.column_stack([rows.seen.plate, rows.plate]).astype(np.int64), axis=0)
    pairs = pairs[np.isin(pairs[:, 1], plates)]
    sizes = sorted({some.metres for some in points}) or [0.0]
    place = np.array([squares(sites, metres)[0] for metres in sizes], np.int32)
    each = [len(some.plate) for some in points]
    return Asked(
        case=np.repeat(np.array([some.case for some in points], np.uint8), each),
        points=((1 << np.bitwise_count(known).astype(np.int64)) - 1).astype(np.uint16),
        counts=np.full(len(known), -1),
        second=np.full(len(known), SIGNS, np.uint16),
        level=np.repeat(np.array([sizes.index(some.metres) for some in points], np.uint8), each),
        place=place,
        square=_square(place),
        target=np.searchsorted(plates, target).astype(np.int32),
        number=pairs[:, 0].astype(np.uint32),
        whose=np.searchsorted(plates, pairs[:, 1]).astype(np.int32),
    )


def _square(place: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the square of each site for its signs: its largest place, or one for all if smaller places straddle it."""
    square: NDArray[np.int64] = place[-1].astype(np.int64)
    for level in place:
        lies_in = np.zeros(int(level.max(initial=-1)) + 1, np.int64)
        lies_in[level] = square
        if (lies_in[level] != square).any():
            return np.zeros_like(square)
    return square


def _spots(points: Sequence[Points], starts: NDArray[np.int64]) -> tuple[_Spots, NDArray[np.uint16]]:
    """Return the entries of all questions, clipped at second 0, empty ones left out.

    Points are renumbered among those with entries; the bits of these are returned too; uint16[q].
    """
    columns = [
        (some.question + start, some.point, some.place, np.maximum(some.begin_s, 0), some.end_s)
        for some, start in zip(points, starts[:-1], strict=True)
    ]
    nothing = np.empty((5, 0), np.int64)
    spots = _Spots(*np.concatenate([nothing, *(np.array(some, np.int64) for some in columns)], axis=1))
    order = np.lexsort((spots.point, spots.question))
    spots = _Spots(*(column[order[spots.end[order] > 0]] for column in spots))
    known = np.zeros(starts[-1], np.uint16)
    np.bitwise_or.at(known, spots.question, _bit(spots.point))
    rank = np.bitwise_count(known[spots.question] & (_bit(spots.point) - np.uint16(1)))
    return spots._replace(point=rank.astype(np.int64)), known


def _entries(spots: _Spots, asked: Asked) -> Entries:
    """Split entries at half-days, and compute the sign of each."""
    at, begin, end = _cut(spots, HALF_DAY_S, DAY_START_S - HALF_DAY_S)
    question, place = spots.question[at], spots.place[at].astype(np.int32)
    sign = np.empty(len(at), np.uint16)
    sign_entries(begin, _squares_of(asked, question, place), sign)
    first = np.searchsorted(question, np.arange(len(asked.case) + 1)).astype(np.uint32)
    return Entries(first, spots.point[at].astype(np.uint8), sign, place, begin, end)


def _second(entries: Entries, points: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the sign of the second point of each question, SIGNS where it has none or several; uint16[q]."""
    question = np.searchsorted(entries.first, np.arange(len(entries.point)), side="right") - 1
    seconds = np.flatnonzero(entries.point == 1)
    alone = np.bincount(question[seconds], minlength=len(points)) == 1
    sign = np.full(len(points), SIGNS, np.uint16)
    sign[question[seconds]] = entries.sign[seconds]
    sign[~alone] = SIGNS
    return sign


def _counts(points: NDArray[np.uint16], least: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return the offset of the counts of each question, one count per set of its points; int64[q].

    -1 if the target fits all points: `rivals` are counted instead.
    """
    sets = np.where(points == least, 0, points.astype(np.int64) + 1)
    return np.where(sets > 0, np.cumsum(sets) - sets, -1)


def _squares_of(asked: Asked, question: NDArray[np.int64], place: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the square around the place of each entry; int64[e]."""
    square: NDArray[np.int64] = np.zeros((len(asked.place), int(asked.place.max(initial=0)) + 1), np.int64)
    for level, places in enumerate(asked.place):
        square[level, places] = asked.square
    found: NDArray[np.int64] = square[asked.level[question], place]
    return found


def _opening(points: NDArray[np.uint16], least: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the possible first fits of an answer-changing plate, as points of each question; uint16[q].

    A plate without a fit before some point must make up for all fits of the target before it, by
    points from there on missed by the target.
    """
    opens = np.zeros(len(points), np.uint16)
    for point in range(MAX_POINTS):
        below = np.uint16((1 << point) - 1)
        behind, gain = np.bitwise_count(least & below), np.bitwise_count(points & ~least & ~below)
        opens |= np.where(gain >= behind, points & _bit(np.array(point)), 0).astype(np.uint16)
    return opens


def _openings(spots: _Spots, asked: Asked) -> Openings:
    """Index entries by hour and site, one opening per touched cell."""
    which, site = _sites_of(asked.place, asked.level[spots.question], spots.place)
    spread = _Spots(*(column[which] for column in spots))._replace(place=site)
    at, begin, end = _cut(spread, HOUR_S, 0)
    question, point = spread.question[at].astype(np.uint64), spread.point[at].astype(np.uint64)
    sites, rank = np.unique(spread.place[at], return_inverse=True)
    hour = begin // HOUR_S
    first_hour = int(hour.min()) if len(hour) else 0
    hours = int(hour.max()) + 1 - first_hour if len(hour) else 0
    key = (hour - first_hour) * len(sites) + rank
    what = (
        question << QUESTION | point << FITTED | asked.case[spread.question[at]].astype(np.uint64) << CASES
        | (end - hour * HOUR_S).astype(np.uint64) << SECONDS | (begin - hour * HOUR_S).astype(np.uint64)
    )  # fmt: skip
    order = np.argsort(key, kind="stable")
    cell, first = np.unique(key[order], return_index=True)
    number = np.full(asked.place.shape[1], -1, np.int32)
    number[sites] = np.arange(len(sites))
    return Openings(
        place=number,
        first_hour=first_hour,
        hours=hours,
        places=len(sites),
        bitmap=_bitmap(cell, len(sites) * hours),
        first=np.append(first, len(key)).astype(np.uint32),
        what=what[order],
    )


def _sites_of(
    places: NDArray[np.int32], level: NDArray[np.uint8], place: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of place index and site, for all sites of each place; int64[n] each.

    places : int32[l, s], place of each site by size; level, place : size and number of each.
    """
    at, site = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size, of_site in enumerate(places):
        by_place = np.argsort(of_site, kind="stable")
        some = np.flatnonzero(level == size)
        first, last = (np.searchsorted(of_site[by_place], place[some], side=side) for side in ("left", "right"))
        at.append(np.repeat(some, last - first))
        site.append(by_place[_runs(first, last - first)])
    return np.concatenate(at), np.concatenate(site)


def _cut(spots: _Spots, bin_s: int, shift_s: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Split entries at bin edges; return the entry of each part, its start and its end; int64[n] each.

    shift_s : start of some bin, in seconds, at most 0.
    """
    first, last = (spots.begin - shift_s) // bin_s, (spots.end - 1 - shift_s) // bin_s
    times = last - first + 1
    at, bin_ = np.repeat(np.arange(len(times)), times), _runs(first, times)
    begin = np.maximum(spots.begin[at], bin_ * bin_s + shift_s)
    return at, begin, np.minimum(spots.end[at], (bin_ + 1) * bin_s + shift_s)


def _runs(first: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return runs of consecutive numbers from each first one, `times` long; int64[n]."""
    numbers: NDArray[np.int64] = np.arange(times.sum()) + np.repeat(first - np.cumsum(times) + times, times)
    return numbers


def _bit(point: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return the bit of each point; uint16[n]."""
    return np.left_shift(np.uint16(1), point.astype(np.uint16))


def _bitmap(cell: NDArray[np.int64], bits: int) -> NDArray[np.uint64]:
    """Return the bits of sorted cells, and the count of cells before each word; uint64[words, 2]."""
    bitmap = np.zeros((bits // 64 + 1, 2), np.uint64)
    np.bitwise_or.at(bitmap[:, 0], cell >> 6, np.uint64(1) << (cell & 63).astype(np.uint64))
    bitmap[:, 1] = np.searchsorted(cell, np.arange(len(bitmap)) * 64)
    return bitmap
