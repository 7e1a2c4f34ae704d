"""What can be seen at all: days on which a car's ways meet a reader or gate, or its places are scanned.

A draw skips all others. The question is asked of structure alone, bit by bit, before any
time of day is known; a day that passes may still hold no read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.bits import ALL, BYTE, ONE, lowest
from simulate.kernels.leaf import folded, inlined
from simulate.kernels.plan import (
    BLOCK_DAYS,
    ERA_DAYS,
    ERAS,
    GROUP_SLOT,
    HOME_SLOT,
    K_CAR,
    K_PARK,
    MAX_STOPS,
    N_SLOTS,
    NEW_SLOT,
    NEW_SLOTS,
    pair_of,
)
from simulate.kernels.words import U32, branch, fill_branches, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE, GATED, SPARSE, DENSE = range(4)
"""What may see a trip: nothing, gates alone, few fixed readers, or so many that asking first does not pay."""


class Paths(NamedTuple):
    """The fixed readers on the ways between hubs; p pairs as in `life.Roads`, c cells of the trie."""

    watched: NDArray[np.uint8]  # [p] 1 where some alternative meets a reader
    cell: NDArray[np.uint32]  # [p, alternatives]
    parent: NDArray[np.uint32]  # [c]
    site: NDArray[np.uint32]  # [c]
    fast_ds: NDArray[np.uint32]  # [c]
    slow_ds: NDArray[np.uint32]  # [c]


class Fixed(NamedTuple):
    """Fixed readers and gates."""

    uid: NDArray[np.uint64]  # [fixed readers and gates]
    since: NDArray[np.int32]  # [fixed readers and gates] first day on which each works
    gate: NDArray[np.int32]  # [z] site, -1 = no gate


class Reading(NamedTuple):
    """How well readers read."""

    capture: NDArray[np.uint64]  # [2, qualities] thresholds of a 32-bit draw, by day and by night
    misread: NDArray[np.uint64]  # [qualities] thresholds of a 32-bit draw
    night: NDArray[np.uint8]  # [48] 1 in half-hours of night


class Patrols(NamedTuple):
    """The calendar of mobile units, and which cars stand in their view; z zones."""

    scanned: NDArray[np.uint64]  # [z, blocks] days on which a zone is scanned
    before: NDArray[np.uint32]  # [z, blocks] zone-days before the first of them
    hours: NDArray[np.uint32]  # [zone-days + 1] hours of the visits, a bit for each after 04:00
    first: NDArray[np.uint32]  # [zone-days + 1] first visit
    visit: NDArray[np.uint64]  # [visits, 2] uid; second of the day << 40 | fleet << 32 | site
    scan_s: NDArray[np.int64]  # [fleets] seconds over which parked cars are scanned
    rolling_s: NDArray[np.int64]  # [fleets] seconds during which moving cars are met
    visible: NDArray[np.uint64]  # [2, z] thresholds of standing in view, at home and elsewhere


class Coverage(NamedTuple):
    """Everything that can read a plate."""

    level: int  # NONE, GATED, SPARSE or DENSE
    patrolled: int  # whether mobile units drive at all
    paths: Paths
    fixed: Fixed
    reading: Reading
    patrols: Patrols


class Scratch(NamedTuple):
    """Working memory of one group; what has a place for each day has one for each bit of a block."""

    state: NDArray[np.int64]
    place: NDArray[np.int64]
    slot: NDArray[np.int64]
    zone: NDArray[np.int64]
    at: NDArray[np.int64]
    template: NDArray[np.uint8]  # [BLOCK_DAYS]
    word: NDArray[np.uint64]  # [BLOCK_DAYS] the car's word of each day
    stops: NDArray[np.uint64]  # [BLOCK_DAYS] the slots it stands at, in order, eight bits each
    event: NDArray[np.uint64]  # [blocks] days on which the place of an event is scanned
    days: NDArray[np.uint64]  # [slots] days on which each is scanned
    way: NDArray[np.uint64]  # [slots] slots to which a way meets a fixed reader
    hot: NDArray[np.uint64]  # [slots] slots to which a way is watched, gates included
    driven: NDArray[np.uint64]  # [BLOCK_DAYS] days on which the car leaves home
    stay: NDArray[np.uint64]  # [BLOCK_DAYS x stays] zone-day << 24 | bit of the day << 16 | number << 8 | slot
    seen: NDArray[np.uint64]  # reads: plate << 57 | second << 27 | site << 3 | rank of the vehicle
    wrong: NDArray[np.uint64]  # misreads, likewise
    count: NDArray[np.int64]  # type: ignore[assignment]  # [2] reads, misreads; every tuple has a method of this name


@folded
def days_to_ask(coverage, block, about, scratch):
    """Return the days, of those on which the car is about, on which it might be seen wherever it drives."""
    anywhere = _mark_places(coverage, block, scratch) if coverage.patrolled else np.uint64(0)
    if coverage.level in (GATED, SPARSE):
        _mark_gates(coverage, scratch)
    return about & (anywhere if coverage.level == NONE else ALL)


@folded
def days_to_do(life, coverage, vehicle, block, asked, scratch):
    """Return the days, of those asked for, on which a way is watched, and on which a stop is scanned.

    A bit a day of the block; a day may turn out to hold no read.
    """
    fill_branches(stem(life.keys[K_CAR], np.uint64(vehicle)), block * BLOCK_DAYS, scratch.word)
    n = _driven(life, asked, scratch)
    scanned = _days_scanned(life, n, scratch)
    of_place = stem(life.keys[K_PARK], np.uint64(vehicle))
    if stands_in_view(coverage, of_place, scratch.place[HOME_SLOT], HOME_SLOT):  # else nobody reads it on a day at home
        scanned |= scratch.days[HOME_SLOT]
    watched = np.uint64(0) if coverage.level == NONE else _days_watched(coverage, n, scratch)
    return watched, scanned & asked


@inlined
def stands_in_view(coverage, of_place, zone, slot):
    """Tell whether a car stands in view at a place, always or never; of_place : what its words of parking share."""
    return (branch(of_place, np.uint64(zone)) >> U32) < coverage.patrols.visible[np.int64(slot != HOME_SLOT), zone]


@folded
def _driven(life, asked, scratch):
    """List the days asked for on which the car does not stand at home all day; returns their number."""
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
    """Note where the car stands on n driven days; returns those on which one of these places is scanned."""
    scanned = np.uint64(0)
    for i in range(n):
        bit = scratch.driven[i]
        w, purposes = scratch.word[bit], life.diary.stops[scratch.template[bit]]
        stops = purposes >> np.uint64(4 * MAX_STOPS)  # where it sets out; stops it does not make are at home
        days = scratch.days[stops]
        for stop in range(MAX_STOPS):
            slot = np.uint64(life.places.slot_of[purposes & np.uint64(15), w & BYTE])
            stops |= slot << np.uint64(8 * stop + 8)
            days |= scratch.days[slot]
            purposes >>= np.uint64(4)
            w >>= np.uint64(8)
        scratch.stops[bit] = stops
        scanned |= days & ONE << bit
    return scanned


@folded
def _days_watched(coverage, n, scratch):
    """Return the days, of n driven ones, on which a way may be watched; where readers are dense, all of them."""
    watched = np.uint64(0)
    for i in range(n):
        bit = scratch.driven[i]
        hot, stops = np.uint64(coverage.level == DENSE), scratch.stops[bit]
        if coverage.level != DENSE:
            for _ in range(MAX_STOPS + 1):
                hot |= scratch.hot[stops & BYTE] >> (stops >> np.uint64(8) & BYTE)
                stops >>= np.uint64(8)
        watched |= (hot & ONE) << bit
    return watched


@folded
def mark_events(life, coverage, scratch):
    """Note the days of each block on which the place of an event is scanned."""
    scratch.event[:] = 0
    for day in life.calendar.event_day:
        block, bit = day // BLOCK_DAYS, ONE << np.uint64(day % BLOCK_DAYS)
        scratch.event[block] |= coverage.patrols.scanned[life.calendar.event_zone[day], block] & bit


@folded
def _mark_places(coverage, block, scratch):
    """Note the days of a block on which each slot's place is scanned; returns those on which any is."""
    for slot in range(NEW_SLOT):
        scratch.days[slot] = coverage.patrols.scanned[scratch.place[slot], block]
    for slot in range(NEW_SLOT + NEW_SLOTS, N_SLOTS):
        scratch.days[slot] = coverage.patrols.scanned[scratch.place[slot], block]
    for new in range(NEW_SLOTS):
        of_eras = np.uint64(0)
        for era in range(ERAS):
            in_era = (ONE << np.uint64(ERA_DAYS)) - ONE << np.uint64(ERA_DAYS * era)
            of_eras |= coverage.patrols.scanned[scratch.place[N_SLOTS + ERAS * new + era], block] & in_era
        scratch.days[NEW_SLOT + new] = of_eras
    scratch.days[GROUP_SLOT] |= scratch.event[block]
    anywhere = np.uint64(0)
    for slot in range(N_SLOTS):
        anywhere |= scratch.days[slot]
    return anywhere


