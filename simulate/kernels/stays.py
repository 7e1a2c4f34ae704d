"""Reads of mobile units: cars parked in view, and cars arriving or leaving while a unit is in the zone.

Stays out of the reach of every read are skipped by structure: first those in zones without
a visit on the day, then, by a table of hours, those without a visit while the car is there.
"""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.bits import BYTE, ONE, lowest, ones
from simulate.kernels.coverage import stands_in_view
from simulate.kernels.draws import GOLDEN, LOW32, U32, branch, mix, stem
from simulate.kernels.leaf import folded
from simulate.kernels.plan import (
    BLOCK_DAYS,
    JITTER,
    K_SCAN,
    MAX_LEGS,
    STAYS,
    anchor,
    hour_of,
    zone_on,
)
from simulate.kernels.reads import MOBILE, read
from simulate.kernels.trips import alternative_of, pace_of, routes_of, trip_s, trip_word, way_of


@folded
def draw_stays(life, coverage, plates, group, rank, own, todo, block, shift, meets, scratch):
    """Write the reads of one car by mobile units on the days to do, stay by stay."""
    vehicle = np.uint64(rank * plates.groups + group)
    of_scan = stem(life.keys[K_SCAN], vehicle)
    n = _keep_in_hours(life, coverage, _list_scanned(life, todo, scratch), block, shift, meets, scratch)
    for i in range(n):
        listed = scratch.stay[i]
        _stand(life, coverage, plates, group, rank, own, listed, block, shift, meets, of_scan, scratch)


@folded
def _list_scanned(life, todo, scratch):
    """List the stays of the days to do at places scanned on the day; returns their number."""
    n = np.int64(0)
    while todo != 0:
        bit = lowest(todo)
        todo &= todo - ONE
        stops, legs = scratch.stops[bit], life.diary.n_legs[scratch.template[bit]]
        for stay in range(MAX_LEGS + 1):
            slot = stops >> np.uint64(8 * stay) & BYTE
            scratch.stay[n] = bit << np.uint64(16) | np.uint64(stay << 8) | slot
            n += np.int64(scratch.days[slot] >> bit & ONE & np.uint64(stay <= legs))
    return n


@folded
def _keep_in_hours(life, coverage, n, block, shift, meets, scratch):
    """Keep those of n listed stays with a visit in their hours, and store the zone-day; returns their number."""
    kept = np.int64(0)
    for i in range(n):
        listed = scratch.stay[i]
        bit, stay, slot = listed >> np.uint64(16), listed >> np.uint64(8) & BYTE, np.int64(listed & BYTE)
        day = block * BLOCK_DAYS + np.int64(bit)
        zone = zone_on(life, scratch.place, scratch.word[bit], stay, slot, day, meets)
        days = coverage.patrols.scanned[zone, block]
        nth = np.uint64(coverage.patrols.before[zone, block]) + ones(days & ((ONE << bit) - ONE))
        nth_stay = np.uint64(scratch.template[bit]) * np.uint64(STAYS) + stay
        there = _hours_of(np.uint64(life.diary.stay_hours[nth_stay]), shift)
        scratch.stay[kept] = nth << np.uint64(24) | listed
        kept += np.int64(days >> bit & ONE & np.uint64(np.uint64(coverage.patrols.hours[nth]) & there != 0))
    return kept


@folded
def _hours_of(packed, shift):
    """Return a bit for each possible hour of a stay after 04:00, for any delay and any length of its trips."""
    shift_hour = shift // 3600
    first = np.int64(packed & BYTE) + np.int64(packed >> np.uint64(16) & ONE) * shift_hour
    last = np.int64(packed >> np.uint64(8) & BYTE) + np.int64(packed >> np.uint64(17)) * (shift_hour + 1)
    return _bits(first, last)


