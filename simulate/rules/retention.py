"""Retention: age limits of sightings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.durations import DAY_S, format_duration, parse_duration
from simulate.rules.fields import Age, Holders, check_fields, holders_phrase, seconds_of

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Sightings are deleted at an age.

    Examples
    --------
    >>> Retention(days=21, hit_days="forever", holders=["smallville-pd"]).describe()
    'Sightings by smallville-pd are deleted after 21 days; those that raised an alert are kept for ever.'
    """

    kind: ClassVar[str] = "retention"
    days: Annotated[Age, Field(description='greatest age of a sighting, in days, or "forever"')]
    hit_days: Annotated[Age | None, Field(description="the same for what raised an alert; as all others")] = None
    holders: Holders = ()

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def of(cls, text: str) -> Retention:
        """Return the rule for a duration such as "21d", "3min" or "forever"."""
        seconds = parse_duration(text, "retention")
        return cls(days="forever" if seconds is None else seconds / DAY_S)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the age limits of the holders stated."""
        holders = setting.holders(self.holders, "retention.holders")
        terms = terms.state_for("keep_miss_s", holders, self.seconds, "retention.days")
        if self.hit_days is None:
            return terms
        return terms.state_for("keep_hit_s", holders, self.hit_seconds, "retention.hit_days")

    @property
    def seconds(self) -> int | None:
        """Return the greatest age in seconds; None = for ever."""
        return None if self.days == "forever" else seconds_of(self.days)

    @property
    def hit_seconds(self) -> int | None:
        """Return the greatest age of sightings with an alert, in seconds; None = for ever."""
        if self.hit_days is None:
            return self.seconds
        return None if self.hit_days == "forever" else seconds_of(self.hit_days)

    def since(self, now_s: int) -> int:
        """Return the oldest time still on file, in seconds from the scenario's first midnight."""
        return 0 if self.seconds is None else max(0, now_s - self.seconds)

    @property
    def label(self) -> str:
        """Return the name of the rule in tables and figures."""
        hits = "" if self.hit_days is None else f", hits {format_duration(self.hit_seconds)}"
        return f"{format_duration(self.seconds)}{hits}{holders_phrase(self.holders)}"

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        words = f"Sightings{holders_phrase(self.holders)} are {_fate(self.seconds)}"
        if self.hit_days is None:
            return f"{words}."
        return f"{words}; those that raised an alert are {_fate(self.hit_seconds)}."


def _fate(seconds: int | None) -> str:
    return "kept for ever" if seconds is None else f"deleted after {format_duration(seconds)}"
