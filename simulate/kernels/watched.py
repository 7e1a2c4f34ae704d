"""What can be seen at all: days on which a car's ways meet a reader or gate, or its places are scanned.

A draw skips all others. The question is asked of structure alone, bit by bit, before any
time of day is known; a day that passes may still hold no read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.leaf import folded, inlined
from simulate.kernels.plan import (
    BLOCK_DAYS,
    ERA_DAYS,
    ERAS,
    GROUP_SLOT,
    HOME_SLOT,
    K_CAR,
    MAX_STOPS,
    N_SLOTS,
    NEW_SLOT,
    NEW_SLOTS,
)
from simulate.kernels.words import branch, stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_WATCHED, GATED, SPARSE, DENSE = range(4)
"""What may see a trip: nothing, gates alone, few fixed readers, or so many that asking first does not pay."""
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)


class Eyes(NamedTuple):
    """Who watches: readers on routes, gates, and the calendar of mobile units; h hubs, c cells, z zones."""

    watch: int  # NOT_WATCHED, GATED, SPARSE or DENSE
    hot: NDArray[np.uint8]  # [h, h]
    cell: NDArray[np.uint32]  # [h, alternatives, h]
    parent: NDArray[np.uint32]  # [c]
    site: NDArray[np.uint32]  # [c]
    fast_ds: NDArray[np.uint32]  # [c]
    slow_ds: NDArray[np.uint32]  # [c]
    uid: NDArray[np.uint64]  # [fixed readers and gates]
    since: NDArray[np.int32]  # [fixed readers and gates] first day on which each works
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
    way: NDArray[np.uint64]  # [slots] slots to which a way meets a fixed reader
    hot: NDArray[np.uint64]  # [slots] slots to which a way is watched, gates included
    driven: NDArray[np.uint8]  # [BLOCK_DAYS + 1] days on which the car leaves home
    seen: NDArray[np.uint64]  # reads: plate << 57 | second << 27 | site << 3 | rank of the vehicle
    wrong: NDArray[np.uint64]  # misreads, likewise
    count: NDArray[np.int64]  # type: ignore[assignment]  # [2] reads, misreads; every tuple has a method of this name


@folded
def days_to_do(life, eyes, vehicle, first, last, about, scratch):
    """Return the days, of those on which the car is about, on which a way is watched, and on which a stop is scanned.

    A bit a day of the block; a day may turn out to hold no read.
    """
    block = first // BLOCK_DAYS
    anywhere = _mark_places(life, eyes, block, scratch)
    if eyes.watch == NOT_WATCHED and anywhere == 0:
        return np.uint64(0), np.uint64(0)
    if eyes.watch in (GATED, SPARSE):
        _mark_gates(eyes, scratch)
    key = stem(life.key[K_CAR], np.uint64(vehicle))
    watched, scanned = np.uint64(0), scratch.days[HOME_SLOT]
    asked = anywhere if eyes.watch == NOT_WATCHED else ALL
    for i in range(_driven(life, first, last, asked, scratch)):
        day = first + np.int64(scratch.driven[i])
        bit = np.uint64(day % BLOCK_DAYS)
        hot, days = _stops_of(life, eyes, branch(key, np.uint64(day)), scratch.template[day - first], scratch)
        watched |= (hot & ONE) << bit
        scanned |= days & ONE << bit
    return watched & about, scanned & about


@folded
def _driven(life, first, last, asked, scratch):
    """List the days, of those asked for, on which the car does not stand at home all day; returns their number."""
    n = np.int64(0)
    asked >>= np.uint64(first % BLOCK_DAYS)
    for i in range(last - first):
        scratch.driven[n] = i
        n += np.int64(np.uint64(life.leaves_home[scratch.template[i]]) & asked)
        asked >>= ONE
    return n


@folded
def _stops_of(life, eyes, w, template, scratch):
    """Return whether one of the ways of one day is watched, and the days on which one of its stops is scanned."""
    stops = life.stops[template]
    before = stops >> np.uint64(4 * MAX_STOPS)
    hot, days = np.uint64(eyes.watch == DENSE), scratch.days[before]
    for _ in range(MAX_STOPS):
        slot = np.uint64(life.slot_of[stops & np.uint64(15), w & np.uint64(255)])
        stops >>= np.uint64(4)
        w >>= np.uint64(8)
        days |= scratch.days[slot]
        if eyes.watch in (GATED, SPARSE):
            hot |= scratch.hot[before] >> slot
            before = slot
    if eyes.watch in (GATED, SPARSE):
        hot |= scratch.hot[before] >> np.uint64(HOME_SLOT)
    return hot, days


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
def mark_ways(life, eyes, scratch):
    """Note between which slots of a chapter some way meets a fixed reader; slots that change may always do."""
    for slot in range(N_SLOTS):
        bits = ALL if _changes(slot) else np.uint64(0)
        a = life.zone_hub[scratch.place[slot]]
        for other in range(N_SLOTS):
            b = life.zone_hub[scratch.place[other]]
            bits |= np.uint64(_changes(other) or eyes.hot[a, b] != 0) << np.uint64(other)
        scratch.way[slot] = bits


@inlined
def _changes(slot):
    """Tell whether a slot stands for more than one place in a chapter."""
    return NEW_SLOT <= slot < NEW_SLOT + NEW_SLOTS or slot == GROUP_SLOT


@folded
def _mark_gates(eyes, scratch):
    """Note between which slots some way of a block is watched, by a fixed reader or by a gate at either end."""
    gated = ONE << np.uint64(GROUP_SLOT)  # events take place anywhere
    for slot in range(N_SLOTS):
        gated |= np.uint64(eyes.gate[scratch.place[slot]] >= 0) << np.uint64(slot)
    for new in range(NEW_SLOTS):
        for era in range(ERAS):
            at_gate = eyes.gate[scratch.place[N_SLOTS + ERAS * new + era]] >= 0
            gated |= np.uint64(at_gate) << np.uint64(NEW_SLOT + new)
    for slot in range(N_SLOTS):
        scratch.hot[slot] = ALL if gated >> np.uint64(slot) & ONE else scratch.way[slot] | gated
