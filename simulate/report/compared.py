"""Compared scenarios and cases, and their rows in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulate.report import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulate.policy.sight import CaseSight
    from simulate.scenario.schema.settings import Measuring


def differ_by_age(cases: Sequence[CaseSight]) -> bool:
    """Return whether cases differ in retention alone."""
    return (
        all(case.name == case.retention for case in cases)
        and len({(case.observer, case.now_s, case.rules[1:]) for case in cases}) == 1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One scenario of a comparison."""

    name: str
    title: str
    summary: str
    vehicles: int
    days: int
    cases: tuple[CaseSight, ...]
    """Its cases, with the same names as on every other side, in the order shown."""
    looks: tuple[str, ...]
    """Observer and subject of each case, in a sentence."""
    settings: Mapping[str, Any]
    changed: str
    """Changes by options, in words; "" if none."""
    credits: tuple[str, ...]
    real_map: bool

    def case(self, name: str) -> CaseSight:
        """Return a case by its name."""
        return next(case for case in self.cases if case.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Subjects of a comparison; the first side is the reference, or else a case of the only side."""

    sides: tuple[Side, ...]
    seeds: tuple[int, ...]
    case: str
    """Name of the case asked for first."""
    asked: Measuring
    measures: tuple[str, ...]

    @property
    def by_case(self) -> bool:
        """Return whether the cases of one scenario are compared."""
        return len(self.sides) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the cases, in the order shown."""
        return tuple(case.name for case in self.sides[0].cases)

    @property
    def is_ladder(self) -> bool:
        """Return whether the cases of every side differ in retention alone."""
        return all(differ_by_age(side.cases) for side in self.sides)

    @property
    def days(self) -> tuple[int, ...]:
        """Return the maximum age of sightings in each case of each side, in days."""
        return tuple(case.today for side in self.sides for case in side.cases)

    @property
    def titles(self) -> dict[str, str]:
        """Return the label of each side in tables: its title, or its name if titles are not unique."""
        titles = {side.title for side in self.sides}
        return {side.name: side.title if len(titles) == len(self.sides) else side.name for side in self.sides}

    @property
    def reference(self) -> str:
        """Return the label of the reference in tables."""
        return self.label(self.case) if self.by_case else self.titles[self.sides[0].name]

    def label(self, name: str) -> str:
        """Return the label of a case for figures and tables."""
        return phrases.kept_for(name, *self.days)

    def reached(self, name: str) -> list[Side]:
        """Return the sides old enough for a case."""
        return [side for side in self.sides if side.case(name).reached]

    def covers(self) -> str:
        """Return a sentence on the coverage of the intervals, or on their absence."""
        n = len(self.seeds)
        if n == 1:
            return (
                "One world was drawn, so no interval over worlds is given: part of a difference may be chance."
                " Five or more worlds (--replicates 5) give one."
            )
        first, last = self.seeds[0], self.seeds[-1]
        return (
            f"Intervals are 95 % intervals of the difference over {n} worlds (seeds {first} to {last}), each with"
            " people and trips of its own, compared in pairs. They do not cover the assumptions of the model."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One row of the overview table: a scenario under a case."""

    title: str
    side: Side
    case: str
    reference: bool


def common_case(compared: Compared) -> str | None:
    """Return the longest rule of a ladder reached by most sides, the reference included; None if none."""
    for n in (len(compared.sides), 2, 1):
        shared = [name for name in compared.names if all(side.case(name).reached for side in compared.sides[:n])]
        if shared:
            return shared[-1]
    return None


def sections_of(compared: Compared) -> list[tuple[str, list[Variant]]]:
    """Return the overview rows in sections, each with its heading; one case for a ladder of several scenarios."""
    if compared.by_case:
        side = compared.sides[0]
        names = sorted(compared.names, key=lambda name: name != compared.case)
        rows = [
            Variant(title=phrases.capital(compared.label(name)), side=side, case=name, reference=name == compared.case)
            for name in names
        ]
        return [("", rows)]
    common = common_case(compared)
    names = [name for name in compared.names if name == common] if compared.is_ladder else list(compared.names)
    return [
        (
            "" if len(names) == 1 else compared.label(name),
            [Variant(title=side.title, side=side, case=name, reference=i == 0)
             for i, side in enumerate(compared.sides)],
        )
        for name in names
    ]  # fmt: skip
