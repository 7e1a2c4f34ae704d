"""Destination choice: zones of work, shopping, meetings and moves for people of a neighbourhood.

One row of equally likely zones for each purpose and home hub, made once with the world,
so a draw picks a place with nine integer bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.world.travel_time_budget import NEAR
from simulate.world.zones import N_PURPOSES, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Travel
    from simulate.world.traffic_zones import TrafficZones
    from simulate.world.travel_time_budget import TravelTimeBudget
    from simulate.world.zones import Zones

ROW = 512
"""Entries of a row; nine bits pick one."""


def destination_weights(
    zones: Zones, best_s: NDArray[np.float64], travel: Travel, travel_time_budget: TravelTimeBudget
) -> dict[Purpose, NDArray[np.float64]]:
    """Return the deterrence from hub to hub, float64[h, h] for each purpose.

    best_s : float64[h, h], free-flow time. Interest falls by a factor e every distance_decay_s
    of driving, in jobs every work_decay_s, as in a gravity model, and ends at the travel-time
    budget. Residents beyond the map run their errands there. Days out, and visitors from beyond
    the map, go anywhere within their budgets. Between unconnected parts best_s is infinite, and
    nobody goes.
    """
    there_and_back_ds = np.maximum(best_s, best_s.T) * 10
    stays = np.ones(best_s.shape, np.bool_)
    stays[zones.hub[zones.outside & (zones.residents > 0)]] = False
    np.fill_diagonal(stays, val=True)
    errands = np.exp(-best_s / travel.distance_decay_s) * stays * (there_and_back_ds <= travel_time_budget.other_ds)
    work = np.exp(-best_s / travel.work_decay_s)
    daily = there_and_back_ds <= travel_time_budget.work_ds
    interest = dict.fromkeys(Purpose, errands)
    interest[Purpose.WORK], interest[Purpose.HOME] = work * daily, work.T * daily
    interest[Purpose.TRIP] = (there_and_back_ds <= travel_time_budget.trip_ds).astype(float)
    through = (there_and_back_ds <= travel_time_budget.through_ds).astype(float)
    return interest | dict.fromkeys((Purpose.OUTSIDE, Purpose.CITY), through)


def destination_tables(
    zones: Zones,
    interest: Mapping[Purpose, NDArray[np.float64]],
    best_s: NDArray[np.float64],
    travel_time_budget: TravelTimeBudget,
    traffic_zones: TrafficZones | None,
    names: NDArray[np.int64],
    seed: int,
) -> NDArray[np.uint32]:
    """Return the rows of destinations; uint32[purposes, h, ROW] of zone ids, the nearest first.

    interest : from `interests`. HOME holds the new homes of households with the first worker's
    job at the hub; VISIT also those of households without workers; the hub of LUNCH is that of
    the job. Home-work pairs follow the trip table, if any. names : int64[h], keys of the hubs:
    a row is the same whatever hubs stand beside its own. Near purposes keep within their
    budget, or else take the nearest zone. Without data on the world beyond, a day out ends at
    the edge of the map.
    """
    h, there_and_back = len(best_s), np.maximum(best_s, best_s.T)
    near = there_and_back * 10 <= travel_time_budget.near_ds
    weigh = dict(interest) | dict.fromkeys(NEAR, interest[Purpose.SHOP] * near)
    attraction = {purpose: zones.attraction[purpose] for purpose in Purpose}
    attraction[Purpose.HOME] = zones.residents
    if not attraction[Purpose.TRIP].any():
        attraction[Purpose.TRIP] = attraction[Purpose.OUTSIDE]
    if traffic_zones is not None:
        daily, between = there_and_back * 10 <= travel_time_budget.work_ds, _between_hubs(zones, traffic_zones)
        weigh[Purpose.WORK], weigh[Purpose.HOME] = between * daily, between.T * daily
        for purpose in (Purpose.WORK, Purpose.HOME):
            attraction[purpose] = _share_of_district(traffic_zones, attraction[purpose])
    tables = np.empty((N_PURPOSES, h, ROW), np.uint32)
    for purpose in Purpose:
        offset = streams.uniforms(streams.key(seed, f"choices.{purpose.name.lower()}"), names.astype(np.uint64))
        if purpose in {Purpose.OUTSIDE, Purpose.CITY} and weigh[purpose].all():
            rows = _anywhere(attraction[purpose], offset)
        else:
            rows = _rows(zones, attraction[purpose], weigh[purpose], there_and_back, offset)
        order = [there_and_back[hub, zones.hub[rows[hub]]].argsort(kind="stable") for hub in range(h)]
        tables[purpose] = np.take_along_axis(rows, np.array(order), axis=1)
    return tables


def _rows(
    zones: Zones,
    attraction: NDArray[np.float64],
    weigh: NDArray[np.float64],
    there_and_back: NDArray[np.float64],
    offset: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Sample a row for each hub, of zones weighted by their hub; int64[h, ROW].

    weigh, there_and_back : float64[h, h]. One hub at a time, and only zones of positive
    attraction: a large metro has a hundred times as many zones as hubs. A hub without any
    takes the nearest zone.
    """
    rows = np.empty((len(offset), ROW), np.int64)
    attractive = np.flatnonzero(attraction)
    attracts, hub = attraction[attractive], zones.hub[attractive]
    for i in range(len(offset)):
        cumulative = np.cumsum(attracts * weigh[i, hub])
        if not len(attractive) or cumulative[-1] == 0:
            rows[i] = np.where(zones.outside, np.inf, there_and_back[i, zones.hub]).argmin()
        else:
            rows[i] = attractive[_row(cumulative, offset[i])]
    return rows


def _anywhere(attraction: NDArray[np.float64], offset: NDArray[np.float64]) -> NDArray[np.int64]:
    """Sample a row for each hub regardless of distance; int64[h, ROW]."""
    cumulative = np.cumsum(attraction)
    return np.array([_row(cumulative, start) for start in offset])


def _row(cumulative: NDArray[np.float64], offset: float) -> NDArray[np.int64]:
    """Return a systematic sample: an outcome of weight w gets w * ROW entries, give or take one."""
    at = (np.arange(ROW) + offset) / ROW * cumulative[-1]
    zone: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative, at, side="right"), len(cumulative) - 1)
    return zone


def _between_hubs(zones: Zones, traffic_zones: TrafficZones) -> NDArray[np.float64]:
    """Return the trip table between the traffic zones of hubs; float64[h, h]."""
    of_hub = np.zeros(int(zones.hub.max()) + 1, np.int64)
    of_hub[zones.hub] = traffic_zones.of_zone
    between: NDArray[np.float64] = traffic_zones.trips[of_hub][:, of_hub]
    return between


def _share_of_district(traffic_zones: TrafficZones, within: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each zone's share of the total of its traffic zone; float64[z]."""
    total = np.bincount(traffic_zones.of_zone, weights=within, minlength=len(traffic_zones.trips))
    return within / np.maximum(total, 1e-300)[traffic_zones.of_zone]
