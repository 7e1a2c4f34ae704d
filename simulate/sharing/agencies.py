"""Agencies that are invented, and whom each gives access to.

Agencies fall to states by population. How many partners one wishes for is log-normal; which
ones is a race: every other agency gets a time, exponential with a rate of its weight, and the
first come are the partners. Weights fall with distance and differ by agency. All draws are
keyed by who the agencies are, so one more agency alters none of the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from simulate import streams
from simulate.checks import ScenarioError
from simulate.sharing.network import AgencyKind, network
from simulate.sharing.states import CODES, POPULATION, UNKNOWN, apart_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.sharing.network import SharingNetwork

KINDS = ((AgencyKind.POLICE, "PD", 0.75), (AgencyKind.SHERIFF, "SO", 0.18), (AgencyKind.STATE, "State Patrol", 0.01),
         (AgencyKind.OTHER, "Task Force", 0.06))  # fmt: skip
"""Kinds of local agencies, how their names end and their shares: as the names of a real network have them
(The News & Observer, April 2024: 75, 18, 1 and 6 %)."""
DISTANCE_POWER = 1.75
"""Weight falls as the distance of two states to this power: fitted to the real network, where an agency
225 km off is 12 times as likely to be given access as one 900 km off."""
NEAREST_KM = 100.0
"""Middles of two states count as at least this far apart, or Rhode Island would stand inside Massachusetts."""
POPULARITY = 1.4
"""Standard deviation of the logarithm of an agency's weight: fitted to how often agencies of California and Ohio are
given access by those of their state whose partners are known."""
LEAST_WEIGHT = 1e-12
"""The own state's weight is never nothing, where an agency finds nobody elsewhere."""
SAMPLE = 1000
"""Agencies by which the weight of the own state is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Race:
    """What decides whom an agency gives access; n agencies, federal ones aside."""

    uid: NDArray[np.uint64]
    state: NDArray[np.int8]
    weight: NDArray[np.float64]
    """float64[n]; how sought after each agency is."""
    near: NDArray[np.float64]
    """float64[51, 51]; weight of one state's agencies for another's; 1 within a state."""
    wished: NDArray[np.int64]
    """int64[n]; partners to be found by the race."""
    stream: np.uint64
    """Stream of the times."""


def generate(
    *,
    agencies: int,
    mean_partners: float,
    median_partners: float,
    within_state: float,
    federal_agencies: int,
    federal_access: float,
    seed: int,
) -> SharingNetwork:
    """Invent agencies and whom each gives access. About a second for 5,000 agencies.

    Parameters
    ----------
    agencies
        Local and state agencies; federal ones come on top.
    mean_partners, median_partners
        Mean and median of the log-normal law of how many others an agency gives access. No
        agency gives it to more than there are, which lowers both in a small network.
    within_state
        Share of pairs within one state, federal agencies aside.
    federal_agencies, federal_access
        How many federal agencies there are, and the share of the others that give one access.
        They themselves give none: they look, and do not collect (assumption).
    seed
        What all draws start from.

    Raises
    ------
    ScenarioError
        If the states are too small for so large a share within one.
    """
    uid = np.array([streams.uid("local agency", i) for i in range(agencies)], np.uint64)
    federal_uid = np.array([streams.uid("federal agency", i) for i in range(federal_agencies)], np.uint64)
    names, state, kind = _invent(uid, seed)
    to_federal = _gives_federal(uid, federal_uid, federal_access, seed)
    race = _Race(
        uid=uid,
        state=state,
        weight=np.exp(POPULARITY * _normal(uid, seed, "sharing.popularity")),
        near=np.maximum(apart_km(), NEAREST_KM) ** -DISTANCE_POWER,
        wished=_wished(uid, mean_partners, median_partners, to_federal.sum(axis=1), seed),
        stream=streams.key(seed, "sharing.race"),
    )
    np.fill_diagonal(race.near, 1.0)
    np.fill_diagonal(race.near, _own_state_weight(race, within_state))
    found = [_partners(race, i) for i in range(agencies)]
    giver, federal = np.nonzero(to_federal)
    return network(
        (*names, *(f"Federal agency {i + 1}" for i in range(federal_agencies))),
        np.concatenate([uid, federal_uid]),
        np.concatenate([state, np.full(federal_agencies, UNKNOWN, np.int8)]),
        np.concatenate([kind, np.full(federal_agencies, AgencyKind.FEDERAL, np.uint8)]),
        (
            np.concatenate([np.repeat(np.arange(agencies), race.wished), giver]),
            np.concatenate([*found, agencies + federal]).astype(np.int64),
        ),
    )


def _invent(uid: NDArray[np.uint64], seed: int) -> tuple[list[str], NDArray[np.int8], NDArray[np.uint8]]:
    """Give each agency a state by population, a kind, and a name that tells both; n each."""
    people = np.cumsum(POPULATION)
    at = streams.uniforms(streams.key(seed, "sharing.state"), uid) * people[-1]
    state = np.searchsorted(people, at, side="right")
    shares = np.cumsum([share for _, _, share in KINDS])
    drawn = np.searchsorted(shares, streams.uniforms(streams.key(seed, "sharing.kind"), uid) * shares[-1], side="right")
    names = [f"Agency {i + 1} {CODES[s]} {KINDS[k][1]}" for i, (s, k) in enumerate(zip(state, drawn, strict=True))]
    kind = np.array([which for which, _, _ in KINDS], np.uint8)[drawn]
    return names, state.astype(np.int8), kind


def _gives_federal(uid: NDArray[np.uint64], federal: NDArray[np.uint64], share: float, seed: int) -> NDArray[np.bool_]:
    """Decide which agency gives which federal one access; bool[n, f]."""
    gives = np.zeros((len(uid), len(federal)), np.bool_)
    for at, one in enumerate(federal):
        gives[:, at] = streams.uniforms(streams.key(seed, f"sharing.federal {one}"), uid) < share
    return gives


def _wished(
    uid: NDArray[np.uint64], mean: float, median: float, met: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Draw how many partners each agency seeks, those already met left out; int64[n].

    A log-normal law whose logarithm has the spread s has the mean exp(s^2 / 2) times its median.
    """
    spread = math.sqrt(2 * math.log(mean / median))
    wished = np.rint(median * np.exp(spread * _normal(uid, seed, "sharing.partners"))).astype(np.int64)
    sought: NDArray[np.int64] = np.clip(wished - met, 0, len(uid) - 1)
    return sought


