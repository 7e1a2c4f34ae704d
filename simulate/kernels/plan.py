"""The plan of a car's days, made alone from keyed words; `travel/days.py` is its readable form.

Seconds count from the scenario's first midnight, or within a day from 04:00. Entities
are household and vehicle numbers; every word is drawn under a key of its own. Days are
planned in stretches of at most a block of 64, within which home and jobs stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.durations import DAY_START_S
from simulate.kernels.leaf import folded, inlined, leaf
from simulate.kernels.words import LOW32, U32, branch, mix, stem, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

(
    K_DAY, K_CAR, K_PLACE, K_MOVER, K_MOVE, K_HOME, K_JOB, K_JOB_GAP, K_SHIFT, K_SPELL, K_GROUP, K_ATTEND, K_EVENT,
    K_VISIT, K_READ, K_SCAN, K_PARK,
) = range(17)  # fmt: skip
KEY_NAMES = (
    "day", "car", "place", "mover", "move", "home", "job", "job.gap", "shift", "spell", "group", "attend", "event",
    "visit", "read", "scan", "park",
)  # fmt: skip
"""Stream names, in the order of the keys."""
T_IDLE, T_AWAY, T_DEPART, T_RETURN = range(4)
P_HOME, P_WORK, P_VISIT, P_GROUP, P_OUTSIDE = 0, 1, 6, 9, 10
HOME_SLOT, WORK_SLOT, GROUP_SLOT, NEW_SLOT, OUTSIDE_SLOT, N_SLOTS = 0, 1, 20, 21, 24, 25
"""Places a household drives to: about 25 are familiar at any time (Alessandretti et al. 2018)."""
NEW_SLOTS = 3
"""Slots of unfamiliar places, from NEW_SLOT on: shops, leisure, and anywhere for visitors to the city."""
BLOCK_DAYS = 64
ERA_DAYS, ERAS = 16, 4
"""Unfamiliar places change every sixteen days, four times in a block."""
N_PLACES = N_SLOTS + NEW_SLOTS * ERAS
"""Zones of the slots, then those of the unfamiliar slots in each of a block's eras."""
MAX_LEGS, MAX_STOPS, MAX_CARS = 6, 5, 3
STATE = 12
"""Length of a life's state: home, next move, moves; then job, next change, changes per car."""
NEVER = 2**31 - 1
RESIDENT, ONE_DAY, WORKDAYS = 0, 1, 2
"""On which days of a week a car is about: all, one of a visitor's week, or its working days."""
JITTER = np.uint64(0xA5A5A5A5A5A5A5A5)
ALL_DAYS = np.uint64(0xFFFFFFFFFFFFFFFF)
NINE_BITS, TWELVE_BITS = np.uint64(511), np.uint64(4095)


