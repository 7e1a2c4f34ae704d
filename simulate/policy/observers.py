"""Observers: the sightings in their reach, their purpose, look-back limit and frequency of look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError, did_you_mean
from simulate.rules import LookBack
from simulate.scenario.metros import choose, read_metros
from simulate.scenario.schema.settings import NationRoads
from simulate.world.owners import bodies_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate.scenario import Scenario
    from simulate.scenario.schema.settings import Settings
    from simulate.world.owners import Body


def default_observer(settings: Settings) -> str:
    """Return the observer if none is named: the first in alphabetical order, or else the first owner."""
    return next(iter(settings.observers), next(iter(settings.owners)))


def check_observer(observer: str | None, scenario: Scenario) -> None:
    """Raise ScenarioError if an observer is unknown to a scenario or sees no reader; needs nothing drawn."""
    settings = scenario.settings
    name = observer if observer is not None else default_observer(settings)
    bodies = _bodies(settings)
    sees, _ = sees_of(settings, name, bodies, f"{scenario.name}: observer")
    owners = {body.owner for body in bodies if any(body.means(holder) for holder in sees)}
    if not settings.readers.owners & owners:
        raise nothing_to_see(f"{scenario.name}: observers.{name}", sees)


def sees_of(
    settings: Settings, name: str, bodies: Sequence[Body], where: str = "observer"
) -> tuple[tuple[str, ...], str]:
    """Return the owners of the sightings seen by an observer, an owner or one of its bodies, and the purpose.

    bodies : all on the map; where : source of the name, for errors. Raise ScenarioError on an unknown name.
    """
    if name in settings.observers:
        return settings.observers[name].sees, settings.observers[name].purpose
    if any(body.means(name) for body in bodies):
        return (name,), "its own use"
    known = {*settings.observers, *settings.owners, *(body.name for body in bodies)}
    raise ScenarioError(where, "an observer or owner of the scenario", repr(name), did_you_mean(name, known))


def nothing_to_see(where: str, sees: Sequence[str]) -> ScenarioError:
    """Return the error for an observer without readers."""
    return ScenarioError(
        where, "at least one reader to see", f"none: no readers for {' or '.join(sees)}",
        "give the owner readers in [readers.place.NAME], draw a metro where it has some, or ask for another"
        " observer",
    )  # fmt: skip


def _bodies(settings: Settings) -> list[Body]:
    """Return the bodies owning readers on the map of a scenario."""
    roads = settings.roads
    if not isinstance(roads, NationRoads):
        return bodies_of(settings.owners, (), ())
    metros = read_metros(roads.path)
    return bodies_of(settings.owners, metros, choose(metros, roads.metros))


def look_back_of(settings: Settings, name: str) -> tuple[LookBack, ...]:
    """Return the look-back rule of an observer, if there is one."""
    observer = settings.observers.get(name)
    return (LookBack.of(observer.look_back),) if observer is not None and observer.look_back else ()


def habit_of(settings: Settings, name: str) -> str:
    """Return the number of users and of look-ups a month in words, as far as stated; "" otherwise."""
    observer = settings.observers.get(name)
    if observer is None or not (observer.users or observer.lookups_per_month):
        return ""
    phrases = [f"{observer.users:,} users"] if observer.users else []
    phrases += [f"{observer.lookups_per_month:,.0f} look-ups a month"] if observer.lookups_per_month else []
    return f" ({', '.join(phrases)})"
