"""The page of a comparison: changes from the reference, in one self-contained HTML file.

Its rows and lines are scenarios and cases, its columns and panels the scores declared by the
chosen measures.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from string import Template
from typing import TYPE_CHECKING

from simulate.report import figures, panels, phrases
from simulate.report.compared import Variant, common_case, sections_of
from simulate.report.layout import NOTICE, items, lay_out_card, list_values, save, table_of, template
from simulate.report.scores import counted, in_groups, shown, title_of
from simulate.risk.measures import MEASURES, main_results
from simulate.risk.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulate.report.compared import Compared, Side
    from simulate.report.scores import Asked
    from simulate.risk.results import Results


class _Numbers:
    """Mean values over worlds, and differences, indexed by scenario, case and score."""

    def __init__(self, results: Results, differences: Results) -> None:
        self.means = {(row.scenario, row.case, *row.key): row for row in results.over_worlds()}
        self.differences = {(row.scenario, row.case, *row.key): row for row in differences}

    def mean(self, variant: Variant, asked: Asked) -> Result:
        """Return the mean over worlds as a figure's row, a dot without a bar; without a value if there is none."""
        key = variant.side.name, variant.case, *asked.key
        blank = Result(measure=asked.measure, score=asked.score.name, detail=asked.detail, unit=asked.score.unit)
        return self.means.get(key, blank)

    def difference(self, variant: Variant, asked: Asked) -> Result | None:
        """Return the difference of a row from its reference."""
        return self.differences.get((variant.side.name, variant.case, *asked.key))


def write_comparison(compared: Compared, results: Results, differences: Results, path: str | Path) -> Path:
    """Write the page of a comparison, whole or not at all, and return its path."""
    return save(path, lambda: page_text(compared, results, differences))


def page_text(compared: Compared, results: Results, differences: Results) -> str:
    """Return the page as text; a pure function of the comparison."""
    numbers = _Numbers(results, differences)
    large, drawn = shown(compared.measures, compared.asked)
    real = any(side.real_map for side in compared.sides)
    return Template(template("compare.html")).substitute(
        css=template("page.css"),
        title=escape(_title(compared)),
        notice=f"{NOTICE} Only the map is real." if real else NOTICE,
        lead=escape(_lead(compared, large)),
        glance=_glance(compared, numbers, large),
        worlds=escape(compared.covers()),
        changed=_changed(compared),
        cases=_cases(compared),
        by="Risk by retention" if compared.is_ladder else "Risk by case",
        panels="".join(_group(compared, numbers, group) for group in in_groups(drawn)),
        reached=escape(_not_reached(compared)),
        table=table_of(*changes_table(compared, main_results(differences, compared.asked))),
        limits=items(phrases.LIMITS),
        sides=_sides(compared),
        settings=_settings(compared),
        cards="".join(lay_out_card(MEASURES[name].card(compared.asked)) for name in compared.measures),
        credits=items(dict.fromkeys(line for side in compared.sides for line in side.credits)),
    )


def changes_table(compared: Compared, differences: Results) -> tuple[list[str], list[list[str]]]:
    """Return differences as texts: the column heads, and the rows."""
    case = "Kept for" if compared.is_ladder else "Case"
    first = [case] if compared.by_case else ["Scenario", case]
    heads = [*first, "Score", f"Reference: {compared.reference}", "Value", "Change", "95 % interval of the change"]
    rows = []
    for row in differences:
        scenario = [] if compared.by_case else [compared.titles[row.scenario]]
        rows.append([*scenario, compared.label(row.case), title_of(row), *_change_cells(row)])
    return heads, rows


def _change_cells(row: Result) -> list[str]:
    """Return reference, value, change and interval of a difference; without a value, the reason as the change."""
    if row.value is None or row.baseline is None:
        return ["", "", row.note, ""]
    before, after = (counted(x, row.unit) for x in (row.baseline, row.baseline + row.value))
    interval = phrases.change_interval(row.low, row.high, row.unit)
    if row.note:
        interval = f"{interval} ({row.note})".strip()
    return [before, after, phrases.change(row.value, row.unit), interval]


def _title(compared: Compared) -> str:
    first, *others = (side.title for side in compared.sides)
    if not others:
        return f"{first}: {'how long sightings are kept' if compared.is_ladder else 'cases compared'}"
    return f"{first} compared with {others[0] if len(others) == 1 else f'{len(others)} others'}"


def _lead(compared: Compared, large: Sequence[Asked]) -> str:
    """Return the introduction to the numbers."""
    quoted = compared.by_case and not compared.is_ladder
    first = f"“{compared.reference}”" if quoted else compared.reference
    below = f"Under each number: the change from {first}, on the same random draws."
    of = _of(large)
    if compared.by_case:
        return f"{of}, by {'how long sightings are kept' if compared.is_ladder else 'case'}. {below}"
    if not compared.is_ladder:
        return f"{of}, by scenario and case. {below}"
    common = common_case(compared)
    if common is None:
        return "No rule is reached by these scenarios, so there are no numbers."
    return f"{of}, if sightings {phrases.if_kept(common, *compared.days)}. {below}"


