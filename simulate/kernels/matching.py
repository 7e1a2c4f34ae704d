"""Find the plates that fit the most known points, for many targets in one pass.

A point is a set of entries (place, from, until). The points fitted by the targets themselves are
computed beforehand, so a plate can change an answer only by fitting one of a few points, the
opening points of a question. Their entries are indexed by hour and site, as bits of a bitmap with
running counts, so a read costs one cache line however many targets there are. The other points
of an opened question are searched among the plate's own reads; a hash filter of thousands of
signs rules out most of them first. Points without any entry are left out: in the kernel a question
has up to ten points, and each has entries.

The state of a question is the set of points where the greatest number of points fitted by any
plate goes up: by at most one per point, hence one word. A table over two such words marks the
plates without effect. The others are counted by the set of points fitted; the number of plates
with the best fit is derived from these counts after all reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulate.durations import DAY_START_S, HOUR_S
from simulate.kernels.bits import ONE, lowest, ones
from simulate.kernels.leaf import folded, inlined, leaf

MAX_POINTS = 10
HALF_DAY_S = 12 * HOUR_S
"""Half-days begin at 04:00 and 16:00, as days of travel do."""
SIGNS = 1 << 14
"""Bits of the filter of a plate's places and times; an unset bit excludes a read there; a power of two."""
A_SQUARE, A_HALF_DAY = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
HALF_DAYS = 1 << 12
"""Half-days with a stored index of a plate's first read; in later ones it is searched for."""
SIGN_SHIFT = np.uint64(64 - (SIGNS - 1).bit_length())
TO_HALF_DAYS = np.uint32(HALF_DAY_S - DAY_START_S)
SECONDS, CASES, FITTED, QUESTION = np.uint64(12), np.uint64(24), np.uint64(30), np.uint64(34)
"""Bit offsets in the word of an opening: its end second, its case, its point and its question."""
LOW12, LOW6, LOW4 = np.uint64(0xFFF), np.uint64(0x3F), np.uint64(0xF)


class Openings(NamedTuple):
    """Entries of opening points; s sites, c cells of hour and site with entries, e entries sorted by cell."""

    place: np.ndarray  # int32[s] number of each site among the sites with entries; -1 = no entry there
    first_hour: int
    hours: int
    places: int  # sites with entries
    bitmap: np.ndarray  # uint64[words, 2] bits of cells with entries, by hour and site, and their count before the word
    first: np.ndarray  # uint32[c + 1] first entry of each cell
    what: np.ndarray  # uint64[e] question, point, case, and first and end second of the hour for a read to fit


class Entries(NamedTuple):
    """All entries, each within one half-day; e entries, sorted by question and point; q questions."""

    first: np.ndarray  # uint32[q + 1] first entry of each question
    point: np.ndarray  # uint8[e]
    sign: np.ndarray  # uint16[e] sign of its half-day and square
    place: np.ndarray  # int32[e]
    begin: np.ndarray  # int64[e]
    end: np.ndarray  # int64[e]


class Asked(NamedTuple):
    """Targets of the questions; q questions, l sizes of places, n plates or pseudonyms of targets."""

    case: np.ndarray  # uint8[q] bit of the case
    points: np.ndarray  # uint16[q] bits of its points
    counts: np.ndarray  # int64[q] offset of its counts; -1 = plates are not counted
    second: np.ndarray  # uint16[q] sign of its second point; SIGNS = none, or several
    level: np.ndarray  # uint8[q] size of its places
    place: np.ndarray  # int32[l, s] place of each site, by size
    square: np.ndarray  # int64[s] square of each site; each place lies in one square
    target: np.ndarray  # int32[q]
    number: np.ndarray  # uint32[n] plates or pseudonyms of targets, sorted
    whose: np.ndarray  # int32[n] target of each number


class Best(NamedTuple):
    """Best fit of each question so far; p points, q questions, c counts: one per set of points of a question."""

    rising: np.ndarray  # uint16[q] bit p: with point p, the most points fitted by any plate go up by one
    rivals: np.ndarray  # uint32[p, q] plates fitting the first p + 1 points, read after some plate fitted all
    own_rival: np.ndarray  # uint16[q] bit p: the target is one of them
    counts: np.ndarray  # uint32[c] other plates by set of points fitted, without those unable to match the best
    own: np.ndarray  # bool[c] the target is one of them


class Scratch(NamedTuple):
    """Work arrays for one plate at a time; `mask` is all 0 between plates, the others are overwritten."""

    mask: np.ndarray  # uint16[q] points it is known to fit
    touched: np.ndarray  # int64[q + 1] questions opened by it
    signs: np.ndarray  # uint64[SIGNS / 64] signs of its reads
    since: np.ndarray  # int64[HALF_DAYS] its first read of each half-day; smaller values are of earlier plates


