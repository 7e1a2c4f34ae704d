"""The draw: every read of a range of households, from first day to last.

Everything latent is drawn whatever the readers; legs between hubs that no reader can see
are skipped by structure; every read is decided by a word of its own (vehicle, reader's
uid, day, leg), so a new reader changes no other row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.leaf import driver, leaf
from simulate.kernels.plan import (
    DAY_S,
    DAY_START_S,
    ERA_DAYS,
    K_READ,
    MAX_LEGS,
    N_SLOTS,
    STATE,
    U32,
    advance_life,
    alternative_of,
    begin_life,
    drive_s,
    fill_day,
    fill_places,
    group_of,
    hour_of,
    shift_of,
    start_of_leg,
    template_of,
)
from simulate.kernels.words import word

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Eyes(NamedTuple):
    """Where readers lie on routes, and how well they read; h hubs, c cells, r readers."""

    hot: NDArray[np.uint8]  # [h, h]
    cell: NDArray[np.uint32]  # [h, alternatives, h]
    parent: NDArray[np.uint32]  # [c]
    site: NDArray[np.uint32]  # [c]
    fast_ds: NDArray[np.uint16]  # [c]
    slow_ds: NDArray[np.uint16]  # [c]
    uid: NDArray[np.uint64]  # [r]
    capture: NDArray[np.uint64]  # [2, r] thresholds of a 32-bit draw, by day and by night
    night: NDArray[np.uint8]  # [48] 1 in half-hours of night


@driver
def draw_rows(life, eyes, first, last, longest_chain, plate, site, time):
    """Draw households first..last until the buffers may overflow.

    plate, site, time : uint32[n]. Returns (rows, next household). A household needs at
    most cars x days x MAX_LEGS x longest_chain rows; drawing stops while that much is left.
    """
    days = len(life.day_kind)
    per_car = days * MAX_LEGS * longest_chain
    rows = 0
    state = np.empty(STATE, np.int64)
    place, hub_of = np.empty(N_SLOTS, np.int64), np.empty(N_SLOTS, np.int64)
    slot, at = np.empty(MAX_LEGS + 1, np.int64), np.empty(MAX_LEGS, np.int64)
    seen = np.empty(per_car, np.uint64)
    for household in range(first, last):
        start, stop = life.first_vehicle[household], life.first_vehicle[household + 1]
        if rows + (stop - start) * per_car > len(plate):
            return rows, household
        group = group_of(life, household)
        for vehicle in range(start, stop):
            n = _draw_vehicle(life, eyes, household, vehicle, group, state, place, hub_of, slot, at, seen)
            for i in range(n):
                plate[rows] = vehicle
                time[rows] = seen[i] >> U32
                site[rows] = seen[i] & np.uint64(0xFFFFFFFF)
                rows += 1
    return rows, last


@leaf
def _draw_vehicle(life, eyes, household, vehicle, group, state, place, hub_of, slot, at, seen):
    """Write one vehicle's reads as sorted (time, site) words; returns their number."""
    car = vehicle - life.first_vehicle[household]
    key = word(life.key[K_READ], np.uint64(vehicle), np.uint64(0))
    change = begin_life(life, household, state)
    shift, n = np.int64(0), 0
    for day in range(len(life.day_kind)):
        if day >= change or day % ERA_DAYS == 0:
            change = advance_life(life, household, day, state)
            fill_places(life, household, car, state, group, day // ERA_DAYS, place, hub_of)
            shift = shift_of(life, household, car, state)
        template = template_of(life, household, car, day, group)
        legs = life.n_legs[template]
        if legs == 0:
            continue
        w = fill_day(life, vehicle, day, template, shift, group, slot, at)
        midnight = day * DAY_S + DAY_START_S
        for leg in range(legs):
            a, b = hub_of[slot[leg]], hub_of[slot[leg + 1]]
            if eyes.hot[a, b] == 0:
                continue
            hour = hour_of(at[leg])
            alternative = alternative_of(life, w, leg, hour)
            cell = eyes.cell[a, alternative, b]
            if cell == 0:
                continue
            leave = start_of_leg(life, a, alternative, b, at[leg], leg < life.n_stops[template], hour)
            begin = n
            while cell != 0:
                second = midnight + leave + life.access_s + drive_s(life, eyes.fast_ds[cell], eyes.slow_ds[cell], hour)
                site = eyes.site[cell]
                u = word(key, eyes.uid[site], np.uint64(day * 16 + leg)) >> U32
                if u < eyes.capture[eyes.night[np.uint64(second) // np.uint64(1800) % np.uint64(48)], site]:
                    seen[n] = (np.uint64(second) << U32) | np.uint64(site)
                    n += 1
                cell = eyes.parent[cell]
            _reverse(seen, begin, n)  # the trie leads from the last reader back to the first
    _settle(seen, n)
    return n


@leaf
def _reverse(values, first, last):
    """Turn values[first:last] round, in place."""
    i, j = first, last - 1
    while i < j:
        values[i], values[j] = values[j], values[i]
        i += 1
        j -= 1


@leaf
def _settle(values, n):
    """Sort n values that are almost in order, in place."""
    for i in range(1, n):
        value, j = values[i], i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value
