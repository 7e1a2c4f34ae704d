"""The page of a sweep and its tornados: every end said, the widest on top, bars where the numbers are."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from outline import Outline, words_of
from tiny import registered
from worlds import town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.sight import CaseSight
from simulate.report import phrases, sensitivity, tornado
from simulate.report.sensitivity import Swept, page_text, ranges_table
from simulate.risk.assumptions import BASE, Asked, Assumed, Assumptions, bounds_of, end_of, moves_of
from simulate.risk.results import Result, Results

NAMES = ("capture", "a-long-name-of-an-assumption", "idle")
SEEN, OFTEN, MEAN = ("tiny", "seen", ""), ("tiny", "seen_often", "4 times"), ("tiny", "mean_sightings", "")
ENDS = {"capture": (0.1, 0.3), "a-long-name-of-an-assumption": (0.25, None), "idle": (0.2, 0.2)}
STILL = dict.fromkeys(NAMES, (0.2, 0.2))
CASE = CaseSight(
    name="7 days", observer="pd", purpose="a test", habit="", visible=np.ones(1, np.bool_),
    now_s=8 * DAY_S + DAY_START_S, oldest_s=0, reached=True, retention="7 days",
    rules=("Sightings are deleted after 7 days.",),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _tiny():
    with registered():
        yield


def assumed(name, low="0.9", high="0.98", skipped=""):
    return Assumed(name=name, key="travel.zipf", base="0.95", low=low, high=high, why="<b>why</b>", skipped=skipped)


ASSUMED = (
    assumed("capture"),
    assumed("a-long-name-of-an-assumption", low="[0.1, 0.2, 0.7]", high="generator"),
    assumed("idle"),
    assumed("absent", skipped="this scenario has no readers.mobile"),
)


def results_of(scores):
    """Make up the results of a sweep: of each score its ends by assumption, all from 0.2."""
    rows = []
    for (measure, score, detail), ends in scores.items():
        unit = "sightings" if score == "mean_sightings" else "share"
        some = Result(scenario=BASE, case="7 days", measure=measure, score=score, detail=detail, value=0.2, unit=unit)
        rows += [some]
        for name, values in ends.items():
            rows += [replace(some, scenario=end_of(name, end), value=value)
                     for end, value in zip(("low", "high"), values, strict=True)]  # fmt: skip
    return Results(tuple(rows))


def found_in(results, what=ASSUMED):
    asked = Asked(run_hash="1-a", case="7 days", observer="pd", on="2025-03-11", rules=())
    return Assumptions(asked=asked, assumed=what, bounds=bounds_of(results))


def one(ends):
    """Return bounds and moves of one number."""
    results = results_of({SEEN: ends})
    return bounds_of(results)[0], moves_of(results, SEEN)


@pytest.fixture
def results():
    return results_of({SEEN: ENDS, OFTEN: STILL, MEAN: ENDS})


@pytest.fixture
def made():
    return Swept(
        name="town", title="A <i>town</i>", seed=3, looks="pd looks", case=CASE, targets=1000,
        asked=town_scenario().settings.measure, measures=("tiny",), credits=("by & by",), real_map=False,
        changed="period.days = 8 & more.",
    )  # fmt: skip


@pytest.fixture
def page(made, results):
    return page_text(made, results, found_in(results))


def test_a_sweep_says_what_options_changed(made, page, results):
    assert "every variant, 1,000 vehicles tried: small moves may be chance." in page
    assert "Changed for this run: period.days = 8 &amp; more.</p>" in page
    assert "Changed for this run" not in page_text(replace(made, changed=""), results, found_in(results))


def test_a_sweep_under_no_limit_says_how_long_that_is(made):
    swept = replace(made, case=replace(CASE, name="for ever", retention="for ever", rules=()))
    page = page_text(swept, Results(), found_in(Results()))
    assert "If sightings are kept as long as the run, 8 days. In brackets" in page
    assert not re.search(r"for ever\b", page)


def test_a_case_of_several_rules_says_them_all(made, results):
    swept = replace(made, case=replace(CASE, name="strict", rules=("Kept for a week.", "No hits.")))
    text = words_of(Outline(page_text(swept, results, found_in(results))))
    assert "Case “strict”: Kept for a week. No hits. In brackets" in text


def test_the_page_is_well_formed_and_self_contained(page):
    outline = Outline(page)
    assert (outline.open, outline.crossed) == ([], [])
    assert len(set(outline.ids)) == len(outline.ids)
    assert not re.search(r"https?:|@import|<script|<link|<img|<i>town|<b>why", page)


def test_each_number_stands_with_its_range_and_its_tornado(page):
    text = words_of(Outline(page))
    assert "200 in 1,000 (100 to 300 over 3 assumptions)" in text
    assert "(the same over 3 assumptions)" in text
    assert "No assumption moves this number." in text
    assert re.findall('<article class="card"><h3>(.*?)</h3>', page) == ["Seen", "Seen often"]
    assert re.findall("<strong>(.*?)</strong>", page) == ["Seen.", "Seen often.", "Sightings."]
    seen, mean = re.findall(r'<svg[^>]*aria-label="([^"]*)"', page)
    assert "As assumed 200; capture: 0.9: 100, 0.98: 300" in seen
    assert "low: 250, generator: no number" in seen
    assert "idle: 0.9: no change, 0.98: no change" in seen
    assert mean.startswith("Sightings of a vehicle, the mean. As assumed 0.2; capture: 0.9: 0.1, 0.98: 0.3")


def test_a_table_lists_every_range_and_what_moves_it_most(results):
    heads, rows = ranges_table(results, found_in(results))
    assert heads == ["Score", "Value", "Over the assumptions", "Moved most by"]
    assert rows == [
        ["Seen", "200 in 1,000", "100 to 300 over 3 assumptions", "capture"],
        ["Seen often, 4 times", "200 in 1,000", "the same over 3 assumptions", "nothing"],
        ["Sightings", "0.2 sightings", "0.1 to 0.3 over 3 assumptions", "capture"],
    ]


def test_assumptions_stand_with_both_ends_and_those_not_tried_say_why(page):
    text = words_of(Outline(page))
    assert "[0.1, 0.2, 0.7]" in text
    assert "Not tried: this scenario has no readers.mobile." in text
    assert "one of 3 assumptions" in text
    for limit in phrases.LIMITS:
        assert limit in text


def test_bars_lead_from_the_base_to_each_end():
    bars = tornado.tornado(*one(ENDS), ASSUMED).axes[0].patches
    ends = [(round(bar.get_x(), 9), round(bar.get_x() + bar.get_width(), 9)) for bar in bars]
    assert ends == [(0.2, 0.1), (0.2, 0.3), (0.2, 0.25), (0.2, 0.2), (0.2, 0.2), (0.2, 0.2)]
    heights = [bar.get_y() for bar in bars]
    assert heights == sorted(heights)


def test_a_scale_that_spans_more_draws_the_same_move_smaller():
    alone, beside = (tornado.tornado(*one(ENDS), ASSUMED, span).axes[0] for span in (0.0, 0.4))
    wide = [axes.get_xlim()[1] - axes.get_xlim()[0] for axes in (alone, beside)]
    assert wide[1] > 1.5 * wide[0], "a move of 200 in 1,000 where 400 are spanned"


def test_shares_have_one_scale_and_small_moves_stay_small(made, monkeypatch):
    spans = {}

    def spy(row, moves, tried, span):
        spans[row.score] = span
        return tornado.tornado(row, moves, tried, span)

    monkeypatch.setattr(sensitivity, "tornado", spy)
    few = {"capture": (0.2, 0.201)}
    small = results_of({SEEN: few, OFTEN: few, MEAN: {"capture": (0.19, 0.2)}})
    page_text(made, small, found_in(small))
    assert spans == {"seen": 0.1, "seen_often": 0.1, "mean_sightings": pytest.approx(0.04)}
    large = results_of({SEEN: {"capture": (0.1, 0.6)}, OFTEN: few})
    page_text(made, large, found_in(large))
    assert spans["seen"] == spans["seen_often"] == pytest.approx(0.5)


def test_an_end_that_prints_like_the_base_has_no_bar():
    bounds, moves = one({"capture": (0.2001, 0.2), "idle": (0.3, 0.2)})
    widths = [round(bar.get_width(), 9) for bar in tornado.tornado(bounds, moves, ASSUMED).axes[0].patches]
    assert widths == [0.1, 0, 0, 0]
    assert tornado.describe(bounds, moves, ASSUMED).count("no change") == 3


def test_every_label_stays_inside_the_figure():
    for ends in (ENDS, {"capture": (0.19, 0.2), "a-long-name-of-an-assumption": (0.0, 1.0)}):
        figure = tornado.tornado(*one(ends), ASSUMED)
        figure.canvas.draw()
        for text in figure.axes[0].texts:
            box = text.get_window_extent()
            assert box.x0 >= 0, text.get_text()
            assert box.x1 <= figure.bbox.width, text.get_text()


def test_no_more_bars_than_a_reader_can_take_in():
    ends = {f"a{i}": (0.2 + i / 100, 0.2) for i in range(1, 31)}
    bars = tornado.bars_of(one(ends)[1], [assumed(name) for name in ends])
    assert [low.name for low, _ in bars] == [f"a{i}" for i in range(30, 30 - tornado.MOST_BARS, -1)]
