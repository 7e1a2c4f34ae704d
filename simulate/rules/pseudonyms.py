"""Pseudonyms: an observer sees a number in place of each plate, another one each period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.durations import format_duration
from simulate.rules.fields import Days, check_fields, seconds_of

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Plates are seen under pseudonyms.

    They are numbers that mean nothing, new ones each period. Periods are counted from 04:00 of the
    scenario's first day.

    Examples
    --------
    >>> Pseudonyms(days=7).describe()
    'Plates are seen under pseudonyms that change every 7 days.'
    """

    kind: ClassVar[str] = "pseudonyms"
    days: Annotated[Days, Field(description="length of a period after which plates get new ones, in days")]

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the length of a period; raise ScenarioError where there are more pseudonyms than numbers."""
        setting.register(seconds_of(self.days))
        return terms.state("pseudonym_s", seconds_of(self.days), "pseudonyms.days")

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"Plates are seen under pseudonyms that change every {format_duration(seconds_of(self.days))}."
