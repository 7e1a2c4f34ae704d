"""Observable days: those with a reader or gate on a car's routes, or a scan at its places.

A draw skips all others. The test is by structure alone, bit by bit, before any time of day
is known; a day passing it may still hold no read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.bits import ALL, BYTE, ONE, lowest
from simulate.kernels.draws import U32, bits64, fill_branches, stem
from simulate.kernels.leaf import folded, inlined
from simulate.kernels.plan import (
    BLOCK_DAYS,
    EXPLORES,
    GROUP_SLOT,
    HIDES,
    HOME_SLOT,
    K_CAR,
    K_PARK,
    MAX_STOPS,
    N_SLOTS,
    NEW_BITS,
    NEW_SLOT,
    PARKER,
    TO_WORD,
    driver_trait,
    household_trait,
    lean,
    new_zone,
    pair_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

TO_BYTE = np.uint64(0x38)
NONE, GATED, SPARSE, DENSE = range(4)
"""Possible observers of a trip: none, gates alone, few fixed readers, or too many for a test to pay."""


class Paths(NamedTuple):
    """The fixed readers on the routes between hubs; p pairs as in `life.Roads`, c cells of the trie."""

    watched: NDArray[np.uint8]  # [p] 1 where some alternative meets a reader
    cell: NDArray[np.uint32]  # [p, alternatives]
    parent: NDArray[np.uint32]  # [c]
    site: NDArray[np.uint32]  # [c]
    fast_ds: NDArray[np.uint32]  # [c]
    slow_ds: NDArray[np.uint32]  # [c]


class Fixed(NamedTuple):
    """Fixed readers and gates."""

    uid: NDArray[np.uint64]  # [fixed readers and gates]
    works: NDArray[np.uint64]  # [fixed readers and gates, blocks] working days of each
    clock_s: NDArray[np.int64]  # [fixed readers and gates] how far its clock is ahead
    gate: NDArray[np.int32]  # [z] site, -1 = no gate


class Reading(NamedTuple):
    """How well readers read."""

    capture: NDArray[np.uint64]  # [2, 2, qualities] thresholds of a 32-bit draw: hard plates, night
    hard_below: int  # threshold of a vehicle with a plate hard to read
    misread: NDArray[np.uint64]  # [qualities] thresholds of a 32-bit draw
    night: NDArray[np.uint8]  # [48] 1 in half-hours of night


class Patrols(NamedTuple):
    """The calendar of mobile units, and the shares of cars in their view; z zones."""

    scanned: NDArray[np.uint64]  # [z, blocks] days of scans in a zone
    before: NDArray[np.uint32]  # [z, blocks] zone-days before the first of them
    hours: NDArray[np.uint32]  # [zone-days + 1] hours of the visits, a bit for each after 04:00
    first: NDArray[np.uint32]  # [zone-days + 1] first visit
    visit: NDArray[np.uint64]  # [visits, 2] uid; second of the day << 40 | fleet << 32 | site
    scan_s: NDArray[np.int64]  # [fleets] seconds of scanning parked cars
    rolling_s: NDArray[np.int64]  # [fleets] seconds of meeting moving cars
    visible: NDArray[np.uint64]  # [2, z] thresholds of standing in view, at home and elsewhere


class Coverage(NamedTuple):
    """All readers: fixed ones, gates and mobile units."""

    level: int  # NONE, GATED, SPARSE or DENSE
    patrolled: int  # whether mobile units drive at all
    paths: Paths
    fixed: Fixed
    reading: Reading
    patrols: Patrols


class Scratch(NamedTuple):
    """Working memory of one group; arrays over days have one entry for each bit of a block."""

    state: NDArray[np.int64]
    place: NDArray[np.int64]
    slot: NDArray[np.int64]
    zone: NDArray[np.int64]
    at: NDArray[np.int64]
    template: NDArray[np.uint8]  # [BLOCK_DAYS]
    word: NDArray[np.uint64]  # [BLOCK_DAYS] the car's word of each day
    stops: NDArray[np.uint64]  # [BLOCK_DAYS] the slots it stands at, in order, eight bits each
    event: NDArray[np.uint64]  # [blocks] days of scans at the place of an event
    days: NDArray[np.uint64]  # [slots] days of scans at each
    way: NDArray[np.uint64]  # [slots] slots at the end of a route with a fixed reader
    watched: NDArray[np.uint64]  # [slots] slots at the end of a watched route, gates included
    driven: NDArray[np.uint64]  # [BLOCK_DAYS] days of leaving home
    stay: NDArray[np.uint64]  # [BLOCK_DAYS x stays] zone-day << 24 | bit of the day << 16 | number << 8 | slot
    seen: NDArray[np.uint64]  # reads: plate << 57 | second << 27 | site << 3 | rank of the vehicle
    wrong: NDArray[np.uint64]  # misreads, likewise
    hard: NDArray[np.int64]  # [1] whether the vehicle's plate is hard to read
    count: NDArray[np.int64]  # type: ignore[assignment]  # [2] reads, misreads; every tuple has a method of this name


@folded
def mark_block(coverage, block, scratch):
    """Mark the days of a block with scans at the slots' places, and their gates."""
    if coverage.patrolled:
        _mark_places(coverage, block, scratch)
    if coverage.level in (GATED, SPARSE):
        _mark_gates(coverage, scratch)


