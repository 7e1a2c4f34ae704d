"""How many share a home area and a work area: a test of the zones, not of the reads."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import BLUE, INK, RUST, panels, plain_numbers
from sets import BLOCK_VEHICLES, set_sizes, weighted_median

pytestmark = pytest.mark.verify

GOLLE = "Golle & Partridge, Pervasive 2009: US workers"
TOWNS = {50_000: 0.15, 200_000: 0.15, 600_000: 0.15, 2_000_000: 0.55}
"""Towns of so many people, and the share of Americans each stands for.

55 % live in the 50 largest metropolitan areas (Census, Vintage 2019), the median one of
which has 2.4 million people; 2 million is the largest town that is invented. How the
others live is spread evenly (assumption).
"""
COMMON_VEHICLES = 100  # per zone: an area of some 150 people, far smaller than a tract
UNITED_STATES = 21


def test_home_and_work_sets(check, record):
    blocks, _ = set_sizes(200_000, BLOCK_VEHICLES)
    tracts = [set_sizes(people, COMMON_VEHICLES)[1] for people in TOWNS]
    medians = [float(np.median(tract)) for tract in tracts]
    sizes = np.concatenate(tracts)
    weight = np.concatenate([np.full(len(t), w / len(t)) for t, w in zip(tracts, TOWNS.values(), strict=True)])
    check(
        "sets.block", what="commuters with the same home block and work block, median",
        value=float(np.median(blocks)), published="1", source=GOLLE, low=1, high=1, kind="held out",
        expected="reproduced", why="a town of 200,000 people in blocks of 30",
    )  # fmt: skip
    check(
        "sets.tract", what="commuters with the same home tract and work tract, median",
        value=weighted_median(sizes, weight), published=str(UNITED_STATES), source=GOLLE, low=10, high=40,
        kind="fitted", expected="reproduced",
        why="over towns of 50,000, 200,000, 600,000 and 2 million people, weighted by how Americans live: 55 % in the"
        " 50 largest metropolitan areas, the rest evenly (an assumption, made after the first"
        " results). Alone they give"
        f" {medians[0]:.0f}, {medians[1]:.0f}, {medians[2]:.0f} and {medians[3]:.0f}: in a small town, home and work"
        " tract say little",
    )  # fmt: skip
    check(
        "sets.tract-unique", what="commuters alone in their pair of tracts", value=float(weight[sizes == 1].sum()),
        published="5 %", source=GOLLE, low=0.02, high=0.10, kind="held out", expected="missed", unit="%",
        why="the largest town has 2 million people and no commuters from other places, who make most odd pairs of home"
        " and work. The model understates how many people a pair of tracts names outright",
    )  # fmt: skip
    figure, (axes,) = panels(high=3.0)
    axes.loglog(list(TOWNS), medians, "o-", color=BLUE)
    axes.axhspan(10, 40, color=RUST, alpha=0.15, linewidth=0)
    axes.axhline(UNITED_STATES, color=INK, linestyle="--", linewidth=1)
    axes.set(xlabel="people in the town", ylabel="commuters who share\nhome and work tract")
    plain_numbers(axes.xaxis, axes.yaxis)
    axes.set_xticks(list(TOWNS))
    record.picture(
        "sets", figure, topic="sets", says="The larger the town, the fewer commuters share home and work.",
        caption="How many commuters share home and work tract, median over commuters, by size of town. Dashed: the"
        " United States; shaded: what is accepted of a mix of towns such as Americans live in.",
    )  # fmt: skip
