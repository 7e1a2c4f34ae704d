"""Standing cars: units that drive at night find homes, by day jobs, and find nothing where nothing can be known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from views import MONDAY, TOWN, look, relabelled, swapped, taken
from worlds import EVERYTHING, PERFECT, WATCHERS, Small, rows_of, small, town_scenario

from simulate.risk.anchors import Anchors
from simulate.risk.intervals import share
from simulate.risk.stays import HOME_DAY, HOME_NIGHT, HOME_WORKDAY, SEEN_AT_ALL, WORK_ELSE, WORK_HOURS, stay_belief
from simulate.sightings.store import Rows
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from simulate.travel.plates import Plates

NEAR_M, FAR_M = 250.0, 1000.0
NIGHT, DAY = [["22:00", "05:00"]], [["09:00", "16:00"]]


@cache
def patrolled(hours: str, seed: int = 0, **changes) -> Small:
    """Return a town whose only readers drive by night, or by day, through all of it."""
    fleet = {
        **WATCHERS["readers.mobile.patrol"], "units": 40, "on_duty": 1.0, "visits": 12, "homes": 0.5,
        "unevenness": 100, "poorer_areas": 1, "territory_m": 1e6, "shifts": NIGHT if hours == "night" else DAY,
    }  # fmt: skip
    sure = {"readers.mobile_capture_day": 1.0, "readers.mobile_capture_night": 1.0, "parking.visible_home": 1.0}
    sure |= PERFECT
    return small(town_scenario(seed, **{**TOWN, **sure, "readers.mobile.patrol": fleet, **changes}), scattered=0)


def take(view, targets=400):
    return taken(Anchors(), view, targets)


def chance_at_most(rate) -> float:
    return share(round(rate.baseline * rate.n), rate.n)[2]


@pytest.mark.parametrize("seed", [0, 1])
def test_units_that_drive_at_night_find_homes(seed):
    rates = take(look(patrolled("night", seed)))
    near, far = (rates.one(score="home_found", detail=f"{metres:g} m") for metres in (NEAR_M, FAR_M))
    assert near.value > 0.8
    assert near.low > 2 * chance_at_most(near)
    assert far.value >= near.value
    assert rates.one(score="home_error").value < NEAR_M


@pytest.mark.parametrize("seed", [0, 1])
def test_units_that_drive_by_day_find_jobs_better_than_chance_and_homes_worse_than_at_night(seed):
    by_day, by_night = (take(look(patrolled(hours, seed))) for hours in ("day", "night"))
    work = by_day.one(score="work_found", detail="250 m")
    assert work.low > 1.5 * chance_at_most(work)
    assert work.value > by_night.one(score="work_found", detail="250 m").value + 0.2
    homes = [some.one(score="home_found", detail="250 m").value for some in (by_day, by_night)]
    assert homes[0] < homes[1] - 0.05


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("hours", ["night", "day"])
def test_standing_cars_of_others_find_nothing_beyond_chance(hours, seed):
    town = patrolled(hours, seed)
    rates = take(look(town, relabelled(rows_of(town.tables), swapped(town, seed))), 1000)
    for what in ("home", "work"):
        for metres in (NEAR_M, FAR_M):
            found = rates.one(score=f"{what}_found", detail=f"{metres:g} m")
            assert found.low <= found.baseline
        assert rates.one(score=f"{what}_told").value > 0.8


def test_where_no_car_is_in_view_or_met_the_guess_is_the_baseline():
    hidden = {"parking.visible_home": 0.0, "parking.visible_away": 0.0, "readers.mobile.patrol.rolling_min": 0}
    town = patrolled("night", 0, **hidden)
    assert len(rows_of(town.tables)) == 0
    rates = take(look(town))
    for what in ("home", "work"):
        near = rates.one(score=f"{what}_found", detail=f"{NEAR_M:g} m")
        assert near.value == near.baseline
        assert rates.one(score=f"{what}_told").value == 0.0


def test_only_sightings_within_the_window_and_of_the_observer_tell():
    town = patrolled("night")
    week, day = (take(look(town, ladder=[rule])) for rule in ("7d", "1d"))
    tells = "home_told"
    assert day.one(score=tells).value < week.one(score=tells).value


def belief(sightings, purpose, plates=(3, 8), zones=5):
    """Believe in sightings, given as plate, clock hour, day and zone."""
    site_of_zone = np.array([9, 9, *range(zones)])  # sites 0 and 1 are fixed readers
    public = SimpleNamespace(start=MONDAY, sites=SimpleNamespace(zone=site_of_zone), zones=SimpleNamespace(n=zones))
    table = np.array([(plate, day * 86_400 + hour * 3600, zone + 2) for plate, hour, day, zone in sightings])
    rows = Rows(*(table[:, i].astype(np.uint32) for i in (0, 2, 1)))
    return stay_belief(public, rows, np.array(plates), purpose)


SEEN = [(3, 22, 0, 1), (3, 23, 1, 1), (3, 11, 0, 2), (3, 11, 5, 1), (8, 9, 7, 4), (8, 3, 7, 4), (8, 18, 7, 4)]


def test_beliefs_equal_a_count_by_hand():
    home = belief(SEEN, Purpose.HOME).toarray()
    assert home[0].tolist() == pytest.approx(
        [0, SEEN_AT_ALL + 2 * HOME_NIGHT + HOME_DAY, SEEN_AT_ALL + HOME_WORKDAY, 0, 0]
    )
    assert home[1].tolist() == pytest.approx([0, 0, 0, 0, SEEN_AT_ALL + HOME_WORKDAY + HOME_NIGHT + HOME_DAY])
    work = belief(SEEN, Purpose.WORK).toarray()
    assert work[0].tolist() == pytest.approx([0, SEEN_AT_ALL + 3 * WORK_ELSE, SEEN_AT_ALL + WORK_HOURS, 0, 0])
    assert work[1].tolist() == pytest.approx([0, 0, 0, 0, SEEN_AT_ALL + WORK_HOURS + 2 * WORK_ELSE])


@dataclass(frozen=True, slots=True, eq=False)
class Renamed:
    """Plates with other numbers."""

    plates: Plates
    new: np.ndarray

    @property
    def n(self) -> int:
        return self.plates.n

    def of_vehicles(self, vehicles):
        return self.new[self.plates.of_vehicles(vehicles)]

    def holders(self, plates):
        return self.plates.holders(np.argsort(self.new)[plates])


def test_numbering_plates_otherwise_changes_no_measure():
    """Plates in the records and in the truth are dealt out anew; everything else stays."""
    town = small(town_scenario(2, **{**TOWN, **EVERYTHING}))
    new = np.random.default_rng(7).permutation(town.lives.plates.n)
    table = rows_of(town.tables)
    other = replace(town, lives=replace(town.lives, plates=Renamed(town.lives.plates, new)))
    ladder = ["1d", "7d", "forever"]
    plain = taken(Anchors(), look(town, table, ladder=ladder), 200)
    again = taken(Anchors(), look(other, relabelled(table, new), ladder=ladder), 200)
    assert len(plain) > 30
    for a, b in zip(plain, again, strict=True):
        assert a == b
