"""Delay: least age of a read in a look-up."""

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
class Delay:
    """Look-ups find nothing younger.

    Examples
    --------
    >>> Delay(days=2).describe()
    'A look-up finds nothing of the last 2 days.'
    """

    kind: ClassVar[str] = "delay"
    days: Annotated[Days, Field(description="least age of a read that a look-up may find, in days")]

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the least age stated."""
        del setting
        return terms.state("delay_s", seconds_of(self.days), "delay.days")

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"A look-up finds nothing of the last {format_duration(seconds_of(self.days))}."
