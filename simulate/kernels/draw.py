"""The draw: every read of a range of plate groups, from first day to last.

Everything latent is drawn independently of the readers. The unobservable is skipped by
structure: days without a reader on any of a car's routes or a scan at any of its places.
Every read is decided by random bits of its own (vehicle, reader's or visit's uid, day,
trip), so a new reader changes no other row.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.chapters import advance_life, begin_life, group_of, shift_of, works_far
from simulate.kernels.coverage import (
    NONE,
    SPARSE,
    Scratch,
    days_to_do,
    mark_block,
    mark_events,
    mark_ways,
)
from simulate.kernels.draws import U32, bits64
from simulate.kernels.leaf import driver, folded, leaf
from simulate.kernels.patterns import days_about, fill_templates, fill_visit, next_visit
from simulate.kernels.plan import (
    ALL_SLOTS,
    BLOCK_DAYS,
    K_LEGIBLE,
    MAX_LEGS,
    N_PLACES,
    N_SLOTS,
    STATE,
    fill_places,
)
from simulate.kernels.plates import GROUP, ISSUED, plate_in_group
from simulate.kernels.sorting import insertion_sort, merge_back, shell_sort
from simulate.kernels.stays import draw_stays
from simulate.kernels.ways import draw_ways


@driver
def draw_rows(life, coverage, plates, first, last, vehicle_bound, plate, site, time, vehicle):
    """Draw plate groups first..last until the buffers may overflow.

    plate, site, time, vehicle : uint32[n], vehicle being the one truly read. Returns
    (rows, next group). vehicle_bound : most reads of one vehicle (`row_bound`).
    """
    rows, bound = 0, ISSUED * vehicle_bound
    scratch = Scratch(
        np.empty(STATE, np.int64), np.empty(N_PLACES, np.int64), np.empty(MAX_LEGS + 1, np.int64),
        np.empty(MAX_LEGS + 1, np.int64), np.empty(MAX_LEGS, np.int64), np.empty(BLOCK_DAYS, np.uint8),
        np.empty(BLOCK_DAYS, np.uint64), np.empty(BLOCK_DAYS, np.uint64),
        np.zeros(coverage.patrols.scanned.shape[1], np.uint64),
        np.zeros(ALL_SLOTS, np.uint64), np.zeros(N_SLOTS, np.uint64), np.zeros(ALL_SLOTS, np.uint64),
        np.empty(BLOCK_DAYS, np.uint64), np.empty(BLOCK_DAYS * (MAX_LEGS + 1), np.uint64),
        np.empty(bound, np.uint64), np.empty(bound, np.uint64), np.zeros(1, np.int64), np.zeros(2, np.int64),
    )  # fmt: skip
    mark_events(life, coverage, scratch)
    for group in range(first, last):
        if rows + bound > len(plate):
            return rows, group
        n = _draw_group(life, coverage, plates, group, scratch)
        for i in range(n):
            read = scratch.seen[i]
            plate[rows] = group * GROUP + np.int64(read >> np.uint64(57))
            time[rows] = (read >> np.uint64(27)) & np.uint64(0x3FFFFFFF)
            site[rows] = (read >> np.uint64(3)) & np.uint64(0xFFFFFF)
            vehicle[rows] = np.int64(read & np.uint64(7)) * plates.groups + group
            rows += 1
    return rows, last


@folded
def _draw_group(life, coverage, plates, group, scratch):
    """Write the reads of one group of plates, sorted by plate, time and site; returns their number."""
    scratch.count[0] = scratch.count[1] = 0
    for rank in range(ISSUED):
        vehicle = rank * plates.groups + group
        if vehicle < plates.vehicles:
            begin = scratch.count[0]
            _draw_vehicle(life, coverage, plates, group, rank, scratch)
            insertion_sort(scratch.seen, begin, scratch.count[0])
    shell_sort(scratch.wrong, scratch.count[1])
    return merge_back(scratch.seen, scratch.count[0], scratch.wrong, scratch.count[1])


@folded
def _draw_vehicle(life, coverage, plates, group, rank, scratch):
    """Write one vehicle's reads, by day."""
    vehicle = rank * plates.groups + group
    own = plate_in_group(plates, group, rank)
    legible = bits64(life.keys[K_LEGIBLE], np.uint64(vehicle), np.uint64(0)) >> U32
    scratch.hard[0] = legible < np.uint64(coverage.reading.hard_below)
    household = np.int64(life.people.household[vehicle])
    car = vehicle - life.people.first_vehicle[household]
    days = len(life.calendar.day_row)
    state, place = scratch.state, scratch.place
    change = begin_life(life, household, state)
    first, new_chapter, placed, meets, far, shift = 0, True, False, np.int64(-1), False, np.int64(0)
    while first < days:
        if first >= change:
            change = advance_life(life, household, first, state)
            new_chapter = True
        if new_chapter:
            meets, far = group_of(life, household, state[0]), works_far(life, household, car, state)
            new_chapter = placed = False
        block = first // BLOCK_DAYS
        last = min(change, (block + 1) * BLOCK_DAYS, days)
        about, away = days_about(life, household, state, first, last), False
        home, job, group_now = state[0], state[3 + 3 * car], meets
        week = (life.calendar.first_weekday + first) // 7
        while True:  # once at home, then once for each spell in another metro of the map
            if about != 0:
                if not placed:
                    shift = np.int64(0) if away else shift_of(life, household, car, state)
                    fill_places(life, household, car, state, group_now, place)
                    if coverage.level == SPARSE:
                        mark_ways(life, coverage, scratch)
                    placed = True
                mark_block(coverage, block, scratch)
                if not away:
                    fill_templates(
                        life, household, car, state, meets, far, first, last, about, scratch.word, scratch.template
                    )
                watched, scanned = days_to_do(life, coverage, vehicle, block, about, scratch)
                if coverage.level != NONE:
                    draw_ways(life, coverage, plates, group, rank, own, watched, block, shift, group_now, scratch)
                if coverage.patrolled:
                    draw_stays(life, coverage, plates, group, rank, own, scanned, block, shift, group_now, scratch)
            placed = placed and not away
            state[0], state[3 + 3 * car] = home, job
            week, way_in = next_visit(life, household, car, state, week, last)
            if week < 0:
                break
            about, away = fill_visit(life, household, week, first, last, scratch.template), True
            state[0] = state[3 + 3 * car] = way_in
            group_now, placed, week = np.int64(-1), False, week + 1
        first = last


@leaf
def row_bound(days, longest_chain, gated, most_visits):
    """Return the upper bound of one vehicle's reads: MAX_LEGS trips a day, and one stay more.

    A trip meets a chain of readers and two gates; a stay is read on arrival, while parked and
    on departure, by each of the most visits of any zone in a day.
    """
    return days * (MAX_LEGS * (longest_chain + 2 * gated) + 3 * (MAX_LEGS + 1) * most_visits) + 1
