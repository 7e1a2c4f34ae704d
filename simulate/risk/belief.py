"""Belief: in which block a target lives or works, by Bayes' rule over the blocks of the map.

The census is the prior; reads of the passing car (`risk/passing.py`) and of the standing one
(`risk/stays.py`) are the evidence. Mornings of one car are alike, so n of them weigh less than n
independent ones: as n to a power below 1, fitted so that claimed chances agree with real shares.
Each radius gets the decision that is best for it, and work may be answered with "none".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array
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
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulate.policy.sight import Public, Sight
    from simulate.risk.passing import Chances

What = Literal["home", "work"]
HOME_POWER, WORK_POWER = 0.45, 0.25
"""n mornings (or gaps) of one car weigh as n to this power independent ones; fitted on smallville, seeds 1 to 5
(`tests/verification/fit_anchors.py`)."""
COMMUTES, BY_DAYS, BY_GAPS = 2.06, 3.10, 0.42
"""Log odds of a workplace for a car like the mean one; and what each doubling, by e, of its working days on file
and of its long gaps adds; fitted likewise."""
TRIVIAL_M = 1000.0
"""Where no read speaks, the trivial attack takes the spot that most homes lie so near to."""
BATCH = 128
"""Targets whose beliefs are held at a time."""


class Guesses(NamedTuple):
    """Answers for one purpose and one radius; t targets."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    none: NDArray[np.bool_]
    """bool[t]; whether the answer is that there is no such place."""
    claimed: NDArray[np.float64]
    """float64[t]; chance that the answer is right, as the attack has it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """All answers for one purpose in one case."""

    near: Guesses
    far: Guesses
    told: NDArray[np.bool_]
    """bool[t]; whether any read speaks."""
    trivial: Guesses
    """Where the reader stands that was most often first or last."""


def answers(sight: Sight, met: tuple[Chances, Chances], rows: Rows, plates: NDArray[np.int64]) -> dict[What, Answer]:
    """Answer for all targets of one case.

    rows : its reads of them, those of one plate side by side in order of time; plates :
    int64[t], one a target in the order of the answers, which no number of a plate changes.
    """
    public = sight.public
    rows = _by_target(rows, plates)
    fixed = public.sites.kind[rows.site] == SiteKind.FIXED
    passing, standing = (Rows(*(column[some] for column in rows)) for some in (fixed, ~fixed))
    weekday, r = public.start.weekday(), len(public.sites.of_kind(SiteKind.FIXED))
    at = np.arange(len(plates))
    days = working_days_seen(passing, at, weekday)
    made: dict[What, Answer] = {}
    nearby = nearness(sight)
    asked: tuple[tuple[What, Purpose, Chances], ...] = (
        ("home", Purpose.HOME, met[0]),
        ("work", Purpose.WORK, met[1]),
    )
    for what, purpose, chance in asked:
        votes = home_votes(passing, at, r) if what == "home" else work_votes(passing, at, r, weekday)
        stays = stay_belief(public, standing, at, purpose)
        told = votes.leaving.sum(axis=1) + votes.coming.sum(axis=1) + np.diff(stays.indptr) > 0
        works = chance_of_work(votes.coming.sum(axis=1), days) if what == "work" else np.ones(len(at))
        parts = [
            _decide(sight, nearby, chance, part, stays[some], works[some], purpose)
            for some, part in _batches(votes.leaving, votes.coming)
        ]
        near, far = (_joined([part[i] for part in parts]) for i in range(2))
        trivial = _most_often(public, rows, len(at), what)
        made[what] = Answer(near=near, far=far, told=told, trivial=trivial)
    return made


def _by_target(rows: Rows, plates: NDArray[np.int64]) -> Rows:
    """Return the reads of the targets, sorted by target and time, with its number among the targets as plate."""
    order = np.argsort(plates, kind="stable")
    at = np.minimum(np.searchsorted(plates[order], rows.plate), len(plates) - 1)
    target = order[at]
    inside = np.flatnonzero(plates[target] == rows.plate)
    inside = inside[np.lexsort((rows.site[inside], rows.time[inside], target[inside]))]
    return Rows(target[inside].astype(np.uint32), rows.site[inside], rows.time[inside])


def _decide(
    sight: Sight,
    nearby: tuple[csr_array, csr_array],
    chance: Chances,
    votes: tuple[NDArray[np.float64], NDArray[np.float64]],
    stays: csr_array,
    place: NDArray[np.float64],
    purpose: Purpose,
) -> tuple[Guesses, Guesses]:
    """Weigh every block for some targets and take the best decision for either radius.

    nearby : as `nearness` returns it; place : float64[t], chance that there is such a place at all.
    """
    belief = beliefs(sight.public, chance, *votes, stays, purpose)
    mass = np.exp(belief - belief.max(axis=1, keepdims=True))
    mass *= (place / mass.sum(axis=1))[:, None]
    near, far = (_stand(sight.public, mass, 1 - place, within) for within in nearby)
    return near, far


def _stand(public: Public, mass: NDArray[np.float64], nothing: NDArray[np.float64], within: csr_array) -> Guesses:
    """Stand where most of the belief is near, or answer that there is no place where that is likelier."""
    near = mass @ within
    near[:, public.zones.outside] = -1.0  # nobody stands beyond the map
    best = np.argmax(near, axis=1)
    held = near[np.arange(len(best)), best]
    none = nothing > held
    return Guesses(public.zones.x_m[best], public.zones.y_m[best], none, np.where(none, nothing, held))


def beliefs(
    public: Public, chance: Chances, leaving: NDArray[np.float64], coming: NDArray[np.float64], stays: csr_array,
    purpose: Purpose,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the logarithm of prior times tempered evidence, up to a constant of each target; float64[t, z]."""
    told = leaving @ chance.first + coming @ chance.last
    belief: NDArray[np.float64] = tempered(leaving, coming, purpose)[:, None] * told + stays.toarray()
    belief += np.log(np.maximum(_shares(public, purpose), 1e-12))
    belief[:, public.zones.outside] = -np.inf
    return belief


