"""The page of a comparison: what changes from the reference, in one self-contained HTML file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from simulate.report import figures, panels, phrases, words
from simulate.report.layout import NOTICE, items, lay_out_card, list_values, save, template
from simulate.risk.differences import mean_over_worlds
from simulate.risk.measures import CARDS, card, main_scores
from simulate.risk.rates import Rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from simulate.policy.retention import Retention
    from simulate.report.words import Question
    from simulate.risk.differences import Difference, Differences, WorldRates
    from simulate.schema.settings import Measuring


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One scenario of a comparison."""

    name: str
    title: str
    summary: str
    looks: str
    """Who looks at what, in a sentence."""
    vehicles: int
    days: int
    reached: tuple[Retention, ...]
    settings: Mapping[str, Any]
    changed: str
    """What options changed, in words; "" if nothing."""
    credits: tuple[str, ...]
    real_map: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison compares; the first side is the reference, or else the first rule."""

    sides: tuple[Side, ...]
    seeds: tuple[int, ...]
    rules: tuple[Retention, ...]
    """In the order asked."""
    asked: Measuring
    measures: tuple[str, ...]

    @property
    def by_rule(self) -> bool:
        """Tell whether the rules of one scenario are compared."""
        return len(self.sides) == 1

    @property
    def ladder(self) -> tuple[Retention, ...]:
        """Return the rules, shortest first."""
        return tuple(sorted(self.rules, key=lambda rule: float("inf") if rule.seconds is None else rule.seconds))

    @property
    def days(self) -> tuple[int, ...]:
        """Return how long the run of each side lasts."""
        return tuple(side.days for side in self.sides)

    def covers(self) -> str:
        """Say what the intervals cover, or that there are none."""
        n = len(self.seeds)
        if n == 1:
            return (
                "One world was drawn, so no interval over worlds is given: part of a difference may be chance."
                " Five or more worlds (--replicates 5) give one."
            )
        first, last = self.seeds[0], self.seeds[-1]
        return (
            f"Intervals are 95 % intervals of the difference over {n} worlds (seeds {first} to {last}), each with"
            " people and trips of its own, compared in pairs. They do not cover the assumptions of the model."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One row of the table at a glance: a scenario, or a rule."""

    title: str
    side: Side
    rule: Retention


class _Held:
    """Mean values over worlds, and differences, looked up by what they are about."""

    def __init__(self, rates: WorldRates, differences: Differences) -> None:
        self.rates: dict[tuple[str, ...], list[Rate]] = {}
        for row in rates:
            rate = row.rate
            key = row.scenario, rate.retention, rate.measure, rate.score, rate.setting
            self.rates.setdefault(key, []).append(rate)
        self.differences = {(d.of, d.retention, d.measure, d.score, d.setting): d for d in differences}

    def value(self, side: Side, rule: Retention, question: Question) -> float | None:
        """Return the mean over worlds, None where there is no number."""
        return mean_over_worlds(self._rates(side, rule, question))

    def baseline(self, side: Side, rule: Retention, question: Question) -> float | None:
        """Return what anyone could reach without sightings, the mean over worlds."""
        known = [rate.baseline for rate in self._rates(side, rule, question) if rate.baseline is not None]
        return sum(known) / len(known) if known else None

    def difference(self, of: str, rule: Retention, question: Question) -> Difference | None:
        """Return how a scenario, or a rule, differs from the reference."""
        return self.differences.get((of, rule.label, question.measure, question.score, question.setting))

    def _rates(self, side: Side, rule: Retention, question: Question) -> list[Rate]:
        key = side.name, rule.label, question.measure, question.score, question.setting
        return self.rates.get(key, [])


def write_comparison(compared: Compared, rates: WorldRates, differences: Differences, path: str | Path) -> Path:
    """Write the page of a comparison; returns its path. It appears complete or not at all."""
    return save(path, lambda: page_text(compared, rates, differences))


def page_text(compared: Compared, rates: WorldRates, differences: Differences) -> str:
    """Return the page as text; a pure function of what was compared."""
    held = _Held(rates, differences)
    questions = [q for q in _questions(compared.asked) if q.measure in compared.measures]
    main = main_scores(rates.of(compared.sides[0].name, compared.seeds[0]), compared.asked.unicity_points)
    real = any(side.real_map for side in compared.sides)
    return Template(template("compare.html")).substitute(
        css=template("page.css"),
        title=escape(_title(compared)),
        notice=f"{NOTICE} Only the map is real." if real else NOTICE,
        lead=escape(_lead(compared)),
        glance=_glance(compared, held, questions),
        worlds=escape(compared.covers()),
        changed=_changed(compared),
        panels="".join(_panel(compared, held, question) for question in questions),
        reached=escape(_not_reached(compared)),
        table=_table(differences, {(r.measure, r.score, r.setting) for r in main}, compared),
        limits=items(phrases.LIMITS),
        sides=_sides(compared),
        settings=_settings(compared),
        cards="".join(lay_out_card(card(name, compared.asked)) for name in CARDS if name in compared.measures),
        credits=items(dict.fromkeys(line for side in compared.sides for line in side.credits)),
    )


