"""Sight: what an attack may know, case by case; no truth in it.

The public part (the map, the census, where readers stand) is the same for all; each case adds
whose readers the observer sees, on which date and how far back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import DAY_S, DAY_START_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.schema.settings import Measuring
    from simulate.world.owners import Owners
    from simulate.world.roads import RoadNetwork
    from simulate.world.routes import Graph
    from simulate.world.sites import Sites
    from simulate.world.zones import Zones


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Habits:
    """How drivers really choose among routes: the generator's own knowledge; a alternatives, h hubs."""

    shares: NDArray[np.float64]
    """float64[a]; share of trips that want each alternative, off the peak."""
    used: NDArray[np.uint8]
    """uint8[p, a]; whose tree is really driven between each pair of hubs that a way joins."""
    row: NDArray[np.int64]
    """int64[h]; hubs a and b of one part of the map are pair row[a] + b."""
    part: NDArray[np.int16]
    """int16[h]; the part of the map that each hub lies in."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Public:
    """What anyone may know: the map, where people live and work in sum, where readers stand."""

    roads: RoadNetwork
    graph: Graph
    hub_node: NDArray[np.int32]
    zones: Zones
    sites: Sites
    owners: Owners
    n_plates: int
    """Plates that there could be, those that nobody holds included."""
    n_vehicles: int
    start: date
    """First day of the scenario, whose midnight is second 0."""
    roads_known: str = "public"
    """"none", "public" or "generator": what an attack may use of the roads."""
    habits: Habits | None = None
    """What drivers prefer; None unless the scenario grants its attackers the generator's knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseSight:
    """What is known of one case; s sites."""

    name: str
    observer: str
    purpose: str
    habit: str
    """How many users look how often, in words; "" where the scenario does not say."""
    visible: NDArray[np.bool_]
    """bool[s]; sites in reach of the observer that ever collect."""
    now_s: int
    """When the observer looks, seconds from the scenario's first midnight."""
    oldest_s: int
    """No read before this second is on file by age and look-back alone; 0 where all are. Holds may keep older ones."""
    reached: bool
    """Whether the store is old enough for every limit of the case to have deleted something."""
    rules: tuple[str, ...]
    """One sentence a rule."""
    retention: str = ""
    """Label of the retention of the holders in reach, such as "21 days"; "" where they differ."""
    time_grain_s: int = 0
    """Steps to which times are seen; 0 = to the second."""
    place_grain_m: float = 0.0
    """Squares to which places are seen; 0 = exactly."""
    pseudonym_s: int = 0
    """Periods after which each plate gets a new pseudonym; 0 = plates are seen."""

    @property
    def today(self) -> int:
        """Return the day of travel that the query date belongs to."""
        return max((self.now_s - DAY_START_S) // DAY_S, 0)

    def on(self, start: date) -> date:
        """Return the query date."""
        return start + timedelta(days=self.now_s // DAY_S)

    def describe(self, public: Public) -> str:
        """Return one sentence on who sees what."""
        sees = public.sites.describe(self.visible)
        return f"{self.observer} looks on {self.on(public.start)} at {sees}, for {self.purpose}{self.habit}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """What an attack may know: the public part and up to 64 cases, in the order of their bits."""

    public: Public
    cases: tuple[CaseSight, ...]
    asked: Measuring
    """How the scenario wants its measures taken."""
