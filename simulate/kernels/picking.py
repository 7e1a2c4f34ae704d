"""Selection of the reads of wanted plates from a block."""

from __future__ import annotations

import numpy as np

from simulate.kernels.leaf import leaf


@leaf
def pick_plates(plate, wanted, row, which):
    """Find the reads of wanted plates, with one look-up for each run of equal plates.

    plate : uint32[n], equal numbers contiguous; wanted : uint32[w], sorted; row :
    int64[n] and which : int64[n] receive the positions of the reads and of their plates
    among the wanted ones. Returns the number of reads found.
    """
    count, at = 0, -1
    for i in range(len(plate)):
        if i == 0 or plate[i] != plate[i - 1]:
            at = np.searchsorted(wanted, plate[i])
            if at == len(wanted) or wanted[at] != plate[i]:
                at = -1
        if at >= 0:
            row[count], which[count] = i, at
            count += 1
    return count
