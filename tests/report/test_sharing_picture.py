"""The picture of a sharing network shows every place, link and bar that it should."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from simulate.report.sharing import LINES, STEPS, describe_sharing, draw_sharing
from simulate.scenario import load
from simulate.world.network import build_network
from simulate.world.sharing import network, uids_of
from simulate.world.states import CODES, UNKNOWN

METROS = "metro,state,population,lat,lon\nDallas,TX,8000000,32.8,-96.8\nMiami,FL,6000000,25.8,-80.2\n"


def hand_made():
    """Three Texan agencies, one of Ohio and one of nowhere; the first shares with all, the Ohioan with one."""
    state = np.array([CODES.index(code) for code in ("TX", "TX", "TX", "OH")] + [UNKNOWN], np.int8)
    ends = np.array([(0, 1), (0, 2), (0, 3), (0, 4), (3, 0)], np.int64)
    names = tuple("ABCDE")
    return network(names, uids_of(names), state, np.zeros(5, np.uint8), (ends[:, 0], ends[:, 1]))


def generated(tmp_path):
    (tmp_path / "metros.csv").write_text(METROS, encoding="utf-8")
    asked = {
        "source": "generated", "agencies": 600, "mean_partners": 30, "median_partners": 20, "within_state": 0.4,
        "federal_agencies": 1, "federal_access": 0.1, "metros.path": str(tmp_path / "metros.csv"),
    }  # fmt: skip
    scenario = load("smallville", overrides={f"sharing.{key}": value for key, value in asked.items()})
    made = build_network(scenario.settings.sharing, seed=0)
    return made.shared, made.metros


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def lines_of(figure):
    return [made for made in figure.axes[0].collections if isinstance(made, LineCollection)]


def test_bars_count_of_1000_agencies_that_share():
    figure = draw_sharing(hand_made(), None, "By hand")
    bars = [patch.get_width() for patch in figure.axes[1].patches]
    assert bars == [1000, 0, 0, 0, 0, 0, 0]
    assert len(bars) == len(STEPS)
    assert "By hand" in texts(figure)


def test_a_bar_ends_with_the_number_it_names():
    names = tuple(f"Agency {i}" for i in range(60))
    ends = np.array([(0, i) for i in range(1, 11)] + [(1, i) for i in range(2, 13)], np.int64)
    shared = network(names, uids_of(names), np.zeros(60, np.int8), np.zeros(60, np.uint8), (ends[:, 0], ends[:, 1]))
    assert [patch.get_width() for patch in draw_sharing(shared, None, "").axes[1].patches][:3] == [500, 500, 0]


def test_a_link_within_one_place_or_from_nowhere_is_no_line():
    between_states = [len(made.get_segments()) for made in lines_of(draw_sharing(hand_made(), None, ""))]
    assert between_states == [1, 0]  # Texas and Ohio, once for both directions


def test_metros_part_agencies_of_one_state(tmp_path):
    shared, metros = generated(tmp_path)
    between, within = (len(made.get_segments()) for made in lines_of(draw_sharing(shared, metros, "")))
    assert within == 2  # Dallas and the rest of Texas, Miami and the rest of Florida
    assert 100 < between <= LINES - within
    assert [len(made.get_segments()) for made in lines_of(draw_sharing(shared, None, ""))][1] == 0


def test_circles_hold_all_agencies_on_the_map(tmp_path):
    shared, metros = generated(tmp_path)
    circles = draw_sharing(shared, metros, "").axes[0].collections[-1]
    there = len(np.unique(shared.state[(shared.metro < 0) & (shared.state >= 0)])) + len(np.unique(shared.metro)) - 1
    assert len(circles.get_offsets()) == there
    assert circles.get_sizes().max() == pytest.approx(650)


def test_the_headline_is_the_reach_of_a_typical_agency():
    said = describe_sharing(hand_made())
    assert said.startswith(
        "What a typical agency collects, 2 others can look up themselves, and 4 of the 5 agencies if"
    )
    assert "Only 2 say with whom they share" in said
    assert "1000 with 1 to 10" in said


def test_the_picture_is_drawn_offline_and_twice_alike(tmp_path):
    shared, metros = generated(tmp_path)
    pictures = []
    for _ in range(2):
        file = io.BytesIO()
        draw_sharing(shared, metros, "Twice").savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]
