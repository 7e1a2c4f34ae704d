"""What may be collected, stay and be seen: one small rule a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.policy.coarse_place import CoarsePlace
from simulate.policy.coarse_time import CoarseTime
from simulate.policy.delay import Delay
from simulate.policy.deletion import Deletion
from simulate.policy.distance import Distance
from simulate.policy.hit_only import HitOnly
from simulate.policy.hold import Hold
from simulate.policy.hours import Hours
from simulate.policy.look_back import LookBack
from simulate.policy.pseudonyms import Pseudonyms
from simulate.policy.retention import Retention
from simulate.policy.switched_off import SwitchedOff
from simulate.policy.unsubscribed import Unsubscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulate.policy.case import Policy

__all__ = [
    "POLICIES",
    "CoarsePlace",
    "CoarseTime",
    "Delay",
    "Deletion",
    "Distance",
    "HitOnly",
    "Hold",
    "Hours",
    "LookBack",
    "Pseudonyms",
    "Retention",
    "SwitchedOff",
    "Unsubscribed",
]

POLICIES: Mapping[str, type[Policy]] = {
    "coarse_place": CoarsePlace,
    "coarse_time": CoarseTime,
    "delay": Delay,
    "deletion": Deletion,
    "distance": Distance,
    "hit_only": HitOnly,
    "hold": Hold,
    "hours": Hours,
    "look_back": LookBack,
    "pseudonyms": Pseudonyms,
    "retention": Retention,
    "switched_off": SwitchedOff,
    "unsubscribed": Unsubscribed,
}
"""Every rule, by the kind that a scenario file calls it."""
