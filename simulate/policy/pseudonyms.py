"""Pseudonyms: an observer sees a number in place of each plate, another one each period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.durations import format_duration
from simulate.policy.fields import checked_days, seconds_of
from simulate.policy.register import register

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Show a number that means nothing in place of each plate, a new one each period.

    Periods are counted from 04:00 of the scenario's first day.

    Examples
    --------
    >>> Pseudonyms(days=7).describe()
    'Plates are seen under pseudonyms that change every 7 days.'
    """

    days: float
    """Length of a period, in days."""

    def __post_init__(self) -> None:
        checked_days("pseudonyms.days", self.days)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the length of a period; raise ScenarioError where there are more pseudonyms than numbers."""
        register(setting.seed, setting.plates.n, setting.days, seconds_of(self.days))
        return terms.state("pseudonym_s", seconds_of(self.days), "pseudonyms.days")

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"Plates are seen under pseudonyms that change every {format_duration(seconds_of(self.days))}."
