"""Shapes of a car's day: where it goes, when, and how often. Tables only; `diaries` reads them.

Times of the day, lengths of stay and shares are fitted together, by hand, to the hours at
which vehicle trips start (FHWA, Highway Statistics 2006, NT-3), to the purposes they go
to and to trips per vehicle-day (NHTS 2017); `docs/model.md` shows how well they fit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """A day of stops; the same shape begins at several times of day, equally likely."""

    stops: str
    """Purposes in order, joined by hyphens, from home and back."""
    clock: str
    """Arrival at each stop, then leaving the last, where the day begins first."""
    workdays: float
    """How often on Mondays to Fridays, against the other shapes of its table."""
    free_days: float
    """How often on Saturdays, Sundays and holidays."""
    begins: str = ""
    """Arrival at the first stop on working days; as `clock` says where empty."""
    begins_free: str = ""
    """The same on free days; as on working days where empty."""
    jitter_min: int = 10


COMMUTES = (
    Shape("work", "08:00 16:50", 0.0, 0.0, jitter_min=20),
    Shape("work-shop", "08:00 17:10 17:33", 20, 20),
    Shape("work-meal", "08:00 17:35 18:15", 5, 8),
    Shape("work-leisure", "08:00 17:25 19:05", 8, 8),
    Shape("work-home-shop", "08:00 17:15 18:50 19:15", 10, 10),
    Shape("work-home-meal", "08:00 17:00 18:25 19:05", 6, 8),
    Shape("work-home-leisure", "08:00 16:50 18:40 20:15", 7, 8),
    Shape("work-home-visit", "08:00 16:45 18:35 20:20", 5, 8),
    Shape("work-shop-home-shop", "08:00 16:30 17:10 18:50 19:15", 6, 6),
    Shape("work-shop-home-leisure", "08:00 16:30 17:10 19:00 20:30", 5, 6),
    Shape("work-meal-work", "08:00 11:55 13:45 16:55", 12, 6),
    Shape("work-meal-work-shop", "08:00 11:50 13:40 16:55 17:18", 9, 4),
    Shape("work-meal-work-home-shop", "08:00 11:50 13:40 17:00 18:40 19:05", 4, 4),
    Shape("work-home-work", "08:00 12:00 13:55 16:55", 3, 4),
)
"""Days of a car that takes a worker to work; `side_trip` says how many are more than the first."""

SCHOOL_COMMUTES = (
    Shape("work-school", "08:00 17:00 17:10", 6, 0, jitter_min=4),
    Shape("work-school-home-shop", "08:00 16:20 16:50 18:30 18:55", 3, 0, jitter_min=5),
    Shape("school-work", "07:30 09:15 17:05", 2, 0, jitter_min=8),
)
"""The same where a child is brought or fetched on the way."""

SCHOOL_DAYS = (
    (
        Shape("school", "07:42 07:51", 2, 0, jitter_min=4),
        Shape("school", "15:05 15:14", 2, 0, jitter_min=4),
        Shape("school-home-school", "07:42 08:12 15:05 15:14", 6, 0, jitter_min=4),
    ),
    (
        Shape("school-home-shop-home-school", "07:42 08:12 10:00 10:31 15:05 15:14", 5, 0, "07:38 07:48", jitter_min=4),
        Shape("shop-home-school", "10:20 10:55 15:05 15:15", 2, 0, jitter_min=5),
        Shape("school-home-leisure", "15:05 15:35 17:20 18:50", 2, 0, jitter_min=5),
        Shape("school-home-shop", "07:42 08:12 10:30 10:55", 3, 0, "07:42 15:05", jitter_min=5),
    ),
    (
        Shape("school-home-school-home-leisure", "07:42 08:12 15:05 15:35 17:30 19:10", 5, 0, jitter_min=5),
        Shape("school-home-school-home-shop", "07:42 08:12 15:05 15:35 17:15 17:40", 5, 0, jitter_min=5),
        Shape("school-home-shop-home-school", "07:42 08:12 11:15 11:47 15:05 15:15", 4, 0, jitter_min=5),
    ),
)
"""Days of a car at home that takes children to school, with no tour, one or more besides."""

TOURS = (
    (
        Shape("shop", "10:00 10:24", 12, 16, "08:40 09:50 11:00 12:10 13:30 14:40 15:50 17:10 18:20 19:30"),
        Shape("meal", "12:00 12:40", 4, 5, "07:50 11:40 12:30 17:20 18:20"),
        Shape("leisure", "10:00 11:40", 5, 6, "09:30 13:30 18:20 19:30", "10:00 13:00 15:30 19:20", jitter_min=30),
        Shape("visit", "10:00 11:45", 4, 6, "10:30 14:30 18:40", "11:00 14:00 17:00 19:00", jitter_min=30),
        Shape("shop-shop", "10:00 11:00 11:25", 8, 9, "09:20 10:50 13:20 15:00 16:40"),
        Shape("shop-meal", "10:00 11:00 11:42", 5, 6, "10:50 11:40 16:40 17:30"),
        Shape("meal-shop", "12:00 13:00 13:25", 4, 5, "08:20 11:50 17:40"),
        Shape("leisure-shop", "10:00 12:00 12:25", 4, 5, "09:40 14:20 16:20"),
        Shape("shop-shop-shop", "10:00 10:58 11:56 12:20", 4, 5, "09:40 13:40"),
    ),
    (
        Shape("shop-home-shop", "09:30 10:08 12:00 12:24", 8, 9, "08:40 10:30 12:40 14:40 16:30"),
        Shape("shop-home-meal", "09:30 10:08 12:00 12:42", 5, 6, "09:40 15:50 16:40"),
        Shape("shop-home-leisure", "09:30 10:08 12:00 13:40", 6, 7, "10:40 14:10 16:40"),
        Shape("shop-home-visit", "09:30 10:08 12:00 13:45", 4, 6, "11:40 14:40 16:50"),
        Shape("leisure-home-shop", "10:00 12:00 14:00 14:24", 4, 5, "09:10 12:40 15:00"),
        Shape("shop-shop-home-shop", "09:30 10:28 11:06 13:00 13:24", 6, 7, "08:50 10:40 14:20"),
        Shape("shop-meal-home-leisure", "09:30 10:28 11:14 13:10 14:50", 5, 6, "10:40 15:10"),
        Shape("shop-meal-home-shop", "09:30 10:28 11:14 13:10 13:34", 4, 4, "11:00 15:00"),
        Shape("shop-shop-home-visit", "09:30 10:28 11:06 13:10 14:55", 4, 5, "10:20 14:40"),
        Shape("leisure-shop-home-meal", "09:30 11:30 12:08 14:00 14:42", 3, 4, "10:30 14:30"),
        Shape("shop-shop-home-shop-meal", "09:30 10:28 11:06 13:00 13:58 14:40", 3, 4, "09:30 13:40"),
    ),
    (
        Shape("shop-home-shop-home-shop", "09:00 09:38 12:00 12:38 15:00 15:24", 5, 5, "08:30 10:30 12:40"),
        Shape("shop-home-shop-home-meal", "09:00 09:38 12:00 12:38 15:00 15:42", 4, 4, "09:40 12:20"),
        Shape("shop-home-shop-home-leisure", "09:00 09:38 12:00 12:38 15:00 16:40", 5, 6, "09:20 11:20 13:00"),
        Shape("shop-home-shop-home-visit", "09:00 09:38 12:00 12:38 15:00 16:45", 4, 5, "10:00 12:40"),
        Shape("shop-home-meal-home-leisure", "09:00 09:38 11:50 12:42 15:00 16:40", 4, 5, "09:20 13:00"),
    ),
)
"""Days of a car that was at home: one tour, two, or three."""

CLINIC_DAYS = (
    Shape("clinic", "10:00 11:05", 3, 0, "08:30 09:45 11:00 13:30 15:00"),
    Shape("shop-home-clinic", "09:30 10:10 12:30 13:35", 3, 0, "09:00 11:30"),
    Shape("clinic-home-shop", "09:00 10:50 13:00 13:24", 3, 0, "08:45 10:30 13:30"),
)
WORK_CLINIC = Shape("work-clinic", "08:00 15:45 16:50", 1, 0)
"""The same on the way home, where no car was at home."""

WORSHIP_DAYS = (
    Shape("worship", "10:00 11:40", 0, 4, "09:00 10:00 10:40"),
    Shape("worship-meal", "10:00 12:00 12:42", 0, 3, "09:10 10:10"),
    Shape("worship-home-shop", "10:00 12:00 14:20 14:44", 0, 2, "09:10 10:20"),
    Shape("worship-home-leisure", "10:00 12:00 14:20 16:00", 0, 2, "09:20 10:20"),
    Shape("worship-meal-home-visit", "10:00 12:00 12:55 15:00 16:45", 0, 2, "09:20 10:20"),
)
GROUP_DAYS = (
    Shape("group", "19:00 20:55", 1, 1),
    Shape("shop-home-group", "14:30 15:15 19:00 20:55", 1, 1),
)
"""Evenings with the group, after a quiet day and after a busy one."""
GROUP_COMMUTE = Shape("work-group", "08:00 19:00 20:55", 1, 1)
"""The same after work; the meeting never moves with the shift."""
