"""Unicity: how many known points it takes to single out one plate.

De Montjoye et al. 2013, doi:10.1038/srep01376. Points are drawn twice: from the records
themselves, as in that literature, and from the truth (a place and time on a trip that
someone noticed), which the records may well have missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from simulate import streams
from simulate.checks import ScenarioError
from simulate.durations import DAY_START_S
from simulate.kernels.matching import BIN_S, EMPTY, fill_table, match_points
from simulate.risk.cards import AttackerCard
from simulate.risk.rates import NOT_REACHED, Rate, Rates, share
from simulate.risk.targets import draw_targets, living_here
from simulate.travel.truth import passages, trips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.retention import Retention
    from simulate.policy.view import Truth, View
    from simulate.risk.targets import Targets
    from simulate.sightings.store import Rows
    from simulate.travel.truth import Passages, Trips

CARD = AttackerCard(
    question="How many known points single out one plate?",
    knows="a few places and times where the target was, each to within the stated grain",
    roads="nothing",
    targets="vehicles that live on the map, drawn at random; beside it the share of those with enough points on file",
    counts_as_success="one plate on file fits more of the points than any other, and it is the target's",
    baseline="one guess among all plates",
)
MAX_POINTS = 10
PLACE_GRAIN_M = 1000.0
TOLERANCE_M, TOLERANCE_S = 250.0, 1800
"""How near in space and time a sighting must be to a noticed point (assumption)."""
NOTICED = f"half an hour, {TOLERANCE_M:g} m"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Questions:
    """Points known of some targets; q questions, each with up to MAX_POINTS points in order."""

    rule: Retention
    source: str
    """"records" or "truth"."""
    grain: str
    target: NDArray[np.int64]
    """int64[q]; the plate asked about."""
    question: NDArray[np.int64]
    """int64[e]; question each entry belongs to."""
    point: NDArray[np.int64]
    """int64[e]; its point, 0 .. MAX_POINTS - 1."""
    site: NDArray[np.int64]
    """int64[e]; a reader where a sighting would fit the point."""
    begin_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    """int64[e]; times between which a sighting would fit."""
    n_points: NDArray[np.int64]
    """int64[q]; points known, with or without a reader near."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What was found of some questions; p = 1 .. MAX_POINTS points."""

    fitted: NDArray[np.int64]
    """int64[q, p]; of the first p points, the most that any plate fits."""
    plates: NDArray[np.int64]
    """int64[q, p]; plates that fit so many."""
    own: NDArray[np.bool_]
    """bool[q, p]; whether the target is one of them."""


def measure(view: View, truth: Truth, targets: int, points: int) -> Rates:
    """Score every rule of the ladder at one grain, and the longest one at coarser grains.

    points : how many points the headline knows; all from 1 to MAX_POINTS are reported.
    """
    if points > MAX_POINTS:
        raise ScenarioError("measure.unicity_points", f"at most {MAX_POINTS}", points, "a few points single out most")
    n = view.public.n_vehicles
    chosen = draw_targets(truth, living_here(truth, view.today)[0], "unicity", targets)
    asked = [*record_questions(view, chosen, truth.seed), *truth_questions(view, truth, chosen)]
    found = attack(view, asked)
    longest = asked[-1].rule if asked else None
    rows: list[Rate] = []
    for rule in view.ladder:
        if not view.reached(rule):
            for source, grain in (("records", HOUR_READER), ("truth", NOTICED)):
                rows.append(
                    Rate(measure="unicity", score="unique and right", retention=rule.label,
                         setting=_setting(source, grain, points), value=None, note=NOT_REACHED)
                )  # fmt: skip
        for questions, matches in zip(asked, found, strict=True):
            if questions.rule == rule:
                every = rule == longest or questions.grain == HOUR_READER
                for p in range(1, MAX_POINTS + 1) if every else (points,):
                    rows += score(questions, matches, p, n)
    return Rates(tuple(rows))


HOUR_READER = "hour, reader"
GRAINS = {
    HOUR_READER: (3600, 0.0),
    "half-day, reader": (12 * 3600, 0.0),
    "hour, 1 km": (3600, PLACE_GRAIN_M),
    "half-day, 1 km": (12 * 3600, PLACE_GRAIN_M),
}
"""Seconds and metres of the cells that a point is known to."""


def record_questions(view: View, targets: Targets, seed: int) -> list[Questions]:
    """Draw points from the records of some targets, without repeating a cell."""
    rows = view.rows_of(targets.plate)
    windows = view.windows()
    asked = [(rule, since, HOUR_READER) for rule, since in windows]
    asked += [(*windows[-1], grain) for grain in GRAINS if grain != HOUR_READER] if windows else []
    return [_from_records(view, rows, targets, rule, since, grain, seed) for rule, since, grain in asked]


