"""What fixed readers and gates read: cars on their ways."""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.bits import ONE, lowest
from simulate.kernels.leaf import folded
from simulate.kernels.plan import (
    BLOCK_DAYS,
    K_READ,
    alternative_of,
    drive_s,
    fill_day,
    hour_of,
    pair_of,
    trip_s,
    zone_on,
)
from simulate.kernels.reads import STANDING, read
from simulate.kernels.sorting import turn_round
from simulate.kernels.words import GOLDEN, branch, mix, stem

DEPARTS = 8
"""Added to the number of a trip where a gate sees it begin."""


@folded
def draw_ways(life, coverage, plates, group, rank, own, todo, block, shift, meets, scratch):
    """Write what fixed readers and gates read of one car on the days to do."""
    of_read = stem(life.keys[K_READ], np.uint64(rank * plates.groups + group))
    while todo != 0:
        bit = lowest(todo)
        todo &= todo - ONE
        day, template, w = block * BLOCK_DAYS + np.int64(bit), np.int64(scratch.template[bit]), scratch.word[bit]
        fill_day(life, w, template, shift, day, meets, scratch.slot, scratch.at)
        legs = np.int64(life.diary.n_legs[template])
        for i in range(legs + 1):
            scratch.zone[i] = zone_on(life, scratch.place, scratch.slot[i], day, meets)
        for leg in range(legs):
            _drive(life, coverage, plates, group, rank, own, day, template, w, leg, of_read, scratch)


@folded
def _drive(life, coverage, plates, group, rank, own, day, template, w, leg, key, scratch):
    """Write what fixed readers and gates read of one trip."""
    from_zone, to_zone = scratch.zone[leg], scratch.zone[leg + 1]
    a, b = life.places.zone_hub[from_zone], life.places.zone_hub[to_zone]
    hour = hour_of(scratch.at[leg])
    paths, pair = coverage.paths, pair_of(life, a, b)
    cell = paths.cell[pair, alternative_of(life, w, leg, hour)] if paths.watched[pair] else np.uint32(0)
    from_gate, to_gate = coverage.fixed.gate[from_zone], coverage.fixed.gate[to_zone]
    if cell == 0 and from_gate < 0 and to_gate < 0:
        return
    trip = trip_s(life, a, alternative_of(life, w, leg, hour), b, hour)
    leave = scratch.at[leg] - trip if leg < life.diary.n_stops[template] else scratch.at[leg]
    midnight = day * DAY_S + DAY_START_S
    name = np.uint64(day * 16 + leg)
    if from_gate >= 0 and day >= coverage.fixed.since[from_gate]:
        u = branch(mix(key + coverage.fixed.uid[from_gate] * GOLDEN), name + np.uint64(DEPARTS))
        read(coverage, plates, group, rank, own, STANDING, u, midnight + leave, from_gate, scratch)
    begin, begins = scratch.count[0], midnight + leave + life.roads.access_s
    while cell != 0:
        second = begins + drive_s(life, paths.fast_ds[cell], paths.slow_ds[cell], hour)
        site = np.int64(paths.site[cell])
        if day >= coverage.fixed.since[site]:
            u = branch(mix(key + coverage.fixed.uid[site] * GOLDEN), name)
            read(coverage, plates, group, rank, own, STANDING, u, second, site, scratch)
        cell = paths.parent[cell]
    turn_round(scratch.seen, begin, scratch.count[0])  # the trie leads from the last reader back to the first
    if to_gate >= 0 and day >= coverage.fixed.since[to_gate]:
        u = branch(mix(key + coverage.fixed.uid[to_gate] * GOLDEN), name)
        read(coverage, plates, group, rank, own, STANDING, u, midnight + leave + trip, to_gate, scratch)
