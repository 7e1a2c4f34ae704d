"""Observers: who looks, at whose sightings, how far back and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError, did_you_mean
from simulate.metros import choose, read_metros
from simulate.rules import LookBack
from simulate.schema.settings import NationRoads
from simulate.world.owners import bodies_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.scenario import Scenario
    from simulate.schema.settings import Settings
    from simulate.world.owners import Body


def default_observer(settings: Settings) -> str:
    """Return who looks if nobody is named: the observer that comes first in the alphabet, or else the owner."""
    return next(iter(settings.observers), next(iter(settings.owners)))


def check_observer(observer: str | None, scenario: Scenario) -> None:
    """Refuse an observer that a scenario lacks or that has no reader to see with, before anything is drawn."""
    settings = scenario.settings
    name = observer if observer is not None else default_observer(settings)
    bodies = _bodies(settings)
    sees, _ = sees_of(settings, name, bodies, f"{scenario.name}: observer")
    seen = {body.owner for body in bodies if any(body.means(asked) for asked in sees)}
    if not settings.readers.owners & seen:
        raise nothing_to_see(f"{scenario.name}: observers.{name}", sees)


def sees_of(
    settings: Settings, name: str, bodies: Sequence[Body], where: str = "observer"
) -> tuple[tuple[str, ...], str]:
    """Return whose sightings someone sees, and what for: an observer, an owner, or one of its bodies.

    bodies : all on the map; where : what named the observer, for errors.
    """
    if name in settings.observers:
        return settings.observers[name].sees, settings.observers[name].purpose
    if any(body.means(name) for body in bodies):
        return (name,), "its own use"
    known = {*settings.observers, *settings.owners, *(body.name for body in bodies)}
    raise ScenarioError(where, "an observer or owner of the scenario", repr(name), did_you_mean(name, known))


def nothing_to_see(where: str, sees: Sequence[str]) -> ScenarioError:
    """Say that an observer has no readers."""
    return ScenarioError(
        where, "at least one reader to see", f"none: no readers for {' or '.join(sees)}",
        "give the owner readers in [readers.place.NAME], draw a metro where it has some, or ask for another"
        " observer",
    )  # fmt: skip


def _bodies(settings: Settings) -> list[Body]:
    """List the bodies that own readers on the map of a scenario."""
    roads = settings.roads
    if not isinstance(roads, NationRoads):
        return bodies_of(settings.owners, (), ())
    metros = read_metros(roads.path)
    return bodies_of(settings.owners, metros, choose(metros, roads.metros))


def look_back_of(settings: Settings, name: str) -> tuple[LookBack, ...]:
    """Return the rule on how far back an observer may look, if there is one."""
    who = settings.observers.get(name)
    return (LookBack.of(who.look_back),) if who is not None and who.look_back else ()


def habit_of(settings: Settings, name: str) -> str:
    """Say how many users look how often, as far as the scenario says it."""
    who = settings.observers.get(name)
    if who is None or not (who.users or who.lookups_per_month):
        return ""
    said = [f"{who.users:,} users"] if who.users else []
    said += [f"{who.lookups_per_month:,.0f} look-ups a month"] if who.lookups_per_month else []
    return f" ({', '.join(said)})"
