"""Gatherings: weekly groups and one-time events, with members together at one place and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.durations import MONTH_DAYS
from simulate.mapped import release
from simulate.travel.diaries import GROUP_OFFSET_S
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario.schema.settings import Events, Households
    from simulate.travel.calendar import Calendar
    from simulate.travel.households import Population
    from simulate.world.build import World

CANDIDATES = 64
"""Groups open to people of one hub; indexed by six bits."""


NOTHING = 1e-12
"""Weight of a group at any distance, so a hub without groups near it has a row too."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gatherings:
    """Groups and events; g groups, e events."""

    group_row: NDArray[np.uint32]
    """uint32[h, CANDIDATES]; groups open to people of each hub, near ones more often."""
    group_zone: NDArray[np.uint32]
    group_weekday: NDArray[np.uint8]
    group_offset: NDArray[np.int32]
    """int32[g]; signed offset of a group's meeting from its anchor, in seconds."""
    event_day: NDArray[np.int32]
    """int32[e]; rising."""
    event_zone: NDArray[np.int64]
    """int64[days]; -1 on days without an event."""


def make_gatherings(
    world: World, households: Households, events: Events, residents: Population, days: Calendar, seed: int
) -> Gatherings:
    """Give each group a venue, a weekday and a quarter of an hour, and each event a venue and a day."""
    n = max(1, round(residents.n_households * households.in_group / households.group_size))
    draws = [streams.uniforms(streams.key(seed, f"groups.{what}"), np.arange(n)) for what in ("venue", "day", "hour")]
    weight = np.where(world.zones.outside, 0.0, world.zones.attraction[Purpose.GROUP])
    cumulative = np.cumsum(weight)
    venue = np.searchsorted(cumulative, draws[0] * cumulative[-1], side="right")
    day = np.arange(days.days)
    happens = streams.uniforms(streams.key(seed, "events.day"), day) < events.per_month / MONTH_DAYS
    place = streams.uniforms(streams.key(seed, "events.venue"), day)
    at = np.searchsorted(cumulative, place * cumulative[-1], side="right")
    return Gatherings(
        group_row=_candidates(world, venue, seed),
        group_zone=venue.astype(np.uint32),
        group_weekday=(draws[1] * 7).astype(np.uint8),
        group_offset=(draws[2] * 5).astype(np.int32) * 900 - GROUP_OFFSET_S,
        event_day=np.flatnonzero(happens).astype(np.int32),
        event_zone=np.where(happens, at, -1).astype(np.int64),
    )


def _candidates(world: World, venue: NDArray[np.int64], seed: int) -> NDArray[np.uint32]:
    """Return groups for each hub, those with a near venue more often; uint32[h, CANDIDATES].

    Groups of other metros take up next to nothing of the row, and are passed over.
    """
    h, hub_of = len(world.metro_of_hub), world.zones.hub[venue]
    offset = streams.uniforms(streams.key(seed, "groups.join"), np.arange(h))
    rows, metro_of = np.empty((h, CANDIDATES), np.uint32), world.metro_of_hub[hub_of]
    for metro in np.unique(world.metro_of_hub):
        own = np.flatnonzero(metro_of == metro)
        if not len(own):  # too few groups for so many metros: nobody joins an unreachable one
            rows[world.metro_of_hub == metro] = 0
            continue
        others = (own - np.arange(len(own))) * NOTHING  # weight of other metros' groups before each
        rest = (len(venue) - len(own)) * NOTHING
        for hub in np.flatnonzero(world.metro_of_hub == metro):
            cumulative = np.cumsum(world.deterrence[world.routes.row[hub] + hub_of[own]] + NOTHING) + others
            total = cumulative[-1] + rest - others[-1]
            at = (np.arange(CANDIDATES) + offset[hub]) / CANDIDATES * total
            rows[hub] = own[np.minimum(np.searchsorted(cumulative, at, side="right"), len(own) - 1)]
        release([world.deterrence])
    return rows
