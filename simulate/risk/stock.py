"""The stock: number of sightings on file, by kind and state of the collecting owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.counting import count_by_group
from simulate.risk.cards import AttackerCard
from simulate.risk.measure import Measure
from simulate.risk.results import Result
from simulate.risk.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight, Sight
    from simulate.policy.view import Truth
    from simulate.risk.measure import Block, Span
    from simulate.scenario.schema.settings import Measuring
    from simulate.world.owners import Owners


@dataclass(slots=True, kw_only=True, eq=False)
class Counting:
    """Sightings counted so far; g holdings, w cases, s sites."""

    group: NDArray[np.int64]
    """int64[s]; holding of each site."""
    total: NDArray[np.int64]
    """int64[g, w]"""


class Stock(Measure):
    """Sightings on file by kind and state of the collecting owner, ghosts and misreads included."""

    name = "stock"
    scope = "plate"
    recoded = False
    scores = (
        Score(name="sightings_on_file", title="Sightings on file", of="sightings on file", unit="sightings",
              role="main", sentence="sightings are on file that {detail} readers made"),
        Score(name="readers_in_use", title="Readers in use", of="readers, gates and zones that a unit scans",
              unit="sites", worse="neither", sentence="readers, gates and scanned zones of {detail} are in sight"),
        Score(name="agencies", title="Agencies", of="agencies that the observer sees readers of", unit="agencies",
              worse="neither", sentence="agencies of {detail} have a reader or scan a zone"),
    )  # fmt: skip

    def card(self, asked: Measuring) -> AttackerCard:
        """Return the description of the count."""
        del asked
        return AttackerCard(
            question="Who collected the sightings that are on file?",
            knows="nothing: this counts what is on file",
            roads="nothing",
            targets="every sighting on file, those of visitors and of misread plates too",
            counts_as_success="not an attack",
            baseline="none",
        )

    def start(self, sight: Sight, known: None, span: Span) -> Counting:
        """Return counts of zero."""
        del known, span
        owners = sight.public.owners
        names = holdings(owners)
        of_owner = np.array([names.index(name) for name in zip(owners.kind, owners.state, strict=True)], np.int64)
        group = of_owner[sight.public.sites.owner]
        return Counting(group=group, total=np.zeros((len(names), len(sight.cases)), np.int64))

    def update(self, state: Counting, block: Block) -> None:
        """Count the rows of a block."""
        count_by_group(block.site, block.on_file, state.group, state.total)

    def guess(self, sight: Sight, known: None, state: Counting) -> NDArray[np.int64]:
        """Return the counts."""
        del sight, known
        return state.total

    def tally(self, truth: Truth, sight: Sight, known: None, guesses: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the counts: there is no truth to compare them with."""
        del truth, sight, known
        return guesses

    def add(self, tallies: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Return the sum of counts."""
        return np.asarray(sum(tallies), np.int64)

    def results(self, sight: Sight, tally: NDArray[np.int64]) -> list[Result]:
        """Return the holdings of every case, the largest first; `n` is the total on file, or in sight."""
        rows: list[Result] = []
        for c, case in enumerate(sight.cases):
            rows += self._rows(sight, case, tally[:, c]) if case.reached else self.not_reached(case, sight.asked)
        return rows

    def _rows(self, sight: Sight, case: CaseSight, total: NDArray[np.int64]) -> list[Result]:
        sites, owners = sight.public.sites, sight.public.owners
        used, names = case.visible & sites.used, holdings(owners)
        of_site = [names.index(name) for name in zip(owners.kind, owners.state, strict=True)]
        group = np.array(of_site, np.int64)[sites.owner]
        holding = []
        for g in np.argsort(-total, kind="stable"):
            bodies = np.unique(sites.owner[used & (group == g)])
            if len(bodies):
                agencies = int((owners.agency[bodies] > 0).sum())
                holding.append((label(*names[g]), int(total[g]), int((used & (group == g)).sum()), agencies))
        sums = [sum(column) for column in list(zip(*holding, strict=True))[1:]] if holding else [0, 0, 0]
        return [
            Result(case=case.name, measure=self.name, score=score.name, detail=name, value=float(counts[i]), n=sums[i],
                   unit=score.unit)
            for name, *counts in holding for i, score in enumerate(self.scores)
        ]  # fmt: skip


def holdings(owners: Owners) -> list[tuple[str, str]]:
    """List the distinct kinds and states of owners, in their order."""
    return list(dict.fromkeys(zip(owners.kind, owners.state, strict=True)))


def label(kind: str, state: str) -> str:
    """Return the name of a holding: "police, NY", or "police" on a map without states."""
    return f"{kind}, {state}" if state else kind
