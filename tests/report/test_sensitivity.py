"""The page of a sweep and its tornados: every end said, the widest on top, bars where the numbers are."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from outline import Outline, words_of
from worlds import town_scenario

from simulate.policy.retention import Retention
from simulate.report import phrases, sensitivity, tornado
from simulate.report.sensitivity import Swept, page_text
from simulate.risk.ranges import Assumed, Range, Ranges, Swing

NAMES = ("capture", "a-long-name-of-an-assumption", "idle")


def assumed(name, low="0.9", high="0.98", skipped=""):
    return Assumed(name=name, key="travel.zipf", base="0.95", low=low, high=high, why="<b>why</b>", skipped=skipped)


ASSUMED = (
    assumed("capture"),
    assumed("a-long-name-of-an-assumption", low="[0.1, 0.2, 0.7]", high="generator"),
    assumed("idle"),
    assumed("absent", skipped="this scenario has no readers.mobile"),
)


def swept_range(measure="anchors", score="home found within 250 m", setting="", ends=None, unit="share"):
    ends = ends or {"capture": (0.1, 0.3), "a-long-name-of-an-assumption": (0.25, None), "idle": (0.2, 0.2)}
    values = [0.2, *(end for pair in ends.values() for end in pair if end is not None)]
    swings = tuple(Swing(name=name, low=low, high=high) for name, (low, high) in ends.items())
    return Range(measure=measure, score=score, setting=setting, unit=unit, base=0.2, least=min(values),
                 most=max(values), swings=swings)  # fmt: skip


@pytest.fixture
def ranges():
    still = dict.fromkeys(NAMES, (0.2, 0.2))
    rows = (
        swept_range(),
        swept_range(measure="exposure", score="never seen", ends=still),
        swept_range(measure="exposure", score="mean sightings", unit="sightings"),
    )
    return Ranges(run_hash="1-a", observer="pd", on="2025-03-11", retention="7 days", assumptions=ASSUMED, rows=rows)


@pytest.fixture
def made():
    return Swept(
        name="town", title="A <i>town</i>", seed=3, looks="pd looks", rule=Retention(days=7), days=8,
        asked=town_scenario().settings.measure, measures=("exposure", "anchors"), credits=("by & by",), real_map=False,
        changed="period.days = 8 & more.",
    )  # fmt: skip


@pytest.fixture
def page(made, ranges):
    return page_text(made, ranges)


def test_a_sweep_says_what_options_changed(made, page, ranges):
    assert "every variant, 1,000 vehicles tried: small moves may be chance." in page
    assert "Changed for this run: period.days = 8 &amp; more.</p>" in page
    assert "Changed for this run" not in page_text(replace(made, changed=""), ranges)


def test_a_sweep_under_no_limit_says_how_long_that_is(made):
    swept = replace(made, rule=Retention())
    nothing = Ranges(run_hash="1-a", observer="pd", on="2025-03-11", retention="for ever", assumptions=ASSUMED, rows=())
    page = page_text(swept, nothing)
    assert "If sightings are kept as long as the run, 8 days. In brackets" in page
    assert not re.search(r"for ever\b", page)


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
    assert len(re.findall("<svg", page)) == 2
    (home, _) = re.findall(r'<svg[^>]*aria-label="([^"]*)"', page)
    assert "As assumed 200; capture: 0.9: 100, 0.98: 300" in home
    assert "low: 250, generator: no number" in home
    assert "idle: 0.9: no change, 0.98: no change" in home


def test_assumptions_stand_with_both_ends_and_those_not_tried_say_why(page):
    text = words_of(Outline(page))
    assert "[0.1, 0.2, 0.7]" in text
    assert "Not tried: this scenario has no readers.mobile." in text
    assert "one of 3 assumptions" in text
    for limit in phrases.LIMITS:
        assert limit in text


def test_bars_lead_from_the_base_to_each_end(ranges):
    bars = tornado.tornado(ranges.rows[0], ranges.tried).axes[0].patches
    ends = [(round(bar.get_x(), 9), round(bar.get_x() + bar.get_width(), 9)) for bar in bars]
    assert ends == [(0.2, 0.1), (0.2, 0.3), (0.2, 0.25), (0.2, 0.2), (0.2, 0.2), (0.2, 0.2)]
    heights = [bar.get_y() for bar in bars]
    assert heights == sorted(heights)


def test_a_scale_that_spans_more_draws_the_same_move_smaller(ranges):
    alone, beside = (tornado.tornado(ranges.rows[0], ranges.tried, span).axes[0] for span in (0.0, 0.4))
    wide = [axes.get_xlim()[1] - axes.get_xlim()[0] for axes in (alone, beside)]
    assert wide[1] > 1.5 * wide[0], "a move of 200 in 1,000 where 400 are spanned"


def test_shares_have_one_scale_and_small_moves_stay_small(made, ranges, monkeypatch):
    spans = {}

    def spy(row, tried, span):
        spans[row.score] = span
        return tornado.tornado(row, tried, span)

    monkeypatch.setattr(sensitivity, "tornado", spy)
    few = {"capture": (0.2, 0.201)}
    rows = (
        swept_range(ends=few), swept_range(measure="exposure", score="never seen", ends=few),
        swept_range(measure="exposure", score="mean sightings", unit="sightings", ends={"capture": (0.19, 0.2)}),
    )  # fmt: skip
    page_text(made, replace(ranges, rows=rows))
    assert spans == {rows[0].score: 0.1, "never seen": 0.1, "mean sightings": pytest.approx(0.04)}
    page_text(made, replace(ranges, rows=(swept_range(ends={"capture": (0.1, 0.6)}), *rows[1:])))
    assert spans[rows[0].score] == spans["never seen"] == pytest.approx(0.5)


def test_an_end_that_prints_like_the_base_has_no_bar():
    row = swept_range(ends={"capture": (0.2001, 0.2), "idle": (0.3, 0.2)})
    widths = [round(bar.get_width(), 9) for bar in tornado.tornado(row, ASSUMED).axes[0].patches]
    assert widths == [0, 0, 0.1, 0]
    assert tornado.describe(row, ASSUMED).count("no change") == 3


def test_every_label_stays_inside_the_figure(ranges):
    for row in (ranges.rows[0], swept_range(ends={"capture": (0.19, 0.2), "a-long-name-of-an-assumption": (0.0, 1.0)})):
        figure = tornado.tornado(row, ranges.tried)
        figure.canvas.draw()
        for text in figure.axes[0].texts:
            box = text.get_window_extent()
            assert box.x0 >= 0, text.get_text()
            assert box.x1 <= figure.bbox.width, text.get_text()


def test_no_more_bars_than_a_reader_can_take_in():
    ends = {f"a{i}": (0.2 + i / 100, 0.2) for i in range(30, 0, -1)}
    many = [assumed(name) for name in ends]
    assert len(tornado.bars_of(swept_range(ends=ends), many)) == tornado.MOST_BARS
