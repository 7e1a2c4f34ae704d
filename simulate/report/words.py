"""Results in plain words: what the page and the terminal say about a view and its rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.durations import MONTH_DAYS, format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from simulate.policy.retention import Retention
    from simulate.policy.view import View
    from simulate.risk.ranges import Range, Ranges
    from simulate.risk.rates import Rate, Rates
    from simulate.schema.settings import Measuring

INTERVALS = "Intervals cover the drawing of vehicles only, not the assumptions."
BRACKETS = "In brackets: how far a number moves when one assumption at a time goes to its low or its high end."
LIMITS = (
    "Whether a rule is lawful, or fair.",
    "Crimes solved or prevented.",
    "Arrests, deportations, stops of innocent people.",
    "Chilling effects: what people no longer do because they may be seen.",
    "Anything about a real person, plate or place: this is one model under stated assumptions.",
)
"""What no number here can say."""
SINGLED = "unique and right"
FOR_EVER = format_duration(None)
"""How rates call the rule under which nothing is deleted; no run shows more of it than its own days."""


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
    remark: str = ""
    """What is to be borne in mind beside the number."""


def headlines(view: View, rates: Rates, ranges: Ranges | None = None) -> list[Headline]:
    """Say the five headline numbers for the longest rule that is reached, with their ranges if there are any."""
    reached = [rule for rule, _ in view.windows()]
    asked = risks(view)
    if not reached:
        reason = f"Of the rules asked about none is reached: {age(view)}."
        titles = ("Seen", *(question.title for question in asked))
        return [Headline(title=title, number="not reached", sentence=reason, small="") for title in titles]
    rule = reached[-1]
    said = [_seen(rates, rule), *(_risk(rates, rule, question) for question in asked)]
    if ranges is None:
        return said
    return [
        replace(headline, over=_over(find(rates, question, rule), ranges, seen=question == never_seen()))
        for headline, question in zip(said, (never_seen(), *asked), strict=True)
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


def risks(view: View) -> tuple[Question, ...]:
    """Return the four risks that are compared: home found, work found, singled out by a neighbour or by the file."""
    return risks_asked(view.asked)


def risks_asked(asked: Measuring) -> tuple[Question, ...]:
    """Return the same risks as a scenario asks for them, without a view.

    Singled out stands there twice, side by side: by what a neighbour may know, and by the plate's own
    sightings, which whoever holds the records has no need of, for the plate stands in them.
    """
    near = f"{asked.near_m:g} m"
    few = asked.unicity_points
    return (
        Question(
            measure="anchors", score=f"home found within {near}", setting="", title="Home found",
            sentence=f"vehicles that live here have their home found to within {near}",
            remark="A car that no sighting speaks of is guessed from the census.",
        ),
        Question(
            measure="anchors", score=f"work found within {near}", setting="", title="Work found",
            sentence=f"vehicles that commute have their workplace found to within {near}",
            remark="Who works off the map counts as not found.",
        ),
        Question(
            measure="unicity", score=SINGLED, setting=f"{points(few)} from truth; half an hour, 250 m",
            title="Singled out by a neighbour",
            sentence=f"vehicles are singled out by {few} place{'s' * (few > 1)} where a neighbour noted them, each"
            " known to half an hour and 250 m",
            remark="What a chance witness achieves: most places have no reader near.",
        ),
        Question(
            measure="unicity", score=SINGLED, setting=f"{points(few)} from records; hour, reader",
            title="Singled out by its own file",
            sentence=f"vehicles are singled out by {few} of their own sightings, each known to the hour and the reader",
            remark="An upper end: who has the records already has the plate.",
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


def points(few: int) -> str:
    """Say how many points an attacker knows."""
    return f"{few} point{'s' if few > 1 else ''}"


def age(view: View) -> str:
    """Say how old the run is when the observer looks."""
    return f"the run is {lasting(view.today)} old"


def lasting(days: int) -> str:
    """Say a number of days as people would: "1 day", "45 days", "3.4 years"."""
    if days >= 730:
        return f"{days / (12 * MONTH_DAYS):.1f}".removesuffix(".0") + " years"
    return f"{days:,} day{'' if days == 1 else 's'}"


def kept_for(rule: str, *days: int) -> str:
    """Name a rule in a figure or a table: "21 days", or "all 45 days" where nothing is deleted.

    rule : its label. days : how long the run lasts, or each of the runs it is shown of.
    """
    if rule != FOR_EVER:
        return rule
    return f"all {lasting(days[0])}" if len(set(days)) == 1 else "the whole run"


def if_kept(rule: str, *days: int) -> str:
    """Say what a rule does to sightings: they "are deleted after 21 days"; rule and days as for `kept_for`."""
    if rule != FOR_EVER:
        return f"are deleted after {rule}"
    return f"are kept {_as_long(days)}"


def note_for_ever(rules: Collection[str], *days: int) -> str:
    """Say what a table of rates means by "for ever", "" if it has no such rule; as for `kept_for`."""
    return f"“{FOR_EVER.capitalize()}” means {_as_long(days)}." if FOR_EVER in rules else ""


def _as_long(days: Sequence[int]) -> str:
    return f"as long as the run, {lasting(days[0])}" if len(set(days)) == 1 else "as long as each run"


def stock_of(view: View) -> str:
    """Say whose stock is counted."""
    windows = view.windows()
    rule = windows[-1][0].label if windows else ""
    kept = f"kept {_as_long([view.today]) if rule == FOR_EVER else rule}" if rule else age(view)
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


def large(count: float) -> str:
    """Write a large number to two figures: "6.5 billion", "130 million", "4,200"."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if count >= size:
            value = float(f"{count / size:.2g}")
            return f"{value:,g} {name}"
    return f"{float(f'{count:.2g}'):,.0f}"


