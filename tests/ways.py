"""How far drivers leave the quickest way: the ways of trips beside those of the least time in their hour's traffic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from reference.tree_paths import route_links

from simulate.travel import truth
from simulate.world.routes import trees
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.life import Lives
    from simulate.world.build import World


class Likeness(NamedTuple):
    """Commutes beside the quickest ways."""

    n: int
    same: float
    """Share of trips that are driven link for link on the quickest way."""
    overlap: float
    """Mean share of a trip's length that lies on the quickest way."""


def commutes(lives: Lives, one_in: int, days: int) -> truth.Trips:
    """Make the trips to work of one resident vehicle in so many; all trips of it are drawn and the others dropped."""
    made = truth.trips(lives, np.arange(0, lives.population.n_residents, one_in), 0, days)
    work = made.purpose == Purpose.WORK
    return truth.Trips(**{name: getattr(made, name)[work] for name in made.__slots__})


def likeness(world: World, lives: Lives, trips: truth.Trips) -> Likeness:
    """Hold trips against the quickest ways at their hours; trips within a hub are left out."""
    a, b = world.zones.hub[trips.from_zone], world.zones.hub[trips.to_zone]
    driven, quickest = truth.passages(world, lives, trips), _quickest(world, lives, a, b, trips.hour)
    same, overlap, length_m = [], [], world.roads.length_m
    for k in np.flatnonzero(a != b):
        links = driven[k].link
        same.append(links.tolist() == quickest[k])
        overlap.append(length_m[np.intersect1d(links, quickest[k])].sum() / length_m[links].sum())
    return Likeness(len(same), float(np.mean(same)), float(np.mean(overlap)))


def _quickest(
    world: World, lives: Lives, a: NDArray[np.int32], b: NDArray[np.int32], hours: NDArray[np.int64]
) -> list[list[int]]:
    """Find the quickest way of each trip in the traffic of its hour."""
    roads, graph, hub_node = lives.tables.roads, world.graph, world.routes.hub_node
    ways: list[list[int]] = [[] for _ in a]
    for factors in {(int(roads.hour_fast[hour]), int(roads.hour_slow[hour])) for hour in np.unique(hours)}:
        cost = (graph.fast_ds * factors[0] + graph.slow_ds * factors[1]).astype(float)
        now = (roads.hour_fast[hours] == factors[0]) & (roads.hour_slow[hours] == factors[1])
        hubs = np.unique(a[now])
        for i, _, in_link in trees(replace(graph, cost=cost[None]), 0, hub_node[hubs]):
            for k in np.flatnonzero(now & (a == hubs[i]) & (b != a)):
                ways[k] = route_links(graph, in_link, int(hub_node[b[k]]))
    return ways
