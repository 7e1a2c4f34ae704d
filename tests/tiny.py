# ruff: noqa: ARG002 - a measure this small needs no more than its counts
"""A tiny measure for tests of what is done with results: how many vehicles were seen, and how often."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from simulate.kernels.plates import GROUP
from simulate.risk.cards import AttackerCard
from simulate.risk.measure import Measure
from simulate.risk.measures import MEASURES
from simulate.risk.results import NOT_REACHED, Result
from simulate.risk.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

CARD = AttackerCard(
    question="Who was seen?", knows="nothing", roads="nothing", targets="all vehicles", counts_as_success="a sighting",
    baseline="none",
)  # fmt: skip


class Tiny(Measure):
    """Count sightings of each plate."""

    name = "tiny"
    scope = "plate"
    scores = (
        Score(name="seen", title="Seen", sentence="vehicles are seen", of="vehicles", role="headline", group="seen"),
        Score(name="mean_sightings", title="Sightings", sentence="sightings of a vehicle, the mean", of="vehicles",
              unit="sightings", role="panel"),
        Score(name="seen_often", title="Seen often", sentence="vehicles are seen {detail} and more", of="vehicles",
              detail="{unicity_points} times", role="headline", group="seen", remark="An upper end."),
        Score(name="never", title="Never", sentence="vehicles are never seen", of="vehicles", role="main"),
        Score(name="most", title="Most", sentence="sightings of one vehicle, at most", of="vehicles", unit="sightings"),
    )  # fmt: skip

    def card(self, asked):
        return CARD

    def start(self, sight, known, span):
        return span.first * GROUP, np.zeros((len(sight.cases), (span.last - span.first) * GROUP), np.int64)

    def update(self, state, block):
        first, counts = state
        for case in range(len(counts)):
            here = (block.on_file >> np.uint64(case)) & np.uint64(1) == 1
            counts[case] += np.bincount(block.plate[here] - first, minlength=counts.shape[1])

    def guess(self, sight, known, state):
        return state[1]

    def tally(self, truth, sight, known, guesses):
        few = sight.asked.unicity_points
        return [(int((n > 0).sum()), int((n >= few).sum()), int(n.sum()), int(n.max(initial=0))) for n in guesses]

    def add(self, tallies):
        return [
            (*(sum(column) for column in list(zip(*rows, strict=True))[:3]), max(row[3] for row in rows))
            for rows in zip(*tallies, strict=True)
        ]

    def results(self, sight, tally):
        n = sight.public.n_plates
        rows = []
        for case, (seen, often, total, most) in zip(sight.cases, tally, strict=True):
            values = {
                "seen": seen / n, "mean_sightings": total / n, "seen_often": often / n, "never": 1 - seen / n,
                "most": float(most),
            }  # fmt: skip
            rows += [
                Result(
                    case=case.name, measure=self.name, score=score.name, detail=score.asked(sight.asked), n=n,
                    value=values[score.name] if case.reached else None, unit=score.unit,
                    note="" if case.reached else NOT_REACHED,
                )
                for score in self.scores
                if case.reached or score.role != "full"
            ]  # fmt: skip
        return rows


@contextmanager
def registered(measure: Measure | None = None) -> Iterator[None]:
    """Have a measure known by its name for a while."""
    measure = measure or Tiny()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MEASURES, measure.name, measure)
        yield
