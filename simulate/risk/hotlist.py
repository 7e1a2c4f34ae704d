"""Hot lists: numbers of alerts, causes of false ones, and vehicles stopped wrongly."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.kernels.counting import add_marks
from simulate.kernels.plates import GROUP
from simulate.policy.redraw import really_read
from simulate.risk.cards import AttackerCard
from simulate.risk.intervals import Bunched, bunched, share, within
from simulate.risk.measure import Measure
from simulate.risk.results import Result
from simulate.risk.score import Score
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight, Sight
    from simulate.policy.view import Truth, View
    from simulate.risk.intervals import Interval
    from simulate.risk.measure import Block, Span
    from simulate.scenario.schema.settings import Measuring
    from simulate.travel.hotlists import HotList

CHECKED = 0.80
"""Share of misreads and wrong states noticed by an officer on comparing the picture with the alert (assumption)."""
MOST_GROUPS = 20_000
"""Maximum of groups of plates redrawn to find the vehicles really read; beyond it, a sample of this size."""
RIGHT, STALE, MISREAD, WRONG_STATE = range(4)
KINDS = ("right", "stale_entry", "misread", "wrong_state")
"""Kinds of alert, by number."""
EVERY = np.uint64(2**64 - 1)
ALERTS, ACTED = "alerts", "alerts acted on after a human check"
VEHICLES = "vehicles, visitors included"
NO_ALERTS = Bunched()


@dataclass(slots=True, kw_only=True, eq=False)
class Raised:
    """The alerts of one shard so far; w cases."""

    reads: NDArray[np.int64]
    """int64[w]; reads compared with the list."""
    found: list[tuple[Rows, NDArray[np.uint64]]]
    """Reads with an alert, and the bits of their cases."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alerts:
    """Alerts of a shard; a alerts, sorted by plate, time and site."""

    reads: NDArray[np.int64]
    rows: Rows
    mask: NDArray[np.uint64]
    """uint64[a]; cases with an alert on the read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Alerts of one case by outcome: integers, additive over shards."""

    reads: int = 0
    raised: int = 0
    bunches: int = 0
    """Sum of the squares of the alerts on each plate."""
    groups: int = 0
    """Groups of plates with an alert, and the number of them redrawn."""
    drawn: int = 0
    kinds: tuple[Bunched, ...] = (NO_ALERTS,) * len(KINDS)
    """Alerts of each kind in the redrawn groups, clustered by vehicle."""
    false: Bunched = NO_ALERTS
    false_checked: Bunched = NO_ALERTS
    """Alerts other than right: of all, and of those acted on after a human check."""
    innocents: int = 0
    innocents_checked: int = 0
    """Vehicles met by an alert at least once while not wanted."""

    def __add__(self, other: Met) -> Met:
        added = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name != "kinds"
        }
        return Met(**added, kinds=tuple(a + b for a, b in zip(self.kinds, other.kinds, strict=True)))


