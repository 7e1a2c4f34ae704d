"""One read: whether it is made, and whether it names the right plate."""

from __future__ import annotations

import numpy as np

from simulate.kernels.draws import LOW32, U32, mix
from simulate.kernels.leaf import folded
from simulate.kernels.plates import confused

STANDING, MOBILE = 0, 1
"""Kinds of quality: fixed readers and gates; mobile units."""
MISREAD = np.uint64(0x6A09E667F3BCC909)
"""Turns the random bits of a read into those of its wrong plate."""


@folded
def read(coverage, plates, group, rank, own, quality, u, second, site, scratch):
    """Decide one read, and whether of the right plate, by its random bits.

    second : its true time; the row has the time on the reader's clock.
    """
    dark = coverage.reading.night[np.uint64(second) // np.uint64(1800) % np.uint64(48)]
    if (u >> U32) < coverage.reading.capture[scratch.hard[0], dark, quality]:
        shown = second + coverage.fixed.clock_s[site] if quality == STANDING else second
        packed = np.uint64(shown) << np.uint64(27) | np.uint64(site) << np.uint64(3) | np.uint64(rank)
        if (u & LOW32) < coverage.reading.misread[quality]:
            plate = confused(plates, group, own, mix(u ^ MISREAD))
            scratch.wrong[scratch.count[1]] = np.uint64(plate) << np.uint64(57) | packed
            scratch.count[1] += 1
        else:
            scratch.seen[scratch.count[0]] = np.uint64(own) << np.uint64(57) | packed
            scratch.count[0] += 1
