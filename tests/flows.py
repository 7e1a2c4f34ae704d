"""How often each link is driven: the truth in bulk, to hold against counts of real roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from reference.tree_paths import route_links

from simulate.kernels.leaf import driver
from simulate.kernels.legs import LEG_FIELDS, legs_of
from simulate.kernels.plan import MAX_LEGS
from simulate.world.routes import N_ALTERNATIVES, trees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.travel.life import Lives
    from simulate.world.build import World


def link_passages(
    world: World, lives: Lives, first_day: int, last_day: int
) -> tuple[NDArray[np.float64], float, float]:
    """Count how often everyone who lives here drives each link; float64[m].

    Also returns trips per vehicle-day and the share of vehicle-days without any.
    """
    h = len(world.routes.hub_node)
    legs = np.zeros((h, N_ALTERNATIVES, h), np.int64)
    idle, residents = np.zeros(1, np.int64), lives.population.n_residents
    count_legs(lives.tables, residents, first_day, last_day, legs, idle)
    flow = np.zeros(world.roads.n_links)
    by_tree = np.zeros((N_ALTERNATIVES, h, h))
    for alternative in range(N_ALTERNATIVES):
        for tree in range(N_ALTERNATIVES):
            same = world.routes.used[:, alternative].reshape(h, h) == tree
            by_tree[tree] += np.where(same, legs[:, alternative], 0)
    for tree in range(N_ALTERNATIVES):
        for i, _, in_link in trees(world.graph, tree, world.routes.hub_node):
            for j in np.flatnonzero(by_tree[tree, i]):
                if i != j:
                    flow[route_links(world.graph, in_link, int(world.routes.hub_node[j]))] += by_tree[tree, i, j]
    vehicle_days = float(residents * (last_day - first_day))
    return flow, float(legs.sum()) / vehicle_days, float(idle[0]) / vehicle_days


@driver
def count_legs(life, vehicles, first_day, last_day, legs, idle):
    """Count the legs of the first vehicles by (hub, alternative, hub), and days on which they stay put.

    legs : int64[h, alternatives, h], added to; idle : int64[1], vehicle-days added to.
    """
    out = np.empty((len(LEG_FIELDS), (last_day - first_day) * MAX_LEGS), np.int64)
    vehicle = np.empty(1, np.int64)
    for v in range(vehicles):
        vehicle[0] = v
        rows, used = legs_of(life, vehicle, first_day, last_day, out), 0
        for i in range(rows):
            legs[life.places.zone_hub[out[3, i]], out[6, i], life.places.zone_hub[out[4, i]]] += 1
            used += i == 0 or out[1, i] != out[1, i - 1]
        idle[0] += last_day - first_day - used
