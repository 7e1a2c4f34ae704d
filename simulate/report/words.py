"""Results in plain words: the headlines of one run, for its page and for the terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulate.report.phrases import (
    FOR_EVER,
    amount,
    as_long,
    capital,
    interval,
    large,
    over,
    per_thousand,
)
from simulate.report.scores import counted, shown
from simulate.risk.measures import MEASURES, USUAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.policy.sight import CaseSight
    from simulate.report.facts import Facts
    from simulate.report.scores import Asked
    from simulate.risk.results import Result, Results

INTERVALS = "Intervals cover the drawing of vehicles only, not the assumptions."
BRACKETS = "In brackets: how far a number moves when one assumption at a time goes to its low or its high end."
NOTHING = "nothing is on file there"
MOST_OTHERS = 8
"""Other cases that a card lists; its panel has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One main result in words."""

    title: str
    """Two or three words."""
    number: str
    """Such as "143 in 1,000"."""
    sentence: str
    """Continues after the number."""
    small: str
    """Interval, baseline and what counts."""
    over: str = ""
    """Such as "133 to 180 over the assumptions"; "" without a sweep."""
    value: float | None = None
    baseline: float | None = None
    """Shares, for bars; None without a number, or for other units."""
    case: str = ""
    """Case of the number, such as "kept 21 days"; "" with a single case, or without an effect of cases."""
    others: tuple[tuple[str, str], ...] = ()
    """Name and number of each other case, or the reason for none; at most 8, and the count of the rest."""


def taken(results: Results) -> list[str]:
    """Return the measures of the results, in the order of the registry; the default ones if there are none."""
    measured = set(results.names("measure"))
    return [name for name in MEASURES if name in measured] or list(USUAL)


def headlines(facts: Facts, results: Results) -> list[Headline]:
    """Return the headlines of the measures taken: for the last case reached, with the others beside it."""
    entries, _ = shown(taken(results), facts.asked)
    case = facts.headline
    if case is None:
        reason = f"Of the {'rules' if facts.is_ladder else 'cases'} asked about none is reached: {age(facts)}."
        return [Headline(title=_title(entry), number="not reached", sentence=reason, small="") for entry in entries]
    return [_with_others(facts, results, entry, case) for entry in entries]


def terminal_lines(shown_headlines: Sequence[Headline]) -> list[str]:
    """Format the headlines for a terminal, two lines each."""
    width = max((len(headline.number) for headline in shown_headlines), default=0)
    lines = []
    for headline in shown_headlines:
        over = f"({headline.over})  " if headline.over else ""
        lines.append(f"{headline.number.rjust(width)}  {over}{headline.sentence}")
        others = ", ".join(f"{name} {number}" for name, number in headline.others)
        beside = f"{capital(headline.case)}; beside it: {others}." if others else ""
        lines += [f"{' ' * width}  {line}" for line in (headline.small, beside) if line]
    return lines


def find(results: Results, entry: Asked, case: CaseSight, detail: str | None = None) -> Result | None:
    """Return the result of a score in a case, or None if it was not measured; detail : another than the first."""
    detail = entry.detail if detail is None else detail
    key = {"measure": entry.measure, "score": entry.score.name, "detail": detail}
    return results.find(case=case.name, **key) or results.find(case="", **key)


def age(facts: Facts) -> str:
    """Return the age of the run on the last query date, in words."""
    return facts.age(max(facts.cases, key=lambda case: case.now_s))


def nothing_on_file(results: Results) -> bool:
    """Return whether sightings were counted and there were none."""
    counts = [
        row.value
        for measure, score in (("exposure", "mean_sightings"), ("stock", "sightings_on_file"))
        for row in results.where(measure=measure, score=score)
        if row.value is not None
    ]
    return bool(counts) and not any(counts)


def stock_of(facts: Facts, case: CaseSight) -> str:
    """Return a sentence on the stock counted."""
    duration = as_long([case.today]) if case.name == FOR_EVER else case.name
    under = f"kept {duration}" if facts.is_ladder else f"case “{case.name}”"
    return f"All sightings on file that {case.observer} can look up ({under}), by whose readers made them."


def stock_of_all(facts: Facts, sightings: float) -> str:
    """Estimate the sightings in all metros of a nation's file, in words; "" outside nations."""
    share = facts.settings["roads"].get("share")
    if share is None:
        return ""
    return (
        f"The metros drawn have {100 * share:.2g} % of the people of all metros of the file. Were all of them watched"
        f" alike, there would be {large(sightings / share)} sightings in all."
    )


