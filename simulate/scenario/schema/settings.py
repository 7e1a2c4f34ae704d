"""The whole of a scenario: every table and key, with its meaning, unit and bounds.

No number has a default here: numbers stand in the files of `scenarios/`, each beside its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simulate.checks import MOST_FAULTS, did_you_mean
from simulate.scenario.schema.owners import Observer, Owner, owner_faults
from simulate.scenario.schema.parts import (
    Above0,
    AtLeast0,
    Count,
    Duration,
    Fault,
    Name,
    Peak,
    Share,
    Table,
    Text,
    refuse,
    sum_to_one,
)
from simulate.scenario.schema.policies import CaseTable, PolicyTable, case_faults
from simulate.scenario.schema.readers import Fleet, Gates, HotList, Parking, Placement, Plates, Readers
from simulate.scenario.schema.sharing import Sharing

LONGEST_DAYS = 7305
"""Twenty years: the longest period of a scenario."""
LEAST_PEOPLE, MOST_PEOPLE = 50_000, 30_000_000
"""Fewest and most people of an invented metro."""
VehiclesPerPerson = Annotated[float, Field(gt=0, le=10, description="vehicles for each resident, at most 10")]
LeaveWork = Annotated[
    float,
    Field(ge=0, lt=1, description="share of workers whose job lies off the map, where main roads leave it; below 1"),
]
LeaveOther = Annotated[
    float,
    Field(
        ge=0,
        lt=1,
        description="share of visits, leisure and the like that lead off the map, where main roads leave it; below 1",
    ),
]

MOST_KINDS = 256
"""Maximum of household and visitor types together: one byte tells them apart."""


class Period(Table):
    """The days that are simulated."""

    start: date = Field(
        ge=date(1900, 1, 1), le=date(2200, 1, 1), description="first day, local calendar, from 1900 to 2200"
    )
    days: int = Field(ge=1, le=LONGEST_DAYS, description="number of days, at most twenty years")
    holidays: Literal["us", "none"] = Field(description="calendar whose holidays count as Sundays")


class TownRoads(Table):
    """A town that is invented, on a perturbed grid."""

    source: Literal["town"] = Field(description="'town': invent a road network")
    population: int = Field(ge=1, le=2_000_000, description="number of people who live in the town, at most 2,000,000")
    vehicles_per_person: VehiclesPerPerson
    block_m: float = Field(ge=10, le=10_000, description="side of a block, in metres, from 10 to 10,000")
    density_per_km2: Above0 = Field(description="residents per square kilometre, mean over the town")
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, about")


class MetroRoads(Table):
    """A metropolitan area that is invented from its population and land area."""

    source: Literal["metro"] = Field(description="'metro': invent freeways, arterials and collectors")
    population: int = Field(
        ge=LEAST_PEOPLE, le=MOST_PEOPLE, description="number of people who live there, 50,000 to 30,000,000"
    )
    vehicles_per_person: VehiclesPerPerson
    density_per_km2: Above0 = Field(description="residents per square kilometre of land, mean over the metro")
    water: Literal["any", "none", "coast", "river"] = Field(
        description="what cuts through the land: a coast, a river, none, or any of them as the seed will have it"
    )
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, at most")
    leave_work: LeaveWork
    leave_other: LeaveOther


class NationRoads(Table):
    """Metropolitan areas of a country, each invented from its population; a run takes some of them, whole."""

    source: Literal["nation"] = Field(description="'nation': invent the metros of a file that a run asks for")
    path: str = Field(description="CSV file of metros: metro, state, population, lat, lon; empty until you give it")
    metros: tuple[Text, ...] = Field(description="names of the metros to draw, as a run asks for them")
    share: float | None = Field(
        default=None, gt=0, le=1, description="share of the totals that these metros take; the program says it"
    )
    vehicles_per_person: VehiclesPerPerson
    density_per_km2: Above0 = Field(description="residents per square kilometre of land, mean over a metro")
    water: Literal["any", "none", "coast", "river"] = Field(
        description="what cuts through the land of each metro: a coast, a river, none, or any as the seed will have it"
    )
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, at most")
    leave_work: LeaveWork
    leave_other: LeaveOther


class TntpRoads(Table):
    """A real network and its trip table, in the TNTP format of transport research."""

    source: Literal["tntp"] = Field(description="'tntp': read a network and trip table from files")
    path: str = Field(description="folder of *_net.tntp, *_trips.tntp and node coordinates; empty until you give it")
    length_unit: Literal["feet", "miles", "metres", "kilometres"] = Field(description="unit of the links' lengths")
    time_unit: Literal["seconds", "minutes", "hours"] = Field(description="unit of the links' free travel times")
    coordinates: Literal["degrees", "feet", "miles", "metres", "kilometres"] = Field(
        description="unit of the node coordinates: degrees (WGS84), or feet, miles, metres or kilometres on a plane"
    )
    outside_zones: tuple[int, ...] = Field(
        description="numbers of the zones that stand for traffic from beyond the map"
    )
    vehicles_per_trip: Above0 = Field(description="vehicles for each trip of the table")
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, about")
    credit: Text | None = Field(default=None, description="whom to name wherever the network is shown")


class StreetRoads(Table):
    """Real streets from a street map, with invented homes and jobs."""

    source: Literal["streets"] = Field(description="'streets': read a street map from a file")
    path: str = Field(
        description="file of OpenStreetMap (.osm, .osm.gz, .osm.bz2, .osm.pbf) or of OSMnx (.graphml); "
        "empty until you give it"
    )
    population: int = Field(ge=1, le=2_000_000, description="number of people who live on the map, at most 2,000,000")
    vehicles_per_person: VehiclesPerPerson
    vehicles_per_zone: Count = Field(description="number of vehicles at home in one zone, about")
    leave_work: LeaveWork
    leave_other: LeaveOther
    outside_km: float = Field(
        gt=0, le=20, description="kilometres from a cut road to the places beyond the map, at most 20"
    )


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
            refuse([Fault(("workers",), expected, str(self.workers), "lower workers or raise cars")])
        if self.hybrid > self.workers:
            expected = f"at most as many as workers ({self.workers})"
            refuse([Fault(("hybrid",), expected, str(self.hybrid), "lower hybrid or raise workers")])
        return self


class Households(Table):
    """Who lives in the scenario, and how their lives change."""

    moved_in_year: Share = Field(description="share of people who move home within a year, from 0 to 1")
    moved_in_five_years: Share = Field(description="share of people who move home within five years, from 0 to 1")
    far_moves: Share | None = Field(
        default=None,
        description="share of moves that leave the metro, from 0 to 1 (national scenarios)",
    )
    new_job_in_year: Share = Field(description="share of workers who change workplace within a year, from 0 to 1")
    away_week: Share = Field(description="share of weeks with a trip out of town, from 0 to 1")
    ill_week: Share = Field(description="share of weeks with days of illness, from 0 to 1")
    in_group: Share = Field(description="share of households in a club, congregation or team, from 0 to 1")
    group_size: int = Field(ge=2, description="number of households that meet in one group")
    group_attendance: Share = Field(description="share of its group's meetings that a household attends, from 0 to 1")
    busy_spread: Share = Field(
        description="how far households of a type differ in how much they drive: from 0, not at all, to 1"
    )
    regular_spread: Share = Field(
        description="how far households differ in how alike their days are: from 0, not at all, to 1; "
        "nothing where busy_spread is 1"
    )
    range_spread: Share = Field(
        description="how far households of a neighbourhood differ in how far they drive: from 0, not at all, to 1"
    )
    types: Mapping[Name, HouseholdType] = Field(min_length=1, description="the types of household, by name")

    @model_validator(mode="after")
    def _fits(self) -> Households:
        faults = list(sum_to_one(("types",), (kind.share for kind in self.types.values()), "shares of the types"))
        year, five = self.moved_in_year, self.moved_in_five_years
        most = 1 - (1 - year) ** 5
        if not year < five <= most + 1e-9:
            expected = f"above moved_in_year ({year:g}) and at most 1 - (1 - {year:g})^5 = {most:.4g}"
            remedy = "movers and stayers allow no other: more would move in five years than five such years can bring"
            if five <= year:
                remedy = "movers and stayers allow no other: five years move more people than one"
            faults.append(Fault(("moved_in_five_years",), expected, f"{five:g}", remedy))
        refuse(faults)
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
    day_out: Share = Field(
        description="share of working days on which a household with a car at home goes on a long tour, from 0 to 1"
    )
    day_out_free_day: Share = Field(
        description="the same on Saturdays, Sundays and holidays, if the household is not at worship"
    )
    zipf: Above0 = Field(description="exponent of the law by which visits fall with a place's rank")
    new_place: Share = Field(
        description="share of errand, meal and leisure stops at an unfamiliar place, mean over cars, from 0 to 1"
    )
    new_place_spread: float = Field(
        ge=0, le=5, description="standard deviation, over cars, of the log odds of that share, from 0 to 5"
    )
    access_s: AtLeast0 = Field(description="seconds between a parking place and the nearest junction")
    peak_freeway: Peak = Field(description="peak over free travel time on freeways, a ratio from 1 to 10")
    peak_other: Peak = Field(description="peak over free travel time on all other roads, a ratio from 1 to 10")
    route_shares: tuple[Share, Share, Share] = Field(
        description="three shares that sum to 1 of what households take for their usual routes: the quickest, one"
        " without freeways, one of private taste; where no other route is good enough, it is the quickest"
    )
    route_kept: Share = Field(
        description="share of its trips between two places on which a car keeps to the usual route off the peak"
    )
    taste_spread: float = Field(
        ge=0, le=1, description="spread of private tastes for roads, sigma of the logarithm of time, at most 1"
    )
    pace_spread: float = Field(
        ge=0,
        le=0.5,
        description="spread of the times of one way, sigma of the logarithm, at most 0.5; 0 = always the same",
    )
    other_route_margin: Peak = Field(description="longest route anyone takes, in times the quickest, from 1 to 10")
    distance_decay_s: Above0 = Field(description="driving seconds over which errands thin out by a factor e")
    work_decay_s: Above0 = Field(description="the same for the jobs that people take, in driving seconds")

    @model_validator(mode="after")
    def _fits(self) -> Travel:
        refuse(sum_to_one(("route_shares",), self.route_shares, "three shares"))
        return self


class Visitors(Table):
    """Vehicles that live beyond the map and sometimes come."""

    vehicles: int = Field(ge=0, le=100_000_000, description="number of vehicles that could come, at most 100 million")
    weeks: Share = Field(description="share of weeks in which one of them comes, from 0 to 1")
    days: Literal["one", "workdays"] = Field(
        description="on which days of such a week: one of them, or all working days"
    )
    purpose: Literal["work", "errands", "through"] = Field(
        description="what they come for: a job, errands and visits, or to drive through"
    )


class Events(Table):
    """One-off events: many people at one place on one evening."""

    per_month: float = Field(ge=0, le=30, description="number of events in a month of 30.4 days, at most 30")
    attendance: Share = Field(description="share of households within reach that go, from 0 to 1")


class Measuring(Table):
    """How the measures of risk ask."""

    targets: Count = Field(description="number of plates the attacks are tried on")
    retention: tuple[Duration, ...] = Field(min_length=1, description="durations to compare, such as 21d or forever")
    near_m: float = Field(ge=1, description="metres within which a guess of a place is near, at least 1")
    far_m: Above0 = Field(description="metres within which a guess of a place is in the neighbourhood, above near_m")
    unicity_points: int = Field(ge=1, le=10, description="number of sightings an attacker knows beforehand, at most 10")
    attacker_roads: Literal["none", "public", "generator"] = Field(
        description="what an attacker knows of the roads: nothing, public roads at free speed, or what drivers prefer"
    )

    @model_validator(mode="after")
    def _fits(self) -> Measuring:
        if self.far_m <= self.near_m:
            expected = f"above near_m ({self.near_m:g})"
            refuse([Fault(("far_m",), expected, f"{self.far_m:g}", "raise far_m or lower near_m")])
        return self


class Assumption(Table):
    """A value that might as well be another: how low and how high it may be, and why."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)+$", examples=["readers.capture_day"])] = (
        Field(description="the key it is about, as in readers.capture_day; * stands for every name at its place")
    )
    low: Any = Field(description="the value at the low end: a number, a text, a list or a table")
    high: Any = Field(description="the value at the high end")
    why: Text = Field(description="why nobody knows it better, in words")


