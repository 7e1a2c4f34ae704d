"""Anchors: home and work of a vehicle on the query date.

The attack gathers the reads of its targets and computes the belief in every block of the map by
Bayes' rule (`risk/belief.py`). The baseline is the census's best spot; the trivial attack is the
position of the most frequent first or last reader.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulate.kernels.picking import pick_plates
from simulate.risk.belief import answers, baseline_spot, ground_of, met_by
from simulate.risk.cards import AttackerCard
from simulate.risk.intervals import quantile, share
from simulate.risk.measure import Block, Measure, Span
from simulate.risk.results import Result
from simulate.risk.score import Score
from simulate.risk.targets import Targets, living_here, targets_of_cases
from simulate.sightings.store import Rows
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from simulate.policy.sight import Sight
    from simulate.policy.view import Truth, View
    from simulate.risk.belief import Answer, What
    from simulate.scenario.schema.settings import Measuring

BINS = 10
"""Bins of equal width for comparison of claimed chances with true shares."""

CARD = AttackerCard(
    question="Where does a vehicle live and work on the query date?",
    knows="the plate, where the readers stand, and from the census how many live and work in each block",
    roads="public roads at free speed, not the routes people really prefer",
    targets="vehicles that live on the map, drawn at random; for work found, those of them that commute",
    counts_as_success="a guess within the stated distance, with a decision for each distance, of all targets; if no"
    " sighting tells, the census guesses",
    baseline="for each distance the one spot that most homes (or jobs) lie near, the same for every plate",
)
ROADS = {
    "none": "nothing: near readers are likelier, as the crow flies",
    "public": CARD.roads,
    "generator": "all that drivers prefer, as the simulation has it: an upper bound, which nobody outside can know",
}
"""Road knowledge on the card, for each `measure.attacker_roads`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """Targets of the attack; one entry per case, t targets each."""

    targets: tuple[Targets, ...]
    plates: NDArray[np.uint32]
    """uint32[w]; plates of all targets, sorted."""


