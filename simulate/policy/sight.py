"""Sight: the knowledge of an attack, case by case; no truth in it.

The public part (map, census, positions of readers) is shared by all; each case adds the visible
readers, the query date and the look-back of its observer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import DAY_S, DAY_START_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Measuring
    from simulate.world.owners import Owners
    from simulate.world.roads import RoadNetwork
    from simulate.world.routes import Graph
    from simulate.world.sites import Sites
    from simulate.world.zones import Zones


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Habits:
    """True route choice of drivers: the generator's own knowledge; a alternatives, h hubs."""

    shares: NDArray[np.float64]
    """float64[a]; share of households that have each alternative for their usual route."""
    used: NDArray[np.uint8]
    """uint8[p, a]; whose tree is really driven between each pair of hubs that a way joins."""
    row: NDArray[np.int64]
    """int64[h]; hubs a and b of one part of the map are pair row[a] + b."""
    part: NDArray[np.int16]
    """int16[h]; the part of the map that each hub lies in."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Public:
    """Public knowledge: the map, totals of homes and workplaces, positions of readers."""

    roads: RoadNetwork
    graph: Graph
    hub_node: NDArray[np.int32]
    zones: Zones
    sites: Sites
    owners: Owners
    n_plates: int
    """Number of possible plates, unissued ones included."""
    n_vehicles: int
    start: date
    """First day of the scenario; its midnight is second 0."""
    roads_known: str = "public"
    """"none", "public" or "generator": an attack's knowledge of the roads."""
    habits: Habits | None = None
    """Route choice of drivers; None unless the scenario grants attackers the generator's knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseSight:
    """Knowledge of one case; s sites."""

    name: str
    observer: str
    purpose: str
    habit: str
    """Number of users and of look-ups a month, in words; "" if not stated."""
    visible: NDArray[np.bool_]
    """bool[s]; sites in reach of the observer, collecting at some time."""
    now_s: int
    """Query date, seconds from the scenario's first midnight."""
    oldest_s: int
    """First second on file by age limits and look-back alone; 0 if unlimited. Holds may keep older reads."""
    reached: bool
    """Whether the store is old enough for every limit of the case to have deleted something."""
    rules: tuple[str, ...]
    """One sentence a rule."""
    retention: str = ""
    """Label of the retention of the holders in reach, such as "21 days"; "" where they differ."""
    time_grain_s: int = 0
    """Step of times as seen; 0 = to the second."""
    place_grain_m: float = 0.0
    """Side of the squares seen as places; 0 = exact places."""
    pseudonym_s: int = 0
    """Period of a pseudonym; 0 = plates are seen."""

    @property
    def today(self) -> int:
        """Return the day of travel of the query date."""
        return max((self.now_s - DAY_START_S) // DAY_S, 0)

    def on(self, start: date) -> date:
        """Return the query date."""
        return start + timedelta(days=self.now_s // DAY_S)

    def describe(self, public: Public) -> str:
        """Return one sentence on observer, date, visible sites and purpose."""
        sees = public.sites.describe(self.visible)
        return f"{self.observer} looks on {self.on(public.start)} at {sees}, for {self.purpose}{self.habit}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """Knowledge of an attack: the public part and up to 64 cases, in the order of their bits."""

    public: Public
    cases: tuple[CaseSight, ...]
    asked: Measuring
    """The scenario's settings for measures."""
