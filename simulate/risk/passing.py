"""Passing: evidence of readers on roads about the two ends of a stay.

Cars start and end the day at home. So the first reader of a plate's morning and the last one of
its night are evidence of home; the readers on both sides of a long gap in a working day are
evidence of work. From the public roads and the public census of homes and jobs, anyone can
compute how often a car of each block would meet each reader first or last. An attacker without a
road map uses distance alone; one with the generator's own knowledge, an upper bound, uses the
drivers' true route preferences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.trees import ends_of_ways, sum_down
from simulate.world.routes import trees
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.policy.sight import Public
    from simulate.sightings.store import Rows

MORNING_S, EVENING_S = 12 * 3600, 15 * 3600
"""A first sighting before noon, or a last one after 15:00, is evidence of home (assumption)."""
LEAST_GAP_S = 3 * 3600
"""A gap this long inside a working day is evidence of work (assumption)."""
PURPOSES = (Purpose.HOME, Purpose.WORK)
SLIP = 0.1
"""Chance of meeting a reader unexplained by the public roads: a missed read, another route (assumption)."""
DECAY_S = 600.0
"""Driving time over which trips decrease by a factor e, in the attacker's model, in seconds (assumption)."""
STRAIGHT_M = 500.0
"""Distance over which a reader becomes less likely by a factor e, without a road map, in metres (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chances:
    """Log chances of the readers met by a car of each block; r readers, z zones."""

    first: NDArray[np.float64]
    """float64[r, z]; of meeting this reader first, for a seen car leaving the block."""
    last: NDArray[np.float64]
    """float64[r, z]; of meeting this reader last, for a seen car coming to the block."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Votes:
    """Count of each reader at the ends of stays; t targets, r readers."""

    leaving: NDArray[np.float64]
    """float64[t, r]; first reader after the stay."""
    coming: NDArray[np.float64]
    """float64[t, r]; last reader before the stay."""


def chances(public: Public, visible: Sequence[NDArray[np.bool_]]) -> list[dict[Purpose, Chances]]:
    """Return the chances of the first and last reader for cars with home, or work, in each block.

    visible : bool[s] each, several sets of sites; one result each.
    """
    if public.roads_known == "none":
        near = _by_distance(public)
        met = [dict.fromkeys(PURPOSES, (near, near)) for _ in visible]
    else:
        met = _on_the_way(public, visible)
    return [
        {purpose: Chances(first=_log_chance(first, some), last=_log_chance(last, some))
         for purpose, (first, last) in of.items()}
        for of, some in zip(met, visible, strict=True)
    ]  # fmt: skip


