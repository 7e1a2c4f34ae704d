"""Leaving: the stated shares of people go beyond the map, whatever the map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulate.world.external_trips import ExternalTrips, fit_external_trips
from simulate.world.zones import N_PURPOSES, Purpose, Zones


def zones_of(hub, residents, drawn, outside) -> Zones:
    n = len(hub)
    return Zones(
        x_m=np.zeros(n), y_m=np.zeros(n), hub=np.array(hub, np.int32), residents=np.array(residents, float),
        attraction=np.tile(np.asarray(drawn, float), (N_PURPOSES, 1)), outside=np.array(outside, bool),
        income_rank=np.zeros(n),
    )  # fmt: skip


def going(zones, interest, group, purpose):
    """Return the share of all people who go to each group for a purpose, zone by zone."""
    total, people = np.zeros(group.max() + 1), 0.0
    for home in np.flatnonzero(zones.residents):
        weight = zones.attraction[purpose] * interest[purpose][zones.hub[home], zones.hub]
        for one in range(group.max() + 1):
            total[one] += zones.residents[home] * weight[group == one].sum() / weight.sum()
        people += zones.residents[home]
    return total / people


@pytest.mark.parametrize("seed", range(5))
def test_the_stated_shares_go_to_each_group(seed):
    rng = np.random.default_rng(seed)
    hub, group = np.arange(30), np.where(np.arange(30) < 24, -1, np.arange(30) % 3)
    zones = zones_of(hub, np.where(group < 0, rng.random(30) * 50, 0), rng.random(30) + 0.1, group >= 0)
    interest = dict.fromkeys(Purpose, np.exp(-4 * rng.random((30, 30))))
    share = {Purpose.WORK: np.array([0.05, 0.0, 0.2]), Purpose.VISIT: np.array([0.3, 0.3, 0.1])}
    settled = fit_external_trips(zones, ExternalTrips(group=group, share=share), interest)
    for purpose, wanted in share.items():
        assert going(settled, interest, group, purpose) == pytest.approx(wanted, abs=2e-3)
        inside = settled.attraction[purpose][group < 0]
        assert np.array_equal(inside, zones.attraction[purpose][group < 0]), "what lies within stays as it is"
    same = set(Purpose) - {*share, Purpose.LUNCH}
    assert all(np.array_equal(settled.attraction[p], zones.attraction[p]) for p in same), "nothing is said of these"


def test_the_share_is_met_where_next_to_nobody_would_go_by_distance():
    """Interest that falls within seconds takes weights beyond what 32 bits hold."""
    zones = zones_of([0, 1, 2], [10, 30, 0], [4, 1, 3], [False, False, True])
    falls = np.array([[1.0, 0.5, 1e-90], [0.5, 1.0, 3e-90], [1e-90, 3e-90, 1.0]])
    group, share = np.array([-1, -1, 0]), {Purpose.WORK: np.array([0.2])}
    interest = dict.fromkeys(Purpose, falls)
    settled = fit_external_trips(zones, ExternalTrips(group=group, share=share), interest)
    assert going(settled, interest, group, Purpose.WORK) == pytest.approx([0.2], abs=2e-3)


def test_lunch_beyond_one_map_is_the_same_to_the_last_bit_with_zones_where_nobody_eats():
    rng = np.random.default_rng(3)
    drawn, n = rng.random(200), 200
    external_trips = ExternalTrips(group=np.array([*[-1] * (n - 1), 0]), share={Purpose.WORK: np.array([0.1])})
    lunches = set()
    for blanks in range(6):
        more = zones_of([0] * (n + blanks), [1.0] * (n + blanks), [*[0.0] * blanks, *drawn], [False] * (n + blanks))
        group = np.concatenate([np.full(blanks, -1), external_trips.group])
        settled = fit_external_trips(
            more, replace(external_trips, group=group), dict.fromkeys(Purpose, np.ones((1, 1)))
        )
        lunches.add(settled.attraction[Purpose.LUNCH][-1] / settled.attraction[Purpose.WORK][-1])
    assert len(lunches) == 1


def test_within_a_group_zones_keep_their_weights_and_lunch_follows_jobs():
    zones = zones_of([0, 1, 2], [10, 0, 0], [4, 1, 3], [False, True, True])
    interest = dict.fromkeys(Purpose, np.ones((3, 3)))
    external_trips = ExternalTrips(group=np.array([-1, 0, 0]), share={Purpose.WORK: np.array([0.5])})
    settled = fit_external_trips(zones, external_trips, interest)
    assert settled.attraction[Purpose.WORK] == pytest.approx([4, 1, 3])
    assert settled.attraction[Purpose.LUNCH] == pytest.approx([4, 1, 3])
    more = fit_external_trips(
        zones, ExternalTrips(group=external_trips.group, share={Purpose.WORK: np.array([0.75])}), interest
    )
    assert more.attraction[Purpose.WORK] == pytest.approx([4, 3, 9], rel=0.01)
    assert more.attraction[Purpose.LUNCH] == pytest.approx([4, 3, 9], rel=0.01)


def test_nobody_goes_where_nobody_can():
    zones = zones_of([0, 1], [10, 0], [1, 1], [False, True])
    external_trips = ExternalTrips(group=np.array([-1, 0]), share={Purpose.WORK: np.array([0.2])})
    near = np.ones((2, 2))
    settled = fit_external_trips(zones, external_trips, dict.fromkeys(Purpose, near))
    assert settled.attraction[Purpose.WORK] == pytest.approx([1, 0.25], rel=0.01)
    near[0, 1] = 0.0
    assert fit_external_trips(zones, external_trips, dict.fromkeys(Purpose, near)).attraction[Purpose.WORK][1] == 0
