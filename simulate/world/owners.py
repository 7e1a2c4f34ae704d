"""Whose readers they are: one body for each owner of a scenario, or several in a nation.

There an owner is one body in each state, or, if it has agencies, one in each territory: an
agency has a seat in its metro, and what lies nearer to it than to another's is its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.metros import agencies_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from simulate.schema.owners import Owner
    from simulate.world.nation import Nation
    from simulate.world.zones import Zones


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Owners:
    """All bodies that own readers, those of one owner after another; b bodies, c metros on the map."""

    name: tuple[str, ...]
    """As in "repossession-firms, NY" or "police agency 2 of Buffalo, NY"; that of the owner where it is one body."""
    owner: tuple[str, ...]
    """Name of the scenario's owner: what the draws of its readers are keyed by."""
    kind: tuple[str, ...]
    state: tuple[str, ...]
    """Two letters; "" on a map that is no nation."""
    agency: NDArray[np.int16]
    """int16[b]; number of an agency within its metro, from 1; 0 for any other body."""
    covers: NDArray[np.bool_]
    """bool[b, c]; metros that a body is at home in; one column on a map that is no nation."""
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[b]; an agency's seat, 0 for any other body."""

    @property
    def n(self) -> int:
        """Count the bodies."""
        return len(self.name)

    def of(self, asked: str) -> NDArray[np.bool_]:
        """Tell which bodies are meant by an owner, an owner and a state, or the name of a body; bool[b]."""
        bodies = zip(self.owner, self.state, self.name, strict=True)
        return np.array([asked in {owner, f"{owner}, {state}", name} for owner, state, name in bodies], np.bool_)

    def at(
        self, owner: str, metro: NDArray[np.int16], x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> NDArray[np.int16]:
        """Return which body of an owner each place belongs to; int16[n].

        metro : int16[n], position among the metros on the map; x_m, y_m : float64[n].
        """
        nearest, body = np.full(len(metro), np.inf), np.full(len(metro), -1, np.int16)
        for one in np.flatnonzero(self.of(owner)):
            away = np.where(self.covers[one][metro], np.hypot(x_m - self.x_m[one], y_m - self.y_m[one]), np.inf)
            body[away < nearest] = one
            nearest = np.minimum(nearest, away)
        return body

    def on(self, owner: str, zones: Zones, metro_of_hub: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return which body of an owner each zone belongs to; int16[z]."""
        return self.at(owner, metro_of_hub[zones.hub], zones.x_m, zones.y_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """One row of the table."""

    name: str
    owner: str
    kind: str
    state: str = ""
    agency: int = 0
    metros: tuple[int, ...] = (0,)
    """Positions among the metros on the map."""
    seat: tuple[float, float] = (0.0, 0.0)


def build_owners(owners: Mapping[str, Owner], zones: Zones, nation: Nation | None, seed: int) -> Owners:
    """List the bodies of every owner, in the order of the owners, the states or the metros."""
    bodies: list[_Body] = []
    for name, owner in owners.items():
        if nation is None:
            bodies.append(_Body(name=name, owner=name, kind=owner.kind))
        elif owner.agencies is None:
            bodies += _by_state(name, owner, nation)
        else:
            bodies += _agencies(name, owner, zones, nation, seed)
    covers = np.zeros((len(bodies), 1 if nation is None else len(nation.chosen)), np.bool_)
    for i, body in enumerate(bodies):
        covers[i, list(body.metros)] = True
    return Owners(
        name=tuple(body.name for body in bodies),
        owner=tuple(body.owner for body in bodies),
        kind=tuple(body.kind for body in bodies),
        state=tuple(body.state for body in bodies),
        agency=np.array([body.agency for body in bodies], np.int16),
        covers=covers,
        x_m=np.array([body.seat[0] for body in bodies], np.float64),
        y_m=np.array([body.seat[1] for body in bodies], np.float64),
    )


def say_agencies(owners: Mapping[str, Owner], nation: Nation | None) -> Iterator[str]:
    """Say how many agencies of each owner lie in the metros of the map, in sentences."""
    for name, owner in owners.items():
        if nation is not None and owner.agencies is not None:
            counts = agencies_of(f"owners.{name}", owner, nation.metros)
            parts = [f"{counts[i]} in {nation.metros[i].name}" for i in nation.chosen]
            yield f"{name}: {'; '.join(parts)}; of {owner.agencies:,} agencies in all {len(nation.metros)} metros"


def _by_state(name: str, owner: Owner, nation: Nation) -> Iterator[_Body]:
    """Make one body for each state that has a metro on the map."""
    states = [nation.metros[i].state for i in nation.chosen]
    for state in sorted(set(states)):
        metros = tuple(i for i, one in enumerate(states) if one == state)
        yield _Body(name=f"{name}, {state}", owner=name, kind=owner.kind, state=state, metros=metros)


def _agencies(name: str, owner: Owner, zones: Zones, nation: Nation, seed: int) -> Iterator[_Body]:
    """Make one body for each agency of the metros on the map, seated where people live.

    Seats are keyed by metro and number: another metro or one more agency moves none.
    """
    counts = agencies_of(f"owners.{name}", owner, nation.metros)
    stream = streams.key(seed, f"owners.{name}.seats")
    for position, i in enumerate(nation.chosen):
        metro = nation.metros[i]
        here = np.flatnonzero((nation.metro_of_hub[zones.hub] == position) & (zones.residents > 0))
        people = np.cumsum(zones.residents[here])
        names = [streams.uid(metro.name, number) for number in range(1, counts[i] + 1)]
        seats = here[np.searchsorted(people, streams.uniforms(stream, names) * people[-1], side="right")]
        for number, seat in enumerate(seats, 1):
            yield _Body(
                name=f"{name} agency {number} of {metro.short}, {metro.state}", owner=name, kind=owner.kind,
                state=metro.state, agency=number, metros=(position,),
                seat=(float(zones.x_m[seat]), float(zones.y_m[seat])),
            )  # fmt: skip
