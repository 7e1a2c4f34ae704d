"""Pace: the ratio of a trip's time to its route's mean in the traffic of its hour.

A trip's pace is drawn from a log-normal law about 1, cut off at both ends: nobody is much
faster than free flow, and in a jam, equal for all, nobody is much slower than the jam. So
travel times are bounded, and places are admitted by this bound (`world.travel_time_budget`).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Travel

PACES, ONE = 1024, 4096
"""Entries of a table of paces, and their unit, 4096ths."""
FASTEST, SLOWEST = 0.8, 1.5
"""Least and greatest time of a trip, over free-flow time (assumption: a quarter above free speed)."""
SLOWEST_IN_A_JAM = 1.15
"""Greatest time of a trip at the peak, over the mean time in the peak's traffic (assumption)."""
PEAK_HOURS = {6: 0.4, 7: 1.0, 8: 0.9, 9: 0.3, 15: 0.5, 16: 0.9, 17: 1.0, 18: 0.6, 19: 0.2}
"""Share of the peak's delay in each hour; 0 in the others (assumption)."""


def traffic(peak: float, hour: int) -> float:
    """Return driving time in the traffic of a clock hour over free-flow time; peak : the same at the peak."""
    return 1 + (peak - 1) * PEAK_HOURS.get(hour, 0.0)


def slowest(travel: Travel, *, freeways: bool) -> float:
    """Return the greatest time of a route at any hour, over free-flow time."""
    peak = _peak(travel, freeways=freeways)
    return max(SLOWEST, SLOWEST_IN_A_JAM * peak) if travel.pace_spread else peak


def pace_table(travel: Travel, *, freeways: bool) -> NDArray[np.int64]:
    """Return equally likely paces for each clock hour, in 4096ths; int64[24, PACES], rising."""
    peak, limit = _peak(travel, freeways=freeways), slowest(travel, freeways=freeways)
    table = np.full((24, PACES), ONE, np.int64)
    if travel.pace_spread:
        for hour in range(24):
            most = min(SLOWEST, limit / traffic(peak, hour))
            table[hour] = _paces(travel.pace_spread, most)
    return table


def _paces(spread: float, most: float) -> list[int]:
    """Return the quantiles of a log-normal law about 1 between FASTEST and `most`."""
    law = NormalDist(0.0, spread)
    low, high = law.cdf(math.log(FASTEST)), law.cdf(math.log(most))
    shares = ((q + 0.5) / PACES for q in range(PACES))
    return [int(ONE * math.exp(law.inv_cdf(low + (high - low) * share))) for share in shares]


def _peak(travel: Travel, *, freeways: bool) -> float:
    """Return the worst peak of any road."""
    return max(travel.peak_freeway if freeways else 1.0, travel.peak_other)
