"""The truth in bulk: trips, homes and jobs of many vehicles, from the plan alone."""

from __future__ import annotations

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.bits import ONE, lowest
from simulate.kernels.chapters import advance_life, begin_life, group_of, shift_of, works_far
from simulate.kernels.leaf import driver, leaf
from simulate.kernels.patterns import days_about, fill_templates, fill_visit, next_visit
from simulate.kernels.plan import (
    BLOCK_DAYS,
    EXPLORES,
    MAX_LEGS,
    N_PLACES,
    STATE,
    car_word,
    fill_day,
    fill_places,
    hour_of,
    zone_on,
)
from simulate.kernels.trips import alternative_of, pace_of, routes_of, trip_s, trip_word, way_of

LEG_FIELDS = ("vehicle", "day", "leg", "from_zone", "to_zone", "purpose", "alternative", "hour", "leave_s", "arrive_s")


@driver
def legs_of(life, vehicle, first_day, last_day, out):
    """Write the legs of vehicles; returns their number.

    vehicle : int64[n]; out : int64[len(LEG_FIELDS), rows], rows at least n x days x
    MAX_LEGS; seconds from the first midnight.
    """
    rows = 0
    state, place = np.empty(STATE, np.int64), np.empty(N_PLACES, np.int64)
    slot, at = np.empty(MAX_LEGS + 1, np.int64), np.empty(MAX_LEGS, np.int64)
    templates, words = np.empty(BLOCK_DAYS, np.uint8), np.empty(BLOCK_DAYS, np.uint64)
    for i in range(len(vehicle)):
        v = vehicle[i]
        h = np.int64(life.people.household[v])
        car = v - life.people.first_vehicle[h]
        begin_life(life, h, state)
        first, begin = first_day, rows
        while first < last_day:
            change = advance_life(life, h, first, state)
            last = min(change, (first // BLOCK_DAYS + 1) * BLOCK_DAYS, last_day)
            group, shift = group_of(life, h, state[0]), shift_of(life, h, car, state)
            far = works_far(life, h, car, state)
            about = days_about(life, h, state, first, last)
            fill_templates(life, h, car, state, group, far, first, last, about, words, templates)
            home, job = state[0], state[3 + 3 * car]
            week = (life.calendar.first_weekday + first) // 7
            while True:  # once at home, then once for each spell in another metro of the map
                fill_places(life, h, car, state, group, place)
                rows = _write_legs(life, v, first, about, templates, place, shift, group, slot, at, rows, out)
                state[0], state[3 + 3 * car] = home, job
                week, way_in = next_visit(life, h, car, state, week, last)
                if week < 0:
                    break
                about = fill_visit(life, h, week, first, last, templates)
                state[0] = state[3 + 3 * car] = way_in
                group, shift, week = np.int64(-1), np.int64(0), week + 1
            first = last
        _sort_by_day(out, begin, rows)
    return rows


@leaf
def _write_legs(life, v, first, about, templates, place, shift, group, slot, at, rows, out):
    """Write the legs of a car's days in `about`, a bit each; returns the rows written so far."""
    of_route = routes_of(life, v)
    while about != 0:
        bit = lowest(about)
        about &= about - ONE
        day, template = first // BLOCK_DAYS * BLOCK_DAYS + np.int64(bit), np.int64(templates[bit])
        w = car_word(life, v, day)
        fill_day(life, place[EXPLORES], w, template, shift, day, group, slot, at)
        midnight = day * DAY_S + DAY_START_S
        for leg in range(life.diary.n_legs[template]):
            from_zone = zone_on(life, place, w, leg, slot[leg], day, group)
            to_zone = zone_on(life, place, w, leg + 1, slot[leg + 1], day, group)
            a, b, hour = life.places.zone_hub[from_zone], life.places.zone_hub[to_zone], hour_of(at[leg])
            word_of_trip = trip_word(w, leg)
            alternative = alternative_of(life, of_route, word_of_trip, hour, a, b)
            arriving = leg < life.diary.n_stops[template]
            trip = trip_s(life, way_of(life, a, alternative, b, hour), pace_of(life, word_of_trip, hour))
            leave = at[leg] - trip if arriving else at[leg]
            out[0, rows], out[1, rows], out[2, rows] = v, day, leg
            out[3, rows], out[4, rows] = from_zone, to_zone
            out[5, rows] = life.diary.purpose[template, leg] if arriving else 0
            out[6, rows], out[7, rows] = alternative, hour
            out[8, rows], out[9, rows] = midnight + leave, midnight + leave + trip
            rows += 1
    return rows


@leaf
def _sort_by_day(out, begin, end):
    """Sort the legs of one car by day, stably and in place (insertion, for almost sorted input)."""
    for i in range(begin + 1, end):
        j = i
        while j > begin and out[1, j - 1] > out[1, j]:
            for field in range(out.shape[0]):
                out[field, j - 1], out[field, j] = out[field, j], out[field, j - 1]
            j -= 1


@driver
def homes_and_jobs(life, vehicle, day, home, job):
    """Write the home and job of vehicles on a day.

    vehicle, home, job : int64[n]; job is -1 for a car without commuter.
    """
    state = np.empty(STATE, np.int64)
    for i in range(len(vehicle)):
        household = np.int64(life.people.household[vehicle[i]])
        begin_life(life, household, state)
        advance_life(life, household, day, state)
        car = vehicle[i] - life.people.first_vehicle[household]
        home[i] = state[0]
        job[i] = state[3 + 3 * car] if car < life.kinds.workers[life.people.kind[household]] else -1
