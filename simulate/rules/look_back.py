"""Look-back: greatest age of a read in a look-up, whatever the retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, format_duration, parse_duration
from simulate.rules.fields import Days, check_fields, seconds_of

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """Look-ups find nothing older.

    Examples
    --------
    >>> LookBack(days=7).describe()
    'A look-up reaches back 7 days at most.'
    """

    kind: ClassVar[str] = "look_back"
    days: Annotated[Days, Field(description="greatest age of a read that a look-up may find, in days")]

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def of(cls, text: str) -> LookBack:
        """Return the rule for a duration such as "5y"; raise ScenarioError on "forever"."""
        seconds = parse_duration(text, "look_back")
        if seconds is None:
            raise ScenarioError("look_back", "a duration that ends", "forever", "leave the rule out")
        return cls(days=seconds / DAY_S)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the greatest age stated."""
        del setting
        return terms.state("look_back_s", seconds_of(self.days), "look_back.days")

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"A look-up reaches back {format_duration(seconds_of(self.days))} at most."
