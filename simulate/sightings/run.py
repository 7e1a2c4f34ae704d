"""A run: one scenario drawn into one folder, reopened only if it redraws the same."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.engines.processes import Processes
from simulate.kernels.life import flat
from simulate.mapped import joined, pieces, release
from simulate.scenario import Scenario, from_resolved
from simulate.scenario.faults import spell
from simulate.sharing.build import build_network
from simulate.sightings.deployment import Deployment
from simulate.sightings.draw import DrawTables, deployment_of, draw_shard, draw_tables, expected_rows
from simulate.sightings.drawn import drawn_rows
from simulate.sightings.engine import run_shards
from simulate.sightings.manifest import IDENTITY, read_sources, write_sources
from simulate.sightings.source import OnTheFly
from simulate.sightings.store import Rows, Store, check_space, create_or_resume, open_store, table_name
from simulate.store.address import storage_at
from simulate.travel.life import Lives, make_lives
from simulate.world.cache import cached_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from simulate.sightings.drawn import Drawn
    from simulate.store.storage import Storage
    from simulate.world.build import World

    Progress = Callable[[int, int, int], None]

SERIAL_SHARDS = 4
"""Maximum of shards drawn serially: so few cost less than starting worker processes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A run with its world and lives; measurable only if made by `run`, `open_run` or `fly`."""

    scenario: Scenario
    world: World
    lives: Lives
    deployment: Deployment
    source: Drawn | OnTheFly
    """Source of its rows: its folder, with rows streamed checked or not at all, or the draw itself."""

    @property
    def stored(self) -> Drawn:
        """Return the rows of its folder; raise ScenarioError if it has none."""
        if isinstance(self.source, OnTheFly):
            remedy = "draw it into a folder: sim.run(scenario, path)"
            raise ScenarioError("run", "a run with a folder", "one that is drawn on the fly", remedy)
        return self.source

    @property
    def store(self) -> Store:
        """Return the folder."""
        return self.stored.store

    @property
    def n_vehicles(self) -> int:
        """Count the vehicles, seen or not."""
        return self.lives.population.n_vehicles

    @property
    def n_sightings(self) -> int:
        """Count the stored sightings."""
        return self.stored.n_rows


def run(scenario: Scenario, path: str | Path, *, workers: int | None = None, progress: Progress | None = None) -> Run:
    """Draw a scenario into a folder; resume an interrupted run.

    Parameters
    ----------
    scenario
        Scenario to draw.
    path
        The run's folder, a path or an address such as s3://bucket/run; made if absent.
    workers
        Processes; chosen by the size of the run if None.
    progress
        Called as `progress(done_shards, total_shards, rows)`.

    Raises
    ------
    ScenarioError
        If the input is bad, the folder holds something else or the disk is too small;
        nothing is half-written.

    Examples
    --------
    >>> run = sim.run(town, folder / "town")
    >>> run.n_sightings == sim.run(town, folder / "town").n_sightings  # whole already: nothing is drawn again
    True
    """
    check_workers(workers)
    files = storage_at(path)
    sharing = scenario.settings.sharing
    if sharing is not None and not files.exists(IDENTITY):
        build_network(sharing, scenario.settings.roads, scenario.seed)  # no effect on rows: fails before the report
    world = cached_world(scenario)
    lives = make_lives(scenario, world)
    deployment = deployment_of(scenario, world, lives)
    tables = draw_tables(world, lives, deployment)
    shards = len(tables.cuts) - 1
    identity = {
        "name": scenario.name, "seed": scenario.seed, "scenario": scenario.resolved(), "n_shards": shards,
    }  # fmt: skip
    rows, processes = expected_rows(tables), _processes(files, shards, workers)
    if not files.exists(IDENTITY):
        check_space(files, rows)
    with files.lock():
        store = create_or_resume(path, identity)
        beside = world_tables(world, lives, deployment)
        store.write_world(beside)
        release(column for table in beside.values() for column in table.values())
        del beside
        if scenario.sources and scenario.sources != read_sources(files):
            write_sources(files, scenario.sources)
        if not store.complete():
            run_shards(range(shards), store, make_draw, tables, engine=Processes(processes), progress=progress)
            store.finish(lives.population.n_vehicles)
    source = drawn_rows(store, world, lives, deployment)
    return Run(scenario=scenario, world=world, lives=lives, deployment=deployment, source=source)


def fly(scenario: Scenario) -> Run:
    """Return a run with sightings drawn on every measurement, and never stored.

    Results equal those of the same scenario drawn into a folder, to the last digit. Drawing
    is slower than reading, so a folder pays if a run is measured more than once.

    Parameters
    ----------
    scenario
        Scenario to draw.

    Raises
    ------
    ScenarioError
        If the input is bad.

    Examples
    --------
    >>> small = {"roads.population": 300, "roads.density_per_km2": 150, "period.days": 2}
    >>> flying = sim.fly(sim.load("smallville", overrides=small))
    >>> found = sim.measure(sim.view(flying), ["exposure"], targets=20)
    >>> 0 < found.one(score="never_seen").value < 1
    True
    """
    world = cached_world(scenario)
    lives = make_lives(scenario, world)
    deployment = deployment_of(scenario, world, lives)
    source = OnTheFly(tables=draw_tables(world, lives, deployment))
    return Run(scenario=scenario, world=world, lives=lives, deployment=deployment, source=source)


def _processes(files: Storage, shards: int, workers: int | None) -> int:
    """Return the number of drawing processes, chosen by the run's size unless given."""
    if files.shared:
        return workers or (1 if shards <= SERIAL_SHARDS else os.cpu_count() or 1)
    if workers is not None and workers > 1:
        remedy = "processes share no memory: choose another address"
        raise ScenarioError("workers", f"1 for {files.address}", workers, remedy)
    return 1


