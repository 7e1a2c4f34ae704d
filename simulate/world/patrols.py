"""Mobile units: zones and times of all scans, on every day.

The calendar is shared by all vehicles, so two cars in one lot are seen together. Visits
are uneven and return to the same places: even scanning contradicts observations (a fleet
would then see nearly every car once before any car twice).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

from simulate import streams
from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S, MONTH_DAYS
from simulate.mapped import Tape
from simulate.scenario.schema.readers import MOST_VISITS, clock_min, shift_min
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from simulate.scenario.schema.readers import Fleet
    from simulate.world.zones import Zones

NEIGHBOURHOOD_M = 1000.0
"""Side of the squares with one fleet preference each (assumption)."""


COLUMNS = {
    "zone": np.int32, "day": np.int32, "second": np.int64, "fleet": np.uint8, "unit": np.int32, "base": np.int32,
    "uid": np.uint64,
}  # fmt: skip
"""Types of the columns of `Visits`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """The calendar of all mobile units, sorted by zone and time; n visits."""

    zone: NDArray[np.int32]
    day: NDArray[np.int32]
    """int32[n]; day of travel, 04:00 to 04:00."""
    second: NDArray[np.int64]
    """int64[n]; start of the scan, seconds after the day's 04:00."""
    fleet: NDArray[np.uint8]
    """uint8[n]; index in the list of fleets."""
    unit: NDArray[np.int32]
    """int32[n]; index of the unit within its fleet."""
    base: NDArray[np.int32]
    """int32[n]; zone of the unit's base."""
    uid: NDArray[np.uint64]
    """uint64[n]; key of its draws."""

    @property
    def n(self) -> int:
        """Return the number of visits."""
        return len(self.uid)


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One vehicle with readers."""

    name: str
    """Name of its fleet, for errors."""
    fleet: Fleet
    uid: np.uint64
    territory: NDArray[np.float64]
    """float64[k]; cumulative visit weights of the zones of its metro."""


def patrol(
    zones: Zones, fleets: Mapping[str, Fleet], visits: Mapping[str, float], strength: NDArray[np.float64], seed: int
) -> Visits:
    """Draw the calendar of all fleets.

    visits : zones a unit scans in a shift, by fleet. strength : float64[days], size of the
    network on each day as a share of its last; a unit works in the same share of its shifts.

    Raise ScenarioError if the visits do not fit into a shift.
    """
    weights = {name: zone_weights(zones, name, fleet, seed) for name, fleet in fleets.items()}
    metro, people = _metros(zones)
    tapes = {name: Tape(kind) for name, kind in COLUMNS.items()}
    for own_metro in dict.fromkeys(metro.tolist()):  # in the order of their zones, contiguous by metro
        here = np.flatnonzero(metro == own_metro)
        parts: list[tuple[NDArray[Any], ...]] = []
        for number, (name, fleet) in enumerate(fleets.items()):
            share = (np.arange(fleet.units) + 0.5) / fleet.units * people[-1]  # units by population
            for unit in np.flatnonzero(np.searchsorted(people, share) == own_metro).tolist():
                uid = streams.uid(fleet.owner, name, unit)
                key = streams.key(seed, f"patrols.{uid}")
                base, territory = _territory(zones, here, weights[name][here], fleet, key)
                for shift in range(len(fleet.shifts)):
                    where, when, names = _shift(Unit(name, fleet, uid, territory), shift, visits[name], strength, seed)
                    constants = (np.full(len(where), value) for value in (number, unit, base))
                    parts.append((here[where], when, names, *constants))
        for column, values in _sorted(parts, len(strength)).items():
            tapes[column].append(values)
    return Visits(**{name: tape.wound() for name, tape in tapes.items()})


def _sorted(parts: Sequence[tuple[NDArray[Any], ...]], days: int) -> dict[str, NDArray[Any]]:
    """Sort the visits of one metro by zone and time, without those beginning before the first day or after the last.

    parts : zone, start in seconds from the first midnight, uid, fleet, unit and base of visits.
    """
    types = (np.int64, np.int64, np.uint64, np.int64, np.int64, np.int64)
    zone, start_s, uid, fleet, unit, base = (
        np.concatenate([np.empty(0, kind), *(part[i] for part in parts)]) for i, kind in enumerate(types)
    )
    day, second = np.divmod(start_s - DAY_START_S, DAY_S)
    order = np.lexsort((uid, second, day, zone))
    order = order[(day[order] >= 0) & (day[order] < days)]
    columns = {"zone": zone, "day": day, "second": second, "fleet": fleet, "unit": unit, "base": base, "uid": uid}
    return {name: column[order] for name, column in columns.items()}


def strength_by_day(growth: float | None, days: int) -> NDArray[np.float64]:
    """Return the size of a network on each day as a share of its last; float64[days], rising to 1.

    growth : factor of growth per year.
    """
    return (growth or 1.0) ** ((np.arange(days) + 1 - days) / (12 * MONTH_DAYS))


def zone_weights(zones: Zones, name: str, fleet: Fleet, seed: int) -> NDArray[np.float64]:
    """Return the relative visit rates of zones for a fleet; float64[z], 0 beyond the map.

    Proportional to homes and other attraction; times a gamma variable of mean 1 for each
    neighbourhood, with the fleet's unevenness as shape; times the stated preference for
    poorer areas. Raise ScenarioError if no zone is left to visit.
    """
    inside = ~zones.outside
    homes = np.where(inside, zones.residents, 0.0)
    lots = np.where(inside, zones.attraction[Purpose.WORK] + zones.attraction[Purpose.SHOP], 0.0)
    attraction = fleet.homes * _shares(homes) + (1 - fleet.homes) * _shares(lots)
    x_m, ground = zones.own_ground()
    cell = np.floor(np.column_stack([x_m, zones.y_m]) / NEIGHBOURHOOD_M).astype(np.int64)
    neighbourhood = ((cell + 2**20) @ np.array([2**21, 1])).astype(np.uint64) ^ ground
    draw = streams.uniforms(streams.key(seed, f"patrols.{name}.uneven"), neighbourhood)
    uneven = gammaincinv(fleet.unevenness, np.maximum(draw, 1e-12)) / fleet.unevenness
    weight: NDArray[np.float64] = attraction * uneven * fleet.poorer_areas ** (0.5 - zones.income_rank)
    if not 0 < weight.sum() < np.inf:
        raise ScenarioError(
            f"readers.mobile.{name}", "zones on the map that its units would visit",
            f"none with homes = {fleet.homes:g} and unevenness = {fleet.unevenness:g}",
            "set homes to 1 where all are homes, to 0 where none are; raise unevenness; or leave the fleet out",
        )  # fmt: skip
    return weight


def _shares(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights over their sum; zeros if all are zero."""
    return weight / (weight.sum() or 1.0)


