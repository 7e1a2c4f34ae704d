"""Belief: posterior of a target's home or work block, by Bayes' rule over the blocks of the map.

The census is the prior; reads of the passing car (`risk/passing.py`) and of the parked one
(`risk/stays.py`) are the evidence. Mornings of one car are correlated, so n of them weigh less
than n independent ones: n to a power below 1, fitted to calibrate claimed chances against true
shares. Each radius has its own best decision, and work may be answered with "none".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack
from scipy.spatial import cKDTree

from simulate.risk.passing import (
    chances,
    ends_of_days,
    ends_of_gaps,
    home_votes,
    prior_of,
    work_votes,
    working_days_seen,
)
from simulate.risk.stays import stay_belief
from simulate.sightings.store import Rows
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.policy.sight import Public, Sight
    from simulate.risk.passing import Chances, Votes

What = Literal["home", "work"]
HOME_POWER, WORK_POWER = 0.45, 0.25
"""n mornings (or gaps) of one car count as n to this power independent ones; fitted on smallville, seeds 1 to 5
(`tests/verification/fit_anchors.py`)."""
COMMUTES, BY_DAYS, BY_GAPS = 2.06, 3.10, 0.42
"""Log odds of a workplace for an average car, and the increase per factor of e in its working days on file and in
its long gaps; fitted likewise."""
TRIVIAL_M = 1000.0
"""Radius of the trivial attack without reads, in metres: it guesses the spot with most homes within it."""
BATCH = 128
"""Targets with beliefs in memory at a time."""


class Guesses(NamedTuple):
    """Answers for one purpose and one radius; t targets."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    none: NDArray[np.bool_]
    """bool[t]; whether the answer is "no such place"."""
    claimed: NDArray[np.float64]
    """float64[t]; chance of a right answer, by the attack's own estimate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """All answers for one purpose in one case."""

    near: Guesses
    far: Guesses
    told: NDArray[np.bool_]
    """bool[t]; whether there is any evidence."""
    trivial: Guesses
    """Position of the most frequent first or last reader."""


class Stand(NamedTuple):
    """Best block of each target, given existence of the place; t targets."""

    block: NDArray[np.int64]
    """int64[t]"""
    held: NDArray[np.float64]
    """float64[t]; share of the belief within the radius."""


class Stands(NamedTuple):
    """Best block for either radius by one kind of evidence, and the share of the belief within that radius."""

    near: int
    held_near: float
    far: int
    held_far: float


class Met(NamedTuple):
    """Results shared by all cases with the same visible sites."""

    chances: dict[Purpose, Chances]
    stands: dict[Purpose, dict[bytes, Stands]]
    """Decisions so far, by evidence."""


class Ground(NamedTuple):
    """Results shared by all cases of one sight."""

    within: tuple[csr_array, csr_array]
    """Pairs of blocks within either radius of each other; sparse [z, z] each."""
    usual: dict[What, tuple[float, float]]
    """Spot with most homes, or jobs, near it."""


def ground_of(sight: Sight) -> Ground:
    """Return the results shared by all cases."""
    usual: dict[What, tuple[float, float]] = {
        "home": baseline_spot(sight.public, Purpose.HOME, TRIVIAL_M),
        "work": baseline_spot(sight.public, Purpose.WORK, TRIVIAL_M),
    }
    return Ground(within_radii(sight), usual)


def met_by(visible: Sequence[NDArray[np.bool_]], sight: Sight) -> dict[bytes, Met]:
    """Return the results shared by cases with equal visible sites, keyed by the bytes of the set."""
    sets = {some.tobytes(): some for some in visible}
    met = chances(sight.public, list(sets.values()))
    return {key: Met(of, {purpose: {} for purpose in of}) for key, of in zip(sets, met, strict=True)}


def answers(sight: Sight, ground: Ground, met: Met, rows: Rows, plates: NDArray[np.int64]) -> dict[What, Answer]:
    """Return the answers for all targets of one case.

    rows : reads of the targets on file in the case, grouped by plate and in order of time;
    plates : int64[t], one per target in the order of the answers, an order independent of plate
    numbers.
    """
    public = sight.public
    rows = _by_target(rows, plates)
    fixed = public.sites.kind[rows.site] == SiteKind.FIXED
    passing, standing = (Rows(*(column[some] for column in rows)) for some in (fixed, ~fixed))
    weekday, r = public.start.weekday(), len(public.sites.of_kind(SiteKind.FIXED))
    at = np.arange(len(plates))
    days = working_days_seen(passing, at, weekday)
    made: dict[What, Answer] = {}
    asked: tuple[tuple[What, Purpose], ...] = (("home", Purpose.HOME), ("work", Purpose.WORK))
    for what, purpose in asked:
        votes = home_votes(passing, at, r) if what == "home" else work_votes(passing, at, r, weekday)
        stays = stay_belief(public, standing, at, purpose)
        told = votes.leaving.sum(axis=1) + votes.coming.sum(axis=1) + np.diff(stays.indptr) > 0
        works = chance_of_work(votes.coming.sum(axis=1), days) if what == "work" else np.ones(len(at))
        near, far = _decide(sight.public, ground, met, votes, stays, works, purpose)
        trivial = _most_often(public, ground, rows, len(at), what)
        made[what] = Answer(near=near, far=far, told=told, trivial=trivial)
    return made


def _by_target(rows: Rows, plates: NDArray[np.int64]) -> Rows:
    """Return the reads of the targets, sorted by target and time, with the target's index as plate."""
    order = np.argsort(plates, kind="stable")
    at = np.minimum(np.searchsorted(plates[order], rows.plate), len(plates) - 1)
    target = order[at]
    inside = np.flatnonzero(plates[target] == rows.plate)
    inside = inside[np.lexsort((rows.site[inside], rows.time[inside], target[inside]))]
    return Rows(target[inside].astype(np.uint32), rows.site[inside], rows.time[inside])


