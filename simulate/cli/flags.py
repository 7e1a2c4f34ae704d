"""The one place where parameters of the library become flags of the command line."""

from __future__ import annotations

import re

from simulate.checks import ScenarioError

FLAGS = {
    "case": "--case",
    "cases": "--case",
    "measures": "--measures",
    "metros": "--metros",
    "observer": "--observer",
    "on": "--on",
    "only": "--only",
    "path": "--out",
    "replicates": "--replicates",
    "retention": "--retention",
    "seed": "--seed",
    "targets": "--targets",
    "work": "--work",
    "workers": "--workers",
}
"""The flag that gives each parameter."""
_OVERRIDE = re.compile(r'overrides(?:\["|=\[")(.*?)"\]')
"""How the library names a value set for one run, as in overrides["period.days"] and overrides=["period.days=7"]."""
_GIVEN = re.compile(rf'\b({"|".join(FLAGS)})="(.*?)"')
"""How the library shows what to give, as in metros="Buffalo"."""


def in_flags(error: ScenarioError) -> ScenarioError:
    """Return an error that names flags where the library names parameters; what was found stays as it is."""
    others = [in_flags(other) for other in error.others]
    return ScenarioError(_place(error.where), error.expected, error.found, _remedy(error.remedy), others)


def _place(where: str) -> str:
    return FLAGS.get(where) or _OVERRIDE.sub(r"--set \1", where)


def _remedy(text: str) -> str:
    text = _OVERRIDE.sub(r"--set \1", text)
    return _GIVEN.sub(lambda given: f"{FLAGS[given[1]]} {given[2]}", text)
