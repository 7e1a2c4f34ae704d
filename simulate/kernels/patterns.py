"""The template of each day of a car: the household's pattern, unless replaced for a spell, a meeting or an event.

Days of a block are bits of a word, and `template` has an entry for each of them; only
entries of days asked for are written.
"""

from __future__ import annotations

import numpy as np

from simulate.kernels.bits import ALL, ONE, lowest
from simulate.kernels.chapters import reachable
from simulate.kernels.draws import LOW32, U32, bits64, branch, fill_branches, stem
from simulate.kernels.leaf import folded, inlined
from simulate.kernels.plan import (
    BLOCK_DAYS,
    BUSY,
    CIRCLE_BITS,
    DAY_OF,
    K_ATTEND,
    K_DAY,
    K_EVENT,
    K_SPELL,
    K_VISIT,
    MAX_CARS,
    ONE_DAY,
    REGULAR,
    RESIDENT,
    T_AWAY,
    T_DEPART,
    T_IDLE,
    T_RETURN,
    TWELVE_BITS,
    household_trait,
    lean,
    meets_on,
)

REGULAR_BYTE = np.uint64(CIRCLE_BITS - 8)
WEEKS = 10
"""Most weeks touched by a block of days."""


@folded
def days_about(life, household, state, first, last):
    """Return the days of first..last, all of one block, with a household's cars possibly on the map."""
    if state[0] == life.places.elsewhere:
        return np.uint64(0)
    if life.kinds.about[life.people.kind[household]] != RESIDENT:
        return _days_visiting(life, household, first, last)
    return _days_between(first, last, first, last)


