"""The setting: what rules speak about, by the names that they use for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from simulate import streams
from simulate.checks import ScenarioError, did_you_mean
from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.register import Register, register
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from simulate.travel.hotlists import HotList
    from simulate.travel.plates import Plates
    from simulate.world.owners import Owners
    from simulate.world.sites import Sites
    from simulate.world.zones import Zones


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """What rules speak about: the same for every case of one run; s sites, h holders, z zones."""

    sites: Sites
    owners: Owners
    """Bodies that own readers; each is a holder under its number."""
    zones: Zones
    plates: Plates
    """Which vehicle bears which plate: holds and listings name vehicles."""
    n_vehicles: int
    start: date
    """First day of the scenario, whose midnight is second 0."""
    days: int
    seed: int
    hotlist: HotList
    """What holders look out for."""

    def holders(self, names: Collection[str], where: str) -> NDArray[np.bool_]:
        """Tell which holders are meant by names of owners, of owners in one state, or of bodies; bool[h].

        No name means every holder. Raise ScenarioError on a name that means nobody.
        """
        owners, named = self.owners, np.full(self.owners.n, not names)
        for name in names:
            meant = owners.of(name)
            if not meant.any():
                states = {f"{owner}, {state}" for owner, state in zip(owners.owner, owners.state, strict=True) if state}
                known = {*owners.owner, *owners.name, *states}
                raise ScenarioError(where, "an owner of readers", repr(name), did_you_mean(name, known))
            named |= meant
        return named

    def readers(self, owners: Collection[str], kinds: Collection[str], where: str) -> NDArray[np.bool_]:
        """Tell which sites are those of some owners and kinds; bool[s]. No name means all of them."""
        wanted = [SiteKind[kind.upper()] for kind in kinds] or list(SiteKind)
        of_owner: NDArray[np.bool_] = self.holders(owners, where)[self.sites.owner]
        return of_owner & np.isin(self.sites.kind, wanted)

    def draw_holders(self, stream: str) -> NDArray[np.float64]:
        """Draw a number from 0 to 1 for each holder, by the seed and its name; float64[h]."""
        holders = np.array([streams.uid(name) for name in self.owners.name], np.uint64)
        return streams.uniforms(streams.key(self.seed, stream), holders)

    def draw_readers(self, stream: str) -> NDArray[np.float64]:
        """Draw a number from 0 to 1 for each site, by the seed and its place; float64[s]."""
        return streams.uniforms(streams.key(self.seed, stream), self.sites.uid)

    def metres_from(self, categories: Sequence[str]) -> NDArray[np.float64]:
        """Return how far each site lies from the middle of a zone that people come to for something; float64[s].

        Infinite where there is no such zone on the map.
        """
        purposes = [Purpose[category.upper()] for category in categories]
        there = (self.zones.attraction[purposes] > 0).any(axis=0) & ~self.zones.outside
        if not there.any():
            return np.full(self.sites.n, np.inf)
        places = cKDTree(np.column_stack([self.zones.x_m, self.zones.y_m])[there])
        away, _ = places.query(np.column_stack([self.sites.x_m, self.sites.y_m]))
        return np.asarray(away)

    def second_of(self, day: date) -> int:
        """Return the second at which a day of travel begins: its 04:00."""
        return (day - self.start).days * DAY_S + DAY_START_S

    def plates_of(self, vehicles: Collection[int], where: str) -> NDArray[np.int64]:
        """Return the plates of vehicles; raise ScenarioError on a vehicle that there is not."""
        if max(vehicles) >= self.n_vehicles:
            expected = f"numbers of vehicles below {self.n_vehicles}"
            raise ScenarioError(where, expected, max(vehicles), "vehicles are numbered from 0")
        return self.plates.of_vehicles(np.array(vehicles, np.int64))

    def register(self, period_s: int) -> Register:
        """Return which pseudonym each plate has in periods of a length; raise ScenarioError where numbers run out."""
        return register(self.seed, self.plates.n, self.days, period_s)
