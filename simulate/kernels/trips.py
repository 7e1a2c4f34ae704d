"""One trip: its route, its duration, and the times of passage at points of the route.

Every household has a usual route between two places and keeps to it on most of its trips. A
trip has a pace of its own; within it, each of four to eight stretches is a little slower or
faster than the others. `travel/days.py` is the readable form.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.bits import BYTE, highest
from simulate.kernels.draws import GOLDEN, U32, bits64, branch, mix, stem
from simulate.kernels.leaf import folded, inlined, leaf
from simulate.kernels.plan import K_CAR, K_ROUTE, pair_of

TRIP = np.uint64(0x5A5A5A5A5A5A5A5A)
SIXTEEN_BITS, PACE_BITS = np.uint64(0xFFFF), np.uint64(1023)
STRETCH = np.uint64(1720)
"""Weight of a stretch's time before a byte is added: stretches differ by 4 % (standard deviation; assumption).
None takes less than 0.87 of its share of a trip, nor more than 1.15."""
UNIT_BITS = np.uint64(14)
EVEN_BYTES, SUM_PAIRS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)


@inlined
def trip_word(w, leg):
    """Return the word of one trip of a day; w : the car's word of the day."""
    return mix((w ^ TRIP) + np.uint64(leg) * GOLDEN)


@inlined
def routes_of(life, vehicle):
    """Return the stem of the draws for all usual routes of a vehicle's household."""
    return stem(life.keys[K_ROUTE], np.uint64(life.people.household[vehicle]))


@inlined
def alternative_of(life, of_route, trip, hour, from_hub, to_hub):
    """Return the alternative of one trip: the household's usual one, or another for once."""
    pick = branch(of_route, (np.uint64(from_hub) << U32) + np.uint64(to_hub)) & BYTE
    usual = life.roads.usual[pick]
    if (trip & SIXTEEN_BITS) < life.roads.kept_below[hour]:
        return usual
    return life.roads.other[usual, (trip >> np.uint64(16)) & BYTE]


@inlined
def pace_of(life, trip, hour):
    """Return a trip's time in 4096ths of its route's mean in the traffic of its hour."""
    return life.roads.pace[hour, (trip >> np.uint64(24)) & PACE_BITS]


@inlined
def traffic(life, fast_ds, slow_ds, hour):
    """Return driving time in the traffic of an hour, in 65,536ths of a second."""
    return np.int64(fast_ds) * life.roads.hour_fast[hour] + np.int64(slow_ds) * life.roads.hour_slow[hour]


@inlined
def way_of(life, from_hub, alternative, to_hub, hour):
    """Return driving time of a route in the traffic of an hour, in 65,536ths of a second."""
    pair = pair_of(life, from_hub, to_hub)
    return traffic(life, life.roads.fast_ds[pair, alternative], life.roads.slow_ds[pair, alternative], hour)


@inlined
def trip_s(life, way, pace):
    """Return seconds from parking place to parking place; way : from `way_of`."""
    return (way * pace >> 28) + 2 * life.roads.access_s


@inlined
def stretches_of(life, trip):
    """Return a byte for each stretch of a trip, the deviation of its time."""
    return mix(trip) if life.roads.uneven else np.uint64(0)


@inlined
def stretch_bits(way):
    """Return the length of a stretch as a power of two: a route has four to eight, the last cut short."""
    return highest(np.uint64(way) | np.uint64(4)) - np.uint64(2)


@inlined
def _sum_of_bytes(x):
    return ((x & EVEN_BYTES) + (x >> np.uint64(8) & EVEN_BYTES)) * SUM_PAIRS >> np.uint64(48)


@folded
def weight_to(stretches, bits, here):
    """Return the weight of the stretches up to a point of the route, the last one in part."""
    stretch, at = np.uint64(here) >> bits, np.uint64(here)
    shift = np.uint64(8) * stretch
    whole = _sum_of_bytes(stretches & ((np.uint64(1) << shift) - np.uint64(1))) + stretch * STRETCH
    return (whole << bits) + ((stretches >> shift & BYTE) + STRETCH) * (at - (stretch << bits))


@inlined
def time_of_weight(stretches, bits, way, pace):
    """Return the time per unit of `weight_to`, scaled to the trip's time over the whole route."""
    return (np.uint64(pace) * np.uint64(way) << UNIT_BITS) // weight_to(stretches, bits, way)


@inlined
def passage_s(stretches, bits, unit, here):
    """Return seconds of driving to a point of the route, at most the trip's; unit : from `time_of_weight`."""
    return np.int64(unit * weight_to(stretches, bits, here) >> (UNIT_BITS + np.uint64(28)))


@leaf
def clock_paths(life, vehicle, day, leg, hour, begin, first, links, fast_ds, slow_ds, middle):
    """Write the second of each trip half-way along each link of its path.

    vehicle, day, leg, hour : int64[k], the trips; begin : int64[k], second of entering the first
    link; first : int64[k + 1], begins of paths in links : int32[n]; fast_ds, slow_ds : int64[m],
    free driving time of links in tenths of a second; middle : int64[n], overwritten.
    """
    for k in range(len(vehicle)):
        low, high = first[k], first[k + 1]
        way = np.int64(0)
        for i in range(low, high):
            lasts = traffic(life, fast_ds[links[i]], slow_ds[links[i]], hour[k])
            way += lasts
            middle[i] = way - lasts // 2
        trip = trip_word(bits64(life.keys[K_CAR], np.uint64(vehicle[k]), np.uint64(day[k])), leg[k])
        stretches, bits = stretches_of(life, trip), stretch_bits(way)
        unit = time_of_weight(stretches, bits, way, pace_of(life, trip, hour[k]))
        for i in range(low, high):
            middle[i] = begin[k] + passage_s(stretches, bits, unit, middle[i])
