"""Views of small towns to report on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worlds import town_scenario

import simulate as sim

if TYPE_CHECKING:
    from pathlib import Path

    from simulate.policy.view import View
    from simulate.sightings.run import Run


def small_run(path: Path, **changes: Any) -> Run:
    """Run a town of about 200 cars for a month; changes as for `town_scenario`."""
    return sim.run(town_scenario(**{"roads__population": 300, "roads__density_per_km2": 150, **changes}), path)


def small_view(path: Path, ladder: list[str], **changes: Any) -> View:
    """Run such a town and look at it."""
    return sim.view(small_run(path, **changes), ladder=ladder)
