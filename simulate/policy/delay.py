"""Delay: how old a read must be before a look-up finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.durations import format_duration
from simulate.policy.fields import checked_days, seconds_of

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Show no read younger than a number of days.

    Examples
    --------
    >>> Delay(days=2).describe()
    'A look-up finds nothing of the last 2 days.'
    """

    days: float
    """Least age of a read that a look-up may find, in days."""

    def __post_init__(self) -> None:
        checked_days("delay.days", self.days)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the least age of what a look-up finds."""
        del setting
        return terms.state("delay_s", seconds_of(self.days), "delay.days")

    def describe(self) -> str:
        """Return one sentence on what the rule does."""
        return f"A look-up finds nothing of the last {format_duration(seconds_of(self.days))}."
