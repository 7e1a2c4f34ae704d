"""Unsubscribed holders: no comparison of their reads with a hot list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from simulate.rules.fields import Holders, check_fields, holders_phrase

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """Reads are held against no hot list.

    They raise no alert.

    Examples
    --------
    >>> Unsubscribed(holders=["shopping-centre"]).describe()
    'Reads by shopping-centre are held against no hot list.'
    """

    kind: ClassVar[str] = "unsubscribed"
    holders: Holders = ()

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms without the holders' subscription."""
        return replace(terms, subscribes=terms.subscribes & ~setting.holders(self.holders, "unsubscribed.holders"))

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"Reads{holders_phrase(self.holders)} are held against no hot list."
