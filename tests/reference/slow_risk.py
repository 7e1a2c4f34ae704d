"""Slow twins of the measures' kernels, in plain Python: sets, dictionaries and loops."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
