"""Hit-only storage: what raises no alert is never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.policy.fields import checked_names, holders_named, say_holders

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class HitOnly:
    """Store sightings only if they raise an alert.

    Examples
    --------
    >>> HitOnly(holders=["smallville-pd"]).describe()
    'Sightings by smallville-pd are stored only if they raise an alert.'
    """

    holders: tuple[str, ...] = ()
    """Owners whose sightings they are; all if none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "holders", checked_names("hit_only.holders", self.holders))

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Stop the holders' storing of misses."""
        meant = holders_named(setting, self.holders, "hit_only.holders")
        return replace(terms, stores_misses=terms.stores_misses & ~meant)

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"Sightings{say_holders(self.holders)} are stored only if they raise an alert."