def truth_questions(view: View, truth: Truth, targets: Targets) -> list[Questions]:
    """Draw points from trips that really happened: half-way along a random link of a random trip."""
    days = min(view.today, truth.lives.calendar.days)
    chosen = trips(truth.lives, targets.vehicle, 0, days)
    shuffled = streams.words(streams.key(truth.seed, "risk.unicity.trips"), _names(chosen))
    zone_hub = view.public.zones.hub
    moves = zone_hub[chosen.from_zone] != zone_hub[chosen.to_zone]  # else there is no link to be noticed on
    picks = []
    for rule, since in view.windows():
        inside = np.flatnonzero(moves & (chosen.leave_s >= since))
        inside = inside[np.lexsort((shuffled[inside], chosen.vehicle[inside]))]
        rank = _rank(chosen.vehicle[inside])
        picks.append((rule, inside[rank < MAX_POINTS], rank[rank < MAX_POINTS]))
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *(trip for _, trip, _ in picks)]))
    driven = passages(truth.world, truth.lives, _select(chosen, wanted))
    where = dict(zip(wanted.tolist(), driven, strict=True))
    return [_from_truth(view, truth, chosen, where, targets, *pick) for pick in picks]


def attack(view: View, asked: list[Questions]) -> list[Matches]:
    """Scan the whole crowd once and count the plates that fit each question."""
    if not asked:
        return []
    sizes = [len(questions.target) for questions in asked]
    starts = np.cumsum([0, *sizes])
    question = np.concatenate([q.question + start for q, start in zip(asked, starts[:-1], strict=True)])
    bit = np.concatenate([np.left_shift(1, q.point) for q in asked]).astype(np.uint32)
    site, begin, end = (np.concatenate([getattr(q, name) for q in asked]) for name in ("site", "begin_s", "end_s"))
    entries = _hang(site, begin, end, question, bit)
    table_key, table_first = _table(entries[0])
    target = np.concatenate([q.target for q in asked])
    shape = (int(starts[-1]), MAX_POINTS)
    best = (np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
    state = (np.full(1, -1, np.int64), np.zeros(shape[0], np.uint32), np.zeros(shape[0] + 1, np.int64))
    end_mark = tuple(np.full(1, 2**32 - 1, np.uint32) for _ in range(3))
    for block in chain(view.rows(target), [end_mark]):
        match_points(tuple(block), entries, table_key, table_first, target, state, best)
    return [Matches(best[0][a:b], best[1][a:b], best[2][a:b]) for a, b in pairwise(starts)]


def score(questions: Questions, matches: Matches, p: int, n_vehicles: int) -> list[Rate]:
    """Report who is singled out by p points, of all targets and of those with p points.

    The attacker names the plate that fits the most points, if there is only one such: a
    single missed read then does not save the target.
    """
    own, alone = matches.own[:, p - 1], matches.plates[:, p - 1] == 1
    enough = questions.n_points >= p
    right = enough & alone & own
    full = enough & own & (matches.fitted[:, p - 1] == p)
    common: dict[str, Any] = {"measure": "unicity", "retention": questions.rule.label}
    setting = _setting(questions.source, questions.grain, p)
    rows = []
    for name, hits, over in (
        ("unique and right", right, np.ones(len(right), np.bool_)),
        ("unique and right, of those with enough points", right, enough),
        ("on file at every point", full, np.ones(len(right), np.bool_)),
    ):
        value, low, high = share(hits[over], int(over.sum()))
        note = "" if value is not None else "nobody has so many points"
        rows.append(Rate(**common, score=name, setting=setting, value=value, low=low, high=high,
                         baseline=1 / n_vehicles, n=int(over.sum()), note=note))  # fmt: skip
    return rows


def _setting(source: str, grain: str, p: int) -> str:
    return f"{p} point{'s' if p > 1 else ''} from {source}; {grain}"


def _from_records(
    view: View, rows: Rows, targets: Targets, rule: Retention, since: int, grain: str, seed: int
) -> Questions:
    """Pick up to MAX_POINTS different cells of each target, in an order keyed by vehicle, not by plate."""
    seconds, metres = GRAINS[grain]
    place = _cells(view, metres)
    kept = rows.time >= since
    question, cell = np.searchsorted(targets.plate, rows.plate[kept]), place[rows.site[kept]]
    bin_ = (rows.time[kept].astype(np.int64) - DAY_START_S) // seconds
    unique = np.unique(np.column_stack([question, bin_, cell]), axis=0)
    uid = view.public.sites.uid[np.unique(place, return_index=True)[1]]
    names = targets.vehicle[unique[:, 0]] * 2**24 + unique[:, 1]
    name = streams.words(streams.key(seed, f"risk.unicity.records.{grain}"), names)
    draw = streams.words(np.uint64(0), name ^ uid[unique[:, 2]])
    unique = unique[np.lexsort((draw, unique[:, 0]))]
    rank = _rank(unique[:, 0])
    unique, rank = unique[rank < MAX_POINTS], rank[rank < MAX_POINTS]
    question = unique[:, 0]
    members = np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])
    reads = view.visible & view.public.sites.used
    seen = {c: members[c][reads[members[c]]] for c in np.unique(unique[:, 2]).tolist()}
    sites = [seen[c] for c in unique[:, 2].tolist()]
    repeat = np.array([len(s) for s in sites], np.int64)
    begin = unique[:, 1] * seconds + DAY_START_S
    return Questions(
        rule=rule,
        source="records",
        grain=grain,
        target=targets.plate,
        question=np.repeat(question, repeat),
        point=np.repeat(rank, repeat),
        site=np.concatenate([np.empty(0, np.int64), *sites]),
        begin_s=np.repeat(np.maximum(begin, since), repeat),
        end_s=np.repeat(begin + seconds, repeat),
        n_points=np.bincount(question, minlength=len(targets.plate)),
    )


