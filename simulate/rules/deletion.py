"""Deletion: compliance of holders with their age limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.rules.fields import Share, check_fields

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Some holders do not delete what they should.

    They keep it for ever. Each holder has a draw of its own, keyed by seed and name: the complying
    holders at a share of 0.5 are a subset of those at 0.8.

    Examples
    --------
    >>> Deletion(share=0.8).describe()
    '80 % of holders really delete what they should; the others keep it for ever.'
    """

    kind: ClassVar[str] = "deletion"
    share: Annotated[Share, Field(description="share of holders that really delete, from 0 to 1")]

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the share stated and the complying holders drawn."""
        terms = terms.state("deletes_share", self.share, "deletion.share")
        return replace(terms, deletes=setting.draw_holders("policy.deletion") < self.share)

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        return f"{100 * self.share:g} % of holders really delete what they should; the others keep it for ever."
