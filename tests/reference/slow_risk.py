"""Slow twins of the measures' kernels, in plain Python: sets, dictionaries and loops."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worlds import Small

    from simulate.travel.truth import Trips

    Sighting = tuple[int, int, int]
    """Plate, time, site."""

DAY_S, DAY_START_S = 86_400, 14_400


def slow_counts(sightings: Sequence[Sighting], since: int, vehicles: int) -> list[tuple[int, int, int]]:
    """Count sightings, days and readers of every plate from a time on."""
    seen = Counter[int]()
    days, sites = defaultdict(set), defaultdict(set)
    for plate, time, site in sightings:
        if time >= since:
            seen[plate] += 1
            days[plate].add((time - DAY_START_S) // DAY_S)
            sites[plate].add(site)
    return [(seen[plate], len(days[plate]), len(sites[plate])) for plate in range(vehicles)]


def slow_life(
    small: Small, vehicles: Sequence[int], made: Trips, reads: Sequence[Sequence[int]], now_s: int
) -> dict[str, Any]:
    """Tell what of some lives is on file: hits and tries of each part, and sightings by who was really read.

    made : trips of the vehicles; reads : plate, time, site and who was really read, those on file.
    """
    plate_of = dict(zip(vehicles, small.lives.plates.of_vehicles(np.array(vehicles)).tolist(), strict=True))
    zones, zone_of = small.world.zones, small.deployment.sites.zone.tolist()
    own: dict[int, list[tuple[int, int]]] = defaultdict(list)
    misread = 0
    whose = {plate: vehicle for vehicle, plate in plate_of.items()}
    for plate, time, site, vehicle in reads:
        if whose.get(plate) == vehicle:
            own[vehicle].append((time, site))
        elif plate in whose:
            misread += 1
    trips, metres, stays, days = ([0, 0] for _ in range(4))
    for vehicle in vehicles:
        its = [i for i in range(len(made.vehicle)) if made.vehicle[i] == vehicle and made.arrive_s[i] <= now_s]
        about: dict[int, bool] = {}
        for nth, i in enumerate(its):
            leave, arrive, a, b = (int(x[i]) for x in (made.leave_s, made.arrive_s, made.from_zone, made.to_zone))
            hit = any(leave <= time <= arrive for time, _ in own[vehicle])
            long = round(math.hypot(zones.x_m[b] - zones.x_m[a], zones.y_m[b] - zones.y_m[a]))
            trips[0], trips[1] = trips[0] + hit, trips[1] + 1
            metres[0], metres[1] = metres[0] + hit * long, metres[1] + long
            end = int(made.leave_s[its[nth + 1]]) if nth + 1 < len(its) else now_s
            if end - arrive >= 1800 and not zones.outside[b]:
                stays[0] += any(arrive <= time <= end and zone_of[site] == b for time, site in own[vehicle])
                stays[1] += 1
            day = int(made.day[i])
            about[day] = any((time - DAY_START_S) // DAY_S == day for time, _ in own[vehicle])
        days[0], days[1] = days[0] + sum(about.values()), days[1] + len(about)
    return {
        "trips_on_file": trips, "kilometres_on_file": metres, "stays_on_file": stays, "days_away_on_file": days,
        "own_sightings": sum(map(len, own.values())), "misread_sightings": misread,
    }  # fmt: skip


def slow_matches(
    sightings: Sequence[Sighting], target: int, points: Sequence[Sequence[tuple[int, int, int]]]
) -> tuple[int, int, bool]:
    """Find how many points any plate fits at most, how many plates do, and whether the target is one.

    points : for each point, the readers and times (site, from, to) that fit it.
    """
    rows = defaultdict(list)
    for plate, time, site in sightings:
        rows[plate].append((time, site))
    fits = {
        plate: sum(
            any(site == at and begin <= time < end for time, site in rows[plate] for at, begin, end in point)
            for point in points
        )
        for plate in rows
    }
    best = max(fits.values(), default=0)
    if best == 0:
        return 0, 0, False
    winners = [plate for plate, fitted in fits.items() if fitted == best]
    return best, len(winners), target in winners