def _log_chance(met: NDArray[np.float64], visible: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the log of each reader's share among the readers met, mixed with SLIP; met : float64[r, z]."""
    seeing = visible[: len(met)]  # readers on roads are numbered before all other sites
    met = np.where(seeing[:, None], met, 0.0)
    seen = np.maximum(met.sum(axis=0), 1e-300)
    chance: NDArray[np.float64] = np.log((1 - SLIP) * met / seen + SLIP / max(int(seeing.sum()), 1))
    return chance


def ends_of_days(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first reads of mornings and the last reads of nights; rows sorted by plate and time."""
    plate, time = rows.plate, rows.time.astype(np.int64)
    day, clock = np.divmod(time - DAY_START_S, DAY_S)
    clock += DAY_START_S
    new = np.ones(len(plate), np.bool_)
    new[1:] = (plate[1:] != plate[:-1]) | (day[1:] != day[:-1])
    last = np.append(new[1:], True)[: len(new)]
    return np.flatnonzero(new & (clock < MORNING_S)), np.flatnonzero(last & (clock >= EVENING_S))


def ends_of_gaps(rows: Rows, weekday: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the reads after, and before, the longest gap of each working day; weekday : of day 0, Monday 0."""
    plate, time = rows.plate, rows.time.astype(np.int64)
    if len(plate) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    day, clock = np.divmod(time - DAY_START_S, DAY_S)
    clock += DAY_START_S
    same = (plate[1:] == plate[:-1]) & (day[1:] == day[:-1])
    gap = np.where(same, time[1:] - time[:-1], 0)
    stays = same & ((weekday + day[:-1]) % 7 < 5) & (gap >= LEAST_GAP_S) & (clock[:-1] < MORNING_S + 3 * 3600)
    order = np.lexsort((-gap, day[:-1], plate[:-1]))
    order = order[stays[order]]
    longest = np.ones(len(order), np.bool_)
    longest[1:] = (plate[order[1:]] != plate[order[:-1]]) | (day[order[1:]] != day[order[:-1]])
    at = order[longest]
    return at + 1, at


def home_votes(rows: Rows, plates: NDArray[np.int64], r: int) -> Votes:
    """Count the first reader of each morning and the last one of each night.

    rows : reads of passing cars, sorted by plate, time and site; plates : int64[t], sorted, of the targets.
    """
    return _votes(rows, plates, r, *ends_of_days(rows))


def work_votes(rows: Rows, plates: NDArray[np.int64], r: int, weekday: int) -> Votes:
    """Count the readers on both sides of the longest gap of each working day; weekday : of day 0, Monday 0."""
    return _votes(rows, plates, r, *ends_of_gaps(rows, weekday))


def working_days_seen(rows: Rows, plates: NDArray[np.int64], weekday: int) -> NDArray[np.float64]:
    """Count the working days with any read of each target; float64[t]."""
    day = (rows.time.astype(np.int64) - DAY_START_S) // DAY_S
    work = (weekday + day) % 7 < 5
    pairs = np.unique(np.searchsorted(plates, rows.plate[work]) * 2**20 + day[work])
    return np.bincount(pairs >> 20, minlength=len(plates)).astype(np.float64)


def _by_distance(public: Public) -> NDArray[np.float64]:
    """Return the weight of every reader for every block, from the distance between them; float64[r, z]."""
    sites, zones = public.sites, public.zones
    fixed = sites.of_kind(SiteKind.FIXED)
    away = np.hypot(sites.x_m[fixed][:, None] - zones.x_m, sites.y_m[fixed][:, None] - zones.y_m)
    weight: NDArray[np.float64] = np.exp(-(away - away.min(axis=0, initial=np.inf)) / STRAIGHT_M)
    return weight


def _on_the_way(
    public: Public, visible: Sequence[NDArray[np.bool_]]
) -> list[dict[Purpose, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Return the frequency of each reader as first, and as last, for cars of each block; float64[r, z] twice.

    Trips join homes to jobs and everything else, decaying with driving time, along the quickest
    public roads, or along the drivers' preferred routes if known. Shortest-path trees dominate the
    cost, so they are built once for both purposes and every set of visible sites.
    """
    zones, h, r = public.zones, len(public.hub_node), len(public.sites.of_kind(SiteKind.FIXED))
    weights = {purpose: np.bincount(zones.hub, weights=_others(public, purpose), minlength=h) for purpose in PURPOSES}
    readers = [_readers_of_links(public, some) for some in visible]
    link_s = (public.graph.fast_ds + public.graph.slow_ds) / 10.0
    n = public.graph.n_nodes
    first, last, driven = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    met = [{purpose: (np.zeros((r + 1, h)), np.zeros((r + 1, h))) for purpose in PURPOSES} for _ in visible]
    fields = range(len(public.graph.cost))
    for ways in zip(*(trees(public.graph, field, public.hub_node) for field in fields), strict=True):
        for field, (i, order, in_link) in enumerate(ways):
            if field == 0:  # destinations depend on the quickest path, whatever the route driven
                sum_down(order, in_link, public.graph.leaves, link_s, driven)
                thinner = np.exp(-driven[public.hub_node] / DECAY_S)
            going = thinner * _taking(public, i, field)
            for ends, some in zip(readers, met, strict=True):
                ends_of_ways(order, in_link, public.graph.leaves, *ends, first, last)
                leaving, coming = first[public.hub_node], last[public.hub_node]
                for purpose, (meets_first, meets_last) in some.items():
                    np.add.at(meets_first[:, i], leaving, weights[purpose] * going)  # row -1: no reader met
                    meets_last[coming, np.arange(h)] += weights[purpose][i] * going
    return [
        {purpose: (ends[0][:r, zones.hub], ends[1][:r, zones.hub]) for purpose, ends in some.items()} for some in met
    ]


def _others(public: Public, purpose: Purpose) -> NDArray[np.float64]:
    """Return the weight of each block as the other end of trips from homes, or from workplaces; float64[z]."""
    zones = public.zones
    return zones.attraction[Purpose.WORK] + zones.residents if purpose is Purpose.HOME else zones.residents


def _taking(public: Public, i: int, field: int) -> NDArray[np.float64]:
    """Return the share of trips from hub i to each hub along the tree of a cost field; float64[h]."""
    habits, taking = public.habits, np.ones(len(public.hub_node))
    if habits is not None:
        joined = np.flatnonzero(habits.part == habits.part[i])
        taking[joined] = habits.shares @ np.ascontiguousarray(field == habits.used[habits.row[i] + joined].T)
    return taking


def _readers_of_links(public: Public, visible: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last reader on each link; int64[m], -1 = none."""
    first_on, last_on = (np.full(public.roads.n_links, -1, np.int64) for _ in range(2))
    seeing = np.flatnonzero(visible & (public.sites.kind == SiteKind.FIXED))
    last_on[public.sites.link[seeing]] = seeing  # readers are numbered along their links
    first_on[public.sites.link[seeing[::-1]]] = seeing[::-1]
    return first_on, last_on


def prior_of(public: Public, purpose: Purpose) -> NDArray[np.float64]:
    """Return the residents, or the jobs, of each block by the census; float64[z]."""
    zones = public.zones
    return zones.residents if purpose is Purpose.HOME else zones.attraction[Purpose.WORK]


def _votes(
    rows: Rows, plates: NDArray[np.int64], r: int, leaving: NDArray[np.int64], coming: NDArray[np.int64]
) -> Votes:
    """Count reads by target and reader; leaving, coming : row indices of the reads."""

    def count(at: NDArray[np.int64]) -> NDArray[np.float64]:
        pair = np.searchsorted(plates, rows.plate[at]) * r + rows.site[at]
        return np.bincount(pair, minlength=len(plates) * r).reshape(len(plates), r).astype(np.float64)

    return Votes(leaving=count(leaving), coming=count(coming))
