"""Counts per plate for many cases at once, and what they sum to over the vehicles that live here."""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.bits import ONE, lowest
from simulate.kernels.leaf import inlined, leaf
from simulate.kernels.plates import GROUP, plate_in_group

NOTHING = np.uint64(0)
SEEN, DAYS, SITES, LAST = range(4)
FIELDS = 4
"""Sightings, days, sites, and the time of the last sighting."""
HOUR_S = 3600


@inlined
def add_bits(total, mask, n):
    """Add n to the total of each case in a mask; total : uint32[w] or int64[w]."""
    while mask != NOTHING:
        total[lowest(mask)] += n
        mask &= mask - ONE


@inlined
def write_bits(held, mask, value):
    """Write a value for each case in a mask; held : uint32[w]."""
    while mask != NOTHING:
        held[lowest(mask)] = value
        mask &= mask - ONE


@leaf
def count_plates(plate, site, time, on_file, first, counts, site_mask, site_turn, turn, out_plate, out_mask, out):
    """Count what is on file of every plate from row `first` on, until the output may overflow.

    plate, site, time : uint32[n], rows of a plate together and sorted by time; on_file :
    uint64[n], bit c for case c; counts : uint32[FIELDS, w], all 0, and left so; site_mask :
    uint64[s], cases under which a plate was seen at each site, good where site_turn :
    int64[s] holds the plate's turn; turn : number of plates counted before. Cases that
    count alike share an entry: out_plate : uint32[k], out_mask : uint64[k], out :
    uint32[FIELDS, k]. Returns (next row, entries, turn). Masks change seldom within a
    plate, so whole runs of one mask are added at once.
    """
    n, w, k = len(plate), counts.shape[1], 0
    i = first
    while i < n and k + w <= len(out_plate):
        p, turn = plate[i], turn + 1
        ever = NOTHING
        run_mask, run, run_end = NOTHING, 0, np.uint32(0)
        day_mask, days_mask, days = NOTHING, NOTHING, 0
        day_end = 0
        new_mask, new = NOTHING, 0
        while i < n and plate[i] == p:
            m, s, t = on_file[i], site[i], time[i]
            i += 1
            if m == NOTHING:
                continue
            if m != run_mask:
                add_bits(counts[SEEN], run_mask, run)
                write_bits(counts[LAST], run_mask, run_end)
                ever |= m
                run_mask, run = m, 0
            run += 1
            run_end = t
            if t >= day_end:
                if day_mask != days_mask:
                    add_bits(counts[DAYS], days_mask, days)
                    days_mask, days = day_mask, 0
                days += 1
                day_mask = NOTHING
                day_end = (np.int64(t) + DAY_S - DAY_START_S) // DAY_S * DAY_S + DAY_START_S
            day_mask |= m
            fresh = m
            if site_turn[s] == turn:
                fresh &= ~site_mask[s]
                site_mask[s] |= m
            else:
                site_turn[s], site_mask[s] = turn, m
            if fresh != NOTHING:
                if fresh != new_mask:
                    add_bits(counts[SITES], new_mask, new)
                    new_mask, new = fresh, 0
                new += 1
        add_bits(counts[SEEN], run_mask, run)
        write_bits(counts[LAST], run_mask, run_end)
        add_bits(counts[DAYS], days_mask, days)
        add_bits(counts[DAYS], day_mask, 1)
        add_bits(counts[SITES], new_mask, new)
        k = _close(p, ever, counts, out_plate, out_mask, out, k)
    return i, k, turn


@leaf
def _close(p, ever, counts, out_plate, out_mask, out, k):
    """Write the entries of one plate and clear its counts; returns the entries so far."""
    begin = k
    while ever != NOTHING:
        c = lowest(ever)
        bit = ever & (~ever + ONE)
        ever ^= bit
        alike = k > begin
        for field in range(FIELDS):
            alike = alike and out[field, k - 1] == counts[field, c]
        if alike:
            out_mask[k - 1] |= bit
        else:
            out_plate[k], out_mask[k] = p, bit
            for field in range(FIELDS):
                out[field, k] = counts[field, c]
            k += 1
        for field in range(FIELDS):
            counts[field, c] = 0
    return k


@leaf
def tally_living(plates, plate, mask, entry, first, home, day_of, now_s, seen, days, sites, ages, by_zone):
    """Sum the entries of vehicles that live here up to histograms.

    plates : PlateTables; plate : uint32[k], mask : uint64[k], entry : uint32[FIELDS, k], as
    `count_plates` writes them; first : first group of plates of the shard; home :
    int32[d, g, 8], zone where the vehicle of each group and rank lives on each query date,
    -1 = not here; day_of : int64[w], date of each case; now_s : int64[w]. Adds to seen,
    days, sites, ages : int64[w, values] (ages in whole hours) and to by_zone : int64[w, z],
    sightings of those who live in each zone.
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
                seen[c, entry[SEEN, i]] += 1
                days[c, entry[DAYS, i]] += 1
                sites[c, entry[SITES, i]] += 1
                ages[c, (now_s[c] - np.int64(entry[LAST, i])) // HOUR_S] += 1
                by_zone[c, zone] += entry[SEEN, i]


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
