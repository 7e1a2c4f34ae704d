"""Views of small towns to report on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worlds import town_scenario

import simulate as sim

if TYPE_CHECKING:
    from pathlib import Path

    from simulate.policy.view import View


def small_view(path: Path, ladder: list[str], **changes: Any) -> View:
    """Run a town of about 200 cars for a month and look at it; changes as for `town_scenario`."""
    scenario = town_scenario(**{"roads__population": 300, "roads__density_per_km2": 150, **changes})
    return sim.view(sim.run(scenario, path), ladder=ladder)
