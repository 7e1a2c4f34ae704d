"""The picture of a sharing network shows every place, link and bar that it should."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from simulate.report.figures import BLUE, RUST
from simulate.report.sharing import (
    LINES,
    STEPS,
    describe_numbers,
    describe_partners,
    draw_numbers,
    draw_partners,
    draw_sharing,
    givers_of,
    headlines,
    partners_sentence,
    tell,
)
from simulate.scenario import load
from simulate.sharing.build import BuiltNetwork, build_network
from simulate.sharing.metros import Metros
from simulate.sharing.network import network, placed, uids_of
from simulate.sharing.states import CODES, UNKNOWN

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
    return build_network(scenario.settings.sharing, scenario.settings.roads, seed=0)


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def lines_of(figure):
    return [made for made in figure.axes[0].collections if isinstance(made, LineCollection)]


def circles_of(figure, colour):
    """Return where circles of one colour stand on the map."""
    drawn = [made for made in figure.axes[0].collections if isinstance(made, PathCollection)]
    return [at for made in drawn if to_hex(made.get_facecolor()[0]) == colour for at in made.get_offsets()]


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
    made = generated(tmp_path)
    shared, metros = made.shared, made.metros
    between, within = (len(made.get_segments()) for made in lines_of(draw_sharing(shared, metros, "")))
    assert within == 2  # Dallas and the rest of Texas, Miami and the rest of Florida
    assert 100 < between <= LINES - within
    assert [len(made.get_segments()) for made in lines_of(draw_sharing(shared, None, ""))][1] == 0


def test_circles_hold_all_agencies_on_the_map(tmp_path):
    made = generated(tmp_path)
    shared, metros = made.shared, made.metros
    circles = draw_sharing(shared, metros, "").axes[0].collections[-1]
    there = len(np.unique(shared.state[(shared.metro < 0) & (shared.state >= 0)])) + len(np.unique(shared.metro)) - 1
    assert len(circles.get_offsets()) == there
    assert circles.get_sizes().max() == pytest.approx(650)


def test_the_headline_is_the_reach_of_a_typical_agency():
    (said,) = (text for text in texts(draw_sharing(hand_made(), None, "")) if text.startswith("What a typical"))
    assert " ".join(said.split()) == (
        "What a typical agency collects, 2 others can look up themselves, and 4 of the 5 agencies if each of those"
        " looks it up for its own partners. Only 2 say with whom they share: it may be more."
    )


def in_metros():
    """Two agencies of Dallas, one of Miami and three elsewhere; only Miami's and the first of Dallas give access."""
    state = np.array([CODES.index(code) for code in ("TX", "TX", "FL", "TX", "OH")] + [UNKNOWN], np.int8)
    ends = np.array([(0, 1), (0, 3), (0, 4), (0, 5), (2, 4), (4, 3)], np.int64)
    names = tuple("ABCDEF")
    shared = network(names, uids_of(names), state, np.zeros(6, np.uint8), (ends[:, 0], ends[:, 1]))
    metros = Metros(
        name=("Dallas-Fort Worth, TX", "Miami, FL", "Reno, NV"), population=np.array([8, 6, 5]),
        state=np.array([CODES.index(code) for code in ("TX", "FL", "NV")], np.int8),
        latitude=np.array([32.8, 25.8, 39.5]), longitude=np.array([-96.8, -80.2, -119.8]),
    )  # fmt: skip
    stands = placed(shared, np.array([0, 0, 1, -1, -1, -1], np.int16))
    return BuiltNetwork(shared=stands, metros=metros, origin="By hand.", notes=(), credits=())


def test_those_who_give_access_are_looked_for_in_the_metros_of_a_run():
    built = in_metros()
    assert givers_of(built, ["Dallas-Fort Worth, TX"]).agency.tolist() == [0]
    both = givers_of(built, ["Miami, FL", "Dallas-Fort Worth, TX", "Reno, NV"])
    assert (both.agency.tolist(), both.cities) == ([0, 2], "Dallas and Miami")
    for nowhere in ([], ["Reno, NV"], ["Akron, OH"]):
        found = givers_of(built, nowhere)
        assert (found.agency.tolist(), found.within) == ([0, 2, 4], ())
    assert givers_of(replace(built, metros=None), ["Miami, FL"]).within == ()


def test_headlines_count_who_sees_directly_and_by_one_favour():
    direct, favour = headlines(givers_of(in_metros(), ["Miami, FL"]))
    assert (direct.number, favour.number, favour.value) == ("1 in 6", "2 in 6", 2 / 6)
    assert direct.sentence == "agencies can look up themselves what a typical agency of Miami collects"
    assert favour.sentence == "agencies can see it if that one also searches it for its own partners"
    assert direct.small == "Only 3 say with whom they share: it may be more."
    anywhere, _ = headlines(givers_of(in_metros(), []))
    assert (anywhere.number, anywhere.sentence.split("what ")[1]) == ("1 in 6", "a typical agency collects")


def test_a_map_from_metros_shows_whom_their_agencies_give_access_and_no_one_else():
    givers = givers_of(in_metros(), ["Dallas-Fort Worth, TX", "Miami, FL"])
    figure = draw_partners(givers)
    near, far = circles_of(figure, BLUE), circles_of(figure, RUST)
    assert (len(near), len(far)) == (2, 1)  # Dallas and Texas; Ohio, for the one of no state is nowhere
    lines = [len(made.get_segments()) for made in lines_of(figure)]
    assert lines == [1, 1, 2, 0]  # to other states from Dallas and from Miami, then within
    assert {"Dallas", "Miami"} <= set(texts(figure))
    assert describe_partners(givers) == (
        "Map of the United States: agencies to which those of Dallas and Miami give access are in 3 places, the most in"
        " Ohio, Texas outside its metros and Dallas."
    )
    assert (
        partners_sentence(givers)
        == "Where they are. All agencies to which the 2 agencies of Dallas and Miami give access."
    )


def test_a_map_from_anywhere_shows_all_links():
    givers = givers_of(in_metros(), [])
    between = [len(made.get_segments()) for made in lines_of(draw_partners(givers))]
    assert between == [3, 1]  # Dallas and Miami with Ohio, Ohio with Texas; Dallas with Texas
    assert "agencies that are given access are in 3 places" in describe_partners(givers)


def test_the_bars_are_read_aloud():
    built = in_metros()
    said = describe_numbers(givers_of(built, []))
    assert said.startswith("Of 1,000 agencies that share, partners: 1000 with 1 to 10; 0 with 11 to 50;")
    assert next(patch.get_width() for patch in draw_numbers(givers_of(built, [])).axes[0].patches) == 1000
    assert tell(built, "the police").startswith("The numbers above are about one observer, the police. Agencies give")


def test_the_picture_is_drawn_offline_and_twice_alike(tmp_path):
    made = generated(tmp_path)
    shared, metros = made.shared, made.metros
    pictures = []
    for _ in range(2):
        file = io.BytesIO()
        draw_sharing(shared, metros, "Twice").savefig(file, format="png")
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]
