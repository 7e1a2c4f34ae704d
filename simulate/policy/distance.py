"""Distance: no collection near places that deserve protection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np
from scipy.spatial import cKDTree

from simulate.checks import ScenarioError
from simulate.policy.fields import checked_names, checked_number
from simulate.scenario.schema.policies import Category
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from simulate.policy.terms import Setting, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Collect nothing within a distance of zones that hold some kind of place.

    A fixed reader lies where it stands; a gate, and what mobile units scan, in the middle of its zone.

    Examples
    --------
    >>> Distance(metres=150).describe()
    'Nothing is collected within 150 m of a clinic, worship or school.'
    """

    metres: float
    """Distance within which nothing is collected, in metres."""
    categories: tuple[str, ...] = ("clinic", "worship", "school")
    """What people come to these zones for."""

    def __post_init__(self) -> None:
        checked_number("distance.metres", self.metres, "a number of metres of at least 0", 0)
        object.__setattr__(
            self, "categories", checked_names("distance.categories", self.categories, get_args(Category))
        )
        if not self.categories:
            raise ScenarioError("distance.categories", "at least one category", "none", "leave the rule out")

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Switch off the sites that lie too near."""
        zones, sites = setting.zones, setting.sites
        purposes = [Purpose[category.upper()] for category in self.categories]
        protected = (zones.attraction[purposes] > 0).any(axis=0) & ~zones.outside
        if not protected.any():
            return terms
        places = cKDTree(np.column_stack([zones.x_m, zones.y_m])[protected])
        away, _ = places.query(np.column_stack([sites.x_m, sites.y_m]))
        return replace(terms, collects=terms.collects & (away > self.metres))

    def describe(self) -> str:
        """Say in one sentence what the rule does."""
        *first, last = self.categories
        places = f"{', '.join(first)} or {last}" if first else last
        return f"Nothing is collected within {self.metres:g} m of a {places}."
