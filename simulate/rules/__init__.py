"""Rules on collection, retention and access: one a file, with its fields, checks and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.rules.coarse_place import CoarsePlace as CoarsePlace
from simulate.rules.coarse_time import CoarseTime as CoarseTime
from simulate.rules.delay import Delay as Delay
from simulate.rules.deletion import Deletion as Deletion
from simulate.rules.distance import Distance as Distance
from simulate.rules.hit_only import HitOnly as HitOnly
from simulate.rules.hold import Hold as Hold
from simulate.rules.hours import Hours as Hours
from simulate.rules.look_back import LookBack as LookBack
from simulate.rules.pseudonyms import Pseudonyms as Pseudonyms
from simulate.rules.retention import Retention as Retention
from simulate.rules.switched_off import SwitchedOff as SwitchedOff
from simulate.rules.unsubscribed import Unsubscribed as Unsubscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulate.rules.fields import Policy

_RULES: tuple[type[Policy], ...] = (
    Retention,
    HitOnly,
    Unsubscribed,
    Deletion,
    Hold,
    LookBack,
    Delay,
    Hours,
    SwitchedOff,
    Distance,
    CoarseTime,
    CoarsePlace,
    Pseudonyms,
)
POLICIES: Mapping[str, type[Policy]] = {rule.kind: rule for rule in _RULES}
"""Every rule by its kind in scenario files; tables of files are made from it."""

if not TYPE_CHECKING:  # type checkers read the imports, and would see an empty list here
    __all__ = ["POLICIES"]
    __all__ += [rule.__name__ for rule in _RULES]
