"""The plan of a car's days, made alone from keyed words; `travel/days.py` is its readable form.

Seconds count from the scenario's first midnight, or within a day from 04:00. Entities
are household and vehicle numbers; every word is drawn under a key of its own. Days are
planned in stretches of at most a block of 64, within which home and jobs stay the same.
"""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_START_S
from simulate.kernels.leaf import folded, inlined
from simulate.kernels.words import U32, branch, mix, stem, word

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
HOME_SLOT, WORK_SLOT, GROUP_SLOT, NEW_SLOT, OUTSIDE_SLOT, LUNCH_SLOT, TRIP_SLOT, N_SLOTS = 0, 1, 20, 21, 25, 26, 27, 28
"""Places a household drives to: about 25 are familiar at any time (Alessandretti et al. 2018)."""
NEW_SLOTS = 4
"""Slots of unfamiliar places, from NEW_SLOT on: shops, leisure, anywhere for visitors to the city, and days out."""
BLOCK_DAYS = 64
ERA_DAYS, ERAS = 16, 4
"""Unfamiliar places change every sixteen days, four times in a block."""
N_PLACES = N_SLOTS + NEW_SLOTS * ERAS
"""Zones of the slots, then those of the unfamiliar slots in each of a block's eras."""
MAX_LEGS, MAX_STOPS, MAX_CARS = 6, 5, 3
WORK_ANCHOR_S = 4 * 3600
"""When the first of a worker's shifts begins that is neither early nor late: 08:00, in seconds after 04:00."""
STAYS = 8
"""Places for the stays of a template in a table of all, of which MAX_LEGS + 1 are used."""
STATE = 12
"""Length of a life's state: home, next move, moves; then job, next change, changes per car."""
NEVER = 2**31 - 1
RESIDENT, ONE_DAY, WORKDAYS = 0, 1, 2
"""On which days of a week a car is about: all, one of a visitor's week, or its working days."""
JITTER = np.uint64(0xA5A5A5A5A5A5A5A5)
NINE_BITS, TWELVE_BITS = np.uint64(511), np.uint64(4095)


@folded
def fill_places(life, household, car, state, group, place):
    """Write the zones of the slots of one car for a chapter; place : int64[N_PLACES]."""
    hub = life.places.zone_hub[state[0]]
    key = stem(life.keys[K_PLACE], np.uint64(household))
    for slot in range(2, N_SLOTS):
        near = life.places.zone_hub[state[3 + 3 * car]] if slot == LUNCH_SLOT else hub
        pick = branch(key, np.uint64(state[2] * 32 + slot)) & NINE_BITS
        place[slot] = life.places.choice[life.places.slot_purpose[slot], near, pick]
    place[HOME_SLOT] = state[0]
    place[WORK_SLOT] = state[3 + 3 * car]
    place[GROUP_SLOT] = np.int64(life.groups.zone[group]) if group >= 0 else state[0]


