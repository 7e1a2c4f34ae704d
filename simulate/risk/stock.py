"""The stock: how many sightings are on file, by the kind of owner who collected them and by state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulate.policy.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the owners of one kind have collected in one state."""

    kind: str
    state: str
    """Two letters; "" on a map that is no nation."""
    agencies: int
    """Agencies that have a reader or scan a zone; 0 for owners that are none."""
    sites: int
    """Fixed readers, gates and zones that some unit scans."""
    sightings: int
    share: float
    """Of all that the observer sees on file, ghosts and misreads included; 0 if that is nothing."""


def stock(view: View) -> tuple[Holding, ...]:
    """Count what an observer sees on file under the longest rule that is reached, the greatest holding first."""
    sites, owners = view.public.sites, view.public.owners
    counts = np.zeros(sites.n, np.int64)
    for block in view.rows():
        counts += np.bincount(block.site, minlength=sites.n)
    used = view.visible & sites.used
    groups, total = list(zip(owners.kind, owners.state, strict=True)), int(counts.sum())
    held = []
    for kind, state in dict.fromkeys(groups):
        its = used & np.array([group == (kind, state) for group in groups])[sites.owner]
        if its.any():
            sightings, bodies = int(counts[its].sum()), np.unique(sites.owner[its])
            held.append(
                Holding(
                    kind=kind,
                    state=state,
                    agencies=int((owners.agency[bodies] > 0).sum()),
                    sites=int(its.sum()),
                    sightings=sightings,
                    share=sightings / total if total else 0.0,
                )
            )
    return tuple(sorted(held, key=lambda one: -one.sightings))
