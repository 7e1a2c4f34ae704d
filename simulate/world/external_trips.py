"""External trips: calibration of the attraction of zones beyond a map to stated shares.

Interest in places falls with driving time (`world.destinations`), so a share does not follow from a
weight alone: the weight is found by iterative proportional fitting
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
"""Iterations of the fit; a share of a half converges to a thousandth in some thirty."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExternalTrips:
    """External trips; g groups of zones beyond the map, by map and distance."""

    group: NDArray[np.int64]
    """int64[z]; the group of each external destination, -1 for all other zones."""
    share: Mapping[Purpose, NDArray[np.float64]]
    """float64[g] for each purpose with a stated share; share of the residents of the same map with trips there."""

    @property
    def n(self) -> int:
        """Return the number of groups."""
        return len(next(iter(self.share.values())))


def fit_external_trips(
    zones: Zones, external_trips: ExternalTrips, interest: Mapping[Purpose, NDArray[np.float64]]
) -> Zones:
    """Scale the attraction of the groups to the stated shares.

    interest : float64[h, h] for each purpose, deterrence from hub to hub of one part of the map.
    Within a group, zones keep their relative weights. Unreachable groups get no trips. External
    workers have lunch there: its attraction grows with the jobs.
    """
    attraction, h = zones.attraction.copy(), len(interest[Purpose.WORK])
    inside, beyond = np.flatnonzero(external_trips.group < 0), np.flatnonzero(external_trips.group >= 0)
    of_zone, homes = external_trips.group[beyond], _summed(zones.hub, zones.residents, h)
    for purpose, target in external_trips.share.items():
        weight, deterrence = attraction[purpose], interest[purpose]
        outside = np.zeros((h, external_trips.n))
        np.add.at(outside, (zones.hub[beyond], of_zone), weight[beyond])
        near: NDArray[np.float64] = deterrence @ _summed(zones.hub[inside], weight[inside], h)
        weight[beyond] *= _scale(homes, near, deterrence @ outside, target)[of_zone]
    jobs, lunch = attraction[Purpose.WORK], attraction[Purpose.LUNCH]
    lunch[beyond] = jobs[beyond] * math.fsum(lunch[inside]) / max(math.fsum(jobs[inside]), 1e-300)
    return replace(zones, attraction=attraction)


def _summed(at: NDArray[np.int32], amount: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Sum amounts at their positions; float64[n]."""
    total = np.zeros(n)
    np.add.at(total, at, amount)
    return total


def _scale(
    homes: NDArray[np.float64], inside: NDArray[np.float64], outside: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the factor of each group for its share in `target`; float64[g].

    homes, inside : float64[h]; outside : float64[h, g], the unscaled pull of each group.
    """
    people = np.maximum(homes @ (outside > 0), 1e-300)
    scale = np.where(target > 0, 1.0, 0.0)
    for _ in range(ROUNDS):
        pull = outside * scale
        all_ways = np.maximum(inside + pull.sum(axis=1), 1e-300)
        reached_share = homes @ (pull / all_ways[:, None]) / people
        scale *= np.where(reached_share > 0, target / np.maximum(reached_share, 1e-300), 0.0)
    mantissa, exponent = np.frexp(scale)
    return np.ldexp(mantissa.astype(np.float32).astype(np.float64), exponent)  # last bits of sums vary by machine
