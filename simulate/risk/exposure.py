"""Exposure: frequency and spread of sightings of vehicles, by neighbourhood, and the share of lives on file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.kernels.counting import FIELDS, count_plates
from simulate.risk.cards import AttackerCard
from simulate.risk.exposed import Counted, expose, rows_of, together
from simulate.risk.measure import Measure
from simulate.risk.score import Score
from simulate.risk.targets import LIVING, targets_of_cases
from simulate.risk.traces import Marked
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from simulate.policy.sight import Sight
    from simulate.policy.view import Truth, View
    from simulate.risk.exposed import Asked, Exposed
    from simulate.risk.measure import Block, Span
    from simulate.risk.results import Result
    from simulate.scenario.schema.settings import Measuring

ENTRIES = 1 << 15
"""Entries written per call of the counting kernel."""
DRAWN = "vehicles drawn among those that live here"


@dataclass(slots=True, kw_only=True, eq=False)
class Counting:
    """Counts of one shard so far; w cases, s sites."""

    span: Span
    asked: NDArray[np.uint32]
    """uint32[k]; plates with rows to keep, sorted."""
    counts: NDArray[np.uint32]
    """uint32[w, FIELDS]; work array of the kernel."""
    known: NDArray[np.uint64]
    """uint64[s, 2]; work array of the kernel."""
    turn: np.uint64
    entries: list[tuple[NDArray[np.uint32], NDArray[np.uint64], NDArray[np.uint32]]]
    """Plates, cases and counts from `count_plates`."""
    kept: list[tuple[Rows, NDArray[np.uint64]]]
    """Rows of the traced plates, with their bits."""


class Exposure(Measure):
    """Counts of rows on file, for every vehicle living on the map, seen or not."""

    name = "exposure"
    scope = "plate"
    recoded = False
    scores = (
        Score(name="never_seen", title="Never seen", sentence="vehicles that live here are never seen", of=LIVING,
              role="headline", worse="less", turned=("Seen", "vehicles that live here are seen at least once")),
        Score(name="mean_sightings", title="Sightings", sentence="sightings of a vehicle are on file on average",
              of=LIVING, unit="sightings", role="main"),
        Score(name="mean_days", title="Days seen", sentence="days have a sighting of a vehicle, on average", of=LIVING,
              unit="days", role="main"),
        Score(name="mean_sites", title="Sites", sentence="different sites have seen a vehicle, on average", of=LIVING,
              unit="sites", role="main"),
        Score(name="sightings", title="Sightings, by rank", detail="50 %", of=LIVING, unit="sightings",
              ranks=("10 %", "50 %", "90 %", "99 %"),
              sentence="sightings or fewer are on file of {detail} of vehicles"),
        Score(name="days", title="Days seen, by rank", detail="50 %", of=LIVING, unit="days",
              sentence="days or fewer have a sighting of {detail} of vehicles"),
        Score(name="sites", title="Sites, by rank", detail="50 %", of=LIVING, unit="sites",
              sentence="sites or fewer have seen {detail} of vehicles"),
        Score(name="last_seen", title="Last seen", detail="50 %", of=LIVING, unit="days", worse="less",
              sentence="days ago or later {detail} of vehicles were last seen",
              remark="A vehicle that was never seen counts as last seen infinitely long ago."),
        Score(name="area_ratio", title="Poor areas", of=LIVING, unit="ratio", worse="neither",
              sentence="times as many sightings are on file of a vehicle from the poorest third of areas as of one"
              " from the richest"),
        Score(name="own_sightings", title="Own sightings", of=DRAWN, unit="sightings",
              sentence="sightings under a vehicle's plate were really of that vehicle, on average"),
        Score(name="misread_sightings", title="Others' sightings", of=DRAWN, unit="sightings", worse="neither",
              sentence="sightings under a vehicle's plate were of another car, misread, on average"),
        Score(name="trips_on_file", title="Trips on file", of="trips so far of vehicles drawn",
              sentence="trips left a row on file"),
        Score(name="kilometres_on_file", title="Kilometres on file",
              of="kilometres between the ends of trips so far of vehicles drawn",
              sentence="kilometres belong to trips that left a row on file"),
        Score(name="stays_on_file", title="Stays on file", of="stays of half an hour on the map of vehicles drawn",
              sentence="stays left a row of a gate or a mobile unit on file"),
        Score(name="days_away_on_file", title="Days out on file", of="days with a trip of vehicles drawn",
              sentence="days with a trip left a row on file"),
    )  # fmt: skip

    def card(self, asked: Measuring) -> AttackerCard:
        """Return the assumptions of the counts."""
        del asked
        return AttackerCard(
            question="How often is a vehicle seen, on how many days and at how many sites?",
            knows="nothing: these are counts of what is on file",
            roads="nothing",
            targets="every vehicle that lives on the map, seen or not; of trips, stays and days a number of them",
            counts_as_success="not an attack; higher counts mean more to work with",
            baseline="none",
        )

    def ask(self, view: View, targets: int) -> Asked:
        """Draw the vehicles to trace on each query date, and return their plates."""
        chosen = zip(view.cases, targets_of_cases(view, self.name, targets), strict=True)
        return {case.today: some.plate.astype(np.uint32) for case, some in chosen}

    def start(self, sight: Sight, known: Asked, span: Span) -> Counting:
        """Return a state with all counts 0."""
        n = sight.public.sites.n
        asked = np.unique(np.concatenate([np.empty(0, np.uint32), *known.values()]))
        return Counting(
            span=span, asked=asked, counts=np.zeros((len(sight.cases), FIELDS), np.uint32),
            known=np.zeros((n, 2), np.uint64), turn=np.uint64(0), entries=[], kept=[],
        )  # fmt: skip

    def update(self, state: Counting, block: Block) -> None:
        """Count a block of whole plates."""
        at, room = 0, ENTRIES + len(state.counts)
        plate, mask, out = np.empty(room, np.uint32), np.empty(room, np.uint64), np.empty((room, FIELDS), np.uint32)
        while at < len(block.plate):
            at, n, turn = count_plates(
                block.plate, block.site, block.time, block.on_file, at, state.counts, state.known, state.turn,
                plate, mask, out,
            )  # fmt: skip
            state.turn = np.uint64(turn)
            state.entries.append((plate[:n].copy(), mask[:n].copy(), out[:n].copy()))
        self._keep(state, block)

    def _keep(self, state: Counting, block: Block) -> None:
        """Keep the rows of the traced plates."""
        if not len(block.plate):
            return
        near = slice(*np.searchsorted(state.asked, [block.plate[0], block.plate[-1] + np.uint32(1)]))
        some = state.asked[near]
        begin, end = (np.searchsorted(block.plate, some, side=side) for side in ("left", "right"))
        for first, last in zip(begin.tolist(), end.tolist(), strict=True):
            if first < last:
                chosen = first + np.flatnonzero(block.on_file[first:last])
                rows = Rows(block.plate[chosen], block.site[chosen], block.time[chosen])
                state.kept.append((rows, block.on_file[chosen]))

    def guess(self, sight: Sight, known: Asked, state: Counting) -> Counted:
        """Return the counts of every plate on file."""
        del sight, known
        nothing = np.empty(0, np.uint32)
        return Counted(
            span=state.span,
            plate=np.concatenate([nothing, *(plate for plate, _, _ in state.entries)]),
            mask=np.concatenate([np.empty(0, np.uint64), *(mask for _, mask, _ in state.entries)]),
            entry=np.concatenate([np.empty((0, FIELDS), np.uint32), *(out for _, _, out in state.entries)]),
            asked=Marked(
                rows=Rows(*(np.concatenate([nothing, *(rows[i] for rows, _ in state.kept)]) for i in range(3))),
                on_file=np.concatenate([np.empty(0, np.uint64), *(bits for _, bits in state.kept)]),
            ),
        )

    def tally(self, truth: Truth, sight: Sight, known: Asked, guesses: Counted) -> tuple[Exposed, ...]:
        """Return the exposure of the vehicles living on the map, with traces of those drawn."""
        return expose(truth, sight, known, guesses)

    def add(self, tallies: Iterable[tuple[Exposed, ...]]) -> tuple[Exposed, ...]:
        """Add up the counts per case."""
        return tuple(together(parts) for parts in zip(*tallies, strict=True))

    def results(self, sight: Sight, tally: Sequence[Exposed]) -> list[Result]:
        """Return the rows of every case."""
        rows: list[Result] = []
        for case, exposed in zip(sight.cases, tally, strict=True):
            if not case.reached:
                rows += self.not_reached(case, sight.asked)
                continue
            rows += rows_of(self, case, exposed, sight.public.zones.income_rank)
        return rows
