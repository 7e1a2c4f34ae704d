"""Cache of worlds on disk: a large one is built once and then only opened.

Entries (`world/entries.py`) are named by a hash of all inputs of the world: the seed, the
settings read by `build_world`, the content of the files named there, the source of the
packages involved, the versions of numpy and scipy, and this processor's rounding. They lie
in $PLATEPRINT_CACHE, or in plateprint/worlds of $XDG_CACHE_HOME or ~/.cache; an empty
$PLATEPRINT_CACHE keeps none. Of nations, each metro is kept on its own (`world/nation.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.scenario.schema.settings import NationRoads, StreetRoads, TntpRoads
from simulate.world import entries
from simulate.world.build import World, build_world
from simulate.world.owners import Owners
from simulate.world.readers import Readers
from simulate.world.roads import RoadNetwork
from simulate.world.routes import Graph, Routes
from simulate.world.tntp.tables import find_files
from simulate.world.traffic_zones import TrafficZones
from simulate.world.travel_time_budget import TravelTimeBudget
from simulate.world.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from simulate.scenario import Scenario

WORTH_HUBS = 400
"""Least number of hubs of a cached world; smaller ones are quick to build."""
MOST_ENTRIES = 12
"""Most entries kept; the least recently used go first. The largest take about 200 MB."""
PARTS: dict[str, type[Any]] = {
    "roads": RoadNetwork,
    "graph": Graph,
    "zones": Zones,
    "traffic_zones": TrafficZones,
    "owners": Owners,
    "readers": Readers,
    "routes": Routes,
}
"""The nested tables of a world."""


def cached_world(scenario: Scenario) -> World:
    """Return the world of a scenario: from a whole entry if any, else built and stored."""
    folder = entries.cache_folder("worlds")
    if isinstance(scenario.settings.roads, NationRoads):
        return build_world(scenario, entries.cache_folder("metros"))
    name = world_key(scenario)
    if name is None or folder is None:
        return build_world(scenario)
    entry = folder / name
    if (world := load_world(entry)) is not None:
        return world
    world = build_world(scenario)
    if len(world.routes.hub_node) >= WORTH_HUBS:
        save_world(world, entry)
    return world


def world_key(scenario: Scenario) -> str | None:
    """Return a hash of all inputs of a world; None if a file is unreadable."""
    resolved = scenario.resolved()
    decides = {
        "seed": scenario.seed,
        "roads": resolved["roads"],
        "travel": resolved["travel"],
        "place": list(resolved["readers"].get("place", {}).items()),
        "owners": list(resolved["owners"].items()),
    }
    contents = []
    try:
        for path in _files_read(scenario):
            if not path.is_file():  # a pipe would wait for ever; the build reports the fault
                return None
            contents.append(path.read_bytes())
    except (OSError, ScenarioError):
        return None
    return entries.key_of(decides, *contents)


def load_world(entry: Path) -> World | None:
    """Return the world of an entry; None if absent or damaged."""
    values = entries.load(entry)
    if values is None:
        return None
    tables = entries.assemble(World, PARTS, values)
    return World(**tables | {"travel_time_budget": TravelTimeBudget(*tables["travel_time_budget"])})


def save_world(world: World, entry: Path) -> None:
    """Store a world whole or not at all; not at all in an unwritable folder."""
    entries.save(world, entry, MOST_ENTRIES)


def _files_read(scenario: Scenario) -> Iterator[Path]:
    """Yield the input files of a world's build."""
    settings = scenario.settings
    if isinstance(settings.roads, TntpRoads):
        files = find_files(Path(settings.roads.path))
        yield from (files.net, files.trips, files.nodes)
    if isinstance(settings.roads, StreetRoads):
        yield Path(settings.roads.path)
    for rule in settings.readers.place.values():
        if rule.strategy == "file":
            yield Path(rule.path or "")
        if rule.counties is not None:
            yield Path(rule.counties)
