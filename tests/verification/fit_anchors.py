"""Fit the constants of the attack on anchors; run by hand on development seeds, never on those that are scored.

    .venv/bin/python -m tests.verification.fit_anchors

prints, for each power, the mean log score of the true block over seeds 1 to 5 of smallville under
four rules of retention, and the shares that the answer "no workplace" needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from scipy.optimize import minimize
from views import look
from worlds import small

from simulate.risk import anchors, belief
from simulate.risk.passing import chances, home_votes, work_votes, working_days_seen
from simulate.risk.stays import stay_belief
from simulate.risk.targets import living_here
from simulate.scenario import load
from simulate.sightings.store import Rows
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose

SEEDS = (1, 2, 3, 4, 5)
LADDER = ("1d", "7d", "21d", "forever")
POWERS = (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.6, 0.8, 1.0)


def evidence(seed):
    """Yield, for each rule, votes and truth of a thousand targets: home, work, chances, days with and without gap."""
    view = look(small(load("smallville", seed=seed)), ladder=LADDER)
    attack, sight = anchors.Anchors(), view.sight
    known = attack.ask(view, 1000)
    state = attack.start(sight, known, None)
    for rows in view.source.blocks(0):
        marks = view.sieve.marks(rows)
        attack.update(state, anchors.Block(*rows, *marks))
    rows, on_file = anchors._sorted(state.parts)
    public = sight.public
    [met] = chances(public, [sight.cases[0].visible])
    residents, home, work = living_here(view.truth, sight.cases[0].today)
    for c, case in enumerate(sight.cases):
        plates = known.targets[c].plate
        at = np.searchsorted(residents, known.targets[c].vehicle)
        seen = (on_file >> np.uint64(c)) & np.uint64(1) > 0
        fixed = public.sites.kind[rows.site] == SiteKind.FIXED
        passing, standing = (Rows(*(column[seen & some] for column in rows)) for some in (fixed, ~fixed))
        r, weekday = len(public.sites.of_kind(SiteKind.FIXED)), public.start.weekday()
        votes = home_votes(passing, plates, r), work_votes(passing, plates, r, weekday)
        stays = tuple(stay_belief(public, standing, plates, purpose) for purpose in met)
        yield case.name, public, met, votes, stays, home[at], work[at], working_days_seen(passing, plates, weekday)


def log_score(belief, truth):
    """Return the summed log2 of the chance of the true block and how many targets have one on the map."""
    top = belief.max(axis=1)
    total = np.exp(belief - top[:, None]).sum(axis=1)
    of = belief[np.arange(len(truth)), np.maximum(truth, 0)]
    kept = np.isfinite(of) & (truth >= 0)
    return np.sum((of - top - np.log(total))[kept]) / np.log(2), kept.sum()


def loss(constants, held):
    """Return the mean log loss of the chance that a target has a workplace."""
    belief.COMMUTES, belief.BY_DAYS, belief.BY_GAPS = constants
    losses = []
    for *_, votes, _, _, work, days in held:
        chance = belief.chance_of_work(votes[1].coming.sum(axis=1), days)
        losses.append(-np.log2(np.where(work >= 0, chance, 1 - chance)))
    return np.mean(np.concatenate(losses))


def by_power(held):
    """Print the log scores of home and of work for each power of votes."""
    print("power" + "".join(f"  {what:>7}" + "".join(f"{name:>10}" for name in LADDER) for what in ("home", "work")))
    for power in POWERS:
        belief.HOME_POWER = belief.WORK_POWER = power
        scores = {}
        for name, public, met, votes, stays, home, work, _ in held:
            for i, (purpose, truth) in enumerate(((Purpose.HOME, home), (Purpose.WORK, work))):
                chance = belief.beliefs(public, met[purpose], votes[i].leaving, votes[i].coming, stays[i], purpose)
                scores.setdefault((i, name), []).append(log_score(chance, truth))
        line = f"{power:5.2f}"
        for i in range(2):
            every = [pair for key, some in scores.items() if key[0] == i for pair in some]
            line += f"  {sum(a for a, _ in every) / sum(n for _, n in every):7.3f}"
            for key, some in scores.items():
                line += f"{sum(a for a, _ in some) / sum(n for _, n in some):10.3f}" if key[0] == i else ""
        print(line)


def main():
    """Print log scores by power, and the constants of having a workplace."""
    held = [piece for seed in SEEDS for piece in evidence(seed)]
    best = minimize(loss, (1.0, 1.0, 1.0), (held,), method="Nelder-Mead")
    print("COMMUTES, BY_DAYS, BY_GAPS =", ", ".join(f"{x:.2f}" for x in best.x), f"(log loss {best.fun:.3f} bits)")
    base = np.mean(np.concatenate([work >= 0 for *_, work, _ in held]))
    print(
        f"share with a workplace {base:.3f}, log loss without data "
        f"{-(base * np.log2(base) + (1 - base) * np.log2(1 - base)):.3f} bits"
    )
    by_power(held)


if __name__ == "__main__":
    main()
