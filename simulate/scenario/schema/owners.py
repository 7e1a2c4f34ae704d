"""Tables of the owners of readers, and of the observers of their sightings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from simulate.checks import MOST_FAULTS, did_you_mean
from simulate.scenario.schema.parts import Above0, Count, Duration, Fault, Name, Table, Text, refuse

OwnerKind = Literal["police", "repossession", "parking", "insurer", "access control", "retail"]
MOST_AGENCIES = 20_000
"""The United States have some 18,000 police agencies."""
Seen = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(, [A-Z]{2})?$", examples=["repossession-firms, NY"])]


class Owner(Table):
    """Whose readers they are: one body, or in a nation one in each state, or the agencies of a police."""

    kind: OwnerKind = Field(description="what kind of body the owner is")
    agencies: Annotated[int, Field(ge=1, le=MOST_AGENCIES)] | None = Field(
        default=None,
        description="number of agencies in all metros of the file together (police of a nation), at most"
        f" {MOST_AGENCIES:,}",
    )
    agencies_in: Mapping[str, Count] | None = Field(
        default=None, description="how many of these agencies lie in which states, by a state's two letters"
    )

    @model_validator(mode="after")
    def _fits(self) -> Owner:
        refuse([*self._agencies_without_police(), *self._misplaced_agencies()])
        return self

    def _agencies_without_police(self) -> Iterator[Fault]:
        """Yield a fault if an owner other than police has agencies."""
        if self.agencies is not None and self.kind != "police":
            yield Fault(("agencies",), 'nothing, unless kind is "police"', str(self.agencies), "leave it out")

    def _misplaced_agencies(self) -> Iterator[Fault]:
        """Yield a fault for each invalid state, and if the states have more agencies than there are in all."""
        for state in self.agencies_in or {}:
            if not re.fullmatch("[A-Z]{2}", state):
                yield Fault(("agencies_in", state), "a state's two letters", f'"{state}"', "write it as in CA")
        placed = sum((self.agencies_in or {}).values())
        if placed > (self.agencies or 0):
            expected = f"at most {self.agencies} agencies in all" if self.agencies else "nothing without agencies"
            yield Fault(("agencies_in",), expected, str(placed), "say in agencies how many there are in all")


class Observer(Table):
    """Who looks, at whose sightings, for what purpose."""

    sees: tuple[Seen, ...] = Field(
        min_length=1,
        description="names of the owners whose sightings the observer sees; in a nation also of one state's alone,"
        ' as in "repossession-firms, NY"',
    )
    purpose: Text = Field(description="what the observer looks for, in words")
    users: Count | None = Field(default=None, description="number of people who may look plates up")
    lookups_per_month: Above0 | None = Field(default=None, description="look-ups of all users in a month")
    look_back: Duration | None = Field(
        default=None, description="duration that a look-up may reach back, whatever is kept; such as 5y"
    )

    @property
    def owners(self) -> set[str]:
        """Return the owners of the sightings open to the observer."""
        return {owner_and_state(seen)[0] for seen in self.sees}


def owner_and_state(seen: str) -> tuple[str, str]:
    """Split "police, NY" into the owner and the state; "" for all states."""
    owner, _, state = seen.partition(", ")
    return owner, state


def owner_faults(owners: Mapping[Name, Owner], observers: Mapping[Name, Observer], *, nation: bool) -> Iterator[Fault]:
    """Yield a fault for each unknown owner of an observer, and for agencies and states outside nations."""
    only, unknown = 'unless roads.source is "nation"', 0
    for name, owner in owners.items():
        if owner.agencies is not None and not nation:
            keys = ("owners", name, "agencies")
            yield Fault(keys, f"nothing, {only}", str(owner.agencies), "leave it out: the owner is one body")
    for name, observer in observers.items():
        keys = ("observers", name, "sees")
        for seen in observer.sees:
            owner_name, state = owner_and_state(seen)
            if owner_name not in owners:
                remedy = did_you_mean(owner_name, owners) if unknown < MOST_FAULTS else ""  # slow where owners are many
                unknown += 1
                yield Fault(keys, "the name of an owner, as in [owners.NAME]", f'"{seen}"', remedy)
            elif state and not nation:
                yield Fault(keys, f"an owner without a state, {only}", f'"{seen}"', f'write "{owner_name}"')
