"""Travel-time budgets: the greatest distances between the places of one life, with every trip fitting every diary.

A diary gives each stop an arrival; a trip longer than the time between two stops would put a
car in two places at once. So a place is admitted only if its trips fit, even by the slowest
route in use at the slowest pace, at the peak. The budget depends on the ends of a trip: a
commute has hours, for every start of work leaves time for it (`kernels.chapters.shift_of`),
and a trip to a place near home has little.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from simulate.checks import ScenarioError
from simulate.world import pace
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Travel

NEAR = (Purpose.SCHOOL, Purpose.SHOP, Purpose.MEAL, Purpose.LUNCH)
"""Purposes served near home, or near work at midday, so stays there may be short (assumption)."""
HOME_TO_NEAR_S, NEAR_TO_NEAR_S = 20 * 60, 37 * 60
"""Time left by diaries between home and such a place, and between two of them."""
ROOM_S, WORK_ROOM_S, THROUGH_ROOM_S, TRIP_ROOM_S = 90 * 60, 150 * 60, 240 * 60, 300 * 60
"""Time for a trip from home to any other place and on to a near one; to work; across the map for
visitors; for a day out. A test holds every diary to them (`tests/travel/test_diaries.py`)."""
NO_LIMIT = 2**31 - 1
MOST_ACCESS_S = 300
"""Longest access time between a parking place and its junction; a longer one leaves near places no budget."""
SLOWEST_MARGIN_S = 60
"""Time allowed to an alternative beyond its margin (`world.routes`)."""


class TravelTimeBudget(NamedTuple):
    """Budgets for each kind of place from home: free-flow time of the quickest route, tenths of a second."""

    near_ds: int
    other_ds: int
    work_ds: int
    trip_ds: int
    through_ds: int
    """From one place of the map to any other, for visitors from beyond it."""
    slowest: int
    """Seconds of a trip at the slowest hour, by the slowest route, per tenth of a second of the
    quickest at free flow, in 65,536ths."""
    slowest_s: int
    """Constant seconds besides."""


def travel_time_budget(best_s: NDArray[np.float64], travel: Travel, *, freeways: bool) -> TravelTimeBudget:
    """Return the budgets of a map; best_s : float64[h, h], free-flow times of the quickest routes.

    A trip between two places away from home takes at most the sum of both from home. A map with
    every trip within the budget has no limit but for near places.
    """
    most = pace.slowest(travel, freeways=freeways)
    slowest = math.ceil(most * travel.other_route_margin / 10 * 65_536)
    slowest_s = math.ceil(most * SLOWEST_MARGIN_S + 2 * travel.access_s) + 1

    def longest_ds(room_s: float) -> int:
        return int((room_s - slowest_s) * 65_536) // slowest

    near = min(longest_ds(HOME_TO_NEAR_S), longest_ds(NEAR_TO_NEAR_S) // 2)
    if longest_ds(ROOM_S) - max(near, 0) <= 0 or travel.access_s > MOST_ACCESS_S:
        raise ScenarioError(
            "travel", f"access_s up to {MOST_ACCESS_S} and peaks that leave room for trips between two stops",
            f"access_s = {travel.access_s:g}, peaks of {travel.peak_freeway:g} and {travel.peak_other:g}",
            "lower access_s or the peaks",
        )  # fmt: skip
    limits = (longest_ds(ROOM_S) - max(near, 0), longest_ds(WORK_ROOM_S))
    if best_s.max() * 10 <= longest_ds(ROOM_S):
        limits = (NO_LIMIT, NO_LIMIT)
    return TravelTimeBudget(
        max(near, 0), *limits, longest_ds(TRIP_ROOM_S), longest_ds(THROUGH_ROOM_S), slowest=slowest, slowest_s=slowest_s
    )
