"""The sieve: the outcome of each read; the order of events is defined here alone.

A read is collected if its reader is on and allowed there and then; it may raise an alert, before
storage; its holder stores it; it expires at its age limit, or with the last hold begun before
that expiry; and an observer sees it if a holder in reach still has it, within look-back and
delay. Times and places may then be coarse, and plates be pseudonyms.

Terms are converted to look-up tables here; `kernels/sieve.py` applies them to each read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulate.kernels.sieve import SieveTables, count_reasons, mark_rows
from simulate.policy.terms import FOREVER, UNSTATED, WEEK_HOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms
    from simulate.sightings.store import Rows
    from simulate.travel.hotlists import Entries

MOST_CASES = 64
REASONS = (
    "on file", "not in reach", "after the date", "reader off", "not stored", "expired", "beyond look-back", "too fresh",
)  # fmt: skip
"""Outcomes of a read in one case, the first reason to apply; in the kernel's order."""
SLICES = 256
"""Number of slices of time for finding a first segment."""
LAST_S = 2**33
"""Upper bound of the times of rows, in seconds."""


class Marks(NamedTuple):
    """Bits beside each read, bit c for case c; n reads."""

    collected: NDArray[np.uint64]
    alerted: NDArray[np.uint64]
    on_file: NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sieve:
    """The terms of up to 64 cases of one run, as look-up tables."""

    setting: Setting
    terms: tuple[Terms, ...]
    now_s: tuple[int, ...]
    """Query date of each case, seconds from the scenario's first midnight."""
    tables: SieveTables = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", _tables(self.setting, self.terms, np.array(self.now_s, np.int64)))

    def marks(self, rows: Rows) -> Marks:
        """Return the bits of every case beside a block of rows."""
        marks = Marks(*(np.empty(len(rows.plate), np.uint64) for _ in Marks._fields))
        mark_rows(self.tables, *rows, *marks)
        return marks

    def reasons(self, rows: Rows) -> NDArray[np.int64]:
        """Count the outcomes of a block of rows; int64[cases, reasons], each row sums to the number of reads."""
        counts = np.zeros((len(self.terms), len(REASONS)), np.int64)
        count_reasons(self.tables, *rows, counts)
        return counts


def _tables(setting: Setting, terms: Sequence[Terms], now: NDArray[np.int64]) -> SieveTables:
    """Convert terms to look-up tables; now : int64[c]."""
    sites, hot = setting.sites, setting.hotlist
    holder = sites.owner.astype(np.int64)
    limits, kind = _kinds(terms)
    miss, hit, stores, subscribes = limits  # int64[4, c, k]
    reach = _bits([one.reach[holder] for one in terms])
    hours_of, hours = _hours(terms, sites.n)
    oldest = now - np.array([FOREVER if one.look_back_s == UNSTATED else one.look_back_s for one in terms])
    newest = now - np.array([max(one.delay_s, 0) for one in terms])
    bound, words = _segments(limits, now, oldest, newest)
    shift = max(int(bound[bound < LAST_S].max()).bit_length() - (SLICES - 1).bit_length(), 0)
    begins = np.arange(SLICES) << shift
    entries = [(one.plate, one.right_from_s, one.listed_until_s) for one in (hot.local, hot.other)]
    holds = _holds(terms)
    return SieveTables(
        first_hour=setting.start.weekday() * 24,
        shift=shift,
        reach=reach,
        seen=reach & _bits([one.collects for one in terms]),
        kind=kind[holder],
        hours_of=hours_of,
        uid=sites.uid,
        hours=hours,
        slice_first=np.array([np.searchsorted(one, begins, side="right") - 1 for one in bound], np.int16),
        bound=bound,
        words=words,
        stores=_bits(list(stores.astype(np.bool_))),
        subscribes=_bits(list(subscribes.astype(np.bool_))),
        special=_special(setting.plates.n, [hot.local, hot.other], holds[0]),
        local=entries[0],
        other=entries[1],
        state_key=hot.states.key,
        state_below=np.uint64(hot.states.below),
        hold_plate=holds[0],
        hold_case=holds[1],
        hold_begin=holds[2],
        hold_end=holds[3],
        now=now,
        oldest=oldest,
        newest=newest,
        limit_miss=miss,
        limit_hit=hit,
    )


