"""Zones: small areas with homes, jobs and all destinations of trips."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from simulate import streams
from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.roads import RoadNetwork


class Purpose(IntEnum):
    """Purpose of a trip, by the activity at its end."""

    HOME = 0
    WORK = 1
    SCHOOL = 2
    SHOP = 3
    MEAL = 4
    LEISURE = 5
    VISIT = 6
    WORSHIP = 7
    CLINIC = 8
    GROUP = 9
    OUTSIDE = 10
    CITY = 11
    """Any purpose of visitors from beyond the map."""
    LUNCH = 12
    """A meal or an errand near work, between two halves of a working day."""
    TRIP = 13
    """A day out: a visit or an excursion, mostly far from home."""


N_PURPOSES = len(Purpose)
MOST_BLOCKS = 4096
"""Most zones round one junction: numbered by twelve bits of their names."""
FARTHEST_M = 500.0
"""Greatest distance of a block from its junction (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Zones:
    """Small areas, each attached to one hub; z zones."""

    x_m: NDArray[np.float64]
    """float64[z]; metres east."""
    y_m: NDArray[np.float64]
    """float64[z]; metres north."""
    hub: NDArray[np.int32]
    """int32[z]; index of the hub at the start of trips from here."""
    residents: NDArray[np.float64]
    """float64[z]; vehicles kept here over night."""
    attraction: NDArray[np.float64]
    """float64[purposes, z]; attraction by purpose, jobs under WORK."""
    outside: NDArray[np.bool_]
    """bool[z]; True for zones standing for the world beyond the map."""
    income_rank: NDArray[np.float64]
    """float64[z]; 0 poorest to 1 richest, a trait of areas only."""
    shifted_m: NDArray[np.float64] | None = None
    """float64[z]; shift to the east of the zone's metro on a map of several; None on any other."""
    metro_uid: NDArray[np.uint64] | None = None
    """uint64[z]; hash of that metro's name."""

    @property
    def n(self) -> int:
        """Count the zones."""
        return len(self.x_m)

    def own_ground(self) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
        """Return metres east on the metro's own map, and the uid of that map; float64[z], uint64[z].

        Names made of these are the same whatever other metros stand on the map.
        """
        if self.shifted_m is None or self.metro_uid is None:
            return self.x_m, np.zeros(self.n, np.uint64)
        return self.x_m - self.shifted_m, self.metro_uid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Blocks scattered round nodes; b blocks."""

    node: NDArray[np.int64]
    """int64[b]; position of the block's node in the list of nodes."""
    name: NDArray[np.uint64]
    """uint64[b]; key of the block for draws."""
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    residents: NDArray[np.float64]
    """float64[b]; vehicles kept here over night."""


def scatter(
    roads: RoadNetwork, nodes: NDArray[np.int64], homes: NDArray[np.float64], per_zone: float, seed: int
) -> Blocks:
    """Scatter blocks round nodes, none with more than `per_zone` vehicles.

    nodes : int64[k]; homes : float64[k], vehicles kept round each node. A block lies
    within half the distance to the nearest other node, at most FARTHEST_M away.
    """
    blocks = np.maximum(np.ceil(homes / per_zone), 1).astype(np.int64)
    if blocks.max() > MOST_BLOCKS:
        raise ScenarioError(
            "roads.vehicles_per_zone", f"at most {MOST_BLOCKS:,} zones round a junction", f"{blocks.max():,}",
            "raise vehicles_per_zone",
        )  # fmt: skip
    owner = np.repeat(np.arange(len(nodes)), blocks)
    x, y = roads.x_m[nodes], roads.y_m[nodes]
    apart = np.asarray(cKDTree(np.column_stack([x, y])).query(np.column_stack([x, y]), k=2)[0])[:, 1]
    radius = np.minimum(apart / 2, FARTHEST_M)
    ordinal = np.arange(len(owner)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    name = roads.node_name[nodes[owner]].astype(np.uint64) * np.uint64(MOST_BLOCKS) + ordinal.astype(np.uint64)
    turn = 2 * np.pi * streams.uniforms(streams.key(seed, "zones.turn"), name)
    reach = radius[owner] * np.sqrt(streams.uniforms(streams.key(seed, "zones.reach"), name))
    return Blocks(
        node=owner,
        name=name,
        x_m=x[owner] + reach * np.cos(turn),
        y_m=y[owner] + reach * np.sin(turn),
        residents=(homes / blocks)[owner],
    )


def smooth_field(x: NDArray[np.float64], y: NDArray[np.float64], name: str, seed: int) -> NDArray[np.float64]:
    """Return ranks of points in a smooth random field, similar among neighbours; float64[n] in [0, 1]."""
    turns = streams.uniforms(streams.key(seed, name), np.arange(24)).reshape(8, 3)
    span = max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    field = np.zeros(len(x))
    for direction, phase, rate in turns:
        along = (x * np.cos(2 * np.pi * direction) + y * np.sin(2 * np.pi * direction)) / span
        field += np.sin(2 * np.pi * (phase + (0.4 + rate) * along))
    rank = np.empty(len(x))
    rank[np.argsort(field, kind="stable")] = (np.arange(len(x)) + 0.5) / max(len(x), 1)
    return rank


def everyday_attraction(
    jobs: NDArray[np.float64],
    residents: NDArray[np.float64],
    central: NDArray[np.float64],
    names: NDArray[np.uint64],
    seed: int,
) -> NDArray[np.float64]:
    """Return the attraction of zones for schools, shops, meals and the rest; float64[purposes, z].

    jobs, residents, central : float64[z]; central is 1 in the middle and falls outwards.
    Commerce follows jobs and the centre; schools and worship follow homes; only some
    zones hold each kind, drawn by a key of the zone's name.
    """
    attraction = np.zeros((N_PURPOSES, len(jobs)))
    share = {
        Purpose.SCHOOL: (0.06, residents),
        Purpose.SHOP: (0.25, jobs + residents * 0.1),
        Purpose.MEAL: (0.25, jobs * (0.3 + central)),
        Purpose.LEISURE: (0.20, jobs * 0.3 + residents * 0.2),
        Purpose.WORSHIP: (0.08, residents + jobs * 0.2),
        Purpose.CLINIC: (0.06, jobs + residents * 0.05),
    }
    for purpose, (present, weight) in share.items():
        here = streams.uniforms(streams.key(seed, f"zones.{purpose.name.lower()}"), names) < present
        present_weight = weight * here
        attraction[purpose] = present_weight if present_weight.sum() > 0 else weight + 1e-9
    attraction[Purpose.HOME] = residents
    attraction[Purpose.WORK] = jobs
    attraction[Purpose.VISIT] = residents
    attraction[Purpose.LUNCH] = attraction[Purpose.MEAL]
    attraction[Purpose.GROUP] = attraction[Purpose.LEISURE] + attraction[Purpose.WORSHIP]
    attraction[Purpose.CITY] = sum(
        part / max(part.sum(), 1e-300) for part in (*(attraction[purpose] for purpose in share), residents, jobs)
    )
    return attraction
