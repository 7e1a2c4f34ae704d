"""The plan of a car's day, made alone from keyed words; `travel/days.py` is its readable form.

Seconds count from the scenario's first midnight, or within a day from 04:00. Entities
are household and vehicle numbers; every word is drawn under a key of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.leaf import inlined, leaf
from simulate.kernels.words import mix, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

K_DAY, K_CAR, K_PLACE, K_MOVER, K_MOVE, K_HOME, K_JOB, K_JOB_GAP, K_SHIFT, K_SPELL, K_GROUP, K_ATTEND, K_READ = range(
    13
)
KEY_NAMES = (
    "day", "car", "place", "mover", "move", "home", "job", "job.gap", "shift", "spell", "group", "attend", "read",
)  # fmt: skip
"""Stream names, in the order of the keys."""
T_IDLE, T_AWAY, T_DEPART, T_RETURN = range(4)
P_HOME, P_WORK, P_VISIT, P_GROUP, P_OUTSIDE = 0, 1, 6, 9, 10
HOME_SLOT, WORK_SLOT, GROUP_SLOT, NEW_SHOP_SLOT, NEW_LEISURE_SLOT, OUTSIDE_SLOT, N_SLOTS = 0, 1, 20, 21, 22, 23, 24
ERA_DAYS = 28
"""Unfamiliar places change every four weeks."""
MAX_LEGS = 6
STATE = 12
"""Length of a life's state: home, next move, moves; then job, next change, changes per car."""
DAY_S, DAY_START_S = 86_400, 4 * 3600
JITTER = np.uint64(0xA5A5A5A5A5A5A5A5)
U32 = np.uint64(32)


class Life(NamedTuple):
    """Everything a plan looks up; h hubs, z zones, t templates."""

    key: NDArray[np.uint64]  # one per stream
    kind: NDArray[np.uint8]  # [households]
    home: NDArray[np.uint32]  # [households] zone
    first_vehicle: NDArray[np.int64]  # [households + 1]
    workers: NDArray[np.uint8]  # [types]
    move_gap: NDArray[np.int32]  # [1024] days
    job_gap: NDArray[np.int32]  # [1024] days
    choice: NDArray[np.uint32]  # [purposes, h, 512] zone
    zone_hub: NDArray[np.int32]  # [z]
    slot_of: NDArray[np.uint8]  # [purposes, 256]
    slot_purpose: NDArray[np.uint8]  # [slots]
    shift: NDArray[np.int32]  # [256] seconds
    pattern: NDArray[np.uint8]  # [types, 3, 1024, 3] template
    day_kind: NDArray[np.uint8]  # [days]
    weekday: NDArray[np.uint8]  # [days]
    week: NDArray[np.uint32]  # [days]
    span: NDArray[np.uint8]  # [16, 2] first and last weekday of a spell
    group_zone: NDArray[np.uint32]  # [groups]
    group_weekday: NDArray[np.uint8]  # [groups]
    group_offset: NDArray[np.int32]  # [groups] seconds
    below: NDArray[np.uint64]  # thresholds of 32-bit draws: mover, away, away or ill, in a group, attends
    n_stops: NDArray[np.uint8]  # [t]
    n_legs: NDArray[np.uint8]  # [t]
    starts_at: NDArray[np.uint8]  # [t] purpose
    purpose: NDArray[np.uint8]  # [t, stops]
    anchor_s: NDArray[np.int64]  # [t, stops + 1]
    jitter_s: NDArray[np.int64]  # [t]
    shifts: NDArray[np.uint8]  # [t, stops + 1]
    with_group: NDArray[np.uint8]  # [t] template
    fast_ds: NDArray[np.uint16]  # [h, alternatives, h]
    slow_ds: NDArray[np.uint16]  # [h, alternatives, h]
    hour_fast: NDArray[np.int64]  # [24] seconds per tenth of a free second, in 65,536ths
    hour_slow: NDArray[np.int64]  # [24]
    alternative: NDArray[np.uint8]  # [24, 16]
    access_s: int


