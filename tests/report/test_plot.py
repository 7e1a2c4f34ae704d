"""Pictures on axes of one's own: they stay where they are put and show what they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from towns import small_view

import simulate as sim
from simulate.checks import ScenarioError
from simulate.report import maps
from simulate.risk.anchors import Anchors
from simulate.risk.results import Result
from simulate.risk.scan import scan


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), ["7d", "forever"])


@pytest.fixture(scope="module")
def story(view):
    return sim.choose_story(view)


def discs(axes):
    """Return where the discs of a map stand, by size."""
    (drawn,) = axes.collections
    return drawn.get_offsets(), drawn.get_sizes()


@pytest.fixture(scope="module")
def pictures(view, story):
    """Return every picture, as a function of its axes."""
    seen, week, counts = sim.look_up(view, story.number), sim.follow(view, story.number, 3), sim.exposed(view)
    rate = Result(measure="m", score="s", value=0.25, low=0.2, high=0.3, baseline=0.1)
    given = {
        "areas": (view, counts), "calendar": (view, week), "close_up": (view, story), "driven": (view, week),
        "guess": (view, story), "incomes": (counts.by_income(),), "on_file": (view, week), "roads": (view,),
        "shares": ({"a": rate},), "sightings": (view, seen),
    }  # fmt: skip
    return {name: lambda ax, name=name: getattr(sim.plot, name)(*given[name], ax=ax) for name in given}


@pytest.mark.parametrize("name", sim.plot.__all__)
def test_a_picture_is_drawn_on_the_axes_given_and_on_no_others(pictures, name):
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    before = plt.get_fignums()
    assert pictures[name](left) is left
    assert len(left.get_children()) > len(right.get_children())
    assert figure.axes == [left, right]
    assert plt.get_fignums() == before
    assert not right.lines and not right.collections and not right.texts  # noqa: PT018
    figure.canvas.draw()


@pytest.mark.parametrize("name", sim.plot.__all__)
def test_without_axes_a_picture_makes_one_figure_of_pyplot(pictures, name):
    before = plt.get_fignums()
    made = pictures[name](None).figure
    assert [number for number in plt.get_fignums() if number not in before] == [made.number]


def test_discs_stand_on_the_readers_of_the_table_and_grow_with_their_sightings(view, story):
    seen, sites = sim.look_up(view, story.number), view.sight.public.sites
    at, times = np.unique(seen["site"].to_numpy(), return_counts=True)
    where, size = discs(sim.plot.sightings(view, seen))
    assert where.tolist() == np.column_stack([sites.x_m[at], sites.y_m[at]]).tolist()
    assert np.argmax(size) == np.argmax(times)
    assert len(discs(sim.plot.sightings(view, seen[:1]))[0]) == 1
    assert not len(discs(sim.plot.sightings(view, seen[:0]))[0])


def test_a_map_has_its_key_and_credits_below_unless_it_is_told_not_to(view, story):
    seen = sim.look_up(view, story.number)
    said = [text.get_text() for text in sim.plot.sightings(view, seen).get_legend().get_texts()]
    assert maps.SEEN.text in said
    assert "Map: synthetic town, no real place." in said
    assert sim.plot.sightings(view, seen, key=False).get_legend() is None
    assert sim.plot.roads(view, key=False).get_legend() is None


def test_a_story_is_the_median_of_the_guesses_that_are_measured(view):
    for case in ("7 days", "for ever"):
        story, measured = sim.choose_story(view, case), sim.measure(view, ["anchors"]).where(case=case)
        assert story.case == case
        told = measured.one(score="home_told")
        assert 0 < told.value <= 1
        assert story.error_m == pytest.approx(median_told(view, case))
        assert story.sightings.sum() == len(sim.look_up(view, story.number, case)) > 0
    assert sim.choose_story(view).case == "for ever"


def median_told(view, case):
    """Return the error in the middle of those that the measure makes where some read speaks."""
    one, kept = Anchors(), {}
    known = one.ask(view, view.sight.asked.targets)
    keep = Anchors.tally

    def tally(self, truth, sight, known, guesses):
        kept["tally"] = keep(self, truth, sight, known, guesses)
        return kept["tally"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Anchors, "tally", tally)
        scan(view, [one], {"anchors": known})
    home = kept["tally"].cases[[one.name for one in view.cases].index(case)]["home"]
    errors = np.sort(home.error_m["near"][home.told])
    middle = np.median(errors)
    return errors[np.argmin(np.abs(errors - middle))]


def test_there_is_no_story_of_a_case_that_is_not_reached(tmp_path):
    young = small_view(tmp_path, ["90d"])
    assert sim.choose_story(young) is None
    assert maps.draw_map(young, None).axes


def test_shares_stand_at_their_counts_and_say_why_there_is_none():
    known = Result(measure="m", score="s", value=0.25, low=0.2, high=0.3, baseline=0.1)
    young = Result(measure="m", score="s", value=None, note="not reached")
    axes = sim.plot.shares({"one": known, "another": young})
    (dot,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (250.0, 0)
    said = [text.get_text() for text in axes.texts]
    assert {"250", "not reached", "without any sightings: 100"} == set(said)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "another"]


def test_what_is_no_share_is_not_drawn_as_one():
    far = Result(measure="m", score="s", value=300.0, unit="metres")
    for rates, found in (({"far": far}, "metres"), ({}, "none")):
        with pytest.raises(ScenarioError, match=f"expected at least one share, found {found}"):
            sim.plot.shares(rates)
