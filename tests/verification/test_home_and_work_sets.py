"""How many share a home area and a work area: a test of the zones, not of the reads."""

from __future__ import annotations

import numpy as np
import pytest
from cities import METROS
from pictures import BLUE, INK, RUST, panels, plain_numbers
from sets import BLOCK_VEHICLES, set_sizes, weighted_median

pytestmark = pytest.mark.verify

GOLLE = "Golle & Partridge, Pervasive 2009: US workers"
TOWNS = {
    50_000: (700, 0.15),
    200_000: (800, 0.15),
    600_000: (900, 0.15),
    **{people: (density, 0.55 * share) for people, (density, share, _) in METROS.items()},
}
"""By people: people per square kilometre (assumption), and the share of Americans each town stands for.

55 % live in the 50 largest metropolitan areas, by size as in METROS (Census,
Vintage 2019). How the others live is spread evenly (assumption).
"""
COMMON_VEHICLES = 100  # per zone: an area of some 150 people, far smaller than a tract
UNITED_STATES = 21


def test_home_and_work_sets(check, record):
    blocks, _ = set_sizes(200_000, TOWNS[200_000][0], BLOCK_VEHICLES)
    tracts = [set_sizes(people, density, COMMON_VEHICLES)[1] for people, (density, _) in TOWNS.items()]
    medians = [float(np.median(tract)) for tract in tracts]
    sizes = np.concatenate(tracts)
    weight = np.concatenate(
        [np.full(len(t), share / len(t)) for t, (_, share) in zip(tracts, TOWNS.values(), strict=True)]
    )
    check(
        "sets.block", what="commuters with the same home block and work block, median",
        value=float(np.median(blocks)), published="1", source=GOLLE, low=1, high=1, kind="held out",
        expected="reproduced", why="a town of 200,000 people in blocks of 30",
    )  # fmt: skip
    check(
        "sets.tract", what="commuters with the same home tract and work tract, median",
        value=weighted_median(sizes, weight), published=str(UNITED_STATES), source=GOLLE, low=10, high=40,
        kind="fitted", expected="reproduced",
        why="over towns of 50,000, 200,000 and 600,000 people and metros of 1.3, 2.4, 5.1 and 13.1 million, weighted by"
        " how Americans live: 55 % in the 50 largest metropolitan areas, the rest evenly (an assumption, made after the"
        " first results). Alone they give"
        f" {', '.join(f'{median:.0f}' for median in medians[:-1])} and {medians[-1]:.0f}: in a small town, home and"
        " work tract say little",
    )  # fmt: skip
    check(
        "sets.tract-unique", what="commuters alone in their pair of tracts", value=float(weight[sizes == 1].sum()),
        published="5 %", source=GOLLE, low=0.02, high=0.10, kind="fitted", expected="reproduced", unit="%",
        why="over the same towns and metros, weighted so after the first results; each place beyond one counts as a"
        " single tract, so the model rather understates how many people a pair of tracts names outright",
    )  # fmt: skip
    figure, (axes,) = panels(high=3.0)
    axes.loglog(list(TOWNS), medians, "o-", color=BLUE)
    axes.axhspan(10, 40, color=RUST, alpha=0.15, linewidth=0)
    axes.axhline(UNITED_STATES, color=INK, linestyle="--", linewidth=1)
    axes.set(xlabel="people in the town", ylabel="commuters who share\nhome and work tract")
    plain_numbers(axes.xaxis, axes.yaxis)
    axes.set_xticks([people for people in TOWNS if people not in (1_300_000, 5_100_000)])  # all would overlap
    record.picture(
        "sets", figure, topic="sets", says="The larger the town, the fewer commuters share home and work.",
        caption="How many commuters share home and work tract, median over commuters, by size of town. Dashed: the"
        " United States; shaded: what is accepted of a mix of towns such as Americans live in.",
    )  # fmt: skip
