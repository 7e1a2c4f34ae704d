"""Choices in the plain way: the weight of every zone seen from every hub, all at once."""

from __future__ import annotations

import numpy as np

from simulate import streams
from simulate.world.destinations import ROW
from simulate.world.travel_time_budget import NEAR
from simulate.world.zones import N_PURPOSES, Purpose


def slow_destinations(zones, best_s, travel, travel_time_budget, traffic_zones, names, seed):
    """Return what `choice_tables` does; uint32[purposes, h, ROW]."""
    h = len(best_s)
    hub = zones.hub
    beyond = np.isin(np.arange(h), hub[zones.outside & (zones.residents > 0)])
    there_and_back = np.maximum(best_s, best_s.T)[:, hub]
    nearest = np.where(zones.outside, np.inf, there_and_back).argmin(axis=1)
    tables = np.empty((N_PURPOSES, h, ROW), np.uint32)
    for purpose in Purpose:
        weight = zones.attraction[purpose] * (np.exp(-best_s / travel.distance_decay_s)[:, hub])
        weight = weight * (~beyond[:, None] | (hub == np.arange(h)[:, None]))
        if purpose is Purpose.WORK:
            weight = zones.attraction[purpose] * np.exp(-best_s / travel.work_decay_s)[:, hub]
        if purpose is Purpose.HOME:
            weight = zones.residents * np.exp(-best_s / travel.work_decay_s).T[:, hub]
        if traffic_zones is not None and purpose in {Purpose.WORK, Purpose.HOME}:
            weight = by_table(zones, h, traffic_zones, purpose)
        limit_ds = (
            travel_time_budget.work_ds if purpose in {Purpose.WORK, Purpose.HOME} else travel_time_budget.other_ds
        )
        if purpose in {Purpose.OUTSIDE, Purpose.CITY, Purpose.TRIP}:
            says = Purpose.OUTSIDE if not zones.attraction[purpose].any() else purpose
            weight = np.repeat(zones.attraction[says][None], h, axis=0)
            limit_ds = travel_time_budget.trip_ds if purpose is Purpose.TRIP else travel_time_budget.through_ds
        weight = weight * (there_and_back * 10 <= limit_ds)
        if purpose in NEAR:
            weight = weight * (there_and_back * 10 <= travel_time_budget.near_ds)
        unserved = weight.sum(axis=1) == 0
        weight[unserved, nearest[unserved]] = 1.0
        offset = streams.uniforms(streams.key(seed, f"choices.{purpose.name.lower()}"), names.astype(np.uint64))
        for i in range(h):
            cumulative = np.cumsum(weight[i])
            at = (np.arange(ROW) + offset[i]) / ROW * cumulative[-1]
            row = np.searchsorted(cumulative, at, side="right")
            tables[purpose, i] = sorted(row, key=lambda zone: there_and_back[i, zone])
    return tables


def by_table(zones, h, traffic_zones, purpose):
    """Share each row of the trip table among the zones of its districts; float64[h, z]."""
    trips = traffic_zones.trips if purpose is Purpose.WORK else traffic_zones.trips.T
    within = zones.attraction[purpose] if purpose is Purpose.WORK else zones.residents
    held = np.bincount(traffic_zones.of_zone, weights=within, minlength=len(trips))
    of_hub = {int(hub): int(district) for hub, district in zip(zones.hub, traffic_zones.of_zone, strict=True)}
    rows = np.array([of_hub.get(i, 0) for i in range(h)])
    return trips[rows][:, traffic_zones.of_zone] * (within / np.maximum(held, 1e-300)[traffic_zones.of_zone])
