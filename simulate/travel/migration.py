"""Moves from one metro to another, and to and from the country beyond the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulate import streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.world.build import World

ROW = 64
"""Equally likely destinations of those who move far; six bits pick one."""


def far_hubs(world: World) -> NDArray[np.int32]:
    """Return near which hub people settle who leave each metro, or come from off the map.

    int32[c + 1, ROW]; -1 = off the map. Hubs of a metro are taken by how many live there. On
    a map that is no nation there is nowhere to go: int32[1, 0].
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


def off_the_map(world: World, movers: float, far_moves: float) -> float:
    """Return how many households live off the map for now, as a share of those on it.

    movers : share of households that ever move; far_moves : share of their moves that leave a
    metro. As many come in as go out: someone off the map comes with the next move.
    """
    if world.elsewhere < 0:
        return 0.0
    homes = np.bincount(world.metro_of_hub[world.zones.hub], weights=world.zones.residents, minlength=len(world.metros))
    leave = 1.0 - world.migration[:-1].sum(axis=1)
    return float(movers * far_moves * (leave * homes).sum() / homes.sum())
