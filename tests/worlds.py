"""Small worlds for tests: towns of a few dozen cars, and ways to make them awkward.

A town has no freeways, no ties between routes, no node that blocks through traffic and no
two readers on one link; the options here give it all of those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from reference.slow_draw import slow_reads

import simulate.scenario
from simulate import streams
from simulate.sightings.draw import DrawTables, deployment_of, draw_groups, draw_tables
from simulate.travel.life import Lives, make_lives
from simulate.world import build, town
from simulate.world.readers import Readers
from simulate.world.roads import RoadClass, RoadNetwork
from simulate.world.routes import build_routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.sightings.deployment import Deployment
    from simulate.world.build import World


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Small:
    """A world, its people and what a draw needs of them."""

    scenario: Scenario
    world: World
    lives: Lives
    deployment: Deployment
    tables: DrawTables


TOWN = Path(__file__).parent / "town.toml"
SMALL: Mapping[str, Any] = {"roads.population": 75, "roads.density_per_km2": 50, "period.days": 30}
"""About 51 cars on seven by seven junctions, for a month."""


def town_scenario(seed: int = 0, **changes: Any) -> Scenario:
    """Return the tests' town, cut down; in the keys of changes, two underscores stand for a dot."""
    overrides = {**SMALL, **{key.replace("__", "."): value for key, value in changes.items()}}
    overrides.setdefault("readers.place.police.count", 6)
    return simulate.scenario.load(TOWN, seed=seed, overrides=overrides)


WATCHERS: Mapping[str, Any] = {
    "owners.repo": {"kind": "repossession"},
    "owners.parking": {"kind": "parking"},
    "readers.mobile.patrol": {
        "owner": "smallville-pd", "units": 2, "shifts": [["07:00", "15:00"], ["22:00", "02:00"]], "on_duty": 0.8,
        "visits": 5, "scan_min": 20, "rolling_min": 30, "homes": 0.5, "unevenness": 1, "poorer_areas": 2,
        "territory_m": 1500,
    },
    "readers.mobile.tow": {
        "owner": "repo", "units": 2, "shifts": [["20:30", "04:30"], ["04:30", "06:00"]], "on_duty": 0.9, "visits": 2.5,
        "scan_min": 30, "rolling_min": 0, "homes": 1, "unevenness": 3, "poorer_areas": 1, "territory_m": 4000,
    },
    "readers.gates.lots": {"owner": "parking", "purpose": "shop", "count": 2},
    "readers.gates.plant": {"owner": "smallville-pd", "purpose": "work", "count": 2},
    "parking.visible_home": 0.6,
}  # fmt: skip
"""Two fleets, with shifts past midnight and past 04:00, and two rules for gates."""
VISITORS: Mapping[str, Any] = {
    "visitors.commuters": {"vehicles": 7, "weeks": 0.9, "days": "workdays", "purpose": "work"},
    "visitors.shoppers": {"vehicles": 9, "weeks": 0.4, "days": "one", "purpose": "errands"},
    "visitors.lorries": {"vehicles": 5, "weeks": 0.5, "days": "one", "purpose": "through"},
}
RESTLESS: Mapping[str, Any] = {
    "households.moved_in_year": 0.6,
    "households.moved_in_five_years": 0.9,
    "households.new_job_in_year": 0.9,
    "households.away_week": 0.2,
    "households.in_group": 0.7,
    "households.group_size": 3,
    "events.per_month": 4,
    "events.attendance": 0.3,
    "travel.new_place": 0.2,
}
PERFECT: Mapping[str, Any] = {"readers.hard_plates": 0.0, "readers.outage": 0.0, "readers.clock_s": 0.0}
"""No plate is hard to read, no reader out of order, no clock off."""
MISREADS: Mapping[str, Any] = {"readers.misread": 0.3, "readers.mobile_misread": 0.3}
EVERYTHING: Mapping[str, Any] = {**WATCHERS, **VISITORS, **RESTLESS, **MISREADS}


def anaheim_scenario(data: Path, seed: int = 0, **changes: Any) -> Scenario:
    """Return Anaheim with the files of the data folder; nothing is misread unless changes say so."""
    files = {
        "readers.misread": 0.0,
        "readers.mobile_misread": 0.0,
        "roads.path": str(data / "tntp" / "Anaheim"),
        "readers.place.mapped.path": str(data / "osm" / "alpr_nodes_2026-07-21.tsv.gz"),
    }
    overrides = {**files, **{key.replace("__", "."): value for key, value in changes.items()}}
    return simulate.scenario.load("anaheim", seed=seed, overrides=overrides)