def _of(large: Sequence[Asked]) -> str:
    """Return the denominator of the overview numbers."""
    shares = [asked for asked in large if asked.score.unit == "share"]
    if shares and all(asked.score.of.startswith("vehicles") for asked in large):
        return "Of 1,000 vehicles" if len(shares) == len(large) else "Shares: of 1,000 vehicles"
    return "Shares: of 1,000" if shares else "Numbers"


def _glance(compared: Compared, numbers: _Numbers, large: Sequence[Asked]) -> str:
    """Build the overview table: one row per scenario, or case, with each headline number and its change."""
    first = ("Kept for" if compared.is_ladder else "Case") if compared.by_case else "Scenario"
    heads = "".join(
        f'<th scope="col">{escape(asked.score.title)}<span class="small">{escape(asked.sentence)}</span></th>'
        for asked in large
    )
    sections = []
    for heading, variants in sections_of(compared):
        over = f'<tr><th scope="rowgroup" colspan="{len(large) + 1}">{escape(heading)}</th></tr>' if heading else ""
        rows = "".join(_glance_row(compared, numbers, variant, large) for variant in variants)
        sections.append(f"<tbody>{over}{rows}</tbody>")
    return (
        f'<table class="glance"><thead><tr><th scope="col">{first}</th>{heads}</tr></thead>{"".join(sections)}</table>'
    )


def _glance_row(compared: Compared, numbers: _Numbers, variant: Variant, large: Sequence[Asked]) -> str:
    name = "" if compared.by_case or variant.side.name == variant.title.lower() else variant.side.name
    small = "; ".join(filter(None, (name, "reference" if variant.reference else "")))
    mark = f'<span class="small">{escape(small)}</span>' if small else ""
    cells = "".join(
        f'<td data-title="{escape(asked.score.title)}">{_glance_cell(numbers, variant, asked)}</td>' for asked in large
    )
    return f'<tr><th scope="row">{escape(variant.title)}{mark}</th>{cells}</tr>'


def _glance_cell(numbers: _Numbers, variant: Variant, asked: Asked) -> str:
    mean = numbers.mean(variant, asked)
    if mean.value is None:
        return escape(_why(variant, mean))
    count = phrases.amount(mean.value, mean.unit)
    number = f"<b>{count}</b>" if count[0].isdigit() else f'<b class="words">{escape(count)}</b>'
    if variant.reference:
        return number
    difference = numbers.difference(variant, asked)
    if difference is None or difference.value is None:
        return f"{number}<span>{escape(difference.note if difference else '')}</span>"
    change = phrases.change(difference.value, difference.unit)
    interval = phrases.change_interval(difference.low, difference.high, difference.unit)
    small = f'<span class="small">{escape(interval)}</span>' if interval not in {"", change} else ""
    return f"{number}<span>{escape(change)}</span>{small}"


def _why(variant: Variant, mean: Result) -> str:
    """Return the reason for a missing number."""
    return mean.note or "no number" if variant.side.case(variant.case).reached else "not reached"


def _group(compared: Compared, numbers: _Numbers, group: Sequence[Asked]) -> str:
    """Build the panels of one group side by side."""
    drawn = "".join(_panel(compared, numbers, asked, group) for asked in group)
    return drawn if len(group) == 1 else f'<div class="group">{drawn}</div>'


def _panel(compared: Compared, numbers: _Numbers, asked: Asked, group: Sequence[Asked]) -> str:
    """Build one panel: a line per scenario if scenarios and cases differ, else one row each.

    group : scores beside it, on the same scale.
    """
    remark = f' <span class="small">{escape(asked.score.remark)}</span>' if asked.score.remark else ""
    caption = f"<strong>{escape(asked.score.title)}.</strong> {escape(asked.lead)}.{remark}"
    names = [name for name in compared.names if compared.reached(name)]
    if compared.by_case or len(names) < 2:
        rows = _rows(compared, numbers, asked)
        drawn, read = figures.by_case(rows, asked.axis), figures.describe(rows)
    else:
        labels = [compared.label(name) for name in names]
        lines = [
            panels.Line(name=short, values=[numbers.mean(_variant(side, name), asked).value for name in names])
            for short, side in zip(_short(compared), compared.sides, strict=True)
        ]
        if all(value is None for line in lines for value in line.values):
            return f"<figure><figcaption>{caption}</figcaption><p>No number.</p></figure>"
        scale = panels.Scale(
            labels=labels, unit=asked.score.unit, axis=asked.axis, joined=compared.is_ladder,
            most=_most(compared, numbers, [member for member in group if member.score.unit == asked.score.unit]),
        )  # fmt: skip
        drawn, read = panels.against_cases(scale, lines), panels.describe(scale, lines)
    return (
        f"<figure><figcaption>{caption}</figcaption>{figures.svg(drawn, asked.id, f'{asked.lead}. {read}.')}</figure>"
    )


