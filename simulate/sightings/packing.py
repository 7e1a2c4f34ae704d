"""The calendar of mobile units, packed for look-up: days of a zone, hours of a day, visits.

Packed a few zones at a time: the visits of years and many metros exceed memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.plan import BLOCK_DAYS
from simulate.mapped import PIECE, Tape, pieces, release, room
from simulate.world.patrols import COLUMNS
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulate.scenario.schema.readers import Fleet
    from simulate.world.build import World
    from simulate.world.patrols import Visits
    from simulate.world.sites import Sites


class Packed(NamedTuple):
    """The calendar in the three levels of `Patrols`: days of a zone, hours of a day, visits."""

    scanned: NDArray[np.uint64]
    before: NDArray[np.uint32]
    hours: NDArray[np.uint32]
    first: NDArray[np.uint32]
    visit: NDArray[np.uint64]


def scanning_bodies(world: World, fleets: Sequence[Fleet]) -> list[int]:
    """List the owners of mobile units."""
    return sorted({int(body) for fleet in fleets for body in np.flatnonzero(world.owners.of(fleet.owner))})


def pack(
    world: World, calendar: Visits, sites: Sites, fleets: Sequence[Fleet], days: int, lasts_s: NDArray[np.int64]
) -> tuple[Packed, int]:
    """Pack the calendar, and count the visits to each site in `sites.visits`.

    lasts_s : int64[fleets], duration of a unit's visit, by fleet. Returns also the maximum of
    visits to a zone in a day.
    """
    blocks, zones, n = -(-days // BLOCK_DAYS), world.zones.n, calendar.n
    scanned, before = room((zones, blocks), np.uint64), room((zones, blocks), np.uint32)
    hours, first, visit = Tape(np.uint32), Tape(np.uint32), Tape(np.uint64)
    most, site_of = 0, _SiteOf(world, sites, fleets)
    for piece in _between_zones(calendar.zone):
        zone, day, second, fleet = (
            getattr(calendar, name)[piece].astype(np.int64) for name in ("zone", "day", "second", "fleet")
        )
        begins = np.append(True, (zone[1:] != zone[:-1]) | (day[1:] != day[:-1]))
        starts = np.flatnonzero(begins)
        at = zone[starts], day[starts] // BLOCK_DAYS
        np.bitwise_or.at(scanned, at, np.uint64(1) << (day[starts] % BLOCK_DAYS).astype(np.uint64))
        np.add.at(before, at, np.uint32(1))
        hours.append(_hours(second, lasts_s[fleet], np.cumsum(begins) - 1, int(lasts_s.max())))
        first.append(piece.start + starts)
        most = max(most, int(np.diff(starts, append=len(zone)).max()))
        site = site_of(zone, fleet, calendar.base[piece])
        np.add.at(sites.visits, site, 1)
        packed = second.astype(np.uint64) << np.uint64(40) | fleet.astype(np.uint64) << np.uint64(32)
        visit.append(np.stack([calendar.uid[piece], packed | site.astype(np.uint64)], axis=1).ravel())
        release([scanned, before, *(getattr(calendar, name) for name in COLUMNS)])
    hours.append(np.zeros(1, np.uint32))
    first.append(np.array([n], np.uint32))
    _sum_before(before.reshape(-1))
    return Packed(scanned, before, hours.wound(), first.wound(), visit.wound().reshape(-1, 2)), most


class _SiteOf:
    """Map visits to sites: the visited zone, as scanned by the owner of the unit at its base."""

    def __init__(self, world: World, sites: Sites, fleets: Sequence[Fleet]) -> None:
        self.n_zones = world.zones.n
        self.owner = np.stack(
            [world.owners.on(fleet.owner, world.zones, world.metro_of_hub) for fleet in fleets]
            or [np.empty(0, np.int16)]
        )
        self.mobile = sites.of_kind(SiteKind.MOBILE)  # by owner and zone
        self.place = sites.owner[self.mobile].astype(np.int64) * self.n_zones + sites.zone[self.mobile]

    def __call__(self, zone: NDArray[np.int64], fleet: NDArray[np.int64], base: NDArray[np.int32]) -> NDArray[np.int64]:
        wanted = self.owner[fleet, base].astype(np.int64) * self.n_zones + zone
        return self.mobile[np.searchsorted(self.place, wanted)]


def _between_zones(zone: NDArray[np.int32]) -> Iterator[slice]:
    """Cut visits, sorted by zone, into slices of a piece each, extended to the end of a zone."""
    begin = 0
    while begin < len(zone):
        last = zone[min(begin + PIECE, len(zone)) - 1]
        end = int(np.searchsorted(zone, last, side="right"))
        yield slice(begin, end)
        begin = end


def _hours(
    second: NDArray[np.int64], lasts_s: NDArray[np.int64], of: NDArray[np.int64], longest_s: int
) -> NDArray[np.uint32]:
    """Return the hours with a unit present as bits, by zone-day; of : int64[n], the zone-day of each visit."""
    hours = np.zeros(int(of[-1]) + 1, np.uint32)
    for later_s in range(0, longest_s + 3600, 3600):
        hour = np.minimum(np.minimum(second + later_s, second + lasts_s) // 3600, 23).astype(np.uint32)
        np.bitwise_or.at(hours, of, np.uint32(1) << hour)
    return hours


def _sum_before(counts: NDArray[np.uint32]) -> None:
    """Replace counts by their exclusive cumulative sums, in place."""
    total = np.uint32(0)
    for piece in pieces(len(counts)):
        upto = np.cumsum(counts[piece], dtype=np.uint32) + total
        counts[piece] = upto - counts[piece]
        total = upto[-1]
        release([counts])