@leaf
def begin_life(life, household, state):
    """Write the first chapter of a household; returns the day it ends. state : int64[STATE]."""
    h = np.uint64(household)
    home = np.int64(life.home[household])
    state[0], state[2] = home, 0
    state[1] = np.int64(2**31 - 1)
    if (word(life.key[K_MOVER], h, np.uint64(0)) >> U32) < life.below[0]:
        state[1] = life.move_gap[word(life.key[K_MOVE], h, np.uint64(0)) & np.uint64(1023)]
    first = life.first_vehicle[household]
    for car in range(life.first_vehicle[household + 1] - first):
        at = 3 + 3 * car
        state[at], state[at + 1], state[at + 2] = home, 2**31 - 1, 0
        if car < life.workers[life.kind[household]]:
            v = np.uint64(first + car)
            pick = word(life.key[K_JOB], v, np.uint64(0)) & np.uint64(511)
            state[at] = np.int64(life.choice[P_WORK, life.zone_hub[home], pick])
            state[at + 1] = life.job_gap[word(life.key[K_JOB_GAP], v, np.uint64(0)) & np.uint64(1023)]
    return next_change(state, life.first_vehicle[household + 1] - first)


@leaf
def next_change(state, cars):
    """Return the day on which the chapter ends."""
    when = state[1]
    for car in range(cars):
        when = min(when, state[4 + 3 * car])
    return when


@leaf
def advance_life(life, household, day, state):
    """Apply every move and change of job up to a day; returns the day the chapter ends."""
    h = np.uint64(household)
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
            state[2] += 1
            pick = word(life.key[K_HOME], h, np.uint64(state[2])) & np.uint64(511)
            if life.workers[life.kind[household]] > 0:
                state[0] = np.int64(life.choice[P_HOME, life.zone_hub[state[3]], pick])
            else:
                state[0] = np.int64(life.choice[P_VISIT, life.zone_hub[state[0]], pick])
            state[1] += life.move_gap[word(life.key[K_MOVE], h, np.uint64(state[2])) & np.uint64(1023)]
        else:
            at, v = 3 + 3 * event, np.uint64(first + event)
            state[at + 2] += 1
            pick = word(life.key[K_JOB], v, np.uint64(state[at + 2])) & np.uint64(511)
            state[at] = np.int64(life.choice[P_WORK, life.zone_hub[state[0]], pick])
            state[at + 1] += life.job_gap[word(life.key[K_JOB_GAP], v, np.uint64(state[at + 2])) & np.uint64(1023)]


@leaf
def group_of(life, household):
    """Return the group a household meets with, or -1."""
    w = word(life.key[K_GROUP], np.uint64(household), np.uint64(0))
    if (w >> U32) < life.below[3]:
        return np.int64((w & np.uint64(0xFFFFFFFF)) % np.uint64(len(life.group_zone)))
    return np.int64(-1)


@leaf
def fill_places(life, household, car, state, group, era, place, hub_of):
    """Write the zone and the hub of each slot of one car; place, hub_of : int64[N_SLOTS]."""
    h = np.uint64(household)
    hub = life.zone_hub[state[0]]
    place[HOME_SLOT] = state[0]
    place[WORK_SLOT] = state[3 + 3 * car]
    for slot in range(2, N_SLOTS):
        version = np.uint64(state[2] * 32 + slot)
        if slot in (NEW_SHOP_SLOT, NEW_LEISURE_SLOT):
            version += np.uint64(era + 1) << np.uint64(32)
        pick = word(life.key[K_PLACE], h, version) & np.uint64(511)
        place[slot] = life.choice[life.slot_purpose[slot], hub, pick]
    place[GROUP_SLOT] = np.int64(life.group_zone[group]) if group >= 0 else state[0]
    for slot in range(N_SLOTS):
        hub_of[slot] = life.zone_hub[place[slot]]


