"""Sites: all places of reads, numbered once for the whole run.

Fixed readers come first, then gates, then zones as scanned by the mobile units of one owning body.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.world.build import World
    from simulate.world.owners import Owners
    from simulate.world.zones import Zones

MOST_SITES = 1 << 24
"""A row has 24 bits for its site while it is drawn."""


class SiteKind(IntEnum):
    """How plates are read at a site."""

    FIXED = 0
    GATE = 1
    MOBILE = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sites:
    """All sites; s sites."""

    kind: NDArray[np.uint8]
    """uint8[s]; SiteKind."""
    uid: NDArray[np.uint64]
    """uint64[s]; hash of owner and place, the key of draws."""
    owner: NDArray[np.int16]
    """int16[s]; position in the table of owners."""
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    """float64[s]; metres east and north; the middle of the zone for gates and mobile units."""
    link: NDArray[np.int32]
    """int32[s]; link of a fixed reader, -1 elsewhere."""
    at: NDArray[np.float64]
    """float64[s]; share of that link from its tail, 0 elsewhere."""
    zone: NDArray[np.int32]
    """int32[s]; zone of a gate or of mobile units, -1 for fixed readers."""
    since: NDArray[np.int32]
    """int32[s]; first working day of a reader or gate, 0 for mobile units."""
    visits: NDArray[np.int64]
    """int64[s]; visits of mobile units to the zone in the whole run, 0 for readers and gates."""

    @property
    def n(self) -> int:
        """Count the sites."""
        return len(self.uid)

    @property
    def used(self) -> NDArray[np.bool_]:
        """Return the mask of sites in use, without zones never scanned; bool[s]."""
        used: NDArray[np.bool_] = (self.kind != SiteKind.MOBILE) | (self.visits > 0)
        return used

    def describe(self, visible: NDArray[np.bool_]) -> str:
        """Return the numbers of visible sites in use by kind, as text; visible : bool[s]."""
        used = self.used
        names = {
            SiteKind.FIXED: "fixed readers",
            SiteKind.GATE: "gates",
            SiteKind.MOBILE: "zones that mobile units scan",
        }
        parts = []
        for kind, name in names.items():
            seen, there = int((visible & used & (self.kind == kind)).sum()), int((used & (self.kind == kind)).sum())
            parts += [f"{seen:,} of {there:,} {name}"] if there else []
        return ", ".join(parts)

    def of_kind(self, kind: SiteKind) -> NDArray[np.int64]:
        """Return the sites of one kind; int64[k]."""
        return np.flatnonzero(self.kind == kind)


def zone_uids(zones: Zones, *parts: object, of: NDArray[np.int32] | None = None) -> NDArray[np.uint64]:
    """Return hashes of the places of zones, all or `of`, to the metre, with `parts` for their use; uint64[z]."""
    x_m, ground = zones.own_ground()
    which = slice(None) if of is None else of
    named = zip(ground[which].tolist(), x_m[which], zones.y_m[which], strict=True)
    return np.array(
        [streams.uid(*parts, *([uid] if uid else []), round(x), round(y)) for uid, x, y in named], np.uint64
    )


def number_sites(
    world: World,
    gates: NDArray[np.int32],
    gate_owner: NDArray[np.int16],
    scanners: Sequence[int],
    strength: NDArray[np.float64],
    seed: int,
) -> Sites:
    """Return the numbered sites: fixed readers, gates and scanned zones.

    strength : float64[days], size of the network on each day as a share of its last; each
    reader and gate begins to work by a draw of its own, with this share as its mean.

    gates : int32[g], zones with a gate; gate_owner : int16[g]; scanners : bodies with mobile
    units, rising; any zone inside the map and its metros is a site of theirs, scanned or not, so
    another calendar leaves the numbers as they are. Visits are counted later.
    """
    readers, zones, owners = world.readers, world.zones, world.owners
    metro = world.metro_of_hub[zones.hub]
    own = [np.flatnonzero(~zones.outside & owners.covers[body][metro]).astype(np.int32) for body in scanners]
    zone = np.concatenate([gates, *own])
    if readers.n + len(zone) > MOST_SITES:
        raise ScenarioError(
            "readers", f"at most {MOST_SITES:,} sites", f"{readers.n + len(zone):,}",
            "raise roads.vehicles_per_zone, or let fewer owners have mobile units",
        )  # fmt: skip
    kind = np.repeat([SiteKind.FIXED, SiteKind.GATE, SiteKind.MOBILE], [readers.n, len(gates), len(zone) - len(gates)])
    scanned_uid = [zone_uids(zones, owners.name[body], of=scanned) for body, scanned in zip(scanners, own, strict=True)]
    salt = np.array([streams.uid(k.name.lower()) for k in SiteKind], np.uint64)[kind[readers.n :]]
    of_zone = np.concatenate([_gate_uids(zones, owners, gates, gate_owner), *scanned_uid])
    uid = np.concatenate([readers.uid, of_zone ^ salt])
    since = np.zeros(len(uid), np.int32)
    begins = np.concatenate([readers.uid, zone_uids(zones, "since", of=gates)])  # a lot's gate, whoever has it
    since[: len(begins)] = np.searchsorted(strength, streams.uniforms(streams.key(seed, "sites.since"), begins))
    scanner = np.repeat(np.array(scanners, np.int16), [len(scanned) for scanned in own])
    return Sites(
        kind=kind.astype(np.uint8),
        uid=uid,
        owner=np.concatenate([readers.owner, gate_owner, scanner]).astype(np.int16),
        x_m=np.concatenate([readers.x_m, zones.x_m[zone]]),
        y_m=np.concatenate([readers.y_m, zones.y_m[zone]]),
        link=np.concatenate([readers.link, np.full(len(zone), -1)]).astype(np.int32),
        at=np.concatenate([readers.at, np.zeros(len(zone))]),
        zone=np.concatenate([np.full(readers.n, -1), zone]).astype(np.int32),
        since=since,
        visits=np.zeros(len(uid), np.int64),
    )


def _gate_uids(
    zones: Zones, owners: Owners, gates: NDArray[np.int32], gate_owner: NDArray[np.int16]
) -> NDArray[np.uint64]:
    """Hash the lots and owners of gates; uint64[g]. A gate reads the same, whichever body of its owner has it."""
    uid = np.zeros(len(gates), np.uint64)
    for body in np.unique(gate_owner).tolist():
        own_rows = gate_owner == body
        uid[own_rows] = zone_uids(zones, owners.owner[body], of=gates[own_rows])
    return uid