def _questions(asked: Measuring) -> tuple[Question, ...]:
    return (*words.risks_asked(asked), words.never_seen())


def _title(compared: Compared) -> str:
    first, *others = (side.title for side in compared.sides)
    if not others:
        return f"{first}: how long sightings are kept"
    return f"{first} compared with {others[0] if len(others) == 1 else f'{len(others)} others'}"


def _common_rule(compared: Compared) -> Retention | None:
    """Return the longest rule that every scenario has reached; if none, that the reference and another have."""
    for wanted in (compared.sides, compared.sides[:2], compared.sides[:1]):
        shared = [rule for rule in compared.ladder if all(rule in side.reached for side in wanted)]
        if shared:
            return shared[-1]
    return None


def _variants(compared: Compared) -> list[Variant]:
    if compared.by_rule:
        first = compared.rules[0]
        rules = [first, *(rule for rule in compared.ladder if rule != first)]
        return [
            Variant(title=phrases.kept_for(rule.label, *compared.days).capitalize(), side=compared.sides[0], rule=rule)
            for rule in rules
        ]
    rule = _common_rule(compared)
    return [] if rule is None else [Variant(title=side.title, side=side, rule=rule) for side in compared.sides]


def _lead(compared: Compared) -> str:
    """Say what the numbers below are about."""
    first = phrases.kept_for(compared.rules[0].label, *compared.days)
    reference = first if compared.by_rule else compared.sides[0].title
    below = f"Under each number: the change from {reference}, on the same random draws."
    if compared.by_rule:
        return f"Of 1,000 vehicles, by how long sightings are kept. {below}"
    rule = _common_rule(compared)
    if rule is None:
        return "No rule is reached by these scenarios, so there are no numbers."
    return f"Of 1,000 vehicles, if sightings {phrases.if_kept(rule.label, *compared.days)}. {below}"


