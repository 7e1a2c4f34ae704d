"""Tables of readers: their positions, patrols, gates and capture rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from simulate.scenario.schema.owners import OwnerKind
from simulate.scenario.schema.parts import (
    Above0,
    AtLeast0,
    Clock,
    Count,
    Fault,
    Name,
    Share,
    Table,
    Text,
    refuse,
    sum_to_one,
)

STRATEGY_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "busiest": (("count", "spacing_m"), ()),
    "average": (("count", "spacing_m"), ()),
    "random": (("count",), ("spacing_m",)),
    "cordon": (("count", "radius_m"), ("spacing_m",)),
    "file": (("path", "within_m", "merge_m"), ("credit",)),
}
"""Required and optional keys of each placement strategy."""
BY_COUNTY = ("busiest", "average", "random")
"""Strategies with counts by county as an alternative."""


DAY_MIN = 24 * 60
MOST_FLEETS = 256
"""Maximum of fleets: a packed visit has eight bits for its fleet's number."""
MOST_VISITS = 4096
"""Maximum of visits in one shift: a visit's identifier has twelve bits for its number."""


class Placement(Table):
    """Fixed readers of one owner, placed by one strategy."""

    owner: Name = Field(description="name of the owner of these readers")
    strategy: Literal["busiest", "average", "random", "cordon", "file"] = Field(
        description="where they stand: busiest links, links of average traffic, random links, a ring round the centre, "
        "or positions from a file"
    )
    count: Count | None = Field(default=None, description="number of readers (busiest, average, random, cordon)")
    counties: str | None = Field(
        default=None,
        description="CSV file with the columns fips and alpr_cameras: each metro gets as many readers as its counties"
        " have, instead of count; empty until you give it (busiest, average, random)",
    )
    factor: Above0 | None = Field(
        default=None,
        description="readers for each one that the file of counties has, 1 if not said (busiest, average, random)",
    )
    spacing_m: AtLeast0 | None = Field(
        default=None, description="least metres between two readers (busiest, average, random, cordon)"
    )
    radius_m: Above0 | None = Field(default=None, description="radius of the ring, in metres (cordon)")
    path: str | None = Field(default=None, description="file of positions; empty until you give it (file)")
    within_m: Above0 | None = Field(default=None, description="farthest a position may lie from a road, metres (file)")
    merge_m: AtLeast0 | None = Field(
        default=None, description="positions nearer than this on one link are one reader, metres (file)"
    )
    credit: Text | None = Field(default=None, description="whom to name wherever these readers are shown (file)")

    @model_validator(mode="after")
    def _fits(self) -> Placement:
        needs, may = STRATEGY_KEYS[self.strategy]
        takes = f"strategy {self.strategy!r} takes {', '.join([*needs, *may])}"
        if self.strategy in BY_COUNTY:
            takes += "; counties and factor may stand in place of count"
            if self.counties is not None:
                needs, may = ("counties", *(key for key in needs if key != "count")), (*may, "factor")
        given = [key for key in sorted(self.model_fields_set) if getattr(self, key) is not None]
        missing = [key for key in needs if key not in given]
        extra = [key for key in given if key not in {"owner", "strategy", *needs, *may}]
        refuse(
            [
                *(
                    Fault((key,), f"a value, which strategy {self.strategy!r} needs", "nothing", takes)
                    for key in missing
                ),
                *(Fault((key,), f"no such key with strategy {self.strategy!r}", f'"{key}"', takes) for key in extra),
            ]
        )
        return self


