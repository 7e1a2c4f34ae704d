"""The page of one run: one self-contained HTML file of its results, case by case.

It makes no network request and runs no script, so it can be mailed, printed and archived. Its
contents are gathered first (`facts`); layout is a pure function. Cards, panels and the table
are those of the scores declared by the chosen measures, so a new measure needs no change here.
"""

from __future__ import annotations

import re
from html import escape
from string import Template
from typing import TYPE_CHECKING

from simulate.report import figures, phrases, sharing, words
from simulate.report.facts import exhibits_of, facts_of
from simulate.report.holdings import lay_out_stock
from simulate.report.layout import NOTICE, changes, items, lay_out_card, list_values, save, table_of, template
from simulate.report.scores import counted, in_groups, shown, title_of
from simulate.risk.measures import MEASURES, main_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from simulate.policy.sight import CaseSight
    from simulate.policy.view import View
    from simulate.report.facts import Exhibits, Facts
    from simulate.report.scores import Asked
    from simulate.report.words import Headline
    from simulate.risk.results import Result, Results
    from simulate.risk.score import Score
    from simulate.sharing.build import BuiltNetwork

NO_CAR = "Nobody among the targets could be guessed, so no car is shown."
NO_RULE = "No rule: all is collected, and kept for ever."


def write_page(view: View, results: Results, path: str | Path) -> Path:
    """Write the page of a view and return its path.

    Parameters
    ----------
    view
        A run under some cases.
    results
        Its results; fitting ranges saved beside the run by a sweep are shown with them.
    path
        File to write; it appears complete or not at all.

    Examples
    --------
    >>> page = sim.write_page(view, sim.measure(view, ["exposure"], targets=20), folder / "page.html")
    >>> page.read_text(encoding="utf-8").count("</html>")
    1
    """

    def make() -> str:
        facts = facts_of(view)
        return page_text(facts, results, exhibits_of(view, facts))

    return save(path, make)


def page_text(facts: Facts, results: Results, exhibits: Exhibits) -> str:
    """Return the page as text; a pure function of facts, results and exhibits."""
    measures = words.taken(results)
    _, panels = shown(measures, facts.asked)
    spreads = [(name, score) for name in measures for score in MEASURES[name].scores if score.ranks]
    counts = {name for name, _ in spreads}
    of_file = "".join(_spread(facts, results, name, score) for name, score in spreads)
    of_file += "".join(_panel(facts, results, entry) for entry in panels if entry.measure in counts)
    risk_panels = [entry for entry in panels if entry.measure not in counts]
    risks = "".join(_group(facts, results, group) for group in in_groups(risk_panels))
    return Template(template("page.html")).substitute(
        css=template("page.css"),
        title=escape(facts.title),
        summary=escape(facts.summary),
        facts=_facts(facts, results),
        rule=escape(_rule(facts)),
        headlines="".join(map(_headline, words.headlines(facts, results))),
        intervals=escape(words.INTERVALS),
        brackets="" if facts.assumptions is None else escape(words.BRACKETS),
        risks=_risks(facts, risks),
        file=_file(of_file, lay_out_stock(facts, results)),
        notice=f"{NOTICE} Only the map is real." if facts.real_map else NOTICE,
        map="".join(f"<figure>{drawing}</figure>" for drawing in exhibits.maps),
        story=escape(exhibits.story or NO_CAR),
        table=_table(facts, main_results(results, facts.asked)),
        cards="".join(lay_out_card(MEASURES[name].card(facts.asked)) for name in measures),
        settings=_settings(facts),
        seed=escape(f"{facts.name}, seed {facts.seed}"),
        sharing="" if exhibits.network is None else _sharing(exhibits.network, facts),
        limits=items(phrases.LIMITS),
        credits=_credits(facts, exhibits),
    )


def _facts(facts: Facts, results: Results) -> str:
    """List observer, date and subject, one fact a line."""
    nothing = f"; {words.NOTHING}" if words.nothing_on_file(results) else ""
    others = " ".join(facts.cases[0].rules[1:]) if facts.is_ladder else ""
    entries = [
        ("Who looks", f"{facts.looks}{nothing}. {others}".strip()),
        ("What they see", _seen(facts.cases)),
        ("What is modelled", f"{_vehicles(facts)} for {_lasting(facts)}, from {facts.start}."),
        ("Changed for this run", changes(facts.settings, facts.sources)),
    ]
    if not facts.is_ladder:
        entries += [(f"Case “{case.name}”", " ".join(case.rules) or NO_RULE) for case in facts.cases]
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(fact)}</dd></div>" for name, fact in entries if fact)


