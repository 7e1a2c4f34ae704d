"""Measures: state, merge, guess, score; one question a file.

The attack is `start, update, merge, guess`: its inputs are its sight and its prior knowledge
(`known`), so no truth can reach it. `tally` and `results` score its guesses. Modelled on
Deequ's analyzers and flox's aggregations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from simulate.risk.results import NOT_REACHED, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from simulate.policy.sight import CaseSight, Sight
    from simulate.policy.view import Truth, View
    from simulate.risk.cards import AttackerCard
    from simulate.risk.score import Score
    from simulate.scenario.schema.settings import Measuring


class Block(NamedTuple):
    """Reads as seen by one group of cases; n reads.

    Rows of one plate number are contiguous in the stream of a shard, by time; a number does not
    recur after another one. Pseudonymous numbers come in any order. Of one number and time,
    rows are by site. Blocks are cut between two numbers only: all reads of one are in one block.
    Cases with equal recoding (time, place, plates) share a block; bits of other cases are 0.
    A case is bit c, counted as in `Sight.cases`.
    """

    plate: NDArray[np.uint32]
    """uint32[n]; number of the plate, or of its pseudonym of that period. Numbers carry no information."""
    site: NDArray[np.uint32]
    time: NDArray[np.uint32]
    """uint32[n]; seconds from the scenario's first midnight."""
    collected: NDArray[np.uint64]
    """uint64[n]; bit c: the read was collected under case c, by a reader of the observer, before its date."""
    alerted: NDArray[np.uint64]
    """uint64[n]; bit c: it was collected and raised an alert under case c, kept or not."""
    on_file: NDArray[np.uint64]
    """uint64[n]; bit c: it is visible to the observer of case c on its query date."""


class Span(NamedTuple):
    """A range of groups of plates: the whole content of one shard."""

    first: int
    last: int


class Measure(ABC):
    """One question, its attack and its score."""

    name: ClassVar[str]
    scope: ClassVar[Literal["plate", "crowd"]]
    """"plate": shards are independent; "crowd": the states of all shards are merged first."""
    scores: ClassVar[tuple[Score, ...]]
    """All possible scores, the most important first."""
    recoded: ClassVar[bool] = True
    """Whether reads are taken as seen by each case; False: as stored, to count the content."""

    @abstractmethod
    def card(self, asked: Measuring) -> AttackerCard:
        """Return the assumptions of the attack."""

    def ask(self, view: View, targets: int) -> Any:  # noqa: ANN401
        """Draw the targets of the attack and its prior knowledge; the only way from truth to attack."""
        del view, targets

    def plates(self, known: Any) -> NDArray[np.int64]:  # noqa: ANN401
        """Return the plates of all targets: their rows must redraw the same before any result on them."""
        del known
        return np.empty(0, np.int64)

    @abstractmethod
    def start(self, sight: Sight, known: Any, span: Span) -> Any:  # noqa: ANN401
        """Return an empty state for the groups of plates of a shard."""

    @abstractmethod
    def update(self, state: Any, block: Block) -> None:  # noqa: ANN401
        """Add a block to a state in place; blocks of a shard are in order and may be cut between any two plates."""

    def merge(self, states: Iterable[Any]) -> Any:  # noqa: ANN401
        """Return one state for several shards, in any order; of scope "plate" there is only one."""
        (state,) = states
        return state

    @abstractmethod
    def guess(self, sight: Sight, known: Any, state: Any) -> Any:  # noqa: ANN401
        """Return the answer from the state: a point, a posterior, or an abstention for each target."""

    @abstractmethod
    def tally(self, truth: Truth, sight: Sight, known: Any, guesses: Any) -> Any:  # noqa: ANN401
        """Compare guesses with the truth; return counts additive over shards."""

    def add(self, tallies: Iterable[Any]) -> Any:  # noqa: ANN401
        """Return the tally of several shards together, in any order; of scope "crowd" there is only one."""
        (tally,) = tallies
        return tally

    @abstractmethod
    def results(self, sight: Sight, tally: Any) -> list[Result]:  # noqa: ANN401
        """Return the results of a tally, one for each case and score."""

    def not_reached(self, case: CaseSight, asked: Measuring) -> list[Result]:
        """Return the rows of a case extending further back than the store: no number, and the reason."""
        return [
            Result(case=case.name, measure=self.name, score=score.name, detail=score.asked(asked), unit=score.unit,
                   note=NOT_REACHED)
            for score in self.scores if score.role != "full"
        ]  # fmt: skip
