"""Holds: what must not be deleted while it lasts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.policy.fields import second_of
from simulate.policy.terms import FOREVER

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep the sightings of some plates that are on file when the hold begins, or come in while it lasts.

    A hold begins and ends at 04:00, when a day of travel does; it binds every holder.

    Examples
    --------
    >>> Hold(vehicles=[7], begin=date(2025, 3, 3)).describe()
    'Sightings of the plates of 1 vehicle are held from 2025-03-03 on for ever.'
    """

    vehicles: tuple[int, ...]
    """Numbers of the vehicles whose plates are named: plates are invented, vehicles are not."""
    begin: date
    """Day on which the hold begins, at 04:00."""
    end: date | None = None
    """Day on which it ends, at 04:00; None = never."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "vehicles", tuple(self.vehicles))
        if not self.vehicles or min(self.vehicles) < 0:
            raise ScenarioError("hold.vehicles", "numbers of vehicles, from 0", repr(self.vehicles), "name one or more")
        if self.end is not None and self.end <= self.begin:
            remedy = "leave end out for a hold for ever"
            raise ScenarioError("hold.end", f"a day after begin ({self.begin})", self.end, remedy)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Add the holds to those that there are."""
        if max(self.vehicles) >= setting.n_vehicles:
            expected = f"numbers of vehicles below {setting.n_vehicles}"
            raise ScenarioError("hold.vehicles", expected, max(self.vehicles), "vehicles are numbered from 0")
        plates = setting.plates.of_vehicles(np.array(self.vehicles, np.int64))
        begin = second_of(self.begin, setting)
        end = FOREVER if self.end is None else second_of(self.end, setting)
        added = np.stack([plates, np.full(len(plates), begin), np.full(len(plates), end)])
        there = np.stack([terms.hold_plate, terms.hold_begin_s, terms.hold_end_s])
        plate, begins, ends = np.unique(np.concatenate([there, added], axis=1), axis=1)  # sorted by plate, begin, end
        return replace(terms, hold_plate=plate, hold_begin_s=begins, hold_end_s=ends)

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        n = len(set(self.vehicles))
        until = "on for ever" if self.end is None else f"to {self.end}"
        return f"Sightings of the plates of {n} vehicle{'s' * (n > 1)} are held from {self.begin} {until}."
