"""Reads of fixed readers and gates: cars on their routes."""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.bits import ONE, lowest
from simulate.kernels.draws import GOLDEN, branch, mix, stem
from simulate.kernels.leaf import folded
from simulate.kernels.plan import (
    BLOCK_DAYS,
    EXPLORES,
    K_READ,
    fill_day,
    hour_of,
    pair_of,
    zone_on,
)
from simulate.kernels.reads import STANDING, read
from simulate.kernels.sorting import turn_round
from simulate.kernels.trips import (
    alternative_of,
    pace_of,
    passage_s,
    routes_of,
    stretch_bits,
    stretches_of,
    time_of_weight,
    traffic,
    trip_s,
    trip_word,
    way_of,
)

DEPARTS = 8
"""Offset of a trip's number for its read by the gate of departure."""


@folded
def draw_ways(life, coverage, plates, group, rank, own, todo, block, shift, meets, scratch):
    """Write the reads of one car by fixed readers and gates on the days to do."""
    vehicle = rank * plates.groups + group
    of_read, of_route = stem(life.keys[K_READ], np.uint64(vehicle)), routes_of(life, vehicle)
    while todo != 0:
        bit = lowest(todo)
        todo &= todo - ONE
        day, template, w = block * BLOCK_DAYS + np.int64(bit), np.int64(scratch.template[bit]), scratch.word[bit]
        fill_day(life, scratch.place[EXPLORES], w, template, shift, day, meets, scratch.slot, scratch.at)
        legs = np.int64(life.diary.n_legs[template])
        for i in range(legs + 1):
            scratch.zone[i] = zone_on(life, scratch.place, w, i, scratch.slot[i], day, meets)
        for leg in range(legs):
            _drive(life, coverage, plates, group, rank, own, day, template, w, leg, of_read, of_route, scratch)


@folded
def _drive(life, coverage, plates, group, rank, own, day, template, w, leg, key, of_route, scratch):
    """Write the reads of one trip by fixed readers and gates."""
    from_zone, to_zone = scratch.zone[leg], scratch.zone[leg + 1]
    a, b = life.places.zone_hub[from_zone], life.places.zone_hub[to_zone]
    hour, paths, pair = hour_of(scratch.at[leg]), coverage.paths, pair_of(life, a, b)
    from_gate, to_gate = coverage.fixed.gate[from_zone], coverage.fixed.gate[to_zone]
    if paths.watched[pair] == 0 and from_gate < 0 and to_gate < 0:
        return
    trip = trip_word(w, leg)
    alternative = alternative_of(life, of_route, trip, hour, a, b)
    cell = paths.cell[pair, alternative]
    if cell == 0 and from_gate < 0 and to_gate < 0:
        return
    way, pace = way_of(life, a, alternative, b, hour), pace_of(life, trip, hour)
    lasts = trip_s(life, way, pace)
    leave = scratch.at[leg] - lasts if leg < life.diary.n_stops[template] else scratch.at[leg]
    midnight, block, bit = day * DAY_S + DAY_START_S, day // BLOCK_DAYS, np.uint64(day % BLOCK_DAYS)
    works = coverage.fixed.works
    name = np.uint64(day * 16 + leg)
    if from_gate >= 0 and works[from_gate, block] >> bit & ONE:
        u = branch(mix(key + coverage.fixed.uid[from_gate] * GOLDEN), name + np.uint64(DEPARTS))
        read(coverage, plates, group, rank, own, STANDING, u, midnight + leave, from_gate, scratch)
    begin, begins = scratch.count[0], midnight + leave + life.roads.access_s
    stretches, bits = stretches_of(life, trip), stretch_bits(way)
    unit = time_of_weight(stretches, bits, way, pace) if cell != 0 else np.uint64(0)
    while cell != 0:
        here = traffic(life, paths.fast_ds[cell], paths.slow_ds[cell], hour)
        second = begins + passage_s(stretches, bits, unit, here)
        site = np.int64(paths.site[cell])
        if works[site, block] >> bit & ONE:
            u = branch(mix(key + coverage.fixed.uid[site] * GOLDEN), name)
            read(coverage, plates, group, rank, own, STANDING, u, second, site, scratch)
        cell = paths.parent[cell]
    turn_round(scratch.seen, begin, scratch.count[0])  # the trie leads from the last reader back to the first
    if to_gate >= 0 and works[to_gate, block] >> bit & ONE:
        u = branch(mix(key + coverage.fixed.uid[to_gate] * GOLDEN), name)
        read(coverage, plates, group, rank, own, STANDING, u, midnight + leave + lasts, to_gate, scratch)
