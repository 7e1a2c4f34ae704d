"""Deletion: which holders really delete what their limit says."""

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

    They keep it for ever. Each holder has a draw of its own by the seed and its name: those who delete
    at a share of 0.5 are among those who do at 0.8.

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
        """State the share, and draw who does not delete."""
        terms = terms.state("deletes_share", self.share, "deletion.share")
        return replace(terms, deletes=setting.draw_holders("policy.deletion") < self.share)

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"{100 * self.share:g} % of holders really delete what they should; the others keep it for ever."
