"""Translation of library parameters into flags of the command line, in this one place."""

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
"""Flag of each parameter."""
_OVERRIDE = re.compile(r'overrides(?:\["|=\[")(.*?)"\]')
"""Library notation of a value set for one run, as in overrides["period.days"] and overrides=["period.days=7"]."""
_GIVEN = re.compile(rf'\b({"|".join(FLAGS)})="(.*?)"')
"""Library notation of a value to give, as in metros="Buffalo"."""


def in_flags(error: ScenarioError) -> ScenarioError:
    """Return an error with flags in place of library parameters; `found` stays as it is."""
    others = [in_flags(other) for other in error.others]
    return ScenarioError(_place(error.where), error.expected, error.found, _remedy(error.remedy), others)


def _place(where: str) -> str:
    return FLAGS.get(where) or _OVERRIDE.sub(r"--set \1", where)


def _remedy(text: str) -> str:
    text = _OVERRIDE.sub(r"--set \1", text)
    return _GIVEN.sub(lambda match: f"{FLAGS[match[1]]} {match[2]}", text)
