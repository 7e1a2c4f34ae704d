"""Building blocks of scenario tables: kinds of value, and errors of inconsistent values."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from simulate.durations import parse_duration


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault inside a table: the path of keys from there, and the message."""

    keys: tuple[str, ...]
    expected: str
    found: str
    remedy: str


class InconsistentError(ValueError):
    """Inconsistency of values, each valid by itself."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} inconsistencies")


def _duration(text: str) -> str:
    """Return a duration as written; raise ScenarioError if it is none."""
    parse_duration(text)
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
AtLeast0 = Annotated[float, Field(ge=0)]
Peak = Annotated[float, Field(ge=1, le=10)]
Count = Annotated[int, Field(ge=1)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[03]0$", examples=["19:30"])]
Duration = Annotated[str, AfterValidator(_duration), Field(examples=["21d"])]


class Table(BaseModel):
    """Table restricted to the keys it names."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def sum_to_one(keys: tuple[str, ...], shares: Iterable[float], subject: str) -> list[Fault]:
    """Return a fault unless shares sum to 1, within 1e-6."""
    total = math.fsum(shares)
    if abs(total - 1) <= 1e-6:
        return []
    change = f"{'lower' if total > 1 else 'raise'} them by {abs(total - 1):.6g} in all"
    return [Fault(keys, f"{subject} that sum to 1", f"a sum of {total:.6g}", change)]


def refuse(faults: Collection[Fault]) -> None:
    """Raise InconsistentError if there are faults."""
    if faults:
        raise InconsistentError(faults)
