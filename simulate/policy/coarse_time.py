"""Coarse time: an observer sees in which step of time a read lies, not when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.durations import UNIT_S, format_duration
from simulate.policy.fields import checked_number

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarseTime:
    """Show times rounded down to steps, counted from the scenario's first midnight.

    Examples
    --------
    >>> CoarseTime(hours=4).describe()
    'Times are seen in steps of 4 hours.'
    """

    hours: float
    """Length of a step, in hours."""

    def __post_init__(self) -> None:
        checked_number("coarse_time.hours", self.hours, "a number of hours, at least a second", 1 / UNIT_S["h"])

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the length of a step."""
        del setting
        return terms.state("time_grain_s", self.seconds, "coarse_time.hours")

    @property
    def seconds(self) -> int:
        """Return the length of a step in seconds."""
        return round(self.hours * UNIT_S["h"])

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"Times are seen in steps of {format_duration(self.seconds)}."
