"""Meaning of OpenStreetMap tags: access, direction and speed of a street.

Meanings are those of the OpenStreetMap wiki; drivable streets are those of OSMnx 2.1.1's
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
"""Road class by highway tag; links (ramps) have the class of their road.

OSMnx accepts every value not known to be closed to cars, such as a mapper's "trail"; here only
these values are streets."""
REFUSED = (
    ("area", re.compile("yes")),
    ("access", re.compile("private")),
    ("motor_vehicle", re.compile("no")),
    ("motorcar", re.compile("no")),
    ("service", re.compile("alley|driveway|emergency_access|parking|parking_aisle|private")),
)
"""Tags that close a street to general traffic, anywhere in the value, as in OSMnx's filter."""
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
"""Implicit limits such as AT:urban: the commonest value of all countries in OSMnx 2.1.1's table; a
country's own may differ by 20 km/h (assumption: good enough for free speeds)."""
WALK_KMH = 7.0
"""Speed of the value `walk` (assumption)."""
UNLIMITED_KMH = 120.0
"""Speed driven where the limit is `none` (OSMnx 2.1.1's value for DE:motorway)."""
SLOWEST_KMH, FASTEST_KMH = 3.0, 160.0
"""Limits outside this range are mistakes (assumption)."""


def road_class(tags: Mapping[str, str]) -> RoadClass | None:
    """Return the class of a street, the highest of several; None if closed to cars."""
    if any(refused.search(tags[key]) for key, refused in REFUSED if key in tags):
        return None
    classes = [CLASS_OF.get(word.strip().removesuffix("_link")) for word in tags["highway"].split(";")]
    known = [kind for kind in classes if kind is not None]
    return min(known) if len(known) == len(classes) else None


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Return whether a street is open along its nodes' order, and against it.

    Roundabouts and motorways are one-way unless tagged otherwise; motorway ramps are not,
    according to the wiki. A street with a direction reversed by the hour is open both ways.
    """
    oneway = tags.get("oneway", "")
    if oneway in BACKWARD:
        return False, True
    implied = tags.get("junction") in ONE_WAY_JUNCTIONS or tags["highway"] == "motorway"
    return True, not (oneway in FORWARD or (implied and oneway not in BOTH_WAYS))


def speed_kmh(text: str) -> float | None:
    """Parse a speed limit: `50`, `30 mph`, `walk`, `none`, `AT:urban`, `FR:zone30`; None if it is not a speed.

    Several limits, one for each lane or stretch, are averaged, as in OSMnx.
    """
    speeds = [_one_speed(part.strip()) for part in re.split(r"[|;]", text)]
    known = [speed for speed in speeds if speed is not None and SLOWEST_KMH <= speed <= FASTEST_KMH]
    return sum(known) / len(known) if known else None


def _one_speed(text: str) -> float | None:
    if match := _SPEED.fullmatch(text):
        return float(match[1].replace(",", ".")) * KMH[match[2]]
    if match := _ZONE.fullmatch(text):
        return float(match[1])
    if text == "walk":
        return WALK_KMH
    return UNLIMITED_KMH if text == "none" else IMPLICIT_KMH.get(text.rpartition(":")[2])
