"""Build the world of a scenario: all static tables, in order of dependence."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.scenario.metros import apportion
from simulate.scenario.schema.settings import MetroRoads, NationRoads, StreetRoads, TntpRoads, TownRoads
from simulate.world.counties import count_mapped
from simulate.world.metro.build import build_metro
from simulate.world.nation import Nation, build_nation, join_nation
from simulate.world.owners import Owners, agency_sentences, build_owners
from simulate.world.part import RoadsAndZones, build_part
from simulate.world.readers import Placed, Quota, Readers, concatenate, place_readers
from simulate.world.routes import Graph, Routes, build_routes
from simulate.world.streets.roads import read_streets
from simulate.world.streets.zones import build_street_zones
from simulate.world.tntp.roads import read_nodes, to_roads
from simulate.world.tntp.tables import find_files, read_network, read_trips
from simulate.world.town import build_town
from simulate.world.traffic_zones import TrafficZones, build_traffic_zones
from simulate.world.travel_time_budget import TravelTimeBudget
from simulate.world.zones import Zones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.scenario.schema.readers import Placement
    from simulate.scenario.schema.settings import Settings
    from simulate.world.roads import RoadNetwork


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """The static parts of a scenario, each a table of its own."""

    roads: RoadNetwork
    graph: Graph
    zones: Zones
    traffic_zones: TrafficZones | None
    owners: Owners
    """Owners of readers, referred to by position."""
    readers: Readers
    """Sorted by link and position; a reader's row is its site."""
    placements: tuple[str, ...]
    """Reports on a street map, on the positions of each file and on agencies, in plain sentences."""
    routes: Routes
    destinations: NDArray[np.uint32]
    """uint32[purposes, h, 512]; destinations of people of each hub."""
    deterrence: NDArray[np.float64]
    """float64[p]; deterrence by driving time, 1 next door, by pairs of hubs as in `Routes`."""
    travel_time_budget: TravelTimeBudget
    credits: tuple[str, ...]
    """Attributions, due wherever this world is shown."""
    metros: tuple[str, ...]
    """Names of the drawn metros of a nation; empty for any other map."""
    metro_of_hub: NDArray[np.int16]
    """int16[h]; metro of each hub, 0 on any other map."""
    migration: NDArray[np.float64]
    """float64[c + 1, c]; destinations of moves out of each metro (`nation.Nation`); float64[1, 0] elsewhere."""
    elsewhere: int
    """Zone of households off the map for now, -1 if none."""


def build_world(scenario: Scenario, kept: Path | None = None) -> World:
    """Build roads, zones, destinations, readers and routes; a pure function of the scenario.

    kept : folder of the stored metros of a nation; None keeps none.
    """
    settings, seed = scenario.settings, scenario.seed
    if not isinstance(settings.roads, NationRoads):
        return _one_part(settings, seed)
    with tempfile.TemporaryDirectory(prefix="plateprint-") as passing:
        return _several(settings, seed, kept or Path(passing))


def _one_part(settings: Settings, seed: int) -> World:
    """Build a map with one connected road network."""
    roads_and_zones = _roads_and_zones(settings, seed)
    part = build_part(roads_and_zones, settings.travel, seed)
    owners = build_owners(settings.owners, part.zones, None, seed)
    readers, placements = _place_readers(settings, part.roads, None, owners, part.flow, seed)
    margin = settings.travel.other_route_margin
    return World(
        roads=part.roads,
        graph=part.network,
        zones=part.zones,
        traffic_zones=roads_and_zones.traffic_zones,
        owners=owners,
        readers=readers,
        placements=(*roads_and_zones.left_out, *placements, *agency_sentences(settings.owners, None)),
        routes=build_routes(part.roads, part.network, part.hubs, readers, margin, part.quickest),
        destinations=part.destinations,
        deterrence=part.deterrence,
        travel_time_budget=part.travel_time_budget,
        credits=_credits(settings, part.roads),
        metros=(),
        metro_of_hub=np.zeros(len(part.hubs), np.int16),
        migration=np.zeros((1, 0)),
        elsewhere=-1,
    )


def _several(settings: Settings, seed: int, folder: Path) -> World:
    """Build the metros of a nation, side by side; folder : of their entries."""
    nation = build_nation(settings, seed, folder)
    owners = build_owners(settings.owners, nation.zones, nation, seed)
    readers, placements = _place_readers(settings, nation.roads, nation, owners, nation.flow, seed)
    return World(
        roads=nation.roads,
        graph=nation.network,
        zones=nation.zones,
        traffic_zones=None,
        owners=owners,
        readers=readers,
        placements=(*placements, *agency_sentences(settings.owners, nation)),
        routes=join_nation(nation, readers),
        destinations=nation.destinations,
        deterrence=nation.deterrence,
        travel_time_budget=nation.travel_time_budget,
        credits=_credits(settings, nation.roads),
        metros=tuple(nation.metros[i].name for i in nation.chosen),
        metro_of_hub=nation.metro_of_hub,
        migration=nation.migration,
        elsewhere=nation.zones.n - 1,
    )


def _credits(settings: Settings, roads: RoadNetwork) -> tuple[str, ...]:
    """Return the attributions: for the roads, then for the readers."""
    named = [roads.credit, *(rule.credit or "" for rule in settings.readers.place.values())]
    return tuple(dict.fromkeys(credit for credit in named if credit))


