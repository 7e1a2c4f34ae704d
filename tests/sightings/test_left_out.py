"""Which stays a draw may leave out unseen: the table of hours against every day that a car can have."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from worlds import small, town_scenario

from simulate.durations import DAY_S
from simulate.kernels.plan import P_GROUP, STAYS, anchor
from simulate.kernels.stays import _hours_between, _hours_of
from simulate.kernels.trips import trip_s, way_of
from simulate.travel.diaries import GROUP_OFFSET_S

SHIFTS_S = (-9000, -3601, -3600, -1, 0, 1, 3599, 3600, 14_400)


@pytest.fixture(scope="module")
def run():
    return small(town_scenario(3))


@pytest.mark.parametrize("offset_s", [-GROUP_OFFSET_S, 0, GROUP_OFFSET_S])
def test_every_stay_lies_within_the_hours_of_its_template(run, offset_s):
    life = run.tables.life
    life = life._replace(groups=life.groups._replace(offset_s=np.full_like(life.groups.offset_s, offset_s)))
    day = next(d for d in range(7) if (life.calendar.first_weekday + d) % 7 == life.groups.weekday[0])
    early, late = np.uint64(0), np.uint64(2**64 - 1)
    apart = 0
    for template, shift in itertools.product(range(len(life.diary.n_legs)), SHIFTS_S):
        legs = int(life.diary.n_legs[template])
        for stay in range(legs + 1):
            begin = anchor(life, early, template, stay - 1, shift, day, 0) if stay else 0
            end = anchor(life, late, template, stay, shift, day, 0) if stay < legs else DAY_S - 1
            there = int(_hours_between(np.int64(min(begin, DAY_S - 1)), np.int64(min(end, DAY_S - 1))))
            table = int(_hours_of(np.uint64(life.diary.stay_hours[STAYS * template + stay]), np.int64(shift)))
            assert there & ~table == 0, (template, stay, shift)
            apart += (table & ~there).bit_count()
    with_group = [
        t for t in range(len(life.diary.n_legs)) if (life.diary.purpose[t, : life.diary.n_stops[t]] == P_GROUP).any()
    ]
    stop = int(np.argmax(life.diary.purpose[with_group[0]] == P_GROUP))
    moved = anchor(life, early, with_group[0], stop, 0, day, 0) - life.diary.anchor_s[with_group[0], stop]
    assert moved == offset_s, "else no meeting was tried"
    assert apart < 2 * len(SHIFTS_S) * (life.diary.n_legs + 1).sum(), "the table leaves out next to nothing"


def test_no_trip_is_longer_than_the_longest(run):
    life = run.tables.life
    hubs, alternatives = len(life.roads.row), life.roads.fast_ds.shape[1]
    longest = max(
        trip_s(life, way_of(life, a, alternative, b, hour), life.roads.pace[hour].max())
        for a, b in itertools.product(range(hubs), repeat=2)
        for alternative in range(alternatives)
        for hour in (3, 7, 17)
    )
    assert 0 < longest <= life.roads.longest_s < 2 * longest