@folded
def days_to_do(life, coverage, vehicle, block, about, scratch):
    """Return two sets of the days in `about`: those with a watched route, and those with a scanned stop.

    A bit a day of the block; a day may turn out to hold no read.
    """
    fill_branches(stem(life.keys[K_CAR], np.uint64(vehicle)), block * BLOCK_DAYS, scratch.word)
    n = _driven(life, about, scratch)
    scanned, explored = _days_scanned(life, n, scratch)
    if coverage.patrolled:
        scanned |= _explored_and_scanned(life, coverage, explored, block, scratch)
    if stands_in_view(life, coverage, vehicle, scratch.place[HOME_SLOT], HOME_SLOT):  # else unread on a day at home
        scanned |= scratch.days[HOME_SLOT]
    watched = np.uint64(0) if coverage.level == NONE else _days_watched(coverage, n, scratch)
    if coverage.level in (GATED, SPARSE):
        watched |= _explored_and_watched(life, coverage, explored & ~watched, scratch)
    return watched, scanned & about


@inlined
def stands_in_view(life, coverage, vehicle, zone, slot):
    """Return whether a car stands in view at a place, always or never.

    At home by trait of the household, elsewhere of the driver, as closely as its width prescribes.
    """
    at_home = slot == HOME_SLOT
    trait = (
        household_trait(life, life.people.household[vehicle], HIDES) if at_home else driver_trait(life, vehicle, PARKER)
    )
    share = bits64(life.keys[K_PARK], np.uint64(vehicle), np.uint64(zone)) >> U32
    quantile = lean(trait, share, np.uint64(life.habits.view_width))
    return quantile << TO_WORD < coverage.patrols.visible[np.int64(not at_home), zone]


@folded
def _driven(life, asked, scratch):
    """List the days in `asked` with the car away from home at some time; returns their number."""
    n = np.int64(0)
    while asked != 0:
        bit = lowest(asked)
        asked &= asked - ONE
        scratch.driven[n] = bit
        scratch.stops[bit] = HOME_SLOT
        n += np.int64(life.diary.leaves_home[scratch.template[bit]])
    return n


@folded
def _days_scanned(life, n, scratch):
    """Store the stops of the car on n driven days.

    Returns the days with a scan at one of the familiar places among these, and those with a new place.
    """
    scanned, explored, explores = np.uint64(0), np.uint64(0), scratch.place[EXPLORES]
    for i in range(n):
        bit = scratch.driven[i]
        w, purposes = scratch.word[bit], life.diary.stops[scratch.template[bit]]
        stops = purposes >> np.uint64(4 * MAX_STOPS)  # where it sets out; stops it does not make are at home
        days = scratch.days[stops]
        for stop in range(MAX_STOPS):
            slot = np.uint64(life.places.slot_of[explores, purposes & np.uint64(15), w & BYTE])
            stops |= slot << np.uint64(8 * stop + 8)
            days |= scratch.days[slot]
            purposes >>= np.uint64(4)
            w >>= np.uint64(8)
        scratch.stops[bit] = stops
        scanned |= days & ONE << bit
        explored |= np.uint64(stops & NEW_BITS != 0) << bit
    return scanned, explored


