"""Owners of readers as bodies: one for each owner of a scenario, or several in a nation.

In a nation an owner is one body in each state, or, with agencies, one in each territory: an
agency has a seat in its metro, and all places closest to that seat are its territory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.scenario.metros import agencies_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from simulate.scenario.metros import Metro
    from simulate.scenario.schema.owners import Owner
    from simulate.world.nation import Nation
    from simulate.world.zones import Zones

MOST_BODIES = 2**15 - 1
"""Maximum of the integer type of their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body with readers of its own."""

    name: str
    owner: str
    kind: str
    state: str = ""
    agency: int = 0
    metros: tuple[int, ...] = (0,)
    """Indices among the metros on the map."""

    def means(self, asked: str) -> bool:
        """Return whether a name matches: of an owner, of an owner and a state, or of the body."""
        return asked in {self.owner, f"{self.owner}, {self.state}", self.name}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Owners:
    """All bodies with readers, grouped by owner; b bodies, c metros on the map."""

    name: tuple[str, ...]
    """As in "repossession-firms, NY" or "police agency 2 of Buffalo, NY"; the owner's name if it is a single body."""
    owner: tuple[str, ...]
    """Name of the scenario's owner: key of the draws of its readers."""
    kind: tuple[str, ...]
    state: tuple[str, ...]
    """Two letters; "" outside nations."""
    agency: NDArray[np.int16]
    """int16[b]; number of an agency within its metro, from 1; 0 for any other body."""
    covers: NDArray[np.bool_]
    """bool[b, c]; home metros of a body; one column outside nations."""
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[b]; an agency's seat, 0 for any other body."""

    @property
    def n(self) -> int:
        """Return the number of bodies."""
        return len(self.name)

    @property
    def bodies(self) -> tuple[Body, ...]:
        """Return the bodies as objects."""
        columns = (self.name, self.owner, self.kind, self.state, self.agency.tolist(), self.covers)
        return tuple(
            Body(
                name=name,
                owner=owner,
                kind=kind,
                state=state,
                agency=agency,
                metros=tuple(np.flatnonzero(covers).tolist()),
            )
            for name, owner, kind, state, agency, covers in zip(*columns, strict=True)
        )

    def of(self, asked: str) -> NDArray[np.bool_]:
        """Return whether bodies match a name: of an owner, of an owner and a state, or of a body; bool[b]."""
        return np.array([body.means(asked) for body in self.bodies], np.bool_)

    def at(
        self, owner: str, metro: NDArray[np.int16], x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> NDArray[np.int16]:
        """Return the owner's body responsible for each place; int16[n].

        metro : int16[n], index among the metros on the map; x_m, y_m : float64[n].
        """
        nearest, body = np.full(len(metro), np.inf), np.full(len(metro), -1, np.int16)
        for candidate in np.flatnonzero(self.of(owner)):
            distance = np.where(
                self.covers[candidate][metro], np.hypot(x_m - self.x_m[candidate], y_m - self.y_m[candidate]), np.inf
            )
            body[distance < nearest] = candidate
            nearest = np.minimum(nearest, distance)
        return body

    def on(self, owner: str, zones: Zones, metro_of_hub: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the owner's body responsible for each zone; int16[z]."""
        return self.at(owner, metro_of_hub[zones.hub], zones.x_m, zones.y_m)


def bodies_of(owners: Mapping[str, Owner], metros: Sequence[Metro], chosen: Sequence[int]) -> list[Body]:
    """Return the bodies of every owner, in the order of the owners, the states or the metros.

    metros, chosen : metros of a nation's file, and the indices of those on the map; both empty outside nations.
    """
    bodies: list[Body] = []
    for name, owner in owners.items():
        if not metros:
            bodies.append(Body(name=name, owner=name, kind=owner.kind))
        elif owner.agencies is None:
            bodies += _by_state(name, owner, [metros[i].state for i in chosen])
        else:
            bodies += _agencies(name, owner, metros, chosen)
    if len(bodies) > MOST_BODIES:
        remedy = "state fewer agencies, or draw fewer metros"
        raise ScenarioError("owners", f"at most {MOST_BODIES:,} bodies on the map", f"{len(bodies):,}", remedy)
    return bodies


def build_owners(owners: Mapping[str, Owner], zones: Zones, nation: Nation | None, seed: int) -> Owners:
    """Place the bodies of every owner on the map."""
    bodies = bodies_of(owners, *(((), ()) if nation is None else (nation.metros, nation.chosen)))
    covers = np.zeros((len(bodies), 1 if nation is None else len(nation.chosen)), np.bool_)
    for i, body in enumerate(bodies):
        covers[i, list(body.metros)] = True
    x_m, y_m = np.zeros(len(bodies)), np.zeros(len(bodies))
    agencies = np.flatnonzero([body.agency > 0 for body in bodies])
    if nation is not None and len(agencies):
        seats = _seats([bodies[i] for i in agencies], zones, nation, seed)
        x_m[agencies], y_m[agencies] = zones.x_m[seats], zones.y_m[seats]
    return Owners(
        name=tuple(body.name for body in bodies),
        owner=tuple(body.owner for body in bodies),
        kind=tuple(body.kind for body in bodies),
        state=tuple(body.state for body in bodies),
        agency=np.array([body.agency for body in bodies], np.int16),
        covers=covers,
        x_m=x_m,
        y_m=y_m,
    )


def agency_sentences(owners: Mapping[str, Owner], nation: Nation | None) -> Iterator[str]:
    """Yield one sentence per owner on the number of its agencies in the metros of the map."""
    for name, owner in owners.items():
        if nation is not None and owner.agencies is not None:
            counts = agencies_of(f"owners.{name}", owner, nation.metros)
            parts = [f"{counts[i]} in {nation.metros[i].short}" for i in nation.chosen]
            yield f"Agencies of {name}: {', '.join(parts)}, of {owner.agencies:,} in all {len(nation.metros)} metros."


def _by_state(name: str, owner: Owner, states: Sequence[str]) -> Iterator[Body]:
    """Yield one body for each state with a metro on the map; states : the states of these metros."""
    for state in sorted(set(states)):
        metros = tuple(i for i, state_of_metro in enumerate(states) if state_of_metro == state)
        yield Body(name=f"{name}, {state}", owner=name, kind=owner.kind, state=state, metros=metros)


def _agencies(name: str, owner: Owner, metros: Sequence[Metro], chosen: Sequence[int]) -> Iterator[Body]:
    """Yield one body for each agency of the metros on the map."""
    counts = agencies_of(f"owners.{name}", owner, metros)
    for position, i in enumerate(chosen):
        place = f"{metros[i].short}, {metros[i].state}"
        for number in range(1, counts[i] + 1):
            yield Body(
                name=f"{name} agency {number} of {place}", owner=name, kind=owner.kind, state=metros[i].state,
                agency=number, metros=(position,),
            )  # fmt: skip


def _seats(agencies: Sequence[Body], zones: Zones, nation: Nation, seed: int) -> NDArray[np.int64]:
    """Draw the zone of each agency's seat, by population; int64[n].

    Draws are keyed by metro and number: another metro or one more agency moves no seat.
    """
    metro_of_zone, seats = nation.metro_of_hub[zones.hub], np.empty(len(agencies), np.int64)
    for owner, position in dict.fromkeys((body.owner, body.metros[0]) for body in agencies):
        own_agencies = [i for i, body in enumerate(agencies) if (body.owner, body.metros[0]) == (owner, position)]
        here = np.flatnonzero((metro_of_zone == position) & (zones.residents > 0))
        people = np.cumsum(zones.residents[here])
        metro = nation.metros[nation.chosen[position]].name
        names = [streams.uid(metro, agencies[i].agency) for i in own_agencies]
        drawn = streams.uniforms(streams.key(seed, f"owners.{owner}.seats"), names)
        seats[own_agencies] = here[np.searchsorted(people, drawn * people[-1], side="right")]
    return seats
