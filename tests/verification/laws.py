"""Unicity over grains that the product does not offer, asked through the product's own attack."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from cities import reads_of
from scipy.optimize import curve_fit

from simulate.policy.recode import Recoding
from simulate.policy.redraw import as_seen, on_file_of
from simulate.risk import lanes, points
from simulate.risk.measure import Block, Span
from simulate.risk.points import MAX_POINTS, Grain
from simulate.risk.targets import draw_targets
from simulate.risk.unicity import Unicity
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cities import City
    from numpy.typing import NDArray

    from simulate.policy.redraw import OwnRows
    from simulate.policy.view import View
    from simulate.risk.points import Points
    from simulate.risk.unicity import Matches
    from simulate.world.sites import Sites

ALONE = [Recoding(mask=1)]
"""The only case of a view, which sees reads as they are."""

HOUR_S = 3600
HOURS, READERS = (1, 2, 5, 15), (1, 2, 5, 15)
"""Grains of time and place: the study coarsens both by like factors."""
EXPONENT, EXPONENT_PER_POINT = 0.157, -0.007
"""The study's exponent is 0.157 - 0.007 p for p points (de Montjoye et al. 2013, as quoted from its text by
others; 2^0.129 - 1 and 2^0.087 - 1 are the 9.3 % and 6.2 % it gives for halving the resolution)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """How often p points, known to a grain, single out a plate that has so many."""

    hours: int
    readers: int
    """Readers in a cell, about."""
    share: NDArray[np.float64]
    """float64[MAX_POINTS]; share singled out by 1 .. MAX_POINTS points."""
    targets: NDArray[np.int64]
    """int64[MAX_POINTS]; targets with so many points."""

    @property
    def size(self) -> int:
        """Return hours times readers."""
        return self.hours * self.readers


def unique_by_grain(city: City, targets: int, *, dealt_anew: bool = False) -> list[Unique]:
    """Draw points from the records of the same targets at every grain, and attack them together.

    dealt_anew : whether places and times are dealt to plates at random, which keeps how often
    each plate, reader and hour is on file and forgets that they belong together.
    """
    view, seed = city.view, city.run.scenario.seed
    chosen = draw_targets(view.truth, 0, "unicity", targets)
    if dealt_anew:
        dealt = dealt_rows(city)
        blocks, own = [dealt], as_seen(view.sieve, among(dealt, chosen.plate), ALONE)[0]
    else:
        blocks, own = reads_of(city.run), on_file_of(view, chosen.plate, 0)
    sizes = [(hours, readers) for hours, readers in product(HOURS, READERS)]
    grains = [Grain(name, h * HOUR_S, float(v), name) for h, v in sizes for name in [f"{h} h, {v} readers"]]
    with patch.object(points, "squares", cells), patch.object(lanes, "squares", cells):
        asked = [points.from_records(view.sight.public.sites, 0, own, chosen, grain, seed) for grain in grains]
        answers = attacked(view, asked, own, blocks)
    found = []
    for (hours, readers), known, matches in zip(sizes, asked, answers, strict=True):
        enough = known.n_points[:, None] > np.arange(MAX_POINTS)
        right = enough & matches.own & (matches.plates == 1)
        found.append(
            Unique(
                hours=hours,
                readers=readers,
                share=right.sum(axis=0) / np.maximum(enough.sum(axis=0), 1),
                targets=enough.sum(axis=0),
            )
        )
    return found


def attacked(view: View, asked: Sequence[Points], own: OwnRows, blocks: Iterable[Rows]) -> list[Matches]:
    """Ask the product's attack about points of the only case of a view; returns what was found of each.

    own : reads of the targets; blocks : reads of everyone, whole plates in order.
    """
    known, attack = lanes.lay_out(view.sight.public.sites, ALONE, [own], asked), Unicity()
    state = attack.start(view.sight, known, Span(0, 0))
    for rows in blocks:
        attack.update(state, Block(*rows, *view.sieve.marks(rows)))
    return attack.guess(view.sight, known, attack.merge([state]))


def cells(sites: Sites, readers: float) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Group so many neighbouring readers into a cell, by halving the map again and again; int64[s], uint64[cells].

    Stands for `points.squares`: the number of the cell of each site, and the name of each cell.
    """
    x, y = sites.x_m, sites.y_m
    if readers <= 1:
        return np.arange(len(x)), sites.uid
    cell, parts, n = np.zeros(len(x), np.int64), [np.arange(len(x))], 0
    while parts:
        part = parts.pop()
        groups = round(len(part) / readers)
        if groups <= 1:
            cell[part], n = n, n + 1
            continue
        axis = x if np.ptp(x[part]) > np.ptp(y[part]) else y
        ordered = part[np.argsort(axis[part], kind="stable")]
        cut = round(groups // 2 * len(part) / groups)
        parts += [ordered[:cut], ordered[cut:]]
    return cell, sites.uid[np.unique(cell, return_index=True)[1]]


def dealt_rows(city: City) -> Rows:
    """Deal places and times of all reads to plates at random."""
    plate, site, time = (np.concatenate(column) for column in zip(*reads_of(city.run), strict=True))
    order = np.random.default_rng(0).permutation(len(plate))
    site, time = site[order], time[order]
    order = np.lexsort((site, time, plate))
    return Rows(plate[order], site[order], time[order])


def among(rows: Rows, plates: NDArray[np.int64]) -> Rows:
    """Return the rows of some plates."""
    kept = np.isin(rows.plate, plates)
    return Rows(*(column[kept] for column in rows))


def exponent(found: list[Unique], points: int) -> float:
    """Fit share = a - (hours x readers)^b, the study's form, over the grains; return b."""
    size, share = np.array([cell.size for cell in found], float), np.array([cell.share[points - 1] for cell in found])
    (_, b), _ = curve_fit(lambda x, a, b: a - x**b, size, share, p0=(2.0, 0.1))
    return float(b)


def plain_exponent(found: list[Unique], points: int) -> float:
    """Fit share ~ (hours x readers)^-b over the grains at which any plate is singled out; return b."""
    some = [cell for cell in found if cell.share[points - 1] > 0]
    return -float(np.polyfit(*(np.log([(c.size, c.share[points - 1]) for c in some]).T), 1)[0])


def study(found: list[Unique], points: int) -> NDArray[np.float64]:
    """Return the study's curve through the finest grain's share, at every grain; float64[grains]."""
    finest = next(cell.share[points - 1] for cell in found if cell.size == 1)
    size = np.array([cell.size for cell in found], float)
    return np.maximum(finest + 1 - size ** (EXPONENT + EXPONENT_PER_POINT * points), 0.0)


def distance(found: list[Unique], points: int) -> float:
    """Return how far the shares lie from the study's curve, on average over the grains."""
    return float(np.abs(np.array([cell.share[points - 1] for cell in found]) - study(found, points)).mean())
