"""The chapters of a household's life: moves and new jobs in order, and the consequences of a home.

A life's state is an int64[STATE]: home, day of the next move, moves so far; then, for each
car, its job, the day of the next change and changes so far.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.draws import U32, bits64
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
    pair_of,
)


@folded
def begin_life(life, household, state):
    """Write the first chapter of a household; returns the day it ends. state : int64[STATE]."""
    h = np.uint64(household)
    kind = life.people.kind[household]
    home = np.int64(life.people.home[household])
    state[0], state[1], state[2] = home, NEVER, 0
    moves = (bits64(life.keys[K_MOVER], h, np.uint64(0)) >> U32) < life.below[0] or home == life.places.elsewhere
    if life.kinds.about[kind] == RESIDENT and moves:
        state[1] = life.changes.move_gap[bits64(life.keys[K_MOVE], h, np.uint64(0)) & np.uint64(1023)]
    first = life.people.first_vehicle[household]
    for car in range(life.people.first_vehicle[household + 1] - first):
        at = 3 + 3 * car
        state[at], state[at + 1], state[at + 2] = home, NEVER, 0
        if car < life.kinds.workers[kind]:
            v = np.uint64(first + car)
            pick = bits64(life.keys[K_JOB], v, np.uint64(0)) & NINE_BITS
            state[at] = np.int64(life.places.destinations[P_WORK, life.places.zone_hub[home], pick])
            state[at + 1] = life.changes.job_gap[bits64(life.keys[K_JOB_GAP], v, np.uint64(0)) & np.uint64(1023)]
    return next_change(state, life.people.first_vehicle[household + 1] - first)


@folded
def next_change(state, cars):
    """Return the end of the chapter: the first day of the next."""
    when = state[1]
    for car in range(cars):
        when = min(when, state[4 + 3 * car])
    return when


@leaf
def advance_life(life, household, day, state):
    """Apply every move and change of job up to a day; returns the day the chapter ends."""
    first = life.people.first_vehicle[household]
    cars = life.people.first_vehicle[household + 1] - first
    while True:
        event, when = -1, state[1]
        for car in range(cars):
            if state[4 + 3 * car] < when:
                event, when = car, state[4 + 3 * car]
        if when > day:
            return when
        if event < 0:
            _move(life, household, state)
            state[1] += life.changes.move_gap[
                bits64(life.keys[K_MOVE], np.uint64(household), np.uint64(state[2])) & np.uint64(1023)
            ]
        else:
            at, v = 3 + 3 * event, np.uint64(first + event)
            _change_job(life, v, at, state)
            gap = bits64(life.keys[K_JOB_GAP], v, np.uint64(state[at + 2])) & np.uint64(1023)
            state[at + 1] += life.changes.job_gap[gap]


@leaf
def _move(life, household, state):
    """Draw a new home, near the first worker's job or far away, and new jobs for commutes beyond the budget."""
    state[2] += 1
    places = life.places
    w = bits64(life.keys[K_HOME], np.uint64(household), np.uint64(state[2]))
    pick = w & NINE_BITS
    workers = np.int64(life.kinds.workers[life.people.kind[household]])
    far = state[0] == places.elsewhere or (w >> U32) < life.below[6]
    if far:
        beyond = len(life.changes.far_hub) - 1
        row = beyond if state[0] == places.elsewhere else np.int64(places.part[places.zone_hub[state[0]]])
        hub = life.changes.far_hub[row, (w >> np.uint64(9)) & TWELVE_BITS]
        state[0] = np.int64(places.destinations[P_VISIT, hub, pick]) if hub >= 0 else places.elsewhere
    elif workers > 0:
        state[0] = np.int64(life.places.destinations[P_HOME, life.places.zone_hub[state[3]], pick])
    else:
        state[0] = np.int64(life.places.destinations[P_VISIT, life.places.zone_hub[state[0]], pick])
    for car in range(workers):
        at = 3 + 3 * car
        if state[0] != places.elsewhere and (far or not reachable(life, state[0], state[at], places.reach_work_ds)):
            _change_job(life, np.uint64(life.people.first_vehicle[household] + car), at, state)


@leaf
def _change_job(life, v, at, state):
    """Draw a new job near home."""
    state[at + 2] += 1
    pick = bits64(life.keys[K_JOB], v, np.uint64(state[at + 2])) & NINE_BITS
    state[at] = np.int64(life.places.destinations[P_WORK, life.places.zone_hub[state[0]], pick])


@folded
def reachable(life, zone, other, within_ds):
    """Return whether the quickest routes between two zones, each way at free flow, take at most `within_ds`."""
    if within_ds == NEVER:
        return True
    a, b = life.places.zone_hub[zone], life.places.zone_hub[other]
    if life.places.part[a] != life.places.part[b]:  # no way joins them
        return False
    return max(quickest_ds(life, a, b), quickest_ds(life, b, a)) <= within_ds


@folded
def quickest_ds(life, from_hub, to_hub):
    """Return the free-flow time of the quickest route between two hubs of one part, in tenths of a second."""
    pair = pair_of(life, from_hub, to_hub)
    return np.int64(life.roads.fast_ds[pair, 0]) + np.int64(life.roads.slow_ds[pair, 0])


@folded
def works_far(life, household, car, state):
    """Return whether a car's worker has a job beyond the travel-time budget of errands."""
    if car >= life.kinds.workers[life.people.kind[household]] or state[0] == life.places.elsewhere:
        return False
    return not reachable(life, state[0], state[3 + 3 * car], life.places.reach_ds)


@folded
def group_of(life, household, home):
    """Return the group a household meets with while it lives in a zone, or -1."""
    w = bits64(life.keys[K_GROUP], np.uint64(household), np.uint64(0))
    if life.kinds.about[life.people.kind[household]] == RESIDENT and (w >> U32) < life.below[3]:
        group = np.int64(life.groups.row[life.places.zone_hub[home], w & np.uint64(63)])
        if reachable(life, home, np.int64(life.groups.zone[group]), life.places.reach_ds):
            return group
    return np.int64(-1)


@folded
def shift_of(life, household, car, state):
    """Return a worker's start after 08:00, in seconds; 0 for cars without a commuter.

    Late enough for the slowest commute to begin within the day.
    """
    if car >= life.kinds.workers[life.people.kind[household]] or state[0] == life.places.elsewhere:
        return np.int64(0)
    vehicle = np.uint64(life.people.first_vehicle[household] + car)
    w = bits64(life.keys[K_SHIFT], vehicle, np.uint64(state[5 + 3 * car]))
    shift = np.int64(life.diary.shift[w & np.uint64(255)])
    a, b = life.places.zone_hub[state[0]], life.places.zone_hub[state[3 + 3 * car]]
    return max(shift, (quickest_ds(life, a, b) * life.roads.slowest >> 16) + life.roads.slowest_s - WORK_ANCHOR_S)
