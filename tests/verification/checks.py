"""Checks: a number of the model beside the published one, and what came of it.

A check asserts the outcome that its test expects *and* keeps it for docs/validation.md. So
a figure that was reproduced and no longer is fails, and so does one that was missed and now
fits: its excuse must go. A miss that is explained fails nothing and is listed as a miss.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["another program", "another model", "input", "fitted", "held out"]
Outcome = Literal["reproduced", "bracketed", "missed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
RECALLED = "recalled, unchecked"
"""What stands in the place of a source that nobody has read again."""
TOPICS = {
    "movement": "How vehicles move",
    "habits": "Habits and places",
    "sets": "How many share a home and a workplace",
    "unicity": "Singling out a plate by a few known points",
    "matching": "Matching two data sets",
    "reads": "How often a vehicle is read",
    "sharing": "Who shares with whom",
    "machine": "The machine itself",
}
"""Sections of the page, in order; the part of a check's name before the dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure of the model beside the published one."""

    name: str
    """topic.words-with-hyphens"""
    what: str
    """The figure in words."""
    value: float | tuple[float, float]
    """A number, or the least and greatest over the assumptions that were varied."""
    published: str
    source: str | None
    """None where the figure is recalled and nobody has read it again."""
    low: float
    high: float
    """What counts as reproduced, both ends included."""
    kind: Kind
    why: str
    unit: str
    """ "%" shows a share in hundredths; anything else is put behind the number."""

    @property
    def outcome(self) -> Outcome:
        """Judge the value.

        One number is reproduced or missed. A range is reproduced if it lies within what is
        accepted, brackets it if they overlap, and else misses it.
        """
        least, greatest = self.span
        if self.low <= least and greatest <= self.high:
            return "reproduced"
        return "bracketed" if least < greatest and least <= self.high and self.low <= greatest else "missed"

    @property
    def evidence(self) -> bool:
        """Tell whether it says something about the world: held out, and its source was read."""
        return self.kind == "held out" and self.source is not None

    @property
    def span(self) -> tuple[float, float]:
        """Return the least and greatest value."""
        return self.value if isinstance(self.value, tuple) else (self.value, self.value)

    @property
    def topic(self) -> str:
        """Return the section of the page it belongs to."""
        return self.name.partition(".")[0]

    def said(self) -> str:
        """Write the value as the page shows it."""
        return range_said(*self.span, self.unit)

    def accepted(self) -> str:
        """Write what counts as reproduced."""
        return range_said(self.low, self.high, self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A published figure that the model has nothing to set beside, and the reason."""

    name: str
    what: str
    published: str
    source: str | None
    why: str

    @property
    def topic(self) -> str:
        """Return the section of the page it belongs to."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure of the page."""

    name: str
    topic: str
    caption: str
    says: str
    """What it shows, for those who cannot see it."""
    png: bytes


@dataclass(slots=True)
class Record:
    """Everything one session of checks has found."""

    findings: dict[str, Finding] = field(default_factory=dict)
    missing: dict[str, Missing] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def check(
        self,
        name: str,
        *,
        what: str,
        value: float | tuple[float, float],
        published: str,
        source: str | None,
        low: float,
        high: float,
        kind: Kind,
        expected: Outcome,
        why: str = "",
        unit: str = "",
    ) -> None:
        """Keep a finding, then assert its outcome."""
        span = tuple(float(v) for v in value) if isinstance(value, tuple) else float(value)
        found = Finding(
            name=name, what=what, value=span, published=published, source=source, low=low, high=high, kind=kind,
            why=why, unit=unit,
        )  # fmt: skip
        self._admit(found)
        assert kind in KINDS, f"{name}: no such kind: {kind}"
        assert low <= high, f"{name}: accepts nothing"
        assert expected == "reproduced" or why, f"{name}: a figure that is not reproduced needs its reason"
        self.findings[name] = found
        assert found.outcome == expected, (
            f"{name}: expected to be {expected}, is {found.outcome}: {found.said()}, published {published},"
            f" accepted {found.accepted()}"
        )

    def miss(self, name: str, *, what: str, published: str, source: str | None, why: str) -> None:
        """Keep a published figure that the model does not address."""
        absent = Missing(name=name, what=what, published=published, source=source, why=why)
        self._admit(absent)
        assert why, f"{name}: needs its reason"
        self.missing[name] = absent

    def picture(self, name: str, figure: Figure, *, topic: str, caption: str, says: str) -> None:
        """Keep a figure of the page."""
        from pictures import to_png  # matplotlib is slow to load, and most tests draw nothing

        assert topic in TOPICS, f"{name}: no such topic: {topic}"
        self.pictures[name] = Picture(name=name, topic=topic, caption=caption, says=says, png=to_png(figure))

    def _admit(self, found: Finding | Missing) -> None:
        assert found.topic in TOPICS, f"{found.name}: no such topic"
        assert found.name not in {**self.findings, **self.missing}, f"{found.name}: recorded twice"


def range_said(low: float, high: float, unit: str) -> str:
    """Write one number, or two with a word between them."""
    if low == high:
        return _with_unit(number(low, unit), unit)
    if low == float("-inf"):
        return f"at most {_with_unit(number(high, unit), unit)}"
    if high == float("inf"):
        return f"at least {_with_unit(number(low, unit), unit)}"
    return f"{number(low, unit)} to {_with_unit(number(high, unit), unit)}"


def number(value: float, unit: str) -> str:
    """Write a number with three digits that count; a share in hundredths where the unit is %."""
    shown = value * 100 if unit == "%" else value
    if unit == "%":
        return f"{shown:.1f}".removesuffix(".0")
    if abs(shown) >= 100:
        return f"{shown:,.0f}"
    return f"{shown:.3g}"


def _with_unit(shown: str, unit: str) -> str:
    return f"{shown} {unit}" if unit else shown