def _kinds(terms: Sequence[Terms]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Group holders with equal terms in every case.

    Returns age limits of misses and hits, and whether misses are stored and lists subscribed to,
    int64[4, c, k]; and the kind of each holder, int32[h]. Holders out of reach are all of one kind.
    """
    told = []
    for one in terms:
        miss = np.where((one.keep_miss_s == UNSTATED) | ~one.deletes, FOREVER, one.keep_miss_s)
        hit = np.where((one.keep_hit_s == UNSTATED) | ~one.deletes, miss, one.keep_hit_s)
        told.append([np.where(one.reach, column, 0) for column in (miss, hit, one.stores_misses, one.subscribes)])
    table = np.array(told, np.int64).transpose(1, 0, 2).reshape(4 * len(terms), -1)
    kinds, kind = np.unique(table, axis=1, return_inverse=True)
    return np.ascontiguousarray(kinds.reshape(4, len(terms), -1)), kind.reshape(-1).astype(np.int32)


def _segments(
    limits: NDArray[np.int64], now: NDArray[np.int64], oldest: NDArray[np.int64], newest: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Cut time at every change of bits, for each kind of holder; int64[k, b], uint64[k, b, 3].

    limits : int64[4, c, k]; now, oldest, newest : int64[c].
    """
    miss, hit, stores, _ = limits
    end = np.minimum(now, newest + 1)
    parts = []
    for k in range(limits.shape[2]):
        since = [np.clip(np.maximum(now - limit[:, k], oldest), 0, LAST_S) for limit in (miss, hit)]
        bound = np.unique(np.clip(np.concatenate([[0], now, end, *since]), 0, LAST_S))
        within = [(at[:, None] <= bound) & (bound < end[:, None]) for at in since]
        words = (bound < now[:, None], within[0] & (stores[:, k, None] > 0), within[1])
        parts.append((bound, np.stack([_bits(list(word)) for word in words], axis=1)))
    size = max(len(bound) for bound, _ in parts)
    bounds, bits = np.full((len(parts), size), FOREVER), np.zeros((len(parts), size, 3), np.uint64)
    for k, (bound, words_of) in enumerate(parts):
        bounds[k, : len(bound)], bits[k, : len(bound)] = bound, words_of
    return bounds, bits


def _hours(terms: Sequence[Terms], s: int) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Group sites with equal permitted hours in every case; int32[s], uint64[rows, 168].

    Row 0 is every hour of every case.
    """
    rows, row_of = np.full((1, WEEK_HOURS), _all(len(terms))), np.zeros(s, np.int64)
    for c, one in enumerate(terms):
        if one.hours.all():
            continue
        patterns, pattern_of = np.unique(one.hours, axis=0, return_inverse=True)
        pairs, pair_of = np.unique(row_of * len(patterns) + pattern_of.reshape(-1), return_inverse=True)
        forbidden = (~patterns).astype(np.uint64) << np.uint64(c)
        found = rows[pairs // len(patterns)] & ~forbidden[pairs % len(patterns)]
        rows, row_of = np.concatenate([rows[:1], found]), pair_of + 1
    row_of[(rows[row_of] == rows[0]).all(axis=1)] = 0
    return row_of.astype(np.int32), np.ascontiguousarray(rows)


def _holds(terms: Sequence[Terms]) -> NDArray[np.int64]:
    """Return the holds of all cases as plate, case, begin and end, sorted by these; int64[4, m]."""
    parts = [
        np.stack([one.hold_plate, np.full(len(one.hold_plate), c), one.hold_begin_s, one.hold_end_s])
        for c, one in enumerate(terms)
    ]
    holds = np.concatenate(parts, axis=1).astype(np.int64)
    return np.ascontiguousarray(holds[:, np.lexsort(holds[::-1])])


def _special(n: int, lists: Sequence[Entries], held: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Set a bit for each plate named by a list or a hold; uint8[n / 8]."""
    named = np.zeros(n, np.bool_)
    for plates in (*(entries.plate for entries in lists), held):
        named[plates] = True
    return np.packbits(named, bitorder="little")


def _all(cases: int) -> np.uint64:
    """Return a word with the bit of every case."""
    return np.uint64((1 << cases) - 1)


def _bits(flags: Sequence[NDArray[np.bool_]]) -> NDArray[np.uint64]:
    """Pack the flags of each case into words; uint64[n]."""
    total = np.zeros(len(flags[0]), np.uint64)
    for c, flag in enumerate(flags):
        total |= flag.astype(np.uint64) << np.uint64(c)
    return total
