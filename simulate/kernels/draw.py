"""The draw: every read of a range of plate groups, from first day to last.

Everything latent is drawn whatever the readers. What cannot be seen is skipped by
structure: days on which none of a car's ways meets a reader and none of its places is
scanned. Every read is decided by a word of its own (vehicle, reader's or visit's uid, day,
trip), so a new reader changes no other row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.bits import lowest, ones
from simulate.kernels.leaf import driver, folded, leaf
from simulate.kernels.plan import (
    BLOCK_DAYS,
    DAY_S,
    DAY_START_S,
    ERA_DAYS,
    ERAS,
    GROUP_SLOT,
    HOME_SLOT,
    K_CAR,
    K_PARK,
    K_READ,
    K_SCAN,
    MAX_LEGS,
    N_PLACES,
    N_SLOTS,
    NEW_SLOT,
    NEW_SLOTS,
    STATE,
    U32,
    advance_life,
    alternative_of,
    begin_life,
    drive_s,
    fill_day,
    fill_new_places,
    fill_places,
    fill_templates,
    group_of,
    hour_of,
    meets_on,
    shift_of,
    trip_s,
    zone_on,
)
from simulate.kernels.plates import GROUP, ISSUED, confused, plate_in_group
from simulate.kernels.sorting import merge_back, settle, shell_sort, turn_round
from simulate.kernels.words import GOLDEN, branch, mix, stem, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_WATCHED, SPARSE, DENSE = 0, 1, 2
"""How much of the trips fixed readers and gates can see: none, few, or so many that asking first does not pay."""
STANDING, MOBILE = 0, 1
"""Kinds of quality: fixed readers and gates; mobile units."""
DEPARTS = 8
"""Added to the number of a trip where a gate sees it begin."""
STOPS = MAX_LEGS - 1
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE, LOW32 = np.uint64(1), np.uint64(0xFFFFFFFF)
MISREAD = np.uint64(0x6A09E667F3BCC909)
"""Turns the word of a read into the word that picks its wrong plate."""
HOUR_BITS = np.uint64(24)


class Eyes(NamedTuple):
    """Who watches: readers on routes, gates, and the calendar of mobile units; h hubs, c cells, z zones."""

    watch: int  # NOT_WATCHED, SPARSE or DENSE
    hot: NDArray[np.uint8]  # [h, h]
    cell: NDArray[np.uint32]  # [h, alternatives, h]
    parent: NDArray[np.uint32]  # [c]
    site: NDArray[np.uint32]  # [c]
    fast_ds: NDArray[np.uint16]  # [c]
    slow_ds: NDArray[np.uint16]  # [c]
    uid: NDArray[np.uint64]  # [fixed readers and gates]
    gate: NDArray[np.int32]  # [z] site, -1 = no gate
    capture: NDArray[np.uint64]  # [2, qualities] thresholds of a 32-bit draw, by day and by night
    misread: NDArray[np.uint64]  # [qualities] thresholds of a 32-bit draw
    night: NDArray[np.uint8]  # [48] 1 in half-hours of night
    patrolled: int  # whether mobile units drive at all
    scanned: NDArray[np.uint64]  # [z, blocks, 2] days on which a zone is scanned, zone-days before
    zone_day: NDArray[np.uint64]  # [zone-days + 1] first visit << 24 | hours of its visits
    visit: NDArray[np.uint64]  # [visits, 2] uid; second of the day << 40 | fleet << 32 | site
    scan_s: NDArray[np.int64]  # [fleets] seconds over which parked cars are scanned
    rolling_s: NDArray[np.int64]  # [fleets] seconds during which moving cars are met
    visible: NDArray[np.uint64]  # [2, z] thresholds of standing in view, at home and elsewhere


class Scratch(NamedTuple):
    """Working memory of one group."""

    state: NDArray[np.int64]
    place: NDArray[np.int64]
    slot: NDArray[np.int64]
    zone: NDArray[np.int64]
    at: NDArray[np.int64]
    template: NDArray[np.uint8]
    days: NDArray[np.uint64]  # [places] days on which each is scanned
    hot: NDArray[np.uint64]  # [slots] slots to which a way is watched
    word: NDArray[np.uint64]  # [BLOCK_DAYS]
    seen: NDArray[np.uint64]  # reads: plate << 57 | second << 27 | site << 3 | rank of the vehicle
    wrong: NDArray[np.uint64]  # misreads, likewise
    count: NDArray[np.int64]  # type: ignore[assignment]  # [2] reads, misreads; every tuple has a method of this name


@driver
def draw_rows(life, eyes, plates, first, last, vehicle_bound, plate, site, time, vehicle):
    """Draw plate groups first..last until the buffers may overflow.

    plate, site, time, vehicle : uint32[n], vehicle being who really was read. Returns
    (rows, next group). vehicle_bound : most reads of one vehicle (`row_bound`).
    """
    rows, bound = 0, ISSUED * vehicle_bound
    scratch = Scratch(
        np.empty(STATE, np.int64), np.empty(N_PLACES, np.int64), np.empty(MAX_LEGS + 1, np.int64),
        np.empty(MAX_LEGS + 1, np.int64), np.empty(MAX_LEGS, np.int64), np.empty(BLOCK_DAYS, np.uint8),
        np.empty(N_PLACES, np.uint64), np.empty(N_SLOTS, np.uint64), np.empty(BLOCK_DAYS, np.uint64),
        np.empty(bound, np.uint64), np.empty(bound, np.uint64), np.zeros(2, np.int64),
    )  # fmt: skip
    for group in range(first, last):
        if rows + bound > len(plate):
            return rows, group
        n = _draw_group(life, eyes, plates, group, scratch)
        for i in range(n):
            read = scratch.seen[i]
            plate[rows] = group * GROUP + np.int64(read >> np.uint64(57))
            time[rows] = (read >> np.uint64(27)) & np.uint64(0x3FFFFFFF)
            site[rows] = (read >> np.uint64(3)) & np.uint64(0xFFFFFF)
            vehicle[rows] = np.int64(read & np.uint64(7)) * plates.groups + group
            rows += 1
    return rows, last


@folded
def _draw_group(life, eyes, plates, group, scratch):
    """Write the reads of one group of plates, sorted by plate, time and site; returns their number."""
    scratch.count[0] = scratch.count[1] = 0
    for rank in range(ISSUED):
        vehicle = rank * plates.groups + group
        if vehicle < plates.vehicles:
            begin = scratch.count[0]
            _draw_vehicle(life, eyes, plates, group, rank, scratch)
            settle(scratch.seen, begin, scratch.count[0])
    shell_sort(scratch.wrong, scratch.count[1])
    return merge_back(scratch.seen, scratch.count[0], scratch.wrong, scratch.count[1])


@folded
def _draw_vehicle(life, eyes, plates, group, rank, scratch):
    """Write one vehicle's reads, by day."""
    vehicle = rank * plates.groups + group
    own = plate_in_group(plates, group, rank)
    household = np.int64(life.household[vehicle])
    car = vehicle - life.first_vehicle[household]
    days = len(life.day_row)
    state, place = scratch.state, scratch.place
    change = begin_life(life, household, state)
    first, new_chapter, placed, meets, shift = 0, True, False, np.int64(-1), np.int64(0)
    while first < days:
        if first >= change:
            change = advance_life(life, household, first, state)
            new_chapter = True
        if new_chapter:
            meets = group_of(life, household, state[0])
            new_chapter = placed = False
        last = min(change, (first // BLOCK_DAYS + 1) * BLOCK_DAYS, days)
        about = fill_templates(life, household, car, state, meets, first, last, scratch.template)
        if about != 0:
            if not placed:
                shift = shift_of(life, household, car, state)
                fill_places(life, household, car, state, meets, place)
                placed = True
            fill_new_places(life, household, state, first, place)
            todo = _days_to_do(life, eyes, vehicle, first, about, scratch)
            while todo != 0:
                day = first // BLOCK_DAYS * BLOCK_DAYS + np.int64(lowest(todo))
                todo &= todo - ONE
                _draw_day(life, eyes, plates, group, rank, own, day, first, shift, meets, scratch)
        first = last


@folded
def _days_to_do(life, eyes, vehicle, first, about, scratch):
    """Mark the days, of those on which the car is about, on which something may be read; a bit a day of the block."""
    anywhere = _mark_places(life, eyes, first // BLOCK_DAYS, scratch)
    if eyes.watch == NOT_WATCHED and anywhere == 0:
        return np.uint64(0)
    if eyes.watch == SPARSE:
        _mark_ways(life, eyes, scratch)
    key, todo = stem(life.key[K_CAR], np.uint64(vehicle)), np.uint64(0)
    block = first // BLOCK_DAYS * BLOCK_DAYS
    while about != 0:
        bit = lowest(about)
        about &= about - ONE
        template = scratch.template[block + np.int64(bit) - first]
        w = branch(key, np.uint64(block) + bit)
        scratch.word[bit] = w
        scanned, watched = _stops_of(life, eyes, w, template, scratch)
        todo |= ((scanned >> bit | watched) & ONE) << bit
    return todo


@folded
def _stops_of(life, eyes, w, template, scratch):
    """Return the days on which a stop of one day is scanned, and whether one of its ways is watched."""
    stops = life.stops[template]
    before = stops >> np.uint64(4 * STOPS)
    scanned, watched = scratch.days[before], np.uint64(eyes.watch == DENSE and life.n_legs[template] > 0)
    for _ in range(STOPS):
        slot = np.uint64(life.slot_of[stops & np.uint64(15), w & np.uint64(255)])
        stops >>= np.uint64(4)
        w >>= np.uint64(8)
        scanned |= scratch.days[slot]
        if eyes.watch == SPARSE:
            watched |= scratch.hot[before] >> slot
            before = slot
    if eyes.watch == SPARSE:
        watched |= scratch.hot[before] >> np.uint64(HOME_SLOT)
    return scanned, watched


@folded
def _mark_places(life, eyes, block, scratch):
    """Note the days of a block on which each slot's place is scanned; returns those on which any is."""
    if eyes.patrolled == 0:
        for slot in range(N_SLOTS):
            scratch.days[slot] = 0
        return np.uint64(0)
    anywhere = np.uint64(0)
    for slot in range(N_SLOTS):
        scratch.days[slot] = eyes.scanned[scratch.place[slot], block, 0]
    for new in range(NEW_SLOTS):
        of_eras = np.uint64(0)
        for era in range(ERAS):
            in_era = (ONE << np.uint64(ERA_DAYS)) - ONE << np.uint64(ERA_DAYS * era)
            of_eras |= eyes.scanned[scratch.place[N_SLOTS + ERAS * new + era], block, 0] & in_era
        scratch.days[NEW_SLOT + new] = of_eras
    event = np.searchsorted(life.event_day, block * BLOCK_DAYS)
    while event < len(life.event_day) and life.event_day[event] < (block + 1) * BLOCK_DAYS:
        day = np.int64(life.event_day[event])
        bit = ONE << np.uint64(day % BLOCK_DAYS)
        scratch.days[GROUP_SLOT] |= eyes.scanned[life.event_zone[day], block, 0] & bit
        event += 1
    for slot in range(N_SLOTS):
        anywhere |= scratch.days[slot]
    return anywhere


@folded
def _mark_ways(life, eyes, scratch):
    """Note between which slots some way is watched, by a fixed reader or by a gate at either end."""
    gated = np.uint64(0)
    for slot in range(N_SLOTS):
        changes = NEW_SLOT <= slot < NEW_SLOT + NEW_SLOTS or slot == GROUP_SLOT
        if changes or eyes.gate[scratch.place[slot]] >= 0:
            gated |= ONE << np.uint64(slot)
    for slot in range(N_SLOTS):
        bits = gated
        if gated >> np.uint64(slot) & ONE:
            bits = ALL
        else:
            a = life.zone_hub[scratch.place[slot]]
            for other in range(N_SLOTS):
                b = life.zone_hub[scratch.place[other]]
                bits |= np.uint64(eyes.hot[a, b]) << np.uint64(other)
        scratch.hot[slot] = bits


@folded
def _draw_day(life, eyes, plates, group, rank, own, day, first, shift, meets, scratch):
    """Write what is read of one car on one day: on its ways, at gates, and where it stands."""
    template = np.int64(scratch.template[day - first])
    w = scratch.word[day % BLOCK_DAYS]
    fill_day(life, w, template, shift, meets_on(life, meets, day), meets, scratch.slot, scratch.at)
    legs = np.int64(life.n_legs[template])
    for i in range(legs + 1):
        scratch.zone[i] = zone_on(life, scratch.place, scratch.slot[i], day, meets)
    vehicle = rank * plates.groups + group
    if eyes.watch != NOT_WATCHED:
        key = stem(life.key[K_READ], np.uint64(vehicle))
        for leg in range(legs):
            _drive(life, eyes, plates, group, rank, own, day, template, w, leg, key, scratch)
    if eyes.patrolled:
        block, bit = day // BLOCK_DAYS, np.uint64(day % BLOCK_DAYS)
        for stay in range(legs + 1):
            zone = scratch.zone[stay]
            days = eyes.scanned[zone, block, 0]
            if days >> bit & ONE:
                nth = eyes.scanned[zone, block, 1] + ones(days & ((ONE << bit) - ONE))
                _stand(life, eyes, plates, group, rank, own, day, template, w, stay, np.int64(nth), scratch)


@folded
def _leave(life, template, w, leg, scratch):
    """Return when a trip begins, in seconds after 04:00, and how long it takes."""
    hour = hour_of(scratch.at[leg])
    a, b = life.zone_hub[scratch.zone[leg]], life.zone_hub[scratch.zone[leg + 1]]
    trip = trip_s(life, a, alternative_of(life, w, leg, hour), b, hour)
    return (scratch.at[leg] - trip if leg < life.n_stops[template] else scratch.at[leg]), trip


@folded
def _drive(life, eyes, plates, group, rank, own, day, template, w, leg, key, scratch):
    """Write what fixed readers and gates read of one trip."""
    from_zone, to_zone = scratch.zone[leg], scratch.zone[leg + 1]
    a, b = life.zone_hub[from_zone], life.zone_hub[to_zone]
    hour = hour_of(scratch.at[leg])
    cell = eyes.cell[a, alternative_of(life, w, leg, hour), b] if eyes.hot[a, b] else np.uint32(0)
    from_gate, to_gate = eyes.gate[from_zone], eyes.gate[to_zone]
    if cell == 0 and from_gate < 0 and to_gate < 0:
        return
    leave, trip = _leave(life, template, w, leg, scratch)
    midnight = day * DAY_S + DAY_START_S
    name = np.uint64(day * 16 + leg)
    if from_gate >= 0:
        u = branch(mix(key + eyes.uid[from_gate] * GOLDEN), name + np.uint64(DEPARTS))
        _read(eyes, plates, group, rank, own, STANDING, u, midnight + leave, from_gate, scratch)
    begin = scratch.count[0]
    while cell != 0:
        driven = drive_s(life, eyes.fast_ds[cell], eyes.slow_ds[cell], hour)
        site = np.int64(eyes.site[cell])
        u = branch(mix(key + eyes.uid[site] * GOLDEN), name)
        _read(eyes, plates, group, rank, own, STANDING, u, midnight + leave + life.access_s + driven, site, scratch)
        cell = eyes.parent[cell]
    turn_round(scratch.seen, begin, scratch.count[0])  # the trie leads from the last reader back to the first
    if to_gate >= 0:
        u = branch(mix(key + eyes.uid[to_gate] * GOLDEN), name)
        _read(eyes, plates, group, rank, own, STANDING, u, midnight + leave + trip, to_gate, scratch)


@folded
def _stand(life, eyes, plates, group, rank, own, day, template, w, stay, nth, scratch):
    """Write what mobile units read of one stay of a car: as it comes, stands in view and goes."""
    legs = np.int64(life.n_legs[template])
    begin = scratch.at[stay - 1] if stay > 0 else 0
    end = scratch.at[stay] if stay < legs else DAY_S
    hours = eyes.zone_day[nth] & ((ONE << HOUR_BITS) - ONE)
    if hours & _hours_between(begin, end) == 0:
        return
    if stay > 0 and stay > life.n_stops[template]:
        leave, trip = _leave(life, template, w, stay - 1, scratch)
        begin = leave + trip
    if stay < legs:
        end, _ = _leave(life, template, w, stay, scratch)
    vehicle = np.uint64(rank * plates.groups + group)
    zone = scratch.zone[stay]
    away = np.int64(scratch.slot[stay] != HOME_SLOT)
    in_view = (word(life.key[K_PARK], vehicle, np.uint64(zone)) >> U32) < eyes.visible[away, zone]
    key = stem(life.key[K_SCAN], vehicle)
    midnight = day * DAY_S + DAY_START_S
    for x in range(eyes.zone_day[nth] >> HOUR_BITS, eyes.zone_day[nth + 1] >> HOUR_BITS):
        u = branch(key, eyes.visit[x, 0])
        packed = eyes.visit[x, 1]
        second, site = np.int64(packed >> np.uint64(40)), np.int64(packed & LOW32)
        fleet = np.int64(packed >> U32 & np.uint64(255))
        rolls_until = second + eyes.rolling_s[fleet]
        if stay > 0 and second <= begin < rolls_until:
            met = mix(u + np.uint64(2 * stay) * GOLDEN)
            _read(eyes, plates, group, rank, own, MOBILE, met, midnight + begin, site, scratch)
        scan = second + np.int64((u & np.uint64(0xFFFF)) * np.uint64(eyes.scan_s[fleet]) >> np.uint64(16))
        if in_view and begin <= scan < end:
            _read(eyes, plates, group, rank, own, MOBILE, mix(u), midnight + scan, site, scratch)
        if stay < legs and second <= end < rolls_until:
            met = mix(u + np.uint64(2 * stay + 1) * GOLDEN)
            _read(eyes, plates, group, rank, own, MOBILE, met, midnight + end, site, scratch)


@folded
def _hours_between(begin, end):
    """Return a bit for each hour after 04:00 that a stay may touch."""
    first, last = np.uint64(max(begin, 0)) // np.uint64(3600), np.uint64(max(end, 0)) // np.uint64(3600)
    return (ONE << (last + ONE)) - (ONE << first)


@folded
def _read(eyes, plates, group, rank, own, quality, u, second, site, scratch):
    """Decide one read by its word, and whether it names the right plate."""
    dark = eyes.night[np.uint64(second) // np.uint64(1800) % np.uint64(48)]
    if (u >> U32) < eyes.capture[dark, quality]:
        read = np.uint64(second) << np.uint64(27) | np.uint64(site) << np.uint64(3) | np.uint64(rank)
        if (u & LOW32) < eyes.misread[quality]:
            plate = confused(plates, group, own, mix(u ^ MISREAD))
            scratch.wrong[scratch.count[1]] = np.uint64(plate) << np.uint64(57) | read
            scratch.count[1] += 1
        else:
            scratch.seen[scratch.count[0]] = np.uint64(own) << np.uint64(57) | read
            scratch.count[0] += 1


@leaf
def row_bound(days, longest_chain, gated, most_visits):
    """Return the most reads one vehicle can have: each day MAX_LEGS trips and one stay more than trips.

    A trip meets a chain of readers and two gates; a stay is read when the car comes,
    stands and goes, by each of the most visits that any zone has in a day.
    """
    return days * (MAX_LEGS * (longest_chain + 2 * gated) + 3 * (MAX_LEGS + 1) * most_visits) + 1
