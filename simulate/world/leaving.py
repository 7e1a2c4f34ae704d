"""Leaving: how strongly what lies beyond a map draws people, so that the stated shares of them go there.

Interest in places falls with driving time (`world.choices`), so a share cannot be had by a
weight alone: it takes the weight that yields it, found by iterative proportional fitting
(Deming and Stephan 1940, doi:10.1214/aoms/1177731829) over the homes of the map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulate.world.zones import Zones

ROUNDS = 200
"""Steps of the fit; each brings the shares nearer, a share of a half in some thirty to a thousandth."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaving:
    """Who goes beyond the map; g groups of zones there, by map and distance."""

    group: NDArray[np.int64]
    """int64[z]; the group of each zone beyond the map to which people go, -1 for all others."""
    share: Mapping[Purpose, NDArray[np.float64]]
    """float64[g] for each purpose of which it is stated; share of the people of the same map who go there."""

    @property
    def n(self) -> int:
        """Count the groups."""
        return len(next(iter(self.share.values())))


def settle(zones: Zones, leaving: Leaving, interest: Mapping[Purpose, NDArray[np.float64]]) -> Zones:
    """Scale what draws people to the groups until the stated shares of them go there.

    interest : float64[h, h] for each purpose, how it falls from hub to hub of one part of the map.
    Within a group, zones keep the weights they have. Where nobody can reach a group, nobody
    goes. Whoever works there has lunch there: it grows with the jobs.
    """
    attraction, h = zones.attraction.copy(), len(interest[Purpose.WORK])
    inside, beyond = np.flatnonzero(leaving.group < 0), np.flatnonzero(leaving.group >= 0)
    of_zone, homes = leaving.group[beyond], _summed(zones.hub, zones.residents, h)
    for purpose, wanted in leaving.share.items():
        drawn, falls = attraction[purpose], interest[purpose]
        outside = np.zeros((h, leaving.n))
        np.add.at(outside, (zones.hub[beyond], of_zone), drawn[beyond])
        near: NDArray[np.float64] = falls @ _summed(zones.hub[inside], drawn[inside], h)
        drawn[beyond] *= _scale(homes, near, falls @ outside, wanted)[of_zone]
    jobs, lunch = attraction[Purpose.WORK], attraction[Purpose.LUNCH]
    lunch[beyond] = jobs[beyond] * math.fsum(lunch[inside]) / max(math.fsum(jobs[inside]), 1e-300)
    return replace(zones, attraction=attraction)


def _summed(at: NDArray[np.int32], amount: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Sum amounts at their positions; float64[n]."""
    total = np.zeros(n)
    np.add.at(total, at, amount)
    return total


def _scale(
    homes: NDArray[np.float64], inside: NDArray[np.float64], outside: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the factor of each group that yields the wanted shares; float64[g].

    homes, inside : float64[h]; outside : float64[h, g], the pull of each group as it stands.
    """
    people = np.maximum(homes @ (outside > 0), 1e-300)
    scale = np.where(wanted > 0, 1.0, 0.0)
    for _ in range(ROUNDS):
        pull = outside * scale
        all_ways = np.maximum(inside + pull.sum(axis=1), 1e-300)
        got = homes @ (pull / all_ways[:, None]) / people
        scale *= np.where(got > 0, wanted / np.maximum(got, 1e-300), 0.0)
    mantissa, exponent = np.frexp(scale)
    return np.ldexp(mantissa.astype(np.float32).astype(np.float64), exponent)  # sums end in other bits elsewhere
