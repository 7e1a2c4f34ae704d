"""Holds: sightings protected from deletion for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.checks import ScenarioError
from simulate.rules.fields import Number, check_fields

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Sightings of some plates must not be deleted.

    These are the sightings on file at the begin of the hold, and those added during it. It begins and
    ends at 04:00, as days of travel do, and binds every holder. Plates are invented and vehicles are
    not: it names vehicles.

    Examples
    --------
    >>> Hold(vehicles=[7], begin=date(2025, 3, 3)).describe()
    'Sightings of the plates of 1 vehicle are held from 2025-03-03 on for ever.'
    """

    kind: ClassVar[str] = "hold"
    vehicles: Annotated[
        tuple[Annotated[int, Number("numbers of vehicles, from 0", 0)], ...],
        Field(min_length=1, description="numbers of the vehicles"),
    ]
    begin: Annotated[date, Field(description="day on which the hold begins, at 04:00")]
    end: Annotated[date | None, Field(description="day on which it ends, at 04:00; never if not said")] = None

    def __post_init__(self) -> None:
        check_fields(self)
        if self.end is not None and self.end <= self.begin:
            remedy = "leave it out: it never ends"
            raise ScenarioError("hold.end", f"a day after begin ({self.begin})", self.end, remedy)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the holds added."""
        plates = setting.plates_of(self.vehicles, "hold.vehicles")
        end_s = None if self.end is None else setting.second_of(self.end)
        return terms.hold(plates, setting.second_of(self.begin), end_s)

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        n = len(set(self.vehicles))
        until = "on for ever" if self.end is None else f"to {self.end}"
        return f"Sightings of the plates of {n} vehicle{'s' * (n > 1)} are held from {self.begin} {until}."
