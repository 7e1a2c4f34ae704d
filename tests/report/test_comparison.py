"""The page of a comparison: every number and reason on it, readable, self-contained, the same bytes every time."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from outline import Outline, words_of
from tiny import Tiny, registered
from worlds import town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.sight import CaseSight
from simulate.report import figures, panels, phrases
from simulate.report.compared import Compared, Side
from simulate.report.comparison import changes_table, page_text, write_comparison
from simulate.risk.measures import main_results
from simulate.risk.results import NOT_REACHED, Result, Results
from simulate.risk.score import Score

LONG = "A name so long that no panel has room for it, nor any reader the patience"
ASKED = town_scenario().settings.measure
LADDER = ("1 day", "7 days", "30 days")
CASES = ("as is", "strict", "three years")
SCORES = {"seen": "share", "seen_often": "share", "mean_sightings": "sightings", "never": "share"}


@pytest.fixture(scope="module", autouse=True)
def _tiny():
    with registered():
        yield


def case(name, *, ladder=False, reached=True, observer="pd", rules=(), days=8):
    rules = rules or (f"Sightings are deleted after {name}.", "Look-ups reach a year back.")
    return CaseSight(
        name=name, observer=observer, purpose="a test", habit="", visible=np.ones(1, np.bool_),
        now_s=days * DAY_S + DAY_START_S, oldest_s=0, reached=reached, rules=rules, retention=name if ladder else "",
    )  # fmt: skip


def side(name, cases, **more):
    about = {
        "title": name.capitalize(), "summary": f"About {name}.", "vehicles": 500, "days": 8,
        "settings": {"a": {"b": 1}}, "changed": "", "credits": ("by & by",), "real_map": False,
    }  # fmt: skip
    looks = tuple(f"{case.observer} looks" for case in cases)
    return Side(name=name, cases=tuple(cases), looks=looks, **{**about, **more})


def ladder(name, **more):
    return side(name, [case(label, ladder=True, reached=label != "30 days") for label in LADDER], **more)


def results_of(compared, value, seeds=(0, 1)):
    """Make up results; value(scenario, case, score, seed) is a share."""
    rows = []
    for one, seed in itertools.product(compared.sides, seeds):
        for seen, (score, unit) in itertools.product(one.cases, SCORES.items()):
            share = value(one.name, seen.name, score, seed)
            rows.append(Result(
                scenario=one.name, seed=seed, case=seen.name, measure="tiny", score=score, unit=unit, n=500,
                detail="4 times" if score == "seen_often" else "", baseline=0.05 if score == "seen" else None,
                value=(10 * share if unit == "sightings" else share) if seen.reached else None,
                note="" if seen.reached else NOT_REACHED,
            ))  # fmt: skip
    return Results(tuple(rows))


def compared_of(*sides, reference, seeds=(0, 1), measures=("tiny",)):
    return Compared(sides=sides, seeds=seeds, case=reference, asked=ASKED, measures=measures)


def page_of(compared, results):
    differences = (
        results.differences(case=compared.case) if compared.by_case
        else results.differences(scenario=compared.sides[0].name)
    )  # fmt: skip
    return page_text(compared, results, differences), differences


def glance(page):
    """Return the cells of the table at a glance, row by row."""
    (table,) = re.findall(r'<table class="glance">.*?</table>', page, flags=re.DOTALL)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.DOTALL) for row in table.split("<tr>")[2:]]
    return [row for row in rows if row]


def alts(page):
    return re.findall(r'<svg[^>]*aria-label="([^"]*)"', page)


def made_up(scenario, name, score, seed):
    """Return a share that hangs on all of it; "same" changes nothing from "six"."""
    kind = "six" if scenario == "same" else scenario
    at = [*LADDER, *CASES].index(name)
    return 0.1 + 0.05 * at + 0.02 * seed * (1 + (kind != "six")) + 0.1 * (kind != "six") + 0.01 * len(score)


@pytest.fixture(scope="module")
def made():
    towns = (
        ladder("six", changed="period.days = 8."), ladder("eight", title=LONG, settings={"a": {"b": 2}}),
        ladder("same", title="<b>B</b>"),
    )  # fmt: skip
    compared = compared_of(*towns, reference="1 day")
    results = results_of(compared, made_up)
    return compared, results, *page_of(compared, results)


def test_the_page_is_well_formed_self_contained_and_readable_by_everyone(made):
    page = made[2]
    outline = Outline(page)
    assert (outline.open, outline.crossed) == ([], [])
    assert len(set(outline.ids)) == len(outline.ids)
    assert not re.search(r"https?:|@import|<script|<link|<img|<iframe|<b>B</b>", page)
    assert all(below <= above + 1 for above, below in itertools.pairwise(outline.headings))
    drawings = alts(page)
    assert len(drawings) == 3  # two headlines and a panel; what is "main" stands in the table alone
    assert all(len(alt) > 80 for alt in drawings)


def test_each_cell_at_a_glance_is_number_change_and_interval(made):
    _, results, page, differences = made
    rows = glance(page)
    assert [len(row) for row in rows] == [2, 2, 2]
    for name, row in zip(("eight", "same"), rows[1:], strict=True):
        for score, cell in zip(("seen", "seen_often"), row, strict=True):
            mean = results.over_worlds().one(scenario=name, case="7 days", score=score)
            found = differences.one(scenario=name, case="7 days", score=score)
            assert f">{phrases.per_thousand(mean.value)}</b>" in cell
            assert f"<span>{phrases.change(found.value, 'share')}</span>" in cell
            if name == "eight":
                assert found.low < found.high
                assert phrases.change_interval(found.low, found.high, "share") in cell
            else:
                assert "no change" in cell


def test_headlines_of_one_group_stand_side_by_side(made):
    page = made[2]
    assert re.findall(r'data-title="([^"]*)"', page)[:2] == ["Seen", "Seen often"]
    (group,) = re.findall(r'<div class="group">(.*?)</div>', page, flags=re.DOTALL)
    assert re.findall("<strong>(.*?)</strong>", group) == ["Seen.", "Seen often."]
    assert "<strong>Sightings.</strong>" in page.split(group)[1]
    assert "vehicles are seen 4 times and more" in page
    assert '<span class="small">An upper end.</span>' in group


def test_the_page_says_what_intervals_cover_and_what_it_cannot_tell(made):
    compared, _, page, _ = made
    text = words_of(Outline(page))
    assert text.count(compared.covers()) == 2
    assert "over 2 worlds (seeds 0 to 1)" in text
    for limit in phrases.LIMITS:
        assert limit in text
    assert "Every run lasts 8 days, so not reached: 30 days." in text
    assert "a.b 1 2 1" in text
    assert "Changed for these runs: Six: period.days = 8." in text
    assert text.count("Look-ups reach a year back.") == 3  # beside who looks, of each scenario
    assert "The cases" not in text


def test_what_options_changed_for_all_is_said_once(made):
    compared, results, _, differences = made
    sides = tuple(replace(side, changed="period.days = 8.") for side in compared.sides)
    text = words_of(Outline(page_text(replace(compared, sides=sides), results, differences)))
    assert text.count("Changed for these runs: period.days = 8. ") == text.count("period.days = 8.") == 1
    sides = tuple(replace(side, changed="") for side in sides)
    assert "Changed" not in page_text(replace(compared, sides=sides), results, differences)


def test_every_main_difference_is_in_the_table_and_not_reached_has_no_number(made):
    compared, _, page, differences = made
    (table,) = re.findall(r"Every difference</summary>.*?</table>", page, flags=re.DOTALL)
    rows = table.split("<tr>")[2:]
    assert len(rows) == len(main_results(differences, compared.asked)) == 2 * 3 * 4
    unreached = [row for row in rows if "<td>30 days</td>" in row]
    assert len(unreached) == 2 * 4
    assert all("not reached" in row and " in 1,000" not in row for row in unreached)


def test_a_table_says_reference_value_change_and_interval(made):
    compared, _, _, differences = made
    heads, rows = changes_table(compared, differences.where(scenario="eight", case="7 days", score="seen"))
    assert heads == [
        "Scenario",
        "Kept for",
        "Score",
        "Reference: Six",
        "Value",
        "Change",
        "95 % interval of the change",
    ]
    (row,) = rows
    assert row == [LONG, "7 days", "Seen", "200 in 1,000", "310 in 1,000", "110 more", "17 fewer to 237 more"]


def test_rules_of_one_scenario_stand_one_a_row_the_reference_first():
    compared = compared_of(ladder("six"), reference="7 days", seeds=(0,))
    page, _ = page_of(compared, results_of(compared, made_up, (0,)))
    rows = glance(page)
    assert len(rows) == 3
    assert "fewer" not in "".join(rows[0])
    assert "50 fewer" in rows[1][0]
    assert rows[2] == ["not reached"] * 2
    assert "Six: how long sightings are kept" in page
    assert "the change from 7 days, on the same random draws" in page
    assert "One world was drawn, so no interval" in page
    assert alts(page)[0].endswith(". 1 day: 140; 7 days\n(reference): 190; 30 days: not reached.")


@pytest.fixture(scope="module")
def cases():
    looks = {"as is": "pd", "strict": "club", "three years": "pd"}
    rules = {"as is": ("All is kept.",), "strict": ("Kept for a week.", "No hits."), "three years": ("Kept long.",)}
    seen = [case(name, observer=looks[name], rules=rules[name], reached=name != "three years") for name in CASES]
    compared = compared_of(side("six", seen), reference="as is")
    results = results_of(compared, made_up)
    return compared, results, *page_of(compared, results)


def test_cases_stand_by_name_with_their_rules_said_once(cases):
    compared, _, page, _ = cases
    text = words_of(Outline(page))
    assert "Six: cases compared" in text
    assert "Of 1,000 vehicles, by case. Under each number: the change from “as is”, on" in text
    assert [len(row) for row in glance(page)] == [2, 2, 2]
    assert glance(page)[2] == ["not reached"] * 2
    assert "three years: not reached" in alts(page)[0]
    assert text.count("Kept for a week. No hits.") == 1
    assert "strict club looks. Kept for a week. No hits." in text
    assert "Every run lasts 8 days, so not reached: three years." in text
    assert "Kept for " not in page.split("Every difference")[1].split("</thead>")[0]
    assert not compared.is_ladder


def test_a_ladder_with_another_rule_in_one_case_is_none():
    seen = [case(label, ladder=True) for label in LADDER]
    assert compared_of(side("six", seen), reference="1 day").is_ladder
    other = replace(seen[1], rules=(seen[1].rules[0], "No hits."))
    assert not compared_of(side("six", [seen[0], other, seen[2]]), reference="1 day").is_ladder
    elsewhere = replace(seen[1], observer="club")
    assert not compared_of(side("six", [seen[0], elsewhere]), reference="1 day").is_ladder


def test_scenarios_under_several_cases_have_a_section_each(cases):
    seen = cases[0].sides[0].cases
    strict = replace(seen[1], rules=("Kept for two weeks.",))
    compared = compared_of(side("six", seen), side("eight", [seen[0], strict, seen[2]]), reference="as is")
    page, differences = page_of(compared, results_of(compared, made_up))
    assert re.findall(r'<th scope="rowgroup"[^>]*>(.*?)</th>', page) == list(CASES)
    rows = glance(page)
    assert [len(row) for row in rows] == [2] * 6
    for i, name in enumerate(CASES[:2]):
        found = differences.one(scenario="eight", case=name, score="seen")
        assert "<span>" not in rows[2 * i][0]
        assert phrases.change(found.value, "share") in rows[2 * i + 1][0]
    text = words_of(Outline(page))
    assert "Six: club looks. Kept for a week. No hits. Eight: club looks. Kept for two weeks." in text
    assert "of 1,000 vehicles; across: the cases" in page
    assert "Six: as is 300, strict 350; Eight: as is 410, strict 460." in alts(page)[0].replace("\n", " ")


def test_panels_side_by_side_share_one_scale(monkeypatch):
    scales = []

    def spy(scale, lines):
        scales.append(scale)
        return draw(scale, lines)

    draw = panels.against_cases
    monkeypatch.setattr(panels, "against_cases", spy)
    compared = compared_of(ladder("six"), ladder("eight"), reference="1 day")
    page_of(compared, results_of(compared, lambda *at: 0.8 if at[2] == "seen_often" else 0.1))
    assert [scale.most for scale in scales] == [pytest.approx(0.8), pytest.approx(0.8), pytest.approx(1.0)]


def test_one_rule_draws_one_dot_a_scenario():
    sides = [side(name, [case("7 days", ladder=True)]) for name in ("six", "eight")]
    compared = compared_of(*sides, reference="7 days")
    page, _ = page_of(compared, results_of(compared, made_up))
    assert len(alts(page)) == 3
    assert alts(page)[0].endswith("Six: 200; Eight: 310.")
    assert alts(page)[2].endswith("Six: 3; Eight: 4.1.")


def test_no_limit_is_said_as_long_as_the_runs_last():
    def town(name, days):
        seen = [case(label, ladder=True, days=days) for label in ("7 days", "for ever")]
        return side(name, [replace(one, rules=()) if one.name == "for ever" else replace(one, rules=one.rules[:1])
                           for one in seen])  # fmt: skip

    def shares(*_):
        return 0.2

    alone = compared_of(town("six", 8), reference="7 days")
    page, _ = page_of(alone, results_of(alone, shares))
    assert '<th scope="row">All 8 days</th>' in page
    assert "all 8 days: " in page
    both = compared_of(town("six", 8), town("longer", 9), reference="7 days")
    longer, _ = page_of(both, results_of(both, shares))
    assert "if sightings are kept as long as each run. Under each number" in longer
    assert "<td>the whole run</td>" in longer
    assert not re.search(r"for ever\b", page + longer)


class Lone(Tiny):
    """A measure whose only score is for the short table, and of a unit of its own."""

    name = "lone"
    scores = (Score(name="weight", title="Weight", sentence="kilograms of paper", of="files", unit="kilograms",
                    role="main"),)  # fmt: skip


def test_a_new_measure_shows_without_a_change_of_any_page():
    compared = compared_of(ladder("six"), reference="1 day", measures=("lone",))
    rows = tuple(
        Result(scenario="six", seed=seed, case=name, measure="lone", score="weight", value=value, unit="kilograms")
        for seed in (0, 1) for name, value in (("1 day", 1500.0), ("7 days", 2750.5))
    )  # fmt: skip
    with registered(Lone()):
        page, _ = page_of(compared, Results(rows))
    assert "<b>2,750.5</b><span>1,250.5 more</span>" in glance(page)[1][0]
    (alt,) = alts(page)
    assert alt.startswith("Kilograms of paper. 1 day\n(reference): 1,500; 7 days: 2,750.5; 30 days: not reached")
    assert "<td>1,500 kilograms</td>" in page


def test_two_measures_stand_in_the_order_asked_for():
    compared = compared_of(ladder("six"), reference="1 day", measures=("lone", "tiny"))
    with registered(Lone()):
        page, _ = page_of(compared, results_of(compared, made_up))
    assert re.findall("<strong>(.*?)</strong>", page) == ["Seen.", "Seen often.", "Sightings."]
    assert page.count("<h3>Who was seen?</h3>") == 2


def test_same_comparison_same_bytes(made, tmp_path):
    compared, results, page, differences = made
    written = write_comparison(compared, results, differences, tmp_path / "page.html")
    assert written.read_text(encoding="utf-8") == page
    assert page_text(compared, results, differences) == page


def test_names_that_do_not_fit_give_way_to_the_scenario_s_own():
    assert panels.short_names(["Smallville", "Twice the readers"], ["a", "b"]) == ["Smallville", "Twice the\nreaders"]
    assert panels.short_names(["Smallville", LONG], ["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize("wanted", [[0.0, 0.0, 0.0], [1.9, 2.0, 2.0], [0.1, 1.0, 1.1], [0.3, 1.0, 1.7]])
def test_labels_never_overlap_nor_leave_the_panel(wanted):
    sizes, room = [0.5, 0.6, 0.4], 2.0
    middles = panels.spread_labels(wanted, sizes, room)
    ends = [(m - s / 2, m + s / 2) for m, s in zip(middles, sizes, strict=True)]
    assert ends[0][0] >= -1e-9
    assert ends[-1][1] <= room + 1e-9
    assert all(above[0] >= below[1] - 1e-9 for below, above in itertools.pairwise(ends))
    if wanted == [0.3, 1.0, 1.7]:
        assert middles == wanted


@pytest.mark.parametrize("joined", [True, False])
def test_a_panel_puts_its_points_where_the_shares_are(joined):
    lines = [panels.Line(name="a", values=[0.1, 0.2]), panels.Line(name="b", values=[None, 0.4])]
    scale = panels.Scale(labels=["1 day", "7 days"], unit="share", axis="of 1,000 vehicles", joined=joined, most=0.4)
    drawn = panels.against_cases(scale, lines).axes[0].lines[:2]
    assert [line.get_linewidth() > 0 for line in drawn] == [joined, joined]
    assert [list(line.get_xdata()) for line in drawn] == [[0, 1], [1]]
    assert [list(line.get_ydata()) for line in drawn] == [[100.0, 200.0], [400.0]]
    assert panels.describe(scale, lines) == "a: 1 day 100, 7 days 200; b: 1 day no number, 7 days 400"


@pytest.mark.parametrize("n", [2, 4, 5, 9])
def test_labels_of_cases_never_meet_nor_leave_the_panel(n):
    labels = [f"{i} half an hour, squares of 500 m" for i in range(n)]
    scale = panels.Scale(labels=labels, unit="share", axis="of 1,000 vehicles", joined=False, most=0.1)
    figure = panels.against_cases(scale, [panels.Line(name="a", values=[0.1] * n)])
    figure.canvas.draw()
    ticks = figure.axes[0].get_xticklabels()
    boxes = [tick.get_window_extent() for tick in ticks]
    assert len(boxes) == n
    assert all(box.x0 >= 0 and box.y0 >= 0 for box in boxes)
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_dots_of_no_shares_stand_on_a_scale_of_their_own():
    numbers = [Result(measure="tiny", score="mean_sightings", value=value, unit="sightings") for value in (2.0, 8.0)]
    rows = [figures.Row(label=str(i), rate=number, reason="") for i, number in enumerate(numbers)]
    axes = figures.by_case(rows, "sightings").axes[0]
    assert axes.get_xlim() == (0.0, pytest.approx(8.32))
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"] == [2.0, 8.0]
    assert axes.get_xlabel() == "sightings"


def test_a_panel_of_no_shares_reaches_above_its_highest_number():
    scale = panels.Scale(labels=["x", "y"], unit="sightings", axis="sightings", joined=False, most=8.0)
    lines = [panels.Line(name="a", values=[2.0, 8.0])]
    axes = panels.against_cases(scale, lines).axes[0]
    assert list(axes.lines[0].get_ydata()) == [2.0, 8.0]
    assert axes.get_ylim() == (0.0, 10.0)
    assert panels.describe(scale, lines) == "a: x 2, y 8"


@pytest.mark.parametrize(
    ("change", "interval", "said"),
    [
        (0.0, (0.0, 0.0), ("no change", "no change")),
        (0.06, (0.02, 0.1), ("60 more", "20 to 100 more")),
        (-0.06, (-0.1, -0.02), ("60 fewer", "20 to 100 fewer")),
        (0.06, (-0.02, 0.14), ("60 more", "20 fewer to 140 more")),
        (0.0003, (None, None), ("less than 1 more", "")),
        (-0.0003, (None, None), ("less than 1 fewer", "")),
    ],
)
def test_changes_are_told_in_natural_frequencies(change, interval, said):
    assert (phrases.change(change, "share"), phrases.change_interval(*interval, "share")) == said
