"""The roads and zones of several metros of one country.

They stand side by side on the map, farther apart than any trip, and without roads between
them; their true positions count only for moves and journeys between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulate import streams
from simulate.mapped import release, room
from simulate.scenario.metros import choose, read_metros
from simulate.scenario.schema.settings import MetroRoads
from simulate.world.metro.build import build_metro
from simulate.world.part import RoadsAndZones
from simulate.world.parts import build_parts, join_routes
from simulate.world.roads import EARTH_RADIUS_M, RoadNetwork
from simulate.world.routes import Graph
from simulate.world.zones import N_PURPOSES, Purpose, Zones

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.scenario.metros import Metro
    from simulate.scenario.schema.settings import NationRoads, Settings
    from simulate.world.parts import Parts
    from simulate.world.readers import Readers
    from simulate.world.routes import Routes
    from simulate.world.travel_time_budget import TravelTimeBudget

GAP_M = 20_000.0
"""Empty land between two metros on the map."""
LISTED = 0.55
"""Share of moves out of a metro to another of the file (assumption: the share of people living
there, 55.0 % of the country in the 50 largest metros, Census 2019)."""
EVERYONE = 0.9
"""Upper bound of this share for any metro (assumption)."""
NEAREST_M = 100_000.0
"""Metros nearer than this draw no more people for it (assumption)."""
NAME_BITS = 24
"""Nodes of one metro have names below 2^24; a hash of the metro's name stands above."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nation:
    """The metros of a file and the drawn ones of them; c chosen metros, h hubs, m links."""

    metros: tuple[Metro, ...]
    chosen: tuple[int, ...]
    """Positions of the drawn ones, in the order of the file."""
    parts: Parts
    """Each chosen metro by itself."""
    roads: RoadNetwork
    network: Graph
    hubs: NDArray[np.int32]
    """int32[h]; node of each hub."""
    zones: Zones
    metro_of_hub: NDArray[np.int16]
    """int16[h]; chosen metro of each hub."""
    metro_of_link: NDArray[np.int16]
    """int16[m]; chosen metro of each link."""
    first_node: NDArray[np.int64]
    """int64[c + 1]; first node of each chosen metro."""
    migration: NDArray[np.float64]
    """float64[c + 1, c]; shares of moves out of each chosen metro by destination; the rest leave
    the map. The last row is for arrivals from off the map."""
    flow: NDArray[np.float64]
    """float64[m]; modelled vehicles on each link."""
    deterrence: NDArray[np.float64]
    """float64[p]; deterrence by driving time within each metro, by pairs of hubs."""
    destinations: NDArray[np.uint32]
    """uint32[purposes, h, 512]; destinations of people of each hub."""
    travel_time_budget: TravelTimeBudget


def build_nation(settings: Settings, seed: int, folder: Path) -> Nation:
    """Build the chosen metros side by side, each independent of the choice of the others.

    folder : of stored metros, read if built before.
    """
    source = settings.roads
    metros = read_metros(source.path)  # type: ignore[union-attr]
    chosen = choose(metros, source.metros)  # type: ignore[union-attr]
    parts = build_parts([metros[i] for i in chosen], settings, seed, metro_ground, folder)
    small = [parts.small(i) for i in range(len(chosen))]
    roads, zones = [part.roads for part in small], [part.zones for part in small]
    shift_m = _side_by_side(roads)
    nodes = np.cumsum([0, *(network.n_nodes for network in roads)])
    first_hub = np.cumsum([0, *(len(part.hubs) for part in small)])
    uids = [streams.uid("metro", metros[i].name) for i in chosen]
    deterrence, destinations = _whom_to_visit(parts, first_hub, np.cumsum([0, *(table.n for table in zones)]))
    return Nation(
        metros=metros,
        chosen=chosen,
        parts=parts,
        roads=_union(roads, nodes, shift_m),
        network=_one_graph([part.network for part in small], nodes),
        hubs=np.concatenate([part.hubs + nodes[i] for i, part in enumerate(small)]).astype(np.int32),
        zones=_all_zones(zones, first_hub, shift_m, uids),
        metro_of_hub=np.repeat(np.arange(len(chosen)), np.diff(first_hub)).astype(np.int16),
        metro_of_link=np.repeat(np.arange(len(chosen)), [network.n_links for network in roads]).astype(np.int16),
        migration=migration(metros, chosen),
        first_node=nodes,
        flow=np.concatenate([part.flow for part in small]),
        deterrence=deterrence,
        destinations=destinations,
        travel_time_budget=small[0].travel_time_budget,
    )


def metro_ground(metro: Metro, source: NationRoads, seed: int) -> RoadsAndZones:
    """Build one metro, its nodes named by a hash of its name and its entry zones weighted by population."""
    built = MetroRoads(
        source="metro",
        population=metro.population,
        vehicles_per_person=source.vehicles_per_person,
        density_per_km2=source.density_per_km2,
        water=source.water,
        vehicles_per_zone=source.vehicles_per_zone,
        leave_work=source.leave_work,
        leave_other=source.leave_other,
    )
    roads, hubs, zones, external_trips = build_metro(built, int(streams.key(seed, f"metro.{metro.name}")))
    name = int(streams.uid("metro", metro.name)) >> NAME_BITS + 2 << NAME_BITS
    attraction = zones.attraction.copy()
    attraction[Purpose.OUTSIDE] = metro.population * (attraction[Purpose.OUTSIDE] / attraction[Purpose.OUTSIDE].sum())
    return RoadsAndZones(
        roads=replace(roads, node_name=roads.node_name + name),
        hubs=hubs,
        zones=replace(zones, attraction=attraction),
        external_trips=external_trips,
    )


