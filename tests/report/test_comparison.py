"""The page of a comparison: every number and reason on it, readable, self-contained, the same bytes every time."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from outline import Outline, words_of
from worlds import town_scenario

import simulate as sim
from simulate.report import panels, phrases, words
from simulate.report.comparison import page_text

QUICK = {"roads__population": 300, "roads__density_per_km2": 150, "period__days": 8}
LONG = "A name so long that no panel has room for it, nor any reader the patience"


def town(name, **changes):
    return replace(town_scenario(**{**QUICK, **changes}), name=name)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def made(work):
    towns = [town("six"), town("eight", readers__place__police__count=8, title=LONG), town("b", title="<b>B</b>")]
    return sim.compare(towns, replicates=2, work=work, retention=["1d", "7d", "30d"], targets=40)


@pytest.fixture(scope="module")
def rules(work):
    return sim.compare([town("six")], work=work, retention=["7d", "1d", "30d"], targets=40)


@pytest.fixture(scope="module")
def page(made):
    return page_text(made.compared, made.rates, made.differences)


def glance(page):
    """Return the cells of the table at a glance, row by row."""
    (table,) = re.findall(r'<table class="glance">.*?</table>', page, flags=re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", row, flags=re.DOTALL) for row in table.split("<tr>")[2:]]


def test_the_page_is_well_formed_self_contained_and_readable_by_everyone(page):
    outline = Outline(page)
    assert (outline.open, outline.crossed) == ([], [])
    assert len(set(outline.ids)) == len(outline.ids)
    assert not re.search(r"https?:|@import|<script|<link|<img|<iframe|<b>B</b>", page)
    assert all(below <= above + 1 for above, below in zip(outline.headings, outline.headings[1:], strict=False))
    drawings = re.findall(r'<svg[^>]*aria-label="([^"]*)"', page)
    assert len(drawings) == 4
    assert all(len(alt) > 80 for alt in drawings)


def test_each_cell_at_a_glance_is_number_change_and_interval(made, page):
    questions = (*words.risks_asked(made.compared.asked), words.never_seen())
    rows = glance(page)
    assert [len(row) for row in rows] == [4, 4, 4]
    for name, row in zip(("eight", "b"), rows[1:], strict=True):
        for question, cell in zip(questions, row, strict=True):
            found = made.differences.one(
                of=name, measure=question.measure, score=question.score, setting=question.setting, retention="7 days"
            )
            assert f">{phrases.per_thousand(found.value)}</b>" in cell
            assert f"<span>{phrases.change(found.difference, 'share')}</span>" in cell
            if name == "eight" and found.low != found.high:
                assert phrases.change_interval(found.low, found.high, "share") in cell
            if name == "b":
                assert "no change" in cell


def test_the_page_says_what_intervals_cover_and_what_it_cannot_tell(made, page):
    text = words_of(Outline(page))
    assert text.count(made.compared.covers()) == 2
    assert "over 2 worlds (seeds 0 to 1)" in text
    for limit in phrases.LIMITS:
        assert limit in text
    assert "Every run lasts 8 days, so not reached: 30 days." in text
    assert "readers.place.police.count 6 8 6" in text
    assert text.count("period.days = 8; ") == 3
    told = text.split("Changed for these runs: ")[1]
    assert told.startswith("Testville: period.days = 8; ")
    assert f"readers.place.police.count = 6. {LONG}: period.days = 8; " in told


def test_what_options_changed_for_all_is_said_once(made):
    sides = tuple(replace(side, changed="period.days = 8.") for side in made.compared.sides)
    text = words_of(Outline(page_text(replace(made.compared, sides=sides), made.rates, made.differences)))
    assert text.count("Changed for these runs: period.days = 8. ") == text.count("period.days = 8.") == 1
    sides = tuple(replace(side, changed="") for side in sides)
    assert "Changed" not in page_text(replace(made.compared, sides=sides), made.rates, made.differences)


def test_every_main_difference_is_in_the_table_and_not_reached_has_no_number(made, page):
    (table,) = re.findall(r"Every difference</summary>.*?</table>", page, flags=re.DOTALL)
    rows = table.split("<tr>")[2:]
    assert len(rows) == len(made.main())
    unreached = [row for row in rows if "<td>30 days</td>" in row]
    assert unreached
    assert all("not reached" in row and " in 1,000" not in row for row in unreached)


def test_rules_of_one_scenario_stand_one_a_row_the_reference_first(rules):
    page = page_text(rules.compared, rules.rates, rules.differences)
    rows = glance(page)
    assert len(rows) == 3
    assert "more" not in "".join(rows[0])
    assert rows[2] == ["not reached"] * 4
    assert "Testville: how long sightings are kept" in page
    assert "One world was drawn, so no interval" in page


def test_one_rule_draws_one_dot_a_scenario(work):
    made = sim.compare([town("six"), town("b", title="B")], work=work, retention=["7d"], measures=["exposure"])
    page = page_text(made.compared, made.rates, made.differences)
    assert len(re.findall("<svg", page)) == 1
    (alt,) = re.findall(r'<svg[^>]*aria-label="([^"]*)"', page)
    assert re.search(r"Testville: \d+.*; B: \d+", alt)


def test_no_limit_is_said_as_long_as_the_runs_last(work):
    towns = [town("six"), town("more", period__days=9, title="Longer")]
    alone = sim.compare(towns[:1], work=work, retention=["7d", "forever"], measures=["exposure"])
    page = page_text(alone.compared, alone.rates, alone.differences)
    assert '<th scope="row">All 8 days</th>' in page
    assert "all 8 days: " in page
    both = sim.compare(towns, work=work, retention=["7d", "forever"], measures=["exposure"])
    longer = page_text(both.compared, both.rates, both.differences)
    assert "if sightings are kept as long as each run. Under each number" in longer
    assert "<td>the whole run</td>" in longer
    assert not re.search(r"for ever\b", page + longer)


def test_same_comparison_same_bytes(made, page, tmp_path):
    assert made.page(tmp_path / "page.html").read_text(encoding="utf-8") == page
    assert page_text(made.compared, made.rates, made.differences) == page


def test_names_that_do_not_fit_give_way_to_the_scenario_s_own():
    assert panels.short_names(["Smallville", "Twice the readers"], ["a", "b"]) == ["Smallville", "Twice the\nreaders"]
    assert panels.short_names(["Smallville", LONG], ["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("wanted", [[0.0, 0.0, 0.0], [1.9, 2.0, 2.0], [0.1, 1.0, 1.1], [0.3, 1.0, 1.7]])
def test_labels_never_overlap_nor_leave_the_panel(wanted):
    sizes, room = [0.5, 0.6, 0.4], 2.0
    middles = panels.spread(wanted, sizes, room)
    ends = [(m - s / 2, m + s / 2) for m, s in zip(middles, sizes, strict=True)]
    assert ends[0][0] >= -1e-9
    assert ends[-1][1] <= room + 1e-9
    assert all(above[0] >= below[1] - 1e-9 for below, above in itertools.pairwise(ends))
    if wanted == [0.3, 1.0, 1.7]:
        assert middles == wanted


def test_a_panel_puts_its_points_where_the_shares_are():
    lines = [panels.Line(name="a", shares=[0.1, 0.2]), panels.Line(name="b", shares=[None, 0.4])]
    drawn = panels.against_retention(["1 day", "7 days"], lines).axes[0].lines[:2]
    assert [list(line.get_xdata()) for line in drawn] == [[0, 1], [1]]
    assert [list(line.get_ydata()) for line in drawn] == [[100.0, 200.0], [400.0]]
    assert panels.describe(["1 day", "7 days"], lines) == "a: 1 day 100, 7 days 200; b: 1 day no number, 7 days 400"


@pytest.mark.parametrize(
    ("change", "interval", "said"),
    [
        (0.0, (0.0, 0.0), ("no change", "no change")),
        (0.06, (0.02, 0.1), ("60 more", "20 to 100 more")),
        (-0.06, (-0.1, -0.02), ("60 fewer", "20 to 100 fewer")),
        (0.06, (-0.02, 0.14), ("60 more", "20 fewer to 140 more")),
        (0.0003, (None, None), ("fewer than 1 more", "")),
    ],
)
def test_changes_are_told_in_natural_frequencies(change, interval, said):
    assert (phrases.change(change, "share"), phrases.change_interval(*interval, "share")) == said