def chance_of_work(gaps: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance that each target has a workplace, by how its file stands beside the crowd's; float64[t].

    gaps : float64[t], long gaps in working days; days : float64[t], working days on file.
    """
    if not days.any():
        return np.full(len(days), 1 / (1 + np.exp(-COMMUTES)))
    more_days, more_gaps = (np.log((some + 0.5) / (some.mean() + 0.5)) for some in (days, gaps))
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-(COMMUTES + BY_DAYS * more_days + BY_GAPS * more_gaps)))
    return chance


def tempered(leaving: NDArray[np.float64], coming: NDArray[np.float64], purpose: Purpose) -> NDArray[np.float64]:
    """Return what each vote of a target weighs: less the more there are, for they repeat one another; float64[t]."""
    power = HOME_POWER if purpose is Purpose.HOME else WORK_POWER
    weight: NDArray[np.float64] = np.maximum(leaving.sum(axis=1) + coming.sum(axis=1), 1.0) ** (power - 1)
    return weight


def nearness(sight: Sight) -> tuple[csr_array, csr_array]:
    """Tell which blocks lie within either radius of which; sparse [z, z] each, made once for all batches of targets."""
    return near_of(sight.public, sight.asked.near_m), near_of(sight.public, sight.asked.far_m)


def near_of(public: Public, metres: float) -> csr_array:
    """Tell which blocks lie near which; sparse [z, z]."""
    n = public.zones.n
    tree = cKDTree(np.column_stack([public.zones.x_m, public.zones.y_m]))
    pairs = tree.query_pairs(metres, output_type="ndarray")
    a, b = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(n)[:, None], 2, axis=1)]).T
    return csr_array((np.ones(len(a)), (a, b)), shape=(n, n))


def baseline_spot(public: Public, purpose: Purpose, metres: float) -> tuple[float, float]:
    """Return the spot that the most homes or jobs lie near: what anyone could guess."""
    prior = np.where(public.zones.outside, 0.0, prior_of(public, purpose))
    held = np.where(public.zones.outside, -1.0, prior @ near_of(public, metres))
    best = int(np.argmax(held))
    return float(public.zones.x_m[best]), float(public.zones.y_m[best])


def _most_often(public: Public, rows: Rows, t: int, what: What) -> Guesses:
    """Stand where the car was read most often at an end of the stay; without any read do as the census does.

    rows : reads of passing and standing cars, whose plates number the targets 0 .. t - 1.
    """
    ends = ends_of_days(rows) if what == "home" else ends_of_gaps(rows, public.start.weekday())
    at = np.concatenate(ends)
    pair, count = np.unique(rows.plate[at].astype(np.int64) << 32 | rows.site[at], return_counts=True)
    order = np.lexsort((pair, -count, pair >> 32))
    target, first = np.unique(pair[order] >> 32, return_index=True)
    site = pair[order][first] & 0xFFFFFFFF
    spot = baseline_spot(public, Purpose.HOME if what == "home" else Purpose.WORK, TRIVIAL_M)
    x, y, none = np.full(t, spot[0]), np.full(t, spot[1]), np.full(t, what == "work")
    x[target], y[target], none[target] = public.sites.x_m[site], public.sites.y_m[site], False
    return Guesses(x, y, none, np.ones(t))


def chances_of(public: Public, visible: NDArray[np.bool_]) -> tuple[Chances, Chances]:
    """Return what cars meet first and last that live, and that work, in each block."""
    return chances(public, visible, Purpose.HOME), chances(public, visible, Purpose.WORK)


def _shares(public: Public, purpose: Purpose) -> NDArray[np.float64]:
    """Return the census share of each block on the map; float64[z]."""
    prior = np.where(public.zones.outside, 0.0, prior_of(public, purpose))
    shares: NDArray[np.float64] = prior / max(float(prior.sum()), 1e-300)
    return shares


def _batches(
    leaving: NDArray[np.float64], coming: NDArray[np.float64]
) -> Iterator[tuple[slice, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Cut targets into batches, at least one."""
    for first in range(0, max(len(leaving), 1), BATCH):
        some = slice(first, first + BATCH)
        yield some, (leaving[some], coming[some])


def _joined(parts: list[Guesses]) -> Guesses:
    return Guesses(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
