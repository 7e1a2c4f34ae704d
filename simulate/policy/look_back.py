"""Look-back: how old a read may be that a look-up finds, whatever is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, format_duration, parse_duration
from simulate.policy.fields import checked_days, seconds_of

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """Show no read older than a number of days.

    Examples
    --------
    >>> LookBack(days=7).describe()
    'A look-up reaches back 7 days at most.'
    """

    days: float
    """Greatest age of a read that a look-up may find, in days."""

    def __post_init__(self) -> None:
        checked_days("look_back.days", self.days)

    @classmethod
    def of(cls, text: str) -> LookBack:
        """Read a duration such as "5y"."""
        seconds = parse_duration(text, "look_back")
        if seconds is None:
            raise ScenarioError("look_back", "a duration that ends", "forever", "leave the rule out")
        return cls(days=seconds / DAY_S)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the greatest age of what a look-up finds."""
        del setting
        return terms.state("look_back_s", seconds_of(self.days), "look_back.days")

    def describe(self) -> str:
        """Return one sentence on what the rule does."""
        return f"A look-up reaches back {format_duration(seconds_of(self.days))} at most."
