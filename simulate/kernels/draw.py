"""The draw: every read of a range of plate groups, from first day to last.

Everything latent is drawn whatever the readers. What cannot be seen is skipped by
structure: days on which none of a car's ways meets a reader and none of its places is
scanned. Every read is decided by a word of its own (vehicle, reader's or visit's uid, day,
trip), so a new reader changes no other row.
"""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.bits import lowest, ones
from simulate.kernels.chapters import advance_life, begin_life, group_of, shift_of, works_far
from simulate.kernels.leaf import driver, folded, leaf
from simulate.kernels.patterns import days_about, fill_templates, fill_visit, next_visit
from simulate.kernels.plan import (
    BLOCK_DAYS,
    HOME_SLOT,
    JITTER,
    K_PARK,
    K_READ,
    K_SCAN,
    MAX_LEGS,
    N_PLACES,
    N_SLOTS,
    STATE,
    alternative_of,
    anchor,
    drive_s,
    fill_day,
    fill_new_places,
    fill_places,
    hour_of,
    trip_s,
    zone_on,
)
from simulate.kernels.plates import GROUP, ISSUED, confused, plate_in_group
from simulate.kernels.sorting import merge_back, settle, shell_sort, turn_round
from simulate.kernels.watched import (
    BYTE,
    NOT_WATCHED,
    ONE,
    SPARSE,
    Scratch,
    days_to_ask,
    days_to_do,
    mark_events,
    mark_ways,
)
from simulate.kernels.words import GOLDEN, LOW32, U32, branch, mix, stem

STANDING, MOBILE = 0, 1
"""Kinds of quality: fixed readers and gates; mobile units."""
DEPARTS = 8
"""Added to the number of a trip where a gate sees it begin."""
MISREAD = np.uint64(0x6A09E667F3BCC909)
"""Turns the word of a read into the word that picks its wrong plate."""


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
        np.empty(BLOCK_DAYS, np.uint64), np.empty(BLOCK_DAYS, np.uint64), np.zeros(eyes.scanned.shape[1], np.uint64),
        np.zeros(N_SLOTS, np.uint64), np.zeros(N_SLOTS, np.uint64), np.empty(N_SLOTS, np.uint64),
        np.empty(BLOCK_DAYS + 1, np.uint64), np.empty(BLOCK_DAYS * (MAX_LEGS + 1) + 1, np.uint64),
        np.empty(bound, np.uint64), np.empty(bound, np.uint64), np.zeros(2, np.int64),
    )  # fmt: skip
    mark_events(life, eyes, scratch)
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
        week = (life.first_weekday + first) // 7
        while True:  # once at home, then once for each spell in another metro of the map
            if about != 0:
                if not placed:
                    shift = np.int64(0) if away else shift_of(life, household, car, state)
                    fill_places(life, household, car, state, group_now, place)
                    if eyes.watch == SPARSE:
                        mark_ways(life, eyes, scratch)
                    placed = True
                fill_new_places(life, household, state, block, scratch.word, place)
                asked = days_to_ask(eyes, block, about, scratch)
                if asked != 0:
                    if not away:
                        fill_templates(
                            life, household, car, state, meets, far, first, last, asked, scratch.word, scratch.template
                        )
                    watched, scanned = days_to_do(life, eyes, vehicle, block, asked, scratch)
                    if eyes.watch != NOT_WATCHED:
                        _draw_ways(life, eyes, plates, group, rank, own, watched, block, shift, group_now, scratch)
                    if eyes.patrolled:
                        _draw_stays(life, eyes, plates, group, rank, own, scanned, block, shift, group_now, scratch)
            placed = placed and not away
            state[0], state[3 + 3 * car] = home, job
            week, way_in = next_visit(life, household, car, state, week, last)
            if week < 0:
                break
            about, away = fill_visit(life, household, week, first, last, scratch.template), True
            state[0] = state[3 + 3 * car] = way_in
            group_now, placed, week = np.int64(-1), False, week + 1
        first = last


