"""What mobile units, readers and visitors do, as the settings say: inputs, measured in what was drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cities import reads_per_plate, residents

from simulate.sightings.draw import all_tables, draw_groups
from simulate.travel import truth
from simulate.world.sites import SiteKind

pytestmark = pytest.mark.verify

PART = 30
"""One group of plates in so many is drawn again."""
VISITORS = 2000
ASSUMED = "assumption of this project"


def redrawn(run, deployment=None):
    """Draw part of a run again, with another watch if one is given; plate, site and vehicle read, int64[n] each."""
    tables = all_tables(run.world, run.lives, deployment or run.deployment)
    blocks = list(draw_groups(tables, 0, tables.plates.groups // PART))
    assert blocks
    columns = zip(*((rows.plate, rows.site, vehicle) for rows, vehicle in blocks), strict=True)
    return tuple(np.concatenate(column).astype(np.int64) for column in columns)


def test_mobile_units(check, oakland):
    coverage = oakland.deployment.coverage
    patrols = coverage.patrols._replace(rolling_s=np.zeros_like(coverage.patrols.rolling_s))
    parked_only = replace(oakland.deployment, coverage=coverage._replace(patrols=patrols))
    _, site, _ = redrawn(oakland)
    _, standing, _ = redrawn(oakland, parked_only)
    assert (oakland.deployment.sites.kind[site] == SiteKind.MOBILE).all()
    check(
        "reads.moving", what="Oakland 2014: reads by mobile units that are of moving cars",
        value=1 - len(standing) / len(site), published="20 to 40 %", source=ASSUMED, low=0.2, high=0.4, kind="input",
        expected="missed", unit="%",
        why="no measurement was found. Moving cars are met by a simple law, as they come and go within the scanned"
        " zone, so the share follows from how long a unit stays about; a little too few here",
    )  # fmt: skip
    in_view = coverage.patrols.visible[0, truth.home_and_work(oakland.lives, 0, residents(oakland))[0]] / 2**32
    check(
        "reads.in-view", what="Oakland 2014: residents' cars that stand in view at home", value=in_view.mean(),
        published="about 1 in 3 nationally, without garage or carport", source=None, low=0.33, high=0.55, kind="input",
        expected="reproduced", unit="%", why="set higher than the national share for an old city with few garages",
    )  # fmt: skip
    counts, vehicles = reads_per_plate(oakland), residents(oakland)
    home, _ = truth.home_and_work(oakland.lives, 0, vehicles)
    reads, rank = counts[oakland.lives.plates.of_vehicles(vehicles)], oakland.world.zones.income_rank[home]
    check(
        "reads.poorer", what="Oakland 2014: reads of a car kept in the poorer half of areas over one in the richer",
        value=reads[rank < 0.5].mean() / reads[rank >= 0.5].mean(), published="heavier in poorer areas", source="EFF",
        low=1.2, high=4.0, kind="input", expected="reproduced",
        why="the scenario has poorer areas visited up to twice as often as richer ones, with fewer garages; rank of an"
        " area, never of a household",
    )  # fmt: skip


def test_wrong_plates(check, norfolk, oakland):
    for name, run, low, high in (("fixed readers, Norfolk 2025", norfolk, 0.045, 0.055),
                                 ("mobile units, Oakland 2014", oakland, 0.09, 0.11)):  # fmt: skip
        plate, _, vehicle = redrawn(run)
        own = run.lives.plates.of_vehicles(vehicle)
        wrong = plate != own
        word = name.split()[0]
        check(
            f"reads.wrong-{word}", what=f"reads that name another plate, {name}", value=wrong.mean(),
            published="3 to 20 %", source="AAMVA 2012; The Verge 2019; Porter 2018", low=low, high=high, kind="input",
            expected="reproduced", unit="%", why="accepted is what the scenario asks for, within the published range",
        )  # fmt: skip
        check(
            f"reads.ghosts-{word}", what=f"of those, plates that nobody holds, {name}",
            value=(run.lives.plates.holders(plate[wrong]) < 0).mean(), published="about three in four",
            source=ASSUMED, low=0.6, high=0.9, kind="input", expected="reproduced", unit="%",
            why="one number in four is issued, and no two that differ in one of two characters; no system tells how"
            " many of its plates exist",
        )  # fmt: skip


def test_visitors(check, norfolk):
    people, settings = norfolk.lives.population, norfolk.scenario.settings
    days, first = settings.period.days, people.n_residents
    for name, visitors in settings.visitors.items():
        some = first + np.unique(np.linspace(0, visitors.vehicles - 1, VISITORS).astype(np.int64))
        first += visitors.vehicles
        came = truth.trips(norfolk.lives, some, 0, days)
        visits = len(np.unique(came.vehicle << 16 | came.day)) / len(some) / days * 365
        most = visitors.weeks * 52.2 * (5 if visitors.days == "workdays" else 1)
        check(
            f"reads.visits-{name}", what=f"Norfolk 2025: days a year on which a visiting vehicle comes, {name}",
            value=visits, published=f"{most:.0f} or a little less", source=ASSUMED, low=0.7 * most, high=1.02 * most,
            kind="input", expected="reproduced", why="nobody publishes how often visitors come",
        )  # fmt: skip
    assert first == people.n_vehicles
