"""The truth in bulk: trips, homes and jobs of many vehicles, from the plan alone."""

from __future__ import annotations

import numpy as np

from simulate.kernels.leaf import driver
from simulate.kernels.plan import (
    DAY_S,
    DAY_START_S,
    ERA_DAYS,
    MAX_LEGS,
    N_SLOTS,
    STATE,
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

LEG_FIELDS = ("vehicle", "day", "leg", "from_zone", "to_zone", "purpose", "alternative", "hour", "leave_s", "arrive_s")


@driver
def legs_of(life, household, vehicle, first_day, last_day, out):
    """Write the legs of some vehicles; returns their number.

    household, vehicle : int64[n]; out : int64[len(LEG_FIELDS), rows], rows at least
    n x days x MAX_LEGS; seconds from the first midnight.
    """
    rows = 0
    state = np.empty(STATE, np.int64)
    place, hub_of = np.empty(N_SLOTS, np.int64), np.empty(N_SLOTS, np.int64)
    slot, at = np.empty(MAX_LEGS + 1, np.int64), np.empty(MAX_LEGS, np.int64)
    for i in range(len(vehicle)):
        h, v = household[i], vehicle[i]
        car, group = v - life.first_vehicle[h], group_of(life, h)
        begin_life(life, h, state)
        for day in range(first_day, last_day):
            advance_life(life, h, day, state)
            fill_places(life, h, car, state, group, day // ERA_DAYS, place, hub_of)
            template = template_of(life, h, car, day, group)
            shift = shift_of(life, h, car, state)
            w = fill_day(life, v, day, template, shift, group, slot, at)
            midnight = day * DAY_S + DAY_START_S
            for leg in range(life.n_legs[template]):
                from_zone, to_zone = place[slot[leg]], place[slot[leg + 1]]
                a, b = hub_of[slot[leg]], hub_of[slot[leg + 1]]
                hour = hour_of(at[leg])
                alternative = alternative_of(life, w, leg, hour)
                arriving = leg < life.n_stops[template]
                leave = start_of_leg(life, a, alternative, b, at[leg], arriving, hour)
                driving = drive_s(life, life.fast_ds[a, alternative, b], life.slow_ds[a, alternative, b], hour)
                out[0, rows], out[1, rows], out[2, rows] = v, day, leg
                out[3, rows], out[4, rows] = from_zone, to_zone
                out[5, rows] = life.purpose[template, leg] if arriving else 0
                out[6, rows], out[7, rows] = alternative, hour
                out[8, rows], out[9, rows] = midnight + leave, midnight + leave + driving + 2 * life.access_s
                rows += 1
    return rows


@driver
def homes_and_jobs(life, first, last, day, home, job):
    """Write the home and job of every vehicle of households first..last on a day.

    home, job : int64[vehicles of the range]; job is -1 where the car has no commuter.
    """
    state = np.empty(STATE, np.int64)
    i = 0
    for household in range(first, last):
        begin_life(life, household, state)
        advance_life(life, household, day, state)
        for car in range(life.first_vehicle[household + 1] - life.first_vehicle[household]):
            home[i] = state[0]
            job[i] = state[3 + 3 * car] if car < life.workers[life.kind[household]] else -1
            i += 1


@driver
def count_legs(life, first, last, first_day, last_day, legs, used, idle):
    """Count legs by (hub, alternative, hub) and cars that stay put; returns vehicle-days.

    legs : int64[h, alternatives, h], added to; used, idle : int64[1], vehicle-days added to.
    """
    state = np.empty(STATE, np.int64)
    place, hub_of = np.empty(N_SLOTS, np.int64), np.empty(N_SLOTS, np.int64)
    slot, at = np.empty(MAX_LEGS + 1, np.int64), np.empty(MAX_LEGS, np.int64)
    for h in range(first, last):
        group = group_of(life, h)
        for v in range(life.first_vehicle[h], life.first_vehicle[h + 1]):
            car = v - life.first_vehicle[h]
            begin_life(life, h, state)
            for day in range(first_day, last_day):
                advance_life(life, h, day, state)
                fill_places(life, h, car, state, group, day // ERA_DAYS, place, hub_of)
                template = template_of(life, h, car, day, group)
                if life.n_legs[template] == 0:
                    idle[0] += 1
                    continue
                used[0] += 1
                w = fill_day(life, v, day, template, shift_of(life, h, car, state), group, slot, at)
                for leg in range(life.n_legs[template]):
                    a, b = hub_of[slot[leg]], hub_of[slot[leg + 1]]
                    legs[a, alternative_of(life, w, leg, hour_of(at[leg])), b] += 1
