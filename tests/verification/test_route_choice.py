"""Commutes beside the quickest ways of their hour, on an invented metro and two real networks."""

from __future__ import annotations

import pytest
from ways import commutes, likeness

import simulate.scenario
from simulate.travel.life import make_lives
from simulate.world.build import build_world

pytestmark = pytest.mark.verify

ZHU = "Zhu & Levinson 2015, doi:10.1371/journal.pone.0134322"
FOLLOWED, DAYS = 400, 10
"""About how many cars are followed, and for how long."""


def overrides_of(name, data):
    if name == "anaheim":
        positions = data / "osm" / "alpr_nodes_2026-07-21.tsv.gz"
        return {"roads.path": str(data / "tntp" / "Anaheim"), "readers.place.mapped.path": str(positions)}
    return {"roads.path": str(data / "osm" / "krems.osm.gz")} if name == "krems" else {"roads.population": 300_000}


@pytest.mark.parametrize("name", ["metro", "anaheim", "krems"])
def test_commutes_beside_the_quickest_ways(check, data, name):
    scenario = simulate.scenario.load(name, overrides={**overrides_of(name, data), "period.days": DAYS})
    world = build_world(scenario)
    lives = make_lives(scenario, world)
    found = likeness(world, lives, commutes(lives, max(1, lives.population.n_residents // FOLLOWED), DAYS))
    assert found.n > 800
    check(
        f"movement.quickest-route-{name}", what=f"commutes on the quickest route of their hour, {name}",
        value=found.same, published="less than half", source=ZHU, low=0.2, high=0.5, unit="%", kind="fitted", why="",
        expected="reproduced",
    )  # fmt: skip
    check(
        f"movement.quickest-overlap-{name}", what=f"share of a commute's length on that route, {name}",
        value=found.overlap, published="60 to 90 %", source=ZHU, low=0.6, high=0.9, unit="%", kind="fitted", why="",
        expected="reproduced",
    )  # fmt: skip