def per_thousand(share: float) -> str:
    """Say a share as a count of 1,000, without rounding some to none or to all."""
    count = 1000 * share
    if 1e-6 < count < 0.5:
        return "fewer than 1"
    if 999.5 <= count < 1000 - 1e-6:
        return "more than 999"
    return f"{count:,.0f}"


def interval(rate: Rate) -> str:
    """Say a rate's 95 % interval, "" if it has none."""
    if rate.low is None or rate.high is None:
        return ""
    low, high = amount(rate.low, rate.unit), amount(rate.high, rate.unit)
    return low if low == high else f"{low} to {high}"


def amount(value: float, unit: str) -> str:
    """Say a value in its unit; shares as counts of 1,000."""
    if unit == "share":
        return per_thousand(value)
    if unit == "metres":
        return f"{value:,.0f} m"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def over(found: Range, what: str = "the assumptions") -> str:
    """Say the range of a number: "133 to 180 over the assumptions"."""
    return _span(found.least, found.most, found.unit, what)


def _span(least: float, most: float, unit: str, what: str = "the assumptions") -> str:
    low, high = amount(least, unit), amount(most, unit)
    return f"the same over {what}" if low == high else f"{low} to {high} over {what}"


def _over(rate: Rate | None, ranges: Ranges, *, seen: bool) -> str:
    """Say the range of a headline; who is seen is who is not among the never seen."""
    found = None if rate is None else ranges.of(rate)
    if found is None:
        return ""
    return _span(1 - found.most, 1 - found.least, found.unit) if seen else over(found)


def change(value: float, unit: str) -> str:
    """Say a difference in words: "60 more", "12 fewer", "no change"; shares as counts of 1,000."""
    if value == 0:
        return "no change"
    size = amount(abs(value), unit)
    if unit == "metres":
        return f"{size} {'farther' if value > 0 else 'nearer'}"
    return f"{size} {'more' if value > 0 else 'fewer'}"


def change_interval(low: float | None, high: float | None, unit: str) -> str:
    """Say the interval of a difference, "" if it has none."""
    if low is None or high is None:
        return ""
    if low == high:
        return change(low, unit)
    more, less = ("farther", "nearer") if unit == "metres" else ("more", "fewer")
    if low >= 0:
        return f"{amount(low, unit)} to {amount(high, unit)} {more}"
    if high <= 0:
        return f"{amount(-high, unit)} to {amount(-low, unit)} {less}"
    return f"{change(low, unit)} to {change(high, unit)}"


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


def _risk(rates: Rates, rule: Retention, question: Question) -> Headline:
    """Say one risk with its interval and what anyone could reach without sightings."""
    rate = find(rates, question, rule)
    if rate is None or rate.value is None:
        return _missing(question.title, rate)
    without = "" if rate.baseline is None else f" Without any sightings: {per_thousand(rate.baseline)}."
    return Headline(
        title=question.title,
        number=f"{per_thousand(rate.value)} in 1,000",
        sentence=question.sentence,
        small=f"{question.remark} 95 % interval {interval(rate)}.{without}",
        value=rate.value,
        baseline=rate.baseline,
    )


def _missing(title: str, rate: Rate | None) -> Headline:
    """Say that there is no number, and why."""
    why = "this was not measured" if rate is None else rate.note or "there is nobody to count"
    return Headline(title=title, number="no number", sentence=why, small="")