class Life(NamedTuple):
    """Everything a plan looks up; h hubs, z zones, t templates, k kinds of household."""

    key: NDArray[np.uint64]  # one per stream
    kind: NDArray[np.uint8]  # [households]
    home: NDArray[np.uint32]  # [households] zone
    first_vehicle: NDArray[np.int64]  # [households + 1]
    household: NDArray[np.uint32]  # [vehicles]
    workers: NDArray[np.uint8]  # [k]
    about: NDArray[np.uint8]  # [k] RESIDENT, ONE_DAY or WORKDAYS
    comes_below: NDArray[np.uint64]  # [k] threshold of a visitor's week
    move_gap: NDArray[np.int32]  # [1024] days
    job_gap: NDArray[np.int32]  # [1024] days
    choice: NDArray[np.uint32]  # [purposes, h, 512] zone
    zone_hub: NDArray[np.int32]  # [z]
    slot_of: NDArray[np.uint8]  # [purposes, 256]
    slot_purpose: NDArray[np.uint8]  # [slots]
    shift: NDArray[np.int32]  # [256] seconds
    pattern: NDArray[np.uint8]  # [k x MAX_CARS, kinds of day x 1024] template
    day_row: NDArray[np.uint32]  # [days] 1024 times the kind of day
    workday: NDArray[np.uint8]  # [days] 1 where workers work
    first_weekday: int
    span: NDArray[np.uint8]  # [16, 2] first and last weekday of a spell
    group_row: NDArray[np.uint32]  # [h, 64] groups that people of a hub may join
    group_zone: NDArray[np.uint32]  # [groups]
    group_weekday: NDArray[np.uint8]  # [groups]
    group_offset: NDArray[np.int32]  # [groups] seconds
    event_day: NDArray[np.int32]  # [events] rising
    event_zone: NDArray[np.int64]  # [days] -1 = no event
    below: NDArray[np.uint64]  # thresholds: mover, away, away or ill, in a group, attends, at an event, moves far
    n_stops: NDArray[np.uint8]  # [t]
    n_legs: NDArray[np.uint8]  # [t]
    leaves_home: NDArray[np.uint8]  # [t] 0 where the car stands at home all day
    starts_at: NDArray[np.uint8]  # [t] purpose
    purpose: NDArray[np.uint8]  # [t, stops]
    stops: NDArray[np.uint64]  # [t] the purposes, four bits each, then the slot where the day starts
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
    reach_ds: int  # longest quickest way on free roads between home and another place (`world.reach`)
    reach_work_ds: int  # the same between home and work
    far_hub: NDArray[
        np.int32
    ]  # [parts + 1, 4096] where who leaves a metro, or the world beyond, moves; -1 = off the map
    visit_zone: NDArray[np.int32]  # [parts, 4096] way into the metro visited from each; -1 = one that is not drawn
    visit_template: NDArray[np.uint8]  # [64] what a visitor of a metro does on a day
    part: NDArray[np.int16]  # [h] the metro of each hub
    elsewhere: int  # zone of those who live off the map for now, -1 = there is none


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
def fill_places(life, household, car, state, group, place):
    """Write the zones of the slots of one car for a chapter; place : int64[N_PLACES]."""
    hub = life.zone_hub[state[0]]
    key = stem(life.key[K_PLACE], np.uint64(household))
    for slot in range(2, N_SLOTS):
        pick = branch(key, np.uint64(state[2] * 32 + slot)) & NINE_BITS
        place[slot] = life.choice[life.slot_purpose[slot], hub, pick]
    place[HOME_SLOT] = state[0]
    place[WORK_SLOT] = state[3 + 3 * car]
    place[GROUP_SLOT] = np.int64(life.group_zone[group]) if group >= 0 else state[0]


@folded
def fill_new_places(life, household, state, day, place):
    """Write the unfamiliar zones of the eras of a day's block; place : int64[N_PLACES]."""
    hub = life.zone_hub[state[0]]
    key = stem(life.key[K_PLACE], np.uint64(household))
    first_era = day // BLOCK_DAYS * ERAS
    for new in range(NEW_SLOTS):
        slot = NEW_SLOT + new
        for era in range(ERAS):
            version = np.uint64(state[2] * 32 + slot) + (np.uint64(first_era + era + 1) << U32)
            place[N_SLOTS + ERAS * new + era] = life.choice[
                life.slot_purpose[slot], hub, branch(key, version) & NINE_BITS
            ]


