"""Worlds kept on disk, so that a large one is built once and then only opened.

Their entries (`world/entries.py`) are named by a hash of whatever decides the world: the seed,
the settings that `build_world` reads, the content of the files they name, the source of the
rooms that build it, the versions of numpy and scipy, and how this processor rounds. They lie in
$PLATEPRINT_CACHE, or in plateprint/worlds of $XDG_CACHE_HOME or ~/.cache; an empty
$PLATEPRINT_CACHE keeps none. Of nations, each metro is kept on its own (`world/nation.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.scenario.schema.settings import NationRoads, StreetRoads, TntpRoads
from simulate.world import entries
from simulate.world.build import World, build_world
from simulate.world.districts import Districts
from simulate.world.owners import Owners
from simulate.world.reach import Reach
from simulate.world.readers import Readers
from simulate.world.roads import RoadNetwork
from simulate.world.routes import Graph, Routes
from simulate.world.tntp.tables import find_files
from simulate.world.zones import Zones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from simulate.scenario import Scenario

WORTH_HUBS = 400
"""Worlds with fewer hubs are built in less time than it takes to think about it."""
MOST_ENTRIES = 12
"""The entries used longest ago go when there are more; the largest take about 200 MB."""
PARTS: dict[str, type[Any]] = {
    "roads": RoadNetwork,
    "graph": Graph,
    "zones": Zones,
    "districts": Districts,
    "owners": Owners,
    "readers": Readers,
    "routes": Routes,
}
"""The parts of a world that are tables of their own."""


def cached_world(scenario: Scenario) -> World:
    """Return the world of a scenario: from its entry if there is a whole one, else built and kept."""
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
    """Hash what decides a world; None if a file it needs cannot be read."""
    resolved = scenario.resolved()
    decides = {
        "seed": scenario.seed,
        "roads": resolved["roads"],
        "travel": resolved["travel"],
        "place": list(resolved["readers"].get("place", {}).items()),
        "owners": list(resolved["owners"].items()),
    }
    held = []
    try:
        for path in _files_read(scenario):
            if not path.is_file():  # a pipe would wait for ever; the build says what is wrong
                return None
            held.append(path.read_bytes())
    except (OSError, ScenarioError):
        return None
    return entries.key_of(decides, *held)


def load_world(entry: Path) -> World | None:
    """Open an entry; None if it is absent or not what was written."""
    values = entries.load(entry)
    if values is None:
        return None
    made = entries.assemble(World, PARTS, values)
    return World(**made | {"reach": Reach(*made["reach"])})


def save_world(world: World, entry: Path) -> None:
    """Keep a world whole or not at all; where the folder cannot be written, not at all."""
    entries.save(world, entry, MOST_ENTRIES)


def _files_read(scenario: Scenario) -> Iterator[Path]:
    """List the files that the build of a world reads."""
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