class File(NamedTuple):
    """Reads of the targets, in order of arrival."""

    plates: NDArray[np.uint32]
    parts: list[tuple[NDArray[Any], ...]]
    """Plate, site, time, and bits of the cases with the read on file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """Answers for one purpose compared with the truth; t targets."""

    place: NDArray[np.bool_]
    """bool[t]; whether the target has such a place."""
    error_m: dict[str, NDArray[np.float64]]
    """float64[t] for "near", "far", "trivial", "baseline near", "baseline far"; infinite off the map or if no place."""
    none: dict[str, NDArray[np.bool_]]
    """bool[t] for the same; whether the answer was "no such place"."""
    claimed: dict[str, NDArray[np.float64]]
    """float64[t] for "near" and "far"."""
    told: NDArray[np.bool_]


class Anchors(Measure):
    """Inference of the home and work of a vehicle."""

    name = "anchors"
    scope = "crowd"
    scores = (
        Score(
            name="home_found", title="Home found", role="headline", detail="{near_m:g} m",
            sentence="vehicles that live here have their home found to within {detail}", of="vehicles that live here",
            remark="A car that no sighting speaks of is guessed from the census.",
        ),
        Score(
            name="work_found", title="Work found", role="headline", detail="{near_m:g} m",
            sentence="vehicles that commute have their workplace found to within {detail}", of="vehicles that commute",
            remark="Who works off the map counts as not found.",
        ),
        Score(
            name="work_precision", title="Workplace right", role="main", detail="{near_m:g} m",
            sentence="vehicles of which a workplace is claimed have it within {detail}",
            of="vehicles of which a workplace is claimed",
        ),
        Score(
            name="work_answered", title="Work answered", role="main", detail="{near_m:g} m",
            sentence="vehicles that live here are rightly told to work within {detail} of a place, or nowhere",
            of="vehicles that live here",
        ),
        Score(
            name="home_error", title="Error of home", role="main", unit="metres", worse="less",
            sentence="metres between half of the guesses of home and the home, at most", of="homes on the map",
        ),
        Score(
            name="work_error", title="Error of work", role="main", unit="metres", worse="less",
            sentence="metres between half of the guesses of work and the workplace, at most",
            of="workplaces on the map",
        ),
        Score(name="home_told", title="Home told", sentence="vehicles have a sighting that speaks of home",
              of="vehicles that live here"),
        Score(name="work_told", title="Work told", sentence="vehicles have a sighting that speaks of work",
              of="vehicles that live here"),
        Score(name="home_claimed", title="Home claimed", sentence="chance that the attack claims, {detail}",
              of="vehicles with such a claim"),
        Score(name="home_kept", title="Claims of home kept", sentence="claims of {detail} that were right",
              of="vehicles with such a claim"),
        Score(name="work_claimed", title="Work claimed", sentence="chance that the attack claims, {detail}",
              of="vehicles with such a claim"),
        Score(name="work_kept", title="Claims of work kept", sentence="claims of {detail} that were right",
              of="vehicles with such a claim"),
        Score(
            name="pair_size", title="Same home and work", unit="vehicles", worse="less",
            sentence="vehicles share a home and a work block, the median", of="vehicles that commute",
        ),
        Score(
            name="alone_in_pair", title="Alone in home and work",
            sentence="vehicles are alone in their pair of home and work block", of="vehicles that commute",
        ),
    )  # fmt: skip

    def card(self, asked: Measuring) -> AttackerCard:
        """Return the assumptions of the attack, by the attacker's road knowledge."""
        return replace(CARD, roads=ROADS[asked.attacker_roads])

    def ask(self, view: View, targets: int) -> Known:
        """Draw the targets."""
        chosen = tuple(map(_by_vehicle, targets_of_cases(view, self.name, targets)))
        plates = np.unique(np.concatenate([some.plate for some in chosen])).astype(np.uint32)
        return Known(targets=chosen, plates=plates)

    def plates(self, known: Known) -> NDArray[np.int64]:
        """Return the plates of all targets."""
        return known.plates.astype(np.int64)

    def start(self, sight: Sight, known: Known, span: Span) -> File:
        """Return an empty state."""
        del sight, span
        return File(known.plates, [])

    def update(self, state: File, block: Block) -> None:
        """Keep the reads of the targets on file in any case."""
        row, which = np.empty(len(block.plate), np.int64), np.empty(len(block.plate), np.int64)
        kept = row[: pick_plates(block.plate, state.plates, row, which)]
        kept = kept[block.on_file[kept] > 0]
        state.parts.append(tuple(column[kept] for column in (block.plate, block.site, block.time, block.on_file)))

    def merge(self, states: Iterable[File]) -> File:
        """Return the reads of all shards."""
        held = list(states)
        return File(held[0].plates, [part for state in held for part in state.parts])

    def guess(self, sight: Sight, known: Known, state: File) -> list[dict[What, Answer]]:
        """Guess home and work of every target in every case within reach."""
        rows, on_file = _sorted(state.parts)
        ground, met = ground_of(sight), met_by([case.visible for case in sight.cases if case.reached], sight)
        made: list[dict[What, Answer]] = []
        for c, case in enumerate(sight.cases):
            if not case.reached:
                made.append({})
                continue
            seen = (on_file >> np.uint64(c)) & np.uint64(1) > 0
            file = Rows(*(column[seen] for column in rows))
            made.append(answers(sight, ground, met[case.visible.tobytes()], file, known.targets[c].plate))
        return made

    def tally(self, truth: Truth, sight: Sight, known: Known, guesses: list[dict[What, Answer]]) -> _Tally:
        """Compare every answer with the truth on the query date."""
        counted: list[dict[What, Counted]] = []
        kinds: tuple[What, What] = ("home", "work")
        spots = {what: _baselines(sight, what) for what in kinds}
        for case, targets, answer in zip(sight.cases, known.targets, guesses, strict=True):
            residents, home, work = living_here(truth, case.today)
            at = np.searchsorted(residents, targets.vehicle)
            zones: dict[What, NDArray[np.int64]] = {"home": home[at], "work": work[at]}
            counted.append({what: _count(sight, answer[what], zones[what], spots[what]) for what in answer})
        _, home, work = living_here(truth, max(case.today for case in sight.cases))
        return _Tally(cases=counted, sets=_set_sizes(home, work))

    def results(self, sight: Sight, tally: _Tally) -> list[Result]:
        """Return the rows of every case."""
        near, far = sight.asked.near_m, sight.asked.far_m
        rows: list[Result] = []
        for case, counted in zip(sight.cases, tally.cases, strict=True):
            if not case.reached:
                rows += self.not_reached(case, sight.asked)
            for what, of in counted.items():
                rows += [replace(row, case=case.name) for row in score(what, of, near, far)]
        return rows + tally.sets


def _by_vehicle(targets: Targets) -> Targets:
    """Return the targets sorted by vehicle, an order independent of plate numbers."""
    order = np.argsort(targets.vehicle)
    return Targets(vehicle=targets.vehicle[order], plate=targets.plate[order])


class _Tally(NamedTuple):
    cases: list[dict[What, Counted]]
    sets: list[Result]


def score(what: What, of: Counted, near_m: float, far_m: float) -> Iterator[Result]:
    """Yield the rows of one purpose of one case; targets outside the map count as not found."""
    for name, metres in (("near", near_m), ("far", far_m)):
        detail, place = f"{metres:g} m", of.place

        def within(which: str, metres: float = metres) -> NDArray[np.bool_]:
            return (of.error_m[which] <= metres) & ~of.none[which]

        def rate(score: str, right: dict[str, NDArray[np.bool_]], over: dict[str, NDArray[np.bool_]],
                 detail: str = detail) -> Result:  # fmt: skip
            value, low, high = share(right["attack"][over["attack"]], int(over["attack"].sum()))
            baseline, trivial = (share(right[k][over[k]], int(over[k].sum()))[0] for k in ("baseline", "trivial"))
            note = "" if value is not None else "nobody to count"
            return Result(measure="anchors", score=score, detail=detail, value=value, low=low, high=high,
                          baseline=baseline, trivial=trivial, n=int(over["attack"].sum()), note=note)  # fmt: skip

        sides = {"attack": name, "trivial": "trivial", "baseline": f"baseline {name}"}
        found = {side: within(which) & place for side, which in sides.items()}
        yield rate(f"{what}_found", found, dict.fromkeys(sides, place))
        if what == "work":
            claims = {side: ~of.none[which] for side, which in sides.items()}
            yield rate("work_precision", found, claims)
            right = {side: found[side] | (of.none[which] & ~place) for side, which in sides.items()}
            yield rate("work_answered", right, dict.fromkeys(sides, np.ones(len(place), np.bool_)))
    yield from _rest(what, of, near_m)


