"""The plan of a car's days, made alone from keyed words; `travel/days.py` is its readable form.

Seconds count from the scenario's first midnight, or within a day from 04:00. Entities
are household and vehicle numbers; every word is drawn under a key of its own. Days are
planned in stretches of at most a block of 64, within which home and jobs stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.durations import DAY_START_S
from simulate.kernels.leaf import folded, inlined
from simulate.kernels.words import U32, branch, mix, stem, word

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
    stay_hours: NDArray[np.uint32]  # [t x STAYS] first hour | last << 8 | begin shifts << 16 | end shifts << 17
    with_group: NDArray[np.uint8]  # [t] template
    far_job: NDArray[np.uint8]  # [t] template driven instead where the job is too far to come by on an errand
    fast_ds: NDArray[np.uint32]  # [h, alternatives, h]
    slow_ds: NDArray[np.uint32]  # [h, alternatives, h]
    hour_fast: NDArray[np.int64]  # [24] seconds per tenth of a free second, in 65,536ths
    hour_slow: NDArray[np.int64]  # [24]
    alternative: NDArray[np.uint8]  # [24, 16]
    access_s: int
    reach_ds: int  # longest quickest way on free roads between home and another place (`world.reach`)
    reach_work_ds: int  # the same between home and work
    slowest: int  # seconds at the slowest hour and route per tenth of a free second, in 65,536ths
    slowest_s: int  # and beyond these
    longest_s: int  # seconds of the longest trip there can be
    far_hub: NDArray[
        np.int32
    ]  # [parts + 1, 4096] where who leaves a metro, or the world beyond, moves; -1 = off the map
    visit_zone: NDArray[np.int32]  # [parts, 4096] way into the metro visited from each; -1 = one that is not drawn
    visit_template: NDArray[np.uint8]  # [64] what a visitor of a metro does on a day
    part: NDArray[np.int16]  # [h] the metro of each hub
    elsewhere: int  # zone of those who live off the map for now, -1 = there is none


@folded
def fill_places(life, household, car, state, group, place):
    """Write the zones of the slots of one car for a chapter; place : int64[N_PLACES]."""
    hub = life.zone_hub[state[0]]
    key = stem(life.key[K_PLACE], np.uint64(household))
    for slot in range(2, N_SLOTS):
        near = life.zone_hub[state[3 + 3 * car]] if slot == LUNCH_SLOT else hub
        pick = branch(key, np.uint64(state[2] * 32 + slot)) & NINE_BITS
        place[slot] = life.choice[life.slot_purpose[slot], near, pick]
    place[HOME_SLOT] = state[0]
    place[WORK_SLOT] = state[3 + 3 * car]
    place[GROUP_SLOT] = np.int64(life.group_zone[group]) if group >= 0 else state[0]


@folded
def fill_new_places(life, household, state, block, words, place):
    """Write the unfamiliar zones of the eras of a block; words : uint64[n], to work in; place : int64[N_PLACES]."""
    hub = life.zone_hub[state[0]]
    key = stem(life.key[K_PLACE], np.uint64(household))
    for i in range(NEW_SLOTS * ERAS):
        version = np.uint64(state[2] * 32 + NEW_SLOT + i // ERAS) + (np.uint64(block * ERAS + i % ERAS + 1) << U32)
        words[i] = branch(key, version)
    for i in range(NEW_SLOTS * ERAS):
        place[N_SLOTS + i] = life.choice[life.slot_purpose[NEW_SLOT + i // ERAS], hub, words[i] & NINE_BITS]


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
