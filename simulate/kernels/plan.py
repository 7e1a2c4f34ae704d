"""The plan of a car's days, made alone from keyed words; `travel/days.py` is its readable form.

Seconds count from the scenario's first midnight, or within a day from 04:00. Entities
are household and vehicle numbers; every word is drawn under a key of its own. Days are
planned in stretches of at most a block of 64, within which home and jobs stay the same.
"""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_START_S
from simulate.kernels.draws import U32, bits64, branch, mix, stem
from simulate.kernels.leaf import folded, inlined

(
    K_DAY, K_CAR, K_PLACE, K_MOVER, K_MOVE, K_HOME, K_JOB, K_JOB_GAP, K_SHIFT, K_SPELL, K_GROUP, K_ATTEND, K_EVENT,
    K_VISIT, K_READ, K_SCAN, K_PARK, K_ROUTE, K_LEGIBLE, K_HABIT, K_DRIVER,
) = range(21)  # fmt: skip
KEY_NAMES = (
    "day", "car", "place", "mover", "move", "home", "job", "job.gap", "shift", "spell", "group", "attend", "event",
    "visit", "read", "scan", "park", "route", "legible", "habit", "driver",
)  # fmt: skip
"""Stream names, in the order of the keys."""
T_IDLE, T_AWAY, T_DEPART, T_RETURN = range(4)
P_HOME, P_WORK, P_VISIT, P_GROUP, P_OUTSIDE = 0, 1, 6, 9, 10
HOME_SLOT, WORK_SLOT, GROUP_SLOT, OUTSIDE_SLOT, LUNCH_SLOT, TRIP_SLOT, N_SLOTS = 0, 1, 20, 21, 22, 23, 24
"""Places a household drives to: about 25 are familiar at any time (Alessandretti et al. 2018)."""
NEW_SLOT, ALL_SLOTS = 32, 48
"""Slots from NEW_SLOT on are places of one stop alone, NEW_SLOT + purpose: no other slot has this bit."""
NEW_BITS = np.uint64(0x0020_2020_2020_2020)
"""The bit of a new place in each of the eight-bit slots of a day."""
BLOCK_DAYS = 64
EXPLORES, N_PLACES = N_SLOTS, N_SLOTS + 1
"""Index, after the zones of the slots, of the car's class of explorers."""
BUSY, REGULAR, RANGES, HIDES = range(4)
"""Traits of a household: frequency, regularity and range of driving, and parking out of view."""
EXPLORER, PARKER = range(2)
"""Traits of a car's driver: frequency of new places, and parking out of view away from home."""
CIRCLE_BITS, QUANTILE_BITS, EXPLORER_BITS = 21, 20, 4
"""A circle of traits folded in two gives quantiles (`lean`); sixteen classes of explorers."""
MAX_LEGS, MAX_STOPS, MAX_CARS = 6, 5, 3
WORK_ANCHOR_S = 4 * 3600
"""Start of a worker's shift neither early nor late: 08:00, in seconds after 04:00."""
STAYS = 8
"""Entries for the stays of a template in a table of all; MAX_LEGS + 1 of them are used."""
STATE = 12
"""Length of a life's state: home, next move, moves; then job, next change, changes per car."""
NEVER = 2**31 - 1
RESIDENT, ONE_DAY, WORKDAYS = 0, 1, 2
"""Days of a week with a car on the map: all, one of a visitor's week, or its working days."""
JITTER, FRESH = np.uint64(0xA5A5A5A5A5A5A5A5), np.uint64(0x5DEECE66D1234567)
CIRCLE, TO_CIRCLE = np.uint64((1 << CIRCLE_BITS) - 1), np.uint64(64 - CIRCLE_BITS)
PICK, DAY_OF, TO_WORD = np.uint64(QUANTILE_BITS - 9), np.uint64(QUANTILE_BITS - 10), np.uint64(32 - QUANTILE_BITS)
"""Shifts from a quantile to an entry of a row of places, to one of days, and to a 32-bit word."""
NINE_BITS, TWELVE_BITS = np.uint64(511), np.uint64(4095)


@inlined
def lean(trait, share, width):
    """Return a quantile, QUANTILE_BITS long, as near to that of a trait as its width prescribes.

    trait : uint64, a place on a circle; share : uint64 below 2^32, the draw; width : uint64, the
    arc of its spread. The circle is folded in two, so over all traits each quantile is equally
    likely for any width; over the full circle the trait has no effect.
    """
    at = (trait + (share * width >> U32)) & CIRCLE
    return min(at, CIRCLE - at)


