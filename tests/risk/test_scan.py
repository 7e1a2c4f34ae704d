"""The scan: pieces lose nothing, hold whole plates, and are no larger than they must be."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from views import look

from simulate.engines.threads import Threads
from simulate.risk.exposure import Exposure
from simulate.risk.measures import measure
from simulate.risk.scan import pieces, scan
from simulate.risk.unicity import Unicity
from simulate.sightings.store import Rows


def blocks_of(plates, cuts):
    """Return rows of plates, each row told from all others, cut into blocks."""
    table = np.sort(np.array(plates, np.uint32))
    order = np.arange(len(table), dtype=np.uint32)
    ends = [0, *sorted(min(cut, len(table)) for cut in cuts), len(table)]
    return [Rows(*(column[a:b] for column in (table, order, order))) for a, b in pairwise(ends)]


@settings(deadline=None)
@given(
    plates=st.lists(st.integers(0, 12), max_size=80), cuts=st.lists(st.integers(0, 80), max_size=6),
    size=st.integers(1, 30),
)  # fmt: skip
def test_pieces_are_the_rows_with_whole_plates_and_no_larger_than_they_must_be(plates, cuts, size):
    blocks = blocks_of(plates, cuts)
    found = list(pieces(blocks, size))
    for whole, cut in zip(zip(*blocks, strict=True), zip(*found, strict=True), strict=False):
        assert np.array_equal(np.concatenate(whole), np.concatenate(cut))
    assert sum(len(piece.plate) for piece in found) == len(plates)
    seen = [set(piece.plate.tolist()) for piece in found]
    assert all(seen)
    assert sum(map(len, seen)) == len(set(plates))
    assert all(len(piece.plate) <= size or len(plates) == 1 for piece, plates in zip(found, seen, strict=True))


def test_progress_counts_shards_and_rows(town):
    told = []
    view = look(town, n_shards=3)
    measure(view, ["stock"], workers=2, progress=lambda *now: told.append(now))
    assert [done for done, _, _ in told] == [1, 2, 3]
    assert {shards for _, shards, _ in told} == {3}
    rows = measure(view, ["stock"]).where(score="sightings_on_file").rows
    assert told[-1][2] == rows[0].n == sum(row.value for row in rows)


def test_only_the_total_of_the_shards_is_kept(town):
    class Watched(Exposure):
        most = 0

        def add(self, tallies):
            some = list(tallies)
            Watched.most = max(Watched.most, len(some))
            return super().add(some)

    one, view = Watched(), look(town, n_shards=6)
    known = {"exposure": one.ask(view, 5)}
    assert scan(view, [one], known, engine=Threads(1))["exposure"]
    assert Watched.most == 2


def test_the_states_of_shards_are_merged_as_they_come(town):
    class Watched(Unicity):
        given: ClassVar[list[int]] = []

        def merge(self, states):
            some = list(states)
            Watched.given.append(len(some))
            return super().merge(some)

    view, watched = look(town, n_shards=5), Watched()
    scan(view, [watched], {"unicity": watched.ask(view, 20)}, engine=Threads(2))
    assert Watched.given == [1, 2, 2, 2, 2]
