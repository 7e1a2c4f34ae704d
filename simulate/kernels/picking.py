"""Pick the reads of some plates out of a block."""

from __future__ import annotations

import numpy as np

from simulate.kernels.leaf import leaf


@leaf
def pick_plates(plate, wanted, row, which):
    """Find the reads of wanted plates, looking each run of one plate up once.

    plate : uint32[n], those of one number side by side; wanted : uint32[w], sorted; row :
    int64[n] and which : int64[n] receive the positions of the reads and of their plates
    among the wanted ones. Returns how many were found.
    """
    found, at = 0, -1
    for i in range(len(plate)):
        if i == 0 or plate[i] != plate[i - 1]:
            at = np.searchsorted(wanted, plate[i])
            if at == len(wanted) or wanted[at] != plate[i]:
                at = -1
        if at >= 0:
            row[found], which[found] = i, at
            found += 1
    return found
