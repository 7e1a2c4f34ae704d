"""Claims of speed: each a ratio measured in one run, printed beside its floor and its aim."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Claim(NamedTuple):
    """One ratio and what it has to reach."""

    what: str
    reached: float
    floor: float
    at_most: bool = False
    """Whether the ratio may be no greater than the floor; otherwise no smaller."""
    aim: float | None = None

    @property
    def holds(self) -> bool:
        """Return whether the floor holds."""
        return self.reached <= self.floor if self.at_most else self.reached >= self.floor


def show(claim: Claim) -> None:
    side = "at most" if claim.at_most else "at least"
    aim = "" if claim.aim is None else f", aim {claim.aim:g}"
    verdict = "holds" if claim.holds else "MISSED"
    print(f"{claim.what:<76}{claim.reached:>7.2f}  {side} {claim.floor:g}{aim}: {verdict}", flush=True)


def fastest(tasks: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time):
    """Return the least seconds of each task; rounds of all alternate, so that other work meets all alike."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = clock()
            task()
            best[name] = min(best[name], clock() - begun)
    return best