def _rest(what: What, of: Counted, near_m: float) -> Iterator[Result]:
    """Yield the rows on error, on share of targets with evidence, and on calibration of claims."""
    on_map = np.isfinite(of.error_m["near"])
    value, low, high = quantile(of.error_m["near"][on_map], 0.5)
    baseline, trivial = (quantile(of.error_m[which][on_map], 0.5)[0] for which in ("baseline near", "trivial"))
    note = "" if on_map.any() else "nobody on the map"
    yield Result(measure="anchors", score=f"{what}_error", value=value, low=low, high=high, baseline=baseline,
                 trivial=trivial, n=int(on_map.sum()), unit="metres", note=note)  # fmt: skip
    value, low, high = share(of.told, len(of.told))
    yield Result(measure="anchors", score=f"{what}_told", value=value, low=low, high=high, n=len(of.told))
    claimed, right = of.claimed["near"], (of.error_m["near"] <= near_m) & of.place & ~of.none["near"]
    right |= of.none["near"] & ~of.place
    bins = np.minimum((claimed * BINS).astype(np.int64), BINS - 1)
    for b in np.unique(bins).tolist():
        some, detail = bins == b, f"{100 * b // BINS} to {100 * (b + 1) // BINS} %"
        n = int(some.sum())
        yield Result(measure="anchors", score=f"{what}_claimed", detail=detail, value=float(claimed[some].mean()), n=n)
        value, low, high = share(right[some], n)
        yield Result(measure="anchors", score=f"{what}_kept", detail=detail, value=value, low=low, high=high, n=n)


def _baselines(sight: Sight, what: What) -> dict[str, tuple[float, float]]:
    """Return the census guess for either radius, by "baseline near" and "baseline far"."""
    purpose = Purpose.HOME if what == "home" else Purpose.WORK
    radii = (("near", sight.asked.near_m), ("far", sight.asked.far_m))
    return {f"baseline {name}": baseline_spot(sight.public, purpose, metres) for name, metres in radii}


def _count(sight: Sight, answer: Answer, truth: NDArray[np.int64], spots: dict[str, tuple[float, float]]) -> Counted:
    """Return the error of every answer; truth : int64[t], true zone, -1 = none."""
    zones = sight.public.zones
    place, t = truth >= 0, len(truth)
    on_map = place & ~zones.outside[np.maximum(truth, 0)]
    x, y = zones.x_m[truth], zones.y_m[truth]

    def error(x_m: Any, y_m: Any) -> NDArray[np.float64]:  # noqa: ANN401
        return np.where(on_map, np.hypot(x_m - x, y_m - y), np.inf)

    guesses = {"near": answer.near, "far": answer.far, "trivial": answer.trivial}
    errors = {name: error(made.x_m, made.y_m) for name, made in guesses.items()}
    none = {name: made.none for name, made in guesses.items()}
    for name, spot in spots.items():
        errors[name], none[name] = error(*spot), np.zeros(t, np.bool_)
    claimed = {"near": answer.near.claimed, "far": answer.far.claimed}
    return Counted(place=place, error_m=errors, none=none, claimed=claimed, told=answer.told)


def _set_sizes(home: NDArray[np.int64], work: NDArray[np.int64]) -> list[Result]:
    """Count vehicles with the same home and work block (Golle & Partridge 2009); needs no sightings."""
    both = np.flatnonzero(work >= 0)
    pair = home[both] * (int(work.max()) + 1) + work[both]
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    size = counts[inverse]
    value, low, high = quantile(size, 0.5)
    alone, alone_low, alone_high = share(size == 1, len(size))
    note = "needs no sightings"
    return [
        Result(measure="anchors", score="pair_size", value=value, low=low, high=high, n=len(size), unit="vehicles",
               note=note),
        Result(measure="anchors", score="alone_in_pair", value=alone, low=alone_low, high=alone_high, n=len(size),
               note=note),
    ]  # fmt: skip


def _sorted(state: list[tuple[NDArray[Any], ...]]) -> tuple[Rows, NDArray[np.uint64]]:
    """Return all reads kept, sorted by plate, time and site, with the bits of cases with each on file."""
    kinds = (np.uint32, np.uint32, np.uint32, np.uint64)
    plate, site, time, on_file = (
        np.concatenate([np.empty(0, kind), *(part[i] for part in state)]) for i, kind in enumerate(kinds)
    )
    order = np.lexsort((site, time, plate))
    return Rows(plate[order], site[order], time[order]), on_file[order]
