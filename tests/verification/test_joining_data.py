"""Matching reads with another set of points about the same people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cities import plates_of, resident_plates, residents
from joining import among, matched, read_points, trip_ends
from pictures import BLUE, GREY, INK, panels

from simulate.risk.intervals import share
from simulate.travel import truth

pytestmark = pytest.mark.verify

KONDOR = "Kondor et al. 2018: telephones and transit cards, Singapore"
PER_DAY, WEEKS, TARGETS = 3.5, (1, 2, 3, 4), 400
PUBLISHED = {1: "16.8 %", 4: "more than 55 %"}
TOO_EASY = (
    "here {crowd:,} vehicles stand for the millions of Singapore, both sets describe the same car trips, and no clock"
    " or place is wrong. Known of a tenth of the crowd, {less:.0%} would be matched: the share falls as crowds grow."
    " The model exaggerates how quickly two data sets can be joined; it agrees that a month of a few points a day is"
    " enough for most people"
)


def test_two_data_sets_can_be_joined(check, city, record):
    run, days = city.run, city.days
    rng = np.random.default_rng(run.scenario.seed)
    targets = np.sort(rng.permutation(residents(run))[:TARGETS])
    outside = trip_ends(run, truth.trips(run.lives, targets, 0, days), PER_DAY, TARGETS * days, seed=1)
    reads, site = read_points(run, PER_DAY * run.n_vehicles * days / run.n_sightings, seed=2)
    tenth = np.union1d(rng.permutation(resident_plates(run))[: run.n_vehicles // 10], plates_of(run, targets))
    fewer, fewer_site = among(reads, site, tenth)
    found = {week: matched(run, reads, site, outside, week * 7) for week in WEEKS}
    in_tenth = {week: matched(run, fewer, fewer_site, outside, week * 7).mean() for week in WEEKS}
    for week, low, high in ((1, 0.07, 0.27), (4, 0.45, 0.65)):
        check(
            f"matching.after-{week}", what=f"people matched between two sets of 3.5 points a day, week {week}",
            value=found[week].mean(), published=PUBLISHED[week], source=KONDOR, low=low, high=high, kind="held out",
            expected="missed", unit="%", why=TOO_EASY.format(crowd=run.n_vehicles, less=in_tenth[week]),
        )  # fmt: skip
    chance = 1 / len(resident_plates(run))
    assert min(rates.mean() for rates in found.values()) > 100 * chance
    figure, (axes,) = panels(high=3.0)
    intervals = [share(found[week], TARGETS) for week in WEEKS]
    value, low, high = (100 * np.array(column) for column in zip(*intervals, strict=True))
    axes.errorbar(WEEKS, value, [value - low, high - value], fmt="o-", color=BLUE, capsize=3, label="whole crowd")
    axes.plot(WEEKS, [100 * in_tenth[week] for week in WEEKS], "s--", color=GREY, label="a tenth of the crowd")
    axes.plot([1, 4], [16.8, 55], "X", color=INK, markersize=9, label="Kondor et al. 2018")
    axes.axhline(100 * chance, color=GREY, linewidth=1, linestyle=":", label="chance")
    axes.set(xlabel="weeks of data", ylabel="% matched rightly", ylim=(-2, 102), xticks=WEEKS)
    axes.legend(fontsize=7, frameon=False)
    record.picture(
        "matching", figure, topic="matching", says="The model lies above the published marks and rises alike.",
        caption=f"{TARGETS} people whose trip ends are matched to plates by reads near in place and time, scored"
        " against the truth; bars are 95 % intervals over people.",
    )  # fmt: skip


def test_under_false_names_nobody_is_matched(city):
    """A negative control: with the names of the outside set passed round, success must fall to chance."""
    run, names = city.run, residents(city.run)[:: city.run.n_vehicles // 40]
    trips = truth.trips(run.lives, names, 0, 7)
    swapped = replace(trips, vehicle=np.roll(names, 1)[np.searchsorted(names, trips.vehicle)])
    reads, site = read_points(run, 0.5, seed=2)
    right = [
        matched(run, reads, site, trip_ends(run, told, PER_DAY, len(names) * 7, seed=1), 7).mean()
        for told in (trips, swapped)
    ]
    assert right[0] > 0.2
    assert right[1] < 0.05
