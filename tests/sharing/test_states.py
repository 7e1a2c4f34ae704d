"""States add up to the nation, and names of agencies tell theirs."""

from __future__ import annotations

import numpy as np
import pytest

from simulate.sharing.states import CODES, NAMES, POPULATION, UNKNOWN, apart_km, state_of


def test_the_states_hold_the_nations_people():
    assert POPULATION.sum() == 328_239_523  # Census Vintage 2019, fifty states and the District
    assert len(set(CODES)) == len(set(NAMES)) == len(POPULATION) == 51


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Sylvania OH PD", "OH"),
        ("18th Judicial District DA's Office- LA PD", "LA"),
        ("Mendocino County SO-CA", "CA"),
        ("Chino PD (CA)", "CA"),
        ("CO - Fort Collins PD", "CO"),
        ("Iowa County WI SO", "WI"),
        ("Indiana Township PA PD", "PA"),
        ("Delaware County OH SO", "OH"),
        ("Nevada MO PD", "MO"),
        ("Los Angeles County CA SD", "CA"),
        ("LA County CA Sheriff", "CA"),
        ("Reeves CO TX SO", "TX"),
        ("UT Health - Tyler (TX)", "TX"),
        ("Sioux Falls SD PD", "SD"),
        ("California Highway Patrol", "CA"),
        ("West Virginia State Police", "WV"),
        ("SLED - South Carolina Law Enforcement Division", "SC"),
        ("University of Texas at Tyler PD", "TX"),
        ("Cincinnati/Northern Kentucky Intl Airport PD", "KY"),
        ("Metropolitan Police Department DC", "DC"),
    ],
)
def test_a_name_tells_its_state(name, code):
    assert CODES[state_of(name)] == code


@pytest.mark.parametrize(
    "name",
    [
        "US Postal Inspection Service", "Kansas City PD", "Nevada County SO", "Tennessee Valley Authority Police",
        "La Crosse Co SO", "Crestview Fl PD", "MOCIC", "Example PD", "", "Task Force TX OK",
        "Virginia and Ohio Task Force", "The West Central Dispatch Center (WCDC)",
    ],
)  # fmt: skip
def test_a_name_that_tells_none_or_two_leaves_it_open(name):
    assert state_of(name) == UNKNOWN


def test_states_lie_apart_as_on_the_globe():
    apart = apart_km()
    at = CODES.index
    assert np.allclose(apart, apart.T)
    assert np.allclose(np.diag(apart), 0, atol=0.1)
    assert apart[at("CA"), at("NY")] == pytest.approx(3800, rel=0.05)
    assert apart[at("RI"), at("MA")] == pytest.approx(70, abs=15)
