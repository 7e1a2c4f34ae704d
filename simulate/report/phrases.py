"""Phrases: numbers and durations in plain words, for all pages and the terminal.

All are pure functions of numbers and texts; the words of a score are part of its
declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulate.durations import MONTH_DAYS, format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

LIMITS = (
    "Whether a rule is lawful, or fair.",
    "Crimes solved or prevented.",
    "Arrests, deportations, stops of innocent people.",
    "Chilling effects: what people no longer do because they may be seen.",
    "Anything about a real person, plate or place: this is one model under stated assumptions.",
)
"""Questions beyond the scope of all numbers here."""
FOR_EVER = format_duration(None)
"""Label of the rule without deletion; a run shows no more of it than its own days."""


class HasInterval(Protocol):
    """A value with an interval in a unit, such as a result."""

    @property
    def low(self) -> float | None:
        """Return the lower end."""

    @property
    def high(self) -> float | None:
        """Return the upper end."""

    @property
    def unit(self) -> str:
        """Return the unit of both."""


def per_thousand(share: float) -> str:
    """Format a share as a count of 1,000, without rounding some to none or to all."""
    count = 1000 * share
    if 1e-6 < count < 0.5:
        return "fewer than 1"
    if 999.5 <= count < 1000 - 1e-6:
        return "more than 999"
    return f"{count:,.0f}"


def amount(value: float, unit: str) -> str:
    """Format a value in its unit; shares as counts of 1,000."""
    if unit == "share":
        return per_thousand(value)
    if unit == "metres":
        return f"{value:,.0f} m"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def interval(rate: HasInterval) -> str:
    """Format the 95 % interval of a result, "" if it has none."""
    if rate.low is None or rate.high is None:
        return ""
    low, high = amount(rate.low, rate.unit), amount(rate.high, rate.unit)
    return low if low == high else f"{low} to {high}"


def capital(text: str) -> str:
    """Capitalise the first letter of a text."""
    return text[:1].upper() + text[1:]


def large(count: float) -> str:
    """Format a large number to two digits: "6.5 billion", "130 million", "4,200"."""
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if count >= size:
            value = float(f"{count / size:.2g}")
            return f"{value:,g} {name}"
    return f"{float(f'{count:.2g}'):,.0f}"


def change(value: float, unit: str) -> str:
    """Format a difference in words: "60 more", "12 fewer", "no change"; shares as counts of 1,000."""
    if value == 0:
        return "no change"
    size = amount(abs(value), unit).replace("fewer than", "less than")  # "fewer than 1 fewer" is hard to read
    if unit == "metres":
        return f"{size} {'farther' if value > 0 else 'nearer'}"
    return f"{size} {'more' if value > 0 else 'fewer'}"


def change_interval(low: float | None, high: float | None, unit: str) -> str:
    """Format the interval of a difference, "" if it has none."""
    if low is None or high is None:
        return ""
    if low == high:
        return change(low, unit)
    more, less = ("farther", "nearer") if unit == "metres" else ("more", "fewer")
    if low >= 0:
        return f"{amount(low, unit)} to {amount(high, unit)} {more}"
    if high <= 0:
        return f"{amount(-high, unit)} to {amount(-low, unit)} {less}"
    return f"{change(low, unit)} to {change(high, unit)}"


def over(least: float, most: float, unit: str, what: str = "the assumptions") -> str:
    """Format the range of a number: "133 to 180 over the assumptions"."""
    low, high = amount(least, unit), amount(most, unit)
    return f"the same over {what}" if low == high else f"{low} to {high} over {what}"


def points(few: int) -> str:
    """Format the number of points known to an attacker."""
    return f"{few} point{'s' if few > 1 else ''}"


def lasting(days: int) -> str:
    """Format a number of days for people: "1 day", "45 days", "3.4 years"."""
    if days >= 730:
        return f"{days / (12 * MONTH_DAYS):.1f}".removesuffix(".0") + " years"
    return f"{days:,} day{'' if days == 1 else 's'}"


def kept_for(rule: str, *days: int) -> str:
    """Return the label of a rule in figures and tables: "21 days", or "all 45 days" without deletion.

    rule : its label. days : duration of the run, or of each of several runs.
    """
    if rule != FOR_EVER:
        return rule
    return f"all {lasting(days[0])}" if len(set(days)) == 1 else "the whole run"


def if_kept(rule: str, *days: int) -> str:
    """Describe the effect of a rule on sightings: they "are deleted after 21 days"; rule and days as for `kept_for`."""
    if rule != FOR_EVER:
        return f"are deleted after {rule}"
    return f"are kept {as_long(days)}"


def forever_note(rules: Collection[str], *days: int) -> str:
    """Explain "for ever" below a table of rates, "" if it has no such rule; days as for `kept_for`."""
    return f"“{FOR_EVER.capitalize()}” means {as_long(days)}." if FOR_EVER in rules else ""


def as_long(days: Sequence[int]) -> str:
    """Return the retention without deletion in runs of so many days, in words."""
    return f"as long as the run, {lasting(days[0])}" if len(set(days)) == 1 else "as long as each run"
