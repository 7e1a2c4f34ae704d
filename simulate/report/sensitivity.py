"""The page of a sweep: each headline number with its range over the assumptions, and what moves it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from string import Template
from typing import TYPE_CHECKING

from simulate.report import figures, phrases, words
from simulate.report.layout import NOTICE, items, lay_out_card, save, template
from simulate.report.tornado import describe, tornado
from simulate.report.words import Question
from simulate.risk.measures import CARDS, card

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from simulate.policy.retention import Retention
    from simulate.risk.ranges import Assumed, Range, Ranges
    from simulate.schema.settings import Measuring

MEAN = Question(
    measure="exposure",
    score="mean sightings",
    setting="",
    title="Sightings",
    sentence="sightings of a vehicle, the mean",
)
LEAST_SHARE, LEAST_PART = 0.1, 0.2
"""A tornado spans at least 100 in 1,000, or this part of a number that is no share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep was about."""

    name: str
    title: str
    seed: int
    looks: str
    rule: Retention
    days: int
    asked: Measuring
    measures: tuple[str, ...]
    changed: str
    """What options changed, in words; "" if nothing."""
    credits: tuple[str, ...]
    real_map: bool


def write_sweep(swept: Swept, ranges: Ranges, path: str | Path) -> Path:
    """Write the page of a sweep; returns its path. It appears complete or not at all."""
    return save(path, lambda: page_text(swept, ranges))


def page_text(swept: Swept, ranges: Ranges) -> str:
    """Return the page as text; a pure function of what was swept."""
    found = list(_headlines(swept, ranges))
    changed = f" Changed for this run: {swept.changed}" if swept.changed else ""
    return Template(template("sweep.html")).substitute(
        css=template("page.css"),
        title=escape(f"{swept.title}: what the answers depend on"),
        notice=f"{NOTICE} Only the map is real." if swept.real_map else NOTICE,
        lead=escape(
            f"If sightings {phrases.if_kept(swept.rule.label, swept.days)}. In brackets: how far each number moves when"
            f" {_moved(ranges)} to its low or its high end."
        ),
        headlines="".join(_card(question, row, ranges) for question, row in found),
        looks=escape(
            f"{swept.looks}. Seed {swept.seed}: one world, the same for every variant, {swept.asked.targets:,} vehicles"
            f" tried: small moves may be chance.{changed}"
        ),
        figures="".join(
            _figure(question, row, ranges, _span([other for _, other in found], row)) for question, row in found
        ),
        assumptions=_assumptions(ranges),
        table=_table(ranges),
        limits=items(phrases.LIMITS),
        cards="".join(lay_out_card(card(name, swept.asked)) for name in CARDS if name in swept.measures),
        credits=items(swept.credits),
    )


def _moved(ranges: Ranges) -> str:
    """Say what goes to its ends."""
    if len(ranges.tried) == 1:
        return f"the assumption “{ranges.tried[0].name.replace('-', ' ')}” goes"
    return f"one of {len(ranges.tried)} assumptions at a time goes"


def _headlines(swept: Swept, ranges: Ranges) -> Iterator[tuple[Question, Range]]:
    """Find the range of each headline number that was measured."""
    for question in (*words.risks_asked(swept.asked), words.never_seen(), MEAN):
        key = question.measure, question.score, question.setting
        for row in ranges:
            if (row.measure, row.score, row.setting) == key:
                yield question, row


def _span(rows: Sequence[Range], row: Range) -> float:
    """Return how much the scale of a tornado spans: all shares have one, and none makes a small move look large."""
    if row.unit == "share":
        return max(LEAST_SHARE, *(one.most - one.least for one in rows if one.unit == "share"))
    return max(LEAST_PART * abs(row.base), row.most - row.least)


def _tried(ranges: Ranges) -> str:
    """Count the assumptions that were tried."""
    return f"{len(ranges.tried)} assumption{'' if len(ranges.tried) == 1 else 's'}"


def _card(question: Question, row: Range, ranges: Ranges) -> str:
    """Lay out one number with its range."""
    number, of = phrases.amount(row.base, row.unit), " in 1,000" if row.unit == "share" else ""
    return (
        f'<article class="card"><h3>{escape(question.title)}</h3>'
        f'<p class="number">{escape(number)}<span>{of}</span></p>'
        f'<p class="over">({escape(phrases.over(row.least, row.most, row.unit, _tried(ranges)))})</p>'
        f"<p>{escape(question.sentence)}</p></article>"
    )


def _figure(question: Question, row: Range, ranges: Ranges, span: float) -> str:
    """Lay out the tornado of one number."""
    lead = "How many of 1,000 " if row.unit == "share" else "How many "
    caption = f"<strong>{escape(question.title)}.</strong> {lead}{escape(question.sentence)}."
    if phrases.amount(row.least, row.unit) == phrases.amount(row.most, row.unit):
        return f"<figure><figcaption>{caption}</figcaption><p>No assumption moves this number.</p></figure>"
    alt = f"{lead}{question.sentence}. {describe(row, ranges.tried)}."
    name = question.title.lower().replace(" ", "-")
    return (
        f"<figure><figcaption>{caption}</figcaption>{figures.svg(tornado(row, ranges.tried, span), name, alt)}</figure>"
    )


def _assumptions(ranges: Ranges) -> str:
    """List what was assumed, tried and left out."""
    head = ("Assumption", "Setting", "Low", "As assumed", "High", "Why it is not known better")
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(_row(one))}</tr>" for one in ranges.assumptions)
    return f"<table><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"


def _row(one: Assumed) -> Iterator[str]:
    yield f'<th scope="row">{escape(one.name.replace("-", " "))}</th>'
    why = f"{one.why} Not tried: {one.skipped}." if one.skipped else one.why
    for text in (one.key, one.low, one.base, one.high, why):
        yield f"<td>{escape(text)}</td>"


def _table(ranges: Ranges) -> str:
    """List every main score with its range."""
    columns = "".join(
        f'<th scope="col">{name}</th>' for name in ("Score", "Value", "Over the assumptions", "Moved most by")
    )
    rows = []
    for row in ranges:
        score = f"{row.score}, {row.setting}" if row.setting else row.score
        value = phrases.amount(row.base, row.unit) + (" in 1,000" if row.unit == "share" else "")
        moved = row.swings[0].name.replace("-", " ") if row.least < row.most else "nothing"
        over = phrases.over(row.least, row.most, row.unit, _tried(ranges))
        cells = "".join(f"<td>{escape(text)}</td>" for text in (value, over, moved))
        rows.append(f'<tr><th scope="row">{escape(score)}</th>{cells}</tr>')
    return f"<table><thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
