"""What the tables of a scenario are made of: kinds of value, and how to refuse what does not go together."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from simulate.durations import parse_duration


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
    """A table that takes the keys it names and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def sum_to_one(keys: tuple[str, ...], shares: Iterable[float], what: str) -> list[Fault]:
    """Return a fault unless shares sum to 1, within 1e-6."""
    total = math.fsum(shares)
    if abs(total - 1) <= 1e-6:
        return []
    change = f"{'lower' if total > 1 else 'raise'} them by {abs(total - 1):.6g} in all"
    return [Fault(keys, f"{what} that sum to 1", f"a sum of {total:.6g}", change)]


def refuse(faults: Collection[Fault]) -> None:
    """Raise what is wrong, if anything is."""
    if faults:
        raise InconsistentError(faults)
