"""Invented agencies: their law of partners, where they are, and what one more of them changes."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scipy.special import ndtr

from simulate.checks import ScenarioError
from simulate.sharing.agencies import DISTANCE_POWER, KINDS, generate
from simulate.sharing.network import MANY, AgencyKind, degrees, kind_of, states_of
from simulate.sharing.states import CODES, POPULATION, UNKNOWN, apart_km

ASKED = {
    "agencies": 5000, "mean_partners": 160.0, "median_partners": 122.0, "within_state": 0.63, "federal_agencies": 2,
    "federal_access": 0.1, "seed": 0,
}  # fmt: skip
LITTLE = ASKED | {"agencies": 400, "mean_partners": 20.0, "median_partners": 15.0, "within_state": 0.4}


@pytest.fixture(scope="module")
def nation():
    return generate(**ASKED)


@pytest.fixture(scope="module")
def little():
    return generate(**LITTLE)


def pairs_of(shared, n):
    """Return the pairs among the first n agencies as a set."""
    return {(a, b) for a, b in zip(shared.giver().tolist(), shared.partner.tolist(), strict=True) if a < n > b}


def test_degrees_are_those_asked_for(nation):
    of = degrees(nation)
    spread = math.sqrt(2 * math.log(160 / 122))
    assert of.mean == pytest.approx(160, rel=0.04)
    assert of.median == pytest.approx(122, rel=0.04)
    assert of.within_state == pytest.approx(0.63, abs=0.015)
    assert of.many == pytest.approx(1 - ndtr(math.log(MANY / 122) / spread), abs=0.003)


def test_an_uneven_law_has_many_above_800(nation):
    uneven = degrees(generate(**ASKED | {"median_partners": 75.0, "within_state": 0.5}))
    assert uneven.many > 4 * degrees(nation).many
    assert uneven.many == pytest.approx(0.027, abs=0.006)


def test_it_is_a_directed_graph_without_loops_or_doubles(nation):
    giver = nation.giver()
    assert (giver != nation.partner).all()
    inner = np.diff(nation.partner)[np.diff(giver) == 0]
    assert (inner > 0).all()
    assert 0.1 < degrees(nation).mutual < 0.9


def test_agencies_fall_to_states_by_population(nation):
    local = nation.state[:5000]
    found = np.bincount(local, minlength=51) / 5000
    wanted = POPULATION / POPULATION.sum()
    assert np.abs(found - wanted).max() < 4 * math.sqrt(wanted.max() / 5000)
    assert found[CODES.index("CA")] == pytest.approx(wanted[CODES.index("CA")], abs=0.02)


def test_names_tell_state_and_kind(nation):
    assert np.array_equal(states_of(nation.name), nation.state)
    assert nation.kind.tolist() == [kind_of(name) for name in nation.name]
    assert len(set(nation.name)) == nation.n
    shares = np.bincount(nation.kind[:5000], minlength=5) / 5000
    assert shares == pytest.approx([*(share for _, _, share in KINDS[:3]), 0, KINDS[3][2]], abs=0.02)


def test_federal_agencies_are_given_access_and_give_none(nation):
    assert nation.kind[5000:].tolist() == [AgencyKind.FEDERAL] * 2
    assert nation.state[5000:].tolist() == [UNKNOWN] * 2
    assert nation.given()[5000:].tolist() == [0, 0]
    assert nation.received()[5000:] / 5000 == pytest.approx([0.1, 0.1], abs=0.015)


def test_a_federal_partner_is_one_of_those_wished_for(little):
    all_give = generate(**LITTLE | {"federal_access": 1.0})
    assert all_give.received()[400:].tolist() == [400, 400]
    assert np.array_equal(np.maximum(little.given()[:400], 2), np.maximum(all_give.given()[:400], 2))


def test_some_agencies_are_sought_after_more_than_others(nation):
    """As in the real network, of California's agencies a tenth are given access far more often than the median."""
    here = np.flatnonzero(nation.state == CODES.index("CA"))
    received = nation.received()[here]
    assert np.percentile(received, 90) > 2 * np.median(received) > 8 * np.percentile(received, 5)


def test_sharing_falls_with_distance(nation):
    """An agency of Illinois is the likelier to give another access, the nearer its state, as the power says.

    Hazards are averaged before they are compared, so that saturation near by takes little away.
    """
    illinois = CODES.index("IL")
    givers = np.flatnonzero(nation.state == illinois)
    chosen = np.concatenate([nation.partners_of(int(one)) for one in givers])
    people = np.bincount(nation.state[:5000], minlength=51)
    rate = np.bincount(nation.state[chosen[chosen < 5000]], minlength=51) / people / len(givers)
    hazard, apart = -np.log1p(-rate), apart_km()[illinois]
    others = (apart > 1) & (people > 40)
    slope = np.polyfit(np.log(apart[others]), np.log(hazard[others]), 1)[0]
    assert slope == pytest.approx(-DISTANCE_POWER, abs=0.3)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.5])
def test_the_share_within_states_is_the_one_asked_for(share):
    assert degrees(generate(**LITTLE | {"within_state": share})).within_state == pytest.approx(share, abs=0.01)


def test_more_within_states_than_they_hold_is_refused():
    with pytest.raises(ScenarioError, match=r"sharing\.within_state: expected at most 0\.\d+, as many .*found 0\.99"):
        generate(**LITTLE | {"within_state": 0.99})


def test_the_same_seed_gives_the_same_network_and_another_another(little):
    again, other = generate(**LITTLE), generate(**LITTLE | {"seed": 1})
    assert all(np.array_equal(getattr(again, at), getattr(little, at)) for at in ("state", "kind", "first", "partner"))
    assert not np.array_equal(other.state, little.state)
    assert not np.array_equal(other.given(), little.given())


def test_more_agencies_alter_none_of_the_others(little):
    more = generate(**LITTLE | {"agencies": 410, "federal_agencies": 3})
    assert more.name[:400] == little.name[:400]
    assert all(np.array_equal(getattr(more, at)[:400], getattr(little, at)[:400]) for at in ("uid", "state", "kind"))
    before, after = pairs_of(little, 400), pairs_of(more, 400)
    assert len(before & after) > 0.93 * len(before)  # newcomers take places; the rest stays


def test_a_federal_agency_more_changes_no_other_ones_access(little):
    more = generate(**LITTLE | {"federal_agencies": 3})
    assert more.received()[400:402].tolist() == little.received()[400:402].tolist()


def test_tiny_networks_are_made():
    for agencies in (2, 3, 5, 8):
        tiny = generate(**LITTLE | {"agencies": agencies, "mean_partners": 0.5, "median_partners": 0.5,
                                    "within_state": 0.0})  # fmt: skip
        assert tiny.n == agencies + 2
        assert (tiny.giver() != tiny.partner).all()


def test_five_thousand_agencies_take_seconds():
    began = time.perf_counter()
    generate(**ASKED)
    assert time.perf_counter() - began < 6  # 0.8 s alone on one core; leaves room for a busy machine
