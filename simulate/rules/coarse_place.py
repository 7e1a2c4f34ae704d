"""Coarse place: an observer sees the square of a read, not its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.rules.fields import Number, check_fields

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarsePlace:
    """Places are seen as squares.

    Each square of the map is seen as the first of the observer's readers in it.

    Examples
    --------
    >>> CoarsePlace(metres=2000).describe()
    'Places are seen as squares of 2000 m.'
    """

    kind: ClassVar[str] = "coarse_place"
    metres: Annotated[
        float, Number("a number of metres of at least 1", 1), Field(description="side of a square, in metres")
    ]

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the side of a square stated."""
        del setting
        return terms.state("place_grain_m", self.metres, "coarse_place.metres")

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"Places are seen as squares of {self.metres:g} m."
