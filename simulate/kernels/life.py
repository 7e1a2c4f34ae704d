"""Everything a plan looks up, in groups; h hubs, z zones, t templates, k kinds of household."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def flat(tables: tuple[Any, ...], prefix: str = "") -> dict[str, Any]:
    """List the tables of nested groups by name, as in roads.fast_ds."""
    named: dict[str, Any] = {}
    for name, table in tables._asdict().items():  # type: ignore[attr-defined]
        named |= flat(table, f"{prefix}{name}.") if hasattr(table, "_fields") else {f"{prefix}{name}": table}
    return named


class People(NamedTuple):
    """Households and their vehicles."""

    kind: NDArray[np.uint8]  # [households]
    home: NDArray[np.uint32]  # [households] zone
    first_vehicle: NDArray[np.int64]  # [households + 1]
    household: NDArray[np.uint32]  # [vehicles]


class Kinds(NamedTuple):
    """Common properties of the households of a kind."""

    workers: NDArray[np.uint8]  # [k]
    about: NDArray[np.uint8]  # [k] RESIDENT, ONE_DAY or WORKDAYS
    comes_below: NDArray[np.uint64]  # [k] threshold of a visitor's week


class Changes(NamedTuple):
    """Times between moves and between jobs, and the destinations of far moves."""

    move_gap: NDArray[np.int32]  # [1024] days
    job_gap: NDArray[np.int32]  # [1024] days
    far_hub: NDArray[np.int32]  # [parts + 1, 4096] destination from a metro, or from beyond; -1 = off the map


class Habits(NamedTuple):
    """Person-specific shares of behaviour, as arcs of a circle (`plan.lean`); the full circle = none."""

    day_width: NDArray[np.uint64]  # [256] spread of a household's own days over those of its type
    range_width: int  # the same of the places it goes to, by distance
    view_width: int  # the same of parking in view


class Places(NamedTuple):
    """Destinations of the people of a neighbourhood, and their travel-time budgets."""

    destinations: NDArray[np.uint32]  # [purposes, h, 512] zone, the nearest first
    zone_hub: NDArray[np.int32]  # [z]
    slot_of: NDArray[np.uint8]  # [classes of explorers, purposes, 256]
    slot_purpose: NDArray[np.uint8]  # [slots] of familiar places
    reach_ds: int  # longest quickest way on free roads between home and another place (`world.travel_time_budget`)
    reach_work_ds: int  # the same between home and work
    part: NDArray[np.int16]  # [h] the metro of each hub
    elsewhere: int  # zone of households off the map for now, -1 = none
    visit_zone: NDArray[np.int32]  # [parts, 4096] entry zone of the metro visited from each; -1 = one not drawn


class Calendar(NamedTuple):
    """Kinds of day, and days with an event."""

    day_row: NDArray[np.uint32]  # [days] 1024 times the kind of day
    workday: NDArray[np.uint8]  # [days] 1 where workers work
    first_weekday: int
    event_day: NDArray[np.int32]  # [events] rising
    event_zone: NDArray[np.int64]  # [days] -1 = no event


class Groups(NamedTuple):
    """Clubs, congregations and teams."""

    row: NDArray[np.uint32]  # [h, 64] groups open to people of a hub
    zone: NDArray[np.uint32]  # [groups]
    weekday: NDArray[np.uint8]  # [groups]
    offset_s: NDArray[np.int32]  # [groups]


class Diary(NamedTuple):
    """Templates of days, and their assignment to kinds of household."""

    pattern: NDArray[np.uint8]  # [k x MAX_CARS, kinds of day x 1024] template
    shift: NDArray[np.int32]  # [256] seconds
    span: NDArray[np.uint8]  # [16, 2] first and last weekday of a spell
    visit_template: NDArray[np.uint8]  # [64] template of a day as visitor of a metro
    n_stops: NDArray[np.uint8]  # [t]
    n_legs: NDArray[np.uint8]  # [t]
    leaves_home: NDArray[np.uint8]  # [t] 0 where the car stands at home all day
    starts_at: NDArray[np.uint8]  # [t] purpose
    purpose: NDArray[np.uint8]  # [t, stops]
    stops: NDArray[np.uint64]  # [t] the purposes, four bits each, then the slot where the day starts
    anchor_s: NDArray[np.int64]  # [t, stops + 1]
    jitter_s: NDArray[np.int64]  # [t]
    shifts: NDArray[np.uint8]  # [t, stops + 1]
    stay_hours: NDArray[np.uint32]  # [t x STAYS] first hour | last << 8 | begin shifts << 16 | end shifts << 17
    with_group: NDArray[np.uint8]  # [t] template
    far_job: NDArray[np.uint8]  # [t] template driven instead where the job is too far to come by on an errand


class Roads(NamedTuple):
    """Routes between hubs, and their traffic; p connected pairs of hubs."""

    row: NDArray[np.int64]  # [h] hubs a and b of one part of the map are pair row[a] + b
    fast_ds: NDArray[np.uint32]  # [p, alternatives]
    slow_ds: NDArray[np.uint32]  # [p, alternatives]
    hour_fast: NDArray[np.int64]  # [24] seconds per tenth of a free second, in 65,536ths
    hour_slow: NDArray[np.int64]  # [24]
    usual: NDArray[np.uint8]  # [256] alternative
    other: NDArray[np.uint8]  # [alternatives, 256] alternative taken instead of each
    kept_below: NDArray[np.uint64]  # [24] 16-bit threshold of taking the usual one
    pace: NDArray[np.int64]  # [24, 1024] time of a trip, in 4096ths of its route's mean
    uneven: int  # whether pace differs within a trip
    access_s: int
    slowest: int  # seconds at the slowest hour, route and pace per tenth of a free second, in 65,536ths
    slowest_s: int  # and beyond these
    longest_s: int  # seconds of the longest trip there can be


class Life(NamedTuple):
    """All tables of a plan."""

    keys: NDArray[np.uint64]  # one per stream
    below: NDArray[np.uint64]  # thresholds: mover, away, away or ill, in a group, attends, at an event, moves far
    people: People
    kinds: Kinds
    changes: Changes
    habits: Habits
    places: Places
    calendar: Calendar
    groups: Groups
    diary: Diary
    roads: Roads
