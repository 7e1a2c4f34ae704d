"""Roads and zones of several metros of one country.

They lie side by side on the map, farther apart than any trip, without roads between them; their
real positions matter only for moves and travel between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate import streams
from simulate.scenario.metros import choose, read_metros
from simulate.scenario.schema.settings import MetroRoads
from simulate.world.leaving import Leaving
from simulate.world.metro.build import build_metro
from simulate.world.roads import EARTH_RADIUS_M, RoadNetwork
from simulate.world.zones import Purpose, Zones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.scenario.metros import Metro
    from simulate.scenario.schema.settings import NationRoads

GAP_M = 20_000.0
"""Empty land between two metros on the map."""
LISTED = 0.55
"""Share of a metro's emigrants with another metro of the file as destination (assumption: as many as
live there, 55.0 % of the country in the 50 largest metros, Census 2019)."""
EVERYONE = 0.9
"""Maximum share of any metro's emigrants with another metro of the file as destination (assumption)."""
NEAREST_M = 100_000.0
"""Minimum distance in the gravity model (assumption)."""
NAME_BITS = 24
"""Node names of one metro are below 2^24; a hash of the metro's name is in the higher bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nation:
    """The metros of a file and the selection drawn; c chosen metros, h hubs."""

    metros: tuple[Metro, ...]
    chosen: tuple[int, ...]
    """Indices of the drawn metros, in the order of the file."""
    roads: RoadNetwork
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    metro_of_hub: NDArray[np.int16]
    """int16[h]; index of the chosen metro of each hub."""
    migration: NDArray[np.float64]
    """float64[c + 1, c]; share of the emigrants of each chosen metro by destination; the
    rest leave the map. The last row is for immigrants from outside the map."""
    metro_of_link: NDArray[np.int16]
    """int16[m]; index of the chosen metro of each link."""
    leaving: Leaving
    """External trips of each metro to the towns beyond it."""


def build_nation(settings: NationRoads, seed: int) -> Nation:
    """Build the chosen metros, each independent of the others, and place them side by side."""
    metros = read_metros(settings.path)
    chosen = choose(metros, settings.metros)
    grounds = []
    for i in chosen:
        metro = metros[i]
        grounds.append(
            build_metro(
                MetroRoads(
                    source="metro",
                    population=metro.population,
                    vehicles_per_person=settings.vehicles_per_person,
                    density_per_km2=settings.density_per_km2,
                    water=settings.water,
                    vehicles_per_zone=settings.vehicles_per_zone,
                    leave_work=settings.leave_work,
                    leave_other=settings.leave_other,
                ),
                int(streams.key(seed, f"metro.{metro.name}")),
            )
        )
    uids = [streams.uid("metro", metros[i].name) for i in chosen]
    shift_m = _side_by_side([roads for roads, _, _, _ in grounds])
    nodes = np.cumsum([0, *(roads.n_nodes for roads, _, _, _ in grounds)])
    n_hubs = np.cumsum([0, *(len(hubs) for _, hubs, _, _ in grounds)])
    return Nation(
        metros=metros,
        chosen=chosen,
        roads=_union([roads for roads, _, _, _ in grounds], uids, nodes, shift_m),
        hubs=np.concatenate([hubs + nodes[i] for i, (_, hubs, _, _) in enumerate(grounds)]).astype(np.int32),
        zones=_all_zones(
            [zones for _, _, zones, _ in grounds], n_hubs, shift_m, [metros[i].population for i in chosen], uids
        ),
        metro_of_hub=np.repeat(np.arange(len(chosen)), np.diff(n_hubs)).astype(np.int16),
        migration=migration(metros, chosen),
        leaving=_all_leaving([leaving for _, _, _, leaving in grounds]),
        metro_of_link=np.repeat(np.arange(len(chosen)), [roads.n_links for roads, _, _, _ in grounds]).astype(np.int16),
    )


def migration(metros: Sequence[Metro], chosen: Sequence[int]) -> NDArray[np.float64]:
    """Return the destinations of emigrants of each chosen metro, by a gravity model over all metros; float64[c + 1, c].

    Flows between two metros are symmetric: product of their populations over their distance.
    LISTED of all emigrants move to another metro of the file, or fewer if some metro would
    exceed EVERYONE; the others leave the map, and equally many come from there.
    """
    people = np.array([metro.population for metro in metros], np.float64)
    at = np.radians([[metro.latitude, metro.longitude] for metro in metros])
    north = at[:, None, 0] - at[:, 0]
    east = (at[:, None, 1] - at[:, 1]) * np.cos((at[:, None, 0] + at[:, 0]) / 2)
    weight = people / np.maximum(np.hypot(north, east) * EARTH_RADIUS_M, NEAREST_M)
    np.fill_diagonal(weight, 0.0)
    potential = weight.sum(axis=1)
    usual = LISTED * people.sum() / max(people @ potential, 1e-300)
    share = weight * min(usual, EVERYONE / max(potential.max(), 1e-300))
    inside = share[np.ix_(chosen, chosen)]
    arrivals = people[list(chosen)] * (1.0 - inside.sum(axis=1))
    return np.concatenate([inside, arrivals[None] / arrivals.sum()])


def _side_by_side(roads: Sequence[RoadNetwork]) -> list[float]:
    """Return the eastward shift of each metro, in metres; 0 for the first."""
    shift_m, edge_m = [0.0], float(roads[0].x_m.max())
    for network in roads[1:]:
        shift_m.append(edge_m + GAP_M - float(network.x_m.min()))
        edge_m = shift_m[-1] + float(network.x_m.max())
    return shift_m


def _union(
    roads: Sequence[RoadNetwork], uids: Sequence[np.uint64], nodes: NDArray[np.int64], shift_m: Sequence[float]
) -> RoadNetwork:
    """Merge networks into one map; a node's name contains a hash of its metro's name."""

    def joined(field: str) -> NDArray[Any]:
        return np.concatenate([getattr(network, field) for network in roads])

    return RoadNetwork(
        node_name=np.concatenate(
            [
                network.node_name + ((int(uid) >> NAME_BITS + 2) << NAME_BITS)
                for uid, network in zip(uids, roads, strict=True)
            ]
        ),
        x_m=np.concatenate([network.x_m + east for east, network in zip(shift_m, roads, strict=True)]),
        y_m=joined("y_m"),
        through=joined("through"),
        tail=np.concatenate([network.tail + nodes[i] for i, network in enumerate(roads)]).astype(np.int32),
        head=np.concatenate([network.head + nodes[i] for i, network in enumerate(roads)]).astype(np.int32),
        length_m=joined("length_m"),
        free_s=joined("free_s"),
        road_class=joined("road_class"),
        capacity=joined("capacity"),
        credit=roads[0].credit,
    )


def _all_zones(
    zones: Sequence[Zones],
    hubs: NDArray[np.int64],
    shift_m: Sequence[float],
    people: Sequence[int],
    uids: Sequence[np.uint64],
) -> Zones:
    """Merge the zones of all metros into one table; external attraction is scaled to the metro's population.

    The last zone is no place: it stands for the homes of people off the map for now.
    """
    attraction = np.concatenate([metro.attraction for metro in zones], axis=1)
    sizes = [metro.n for metro in zones]
    ways_in = [metro.attraction[Purpose.OUTSIDE] / metro.attraction[Purpose.OUTSIDE].sum() for metro in zones]
    attraction[Purpose.OUTSIDE] = np.concatenate([n * weight for n, weight in zip(people, ways_in, strict=True)])
    return Zones(
        x_m=np.concatenate([*(metro.x_m + east for east, metro in zip(shift_m, zones, strict=True)), [0.0]]),
        y_m=np.concatenate([*(metro.y_m for metro in zones), [0.0]]),
        hub=np.concatenate([*(metro.hub + hubs[i] for i, metro in enumerate(zones)), [0]]).astype(np.int32),
        residents=np.concatenate([*(metro.residents for metro in zones), [0.0]]),
        attraction=np.concatenate([attraction, np.zeros((len(attraction), 1))], axis=1),
        outside=np.concatenate([*(metro.outside for metro in zones), [True]]),
        income_rank=np.concatenate([*(metro.income_rank for metro in zones), [0.5]]),
        shifted_m=np.append(np.repeat(shift_m, sizes), 0.0),
        metro_uid=np.append(np.repeat(np.array(uids, np.uint64), sizes), np.uint64(0)),
    )


def _all_leaving(leaving: Sequence[Leaving]) -> Leaving:
    """Merge the external trips with separate groups per metro; the last zone, no place, is in none."""
    groups = np.cumsum([0, *(metro.n for metro in leaving)])
    group = [np.where(metro.group >= 0, metro.group + first, -1) for metro, first in zip(leaving, groups, strict=False)]
    return Leaving(
        group=np.concatenate([*group, [-1]]),
        share={purpose: np.concatenate([metro.share[purpose] for metro in leaving]) for purpose in leaving[0].share},
    )