class Fleet(Table):
    """Patrol or repossession cars of one owner, whose readers scan parked cars and meet moving ones."""

    owner: Name = Field(description="name of the owner of these units")
    units: int = Field(ge=1, le=10_000, description="number of cars with readers, at most 10,000")
    shifts: tuple[tuple[Clock, Clock], ...] = Field(
        min_length=1,
        description="pairs of times, HH:MM on the half-hour, between which each unit is out; none overlaps",
    )
    on_duty: Share = Field(description="share of its shifts that a unit really drives, from 0 to 1")
    visits: Above0 | None = Field(
        default=None, description="zones that a unit scans in a shift, on average; needed unless readers.sightings says"
    )
    scan_min: float = Field(gt=0, le=120, description="minutes it takes to scan the parked cars of a zone, at most 120")
    rolling_min: float = Field(
        ge=0, le=120, description="minutes during which a unit also meets cars that come to the zone or go, at most 120"
    )
    homes: Share = Field(description="share of visits to where people live; the rest go to jobs, shops and lots")
    unevenness: float = Field(
        ge=0.01, le=1e9, description="shape of the gamma law of visits over zones: small is uneven, 100 is even"
    )
    poorer_areas: Above0 = Field(description="visits to the poorest areas in times those to the richest")
    territory_m: Above0 = Field(description="metres from its base over which a unit's visits thin out by a factor e")

    @model_validator(mode="after")
    def _fits(self) -> Fleet:
        refuse([*_overlaps(self.shifts), *self._too_short()])
        return self

    def fitting_visits(self, shift: int) -> int:
        """Return the number of zones a unit can scan in one of its shifts."""
        return min(int(shift_min(self.shifts[shift]) * 60 // (self.scan_min * 60)), MOST_VISITS)

    def _too_short(self) -> list[Fault]:
        """Return a fault for the first shift too short for the scans of a unit."""
        for i, hours in enumerate(self.shifts):
            most, shown = self.fitting_visits(i), f"{hours[0]} to {hours[1]}"
            if most < 1:
                expected = f"at most {shift_min(hours)} minutes, the length of the shift {shown}"
                return [Fault(("scan_min",), expected, f"{self.scan_min:g}", "shorten scan_min or lengthen the shift")]
            if self.visits is not None and self.visits > most:
                expected = f"at most {most}, which fit into the shift {shown}"
                remedy = "add units or shifts, shorten scan_min, or ask for fewer visits"
                return [Fault(("visits",), expected, f"{self.visits:g}", remedy)]
        return []


class Gates(Table):
    """Readers at the entrances of lots, which see cars arrive and leave."""

    owner: Name = Field(description="name of the owner of these gates")
    purpose: Literal["home", "work", "school", "shop", "meal", "leisure", "worship", "clinic"] = Field(
        description="what people come to these lots for"
    )
    count: Count | None = Field(
        default=None, description="number of gated lots, the busiest first; needed unless readers.sightings says"
    )


class Sightings(Table):
    """How much is collected in all, and whose share of it is whose."""

    per_month: Above0 = Field(
        description="sightings in a month of 30.4 days by all owners of the kinds that have a share"
    )
    split: Mapping[str, Share] = Field(description="share of these sightings by kind of owner; the shares sum to 1")

    @model_validator(mode="after")
    def _fits(self) -> Sightings:
        kinds = get_args(OwnerKind)
        refuse(
            [
                *(
                    Fault(("split", kind), "a kind of owner", f'"{kind}"', f"the kinds are {', '.join(kinds)}")
                    for kind in self.split
                    if kind not in kinds
                ),
                *sum_to_one(("split",), self.split.values(), "shares of the kinds of owner"),
            ]
        )
        return self


class Readers(Table):
    """Where plate readers stand and drive, and how well they read."""

    capture_day: Share = Field(description="share of passing plates that fixed readers and gates read by day")
    capture_night: Share = Field(description="share of passing plates that fixed readers and gates read by night")
    misread: Share = Field(description="share of the reads of fixed readers and gates that name a wrong plate")
    mobile_capture_day: Share = Field(description="share of cars in view that a mobile unit reads by day")
    mobile_capture_night: Share = Field(description="share of cars in view that a mobile unit reads by night")
    mobile_misread: Share = Field(description="share of the reads of mobile units that name a wrong plate")
    hard_plates: Share = Field(description="share of vehicles whose plate is hard to read for all readers, for ever")
    hard_capture: Share = Field(description="share of what is read of other plates that is read of a hard one")
    outage: Share = Field(
        description="share of its days on which a fixed reader or gate does not work, each drawn alone"
    )
    clock_s: float = Field(
        ge=0,
        le=25,
        description="standard deviation of what clocks of fixed readers and gates are off, seconds, at most 25",
    )
    wrong_state: Share = Field(description="share of reads whose state is wrong or missing, the plate aside")
    night: tuple[Clock, Clock] = Field(
        description="two times, HH:MM on the half-hour: when night begins and when it ends"
    )
    growth: float | None = Field(
        default=None,
        ge=1,
        le=1e15,
        description="how many times as large the network is after a year; by the same share each day",
    )
    place: Mapping[Name, Placement] = Field(default={}, description="placements of fixed readers, by name")
    mobile: Mapping[Name, Fleet] = Field(default={}, description="fleets of mobile units, by name")
    gates: Mapping[Name, Gates] = Field(default={}, description="gates at lots, by name")
    sightings: Sightings | None = Field(
        default=None, description="how much is collected: sets the visits and the number of gates, beside fixed readers"
    )

    @model_validator(mode="after")
    def _fits(self) -> Readers:
        faults = [*self._how_often()]
        if len(self.mobile) > MOST_FLEETS:
            remedy = "make one fleet of several that drive alike, by its units"
            faults.append(Fault(("mobile",), f"at most {MOST_FLEETS} fleets", str(len(self.mobile)), remedy))
        refuse(faults)
        return self

    @property
    def owners(self) -> set[str]:
        """Return the owners of readers."""
        return {rule.owner for rules in (self.place, self.mobile, self.gates) for rule in rules.values()}

    def _how_often(self) -> Iterator[Fault]:
        """Yield a fault if the visits of a fleet are missing or stated twice, or the number of gates is missing."""
        how = "say {}, or say in [readers.sightings] how much is collected in all"
        for name, fleet in self.mobile.items():
            if self.sightings is None and fleet.visits is None:
                yield Fault(("mobile", name, "visits"), "a number above 0", "nothing", how.format("visits"))
            elif self.sightings is not None and fleet.visits is not None:
                expected = "nothing, since [readers.sightings] says how much is collected"
                yield Fault(("mobile", name, "visits"), expected, f"{fleet.visits:g}", "leave out one of the two")
        for name, gates in self.gates.items():
            if self.sightings is None and gates.count is None:
                yield Fault(("gates", name, "count"), "a whole number of at least 1", "nothing", how.format("count"))


class Parking(Table):
    """Where cars stand in view of a passing unit."""

    visible_home: Share = Field(description="share of cars that stand in view at home, mean over areas, from 0 to 1")
    visible_away: Share = Field(description="share of cars that stand in view elsewhere, from 0 to 1")
    view_spread: Share = Field(
        description="how far standing in view is a trait of household and driver: from 0, each place anew, to 1"
    )
    unequal: Share = Field(description="how much more often cars stand in view in the poorest areas than in the mean")


class Plates(Table):
    """What plates look like when shown; a format that no state uses."""

    format: Annotated[str, Field(pattern=r"^[LD]{1,8}$", examples=["DLDLDLD"])] = Field(
        description="L for a letter, D for a digit, at most eight in all"
    )

    @property
    def issued(self) -> int:
        """Return the number of plates issued: every fourth of the format."""
        return int(26 ** self.format.count("L") * 10 ** self.format.count("D") // 4)

    @model_validator(mode="after")
    def _fits(self) -> Plates:
        if self.format.count("L") < 3 or self.format.count("D") < 2:
            remedy = "readers confuse three letters and two digits of each plate, as in DLDLDLD"
            refuse([Fault(("format",), "at least three letters and two digits", f'"{self.format}"', remedy)])
        return self


class HotList(Table):
    """Plates that a system looks out for."""

    wanted: Share = Field(description="share of vehicles rightly listed at any one time, from 0 to 1")
    listed_days: float = Field(ge=0.1, description="days an entry is right, on average, at least 0.1")
    stale_days: AtLeast0 = Field(description="days an entry stays listed after it ceased to be right, on average")
    other_states: float = Field(
        ge=0, le=1000, description="entries of other states' plates for each rightly listed one, at most 1000"
    )


def clock_min(clock: str) -> int:
    """Return minutes from midnight to a time such as "19:30"."""
    return int(clock[:2]) * 60 + int(clock[3:])


def shift_min(hours: tuple[str, str]) -> int:
    """Return the minutes of a shift; a shift may run past midnight."""
    return (clock_min(hours[1]) - clock_min(hours[0])) % DAY_MIN or DAY_MIN


def _overlaps(shifts: tuple[tuple[str, str], ...]) -> list[Fault]:
    """Return a fault if two shifts of one unit share a half-hour; a shift may run past midnight."""
    taken: dict[int, tuple[str, str]] = {}
    for begin, end in shifts:
        first, last = (clock_min(clock) // 30 for clock in (begin, end))
        for half_hour in range(first, last if last > first else last + 48):
            if half_hour % 48 in taken:
                a, b = taken[half_hour % 48]
                found = f"{a} to {b} and {begin} to {end}"
                expected = "shifts of one unit that do not overlap"
                return [Fault(("shifts",), expected, found, "end the one before the other begins, or add units")]
            taken[half_hour % 48] = (begin, end)
    return []
