"""Look-back: how old a read may be that a look-up finds, whatever is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.durations import format_duration, parse_duration

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """Show no read older than a number of seconds."""

    seconds: int
    """Greatest age of a read that a look-up may find."""

    def __post_init__(self) -> None:
        if self.seconds < 1:
            raise ScenarioError("look_back.seconds", "at least 1 second", self.seconds, "leave the rule out")

    @classmethod
    def of(cls, text: str) -> LookBack:
        """Read a duration such as "5y"."""
        seconds = parse_duration(text, "look_back")
        if seconds is None:
            raise ScenarioError("look_back", "a duration that ends", "forever", "leave the rule out")
        return cls(seconds=seconds)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the greatest age of what a look-up finds."""
        del setting
        return terms.state("look_back_s", self.seconds, "look_back.seconds")

    def describe(self) -> str:
        """Return one sentence on what the rule does."""
        return f"A look-up reaches back {format_duration(self.seconds)} at most."
