"""Retention: how long a sighting is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.durations import UNIT_S, format_duration, parse_duration
from simulate.policy.terms import FOREVER

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms

_SECOND_DAYS = 1 / UNIT_S["d"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Delete sightings older than a number of days."""

    days: float | None = None
    """Greatest age a sighting may reach, in days; None keeps it for ever."""

    def __post_init__(self) -> None:
        if self.days is not None and not _SECOND_DAYS <= self.days < math.inf:
            remedy = "keeping nothing is no retention; say for how long, as in 21, or None for ever"
            raise ScenarioError("retention.days", "a number of days, at least a second", repr(self.days), remedy)

    @classmethod
    def of(cls, text: str) -> Retention:
        """Read a duration such as "21d", "3min" or "forever"."""
        seconds = parse_duration(text, "--retention")
        return cls(days=None if seconds is None else seconds / UNIT_S["d"])

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """State the limit of every holder."""
        every = np.ones(setting.owners.n, np.bool_)
        limit = FOREVER if self.seconds is None else self.seconds
        return terms.state_for("keep_miss_s", every, limit, "retention.days")

    @property
    def seconds(self) -> int | None:
        """Return the greatest age in seconds; None = for ever."""
        return None if self.days is None else round(self.days * UNIT_S["d"])

    def since(self, now_s: int) -> int:
        """Return the oldest time still on file, in seconds from the scenario's first midnight."""
        return 0 if self.seconds is None else max(0, now_s - self.seconds)

    @property
    def label(self) -> str:
        """Name the rule in a table or a figure."""
        return format_duration(self.seconds)

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        if self.seconds is None:
            return "Sightings are kept for ever."
        return f"Sightings are deleted after {self.label}."