def _seen(cases: Sequence[CaseSight]) -> str:
    """Describe the visible fields of a sighting; if cases differ, their rules give the details."""
    coarse = any(case.time_grain_s or case.place_grain_m or case.pseudonym_s for case in cases)
    unless = ", unless the rules of a case say otherwise" if coarse else ""
    return f"Of each sighting the plate, the reader and the second{unless}; no name, no picture, no address."


def _lasting(facts: Facts) -> str:
    """Return the duration of the run up to the last query date, in words."""
    return phrases.lasting(max((case.on(facts.start) - facts.start).days for case in facts.cases))


def _vehicles(facts: Facts) -> str:
    """Return the number of vehicles, and of visitors among them, in words."""
    n, living = facts.n_vehicles, facts.n_residents
    if living == n:
        return f"{n:,} vehicles"
    return f"{n:,} vehicles, {living:,} that live here and {n - living:,} that may come from beyond the map,"


def _rule(facts: Facts) -> str:
    """Return the case of the headlines, in words."""
    case = facts.headline
    if case is None:
        return f"No {'rule' if facts.is_ladder else 'case'} is reached: {words.age(facts)}"
    if facts.is_ladder:
        return f"If sightings {phrases.if_kept(case.name, *facts.days)}"
    return f"In the case “{case.name}”"


def _headline(headline: Headline) -> str:
    """Build one headline card, with a bar for shares."""
    count, of, rest = headline.number.partition(" in ")
    roughly, space, digits = count.rpartition(" ") if of else ("", "", count)
    before = f"<span>{escape(roughly + space)}</span>" if roughly else ""
    number = f"{before}{escape(digits)}<span>{escape(of + rest)}</span>"
    over = f'<p class="over">({escape(headline.over)})</p>' if headline.over else ""
    case = f'<p class="case">{escape(phrases.capital(headline.case))}</p>' if headline.case else ""
    bar = ""
    if headline.value is not None:
        mark = "" if headline.baseline is None else f'<i style="left:{100 * headline.baseline:.1f}%"></i>'
        bar = f'<div class="bar" aria-hidden="true"><b style="width:{100 * headline.value:.1f}%"></b>{mark}</div>'
    return (
        f'<article class="card"><h3>{escape(headline.title)}</h3>{case}<p class="number">{number}</p>'
        f"{over}{bar}<p>{_unbroken(headline.sentence)}</p>"
        f'<p class="small">{_unbroken(headline.small)}</p>{_others(headline)}</article>'
    )


def _others(headline: Headline) -> str:
    """List the numbers of the other cases in small."""
    lines = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(number)}</dd></div>" for name, number in headline.others)
    return f'<dl class="others" aria-label="The other cases">{lines}</dl>' if lines else ""


def _unbroken(text: str) -> str:
    """Escape a text and keep each number on one line with its unit."""
    return re.sub(r"(?<=\d) (?=%|m\b)", "&nbsp;", escape(text))


def _risks(facts: Facts, panels: str) -> str:
    """Build the section of risk panels; "" without panels."""
    if not panels:
        return ""
    by, change = (
        ("retention", "with the time that sightings are kept")
        if facts.is_ladder
        else ("case", "from case to case; what each case is stands above")
    )
    return (
        f'<section aria-labelledby="risk"><h2 id="risk">Risk by {by}</h2>'
        f"<p>How the risk changes {change}. Dot: the result. Bar through it: 95&nbsp;% interval."
        " A small step back is chance, or old habits that mislead the attack.</p>"
        f'<div class="figures two short">{panels}</div></section>'
    )


def _file(panels: str, stock: str) -> str:
    """Build the section on sightings on file; "" without any counts."""
    if not panels and not stock:
        return ""
    figures_ = f'<div class="figures two">{panels}</div>' if panels else ""
    return f'<section aria-labelledby="file"><h2 id="file">What is on file</h2>{figures_}{stock}</section>'


def _group(facts: Facts, results: Results, group: Sequence[Asked]) -> str:
    """Build the panels of one group side by side."""
    panels = "".join(_panel(facts, results, entry) for entry in group)
    return panels if len(group) == 1 else f'<div class="group">{panels}</div>'


def _panel(facts: Facts, results: Results, entry: Asked) -> str:
    """Build the panel of one score against the cases."""
    rows = rows_of(facts, results, entry)
    by = "retention" if facts.is_ladder else "case"
    alt = f"{entry.lead}, by {by}. {figures.describe(rows)}."
    drawn = figures.svg(figures.by_case(rows, entry.axis), entry.id, alt)
    caption = f"<strong>{escape(entry.score.title)}.</strong> {_unbroken(entry.lead)}."
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"