@folded
def _draw_ways(life, eyes, plates, group, rank, own, todo, block, shift, meets, scratch):
    """Write what fixed readers and gates read of one car on the days to do."""
    of_read = stem(life.key[K_READ], np.uint64(rank * plates.groups + group))
    while todo != 0:
        bit = lowest(todo)
        todo &= todo - ONE
        day, template, w = block * BLOCK_DAYS + np.int64(bit), np.int64(scratch.template[bit]), scratch.word[bit]
        fill_day(life, w, template, shift, day, meets, scratch.slot, scratch.at)
        legs = np.int64(life.n_legs[template])
        for i in range(legs + 1):
            scratch.zone[i] = zone_on(life, scratch.place, scratch.slot[i], day, meets)
        for leg in range(legs):
            _drive(life, eyes, plates, group, rank, own, day, template, w, leg, of_read, scratch)


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
    trip = trip_s(life, a, alternative_of(life, w, leg, hour), b, hour)
    leave = scratch.at[leg] - trip if leg < life.n_stops[template] else scratch.at[leg]
    midnight = day * DAY_S + DAY_START_S
    name = np.uint64(day * 16 + leg)
    if from_gate >= 0 and day >= eyes.since[from_gate]:
        u = branch(mix(key + eyes.uid[from_gate] * GOLDEN), name + np.uint64(DEPARTS))
        _read(eyes, plates, group, rank, own, STANDING, u, midnight + leave, from_gate, scratch)
    begin = scratch.count[0]
    while cell != 0:
        driven = drive_s(life, eyes.fast_ds[cell], eyes.slow_ds[cell], hour)
        site = np.int64(eyes.site[cell])
        if day >= eyes.since[site]:
            u = branch(mix(key + eyes.uid[site] * GOLDEN), name)
            _read(eyes, plates, group, rank, own, STANDING, u, midnight + leave + life.access_s + driven, site, scratch)
        cell = eyes.parent[cell]
    turn_round(scratch.seen, begin, scratch.count[0])  # the trie leads from the last reader back to the first
    if to_gate >= 0 and day >= eyes.since[to_gate]:
        u = branch(mix(key + eyes.uid[to_gate] * GOLDEN), name)
        _read(eyes, plates, group, rank, own, STANDING, u, midnight + leave + trip, to_gate, scratch)


@folded
def _draw_stays(life, eyes, plates, group, rank, own, todo, block, shift, meets, scratch):
    """Write what mobile units read of one car on the days to do, stay by stay."""
    vehicle = np.uint64(rank * plates.groups + group)
    of_place, of_scan = stem(life.key[K_PARK], vehicle), stem(life.key[K_SCAN], vehicle)
    for i in range(_list_stays(life, eyes, todo, block, shift, meets, scratch)):
        _stand(life, eyes, plates, group, rank, own, scratch.stay[i], block, shift, meets, of_place, of_scan, scratch)


@folded
def _list_stays(life, eyes, todo, block, shift, meets, scratch):
    """List the stays of the days to do in whose hours a unit comes to their zone; returns their number."""
    n, m, hour = np.int64(0), np.int64(0), shift // 3600
    while todo != 0:
        bit = lowest(todo)
        todo &= todo - ONE
        stops, legs = scratch.stops[bit], life.n_legs[scratch.template[bit]]
        for stay in range(MAX_LEGS + 1):
            slot = stops >> np.uint64(8 * stay) & BYTE
            scratch.stay[n] = bit << np.uint64(16) | np.uint64(stay << 8) | slot
            n += np.int64(scratch.days[slot] >> bit & ONE & np.uint64(stay <= legs))
    for i in range(n):
        bit, stay, slot = (
            scratch.stay[i] >> np.uint64(16),
            scratch.stay[i] >> np.uint64(8) & BYTE,
            scratch.stay[i] & BYTE,
        )
        zone = zone_on(life, scratch.place, np.int64(slot), block * BLOCK_DAYS + np.int64(bit), meets)
        days = eyes.scanned[zone, block]
        nth = np.uint64(eyes.before[zone, block]) + ones(days & ((ONE << bit) - ONE))
        hours = np.uint64(eyes.hours[nth]) & _hours_of(life, np.int64(scratch.template[bit]), stay, hour)
        scratch.stay[m] = nth << np.uint64(24) | scratch.stay[i]
        m += np.int64(days >> bit & ONE & np.uint64(hours != 0))
    return m


