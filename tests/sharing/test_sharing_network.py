"""The sharing network: known answers on graphs small enough to see."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate.checks import ScenarioError
from simulate.sharing.network import (
    MANY,
    AgencyKind,
    degrees,
    describe,
    kind_of,
    network,
    placed,
    reach_of,
    states_of,
    uids_of,
)
from simulate.sharing.states import CODES, UNKNOWN


def small(pairs, names=("A OH PD", "B OH PD", "C CA PD", "FBI", "E", "F OH SO")):
    """Build a network from pairs of positions."""
    state = np.where(np.array(names) == "FBI", UNKNOWN, states_of(names)).astype(np.int8)
    kind = np.array([kind_of(name) for name in names], np.uint8)
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    return network(names, uids_of(names), state, kind, (ends[:, 0], ends[:, 1]))


CHAIN = small([(0, 1), (1, 0), (1, 2), (2, 3), (2, 4)])


def test_pairs_are_kept_by_giver_in_order():
    shared = small([(2, 4), (0, 1), (2, 3), (1, 2), (1, 0)])
    assert shared.first.tolist() == CHAIN.first.tolist() == [0, 1, 3, 5, 5, 5, 5]
    assert shared.partner.tolist() == CHAIN.partner.tolist() == [1, 0, 2, 3, 4]
    assert shared.giver().tolist() == [0, 1, 1, 2, 2]
    assert shared.partners_of(1).tolist() == [0, 2]
    assert (shared.n, shared.n_pairs) == (6, 5)
    assert (shared.metro == -1).all()


@pytest.mark.parametrize(
    ("agency", "reached"), [(0, [1, 2, 4, 4]), (1, [2, 4, 4]), (2, [2, 2]), (3, [0, 0]), (5, [0, 0])]
)
def test_reach_counts_direct_access_then_favours(agency, reached):
    assert [reach_of(CHAIN, agency, steps) for steps in range(1, len(reached) + 1)] == reached


def test_reach_never_counts_the_agency_itself():
    assert reach_of(small([(0, 1), (1, 0)]), 0, 2) == 1


@pytest.mark.parametrize(("agency", "steps", "words"), [(6, 1, "from 0 to 5"), (-1, 1, "from 0"), (0, 0, "at least 1")])
def test_reach_of_nobody_or_in_no_step_is_refused(agency, steps, words):
    with pytest.raises(ScenarioError, match=words):
        reach_of(CHAIN, agency, steps)


def test_degrees_of_a_known_graph():
    of = degrees(CHAIN)
    assert (of.givers, of.mean, of.median, of.many, of.to_federal) == (3, 5 / 3, 2, 0, 1)
    assert of.within_state == 2 / 3  # A-B and back, not B-C; C-FBI and C-E tell nothing
    assert of.mutual == 2 / 3  # of A-B, B-A and B-C, since D and E give nobody access


def test_many_means_more_than_800():
    names = tuple(f"Agency {i} OH PD" for i in range(MANY + 3))
    pairs = [(0, i) for i in range(1, MANY + 1)] + [(1, i) for i in range(2, MANY + 2)]
    assert degrees(small([*pairs, (2, 0)], names)).many == 0
    assert degrees(small([*pairs, (1, 0), (2, 0)], names)).many == pytest.approx(1 / 3)


def test_shares_of_nothing_are_no_numbers():
    of = degrees(small([(0, 3)]))
    assert math.isnan(of.within_state)
    assert math.isnan(of.mutual)
    assert "stay within" not in describe(small([(0, 3)]))


def test_a_network_without_pairs_is_refused():
    with pytest.raises(ScenarioError, match="at least one pair"):
        degrees(small([]))


def test_the_network_is_described_in_plain_words():
    assert describe(CHAIN) == (
        "Sharing network: 6 agencies and 5 pairs in which one gives another access. The 3 that give anyone access give"
        " it to 2 others on average; half give it to 2 or more, 0 in 1,000 to more than 800, and 1 to a federal agency."
        " 67% of shares stay within one state."
    )


def test_placing_leaves_the_given_network_alone():
    metro = np.array([0, 1, -1, -1, -1, 0], np.int16)
    assert placed(CHAIN, metro).metro is metro
    assert (CHAIN.metro == -1).all()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Sylvania OH PD", AgencyKind.POLICE),
        ("Fraser MI DPS", AgencyKind.POLICE),
        ("Ashland County OH SO", AgencyKind.SHERIFF),
        ("Riverside County CA SD", AgencyKind.SHERIFF),
        ("Piatt County IL Sheriff", AgencyKind.SHERIFF),
        ("California Highway Patrol", AgencyKind.STATE),
        ("New York State Police NY", AgencyKind.STATE),
        ("US Postal Inspection Service", AgencyKind.FEDERAL),
        ("National Park Service (TN)", AgencyKind.FEDERAL),
        ("Fort Worth TX PD", AgencyKind.POLICE),
        ("Sioux Falls SD PD", AgencyKind.POLICE),
        ("Sioux Falls PD SD", AgencyKind.POLICE),
        ("Sioux Falls SD Dispatch", AgencyKind.OTHER),
        ("Tombstone Marshals Office (AZ)", AgencyKind.OTHER),
        ("Axon", AgencyKind.OTHER),
    ],
)
def test_a_name_tells_its_kind(name, kind):
    assert kind_of(name) == kind


def test_states_and_hashes_come_from_names():
    assert states_of(["A OH PD", "Axon"]).tolist() == [CODES.index("OH"), UNKNOWN]
    once = uids_of(["A OH PD", "Axon"])
    assert np.array_equal(uids_of(["Axon", "A OH PD"])[::-1], once)
    assert len(set(once.tolist())) == 2
