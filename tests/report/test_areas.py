"""Areas: means by zone and by income are those that one counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from towns import small_view

import simulate as sim
from simulate.checks import ScenarioError
from simulate.report import areas
from simulate.risk.areas import Exposed


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), ["7d", "forever"])


def by_hand(seen, home, income):
    return Exposed(retention="for ever", seen=np.array(seen), home=np.array(home), income_rank=np.array(income))


def test_counts_are_those_of_the_longest_rule(view):
    counts = sim.exposed(view)
    mean = sim.measure(view, ["exposure"]).one(score="mean sightings", retention="for ever").value
    assert counts.seen.mean() == pytest.approx(mean)
    assert counts.retention == "for ever"
    assert not view.public.zones.outside[counts.home].any()


def test_means_by_zone_known_answer():
    means = by_hand([1, 3, 10], [0, 0, 2], [0.1, 0.5, 0.9]).mean_by_zone()
    assert means.tolist()[::2] == [2.0, 10.0]
    assert np.isnan(means[1])


def test_means_by_income_known_answer():
    counts = by_hand([1, 3, 10, 4, 6], [0, 0, 3, 1, 2], [0.0, 0.2, 0.19, 1.0])
    found = counts.by_income()
    assert [fifth.vehicles for fifth in found] == [3, 1, 0, 0, 1]
    assert [fifth.mean for fifth in found[:2]] == [pytest.approx(10 / 3), 4.0]
    assert found[4].mean == 10.0
    assert np.isnan(found[2].mean)
    # Two zones of 2 and 1 cars that lie 8/3 below and above their share of the mean: error sqrt(2 * 2 * (8/3)^2) / 3.
    assert found[0].high == pytest.approx(10 / 3 + 1.96 * np.sqrt(2 * 2 * (8 / 3) ** 2) / 3, rel=1e-3)
    assert found[0].low == 0.0


def test_each_area_has_the_shade_of_its_mean(view):
    counts = sim.exposed(view)
    means = counts.mean_by_zone()
    axes = sim.plot.areas(view, counts)
    (image,) = axes.images
    picture = np.asarray(image.get_array())
    west, east, south, north = image.get_extent()
    rows, columns = picture.shape[:2]
    zones = view.public.zones
    bright = {}
    for zone in np.flatnonzero(np.isfinite(means)):
        row, column = (
            int((zones.y_m[zone] - south) / (north - south) * rows),
            int((zones.x_m[zone] - west) / (east - west) * columns),
        )
        bright[means[zone]] = picture[row, column, :3].sum()
        assert picture[row, column, 3] == 1.0
    shades = [bright[mean] for mean in sorted(bright)]
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == len(areas.SHADES)
    said = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "Homes are invented." in " ".join(said)
    assert said[0].startswith("fewer than")
    assert said[4].endswith("sightings or more")
    assert "reader that smallville-pd sees" in said


def test_dots_stand_at_the_means_and_empty_fifths_say_so():
    found = by_hand([1, 3, 10, 4, 6], [0, 0, 3, 1, 2], [0.0, 0.2, 0.19, 1.0]).by_income()
    axes = sim.plot.incomes(found)
    dots = {int(line.get_ydata()[0]): line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"}
    assert dots == {i: fifth.mean for i, fifth in enumerate(found) if fifth.vehicles}
    assert [text.get_text() for text in axes.texts].count("nobody lives there") == 2


def test_nobody_seen_makes_one_shade(view):
    counts = sim.exposed(view)
    unseen = Exposed(retention="for ever", seen=counts.seen * 0, home=counts.home, income_rank=counts.income_rank)
    assert sim.plot.areas(view, unseen).get_legend().get_texts()[0].get_text() == "no sightings"
    sim.plot.incomes(unseen.by_income())


def test_few_who_are_seen_stand_out_from_the_many_who_are_not(view):
    counts = sim.exposed(view)
    seen = np.where(counts.home == counts.home[0], 3, 0)
    rare = Exposed(retention="for ever", seen=seen, home=counts.home, income_rank=counts.income_rank)
    assert (seen == 0).mean() > 0.8
    said = [text.get_text() for text in sim.plot.areas(view, rare).get_legend().get_texts()]
    assert said[:2] == ["fewer than 3 sightings", "3 sightings or more"]


def test_bad_questions_are_refused(view):
    with pytest.raises(ScenarioError, match="expected a view with the truth attached"):
        sim.exposed(view.blind())
    young = sim.view(sim.open_run(view.store.path), ladder=["90d"])
    with pytest.raises(ScenarioError, match="expected a rule that is reached"):
        sim.exposed(young)
