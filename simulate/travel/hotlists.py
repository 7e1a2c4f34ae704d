"""Hot lists: plates wanted by a system, the time of each entry, and whether its reason still holds.

A vehicle is wanted now and then, at a constant rate; its entry stays on the list for a
while after the reason has gone (a car found, a warrant served). Other states' entries
share their texts with plates of this run: a reader of the text and not the state
confuses the two. Times are seconds from the scenario's first midnight; they begin
before the scenario does, so its first day is like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.draws import LOW32
from simulate.mapped import pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.scenario import Scenario
    from simulate.travel.life import Lives

KNOTS = 1024
"""Segments of the piecewise linear quantile function of a duration."""
LONGEST_S = 2.0**40
"""35,000 years: longer than any duration here, and short enough for 64-bit arithmetic."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entries:
    """Entries of a list, sorted by plate and by the time they begin; n entries."""

    plate: NDArray[np.int64]
    """int64[n]; plate with the listed text, by its stored number."""
    right_from_s: NDArray[np.int64]
    """int64[n]; time of the entry."""
    right_until_s: NDArray[np.int64]
    """int64[n]; end of its reason."""
    listed_until_s: NDArray[np.int64]
    """int64[n]; time of its removal; from right_until_s on it is stale."""

    def right(self, plate: NDArray[np.int64], time_s: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each plate is rightly listed at its time; bool[k]."""
        return covered(self.plate, self.right_from_s, self.right_until_s, plate, time_s)

    def listed(self, plate: NDArray[np.int64], time_s: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each plate is listed at its time, rightly or not; bool[k]."""
        return covered(self.plate, self.right_from_s, self.listed_until_s, plate, time_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """Reads with a wrong state, or none; not stored, so drawn again on demand."""

    key: np.uint64
    below: int
    """Threshold of a 32-bit draw."""

    def unsure(self, plate: NDArray[np.int64], time_s: NDArray[np.int64], uid: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return the mask of such reads; bool[k]. plate, time_s : int64[k]; uid : uint64[k], of their sites."""
        when = streams.bits64(self.key, plate.astype(np.uint64) << np.uint64(32) | time_s.astype(np.uint64))
        return (streams.bits64(self.key, when ^ uid, 1) & LOW32) < np.uint64(self.below)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HotList:
    """The entries of a system's hot list, and how well its reads identify the state."""

    local: Entries
    """Plates of the run's vehicles."""
    other: Entries
    """Other states' plates with the text of a plate of the run, held or not."""
    states: States


def hot_list(scenario: Scenario, lives: Lives) -> HotList:
    """Return every entry listed at any time of a scenario; a pure function of its arguments.

    Each vehicle is wanted and not wanted in turns of exponential length, begun in the
    long run's shares, so the scenario's share of them is rightly listed at any one time.
    Other states' entries fill a fixed number of places, stated per vehicle rightly listed;
    each place is filled anew at the end of its reason, with the text of any plate of the
    run, unheld ones included.
    """
    rules, seed = scenario.settings.hotlist, scenario.seed
    vehicles, plates = lives.population.n_vehicles, lives.plates
    until_s = lives.calendar.days * DAY_S + DAY_START_S
    lengths = (rules.listed_days, rules.stale_days)
    vehicle, _, times = _spells(seed, "hotlist", vehicles, rules.wanted, *lengths, until_s)
    places = round(rules.other_states * rules.wanted * vehicles)
    place, ordinal, other_times = _spells(seed, "hotlist.other", places, 1.0, *lengths, until_s)
    text = streams.bits64(streams.key(seed, "hotlist.other.text"), place.astype(np.uint64) << np.uint64(32) | ordinal)
    return HotList(
        local=_entries(plates.of_vehicles(vehicle), times),
        other=_entries((text % np.uint64(plates.n)).astype(np.int64), other_times),
        states=States(
            key=streams.key(seed, "hotlist.state"), below=streams.threshold(scenario.settings.readers.wrong_state)
        ),
    )


def covered(
    listed: NDArray[np.int64], from_s: NDArray[np.int64], until_s: NDArray[np.int64],
    plate: NDArray[np.int64], time_s: NDArray[np.int64],
) -> NDArray[np.bool_]:  # fmt: skip
    """Return whether any span of each plate covers the time given; bool[k].

    listed : int64[n], the plate of each span, sorted; from_s, until_s : int64[n];
    plate, time_s : int64[k].
    """
    first = np.searchsorted(listed, plate)
    n = np.searchsorted(listed, plate, side="right") - first
    query = np.repeat(np.arange(len(plate)), n)
    span = np.arange(len(query)) + np.repeat(first - np.cumsum(n) + n, n)
    covers = (from_s[span] <= time_s[query]) & (time_s[query] < until_s[span])
    return np.bincount(query[covers], minlength=len(plate)) > 0


def length_table(mean_days: float) -> NDArray[np.int64]:
    """Return the quantiles of an exponential length of time, in seconds; int64[KNOTS + 1].

    Linear in between. The last lies so far out as to keep the mean of the longest lengths:
    an exponential law has no memory.
    """
    u = np.arange(KNOTS) / KNOTS
    quantiles = np.append(-np.log1p(-u), np.log(KNOTS) + 2)
    return np.rint(np.minimum(quantiles * mean_days * DAY_S, LONGEST_S)).astype(np.int64)


def _spells(
    seed: int, name: str, n: int, share: float, right_days: float, stale_days: float, until_s: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    """Draw the entries of n vehicles, or of n places of a list, up to a time.

    Returns the vehicle or place of each entry, int64[e]; its ordinal, uint64[e]; and the times
    of its begin, of the end of its reason and of its removal, int64[3, e].
    """
    keys = [streams.key(seed, f"{name}.{part}") for part in ("first", "gap", "right", "stale")]
    gap = length_table(right_days * (1 - share) / share if share > 0 else 0.0)
    right, stale = length_table(right_days), length_table(stale_days)
    batches: list[tuple[NDArray[np.int64], ...]] = []
    for batch in pieces(n if share > 0 else 0):
        entity = np.arange(batch.start, batch.stop)
        at = np.full(len(entity), DAY_START_S - stale[-1])  # entries removed before the scenario begins
        wanted = (streams.bits64(keys[0], entity) >> np.uint64(32)) < np.uint64(streams.threshold(share))
        ordinal = 0
        while len(entity):
            starts = at + np.where(wanted, 0, _length(gap, streams.bits64(keys[1], entity, ordinal)))
            in_time = starts < until_s
            entity, starts = entity[in_time], starts[in_time]
            ends = starts + np.maximum(_length(right, streams.bits64(keys[2], entity, ordinal)), 1)
            off = ends + _length(stale, streams.bits64(keys[3], entity, ordinal))
            meets = off > DAY_START_S
            batches.append(tuple(row[meets] for row in (entity, np.full(len(entity), ordinal), starts, ends, off)))
            at, wanted = ends, np.zeros(len(entity), np.bool_)
            ordinal += 1
    whose, nth, *times = (np.concatenate([np.empty(0, np.int64), *(batch[i] for batch in batches)]) for i in range(5))
    return whose, nth.astype(np.uint64), np.stack(times)


def _length(table: NDArray[np.int64], words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Pick a length of time by a word; int64[n] seconds. Ten bits pick the piece, 22 the point on its line."""
    piece = (words >> np.uint64(54)).astype(np.int64)
    along = (words & np.uint64((1 << 22) - 1)).astype(np.int64)
    return table[piece] + ((table[piece + 1] - table[piece]) * along >> 22)


def _entries(plate: NDArray[np.int64], times: NDArray[np.int64]) -> Entries:
    """Sort entries by plate, then by time."""
    order = np.lexsort((times[2], times[1], times[0], plate))
    begins, ends, off = times[:, order]
    return Entries(plate=plate[order], right_from_s=begins, right_until_s=ends, listed_until_s=off)
