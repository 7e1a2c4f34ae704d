"""Moves and journeys from one metro to another, and moves to and from the country beyond the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.travel.diaries import NUMBER, VISIT_CITY_ANY
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.build import World

ROW = 4096
"""Equally likely destinations of far moves and journeys; indexed by twelve bits."""


def far_hubs(world: World) -> NDArray[np.int32]:
    """Return the hubs of new homes of households leaving each metro, or coming from off the map.

    int32[c + 1, ROW]; -1 = off the map. Hubs of a metro are weighted by population. On
    a map without a nation there is nowhere to go: int32[1, 0].
    """
    if world.elsewhere < 0:
        return np.empty((1, 0), np.int32)
    homes = np.bincount(world.zones.hub, weights=world.zones.residents, minlength=len(world.metro_of_hub))
    rows = np.empty((len(world.migration), ROW), np.int32)
    for origin, share in enumerate(world.migration):
        to = streams.quantile_table([*share, max(1.0 - share.sum(), 0.0)], ROW)
        for metro in range(len(share)):
            going, hubs = np.flatnonzero(to == metro), np.flatnonzero(world.metro_of_hub == metro)
            cumulative = np.cumsum(homes[hubs])
            at = (np.arange(len(going)) + 0.5) / max(len(going), 1) * cumulative[-1]
            rows[origin, going] = hubs[np.searchsorted(cumulative, at, side="right")]
        rows[origin, to == len(share)] = -1
    return rows


def visit_zones(world: World) -> NDArray[np.int32]:
    """Return the entry zones of the metros visited for a spell; int32[c, ROW], -1 = off the map.

    Metros are weighted as for moves, entry zones by their width. int32[1, 0] on any other map.
    """
    if world.elsewhere < 0 or len(world.metros) < 2:
        return np.empty((1, 0), np.int32)
    ways, width = np.flatnonzero(world.zones.outside), world.zones.attraction[Purpose.OUTSIDE]
    rows = np.full((len(world.metros), ROW), -1, np.int32)
    for origin, share in enumerate(world.migration[:-1]):
        to = streams.quantile_table([*share, max(1.0 - share.sum(), 0.0)], ROW)
        for metro in range(len(share)):
            going = np.flatnonzero(to == metro)
            into = ways[(world.metro_of_hub[world.zones.hub[ways]] == metro) & (width[ways] > 0)]
            cumulative = np.cumsum(width[into])
            at = (np.arange(len(going)) + 0.5) / max(len(going), 1) * cumulative[-1]
            rows[origin, going] = into[np.searchsorted(cumulative, at, side="right")]
    return rows


def visit_days() -> NDArray[np.uint8]:
    """Return the templates of a day as visitor of a metro, equally likely; uint8[64]."""
    variants = np.array([NUMBER[template.name] for template in VISIT_CITY_ANY], np.uint8)
    return variants[np.arange(64) * len(variants) // 64]


def off_the_map(world: World, movers: float, far_moves: float) -> float:
    """Return the ratio of households off the map for now to those on it.

    movers : share of households ever moving; far_moves : share of their moves out of a metro.
    Flows in and out balance: a household off the map comes with its next move.
    """
    if world.elsewhere < 0:
        return 0.0
    homes = np.bincount(world.metro_of_hub[world.zones.hub], weights=world.zones.residents, minlength=len(world.metros))
    leave = 1.0 - world.migration[:-1].sum(axis=1)
    return float(movers * far_moves * (leave * homes).sum() / homes.sum())