@folded
def _hours_of(life, template, stay, shift_hour):
    """Return a bit for each hour after 04:00 that a stay may touch, however late the car is and long its trips."""
    first = np.int64(life.stay_hours[template, stay, 0]) + np.int64(life.stay_hours[template, stay, 2]) * shift_hour
    last = np.int64(life.stay_hours[template, stay, 1]) + np.int64(life.stay_hours[template, stay, 3]) * (
        shift_hour + 1
    )
    first, last = min(max(first, 0), 23), min(max(last, 0), 23)
    return (ONE << np.uint64(last + 1)) - (ONE << np.uint64(first))


@folded
def _stand(life, eyes, plates, group, rank, own, listed, block, shift, meets, of_place, of_scan, scratch):
    """Write what mobile units read of one stay of a car: as it comes, stands in view and goes."""
    nth, bit = listed >> np.uint64(24), listed >> np.uint64(16) & BYTE
    stay, slot = np.int64(listed >> np.uint64(8) & BYTE), np.int64(listed & BYTE)
    day, template, w = block * BLOCK_DAYS + np.int64(bit), np.int64(scratch.template[bit]), scratch.word[bit]
    legs, stops, late = np.int64(life.n_legs[template]), np.int64(life.n_stops[template]), mix(w ^ JITTER)
    begin = anchor(life, late, template, stay - 1, shift, day, meets) if stay > 0 else 0
    end = anchor(life, late, template, stay, shift, day, meets) if stay < legs else DAY_S
    hours, slack = np.uint64(eyes.hours[nth]), life.longest_s
    comes = stay > 0 and hours & _hours_between(begin, begin + slack if stay > stops else begin) != 0
    goes = stay < legs and hours & _hours_between(end - slack if stay < stops else end, end) != 0
    zone = np.uint64(zone_on(life, scratch.place, slot, day, meets))
    in_view = (branch(of_place, zone) >> U32) < eyes.visible[np.int64(slot != HOME_SLOT), zone]
    if not (in_view or comes or goes):
        return
    if goes and stay < stops:
        end -= _trip_of(life, w, stay, end, day, meets, scratch)
    if comes and stay > stops:
        begin += _trip_of(life, w, stay - 1, begin, day, meets, scratch)
    midnight = day * DAY_S + DAY_START_S
    for x in range(eyes.first[nth], eyes.first[nth + ONE]):
        u = branch(of_scan, eyes.visit[x, 0])
        packed = eyes.visit[x, 1]
        second, site = np.int64(packed >> np.uint64(40)), np.int64(packed & LOW32)
        fleet = np.int64(packed >> U32 & np.uint64(255))
        rolls_until = second + eyes.rolling_s[fleet]
        if comes and second <= begin < rolls_until:
            met = mix(u + np.uint64(2 * stay) * GOLDEN)
            _read(eyes, plates, group, rank, own, MOBILE, met, midnight + begin, site, scratch)
        scan = second + np.int64((u & np.uint64(0xFFFF)) * np.uint64(eyes.scan_s[fleet]) >> np.uint64(16))
        if in_view and begin <= scan < end:
            _read(eyes, plates, group, rank, own, MOBILE, mix(u), midnight + scan, site, scratch)
        if goes and second <= end < rolls_until:
            met = mix(u + np.uint64(2 * stay + 1) * GOLDEN)
            _read(eyes, plates, group, rank, own, MOBILE, met, midnight + end, site, scratch)


@folded
def _trip_of(life, w, leg, at, day, meets, scratch):
    """Return how long a trip takes that is named by its anchor, in seconds."""
    hour, stops = hour_of(at), scratch.stops[day % BLOCK_DAYS] >> np.uint64(8 * leg)
    a = life.zone_hub[zone_on(life, scratch.place, np.int64(stops & BYTE), day, meets)]
    b = life.zone_hub[zone_on(life, scratch.place, np.int64(stops >> np.uint64(8) & BYTE), day, meets)]
    return trip_s(life, a, alternative_of(life, w, leg, hour), b, hour)


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
