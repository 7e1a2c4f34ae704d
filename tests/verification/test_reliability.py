"""Whether the attack on anchors is right as often as it claims: it must neither boast nor hide what it knows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from pictures import BLUE, GREY, INK, RUST, panels

import simulate as sim

pytestmark = pytest.mark.verify

SEEDS = (11, 12)
"""Worlds that nothing was fitted on (`fit_anchors.py` takes 1 to 5)."""
LADDER, FORTNIGHT = ("1d", "7d", "21d", "forever"), ("1d", "7d", "forever")
TARGETS = 4000
ENOUGH = 100
"""Targets below which a bin says too little: a share of a hundred is known to within ten points."""
MOST = 0.10


class Kept(NamedTuple):
    """Claims of one bin in one case, and the share of them that was right."""

    name: str
    claimed: float
    right: float
    n: int


def kept(scenario, name, ladder):
    """Return every bin of enough targets under each rule."""
    results = sim.measure(sim.view(sim.fly(scenario), ladder=ladder), ["anchors"], targets=TARGETS)
    pairs = [
        (claim, results.one(case=claim.case, score="home_kept", detail=claim.detail))
        for claim in results.where(score="home_claimed")
    ]
    assert all(claim.n == right.n for claim, right in pairs)
    return [Kept(name, claim.value, right.value, claim.n) for claim, right in pairs if claim.n >= ENOUGH]


def test_homes_are_found_as_often_as_claimed(check, record):
    bins = [one for seed in SEEDS for one in kept(sim.load("smallville", seed=seed), f"Smallville, {seed}", LADDER)]
    bins += kept(sim.load("norfolk-2025", overrides={"period.days": 14}), "Norfolk 2025", FORTNIGHT)
    assert max(one.claimed for one in bins) - min(one.claimed for one in bins) > 0.3  # else claims would tell nothing
    gap = [one.right - one.claimed for one in bins]
    named = {"published": "0", "source": "the attack's own claims", "low": 0, "kind": "fitted", "unit": "%"}
    check(
        "machine.claims", what="homes: chance that the attack claims against the share that is right, worst bin",
        value=max(map(abs, gap)), high=MOST, **named, expected="missed",
        why=f"over {len(bins)} bins of at least {ENOUGH} targets each. How much repeated reads weigh was fitted on five"
        " other worlds of Smallville; these two, and Norfolk, were not looked at then. Most claims are too modest:"
        f" {sum(g > 0 for g in gap)} bins are right more often than claimed, by up to {max(gap):.0%}, and the others"
        f" less often, by up to {-min(gap):.0%}. One law of weights does not fit every town and rule",
    )  # fmt: skip
    check(
        "machine.claims-mean", what="the same, mean over targets",
        value=np.average(np.abs(gap), weights=[one.n for one in bins]), high=0.05, **named, expected="reproduced",
        why="over the same bins; the range was chosen with the result in view",
    )  # fmt: skip
    figure, (axes,) = panels(high=3.4)
    axes.plot([0, 100], [0, 100], "--", color=GREY, linewidth=1)
    for name, marker, colour in zip(dict.fromkeys(one.name for one in bins), "os^", (BLUE, INK, RUST), strict=True):
        its = [one for one in bins if one.name == name]
        axes.plot([100 * one.claimed for one in its], [100 * one.right for one in its], marker, color=colour,
                  markersize=4, linestyle="", label=name)  # fmt: skip
    axes.set(xlabel="% claimed", ylabel="% right", xlim=(0, 100), ylim=(0, 100))
    axes.legend(fontsize=7, frameon=False)
    record.picture(
        "claims", figure, topic="machine", says="Claims and shares that were right lie near the diagonal.",
        caption="Homes found within 250 m: the chance that the attack claims, and the share of such claims that was"
        " right, under each rule of retention. Dashed: a claim that is kept exactly.",
    )  # fmt: skip