def _glance(compared: Compared, held: _Held, questions: list[Question]) -> str:
    """Lay out one row a scenario, or rule, with each headline number and its change."""
    named = "Kept for" if compared.by_rule else "Scenario"
    heads = "".join(
        f'<th scope="col">{escape(q.title)}<span class="small">{escape(q.sentence)}</span></th>' for q in questions
    )
    rows = []
    for i, variant in enumerate(_variants(compared)):
        cells = "".join(_glance_cell(compared, held, variant, question, first=i == 0) for question in questions)
        name = "" if compared.by_rule or variant.side.name == variant.title.lower() else variant.side.name
        small = "; ".join(filter(None, (name, "reference" if i == 0 else "")))
        mark = f'<span class="small">{escape(small)}</span>' if small else ""
        rows.append(f'<tr><th scope="row">{escape(variant.title)}{mark}</th>{cells}</tr>')
    return (
        f'<table class="glance"><thead><tr><th scope="col">{named}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _glance_cell(compared: Compared, held: _Held, variant: Variant, question: Question, *, first: bool) -> str:
    value = held.value(variant.side, variant.rule, question)
    if value is None:
        reached = variant.rule in variant.side.reached
        return f"<td>{'no number' if reached else 'not reached'}</td>"
    count = phrases.per_thousand(value)
    number = f"<b>{count}</b>" if count[0].isdigit() else f'<b class="words">{escape(count)}</b>'
    if first:
        return f"<td>{number}</td>"
    of = variant.rule.label if compared.by_rule else variant.side.name
    found = held.difference(of, variant.rule, question)
    if found is None or found.difference is None:
        return f"<td>{number}<span>{escape(found.note if found else '')}</span></td>"
    change = phrases.change(found.difference, found.unit)
    interval = phrases.change_interval(found.low, found.high, found.unit)
    small = f'<span class="small">{escape(interval)}</span>' if interval not in {"", change} else ""
    return f"<td>{number}<span>{escape(change)}</span>{small}</td>"


def _panel(compared: Compared, held: _Held, question: Question) -> str:
    """Lay out one score: against retention where scenarios and rules differ, else one row each."""
    caption = f"<strong>{escape(question.title)}.</strong> How many of 1,000 {escape(question.sentence)}."
    name = question.title.lower().replace(" ", "-")
    told = f"How many of 1,000 {question.sentence}."
    shown = [rule for rule in compared.ladder if any(rule in side.reached for side in compared.sides)]
    if compared.by_rule or len(shown) < 2:
        rows = _rows(compared, held, question)
        drawn, read = figures.by_retention(rows), figures.describe(rows)
    else:
        labels = [phrases.kept_for(rule.label, *compared.days) for rule in shown]
        lines = [
            panels.Line(name=name, shares=[held.value(side, rule, question) for rule in shown])
            for name, side in zip(_short(compared), compared.sides, strict=True)
        ]
        if all(share is None for line in lines for share in line.shares):
            return f"<figure><figcaption>{caption}</figcaption><p>No number.</p></figure>"
        drawn, read = panels.against_retention(labels, lines), panels.describe(labels, lines)
    return f"<figure><figcaption>{caption}</figcaption>{figures.svg(drawn, name, f'{told} {read}.')}</figure>"


def _short(compared: Compared) -> list[str]:
    return panels.short_names([side.title for side in compared.sides], [side.name for side in compared.sides])


def _rows(compared: Compared, held: _Held, question: Question) -> list[figures.Row]:
    """Return one row a rule, shortest first, or one row a scenario; dots without bars."""
    if not compared.by_rule:
        rates = [_as_rate(held, variant, question) for variant in _variants(compared)]
        if len({rate.baseline for rate in rates}) > 1:  # one line cannot stand for several baselines
            rates = [replace(rate, baseline=None) for rate in rates]
        return [
            figures.Row(label=name, rate=rate, reason="no number")
            for name, rate in zip(_short(compared), rates, strict=False)
        ]
    side = compared.sides[0]
    return [
        figures.Row(
            label=phrases.kept_for(rule.label, side.days) + ("\n(reference)" if rule == compared.rules[0] else ""),
            rate=_as_rate(held, Variant(title=rule.label, side=side, rule=rule), question),
            reason="no number" if rule in side.reached else "not reached",
        )
        for rule in compared.ladder
    ]


def _as_rate(held: _Held, variant: Variant, question: Question) -> Rate:
    """Return a mean over worlds as a row of a figure takes it: a dot without a bar."""
    value = held.value(variant.side, variant.rule, question)
    return Rate(
        measure=question.measure, score=question.score, retention=variant.rule.label, value=value,
        baseline=held.baseline(variant.side, variant.rule, question),
    )  # fmt: skip


def _not_reached(compared: Compared) -> str:
    """Name the rules that scenarios are too young for."""
    young: dict[str, list[Side]] = {}
    for side in compared.sides:
        missing = ", ".join(rule.label for rule in compared.ladder if rule not in side.reached)
        if missing:
            young.setdefault(f"{side.days} days, so not reached: {missing}.", []).append(side)
    return " ".join(
        f"{'Every run lasts' if len(sides) == len(compared.sides) else ', '.join(s.title for s in sides) + ':'} {told}"
        for told, sides in young.items()
    )


def _table(differences: Differences, wanted: set[tuple[str, str, str]], compared: Compared) -> str:
    """Lay out every difference of the main scores, with its interval over worlds."""
    titles, days = {side.name: side.title for side in compared.sides}, compared.days
    head = (
        "Compared", "Kept for", "Score", "Reference", "Value", "Change", "95 % interval of the change",
    )  # fmt: skip
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(titles.get(d.of) or phrases.kept_for(d.of, *days))}</th>'
        f"{''.join(_cells(d, days))}</tr>"
        for d in differences
        if (d.measure, d.score, d.setting) in wanted
    )
    return f"<table><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Difference, days: Sequence[int]) -> Iterator[str]:
    before, after = ("" if x is None else _amount(x, row.unit) for x in (row.reference_value, row.value))
    change = row.note if row.difference is None else phrases.change(row.difference, row.unit)
    interval = phrases.change_interval(row.low, row.high, row.unit)
    if row.difference is not None and row.note:
        interval = f"{interval} ({row.note})".strip()
    score = f"{row.score}, {row.setting}" if row.setting else row.score
    for text in (phrases.kept_for(row.retention, *days), score, before, after, change, interval):
        yield f"<td>{escape(text)}</td>"


def _amount(value: float, unit: str) -> str:
    return f"{phrases.amount(value, unit)} in 1,000" if unit == "share" else phrases.amount(value, unit)


def _sides(compared: Compared) -> str:
    """Say of each scenario what it is and who looks."""
    return "".join(
        f"<div><dt>{escape(side.title)}</dt><dd>{escape(side.summary)} {side.vehicles:,} vehicles, {side.days} days."
        f" {escape(side.looks)}.</dd></div>"
        for side in compared.sides
    )


def _changed(compared: Compared) -> str:
    """Lay out what options changed, if anything: once if it is the same for all."""
    said = [f"{side.title}: {side.changed}" for side in compared.sides if side.changed]
    if said and len({side.changed for side in compared.sides}) == 1:
        said = [compared.sides[0].changed]
    return f'<p class="small">Changed for these runs: {escape(" ".join(said))}</p>' if said else ""


def _settings(compared: Compared) -> str:
    """List the settings in which scenarios differ from the reference."""
    values = [dict(list_values(side.settings)) for side in compared.sides]
    keys = dict.fromkeys(key for held in values for key in held)
    differing = [key for key in keys if len({held.get(key, "") for held in values}) > 1]
    if not differing:
        return "<p>All settings are the same.</p>"
    head = "".join(f'<th scope="col">{escape(side.title)}</th>' for side in compared.sides)
    body = "".join(
        f'<tr><th scope="row">{escape(key)}</th>'
        + "".join(f"<td>{escape(held.get(key, 'not there'))}</td>" for held in values)
        + "</tr>"
        for key in differing
    )
    return f'<table><thead><tr><th scope="col">Setting</th>{head}</tr></thead><tbody>{body}</tbody></table>'