@inlined
def household_trait(life, household, trait):
    """Return a household's lifelong place on the circle of a trait."""
    return bits64(life.keys[K_HABIT], np.uint64(household), np.uint64(trait)) >> TO_CIRCLE


@inlined
def driver_trait(life, vehicle, trait):
    """Return the lifelong place of a car's driver on the circle of a trait."""
    return bits64(life.keys[K_DRIVER], np.uint64(vehicle), np.uint64(trait)) >> TO_CIRCLE


@inlined
def explorer_of(life, vehicle):
    """Return the class of a car by its frequency of new places."""
    return np.int64(driver_trait(life, vehicle, EXPLORER) >> np.uint64(CIRCLE_BITS - EXPLORER_BITS))


@folded
def fill_places(life, household, car, state, group, place):
    """Write the zones of a car's slots for a chapter, and its class of explorers; place : int64[N_PLACES]."""
    hub = life.places.zone_hub[state[0]]
    key, ranges = stem(life.keys[K_PLACE], np.uint64(household)), household_trait(life, household, RANGES)
    for slot in range(2, N_SLOTS):
        near = life.places.zone_hub[state[3 + 3 * car]] if slot == LUNCH_SLOT else hub
        share = branch(key, np.uint64(state[2] * 32 + slot)) >> U32
        pick = lean(ranges, share, np.uint64(life.habits.range_width)) >> PICK
        place[slot] = life.places.destinations[life.places.slot_purpose[slot], near, pick]
    place[HOME_SLOT] = state[0]
    place[WORK_SLOT] = state[3 + 3 * car]
    place[GROUP_SLOT] = np.int64(life.groups.zone[group]) if group >= 0 else state[0]
    place[EXPLORES] = explorer_of(life, life.people.first_vehicle[household] + car)


@inlined
def new_zone(life, place, w, stay, slot):
    """Return the new place of one stop, drawn for this stop alone from the day's bits, over the full range."""
    pick = mix(w ^ FRESH) >> np.uint64(9 * (np.int64(stay) - 1)) & NINE_BITS
    return np.int64(life.places.destinations[slot - NEW_SLOT, life.places.zone_hub[place[HOME_SLOT]], pick])


@inlined
def zone_on(life, place, w, stay, slot, day, group):
    """Return the zone of a slot at one stay of a day, from the day's bits."""
    if slot >= NEW_SLOT:
        return new_zone(life, place, w, stay, slot)
    if slot == GROUP_SLOT and not meets_on(life, group, day) and life.calendar.event_zone[day] >= 0:
        return life.calendar.event_zone[day]
    return place[slot]


@inlined
def meets_on(life, group, day):
    """Return whether a group meets on a day."""
    return group >= 0 and (life.calendar.first_weekday + day) % 7 == life.groups.weekday[group]


@inlined
def car_word(life, vehicle, day):
    """Return the random bits behind a car's places, delays and trips on a day."""
    return bits64(life.keys[K_CAR], np.uint64(vehicle), np.uint64(day))


@inlined
def fill_day(life, explores, w, template, shift, day, group, slot, at):
    """Write the slots a car passes through and its anchors, from the day's word.

    slot : int64[MAX_LEGS + 1], start, stops, home; at : int64[MAX_LEGS], arrival at each
    stop, then leaving the last one; seconds after the day's 04:00.
    """
    late = mix(w ^ JITTER)
    slot[0] = slot_at(life, explores, w, template, 0)
    for i in range(np.int64(life.diary.n_stops[template]) + 1):
        slot[i + 1] = slot_at(life, explores, w, template, i + 1)
        at[i] = anchor(life, late, template, i, shift, day, group)


@inlined
def slot_at(life, explores, w, template, stay):
    """Return the slot of a stay: the start of the day, its stops, then home."""
    if stay == 0:
        return np.int64(OUTSIDE_SLOT if life.diary.starts_at[template] == P_OUTSIDE else HOME_SLOT)
    if stay > life.diary.n_stops[template]:
        return np.int64(HOME_SLOT)
    pick = (w >> np.uint64(8 * (stay - 1))) & np.uint64(255)
    return np.int64(life.places.slot_of[explores, life.diary.purpose[template, stay - 1], pick])


@inlined
def anchor(life, late, template, i, shift, day, group):
    """Return the arrival of a car at stop i, or its departure from the last one, in seconds after 04:00.

    An event keeps its anchor; a group's meeting has an hour of its own.
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
def pair_of(life, from_hub, to_hub):
    """Return the entry of two hubs of one part of the map in tables of pairs."""
    return life.roads.row[from_hub] + to_hub