def _roads_and_zones(settings: Settings, seed: int) -> RoadsAndZones:
    """Read or generate the roads of a map without a nation, with their zones."""
    source = settings.roads
    if isinstance(source, StreetRoads):
        roads, report = read_streets(source.path, source.outside_km)
        hubs, zones, external_trips = build_street_zones(roads, source, seed)
        return RoadsAndZones(
            roads=roads, hubs=hubs, zones=zones, external_trips=external_trips, left_out=(report.describe(),)
        )
    if isinstance(source, TntpRoads):
        return _roads_of_table(source, seed)
    if isinstance(source, MetroRoads):
        roads, hubs, zones, external_trips = build_metro(source, seed)
        return RoadsAndZones(roads=roads, hubs=hubs, zones=zones, external_trips=external_trips)
    assert isinstance(source, TownRoads)
    roads, zones = build_town(source, seed)
    return RoadsAndZones(roads=roads, hubs=np.arange(roads.n_nodes, dtype=np.int32), zones=zones)


def _roads_of_table(source: TntpRoads, seed: int) -> RoadsAndZones:
    """Read a network with its trip table."""
    if not source.path:
        raise ScenarioError(
            "roads.path", "the folder of a TNTP network", "nothing",
            'give it: overrides=["roads.path=FOLDER"], the folder of *_net.tntp, *_trips.tntp and the node coordinates',
        )  # fmt: skip
    files = find_files(Path(source.path))
    table = read_network(files.net)
    number, x, y = read_nodes(files.nodes, table.n_nodes)
    roads = to_roads(
        table, number, x, y, length_unit=source.length_unit, time_unit=source.time_unit,
        coordinates=source.coordinates, credit=source.credit or "",
    )  # fmt: skip
    unknown = [zone for zone in source.outside_zones if not 1 <= zone <= table.n_zones]
    if unknown:
        raise ScenarioError("roads.outside_zones", f"zones from 1 to {table.n_zones}", unknown[0], "correct the list")
    trips = read_trips(files.trips, table.n_zones)
    hubs, zones, traffic_zones = build_traffic_zones(roads, trips, source, seed)
    return RoadsAndZones(roads=roads, hubs=hubs, zones=zones, traffic_zones=traffic_zones)


def _place_readers(
    settings: Settings, roads: RoadNetwork, nation: Nation | None, owners: Owners, flow: NDArray[np.float64], seed: int
) -> tuple[Readers, tuple[str, ...]]:
    """Return the readers of every rule, numbered by link and position, and reports on their placement."""
    stated = list(settings.owners)
    rules = settings.readers.place
    placed: list[Placed] = []
    sentences: list[str] = []
    taken: dict[str, list[int]] = {}
    for name, rule in rules.items():
        of_owner = taken.setdefault(rule.owner, [])
        index = stated.index(rule.owner)
        quota = None
        if rule.counties is not None:
            quota, sentence = _by_county(name, rule, nation)
            sentences.append(sentence)
        elif nation is not None and rule.count is not None:
            people = [nation.metros[i].population for i in nation.chosen]
            quota = Quota(part=nation.metro_of_link, counts=apportion(rule.count, people))
        part = place_readers(roads, name, rule, flow=flow, seed=seed, owner_index=index, taken=of_owner, quota=quota)
        of_owner += part.readers.link.tolist()
        placed.append(part)
        if part.report is not None:
            sentences.append(part.report.describe())
    readers = concatenate([part.readers for part in placed])
    order = np.lexsort((readers.uid, readers.at, readers.link))
    numbered = Readers(
        uid=readers.uid[order],
        link=readers.link[order],
        at=readers.at[order],
        owner=_bodies(readers, stated, owners, nation)[order],
        x_m=readers.x_m[order],
        y_m=readers.y_m[order],
        operator=tuple(readers.operator[i] for i in order),
    )
    return numbered, tuple(sentences)


def _bodies(readers: Readers, stated: list[str], owners: Owners, nation: Nation | None) -> NDArray[np.int16]:
    """Return the owner's body of each reader; int16[r]."""
    metro = np.zeros(readers.n, np.int16) if nation is None else nation.metro_of_link[readers.link]
    body = np.full(readers.n, -1, np.int16)
    for index, owner in enumerate(stated):
        own_rows = readers.owner == index
        body[own_rows] = owners.at(owner, metro[own_rows], readers.x_m[own_rows], readers.y_m[own_rows])
    return body


def _by_county(name: str, rule: Placement, nation: Nation | None) -> tuple[Quota, str]:
    """Return the quota of each metro under a rule with counts by county, and a sentence about it."""
    key = f"readers.place.{name}.counties"
    if nation is None:
        raise ScenarioError(key, 'roads of the source "nation"', "others", "say count instead")
    factor = 1.0 if rule.factor is None else rule.factor
    mapped = count_mapped(rule.counties or "", [nation.metros[i].name for i in nation.chosen], key)
    counts = tuple(round(metro.readers * factor) for metro in mapped)
    if not sum(counts):
        counted = ", ".join(f"{metro.readers} in {metro.metro}" for metro in mapped)
        raise ScenarioError(key, "at least 1 reader in the metros", counted, "raise factor, or choose other metros")
    parts = []
    for metro, count in zip(mapped, counts, strict=True):
        absent = f", {metro.absent} of which the file does not list" if metro.absent else ""
        parts.append(f"{count:,} in {metro.metro} ({metro.readers:,} mapped in its {metro.counties} counties{absent})")
    sentence = f"Readers of {name}, {factor:g} for each that is mapped: {'; '.join(parts)}."
    return Quota(part=nation.metro_of_link, counts=counts), sentence
