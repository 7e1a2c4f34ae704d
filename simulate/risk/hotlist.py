"""Hot lists: how many alerts, how many of them false and why, and who is stopped for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.kernels.plates import GROUP
from simulate.risk.cards import AttackerCard
from simulate.risk.rates import Rate, Rates, share
from simulate.sightings.draw import draw_groups, stretches, whole
from simulate.sightings.store import Rows, joined
from simulate.travel.hotlists import States, covered, hot_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import Truth, View
    from simulate.sightings.draw import DrawTables
    from simulate.travel.hotlists import Entries, HotList

    Interval = tuple[float | None, float | None, float | None]

CHECKED = 0.80
"""Share of misreads and wrong states that an officer notices on comparing the picture with the alert (assumption)."""
MOST_GROUPS = 20_000
"""Groups of plates that are drawn again at most to learn who was really read; beyond, a sample of so many."""
RIGHT, STALE, MISREAD, WRONG_STATE = range(4)
KINDS = ("right", "stale entry", "misread", "wrong state")
"""Kinds of alert, by number."""

CARD = AttackerCard(
    question="How often does a hot list raise an alert, and how often on somebody whom it is not about?",
    knows="the list: plates, when each was put on it and taken off, and which entries are another state's",
    roads="nothing",
    targets="every read of the observer's readers up to the query date; alerts come before storage, so no rule of"
    " retention changes them",
    counts_as_success="not an attack; right is an alert on a vehicle that is wanted at that time, and every other is"
    f" false. A human check is taken to notice {CHECKED:.0%} of misreads and wrong states, and no stale entry",
    baseline="none",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """When plates are listed, sorted by plate; n spans."""

    plate: NDArray[np.int64]
    from_s: NDArray[np.int64]
    until_s: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed:
    """The list as a system holds it, without a word on which entries are stale."""

    local: Spans
    other: Spans
    """Entries of other states."""
    states: States
    """Which reads leave the state open."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alerts:
    """What a list raised; a alerts, sorted as the store is."""

    reads: int
    """Reads that were held against the list."""
    rows: Rows
    """The reads that met it: uint32[a] each."""


def attack(view: View, listed: Listed) -> Alerts:
    """Hold every read against the list, in one pass."""
    may = np.zeros(view.public.n_plates, np.bool_)
    may[listed.local.plate] = may[listed.other.plate] = True
    reads, found = 0, []
    for block in view.collected():
        reads += len(block.plate)
        found.append(_taken(block, _alerting(block, may, listed, view.public.sites.uid)))
    return Alerts(reads=reads, rows=joined(found))


