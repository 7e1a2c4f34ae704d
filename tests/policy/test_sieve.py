"""The compiled sieve against its twin, over random terms, rows, lists and holds."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_sieve import SlowSieve
from views import MONDAY, by_hand, table_of

from simulate.kernels.sieve import AFTER, EXPIRED, NOT_STORED, OFF, ON_FILE, OUT_OF_REACH, TOO_FRESH, TOO_OLD
from simulate.policy.sieve import MOST_CASES, REASONS, Sieve
from simulate.policy.terms import FOREVER, UNSTATED, plain_terms
from simulate.sightings.store import Rows
from simulate.travel.hotlists import Entries, HotList, States

HOUR, LAST = 3600, 40 * 3600
PLATES, SITES, HOLDERS = 12, 5, 3


def entries_of(rng, n):
    """Draw entries of a hot list."""
    order = np.sort(rng.integers(0, PLATES, n))
    begin = rng.integers(-5 * HOUR, LAST, n)
    return Entries(
        plate=order, right_from_s=begin, right_until_s=begin, listed_until_s=begin + rng.integers(1, LAST, n)
    )


def setting_of(rng):
    """Draw a setting whose sites belong to three holders."""
    plain = by_hand([], vehicles=PLATES, readers=SITES).sieve.setting
    sites = replace(
        plain.sites,
        owner=rng.integers(0, HOLDERS, SITES).astype(np.int16),
        uid=rng.integers(0, 2**63, SITES, np.uint64),
    )
    hot = HotList(
        local=entries_of(rng, int(rng.integers(0, 6))),
        other=entries_of(rng, int(rng.integers(0, 6))),
        states=States(key=np.uint64(5), below=2**31),
    )
    return replace(plain, sites=sites, owners=SimpleNamespace(n=HOLDERS), hotlist=hot, start=MONDAY)


def terms_of(rng, setting):
    """Draw terms: each field plain, or anything at all."""
    plain = plain_terms(setting, rng.random(HOLDERS) < 0.8)
    held = np.sort(rng.integers(0, PLATES, int(rng.integers(0, 5))))
    begin = rng.integers(-5 * HOUR, LAST, len(held))
    order = np.lexsort((begin, held))
    limits = np.array([UNSTATED, FOREVER, 1, 5 * HOUR, 20 * HOUR])
    drawn = {
        "collects": rng.random(SITES) < 0.8,
        "hours": rng.random((SITES, 168)) < 0.7,
        "stores_misses": rng.random(HOLDERS) < 0.6,
        "subscribes": rng.random(HOLDERS) < 0.8,
        "keep_miss_s": rng.choice(limits, HOLDERS),
        "keep_hit_s": rng.choice(limits, HOLDERS),
        "deletes": rng.random(HOLDERS) < 0.7,
        "look_back_s": int(rng.choice([UNSTATED, 1, 7 * HOUR])),
        "delay_s": int(rng.choice([UNSTATED, 1, 3 * HOUR])),
    }
    chosen = {name: value for name, value in drawn.items() if rng.random() < 0.5}
    holds = {
        "hold_plate": held[order], "hold_begin_s": begin[order],
        "hold_end_s": begin[order] + rng.integers(1, LAST, len(held)),
    }  # fmt: skip
    return replace(plain, **chosen, **(holds if rng.random() < 0.6 else {}))


def rows_of(rng, n=120):
    """Draw rows, many of them at the seconds at which something may change."""
    times = np.concatenate([rng.integers(0, LAST + HOUR, n), np.arange(0, LAST, 5 * HOUR), [LAST - 1, LAST]])
    who, where = rng.integers(0, PLATES, len(times)), rng.integers(0, SITES, len(times))
    table = table_of(list(zip(who.tolist(), times.tolist(), where.tolist(), strict=True)))
    return Rows(*(table[:, i].astype(np.uint32) for i in (0, 2, 1)))


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32 - 1), cases=st.sampled_from([1, 2, 7, MOST_CASES]))
def test_the_compiled_sieve_marks_as_its_twin_does(seed, cases):
    rng = np.random.default_rng(seed)
    setting, rows = setting_of(rng), rows_of(rng)
    terms = tuple(terms_of(rng, setting) for _ in range(cases))
    now = tuple(rng.choice([LAST, LAST - 5 * HOUR, 20 * HOUR], cases).tolist())
    asked = {"setting": setting, "terms": terms, "now_s": now}
    fast, slow = Sieve(**asked), SlowSieve(**asked)
    for name, mine, other in zip(("collected", "alerted", "on_file"), fast.marks(rows), slow.marks(rows), strict=True):
        assert np.array_equal(mine, other), name
    assert np.array_equal(fast.reasons(rows), slow.reasons(rows))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_reasons_agree_with_marks(seed):
    rng = np.random.default_rng(seed)
    setting, rows = setting_of(rng), rows_of(rng)
    sieve = Sieve(setting=setting, terms=tuple(terms_of(rng, setting) for _ in range(5)), now_s=(LAST,) * 5)
    marks, reasons = sieve.marks(rows), sieve.reasons(rows)
    assert (reasons.sum(axis=1) == len(rows.plate)).all()
    for c in range(5):
        assert reasons[c, ON_FILE] == np.count_nonzero(marks.on_file >> np.uint64(c) & np.uint64(1))
        lost = reasons[c, [OUT_OF_REACH, AFTER, OFF]].sum()
        assert len(rows.plate) - lost == np.count_nonzero(marks.collected >> np.uint64(c) & np.uint64(1))


def test_the_random_rows_meet_every_reason():
    rng = np.random.default_rng(1)
    setting = setting_of(rng)
    terms = tuple(terms_of(rng, setting) for _ in range(MOST_CASES))
    sieve = Sieve(setting=setting, terms=terms, now_s=(LAST,) * (MOST_CASES - 1) + (20 * HOUR,))
    assert (sieve.reasons(rows_of(rng, 1000)).sum(axis=0) > 0).all()
    assert sieve.marks(rows_of(rng, 1000)).alerted.any()


def test_reasons_are_called_as_the_kernel_numbers_them():
    names = {ON_FILE: "on file", OUT_OF_REACH: "not in reach", AFTER: "after the date", OFF: "reader off",
             NOT_STORED: "not stored", EXPIRED: "expired", TOO_OLD: "beyond look-back", TOO_FRESH: "too fresh",
             }  # fmt: skip
    assert dict(enumerate(REASONS)) == names