def _most(compared: Compared, numbers: _Numbers, group: Sequence[Asked]) -> float:
    """Return the maximum of several scores."""
    means = (
        numbers.mean(_variant(side, name), asked).value
        for asked in group for side in compared.sides for name in compared.names
    )  # fmt: skip
    return max((value for value in means if value is not None), default=0.0)


def _variant(side: Side, name: str) -> Variant:
    return Variant(title=side.title, side=side, case=name, reference=False)


def _short(compared: Compared) -> list[str]:
    return panels.short_names([side.title for side in compared.sides], [side.name for side in compared.sides])


def _rows(compared: Compared, numbers: _Numbers, asked: Asked) -> list[figures.Row]:
    """Return one row per case, in the order shown, or one row per scenario; dots without bars."""
    if compared.by_case:
        variants = [_variant(compared.sides[0], name) for name in compared.names]
        labels = [_broken(compared.label(name), name == compared.case) for name in compared.names]
    else:
        name = next((name for name in compared.names if compared.reached(name)), compared.case)
        variants, labels = [_variant(side, name) for side in compared.sides], _short(compared)
    means = [numbers.mean(variant, asked) for variant in variants]
    if len({mean.baseline for mean in means if mean.value is not None}) > 1:  # one baseline cannot represent several
        means = [replace(mean, baseline=None) for mean in means]
    return [
        figures.Row(label=label, rate=mean, reason=_why(variant, mean))
        for label, variant, mean in zip(labels, variants, means, strict=True)
    ]


def _broken(label: str, reference: bool) -> str:
    """Wrap the label of a case, and mark the reference."""
    return f"{figures.broken(label)}\n(reference)" if reference else figures.broken(label)


def _not_reached(compared: Compared) -> str:
    """List the cases beyond the age of each scenario."""
    young: dict[str, list[Side]] = {}
    for side in compared.sides:
        missing = ", ".join(case.name for case in side.cases if not case.reached)
        if missing:
            young.setdefault(f"{side.days} days, so not reached: {missing}.", []).append(side)
    return " ".join(
        f"{'Every run lasts' if len(sides) == len(compared.sides) else ', '.join(s.title for s in sides) + ':'} {text}"
        for text, sides in young.items()
    )


def _cases(compared: Compared) -> str:
    """List the rules of each case once, except for ladders."""
    if compared.is_ladder:
        return ""
    same_look = all(len(set(side.looks)) == 1 for side in compared.sides)
    lines = []
    for i, name in enumerate(compared.names):
        by_text: dict[str, list[str]] = {}
        for side in compared.sides:
            rules = " ".join(side.cases[i].rules) or "No rule: all is collected, and kept for ever."
            text = rules if same_look else f"{side.looks[i]}. {rules}"
            by_text.setdefault(text, []).append(side.title)
        texts = [text if len(by_text) == 1 else f"{', '.join(titles)}: {text}" for text, titles in by_text.items()]
        lines.append(f"<div><dt>{escape(compared.label(name))}</dt><dd>{escape(' '.join(texts))}</dd></div>")
    return f'<h3>The cases</h3><dl class="facts">{"".join(lines)}</dl>'


def _sides(compared: Compared) -> str:
    """Describe each scenario with observer and rules beside retention."""
    lines = []
    for side in compared.sides:
        rules = " ".join(side.cases[0].rules[1:]) if compared.is_ladder else ""
        lines.append(
            f"<div><dt>{escape(side.title)}</dt><dd>{escape(side.summary)} {side.vehicles:,} vehicles,"
            f" {side.days} days. {escape('; '.join(dict.fromkeys(side.looks)))}. {escape(rules)}</dd></div>"
        )
    return "".join(lines)


def _changed(compared: Compared) -> str:
    """Report changes by options, if any: once if they are the same for all."""
    lines = [f"{side.title}: {side.changed}" for side in compared.sides if side.changed]
    if lines and len({side.changed for side in compared.sides}) == 1:
        lines = [compared.sides[0].changed]
    return f'<p class="small">Changed for these runs: {escape(" ".join(lines))}</p>' if lines else ""


def _settings(compared: Compared) -> str:
    """List the settings different from the reference."""
    values = [dict(list_values(side.settings)) for side in compared.sides]
    keys = dict.fromkeys(key for flat in values for key in flat)
    differing = [key for key in keys if len({flat.get(key, "") for flat in values}) > 1]
    if not differing:
        return "<p>All settings are the same.</p>"
    rows = [[key, *(flat.get(key, "not there") for flat in values)] for key in differing]
    return table_of(["Setting", *(side.title for side in compared.sides)], rows)
