"""What a scenario may say about policies, and about the cases that it compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from simulate.checks import ScenarioError, did_you_mean
from simulate.durations import DAY_S
from simulate.scenario.schema.owners import Observer, Owner, owner_and_state
from simulate.scenario.schema.parts import AtLeast0, Fault, Name, Share, Table, Text, refuse

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Category = Literal["work", "school", "shop", "meal", "leisure", "worship", "clinic"]
ReaderKind = Literal["fixed", "gate", "mobile"]
Hour = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):00$|^24:00$", examples=["06:00"])]
Days = Annotated[float, Field(ge=1 / DAY_S)]


def _days(value: object) -> object:
    """Refuse what is neither a number of days nor "forever"."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value != "forever" and not (number and 1 / DAY_S <= float(str(value)) < float("inf")):
        remedy = "write 21 for 21 days; to keep nothing of what raises no alert, take kind hit_only"
        found = f'"{value}"' if isinstance(value, str) else str(value)
        raise ScenarioError("days", 'a number of days above 0, or "forever"', found, remedy)
    return value


DaysOrForever = Annotated[
    Any,
    AfterValidator(_days),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"const": "forever", "type": "string"}]}),
]
Holders = Annotated[
    tuple[Text, ...], Field(description='owners, such as "police" or in a nation "police, NY"; all if not said')
]
Readers = Annotated[tuple[Text, ...], Field(description="owners of the readers; all if not said")]
Kinds = Annotated[tuple[ReaderKind, ...], Field(description="kinds of reader; all if not said")]


class Retention(Table):
    """Sightings are deleted at an age."""

    kind: Literal["retention"] = Field(description="'retention': sightings are deleted at an age")
    days: DaysOrForever = Field(description='greatest age of a sighting, in days, or "forever"')
    hit_days: DaysOrForever | None = Field(default=None, description="the same for what raised an alert; as all others")
    holders: Holders = ()


class HitOnly(Table):
    """What raises no alert is never stored."""

    kind: Literal["hit_only"] = Field(description="'hit_only': what raises no alert is never stored")
    holders: Holders = ()


class Unsubscribed(Table):
    """Reads are held against no hot list."""

    kind: Literal["unsubscribed"] = Field(description="'unsubscribed': reads are held against no hot list")
    holders: Holders = ()


class Deletion(Table):
    """Some holders do not delete what they should."""

    kind: Literal["deletion"] = Field(description="'deletion': some holders do not delete what they should")
    share: Share = Field(description="share of holders that really delete, from 0 to 1")


class Hold(Table):
    """Sightings of some plates must not be deleted."""

    kind: Literal["hold"] = Field(description="'hold': sightings of some plates must not be deleted")
    vehicles: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1, description="numbers of the vehicles")
    begin: date = Field(description="day on which the hold begins, at 04:00")
    end: date | None = Field(default=None, description="day on which it ends, at 04:00; never if not said")

    @model_validator(mode="after")
    def _fits(self) -> Hold:
        if self.end is not None and self.end <= self.begin:
            refuse([Fault(("end",), f"a day after begin ({self.begin})", str(self.end), "leave it out: it never ends")])
        return self


class LookBack(Table):
    """Look-ups find nothing older."""

    kind: Literal["look_back"] = Field(description="'look_back': look-ups find nothing older")
    days: Days = Field(description="greatest age of a read that a look-up may find, in days")


class Delay(Table):
    """Look-ups find nothing younger."""

    kind: Literal["delay"] = Field(description="'delay': look-ups find nothing younger")
    days: Days = Field(description="least age of a read that a look-up may find, in days")


class Hours(Table):
    """Readers read only in some hours."""

    kind: Literal["hours"] = Field(description="'hours': readers read only in some hours")
    begin: Hour = Field(description="hour at which readers begin to read, HH:00")
    end: Hour = Field(description="hour at which they end, HH:00; before begin, the night is meant")
    days: tuple[Weekday, ...] = Field(
        default=WEEKDAYS, min_length=1, description="days of the week that the rule is about; the others are left alone"
    )
    owners: Readers = ()
    kinds: Kinds = ()

    @model_validator(mode="after")
    def _fits(self) -> Hours:
        if int(self.begin[:2]) % 24 == int(self.end[:2]) % 24 and (self.begin, self.end) != ("00:00", "24:00"):
            remedy = "take kind switched_off, or leave the rule out"
            refuse([Fault(("end",), f"another hour than begin ({self.begin})", f'"{self.end}"', remedy)])
        return self