@inlined
def zone_on(life, place, slot, day, group):
    """Return the zone that a slot stands for on a day of the block that `place` was filled for."""
    zone = place[slot]
    if NEW_SLOT <= slot < NEW_SLOT + NEW_SLOTS:
        zone = place[N_SLOTS + ERAS * (slot - NEW_SLOT) + day // ERA_DAYS % ERAS]
    elif slot == GROUP_SLOT and not meets_on(life, group, day) and life.event_zone[day] >= 0:
        zone = life.event_zone[day]
    return zone


@inlined
def meets_on(life, group, day):
    """Tell whether a group has its weekday on a day."""
    return group >= 0 and (life.first_weekday + day) % 7 == life.group_weekday[group]


@folded
def fill_templates(life, household, car, state, group, first, last, template):
    """Write the template of each day of first..last for one car; template : uint8[last - first].

    The household's pattern, unless a spell, a meeting or an event says otherwise. Returns
    the days of the block on which the car may be on the map, a bit each.
    """
    kind = np.int64(life.kind[household])
    if state[0] == life.elsewhere:
        for i in range(last - first):
            template[i] = T_IDLE
        return np.uint64(0)
    if life.about[kind] != RESIDENT:
        return _fill_visits(life, household, kind, first, last, template)
    key = stem(life.key[K_DAY], np.uint64(household))
    row = kind * MAX_CARS + car
    for i in range(last - first):
        pick = branch(key, np.uint64(first + i)) & np.uint64(1023)
        template[i] = life.pattern[row, np.uint64(life.day_row[first + i]) + pick]
    if car == 0:
        _attend(life, household, state, group, first, last, template)
    _stay_away(life, household, car, first, last, template)
    return ALL_DAYS >> np.uint64(BLOCK_DAYS - (last - first)) << np.uint64(first % BLOCK_DAYS)


@folded
def _fill_visits(life, household, kind, first, last, template):
    """Plan a visitor's days, at home beyond the map but for the weeks when it comes; returns the days it comes."""
    about = np.uint64(0)
    for i in range(last - first):
        template[i] = T_IDLE
    weeks, days = stem(life.key[K_VISIT], np.uint64(household)), stem(life.key[K_DAY], np.uint64(household))
    for week in range((life.first_weekday + first) // 7, (life.first_weekday + last - 1) // 7 + 1):
        comes = branch(weeks, np.uint64(week))
        if (comes >> U32) >= life.comes_below[kind]:
            continue
        monday = week * 7 - life.first_weekday
        begin, end = monday, monday + 7
        if life.about[kind] == ONE_DAY:
            begin = monday + np.int64((comes & LOW32) % np.uint64(7))
            end = begin + 1
        for day in range(max(begin, first), min(end, last)):
            if life.about[kind] == ONE_DAY or life.workday[day] == 1:
                pick = branch(days, np.uint64(day)) & np.uint64(1023)
                template[day - first] = life.pattern[kind * MAX_CARS, np.uint64(life.day_row[day]) + pick]
                about |= np.uint64(1) << np.uint64(day % BLOCK_DAYS)
    return about


@folded
def _attend(life, household, state, group, first, last, template):
    """Send the first car to its group's weekly meeting, and to events within reach on other evenings."""
    if group >= 0:
        key = stem(life.key[K_ATTEND], np.uint64(household))
        for week in range((life.first_weekday + first) // 7, (life.first_weekday + last - 1) // 7 + 1):
            day = week * 7 - life.first_weekday + np.int64(life.group_weekday[group])
            if first <= day < last and (branch(key, np.uint64(week)) >> U32) < life.below[4]:
                template[day - first] = life.with_group[template[day - first]]
    i = np.searchsorted(life.event_day, first)
    while i < len(life.event_day) and life.event_day[i] < last:
        day = np.int64(life.event_day[i])
        goes = (word(life.key[K_EVENT], np.uint64(household), np.uint64(day)) >> U32) < life.below[5]
        if goes and not meets_on(life, group, day) and reachable(life, state[0], life.event_zone[day], life.reach_ds):
            template[day - first] = life.with_group[template[day - first]]
        i += 1


@folded
def _stay_away(life, household, car, first, last, template):
    """Let spells of travel or illness replace what was planned."""
    key = stem(life.key[K_SPELL], np.uint64(household))
    for week in range((life.first_weekday + first) // 7, (life.first_weekday + last - 1) // 7 + 1):
        spell = branch(key, np.uint64(week))
        if (spell >> U32) >= life.below[2]:
            continue
        begins, ends = _spell_days(life, spell, week)
        for day in range(max(begins, first), min(ends + 1, last)):
            if car > 0 or (spell >> U32) >= life.below[1]:
                template[day - first] = T_IDLE
            elif day == begins:
                template[day - first] = T_DEPART
            else:
                template[day - first] = T_RETURN if day == ends else T_AWAY


@folded
def next_visit(life, household, car, state, week, last):
    """Find the first week from one on, before day `last`, whose spell leads to a metro of the map.

    Returns the week and the way into that metro, (-1, -1) if there is none.
    """
    nowhere = np.int64(-1), np.int64(-1)
    if life.visit_zone.shape[1] == 0 or car > 0 or life.about[life.kind[household]] != RESIDENT:
        return nowhere
    while state[0] != life.elsewhere and week * 7 - life.first_weekday < last:
        spell = word(life.key[K_SPELL], np.uint64(household), np.uint64(week))
        way_in = life.visit_zone[life.part[life.zone_hub[state[0]]], (spell >> np.uint64(4)) & TWELVE_BITS]
        if (spell >> U32) < life.below[1] and way_in >= 0:
            return np.int64(week), np.int64(way_in)
        week += 1
    return nowhere


@folded
def fill_visit(life, household, week, first, last, template):
    """Plan the whole days of a spell in another metro as a visitor's; returns these days of the block, a bit each."""
    about, key = np.uint64(0), stem(life.key[K_DAY], np.uint64(household))
    begins, ends = _spell_days(life, word(life.key[K_SPELL], np.uint64(household), np.uint64(week)), week)
    for i in range(last - first):
        template[i] = T_IDLE
    for day in range(max(begins + 1, first), min(ends, last)):
        template[day - first] = life.visit_template[branch(key, np.uint64(day)) >> np.uint64(10) & np.uint64(63)]
        about |= np.uint64(1) << np.uint64(day % BLOCK_DAYS)
    return about


@inlined
def _spell_days(life, spell, week):
    """Return the first and the last day of a week's spell."""
    monday, span = week * 7 - life.first_weekday, spell & np.uint64(15)
    return monday + np.int64(life.span[span, 0]), monday + np.int64(life.span[span, 1])


@inlined
def car_word(life, vehicle, day):
    """Return the word that picks a car's places, delays and routes on a day."""
    return word(life.key[K_CAR], np.uint64(vehicle), np.uint64(day))


@inlined
def fill_day(life, w, template, shift, day, group, slot, at):
    """Write the slots a car passes through and its anchors, from the day's word.

    slot : int64[MAX_LEGS + 1], start, stops, home; at : int64[MAX_LEGS], arrival at each
    stop, then leaving the last one; seconds after the day's 04:00.
    """
    late = mix(w ^ JITTER)
    slot[0] = slot_at(life, w, template, 0)
    for i in range(np.int64(life.n_stops[template]) + 1):
        slot[i + 1] = slot_at(life, w, template, i + 1)
        at[i] = anchor(life, late, template, i, shift, day, group)


@inlined
def slot_at(life, w, template, stay):
    """Return the slot of a stay: where the day starts, its stops, then home."""
    if stay == 0:
        return np.int64(OUTSIDE_SLOT if life.starts_at[template] == P_OUTSIDE else HOME_SLOT)
    if stay > life.n_stops[template]:
        return np.int64(HOME_SLOT)
    return np.int64(life.slot_of[life.purpose[template, stay - 1], (w >> np.uint64(8 * (stay - 1))) & np.uint64(255)])


@inlined
def anchor(life, late, template, i, shift, day, group):
    """Return when a car comes to stop i, or leaves the last one, in seconds after 04:00.

    An event keeps its anchor; a group that meets has an hour of its own.
    """
    jitter = np.int64((late >> np.uint64(10 * i)) & np.uint64(1023)) * life.jitter_s[template] >> 10
    at = life.anchor_s[template, i] + life.shifts[template, i] * shift + jitter
    if i < life.n_stops[template] and life.purpose[template, i] == P_GROUP and meets_on(life, group, day):
        at += life.group_offset[group]
    return at


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
def trip_s(life, from_hub, alternative, to_hub, hour):
    """Return seconds from parking place to parking place."""
    fast_ds, slow_ds = life.fast_ds[from_hub, alternative, to_hub], life.slow_ds[from_hub, alternative, to_hub]
    return drive_s(life, fast_ds, slow_ds, hour) + 2 * life.access_s


@folded
def shift_of(life, household, car, state):
    """Return how much later than 08:00 a worker starts; 0 for cars without a commuter."""
    if car >= life.workers[life.kind[household]]:
        return np.int64(0)
    vehicle = np.uint64(life.first_vehicle[household] + car)
    return np.int64(life.shift[word(life.key[K_SHIFT], vehicle, np.uint64(state[5 + 3 * car])) & np.uint64(255)])
