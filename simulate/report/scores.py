"""Scores on pages: which are drawn for the measures taken, in which order, and how each is said.

Pages read declarations only, so a new measure shows on all of them without a change here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.report import phrases
from simulate.risk.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulate.risk.results import Key, Result
    from simulate.risk.score import Role, Score
    from simulate.scenario.schema.settings import Measuring


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A score of a measure at the detail that people look at first."""

    measure: str
    score: Score
    detail: str

    @property
    def key(self) -> Key:
        """Return what is measured."""
        return self.measure, self.score.name, self.detail

    @property
    def id(self) -> str:
        """Return a name for the elements of a page."""
        return f"{self.measure}-{self.score.name}".replace("_", "-")

    @property
    def sentence(self) -> str:
        """Return what is counted, in words."""
        return self.score.say(self.detail)

    @property
    def lead(self) -> str:
        """Return the sentence as one that stands alone: of shares, how many of 1,000."""
        said = self.sentence
        return f"How many of 1,000 {said}" if self.score.unit == "share" else phrases.capital(said)

    @property
    def axis(self) -> str:
        """Name a scale of its numbers."""
        return f"of 1,000 {self.score.of}" if self.score.unit == "share" else self.score.unit


def asked_of(measures: Iterable[str], asked: Measuring, *roles: Role) -> list[Asked]:
    """List the scores of some measures that have one of the roles, those of a group side by side."""
    found = [
        Asked(measure=name, score=score, detail=score.asked(asked))
        for name in dict.fromkeys(measures)
        for score in MEASURES[name].scores
        if score.role in roles
    ]
    return [one for group in in_groups(found) for one in group]


def shown(measures: Iterable[str], asked: Measuring) -> tuple[list[Asked], list[Asked]]:
    """Return what stands large for some measures, and what is drawn; main scores where none is declared for either."""
    names = tuple(measures)
    headlines, panels = asked_of(names, asked, "headline"), asked_of(names, asked, "headline", "panel")
    main = asked_of(names, asked, "main")
    return headlines or panels or main, panels or main


def in_groups(scores: Sequence[Asked]) -> list[list[Asked]]:
    """Put scores of one group together, where the first of them stood."""
    groups: dict[str, list[Asked]] = {}
    for one in scores:
        groups.setdefault(one.score.group or one.id, []).append(one)
    return list(groups.values())


def title_of(result: Result) -> str:
    """Name what a result is about: "Home found, 250 m"."""
    title = next(score.title for score in MEASURES[result.measure].scores if score.name == result.score)
    return f"{title}, {result.detail}" if result.detail else title


def counted(value: float, unit: str) -> str:
    """Say a number with what it is out of: "143 in 1,000", "12.5 sightings", "85 m"."""
    amount = phrases.amount(value, unit)
    if unit == "share":
        return f"{amount} in 1,000"
    return amount if unit in {"metres", "ratio"} else f"{amount} {unit}"
