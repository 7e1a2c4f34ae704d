"""Stays: evidence on home and work from sightings of a parked car, or of one at a gate, in a zone.

A car parked at night is probably at home; one parked at noon on a working day probably is
not. Each sighting adds the log likelihood ratio of the place in question against any other
place of the car.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from simulate.durations import DAY_S, DAY_START_S
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.sight import Public
    from simulate.sightings.store import Rows

SEEN_AT_ALL = 5.0
"""Log odds of a zone with a sighting of the car against one without (assumption)."""
HOME_NIGHT, HOME_DAY, HOME_WORKDAY = 2.5, 0.7, -0.5
"""Log odds of home when seen from 20:00 to 06:00; by day; and from 08:00 to 17:00 of a working day (assumption)."""
WORK_HOURS, WORK_ELSE = 1.2, -1.5
"""Log odds of work when seen from 08:00 to 17:00 of a working day, and at other times (assumption)."""


def stay_belief(public: Public, rows: Rows, plates: NDArray[np.int64], purpose: Purpose) -> csr_array:
    """Sum the log odds of home or work over reads at zones; sparse [t, z].

    rows : reads at gates or by mobile units; plates : int64[t], sorted, of the targets.
    """
    target = np.searchsorted(plates, rows.plate)
    zone, time = public.sites.zone[rows.site].astype(np.int64), rows.time.astype(np.int64)
    clock, day = time % DAY_S // 3600, (time - DAY_START_S) // DAY_S
    at_work = ((public.start.weekday() + day) % 7 < 5) & (clock >= 8) & (clock < 17)
    if purpose is Purpose.WORK:
        weight = np.where(at_work, WORK_HOURS, WORK_ELSE)
    else:
        weight = np.where((clock >= 20) | (clock < 6), HOME_NIGHT, np.where(at_work, HOME_WORKDAY, HOME_DAY))
    pair, first = np.unique(target * public.zones.n + zone, return_inverse=True)
    total = np.bincount(first, weights=weight, minlength=len(pair)) + SEEN_AT_ALL
    return csr_array((total, np.divmod(pair, public.zones.n)), shape=(len(plates), public.zones.n))
