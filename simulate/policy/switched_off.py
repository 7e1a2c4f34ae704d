"""Readers switched off: what they would have read is never collected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate import streams
from simulate.policy.fields import KINDS, checked_names, checked_share, say_readers, sites_named

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """Switch some readers off.

    Each reader has a draw of its own by the seed and its place: those off at a share of 0.3 are
    among those off at 0.6. Of mobile units, places are meant in which they then do not scan.

    Examples
    --------
    >>> SwitchedOff(owners=["smallville-pd"], kinds=["fixed"], share=0.5).describe()
    '50 % of fixed readers of smallville-pd are switched off.'
    """

    owners: tuple[str, ...] = ()
    """Owners of the readers; all if none."""
    kinds: tuple[str, ...] = ()
    """Kinds of reader, of "fixed", "gate" and "mobile"; all if none."""
    share: float = 1.0
    """Share of these readers that are off, from 0 to 1."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "owners", checked_names("switched_off.owners", self.owners))
        object.__setattr__(self, "kinds", checked_names("switched_off.kinds", self.kinds, KINDS))
        checked_share("switched_off.share", self.share)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Switch the readers off."""
        meant = sites_named(setting, self.owners, self.kinds, "switched_off.owners")
        drawn = streams.uniforms(streams.key(setting.seed, "policy.switched_off"), setting.sites.uid) < self.share
        return replace(terms, collects=terms.collects & ~(meant & drawn))

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"{100 * self.share:g} % of {say_readers(self.owners, self.kinds)} are switched off."
