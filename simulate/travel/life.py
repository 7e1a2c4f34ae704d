"""Gather everything a plan looks up: the tables of `kernels.life.Life`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.kernels.life import Calendar as Dates
from simulate.kernels.life import Changes, Diary, Groups, Habits, Kinds, Life, People, Places, Roads
from simulate.kernels.plan import (
    HOME_SLOT,
    KEY_NAMES,
    MAX_CARS,
    MAX_LEGS,
    MAX_STOPS,
    ONE_DAY,
    OUTSIDE_SLOT,
    RESIDENT,
    STAYS,
    WORKDAYS,
)
from simulate.mapped import pieces, release
from simulate.travel.calendar import Calendar, calendar
from simulate.travel.diaries import GROUP_OFFSET_S, PATTERNS, Diaries, diaries, pattern_table
from simulate.travel.gatherings import make_gatherings
from simulate.travel.households import (
    Population,
    arc,
    day_widths,
    gap_table,
    households_of,
    movers_and_stayers,
    populate,
    shift_table,
    slot_purposes,
    slot_table,
)
from simulate.travel.migration import far_hubs, off_the_map, visit_days, visit_zones
from simulate.travel.plates import Plates, make_plates
from simulate.travel.visitors import add_visitors, visitor_patterns
from simulate.world.pace import PEAK_HOURS, pace_table, traffic
from simulate.world.roads import RoadClass
from simulate.world.routes import N_ALTERNATIVES, alternative_shares
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.scenario.schema.settings import Travel
    from simulate.world.build import World

SPELLS = (*[(4, 6)] * 3, *[(5, 6)] * 3, *[(0, 4)] * 2, *[(0, 6)] * 2, (3, 6), (0, 2), (1, 3), (2, 4), (3, 5), (0, 1))
"""First and last weekday of a spell, equally likely (assumption: weekends and whole weeks)."""
PEAK_CHANGES = 0.1
"""Share of trips diverted from the usual route in the worst traffic (assumption)."""

_ABOUT = {"one": ONE_DAY, "workdays": WORKDAYS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lives:
    """The people of a scenario and the tables of their plans."""

    population: Population
    calendar: Calendar
    plates: Plates
    tables: Life


def make_lives(scenario: Scenario, world: World) -> Lives:
    """Return the population of a world and the tables of its plans.

    Raises ScenarioError if the plates' format has too few.
    """
    settings, seed = scenario.settings, scenario.seed
    households, travel = settings.households, settings.travel
    mover, move_rate = movers_and_stayers(households.moved_in_year, households.moved_in_five_years)
    far = (households.far_moves or 0.0) if world.elsewhere >= 0 else 0.0
    per_zone = world.zones.residents.copy()
    if far:
        per_zone[world.elsewhere] = per_zone.sum() * off_the_map(world, mover, far)
    residents = populate(per_zone, households, seed)
    people = add_visitors(residents, world.zones, settings.visitors, len(households.types), seed)
    days = calendar(settings.period.start, settings.period.days, settings.period.holidays)
    table = diaries()
    shares_of_routes = alternative_shares(travel.route_shares)
    pace = pace_table(travel, freeways=bool((world.roads.road_class == RoadClass.FREEWAY).any()))
    factors = [hour_factors(travel.peak_freeway), hour_factors(travel.peak_other)]
    both = min(households.away_week + households.ill_week, 1.0)
    shares = (
        mover, households.away_week, both, households.in_group, households.group_attendance, settings.events.attendance,
        far,
    )  # fmt: skip
    kinds, visitors = list(households.types.values()), list(settings.visitors.values())
    pattern = pattern_table(households, travel, seed)
    pattern = np.concatenate([pattern, visitor_patterns(settings.visitors, pattern.shape[1])])
    gatherings = make_gatherings(world, households, settings.events, residents, days, seed)
    tables = Life(
        keys=np.array([streams.key(seed, f"travel.{name}") for name in KEY_NAMES], np.uint64),
        below=np.array([streams.threshold(share) for share in shares], np.uint64),
        people=People(
            kind=people.kind,
            home=people.home,
            first_vehicle=people.first_vehicle,
            household=households_of(people),
        ),
        kinds=Kinds(
            workers=np.array(
                [*(kind.workers for kind in kinds), *(visitor.purpose == "work" for visitor in visitors)], np.uint8
            ),
            about=np.array([RESIDENT] * len(kinds) + [_ABOUT[visitor.days] for visitor in visitors], np.uint8),
            comes_below=np.array(
                [*(0 for _ in kinds), *(streams.threshold(visitor.weeks) for visitor in visitors)], np.uint64
            ),
        ),
        changes=Changes(
            move_gap=gap_table(move_rate),
            job_gap=gap_table(-float(np.log1p(-min(households.new_job_in_year, 1 - 1e-9)))),
            far_hub=far_hubs(world),
        ),
        habits=Habits(
            day_width=day_widths(households),
            range_width=arc(households.range_spread),
            view_width=arc(settings.parking.view_spread),
        ),
        places=Places(
            destinations=world.destinations,
            zone_hub=world.zones.hub,
            slot_of=slot_table(travel),
            slot_purpose=slot_purposes(),
            reach_ds=world.travel_time_budget.other_ds,
            reach_work_ds=world.travel_time_budget.work_ds,
            part=world.metro_of_hub,
            elsewhere=world.elsewhere,
            visit_zone=visit_zones(world),
        ),
        calendar=Dates(
            day_row=days.kind.astype(np.uint32) * PATTERNS,
            workday=days.works.astype(np.uint8),
            first_weekday=days.start.weekday(),
            event_day=gatherings.event_day,
            event_zone=gatherings.event_zone,
        ),
        groups=Groups(
            row=gatherings.group_row,
            zone=gatherings.group_zone,
            weekday=gatherings.group_weekday,
            offset_s=gatherings.group_offset,
        ),
        diary=Diary(
            pattern=np.ascontiguousarray(pattern.transpose(0, 3, 1, 2)).reshape(len(pattern) * MAX_CARS, -1),
            shift=shift_table(),
            span=np.array(SPELLS, np.uint8),
            visit_template=visit_days(),
            n_stops=table.n_stops,
            n_legs=table.n_legs,
            leaves_home=((table.n_legs > 0) | (table.starts_at == Purpose.OUTSIDE)).astype(np.uint8),
            starts_at=table.starts_at,
            purpose=table.purpose,
            stops=_packed(table),
            anchor_s=table.anchor_s,
            jitter_s=table.jitter_s,
            shifts=table.shifts,
            stay_hours=_stay_hours(table),
            with_group=table.with_group,
            far_job=table.far_job,
        ),
        roads=Roads(
            row=world.routes.row,
            fast_ds=world.routes.fast_ds,
            slow_ds=world.routes.slow_ds,
            hour_fast=factors[0],
            hour_slow=factors[1],
            usual=streams.quantile_table(shares_of_routes, 256).astype(np.uint8),
            other=_others(shares_of_routes),
            kept_below=_kept_below(travel.route_kept),
            pace=pace,
            uneven=int(travel.pace_spread > 0),
            access_s=int(travel.access_s),
            slowest=world.travel_time_budget.slowest,
            slowest_s=world.travel_time_budget.slowest_s,
            longest_s=_longest_s(world, factors, pace, travel),
        ),
    )
    return Lives(population=people, calendar=days, plates=make_plates(settings.plates.format, people.n_vehicles, seed),
                 tables=tables)  # fmt: skip


def hour_factors(peak: float) -> NDArray[np.int64]:
    """Return seconds per tenth of a second of free driving by clock hour, in 65,536ths; int64[24]."""
    return np.array([round(6553.6 * traffic(peak, hour)) for hour in range(24)], np.int64)


def _packed(table: Diaries) -> NDArray[np.uint64]:
    """Pack the purposes of each template's stops, four bits each, then its first slot; uint64[t]."""
    start = np.where(table.starts_at == Purpose.OUTSIDE, OUTSIDE_SLOT, HOME_SLOT).astype(np.uint64)
    packed = start << np.uint64(4 * MAX_STOPS)
    for stop in range(MAX_STOPS):
        packed |= table.purpose[:, stop].astype(np.uint64) << np.uint64(4 * stop)
    return packed