@folded
def _explored_and_scanned(life, coverage, explored, block, scratch):
    """Return the days in `explored` with a scan at a new place, and mark them by slot."""
    scanned = np.uint64(0)
    while explored != 0:
        bit = lowest(explored)
        explored &= explored - ONE
        stops = scratch.stops[bit]
        new = stops & NEW_BITS
        while new != 0:
            shift = lowest(new) & TO_BYTE
            new &= new - ONE
            slot = np.int64(stops >> shift & BYTE)
            zone = new_zone(life, scratch.place, scratch.word[bit], shift >> np.uint64(3), slot)
            day = coverage.patrols.scanned[zone, block] & ONE << bit
            scratch.days[slot] |= day
            scanned |= day
    return scanned


@folded
def _explored_and_watched(life, coverage, explored, scratch):
    """Return the days in `explored` with a fixed reader or a gate on a route to or from a new place."""
    watched = np.uint64(0)
    while explored != 0:
        bit = lowest(explored)
        explored &= explored - ONE
        new, met = scratch.stops[bit] & NEW_BITS, False
        while new != 0 and not met:
            stay = np.int64(lowest(new) >> np.uint64(3))
            new &= new - ONE
            zone = _place_at(life, bit, stay, scratch)
            hub, met = life.places.zone_hub[zone], coverage.fixed.gate[zone] >= 0
            for end in (stay - 1, stay + 1):  # no stay of a group: its ways may always be watched
                other = _place_at(life, bit, end, scratch)
                a, b = (life.places.zone_hub[other], hub) if end < stay else (hub, life.places.zone_hub[other])
                met = met or coverage.paths.watched[pair_of(life, a, b)] != 0 or coverage.fixed.gate[other] >= 0
        watched |= np.uint64(met) << bit
    return watched


@inlined
def _place_at(life, bit, stay, scratch):
    """Return the zone of one stay of a day without a group or event."""
    slot = np.int64(scratch.stops[bit] >> np.uint64(8 * stay) & BYTE)
    return new_zone(life, scratch.place, scratch.word[bit], stay, slot) if slot >= NEW_SLOT else scratch.place[slot]


@folded
def _days_watched(coverage, n, scratch):
    """Return those of n driven days with a possibly watched route; all of them if readers are dense."""
    watched = np.uint64(0)
    for i in range(n):
        bit = scratch.driven[i]
        ways, stops = np.uint64(coverage.level == DENSE), scratch.stops[bit]
        if coverage.level != DENSE:
            for _ in range(MAX_STOPS + 1):
                ways |= scratch.watched[stops & BYTE] >> (stops >> np.uint64(8) & BYTE)
                stops >>= np.uint64(8)
        watched |= (ways & ONE) << bit
    return watched


@folded
def mark_events(life, coverage, scratch):
    """Mark the days of each block with a scan at the place of an event."""
    scratch.event[:] = 0
    for day in life.calendar.event_day:
        block, bit = day // BLOCK_DAYS, ONE << np.uint64(day % BLOCK_DAYS)
        scratch.event[block] |= coverage.patrols.scanned[life.calendar.event_zone[day], block] & bit


@folded
def _mark_places(coverage, block, scratch):
    """Mark the days of a block with a scan at each slot's place; those of new places are not known yet."""
    for slot in range(N_SLOTS):
        scratch.days[slot] = coverage.patrols.scanned[scratch.place[slot], block]
    scratch.days[N_SLOTS:] = 0
    scratch.days[GROUP_SLOT] |= scratch.event[block]


@folded
def mark_ways(life, coverage, scratch):
    """Mark pairs of a chapter's slots with a fixed reader on the route; any pair with a group's slot counts."""
    for slot in range(N_SLOTS):
        bits = ALL if slot == GROUP_SLOT else ONE << np.uint64(GROUP_SLOT)
        a = life.places.zone_hub[scratch.place[slot]]
        for other in range(N_SLOTS):
            b = life.places.zone_hub[scratch.place[other]]
            bits |= np.uint64(coverage.paths.watched[pair_of(life, a, b)] != 0) << np.uint64(other)
        scratch.way[slot] = bits


@folded
def _mark_gates(coverage, scratch):
    """Mark pairs of slots with a watched route, by a fixed reader or by a gate at either end."""
    gated = ONE << np.uint64(GROUP_SLOT)  # events take place anywhere
    for slot in range(N_SLOTS):
        gated |= np.uint64(coverage.fixed.gate[scratch.place[slot]] >= 0) << np.uint64(slot)
    for slot in range(N_SLOTS):
        scratch.watched[slot] = ALL if gated >> np.uint64(slot) & ONE else scratch.way[slot] | gated
