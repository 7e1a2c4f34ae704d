"""Facts and exhibits: the contents of a run's page, gathered before layout.

Facts are plain values and cost nothing; exhibits hold the maps and other parts to draw or read.
Given both, a page is a pure function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulate.checks import ScenarioError
from simulate.report import figures, maps, phrases
from simulate.report.compared import differ_by_age
from simulate.report.stories import choose_story
from simulate.risk.assumptions import assumptions_for
from simulate.sharing.build import build_network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from simulate.policy.sight import CaseSight
    from simulate.policy.view import View
    from simulate.report.stories import Story
    from simulate.risk.assumptions import Assumptions
    from simulate.scenario.schema.settings import Measuring
    from simulate.sharing.build import BuiltNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Description of a run, its observer and its cases."""

    name: str
    seed: int
    title: str
    summary: str
    settings: Mapping[str, Any]
    """The resolved scenario, in plain types."""
    sources: Mapping[str, str]
    """Source of each value."""
    looks: str
    """Observer and subject, in words."""
    cases: tuple[CaseSight, ...]
    asked: Measuring
    start: date
    n_vehicles: int
    n_residents: int
    """Vehicles with a home on the map; the others may come from beyond it."""
    real_map: bool
    metros: tuple[str, ...]
    """Names of the metros on the map; empty outside nations."""
    credits: tuple[str, ...]
    """Credits of the map, and counts of positions from files by outcome."""
    assumptions: Assumptions | None
    """Ranges over the assumptions for one case, if a sweep has saved them beside the run."""

    @property
    def is_ladder(self) -> bool:
        """Return whether cases differ in retention alone."""
        return differ_by_age(self.cases)

    @property
    def days(self) -> tuple[int, ...]:
        """Return the age of the run on the query date of each case, in days."""
        return tuple(case.today for case in self.cases)

    @property
    def headline(self) -> CaseSight | None:
        """Return the case of the headlines: the last one reached; None if none is."""
        return next((case for case in reversed(self.cases) if case.reached), None)

    def label(self, case: CaseSight) -> str:
        """Return the label of a case for figures and tables."""
        return phrases.kept_for(case.name, *self.days)

    def age(self, case: CaseSight) -> str:
        """Return the age of the run on the query date of a case, in words."""
        return f"the run is {phrases.lasting(case.today)} old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """Parts of a page to draw, compute or read."""

    story: str
    """Text on one car; "" if there is none."""
    maps: tuple[str, ...]
    """Maps as SVG, ready for a page."""
    network: BuiltNetwork | None
    """The sharing network; None if the scenario has none."""
    missing: str
    """Reason for not showing the sharing network; "" if it is shown, or there is none."""


def facts_of(view: View) -> Facts:
    """Return the facts of a view."""
    truth, public = view.truth, view.sight.public
    scenario, world = truth.scenario, truth.world
    settings = scenario.resolved()
    return Facts(
        name=scenario.name,
        seed=scenario.seed,
        title=settings["title"],
        summary=settings["summary"],
        settings=settings,
        sources=scenario.sources,
        looks=view.describe(),
        cases=view.cases,
        asked=view.sight.asked,
        start=public.start,
        n_vehicles=public.n_vehicles,
        n_residents=truth.lives.population.n_residents,
        real_map=public.roads.origin is not None,
        metros=tuple(world.metros),
        credits=(*(f"Map: {credit}" for credit in world.credits), *world.placements),
        assumptions=assumptions_for(view),
    )


def exhibits_of(view: View, facts: Facts) -> Exhibits:
    """Choose the car of the story, draw its maps and build the sharing network."""
    case = facts.headline
    story = None if case is None else choose_story(view, case.name)
    network = _network(view)
    return Exhibits(
        story="" if story is None else story.tell(),
        maps=_maps(view, story),
        network=None if isinstance(network, str) else network,
        missing=network if isinstance(network, str) else "",
    )


def _maps(view: View, story: Story | None) -> tuple[str, ...]:
    """Draw the map, and the close-up if there is a story."""
    drawn = [figures.svg(maps.draw_map(view, story), "map", maps.describe(view, story))]
    if story is not None:
        drawn.append(figures.svg(maps.draw_close(view, story), "close", maps.describe_close(story)))
    return tuple(drawn)


def _network(view: View) -> BuiltNetwork | str:
    """Build the sharing network of the scenario; "" without one, or a reason if its file has become unreadable."""
    settings = view.truth.scenario.settings
    if settings.sharing is None:
        return ""
    try:
        return build_network(settings.sharing, settings.roads, view.truth.seed)
    except ScenarioError as error:
        return f"The sharing network is not shown: expected {error.expected}, found {error.found}."