def contenders() -> np.ndarray:
    """Return for each two words whether a plate fitting the second can match a best of the first; uint64[1024, 16].

    True if, for some p, the plate fits at least one of the first p points and no fewer than the best.
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


@inlined
def _sign(half_day, square):
    """Return the sign of a half-day and a square; uint64, below SIGNS."""
    return (np.uint64(half_day) * A_HALF_DAY + np.uint64(square) * A_SQUARE) >> SIGN_SHIFT


@leaf
def sign_entries(begin, square, sign):
    """Write the sign of each entry; begin : int64[e]; square : int64[e]; sign : uint16[e]."""
    for e in range(len(begin)):
        sign[e] = _sign((np.uint32(begin[e]) + TO_HALF_DAYS) // np.uint32(HALF_DAY_S), square[e])


@leaf
def match_points(rows, openings, entries, asked, contends, scratch, best):
    """Update the best fits with a block of reads of whole plates.

    rows : (plate, site, time uint32[n], on_file uint64[n]), reads of one plate together and sorted
    by time; openings : Openings; entries : Entries; asked : Asked; contends : table from
    `contenders`; scratch : Scratch; best : Best, initially the fits of the targets, or nothing.
    """
    plate, site, time, on_file = rows
    mask, touched, signs, since = scratch.mask, scratch.touched, scratch.signs, scratch.since
    i, n = 0, len(plate)
    since[:] = -1
    while i < n:
        first, opened, met = i, 0, np.int64(-1)
        signs[:] = 0
        while i < n and plate[i] == plate[first]:
            s, t, cases = site[i], time[i], on_file[i]
            half_day = np.int64((t + TO_HALF_DAYS) // np.uint32(HALF_DAY_S))
            if half_day != met and half_day < HALF_DAYS:
                since[half_day] = i
                met = half_day
            i += 1
            if cases == 0:
                continue
            sign = _sign(half_day, asked.square[s])
            signs[sign >> np.uint64(6)] |= ONE << (sign & np.uint64(63))
            hour = np.int64(t // np.uint32(HOUR_S))
            there, at = np.int64(openings.place[s]), hour - openings.first_hour
            if there < 0 or at < 0 or at >= openings.hours:
                continue
            bit = at * openings.places + there  # by time, the order of reads
            word, shift = openings.bitmap[bit >> 6, 0], np.uint64(bit & 63)
            if (word >> shift) & ONE == 0:
                continue
            cell = np.int64(openings.bitmap[bit >> 6, 1] + ones(word & ((ONE << shift) - ONE)))
            second = np.uint64(t - np.uint32(hour) * np.uint32(HOUR_S))
            opened = _open(cell, second, cases, openings, mask, touched, opened)
        if opened:
            reads = (site, time, on_file, first, i)
            _settle_plate(np.int64(plate[first]), opened, reads, entries, asked, contends, scratch, best)


@folded
def _open(cell, second, cases, openings, mask, touched, opened):
    """Mark the opening points fitted by a read; return the number of questions opened so far."""
    for e in range(np.int64(openings.first[cell]), np.int64(openings.first[cell + 1])):
        what = openings.what[e]
        fits = (what & LOW12) <= second < ((what >> SECONDS) & LOW12)
        if fits and (cases >> ((what >> CASES) & LOW6)) & ONE:
            q = np.int64(what >> QUESTION)
            before = mask[q]
            touched[opened] = q
            opened += before == 0
            mask[q] = before | np.uint16(1) << np.uint16((what >> FITTED) & LOW4)
    return opened


@leaf
def _settle_plate(plate, opened, reads, entries, asked, contends, scratch, best):
    """Count a plate for every question opened by it, and clear its marks."""
    mask, touched, signs, rising = scratch.mask, scratch.touched, scratch.signs, best.rising
    whose = _whose(asked, plate)
    for k in range(opened):
        q = touched[k]
        m, most, points = np.uint64(mask[q]), np.uint64(rising[q]), np.uint64(asked.points[q])
        mask[q] = 0
        own = whose >= 0 and asked.target[q] == whose
        if most == points:  # some plate fits all: a rival must fit from the first point on
            if m & ONE == 0:
                continue
            if not own and m == ONE and asked.second[q] < SIGNS and not _signed(signs, asked.second[q]):
                best.rivals[0, q] += np.uint32(1)
                continue
            _count_rival(q, _fitted_from_first(q, m, reads, entries, asked, scratch), own, best)
            continue
        could = _could_fit(q, m, entries, signs)
        if not _contends(contends, most, could):
            continue
        if could != m:
            m = _fitted(q, m, reads, entries, asked, scratch)
        if could == m or _contends(contends, most, m):
            _count_plate(q, m, own, asked, best)


@inlined
def _contends(contends, most, m):
    return (contends[most, m >> np.uint64(6)] >> (m & np.uint64(63))) & ONE != 0


@inlined
def _signed(signs, sign):
    return (signs[sign >> 6] >> np.uint64(sign & 63)) & ONE != 0


@folded
def _could_fit(q, m, entries, signs):
    """Return the points of a question possibly fitted by a plate, from its signs; uint64."""
    for e in range(np.int64(entries.first[q]), np.int64(entries.first[q + 1])):
        if _signed(signs, entries.sign[e]):
            m |= ONE << np.uint64(entries.point[e])
    return m


@folded
def _fitted_from_first(q, m, reads, entries, asked, scratch):
    """Return the points of a question fitted by a plate, up to its first miss; uint64."""
    signs, since = scratch.signs, scratch.since
    for e in range(np.int64(entries.first[q]), np.int64(entries.first[q + 1])):
        bit = ONE << np.uint64(entries.point[e])
        if m & (bit - ONE) != bit - ONE:
            break
        if m & bit == 0 and _signed(signs, entries.sign[e]) and _was_there(q, e, reads, entries, asked, since):
            m |= bit
    return m


@folded
def _fitted(q, m, reads, entries, asked, scratch):
    """Return the points of a question fitted by a plate; uint64."""
    signs, since = scratch.signs, scratch.since
    for e in range(np.int64(entries.first[q]), np.int64(entries.first[q + 1])):
        bit = ONE << np.uint64(entries.point[e])
        if m & bit == 0 and _signed(signs, entries.sign[e]) and _was_there(q, e, reads, entries, asked, since):
            m |= bit
    return m


@leaf
def _was_there(q, e, reads, entries, asked, since):
    """Return whether any read of a plate fits an entry."""
    site, time, on_file, first, last = reads
    begin, end = np.int64(entries.begin[e]), np.int64(entries.end[e])
    half_day = (begin + np.int64(TO_HALF_DAYS)) // HALF_DAY_S
    low = since[half_day] if half_day < HALF_DAYS else _since(time, begin, first, last)
    if low < first:
        return False
    while low < last and time[low] < begin:
        low += 1
    case, level, place = np.uint64(asked.case[q]), asked.level[q], entries.place[e]
    while low < last and time[low] < end:
        if asked.place[level, site[low]] == place and (on_file[low] >> case) & ONE:
            return True
        low += 1
    return False


@leaf
def _since(time, begin, low, high):
    """Return the first read in `low` .. `high` at or after a time, by bisection; `high` if none."""
    while low < high:
        middle = (low + high) >> 1
        if time[middle] < begin:
            low = middle + 1
        else:
            high = middle
    return low


@leaf
def _whose(asked, plate):
    """Return the target of a plate or pseudonym, -1 = none."""
    low, high = 0, len(asked.number)
    while low < high:
        middle = (low + high) >> 1
        if asked.number[middle] < plate:
            low = middle + 1
        else:
            high = middle
    return asked.whose[low] if low < len(asked.number) and asked.number[low] == plate else -1


@folded
def _count_rival(q, m, own, best):
    """Count one plate fitting the first points of a question, given a best fit of all points."""
    for p in range(np.int64(lowest(~m))):
        best.rivals[p, q] += np.uint32(1)
        if own:
            best.own_rival[q] |= np.uint16(1) << np.uint16(p)


@folded
def _count_plate(q, m, own, asked, best):
    """Count one plate by its set of fitted points; m : uint64, their bits."""
    at = asked.counts[q] + np.int64(m)
    if asked.counts[q] < 0 or best.counts[at] == 0:
        best.rising[q] = _rising(np.uint64(best.rising[q]), m)
    if asked.counts[q] >= 0:
        best.counts[at] += np.uint32(1)
        best.own[at] |= own


@leaf
def _rising(best, m):
    """Return the points of increase of the greater of two running counts, best and plate; uint64."""
    before, fitted, most, after = np.int64(0), np.int64(0), 0, np.uint64(0)
    for p in range(MAX_POINTS):
        before += int((best >> np.uint64(p)) & ONE)
        fitted += int((m >> np.uint64(p)) & ONE)
        if max(before, fitted) > most:
            most += 1
            after |= ONE << np.uint64(p)
    return after
