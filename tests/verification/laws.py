"""Unicity over grains that the product does not offer, asked through the product's own attack."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from cities import residents, site_positions

from simulate.risk import unicity
from simulate.risk.targets import draw_targets

if TYPE_CHECKING:
    from cities import City
    from numpy.typing import NDArray

HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """How often p points, known to a grain, single out a plate that has so many."""

    hours: int
    metres: float
    readers: float
    """Readers in a cell, on average."""
    share: NDArray[np.float64]
    """float64[MAX_POINTS]; share singled out by 1 .. MAX_POINTS points."""
    targets: NDArray[np.int64]
    """int64[MAX_POINTS]; targets with so many points."""


def unique_by_grain(city: City, hours: list[int], metres: list[float], targets: int) -> list[Unique]:
    """Draw points from the records of the same targets at every grain, and attack them together."""
    view, seed = city.view, city.run.scenario.seed
    chosen = draw_targets(SimpleNamespace(seed=seed, lives=city.run.lives), residents(city.run), "unicity", targets)
    x, y = site_positions(city.run)
    grains = {f"{h} h, {m:g} m": (h * HOUR_S, m) for h, m in product(hours, metres)}
    with patch.dict(unicity.GRAINS, {unicity.HOUR_READER: (HOUR_S, 0.0), **grains}, clear=True):
        asked = unicity.record_questions(view, chosen, seed)
    found = []
    for questions, matches in zip(asked, unicity.attack(view, asked), strict=True):
        if questions.grain not in grains:
            continue
        seconds, size = grains[questions.grain]
        enough = questions.n_points[:, None] > np.arange(unicity.MAX_POINTS)
        right = enough & matches.own & (matches.plates == 1)
        found.append(
            Unique(
                hours=seconds // HOUR_S,
                metres=size,
                readers=len(x) / len(set(zip(x // size, y // size, strict=True))) if size else 1.0,
                share=right.sum(axis=0) / np.maximum(enough.sum(axis=0), 1),
                targets=enough.sum(axis=0),
            )
        )
    return found


def resolution_exponent(found: list[Unique], points: int) -> float:
    """Fit share ~ (readers in a cell x hours)^-b over the grains; return b."""
    x = np.log([cell.readers * cell.hours for cell in found])
    return -float(np.polyfit(x, np.log([cell.share[points - 1] for cell in found]), 1)[0])