class HotListMeasure(Measure):
    """Alerts of a hot list: for each case every read of its readers, kept or not."""

    name = "hotlist"
    scope = "plate"
    recoded = False
    scores = (
        Score(name="alerts_per_million", title="Alerts", of="reads", unit="alerts", role="main", worse="neither",
              sentence="alerts are raised by a million reads"),
        Score(name="false", title="False alerts", of=ALERTS, role="main",
              sentence="alerts are on a vehicle that is not wanted at that time",
              remark="Published shares of false alerts run from 5 to 37 %."),
        Score(name="false_after_check", title="False after a check", of=ACTED, role="main",
              sentence="alerts acted on are still false after an officer compared picture and alert"),
        Score(name="innocents", title="Innocent vehicles", of=VEHICLES, role="main",
              sentence="vehicles meet an alert at least once while they are not wanted"),
        Score(name="innocents_after_check", title="Innocent after a check", of=VEHICLES, role="main",
              sentence="vehicles meet an alert while they are not wanted that an officer's check lets pass"),
        Score(name="right", title="Right", of=ALERTS, worse="neither",
              sentence="alerts are on a vehicle that is wanted at that time"),
        Score(name="stale_entry", title="Stale entries", of=ALERTS,
              sentence="alerts are on a vehicle that was wanted and no longer is"),
        Score(name="misread", title="Misreads", of=ALERTS,
              sentence="alerts are on another vehicle than the one whose plate was named"),
        Score(name="wrong_state", title="Wrong states", of=ALERTS,
              sentence="alerts are on a plate whose text another state has listed"),
    )  # fmt: skip

    def card(self, asked: Measuring) -> AttackerCard:
        """Return the assumptions of the list."""
        del asked
        return AttackerCard(
            question="How often does a hot list raise an alert, and how often on somebody whom it is not about?",
            knows="the list: plates, when each was put on it and taken off, and which entries are another state's",
            roads="nothing",
            targets="every read of the observer's readers up to the query date; alerts come before storage, so no rule"
            " of retention changes them",
            counts_as_success="not an attack; right is an alert on a vehicle that is wanted at that time, and every"
            f" other is false. A human check is taken to notice {CHECKED:.0%} of misreads and wrong states, and no"
            " stale entry",
            baseline="none",
        )

    def ask(self, view: View, targets: int) -> np.uint64:
        """Return the upper limit of the draws of redrawn groups of plates, a sample of those with a listed plate.

        Fixed beforehand, so the sample is the same for any shards and any cases.
        """
        del targets
        hot = view.truth.hotlist
        groups = np.unique(np.concatenate([hot.local.plate, hot.other.plate]) // GROUP)
        if len(groups) <= MOST_GROUPS:
            return EVERY
        least: np.uint64 = np.partition(_draws(view.truth, groups), MOST_GROUPS)[MOST_GROUPS]
        return least

    def start(self, sight: Sight, known: np.uint64, span: Span) -> Raised:
        """Return no alerts."""
        del known, span
        return Raised(reads=np.zeros(len(sight.cases), np.int64), found=[])

    def update(self, state: Raised, block: Block) -> None:
        """Collect the alerts of a block."""
        add_marks(block.collected, state.reads)
        at = np.flatnonzero(block.alerted)
        if len(at):
            state.found.append((Rows(block.plate[at], block.site[at], block.time[at]), block.alerted[at]))

    def guess(self, sight: Sight, known: np.uint64, state: Raised) -> Alerts:
        """Return the alerts unchanged: each names the plate read."""
        del sight, known
        nothing = np.empty(0, np.uint32)
        return Alerts(
            reads=state.reads,
            rows=Rows(*(np.concatenate([nothing, *(rows[i] for rows, _ in state.found)]) for i in range(3))),
            mask=np.concatenate([np.empty(0, np.uint64), *(mask for _, mask in state.found)]),
        )

    def tally(self, truth: Truth, sight: Sight, known: np.uint64, guesses: Alerts) -> tuple[Met, ...]:
        """Classify each alert, by redrawing the groups of plates."""
        rows, hot = guesses.rows, truth.hotlist
        group = (rows.plate // GROUP).astype(np.int64)
        chosen = _draws(truth, group) < known if known != EVERY else np.ones(len(group), np.bool_)
        scored = Rows(*(column[chosen] for column in rows))
        vehicle = really_read(truth, scored)
        plate, time = scored.plate.astype(np.int64), scored.time.astype(np.int64)
        kind = kinds(hot, scored, vehicle, truth.lives.plates.holders(plate))
        which = scored.plate.astype(np.uint64) << np.uint64(32) | scored.time.astype(np.uint64)
        looks = streams.bits64(streams.key(truth.seed, "risk.hotlist.check"), which) >> np.uint64(32)
        passed = (kind < MISREAD) | (looks >= np.uint64(streams.threshold(CHECKED)))
        wanted = hot.local.right(truth.lives.plates.of_vehicles(vehicle), time)
        judged = Judged(vehicle=vehicle, kind=kind, passed=passed, wanted=wanted)
        met = []
        for c in range(len(sight.cases)):
            of_case = (guesses.mask >> np.uint64(c) & np.uint64(1)).astype(np.bool_)
            on_plate = np.unique(rows.plate[of_case], return_counts=True)[1].astype(np.int64)
            met.append(
                judged.of(of_case[chosen])
                + Met(
                    reads=int(guesses.reads[c]), raised=int(of_case.sum()), bunches=int((on_plate**2).sum()),
                    groups=len(np.unique(group[of_case])), drawn=len(np.unique(group[of_case & chosen])),
                )
            )  # fmt: skip
        return tuple(met)

    def add(self, tallies: Iterable[tuple[Met, ...]]) -> tuple[Met, ...]:
        """Return the sums of all counts by case."""
        return tuple(sum(parts, Met()) for parts in zip(*tallies, strict=True))

    def results(self, sight: Sight, tally: Sequence[Met]) -> list[Result]:
        """Return the scores as rows; the share of an empty set has no value."""
        rows: list[Result] = []
        for case, met in zip(sight.cases, tally, strict=True):
            rows += (
                self._rows(case, met, sight.public.n_vehicles) if case.reached else self.not_reached(case, sight.asked)
            )
        return rows

    def _rows(self, case: CaseSight, met: Met, vehicles: int) -> list[Result]:
        """Return the rows of one case; with sampled groups, the vehicles represented by the sample as denominator."""
        note = "" if met.false.tries == met.raised else f"{met.false.tries:,} of {met.raised:,} alerts"
        crowd = vehicles if met.drawn == met.groups else round(vehicles * met.drawn / met.groups)
        rows = []

        def add(score: str, of: str, n: int, interval: Interval, unit: str = "share", times: float = 1.0) -> None:
            value, low, high = (None if x is None else x * times for x in interval)
            rows.append(Result(case=case.name, measure=self.name, score=score, value=value, low=low, high=high, n=n,
                               unit=unit, note=note if n else f"no {of}"))  # fmt: skip

        add("alerts_per_million", "reads", met.reads, frequency(met.raised, met.bunches, met.reads), "alerts", 1e6)
        for name, kind in zip(KINDS, met.kinds, strict=True):
            add(name, "alerts", kind.tries, kind.interval())
        add("false", "alerts", met.false.tries, met.false.interval())
        add("false_after_check", "alerts acted on", met.false_checked.tries, met.false_checked.interval())
        add("innocents", "vehicles", crowd, share(met.innocents, crowd))
        add("innocents_after_check", "vehicles", crowd, share(met.innocents_checked, crowd))
        return rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """Outcomes of alerts; a alerts."""

    vehicle: NDArray[np.int64]
    """int64[a]; the vehicle really read."""
    kind: NDArray[np.int64]
    """int64[a]; a number of KINDS."""
    passed: NDArray[np.bool_]
    """bool[a]; whether it passes an officer's check."""
    wanted: NDArray[np.bool_]
    """bool[a]; whether the vehicle really read is wanted at that time."""

    def of(self, of_case: NDArray[np.bool_]) -> Met:
        """Sum up the alerts of one case; of_case : bool[a]."""
        vehicle, kind, passed = self.vehicle[of_case], self.kind[of_case], self.passed[of_case]
        false, innocent = kind != RIGHT, ~self.wanted[of_case]
        return Met(
            kinds=tuple(_by_vehicle(vehicle, kind == i) for i in range(len(KINDS))),
            false=_by_vehicle(vehicle, false),
            false_checked=_by_vehicle(vehicle[passed], false[passed]),
            innocents=len(np.unique(vehicle[innocent])),
            innocents_checked=len(np.unique(vehicle[innocent & passed])),
        )


def kinds(hot: HotList, rows: Rows, vehicle: NDArray[np.int64], holder: NDArray[np.int64]) -> NDArray[np.int64]:
    """Classify each alert by a number of KINDS; int64[a].

    vehicle : int64[a], the vehicle really read; holder : int64[a], the holder of the plate
    read, -1 = nobody. Where these differ it is a misread, whether listed or not. Else a right
    entry has precedence over a stale one, and either over another state's.
    """
    plate, time = rows.plate.astype(np.int64), rows.time.astype(np.int64)
    kind = np.full(len(plate), WRONG_STATE)
    kind[hot.local.listed(plate, time)] = STALE
    kind[hot.local.right(plate, time)] = RIGHT
    kind[vehicle != holder] = MISREAD
    return kind


def frequency(alerts: int, bunches: int, n: int) -> Interval:
    """Return the share of n reads with an alert, clustered by plate; bunches : sum of squared cluster sizes."""
    if n == 0:
        return None, None, None
    return within(alerts / n, n / (bunches / alerts if alerts else 1.0))


def _draws(truth: Truth, groups: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Draw 64 bits for each group of plates; uint64[n]."""
    return streams.bits64(streams.key(truth.seed, "risk.hotlist.groups"), groups)


def _by_vehicle(vehicle: NDArray[np.int64], hits: NDArray[np.bool_]) -> Bunched:
    """Sum up alerts clustered by vehicle."""
    _, bunch = np.unique(vehicle, return_inverse=True)
    return bunched(np.bincount(bunch), np.bincount(bunch, weights=hits).astype(np.int64))
