"""Patrols and gates sized by a trial, so that a stated number of sightings and its split come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worlds import finish, rows_of

import simulate.scenario
from simulate.checks import ScenarioError
from simulate.world.build import build_world

FLEETS = Path(__file__).parent.parent / "fleets.toml"
PER_MONTH = 12_000


def collected(**split):
    overrides = {
        "roads.population": 4000, "period.days": 61, "readers.sightings.per_month": PER_MONTH,
        "readers.sightings.split": split, "readers.mobile.patrol.unevenness": 5,
        "owners.shopping-centre.kind": "parking", "readers.place.shops.count": 1,
    }  # fmt: skip
    scenario = simulate.scenario.load(FLEETS, overrides=overrides)
    return finish(scenario, build_world(scenario))


def test_the_stated_total_and_its_split_come_out():
    gates = {"parking": 0.3}
    town = collected(police=0.5, repossession=0.2, **gates)
    sites = town.watch.sites
    rows = rows_of(town.tables)
    owner = sites.owner[rows[:, 2]]
    moving = sites.kind[rows[:, 2]] > 0
    total = PER_MONTH * 61 / (365.25 / 12)
    for name, share in (("smallville-pd", 0.5), ("repo", 0.2)):
        seen = np.sum(moving & (owner == town.world.owners.index(name)))
        assert seen == pytest.approx(share * total, rel=0.1)


def test_a_kind_of_owner_without_units_or_gates_is_refused():
    with pytest.raises(ScenarioError, match=r"readers.sightings.split.insurer"):
        collected(police=0.5, repossession=0.2, insurer=0.3)
