"""Fields of rules: types of value, each with its check, and their wording in sentences.

The annotation of a field is its only definition: a file's table, its JSON Schema and the check in
Python are made from it.
"""

from __future__ import annotations

import dataclasses
import math
import re
from abc import abstractmethod
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeGuard,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)  # fmt: skip

from annotated_types import Ge, GroupedMetadata, Le, MinLen
from pydantic import AfterValidator, Field, GetPydanticSchema, StringConstraints, WithJsonSchema
from pydantic.fields import FieldInfo

from simulate.checks import ScenarioError, did_you_mean
from simulate.durations import DAY_S

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


class Policy(Protocol):
    """One rule: a frozen dataclass in a file of its own, with `check_fields(self)` in `__post_init__`."""

    kind: ClassVar[str]
    """Its kind in scenario files."""
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with this rule added; pure. Raise ScenarioError on a contradiction."""

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""


class Check(GroupedMetadata):
    """Annotation of a type: bounds for files and their JSON Schema, and the check in Python."""

    @abstractmethod
    def __iter__(self) -> Iterator[object]:
        """Yield the bounds as annotations of pydantic."""

    @abstractmethod
    def check(self, where: str, value: object) -> None:
        """Raise ScenarioError on a value outside the type."""


@dataclasses.dataclass(frozen=True, slots=True)
class Number(Check):
    """A number from low to high; never infinite."""

    expected: str
    low: float
    high: float = math.inf

    def __iter__(self) -> Iterator[object]:
        """Yield both ends."""
        yield Ge(self.low)
        if self.high < math.inf:
            yield Le(self.high)

    def check(self, where: str, value: object) -> None:
        """Raise ScenarioError unless `value` is such a number."""
        if not _is_number(value) or not self.low <= value <= self.high or math.isinf(value):
            raise ScenarioError(where, self.expected, repr(value), "state another, or leave the rule out")


@dataclasses.dataclass(frozen=True, slots=True)
class Form(Check):
    """A text matching a pattern."""

    expected: str
    pattern: str

    def __iter__(self) -> Iterator[object]:
        """Yield the pattern."""
        yield from StringConstraints(pattern=self.pattern)

    def check(self, where: str, value: object) -> None:
        """Raise ScenarioError unless `value` is such a text."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise ScenarioError(where, self.expected, repr(value), "write it in this form")


@dataclasses.dataclass(frozen=True, slots=True)
class AgeLimit(Check):
    """A number of days, or "forever"; files keep it as written."""

    def __iter__(self) -> Iterator[object]:
        """Yield annotations for pydantic to take any value and apply the check."""
        yield GetPydanticSchema(lambda _, handler: handler(Any))
        yield AfterValidator(self._validated)
        days = {"type": "number", "exclusiveMinimum": 0}
        yield WithJsonSchema({"anyOf": [days, {"const": "forever", "type": "string"}]})

    def check(self, where: str, value: object) -> None:
        """Raise ScenarioError unless `value` is such an age."""
        if value != "forever" and not (_is_number(value) and 1 / DAY_S <= value < math.inf):
            remedy = "write 21 for 21 days; to keep nothing of what raises no alert, take kind hit_only"
            found = f'"{value}"' if isinstance(value, str) else str(value)
            raise ScenarioError(where, 'a number of days above 0, or "forever"', found, remedy)

    def _validated(self, value: object) -> object:
        self.check("days", value)
        return value


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Category = Literal["work", "school", "shop", "meal", "leisure", "worship", "clinic"]
ReaderKind = Literal["fixed", "gate", "mobile"]

Age = Annotated[float | Literal["forever"], AgeLimit()]
Days = Annotated[float, Number("a number of days, at least a second", 1 / DAY_S)]
Share = Annotated[float, Number("a share from 0 to 1", 0, 1)]
Hour = Annotated[
    str, Form('a full hour such as "06:00"', r"^([01][0-9]|2[0-3]):00$|^24:00$"), Field(examples=["06:00"])
]
OwnerName = Annotated[str, Field(min_length=1)]
Holders = Annotated[
    tuple[OwnerName, ...], Field(description='owners, such as "police" or in a nation "police, NY"; all if not said')
]
Readers = Annotated[tuple[OwnerName, ...], Field(description="owners of the readers; all if not said")]
Kinds = Annotated[tuple[ReaderKind, ...], Field(description="kinds of reader; all if not said")]


@cache
def field_types(rule: type[Policy]) -> Mapping[str, Any]:
    """Return the annotated type of each field of a rule."""
    hints = get_type_hints(rule, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(rule)}


@cache
def owner_fields(rule: type[Policy]) -> tuple[str, ...]:
    """Return the fields of a rule naming owners, found by type and not by name."""
    return tuple(name for name, hint in field_types(rule).items() if get_args(hint)[:1] == (tuple[OwnerName, ...],))


def check_fields(rule: Policy) -> None:
    """Raise ScenarioError on a value outside its field's type; convert lists to tuples."""
    for name, hint in field_types(type(rule)).items():
        object.__setattr__(rule, name, _checked(f"{rule.kind}.{name}", getattr(rule, name), hint))


def _checked(where: str, value: Any, hint: Any) -> Any:  # noqa: ANN401
    """Return a value in the form of its type; raise ScenarioError on one outside it."""
    base, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(base) in {Union, UnionType} and NoneType in get_args(base):
        (inner,) = (option for option in get_args(base) if option is not NoneType)
        return value if value is None else _checked(where, value, inner)
    if get_origin(base) is tuple:
        return _checked_list(where, value, get_args(base)[0], notes)
    if get_origin(base) is Literal and value not in get_args(base):
        raise ScenarioError(where, "known names", repr(value), did_you_mean(str(value), get_args(base)))
    for note in notes:
        if isinstance(note, Check):
            note.check(where, value)
    return value


def _checked_list(where: str, values: Any, item: Any, notes: Collection[object]) -> tuple[Any, ...]:  # noqa: ANN401
    if isinstance(values, str):
        raise ScenarioError(where, "a list of names", repr(values), f"write ({values!r},) in Python, [...] in a file")
    items = tuple(_checked(where, value, item) for value in values)
    least = max((bound.min_length for note in notes if isinstance(note, FieldInfo) for bound in note.metadata
                 if isinstance(bound, MinLen)), default=0)  # fmt: skip
    if len(items) < least:
        raise ScenarioError(where, f"at least {least} of them", "none", "name one or more, or leave the rule out")
    return items


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def seconds_of(days: float) -> int:
    """Return days as whole seconds."""
    return round(days * DAY_S)


def holders_phrase(holders: Collection[str]) -> str:
    """Return holders as part of a sentence; "" for all."""
    return f" by {' and '.join(holders)}" if holders else ""


def readers_phrase(owners: Collection[str], kinds: Collection[str]) -> str:
    """Return readers as the subject of a sentence."""
    words = {"fixed": "fixed readers", "gate": "gates", "mobile": "mobile readers"}
    named = " and ".join(words[kind] for kind in kinds) or "readers"
    return f"{named} of {' and '.join(owners)}" if owners else named
