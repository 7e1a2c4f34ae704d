"""Deletion: which holders really delete what their limit says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.policy.fields import checked_share

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Let only a share of holders delete what their age limit says; the others keep it for ever.

    Each holder has a draw of its own by the seed and its name: those who delete at a share of 0.5
    are among those who do at 0.8.

    Examples
    --------
    >>> Deletion(share=0.8).describe()
    '80 % of holders really delete what they should; the others keep it for ever.'
    """

    share: float
    """Share of holders that really delete, from 0 to 1."""

    def __post_init__(self) -> None:
        checked_share("deletion.share", self.share)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the share, and draw who does not delete."""
        terms = terms.state("deletes_share", self.share, "deletion.share")
        holders = np.array([streams.uid(name) for name in setting.owners.name], np.uint64)
        return replace(
            terms, deletes=streams.uniforms(streams.key(setting.seed, "policy.deletion"), holders) < self.share
        )

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        return f"{100 * self.share:g} % of holders really delete what they should; the others keep it for ever."
