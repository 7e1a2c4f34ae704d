"""Readers switched off: their reads are never collected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.rules.fields import Kinds, Readers, Share, check_fields, readers_phrase

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """Readers are switched off.

    Each reader has a draw of its own, keyed by seed and place: the readers off at a share of 0.3 are a
    subset of those off at 0.6. For mobile units, the draw selects places without scans.

    Examples
    --------
    >>> SwitchedOff(owners=["smallville-pd"], kinds=["fixed"], share=0.5).describe()
    '50 % of fixed readers of smallville-pd are switched off.'
    """

    kind: ClassVar[str] = "switched_off"
    owners: Readers = ()
    kinds: Kinds = ()
    share: Annotated[Share, Field(description="share of these readers that are off, from 0 to 1")] = 1.0

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the readers switched off."""
        selected = setting.readers(self.owners, self.kinds, "switched_off.owners")
        drawn = setting.draw_readers("policy.switched_off") < self.share
        return replace(terms, collects=terms.collects & ~(selected & drawn))

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"{100 * self.share:g} % of {readers_phrase(self.owners, self.kinds)} are switched off."
