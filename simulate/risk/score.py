"""Scores: name, denominator and wording of each number of a measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulate.scenario.schema.settings import Measuring

Role = Literal["headline", "panel", "main", "full"]
Worse = Literal["more", "less", "neither"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The declaration of one score of a measure."""

    name: str
    """Id, as in `Result.score`: lower case, words joined by underscores."""
    title: str
    """Two to four words for people, such as "Home found"."""
    sentence: str
    """Predicate of the number, with {detail} for the detail: "vehicles have their home found to within {detail}".

    Of the detail "records, hour and reader, 4 points" {grain} is "hour and reader" and {count} is "4".
    """
    of: str
    """The denominator in words: "vehicles that live here"."""
    unit: str = "share"
    role: Role = "full"
    """"headline": a card and a panel on every page; "panel": a panel; "main": the short table; "full": the full one."""
    detail: str = ""
    """Detail shown first, a template over the settings of measuring: "{near_m:g} m".

    Beside the settings, {points} is their number of known points in words, such as "4 points".
    """
    worse: Worse = "more"
    """Direction of greater risk: more, less or neither."""
    remark: str = ""
    """One sentence shown with the number wherever it is large."""
    group: str = ""
    """Headlines of one group are shown side by side at equal size."""
    turned: tuple[str, str] | None = None
    """Title and sentence of the complement, for cards with that share: "Seen" for those never seen."""
    ranks: tuple[str, ...] = ()
    """Four details of a distribution, from the rare to the frequent, for a figure on pages; empty without one."""

    def asked(self, asked: Measuring) -> str:
        """Return the detail shown first."""
        if not self.detail:
            return ""
        n = asked.unicity_points
        return self.detail.format_map({**asked.model_dump(), "points": "1 point" if n == 1 else f"{n} points"})

    def say(self, detail: str = "") -> str:
        """Return the sentence for one detail."""
        parts = detail.split(", ")
        return self.sentence.format(detail=detail, grain=parts[-2:][0], count=parts[-1].partition(" ")[0])