def _normal(uid: NDArray[np.uint64], seed: int, name: str) -> NDArray[np.float64]:
    """Draw a standard normal number per agency; float64[n]."""
    drawn = streams.uniforms(streams.key(seed, name), uid)
    normal: NDArray[np.float64] = ndtri(np.maximum(drawn, 2.0**-53))
    return normal


def _times(race: _Race, agency: int | np.int64) -> NDArray[np.float64]:
    """Return when each agency comes in one agency's race; float64[n], infinite for itself.

    Either end of a pair draws the same number, since most sharing is mutual.
    """
    time = -np.log1p(-streams.uniforms(race.stream, race.uid ^ race.uid[agency]))
    time /= race.weight * race.near[race.state[agency], race.state]
    time[agency] = np.inf
    return time


def _partners(race: _Race, agency: int) -> NDArray[np.int64]:
    """Return the first to come, as many as wished; int64[k]."""
    wished = race.wished[agency]
    if wished == 0:
        return np.empty(0, np.int64)
    return np.argpartition(_times(race, agency), wished - 1)[:wished]


def _own_state_weight(race: _Race, share: float) -> float:
    """Return the weight of the own state at which a share of pairs lies within one state.

    An agency with k partners has c or more of them in its state as soon as its c-th time there,
    divided by the weight, is below the time of the (k - c + 1)-th from elsewhere: the weight
    is past the ratio of the two. So the m-th smallest ratio of all gives m pairs within states.
    """
    by_wish = np.lexsort([race.uid, race.wished])
    needed = [_ratios(race, agency) for agency in by_wish[:: -(-len(by_wish) // SAMPLE)]]
    pairs = sum(k for k, _ in needed)
    ratios = np.sort(np.concatenate([ratio for _, ratio in needed]))
    wanted = int(round(share * pairs))
    if wanted > len(ratios):
        raise ScenarioError(
            "sharing.within_state", f"at most {len(ratios) / pairs:.2f}, as many partners as the states hold agencies",
            f"{share:g}", "lower it, lower sharing.mean_partners or raise sharing.agencies",
        )  # fmt: skip
    past = 2 * ratios[-1] if wanted == len(ratios) and wanted else ratios[wanted] if len(ratios) else 1.0
    return max(float(past), LEAST_WEIGHT)


def _ratios(race: _Race, agency: np.int64) -> tuple[int, NDArray[np.float64]]:
    """Return how many partners an agency has, and the weights past which one more is of its own state."""
    wished = int(race.wished[agency])
    time, here = _times(race, agency), race.state == race.state[agency]
    here[agency] = False
    inside, elsewhere = np.sort(time[here])[:wished], np.sort(time[race.state != race.state[agency]])[:wished]
    rival = wished - 1 - np.arange(len(inside))
    late = np.append(elsewhere, np.inf)[np.minimum(rival, len(elsewhere))]
    return wished, inside / late