@inlined
def template_of(life, household, car, day, group):
    """Pick the template of one car's day: the household's pattern, unless a spell or a meeting says otherwise."""
    h = np.uint64(household)
    week = np.uint64(life.week[day])
    weekday = life.weekday[day]
    w = word(life.key[K_DAY], h, np.uint64(day))
    template = np.int64(life.pattern[life.kind[household], life.day_kind[day], w & np.uint64(1023), car])
    spell = word(life.key[K_SPELL], h, week)
    if (spell >> U32) < life.below[2]:
        first, last = life.span[spell & np.uint64(15), 0], life.span[spell & np.uint64(15), 1]
        if first <= weekday <= last:
            if car > 0 or (spell >> U32) >= life.below[1]:
                return T_IDLE
            if weekday == first:
                return T_DEPART
            return T_RETURN if weekday == last else T_AWAY
    meets = car == 0 and group >= 0 and life.group_weekday[group] == weekday
    if meets and (word(life.key[K_ATTEND], h, week) >> U32) < life.below[4]:
        return np.int64(life.with_group[template])
    return template


@inlined
def fill_day(life, vehicle, day, template, shift, group, slot, at):
    """Write the slots a car passes through and its anchors; returns the day's word.

    slot : int64[MAX_LEGS + 1], start, stops, home; at : int64[MAX_LEGS], arrival at each
    stop, then leaving the last one; seconds after the day's 04:00.
    """
    w = word(life.key[K_CAR], np.uint64(vehicle), np.uint64(day))
    late = mix(w ^ JITTER)
    slot[0] = OUTSIDE_SLOT if life.starts_at[template] == P_OUTSIDE else HOME_SLOT
    n = life.n_stops[template]
    for i in range(n + 1):
        jitter = np.int64((late >> np.uint64(10 * i)) & np.uint64(1023)) * life.jitter_s[template] >> 10
        at[i] = life.anchor_s[template, i] + life.shifts[template, i] * shift + jitter
        if i == n:
            slot[i + 1] = HOME_SLOT
            continue
        purpose = life.purpose[template, i]
        slot[i + 1] = life.slot_of[purpose, (w >> np.uint64(8 * i)) & np.uint64(255)]
        if purpose == P_GROUP:
            at[i] += life.group_offset[group]
    return w


@inlined
def hour_of(second):
    """Return the clock hour of a second after 04:00."""
    return np.int64(np.uint64(second + DAY_START_S) // np.uint64(3600) % np.uint64(24))


@inlined
def alternative_of(life, w, leg, hour):
    """Pick the route alternative of one leg."""
    return life.alternative[hour, (w >> np.uint64(40 + 4 * leg)) & np.uint64(15)]


@inlined
def drive_s(life, fast_ds, slow_ds, hour):
    """Return seconds of driving in the traffic of an hour."""
    return (np.int64(fast_ds) * life.hour_fast[hour] + np.int64(slow_ds) * life.hour_slow[hour]) >> 16


@inlined
def start_of_leg(life, from_hub, alternative, to_hub, anchor, anchored_at_arrival, hour):
    """Return when a leg leaves its place, in seconds after 04:00."""
    if not anchored_at_arrival:
        return anchor
    driving = drive_s(
        life, life.fast_ds[from_hub, alternative, to_hub], life.slow_ds[from_hub, alternative, to_hub], hour
    )
    return anchor - driving - 2 * life.access_s


@leaf
def shift_of(life, household, car, state):
    """Return how much later than 08:00 a worker starts; 0 for cars without a commuter."""
    if car >= life.workers[life.kind[household]]:
        return np.int64(0)
    vehicle = np.uint64(life.first_vehicle[household] + car)
    return np.int64(life.shift[word(life.key[K_SHIFT], vehicle, np.uint64(state[5 + 3 * car])) & np.uint64(255)])
