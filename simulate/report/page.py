"""The page: one self-contained HTML file about one view and its rates.

It asks nothing of the network and runs no script, so it can be mailed, printed and archived.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError
from simulate.report import figures, maps, phrases, sharing, words
from simulate.report.layout import NOTICE, changes, items, lay_out_card, list_values, save, template
from simulate.risk.measures import CARDS, card, main_scores
from simulate.risk.ranges import ranges_for
from simulate.risk.stock import stock
from simulate.sharing.build import build_network

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulate.policy.view import View
    from simulate.report.maps import Story
    from simulate.report.words import Headline, Question
    from simulate.risk.ranges import Ranges
    from simulate.risk.rates import Rate, Rates
    from simulate.sharing.build import BuiltNetwork

STOCK_COLUMNS = ("Kind of owner", "State", "Agencies", "Readers, gates and scanned zones", "Sightings", "Share")


def write_page(view: View, rates: Rates, path: str | Path) -> Path:
    """Write the page about a view; returns its path.

    Parameters
    ----------
    view
        What the observer sees, with the truth still attached.
    rates
        What was measured of it; where a sweep has left ranges beside the run that fit, they are shown.
    path
        File to write; it appears complete or not at all.
    """
    if view.truth is None:
        raise ScenarioError("view", "a view with the truth attached", "a blind one", "report the view itself")
    return save(path, lambda: page_text(view, rates, ranges_for(view)))


def page_text(view: View, rates: Rates, ranges: Ranges | None = None) -> str:
    """Return the page as text; a pure function of the view, its rates and their ranges."""
    identity = view.store.identity
    settings = identity["scenario"]
    story = maps.choose_story(view)
    network = _network(view)
    panels = (*words.risks(view), words.never_seen())
    risks = "".join(_panel(view, rates, question) for question in panels[:3])
    return Template(template("page.html")).substitute(
        css=template("page.css"),
        title=escape(settings["title"]),
        summary=escape(settings["summary"]),
        facts=_facts(view),
        rule=escape(_rule(view)),
        headlines="".join(_headline(headline) for headline in words.headlines(view, rates, ranges)),
        intervals=escape(words.INTERVALS),
        brackets="" if ranges is None else escape(words.BRACKETS),
        risks=risks,
        exposure=_exposure(view, rates) + _panel(view, rates, panels[3]),
        stock=_stock(view),
        notice=NOTICE if view.public.roads.origin is None else f"{NOTICE} Only the map is real.",
        map=_map(view, story),
        story=escape(maps.tell(story) if story else "Nobody among the targets could be guessed, so no car is shown."),
        table=_table(main_scores(rates, view.asked.unicity_points), view.today),
        cards="".join(lay_out_card(card(name, view.asked)) for name in CARDS if rates.where(measure=name)),
        settings=_settings(settings, _sources(view)),
        seed=escape(f"{identity['name']}, seed {identity['seed']}"),
        sharing="" if isinstance(network, str) else _sharing(network, view),
        limits=items(phrases.LIMITS),
        credits=_credits(view, network),
    )


def _facts(view: View) -> str:
    """Say who looks, when and at what, one fact a line."""
    days = (view.on - view.start).days
    facts = (
        ("Who looks", f"{view.describe()}."),
        ("What they see", "Of each sighting the plate, the reader and the second; no name, no picture, no address."),
        ("What is modelled", f"{_vehicles(view)} for {phrases.lasting(days)}, from {view.start}."),
        ("Changed for this run", changes(view.store.identity["scenario"], _sources(view))),
    )
    return "".join(f"<div><dt>{name}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts if fact)


def _vehicles(view: View) -> str:
    """Say how many vehicles there are, and how many of them visit."""
    n = view.public.n_vehicles
    living = n if view.truth is None else view.truth.lives.population.n_residents
    if living == n:
        return f"{n:,} vehicles"
    return f"{n:,} vehicles, {living:,} that live here and {n - living:,} that may come from beyond the map,"


def _rule(view: View) -> str:
    """Name the rule the headlines are about."""
    windows = view.windows()
    if not windows:
        return f"No rule is reached: {words.age(view)}"
    return f"If sightings {phrases.if_kept(windows[-1][0].label, view.today)}"


def _headline(headline: Headline) -> str:
    """Lay out one headline number, with a bar where there is a share."""
    count, of, rest = headline.number.partition(" in ")
    number = f"{escape(count)}<span>{escape(of + rest)}</span>"
    over = f'<p class="over">({escape(headline.over)})</p>' if headline.over else ""
    bar = ""
    if headline.value is not None:
        mark = "" if headline.baseline is None else f'<i style="left:{100 * headline.baseline:.1f}%"></i>'
        bar = f'<div class="bar" aria-hidden="true"><b style="width:{100 * headline.value:.1f}%"></b>{mark}</div>'
    return (
        f'<article class="card"><h3>{escape(headline.title)}</h3><p class="number">{number}</p>'
        f"{over}{bar}<p>{escape(headline.sentence)}</p>"
        f'<p class="small">{escape(headline.small).replace(" %", "&nbsp;%")}</p></article>'
    )


def _panel(view: View, rates: Rates, question: Question) -> str:
    """Lay out one share against retention."""
    rows = figures.rows_of(view, rates, question)
    alt = f"How many of 1,000 {question.sentence}, by retention. {figures.describe(rows)}."
    name = question.title.lower().replace(" ", "-")
    drawn = figures.svg(figures.by_retention(rows), name, alt)
    caption = f"<strong>{escape(question.title)}.</strong> How many of 1,000 {escape(question.sentence)}."
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"


def _exposure(view: View, rates: Rates) -> str:
    """Lay out sightings per vehicle against retention."""
    alt = f"Sightings of one vehicle on file, by retention. {figures.describe_exposure(view, rates)}."
    drawn = figures.svg(figures.exposure(view, rates), "exposure", alt)
    caption = (
        "<strong>Sightings on file.</strong> How many there are of one vehicle, from the seldom to the often seen."
    )
    return f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"


def _stock(view: View) -> str:
    """Lay out who collected what is on file, by kind of owner and state; nothing where one owner collected it all."""
    held = stock(view)
    if len(held) < 2:
        return ""
    rows = [
        (one.kind.capitalize(), one.state, f"{one.agencies:,}" if one.agencies else "", f"{one.sites:,}",
         f"{one.sightings:,}", f"{100 * one.share:.1f} %")
        for one in held
    ]  # fmt: skip
    total = sum(one.sightings for one in held)
    rows.append(("All", "", "", f"{sum(one.sites for one in held):,}", f"{total:,}", ""))
    kept = [i for i in range(len(STOCK_COLUMNS)) if any(row[i] for row in rows)]
    head = "".join(f'<th scope="col">{STOCK_COLUMNS[i]}</th>' for i in kept)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(row[i])}</td>" for i in kept[1:])}</tr>'
        for row in rows
    )
    return (
        f"<h3>Who collected it</h3><p>{escape(words.stock_of(view))}</p>"
        f'<div class="wide"><table class="numbers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f"<p>{escape(words.stock_of_all(view, total))}</p>"
    )


def _map(view: View, story: Story | None) -> str:
    """Lay out the map, and the close-up if there is a car to tell of."""
    drawn = [figures.svg(maps.draw_map(view, story), "map", maps.describe(view, story))]
    if story is not None:
        drawn.append(figures.svg(maps.draw_close(view, story), "close", maps.describe_close(story)))
    return "".join(f"<figure>{one}</figure>" for one in drawn)


def _network(view: View) -> BuiltNetwork | str:
    """Build the sharing network of the scenario; "" if it speaks of none, or why its file can no longer be read."""
    if view.truth is None or (settings := view.truth.scenario.settings).sharing is None:
        return ""
    try:
        return build_network(settings.sharing, settings.roads, view.truth.seed)
    except ScenarioError as error:
        return f"The sharing network is not shown: expected {error.expected}, found {error.found}."


def _sharing(network: BuiltNetwork, view: View) -> str:
    """Lay out how many agencies can see what one collects, where they are and how much is shared."""
    givers = sharing.givers_of(network, () if view.truth is None else view.truth.world.metros)
    pictures = (
        ("partners", sharing.draw_partners, sharing.describe_partners, sharing.tell_partners(givers)),
        ("numbers", sharing.draw_numbers, sharing.describe_numbers, sharing.NUMBERS),
    )
    return Template(template("sharing.html")).substitute(
        lead=escape(sharing.tell(network, view.observer)),
        headlines="".join(map(_headline, sharing.headlines(givers))),
        figures="".join(
            f"<figure><figcaption>{_caption(caption)}</figcaption>"
            f"{figures.svg(draw(givers), f'sharing-{name}', describe(givers))}</figure>"
            for name, draw, describe, caption in pictures
        ),
    )


def _caption(text: str) -> str:
    """Lay out a caption; its first sentence names the picture."""
    name, _, rest = text.partition(". ")
    return f"<strong>{escape(name)}.</strong> {escape(rest)}"


def _table(rates: Rates, days: int) -> str:
    """Lay out rates with interval, baseline and denominator."""
    head = ("Measure", "Kept for", "What is known", "Value", "95 % interval", "Without sightings", "Of")
    body = "".join(f"<tr>{''.join(_cells(rate, days))}</tr>" for rate in rates)
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    return f'<table class="numbers"><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>'


def _cells(rate: Rate, days: int) -> Iterable[str]:
    value = rate.note if rate.value is None else phrases.amount(rate.value, rate.unit)
    if rate.value is not None and rate.unit == "share":
        value += " in 1,000"
    baseline = "" if rate.baseline is None else phrases.amount(rate.baseline, rate.unit)
    yield f'<th scope="row">{escape(rate.score)}</th>'
    kept, of = phrases.kept_for(rate.retention, days), f"{rate.n:,}" if rate.n else ""
    for text in (kept, rate.setting, value, phrases.interval(rate), baseline, of):
        yield f"<td>{escape(text)}</td>"


def _settings(settings: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """List every number of the scenario beside its source."""
    rows = "".join(
        f'<tr><th scope="row">{escape(key)}</th><td>{escape(value)}</td><td>{escape(sources.get(key, ""))}</td></tr>'
        for key, value in list_values(settings)
    )
    return (
        '<table><thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Source</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _sources(view: View) -> Mapping[str, str]:
    """Return where each value of the scenario is from."""
    return {} if view.truth is None else view.truth.scenario.sources


def _credits(view: View, network: BuiltNetwork | str) -> str:
    """Name whoever is to be named, and say what became of positions and pairs from files."""
    if view.truth is None:
        return ""
    world = view.truth.world
    notes = (network,) if isinstance(network, str) else (*network.credits, *network.notes)
    return items(filter(None, [*(f"Map: {credit}" for credit in world.credits), *world.placements, *notes]))