def _decide(
    public: Public, ground: Ground, met: Met, votes: Votes, stays: csr_array, place: NDArray[np.float64],
    purpose: Purpose,
) -> tuple[Guesses, Guesses]:  # fmt: skip
    """Return the best decision per target for either radius, from the belief in every block.

    place : float64[t], chance of the place's existence. Targets with equal evidence, such as none,
    are computed once over all cases.
    """
    kinds, held = _kinds(votes, stays), met.stands[purpose]
    new = {kind: t for t, kind in reversed(list(enumerate(kinds))) if kind not in held}
    for first in range(0, len(new), BATCH):
        some = list(new)[first : first + BATCH]
        at = [new[kind] for kind in some]
        belief = beliefs(public, met.chances[purpose], votes.leaving[at], votes.coming[at], stays[at], purpose)
        mass = np.exp(belief - belief.max(axis=1, keepdims=True))
        mass /= mass.sum(axis=1, keepdims=True)
        near, far = (_stand(public, mass, within) for within in ground.within)
        held.update(zip(some, map(Stands, *near, *far), strict=True))
    near_block, held_near, far_block, held_far = np.array([held[kind] for kind in kinds]).reshape(-1, 4).T
    near, far = Stand(near_block.astype(np.int64), held_near), Stand(far_block.astype(np.int64), held_far)
    return _guesses(public, near, place), _guesses(public, far, place)


def _kinds(votes: Votes, stays: csr_array) -> list[bytes]:
    """Return the evidence of each target as bytes; equal bytes mean equal evidence."""
    told = csr_array(hstack([csr_array(votes.leaving), csr_array(votes.coming), stays], format="csr"))
    return [
        told.indices[begin:end].tobytes() + told.data[begin:end].tobytes()
        for begin, end in pairwise(told.indptr.tolist())
    ]


def _stand(public: Public, mass: NDArray[np.float64], within: csr_array) -> Stand:
    """Return the block with most of the belief within the radius."""
    near = mass @ within
    near[:, public.zones.outside] = -1.0  # never guess a block beyond the map
    best = np.argmax(near, axis=1)
    return Stand(best, near[np.arange(len(best)), best])


def _guesses(public: Public, stand: Stand, place: NDArray[np.float64]) -> Guesses:
    """Return the block of each target, or "no such place" if likelier."""
    held, nothing = stand.held * place, 1 - place
    none = nothing > held
    x, y = public.zones.x_m[stand.block], public.zones.y_m[stand.block]
    return Guesses(x, y, none, np.where(none, nothing, held))


