"""Hours: permitted hours of reading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.checks import ScenarioError
from simulate.rules.fields import WEEKDAYS, Hour, Kinds, Readers, Weekday, check_fields, readers_phrase

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Readers read only in some hours.

    Hours are those of the calendar day. With end before begin, reading is permitted before end and from
    begin on.

    Examples
    --------
    >>> Hours(begin="06:00", end="22:00").describe()
    'Readers read only from 06:00 to 22:00.'
    >>> Hours(begin="22:00", end="06:00", days=["saturday", "sunday"], kinds=["gate"]).describe()
    'Gates read only from 22:00 to 06:00 on saturday and sunday.'
    """

    kind: ClassVar[str] = "hours"
    begin: Annotated[Hour, Field(description="hour at which readers begin to read, HH:00")]
    end: Annotated[Hour, Field(description="hour at which they end, HH:00; before begin, the night is meant")]
    days: Annotated[
        tuple[Weekday, ...],
        Field(min_length=1, description="days of the week that the rule is about; the others are left alone"),
    ] = WEEKDAYS
    owners: Readers = ()
    kinds: Kinds = ()

    def __post_init__(self) -> None:
        check_fields(self)
        if int(self.begin[:2]) % 24 == int(self.end[:2]) % 24 and (self.begin, self.end) != ("00:00", "24:00"):
            remedy = "take kind switched_off, or leave the rule out"
            raise ScenarioError("hours.end", f"another hour than begin ({self.begin})", f'"{self.end}"', remedy)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with all other hours forbidden."""
        sites = setting.readers(self.owners, self.kinds, "hours.owners")
        return replace(terms, hours=terms.hours & (~sites[:, None] | self._week()))

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        subject = readers_phrase(self.owners, self.kinds)
        days = [day for day in WEEKDAYS if day in self.days]
        on = "" if len(days) == len(WEEKDAYS) else f" on {' and '.join(days)}"
        return f"{subject[0].upper()}{subject[1:]} read only from {self.begin} to {self.end}{on}."

    def _week(self) -> list[bool]:
        """Return whether reading is permitted, for each of the 168 hours of the week from Monday 00:00."""
        begin, end = int(self.begin[:2]), int(self.end[:2])
        allowed = [begin <= hour < end if begin < end else hour < end or begin <= hour for hour in range(24)]
        return [hour for day in WEEKDAYS for hour in (allowed if day in self.days else [True] * 24)]
