"""Measure the print that a licence plate leaves.

The rooms, in the order of the data: `world` (what stands still), `travel` (what moves),
`sightings` (what is seen and kept), `policy` (what may stay and be seen), `risk` (what an
observer can work out), `report` (what people look at), `comparing` (several runs side by
side). The verbs below are all that a notebook needs; each is fetched from its room when it
is first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulate import policy
    from simulate.comparing.compare import compare
    from simulate.comparing.sweep import sweep
    from simulate.policy.case import Case
    from simulate.policy.view import view_of as view
    from simulate.report.page import write_page
    from simulate.risk.measures import measure
    from simulate.scenario import load
    from simulate.sightings.run import open_run, run

__all__ = ["Case", "compare", "load", "measure", "open_run", "policy", "run", "sweep", "view", "write_page"]

_VERBS = {
    "Case": ("simulate.policy.case", "Case"),
    "load": ("simulate.scenario", "load"),
    "run": ("simulate.sightings.run", "run"),
    "open_run": ("simulate.sightings.run", "open_run"),
    "view": ("simulate.policy.view", "view_of"),
    "measure": ("simulate.risk.measures", "measure"),
    "compare": ("simulate.comparing.compare", "compare"),
    "sweep": ("simulate.comparing.sweep", "sweep"),
    "write_page": ("simulate.report.page", "write_page"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Fetch a verb from its room, or the room of policies (PEP 562)."""
    if name == "policy":
        return import_module("simulate.policy")
    if name not in _VERBS:
        raise AttributeError(f"module 'simulate' has no attribute {name!r}")
    room, verb = _VERBS[name]
    return getattr(import_module(room), verb)


def __dir__() -> list[str]:
    return __all__
