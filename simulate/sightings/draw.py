"""One shard of sightings, a pure function of the world, the scenario and a range of plate groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.draw import draw_rows, row_bound
from simulate.kernels.life import flat
from simulate.kernels.plates import ISSUED
from simulate.mapped import pieces, release
from simulate.sightings.deployment import Deployment, make_deployment
from simulate.sightings.store import Rows
from simulate.sightings.trial import Yield
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.kernels.coverage import Coverage
    from simulate.kernels.life import Life
    from simulate.kernels.plates import PlateTables
    from simulate.scenario import Scenario
    from simulate.travel.life import Lives
    from simulate.world.build import World

BLOCK_ROWS = 1 << 20
"""Rows per block; keeps memory constant for any number of rows."""
SHARD_ROWS = 4_000_000
"""Target number of rows of a shard."""
SHARD_VEHICLE_DAYS = 400_000_000
"""Approximate maximum of vehicle-days of a shard: with few sightings, days dominate the cost."""
SAMPLE = 256
"""Groups of plates drawn to size the shards."""
SHARD_GROUPS = 1 << 15
"""Groups of a shard drawn before what they looked up is given back: neighbours, for groups follow on one another."""
GROUPS_HELD = 64
"""Groups of a sample drawn between two releases of mapped pages."""
TRIAL = 4096
"""Groups of plates drawn to estimate the yield of a deployment: some 33,000 vehicles."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawTables:
    """Tables sufficient for a worker to draw any shard."""

    life: Life
    plates: PlateTables
    coverage: Coverage
    vehicle_bound: int
    """Upper bound of the reads of one vehicle."""
    cuts: NDArray[np.int64]
    """int64[shards + 1]; shard i draws groups cuts[i] .. cuts[i + 1] of plates."""


def deployment_of(scenario: Scenario, world: World, lives: Lives) -> Deployment:
    """Return the deployment of a scenario, sized by a trial draw if only its yield is stated."""

    def yield_of(deployment: Deployment) -> Yield:
        return _yield(scenario, world, all_tables(world, lives, deployment), deployment)

    return make_deployment(scenario, world, yield_of)


def draw_tables(world: World, lives: Lives, deployment: Deployment) -> DrawTables:
    """Gather the tables and cut the groups of plates into shards of about SHARD_ROWS rows."""
    tables = all_tables(world, lives, deployment)
    groups = tables.plates.groups
    planned = lives.population.n_vehicles * lives.calendar.days
    shards = max(1, round(expected_rows(tables) / SHARD_ROWS), round(planned / SHARD_VEHICLE_DAYS))
    return replace(tables, cuts=cuts_of(groups, shards))


def cuts_of(groups: int, shards: int) -> NDArray[np.int64]:
    """Cut the groups of plates evenly into shards, no more than there are groups; int64[shards + 1]."""
    return np.unique(np.linspace(0, groups, shards + 1).round().astype(np.int64))


def all_tables(world: World, lives: Lives, deployment: Deployment) -> DrawTables:
    """Gather the tables with all groups in one shard."""
    gated = bool((deployment.coverage.fixed.gate >= 0).any())
    days = lives.calendar.days
    return DrawTables(
        life=lives.tables,
        plates=lives.plates.tables,
        coverage=deployment.coverage,
        vehicle_bound=row_bound(days, world.routes.longest_chain, gated, deployment.most_visits),
        cuts=np.array([0, lives.plates.tables.groups], np.int64),
    )


def draw_shard(tables: DrawTables, shard: int) -> Iterator[Rows]:
    """Draw the rows of one shard in blocks, sorted by plate, time and site."""
    first, last = int(tables.cuts[shard]), int(tables.cuts[shard + 1])
    for begin in range(first, last, SHARD_GROUPS):
        for rows, _ in draw_groups(tables, begin, min(begin + SHARD_GROUPS, last)):
            yield rows
        give_back(tables)


def give_back(tables: DrawTables) -> None:
    """Release the mapped pages of large tables after look-ups."""
    release([*flat(tables.life).values(), *flat(tables.coverage).values()])


def draw_groups(tables: DrawTables, first: int, last: int) -> Iterator[tuple[Rows, NDArray[np.uint32]]]:
    """Draw every row of groups first..last of plates in blocks, sorted by plate, time and site.

    Yields each block with uint32[n], the vehicles actually read. A row is a misread where that
    vehicle is not the holder of the plate.
    """
    size = BLOCK_ROWS + ISSUED * tables.vehicle_bound  # the last group of a block may be as large as any
    while first < last:
        columns = [np.empty(size, np.uint32) for _ in range(4)]
        plate, site, time, vehicle = columns
        n, first = draw_rows(
            tables.life, tables.coverage, tables.plates, first, last, tables.vehicle_bound, plate, site, time, vehicle
        )
        if n:
            yield Rows(plate[:n], site[:n], time[:n]), vehicle[:n]


def stretches(groups: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """List runs first..last of consecutive groups; groups : ascending."""
    for run in np.split(groups, np.flatnonzero(np.diff(groups) > 1) + 1):
        if len(run):
            yield int(run[0]), int(run[-1]) + 1


def expected_rows(tables: DrawTables) -> int:
    """Estimate the rows of the whole run from an evenly spaced sample of groups."""
    groups = tables.plates.groups
    sample = _spread(groups, SAMPLE)
    return int(sum(len(rows.plate) for rows in _rows_of(tables, sample)) * groups / len(sample))


def _yield(scenario: Scenario, world: World, tables: DrawTables, deployment: Deployment) -> Yield:
    """Estimate the yield of each owner's units and fixed readers, and of each gate, from a scaled-up sample."""
    groups = tables.plates.groups
    sample = _spread(groups, TRIAL)
    by_site = np.zeros(deployment.sites.n)
    for rows in _rows_of(tables, sample):
        np.add.at(by_site, rows.site, 1.0)
    by_site *= groups / len(sample)
    readers = scenario.settings.readers

    def collects(owner: str, kind: SiteKind) -> float:
        of_owner = (deployment.sites.kind == kind) & world.owners.of(owner)[deployment.sites.owner]
        return float(by_site[of_owner].sum())

    gates, of_lot = deployment.sites.of_kind(SiteKind.GATE), np.zeros(world.zones.n)
    of_lot[deployment.sites.zone[gates]] = by_site[gates]
    return Yield(
        of_fleet={name: collects(fleet.owner, SiteKind.MOBILE) for name, fleet in readers.mobile.items()},
        of_lot=of_lot,
        of_fixed={rule.owner: collects(rule.owner, SiteKind.FIXED) for rule in readers.place.values()},
    )


def _rows_of(tables: DrawTables, sample: NDArray[np.int64]) -> Iterator[Rows]:
    """Draw a sample of groups, a few at a time, since their look-ups touch all places of the map."""
    for piece in pieces(len(sample), GROUPS_HELD):
        for group in sample[piece].tolist():
            yield from (rows for rows, _ in draw_groups(tables, group, group + 1))
        give_back(tables)


def _spread(groups: int, wanted: int) -> NDArray[np.int64]:
    """Return evenly spaced groups; int64[n]."""
    return np.unique(np.linspace(0, groups - 1, min(wanted, groups)).astype(np.int64))