def join_nation(nation: Nation, readers: Readers) -> Routes:
    """Return the routes of all metros with their readers."""
    first_link = np.searchsorted(nation.metro_of_link, np.arange(len(nation.chosen) + 1))
    return join_routes(nation.parts, readers, first_link, nation.first_node)


def migration(metros: Sequence[Metro], chosen: Sequence[int]) -> NDArray[np.float64]:
    """Return the destinations of moves out of each chosen metro; float64[c + 1, c].

    A gravity model over all metros, with symmetric flows: people of both over the distance
    between. A share LISTED of all moves ends in another metro of the file, or less to keep every
    metro's at most EVERYONE; the others leave the map, and as many come from there.
    """
    people = np.array([metro.population for metro in metros], np.float64)
    at = np.radians([[metro.latitude, metro.longitude] for metro in metros])
    north = at[:, None, 0] - at[:, 0]
    east = (at[:, None, 1] - at[:, 1]) * np.cos((at[:, None, 0] + at[:, 0]) / 2)
    weight = people / np.maximum(np.hypot(north, east) * EARTH_RADIUS_M, NEAREST_M)
    np.fill_diagonal(weight, 0.0)
    pulled = weight.sum(axis=1)
    usual = LISTED * people.sum() / max(people @ pulled, 1e-300)
    share = weight * min(usual, EVERYONE / max(pulled.max(), 1e-300))
    inside = share[np.ix_(chosen, chosen)]
    comes = people[list(chosen)] * (1.0 - inside.sum(axis=1))
    return np.concatenate([inside, comes[None] / comes.sum()])


def _side_by_side(roads: Sequence[RoadNetwork]) -> list[float]:
    """Return the shift of each metro to the east, in metres; the first stays."""
    shift_m, edge_m = [0.0], float(roads[0].x_m.max())
    for network in roads[1:]:
        shift_m.append(edge_m + GAP_M - float(network.x_m.min()))
        edge_m = shift_m[-1] + float(network.x_m.max())
    return shift_m


def _union(roads: Sequence[RoadNetwork], nodes: NDArray[np.int64], shift_m: Sequence[float]) -> RoadNetwork:
    """Return one network of all, with shifted positions."""

    def joined(field: str) -> NDArray[Any]:
        return np.concatenate([getattr(network, field) for network in roads])

    return RoadNetwork(
        node_name=joined("node_name"),
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


def _one_graph(graphs: Sequence[Graph], nodes: NDArray[np.int64]) -> Graph:
    """Return one graph of all; copies of nodes closed to through traffic come after all nodes."""
    copies = np.cumsum([nodes[-1], *(graph.n_nodes - len(graph.start) for graph in graphs)])

    def renumbered(field: str) -> NDArray[np.int64]:
        numbers = [(getattr(graph, field), len(graph.start)) for graph in graphs]
        return np.concatenate(
            [np.where(at < n, at + nodes[i], at - n + copies[i]) for i, (at, n) in enumerate(numbers)]
        )

    return Graph(
        n_nodes=int(copies[-1]),
        leaves=renumbered("leaves"),
        enters=renumbered("enters"),
        start=renumbered("start"),
        cost=np.concatenate([graph.cost for graph in graphs], axis=1),
        fast_ds=np.concatenate([graph.fast_ds for graph in graphs]),
        slow_ds=np.concatenate([graph.slow_ds for graph in graphs]),
    )


def _whom_to_visit(
    parts: Parts, first_hub: NDArray[np.int64], first_zone: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Return the joined deterrence, float64[p], and destinations, uint32[purposes, h, 512]."""
    pairs = np.cumsum([0, *(np.diff(first_hub) ** 2)])
    deterrence: NDArray[np.float64] = room(int(pairs[-1]), np.float64)
    destinations: NDArray[np.uint32] = np.empty(0, np.uint32)
    for i in range(len(first_hub) - 1):
        part = parts.part(i)
        if not i:
            destinations = room((N_PURPOSES, int(first_hub[-1]), part.destinations.shape[2]), np.uint32)
        deterrence[pairs[i] : pairs[i + 1]] = part.deterrence
        destinations[:, first_hub[i] : first_hub[i + 1]] = part.destinations + np.uint32(first_zone[i])
        release([deterrence, destinations])
    return deterrence, destinations


def _all_zones(
    zones: Sequence[Zones], hubs: NDArray[np.int64], shift_m: Sequence[float], uids: Sequence[np.uint64]
) -> Zones:
    """Return the zones of all metros in one table.

    The last zone is no place: it stands for all homes off the map.
    """
    sizes = [table.n for table in zones]
    return Zones(
        x_m=np.concatenate([*(table.x_m + east for east, table in zip(shift_m, zones, strict=True)), [0.0]]),
        y_m=np.concatenate([*(table.y_m for table in zones), [0.0]]),
        hub=np.concatenate([*(table.hub + hubs[i] for i, table in enumerate(zones)), [0]]).astype(np.int32),
        residents=np.concatenate([*(table.residents for table in zones), [0.0]]),
        attraction=np.concatenate([*(table.attraction for table in zones), np.zeros((N_PURPOSES, 1))], axis=1),
        outside=np.concatenate([*(table.outside for table in zones), [True]]),
        income_rank=np.concatenate([*(table.income_rank for table in zones), [0.5]]),
        shifted_m=np.append(np.repeat(shift_m, sizes), 0.0),
        metro_uid=np.append(np.repeat(np.array(uids, np.uint64), sizes), np.uint64(0)),
    )
