"""The setting: readers, holders, zones and plates of a run, looked up by the names used in rules."""

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
    """Subjects of rules, shared by all cases of one run; s sites, h holders, z zones."""

    sites: Sites
    owners: Owners
    """Bodies owning readers; each is a holder under its number."""
    zones: Zones
    plates: Plates
    """Assignment of plates to vehicles: holds and listings name vehicles."""
    n_vehicles: int
    start: date
    """First day of the scenario; its midnight is second 0."""
    days: int
    seed: int
    hotlist: HotList
    """Hot list compared with reads."""

    def holders(self, names: Collection[str], where: str) -> NDArray[np.bool_]:
        """Return the holders named as owners, as owners in one state, or as bodies; bool[h].

        No name means every holder. Raise ScenarioError on a name without a holder.
        """
        owners, selected = self.owners, np.full(self.owners.n, not names)
        for name in names:
            matches = owners.of(name)
            if not matches.any():
                states = {f"{owner}, {state}" for owner, state in zip(owners.owner, owners.state, strict=True) if state}
                known = {*owners.owner, *owners.name, *states}
                raise ScenarioError(where, "an owner of readers", repr(name), did_you_mean(name, known))
            selected |= matches
        return selected

    def readers(self, owners: Collection[str], kinds: Collection[str], where: str) -> NDArray[np.bool_]:
        """Return the sites of some owners and kinds; bool[s]. No name means all of them."""
        site_kinds = [SiteKind[kind.upper()] for kind in kinds] or list(SiteKind)
        of_owner: NDArray[np.bool_] = self.holders(owners, where)[self.sites.owner]
        return of_owner & np.isin(self.sites.kind, site_kinds)

    def draw_holders(self, stream: str) -> NDArray[np.float64]:
        """Draw a number from 0 to 1 for each holder, keyed by seed and name; float64[h]."""
        holders = np.array([streams.uid(name) for name in self.owners.name], np.uint64)
        return streams.uniforms(streams.key(self.seed, stream), holders)

    def draw_readers(self, stream: str) -> NDArray[np.float64]:
        """Draw a number from 0 to 1 for each site, keyed by seed and place; float64[s]."""
        return streams.uniforms(streams.key(self.seed, stream), self.sites.uid)

    def metres_from(self, categories: Sequence[str]) -> NDArray[np.float64]:
        """Return the distance from each site to the nearest centre of a zone with one of the purposes; float64[s].

        Infinite without such a zone on the map.
        """
        purposes = [Purpose[category.upper()] for category in categories]
        attracts = (self.zones.attraction[purposes] > 0).any(axis=0) & ~self.zones.outside
        if not attracts.any():
            return np.full(self.sites.n, np.inf)
        centres = cKDTree(np.column_stack([self.zones.x_m, self.zones.y_m])[attracts])
        distance, _ = centres.query(np.column_stack([self.sites.x_m, self.sites.y_m]))
        return np.asarray(distance)

    def second_of(self, day: date) -> int:
        """Return the first second of a day of travel: its 04:00."""
        return (day - self.start).days * DAY_S + DAY_START_S

    def plates_of(self, vehicles: Collection[int], where: str) -> NDArray[np.int64]:
        """Return the plates of vehicles; raise ScenarioError on an unknown vehicle."""
        if max(vehicles) >= self.n_vehicles:
            expected = f"numbers of vehicles below {self.n_vehicles}"
            raise ScenarioError(where, expected, max(vehicles), "vehicles are numbered from 0")
        return self.plates.of_vehicles(np.array(vehicles, np.int64))

    def register(self, period_s: int) -> Register:
        """Return the register of pseudonyms for a length of period; raise ScenarioError if numbers run out."""
        return register(self.seed, self.plates.n, self.days, period_s)
