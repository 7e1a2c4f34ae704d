"""Choices: where people of a neighbourhood work, shop, meet and move to.

One row of equally likely zones for each purpose and home hub, made once with the world,
so that a draw picks a place with nine integer bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.world.zones import N_PURPOSES, Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.schema import Travel
    from simulate.world.districts import Districts
    from simulate.world.reach import Reach
    from simulate.world.zones import Zones

ROW = 512
"""Entries of a row; nine bits pick one."""
NEAR = (Purpose.SCHOOL, Purpose.SHOP, Purpose.MEAL)
"""Purposes that are served near home, so that stays there may be short (assumption)."""
HOME_TO_NEAR_S, NEAR_TO_NEAR_S = 20 * 60, 37 * 60
"""Longest ways at the peak between home and such a place, and between two of them; diaries leave that room."""


def near_limit_s(travel: Travel) -> float:
    """Return how far near places may lie from home, in seconds of free driving.

    However slow the hour and the alternative, ways then keep within HOME_TO_NEAR_S and, by
    way of home, NEAR_TO_NEAR_S: t = (best * margin + 1 minute) * peak + 2 * access, with a
    second to spare for rounding.
    """
    peak = max(travel.peak_freeway, travel.peak_other)
    rooms = [(room - 2 * travel.access_s - 1) / peak - 60 for room in (HOME_TO_NEAR_S, NEAR_TO_NEAR_S)]
    return max(0.0, min(rooms[0], rooms[1] / 2) / travel.other_route_margin)


def choice_tables(
    zones: Zones,
    best_s: NDArray[np.float64],
    travel: Travel,
    reach: Reach,
    districts: Districts | None,
    seed: int,
) -> NDArray[np.uint32]:
    """Build the rows; uint32[purposes, h, ROW] of zone ids.

    best_s : float64[h, h], free driving time from hub to hub. Under HOME stands where a
    household moves to whose first worker's job hangs on the hub; under VISIT also where
    one without a worker moves to. Interest halves every distance_decay_s * ln 2 seconds, as
    in a gravity model; home-work pairs follow the trip table where there is one. Places
    beyond reach are left out, near purposes keep within `near_limit_s`, and where nothing is
    so near the nearest zone serves. Those from beyond the map go anywhere in the city.
    """
    h, decay_s, limit_s = len(best_s), travel.distance_decay_s, near_limit_s(travel)
    beyond = np.zeros(h, np.bool_)
    beyond[zones.hub[zones.outside & (zones.residents > 0)]] = True
    stays = ~beyond[:, None] | (zones.hub == np.arange(h)[:, None])  # who lives beyond the map shops there
    nearness = np.exp(-best_s / decay_s)[:, zones.hub] * stays
    there_and_back = np.maximum(best_s, best_s.T)[:, zones.hub]
    nearest = np.where(zones.outside, np.inf, there_and_back).argmin(axis=1)
    tables = np.empty((N_PURPOSES, h, ROW), np.uint32)
    for purpose in Purpose:
        weight = zones.attraction[purpose] * nearness
        if purpose in {Purpose.OUTSIDE, Purpose.CITY}:
            weight = np.broadcast_to(zones.attraction[purpose], nearness.shape)
        if purpose is Purpose.WORK:
            weight = _job_weight(zones, np.exp(-best_s / (3 * decay_s))[:, zones.hub], districts)
        if purpose is Purpose.HOME:
            weight = _home_weight(zones, np.exp(-best_s / (3 * decay_s)).T[:, zones.hub], districts)
        if purpose not in {Purpose.OUTSIDE, Purpose.CITY}:
            within_ds = reach.work_ds if purpose in {Purpose.WORK, Purpose.HOME} else reach.other_ds
            within = there_and_back * 10 <= within_ds
            weight = _served(weight * (within & (there_and_back <= limit_s) if purpose in NEAR else within), nearest)
        offsets = streams.uniforms(streams.key(seed, f"choices.{purpose.name.lower()}"), np.arange(h))
        for hub in range(h):
            tables[purpose, hub] = _row(weight[hub], offsets[hub])
    return tables


def _served(weight: NDArray[np.float64], nearest: NDArray[np.int64]) -> NDArray[np.float64]:
    """Let the nearest zone serve hubs that nothing else serves; float64[h, z]."""
    none = np.flatnonzero(weight.sum(axis=1) == 0)
    weight[none, nearest[none]] = 1.0
    return weight


def _row(weight: NDArray[np.float64], offset: float) -> NDArray[np.int64]:
    """Take a systematic sample: an outcome of weight w gets w * ROW entries, give or take one."""
    cumulative = np.cumsum(weight)
    at = (np.arange(ROW) + offset) / ROW * cumulative[-1]
    zone: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative, at, side="right"), len(weight) - 1)
    return zone


def _job_weight(zones: Zones, nearness: NDArray[np.float64], districts: Districts | None) -> NDArray[np.float64]:
    """Weigh jobs seen from each hub; float64[h, z]."""
    jobs = zones.attraction[Purpose.WORK]
    if districts is None:
        weight: NDArray[np.float64] = jobs * nearness
        return weight
    return _from_table(zones, districts, districts.trips, jobs)


def _home_weight(zones: Zones, nearness: NDArray[np.float64], districts: Districts | None) -> NDArray[np.float64]:
    """Weigh homes seen from the hub of a job; float64[h, z]."""
    if districts is None:
        weight: NDArray[np.float64] = zones.residents * nearness
        return weight
    return _from_table(zones, districts, districts.trips.T, zones.residents)


def _from_table(
    zones: Zones, districts: Districts, trips: NDArray[np.float64], within: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share each row of the trip table among the zones of its districts."""
    held = np.bincount(districts.of_zone, weights=within, minlength=len(trips))
    share = within / np.maximum(held, 1e-300)[districts.of_zone]
    of_hub = np.zeros(int(zones.hub.max()) + 1, np.int64)
    of_hub[zones.hub] = districts.of_zone
    weight: NDArray[np.float64] = trips[of_hub][:, districts.of_zone] * share
    return weight
