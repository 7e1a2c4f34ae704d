"""Unsubscribed holders: whose reads are held against no hot list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.policy.fields import checked_names, holders_named, say_holders

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """Hold reads against no hot list, so that they raise no alert.

    Examples
    --------
    >>> Unsubscribed(holders=["shopping-centre"]).describe()
    'Reads by shopping-centre are held against no hot list.'
    """

    holders: tuple[str, ...] = ()
    """Owners whose reads they are; all if none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "holders", checked_names("unsubscribed.holders", self.holders))

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """End the holders' subscription."""
        meant = holders_named(setting, self.holders, "unsubscribed.holders")
        return replace(terms, subscribes=terms.subscribes & ~meant)

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"Reads{say_holders(self.holders)} are held against no hot list."
