"""Hot lists: how many alerts, how many of them false and why, and who is stopped for nothing."""

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
"""Share of misreads and wrong states that an officer notices on comparing the picture with the alert (assumption)."""
MOST_GROUPS = 20_000
"""Groups of plates that are drawn again at most to learn who was really read; beyond, a sample of so many."""
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
    """int64[w]; reads that were held against the list."""
    found: list[tuple[Rows, NDArray[np.uint64]]]
    """Reads that raised an alert, with the bits of the cases."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alerts:
    """What a list raised in a shard; a alerts, sorted by plate, time and site."""

    reads: NDArray[np.int64]
    rows: Rows
    mask: NDArray[np.uint64]
    """uint64[a]; cases in which the read raised an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What the alerts of one case were about: whole numbers that add up over shards."""

    reads: int = 0
    raised: int = 0
    bunches: int = 0
    """Sum of the squares of the alerts on each plate."""
    groups: int = 0
    """Groups of plates with an alert, and how many of them were drawn again."""
    drawn: int = 0
    kinds: tuple[Bunched, ...] = (NO_ALERTS,) * len(KINDS)
    """Alerts of each kind among those of the groups drawn again, in bunches of one vehicle."""
    false: Bunched = NO_ALERTS
    false_checked: Bunched = NO_ALERTS
    """Alerts that are not right: of all, and of those acted on after a human check."""
    innocents: int = 0
    innocents_checked: int = 0
    """Vehicles met by an alert at least once while not wanted."""

    def __add__(self, other: Met) -> Met:
        added = {
            one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self) if one.name != "kinds"
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
        """Return what the list assumes."""
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
        """Return the draw of groups of plates below which one is drawn again: so few of those with a listed plate.

        Set beforehand, so that the sample is the same for any shards and any cases.
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
        """Take the alerts out of a block."""
        add_marks(block.collected, state.reads)
        at = np.flatnonzero(block.alerted)
        if len(at):
            state.found.append((Rows(block.plate[at], block.site[at], block.time[at]), block.alerted[at]))

    def merge(self, states: Iterable[Raised]) -> Raised:
        """Return the only state: a shard is finished alone."""
        (state,) = states
        return state

    def guess(self, sight: Sight, known: np.uint64, state: Raised) -> Alerts:
        """Return the alerts as they are: each names the plate that was read."""
        del sight, known
        nothing = np.empty(0, np.uint32)
        return Alerts(
            reads=state.reads,
            rows=Rows(*(np.concatenate([nothing, *(rows[i] for rows, _ in state.found)]) for i in range(3))),
            mask=np.concatenate([np.empty(0, np.uint64), *(mask for _, mask in state.found)]),
        )

    def tally(self, truth: Truth, sight: Sight, known: np.uint64, guesses: Alerts) -> tuple[Met, ...]:
        """Say what each alert was about, by drawing the groups of plates again."""
        rows, hot = guesses.rows, truth.hotlist
        group = (rows.plate // GROUP).astype(np.int64)
        chosen = _draws(truth, group) < known if known != EVERY else np.ones(len(group), np.bool_)
        scored = Rows(*(column[chosen] for column in rows))
        vehicle = really_read(truth, scored)
        plate, time = scored.plate.astype(np.int64), scored.time.astype(np.int64)
        kind = kinds(hot, scored, vehicle, truth.lives.plates.holders(plate))
        which = scored.plate.astype(np.uint64) << np.uint64(32) | scored.time.astype(np.uint64)
        looks = streams.words(streams.key(truth.seed, "risk.hotlist.check"), which) >> np.uint64(32)
        passed = (kind < MISREAD) | (looks >= np.uint64(streams.threshold(CHECKED)))
        wanted = hot.local.right(truth.lives.plates.of_vehicles(vehicle), time)
        judged = Judged(vehicle=vehicle, kind=kind, passed=passed, wanted=wanted)
        met = []
        for c in range(len(sight.cases)):
            its = (guesses.mask >> np.uint64(c) & np.uint64(1)).astype(np.bool_)
            on_plate = np.unique(rows.plate[its], return_counts=True)[1].astype(np.int64)
            met.append(
                judged.of(its[chosen])
                + Met(
                    reads=int(guesses.reads[c]), raised=int(its.sum()), bunches=int((on_plate**2).sum()),
                    groups=len(np.unique(group[its])), drawn=len(np.unique(group[its & chosen])),
                )
            )  # fmt: skip
        return tuple(met)

    def add(self, tallies: Iterable[tuple[Met, ...]]) -> tuple[Met, ...]:
        """Add whole numbers up, case by case."""
        return tuple(sum(parts, Met()) for parts in zip(*tallies, strict=True))

    def results(self, sight: Sight, tally: Sequence[Met]) -> list[Result]:
        """Lay out the scores; a share of nothing is no number."""
        rows: list[Result] = []
        for case, met in zip(sight.cases, tally, strict=True):
            rows += (
                self._rows(case, met, sight.public.n_vehicles) if case.reached else self.not_reached(case, sight.asked)
            )
        return rows

    def _rows(self, case: CaseSight, met: Met, vehicles: int) -> list[Result]:
        """Lay out one case; where groups were sampled, vehicles are as many as the sample stands for."""
        note = "" if met.false.tries == met.raised else f"{met.false.tries:,} of {met.raised:,} alerts"
        crowd = vehicles if met.drawn == met.groups else round(vehicles * met.drawn / met.groups)
        rows = []

        def add(score: str, of: str, n: int, found: Interval, unit: str = "share", times: float = 1.0) -> None:
            value, low, high = (None if x is None else x * times for x in found)
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
    """What alerts were about; a alerts."""

    vehicle: NDArray[np.int64]
    """int64[a]; who was really read."""
    kind: NDArray[np.int64]
    """int64[a]; a number of KINDS."""
    passed: NDArray[np.bool_]
    """bool[a]; whether an officer's check lets it pass."""
    wanted: NDArray[np.bool_]
    """bool[a]; whether the vehicle really read is wanted at that time."""

    def of(self, its: NDArray[np.bool_]) -> Met:
        """Sum up the alerts of one case; its : bool[a]."""
        vehicle, kind, passed = self.vehicle[its], self.kind[its], self.passed[its]
        false, innocent = kind != RIGHT, ~self.wanted[its]
        return Met(
            kinds=tuple(_by_vehicle(vehicle, kind == i) for i in range(len(KINDS))),
            false=_by_vehicle(vehicle, false),
            false_checked=_by_vehicle(vehicle[passed], false[passed]),
            innocents=len(np.unique(vehicle[innocent])),
            innocents_checked=len(np.unique(vehicle[innocent & passed])),
        )


def kinds(hot: HotList, rows: Rows, vehicle: NDArray[np.int64], holder: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say what each alert was about, a number of KINDS; int64[a].

    vehicle : int64[a], who was really read; holder : int64[a], whose plate it was taken
    for, -1 = nobody's. Where these differ it is a misread, whatever the list says. Else a
    right entry counts before a stale one, and either before another state's.
    """
    plate, time = rows.plate.astype(np.int64), rows.time.astype(np.int64)
    kind = np.full(len(plate), WRONG_STATE)
    kind[hot.local.listed(plate, time)] = STALE
    kind[hot.local.right(plate, time)] = RIGHT
    kind[vehicle != holder] = MISREAD
    return kind


def frequency(alerts: int, bunches: int, n: int) -> Interval:
    """Return how often alerts happen in n reads, where they come in bunches; bunches : sum of their squares."""
    if n == 0:
        return None, None, None
    return within(alerts / n, n / (bunches / alerts if alerts else 1.0))


def _draws(truth: Truth, groups: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Draw a word for each group of plates; uint64[n]."""
    return streams.words(streams.key(truth.seed, "risk.hotlist.groups"), groups)


def _by_vehicle(vehicle: NDArray[np.int64], hits: NDArray[np.bool_]) -> Bunched:
    """Sum up alerts in bunches of one vehicle."""
    _, bunch = np.unique(vehicle, return_inverse=True)
    return bunched(np.bincount(bunch), np.bincount(bunch, weights=hits).astype(np.int64))