@folded
def fill_new_places(life, household, state, block, words, place):
    """Write the unfamiliar zones of the eras of a block; words : uint64[n], to work in; place : int64[N_PLACES]."""
    hub = life.places.zone_hub[state[0]]
    key = stem(life.keys[K_PLACE], np.uint64(household))
    for i in range(NEW_SLOTS * ERAS):
        version = np.uint64(state[2] * 32 + NEW_SLOT + i // ERAS) + (np.uint64(block * ERAS + i % ERAS + 1) << U32)
        words[i] = branch(key, version)
    for i in range(NEW_SLOTS * ERAS):
        purpose = life.places.slot_purpose[NEW_SLOT + i // ERAS]
        place[N_SLOTS + i] = life.places.choice[purpose, hub, words[i] & NINE_BITS]


@inlined
def zone_on(life, place, slot, day, group):
    """Return the zone that a slot stands for on a day of the block that `place` was filled for."""
    zone = place[slot]
    if NEW_SLOT <= slot < NEW_SLOT + NEW_SLOTS:
        zone = place[N_SLOTS + ERAS * (slot - NEW_SLOT) + day // ERA_DAYS % ERAS]
    elif slot == GROUP_SLOT and not meets_on(life, group, day) and life.calendar.event_zone[day] >= 0:
        zone = life.calendar.event_zone[day]
    return zone


@inlined
def meets_on(life, group, day):
    """Tell whether a group has its weekday on a day."""
    return group >= 0 and (life.calendar.first_weekday + day) % 7 == life.groups.weekday[group]


@inlined
def car_word(life, vehicle, day):
    """Return the word that picks a car's places, delays and routes on a day."""
    return word(life.keys[K_CAR], np.uint64(vehicle), np.uint64(day))


@inlined
def fill_day(life, w, template, shift, day, group, slot, at):
    """Write the slots a car passes through and its anchors, from the day's word.

    slot : int64[MAX_LEGS + 1], start, stops, home; at : int64[MAX_LEGS], arrival at each
    stop, then leaving the last one; seconds after the day's 04:00.
    """
    late = mix(w ^ JITTER)
    slot[0] = slot_at(life, w, template, 0)
    for i in range(np.int64(life.diary.n_stops[template]) + 1):
        slot[i + 1] = slot_at(life, w, template, i + 1)
        at[i] = anchor(life, late, template, i, shift, day, group)


@inlined
def slot_at(life, w, template, stay):
    """Return the slot of a stay: where the day starts, its stops, then home."""
    if stay == 0:
        return np.int64(OUTSIDE_SLOT if life.diary.starts_at[template] == P_OUTSIDE else HOME_SLOT)
    if stay > life.diary.n_stops[template]:
        return np.int64(HOME_SLOT)
    pick = (w >> np.uint64(8 * (stay - 1))) & np.uint64(255)
    return np.int64(life.places.slot_of[life.diary.purpose[template, stay - 1], pick])


@inlined
def anchor(life, late, template, i, shift, day, group):
    """Return when a car comes to stop i, or leaves the last one, in seconds after 04:00.

    An event keeps its anchor; a group that meets has an hour of its own.
    """
    jitter = np.int64((late >> np.uint64(10 * i)) & np.uint64(1023)) * life.diary.jitter_s[template] >> 10
    at = life.diary.anchor_s[template, i] + life.diary.shifts[template, i] * shift + jitter
    if i < life.diary.n_stops[template] and life.diary.purpose[template, i] == P_GROUP and meets_on(life, group, day):
        at += life.groups.offset_s[group]
    return at


@inlined
def hour_of(second):
    """Return the clock hour of a second after 04:00."""
    return np.int64(np.uint64(second + DAY_START_S) // np.uint64(3600) % np.uint64(24))


@inlined
def alternative_of(life, w, leg, hour):
    """Pick the route alternative of one leg."""
    return life.roads.alternative[hour, (w >> np.uint64(40 + 4 * leg)) & np.uint64(15)]


@inlined
def drive_s(life, fast_ds, slow_ds, hour):
    """Return seconds of driving in the traffic of an hour."""
    return (np.int64(fast_ds) * life.roads.hour_fast[hour] + np.int64(slow_ds) * life.roads.hour_slow[hour]) >> 16


@inlined
def pair_of(life, from_hub, to_hub):
    """Return the entry of two hubs of one part of the map in tables of pairs."""
    return life.roads.row[from_hub] + to_hub


@inlined
def trip_s(life, from_hub, alternative, to_hub, hour):
    """Return seconds from parking place to parking place."""
    roads, pair = life.roads, pair_of(life, from_hub, to_hub)
    fast_ds, slow_ds = roads.fast_ds[pair, alternative], roads.slow_ds[pair, alternative]
    return drive_s(life, fast_ds, slow_ds, hour) + 2 * roads.access_s
