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

    They are numbers without meaning, new ones each period. Periods are counted from 04:00 of the
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
        """Return the terms with the length of a period stated; raise ScenarioError if numbers run out."""
        setting.register(seconds_of(self.days))
        return terms.state("pseudonym_s", seconds_of(self.days), "pseudonyms.days")

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"Plates are seen under pseudonyms that change every {format_duration(seconds_of(self.days))}."
