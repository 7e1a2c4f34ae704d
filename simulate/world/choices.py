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
COMMUTE = 3
"""Interest in jobs falls this many times as slowly with driving time as that in errands (assumption)."""
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
    so near the nearest zone serves. Those from beyond the map go anywhere in the city. Between
    parts of the map that no way joins, best_s is infinite, and nobody goes.
    """
    h, decay_s = len(best_s), travel.distance_decay_s
    there_and_back = np.maximum(best_s, best_s.T)
    stays = np.ones((h, h), np.bool_)
    stays[zones.hub[zones.outside & (zones.residents > 0)]] = False  # who lives beyond the map shops there
    np.fill_diagonal(stays, val=True)
    errands = np.exp(-best_s / decay_s) * stays * (there_and_back * 10 <= reach.other_ds)
    daily = there_and_back * 10 <= reach.work_ds
    job = np.exp(-best_s / (COMMUTE * decay_s))
    weigh: dict[Purpose, NDArray[np.float64]] = dict.fromkeys(Purpose, errands)
    weigh |= dict.fromkeys(NEAR, errands * (there_and_back <= near_limit_s(travel)))
    weigh[Purpose.WORK], weigh[Purpose.HOME] = job * daily, job.T * daily
    attraction = {purpose: zones.attraction[purpose] for purpose in Purpose}
    attraction[Purpose.HOME] = zones.residents
    if districts is not None:
        between = _between_hubs(zones, districts)
        weigh[Purpose.WORK], weigh[Purpose.HOME] = between * daily, between.T * daily
        for purpose in (Purpose.WORK, Purpose.HOME):
            attraction[purpose] = _share_of_district(districts, attraction[purpose])
    tables = np.empty((N_PURPOSES, h, ROW), np.uint32)
    together = bool(np.isfinite(best_s).all())
    for purpose in Purpose:
        offset = streams.uniforms(streams.key(seed, f"choices.{purpose.name.lower()}"), np.arange(h))
        if purpose in {Purpose.OUTSIDE, Purpose.CITY}:
            tables[purpose] = (
                _anywhere(attraction[purpose], offset)
                if together
                else _rows(zones, attraction[purpose], np.isfinite(best_s).astype(float), there_and_back, offset)
            )
        else:
            tables[purpose] = _rows(zones, attraction[purpose], weigh[purpose], there_and_back, offset)
    return tables


def _rows(
    zones: Zones,
    attraction: NDArray[np.float64],
    weigh: NDArray[np.float64],
    there_and_back: NDArray[np.float64],
    offset: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Sample a row for each hub, of zones weighed by their hub; int64[h, ROW].

    weigh, there_and_back : float64[h, h]. One hub at a time, and only zones that attract
    anyone: a large metro has a hundred times as many zones as hubs. Where nothing serves a hub,
    the nearest zone does.
    """
    rows = np.empty((len(offset), ROW), np.int64)
    some = np.flatnonzero(attraction)
    attracts, hub = attraction[some], zones.hub[some]
    for i in range(len(offset)):
        cumulative = np.cumsum(attracts * weigh[i, hub])
        if not len(some) or cumulative[-1] == 0:
            rows[i] = np.where(zones.outside, np.inf, there_and_back[i, zones.hub]).argmin()
        else:
            rows[i] = some[_row(cumulative, offset[i])]
    return rows


def _anywhere(attraction: NDArray[np.float64], offset: NDArray[np.float64]) -> NDArray[np.int64]:
    """Sample a row for each hub when distance does not matter; int64[h, ROW]."""
    cumulative = np.cumsum(attraction)
    return np.array([_row(cumulative, one) for one in offset])


def _row(cumulative: NDArray[np.float64], offset: float) -> NDArray[np.int64]:
    """Take a systematic sample: an outcome of weight w gets w * ROW entries, give or take one."""
    at = (np.arange(ROW) + offset) / ROW * cumulative[-1]
    zone: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative, at, side="right"), len(cumulative) - 1)
    return zone


def _between_hubs(zones: Zones, districts: Districts) -> NDArray[np.float64]:
    """Return the trip table between the districts that hubs lie in; float64[h, h]."""
    of_hub = np.zeros(int(zones.hub.max()) + 1, np.int64)
    of_hub[zones.hub] = districts.of_zone
    between: NDArray[np.float64] = districts.trips[of_hub][:, of_hub]
    return between


def _share_of_district(districts: Districts, within: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each zone's share of what its district holds; float64[z]."""
    held = np.bincount(districts.of_zone, weights=within, minlength=len(districts.trips))
    return within / np.maximum(held, 1e-300)[districts.of_zone]