@folded
def _stand(life, coverage, plates, group, rank, own, listed, block, shift, meets, of_scan, scratch):
    """Write the reads of one stay by mobile units: on arrival, parked in view and on departure."""
    nth, bit = listed >> np.uint64(24), listed >> np.uint64(16) & BYTE
    stay, slot = np.int64(listed >> np.uint64(8) & BYTE), np.int64(listed & BYTE)
    day, template, w = block * BLOCK_DAYS + np.int64(bit), np.int64(scratch.template[bit]), scratch.word[bit]
    legs, stops, late = np.int64(life.diary.n_legs[template]), np.int64(life.diary.n_stops[template]), mix(w ^ JITTER)
    begin = anchor(life, late, template, stay - 1, shift, day, meets) if stay > 0 else 0
    end = anchor(life, late, template, stay, shift, day, meets) if stay < legs else DAY_S
    hours, slack = np.uint64(coverage.patrols.hours[nth]), life.roads.longest_s
    comes = stay > 0 and hours & _hours_between(begin, begin + slack if stay > stops else begin) != 0
    goes = stay < legs and hours & _hours_between(end - slack if stay < stops else end, end) != 0
    zone = zone_on(life, scratch.place, w, stay, slot, day, meets)
    in_view = stands_in_view(life, coverage, rank * plates.groups + group, zone, slot)
    if not (in_view or comes or goes):
        return
    if goes and stay < stops and _comes_by(coverage, nth, end - slack, end):
        end -= _trip_of(life, rank * plates.groups + group, w, stay, end, day, meets, scratch)
    if comes and stay > stops and _comes_by(coverage, nth, begin, begin + slack):
        begin += _trip_of(life, rank * plates.groups + group, w, stay - 1, begin, day, meets, scratch)
    midnight = day * DAY_S + DAY_START_S
    for x in range(coverage.patrols.first[nth], coverage.patrols.first[nth + ONE]):
        u, site = branch(of_scan, coverage.patrols.visit[x, 0]), np.int64(coverage.patrols.visit[x, 1] & LOW32)
        second, fleet = _when_and_who(coverage, x)
        rolls_until = second + coverage.patrols.rolling_s[fleet]
        if comes and second <= begin < rolls_until:
            met = mix(u + np.uint64(2 * stay) * GOLDEN)
            read(coverage, plates, group, rank, own, MOBILE, met, midnight + begin, site, scratch)
        scan = second + np.int64((u & np.uint64(0xFFFF)) * np.uint64(coverage.patrols.scan_s[fleet]) >> np.uint64(16))
        if in_view and begin <= scan < end:
            read(coverage, plates, group, rank, own, MOBILE, mix(u), midnight + scan, site, scratch)
        if goes and second <= end < rolls_until:
            met = mix(u + np.uint64(2 * stay + 1) * GOLDEN)
            read(coverage, plates, group, rank, own, MOBILE, met, midnight + end, site, scratch)


@folded
def _comes_by(coverage, nth, begin, end):
    """Return whether a unit is in the zone of a zone-day at any time from begin to end."""
    near = False
    for x in range(coverage.patrols.first[nth], coverage.patrols.first[nth + ONE]):
        second, fleet = _when_and_who(coverage, x)
        lasts_s = max(coverage.patrols.scan_s[fleet], coverage.patrols.rolling_s[fleet])
        near |= second <= end and begin <= second + lasts_s
    return near


@folded
def _when_and_who(coverage, x):
    """Return the start of a visit, in seconds of the day, and the fleet of its unit."""
    return np.int64(coverage.patrols.visit[x, 1] >> np.uint64(40)), np.int64(coverage.patrols.visit[x, 1] >> U32 & BYTE)


@folded
def _trip_of(life, vehicle, w, leg, at, day, meets, scratch):
    """Return the duration of a trip, identified by its anchor, in seconds."""
    hour, stops = hour_of(at), scratch.stops[day % BLOCK_DAYS] >> np.uint64(8 * leg)
    a = life.places.zone_hub[zone_on(life, scratch.place, w, leg, np.int64(stops & BYTE), day, meets)]
    to_slot = np.int64(stops >> np.uint64(8) & BYTE)
    b = life.places.zone_hub[zone_on(life, scratch.place, w, leg + 1, to_slot, day, meets)]
    trip = trip_word(w, leg)
    alternative = alternative_of(life, routes_of(life, vehicle), trip, hour, a, b)
    return trip_s(life, way_of(life, a, alternative, b, hour), pace_of(life, trip, hour))


@folded
def _hours_between(begin, end):
    """Return a bit for each hour from begin to end, in seconds after 04:00."""
    return _bits(begin // 3600, end // 3600)


@folded
def _bits(first, last):
    """Return a bit for each hour from first to last, clipped to the hours of a day."""
    first, last = min(max(first, 0), 23), min(max(last, 0), 23)
    return (ONE << np.uint64(last + 1)) - (ONE << np.uint64(first))
