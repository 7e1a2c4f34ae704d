"""Gather everything a plan looks up: the tables of `kernels.plan.Life`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.kernels.plan import KEY_NAMES, Life
from simulate.travel.calendar import Calendar, calendar
from simulate.travel.diaries import GROUP_OFFSET_S, diaries, pattern_table, slack_s
from simulate.travel.households import (
    Population,
    gap_table,
    movers_and_stayers,
    populate,
    shift_table,
    slot_purposes,
    slot_table,
)
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.schema import Households, Travel
    from simulate.world.build import World

SPELLS = (*[(4, 6)] * 3, *[(5, 6)] * 3, *[(0, 4)] * 2, *[(0, 6)] * 2, (3, 6), (0, 2), (1, 3), (2, 4), (3, 5), (0, 1))
"""First and last weekday of a spell, equally likely (assumption: weekends and whole weeks)."""
PEAK_HOURS = {6: 0.4, 7: 1.0, 8: 0.9, 9: 0.3, 15: 0.5, 16: 0.9, 17: 1.0, 18: 0.6, 19: 0.2}
"""How much of the peak's delay each hour has; the others run free (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lives:
    """The people of a scenario: who they are and how they plan."""

    population: Population
    calendar: Calendar
    tables: Life


def make_lives(scenario: Scenario, world: World) -> Lives:
    """Populate the world and gather the tables of its plans.

    Raises ScenarioError where some trip would be too long for any diary to hold.
    """
    settings, seed = scenario.settings, scenario.seed
    households, travel = settings.households, settings.travel
    people = populate(world.zones, households, seed)
    days = calendar(settings.period.start, settings.period.days, settings.period.holidays)
    table = diaries()
    factors = [hour_factors(travel.peak_freeway), hour_factors(travel.peak_other)]
    _check_reach(world, travel, factors, slack_s(table))
    mover, move_rate = movers_and_stayers(households.moved_in_year, households.moved_in_five_years)
    group_zone, group_weekday, group_offset = _groups(world, households, people, seed)
    both = min(households.away_week + households.ill_week, 1.0)
    shares = (mover, households.away_week, both, households.in_group, households.group_attendance)
    tables = Life(
        key=np.array([streams.key(seed, f"travel.{name}") for name in KEY_NAMES], np.uint64),
        kind=people.kind,
        home=people.home,
        first_vehicle=people.first_vehicle,
        workers=np.array([kind.workers for kind in households.types.values()], np.uint8),
        move_gap=gap_table(move_rate),
        job_gap=gap_table(-float(np.log1p(-min(households.new_job_in_year, 1 - 1e-9)))),
        choice=world.choice,
        zone_hub=world.zones.hub,
        slot_of=slot_table(travel),
        slot_purpose=slot_purposes(),
        shift=shift_table(),
        pattern=pattern_table(households, travel, seed),
        day_kind=days.kind,
        weekday=days.weekday,
        week=days.week,
        span=np.array(SPELLS, np.uint8),
        group_zone=group_zone,
        group_weekday=group_weekday,
        group_offset=group_offset,
        below=np.array([streams.threshold(share) for share in shares], np.uint64),
        n_stops=table.n_stops,
        n_legs=table.n_legs,
        starts_at=table.starts_at,
        purpose=table.purpose,
        anchor_s=table.anchor_s,
        jitter_s=table.jitter_s,
        shifts=table.shifts,
        with_group=table.with_group,
        fast_ds=world.routes.fast_ds,
        slow_ds=world.routes.slow_ds,
        hour_fast=factors[0],
        hour_slow=factors[1],
        alternative=_alternatives(travel),
        access_s=int(travel.access_s),
    )
    return Lives(population=people, calendar=days, tables=tables)


def hour_factors(peak: float) -> NDArray[np.int64]:
    """Return seconds per tenth of a second of free driving by clock hour, in 65,536ths; int64[24]."""
    return np.array([round(6553.6 * (1 + (peak - 1) * PEAK_HOURS.get(hour, 0.0))) for hour in range(24)], np.int64)


def _alternatives(travel: Travel) -> NDArray[np.uint8]:
    """Return sixteen equally likely alternatives for each hour; uint8[24, 16]."""
    table = np.repeat(streams.quantile_table(travel.route_shares, 16)[None], 24, axis=0)
    for hour, delay in PEAK_HOURS.items():  # in the peak, more drivers leave the usual way
        best, *others = travel.route_shares
        eased = best * (1 - 0.2 * delay)
        spread = [share * (1 - eased) / max(1 - best, 1e-9) for share in others]
        table[hour] = streams.quantile_table([eased, *spread] if best < 1 else [1.0, 0.0, 0.0], 16)
    return table.astype(np.uint8)


def _groups(
    world: World, households: Households, people: Population, seed: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.int32]]:
    """Give each group a venue, a weekday and a quarter of an hour."""
    n = max(1, round(people.n_households * households.in_group / households.group_size))
    draws = [streams.uniforms(streams.key(seed, f"groups.{what}"), np.arange(n)) for what in ("venue", "day", "hour")]
    weight = np.where(world.zones.outside, 0.0, world.zones.attraction[Purpose.GROUP])
    cumulative = np.cumsum(weight)
    venue = np.searchsorted(cumulative, draws[0] * cumulative[-1], side="right")
    offset = (draws[2] * 5).astype(np.int32) * 900 - GROUP_OFFSET_S
    return venue.astype(np.uint32), (draws[1] * 7).astype(np.uint8), offset.astype(np.int32)


def _check_reach(world: World, travel: Travel, factors: list[NDArray[np.int64]], slack: int) -> None:
    """Prove that every trip fits into every diary, or refuse."""
    fast, slow = (table.astype(np.int64) for table in (world.routes.fast_ds, world.routes.slow_ds))
    longest = int(((fast * factors[0].max() + slow * factors[1].max()) >> 16).max()) + 2 * int(travel.access_s)
    if longest > slack:
        raise ScenarioError(
            "roads", f"trips of at most {slack // 60} minutes at the peak", f"one of {longest // 60} minutes",
            "take a smaller area, or check the network's units of time and length",
        )  # fmt: skip
