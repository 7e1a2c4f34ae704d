"""Results in plain words: what the page and the terminal say about a view and its rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.report.phrases import (
    FOR_EVER,
    amount,
    as_long,
    interval,
    large,
    lasting,
    over,
    per_thousand,
    points,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.policy.retention import Retention
    from simulate.policy.view import View
    from simulate.risk.ranges import Ranges
    from simulate.risk.rates import Rate, Rates
    from simulate.schema.settings import Measuring

INTERVALS = "Intervals cover the drawing of vehicles only, not the assumptions."
BRACKETS = "In brackets: how far a number moves when one assumption at a time goes to its low or its high end."


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One result that everybody should remember."""

    title: str
    """Two or three words."""
    number: str
    """Such as "143 in 1,000"."""
    sentence: str
    """Goes on where the number stops."""
    small: str
    """Interval, baseline and what counts."""
    over: str = ""
    """Such as "133 to 180 over the assumptions"; "" where no sweep tells."""
    value: float | None = None
    baseline: float | None = None
    """Shares, to draw; None where there is no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One share among the rates, and how to speak of it."""

    measure: str
    score: str
    setting: str
    title: str
    sentence: str


def headlines(view: View, rates: Rates, ranges: Ranges | None = None) -> list[Headline]:
    """Say the four headline numbers for the longest rule that is reached, with their ranges if there are any."""
    reached = [rule for rule, _ in view.windows()]
    home, work, single = risks(view)
    if not reached:
        reason = f"Of the rules asked about none is reached: {age(view)}."
        titles = ("Seen", home.title, work.title, single.title)
        return [Headline(title=title, number="not reached", sentence=reason, small="") for title in titles]
    rule = reached[-1]
    noticed = f"{points(view.asked.unicity_points)} from truth; half an hour, 250 m"
    said = [
        _seen(rates, rule),
        _risk(rates, rule, home, "A car that no sighting speaks of is guessed from the census."),
        _risk(rates, rule, work, "Who works off the map counts as not found."),
        _risk(rates, rule, single, _noticed(find(rates, single, rule, noticed), view)),
    ]
    if ranges is None:
        return said
    asked = (never_seen(), home, work, single)
    return [
        replace(headline, over=_over(find(rates, question, rule), ranges, seen=question == asked[0]))
        for headline, question in zip(said, asked, strict=True)
    ]


def terminal_lines(said: Sequence[Headline]) -> list[str]:
    """Lay the headlines out for a terminal, two lines each."""
    wide = max((len(headline.number) for headline in said), default=0)
    lines = []
    for headline in said:
        over = f"({headline.over})  " if headline.over else ""
        lines.append(f"{headline.number.rjust(wide)}  {over}{headline.sentence}")
        if headline.small:
            lines.append(f"{' ' * wide}  {headline.small}")
    return lines


def risks(view: View) -> tuple[Question, Question, Question]:
    """Return the three risks that are compared: home found, work found, singled out."""
    return risks_asked(view.asked)


def risks_asked(asked: Measuring) -> tuple[Question, Question, Question]:
    """Return the same risks as a scenario asks for them, without a view."""
    near = f"{asked.near_m:g} m"
    few = asked.unicity_points
    return (
        Question(
            measure="anchors", score=f"home found within {near}", setting="", title="Home found",
            sentence=f"vehicles that live here have their home found to within {near}",
        ),
        Question(
            measure="anchors", score=f"work found within {near}", setting="", title="Work found",
            sentence=f"vehicles that commute have their workplace found to within {near}",
        ),
        Question(
            measure="unicity", score="unique and right", setting=f"{points(few)} from records; hour, reader",
            title="Singled out",
            sentence=f"vehicles are singled out by {few} of their sightings, each known to the hour and the place",
        ),
    )  # fmt: skip


def never_seen() -> Question:
    """Return the question of who is not on file at all."""
    return Question(
        measure="exposure",
        score="never seen",
        setting="",
        title="Never seen",
        sentence="vehicles that live here are never seen",
    )


def find(rates: Rates, question: Question, rule: Retention, setting: str | None = None) -> Rate | None:
    """Return the rate of a question under a rule, or None if it was not measured."""
    wanted = question.setting if setting is None else setting
    fits = rates.where(measure=question.measure, score=question.score, retention=rule.label, setting=wanted)
    return next(iter(fits), None)


def age(view: View) -> str:
    """Say how old the run is when the observer looks."""
    return f"the run is {lasting(view.today)} old"


def stock_of(view: View) -> str:
    """Say whose stock is counted."""
    windows = view.windows()
    rule = windows[-1][0].label if windows else ""
    kept = f"kept {as_long([view.today]) if rule == FOR_EVER else rule}" if rule else age(view)
    return f"All sightings on file that {view.observer} can look up ({kept}), by whose readers made them."


def stock_of_all(view: View, sightings: int) -> str:
    """Say how many sightings all metros of a nation's file would hold; "" on any other map."""
    share = view.store.identity["scenario"]["roads"].get("share")
    if share is None:
        return ""
    return (
        f"The metros drawn have {100 * share:.2g} % of the people of all metros of the file. Were all of them watched"
        f" alike, there would be {large(sightings / share)} sightings in all."
    )


def _over(rate: Rate | None, ranges: Ranges, *, seen: bool) -> str:
    """Say the range of a headline; who is seen is who is not among the never seen."""
    found = None if rate is None else ranges.of(rate)
    if found is None:
        return ""
    return over(1 - found.most, 1 - found.least, found.unit) if seen else over(found.least, found.most, found.unit)


def _seen(rates: Rates, rule: Retention) -> Headline:
    """Turn the share never seen round, and add how much there is on half of all."""
    question = never_seen()
    rate = find(rates, question, rule)
    if rate is None or rate.value is None:
        return _missing("Seen", rate)
    half = next(iter(rates.where(score="sightings, 50th percentile", retention=rule.label)), None)
    small = f"Never seen: {per_thousand(rate.value)} in 1,000 (95 % interval {interval(rate)})."
    if half is not None and half.value:
        small += f" Half of them have {amount(half.value, half.unit)} sightings or more."
    return Headline(
        title="Seen",
        number=f"{per_thousand(1 - rate.value)} in 1,000",
        sentence="vehicles that live here are seen at least once",
        small=small,
        value=1 - rate.value,
    )


def _risk(rates: Rates, rule: Retention, question: Question, remark: str) -> Headline:
    """Say one risk with its interval and what anyone could reach without sightings."""
    rate = find(rates, question, rule)
    if rate is None or rate.value is None:
        return _missing(question.title, rate)
    without = "" if rate.baseline is None else f" Without any sightings: {per_thousand(rate.baseline)}."
    return Headline(
        title=question.title,
        number=f"{per_thousand(rate.value)} in 1,000",
        sentence=question.sentence,
        small=f"95 % interval {interval(rate)}.{without} {remark}".strip(),
        value=rate.value,
        baseline=rate.baseline,
    )


def _noticed(rate: Rate | None, view: View) -> str:
    """Set beside the literature's number what points from life, read or not, would do."""
    few = view.asked.unicity_points
    start = f"A car with fewer than {few} sightings counts as not singled out."
    if rate is None or rate.value is None:
        return start
    return f"{start} By {few} times and places that a neighbour noted, reader or not: {per_thousand(rate.value)}."


def _missing(title: str, rate: Rate | None) -> Headline:
    """Say that there is no number, and why."""
    why = "this was not measured" if rate is None else rate.note or "there is nobody to count"
    return Headline(title=title, number="no number", sentence=why, small="")
