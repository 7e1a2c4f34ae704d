"""How many share a home area and a work area: a test of the zones, not of the reads."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import BLUE, INK, RUST, panels, plain_numbers
from sets import set_sizes

pytestmark = pytest.mark.verify

GOLLE = "Golle & Partridge, Pervasive 2009: US workers"
TOWNS = (25_000, 50_000, 100_000, 200_000)
UNITED_STATES = 21


def test_home_and_work_sets(check, record):
    blocks, tracts = zip(*(set_sizes(people) for people in TOWNS), strict=True)
    medians = np.array([np.median(tract) for tract in tracts])
    slope = np.polyfit(np.log(TOWNS), np.log(medians), 1)[0]
    reached = TOWNS[-1] * (medians[-1] / UNITED_STATES) ** (-1 / slope)
    check(
        "sets.block", what="commuters with the same home block and work block, median",
        value=float(np.median(blocks[-1])), published="1", source=GOLLE, low=1, high=1, kind="held out",
        expected="reproduced", why="a town of 200,000 people in blocks of 30",
    )  # fmt: skip
    check(
        "sets.tract", what="commuters with the same home tract and work tract, median", value=medians[-1],
        published=str(UNITED_STATES), source=GOLLE, low=10, high=40, kind="held out", expected="missed",
        why=f"a town of 200,000 has only 50 tracts of 4,000 people to work in. The set shrinks as the town grows, from"
        f" {medians[0]:.0f} at 25,000 people to {medians[-1]:.0f} at 200,000; going on like that it would come to"
        f" {UNITED_STATES} at {round(reached, -5) / 1e6:.1f} million, the size of a metropolitan area. Knowing"
        " somebody's home and work tract says less in a modelled town than in life",
    )  # fmt: skip
    check(
        "sets.tract-unique", what="commuters alone in their pair of tracts", value=(tracts[-1] == 1).mean(),
        published="5 %", source=GOLLE, low=0.02, high=0.10, kind="held out", expected="missed", unit="%",
        why="for the same reason, and because each home area offers at most 512 workplaces, so odd pairs are missing",
    )  # fmt: skip
    figure, (axes,) = panels(high=3.0)
    axes.loglog(TOWNS, medians, "o-", color=BLUE)
    far = np.array([TOWNS[-1], reached])
    axes.loglog(far, medians[-1] * (far / far[0]) ** slope, ":", color=BLUE)
    axes.axhspan(10, 40, color=RUST, alpha=0.15, linewidth=0)
    axes.axhline(UNITED_STATES, color=INK, linestyle="--", linewidth=1)
    axes.set(xlabel="people in the town", ylabel="commuters who share\nhome and work tract")
    plain_numbers(axes.xaxis, axes.yaxis)
    axes.set_xticks(TOWNS)
    record.picture(
        "sets", figure, topic="sets", says="Sets shrink in proportion as towns grow, towards the national figure.",
        caption="How many commuters share home and work tract, median over commuters, by size of town. Dashed: the"
        " United States; shaded: what is accepted; dotted: the trend drawn on, an extrapolation.",
    )  # fmt: skip
