"""The page of a sweep: each headline number with its range over the assumptions, and their effects."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from string import Template
from typing import TYPE_CHECKING

from simulate.report import figures, phrases
from simulate.report.layout import NOTICE, items, lay_out_card, save, table_of, template
from simulate.report.scores import counted, shown, title_of
from simulate.report.tornado import describe, tornado
from simulate.risk.assumptions import BASE, moves_of
from simulate.risk.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from simulate.policy.sight import CaseSight
    from simulate.report.scores import Asked
    from simulate.risk.assumptions import Assumed, Assumptions, Bounds
    from simulate.risk.results import Results
    from simulate.scenario.schema.settings import Measuring

LEAST_SHARE, LEAST_PART = 0.1, 0.2
"""Minimum span of a tornado: 100 in 1,000, or this part of a number other than a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """Subject of a sweep."""

    name: str
    title: str
    seed: int
    looks: str
    case: CaseSight
    asked: Measuring
    targets: int
    """Number of vehicles attacked."""
    measures: tuple[str, ...]
    changed: str
    """Changes by options, in words; "" if none."""
    credits: tuple[str, ...]
    real_map: bool

    @property
    def under(self) -> str:
        """Return the rules in words, as the beginning of a sentence."""
        case = self.case
        if case.name == case.retention and len(case.rules) <= 1:
            return f"If sightings {phrases.if_kept(case.name, case.today)}"
        rules = " ".join(case.rules).removesuffix(".")
        return f"Case “{phrases.kept_for(case.name, case.today)}”: {rules or 'no rule'}"


def write_sweep(swept: Swept, results: Results, assumptions: Assumptions, path: str | Path) -> Path:
    """Write the page of a sweep, whole or not at all, and return its path."""
    return save(path, lambda: page_text(swept, results, assumptions))


def page_text(swept: Swept, results: Results, assumptions: Assumptions) -> str:
    """Return the page as text; a pure function of the sweep."""
    large, drawn = shown(swept.measures, swept.asked)
    scores_with_bounds = list(_with_bounds(drawn, assumptions))
    changed = f" Changed for this run: {swept.changed}" if swept.changed else ""
    return Template(template("sweep.html")).substitute(
        css=template("page.css"),
        title=escape(f"{swept.title}: what the answers depend on"),
        notice=f"{NOTICE} Only the map is real." if swept.real_map else NOTICE,
        lead=escape(
            f"{swept.under}. In brackets: how far each number moves when {_subject(assumptions)} to its low or its"
            " high end."
        ),
        headlines="".join(_card(asked, bounds, assumptions) for asked, bounds in _with_bounds(large, assumptions)),
        looks=escape(
            f"{swept.looks}. Seed {swept.seed}: one world, the same for every variant, {swept.targets:,} vehicles"
            f" tried: small moves may be chance.{changed}"
        ),
        figures="".join(
            _figure(asked, bounds, results, assumptions, _span([other for _, other in scores_with_bounds], bounds))
            for asked, bounds in scores_with_bounds
        ),
        assumptions=_assumptions(assumptions),
        table=table_of(*ranges_table(results, assumptions)),
        limits=items(phrases.LIMITS),
        cards="".join(lay_out_card(MEASURES[name].card(swept.asked)) for name in swept.measures),
        credits=items(swept.credits),
    )


def ranges_table(results: Results, assumptions: Assumptions) -> tuple[list[str], list[list[str]]]:
    """Return every range as texts: the column heads, and the rows."""
    rows = []
    for bounds in assumptions.bounds:
        moves = moves_of(results, bounds.key)
        moved = moves[0].name.replace("-", " ") if moves and bounds.least < bounds.most else "nothing"
        title = title_of(results.where(scenario=BASE).one(**dict(zip(_KEY, bounds.key, strict=True))))
        over = phrases.over(bounds.least, bounds.most, bounds.unit, _tried(assumptions))
        rows.append([title, counted(bounds.base, bounds.unit), over, moved])
    return ["Score", "Value", "Over the assumptions", "Moved most by"], rows


_KEY = ("measure", "score", "detail")


def _subject(assumptions: Assumptions) -> str:
    """Return the subject of the change, in words."""
    if len(assumptions.tried) == 1:
        return f"the assumption “{assumptions.tried[0].name.replace('-', ' ')}” goes"
    return f"one of {len(assumptions.tried)} assumptions at a time goes"


def _with_bounds(scores: Iterable[Asked], assumptions: Assumptions) -> Iterator[tuple[Asked, Bounds]]:
    """Yield each score with a number, and its bounds."""
    bounds_by_key = {bounds.key: bounds for bounds in assumptions.bounds}
    for asked in scores:
        if asked.key in bounds_by_key:
            yield asked, bounds_by_key[asked.key]


def _span(rows: Sequence[Bounds], row: Bounds) -> float:
    """Return the span of a tornado's scale: one for all shares, and large enough not to exaggerate a small move."""
    if row.unit == "share":
        return max(LEAST_SHARE, *(bounds.most - bounds.least for bounds in rows if bounds.unit == "share"))
    return max(LEAST_PART * abs(row.base), row.most - row.least)


def _tried(assumptions: Assumptions) -> str:
    """Return the number of assumptions tried, in words."""
    return f"{len(assumptions.tried)} assumption{'' if len(assumptions.tried) == 1 else 's'}"


def _card(asked: Asked, row: Bounds, assumptions: Assumptions) -> str:
    """Build the card of one number with its range."""
    number, of = phrases.amount(row.base, row.unit), " in 1,000" if row.unit == "share" else ""
    over = phrases.over(row.least, row.most, row.unit, _tried(assumptions))
    return (
        f'<article class="card"><h3>{escape(asked.score.title)}</h3>'
        f'<p class="number">{escape(number)}<span>{of}</span></p>'
        f'<p class="over">({escape(over)})</p><p>{escape(asked.sentence)}</p></article>'
    )


def _figure(asked: Asked, row: Bounds, results: Results, assumptions: Assumptions, span: float) -> str:
    """Build the tornado of one number."""
    caption = f"<strong>{escape(asked.score.title)}.</strong> {escape(asked.lead)}."
    if phrases.amount(row.least, row.unit) == phrases.amount(row.most, row.unit):
        return f"<figure><figcaption>{caption}</figcaption><p>No assumption moves this number.</p></figure>"
    moves = moves_of(results, row.key)
    alt = f"{asked.lead}. {describe(row, moves, assumptions.tried)}."
    picture = figures.svg(tornado(row, moves, assumptions.tried, span), asked.id, alt)
    return f"<figure><figcaption>{caption}</figcaption>{picture}</figure>"


def _assumptions(assumptions: Assumptions) -> str:
    """Build the table of assumptions, tried and skipped."""
    heads = ["Assumption", "Setting", "Low", "As assumed", "High", "Why it is not known better"]
    return table_of(heads, [_row(assumed) for assumed in assumptions.assumed])


def _row(assumed: Assumed) -> list[str]:
    why = f"{assumed.why} Not tried: {assumed.skipped}." if assumed.skipped else assumed.why
    return [assumed.name.replace("-", " "), assumed.key, assumed.low, assumed.base, assumed.high, why]
