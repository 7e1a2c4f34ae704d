"""The calendar against dates looked up by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from simulate.travel.calendar import EDGE_OF_WEEK, SATURDAY, SUNDAY, WORKDAY, calendar

HOLIDAYS = {
    2023: [(1, 1), (1, 16), (2, 20), (5, 29), (6, 19), (7, 4), (9, 4), (10, 9), (11, 11), (11, 23), (12, 25)],
    2025: [(1, 1), (1, 20), (2, 17), (5, 26), (6, 19), (7, 4), (9, 1), (10, 13), (11, 11), (11, 27), (12, 25)],
    2026: [(1, 1), (1, 19), (2, 16), (5, 25), (6, 19), (7, 4), (9, 7), (10, 12), (11, 11), (11, 26), (12, 25)],
}
"""Federal holidays on their own dates, as the US Office of Personnel Management lists them."""


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays_are_sundays(year):
    days = calendar(date(year, 1, 1), 365, "us")
    for offset, kind in enumerate(days.kind):
        day = date(year, 1, 1) + timedelta(days=offset)
        if (day.month, day.day) in HOLIDAYS[year]:
            assert kind == SUNDAY, day
        else:
            assert kind == {0: EDGE_OF_WEEK, 4: EDGE_OF_WEEK, 5: SATURDAY, 6: SUNDAY}.get(day.weekday(), WORKDAY), day


def test_no_holidays_where_none_are_asked_for():
    days = calendar(date(2025, 12, 22), 7, "none")
    assert days.kind.tolist() == [EDGE_OF_WEEK, *[WORKDAY] * 3, EDGE_OF_WEEK, SATURDAY, SUNDAY]


def test_weeks_begin_on_monday_and_weekdays_run_on():
    days = calendar(date(2025, 3, 6), 20, "us")  # a Thursday
    assert days.days == 20
    assert days.weekday[:5].tolist() == [3, 4, 5, 6, 0]
    assert days.week.tolist() == [0] * 4 + [1] * 7 + [2] * 7 + [3] * 2


def test_a_longer_calendar_begins_as_the_shorter_one():
    short, long = (calendar(date(2024, 2, 27), n, "us") for n in (5, 4000))
    for field in ("kind", "weekday", "week"):
        assert np.array_equal(getattr(short, field), getattr(long, field)[:5])
    assert long.kind[2] == WORKDAY  # 29 February 2024, a Thursday
