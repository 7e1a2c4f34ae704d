"""From what is collected to who goes out: visits of fleets and numbers of gates that yield a stated total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulate.reader_schema import Fleet, Gates
    from simulate.schema import Settings

MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Yield:
    """What a trial collected over the whole period, scaled up from its sample."""

    of_fleet: Mapping[str, float]
    """Sightings by the fleet's owner, under each of the owner's fleets."""
    of_gates: Mapping[str, NDArray[np.float64]]
    """float64[g]; sightings of each candidate lot, by rule, in order of preference."""


def visits_and_gates(
    settings: Settings, trial: Yield, visits: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, int]]:
    """Return visits a shift by fleet and gates by rule that yield the stated sightings and their split.

    Gates without a count are taken one after another until their kind of owner has its
    share, counting what it collects otherwise; fleets make up the rest of theirs.
    """
    readers = settings.readers
    assert readers.sightings is not None
    total = readers.sightings.per_month * settings.period.days / MONTH_DAYS
    wanted_visits, wanted_gates = {}, {}
    rules: list[Fleet | Gates] = [*readers.mobile.values(), *readers.gates.values()]
    kinds = {settings.owners[rule.owner].kind for rule in rules}
    split = {kind: readers.sightings.split.get(kind, 0.0) for kind in kinds}
    idle = [kind for kind, share in readers.sightings.split.items() if share > 0 and kind not in kinds]
    if idle:
        raise ScenarioError(
            f"readers.sightings.split.{idle[0]}", "0, or an owner of that kind with mobile units or gates",
            readers.sightings.split[idle[0]], "add [readers.mobile.NAME] or [readers.gates.NAME] for such an owner",
        )  # fmt: skip
    for kind, share in split.items():
        fleets = [name for name, fleet in readers.mobile.items() if settings.owners[fleet.owner].kind == kind]
        gates = [name for name, rule in readers.gates.items() if settings.owners[rule.owner].kind == kind]
        left = share * total
        for name in gates:
            count = readers.gates[name].count
            if count is None:
                count = _enough(f"readers.gates.{name}", trial.of_gates[name], left, last=not fleets)
            wanted_gates[name] = count
            left -= float(trial.of_gates[name][:count].sum())
        owners = {readers.mobile[name].owner: trial.of_fleet[name] for name in fleets}
        collected = sum(owners.values())
        if fleets and collected <= 0:
            raise ScenarioError(
                f"readers.mobile.{fleets[0]}", "units that read anything", "nothing in a trial",
                "check shifts, on_duty and capture",
            )  # fmt: skip
        for name in fleets:
            wanted_visits[name] = visits[name] * max(left, 0.0) / collected
    return wanted_visits, wanted_gates


def _enough(where: str, of_lot: NDArray[np.float64], wanted: float, *, last: bool) -> int:
    """Return how many lots it takes to collect so much; the nearest number to it."""
    collected = np.concatenate([[0.0], np.cumsum(of_lot)])
    if last and collected[-1] < wanted * 0.9:
        raise ScenarioError(
            where, f"lots that see {wanted:,.0f} sightings", f"at most {collected[-1]:,.0f} from {len(of_lot)} lots",
            "lower the share of this kind of owner, or give it mobile units",
        )  # fmt: skip
    return int(np.argmin(np.abs(collected - wanted)))
