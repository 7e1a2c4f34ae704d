"""Which ways people drive, beside the quickest (Zhu & Levinson 2015, doi:10.1371/journal.pone.0134322)."""

from __future__ import annotations

from functools import partial

import pytest
from ways import Likeness, commutes, likeness
from worlds import Small, small, town_scenario

import simulate.scenario


def of(run: Small) -> Likeness:
    return likeness(run.world, run.lives, commutes(run.lives, 5, 10))


@pytest.fixture(scope="module", params=["town", "krems"])
def place(request):
    if request.param == "town":
        return partial(town_scenario, 1, roads__population=2000, roads__density_per_km2=1500)
    path = str(request.getfixturevalue("data") / "osm" / "krems.osm.gz")

    def krems(**keys):
        overrides = {"roads.path": path, **{key.replace("__", "."): value for key, value in keys.items()}}
        return simulate.scenario.load("krems", overrides=overrides)

    return krems


def test_most_commutes_leave_the_quickest_way_for_a_part_of_it(place, request):
    """A town is a grid, on which ways as quick share less."""
    least = 0.45 if "town" in request.node.name else 0.6
    found = of(small(place(period__days=10)))
    assert found.n > 300
    assert found.same < 0.5
    assert least <= found.overlap <= 0.9


def test_without_other_tastes_commutes_are_on_the_quickest_way(place):
    """The control: ways differ from the quickest only where the peak makes another one quicker."""
    found = of(small(place(period__days=10, travel__route_shares=[1.0, 0.0, 0.0])))
    assert found.same > 0.8
    assert found.overlap > 0.95
