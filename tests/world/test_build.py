"""The whole world: complete, and the same whenever and wherever it is built."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from worlds import anaheim_scenario, finish, town_scenario

from simulate.checks import ScenarioError
from simulate.world.build import build_world
from simulate.world.part import _daily_trips

TESTS = Path(__file__).parent.parent
PARTS = ("roads", "graph", "zones", "owners", "readers", "routes")
CODE = """
import sys
sys.path[:0] = {paths!r}
from test_build import fingerprint
from worlds import town_scenario
print(fingerprint(town_scenario(5)))
"""


def fingerprint(scenario) -> str:
    """Hash every array of the world, of the people and of what they look up."""
    from simulate.kernels.life import flat
    from simulate.travel.life import make_lives

    world = build_world(scenario)
    tables = [getattr(world, part) for part in PARTS]
    digest = hashlib.blake2b(digest_size=16)
    for table in tables:
        for field in dataclasses.fields(table):
            digest.update(field.name.encode())
            digest.update(np.asarray(getattr(table, field.name)).astype(str).tobytes())
    digest.update(world.destinations.tobytes())
    digest.update(repr((world.placements, world.credits)).encode())
    for values in flat(make_lives(scenario, world).tables).values():
        digest.update(np.asarray(values).tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def town():
    return build_world(town_scenario(5))


def test_two_builds_are_equal():
    assert fingerprint(town_scenario(5)) == fingerprint(town_scenario(5))
    assert fingerprint(town_scenario(5)) != fingerprint(town_scenario(6))


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_other_processes_build_the_same_world(hash_seed):
    """Nothing depends on the order of sets, nor on what ran before."""
    code = CODE.format(paths=[str(TESTS), str(TESTS / "world")])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True, cwd=TESTS
    )
    assert done.stdout.strip() == fingerprint(town_scenario(5))


def test_anaheim_is_built_twice_the_same(data):
    assert fingerprint(anaheim_scenario(data, period__days=1)) == fingerprint(anaheim_scenario(data, period__days=1))


def test_sites_are_numbered_by_link_and_position(town):
    readers = town.readers
    assert readers.n == 10
    assert np.array_equal(np.lexsort((readers.uid, readers.at, readers.link)), np.arange(10))
    assert town.owners.name == ("shopping-centre", "smallville-pd")
    assert np.bincount(readers.owner).tolist() == [4, 6]


def test_what_readers_do_changes_nothing_that_moves():
    """More readers leave roads, zones, choices and driving times alone."""
    few, many = (build_world(town_scenario(5, readers__place__police__count=n)) for n in (1, 9))
    for part in ("roads", "graph", "zones"):
        a, b = getattr(few, part), getattr(many, part)
        for field in dataclasses.fields(a):
            assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name
    assert np.array_equal(few.destinations, many.destinations)
    for name in ("fast_ds", "slow_ds", "used"):
        assert np.array_equal(getattr(few.routes, name), getattr(many.routes, name)), name


def test_mapped_readers_are_numbered_by_link_and_position(data):
    readers = build_world(anaheim_scenario(data)).readers
    assert np.array_equal(np.lexsort((readers.at, readers.link)), np.arange(readers.n))
    assert len(np.unique(readers.at)) > 1
    assert len(np.unique(readers.uid)) == readers.n


def test_every_credit_is_kept_once(data):
    world = build_world(anaheim_scenario(data))
    assert len(world.credits) == len(set(world.credits)) == 2
    assert "OpenStreetMap" in world.credits[1]
    assert len(world.placements) == 1


def test_busiest_links_of_a_day_are_loaded_both_ways(town):
    """People drive there and back, so what leaves a hub comes back to it."""
    trips = _daily_trips(town.zones, town.destinations)
    assert np.array_equal(trips, trips.T)
    assert trips.sum() == pytest.approx(2 * town.zones.residents.sum())


def test_a_network_without_a_folder_is_refused():
    import simulate.scenario

    with pytest.raises(ScenarioError, match=r"roads.path: expected the folder of a TNTP network, found nothing"):
        build_world(simulate.scenario.load("anaheim"))


def test_an_outside_zone_that_does_not_exist_is_refused(data):
    with pytest.raises(ScenarioError, match=r"roads.outside_zones: expected zones from 1 to 38, found 39"):
        build_world(anaheim_scenario(data, roads__outside_zones=[1, 39]))


def test_a_world_without_readers_is_refused():
    scenario = town_scenario(5)
    readers = scenario.settings.readers.model_copy(update={"place": {}})
    bare = dataclasses.replace(scenario, settings=scenario.settings.model_copy(update={"readers": readers}))
    with pytest.raises(ScenarioError, match=r"^readers: expected at least one reader, found none; add \[readers.place"):
        finish(bare, build_world(bare))
