"""Unicity over grains that the product does not offer, asked through the product's own attack."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from cities import residents
from scipy.optimize import curve_fit

from simulate.risk import unicity
from simulate.risk.targets import draw_targets
from simulate.sightings.store import Rows

if TYPE_CHECKING:
    from cities import City
    from numpy.typing import NDArray

    from simulate.policy.view import View

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
    seed = city.run.scenario.seed
    view = Dealt(city.view) if dealt_anew else city.view
    chosen = draw_targets(SimpleNamespace(seed=seed, lives=city.run.lives), residents(city.run), "unicity", targets)
    grains = {f"{h} h, {v} readers": (h * HOUR_S, float(v)) for h, v in product(HOURS, READERS)}
    with (
        patch.dict(unicity.GRAINS, {unicity.HOUR_READER: (HOUR_S, 1.0), **grains}, clear=True),
        patch.object(unicity, "_cells", cells),
    ):
        asked = unicity.record_questions(view, chosen, seed)
        answers = unicity.attack(view, asked)
    found = []
    for questions, matches in zip(asked, answers, strict=True):
        if questions.grain not in grains:
            continue
        seconds, readers = grains[questions.grain]
        enough = questions.n_points[:, None] > np.arange(unicity.MAX_POINTS)
        right = enough & matches.own & (matches.plates == 1)
        found.append(
            Unique(
                hours=seconds // HOUR_S,
                readers=int(readers),
                share=right.sum(axis=0) / np.maximum(enough.sum(axis=0), 1),
                targets=enough.sum(axis=0),
            )
        )
    return found


def cells(view: View, readers: float) -> NDArray[np.int64]:
    """Group so many neighbouring readers into a cell, by halving the map again and again; int64[s]."""
    x, y = view.public.sites.x_m, view.public.sites.y_m
    if readers <= 1:
        return np.arange(len(x))
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
    return cell


class Dealt:
    """A view whose places and times are dealt to its plates at random."""

    def __init__(self, view: View) -> None:
        self._view = view
        plate, site, time = (np.concatenate(column) for column in zip(*(tuple(b) for b in view.rows()), strict=True))
        order = np.random.default_rng(0).permutation(len(plate))
        site, time = site[order], time[order]
        order = np.lexsort((site, time, plate))
        self._rows = Rows(plate[order], site[order], time[order])

    def __getattr__(self, name: str) -> object:
        return getattr(self._view, name)

    def rows(self) -> list[Rows]:
        """Return all rows as one block."""
        return [self._rows]

    def rows_of(self, plates: NDArray[np.int64]) -> Rows:
        """Return the rows of some plates."""
        return Rows(*(column[np.isin(self._rows.plate, plates)] for column in self._rows))


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
