"""Hours: when readers may read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.policy.fields import KINDS, checked_names, say_readers, sites_named
from simulate.scenario.schema.policies import WEEKDAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.terms import Setting, Terms

_FORM = re.compile(r"([01][0-9]|2[0-4]):00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Let readers read only from one hour to another; other days of the week are left alone.

    Examples
    --------
    >>> Hours(begin="06:00", end="22:00").describe()
    'Readers read only from 06:00 to 22:00.'
    >>> Hours(begin="22:00", end="06:00", days=["saturday", "sunday"], kinds=["gate"]).describe()
    'Gates read only from 22:00 to 06:00 on saturday and sunday.'
    """

    begin: str
    """First hour of the calendar day in which readers may read, as "06:00"."""
    end: str
    """When that ends, as "22:00" or "24:00"; before begin, the hours before end and those from begin on are meant."""
    days: tuple[str, ...] = WEEKDAYS
    """Days of the week that the rule is about, "monday" to "sunday"."""
    owners: tuple[str, ...] = ()
    """Owners of the readers; all if none."""
    kinds: tuple[str, ...] = ()
    """Kinds of reader, of "fixed", "gate" and "mobile"; all if none."""

    def __post_init__(self) -> None:
        for name, known in (("days", WEEKDAYS), ("owners", None), ("kinds", KINDS)):
            object.__setattr__(self, name, checked_names(f"hours.{name}", getattr(self, name), known))
        for name in ("begin", "end"):
            text = getattr(self, name)
            if not isinstance(text, str) or not _FORM.fullmatch(text) or text > "24:00":
                raise ScenarioError(f"hours.{name}", 'a full hour such as "06:00"', repr(text), "write it as HH:00")
        if int(self.begin[:2]) % 24 == int(self.end[:2]) % 24 and (self.begin, self.end) != ("00:00", "24:00"):
            remedy = "switch readers off by switched_off, or leave the rule out"
            raise ScenarioError("hours.end", f"another hour than begin ({self.begin})", repr(self.end), remedy)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Forbid all other hours."""
        meant = sites_named(setting, self.owners, self.kinds, "hours.owners")
        return replace(terms, hours=terms.hours & (self._week() | ~meant[:, None]))

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        who = say_readers(self.owners, self.kinds)
        on = (
            ""
            if set(self.days) == set(WEEKDAYS)
            else f" on {' and '.join(day for day in WEEKDAYS if day in self.days)}"
        )
        return f"{who[0].upper()}{who[1:]} read only from {self.begin} to {self.end}{on}."

    def _week(self) -> NDArray[np.bool_]:
        """Tell in which hours of the week, from Monday 00:00, readers may read; bool[168]."""
        begin, end, hour = int(self.begin[:2]), int(self.end[:2]), np.arange(24)
        allowed = (begin <= hour) & (hour < end) if begin < end else (begin <= hour) | (hour < end)
        return np.concatenate([allowed if day in self.days else np.ones(24, np.bool_) for day in WEEKDAYS])