@folded
def mark_ways(life, coverage, scratch):
    """Note between which slots of a chapter some way meets a fixed reader; slots that change may always do."""
    for slot in range(N_SLOTS):
        bits = ALL if _changes(slot) else np.uint64(0)
        a = life.places.zone_hub[scratch.place[slot]]
        for other in range(N_SLOTS):
            b = life.places.zone_hub[scratch.place[other]]
            bits |= np.uint64(_changes(other) or coverage.paths.watched[pair_of(life, a, b)] != 0) << np.uint64(other)
        scratch.way[slot] = bits


@inlined
def _changes(slot):
    """Tell whether a slot stands for more than one place in a chapter."""
    return NEW_SLOT <= slot < NEW_SLOT + NEW_SLOTS or slot == GROUP_SLOT


@folded
def _mark_gates(coverage, scratch):
    """Note between which slots some way of a block is watched, by a fixed reader or by a gate at either end."""
    gated = ONE << np.uint64(GROUP_SLOT)  # events take place anywhere
    for slot in range(N_SLOTS):
        gated |= np.uint64(coverage.fixed.gate[scratch.place[slot]] >= 0) << np.uint64(slot)
    for new in range(NEW_SLOTS):
        for era in range(ERAS):
            at_gate = coverage.fixed.gate[scratch.place[N_SLOTS + ERAS * new + era]] >= 0
            gated |= np.uint64(at_gate) << np.uint64(NEW_SLOT + new)
    for slot in range(N_SLOTS):
        scratch.hot[slot] = ALL if gated >> np.uint64(slot) & ONE else scratch.way[slot] | gated
