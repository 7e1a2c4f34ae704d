"""Reach: how far apart the places of one life may lie, so that every trip fits into every diary.

A diary gives each stop an arrival; a trip that took longer than the time between two stops
would put a car in two places at once. So only places are admitted whose ways fit, even by
the slowest route that anyone takes, at the peak. How much room there is depends on what a
trip joins: a commute has hours, for nobody starts work so early that the way there would not
fit (`kernels.chapters.shift_of`), and what is near home little.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from simulate.checks import ScenarioError
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Travel

NEAR = (Purpose.SCHOOL, Purpose.SHOP, Purpose.MEAL, Purpose.LUNCH)
"""Purposes that are served near home, or near work at midday, so that stays there may be short (assumption)."""
HOME_TO_NEAR_S, NEAR_TO_NEAR_S = 20 * 60, 37 * 60
"""Time that diaries leave between home and such a place, and between two of them."""
ROOM_S, WORK_ROOM_S, THROUGH_ROOM_S, TRIP_ROOM_S = 90 * 60, 150 * 60, 240 * 60, 300 * 60
"""Time for a way from home to any other place and on to a near one; to work; across the map for those
from beyond it; for a day out. A test holds every diary to them (`tests/travel/test_diaries.py`)."""
NO_LIMIT = 2**31 - 1
MOST_ACCESS_S = 300
"""Longest way between a parking place and its junction; a longer one leaves near places no room."""
SLOWEST_MARGIN_S = 60
"""What an alternative may take beyond its margin (`world.routes`)."""


class Reach(NamedTuple):
    """How far each kind of place may lie from home: free driving time of the quickest way, tenths of a second."""

    near_ds: int
    other_ds: int
    work_ds: int
    trip_ds: int
    through_ds: int
    """From one place of the map to any other, for those who come from beyond it."""
    slowest: int
    """Seconds that a way takes at the slowest hour, by the slowest route, per tenth of a second of the
    quickest on free roads, in 65,536ths."""
    slowest_s: int
    """Seconds that it takes besides."""


def reach(best_s: NDArray[np.float64], travel: Travel, *, freeways: bool) -> Reach:
    """Return how far places may lie from home; best_s : float64[h, h], quickest ways on free roads.

    A way between two places that are no home is at most as long as both from home. A map on
    which every way fits has no limit but for near places.
    """
    peak = max(travel.peak_freeway if freeways else 1.0, travel.peak_other)
    slowest = math.ceil(peak * travel.other_route_margin / 10 * 65_536)
    slowest_s = math.ceil(peak * SLOWEST_MARGIN_S + 2 * travel.access_s) + 1

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
    return Reach(
        max(near, 0), *limits, longest_ds(TRIP_ROOM_S), longest_ds(THROUGH_ROOM_S), slowest=slowest, slowest_s=slowest_s
    )
