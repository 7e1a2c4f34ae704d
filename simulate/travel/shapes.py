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
    Shape("work", "08:00 16:50", 0, 0, jitter_min=20),
    Shape("work-shop", "08:00 17:10 17:33", 1, 0),
    Shape("work-meal", "08:00 17:40 18:20", 1, 0),
    Shape("work-leisure", "08:00 17:25 19:05", 5, 0),
    Shape("work-shop-shop", "08:00 17:00 17:58 18:22", 1, 0),
    Shape("work-leisure-shop", "08:00 17:15 19:05 19:28", 1, 0),
    Shape("work-home-shop", "08:00 17:15 18:50 19:15", 6, 0),
    Shape("work-home-meal", "08:00 17:00 18:25 19:05", 1, 0),
    Shape("work-home-leisure", "08:00 16:50 18:40 20:15", 7, 0),
    Shape("work-home-visit", "08:00 16:45 18:35 20:20", 8, 0),
    Shape("work-shop-home-leisure", "08:00 16:40 17:18 19:10 20:40", 1, 0),
    Shape("work-shop-home-visit", "08:00 16:45 17:23 19:15 20:55", 1, 0),
    Shape("work-home-leisure-shop", "08:00 16:30 18:20 20:05 20:30", 1, 0),
    Shape("work-shop-shop-home-leisure", "08:00 16:10 17:08 17:46 19:35 21:05", 0, 100),
    Shape("work-meal-work", "08:00 11:55 13:45 17:05", 13, 0),
    Shape("work-shop-work-shop", "08:00 12:05 13:55 17:00 17:25", 4, 0),
    Shape("work-meal-work-home-shop", "08:00 12:00 13:50 17:10 18:45 19:10", 13, 0),
    Shape("work-meal-work-leisure-shop", "08:00 11:45 13:35 17:05 18:55 19:20", 2, 0),
    Shape("work-meal-work-home-leisure", "08:00 12:10 14:00 17:05 18:55 20:30", 16, 0),
    Shape("work-meal-work-home-visit", "08:00 12:05 13:55 16:55 18:45 20:30", 18, 0),
)
"""Days of a car that takes a worker to work; `side_trip` says how many are more than the first."""

SCHOOL_COMMUTES = (
    Shape("work-school", "08:00 17:00 17:10", 19, 0, jitter_min=4),
    Shape("work-school-home-shop", "08:00 16:20 16:50 18:30 18:55", 31, 0, jitter_min=5),
    Shape("school-work", "07:30 09:15 17:05", 50, 0, jitter_min=8),
)
"""The same where a child is brought or fetched on the way."""

SCHOOL_DAYS = (
    (
        Shape("school", "07:42 07:51", 30, 0, jitter_min=4),
        Shape("school-home-school", "07:42 08:12 15:05 15:14", 70, 0, jitter_min=4),
    ),
    (
        Shape("school-home-shop-home-school", "07:42 08:12 10:00 10:31 15:05 15:15", 89, 0, jitter_min=5),
        Shape("school-home-shop", "07:42 08:12 10:30 10:55", 11, 0, jitter_min=5),
    ),
    (
        Shape("school-home-school-home-leisure", "07:42 08:12 15:05 15:35 17:30 19:10", 1, 0, jitter_min=5),
        Shape("school-home-school-home-shop", "07:42 08:12 15:05 15:35 17:15 17:40", 49, 0, jitter_min=5),
        Shape("school-shop-shop-home-school", "07:42 08:30 09:25 10:00 15:05 15:15", 50, 0, jitter_min=5),
    ),
)
"""Days of a car at home that takes children to school, with no tour, one or more besides."""