def _empty(tables: Mapping[Name, object]) -> bool:
    """Return whether to omit a table from a stored scenario: without entries it then equals one of earlier versions."""
    return not tables


class Settings(Table):
    """Everything a scenario says."""

    title: Text = Field(description="name of the scenario, as people read it")
    summary: Text = Field(description="the scenario in one sentence")
    period: Period = Field(description="the days that are simulated")
    roads: Annotated[TownRoads | MetroRoads | NationRoads | TntpRoads | StreetRoads, Field(discriminator="source")] = (
        Field(
            description='the road network: source = "town" or "metro" invents one, source = "nation" several metros; '
            'source = "tntp" reads a network with its trip table, source = "streets" a street map'
        )
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
    sharing: Sharing | None = Field(
        default=None,
        description='who shares with whom: source = "generated" invents it, source = "pairs" reads a file',
    )
    measure: Measuring = Field(description="how the measures of risk ask")
    policy: Mapping[Name, PolicyTable] = Field(
        default={}, exclude_if=_empty, description="rules on what may be collected, stay and be seen, by name"
    )
    case: Mapping[Name, CaseTable] = Field(
        default={}, exclude_if=_empty, description="who looks under which policies, by name: what is compared"
    )
    assumptions: Mapping[Name, Assumption] = Field(
        default_factory=dict, description="values that might be others, by name, for plateprint sweep to try"
    )

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        faults = list(self._unknown_owners())
        faults += owner_faults(self.owners, self.observers, nation=isinstance(self.roads, NationRoads))
        faults += case_faults(self.policy, self.case, self.owners, self.observers)
        refuse([*faults, *self._no_counties(), *self._too_few_plates(), *self._too_many_kinds()])
        return self

    def _unknown_owners(self) -> Iterator[Fault]:
        """Yield a fault for each rule with an unknown owner; those beyond the message's length have no suggestion."""
        rules: dict[str, Mapping[str, Placement | Fleet | Gates]] = {
            "place": self.readers.place,
            "mobile": self.readers.mobile,
            "gates": self.readers.gates,
        }
        unknown = (
            (("readers", table, name, "owner"), rule.owner)
            for table, named_rules in rules.items()
            for name, rule in named_rules.items()
            if rule.owner not in self.owners
        )
        for at, (keys, owner) in enumerate(unknown):
            remedy = did_you_mean(owner, self.owners) if at < MOST_FAULTS else ""  # slow where owners are many
            yield Fault(keys, "the name of an owner, as in [owners.NAME]", f'"{owner}"', remedy)

    def _no_counties(self) -> Iterator[Fault]:
        """Yield a fault if readers are counted by county on a map without counties."""
        for name, rule in self.readers.place.items():
            if rule.counties is not None and not isinstance(self.roads, NationRoads):
                expected = 'nothing, unless roads.source is "nation"'
                yield Fault(("readers", "place", name, "counties"), expected, f'"{rule.counties}"', "say count instead")

    def _too_few_plates(self) -> Iterator[Fault]:
        """Yield a fault if the vehicles known before any map is read already need more plates."""
        vehicles = sum(group.vehicles for group in self.visitors.values())
        if isinstance(self.roads, TownRoads):
            vehicles += int(self.roads.population * self.roads.vehicles_per_person)
        if vehicles > self.plates.issued:
            expected = f"room for {vehicles:,} vehicles, whose plates are a quarter of all"
            found = f'"{self.plates.format}", which has plates for {self.plates.issued:,}'
            yield Fault(("plates", "format"), expected, found, "add a letter or a digit")

    def _too_many_kinds(self) -> Iterator[Fault]:
        """Yield a fault if households and visitors have more types than eight bits can number."""
        kinds = len(self.households.types) + len(self.visitors)
        if kinds > MOST_KINDS:
            expected = f"at most {MOST_KINDS} types of household and tables of visitors together"
            yield Fault(("households", "types"), expected, str(kinds), "make one of several that are alike")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, with inherited keys optional."""
    schema = _partial(Settings.model_json_schema())
    extends = {"type": "string", "description": "the scenario this one builds on: a name of the catalogue or a path"}
    properties = {"extends": extends, **schema.pop("properties")}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "properties": properties}


def _partial(node: Any) -> Any:  # noqa: ANN401
    """Return a schema with every key optional, none nullable and none added."""
    if isinstance(node, list):
        return [_partial(item) for item in node if item != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    dropped = {"required", "default", "discriminator"}
    partial = {key: _partial(value) for key, value in node.items() if key not in dropped}
    if "patternProperties" in partial:
        partial["additionalProperties"] = False
    if "oneOf" in partial:
        partial["anyOf"] = partial.pop("oneOf")
    return partial
