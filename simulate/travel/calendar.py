"""The calendar of a scenario: weeks, weekdays and holidays of a real year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKDAY, SATURDAY, SUNDAY, EDGE_OF_WEEK = 0, 1, 2, 3
"""Kinds of day: Tuesday to Thursday, Saturday, Sunday, and Mondays and Fridays, when many
work at home. Holidays count as Sundays."""
N_KINDS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """The days of a scenario, one entry each."""

    start: date
    kind: NDArray[np.uint8]
    """uint8[days]; WORKDAY, SATURDAY, SUNDAY or EDGE_OF_WEEK."""
    weekday: NDArray[np.uint8]
    """uint8[days]; 0 = Monday."""
    week: NDArray[np.uint32]
    """uint32[days]; weeks since the Monday of the first week."""

    @property
    def works(self) -> NDArray[np.bool_]:
        """Return the mask of working days; bool[days]."""
        works: NDArray[np.bool_] = (self.kind == WORKDAY) | (self.kind == EDGE_OF_WEEK)
        return works

    @property
    def days(self) -> int:
        """Return the number of days."""
        return len(self.kind)


def calendar(start: date, days: int, holidays: str) -> Calendar:
    """Return the calendar of `days` days from `start`; `holidays` is "us" or "none"."""
    weekday = (start.weekday() + np.arange(days)) % 7
    kind = np.array([EDGE_OF_WEEK, WORKDAY, WORKDAY, WORKDAY, EDGE_OF_WEEK, SATURDAY, SUNDAY])[weekday]
    if holidays == "us":
        for offset in range(days):
            if _is_us_holiday(start + timedelta(days=offset)):
                kind[offset] = SUNDAY
    return Calendar(
        start=start,
        kind=kind.astype(np.uint8),
        weekday=weekday.astype(np.uint8),
        week=((start.weekday() + np.arange(days)) // 7).astype(np.uint32),
    )


def _is_us_holiday(day: date) -> bool:
    """Return whether a day is a federal holiday (5 U.S.C. 6103(a)), on its own date."""
    fixed = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
    nth = (day.day - 1) // 7 + 1
    mondays = {(1, 3), (2, 3), (9, 1), (10, 2)}
    if (day.month, day.day) in fixed:
        return True
    if day.weekday() == 0:
        return (day.month, nth) in mondays or (day.month == 5 and day.day + 7 > 31)
    return day.weekday() == 3 and (day.month, nth) == (11, 4)
