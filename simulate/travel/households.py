"""Households: numbers of cars and workers, and the chapters of their lives."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.kernels.plan import (
    CIRCLE_BITS,
    EXPLORER_BITS,
    GROUP_SLOT,
    HOME_SLOT,
    LUNCH_SLOT,
    N_SLOTS,
    NEVER,
    NEW_SLOT,
    OUTSIDE_SLOT,
    TRIP_SLOT,
    WORK_SLOT,
)
from simulate.mapped import joined, pieces, release, room
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Households as HouseholdSettings
    from simulate.scenario.schema.settings import Travel

SCHOOL_SLOT = 2
SHOP_SLOTS, MEAL_SLOTS, LEISURE_SLOTS, VISIT_SLOTS = range(3, 9), range(9, 12), range(12, 15), range(15, 18)
WORSHIP_SLOT, CLINIC_SLOT = 18, 19
RANKED = {
    Purpose.SHOP: SHOP_SLOTS, Purpose.MEAL: MEAL_SLOTS, Purpose.LEISURE: LEISURE_SLOTS, Purpose.VISIT: VISIT_SLOTS,
}  # fmt: skip
"""Familiar places of a purpose, the favourite first."""
GAPS = 1024


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """All households as their first chapter finds them; h households, v vehicles."""

    kind: NDArray[np.uint8]
    """uint8[h]; household type, in the order of the scenario."""
    home: NDArray[np.uint32]
    """uint32[h]; zone of the first home."""
    first_vehicle: NDArray[np.int64]
    """int64[h + 1]; vehicles of household i are first_vehicle[i] .. first_vehicle[i + 1]."""
    n_residents: int
    """Vehicles of the residents counted on the map; higher numbers are visitors."""

    @property
    def n_households(self) -> int:
        """Count the households."""
        return len(self.kind)

    @property
    def n_vehicles(self) -> int:
        """Count the vehicles."""
        return int(self.first_vehicle[-1])


def populate(residents: NDArray[np.float64], settings: HouseholdSettings, seed: int) -> Population:
    """Fill homes until every zone's cars are housed, give or take one household.

    residents : float64[z], vehicles kept in each zone.

    Household h lives in the zone at its quantile of the residents, so zones hold their exact
    number for any types drawn.
    """
    types = list(settings.types.values())
    cars = np.array([t.cars for t in types])
    share = np.array([t.share for t in types])
    wanted = int(round(residents.sum()))
    most = int(wanted / (share * cars).sum() * 1.05) + 100
    key, bounds, cumulative = streams.key(seed, "household.type"), np.cumsum(share), np.cumsum(residents)
    kind, first = room(most, np.uint8), room(most + 1, np.int64)
    n = most
    for batch in pieces(most):
        draw = streams.uniforms(key, np.arange(batch.start, batch.stop))
        kind[batch] = np.minimum(np.searchsorted(bounds, draw, side="right"), len(types) - 1)
        total = first[batch.start] + np.cumsum(cars[kind[batch]])
        first[batch.start + 1 : batch.stop + 1] = total
        release([kind, first])
        if total[-1] >= wanted:
            n = batch.start + int(np.searchsorted(total, wanted)) + 1
            break

    def homes(batch: slice) -> NDArray[np.int64]:
        at = (np.arange(batch.start, batch.stop) + 0.5) / n * cumulative[-1]
        home: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative, at, side="right"), len(residents) - 1)
        return home

    return Population(
        kind=kind[:n],
        home=joined((homes(batch) for batch in pieces(n)), n, np.uint32),
        first_vehicle=first[: n + 1],
        n_residents=int(first[n]),
    )


def households_of(people: Population) -> NDArray[np.uint32]:
    """Return the household of each vehicle; uint32[v]."""

    def keepers(batch: slice) -> NDArray[np.int64]:
        cars = np.diff(people.first_vehicle[batch.start : batch.stop + 1])
        release([people.first_vehicle])
        return np.repeat(np.arange(batch.start, batch.stop), cars)

    return joined((keepers(batch) for batch in pieces(people.n_households)), people.n_vehicles, np.uint32)


def movers_and_stayers(one_year: float, five_years: float) -> tuple[float, float]:
    """Return the share of households ever moving, and their moves a year.

    Two groups reproduce both published shares: stayers, and movers at a constant rate;
    a single rate would have 46 % move in five years instead of 35 %.
    """
    low, high = one_year, 1.0
    for _ in range(60):
        share = (low + high) / 2
        rate = -np.log1p(-min(one_year / share, 1 - 1e-12))
        if share * (1 - np.exp(-5 * rate)) < five_years:
            low = share
        else:
            high = share
    return share, float(rate)


def gap_table(rate_per_year: float) -> NDArray[np.int32]:
    """Return equally likely days between two events of a constant rate; int32[GAPS]."""
    u = (np.arange(GAPS) + 0.5) / GAPS
    if rate_per_year <= 0:
        return np.full(GAPS, NEVER, np.int32)
    days = -np.log1p(-u) / rate_per_year * 365.25
    return np.minimum(np.ceil(days), NEVER).astype(np.int32)


def shift_table() -> NDArray[np.int32]:
    """Return equally likely starts of work against 08:00, in seconds; int32[256].

    Fitted to departures half an hour before: 57 % from 6:00 to 8:29, the median between
    7:30 and 7:59 (ACS 2009). Assumption: one in ten leaves before six, one in five works
    from late in the morning on.
    """
    share, minutes = [0.0, 0.03, 0.10, 0.50, 0.67, 0.80, 1.0], [-150, -150, -103, 0, 47, 135, 240]
    return np.rint(np.interp((np.arange(256) + 0.5) / 256, share, minutes) * 60).astype(np.int32)


def slot_table(travel: Travel) -> NDArray[np.uint8]:
    """Return the slots of a car's places for a purpose, equally likely; uint8[classes of explorers, purposes, 256].

    Visits follow a Zipf law by rank; a share of stops, differing by car, and half of the days out are at new places.
    """
    single = [
        HOME_SLOT, WORK_SLOT, SCHOOL_SLOT, 0, 0, 0, 0, WORSHIP_SLOT, CLINIC_SLOT, GROUP_SLOT, OUTSIDE_SLOT,
        NEW_SLOT + Purpose.CITY, LUNCH_SLOT, TRIP_SLOT,
    ]  # fmt: skip
    shares = differing_shares(travel.new_place, travel.new_place_spread, 1 << EXPLORER_BITS)
    table = np.tile(np.array(single, np.uint8)[:, None], (len(shares), 1, 256))
    for purpose, slots in RANKED.items():
        weights = np.arange(1, len(slots) + 1, dtype=np.float64) ** -travel.zipf
        choices = np.array([*slots, NEW_SLOT + purpose], np.uint8)
        for explorer, share in enumerate(shares):
            new = 0.0 if purpose is Purpose.VISIT else share
            often = np.append(weights / weights.sum() * (1 - new), new)
            table[explorer, purpose] = choices[streams.quantile_table(often, 256)]
    table[:, Purpose.TRIP, ::2] = NEW_SLOT + Purpose.TRIP
    return table


def differing_shares(mean: float, spread: float, classes: int) -> NDArray[np.float64]:
    """Return the share of each of equally large classes of people, with normal log odds; float64[classes].

    spread : their standard deviation. The mean over the classes is `mean`.
    """
    normal = np.array([NormalDist().inv_cdf((i + 0.5) / classes) for i in range(classes)])
    if not 0.0 < mean < 1.0:
        return np.full(classes, mean)
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        shares: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-(middle + spread * normal)))
        low, high = (middle, high) if shares.mean() < mean else (low, middle)
    return shares


def arc(spread: float) -> int:
    """Return the arc of a circle of traits covered by a person's own draws, the full circle for no spread."""
    return int((1.0 - spread) * (1 << CIRCLE_BITS))


def day_widths(households: HouseholdSettings) -> NDArray[np.uint64]:
    """Return equally likely arcs of a household's days, narrow ones for regular lives; uint64[256]."""
    regular = 2 * (np.arange(256) + 0.5) / 256 - 1
    share = (1.0 - households.busy_spread) * (1.0 + households.regular_spread * regular)
    widths: NDArray[np.float64] = np.clip(share, 0.0, 1.0) * (1 << CIRCLE_BITS)
    return widths.astype(np.uint64)


def slot_purposes() -> NDArray[np.uint8]:
    """Return the purpose behind each slot of a familiar place; uint8[N_SLOTS]."""
    purposes = np.zeros(N_SLOTS, np.uint8)
    for purpose, slots in RANKED.items():
        purposes[list(slots)] = purpose
    purposes[[WORK_SLOT, SCHOOL_SLOT, WORSHIP_SLOT, CLINIC_SLOT, GROUP_SLOT]] = [1, 2, 7, 8, 9]
    purposes[[OUTSIDE_SLOT, LUNCH_SLOT, TRIP_SLOT]] = [Purpose.OUTSIDE, Purpose.LUNCH, Purpose.TRIP]
    return purposes