def _title(entry: Asked) -> str:
    return entry.score.turned[0] if entry.score.turned else entry.score.title


def _with_others(facts: Facts, results: Results, entry: Asked, case: CaseSight) -> Headline:
    """Return the headline of one number with its case, and the numbers of the other cases."""
    headline = _headline(facts, results, entry, case)
    row = find(results, entry, case)
    if len(facts.cases) == 1 or row is None or not row.case:
        return headline
    about = f"kept {facts.label(case)}" if facts.is_ladder else f"case “{case.name}”"
    beside = [other for other in facts.cases if other is not case]
    others = [
        (facts.label(other), _short(find(results, entry, other), turned=entry.score.turned is not None))
        for other in beside[:MOST_OTHERS]
    ]
    more = [(f"{len(beside) - MOST_OTHERS} more", "on the page")] if len(beside) > MOST_OTHERS else []
    return replace(headline, case=about, others=(*others, *more))


def _short(row: Result | None, *, turned: bool) -> str:
    """Return a number in its shortest form, or the reason for its absence."""
    if row is None or row.value is None:
        return "no number" if row is None or not row.note else row.note
    return amount(1 - row.value if turned else row.value, row.unit)


def _headline(facts: Facts, results: Results, entry: Asked, case: CaseSight) -> Headline:
    """Return one headline: a number with its interval and the baseline without sightings."""
    row = find(results, entry, case)
    if row is None or row.value is None:
        why = "this was not measured" if row is None else row.note or "there is nobody to count"
        return Headline(title=_title(entry), number="no number", sentence=why, small="")
    over = _over(facts, row, turned=entry.score.turned is not None)
    if entry.score.turned is not None:
        return _turned(results, entry, case, row, row.value, over)
    share = row.unit == "share"
    without = "" if row.baseline is None else f" Without any sightings: {amount(row.baseline, row.unit)}."
    spread = f" 95 % interval {interval(row)}." if interval(row) else ""
    return Headline(
        title=entry.score.title,
        number=counted(row.value, "share") if share else amount(row.value, row.unit),
        sentence=entry.sentence,
        small=f"{entry.score.remark}{spread}{without}".strip(),
        over=over,
        value=row.value if share else None,
        baseline=row.baseline if share else None,
    )


def _turned(results: Results, entry: Asked, case: CaseSight, row: Result, value: float, over: str) -> Headline:
    """Return the headline of a complementary share, with the median number of those counted if known."""
    assert entry.score.turned is not None
    title, sentence = entry.score.turned
    small = f"{entry.score.title}: {per_thousand(value)} in 1,000 (95 % interval {interval(row)})."
    ranked = [score for score in MEASURES[entry.measure].scores if score.ranks]
    for score in ranked:
        half = results.find(case=case.name, measure=entry.measure, score=score.name, detail=score.ranks[1])
        if half is not None and half.value:
            small += f" Half of them have {counted(half.value, half.unit)} or more."
    return Headline(title=title, number=counted(1 - value, "share"), sentence=sentence, small=small, over=over,
                    value=1 - value)  # fmt: skip


def _over(facts: Facts, row: Result, *, turned: bool) -> str:
    """Format the range of a number over the assumptions; complementary shares have complementary ranges."""
    bounds = None if facts.assumptions is None else facts.assumptions.of(row)
    if bounds is None:
        return ""
    if turned:
        return over(1 - bounds.most, 1 - bounds.least, bounds.unit)
    return over(bounds.least, bounds.most, bounds.unit)
