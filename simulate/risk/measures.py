"""The measures by name, and the one way to take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError, did_you_mean
from simulate.risk import anchors, exposure, hotlist, unicity
from simulate.risk.rates import Rates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulate.policy.view import Truth, View
    from simulate.risk.cards import AttackerCard
    from simulate.schema.settings import Measure

    Ask = Callable[[View, Truth, Measure, int], Rates]
    Steps = Callable[[int, int, str], None]
    """Called as `steps(done, total, what is being done)`."""

CARDS = {"exposure": exposure.CARD, "anchors": anchors.CARD, "unicity": unicity.CARD, "hotlist": hotlist.CARD}
"""Every measure that there is."""
USUAL = ("exposure", "anchors", "unicity")
"""Measures taken unless others are named: those that retention changes, which pages are about."""
MAIN = {
    "mean sightings",
    "sightings, 50th percentile",
    "never seen",
    "sightings in the poorest third of areas over the richest",
    "unique and right",
    "alerts per million reads",
    *hotlist.KINDS,
    "false",
    "false after a human check",
    "innocent vehicles alerted on",
}
"""Scores that a short table shows, beside all that were found within some distance."""
_ASK: dict[str, Ask] = {
    "exposure": lambda view, truth, _asked, _targets: exposure.measure(view, truth),
    "anchors": lambda view, truth, asked, targets: anchors.measure(view, truth, targets, asked.near_m, asked.far_m),
    "unicity": lambda view, truth, asked, targets: unicity.measure(view, truth, targets, asked.unicity_points),
    "hotlist": lambda view, truth, _asked, _targets: hotlist.measure(view, truth),
}


def measure(
    view: View, measures: Sequence[str] = USUAL, *, targets: int | None = None, steps: Steps | None = None
) -> Rates:
    """Measure a view: a tidy table of scores with intervals and baselines.

    Parameters
    ----------
    view
        What the observer sees, with the truth still attached.
    measures
        Any of "exposure", "anchors", "unicity" and "hotlist"; the first three by default.
    targets
        Plates that attacks are tried on; the scenario's number if None.
    steps
        Called as `steps(done, total, what is being measured)`.
    """
    check_names(measures)
    check_targets(targets)
    if view.truth is None:
        raise ScenarioError("view", "a view with the truth attached", "a blind one", "measure the view itself")
    if view.store is not view.drawn.store or not view.drawn.comes_from(view.truth.lives, view.truth.watch):
        raise ScenarioError("view", "rows and truth of one run", "those of several", "take sim.view(run, ...) of a run")
    asked = view.asked
    rates, names = Rates(), list(dict.fromkeys(measures))
    for done, name in enumerate(names):
        if steps is not None:
            steps(done, len(names), name)
        rates += _ASK[name](view.blind(), view.truth, asked, targets or asked.targets)
    return rates


def card(name: str, asked: Measure) -> AttackerCard:
    """Return the card of a measure as a scenario asks for it."""
    return anchors.card(asked.attacker_roads) if name == "anchors" else CARDS[name]


def check_names(measures: Sequence[str]) -> None:
    """Refuse an unknown measure, or none at all."""
    unknown = [name for name in measures if name not in _ASK]
    if unknown:
        raise ScenarioError("--measures", "known measures", repr(unknown[0]), did_you_mean(unknown[0], _ASK))
    if not measures:
        raise ScenarioError("--measures", "at least one measure", "none", f"known: {', '.join(_ASK)}")


def check_targets(targets: int | None) -> None:
    """Refuse to try attacks on nobody."""
    if targets is not None and targets < 1:
        raise ScenarioError("--targets", "at least 1 plate", targets, "1000 give an interval of about 3 points")


def main_scores(rates: Rates, points: int) -> Rates:
    """Keep the scores that most people ask for, unicity at `points` points; JSON has them all."""
    known = f"{points} point"
    return Rates(tuple(
        rate
        for rate in rates
        if (rate.score in MAIN or " found within " in rate.score)
        and (rate.measure != "unicity" or rate.setting.startswith(known))
    ))  # fmt: skip
