"""The deployment of readers: all sites, gated lots, and the calendar of mobile units.

A scenario states either the frequency of patrols, or the total of sightings and its split
between kinds of owners. In the second case visits and gates are derived from a trial: a
sample of vehicles, drawn under a nominal calendar with a gate at every candidate lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.kernels.coverage import DENSE, GATED, NONE, SPARSE, Coverage, Fixed, Paths, Patrols, Reading
from simulate.kernels.plan import BLOCK_DAYS
from simulate.sightings.packing import pack, scanning_bodies
from simulate.sightings.trial import Yield, visits_and_gates
from simulate.world.patrols import patrol, strength_by_day
from simulate.world.sites import SiteKind, number_sites
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.scenario.schema.readers import Gates, Parking, Readers
    from simulate.world.build import World
    from simulate.world.patrols import Visits
    from simulate.world.sites import Sites
    from simulate.world.zones import Zones

DENSE_SHARE = 0.25
"""Share of watched ways from which testing each leg costs less than a preliminary test for any watched leg."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gated:
    """Lots with a gate, in the order of the rules; g gates."""

    zone: NDArray[np.int32]
    owner: NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deployment:
    """All readers of plates."""

    sites: Sites
    visits: Visits
    coverage: Coverage
    most_visits: int
    """Maximum of visits to any zone in a day."""


def make_deployment(scenario: Scenario, world: World, yield_of: Callable[[Deployment], Yield]) -> Deployment:
    """Place gates and schedule patrols as stated in the scenario.

    yield_of : draws a sample of vehicles under a nominal deployment and counts; called only if
    the scenario states a number of sightings.
    """
    readers = scenario.settings.readers
    lots = _first_lots(world.zones, readers.gates)
    if readers.sightings is None:
        return _deployment(scenario, world, {name: fleet.visits or 0.0 for name, fleet in readers.mobile.items()}, lots)
    nominal = {
        name: min(NOMINAL_VISITS, *(fleet.fitting_visits(shift) for shift in range(len(fleet.shifts))))
        for name, fleet in readers.mobile.items()
    }
    trial = _deployment(scenario, world, nominal, lots)
    candidates = {
        name: _lots(world.zones, rule)[: MOST_GATES if rule.count is None else None]
        for name, rule in readers.gates.items()
    }
    visits, gated = visits_and_gates(scenario.settings, yield_of(trial), nominal, candidates)
    return _deployment(scenario, world, visits, gated)


NOMINAL_VISITS = 8.0
"""Visits a shift in the trial, or the maximum possible if less."""
MOST_GATES = 400
"""Lots gated at most by a rule without a count, if the scenario states a number of sightings."""


def _deployment(
    scenario: Scenario, world: World, visits: Mapping[str, float], lots: Mapping[str, NDArray[np.int64]]
) -> Deployment:
    """Assemble the deployment for given visits a shift and gated lots."""
    settings, zones = scenario.settings, world.zones
    readers = settings.readers
    gated = _gated(world, readers.gates, lots)
    strength = strength_by_day(readers.growth, settings.period.days)
    fleets = list(readers.mobile.values())
    calendar = patrol(zones, readers.mobile, visits, strength, scenario.seed)
    bodies = scanning_bodies(world, fleets)
    sites = number_sites(world, gated.zone, gated.owner, bodies, strength, scenario.seed)
    if not sites.n:
        raise ScenarioError(
            "readers",
            "at least one reader",
            "none",
            "add [readers.place.NAME], [readers.mobile.NAME] or [readers.gates.NAME]",
        )
    gate_of_zone = np.full(zones.n, -1, np.int32)
    gate_of_zone[gated.zone] = world.readers.n + np.arange(len(gated.zone))
    scan_s = np.array([round(fleet.scan_min * 60) for fleet in fleets] or [0], np.int64)
    rolling_s = np.array([round(fleet.rolling_min * 60) for fleet in fleets] or [0], np.int64)
    packed, most = pack(world, calendar, sites, fleets, settings.period.days, np.maximum(scan_s, rolling_s))
    routes = world.routes
    coverage = Coverage(
        level=_how_much(routes.watched, len(gated.zone)),
        patrolled=int(calendar.n > 0),
        paths=Paths(
            routes.watched, routes.cell, routes.cell_parent, routes.cell_site, routes.cell_fast, routes.cell_slow
        ),
        fixed=_fixed(readers, sites, gate_of_zone, settings.period.days, scenario.seed),
        reading=_reading(readers),
        patrols=Patrols(
            **packed._asdict(), scan_s=scan_s, rolling_s=rolling_s, visible=_visible(zones, settings.parking)
        ),
    )
    return Deployment(sites=sites, visits=calendar, coverage=coverage, most_visits=most)


