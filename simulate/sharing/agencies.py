"""Generated agencies and the access between them.

Agencies are assigned to states by population. The number of partners wished for is log-normal;
the partners are drawn by a race: every other agency gets a time, exponential with its weight as
the rate, and the earliest are the partners. Weights fall with distance and differ by agency. All
draws are keyed by agency, so one more agency alters none of the others.
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
"""Kinds of local agencies, endings of their names and shares: as in the names of a real network
(The News & Observer, April 2024: 75, 18, 1 and 6 %)."""
DISTANCE_POWER = 1.75
"""Weight falls as the distance of two states to this power: fitted to the real network, where an agency
225 km off is 12 times as likely to be given access as one 900 km off."""
NEAREST_KM = 100.0
"""Minimum distance between the middles of two states, or Rhode Island would lie inside Massachusetts."""
POPULARITY = 1.4
"""Standard deviation of the logarithm of an agency's weight: fitted to the frequency of access given to agencies of
California and Ohio by agencies of their state with known partners."""
LEAST_WEIGHT = 1e-12
"""Minimum weight of the own state, also for agencies without partners elsewhere."""
SAMPLE = 1000
"""Sample of agencies used to fit the weight of the own state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Race:
    """Parameters of the race for partners; n agencies, federal ones excluded."""

    uid: NDArray[np.uint64]
    state: NDArray[np.int8]
    weight: NDArray[np.float64]
    """float64[n]; popularity of each agency."""
    near: NDArray[np.float64]
    """float64[51, 51]; weight of one state's agencies for another's; 1 within a state."""
    wished: NDArray[np.int64]
    """int64[n]; partners to draw by the race."""
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
    """Generate agencies and the access between them. About a second for 5,000 agencies.

    Parameters
    ----------
    agencies
        Number of local and state agencies, federal ones excluded.
    mean_partners, median_partners
        Mean and median of the log-normal number of partners an agency gives access. No
        agency has more partners than there are agencies; this lowers both in a small network.
    within_state
        Share of pairs within one state, federal agencies excluded.
    federal_agencies, federal_access
        Number of federal agencies, and the share of the others giving one access.
        They give none themselves: they search but do not collect (assumption).
    seed
        Seed of all draws.

    Raises
    ------
    ScenarioError
        If the states are too small for the share `within_state`.
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
    partners = [_partners(race, i) for i in range(agencies)]
    giver, federal = np.nonzero(to_federal)
    return network(
        (*names, *(f"Federal agency {i + 1}" for i in range(federal_agencies))),
        np.concatenate([uid, federal_uid]),
        np.concatenate([state, np.full(federal_agencies, UNKNOWN, np.int8)]),
        np.concatenate([kind, np.full(federal_agencies, AgencyKind.FEDERAL, np.uint8)]),
        (
            np.concatenate([np.repeat(np.arange(agencies), race.wished), giver]),
            np.concatenate([*partners, agencies + federal]).astype(np.int64),
        ),
    )


def _invent(uid: NDArray[np.uint64], seed: int) -> tuple[list[str], NDArray[np.int8], NDArray[np.uint8]]:
    """Draw state by population, kind and a name with both for each agency; n each."""
    people = np.cumsum(POPULATION)
    at = streams.uniforms(streams.key(seed, "sharing.state"), uid) * people[-1]
    state = np.searchsorted(people, at, side="right")
    shares = np.cumsum([share for _, _, share in KINDS])
    drawn = np.searchsorted(shares, streams.uniforms(streams.key(seed, "sharing.kind"), uid) * shares[-1], side="right")
    names = [f"Agency {i + 1} {CODES[s]} {KINDS[k][1]}" for i, (s, k) in enumerate(zip(state, drawn, strict=True))]
    kind = np.array([agency_kind for agency_kind, _, _ in KINDS], np.uint8)[drawn]
    return names, state.astype(np.int8), kind


def _gives_federal(uid: NDArray[np.uint64], federal: NDArray[np.uint64], share: float, seed: int) -> NDArray[np.bool_]:
    """Draw the pairs of an agency and a federal agency with access; bool[n, f]."""
    gives = np.zeros((len(uid), len(federal)), np.bool_)
    for at, federal_uid in enumerate(federal):
        gives[:, at] = streams.uniforms(streams.key(seed, f"sharing.federal {federal_uid}"), uid) < share
    return gives


def _wished(
    uid: NDArray[np.uint64], mean: float, median: float, met: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Draw the number of partners sought by each agency, those already met excluded; int64[n].

    A log-normal law with standard deviation s of the logarithm has mean exp(s^2 / 2) times its median.
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
    """Return the times of all agencies in one agency's race; float64[n], infinite for itself.

    Both ends of a pair draw the same number, since most sharing is mutual.
    """
    time = -np.log1p(-streams.uniforms(race.stream, race.uid ^ race.uid[agency]))
    time /= race.weight * race.near[race.state[agency], race.state]
    time[agency] = np.inf
    return time


def _partners(race: _Race, agency: int) -> NDArray[np.int64]:
    """Return the earliest agencies of a race, as many as wished; int64[k]."""
    wished = race.wished[agency]
    if wished == 0:
        return np.empty(0, np.int64)
    return np.argpartition(_times(race, agency), wished - 1)[:wished]


def _own_state_weight(race: _Race, share: float) -> float:
    """Return the weight of the own state that puts a share of pairs within one state.

    An agency with k partners has c or more of them in its state as soon as its c-th time there,
    divided by the weight, is below the time of the (k - c + 1)-th from elsewhere: the weight
    exceeds the ratio of the two. So the m-th smallest ratio of all gives m pairs within states.
    """
    by_wish = np.lexsort([race.uid, race.wished])
    needed = [_ratios(race, agency) for agency in by_wish[:: -(-len(by_wish) // SAMPLE)]]
    pairs = sum(k for k, _ in needed)
    ratios = np.sort(np.concatenate([ratio for _, ratio in needed]))
    n_within = int(round(share * pairs))
    if n_within > len(ratios):
        raise ScenarioError(
            "sharing.within_state", f"at most {len(ratios) / pairs:.2f}, as many partners as the states hold agencies",
            f"{share:g}", "lower it, lower sharing.mean_partners or raise sharing.agencies",
        )  # fmt: skip
    past = 2 * ratios[-1] if n_within == len(ratios) and n_within else ratios[n_within] if len(ratios) else 1.0
    return max(float(past), LEAST_WEIGHT)


def _ratios(race: _Race, agency: np.int64) -> tuple[int, NDArray[np.float64]]:
    """Return the number of partners of an agency, and the weights at which one more is from its own state."""
    wished = int(race.wished[agency])
    time, here = _times(race, agency), race.state == race.state[agency]
    here[agency] = False
    inside, elsewhere = np.sort(time[here])[:wished], np.sort(time[race.state != race.state[agency]])[:wished]
    rival = wished - 1 - np.arange(len(inside))
    late = np.append(elsewhere, np.inf)[np.minimum(rival, len(elsewhere))]
    return wished, inside / late
