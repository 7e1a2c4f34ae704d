"""What shape each day of a car has: the household's pattern, unless a spell, a meeting or an event says otherwise."""

from __future__ import annotations

import numpy as np

from simulate.kernels.chapters import reachable
from simulate.kernels.leaf import folded, inlined
from simulate.kernels.plan import (
    ALL_DAYS,
    BLOCK_DAYS,
    K_ATTEND,
    K_DAY,
    K_EVENT,
    K_SPELL,
    K_VISIT,
    MAX_CARS,
    ONE_DAY,
    RESIDENT,
    T_AWAY,
    T_DEPART,
    T_IDLE,
    T_RETURN,
    TWELVE_BITS,
    meets_on,
)
from simulate.kernels.words import LOW32, U32, branch, stem, word


@folded
def fill_templates(life, household, car, state, group, first, last, template):
    """Write the template of each day of first..last for one car; template : uint8[last - first].

    The household's pattern, unless a spell, a meeting or an event says otherwise. Returns
    the days of the block on which the car may be on the map, a bit each.
    """
    kind = np.int64(life.kind[household])
    if state[0] == life.elsewhere:
        for i in range(last - first):
            template[i] = T_IDLE
        return np.uint64(0)
    if life.about[kind] != RESIDENT:
        return _fill_visits(life, household, kind, first, last, template)
    key = stem(life.key[K_DAY], np.uint64(household))
    row = kind * MAX_CARS + car
    for i in range(last - first):
        pick = branch(key, np.uint64(first + i)) & np.uint64(1023)
        template[i] = life.pattern[row, np.uint64(life.day_row[first + i]) + pick]
    job = state[3 + 3 * car]
    if car < life.workers[kind] and not reachable(life, state[0], job, life.reach_ds):
        for i in range(last - first):
            template[i] = life.far_job[template[i]]
    if car == 0:
        _attend(life, household, state, group, first, last, template)
    _stay_away(life, household, car, first, last, template)
    return ALL_DAYS >> np.uint64(BLOCK_DAYS - (last - first)) << np.uint64(first % BLOCK_DAYS)


@folded
def _fill_visits(life, household, kind, first, last, template):
    """Plan a visitor's days, at home beyond the map but for the weeks when it comes; returns the days it comes."""
    about = np.uint64(0)
    for i in range(last - first):
        template[i] = T_IDLE
    weeks, days = stem(life.key[K_VISIT], np.uint64(household)), stem(life.key[K_DAY], np.uint64(household))
    for week in range((life.first_weekday + first) // 7, (life.first_weekday + last - 1) // 7 + 1):
        comes = branch(weeks, np.uint64(week))
        if (comes >> U32) >= life.comes_below[kind]:
            continue
        monday = week * 7 - life.first_weekday
        begin, end = monday, monday + 7
        if life.about[kind] == ONE_DAY:
            begin = monday + np.int64((comes & LOW32) % np.uint64(7))
            end = begin + 1
        for day in range(max(begin, first), min(end, last)):
            if life.about[kind] == ONE_DAY or life.workday[day] == 1:
                pick = branch(days, np.uint64(day)) & np.uint64(1023)
                template[day - first] = life.pattern[kind * MAX_CARS, np.uint64(life.day_row[day]) + pick]
                about |= np.uint64(1) << np.uint64(day % BLOCK_DAYS)
    return about


@folded
def _attend(life, household, state, group, first, last, template):
    """Send the first car to its group's weekly meeting, and to events within reach on other evenings."""
    if group >= 0:
        key = stem(life.key[K_ATTEND], np.uint64(household))
        for week in range((life.first_weekday + first) // 7, (life.first_weekday + last - 1) // 7 + 1):
            day = week * 7 - life.first_weekday + np.int64(life.group_weekday[group])
            if first <= day < last and (branch(key, np.uint64(week)) >> U32) < life.below[4]:
                template[day - first] = life.with_group[template[day - first]]
    i = np.searchsorted(life.event_day, first)
    while i < len(life.event_day) and life.event_day[i] < last:
        day = np.int64(life.event_day[i])
        goes = (word(life.key[K_EVENT], np.uint64(household), np.uint64(day)) >> U32) < life.below[5]
        if goes and not meets_on(life, group, day) and reachable(life, state[0], life.event_zone[day], life.reach_ds):
            template[day - first] = life.with_group[template[day - first]]
        i += 1


@folded
def _stay_away(life, household, car, first, last, template):
    """Let spells of travel or illness replace what was planned."""
    key = stem(life.key[K_SPELL], np.uint64(household))
    for week in range((life.first_weekday + first) // 7, (life.first_weekday + last - 1) // 7 + 1):
        spell = branch(key, np.uint64(week))
        if (spell >> U32) >= life.below[2]:
            continue
        begins, ends = _spell_days(life, spell, week)
        for day in range(max(begins, first), min(ends + 1, last)):
            if car > 0 or (spell >> U32) >= life.below[1]:
                template[day - first] = T_IDLE
            elif day == begins:
                template[day - first] = T_DEPART
            else:
                template[day - first] = T_RETURN if day == ends else T_AWAY


@folded
def next_visit(life, household, car, state, week, last):
    """Find the first week from one on, before day `last`, whose spell leads to a metro of the map.

    Returns the week and the way into that metro, (-1, -1) if there is none.
    """
    nowhere = np.int64(-1), np.int64(-1)
    if life.visit_zone.shape[1] == 0 or car > 0 or life.about[life.kind[household]] != RESIDENT:
        return nowhere
    while state[0] != life.elsewhere and week * 7 - life.first_weekday < last:
        spell = word(life.key[K_SPELL], np.uint64(household), np.uint64(week))
        way_in = life.visit_zone[life.part[life.zone_hub[state[0]]], (spell >> np.uint64(4)) & TWELVE_BITS]
        if (spell >> U32) < life.below[1] and way_in >= 0:
            return np.int64(week), np.int64(way_in)
        week += 1
    return nowhere


@folded
def fill_visit(life, household, week, first, last, template):
    """Plan the whole days of a spell in another metro as a visitor's; returns these days of the block, a bit each."""
    about, key = np.uint64(0), stem(life.key[K_DAY], np.uint64(household))
    begins, ends = _spell_days(life, word(life.key[K_SPELL], np.uint64(household), np.uint64(week)), week)
    for i in range(last - first):
        template[i] = T_IDLE
    for day in range(max(begins + 1, first), min(ends, last)):
        template[day - first] = life.visit_template[branch(key, np.uint64(day)) >> np.uint64(10) & np.uint64(63)]
        about |= np.uint64(1) << np.uint64(day % BLOCK_DAYS)
    return about


@inlined
def _spell_days(life, spell, week):
    """Return the first and the last day of a week's spell."""
    monday, span = week * 7 - life.first_weekday, spell & np.uint64(15)
    return monday + np.int64(life.span[span, 0]), monday + np.int64(life.span[span, 1])