def beliefs(
    public: Public, chance: Chances, leaving: NDArray[np.float64], coming: NDArray[np.float64], stays: csr_array,
    purpose: Purpose,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the logarithm of prior times tempered evidence, up to a constant per target; float64[t, z]."""
    told = csr_array(leaving) @ chance.first + csr_array(coming) @ chance.last  # sparse: few readers per car
    belief: NDArray[np.float64] = tempered(leaving, coming, purpose)[:, None] * told + stays.toarray()
    belief += np.log(np.maximum(_shares(public, purpose), 1e-12))
    belief[:, public.zones.outside] = -np.inf
    return belief


def chance_of_work(gaps: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance of a workplace for each target, from its file relative to the crowd's mean; float64[t].

    gaps : float64[t], long gaps in working days; days : float64[t], working days on file.
    """
    if not days.any():
        return np.full(len(days), 1 / (1 + np.exp(-COMMUTES)))
    more_days, more_gaps = (np.log((some + 0.5) / (some.mean() + 0.5)) for some in (days, gaps))
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-(COMMUTES + BY_DAYS * more_days + BY_GAPS * more_gaps)))
    return chance


def tempered(leaving: NDArray[np.float64], coming: NDArray[np.float64], purpose: Purpose) -> NDArray[np.float64]:
    """Return the weight per vote of a target: lower with more votes, since they are correlated; float64[t]."""
    power = HOME_POWER if purpose is Purpose.HOME else WORK_POWER
    weight: NDArray[np.float64] = np.maximum(leaving.sum(axis=1) + coming.sum(axis=1), 1.0) ** (power - 1)
    return weight


def within_radii(sight: Sight) -> tuple[csr_array, csr_array]:
    """Return the pairs of blocks within either radius; sparse [z, z] each, computed once for all batches."""
    return near_of(sight.public, sight.asked.near_m), near_of(sight.public, sight.asked.far_m)


def near_of(public: Public, metres: float) -> csr_array:
    """Return the pairs of blocks within `metres` of each other; sparse [z, z]."""
    n = public.zones.n
    tree = cKDTree(np.column_stack([public.zones.x_m, public.zones.y_m]))
    pairs = tree.query_pairs(metres, output_type="ndarray")
    a, b = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(n)[:, None], 2, axis=1)]).T
    return csr_array((np.ones(len(a)), (a, b)), shape=(n, n))


def baseline_spot(public: Public, purpose: Purpose, metres: float) -> tuple[float, float]:
    """Return the spot with most homes or jobs within `metres`: the guess without any read."""
    prior = np.where(public.zones.outside, 0.0, prior_of(public, purpose))
    held = np.where(public.zones.outside, -1.0, prior @ near_of(public, metres))
    best = int(np.argmax(held))
    return float(public.zones.x_m[best]), float(public.zones.y_m[best])


def _most_often(public: Public, ground: Ground, rows: Rows, t: int, what: What) -> Guesses:
    """Return the most frequent site at an end of the stay; without reads, the census spot for home, none for work.

    rows : reads of passing and parked cars, with target indices 0 .. t - 1 as plates.
    """
    ends = ends_of_days(rows) if what == "home" else ends_of_gaps(rows, public.start.weekday())
    at = np.concatenate(ends)
    pair, count = np.unique(rows.plate[at].astype(np.int64) << 32 | rows.site[at], return_counts=True)
    order = np.lexsort((pair, -count, pair >> 32))
    target, first = np.unique(pair[order] >> 32, return_index=True)
    site = pair[order][first] & 0xFFFFFFFF
    spot = ground.usual[what]
    x, y, none = np.full(t, spot[0]), np.full(t, spot[1]), np.full(t, what == "work")
    x[target], y[target], none[target] = public.sites.x_m[site], public.sites.y_m[site], False
    return Guesses(x, y, none, np.ones(t))


def _shares(public: Public, purpose: Purpose) -> NDArray[np.float64]:
    """Return the census share of each block on the map; float64[z]."""
    prior = np.where(public.zones.outside, 0.0, prior_of(public, purpose))
    shares: NDArray[np.float64] = prior / max(float(prior.sum()), 1e-300)
    return shares
