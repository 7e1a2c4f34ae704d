"""Fit the constants of the attack on anchors; run by hand on development seeds, never on those that are scored.

    .venv/bin/python -m tests.verification.fit_anchors

prints, for each power, the mean log score of the true block over seeds 1 to 5 of smallville under
four rules of retention, and the shares that the answer "no workplace" needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
from views import look  # noqa: E402
from worlds import small  # noqa: E402

from simulate.risk import anchors  # noqa: E402
from simulate.risk.passing import chances, home_votes, work_votes, working_days_seen  # noqa: E402
from simulate.risk.stays import stay_belief  # noqa: E402
from simulate.risk.targets import living_here  # noqa: E402
from simulate.scenario import load  # noqa: E402
from simulate.sightings.store import Rows  # noqa: E402
from simulate.world.sites import SiteKind  # noqa: E402
from simulate.world.zones import Purpose  # noqa: E402

SEEDS = (1, 2, 3, 4, 5)
LADDER = ("1d", "7d", "21d", "forever")
POWERS = (0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.0)


def evidence(seed):
    """Yield, for each rule, votes and truth of a thousand targets: home, work, chances, days with and without gap."""
    view = look(small(load("smallville", seed=seed)), ladder=LADDER)
    attack, sight = anchors.Anchors(), view.sight
    known = attack.ask(view.truth, sight, 1000)
    state = attack.start(sight, known, None)
    for rows in view.source.blocks(0):
        marks = view.sieve.marks(rows)
        attack.update(state, anchors.Block(*rows, *marks))
    rows, on_file = anchors._sorted(state.parts)
    public = sight.public
    met = {purpose: chances(public, sight.cases[0].visible, purpose) for purpose in (Purpose.HOME, Purpose.WORK)}
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


def log_score(belief, none, truth):
    """Return the mean log2 of the chance of the truth, where it lies on the map."""
    top = np.maximum(belief.max(axis=1), none)
    total = np.exp(belief - top[:, None]).sum(axis=1) + np.exp(none - top)
    of = np.where(truth < 0, none, belief[np.arange(len(truth)), truth])
    kept = np.isfinite(of)
    return np.sum((of - top - np.log(total))[kept]) / np.log(2), kept.sum()


def main():
    """Print the log scores by power."""
    held = [piece for seed in SEEDS for piece in evidence(seed)]
    commuters = np.mean(np.concatenate([work >= 0 for *_, work, _ in held]))
    gaps = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for *_, votes, _, _, work, days in held:
        for has in (True, False):
            some = (work >= 0) == has
            gaps[has][0] += votes[1].coming[some].sum()
            gaps[has][1] += days[some].sum()
    print(f"vehicles with a workplace: {commuters:.3f}")
    print(f"long gaps a working day on file: {gaps[True][0] / gaps[True][1]:.3f} with, "
          f"{gaps[False][0] / gaps[False][1]:.3f} without a workplace")
    anchors.COMMUTERS = commuters
    anchors.GAP_AT_WORK, anchors.GAP_ELSE = (gaps[has][0] / gaps[has][1] for has in (True, False))
    for days_power in (0.0, 0.2, 0.4, 0.6, 0.8):
        anchors.DAYS_POWER = days_power
        print(f"power of days {days_power}")
        by_power(held)


def by_power(held):
    """Print the log scores of home and of work for each power of votes."""
    print("power  home" + "".join(f"{name:>10}" for name in LADDER) + "   work" + "".join(f"{n:>10}" for n in LADDER))
    for power in POWERS:
        anchors.HOME_POWER = anchors.WORK_POWER = power
        scores = {}
        for name, public, met, votes, stays, home, work, days in held:
            chance = met[Purpose.HOME]
            belief = anchors.beliefs(public, chance, votes[0].leaving, votes[0].coming, stays[0], Purpose.HOME)
            scores.setdefault(("home", name), []).append(log_score(belief, np.full(len(home), -np.inf), home))
            chance = met[Purpose.WORK]
            belief = anchors.beliefs(public, chance, votes[1].leaving, votes[1].coming, stays[1], Purpose.WORK)
            none = anchors.nowhere(public, chance, votes[1].leaving, votes[1].coming, days)
            belief += np.log(anchors.COMMUTERS)
            scores.setdefault(("work", name), []).append(log_score(belief, none, work))
        line = f"{power:5.2f}"
        for what in ("home", "work"):
            pairs = [scores[what, name] for _, name in dict.fromkeys(k for k in scores if k[0] == what)]
            every = [pair for some in pairs for pair in some]
            line += f"  {sum(a for a, _ in every) / sum(n for _, n in every):7.3f}"
            line += "".join(f"{sum(a for a, _ in some) / sum(n for _, n in some):10.3f}" for some in pairs)
        print(line)


if __name__ == "__main__":
    main()
