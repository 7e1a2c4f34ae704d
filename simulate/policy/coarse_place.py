"""Coarse place: an observer sees in which square a read lies, not at which reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.policy.fields import checked_number

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarsePlace:
    """Show places as squares of the map; each is seen as the first of the observer's readers in it.

    Examples
    --------
    >>> CoarsePlace(metres=2000).describe()
    'Places are seen as squares of 2000 m.'
    """

    metres: float
    """Side of a square, in metres."""

    def __post_init__(self) -> None:
        checked_number("coarse_place.metres", self.metres, "a number of metres of at least 1", 1)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the side of a square."""
        del setting
        return terms.state("place_grain_m", self.metres, "coarse_place.metres")

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"Places are seen as squares of {self.metres:g} m."