def _alerting(rows: Rows, may: NDArray[np.bool_], listed: Listed, uid: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return which rows raise an alert; int64[a]. may : bool[plates], plates that are ever listed.

    A read whose state is wrong or missing is held against the list by its text alone.
    """
    asked = np.flatnonzero(may[rows.plate])
    plate, time = rows.plate[asked].astype(np.int64), rows.time[asked].astype(np.int64)
    local, other = (
        covered(some.plate, some.from_s, some.until_s, plate, time) for some in (listed.local, listed.other)
    )
    other[other] = listed.states.unsure(plate[other], time[other], uid[rows.site[asked[other]]])
    return asked[local | other]


def measure(view: View, truth: Truth) -> Rates:
    """Score the scenario's hot list."""
    return score(view, truth, hot_list(truth.scenario, truth.lives))


def score(view: View, truth: Truth, hot: HotList) -> Rates:
    """Score a hot list: what its alerts were about, before and after a human check, and whom they met."""
    listed = Listed(local=_spans(hot.local), other=_spans(hot.other), states=hot.states)
    alerts = attack(view, listed)
    groups = np.unique(alerts.rows.plate // GROUP).astype(np.int64)
    chosen = groups
    if len(groups) > MOST_GROUPS:
        draw = streams.words(streams.key(truth.seed, "risk.hotlist.groups"), groups)
        chosen = np.sort(groups[np.argsort(draw, kind="stable")[:MOST_GROUPS]])
    rows = _taken(alerts.rows, np.flatnonzero(np.isin(alerts.rows.plate // GROUP, chosen)))
    tables = whole(truth.world, truth.lives, truth.watch)
    vehicle = _really_read(view, tables, listed, chosen, rows)
    kind = kinds(hot, rows, vehicle, truth.lives.plates.holders(rows.plate.astype(np.int64)))
    which = rows.plate.astype(np.uint64) << np.uint64(32) | rows.time.astype(np.uint64)
    looks = streams.words(streams.key(truth.seed, "risk.hotlist.check"), which) >> np.uint64(32)
    passed = (kind < MISREAD) | (looks >= np.uint64(streams.threshold(CHECKED)))
    wanted = hot.local.right(truth.lives.plates.of_vehicles(vehicle), rows.time.astype(np.int64))
    crowd = truth.lives.population.n_vehicles
    if len(chosen) < len(groups):
        crowd = round(crowd * len(chosen) / len(groups))  # whom a sample of the groups with alerts stands for
    return _rates(alerts, kind, passed, vehicle, wanted, crowd)


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


def _really_read(
    view: View, tables: DrawTables, listed: Listed, groups: NDArray[np.int64], rows: Rows
) -> NDArray[np.int64]:
    """Return the vehicle that each alert really met, by drawing the alerts' groups of plates again; int64[a].

    Raises ScenarioError where other alerts are drawn than were found in the store.
    """
    may = np.zeros(view.public.n_plates, np.bool_)
    may[listed.local.plate] = may[listed.other.plate] = True
    found, who = [], [np.empty(0, np.int64)]
    for first, last in stretches(groups):
        for block, vehicle in draw_groups(tables, first, last):
            seen = np.flatnonzero(view.visible[block.site] & (block.time < view.now_s) & may[block.plate])
            drawn = _taken(block, seen)
            alerting = _alerting(drawn, may, listed, view.public.sites.uid)
            found.append(_taken(drawn, alerting))
            who.append(vehicle[seen[alerting]].astype(np.int64))
    again = joined(found)
    order = [np.lexsort((some.site, some.time, some.plate)) for some in (rows, again)]
    if not all(np.array_equal(a[order[0]], b[order[1]]) for a, b in zip(rows, again, strict=True)):
        raise ScenarioError("RUN", "the alerts of its own scenario", "others", "the run was altered: plateprint verify")
    really = np.empty(len(rows.plate), np.int64)
    really[order[0]] = np.concatenate(who)[order[1]]
    return really


def _rates(
    alerts: Alerts, kind: NDArray[np.int64], passed: NDArray[np.bool_], vehicle: NDArray[np.int64],
    wanted: NDArray[np.bool_], crowd: int,
) -> Rates:  # fmt: skip
    """Lay out the scores; a share of nothing is no number. kind, passed, vehicle, wanted : of each alert scored."""
    raised, scored = len(alerts.rows.plate), len(kind)
    note = "" if scored == raised else f"{scored:,} of {raised:,} alerts"
    rows: list[Rate] = []

    def add(name: str, of: str, n: int, found: Interval, unit: str = "share", times: float = 1.0) -> None:
        value, low, high = (None if x is None else x * times for x in found)
        rows.append(Rate(measure="hotlist", score=name, retention="any", setting=f"of all {of}", value=value, low=low,
                         high=high, n=n, unit=unit, note=note if n else f"no {of}"))  # fmt: skip

    add("alerts per million reads", "reads", alerts.reads, frequency(alerts.rows.plate, alerts.reads), "alerts", 1e6)
    false = kind != RIGHT
    for i, name in enumerate(KINDS):
        add(name, "alerts", scored, clustered(kind == i, vehicle))
    add("false", "alerts", scored, clustered(false, vehicle))
    add("false after a human check", "alerts acted on", int(passed.sum()), clustered(false[passed], vehicle[passed]))
    for name, some in (("", ~wanted), (" after a human check", ~wanted & passed)):
        add(f"innocent vehicles alerted on{name}", "vehicles", crowd, share(len(np.unique(vehicle[some])), crowd))
    return Rates(tuple(rows))


def clustered(hits: NDArray[np.bool_], whose: NDArray[np.int64]) -> Interval:
    """Return a share with its interval where alerts come in bunches, many on one vehicle.

    Wilson's interval at as many independent alerts as would vary as much: by the variance
    of a ratio over vehicles (Cochran 1977, Sampling Techniques, section 2.11), and where
    all alerts are alike by the evenness of the bunches.
    """
    n = len(hits)
    if n == 0:
        return None, None, None
    _, bunch = np.unique(whose, return_inverse=True)
    size, of_them = np.bincount(bunch).astype(np.float64), np.bincount(bunch, weights=hits)
    p = float(np.mean(hits))
    spread = float(np.sum((of_them - p * size) ** 2))
    independent = n * n * p * (1 - p) / spread if spread > 0 else n * n / float(np.sum(size**2))
    return _within(p, min(max(independent, 1.0), n))


def frequency(whose: NDArray[np.uint32], n: int) -> Interval:
    """Return how often alerts happen in n reads, where they come in bunches; whose : uint32[alerts]."""
    if n == 0:
        return None, None, None
    size = np.unique(whose, return_counts=True)[1].astype(np.float64)
    bunch = float(np.sum(size**2) / np.sum(size)) if len(size) else 1.0
    return _within(len(whose) / n, n / bunch)


def _within(p: float, independent: float) -> Interval:
    """Return a share with Wilson's interval at a number of independent tries that need not be whole."""
    _, low, high = share(p * independent, independent)
    return p, None if low is None else min(low, p), None if high is None else max(high, p)


def _spans(entries: Entries) -> Spans:
    """Hide until when entries are right."""
    return Spans(plate=entries.plate, from_s=entries.right_from_s, until_s=entries.listed_until_s)


def _taken(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    return Rows(*(column[chosen] for column in rows))
