"""Measure the print left by a licence plate.

The rooms, in the order of the data: `world` (roads, zones and readers), `travel` (trips and
stays), `sightings` (reads and their storage), `policy` (limits on retention and access),
`risk` (inferences open to an observer), `report` (pages and pictures), `comparing` (several
runs side by side). The verbs below cover all needs of a notebook; each is imported from its
room at its first use, so importing this package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would take a good part of the package's import time
if TYPE_CHECKING:
    from typing import Any

    from simulate import plot, policy
    from simulate.comparing.compare import compare
    from simulate.comparing.sweep import sweep
    from simulate.policy.case import Case
    from simulate.policy.lookup import look_up
    from simulate.policy.view import view_of as view
    from simulate.report.page import write_page
    from simulate.report.stories import choose_story, follow
    from simulate.risk.areas import exposed
    from simulate.risk.measures import measure
    from simulate.risk.results import Results
    from simulate.scenario import load
    from simulate.sightings.run import fly, open_run, run

__all__ = [
    "Case", "Results", "choose_story", "compare", "exposed", "fly", "follow", "load", "look_up", "measure", "open_run",
    "plot", "policy", "run", "sweep", "view", "write_page",
]  # fmt: skip

_VERBS = {
    "Case": ("simulate.policy.case", "Case"),
    "load": ("simulate.scenario", "load"),
    "run": ("simulate.sightings.run", "run"),
    "open_run": ("simulate.sightings.run", "open_run"),
    "fly": ("simulate.sightings.run", "fly"),
    "view": ("simulate.policy.view", "view_of"),
    "look_up": ("simulate.policy.lookup", "look_up"),
    "choose_story": ("simulate.report.stories", "choose_story"),
    "follow": ("simulate.report.stories", "follow"),
    "exposed": ("simulate.risk.areas", "exposed"),
    "measure": ("simulate.risk.measures", "measure"),
    "Results": ("simulate.risk.results", "Results"),
    "compare": ("simulate.comparing.compare", "compare"),
    "sweep": ("simulate.comparing.sweep", "sweep"),
    "write_page": ("simulate.report.page", "write_page"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a verb from its room, or the module `plot` or `policy` itself (PEP 562)."""
    from importlib import import_module  # noqa: PLC0415

    if name in {"plot", "policy"}:
        return import_module(f"simulate.{name}")
    if name not in _VERBS:
        raise AttributeError(f"module 'simulate' has no attribute {name!r}")
    room, verb = _VERBS[name]
    return getattr(import_module(room), verb)


def __dir__() -> list[str]:
    return __all__
