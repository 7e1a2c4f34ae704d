"""Targets: whom attacks are tried on, drawn in flat memory."""

from __future__ import annotations

import numpy as np
import pytest
from views import look, small_town

from simulate import streams
from simulate.policy.case import Case
from simulate.risk import targets as room
from simulate.risk.targets import draw_targets, living_here, targets_of_cases


@pytest.fixture(scope="module")
def town():
    return small_town()


@pytest.mark.parametrize("at_a_time", [7, 100, 1 << 18])
def test_targets_are_those_of_the_least_words_however_many_are_looked_at_together(town, at_a_time, monkeypatch):
    monkeypatch.setattr(room, "AT_A_TIME", at_a_time)
    truth = look(town).truth
    residents = living_here(truth, 5)[0]
    words = streams.bits64(streams.key(truth.seed, "risk.anchors.targets"), residents)
    least = residents[np.argsort(words)[:30]]
    found = draw_targets(truth, 5, "anchors", 30)
    assert sorted(found.vehicle) == sorted(least)
    assert (np.diff(found.plate) > 0).all()
    assert np.array_equal(found.plate, truth.lives.plates.of_vehicles(found.vehicle))
    assert set(draw_targets(truth, 5, "unicity", 30).vehicle) != set(least), "each question has targets of its own"


def test_cases_of_one_date_share_their_targets_and_all_live_here(town):
    start = look(town).sight.public.start
    days = [start.replace(day=start.day + 9), start.replace(day=start.day + 4), start.replace(day=start.day + 9)]
    view = look(town, cases=[Case(name=str(i), observer="town-and-shops", on=day) for i, day in enumerate(days)])
    late, early, again = targets_of_cases(view, "anchors", 40)
    assert late is again
    assert len(early.vehicle) == len(late.vehicle) == 40
    for case, some in zip(view.cases, (late, early, again), strict=True):
        assert np.isin(some.vehicle, living_here(view.truth, case.today)[0]).all()
