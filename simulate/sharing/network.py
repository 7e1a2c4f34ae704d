"""The sharing network: directed access between agencies to the reads of their readers.

A directed graph of agencies in plain arrays. It is read from a file of pairs (`pairs.py`) or
generated (`agencies.py`); both give the same type. Policies on access use it later.
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
"""Threshold of many partners: "many of them share with over 800" (EFF, Data Driven, 2018)."""


class AgencyKind(IntEnum):
    """Kind of an agency, as far as its name shows."""

    POLICE = 0
    SHERIFF = 1
    STATE = 2
    FEDERAL = 3
    OTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharingNetwork:
    """Agencies and directed access between them."""

    name: tuple[str, ...]
    """Names of the n agencies, all different."""
    uid: NDArray[np.uint64]
    """uint64[n]; hash of the agency's identity, the key of its draws."""
    state: NDArray[np.int8]
    """int8[n]; index into `states.CODES`, -1 for unknown states and federal agencies."""
    kind: NDArray[np.uint8]
    """uint8[n]; an AgencyKind."""
    metro: NDArray[np.int16]
    """int16[n]; index into a table of metros, -1 outside all of them."""
    first: NDArray[np.int64]
    """int64[n + 1]; agency i gives access to partner[first[i] : first[i + 1]]."""
    partner: NDArray[np.int32]
    """int32[pairs]; agencies given access, ascending within each giver; never the giver itself."""

    @property
    def n(self) -> int:
        """Return the number of agencies."""
        return len(self.name)

    @property
    def n_pairs(self) -> int:
        """Return the number of directed pairs."""
        return len(self.partner)

    def partners_of(self, agency: int) -> NDArray[np.int32]:
        """Return the agencies given access by one agency; int32[k], ascending."""
        return self.partner[self.first[agency] : self.first[agency + 1]]

    def given(self) -> NDArray[np.int64]:
        """Return the out-degree: agencies given access by each; int64[n]."""
        return np.diff(self.first)

    def received(self) -> NDArray[np.int64]:
        """Return the in-degree: agencies giving access to each; int64[n]."""
        return np.bincount(self.partner, minlength=self.n)

    def giver(self) -> NDArray[np.int32]:
        """Return the giver of each pair, in the order of `partner`; int32[pairs]."""
        return np.repeat(np.arange(self.n, dtype=np.int32), self.given())


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrees:
    """Statistics of sharing over the agencies with at least one partner."""

    givers: int
    """Agencies giving access to at least one other. A file says nothing about the rest."""
    mean: float
    """Mean number of partners of a giver."""
    median: float
    many: float
    """Share of givers with more than MANY partners."""
    to_federal: int
    """Givers with at least one federal partner."""
    within_state: float
    """Share of pairs within one state, among pairs with two known states; NaN if none."""
    mutual: float
    """Share of pairs also present in reverse, among pairs whose receiver is a giver; NaN if none."""


def network(
    name: Sequence[str],
    uid: NDArray[np.uint64],
    state: NDArray[np.int8],
    kind: NDArray[np.uint8],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> SharingNetwork:
    """Assemble a network from agencies and pairs; pairs are unique, in any order, without loops.

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
    """Return the statistics of amount, distribution and distance of sharing; raise ScenarioError without any pair."""
    out_degree = shared.given()
    gives = out_degree > 0
    if not gives.any():
        raise ScenarioError("sharing", "at least one pair of agencies", "none", "add agencies that share")
    giver, partner = shared.giver().astype(np.int64), shared.partner.astype(np.int64)
    known = (shared.state[giver] != UNKNOWN) & (shared.state[partner] != UNKNOWN)
    reversed_pair = np.isin(partner * shared.n + giver, giver * shared.n + partner)
    return Degrees(
        givers=int(gives.sum()),
        mean=float(out_degree[gives].mean()),
        median=float(np.median(out_degree[gives])),
        many=float((out_degree[gives] > MANY).mean()),
        to_federal=len(np.unique(giver[shared.kind[partner] == AgencyKind.FEDERAL])),
        within_state=_share((shared.state[giver] == shared.state[partner])[known]),
        mutual=_share(reversed_pair[gives[partner]]),
    )


def describe(shared: SharingNetwork) -> str:
    """Return a description of the network in plain sentences."""
    of = degrees(shared)
    near = f" {of.within_state:.0%} of shares stay within one state." if not math.isnan(of.within_state) else ""
    return (
        f"Sharing network: {shared.n:,} agencies and {shared.n_pairs:,} pairs in which one gives another access."
        f" The {of.givers:,} that give anyone access give it to {of.mean:,.0f} others on average; half give it to"
        f" {of.median:,.0f} or more, {1000 * of.many:.0f} in 1,000 to more than {MANY}, and {of.to_federal:,} to"
        f" a federal agency.{near}"
    )


def reach_of(shared: SharingNetwork, agency: int, steps: int = 1) -> int:
    """Count the agencies with access to the reads of one agency, itself excluded.

    Parameters
    ----------
    shared
        The network.
    agency
        Owner of the readers; an index from 0 to n - 1.
    steps
        1: its partners. 2: also the agencies whose queries a partner could run, as an
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
    """Return the kind of an agency by its name."""
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), AgencyKind.OTHER)


def uids_of(name: Sequence[str]) -> NDArray[np.uint64]:
    """Hash names, so that an agency's draws do not depend on its position; uint64[n]."""
    return np.array([streams.uid("agency", agency) for agency in name], np.uint64)


def states_of(name: Sequence[str]) -> NDArray[np.int8]:
    """Return each agency's state by its name; int8[n]."""
    return np.array([state_of(agency) for agency in name], np.int8)


def placed(shared: SharingNetwork, metro: NDArray[np.int16]) -> SharingNetwork:
    """Return the network with its agencies placed in metros, as returned by `metros.place`."""
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
    (AgencyKind.SHERIFF, re.compile(r"\bSD$")),  # elsewhere in a name: South Dakota
)
"""Patterns of each kind in names; the first match decides."""


def _share(flags: NDArray[np.bool_]) -> float:
    """Return the share of true flags, NaN if there are none."""
    return float(flags.mean()) if len(flags) else float("nan")
