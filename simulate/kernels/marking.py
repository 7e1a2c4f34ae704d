"""Parts of a life on file: case bits of trips, stays and days, from the rows of its own car."""

from __future__ import annotations

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.counting import add_bits
from simulate.kernels.leaf import leaf


@leaf
def mark_life(time, zone, mask, leave, arrive, until, to_zone, day, trip_mask, stay_mask, day_mask):
    """Set the bits of the trips, stays and days of one car with a row inside.

    time : int64[n], rising; zone : int64[n], zone of the gate or mobile unit, -1 for a
    fixed reader; mask : uint64[n]. leave, arrive, to_zone : int64[t], trips in order; until :
    int64[t], end of the stay after each trip; day : int64[d], rising, days with a trip.
    trip_mask : uint64[t], stay_mask : uint64[t], day_mask : uint64[d], added to. A trip has
    the rows from departure to arrival, both included; a stay has the rows at a gate or by a
    unit of its zone, from arrival to departure.
    """
    trip, today, stay = 0, 0, 0
    for i in range(len(time)):
        t = time[i]
        while trip < len(leave) and arrive[trip] < t:
            trip += 1
        while stay < len(until) and until[stay] < t:
            stay += 1
        travel_day = (t - DAY_START_S) // DAY_S
        while today < len(day) and day[today] < travel_day:
            today += 1
        if trip < len(leave) and leave[trip] <= t:
            trip_mask[trip] |= mask[i]
        if stay < len(until) and arrive[stay] <= t and to_zone[stay] == zone[i]:
            stay_mask[stay] |= mask[i]
        if today < len(day) and day[today] == travel_day:
            day_mask[today] |= mask[i]


@leaf
def weigh_marks(mask, weight, total):
    """Sum the weights of the entries on file in each case; mask : uint64[n], weight : int64[n], total : int64[w]."""
    for i in range(len(mask)):
        add_bits(total, mask[i], weight[i])
