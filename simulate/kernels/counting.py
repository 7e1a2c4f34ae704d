"""Counts per plate for many cases at once, and their histograms over vehicles living on the map."""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S, HOUR_S
from simulate.kernels.bits import ONE, lowest
from simulate.kernels.leaf import folded, inlined, leaf
from simulate.kernels.plates import GROUP, plate_in_group

NOTHING = np.uint64(0)
SEEN, DAYS, SITES, LAST = range(4)
FIELDS = 4
"""Sightings, days, sites, and the time of the last sighting."""
A_DAY, TO_DAYS = np.uint32(DAY_S), np.uint32(DAY_S - DAY_START_S)
"""Days of travel are numbered from 1, in 32 bits; times of rows are too early to overflow."""


@inlined
def add_bits(total, mask, n):
    """Add n to the total of each case in a mask; total : uint32[w] or int64[w]."""
    while mask != NOTHING:
        total[lowest(mask)] += n
        mask &= mask - ONE


@leaf
def count_plates(plate, site, time, on_file, first, counts, known, turn, out_plate, out_mask, out):
    """Count the rows on file for every plate from row `first` on, until the output may overflow.

    plate, site, time : uint32[n], rows of a plate together and sorted by time; on_file :
    uint64[n], bit c for case c; counts : uint32[w, FIELDS], all 0 before and after; known :
    uint64[s, 2], for each site a turn and the cases with a sighting there of the plate of that
    turn; turn : number of plates counted before. Cases with equal counts share an entry:
    out_plate : uint32[k], out_mask : uint64[k], out : uint32[k, FIELDS]. Returns (next row,
    entries, turn).

    Masks change seldom within a plate, so a run of rows of one mask is counted in registers,
    without branches, except for a day or a site first met under another mask.
    """
    n, w, k, i = len(plate), len(counts), 0, first
    while i < n and k + w <= len(out_plate):
        p, turn = plate[i], turn + ONE
        ever, mask, day_mask, today = NOTHING, NOTHING, NOTHING, np.uint32(0)
        seen, days, sites, last = np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0)
        while i < n and plate[i] == p:
            m, s, t = on_file[i], site[i], time[i]
            i += 1
            if m == NOTHING:
                continue
            day = (t + TO_DAYS) // A_DAY
            new_day = day != today
            if m != mask:
                _add(counts, mask, seen, days, sites, last)
                seen = days = sites = np.uint32(0)
                ever |= m
                mask = m
                if not new_day and (m & ~day_mask) != NOTHING:
                    _add(counts, m & ~day_mask, np.uint32(0), np.uint32(1), np.uint32(0), t)
            seen += np.uint32(1)
            days += np.uint32(new_day)
            day_mask = m if new_day else day_mask | m
            today, last = day, t
            before = known[s, 1] if known[s, 0] == turn else NOTHING
            known[s, 0], known[s, 1] = turn, before | m
            new_site = (before & m) == NOTHING
            sites += np.uint32(new_site)
            if not new_site and (m & ~before) != NOTHING:
                _add(counts, m & ~before, np.uint32(0), np.uint32(0), np.uint32(1), t)
        _add(counts, mask, seen, days, sites, last)
        k = _close(p, ever, counts, out_plate, out_mask, out, k)
    return i, k, turn


@folded
def _add(counts, mask, seen, days, sites, last):
    """Add to the counts of each case in a mask."""
    while mask != NOTHING:
        c = lowest(mask)
        mask &= mask - ONE
        counts[c, SEEN] += seen
        counts[c, DAYS] += days
        counts[c, SITES] += sites
        counts[c, LAST] = last


@folded
def _close(p, ever, counts, out_plate, out_mask, out, k):
    """Write the entries of one plate and clear its counts; return the entries so far."""
    begin = k
    while ever != NOTHING:
        c = lowest(ever)
        bit = ever & (~ever + ONE)
        ever ^= bit
        seen, days, sites, last = counts[c, SEEN], counts[c, DAYS], counts[c, SITES], counts[c, LAST]
        counts[c, SEEN] = counts[c, DAYS] = counts[c, SITES] = counts[c, LAST] = np.uint32(0)
        j = k - 1
        if (
            k > begin and out[j, SEEN] == seen and out[j, DAYS] == days and out[j, SITES] == sites
            and out[j, LAST] == last
        ):  # fmt: skip
            out_mask[j] |= bit
        else:
            out_plate[k], out_mask[k] = p, bit
            out[k, SEEN], out[k, DAYS], out[k, SITES], out[k, LAST] = seen, days, sites, last
            k += 1
    return k


@leaf
def tally_living(plates, plate, mask, entry, first, home, day_of, now_s, seen, days, sites, ages, by_zone):
    """Sum the entries of vehicles living on the map into histograms.

    plates : PlateTables; plate : uint32[k], mask : uint64[k], entry : uint32[k, FIELDS], from
    `count_plates`; first : first group of plates of the shard; home : int32[d, g, 8], home
    zone of the vehicle of each group and rank on each query date, -1 = not on the map; day_of :
    int64[w], date of each case; now_s : int64[w]. Adds to seen, days, sites, ages :
    int64[w, values] (ages in whole hours) and to by_zone : int64[w, z], sightings of the
    vehicles living in each zone.
    """
    for i in range(len(plate)):
        group, rank = np.int64(plate[i]) // GROUP, np.int64(plate[i]) % GROUP // 4
        if group >= plates.groups or plate_in_group(plates, group, rank) != np.int64(plate[i]) % GROUP:
            continue
        left = mask[i]
        while left != NOTHING:
            c = lowest(left)
            left &= left - ONE
            zone = home[day_of[c], group - first, rank]
            if zone >= 0:
                seen[c, entry[i, SEEN]] += 1
                days[c, entry[i, DAYS]] += 1
                sites[c, entry[i, SITES]] += 1
                ages[c, (now_s[c] - np.int64(entry[i, LAST])) // HOUR_S] += 1
                by_zone[c, zone] += entry[i, SEEN]


@leaf
def add_marks(mask, total):
    """Count the rows of each case; mask : uint64[n], total : int64[w], added to."""
    held, run = NOTHING, 0
    for m in mask:
        if m != held:
            add_bits(total, held, run)
            held, run = m, 0
        run += 1
    add_bits(total, held, run)


@leaf
def count_by_group(site, mask, group, total):
    """Count the rows of each case by the group of their site, added to total : int64[g, w].

    site : uint32[n], mask : uint64[n], group : int64[s].
    """
    held, run, at = NOTHING, 0, 0
    for i in range(len(site)):
        m, g = mask[i], group[site[i]]
        if m != held or g != at:
            add_bits(total[at], held, run)
            held, run, at = m, 0, g
        run += 1
    add_bits(total[at], held, run)
