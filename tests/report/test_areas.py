"""Areas: means by zone and by income are those that one counts by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from towns import small_view

import simulate as sim
from simulate.checks import ScenarioError
from simulate.report import areas
from simulate.risk.areas import AreaCounts
from simulate.risk.targets import living_here


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), ["7d", "forever"])


def by_hand(seen, home, income):
    """Count vehicles that were seen so often and live there."""
    zones = len(income)
    sightings = np.bincount(home, weights=seen, minlength=zones).astype(np.int64)
    return AreaCounts(case="for ever", sightings=sightings, vehicles=np.bincount(home, minlength=zones),
                      income_rank=np.array(income))  # fmt: skip


def test_counts_are_those_that_are_measured_in_the_same_case(view):
    means = sim.measure(view, ["exposure"], targets=1).where(score="mean_sightings")
    found = {case: sim.exposed(view, case) for case in ("7 days", "for ever")}
    for case, counts in found.items():
        assert counts.sightings.sum() / counts.vehicles.sum() == pytest.approx(means.one(case=case).value)
        assert counts.vehicles.sum() == means.one(case=case).n
        assert counts.case == case
    assert sim.exposed(view).sightings.tolist() == found["for ever"].sightings.tolist()
    assert not found["for ever"].vehicles[view.sight.public.zones.outside].any()


def test_counts_by_zone_are_those_of_the_cars_that_live_there(view):
    counts = sim.exposed(view)
    vehicles, home, _ = living_here(view.truth, view.cases[-1].today)
    zone = int(np.argmax(counts.vehicles))
    plates = view.truth.lives.plates.of_vehicles(vehicles[home == zone])
    assert counts.vehicles[zone] == len(plates) > 1
    assert counts.sightings[zone] == sum(len(sim.look_up(view, int(plate))) for plate in plates) > 0


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
    zones = view.sight.public.zones
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
    unseen = replace(counts, sightings=counts.sightings * 0)
    assert sim.plot.areas(view, unseen).get_legend().get_texts()[0].get_text() == "no sightings"
    sim.plot.incomes(unseen.by_income())


def test_few_who_are_seen_stand_out_from_the_many_who_are_not(view):
    counts = sim.exposed(view)
    lone = np.arange(len(counts.vehicles)) == np.argmax(counts.vehicles)
    rare = replace(counts, sightings=np.where(lone, 3 * counts.vehicles, 0))
    assert counts.vehicles[lone].sum() < 0.2 * counts.vehicles.sum()
    said = [text.get_text() for text in sim.plot.areas(view, rare).get_legend().get_texts()]
    assert said[:2] == ["fewer than 3 sightings", "3 sightings or more"]


def test_a_map_says_how_long_sightings_are_kept_or_which_case_it_is(view):
    counts = sim.exposed(view, "7 days")
    assert ", kept 7 days. Homes" in notes_of(sim.plot.areas(view, counts))
    mixed = [replace(case, name="a mixture", retention="") for case in view.cases]
    other = replace(view, sight=replace(view.sight, cases=tuple(mixed)))
    assert ", in the case “a mixture”. Homes" in notes_of(sim.plot.areas(other, replace(counts, case="a mixture")))


def notes_of(axes):
    return " ".join(text.get_text() for text in axes.get_legend().get_texts())


def test_bad_questions_are_refused(view, tmp_path):
    with pytest.raises(ScenarioError, match=r"expected a case of the view \(7 days, for ever\), found '7 day'.*7 days"):
        sim.exposed(view, "7 day")
    young = small_view(tmp_path, ["90d"])
    with pytest.raises(ScenarioError, match="expected a case that is reached, found '90 days'"):
        sim.exposed(young)
