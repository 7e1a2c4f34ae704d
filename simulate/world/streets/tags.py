"""What the tags of OpenStreetMap say about a street: who may drive it, which way, how fast.

Meanings are those of the OpenStreetMap wiki; what counts as drivable follows OSMnx 2.1.1's
filter for `network_type="drive"` (Boeing 2025, doi:10.1111/gean.70009).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulate.world.roads import RoadClass

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASS_OF = {
    "motorway": RoadClass.FREEWAY,
    "trunk": RoadClass.FREEWAY,
    "primary": RoadClass.ARTERIAL,
    "secondary": RoadClass.ARTERIAL,
    "tertiary": RoadClass.COLLECTOR,
    "unclassified": RoadClass.LOCAL,
    "residential": RoadClass.LOCAL,
    "living_street": RoadClass.LOCAL,
    "road": RoadClass.LOCAL,
}
"""Streets by their tag; links (ramps) are of the class they lead to.

OSMnx takes every word that it does not know to be closed to cars for a street, so that a mapper's
"trail" is one; here a street must be called one.
"""
REFUSED = (
    ("area", re.compile("yes")),
    ("access", re.compile("private")),
    ("motor_vehicle", re.compile("no")),
    ("motorcar", re.compile("no")),
    ("service", re.compile("alley|driveway|emergency_access|parking|parking_aisle|private")),
)
"""Tags that close a street to general traffic, anywhere in the value, as OSMnx's filter has them."""
FORWARD, BACKWARD = {"yes", "true", "1"}, {"-1", "reverse"}
BOTH_WAYS = {"no", "false", "0"}
ONE_WAY_JUNCTIONS = {"roundabout", "circular"}

KMH = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_SPEED = re.compile(r"([0-9]+(?:[.,][0-9]+)?) ?(|km/h|kmh|kph|mph|knots)")
_ZONE = re.compile(r"(?:[A-Z-]{2,6}:)?zone:?([0-9]{1,3})")
IMPLICIT_KMH = {
    "urban": 50.0,
    "rural": 90.0,
    "trunk": 110.0,
    "motorway": 130.0,
    "living_street": 20.0,
    "bicycle_road": 30.0,
    "nsl_single": 60 * 1.609344,
    "nsl_dual": 70 * 1.609344,
    "nsl_restricted": 30 * 1.609344,
}
"""Limits meant by words such as AT:urban: the commonest of all countries in OSMnx 2.1.1's table, from
which a country's own may differ by 20 km/h (assumption: good enough for free speeds)."""
WALK_KMH = 7.0
"""What `walk` means (assumption)."""
UNLIMITED_KMH = 120.0
"""Speed driven where the limit is `none` (OSMnx 2.1.1 takes it for DE:motorway)."""
SLOWEST_KMH, FASTEST_KMH = 3.0, 160.0
"""Limits beyond these are mistakes (assumption)."""


def road_class(tags: Mapping[str, str]) -> RoadClass | None:
    """Return the class of a street, the highest where it has several; None if cars may not drive it."""
    if any(refused.search(tags[key]) for key, refused in REFUSED if key in tags):
        return None
    classes = [CLASS_OF.get(word.strip().removesuffix("_link")) for word in tags["highway"].split(";")]
    known = [kind for kind in classes if kind is not None]
    return min(known) if len(known) == len(classes) else None


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Tell whether a street may be driven along its nodes' order, and against it.

    A roundabout and a motorway are one-way unless tagged otherwise; its ramps are not, as
    the wiki has it. A street that is reversed by the hour is open both ways.
    """
    oneway = tags.get("oneway", "")
    if oneway in BACKWARD:
        return False, True
    implied = tags.get("junction") in ONE_WAY_JUNCTIONS or tags["highway"] == "motorway"
    return True, not (oneway in FORWARD or (implied and oneway not in BOTH_WAYS))


def speed_kmh(text: str) -> float | None:
    """Read a speed limit: `50`, `30 mph`, `walk`, `none`, `AT:urban`, `FR:zone30`; None if it says none.

    Several limits, one for each lane or stretch, are averaged, as OSMnx does.
    """
    found = [_one_speed(part.strip()) for part in re.split(r"[|;]", text)]
    known = [speed for speed in found if speed is not None and SLOWEST_KMH <= speed <= FASTEST_KMH]
    return sum(known) / len(known) if known else None


def _one_speed(text: str) -> float | None:
    if match := _SPEED.fullmatch(text):
        return float(match[1].replace(",", ".")) * KMH[match[2]]
    if match := _ZONE.fullmatch(text):
        return float(match[1])
    if text == "walk":
        return WALK_KMH
    return UNLIMITED_KMH if text == "none" else IMPLICIT_KMH.get(text.rpartition(":")[2])
