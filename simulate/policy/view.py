"""A view: what one observer can see on one date, under a ladder of retention rules.

An attack receives a view and nothing else. The truth travels beside it under a seal that
`blind()` takes away; scoring breaks the seal afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.plates import GROUP
from simulate.policy.observers import default_observer, habit_of, look_back_of, nothing_to_see, sees_of
from simulate.policy.retention import Retention
from simulate.sightings.drawn import stream
from simulate.sightings.store import Rows, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.schema.settings import Measure
    from simulate.sightings.drawn import Drawn
    from simulate.sightings.run import Run
    from simulate.sightings.store import Store
    from simulate.sightings.watch import Watch
    from simulate.travel.life import Lives
    from simulate.world.build import World
    from simulate.world.owners import Owners
    from simulate.world.roads import RoadNetwork
    from simulate.world.routes import Graph
    from simulate.world.sites import Sites
    from simulate.world.zones import Zones

NOBODY = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Habits:
    """How drivers really choose among routes: the generator's own knowledge; a alternatives, h hubs."""

    shares: NDArray[np.float64]
    """float64[a]; share of trips that want each alternative, off the peak."""
    used: NDArray[np.uint8]
    """uint8[h, a, h]; whose tree is really driven."""


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
    roads_known: str = "public"
    """"none", "public" or "generator": what an attack may use of the roads."""
    habits: Habits | None = None
    """What drivers prefer; None unless the scenario grants its attackers the generator's knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What really happened; only scoring may look."""

    world: World
    lives: Lives
    seed: int
    watch: Watch
    scenario: Scenario


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What one observer can see; w retention rules, s sites."""

    observer: str
    purpose: str
    visible: NDArray[np.bool_]
    """bool[s]; sites whose sightings the observer sees."""
    ladder: tuple[Retention, ...]
    """Retention rules asked about, longest last."""
    now_s: int
    """When the observer looks, seconds from the scenario's first midnight."""
    start: date
    look_back: Retention
    """How far back a look-up may reach, whatever is kept."""
    habit: str
    """How many users look how often, in words; "" where the scenario does not say."""
    public: Public
    store: Store
    """The run's folder; what is asked of its rows goes through `drawn`."""
    drawn: Drawn
    """The rows, which come out checked or not at all."""
    asked: Measure
    """How the scenario wants its measures taken."""
    truth: Truth | None

    @property
    def on(self) -> date:
        """Return the query date."""
        return self.start + timedelta(days=self.now_s // DAY_S)

    @property
    def today(self) -> int:
        """Return the day of travel that the query date belongs to."""
        return max((self.now_s - DAY_START_S) // DAY_S, 0)

    def reached(self, rule: Retention) -> bool:
        """Tell whether the store is old enough for a rule to delete anything, or for ever."""
        return rule.seconds is None or rule.seconds <= self.now_s - DAY_START_S

    def windows(self) -> list[tuple[Retention, int]]:
        """List the rules that are reached, each with the oldest time a look-up may find under it."""
        return [(rule, self.since(rule)) for rule in self.ladder if self.reached(rule)]

    def since(self, rule: Retention) -> int:
        """Return the oldest time that a look-up may find under a rule."""
        return max(rule.since(self.now_s), self.look_back.since(self.now_s))

    def rows(self, plates: NDArray[np.int64] = NOBODY) -> Iterator[Rows]:
        """Stream what the longest rule leaves, sorted by plate, time and site within a shard.

        plates : int64[p], whose rows must redraw the same; a random sample must in any case.
        Raises ScenarioError at the end, or sooner, if any of the run's rows is not as drawn.
        """
        yield from self._since(min((since for _, since in self.windows()), default=self.now_s), plates)

    def collected(self) -> Iterator[Rows]:
        """Stream all that the observer's readers ever read, kept or not, and raise as `rows` does.

        Alerts come before storage.
        """
        yield from self._since(0, NOBODY)

    def _since(self, oldest: int, plates: NDArray[np.int64]) -> Iterator[Rows]:
        """Stream what is visible from a time on, up to the query date."""
        for block in stream(self.drawn, np.unique(plates // GROUP)):
            kept = (block.time >= oldest) & (block.time < self.now_s) & self.visible[block.site]
            yield block if kept.all() else Rows(*(column[kept] for column in block))

    def rows_of(self, plates: NDArray[np.int64]) -> Rows:
        """Look up some plates, all of them redrawn; their rows sorted by plate, time and site."""
        wanted = np.zeros(self.public.n_plates, np.bool_)
        wanted[plates] = True
        return joined(Rows(*(column[wanted[block.plate]] for column in block)) for block in self.rows(plates))

    def blind(self) -> View:
        """Return the view without the truth: what an attack may hold."""
        return replace(self, truth=None)

    def nothing_read(self) -> bool:
        """Tell whether the observer's readers read nothing at all up to the query date."""
        return not any(len(block.plate) for block in self.collected())

    def describe(self) -> str:
        """Say in one sentence who sees what, and if it is nothing."""
        sees = self.public.sites.describe(self.visible)
        nothing = "; nothing was read there" if self.nothing_read() else ""
        back = "" if self.look_back.days is None else f", at most {self.look_back.label} back"
        return f"{self.observer} looks on {self.on} at {sees}{back}, for {self.purpose}{self.habit}{nothing}"


def view_of(
    run: Run,
    *,
    observer: str | None = None,
    policies: Sequence[Retention] = (),
    ladder: Sequence[str | Retention] | None = None,
    on: date | str | None = None,
) -> View:
    """Open a view of a run.

    Parameters
    ----------
    run
        A complete run.
    observer
        A name from the scenario's observers, or an owner, who sees its own readers; in a nation
        also one of the bodies that its owners are. The observer that comes first in the
        alphabet if None.
    policies
        Rules in force: at most one retention.
    ladder
        Retention rules to compare instead, in one pass.
    on
        Query date; the day after the last simulated one if None.
    """
    settings = run.scenario.settings
    name = observer if observer is not None else default_observer(settings)
    sees, purpose = sees_of(settings, name, run.world.owners.bodies)
    visible = np.any([run.world.owners.of(asked) for asked in sees], axis=0)[run.watch.sites.owner]
    if not visible.any():
        raise nothing_to_see(f"observers.{name}", sees)
    if len(policies) > 1 or (policies and ladder):
        found = f"{len(policies)}{' and a ladder' if ladder else ''}"
        raise ScenarioError("policies", "one retention rule", found, "use ladder=[...] alone to compare several")
    asked = [
        rule if isinstance(rule, Retention) else Retention.of(rule) for rule in ladder or policies or [Retention()]
    ]
    rules = sorted(set(asked), key=lambda rule: float("inf") if rule.seconds is None else rule.seconds)
    granted = settings.measure.attacker_roads == "generator"
    graph, routes = run.world.graph, run.world.routes
    public = Public(
        roads=run.world.roads,
        graph=graph if granted else replace(graph, cost=graph.cost[:1]),  # what drivers prefer is not public
        hub_node=routes.hub_node,
        zones=run.world.zones,
        sites=run.watch.sites,
        owners=run.world.owners,
        n_plates=run.lives.plates.n,
        n_vehicles=run.n_vehicles,
        roads_known=settings.measure.attacker_roads,
        habits=Habits(shares=np.array(settings.travel.route_shares), used=routes.used) if granted else None,
    )
    return View(
        observer=name,
        purpose=purpose,
        visible=visible,
        ladder=tuple(rules),
        now_s=_now(on, settings.period.start, settings.period.days),
        start=settings.period.start,
        look_back=look_back_of(settings, name),
        habit=habit_of(settings, name),
        public=public,
        store=run.store,
        drawn=run.drawn,
        asked=settings.measure,
        truth=Truth(world=run.world, lives=run.lives, seed=run.scenario.seed, watch=run.watch, scenario=run.scenario),
    )


def _now(on: date | str | None, start: date, days: int) -> int:
    """Turn a query date into 04:00 of that day, in seconds."""
    last = start + timedelta(days=days)
    if isinstance(on, str):
        try:
            on = date.fromisoformat(on)
        except ValueError:
            raise ScenarioError("--on", "a date as YYYY-MM-DD", repr(on), f"for example {last}") from None
    day = last if on is None else on
    if not start < day <= last:
        remedy = "the observer can only look while the scenario lasts, from its second day on"
        raise ScenarioError("--on", f"a date from {start + timedelta(days=1)} to {last}", day, remedy)
    return (day - start).days * DAY_S + DAY_START_S