@folded
def _days_visiting(life, household, first, last):
    """Return the days with a visit of a household from beyond the map."""
    kind, about = np.int64(life.people.kind[household]), np.uint64(0)
    key = stem(life.keys[K_VISIT], np.uint64(household))
    for week in range((life.calendar.first_weekday + first) // 7, (life.calendar.first_weekday + last - 1) // 7 + 1):
        comes = branch(key, np.uint64(week))
        if (comes >> U32) >= life.kinds.comes_below[kind]:
            continue
        monday = week * 7 - life.calendar.first_weekday
        if life.kinds.about[kind] == ONE_DAY:
            day = monday + np.int64((comes & LOW32) % np.uint64(7))
            about |= _days_between(day, day + 1, first, last)
        else:
            for day in range(max(monday, first), min(monday + 7, last)):
                about |= np.uint64(life.calendar.workday[day]) << np.uint64(day % BLOCK_DAYS)
    return about


@inlined
def _days_between(begin, end, first, last):
    """Return the days of begin..end within first..last, all of one block, a bit each."""
    begin, end = max(begin, first), min(end, last)
    if begin >= end:
        return np.uint64(0)
    return ALL >> np.uint64(BLOCK_DAYS - (end - begin)) << np.uint64(begin % BLOCK_DAYS)


@folded
def fill_templates(life, household, car, state, group, far, first, last, asked, words, template):
    """Write the template of each day asked for, all of first..last, for one car; template : uint8[BLOCK_DAYS].

    far : whether its worker's job lies beyond the reach of errands (`chapters.works_far`);
    words : uint64[BLOCK_DAYS], to work in.
    """
    kind, begin = np.int64(life.people.kind[household]), first // BLOCK_DAYS * BLOCK_DAYS
    row, days = kind * MAX_CARS + car, asked
    fill_branches(stem(life.keys[K_DAY], np.uint64(household)), begin, words)
    busy, regular = household_trait(life, household, BUSY), household_trait(life, household, REGULAR)
    width = life.habits.day_width[regular >> REGULAR_BYTE]
    while days != 0:
        bit = lowest(days)
        days &= days - ONE
        day = begin + np.int64(bit)
        pick = lean(busy, words[bit] >> U32, width) >> DAY_OF
        usual = life.diary.pattern[row, np.uint64(life.calendar.day_row[day]) + pick]
        template[bit] = life.diary.far_job[usual] if far else usual
    if life.kinds.about[kind] == RESIDENT:
        if car == 0:
            _attend(life, household, state, group, first, last, asked, template)
        _stay_away(life, household, car, first, last, asked, words, template)


@folded
def _attend(life, household, state, group, first, last, asked, template):
    """Send the first car to its group's weekly meeting, and to events within reach on other evenings."""
    if group >= 0:
        key = stem(life.keys[K_ATTEND], np.uint64(household))
        offset = life.calendar.first_weekday
        for week in range((offset + first) // 7, (offset + last - 1) // 7 + 1):
            day = week * 7 - offset + np.int64(life.groups.weekday[group])
            meets = _days_between(day, day + 1, first, last) & asked
            if meets != 0 and (branch(key, np.uint64(week)) >> U32) < life.below[4]:
                template[lowest(meets)] = life.diary.with_group[template[lowest(meets)]]
    i = np.searchsorted(life.calendar.event_day, first)
    while i < len(life.calendar.event_day) and life.calendar.event_day[i] < last:
        day, bit = np.int64(life.calendar.event_day[i]), np.uint64(life.calendar.event_day[i] % BLOCK_DAYS)
        goes = asked >> bit & ONE != 0 and not meets_on(life, group, day)
        goes = goes and (bits64(life.keys[K_EVENT], np.uint64(household), np.uint64(day)) >> U32) < life.below[5]
        if goes and reachable(life, state[0], life.calendar.event_zone[day], life.places.reach_ds):
            template[bit] = life.diary.with_group[template[bit]]
        i += 1


@folded
def _stay_away(life, household, car, first, last, asked, words, template):
    """Replace planned days in spells of travel or illness."""
    first_week, weeks = (life.calendar.first_weekday + first) // 7, np.uint64(0)
    fill_branches(stem(life.keys[K_SPELL], np.uint64(household)), first_week, words[:WEEKS])
    for i in range((life.calendar.first_weekday + last - 1) // 7 + 1 - first_week):
        weeks |= np.uint64((words[i] >> U32) < life.below[2]) << np.uint64(i)
    while weeks != 0:
        i = lowest(weeks)
        weeks &= weeks - ONE
        spell = words[i]
        begins, ends = _spell_days(life, spell, first_week + np.int64(i))
        stays_in = car > 0 or (spell >> U32) >= life.below[1]
        gone = _days_between(begins, ends + 1, first, last) & asked
        while gone != 0:
            bit = lowest(gone)
            gone &= gone - ONE
            template[bit] = T_IDLE if stays_in else T_AWAY
        if not stays_in:
            leaves = _days_between(begins, begins + 1, first, last) & asked
            returns = _days_between(ends, ends + 1, first, last) & asked
            if returns != 0:
                template[lowest(returns)] = T_RETURN
            if leaves != 0:
                template[lowest(leaves)] = T_DEPART


@folded
def next_visit(life, household, car, state, week, last):
    """Find the first week from `week` on, before day `last`, with a spell in a metro of the map.

    Returns the week and the entry zone of that metro, (-1, -1) if none.
    """
    nowhere = np.int64(-1), np.int64(-1)
    if life.places.visit_zone.shape[1] == 0 or car > 0 or life.kinds.about[life.people.kind[household]] != RESIDENT:
        return nowhere
    while state[0] != life.places.elsewhere and week * 7 - life.calendar.first_weekday < last:
        spell = bits64(life.keys[K_SPELL], np.uint64(household), np.uint64(week))
        part = life.places.part[life.places.zone_hub[state[0]]]
        way_in = life.places.visit_zone[part, (spell >> np.uint64(4)) & TWELVE_BITS]
        if (spell >> U32) < life.below[1] and way_in >= 0:
            return np.int64(week), np.int64(way_in)
        week += 1
    return nowhere


@folded
def fill_visit(life, household, week, first, last, template):
    """Plan the whole days of a spell in another metro as a visitor's; returns these days of the block, a bit each."""
    begins, ends = _spell_days(life, bits64(life.keys[K_SPELL], np.uint64(household), np.uint64(week)), week)
    key, days = stem(life.keys[K_DAY], np.uint64(household)), _days_between(begins + 1, ends, first, last)
    for day in range(max(begins + 1, first), min(ends, last)):
        pick = branch(key, np.uint64(day)) >> np.uint64(10) & np.uint64(63)
        template[day % BLOCK_DAYS] = life.diary.visit_template[pick]
    return days


@inlined
def _spell_days(life, spell, week):
    """Return the first and the last day of a week's spell."""
    monday, span = week * 7 - life.calendar.first_weekday, spell & np.uint64(15)
    return monday + np.int64(life.diary.span[span, 0]), monday + np.int64(life.diary.span[span, 1])