def _fixed(readers: Readers, sites: Sites, gate_of_zone: NDArray[np.int32], days: int, seed: int) -> Fixed:
    """Return the working days and clock offsets of fixed readers and gates.

    Mobile units take time and position from satellites, and stay at base when out of order.
    """
    standing = np.flatnonzero(sites.kind != SiteKind.MOBILE)
    uid, since = sites.uid[standing], sites.since[standing]
    works = np.zeros((len(uid), -(-days // BLOCK_DAYS)), np.uint64)
    fails, below = streams.key(seed, "readers.outage"), np.uint64(streams.threshold(readers.outage))
    for day in range(days):
        on = (streams.bits64(fails, uid, day) >> np.uint64(32) >= below) & (since <= day)
        works[:, day // BLOCK_DAYS] |= on.astype(np.uint64) << np.uint64(day % BLOCK_DAYS)
    ahead = streams.hump(streams.uniforms(streams.key(seed, "readers.clock"), uid))
    clock_s = np.rint(readers.clock_s * ahead).astype(np.int64)
    return Fixed(uid=uid, works=works, clock_s=clock_s, gate=gate_of_zone)


def _reading(readers: Readers) -> Reading:
    """Convert the shares of plates read, and misread, to thresholds."""
    capture = [
        [readers.capture_day, readers.mobile_capture_day], [readers.capture_night, readers.mobile_capture_night],
    ]  # fmt: skip
    of_plate = [
        [[streams.threshold(share * legible) for share in row] for row in capture]
        for legible in (1.0, readers.hard_capture)
    ]
    return Reading(
        capture=np.array(of_plate, np.uint64),
        hard_below=streams.threshold(readers.hard_plates),
        misread=np.array([streams.threshold(readers.misread), streams.threshold(readers.mobile_misread)], np.uint64),
        night=_night(*readers.night),
    )


def _gated(world: World, rules: Mapping[str, Gates], lots: Mapping[str, NDArray[np.int64]]) -> Gated:
    """Place a gate of the rule's owner at each lot of each rule."""
    nothing = np.empty(0, np.int64)
    owners = [world.owners.on(rule.owner, world.zones, world.metro_of_hub)[lots[name]] for name, rule in rules.items()]
    return Gated(
        zone=np.concatenate([nothing, *(lots[name] for name in rules)]).astype(np.int32),
        owner=np.concatenate([nothing, *owners]).astype(np.int16),
    )


def _first_lots(zones: Zones, rules: Mapping[str, Gates]) -> dict[str, NDArray[np.int64]]:
    """List the busiest lots of each rule's purpose, MOST_GATES without a count; earlier rules choose first."""
    taken = np.zeros(zones.n, np.bool_)
    chosen = {}
    for name, rule in rules.items():
        free = _lots(zones, rule)
        free = free[~taken[free]][: rule.count or MOST_GATES]
        if rule.count is not None and len(free) < rule.count:
            raise ScenarioError(
                f"readers.gates.{name}.count", f"at most {len(free)}, which is how many such lots are left",
                rule.count, "ask for fewer",
            )  # fmt: skip
        taken[free] = True
        chosen[name] = free
    return chosen


def _lots(zones: Zones, rule: Gates) -> NDArray[np.int64]:
    """List the zones on the map visited for a rule's purpose, the busiest first."""
    draw = np.where(zones.outside, 0.0, zones.attraction[Purpose[rule.purpose.upper()]])
    order = np.lexsort((zones.x_m, zones.y_m, -draw))
    return order[draw[order] > 0]


def _how_much(watched: NDArray[np.uint8], gates: int) -> int:
    """Return the level of coverage of trips by fixed readers and gates: NONE, GATED, SPARSE or DENSE."""
    share = float(watched.mean())
    if share == 0:
        return GATED if gates else NONE
    return DENSE if share >= DENSE_SHARE else SPARSE


def _visible(zones: Zones, parking: Parking) -> NDArray[np.uint64]:
    """Return the thresholds of being parked in view at home and elsewhere; uint64[2, z]."""
    home = np.clip(parking.visible_home * (1 + parking.unequal * (1 - 2 * zones.income_rank)), 0.0, 1.0)
    away = np.full(zones.n, parking.visible_away)
    return np.array([[streams.threshold(share) for share in row] for row in (home, away)], np.uint64)


def _night(begins: str, ends: str) -> NDArray[np.uint8]:
    """Return the half-hours of night as 1; uint8[48]."""
    begin, end = (int(clock[:2]) * 2 + int(clock[3:]) // 30 for clock in (begins, ends))
    half_hour = np.arange(48)
    if begin <= end:
        return ((half_hour >= begin) & (half_hour < end)).astype(np.uint8)
    return ((half_hour >= begin) | (half_hour < end)).astype(np.uint8)
