"""Reach: how far apart the places of one life may lie, so that every trip fits into every diary.

A diary gives each stop an arrival; a trip that took longer than the time between two stops
would put a car in two places at once. So only places are admitted whose ways fit, even by
the slowest route that anyone takes, at the peak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulate.schema import Travel

DIARY_ROOM_S = 90 * 60
"""Time that every diary leaves between two stops (`travel.diaries.slack_s` proves it)."""
WORK_SHARE = 0.65
"""Share of that room which the way to work may fill; any other way from home may fill the rest."""
NO_LIMIT = 2**31 - 1
MOST_ACCESS_S = 300
"""Longest way between a parking place and its junction; a longer one leaves near places no room."""
SLOWEST_MARGIN_S = 60
"""What an alternative may take beyond its margin (`world.routes`)."""


class Reach(NamedTuple):
    """Longest free driving time of the quickest way, in tenths of a second, from home."""

    work_ds: int
    other_ds: int


def reach(best_s: NDArray[np.float64], travel: Travel, *, freeways: bool) -> Reach:
    """Return how far work and other places may lie from home; best_s : float64[h, h].

    Two places that are no home lie at most the sum of both reaches apart, which is the
    whole room; a map on which every way fits has no limit.
    """
    peak = max(travel.peak_freeway if freeways else 1.0, travel.peak_other)

    def longest_ds(room_s: float) -> int:
        return int((((room_s - 2 * travel.access_s) / peak) - SLOWEST_MARGIN_S) / travel.other_route_margin * 10)

    if longest_ds((1 - WORK_SHARE) * DIARY_ROOM_S) <= 0 or travel.access_s > MOST_ACCESS_S:
        raise ScenarioError(
            "travel", f"access_s up to {MOST_ACCESS_S} and peaks that leave room for trips between two stops",
            f"access_s = {travel.access_s:g}, peaks of {travel.peak_freeway:g} and {travel.peak_other:g}",
            "lower access_s or the peaks",
        )  # fmt: skip
    if best_s.max() * 10 <= longest_ds(DIARY_ROOM_S):
        return Reach(NO_LIMIT, NO_LIMIT)
    return Reach(longest_ds(WORK_SHARE * DIARY_ROOM_S), longest_ds((1 - WORK_SHARE) * DIARY_ROOM_S))