TOURS = (
    (
        Shape("shop", "11:45 12:09", 8, 0, "11:45 13:15"),
        Shape("meal", "06:52 07:32", 0, 2),
        Shape("leisure", "12:29 14:09", 4, 0, jitter_min=20),
        Shape("visit", "12:06 13:51", 4, 0, jitter_min=20),
        Shape("shop-shop", "09:43 10:41 11:05", 16, 5, "11:43 12:13 12:13 16:43", "09:43 16:43"),
        Shape("leisure-shop", "09:34 11:34 11:58", 12, 5, "09:34 10:04 12:04", "10:04 17:34"),
        Shape("visit-meal", "10:11 12:16 12:56", 2, 2, "10:11", "12:41"),
        Shape("shop-shop-shop", "07:48 08:46 09:44 10:08", 16, 22, "11:18 11:18 11:18 16:18", "07:48 08:48 09:18 10:18 10:48 13:18 17:18"),
        Shape("leisure-meal-shop", "08:55 10:55 11:55 12:19", 13, 13, "09:25 09:55 10:25", "08:55 10:25 13:25 16:25"),
        Shape("visit-shop", "09:32 11:37 12:02", 13, 8, "09:32 10:02 12:02", "11:02 19:02 19:32"),
        Shape("shop-meal-leisure", "10:39 11:37 13:24 14:59", 2, 13, "12:09", "10:39 14:09 17:09 17:39"),
        Shape("meal-leisure", "16:46 18:46 21:16", 6, 24, "16:46 16:46", "17:16 18:16 18:46 18:46 19:16 19:16 19:46 20:16", jitter_min=20),
    ),
    (
        Shape("shop-home-visit", "17:15 17:53 19:45 23:05", 0, 4),
        Shape("shop-home-shop", "09:52 10:30 12:22 12:46", 4, 0),
        Shape("shop-home-leisure", "12:36 13:14 15:06 16:46", 5, 2, "12:36", "16:36"),
        Shape("leisure-home-shop", "12:43 14:43 16:43 17:07", 3, 0),
        Shape("shop-shop-home-shop", "08:50 09:48 10:26 12:20 12:44", 8, 6, "10:50 12:50", "08:50 12:20"),
        Shape("shop-meal-home-leisure", "13:04 14:02 14:48 16:44 18:24", 4, 2),
        Shape("shop-shop-home-visit", "09:11 10:09 10:47 12:51 14:36", 38, 9, "11:11 12:41 12:41 12:41 12:41 12:41 12:41 13:11", "09:11 11:11 16:41"),
        Shape("leisure-shop-home-meal", "10:18 12:18 12:56 14:58 15:38", 0, 2),
        Shape("shop-shop-home-shop-meal", "07:55 08:53 09:31 11:25 12:23 13:03", 3, 9, "12:55", "07:55 09:25 12:25"),
        Shape("leisure-shop-home-shop-shop", "08:02 10:02 10:40 12:32 13:30 13:54", 10, 26, "12:02 12:02 12:02", "08:02 08:02 08:32 09:32 10:32 12:02 13:02 14:32 15:32"),
        Shape("meal-shop-home-leisure-shop", "08:09 09:09 09:47 11:49 13:49 14:13", 20, 15, "12:39 12:39 12:39 12:39 12:39", "08:09 09:09 10:39 12:39 15:39"),
        Shape("shop-meal-home-visit-shop", "09:16 10:14 11:00 12:56 15:01 15:25", 2, 21, "11:16", "09:16 10:16 11:46 12:46 15:16 15:46 15:46"),
    ),
    (
        Shape("shop-home-shop-home-shop", "07:45 08:23 10:25 11:03 13:05 13:29", 17, 16, "08:45 09:45 11:15 12:45", "07:45 08:45 09:15 10:45 12:45"),
        Shape("shop-home-shop-home-leisure", "07:52 08:30 10:32 11:10 13:12 14:52", 27, 35, "08:52 09:22 09:22 10:52 11:22 11:22 13:52", "07:52 07:52 08:22 09:22 09:52 10:22 11:22 11:52 12:52"),
        Shape("shop-home-meal-home-leisure", "07:59 08:37 10:29 11:21 13:29 15:09", 23, 17, "08:59 09:29 09:59 10:59 11:29 11:29", "07:59 08:29 09:29 09:59 10:59 11:59"),
        Shape("shop-home-shop-home-visit", "08:06 08:44 10:56 11:34 13:36 15:21", 33, 33, "09:06 09:06 09:36 09:36 11:06 11:36 13:36 14:06", "08:06 08:36 09:06 09:36 10:06 11:06 11:36 12:06 14:06"),
    ),
)
"""Days of a car that was at home: one tour, two, or three."""

CLINIC_DAYS = (
    Shape("clinic", "08:30 09:35", 47, 0, "08:30 09:45 11:00 13:30 15:00"),
    Shape("clinic-home-shop", "08:45 10:35 12:45 13:09", 53, 0, "08:45 10:30 13:30"),
)
WORK_CLINIC = Shape("work-clinic", "08:00 15:45 16:50", 1, 0)
"""The same on the way home, where no car was at home."""

WORSHIP_DAYS = (
    Shape("worship", "09:00 10:40", 0, 58, "09:00 10:00 10:40"),
    Shape("worship-meal", "09:10 11:10 11:52", 0, 42, "09:10 10:10"),
)
GROUP_DAYS = (
    Shape("group", "19:00 20:55", 1, 1),
    Shape("shop-home-group", "14:30 15:15 19:00 20:55", 1, 1),
)
"""Evenings with the group, after a quiet day and after a busy one."""
GROUP_COMMUTE = Shape("work-group", "08:00 19:00 20:55", 1, 1)
"""The same after work; the meeting never moves with the shift."""
