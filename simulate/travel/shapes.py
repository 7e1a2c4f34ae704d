"""Activity patterns of a car's day: stops, times and shares. Tables only; `diaries` reads them.

Times of the day, dwell times and shares are fitted together, to the start hours of
vehicle trips (FHWA, Highway Statistics 2006, NT-3), to trips per vehicle-day (derived
from NHTS 2017) and to assumed shares of purposes; `docs/validation.md` shows the
goodness of fit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """A day of stops; the same shape begins at several times of day, equally likely."""

    stops: str
    """Purposes in order, joined by hyphens, from home and back."""
    clock: str
    """Arrival at each stop, then departure from the last, on days with the first start time."""
    workdays: float
    """Relative frequency on Mondays to Fridays, within its table."""
    free_days: float
    """Relative frequency on Saturdays, Sundays and holidays."""
    begins: str = ""
    """Arrivals at the first stop on working days; if empty, that of `clock`."""
    begins_free: str = ""
    """The same on free days; if empty, as on working days."""
    jitter_min: int = 10


COMMUTES = (
    Shape("work", "08:00 16:50", 0, 0, jitter_min=20),
    Shape("work-shop", "08:00 17:10 17:33", 2, 4),
    Shape("work-meal", "08:00 17:40 18:20", 1, 3),
    Shape("work-leisure", "08:00 17:25 19:05", 2, 5),
    Shape("work-shop-shop", "08:00 17:00 17:58 18:22", 3, 5),
    Shape("work-shop-meal", "08:00 17:05 18:03 18:43", 2, 4),
    Shape("work-leisure-shop", "08:00 17:15 19:05 19:28", 3, 4),
    Shape("work-home-shop", "08:00 17:15 18:50 19:15", 5, 6),
    Shape("work-home-meal", "08:00 17:00 18:25 19:05", 4, 4),
    Shape("work-home-leisure", "08:00 16:50 18:40 20:15", 5, 5),
    Shape("work-home-visit", "08:00 16:45 18:35 20:20", 5, 5),
    Shape("work-shop-home-shop", "08:00 16:45 17:23 18:50 19:15", 4, 4),
    Shape("work-shop-home-leisure", "08:00 16:40 17:18 19:10 20:40", 5, 6),
    Shape("work-shop-home-visit", "08:00 16:45 17:23 19:15 20:55", 5, 6),
    Shape("work-home-shop-meal", "08:00 16:40 18:00 18:58 19:38", 4, 4),
    Shape("work-home-leisure-shop", "08:00 16:40 18:30 20:15 20:40", 5, 4),
    Shape("work-shop-home-leisure-shop", "08:00 16:10 16:48 18:38 20:23 20:47", 4, 4),
    Shape("work-shop-shop-home-visit", "08:00 16:10 17:08 17:46 19:35 21:05", 5, 4),
    Shape("work-lunch-work", "08:00 11:55 13:15 17:05", 5, 5),
    Shape("work-lunch-work-shop", "08:00 11:55 13:15 16:57 17:20", 9, 6),
    Shape("work-lunch-work-home-shop", "08:00 12:00 13:20 17:10 18:45 19:10", 7, 3),
    Shape("work-lunch-work-home-leisure", "08:00 12:10 13:30 17:05 18:55 20:30", 6, 3),
    Shape("work-lunch-work-home-visit", "08:00 12:05 13:25 16:55 18:45 20:30", 5, 3),
    Shape("work-shop-home-shop-meal", "08:00 16:20 16:58 18:30 19:28 20:08", 5, 3),
)
"""Days of a commuting car; `side_trip` is the share of those after the first."""

SCHOOL_COMMUTES = (
    Shape("work-school", "08:00 17:00 17:10", 42, 0, jitter_min=4),
    Shape("school-work-shop", "07:30 09:15 17:00 17:25", 7, 0, jitter_min=8),
    Shape("school-work", "07:30 09:15 17:05", 51, 0, jitter_min=8),
)
"""The same with a child brought or fetched on the way."""

SCHOOL_DAYS = (
    (
        Shape("school", "07:42 07:51", 20, 0, jitter_min=4),
        Shape("school-home-school", "07:42 08:12 15:05 15:14", 80, 0, jitter_min=4),
    ),
    (
        Shape("school-home-shop-home-school", "07:42 08:12 10:00 10:31 15:05 15:15", 86, 0, jitter_min=5),
        Shape("school-home-shop", "07:42 08:12 10:30 10:55", 14, 0, jitter_min=5),
    ),
    (Shape("school-shop-shop-home-school", "07:42 08:30 09:25 10:00 15:05 15:15", 100, 0, jitter_min=5),),
)
"""Days of a car at home with a school run, and no tour, one or more besides."""

TOURS = (
    (
        Shape("shop", "12:45 13:09", 2, 0),
        Shape("shop-shop", "11:43 12:41 13:05", 6, 0),
        Shape("shop-meal", "11:50 12:48 13:28", 4, 0),
        Shape("meal-shop", "11:57 12:57 13:21", 2, 0),
        Shape("leisure-shop", "10:04 12:04 12:28", 16, 4, "10:04 11:04 11:34 12:04", "13:04"),
        Shape("visit-meal", "09:41 11:46 12:26", 15, 4, "09:41 10:11 11:11 11:41", "12:41"),
        Shape("shop-shop-shop", "08:18 09:16 10:14 10:38", 6, 8, "11:18", "08:18 11:48"),
        Shape(
            "leisure-meal-shop",
            "08:55 10:55 11:55 12:19",
            35,
            24,
            "09:25 09:25 09:55 09:55 09:55 10:25 10:25 10:25",
            "08:55 09:25 09:55 10:55 12:55 15:25 16:25 17:55",
        ),
        Shape("visit-shop", "10:02 12:07 12:32", 13, 6, "10:02 11:02 11:32", "12:32 19:32"),
        Shape("shop-meal-leisure", "10:09 11:07 12:54 14:29", 0, 23, "10:09 11:39 14:39 16:39 17:09 17:39 17:39"),
        Shape(
            "meal-leisure",
            "16:46 18:46 21:16",
            0,
            27,
            "16:46 17:46 18:16 18:46 18:46 19:16 19:16 19:46 20:16",
            jitter_min=20,
        ),
    ),
    (
        Shape("shop-home-visit", "12:15 12:53 14:45 18:05", 19, 2, "12:15 12:15 12:15 12:15 12:15", "17:15"),
        Shape("shop-home-shop", "10:52 11:30 13:22 13:46", 9, 0, "10:52 11:22"),
        Shape("shop-home-leisure", "10:36 11:14 13:06 14:46", 15, 0, "10:36 12:06 12:36 12:36"),
        Shape("leisure-home-shop", "09:43 11:43 13:43 14:07", 3, 0),
        Shape("shop-shop-home-shop", "09:20 10:18 10:56 12:50 13:14", 0, 2),
        Shape("shop-meal-home-leisure", "11:04 12:02 12:48 14:44 16:24", 7, 3, "11:04 13:04", "13:04"),
        Shape(
            "shop-shop-home-visit",
            "09:11 10:09 10:47 12:51 14:36",
            28,
            6,
            "11:11 11:11 11:11 11:11 11:11 12:41 12:41",
            "09:11 16:11",
        ),
        Shape("leisure-shop-home-meal", "09:18 11:18 11:56 13:58 14:38", 16, 3, "09:18 09:18 09:18 09:18", "09:48"),
        Shape("shop-shop-home-shop-meal", "08:25 09:23 10:01 11:55 12:53 13:33", 0, 6, "08:25 10:55"),
        Shape(
            "leisure-shop-home-shop-shop",
            "08:02 10:02 10:40 12:32 13:30 13:54",
            0,
            20,
            "08:02 08:02 09:02 10:32 13:02 14:32 15:32",
        ),
        Shape(
            "meal-shop-home-leisure-shop",
            "07:39 08:39 09:17 11:19 13:19 13:43",
            0,
            24,
            "07:39 08:39 09:09 09:09 10:39 12:39 14:09 15:39",
        ),
        Shape(
            "shop-meal-home-visit-shop",
            "09:16 10:14 11:00 12:56 15:01 15:25",
            0,
            32,
            "09:16 09:16 10:16 11:16 12:16 13:46 15:16 15:46 15:46",
        ),
    ),
    (
        Shape("shop-home-shop-home-shop", "07:45 08:23 10:25 11:03 13:05 13:29", 8, 5, "08:45 11:15", "07:45 11:15"),
        Shape(
            "shop-home-shop-home-leisure",
            "07:52 08:30 10:32 11:10 13:12 14:52",
            24,
            31,
            "09:22 09:22 10:22 11:22 11:22 11:22",
            "07:52 07:52 08:22 08:52 09:22 10:22 10:52 11:52 12:52",
        ),
        Shape(
            "shop-home-meal-home-leisure",
            "07:59 08:37 10:29 11:21 13:29 15:09",
            39,
            35,
            "08:59 09:29 10:59 10:59 10:59 11:29 11:29 11:29",
            "07:59 08:29 08:59 09:29 09:29 10:29 10:59 11:29 12:29",
        ),
        Shape(
            "shop-home-shop-home-visit",
            "08:06 08:44 10:56 11:34 13:36 15:21",
            29,
            29,
            "09:06 09:06 09:36 11:06 11:06 11:06 11:36",
            "08:06 08:36 09:06 09:36 10:06 11:06 11:36 12:06 14:06",
        ),
    ),
)
"""Days of a car from home: one tour, two, or three."""

CLINIC_DAYS = (
    Shape("clinic", "08:30 09:35", 56, 0, "08:30 09:45 11:00 13:30 15:00"),
    Shape("clinic-home-shop", "08:45 10:35 12:45 13:09", 44, 0, "08:45 10:30 13:30"),
)
WORK_CLINIC = Shape("work-clinic", "08:00 15:45 16:50", 1, 0)
"""The same on the way home, for households without a car at home."""

WORSHIP_DAYS = (
    Shape("worship", "09:00 10:40", 0, 22, "09:00 10:00 10:40"),
    Shape("worship-meal-home-visit", "09:00 11:00 11:52 13:45 15:30", 0, 53, "09:00 10:00 10:30"),
    Shape("worship-home-shop-meal", "09:10 11:10 13:20 14:18 14:58", 0, 7, "09:10 10:20"),
    Shape("worship-shop-home-leisure-meal", "09:20 11:20 11:58 13:50 15:55 16:35", 0, 13, "09:20 10:10"),
    Shape("worship-meal", "09:10 11:10 11:52", 0, 5, "09:10 10:10"),
)
DAYS_OUT = (
    Shape("trip", "10:00 14:30", 35, 30, "10:00 11:00 12:00", jitter_min=45),
    Shape("trip", "10:00 17:00", 40, 50, "09:30 10:30 11:30", jitter_min=45),
    Shape("trip", "17:30 21:00", 25, 20, "16:30 17:30 18:30", jitter_min=45),
)
"""Days of a car from home with one long tour, to visit people or sights (assumption)."""
GROUP_DAYS = (
    Shape("group", "19:00 20:55", 1, 1),
    Shape("shop-home-group", "14:30 15:15 19:00 20:55", 1, 1),
)
"""Evenings with the group, after a quiet day and after a busy one."""
GROUP_COMMUTE = Shape("work-group", "08:00 19:00 20:55", 1, 1)
"""The same after work; the meeting never moves with the shift."""

THROUGH = (Shape("outside", "08:00 15:00", 1, 1, "08:00 09:00 10:00 11:00 12:00 13:00 14:00", jitter_min=60),)
"""Days of through traffic: a car from beyond the map, there and later back (assumption)."""
CITY = (
    Shape("city", "11:00 15:00", 1, 1, "09:30 11:00 12:00", jitter_min=60),
    Shape("city", "18:30 21:30", 1, 1, "17:30 18:30 19:00", jitter_min=60),
    Shape("city", "13:00 14:30", 1, 1, "11:30 13:00 15:00", jitter_min=60),
)
"""Days of a car from beyond the map on an errand, a visit or an evening out (assumption)."""