def small(scenario: Scenario, *, awkward: bool = False, scattered: int | None = None) -> Small:
    """Build world, people and draw; readers scattered over so many links replace the scenario's own."""
    world = build_awkward(scenario) if awkward else build.build_world(scenario)
    if scattered is not None:
        world = with_readers(world, scenario, spots(world.roads.n_links, scattered, scenario.seed))
    return finish(scenario, world)


def spots(n_links: int, chosen: int, seed: int) -> dict[int, list[float]]:
    """Choose links and put up to three readers on each: at its ends and between."""
    links = np.random.default_rng(seed).permutation(n_links)[:chosen]
    return {int(link): [[0.0], [1.0], [0.3, 0.300001, 0.999]][i % 3] for i, link in enumerate(links)}


def finish(scenario: Scenario, world: World) -> Small:
    """Populate a world that is built."""
    lives = make_lives(scenario, world)
    deployment = deployment_of(scenario, world, lives)
    return Small(
        scenario=scenario, world=world, lives=lives, deployment=deployment, tables=draw_tables(world, lives, deployment)
    )


def build_awkward(scenario: Scenario) -> World:
    """Build a town on a perfect grid, full of ties, with freeways, twin links and closed corners."""
    original = town.build_town

    def awkward_town(settings: Any, seed: int) -> Any:
        roads, zones = original(settings, seed)
        return _awkward(roads), zones

    with patch.object(town, "SHAKE", 0.0), patch.object(build, "build_town", awkward_town):
        return build.build_world(scenario)


def with_readers(world: World, scenario: Scenario, spots: Mapping[int, list[float]]) -> World:
    """Put readers on links, each at shares of the link's length, instead of the scenario's own."""
    link = np.array([k for k in sorted(spots) for _ in spots[k]], np.int32)
    at = np.array([share for k in sorted(spots) for share in sorted(spots[k])])
    ordinal = [i for k in sorted(spots) for i in range(len(spots[k]))]
    x, y = world.roads.point_on(link, at)
    readers = Readers(
        uid=np.array([streams.uid("test", *spot) for spot in zip(link, ordinal, strict=True)], np.uint64),
        link=link,
        at=at,
        owner=np.zeros(len(link), np.int16),
        x_m=x,
        y_m=y,
        operator=("",) * len(link),
    )
    margin = scenario.settings.travel.other_route_margin
    routes = build_routes(world.roads, world.graph, world.routes.hub_node, readers, margin)
    return replace(world, readers=readers, routes=routes)


def rows_of(tables: DrawTables, first: int = 0, last: int | None = None) -> NDArray[np.int64]:
    """Draw groups first..last of plates; int64[n, 3] of plate, time, site."""
    return reads_of(tables, first, last)[:, :3]


def reads_of(tables: DrawTables, first: int = 0, last: int | None = None) -> NDArray[np.int64]:
    """Draw groups first..last of plates; int64[n, 4] of plate, time, site and who was really read."""
    end = tables.plates.groups if last is None else last
    blocks = [
        np.stack([rows.plate, rows.time, rows.site, vehicle], axis=1).astype(np.int64)
        for rows, vehicle in draw_groups(tables, first, end)
    ]
    return np.concatenate([np.empty((0, 4), np.int64), *blocks])


def vehicles_of_groups(small: Small, first: int, last: int) -> list[int]:
    """List the vehicles that share the groups first..last of plates, by group."""
    groups, n = small.tables.plates.groups, small.lives.population.n_vehicles
    return [v for group in range(first, last) for v in range(group, n, groups)]


def slow_twin(small: Small, first: int = 0, last: int | None = None) -> NDArray[np.int64]:
    """Draw the same as `reads_of` in plain Python."""
    end = small.tables.plates.groups if last is None else last
    vehicles = vehicles_of_groups(small, first, end)
    slow = slow_reads(small.scenario, small.world, small.lives, small.deployment, vehicles)
    return np.array(sorted((*row, vehicle) for row, vehicle in slow), np.int64).reshape(-1, 4)


def _awkward(roads: RoadNetwork) -> RoadNetwork:
    """Turn main streets into freeways, double every seventh link and close two corners."""
    freeway = roads.road_class == RoadClass.ARTERIAL
    twin = np.arange(0, roads.n_links, 7)
    through = roads.through.copy()
    through[[0, roads.n_nodes - 1]] = False

    def doubled(values: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([values, values[twin]])

    return replace(
        roads,
        through=through,
        tail=doubled(roads.tail),
        head=doubled(roads.head),
        length_m=doubled(roads.length_m),
        free_s=doubled(np.where(freeway, roads.length_m / (100 / 3.6), roads.free_s)),
        road_class=doubled(np.where(freeway, RoadClass.FREEWAY, roads.road_class).astype(np.uint8)),
        capacity=doubled(roads.capacity),
    )
