"""Visitors: vehicles from beyond the map, coming to work, on errands or passing through."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.kernels.plan import MAX_CARS
from simulate.mapped import joined, pieces
from simulate.travel.diaries import NUMBER, PATTERNS, THROUGH_ANY, VISIT_CITY_ANY, WORK
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Visitors
    from simulate.travel.households import Population
    from simulate.world.zones import Zones

_DAYS = {"work": (WORK,), "errands": VISIT_CITY_ANY, "through": THROUGH_ANY}
"""Templates of a visitor's day on the map, by purpose."""


def add_visitors(
    residents: Population, zones: Zones, visitors: Mapping[str, Visitors], first_kind: int, seed: int
) -> Population:
    """Append one household with one vehicle for each visitor, at an entry zone drawn by width.

    Raises ScenarioError if the map has no entry zone.
    """
    if not any(visitor.vehicles for visitor in visitors.values()):
        return residents
    ways_in = np.flatnonzero(zones.outside)
    if not len(ways_in):
        raise ScenarioError(
            "visitors", "a map with ways in", "none",
            f"name roads.outside_zones, take a street map that cuts main roads, or say {_none(visitors)}",
        )  # fmt: skip
    sizes = [visitor.vehicles for visitor in visitors.values()]
    wide = np.cumsum(zones.attraction[Purpose.OUTSIDE, ways_in])
    keys = [streams.key(seed, f"visitors.{name}") for name in visitors]
    n, last = residents.n_households, int(residents.first_vehicle[-1])
    of_kind = [(number, batch) for number, size in enumerate(sizes) for batch in pieces(size)]

    def homes(number: int, batch: slice) -> NDArray[np.int64]:
        draws = streams.uniforms(keys[number], np.arange(batch.start, batch.stop))
        home: NDArray[np.int64] = ways_in[np.searchsorted(wide, wide[-1] * draws, side="right")]
        return home

    kinds = (np.full(batch.stop - batch.start, first_kind + number) for number, batch in of_kind)
    alone = (last + 1 + np.arange(batch.start, batch.stop) for batch in pieces(sum(sizes)))
    return replace(
        residents,
        kind=joined(chain((residents.kind[batch] for batch in pieces(n)), kinds), n + sum(sizes), np.uint8),
        home=joined(
            chain((residents.home[batch] for batch in pieces(n)), (homes(*numbered) for numbered in of_kind)),
            n + sum(sizes),
            np.uint32,
        ),
        first_vehicle=joined(
            chain((residents.first_vehicle[batch] for batch in pieces(n + 1)), alone), n + 1 + sum(sizes), np.int64
        ),
    )


def _none(visitors: Mapping[str, Visitors]) -> str:
    """Return the settings for no visitors, as text."""
    return " and ".join(f"visitors.{name}.vehicles = 0" for name, visitor in visitors.items() if visitor.vehicles)


def visitor_patterns(visitors: Mapping[str, Visitors], kinds_of_day: int) -> NDArray[np.uint8]:
    """Return the templates of visitors, every variant equally likely.

    uint8[kinds of visitor, kinds of day, PATTERNS, MAX_CARS].
    """
    table = np.zeros((len(visitors), kinds_of_day, PATTERNS, MAX_CARS), np.uint8)
    for i, visitor in enumerate(visitors.values()):
        variants = np.array([NUMBER[template.name] for template in _DAYS[visitor.purpose]], np.uint8)
        table[i, :, :, 0] = variants[np.arange(PATTERNS) * len(variants) // PATTERNS]
    return table
