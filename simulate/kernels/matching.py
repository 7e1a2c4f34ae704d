"""Find the plates that fit the most known points, for many targets in one pass.

A point is a set of entries (place, bin of time, stretch of the bin). Levels tell how coarse:
each groups sites into places and time into hours or half-days. The cells that hold entries are
bits of a bitmap with running counts, so that a read costs one cache line a level however many
targets are asked about, and half a nanosecond at a site that nobody asks about.

Of a question it suffices to know at which points the greatest number of points that any plate
fits goes up: by at most one a point, hence one word. A table over two such words tells which
plates can change nothing; nearly all are rejected by it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulate.durations import HOUR_S
from simulate.kernels.bits import ONE, lowest, ones
from simulate.kernels.leaf import folded, leaf

MAX_POINTS = 10
HALF_DAY_H, HALF_DAY_FROM_H = 12, 4
"""Half-days begin at 04:00 and 16:00, as days of travel do."""
NOBODY = 2**32 - 1
"""Number of no plate: ends a stream."""


class Cells(NamedTuple):
    """Where entries hang; l levels, s sites, c cells with entries, e entries sorted by cell."""

    place: np.ndarray  # int32[l, s] place of each site, counted among those asked about; -1 = no entry there
    half_days: np.ndarray  # bool[l] whether a bin is a half-day rather than an hour
    whole: np.ndarray  # bool[l] whether every entry fills its bin
    first_bin: np.ndarray  # int64[l]
    bins: np.ndarray  # int64[l] number of bins
    places: np.ndarray  # int64[l] number of places asked about
    base: np.ndarray  # int64[l] bit of place 0 in bin 0
    bitmap: np.ndarray  # uint64[words, 2] bits of cells with entries, and the number of such cells before the word
    cases: np.ndarray  # uint64[l] cases that entries are about
    first: np.ndarray  # uint32[c + 1] first entry of each cell
    what: np.ndarray  # uint32[e] question * 16 + point
    begin: np.ndarray  # uint16[e] seconds from the start of the bin
    end: np.ndarray  # uint16[e]


class Asked(NamedTuple):
    """Whom the questions are about; q questions, n numbers by which targets are seen."""

    case: np.ndarray  # uint8[q] bit of the case
    target: np.ndarray  # int32[q]
    number: np.ndarray  # uint32[n] plates or pseudonyms of targets, sorted
    whose: np.ndarray  # int32[n] the target that each belongs to


class Best(NamedTuple):
    """What was found of each question; q questions, p points."""

    rising: np.ndarray  # uint16[q] bit p: with point p, the most points that any plate fits go up by one
    plates: np.ndarray  # uint32[q, p] plates that fit the most of the first p + 1 points
    own: np.ndarray  # uint16[q] bit p: the target is one of them


class Scratch(NamedTuple):
    """What is known of the plate whose reads come at the moment."""

    plate: np.ndarray  # int64[2] number of the plate, and a running number of plates and their changes of cases
    last: np.ndarray  # uint64[1] cases of the last read
    mask: np.ndarray  # uint16[q] points that it fits
    touched: np.ndarray  # int64[q + 2] how many questions it touches, and which
    cell: np.ndarray  # uint32[c + 1, 2] first entry of each cell; running number under which it was met last


def contenders() -> np.ndarray:
    """Tell of every two words whether a plate that fits the second can match a best of the first; uint64[1024, 16].

    It can if, of the first p points, it fits at least one and no fewer than the best, for some p.
    """
    size = 1 << MAX_POINTS
    best, plate = np.arange(size)[:, None], np.arange(size)[None, :]
    ahead, fits, found = (
        np.zeros((size, size), np.int8),
        np.zeros((1, size), np.bool_),
        np.zeros((size, size), np.bool_),
    )
    for p in range(MAX_POINTS):
        ahead += ((plate >> p & 1) - (best >> p & 1)).astype(np.int8)
        fits |= (plate >> p & 1) > 0
        found |= fits & (ahead >= 0)
    return np.packbits(found, axis=1, bitorder="little").view(np.uint64)


@leaf
def match_points(rows, cells, asked, contends, scratch, best):
    """Add a block of reads: which plates fit the most points of which targets.

    rows : (plate, site, time uint32[n], on_file uint64[n]), reads of one plate together; cells :
    Cells; asked : Asked; contends : as `contenders` answers; scratch : Scratch, carries over;
    best : Best. End with a read of plate NOBODY.
    """
    plate, site, time, on_file = rows
    mask, touched, of_cell = scratch.mask, scratch.touched, scratch.cell
    place, bitmap = cells.place, cells.bitmap
    current, serial, last, n = scratch.plate[0], scratch.plate[1], scratch.last[0], touched[0]
    for i in range(len(plate)):
        if np.int64(plate[i]) != current:
            touched[0] = n
            _settle_plate(current, asked, contends, scratch, best)
            current, n, last = np.int64(plate[i]), 0, np.uint64(0)
        cases = on_file[i]
        if cases == 0:
            continue
        if cases != last:  # the same cell may tell something new
            last = cases
            serial += 1
        hour = time[i] // np.uint32(HOUR_S)
        second = time[i] - hour * np.uint32(HOUR_S)
        for level in range(len(place)):
            there = np.int64(place[level, site[i]])
            if there < 0:
                continue
            bin_, within = np.int64(hour), np.int64(second)
            if cells.half_days[level]:
                half = (hour + np.uint32(HALF_DAY_H - HALF_DAY_FROM_H)) // np.uint32(HALF_DAY_H)
                within += (bin_ + HALF_DAY_H - HALF_DAY_FROM_H - np.int64(half) * HALF_DAY_H) * HOUR_S
                bin_ = np.int64(half)
            bin_ -= cells.first_bin[level]
            if bin_ < 0 or bin_ >= cells.bins[level]:
                continue
            bit = cells.base[level] + bin_ * cells.places[level] + there  # by time, as reads come
            word, shift = bitmap[bit >> 6, 0], np.uint64(bit & 63)
            if (word >> shift) & np.uint64(1) == 0:
                continue
            cell = np.int64(bitmap[bit >> 6, 1] + ones(word & ((np.uint64(1) << shift) - np.uint64(1))))
            if cells.whole[level]:
                if of_cell[cell, 1] == serial:
                    continue
                of_cell[cell, 1] = serial
            plain = cells.whole[level] and cells.cases[level] & ~cases == 0
            entries = np.int64(of_cell[cell, 0]), np.int64(of_cell[cell + 1, 0])
            n = _mark_points(entries, within, cases, plain, cells, asked, mask, touched, n)
    touched[0] = n
    scratch.plate[0], scratch.plate[1], scratch.last[0] = current, serial, last


@folded
def _mark_points(entries, within, cases, plain, cells, asked, mask, touched, n):
    """Mark the points that a read in a cell fits; returns how many questions the plate touches by now."""
    what, begin, end = cells.what, cells.begin, cells.end
    first, last = entries
    if plain:  # most reads: nothing is left to ask of an entry
        for e in range(first, last):
            q = what[e] >> np.uint32(4)
            before = mask[q]
            touched[n + 1] = q
            n += before == 0
            mask[q] = before | np.uint16(1) << np.uint16(what[e] & np.uint32(15))
        return n
    for e in range(first, last):
        q = what[e] >> np.uint32(4)
        if begin[e] <= within < end[e] and (cases >> np.uint64(asked.case[q])) & np.uint64(1):
            touched[n + 1] = q
            n += mask[q] == 0
            mask[q] |= np.uint16(1) << np.uint16(what[e] & np.uint32(15))
    return n


@leaf
def _settle_plate(plate, asked, contends, scratch, best):
    """Count a finished plate for every question that it touched, and forget its marks."""
    mask, touched, rising = scratch.mask, scratch.touched, best.rising
    whose = _whose(asked, plate) if touched[0] > 0 else -1
    for k in range(1, touched[0] + 1):
        q = touched[k]
        m, most = np.uint64(mask[q]), np.uint64(rising[q])
        mask[q] = 0
        if (
            most & (most + ONE) == 0 and m & ~most == 0
        ):  # some plate fits every point so far: a rival fits them from the first
            if m & ONE:
                _count_rival(q, m, m == most, asked.target[q] == whose, best)
        elif (contends[rising[q], m >> np.uint64(6)] >> (m & np.uint64(63))) & np.uint64(1):
            _count_plate(q, m, asked.target[q] == whose, best)
    touched[0] = 0


@leaf
def _whose(asked, plate):
    """Return the target that is seen by a number, -1 = none."""
    low, high = 0, len(asked.number)
    while low < high:
        middle = (low + high) >> 1
        if asked.number[middle] < plate:
            low = middle + 1
        else:
            high = middle
    return asked.whose[low] if low < len(asked.number) and asked.number[low] == plate else -1


@folded
def _count_rival(q, m, every, own, best):
    """Count one plate that fits the first points of a question, where the best fits them all."""
    last = MAX_POINTS if every else np.int64(lowest(~m))
    for p in range(last):
        best.plates[q, p] += np.uint32(1)
        if own:
            best.own[q] |= np.uint16(1) << np.uint16(p)


@folded
def _count_plate(q, m, own, best):
    """Hold one plate against the best of a question; m : uint64, bits of the points that it fits."""
    before, after, most = 0, 0, 0
    fitted = 0
    for p in range(best.plates.shape[1]):
        before += (best.rising[q] >> np.uint16(p)) & 1
        fitted += int((m >> np.uint64(p)) & np.uint64(1))
        bit = np.uint16(1) << np.uint16(p)
        if fitted > before:
            best.plates[q, p] = 1
            best.own[q] = (best.own[q] & ~bit) | (bit if own else np.uint16(0))
        elif fitted > 0 and fitted == before:
            best.plates[q, p] += np.uint32(1)
            best.own[q] |= bit if own else np.uint16(0)
        if max(before, fitted) > most:
            most += 1
            after |= 1 << p
    best.rising[q] = after
