"""Unicity over grains that the product does not offer, asked through the product's own attack."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np

from simulate.risk import unicity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import View

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


def unique_by_grain(view: View, seed: int, hours: list[int], metres: list[float], targets: int) -> list[Unique]:
    """Draw points from the records of the same targets at every grain, and attack them together."""
    plates = np.sort(np.random.default_rng(seed).permutation(view.public.n_vehicles)[:targets]).astype(np.int64)
    grains = {f"{h} h, {m:g} m": (h * HOUR_S, m) for h, m in product(hours, metres)}
    with patch.dict(unicity.GRAINS, {unicity.HOUR_READER: (HOUR_S, 0.0), **grains}, clear=True):
        asked = unicity.record_questions(view, plates, seed)
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
                readers=view.public.readers.n / (unicity._cells(view, size).max() + 1),
                share=right.sum(axis=0) / np.maximum(enough.sum(axis=0), 1),
                targets=enough.sum(axis=0),
            )
        )
    return found


def resolution_exponent(found: list[Unique], points: int) -> float:
    """Fit share ~ (readers in a cell x hours)^-b over the grains; return b."""
    x = np.log([cell.readers * cell.hours for cell in found])
    return -float(np.polyfit(x, np.log([cell.share[points - 1] for cell in found]), 1)[0])