def check_workers(workers: int | None) -> None:
    """Raise ScenarioError if `workers` is neither None nor a whole number of at least 1."""
    if workers is not None and (not isinstance(workers, int) or isinstance(workers, bool) or workers < 1):
        raise ScenarioError("workers", "a whole number, at least 1", workers, "leave it out to let the program choose")


def open_run(path: str | Path) -> Run:
    """Open a run; raise ScenarioError if its rows were not drawn from its scenario.

    Rebuilds the world from the stored scenario and redraws the plates of a few random rows:
    real reads, or tampered ones, do not come back the same. Every later pass through the rows
    checks all of them and redraws more.

    Parameters
    ----------
    path
        The folder of a run.

    Raises
    ------
    ScenarioError
        If there is no whole run, or its rows are not those of its scenario.

    Examples
    --------
    >>> run = sim.run(town, folder / "town")
    >>> sim.open_run(folder / "town").n_sightings == run.n_sightings
    True
    """
    store = open_store(path)
    scenario = _stored_scenario(store)
    world = cached_world(scenario)
    lives = make_lives(scenario, world)
    deployment = deployment_of(scenario, world, lives)
    tables = world_tables(world, lives, deployment)
    missing = [name for name in tables if not store.files.exists(table_name(name))]
    if missing:
        found, remedy = f"no {missing[0]}", "see: plateprint verify"
        raise ScenarioError(store.files.address, "the tables of its world", found, remedy)
    store.write_world(tables)  # all exist, so this only compares
    source = drawn_rows(store, world, lives, deployment)
    return Run(scenario=scenario, world=world, lives=lives, deployment=deployment, source=source)


def _stored_scenario(store: Store) -> Scenario:
    """Return the scenario stated in a run's identity; raise ScenarioError for keys of a wrong type."""
    identity = store.identity
    for key, kind, expected in (
        ("name", str, "a name"),
        ("seed", int, "a whole number"),
        ("scenario", dict, "a table"),
    ):
        if not isinstance(identity.get(key), kind):
            remedy = "draw it again into another folder"
            raise ScenarioError(f"{store.files.place(IDENTITY)}: {key}", expected, spell(identity.get(key)), remedy)
    return from_resolved(identity["scenario"], identity["name"], identity["seed"], read_sources(store.files))


def make_draw(tables: DrawTables) -> Callable[[int], Iterator[Rows]]:
    """Return the draw of one worker."""

    def draw(shard: int) -> Iterator[Rows]:
        return draw_shard(tables, shard)

    return draw


def world_tables(world: World, lives: Lives, deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Return the tables stored beside the sightings, and compared on resuming and on opening."""
    sites, visits, zones, roads = deployment.sites, deployment.visits, world.zones, world.roads
    first, n = lives.population.first_vehicle, lives.population.n_households
    cars = joined((np.diff(first[piece.start : piece.stop + 1]) for piece in pieces(n)), n, np.int64)
    return {
        "sites": {
            "kind": sites.kind, "uid": sites.uid, "owner": sites.owner, "link": sites.link, "at": sites.at,
            "zone": sites.zone, "x_m": sites.x_m, "y_m": sites.y_m,
        },
        "patrols": {
            "zone": visits.zone, "day": visits.day, "second": visits.second, "fleet": visits.fleet, "unit": visits.unit,
        },
        "zones": {
            "x_m": zones.x_m, "y_m": zones.y_m, "hub": zones.hub, "residents": zones.residents,
            "outside": zones.outside, "income_rank": zones.income_rank,
        },
        "owners": {"owner": list(world.owners.name)},
        "links": {"tail": roads.tail, "head": roads.head, "length_m": roads.length_m, "free_s": roads.free_s},
        "households": {"kind": lives.population.kind, "home": lives.population.home, "vehicles": cars},
        "draw": _hashes(flat(lives.tables) | flat(deployment.coverage)),
    }  # fmt: skip


def _hashes(tables: Mapping[str, Any]) -> dict[str, list[str]]:
    """Hash each look-up table of a draw: inputs of the rows not stored in full."""
    hashes = []
    for table in tables.values():
        hashes.append(hashlib.blake2b(np.ascontiguousarray(table).data, digest_size=16).hexdigest())
        release([table])
    return {"table": list(tables), "hash": hashes}
