"""Derive patrol visits and gated lots from a stated number of sightings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.durations import MONTH_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulate.scenario.schema.owners import OwnerKind
    from simulate.scenario.schema.readers import Fleet, Gates
    from simulate.scenario.schema.settings import Settings

TOLERANCE = 0.25
"""Tolerated relative distance of the yield of fixed readers and gates from their share: readers are indivisible."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Yield:
    """Yield of a trial over the whole period, scaled up from its sample."""

    of_fleet: Mapping[str, float]
    """Sightings by the fleet's owner, under each of the owner's fleets."""
    of_lot: NDArray[np.float64]
    """float64[z]; sightings of a gate at each zone, 0 without any in the trial."""
    of_fixed: Mapping[str, float]
    """Sightings of all fixed readers of each owner."""


def visits_and_gates(
    settings: Settings, trial: Yield, visits: Mapping[str, float], lots: Mapping[str, NDArray[np.int64]]
) -> tuple[dict[str, float], dict[str, NDArray[np.int64]]]:
    """Return visits a shift by fleet, and gated zones by rule, to yield the stated sightings and their split.

    visits : those of the trial; lots : int64[k], candidate zones of each rule, in order of
    preference. Fixed readers keep their places, and their yield counts. A rule without a count
    takes lots in order, skipping any with a yield above the remainder of its kind of owner;
    fleets supply the remainder of theirs.
    """
    readers, owners = settings.readers, settings.owners
    assert readers.sightings is not None
    total = readers.sightings.per_month * settings.period.days / MONTH_DAYS
    split = {kind: share for kind, share in readers.sightings.split.items() if share > 0}
    kinds: list[OwnerKind] = sorted({owners[name].kind for name in readers.owners})
    idle = [kind for kind in split if kind not in kinds]
    if idle:
        raise ScenarioError(
            f"readers.sightings.split.{idle[0]}", "0, or an owner of that kind with readers", split[idle[0]],
            "add [readers.mobile.NAME], [readers.gates.NAME] or [readers.place.NAME] for such an owner",
        )  # fmt: skip
    share = {kind: split.get(kind, 0.0) * total for kind in kinds}
    left = dict(share)
    for name, collects in trial.of_fixed.items():
        if owners[name].kind in split:  # other kinds come in addition to the stated sightings
            left[owners[name].kind] -= collects
    gates = _gates(settings, trial, lots, left)
    for kind in kinds:
        _check_met(settings, kind, share[kind], left[kind])
    wanted: dict[str, float] = {}
    for kind in kinds:
        fleets = [name for name, fleet in readers.mobile.items() if owners[fleet.owner].kind == kind]
        collected = sum({readers.mobile[name].owner: trial.of_fleet[name] for name in fleets}.values())
        if fleets and collected <= 0:
            raise ScenarioError(
                f"readers.mobile.{fleets[0]}", "units that read anything", "nothing in a trial",
                "check shifts, on_duty and capture",
            )  # fmt: skip
        wanted |= {name: visits[name] * max(left[kind], 0.0) / collected for name in fleets}
    return wanted, gates


def _check_met(settings: Settings, kind: OwnerKind, wanted: float, left: float) -> None:
    """Raise ScenarioError if fixed readers and gates exceed their share, or fall short of it without a fleet."""
    readers, owners = settings.readers, settings.owners
    moving, fixed, gates = (
        any(owners[rule.owner].kind == kind for rule in rules.values())
        for rules in (readers.mobile, readers.place, readers.gates)
    )
    if left < -TOLERANCE * max(wanted, 1.0) or (left > TOLERANCE * wanted and not moving):
        what = " and ".join(name for name, there in (("fixed readers", fixed), ("gates", gates)) if there)
        rules = " or ".join(f"[readers.{name}.NAME]" for name, there in (("place", fixed), ("gates", gates)) if there)
        raise ScenarioError(
            f"readers.sightings.split.{kind}", f"about {wanted:,.0f} sightings from its {what}",
            f"{wanted - left:,.0f} {'from the lots that come nearest' if gates else 'where they stand'}",
            f"change the share, per_month or {rules}",
        )  # fmt: skip


def _gates(
    settings: Settings, trial: Yield, lots: Mapping[str, NDArray[np.int64]], left: dict[OwnerKind, float]
) -> dict[str, NDArray[np.int64]]:
    """Choose the lots of each rule, and subtract their yield from the remainders; earlier rules choose first."""
    readers, gated = settings.readers, {}
    taken = np.zeros(len(trial.of_lot), np.bool_)
    rules: list[Fleet | Gates] = [*readers.gates.values(), *readers.mobile.values()]
    kinds = [settings.owners[rule.owner].kind for rule in rules]
    for i, (name, rule) in enumerate(readers.gates.items()):
        kind, chosen = kinds[i], lots[name][~taken[lots[name]]]
        if rule.count is not None:
            chosen = chosen[: rule.count]
        else:
            alone = kind not in kinds[i + 1 :]
            chosen = chosen[_fitting(f"readers.gates.{name}", trial.of_lot[chosen], left[kind], last=alone)]
        taken[chosen] = True
        left[kind] -= float(trial.of_lot[chosen].sum())
        gated[name] = chosen
    return gated


def _fitting(where: str, of_lot: NDArray[np.float64], wanted: float, *, last: bool) -> NDArray[np.int64]:
    """Return the lots to gate for about the wanted yield: greedily, each within the remainder.

    The smallest of the others is added if closer to the target. Lots without sightings in the
    trial are excluded, their yield being unknown.
    """
    if last and of_lot.sum() < wanted * 0.9:
        raise ScenarioError(
            where, f"lots that see {wanted:,.0f} sightings", f"at most {of_lot.sum():,.0f} from {len(of_lot)} lots",
            "lower the share of this kind of owner, or give it mobile units",
        )  # fmt: skip
    chosen, left = [], wanted
    for lot, collects in enumerate(of_lot):
        if 0 < collects <= left:
            chosen.append(lot)
            left -= collects
    others = [lot for lot in np.argsort(of_lot, kind="stable") if of_lot[lot] > 0 and lot not in chosen]
    if others and of_lot[others[0]] < 2 * left:
        chosen.append(others[0])
    return np.array(sorted(chosen), np.int64)
