"""What a scenario may say: every table and key, with its meaning, unit and bounds.

No number has a default here: numbers stand in the files of `scenarios/`, each beside its source.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from simulate.checks import did_you_mean
from simulate.durations import parse_duration

LONGEST_DAYS = 7305
"""Twenty years: the longest period a scenario may cover."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong inside a table: the keys that lead to it from there, and what to say."""

    keys: tuple[str, ...]
    expected: str
    found: str
    remedy: str


class InconsistentError(ValueError):
    """Values that are each in order but do not go together."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} inconsistencies")


def _duration(text: str) -> str:
    """Refuse what is no duration; keep it as written."""
    parse_duration(text)
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
AtLeast0 = Annotated[float, Field(ge=0)]
AtLeast1 = Annotated[float, Field(ge=1)]
Count = Annotated[int, Field(ge=1)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[03]0$", examples=["19:30"])]
Duration = Annotated[str, AfterValidator(_duration), Field(examples=["21d"])]
OwnerKind = Literal["police", "repossession", "parking", "insurer", "access control", "retail"]


class Table(BaseModel):
    """A table that takes the keys it names and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Period(Table):
    """The days that are simulated."""

    start: date = Field(description="first day, local calendar")
    days: int = Field(ge=1, le=LONGEST_DAYS, description="number of days, at most twenty years")
    holidays: Literal["us", "none"] = Field(description="calendar whose holidays count as Sundays")


class TownRoads(Table):
    """A town that is invented, on a perturbed grid."""

    source: Literal["town"] = Field(description="'town': invent a road network")
    population: int = Field(ge=1, le=2_000_000, description="number of people who live in the town, at most 2,000,000")
    vehicles_per_person: Above0 = Field(description="vehicles for each resident")
    block_m: Above0 = Field(description="side of a block, in metres")
    density_per_km2: Above0 = Field(description="residents per square kilometre, mean over the town")
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, about")


class TntpRoads(Table):
    """A real network and its trip table, in the TNTP format of transport research."""

    source: Literal["tntp"] = Field(description="'tntp': read a network and trip table from files")
    path: str = Field(description="folder of *_net.tntp, *_trips.tntp and node coordinates; empty until you give it")
    length_unit: Literal["feet", "miles", "metres", "kilometres"] = Field(description="unit of the links' lengths")
    time_unit: Literal["seconds", "minutes", "hours"] = Field(description="unit of the links' free travel times")
    coordinates: Literal["degrees", "feet", "metres"] = Field(
        description="unit of the node coordinates: degrees (WGS84), or feet or metres on a plane"
    )
    outside_zones: tuple[int, ...] = Field(
        description="numbers of the zones that stand for traffic from beyond the map"
    )
    vehicles_per_trip: Above0 = Field(description="vehicles for each trip of the table")
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, about")
    credit: Text | None = Field(default=None, description="whom to name wherever the network is shown")


class HouseholdType(Table):
    """One kind of household."""

    share: Share = Field(description="share of households of this type, from 0 to 1")
    cars: int = Field(ge=1, le=3, description="number of cars a household of this type keeps, 1 to 3")
    workers: int = Field(ge=0, le=3, description="number of members who commute, at most one for each car")
    hybrid: int = Field(
        ge=0, le=3, description="number of these workers who may work at home on Mondays and Fridays, at most all"
    )

    @model_validator(mode="after")
    def _fits(self) -> HouseholdType:
        if self.workers > self.cars:
            expected = f"at most as many workers as cars ({self.cars})"
            _refuse([Fault(("workers",), expected, str(self.workers), "lower workers or raise cars")])
        if self.hybrid > self.workers:
            expected = f"at most as many as workers ({self.workers})"
            _refuse([Fault(("hybrid",), expected, str(self.hybrid), "lower hybrid or raise workers")])
        return self