def rows_of(facts: Facts, results: Results, entry: Asked) -> list[figures.Row]:
    """Return the rows of a score for every case, with the reason for missing numbers."""
    rows = []
    for case in facts.cases:
        result = words.find(results, entry, case)
        rows.append(
            figures.Row(label=figures.broken(facts.label(case)), rate=result, reason=_reason(facts, case, result))
        )
    return rows


def _reason(facts: Facts, case: CaseSight, result: Result | None) -> str:
    """Return the reason for a missing number."""
    if not case.reached:
        return f"not reached: {facts.age(case)}"
    return "not measured" if result is None else result.note or "nobody to count"


def _spread(facts: Facts, results: Results, measure: str, score: Score) -> str:
    """Build the figure of the distribution of a count over vehicles, against the cases."""
    spreads = spreads_of(facts, results, measure, score)
    title = f"{phrases.capital(score.unit)} on file"
    by = "retention" if facts.is_ladder else "case"
    alt = f"{title}: how many there are of one vehicle, by {by}. {figures.describe_ranks(spreads)}."
    drawn = figures.svg(figures.by_rank(spreads, f"{score.unit} of one vehicle on file"), f"{measure}-spread", alt)
    caption = f"<strong>{escape(title)}.</strong> How many there are of one vehicle, from the seldom to the often seen."
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"


def spreads_of(facts: Facts, results: Results, measure: str, score: Score) -> list[figures.Spread]:
    """Return the distribution of a score in every case, with the reason for missing numbers."""
    spreads = []
    for case in facts.cases:
        ranks = [results.find(case=case.name, measure=measure, score=score.name, detail=rank) for rank in score.ranks]
        values = [row.value for row in ranks if row is not None and row.value is not None]
        complete = len(values) == len(score.ranks)
        label, reason = figures.broken(facts.label(case)), _reason(facts, case, ranks[0])
        spreads.append(figures.Spread(label=label, values=values if complete else (), reason=reason))
    return spreads


def _sharing(network: BuiltNetwork, facts: Facts) -> str:
    """Build the section on the sharing network: access, geography and number of partners."""
    givers = sharing.givers_of(network, facts.metros)
    pictures = (
        ("partners", sharing.draw_partners, sharing.describe_partners, sharing.partners_sentence(givers)),
        ("numbers", sharing.draw_numbers, sharing.describe_numbers, sharing.NUMBERS),
    )
    return Template(template("sharing.html")).substitute(
        lead=escape(sharing.tell(network, (facts.headline or facts.cases[0]).observer)),
        headlines="".join(map(_headline, sharing.headlines(givers))),
        figures="".join(
            f"<figure><figcaption>{_caption(caption)}</figcaption>"
            f"{figures.svg(draw(givers), f'sharing-{name}', describe(givers))}</figure>"
            for name, draw, describe, caption in pictures
        ),
    )


def _caption(text: str) -> str:
    """Build a caption; its first sentence is the title."""
    name, _, rest = text.partition(". ")
    return f"<strong>{escape(name)}.</strong> {escape(rest)}"


def _table(facts: Facts, results: Results) -> str:
    """Build the table of results with interval, rivals and denominator; rivals if any row has one."""
    rivals = [
        (head, name)
        for head, name in (
            ("Without sightings", "baseline"), ("By their simplest use", "trivial"), ("Knowing the model", "oracle"),
        )
        if any(getattr(row, name) is not None for row in results)
    ]  # fmt: skip
    case_head = "Kept for" if facts.is_ladder else "Case"
    heads = ["Score", case_head, "Value", "95 % interval", *(head for head, _ in rivals), "Of"]
    labels = {case.name: facts.label(case) for case in facts.cases}
    rows = [list(_cells(row, labels.get(row.case, row.case), [name for _, name in rivals])) for row in results]
    return table_of(heads, rows, kind="numbers")


def _cells(row: Result, label: str, rivals: Iterable[str]) -> Iterable[str]:
    yield title_of(row)
    yield label
    yield row.note if row.value is None else counted(row.value, row.unit)
    yield phrases.interval(row)
    for name in rivals:
        value = getattr(row, name)
        yield "" if value is None else phrases.amount(value, row.unit)
    yield f"{row.n:,}" if row.n else ""


def _settings(facts: Facts) -> str:
    """List every number of the scenario beside its source."""
    rows = [[key, value, facts.sources.get(key, "")] for key, value in list_values(facts.settings)]
    return table_of(["Setting", "Value", "Source"], rows)


def _credits(facts: Facts, exhibits: Exhibits) -> str:
    """List credits, and the counts of positions and pairs from files by outcome."""
    network = exhibits.network
    notes = (exhibits.missing,) if network is None else (*network.credits, *network.notes)
    return items(filter(None, [*facts.credits, *notes]))
