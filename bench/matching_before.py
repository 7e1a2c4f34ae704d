"""Find the plates that fit the most known points, for many targets in one pass.

A point is a set of entries (reader, from, to). Entries hang on a hash table keyed by
(reader, hour), so a row costs one look-up however many targets are asked about.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.draws import mix
from simulate.kernels.leaf import driver, inlined, leaf

BIN_S = 3600
EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def bin_key(site, hour):
    """Return the key of a reader and an hour."""
    return (np.uint64(site) << np.uint64(32)) | np.uint64(hour)


@leaf
def fill_table(keys, table_key, table_first):
    """Hang sorted keys into an open-addressing table.

    keys : uint64[e], sorted; table_key : uint64[size], all EMPTY, size a power of two
    above twice the distinct keys; table_first : int64[size], first entry of each key.
    """
    mask = np.uint64(len(table_key) - 1)
    for i in range(len(keys)):
        if i > 0 and keys[i] == keys[i - 1]:
            continue
        slot = mix(keys[i]) & mask
        while table_key[slot] != EMPTY:
            slot = (slot + np.uint64(1)) & mask
        table_key[slot] = keys[i]
        table_first[slot] = i


@driver
def match_points(rows, entries, table_key, table_first, target, state, best):
    """Add a block of rows: which plates fit the most points of which targets.

    rows : (plate, site, time) uint32[n], sorted by plate; entries : (key uint64[e], from
    int64[e], to int64[e], question int64[e], bit uint32[e]) sorted by key; target :
    int64[q], the plate asked about; state : (plate int64[1], mask uint32[q], touched
    int64[q + 1]) carries over; best : (fitted int64[q, p], plates int64[q, p], own bool[q,
    p]), of the first 1..p points the most that any plate fits, how many plates fit so many,
    and whether the target does. End with a row of plate 2^32 - 1.
    """
    plate, site, time = rows
    key, begin, end, question, bit = entries
    current, mask, touched = state
    size = np.uint64(len(table_key) - 1)
    for i in range(len(plate)):
        if plate[i] != current[0]:
            _settle_plate(current[0], mask, touched, target, best)
            current[0] = plate[i]
        t = np.int64(time[i])
        wanted = bin_key(site[i], t // BIN_S)
        slot = mix(wanted) & size
        while table_key[slot] != wanted:
            if table_key[slot] == EMPTY:
                break
            slot = (slot + np.uint64(1)) & size
        if table_key[slot] == EMPTY:
            continue
        e = table_first[slot]
        while e < len(key) and key[e] == wanted:
            if begin[e] <= t < end[e]:
                q = question[e]
                if mask[q] == 0:
                    touched[0] += 1
                    touched[touched[0]] = q
                mask[q] |= bit[e]
            e += 1


@leaf
def _settle_plate(plate, mask, touched, target, best):
    """Count a finished plate for every question it touched, and forget its marks."""
    fitted, plates, own = best
    for k in range(1, touched[0] + 1):
        q = touched[k]
        score = 0
        for p in range(fitted.shape[1]):
            score += (mask[q] >> np.uint32(p)) & 1
            if score > fitted[q, p]:
                fitted[q, p], plates[q, p], own[q, p] = score, 1, target[q] == plate
            elif score > 0 and score == fitted[q, p]:
                plates[q, p] += 1
                own[q, p] |= target[q] == plate
        mask[q] = 0
    touched[0] = 0
