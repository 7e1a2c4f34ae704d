"""Durations in human notation: "21d", "3min", "forever"."""

from __future__ import annotations

import re

from simulate.checks import MOST_NAME, ScenarioError, shorten

UNIT_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "mo": 30 * 86_400, "y": 365 * 86_400}
"""Seconds in each unit; a month is 30 days and a year 365."""

HOUR_S = UNIT_S["h"]
DAY_S = UNIT_S["d"]
DAY_START_S = 4 * UNIT_S["h"]
"""A day of travel runs from 04:00 to 04:00; times count from the first midnight."""
MONTH_DAYS = 365.25 / 12
"""Days of a month in scenario values per month."""

_WORDS = (("year", "y"), ("day", "d"), ("hour", "h"), ("minute", "min"), ("second", "s"))
_LONGEST_Y = 1000
_FORM = re.compile(r"0*([0-9]{1,12}) ?([a-z]+)")


def parse_duration(text: str, where: str = "duration") -> int | None:
    """Convert a duration to seconds; None means for ever.

    Parameters
    ----------
    text
        A whole number above 0 and a unit (s, min, h, d, w, mo = 30 days, y = 365 days), or "forever".
    where
        Subject of the error: a file and key, or an option.
    """
    if text == "forever":
        return None
    match = _FORM.fullmatch(str(text))
    seconds = int(match[1]) * UNIT_S.get(match[2], 0) if match else 0
    if not 0 < seconds <= _LONGEST_Y * UNIT_S["y"]:
        raise ScenarioError(where, 'a duration such as "21d" or "forever"', f'"{text}"', _remedy(str(text)))
    return seconds


def format_duration(seconds: int | None) -> str:
    """Format a duration in words, in the largest unit dividing it: "21 days", "for ever"."""
    if seconds is None:
        return "for ever"
    word, unit = next((word, unit) for word, unit in _WORDS if seconds % UNIT_S[unit] == 0 and seconds >= UNIT_S[unit])
    count = seconds // UNIT_S[unit]
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _remedy(text: str) -> str:
    """Return advice on the notation of the duration probably meant."""
    if re.match(r"-[0-9]|0+(?![0-9])", text):
        return "it must be above 0: keeping nothing is no retention; say which readers are off instead"
    if re.fullmatch(r"[0-9]+ ?m", text):
        return f"write {shorten(text, MOST_NAME)}in for minutes or {shorten(text, MOST_NAME)}o for months"
    units = ", ".join(UNIT_S)
    return f"write a whole number and a unit ({units}), at most {_LONGEST_Y}y"
