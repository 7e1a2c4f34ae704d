"""The sieve, compiled: bits of up to 64 cases beside each read.

Outcomes are looked up, not computed: each site has the bits of its collecting cases, and time is
cut into segments at every change in some case (a query date, an age limit, a look-back, a delay),
each with one word of bits for all cases. So a ladder of seven cases costs as much as one. Only
plates named by a list or a hold take the slow path, marked in a bitmap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.durations import HOUR_S
from simulate.kernels.draws import LOW32, U32, bits64
from simulate.kernels.leaf import folded, inlined, leaf

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE, MISS, HIT = 0, 1, 2
"""Columns of the words of a segment."""
ON_FILE, OUT_OF_REACH, AFTER, OFF, NOT_STORED, EXPIRED, TOO_OLD, TOO_FRESH = range(8)
"""Outcomes of a read, the first reason to apply."""


class SieveTables(NamedTuple):
    """Look-up tables for reads; s sites, k kinds of holder, b bounds, c cases, m holds, e entries.

    Holders with equal terms in every case are of one kind.
    """

    first_hour: int  # hour of the week in which second 0 lies
    shift: int  # a slice of time is 2**shift seconds long
    reach: NDArray[np.uint64]  # [s] bit c: the site's holder is in reach in case c
    seen: NDArray[np.uint64]  # [s] bit c: and the site is switched on
    kind: NDArray[np.int32]  # [s] kind of its holder
    hours_of: NDArray[np.int32]  # [s] row of hours; 0 = every hour of every case
    uid: NDArray[np.uint64]  # [s]
    hours: NDArray[np.uint64]  # [rows, 168] bit c: the site may read in that hour of the week
    slice_first: NDArray[np.int16]  # [k, slices] segment in which each slice begins
    bound: NDArray[np.int64]  # [k, b] first second of each segment, rising from 0; padded with 2**62
    words: NDArray[np.uint64]  # [k, b, 3] cases: before the date; a stored miss on file; a stored hit on file
    stores: NDArray[np.uint64]  # [k] bit c: misses are stored
    subscribes: NDArray[np.uint64]  # [k] bit c: reads are held against the list
    special: NDArray[np.uint8]  # [plates / 8] bit for each plate that a list or a hold names
    local: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # [e] plate, from, until
    other: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    state_key: np.uint64
    state_below: np.uint64
    hold_plate: NDArray[np.int64]  # [m] holds of all cases, sorted by plate, case, begin and end
    hold_case: NDArray[np.int64]  # [m]
    hold_begin: NDArray[np.int64]  # [m]
    hold_end: NDArray[np.int64]  # [m]
    now: NDArray[np.int64]  # [c] query date
    oldest: NDArray[np.int64]  # [c] oldest second that a look-up may find
    newest: NDArray[np.int64]  # [c] newest second that it may find
    limit_miss: NDArray[np.int64]  # [c, k] age limit
    limit_hit: NDArray[np.int64]  # [c, k]


@leaf
def mark_rows(tables, plate, site, time, collected, alerted, on_file):
    """Write the bits of each read; plate, site, time : uint32[n], collected, alerted, on_file : uint64[n]."""
    last, special = np.int64(-1), False
    for i in range(len(plate)):
        p, s, t = np.int64(plate[i]), np.int64(site[i]), np.int64(time[i])
        if p != last:
            last, special = p, _special(tables.special, p)
        k = tables.kind[s]
        at = _segment(tables, k, t)
        on = tables.seen[s] & tables.words[k, at, BEFORE]
        row = tables.hours_of[s]
        if row != 0:
            on &= tables.hours[row, _hour(tables, t)]
        hit, kept = np.uint64(0), on & tables.words[k, at, MISS]
        if special and on != np.uint64(0):
            if _listed(tables, p, s, t):
                hit = on & tables.subscribes[k]
                kept = (kept & ~hit) | (hit & tables.words[k, at, HIT])
            kept |= _held(tables, p, k, t, on, hit)
        collected[i], alerted[i], on_file[i] = on, hit, kept


@leaf
def count_reasons(tables, plate, site, time, counts):
    """Count the outcomes of reads in each case; plate, site, time : uint32[n]; counts : int64[c, 8], added to."""
    for i in range(len(plate)):
        p, s, t = np.int64(plate[i]), np.int64(site[i]), np.int64(time[i])
        listed = _special(tables.special, p) and _listed(tables, p, s, t)
        for c in range(len(tables.now)):
            counts[c, _reason(tables, c, p, s, t, listed)] += 1


@leaf
def _reason(tables, c, p, s, t, listed):
    """Return the outcome of one read in one case."""
    bit, k = np.uint64(1) << np.uint64(c), tables.kind[s]
    lost = _lost_at_reader(tables, c, bit, s, t)
    if lost != ON_FILE:
        return lost
    hit = listed and tables.subscribes[k] & bit != np.uint64(0)
    if not hit and tables.stores[k] & bit == np.uint64(0):
        return NOT_STORED
    limit = tables.limit_hit[c, k] if hit else tables.limit_miss[c, k]
    first = _first_at(tables.hold_plate, p)
    while first < len(tables.hold_plate) and tables.hold_plate[first] == p and tables.hold_case[first] < c:
        first += 1
    if _expiry(tables, first, p, c, t + limit)[0] < tables.now[c]:
        return EXPIRED
    if t < tables.oldest[c]:
        return TOO_OLD
    return TOO_FRESH if t > tables.newest[c] else ON_FILE


@leaf
def _lost_at_reader(tables, c, bit, s, t):
    """Return the reason for a read not collected for an observer by its date; ON_FILE if collected."""
    row = tables.hours_of[s]
    if tables.reach[s] & bit == np.uint64(0):
        return OUT_OF_REACH
    if t >= tables.now[c]:
        return AFTER
    if tables.seen[s] & bit == np.uint64(0):
        return OFF
    if row != 0 and tables.hours[row, _hour(tables, t)] & bit == np.uint64(0):
        return OFF
    return ON_FILE


@leaf
def _held(tables, p, k, t, on, hit):
    """Return the cases with a read kept on file by holds; uint64."""
    kept = np.uint64(0)
    j = _first_at(tables.hold_plate, p)
    while j < len(tables.hold_plate) and tables.hold_plate[j] == p:
        c = tables.hold_case[j]
        bit = np.uint64(1) << np.uint64(c)
        limit = tables.limit_hit[c, k] if hit & bit != np.uint64(0) else tables.limit_miss[c, k]
        expiry, j = _expiry(tables, j, p, c, t + limit)
        stored = on & (tables.stores[k] | hit) & bit
        if stored != np.uint64(0) and expiry >= tables.now[c] and tables.oldest[c] <= t <= tables.newest[c]:
            kept |= bit
    return kept


@leaf
def _expiry(tables, j, p, c, expiry):
    """Return an expiry postponed by the holds on a plate in a case, from hold j on, and the hold after the last."""
    while j < len(tables.hold_plate) and tables.hold_plate[j] == p and tables.hold_case[j] == c:
        if tables.hold_begin[j] <= expiry:
            expiry = max(expiry, tables.hold_end[j])
        j += 1
    return expiry, j


@leaf
def _listed(tables, p, s, t):
    """Return whether a read matches the hot list."""
    if _covered(tables.local, p, t):
        return True
    if not _covered(tables.other, p, t):
        return False
    when = bits64(tables.state_key, np.uint64(p) << U32 | np.uint64(t), np.uint64(0))
    return bits64(tables.state_key, when ^ tables.uid[s], np.uint64(1)) & LOW32 < tables.state_below


@leaf
def _covered(entries, p, t):
    """Return whether some entry of a plate covers a time."""
    plate, begin, end = entries
    j = _first_at(plate, p)
    while j < len(plate) and plate[j] == p:
        if begin[j] <= t < end[j]:
            return True
        j += 1
    return False


@leaf
def _first_at(ordered, value):
    """Return the first insertion point of a value in sorted values; ordered : int64[n]."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@folded
def _segment(tables, k, t):
    """Return the segment of a time."""
    at = np.int64(tables.slice_first[k, min(t >> tables.shift, tables.slice_first.shape[1] - 1)])
    while at + 1 < tables.bound.shape[1] and tables.bound[k, at + 1] <= t:
        at += 1
    return at


@inlined
def _hour(tables, t):
    return (tables.first_hour + t // HOUR_S) % tables.hours.shape[1]


@inlined
def _special(special, p):
    return p >> 3 < len(special) and (special[p >> 3] >> np.uint8(p & 7)) & 1 != 0
