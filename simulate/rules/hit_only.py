"""Hit-only storage: reads without an alert are never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from simulate.rules.fields import Holders, check_fields, holders_phrase

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class HitOnly:
    """What raises no alert is never stored.

    Examples
    --------
    >>> HitOnly(holders=["smallville-pd"]).describe()
    'Sightings by smallville-pd are stored only if they raise an alert.'
    """

    kind: ClassVar[str] = "hit_only"
    holders: Holders = ()

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms without storage of misses by the holders."""
        return replace(terms, stores_misses=terms.stores_misses & ~setting.holders(self.holders, "hit_only.holders"))

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"Sightings{holders_phrase(self.holders)} are stored only if they raise an alert."
