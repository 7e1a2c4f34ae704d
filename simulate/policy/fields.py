"""What fields of rules share: how they name holders and readers, and how they are checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError, did_you_mean
from simulate.durations import DAY_S, DAY_START_S
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from numpy.typing import NDArray

    from simulate.policy.terms import Setting

KINDS = {kind.name.lower(): kind for kind in SiteKind}
"""Kinds of reader, as rules name them."""


def checked_names(where: str, names: Iterable[str], known: Collection[str] | None = None) -> tuple[str, ...]:
    """Return names as a tuple; raise ScenarioError on a bare text, or on a name that is not known.

    known : all names that there are; any are taken if None.
    """
    if isinstance(names, str):
        raise ScenarioError(where, "a list of names", repr(names), f"write ({names!r},) in Python, [...] in a file")
    found = tuple(names)
    for name in found:
        if known is not None and name not in known:
            raise ScenarioError(where, "known names", repr(name), did_you_mean(str(name), known))
    return found


def checked_number(where: str, value: float, expected: str, low: float, high: float = math.inf) -> float:
    """Return a number from low to high, infinity left out; raise ScenarioError on anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high or math.isinf(value):
        raise ScenarioError(where, expected, repr(value), "state another, or leave the rule out")
    return value


def checked_days(where: str, days: float) -> float:
    """Return a number of days of at least a second; raise ScenarioError on anything else."""
    return checked_number(where, days, "a number of days, at least a second", 1 / DAY_S)


def checked_share(where: str, share: float) -> float:
    """Return a share; raise ScenarioError on anything else."""
    return checked_number(where, share, "a share from 0 to 1", 0, 1)


def seconds_of(days: float) -> int:
    """Return days as whole seconds."""
    return round(days * DAY_S)


def second_of(day: date, setting: Setting) -> int:
    """Return the second at which a day of travel begins: its 04:00."""
    return (day - setting.start).days * DAY_S + DAY_START_S


def holders_named(setting: Setting, names: Collection[str], where: str) -> NDArray[np.bool_]:
    """Tell which holders are meant by names of owners, of owners in one state, or of bodies; bool[h].

    No name means every holder. Raise ScenarioError on a name that means nobody.
    """
    owners, named = setting.owners, np.full(setting.owners.n, not names)
    for name in names:
        meant = owners.of(name)
        if not meant.any():
            states = {f"{owner}, {state}" for owner, state in zip(owners.owner, owners.state, strict=True) if state}
            known = {*owners.owner, *owners.name, *states}
            raise ScenarioError(where, "an owner of readers", repr(name), did_you_mean(name, known))
        named |= meant
    return named


def sites_named(setting: Setting, owners: Collection[str], kinds: Collection[str], where: str) -> NDArray[np.bool_]:
    """Tell which sites are those of some owners and kinds; bool[s]. No name means all of them."""
    sites = setting.sites
    wanted = [KINDS[kind] for kind in kinds or KINDS]
    named: NDArray[np.bool_] = holders_named(setting, owners, where)[sites.owner] & np.isin(sites.kind, wanted)
    return named


def say_holders(holders: Collection[str]) -> str:
    """Name holders in a sentence; "" where all are meant."""
    return f" by {' and '.join(holders)}" if holders else ""


def say_readers(owners: Collection[str], kinds: Collection[str]) -> str:
    """Name readers in a sentence, as its subject."""
    words = {"fixed": "fixed readers", "gate": "gates", "mobile": "mobile readers"}
    named = " and ".join(words[kind] for kind in kinds) or "readers"
    return f"{named} of {' and '.join(owners)}" if owners else named
