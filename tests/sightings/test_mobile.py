"""Mobile units: they read the cars that stand in view where they scan, and those that come and go."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from worlds import PERFECT, WATCHERS, Small, reads_of, small, town_scenario

from simulate.durations import DAY_S, DAY_START_S
from simulate.travel import days
from simulate.world.sites import SiteKind

SURE = {"readers.mobile_capture_day": 1.0, "readers.mobile_capture_night": 1.0, "parking.unequal": 0.0, **PERFECT}
FLEETS = {key: value for key, value in WATCHERS.items() if "gates" not in key}
BUSY = {f"readers.mobile.{name}.{key}": n for name in ("patrol", "tow") for key, n in (("units", 4), ("visits", 3))}


@cache
def scanned_town(home: float, away: float, rolling_min: float = 0) -> Small:
    """Return a town of some 100 cars with mobile units alone, which read whatever is in view."""
    shown = {"parking.visible_home": home, "parking.visible_away": away}
    rolls = {f"readers.mobile.{name}.rolling_min": rolling_min for name in ("patrol", "tow")}
    people = {"roads.population": 150, "roads.density_per_km2": 100}
    return small(town_scenario(2, **{**FLEETS, **SURE, **BUSY, **shown, **rolls, **people}), scattered=0)


@cache
def stays(run: Small) -> dict[tuple[int, int], list[tuple[int, days.Stay]]]:
    """Return who stands where, by zone and day of travel: vehicle and stay."""
    life, found = run.lives.tables, defaultdict(list)
    for vehicle in range(run.lives.population.n_vehicles):
        for day in range(run.lives.calendar.days):
            for stay in days.stays_on(life, int(life.people.household[vehicle]), vehicle, day):
                found[stay.zone, day].append((vehicle, stay))
    return found


def visits(run: Small):
    """Yield zone, day, site, begin and end of the scan, and end of rolling, of every visit; seconds from midnight."""
    sites, fleets = run.deployment.sites, list(run.scenario.settings.readers.mobile.values())
    site_of = {
        (int(sites.zone[i]), run.world.owners.name[sites.owner[i]]): int(i) for i in sites.of_kind(SiteKind.MOBILE)
    }
    v = run.deployment.visits
    for zone, day, second, number in zip(v.zone.tolist(), v.day.tolist(), v.second.tolist(), v.fleet, strict=True):
        begin, fleet = day * DAY_S + DAY_START_S + second, fleets[number]
        lasts = round(fleet.scan_min * 60), round(fleet.rolling_min * 60)
        yield zone, day, site_of[zone, fleet.owner], begin, begin + lasts[0], begin + lasts[1]


def times_read(run: Small) -> dict[tuple[int, int], list[int]]:
    """Return when each vehicle was read at each site."""
    times = defaultdict(list)
    for _, time, site, vehicle in reads_of(run.tables).tolist():
        times[vehicle, site].append(time)
    return times


def looks(run: Small):
    """Yield (vehicle, stay, whether it was read) for each car that stands through a whole scan of its zone."""
    times = times_read(run)
    for zone, day, site, begin, end, _ in visits(run):
        for vehicle, stay in stays(run)[zone, day]:
            if stay.begin_s <= begin and end <= stay.end_s:
                yield vehicle, stay, any(begin <= time < end for time in times[vehicle, site]), begin


def test_all_cars_in_a_lot_are_seen_by_the_visit_that_sees_one():
    run, together = scanned_town(1.0, 1.0), defaultdict(list)
    for vehicle, stay, seen, begin in looks(run):
        together[stay.zone, begin].append((vehicle, seen))
    assert sum(len(cars) > 1 for cars in together.values()) > 300
    assert all(seen for cars in together.values() for _, seen in cars)


def test_a_car_is_always_or_never_in_view_at_one_place():
    """A garage at home hides it on every visit; so for every place of its own."""
    run, seen = scanned_town(0.5, 0.7), defaultdict(list)
    for vehicle, stay, read, _ in looks(run):
        seen[vehicle, stay.zone, stay.at_home].append(read)
    assert all(all(reads) or not any(reads) for reads in seen.values())
    assert sum(len(reads) for reads in seen.values()) > 3 * len(seen)
    for at_home, share in ((True, 0.5), (False, 0.7)):
        shown = [all(reads) for (_, _, home), reads in seen.items() if home == at_home]
        assert len(shown) > 60
        assert abs(np.mean(shown) - share) < 4 * np.sqrt(share * (1 - share) / len(shown))


def test_more_in_view_loses_nobody_who_was_in_view():
    fewer, more = (
        set(map(tuple, reads_of(scanned_town(*shown).tables).tolist())) for shown in ((0.5, 0.7), (0.6, 1.0))
    )
    assert fewer < more


def test_poorer_areas_show_more_of_their_cars():
    people = {"roads.population": 4000, "roads.density_per_km2": 1500, "period.days": 1}
    shown = {"parking.visible_home": 0.4, "parking.unequal": 0.5}
    run = small(town_scenario(2, **{**FLEETS, **SURE, **people, **shown}), scattered=0)
    rank = run.world.zones.income_rank
    share = run.tables.coverage.patrols.visible[0] / 2**32
    assert share == pytest.approx(0.4 * (1 + 0.5 * (1 - 2 * rank)))
    assert share.mean() == pytest.approx(0.4, abs=0.01)
    assert (run.tables.coverage.patrols.visible[1] / 2**32 == pytest.approx(0.7)) is True


@pytest.mark.parametrize("rolling_min", [0, 30, 120])
def test_whoever_is_read_was_there_standing_coming_or_going(rolling_min):
    run = scanned_town(1.0, 1.0, rolling_min)
    of_site = defaultdict(list)
    for _, day, site, begin, end, rolled in visits(run):
        of_site[site, day].append((begin, end, rolled))
    standing = moving = 0
    for _, time, site, vehicle in reads_of(run.tables).tolist():
        day = (time - DAY_START_S) // DAY_S
        mine = [stay for who, stay in stays(run)[int(run.deployment.sites.zone[site]), day] if who == vehicle]
        stood = any(stay.begin_s <= time < stay.end_s for stay in mine)
        passed = any(time in {stay.begin_s, stay.end_s} for stay in mine)
        scans = any(begin <= time < end for begin, end, _ in of_site[site, day])
        rolls = any(begin <= time < rolled for begin, _, rolled in of_site[site, day])
        assert (stood and scans) or (passed and rolls)
        standing += stood and scans
        moving += passed and rolls and not (stood and scans)
    assert standing > 300
    assert (moving > 30) == (rolling_min > 0)


def test_cars_that_come_and_go_are_read_even_from_garages():
    """What stands hidden is met in the street; nobody is read standing then."""
    run = scanned_town(0.0, 0.0, 120)
    moments = {(vehicle, time) for at in stays(run).values() for vehicle, stay in at
               for time in (stay.begin_s, stay.end_s)}  # fmt: skip
    reads = reads_of(run.tables)
    assert len(reads) > 50
    assert all((vehicle, time) in moments for _, time, _, vehicle in reads.tolist())
    assert len(reads_of(scanned_town(0.0, 0.0).tables)) == 0


def test_every_car_that_comes_or_goes_while_a_unit_rolls_is_met():
    run = scanned_town(0.0, 0.0, 30)
    times, met = times_read(run), 0
    for zone, day, site, begin, _, rolled in visits(run):
        for vehicle, stay in stays(run)[zone, day]:
            first, last = day * DAY_S + DAY_START_S, (day + 1) * DAY_S + DAY_START_S
            for moment, edge in ((stay.begin_s, first), (stay.end_s, last)):
                if begin <= moment < rolled and moment != edge:
                    assert moment in times[vehicle, site]
                    met += 1
    assert met > 30