class Households(Table):
    """Who lives in the scenario, and how their lives change."""

    moved_in_year: Share = Field(description="share of people who move home within a year, from 0 to 1")
    moved_in_five_years: Share = Field(description="share of people who move home within five years, from 0 to 1")
    new_job_in_year: Share = Field(description="share of workers who change workplace within a year, from 0 to 1")
    away_week: Share = Field(description="share of weeks with a trip out of town, from 0 to 1")
    ill_week: Share = Field(description="share of weeks with days of illness, from 0 to 1")
    in_group: Share = Field(description="share of households in a club, congregation or team, from 0 to 1")
    group_size: int = Field(ge=2, description="number of households that meet in one group")
    group_attendance: Share = Field(description="share of its group's meetings that a household attends, from 0 to 1")
    types: Mapping[Name, HouseholdType] = Field(min_length=1, description="the types of household, by name")

    @model_validator(mode="after")
    def _fits(self) -> Households:
        faults = list(_sum_to_one(("types",), (kind.share for kind in self.types.values()), "shares of the types"))
        year, five = self.moved_in_year, self.moved_in_five_years
        most = 1 - (1 - year) ** 5
        if not year < five <= most + 1e-9:
            expected = f"above moved_in_year ({year:g}) and at most 1 - (1 - {year:g})^5 = {most:.4g}"
            remedy = "movers and stayers allow no other: more would move in five years than five such years can bring"
            if five <= year:
                remedy = "movers and stayers allow no other: five years move more people than one"
            faults.append(Fault(("moved_in_five_years",), expected, f"{five:g}", remedy))
        _refuse(faults)
        return self


class Travel(Table):
    """How vehicles are driven."""

    drive_to_work: Share = Field(description="share of commutes that a worker drives alone, from 0 to 1")
    at_work: Share = Field(description="share of working days on which a worker goes to work, from 0 to 1")
    at_work_free_day: Share = Field(
        description="share of Saturdays, Sundays and holidays on which a worker goes to work, from 0 to 1"
    )
    hybrid_at_home: Share = Field(
        description="share of Mondays and Fridays on which hybrid workers stay at home, from 0 to 1; 0 before 2020"
    )
    side_trip: Share = Field(description="share of commutes that go on to a shop, meal or errand, from 0 to 1")
    other_tours: AtLeast0 = Field(
        description="errands a household of one car wishes for on a working day; more with more cars"
    )
    other_tours_free_day: AtLeast0 = Field(
        description="tours that a household of one car wishes for on a day off; more cars, more tours"
    )
    school_run: Share = Field(description="share of working days on which a family's car drives to school, from 0 to 1")
    clinic_day: Share = Field(description="share of working days on which a household drives to a clinic, from 0 to 1")
    worship: Share = Field(description="share of Sundays on which a household drives to worship, from 0 to 1")
    zipf: Above0 = Field(description="exponent of the law by which visits fall with a place's rank")
    new_place: Share = Field(description="share of errand, meal and leisure stops at an unfamiliar place, from 0 to 1")
    access_s: AtLeast0 = Field(description="seconds between a parking place and the nearest junction")
    peak_freeway: AtLeast1 = Field(description="peak over free travel time on freeways, a ratio")
    peak_other: AtLeast1 = Field(description="peak over free travel time on all other roads, a ratio")
    route_shares: tuple[Share, Share, Share] = Field(
        description="three shares that sum to 1: quickest route, route without freeways, private preference"
    )
    other_route_margin: AtLeast1 = Field(description="longest route anyone takes, in times the quickest")
    distance_decay_s: Above0 = Field(description="driving seconds over which errands thin out by a factor e")

    @model_validator(mode="after")
    def _fits(self) -> Travel:
        _refuse(_sum_to_one(("route_shares",), self.route_shares, "three shares"))
        return self


STRATEGY_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "busiest": (("count", "spacing_m"), ()),
    "random": (("count",), ("spacing_m",)),
    "cordon": (("count", "radius_m"), ("spacing_m",)),
    "file": (("path", "within_m", "merge_m"), ("credit",)),
}
"""For each placement strategy, the keys it needs and those it may have."""


