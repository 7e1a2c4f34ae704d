"""The sieve, slow and readable: a column at a time, a case at a time, with the order of events spelt out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.policy.sieve import REASONS, Marks
from simulate.policy.terms import FOREVER, UNSTATED, WEEK_HOURS
from simulate.travel.hotlists import covered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms
    from simulate.sightings.store import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlowSieve:
    """The same terms, asked of whole columns."""

    setting: Setting
    terms: tuple[Terms, ...]
    now_s: tuple[int, ...]
    """Query date of each case, seconds from the scenario's first midnight."""

    def marks(self, rows: Rows) -> Marks:
        """Mark a block of rows for every case."""
        reasons, alerted = zip(*(self._case(c, rows) for c in range(len(self.terms))), strict=True)
        return Marks(
            collected=_bits([reason >= REASONS.index("not stored") for reason in _kept_first(reasons)]),
            alerted=_bits(alerted),
            on_file=_bits([reason == 0 for reason in reasons]),
        )

    def reasons(self, rows: Rows) -> NDArray[np.int64]:
        """Count what becomes of a block of rows; int64[cases, reasons], each row sums to the number of reads."""
        found = [np.bincount(self._case(c, rows)[0], minlength=len(REASONS)) for c in range(len(self.terms))]
        return np.array(found, np.int64).reshape(len(self.terms), len(REASONS))

    def _case(self, c: int, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the reason of each read in one case and whether it raised an alert; int64[n], bool[n]."""
        terms, now_s, sites = self.terms[c], self.now_s[c], self.setting.sites
        plate, site, time = (column.astype(np.int64) for column in rows)
        holder = sites.owner[site].astype(np.int64)
        hour = (self.setting.start.weekday() * 24 + time // 3600) % WEEK_HOURS
        reach, before = terms.reach[holder], time < now_s
        on = terms.collects[site] & terms.hours[site, hour]
        hit = reach & before & on & terms.subscribes[holder] & self._listed(rows)
        limit = np.where(hit, _or_else(terms.keep_hit_s, terms.keep_miss_s)[holder], terms.keep_miss_s[holder])
        limit = np.where((limit == UNSTATED) | ~terms.deletes[holder], FOREVER, limit)
        expiry = _held(terms, plate, time + limit)
        age = now_s - time
        faults = (
            ("not in reach", ~reach),
            ("after the date", ~before),
            ("reader off", ~on),
            ("not stored", ~(terms.stores_misses[holder] | hit)),
            ("expired", expiry < now_s),
            ("beyond look-back", age > (FOREVER if terms.look_back_s == UNSTATED else terms.look_back_s)),
            ("too fresh", age < max(terms.delay_s, 0)),
        )
        reason = np.zeros(len(plate), np.int64)
        for name, applies in reversed(faults):
            reason[applies] = REASONS.index(name)
        return reason, hit

    def _listed(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which reads meet the hot list; bool[n]."""
        hot = self.setting.hotlist
        plate, time = rows.plate.astype(np.int64), rows.time.astype(np.int64)
        local = hot.local.listed(plate, time)
        other = covered(hot.other.plate, hot.other.right_from_s, hot.other.listed_until_s, plate, time)
        other[other] = hot.states.unsure(plate[other], time[other], self.setting.sites.uid[rows.site[other]])
        return local | other


def _kept_first(reasons: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return the reasons with that to be on file after all others."""
    return [np.where(reason == 0, len(REASONS), reason) for reason in reasons]


def _or_else(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(first == UNSTATED, second, first)


def _held(terms: Terms, plate: NDArray[np.int64], expiry: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put the expiry of reads off by holds, in the order in which these begin; int64[n]."""
    for held, begin, end in zip(terms.hold_plate, terms.hold_begin_s, terms.hold_end_s, strict=True):
        caught = (plate == held) & (begin <= expiry)
        expiry = np.where(caught, np.maximum(expiry, end), expiry)
    return expiry


def _bits(flags: Sequence[NDArray[np.bool_]]) -> NDArray[np.uint64]:
    """Pack the flags of each case into one word a read; uint64[n]."""
    total = np.zeros(len(flags[0]), np.uint64)
    for c, flag in enumerate(flags):
        total |= flag.astype(np.uint64) << np.uint64(c)
    return total
