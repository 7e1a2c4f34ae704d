"""Cases: the unit of comparison and the key of every result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.rules import Retention

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from simulate.rules.fields import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An observer, a query date and the rules in force.

    Examples
    --------
    >>> from simulate.policy import Retention
    >>> Case(name="21 days", policies=(Retention(days=21),)).name
    '21 days'
    """

    name: str
    """Key of its results, and label in tables and figures."""
    observer: str | None = None
    """An observer or owner of the scenario; the scenario's first observer by name if None."""
    on: date | None = None
    """Query date; the day after the last simulated one if None."""
    policies: tuple[Policy, ...] = ()
    """Rules in force: a set, in any order."""


def ladder_of(
    ladder: Sequence[str | Retention] | None, *, observer: str | None = None, policies: tuple[Policy, ...] = ()
) -> list[Case]:
    """Return a case per duration, shortest first, each with the other policies; one case if `ladder` is empty."""
    if not ladder:
        retention = next((rule for rule in policies if isinstance(rule, Retention)), Retention(days="forever"))
        return [Case(name=retention.label, observer=observer, policies=policies)]
    rules = {rule if isinstance(rule, Retention) else Retention.of(rule) for rule in ladder}
    ordered = sorted(rules, key=lambda rule: float("inf") if rule.seconds is None else rule.seconds)
    return [Case(name=rule.label, observer=observer, policies=(rule, *policies)) for rule in ordered]
