"""Find every plate that fits a few known points, for many targets in one pass.

A point is a set of entries (reader, from, to). Entries hang on a hash table keyed by
(reader, hour), so a row costs one look-up however many targets are asked about.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.leaf import driver, inlined, leaf
from simulate.kernels.words import mix

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
def match_points(rows, entries, table_key, table_first, need, target, state, matches, own):
    """Add a block of rows: which plates fit the points of which targets.

    rows : (plate, site, time) uint32[n], sorted by plate; entries : (key uint64[e], from
    int64[e], to int64[e], question int64[e], bit uint32[e]) sorted by key; need : uint32[q,
    p], bits that must match for the first 1..p points; target : int64[q], the plate asked
    about; state : (plate int64[1], mask uint32[q], touched int64[q + 1]) carries over;
    matches : int64[q, p] and own : bool[q, p] are added to. End with a row of plate 2^32-1.
    """
    plate, site, time = rows
    key, begin, end, question, bit = entries
    current, mask, touched = state
    size = np.uint64(len(table_key) - 1)
    for i in range(len(plate)):
        if plate[i] != current[0]:
            _settle_plate(current[0], mask, touched, need, target, matches, own)
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
def _settle_plate(plate, mask, touched, need, target, matches, own):
    """Count a finished plate for every question it touched, and forget its marks."""
    for k in range(1, touched[0] + 1):
        q = touched[k]
        for p in range(need.shape[1]):
            if need[q, p] != 0 and (mask[q] & need[q, p]) == need[q, p]:
                matches[q, p] += 1
                if target[q] == plate:
                    own[q, p] = True
        mask[q] = 0
    touched[0] = 0
