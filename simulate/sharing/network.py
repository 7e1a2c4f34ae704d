"""The sharing network: which agency gives which others access to what its readers collect.

A directed graph of agencies in plain arrays. It comes from a file of pairs (`pairs.py`) or is
generated (`agencies.py`); both give the same type. Policies on who may see what read it later.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.sharing.states import UNKNOWN, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MANY = 800
"""Partners that count as many: "many of them share with over 800" (EFF, Data Driven, 2018)."""


class AgencyKind(IntEnum):
    """What an agency is, as far as its name tells."""

    POLICE = 0
    SHERIFF = 1
    STATE = 2
    FEDERAL = 3
    OTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharingNetwork:
    """Agencies and who gives access to whom."""

    name: tuple[str, ...]
    """Names of the n agencies, no two alike."""
    uid: NDArray[np.uint64]
    """uint64[n]; hash of who the agency is, which its draws are keyed by."""
    state: NDArray[np.int8]
    """int8[n]; index into `states.CODES`, -1 where it cannot be told or the agency is federal."""
    kind: NDArray[np.uint8]
    """uint8[n]; an AgencyKind."""
    metro: NDArray[np.int16]
    """int16[n]; index into a table of metros, -1 outside all of them."""
    first: NDArray[np.int64]
    """int64[n + 1]; agency i gives access to partner[first[i] : first[i + 1]]."""
    partner: NDArray[np.int32]
    """int32[pairs]; who is given access, ascending within each giver; nobody itself."""

    @property
    def n(self) -> int:
        """Count the agencies."""
        return len(self.name)

    @property
    def n_pairs(self) -> int:
        """Count the directed pairs."""
        return len(self.partner)

    def partners_of(self, agency: int) -> NDArray[np.int32]:
        """Return whom one agency gives access; int32[k], ascending."""
        return self.partner[self.first[agency] : self.first[agency + 1]]

    def given(self) -> NDArray[np.int64]:
        """Count how many agencies each gives access; int64[n]."""
        return np.diff(self.first)

    def received(self) -> NDArray[np.int64]:
        """Count how many agencies give each access; int64[n]."""
        return np.bincount(self.partner, minlength=self.n)

    def giver(self) -> NDArray[np.int32]:
        """Return who gives access in each pair, in the order of `partner`; int32[pairs]."""
        return np.repeat(np.arange(self.n, dtype=np.int32), self.given())


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrees:
    """How much is shared, over the agencies that give anyone access."""

    givers: int
    """Agencies that give at least one other access. Of a file's others nothing is known."""
    mean: float
    """Agencies that a giver gives access, on average."""
    median: float
    many: float
    """Share of givers with more than MANY partners."""
    to_federal: int
    """Givers that give at least one federal agency access."""
    within_state: float
    """Share of pairs whose two agencies are in the same state, of those whose states can be told; NaN if none."""
    mutual: float
    """Share of pairs that are also there the other way round, of those whose receiver gives at all; NaN if none."""


