"""Scores on pages: selection by chosen measures, order and wording.

Pages read declarations only, so a new measure needs no change here.
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
    """A score of a measure at its main detail."""

    measure: str
    score: Score
    detail: str

    @property
    def key(self) -> Key:
        """Return measure, score and detail."""
        return self.measure, self.score.name, self.detail

    @property
    def id(self) -> str:
        """Return an id for the elements of a page."""
        return f"{self.measure}-{self.score.name}".replace("_", "-")

    @property
    def sentence(self) -> str:
        """Return the quantity counted, in words."""
        return self.score.say(self.detail)

    @property
    def lead(self) -> str:
        """Return the sentence in a self-contained form: of shares, how many of 1,000."""
        sentence = self.sentence
        return f"How many of 1,000 {sentence}" if self.score.unit == "share" else phrases.capital(sentence)

    @property
    def axis(self) -> str:
        """Return the unit of its axis."""
        return f"of 1,000 {self.score.of}" if self.score.unit == "share" else self.score.unit


def asked_of(measures: Iterable[str], asked: Measuring, *roles: Role) -> list[Asked]:
    """Return the scores of some measures with one of the roles, those of a group side by side."""
    matches = [
        Asked(measure=name, score=score, detail=score.asked(asked))
        for name in dict.fromkeys(measures)
        for score in MEASURES[name].scores
        if score.role in roles
    ]
    return [member for group in in_groups(matches) for member in group]


def shown(measures: Iterable[str], asked: Measuring) -> tuple[list[Asked], list[Asked]]:
    """Return the headline scores of some measures, and the scores drawn; main scores if neither is declared."""
    names = tuple(measures)
    headlines, panels = asked_of(names, asked, "headline"), asked_of(names, asked, "headline", "panel")
    main = asked_of(names, asked, "main")
    return headlines or panels or main, panels or main


def in_groups(scores: Sequence[Asked]) -> list[list[Asked]]:
    """Collect scores of one group, at the position of the first."""
    groups: dict[str, list[Asked]] = {}
    for score in scores:
        groups.setdefault(score.score.group or score.id, []).append(score)
    return list(groups.values())


def title_of(result: Result) -> str:
    """Return the title of a result: "Home found, 250 m"."""
    title = next(score.title for score in MEASURES[result.measure].scores if score.name == result.score)
    return f"{title}, {result.detail}" if result.detail else title


def counted(value: float, unit: str) -> str:
    """Format a number with its denominator or unit: "143 in 1,000", "12.5 sightings", "85 m"."""
    amount = phrases.amount(value, unit)
    if unit == "share":
        return f"{amount} in 1,000"
    return amount if unit in {"metres", "ratio"} else f"{amount} {unit}"