class SwitchedOff(Table):
    """Readers are switched off."""

    kind: Literal["switched_off"] = Field(description="'switched_off': readers are switched off")
    owners: Readers = ()
    kinds: Kinds = ()
    share: Share = Field(default=1.0, description="share of these readers that are off, from 0 to 1")


class Distance(Table):
    """Nothing is collected near some places."""

    kind: Literal["distance"] = Field(description="'distance': nothing is collected near some places")
    metres: AtLeast0 = Field(description="distance within which nothing is collected, in metres")
    categories: tuple[Category, ...] = Field(
        default=("clinic", "worship", "school"), min_length=1, description="what people come to these places for"
    )


class CoarseTime(Table):
    """Times are seen in steps."""

    kind: Literal["coarse_time"] = Field(description="'coarse_time': times are seen in steps")
    hours: Annotated[float, Field(ge=1 / 3600)] = Field(description="length of a step, in hours")


class CoarsePlace(Table):
    """Places are seen as squares."""

    kind: Literal["coarse_place"] = Field(description="'coarse_place': places are seen as squares")
    metres: Annotated[float, Field(ge=1)] = Field(description="side of a square, in metres")


class Pseudonyms(Table):
    """Plates are seen under pseudonyms."""

    kind: Literal["pseudonyms"] = Field(description="'pseudonyms': plates are seen under pseudonyms")
    days: Days = Field(description="length of a period after which plates get new ones, in days")


PolicyTable = Annotated[
    Retention
    | HitOnly
    | Unsubscribed
    | Deletion
    | Hold
    | LookBack
    | Delay
    | Hours
    | SwitchedOff
    | Distance
    | CoarseTime
    | CoarsePlace
    | Pseudonyms,
    Field(discriminator="kind"),
]


class CaseTable(Table):
    """Who looks, when, and under which policies."""

    observer: Text | None = Field(
        default=None, description="an observer or owner of the scenario; its first observer by name if not said"
    )
    policies: tuple[Name, ...] = Field(default=(), description="names of policies in force, as in [policy.NAME]")
    on: date | None = Field(default=None, description="query date; the day after the last simulated one if not said")


def case_faults(
    policies: Mapping[Name, Any],
    cases: Mapping[Name, CaseTable],
    owners: Mapping[Name, Owner],
    observers: Mapping[Name, Observer],
) -> Iterator[Fault]:
    """Yield a fault for each owner, observer or policy that a policy or case names and the scenario lacks."""
    for name, rule in policies.items():
        for key in ("holders", "owners"):
            for owner in getattr(rule, key, ()):
                if not _is_owner(owner, owners):
                    remedy = did_you_mean(owner_and_state(owner)[0], owners)
                    yield Fault(("policy", name, key), "names of owners, as in [owners.NAME]", f'"{owner}"', remedy)
    for name, case in cases.items():
        for policy in case.policies:
            if policy not in policies:
                remedy = did_you_mean(policy, policies)
                yield Fault(("case", name, "policies"), "names of policies, as in [policy.NAME]", f'"{policy}"', remedy)
        if case.observer is not None and case.observer not in observers and not _is_owner(case.observer, owners):
            remedy = did_you_mean(case.observer, {*observers, *owners})
            keys = ("case", name, "observer")
            yield Fault(keys, "an observer or owner of the scenario", f'"{case.observer}"', remedy)


def _is_owner(name: str, owners: Mapping[Name, Owner]) -> bool:
    """Tell whether an owner is meant, one of its states, or one of its agencies; which there are the map decides."""
    return owner_and_state(name)[0] in owners or any(name.startswith(f"{owner} agency ") for owner in owners)