def _from_truth(
    view: View,
    truth: Truth,
    chosen: Trips,
    where: dict[int, Passages],
    targets: Targets,
    rule: Retention,
    trip: NDArray[np.int64],
    rank: NDArray[np.int64],
) -> Questions:
    """Note a car half-way along one link of each trip; a reader within reach may have read it."""
    sites, since = view.public.sites, view.since(rule)
    pick = streams.uniforms(streams.key(truth.seed, "risk.unicity.link"), _names(chosen)[trip])
    spots = [(i, where[int(t)]) for i, t in enumerate(trip) if len(where[int(t)].link)]
    at = np.array([i for i, _ in spots], np.int64)
    chosen_link = np.array([int(pick[i] * len(seen.link)) for i, seen in spots], np.int64)
    link = np.array([seen.link[k] for (_, seen), k in zip(spots, chosen_link, strict=True)], np.int32)
    second = np.array([seen.middle_s[k] for (_, seen), k in zip(spots, chosen_link, strict=True)], np.int64)
    x, y = truth.world.roads.point_on(link, np.full(len(link), 0.5))
    usable = np.flatnonzero(view.visible & sites.used)
    tree = cKDTree(np.column_stack([sites.x_m[usable], sites.y_m[usable]]))
    near = tree.query_ball_point(np.column_stack([x, y]), np.full(len(x), TOLERANCE_M), return_sorted=True)
    spot = np.repeat(np.arange(len(near)), [len(some) for some in near])
    site = np.array([usable[i] for some in near for i in some], np.int64)
    question = targets.rank_of_vehicle(chosen.vehicle[trip])
    return Questions(
        rule=rule,
        source="truth",
        grain=NOTICED,
        target=targets.plate,
        question=question[at[spot]],
        point=rank[at[spot]],
        site=site,
        begin_s=np.maximum(second[spot] - TOLERANCE_S, since),
        end_s=second[spot] + TOLERANCE_S + 1,
        n_points=np.bincount(question, minlength=len(targets.plate)),
    )


def _hang(
    site: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    question: NDArray[np.int64],
    bit: NDArray[np.uint32],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]:
    """List every entry under each hour it touches, sorted by (reader, hour)."""
    first, last = begin // BIN_S, (end - 1) // BIN_S
    times = last - first + 1
    entry = np.repeat(np.arange(len(site)), times)
    hour = first[entry] + np.arange(len(entry)) - np.repeat(np.cumsum(times) - times, times)
    key = (site[entry].astype(np.uint64) << np.uint64(32)) | hour.astype(np.uint64)
    order = np.argsort(key, kind="stable")
    entry = entry[order]
    return key[order], begin[entry], end[entry], question[entry], bit[entry]


def _table(key: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    size = 1 << int(2 * len(np.unique(key)) + 2).bit_length()
    table_key, table_first = np.full(size, EMPTY, np.uint64), np.zeros(size, np.int64)
    fill_table(key, table_key, table_first)
    return table_key, table_first


def _cells(view: View, metres: float) -> NDArray[np.int64]:
    """Return the number of the cell each reader lies in; its own cell where the grain is the reader."""
    sites = view.public.sites
    if metres == 0:
        return np.arange(sites.n)
    grid = np.column_stack([np.floor(sites.x_m / metres), np.floor(sites.y_m / metres)])
    return np.unique(grid, axis=0, return_inverse=True)[1].reshape(-1)


def _names(chosen: Trips) -> NDArray[np.int64]:
    """Name each trip by vehicle, day and number, so that its draws depend on nothing else."""
    return chosen.vehicle * 2**24 + chosen.day * 16 + chosen.leg


def _rank(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank within each group, groups standing together; int64[n]."""
    start = np.flatnonzero(np.append(True, group[1:] != group[:-1])) if len(group) else np.empty(0, np.int64)
    length = np.diff(np.append(start, len(group)))
    return np.arange(len(group)) - np.repeat(start, length)


def _select(chosen: Trips, rows: NDArray[np.int64]) -> Trips:
    return type(chosen)(**{name: getattr(chosen, name)[rows] for name in chosen.__slots__})