def network(
    name: Sequence[str],
    uid: NDArray[np.uint64],
    state: NDArray[np.int8],
    kind: NDArray[np.uint8],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> SharingNetwork:
    """Put agencies and pairs together; pairs come once each, in any order, without loops.

    pairs : giver and receiver of each pair; int64[pairs] each.
    """
    giver, receiver = pairs
    order = np.lexsort([receiver, giver])
    return SharingNetwork(
        name=tuple(name),
        uid=uid,
        state=state,
        kind=kind,
        metro=np.full(len(name), -1, np.int16),
        first=np.concatenate([[0], np.cumsum(np.bincount(giver, minlength=len(name)))]).astype(np.int64),
        partner=receiver[order].astype(np.int32),
    )


def degrees(shared: SharingNetwork) -> Degrees:
    """Say in a few numbers how much is shared, how evenly, and how near."""
    given = shared.given()
    gives = given > 0
    if not gives.any():
        raise ScenarioError("sharing", "at least one pair of agencies", "none", "add agencies that share")
    giver, partner = shared.giver().astype(np.int64), shared.partner.astype(np.int64)
    told = (shared.state[giver] != UNKNOWN) & (shared.state[partner] != UNKNOWN)
    back = np.isin(partner * shared.n + giver, giver * shared.n + partner)
    return Degrees(
        givers=int(gives.sum()),
        mean=float(given[gives].mean()),
        median=float(np.median(given[gives])),
        many=float((given[gives] > MANY).mean()),
        to_federal=len(np.unique(giver[shared.kind[partner] == AgencyKind.FEDERAL])),
        within_state=_share((shared.state[giver] == shared.state[partner])[told]),
        mutual=_share(back[gives[partner]]),
    )


def describe(shared: SharingNetwork) -> str:
    """Say in plain sentences what the network is."""
    of = degrees(shared)
    near = f" {of.within_state:.0%} of shares stay within one state." if not math.isnan(of.within_state) else ""
    return (
        f"Sharing network: {shared.n:,} agencies and {shared.n_pairs:,} pairs in which one gives another access."
        f" The {of.givers:,} that give anyone access give it to {of.mean:,.0f} others on average; half give it to"
        f" {of.median:,.0f} or more, {1000 * of.many:.0f} in 1,000 to more than {MANY}, and {of.to_federal:,} to"
        f" a federal agency.{near}"
    )


def reach_of(shared: SharingNetwork, agency: int, steps: int = 1) -> int:
    """Count the agencies that can see what one collects, itself left out.

    Parameters
    ----------
    shared
        The network.
    agency
        Whose readers; an index from 0 to n - 1.
    steps
        1: those it gives access. 2: also those whom one of these could search for, as an
        informal favour that leaves no edge; and so on.
    """
    if not 0 <= agency < shared.n:
        raise ScenarioError("agency", f"an index from 0 to {shared.n - 1}", agency, "look it up among the names")
    if steps < 1:
        raise ScenarioError("steps", "at least 1", steps, "1 is direct access, 2 is through one other agency")
    seen = np.zeros(shared.n, np.bool_)
    seen[agency] = True
    edge = np.array([agency])
    for _ in range(steps):
        shown = np.zeros(shared.n, np.bool_)
        for giver in edge:
            shown[shared.partners_of(giver)] = True
        edge = np.flatnonzero(shown & ~seen)
        seen |= shown
    return int(seen.sum()) - 1


def kind_of(name: str) -> AgencyKind:
    """Tell from its name what kind of agency it is."""
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), AgencyKind.OTHER)


def uids_of(name: Sequence[str]) -> NDArray[np.uint64]:
    """Hash names, so that what is drawn for an agency hangs on no order; uint64[n]."""
    return np.array([streams.uid("agency", one) for one in name], np.uint64)


def states_of(name: Sequence[str]) -> NDArray[np.int8]:
    """Read each agency's state from its name; int8[n]."""
    return np.array([state_of(one) for one in name], np.int8)


def placed(shared: SharingNetwork, metro: NDArray[np.int16]) -> SharingNetwork:
    """Return the network with its agencies placed in metros, as `metros.place` gives them."""
    return replace(shared, metro=metro)


_KINDS = (
    (
        AgencyKind.FEDERAL,
        re.compile(
            r"\b(FBI|ATF|DEA|ICE|CBP|HSI|USMS|HIDTA|GSA|US Postal|US Army|US Air Force|US Navy|US Marshals"
            r"|National Park|Border Patrol|Homeland Security Investigations|Secret Service"
            r"|Tennessee Valley Authority|Federal)\b"
        ),
    ),
    (
        AgencyKind.STATE,
        re.compile(
            r"\b(State (Police|Patrol|Highway Patrol|Park|Parks|Bureau|Fire Marshal)|Highway Patrol|Bureau of"
            r"|Attorney General|Department of (Corrections|Insurance|Revenue|Natural Resources|Conservation|Justice)"
            r"|Law Enforcement (Agency|Division))\b"
        ),
    ),
    (AgencyKind.SHERIFF, re.compile(r"\b(SO|Sheriff(['’]?s)?)\b")),
    (AgencyKind.POLICE, re.compile(r"\b(PD|DPS|Police|Public Safety)\b")),
    (AgencyKind.SHERIFF, re.compile(r"\bSD$")),  # elsewhere in a name it is South Dakota
)
"""For each kind, words by which a name shows it; the first that fits decides."""


def _share(flags: NDArray[np.bool_]) -> float:
    """Return the share that is true, NaN of none."""
    return float(flags.mean()) if len(flags) else float("nan")