def _metros(zones: Zones) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the metro of each zone, int64[z], and cumulative populations of the metros; one metro on most maps."""
    _, ground = zones.own_ground()
    metros, metro = np.unique(ground, return_inverse=True)
    return metro, np.cumsum(np.bincount(metro, weights=zones.residents, minlength=len(metros)))


def _territory(
    zones: Zones, here: NDArray[np.int64], weight: NDArray[np.float64], fleet: Fleet, key: np.uint64
) -> tuple[int, NDArray[np.float64]]:
    """Return the zone of one unit's base, and its cumulative weights with the decline from there, float64[k].

    here, weight : int64[k], zones of its metro, and float64[k].
    """
    u = float(streams.uniforms(key, np.zeros(1, np.uint64))[0])
    cumulative = np.cumsum(weight)
    base = int(here[np.searchsorted(cumulative, u * cumulative[-1], side="right")])
    distance = np.hypot(zones.x_m[here] - zones.x_m[base], zones.y_m[here] - zones.y_m[base])
    return base, np.cumsum(weight * np.exp(-distance / fleet.territory_m))


def _shift(
    unit: Unit, shift: int, visits: float, strength: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """Draw one unit's shift on every day; zone, start in seconds from the first midnight, and uid of each visit."""
    fleet, uid, hours = unit.fleet, unit.uid, unit.fleet.shifts[shift]
    begin_s, length_s = clock_min(hours[0]) * 60, shift_min(hours) * 60
    most = fleet.fitting_visits(shift)
    if visits > most:
        raise ScenarioError(
            f"readers.mobile.{unit.name}", f"at most {most} visits in a shift of {length_s / 3600:g} hours",
            f"{visits:.1f}, to collect what [readers.sightings] says",
            "add units or shifts, shorten scan_min, or ask for fewer sightings",
        )  # fmt: skip
    strength_by_start = np.append(strength, strength[-1])  # the last day of travel ends at 04:00 of the next
    laid_out = len(strength_by_start)
    shift_name = np.arange(laid_out, dtype=np.uint64) * np.uint64(64) + np.uint64(shift)
    on_duty = streams.uniforms(streams.key(seed, f"patrols.{uid}.duty"), shift_name) < fleet.on_duty * strength_by_start
    drawn = np.floor(visits + streams.uniforms(streams.key(seed, f"patrols.{uid}.visits"), shift_name)).astype(int)
    count = np.where(on_duty, np.minimum(drawn, most), 0)
    day = np.repeat(np.arange(laid_out), count)
    nth = np.arange(len(day)) - np.repeat(np.cumsum(count) - count, count)
    visit = (shift_name[day] * np.uint64(MOST_VISITS)) + nth.astype(np.uint64)
    u = streams.uniforms(streams.key(seed, f"patrols.{uid}.zone"), visit)
    zone = np.searchsorted(unit.territory, u * unit.territory[-1], side="right")
    room = length_s / np.maximum(count[day], 1)
    late = streams.uniforms(streams.key(seed, f"patrols.{uid}.start"), visit) * np.maximum(
        room - fleet.scan_min * 60, 0
    )
    start = day * DAY_S + begin_s + (nth * room + late).astype(np.int64)
    return zone, start, streams.bits64(streams.key(seed, f"patrols.{uid}.uid"), visit)
