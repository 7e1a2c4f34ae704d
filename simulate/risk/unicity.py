"""Unicity: number of known points needed to single out one plate.

De Montjoye et al. 2013, doi:10.1038/srep01376. Points are drawn twice (`risk/points.py`): from
the records themselves, as in the literature, and from the truth, possibly missing from the
records. The attacker names the plate fitting the most points, if unique: a single missed read
then does not protect the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np

from simulate.checks import ScenarioError
from simulate.kernels.matching import MAX_POINTS, Best
from simulate.policy.recode import recodings
from simulate.policy.redraw import as_seen, redraw
from simulate.risk.cards import AttackerCard
from simulate.risk.intervals import share
from simulate.risk.lanes import Known, Lane, lay_out, nothing_found, room
from simulate.risk.measure import Measure
from simulate.risk.points import GRAINS, HOUR_READER, from_records, from_truth
from simulate.risk.results import Result
from simulate.risk.score import Score, Worse
from simulate.risk.targets import LIVING, targets_of_cases
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from simulate.policy.recode import Recoding
    from simulate.policy.redraw import OwnRows
    from simulate.policy.sight import Sight
    from simulate.policy.view import Truth, View
    from simulate.risk.measure import Block, Span
    from simulate.risk.points import Points
    from simulate.risk.targets import Targets
    from simulate.scenario.schema.settings import Measuring

CARD = AttackerCard(
    question="How many known points single out one plate?",
    knows="a few places and times where the target was, each to within the stated grain",
    roads="nothing",
    targets="vehicles that live on the map, drawn at random; beside it the share of those with enough points",
    counts_as_success="one plate on file fits more of the points than any other, and it is the target's",
    baseline="one guess among all plates",
)
BY_FILE = "{count} of their own sightings, each known to the {grain}"
BY_NEIGHBOUR = "{count} of the places where a neighbour noted them, each known to half an hour and 250 m"
PARTS: tuple[tuple[str, str, str, Worse], ...] = (
    ("wrong", "are taken for another", LIVING, "neither"),
    ("ambiguous", "are one of several that fit", LIVING, "neither"),
    ("none", "fit nothing, or too little is known of them,", LIVING, "less"),
    ("of_enough", "of which so much is known are singled out", "vehicles of which so many points are known", "more"),
)
"""Other outcomes for targets, and for those with enough points: id, words, denominator and worse direction."""
SCORES = (
    Score(
        name="noticed", title="Singled out by a neighbour", role="headline", group="unicity", detail="{points}",
        of=LIVING, sentence=f"vehicles are singled out by {BY_NEIGHBOUR}",
        remark="What a chance witness achieves: most places have no reader near.",
    ),
    Score(
        name="singled_out", title="Singled out by its own file", role="headline", group="unicity",
        detail="records, hour and reader, {points}", of=LIVING, sentence=f"vehicles are singled out by {BY_FILE}",
        remark="An upper end: who has the records already has the plate.",
    ),
    *(
        Score(
            name=f"{name}_{part}", title=f"{title}, {part.replace('_', ' ')}", detail=detail, of=of, worse=worse,
            sentence=f"vehicles {what} by {by}",
        )
        for name, title, detail, by in (
            ("noticed", "By a neighbour", "{points}", BY_NEIGHBOUR),
            ("singled_out", "By its own file", "records, hour and reader, {points}", BY_FILE),
        )
        for part, what, of, worse in PARTS
    ),
    Score(
        name="on_file_at_every_point", title="On file at every point", detail="{points}", of=LIVING,
        sentence="vehicles are on file at every one of {count} known places",
    ),
)  # fmt: skip
ANSWERS = ("right", "wrong", "ambiguous", "none")
"""Outcomes for a target: exactly one of them."""


class Matches(NamedTuple):
    """Best fits for the targets of one Points; t targets, p = 1 .. MAX_POINTS points."""

    fitted: NDArray[np.int64]
    """int64[t, p]; most of the first p points fitted by any plate."""
    plates: NDArray[np.int64]
    """int64[t, p]; number of plates fitting so many."""
    own: NDArray[np.bool_]
    """bool[t, p]; whether the target's plate is one of them: for scoring only, unused by the attack."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Best fits in each lane, over the same reads."""

    lanes: tuple[tuple[Lane, Best], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """Outcomes for the targets of one Points; p = 1 .. MAX_POINTS points."""

    case: int
    grain: str
    targets: int
    answers: NDArray[np.int64]
    """int64[4, p]; targets by ANSWERS."""
    enough: NDArray[np.int64]
    """int64[p]; targets with at least p known points."""
    full: NDArray[np.int64]
    """int64[p]; targets on file at every one of p points."""


class Unicity(Measure):
    """Singling out of one plate by the best fit to known points."""

    name: ClassVar[str] = "unicity"
    scope: ClassVar[Literal["plate", "crowd"]] = "crowd"
    scores: ClassVar[tuple[Score, ...]] = SCORES

    def card(self, asked: Measuring) -> AttackerCard:
        """Return the assumptions of the attack."""
        del asked
        return CARD

    def ask(self, view: View, targets: int) -> Known:
        """Draw targets and points, and lay them out; targets may differ between cases with different dates."""
        chosen = targets_of_cases(view, self.name, targets)
        groups = recodings(view)
        plates = np.unique(np.concatenate([some.plate for some in chosen]))
        own = as_seen(view.sieve, redraw(view.truth, plates)[0], groups)
        points = [*record_points(view, groups, own, chosen, view.truth.seed), *from_truth(view, chosen, groups)]
        return lay_out(view.sight.public.sites, groups, own, points)

    def start(self, sight: Sight, known: Known, span: Span) -> State:
        """Return the state before any read."""
        del sight, span
        return State(lanes=tuple((lane, nothing_found(lane)) for lane in known.lanes))

    def update(self, state: State, block: Block) -> None:
        """Match a block of whole plates."""
        rows = Rows(block.plate, block.site, block.time)
        seen = int(np.bitwise_or.reduce(block.on_file)) if len(state.lanes) > 1 else -1
        for lane, best in state.lanes:
            if lane.mask & seen:
                lane.match(rows, block.on_file, room(lane), best)

    def merge(self, states: Iterable[State]) -> State:
        """Return one state for several shards: the greatest fit, and all plates with it."""
        lanes: list[tuple[Lane, Best]] = []
        for state in states:
            lanes = [
                (lane, _either(best, other)) for (lane, best), (_, other) in zip(lanes, state.lanes, strict=True)
            ] if lanes else list(state.lanes)  # fmt: skip
        return State(lanes=tuple(lanes))

    def guess(self, sight: Sight, known: Known, state: State) -> list[Matches]:
        """Return the best fits for each of the Points; a unique best plate is the guess."""
        del sight, known
        found: list[Matches] = []
        for lane, best in state.lanes:
            found += _matches(lane, best)
        return found

    def tally(self, truth: Truth, sight: Sight, known: Known, guesses: list[Matches]) -> list[Counts]:
        """Count right, wrong, ambiguous and no answers."""
        del truth, sight
        points = [some for lane in known.lanes for some in lane.points]
        return [_count(some, matches) for some, matches in zip(points, guesses, strict=True)]

    def results(self, sight: Sight, tally: list[Counts]) -> list[Result]:
        """Return rows for every case and number of points, points from records first."""
        rows: list[Result] = []
        for c, case in enumerate(sight.cases):
            if not case.reached:
                rows += self.not_reached(case, sight.asked)
            for counts in tally:
                if counts.case == c:
                    rows += _rows(case.name, counts, sight.public.n_vehicles)
        return rows


def record_points(
    view: View, groups: Sequence[Recoding], own: Sequence[OwnRows], targets: Sequence[Targets], seed: int
) -> list[Points]:
    """Draw points from records for every case in reach, and at coarser grains for the one with longest retention."""
    reached = [c for c, case in enumerate(view.cases) if case.reached]
    longest = min(reached, key=lambda c: (view.cases[c].oldest_s, -c), default=None)
    rows_of = {c: own[i] for i, group in enumerate(groups) for c in reached if group.mask >> c & 1}
    asked = [(c, grain) for c in reached for grain in GRAINS if grain is HOUR_READER or c == longest]
    return [from_records(view.sight.public.sites, c, rows_of[c], targets[c], grain, seed) for c, grain in asked]


def _either(one: Best, other: Best) -> Best:
    """Return the merger of two results: for each number of points the greater fit, and all plates."""
    most = np.maximum(_fitted(one), _fitted(other))
    return Best(
        rising=_word(np.diff(most, axis=1, prepend=0) > 0), rivals=one.rivals + other.rivals,
        own_rival=one.own_rival | other.own_rival, counts=one.counts + other.counts, own=one.own | other.own,
    )  # fmt: skip


def _settled(lane: Lane, best: Best) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the number of plates with the best fit to the first 1, 2, ... points, and if the target's is one.

    int64[q, p] and bool[q, p].
    """
    fitted, plates, own = _fitted(best), best.rivals.T.astype(np.int64), _bits(best.own_rival)
    first, points = lane.asked.counts, lane.asked.points
    for size in np.unique(points[first >= 0]):
        some = np.flatnonzero((first >= 0) & (points == size))
        sets = np.arange(int(size) + 1)
        at = first[some][:, None] + sets
        for p in range(int(size).bit_length()):
            alike = np.bitwise_count(sets & ((2 << p) - 1)) == fitted[some, p][:, None]
            alike &= fitted[some, p][:, None] > 0
            plates[some, p] += np.where(alike, best.counts[at], 0).sum(axis=1, dtype=np.int64)
            own[some, p] |= (best.own[at] & alike).any(axis=1)
    return plates, own


def _bits(word: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Unpack words into bits; bool[q, p]."""
    return (word[:, None] >> np.arange(MAX_POINTS, dtype=np.uint16)) & np.uint16(1) > 0


def _word(bits: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Pack bits into words; uint16[q]."""
    return np.asarray(bits @ (1 << np.arange(MAX_POINTS)), np.uint16)


def _fitted(best: Best) -> NDArray[np.int64]:
    """Return the most of the first 1, 2, ... points fitted by any plate; int64[q, p]."""
    return np.cumsum(_bits(best.rising), axis=1)


def _matches(lane: Lane, best: Best) -> list[Matches]:
    """Return the best fits by Points, with their numbering of points; points without entries add nothing.

    Raise ScenarioError if no plate reaches the fit of the target's own redrawn reads.
    """
    upto = np.cumsum(_bits(lane.known), axis=1)
    found = [
        np.where(upto > 0, np.take_along_axis(some, np.maximum(upto - 1, 0), axis=1), 0)
        for some in (_fitted(best), *_settled(lane, best))
    ]
    fitted, plates, own = found[0], found[1], found[2] > 0
    if ((fitted > 0) & (plates == 0)).any():
        raise ScenarioError("RUN", "the rows of its own scenario", "others", "the run was altered: plateprint verify")
    return [Matches(fitted[a:b], plates[a:b], own[a:b]) for a, b in pairwise(lane.starts)]


def _count(points: Points, matches: Matches) -> Counts:
    """Count the outcomes for the targets."""
    p = np.arange(1, MAX_POINTS + 1)
    enough = points.n_points[:, None] >= p
    fits, alone = enough & (matches.plates > 0), matches.plates == 1
    answers = (fits & alone & matches.own, fits & alone & ~matches.own, fits & ~alone, ~fits)
    return Counts(
        case=points.case,
        grain=points.grain,
        targets=len(points.plate),
        answers=np.array([some.sum(axis=0) for some in answers]),
        enough=enough.sum(axis=0),
        full=(enough & matches.own & (matches.fitted == p)).sum(axis=0),
    )


def _rows(case: str, counts: Counts, n_vehicles: int) -> list[Result]:
    """Return rows for the counts of one Points, for every number of points."""
    name = "singled_out" if counts.grain else "noticed"
    right, wrong, ambiguous, none = counts.answers
    first = share(right[0], counts.targets)[0]
    guess = {"baseline": 1 / n_vehicles, "trivial": first}
    rows = []
    for p in range(MAX_POINTS):
        known = f"{p + 1} point{'s' if p else ''}"
        detail = f"records, {counts.grain}, {known}" if counts.grain else known
        for score, hits, n, beside in (
            (name, right, counts.targets, guess),
            (f"{name}_wrong", wrong, counts.targets, {}),
            (f"{name}_ambiguous", ambiguous, counts.targets, {}),
            (f"{name}_none", none, counts.targets, {}),
            (f"{name}_of_enough", right, int(counts.enough[p]), {"baseline": 1 / n_vehicles}),
            ("on_file_at_every_point", counts.full, counts.targets, {}),
        ):
            value, low, high = share(hits[p], n)
            note = "" if value is not None else "nobody has so many points"
            rows.append(Result(case=case, measure=Unicity.name, score=score, detail=detail, value=value, low=low,
                               high=high, n=n, note=note, **beside))  # fmt: skip
    return rows
