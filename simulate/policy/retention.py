"""Retention: how long a sighting is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulate.checks import ScenarioError
from simulate.durations import UNIT_S, format_duration, parse_duration
from simulate.policy.fields import checked_names, holders_named, say_holders, seconds_of
from simulate.policy.terms import FOREVER

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms

_SECOND_DAYS = 1 / UNIT_S["d"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Delete sightings older than a number of days.

    Examples
    --------
    >>> Retention(days=21, hit_days="forever", holders=["smallville-pd"]).describe()
    'Sightings by smallville-pd are deleted after 21 days; those that raised an alert are kept for ever.'
    """

    days: float | Literal["forever"] | None = None
    """Greatest age a sighting may reach, in days; None or "forever" keeps it for ever."""
    hit_days: float | Literal["forever"] | None = None
    """The same for a sighting that raised an alert; None means as all others."""
    holders: tuple[str, ...] = ()
    """Owners whose sightings they are, such as "police", "police, NY" or the name of a body; all if none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "holders", checked_names("retention.holders", self.holders))
        if self.days == "forever":
            object.__setattr__(self, "days", None)
        for name, days in (("days", self.days), ("hit_days", None if self.hit_days == "forever" else self.hit_days)):
            number = isinstance(days, int | float) and not isinstance(days, bool)
            if days is not None and not (number and _SECOND_DAYS <= float(days) < math.inf):
                remedy = "keeping nothing is no retention; say for how long, as in 21, or None for ever"
                raise ScenarioError(f"retention.{name}", "a number of days, at least a second", repr(days), remedy)

    @classmethod
    def of(cls, text: str) -> Retention:
        """Read a duration such as "21d", "3min" or "forever"."""
        seconds = parse_duration(text, "retention")
        return cls(days=None if seconds is None else seconds / UNIT_S["d"])

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the limits of the holders."""
        meant = holders_named(setting, self.holders, "retention.holders")
        limit = FOREVER if self.seconds is None else self.seconds
        terms = terms.state_for("keep_miss_s", meant, limit, "retention.days")
        if self.hit_days is None:
            return terms
        hit_limit = FOREVER if self.hit_seconds is None else self.hit_seconds
        return terms.state_for("keep_hit_s", meant, hit_limit, "retention.hit_days")

    @property
    def seconds(self) -> int | None:
        """Return the greatest age in seconds; None = for ever."""
        return None if self.days is None else seconds_of(float(self.days))

    @property
    def hit_seconds(self) -> int | None:
        """Return the greatest age of what raised an alert, in seconds; None = for ever."""
        if self.hit_days is None:
            return self.seconds
        return None if self.hit_days == "forever" else seconds_of(self.hit_days)

    def since(self, now_s: int) -> int:
        """Return the oldest time still on file, in seconds from the scenario's first midnight."""
        return 0 if self.seconds is None else max(0, now_s - self.seconds)

    @property
    def label(self) -> str:
        """Name the rule in a table or a figure."""
        hits = "" if self.hit_days is None else f", hits {format_duration(self.hit_seconds)}"
        return f"{format_duration(self.seconds)}{hits}{say_holders(self.holders)}"

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        who = f"Sightings{say_holders(self.holders)} are {_fate(self.seconds)}"
        return (
            f"{who}." if self.hit_days is None else f"{who}; those that raised an alert are {_fate(self.hit_seconds)}."
        )


def _fate(seconds: int | None) -> str:
    return "kept for ever" if seconds is None else f"deleted after {format_duration(seconds)}"
