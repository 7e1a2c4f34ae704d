"""Zones: blocks round junctions, and what draws people to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.world.town import Grid, build_streets
from simulate.world.zones import Purpose, everyday_attraction, scatter, smooth_field

ROADS = build_streets(Grid(side=8, block_m=200), 3)
NODES = np.arange(0, 64, 2)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 500), min_size=32, max_size=32), st.floats(1, 120), st.integers(0, 1000))
def test_blocks_share_out_the_homes_of_their_node(homes, per_zone, seed):
    blocks = scatter(ROADS, NODES, np.array(homes), per_zone, seed)
    assert np.allclose(np.bincount(blocks.node, weights=blocks.residents, minlength=32), homes)
    assert (blocks.residents <= per_zone * (1 + 1e-12)).all()
    assert set(blocks.node.tolist()) == set(range(32))
    assert len(np.unique(blocks.name)) == len(blocks.name)


def test_blocks_lie_nearer_to_their_own_node_than_to_any_other():
    blocks = scatter(ROADS, NODES, np.full(32, 300.0), 20, 1)
    x, y = ROADS.x_m[NODES], ROADS.y_m[NODES]
    apart = np.hypot(blocks.x_m[:, None] - x, blocks.y_m[:, None] - y)
    assert np.array_equal(apart.argmin(axis=1), blocks.node)
    assert apart.min(axis=1).max() <= 300


def test_more_homes_at_one_node_move_no_block_of_another():
    few, many = (scatter(ROADS, NODES, np.where(np.arange(32) == 5, n, 50.0), 20, 1) for n in (50, 500))
    where = [dict(zip(b.name.tolist(), zip(b.x_m, b.y_m, strict=True), strict=True)) for b in (few, many)]
    assert where[0].items() <= where[1].items()
    assert len(where[1]) > len(where[0])


def test_a_smooth_field_ranks_all_points_and_neighbours_alike():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 5000, (2, 1500))
    rank = smooth_field(x, y, "zones.income", 7)
    assert np.allclose(np.sort(rank), (np.arange(1500) + 0.5) / 1500)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(apart, np.inf)
    neighbour = np.abs(rank - rank[apart.argmin(axis=1)]).mean()
    anyone = np.abs(rank - rank[rng.permutation(1500)]).mean()
    assert neighbour < anyone / 5
    assert not np.array_equal(rank, smooth_field(x, y, "zones.income", 8))


def attraction(jobs=None, seed=0):
    n = 2000
    jobs = np.full(n, 30.0) if jobs is None else jobs
    names = np.arange(n, dtype=np.uint64)
    return everyday_attraction(jobs, np.full(n, 20.0), np.linspace(0, 1, n), names, seed), jobs


@pytest.mark.parametrize(
    ("purpose", "share"),
    [(Purpose.SCHOOL, 0.06), (Purpose.SHOP, 0.25), (Purpose.MEAL, 0.25), (Purpose.LEISURE, 0.2),
     (Purpose.WORSHIP, 0.08), (Purpose.CLINIC, 0.06)],
)  # fmt: skip
def test_only_some_zones_hold_each_kind_of_place(purpose, share):
    here = (attraction()[0][purpose] > 0).mean()
    assert abs(here - share) < 4 * np.sqrt(share * (1 - share) / 2000)


def test_homes_jobs_and_visits_are_where_people_are():
    table, jobs = attraction(np.arange(2000.0))
    assert np.array_equal(table[Purpose.WORK], jobs)
    assert (table[[Purpose.HOME, Purpose.VISIT]] == 20).all()
    assert np.array_equal(table[Purpose.GROUP], table[Purpose.LEISURE] + table[Purpose.WORSHIP])


def test_a_place_so_small_that_no_zone_is_drawn_still_has_one_of_each_kind():
    for seed in range(50):
        table = everyday_attraction(np.ones(1), np.ones(1), np.ones(1), np.array([9], np.uint64), seed)
        everyday = [p for p in Purpose if p not in {Purpose.OUTSIDE, Purpose.TRIP}]
        assert (table[everyday] > 0).all()