class Placement(Table):
    """Fixed readers of one owner, placed by one strategy."""

    owner: Name = Field(description="name of the owner of these readers")
    strategy: Literal["busiest", "random", "cordon", "file"] = Field(
        description="where they stand: busiest links, random links, a ring round the centre, or positions from a file"
    )
    count: Count | None = Field(default=None, description="number of readers (busiest, random, cordon)")
    spacing_m: AtLeast0 | None = Field(
        default=None, description="least metres between two readers (busiest, random, cordon)"
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
        given = [key for key in sorted(self.model_fields_set) if getattr(self, key) is not None]
        takes = f"strategy {self.strategy!r} takes {', '.join([*needs, *may])}"
        missing = [key for key in needs if key not in given]
        extra = [key for key in given if key not in {"owner", "strategy", *needs, *may}]
        _refuse(
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
    units: Count = Field(description="number of cars with readers")
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
    unevenness: Above0 = Field(description="shape of the gamma law of visits over zones: small is uneven, 100 is even")
    poorer_areas: Above0 = Field(description="visits to the poorest areas in times those to the richest")
    territory_m: Above0 = Field(description="metres from its base over which a unit's visits thin out by a factor e")

    @model_validator(mode="after")
    def _fits(self) -> Fleet:
        _refuse(_overlaps(self.shifts))
        return self


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
    """How much mobile units and gates collect in all, and whose share of it is whose."""

    per_month: Above0 = Field(description="sightings of mobile units and gates in a month of 30.4 days")
    split: Mapping[OwnerKind, Share] = Field(
        description="share of these sightings by kind of owner; the shares sum to 1"
    )

    @model_validator(mode="after")
    def _fits(self) -> Sightings:
        _refuse(_sum_to_one(("split",), self.split.values(), "shares of the kinds of owner"))
        return self


class Readers(Table):
    """Where plate readers stand and drive, and how well they read."""

    capture_day: Share = Field(description="share of passing plates that fixed readers and gates read by day")
    capture_night: Share = Field(description="share of passing plates that fixed readers and gates read by night")
    misread: Share = Field(description="share of the reads of fixed readers and gates that name a wrong plate")
    mobile_capture_day: Share = Field(description="share of cars in view that a mobile unit reads by day")
    mobile_capture_night: Share = Field(description="share of cars in view that a mobile unit reads by night")
    mobile_misread: Share = Field(description="share of the reads of mobile units that name a wrong plate")
    wrong_state: Share = Field(description="share of reads whose state is wrong or missing, the plate aside")
    night: tuple[Clock, Clock] = Field(
        description="two times, HH:MM on the half-hour: when night begins and when it ends"
    )
    place: Mapping[Name, Placement] = Field(default={}, description="placements of fixed readers, by name")
    mobile: Mapping[Name, Fleet] = Field(default={}, description="fleets of mobile units, by name")
    gates: Mapping[Name, Gates] = Field(default={}, description="gates at lots, by name")
    sightings: Sightings | None = Field(
        default=None, description="how much mobile units and gates collect: sets the visits and the number of gates"
    )


class Parking(Table):
    """Where cars stand in view of a passing unit."""

    visible_home: Share = Field(description="share of cars that stand in view at home, mean over areas, from 0 to 1")
    visible_away: Share = Field(description="share of cars that stand in view elsewhere, from 0 to 1")
    unequal: Share = Field(description="how much more often cars stand in view in the poorest areas than in the mean")


class Visitors(Table):
    """Vehicles that live beyond the map and sometimes come."""

    vehicles: Count = Field(description="number of vehicles that could come")
    weeks: Share = Field(description="share of weeks in which one of them comes, from 0 to 1")
    days: Literal["one", "workdays"] = Field(
        description="on which days of such a week: one of them, or all working days"
    )
    purpose: Literal["work", "errands", "through"] = Field(
        description="what they come for: a job, errands and visits, or to drive through"
    )


class Events(Table):
    """One-off events: many people at one place on one evening."""

    per_month: AtLeast0 = Field(description="number of events in a month of 30.4 days")
    attendance: Share = Field(description="share of households within reach that go, from 0 to 1")


class Plates(Table):
    """What plates look like when shown; a format that no state uses."""

    format: Annotated[str, Field(pattern=r"^[LD]+$")] = Field(description="L for a letter, D for a digit")


class HotList(Table):
    """Plates that a system looks out for."""

    wanted: Share = Field(description="share of vehicles rightly listed at any one time, from 0 to 1")
    listed_days: Above0 = Field(description="days an entry is right, on average")
    stale_days: AtLeast0 = Field(description="days an entry stays listed after it ceased to be right, on average")
    other_states: AtLeast0 = Field(description="entries of other states' plates for each rightly listed one")


class Owner(Table):
    """Whose readers they are."""

    kind: OwnerKind = Field(description="what kind of body the owner is")


class Observer(Table):
    """Who looks, at whose sightings, for what purpose."""

    sees: tuple[Name, ...] = Field(min_length=1, description="names of the owners whose sightings the observer sees")
    purpose: Text = Field(description="what the observer looks for, in words")


class Measure(Table):
    """How the measures of risk ask."""

    targets: Count = Field(description="number of plates the attacks are tried on")
    retention: tuple[Duration, ...] = Field(min_length=1, description="durations to compare, such as 21d or forever")
    near_m: Above0 = Field(description="metres within which a guess of a place is near")
    far_m: Above0 = Field(description="metres within which a guess of a place is in the neighbourhood, above near_m")
    unicity_points: int = Field(ge=1, le=10, description="number of sightings an attacker knows beforehand, at most 10")
    attacker_roads: Literal["none", "public", "generator"] = Field(
        description="what an attacker knows of the roads: nothing, public roads at free speed, or what drivers prefer"
    )

    @model_validator(mode="after")
    def _fits(self) -> Measure:
        if self.far_m <= self.near_m:
            expected = f"above near_m ({self.near_m:g})"
            _refuse([Fault(("far_m",), expected, f"{self.far_m:g}", "raise far_m or lower near_m")])
        return self


class Assumption(Table):
    """A value that might as well be another: how low and how high it may be, and why."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)+$", examples=["readers.capture_day"])] = (
        Field(description="the key it is about, as in readers.capture_day; * stands for every name at its place")
    )
    low: Any = Field(description="the value at the low end: a number, a text, a list or a table")
    high: Any = Field(description="the value at the high end")
    why: Text = Field(description="why nobody knows it better, in words")


class Settings(Table):
    """Everything a scenario says."""

    title: Text = Field(description="name of the scenario, as people read it")
    summary: Text = Field(description="the scenario in one sentence")
    period: Period = Field(description="the days that are simulated")
    roads: Annotated[TownRoads | TntpRoads, Field(discriminator="source")] = Field(
        description='the road network: source = "town" invents one, source = "tntp" reads one from files'
    )
    households: Households = Field(description="who lives there, and how their lives change")
    travel: Travel = Field(description="how vehicles are driven")
    visitors: Mapping[Name, Visitors] = Field(default={}, description="vehicles that live beyond the map, by name")
    events: Events = Field(description="one-off events that bring people together")
    parking: Parking = Field(description="where cars stand in view")
    readers: Readers = Field(description="where plate readers stand and how well they read")
    plates: Plates = Field(description="what plates look like")
    hotlist: HotList = Field(description="plates that a system looks out for")
    owners: Mapping[Name, Owner] = Field(description="owners of readers, by name")
    observers: Mapping[Name, Observer] = Field(description="observers, by name")
    measure: Measure = Field(description="how the measures of risk ask")
    assumptions: Mapping[Name, Assumption] = Field(
        default_factory=dict, description="values that might be others, by name, for plateprint sweep to try"
    )

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        rules = {"place": self.readers.place, "mobile": self.readers.mobile, "gates": self.readers.gates}
        named: list[tuple[tuple[str, ...], str]] = [
            *(
                (("readers", table, name, "owner"), rule.owner)
                for table, named_rules in rules.items()
                for name, rule in named_rules.items()
            ),
            *((("observers", name, "sees"), owner) for name, who in self.observers.items() for owner in who.sees),
        ]
        _refuse(
            [
                Fault(keys, "the name of an owner, as in [owners.NAME]", f'"{owner}"', did_you_mean(owner, self.owners))
                for keys, owner in named
                if owner not in self.owners
            ]
        )
        return self


def _overlaps(shifts: tuple[tuple[str, str], ...]) -> list[Fault]:
    """Return a fault where two shifts of one unit share a half-hour; a shift may run past midnight."""
    taken: dict[int, tuple[str, str]] = {}
    for begin, end in shifts:
        first, last = (int(clock[:2]) * 2 + int(clock[3:]) // 30 for clock in (begin, end))
        for half_hour in range(first, last if last > first else last + 48):
            if half_hour % 48 in taken:
                a, b = taken[half_hour % 48]
                found = f"{a} to {b} and {begin} to {end}"
                expected = "shifts of one unit that do not overlap"
                return [Fault(("shifts",), expected, found, "end the one before the other begins, or add units")]
            taken[half_hour % 48] = (begin, end)
    return []


def _sum_to_one(keys: tuple[str, ...], shares: Iterable[float], what: str) -> list[Fault]:
    """Return a fault unless shares sum to 1, within 1e-6."""
    total = math.fsum(shares)
    if abs(total - 1) <= 1e-6:
        return []
    change = f"{'lower' if total > 1 else 'raise'} them by {abs(total - 1):.6g} in all"
    return [Fault(keys, f"{what} that sum to 1", f"a sum of {total:.6g}", change)]


def _refuse(faults: Collection[Fault]) -> None:
    """Raise what is wrong, if anything is."""
    if faults:
        raise InconsistentError(faults)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, which may leave out what it inherits."""
    schema = _partial(Settings.model_json_schema())
    extends = {"type": "string", "description": "the scenario this one builds on: a name of the catalogue or a path"}
    properties = {"extends": extends, **schema.pop("properties")}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "properties": properties}


def _partial(node: Any) -> Any:  # noqa: ANN401
    """Let every key be left out, none be null, and none be added."""
    if isinstance(node, list):
        return [_partial(item) for item in node if item != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    kept = {key: _partial(value) for key, value in node.items() if key not in {"required", "default", "discriminator"}}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return kept
