"""Coarse time: an observer sees the time step of a read, not its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.durations import HOUR_S, format_duration
from simulate.rules.fields import Number, check_fields

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarseTime:
    """Times are seen in steps.

    They are rounded down to steps counted from the scenario's first midnight.

    Examples
    --------
    >>> CoarseTime(hours=4).describe()
    'Times are seen in steps of 4 hours.'
    """

    kind: ClassVar[str] = "coarse_time"
    hours: Annotated[
        float,
        Number("a number of hours, at least a second", 1 / HOUR_S),
        Field(description="length of a step, in hours"),
    ]

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the length of a step stated."""
        del setting
        return terms.state("time_grain_s", self.seconds, "coarse_time.hours")

    @property
    def seconds(self) -> int:
        """Return the length of a step in seconds."""
        return round(self.hours * HOUR_S)

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"Times are seen in steps of {format_duration(self.seconds)}."
