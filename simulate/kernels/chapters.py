"""The chapters of a household's life: moves and new jobs in order, and what follows from where it lives.

A life's state is an int64[STATE]: home, day of the next move, moves so far; then, for each
car, its job, the day of the next change and changes so far.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.leaf import folded, leaf
from simulate.kernels.plan import (
    K_GROUP,
    K_HOME,
    K_JOB,
    K_JOB_GAP,
    K_MOVE,
    K_MOVER,
    K_SHIFT,
    NEVER,
    NINE_BITS,
    P_HOME,
    P_VISIT,
    P_WORK,
    RESIDENT,
    TWELVE_BITS,
    WORK_ANCHOR_S,
)
from simulate.kernels.words import U32, word


@folded
def begin_life(life, household, state):
    """Write the first chapter of a household; returns the day it ends. state : int64[STATE]."""
    h = np.uint64(household)
    kind = life.kind[household]
    home = np.int64(life.home[household])
    state[0], state[1], state[2] = home, NEVER, 0
    moves = (word(life.key[K_MOVER], h, np.uint64(0)) >> U32) < life.below[0] or home == life.elsewhere
    if life.about[kind] == RESIDENT and moves:
        state[1] = life.move_gap[word(life.key[K_MOVE], h, np.uint64(0)) & np.uint64(1023)]
    first = life.first_vehicle[household]
    for car in range(life.first_vehicle[household + 1] - first):
        at = 3 + 3 * car
        state[at], state[at + 1], state[at + 2] = home, NEVER, 0
        if car < life.workers[kind]:
            v = np.uint64(first + car)
            pick = word(life.key[K_JOB], v, np.uint64(0)) & NINE_BITS
            state[at] = np.int64(life.choice[P_WORK, life.zone_hub[home], pick])
            state[at + 1] = life.job_gap[word(life.key[K_JOB_GAP], v, np.uint64(0)) & np.uint64(1023)]
    return next_change(state, life.first_vehicle[household + 1] - first)


@folded
def next_change(state, cars):
    """Return the day on which the chapter ends."""
    when = state[1]
    for car in range(cars):
        when = min(when, state[4 + 3 * car])
    return when


@leaf
def advance_life(life, household, day, state):
    """Apply every move and change of job up to a day; returns the day the chapter ends."""
    first = life.first_vehicle[household]
    cars = life.first_vehicle[household + 1] - first
    while True:
        event, when = -1, state[1]
        for car in range(cars):
            if state[4 + 3 * car] < when:
                event, when = car, state[4 + 3 * car]
        if when > day:
            return when
        if event < 0:
            _move(life, household, state)
            state[1] += life.move_gap[
                word(life.key[K_MOVE], np.uint64(household), np.uint64(state[2])) & np.uint64(1023)
            ]
        else:
            at, v = 3 + 3 * event, np.uint64(first + event)
            _change_job(life, v, at, state)
            state[at + 1] += life.job_gap[word(life.key[K_JOB_GAP], v, np.uint64(state[at + 2])) & np.uint64(1023)]


@leaf
def _move(life, household, state):
    """Find a new home, near the first worker's job or far away; who would then drive too far changes jobs too."""
    state[2] += 1
    w = word(life.key[K_HOME], np.uint64(household), np.uint64(state[2]))
    pick = w & NINE_BITS
    workers = np.int64(life.workers[life.kind[household]])
    far = state[0] == life.elsewhere or (w >> U32) < life.below[6]
    if far:
        row = len(life.far_hub) - 1 if state[0] == life.elsewhere else np.int64(life.part[life.zone_hub[state[0]]])
        hub = life.far_hub[row, (w >> np.uint64(9)) & TWELVE_BITS]
        state[0] = np.int64(life.choice[P_VISIT, hub, pick]) if hub >= 0 else life.elsewhere
    elif workers > 0:
        state[0] = np.int64(life.choice[P_HOME, life.zone_hub[state[3]], pick])
    else:
        state[0] = np.int64(life.choice[P_VISIT, life.zone_hub[state[0]], pick])
    for car in range(workers):
        at = 3 + 3 * car
        if state[0] != life.elsewhere and (far or not reachable(life, state[0], state[at], life.reach_work_ds)):
            _change_job(life, np.uint64(life.first_vehicle[household] + car), at, state)


@leaf
def _change_job(life, v, at, state):
    """Find a new job near home."""
    state[at + 2] += 1
    pick = word(life.key[K_JOB], v, np.uint64(state[at + 2])) & NINE_BITS
    state[at] = np.int64(life.choice[P_WORK, life.zone_hub[state[0]], pick])


@folded
def reachable(life, zone, other, within_ds):
    """Tell whether the quickest ways between two zones, there and back on free roads, take at most so long."""
    a, b = life.zone_hub[zone], life.zone_hub[other]
    there = np.int64(life.fast_ds[a, 0, b]) + np.int64(life.slow_ds[a, 0, b])
    back = np.int64(life.fast_ds[b, 0, a]) + np.int64(life.slow_ds[b, 0, a])
    return max(there, back) <= within_ds


@folded
def group_of(life, household, home):
    """Return the group a household meets with while it lives in a zone, or -1."""
    w = word(life.key[K_GROUP], np.uint64(household), np.uint64(0))
    if life.about[life.kind[household]] == RESIDENT and (w >> U32) < life.below[3]:
        group = np.int64(life.group_row[life.zone_hub[home], w & np.uint64(63)])
        if reachable(life, home, np.int64(life.group_zone[group]), life.reach_ds):
            return group
    return np.int64(-1)


@folded
def shift_of(life, household, car, state):
    """Return how much later than 08:00 a worker starts; 0 for cars without a commuter.

    Nobody starts so early that the way there, at its slowest, would begin before the day does.
    """
    if car >= life.workers[life.kind[household]] or state[0] == life.elsewhere:
        return np.int64(0)
    vehicle = np.uint64(life.first_vehicle[household] + car)
    shift = np.int64(life.shift[word(life.key[K_SHIFT], vehicle, np.uint64(state[5 + 3 * car])) & np.uint64(255)])
    a, b = life.zone_hub[state[0]], life.zone_hub[state[3 + 3 * car]]
    way_ds = np.int64(life.fast_ds[a, 0, b]) + np.int64(life.slow_ds[a, 0, b])
    return max(shift, (way_ds * life.slowest >> 16) + life.slowest_s - WORK_ANCHOR_S)
