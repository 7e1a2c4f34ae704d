"""The slow twin over many more worlds than the daily tests have time for; every second has all there is."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import EVERYTHING, reads_of, slow_twin, small, town_scenario

pytestmark = pytest.mark.verify


@pytest.mark.parametrize("seed", range(25))
def test_fast_equals_slow_over_a_quarter_of_a_year(seed):
    size = (400, 200) if seed % 4 == 0 else (50, 200) if seed % 4 == 1 else (12, 200) if seed % 4 == 2 else (3, 900)
    changes = {
        **(EVERYTHING if seed % 2 else {}),
        "roads.density_per_km2": size[0],
        "roads.block_m": size[1],
        "period.days": 91,
        "readers.place.police.spacing_m": 0,
    }
    run = small(town_scenario(1000 + seed, **changes, travel__route_shares=[0.4, 0.3, 0.3]), awkward=True, scattered=60)
    slow = slow_twin(run)
    assert len(slow) > 1000
    assert np.array_equal(reads_of(run.tables), slow)