def _stay_hours(table: Diaries) -> NDArray[np.uint32]:
    """Pack the first and last possible hour of each stay of a template, and whether each moves with the shift.

    uint32[t x STAYS]; hours after 04:00, of a shift at 08:00. A car on its way counts as there.
    """
    first, last = (np.full((len(table.n_legs), STAYS), hour, np.uint32) for hour in (0, 23))
    begin_moves, end_moves = np.zeros_like(first), np.zeros_like(first)
    for t, stay in np.argwhere(np.arange(MAX_LEGS) < table.n_legs[:, None]):
        group = stay < table.n_stops[t] and table.purpose[t, stay] == Purpose.GROUP
        spread_s = GROUP_OFFSET_S if group else 0
        anchor_s = int(table.anchor_s[t, stay])
        last[t, stay] = (anchor_s + int(table.jitter_s[t]) + spread_s) // 3600
        first[t, stay + 1] = max(anchor_s - spread_s, 0) // 3600
        begin_moves[t, stay + 1] = end_moves[t, stay] = table.shifts[t, stay]
    return (first | last << 8 | begin_moves << 16 | end_moves << 17).ravel().astype(np.uint32)


def _longest_s(world: World, factors: list[NDArray[np.int64]], pace: NDArray[np.int64], travel: Travel) -> int:
    """Return an upper bound of the longest trip within a metro, in seconds; metros are unconnected."""
    fast, slow = (int((factor * pace.max(axis=1)).max() >> 12) + 1 for factor in factors)
    routes, longest = world.routes, 0
    for batch in pieces(len(routes.fast_ds)):
        ways = routes.fast_ds[batch] * np.int64(fast) + routes.slow_ds[batch] * np.int64(slow)
        longest = max(longest, int(ways.max()))
        release([routes.fast_ds, routes.slow_ds])
    return (longest >> 16) + 1 + 2 * int(travel.access_s)


def _kept_below(usual_share: float) -> NDArray[np.uint64]:
    """Return the 16-bit threshold of keeping to the usual route at each hour; uint64[24]."""
    shares = (usual_share * (1 - PEAK_CHANGES * PEAK_HOURS.get(hour, 0.0)) for hour in range(24))
    return np.array([round(share * 65_536) for share in shares], np.uint64)


def _others(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the occasional replacements of each alternative, equally likely; uint8[alternatives, 256]."""
    table = np.repeat(np.arange(N_ALTERNATIVES, dtype=np.uint8)[:, None], 256, axis=1)
    for usual in range(N_ALTERNATIVES):
        others = np.where(np.arange(N_ALTERNATIVES) == usual, 0.0, shares)
        if others.any():
            table[usual] = streams.quantile_table(others, 256)
    return table
