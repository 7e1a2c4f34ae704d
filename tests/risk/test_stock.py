"""The stock: every sighting on file has one holding."""

from __future__ import annotations

import numpy as np
import pytest
from views import look, small_town
from worlds import rows_of

from simulate.risk.measures import measure
from simulate.risk.stock import label


@pytest.fixture(scope="module")
def two():
    """A town with readers of the police and of shops."""
    return small_town(readers__place__shops__count=4)


def test_holdings_count_every_sighting_on_file_once(two):
    view = look(two, ladder=["1d", "3d", "forever"])
    rates, table = measure(view, ["stock"]), rows_of(two.tables)
    owners, sites = two.world.owners, two.deployment.sites
    kinds = np.array([label(*name) for name in zip(owners.kind, owners.state, strict=True)])[sites.owner]
    for case in view.cases:
        kept = case.visible[table[:, 2]] & (table[:, 1] < case.now_s) & (table[:, 1] >= case.oldest_s)
        rows = rates.where(case=case.name, score="sightings_on_file").rows
        assert len(rows) == len(set(kinds)) == 2
        assert sum(row.value for row in rows) == kept.sum() == rows[0].n
        assert rows[0].value >= rows[1].value
        for row in rows:
            assert row.value == (kept & (kinds == row.detail)[table[:, 2]]).sum()
            used = rates.one(case=case.name, score="readers_in_use", detail=row.detail)
            assert used.value == (case.visible & sites.used & (kinds == row.detail)).sum()


def test_owners_out_of_sight_hold_nothing(two):
    rates = measure(look(two, observer="smallville-pd"), ["stock"])
    assert rates.names("detail") == ["police"]


def test_a_holding_is_named_by_kind_and_state():
    assert (label("police", "NY"), label("police", "")) == ("police, NY", "police")
