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

    from simulate.world.districts import Districts
    from simulate.world.reach import Reach
    from simulate.world.zones import Zones

ROW = 512
"""Entries of a row; nine bits pick one."""


def choice_tables(
    zones: Zones, best_s: NDArray[np.float64], decay_s: float, reach: Reach, districts: Districts | None, seed: int
) -> NDArray[np.uint32]:
    """Build the rows; uint32[purposes, h, ROW] of zone ids.

    best_s : float64[h, h], free driving time from hub to hub. Under HOME stands where a
    household moves to whose first worker's job hangs on the hub; under VISIT also where
    one without a worker moves to. Interest halves every decay_s * ln 2 seconds, as in a
    gravity model; home-work pairs follow the trip table where there is one. Places beyond
    reach are left out; those who come from beyond the map go anywhere in the city.
    """
    h = len(best_s)
    beyond = np.zeros(h, np.bool_)
    beyond[zones.hub[zones.outside & (zones.residents > 0)]] = True
    stays = ~beyond[:, None] | (zones.hub == np.arange(h)[:, None])  # who lives beyond the map shops there
    nearness = np.exp(-best_s / decay_s)[:, zones.hub] * stays
    there_and_back_ds = np.maximum(best_s, best_s.T)[:, zones.hub] * 10
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
            commute = purpose in {Purpose.WORK, Purpose.HOME}
            weight = weight * (there_and_back_ds <= (reach.work_ds if commute else reach.other_ds))
        offsets = streams.uniforms(streams.key(seed, f"choices.{purpose.name.lower()}"), np.arange(h))
        for hub in range(h):
            tables[purpose, hub] = _row(weight[hub], nearness[hub], offsets[hub])
    return tables


def _row(weight: NDArray[np.float64], otherwise: NDArray[np.float64], offset: float) -> NDArray[np.int64]:
    """Take a systematic sample: an outcome of weight w gets w * ROW entries, give or take one; near ones if none."""
    total = weight.sum()
    cumulative = np.cumsum(weight if total > 0 else otherwise)
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
