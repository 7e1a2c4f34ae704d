"""Counts per plate for a whole ladder of retention rules in one pass."""

from __future__ import annotations

from simulate.kernels.leaf import leaf


@leaf
def count_seen(plate, site, time, since, seen, days, sites, last_plate, last_time, before):
    """Add a block of rows to the counts of every window.

    plate, site, time : uint32[n], sorted by plate and time; since : int64[w], oldest time
    in each window, falling; seen, days, sites : uint32[w, v], added to; last_plate : int64[r]
    and last_time : int64[r], when each reader last saw the plate at hand; before : int64[2],
    plate and time of the row before. The last three carry over from block to block.
    """
    for i in range(len(plate)):
        p, s, t = plate[i], site[i], int(time[i])
        day = (t - 14_400) // 86_400
        same_plate = before[0] == p
        same_day = same_plate and (before[1] - 14_400) // 86_400 == day
        known_here = last_plate[s] == p
        for w in range(len(since) - 1, -1, -1):
            if t < since[w]:
                break
            seen[w, p] += 1
            if not same_day or before[1] < since[w]:
                days[w, p] += 1
            if not known_here or last_time[s] < since[w]:
                sites[w, p] += 1
        last_plate[s], last_time[s] = p, t
        before[0], before[1] = p, t
