"""A scenario's [sharing] becomes a network, placed and described."""

from __future__ import annotations

import numpy as np
import pytest

from simulate.checks import ScenarioError
from simulate.scenario import load
from simulate.scenario.metros import read_metros
from simulate.sharing.build import build_network
from simulate.sharing.metros import in_arrays, place_agencies
from simulate.sharing.states import CODES

GENERATED = {
    "sharing.source": "generated", "sharing.agencies": 400, "sharing.mean_partners": 20, "sharing.median_partners": 15,
    "sharing.within_state": 0.4, "sharing.federal_agencies": 1, "sharing.federal_access": 0.1,
}  # fmt: skip
METROS = "metro,state,population,lat,lon\nDallas,TX,8000000,32.8,-96.8\nMiami,FL,6000000,25.8,-80.2\n"


@pytest.fixture
def metros(tmp_path):
    (tmp_path / "metros.csv").write_text(METROS, encoding="utf-8")
    return str(tmp_path / "metros.csv")


def built(overrides, seed=0):
    settings = load("smallville", overrides=overrides).settings
    return build_network(settings.sharing, settings.roads, seed)


def national(tmp_path, table, **changes):
    """Build the network of a national scenario over this table of metros."""
    (tmp_path / "roads.csv").write_text(table, encoding="utf-8")
    settings = load(
        "vigilant-2019", overrides={**GENERATED, "roads.path": str(tmp_path / "roads.csv"), **changes}
    ).settings
    return build_network(settings.sharing, settings.roads, 0)


def test_without_metros_nobody_is_placed():
    made = built(GENERATED)
    assert made.metros is None
    assert (made.shared.metro == -1).all()
    assert len(made.notes) == 1
    assert made.notes[0].startswith("Sharing network: 401 agencies")


def test_agencies_stand_in_metros_of_their_own_state(metros):
    made = built({**GENERATED, "sharing.metros.path": metros})
    stands = made.shared.metro >= 0
    assert np.array_equal(made.metros.state[made.shared.metro[stands]], made.shared.state[stands])
    assert set(np.unique(made.shared.state[stands])) == {CODES.index("TX"), CODES.index("FL")}
    assert made.notes[1] == f"{stands.sum()} agencies stand in one of 2 large metros."


def test_agencies_of_a_national_scenario_stand_in_its_metros_without_naming_the_file_twice(tmp_path, metros):
    made = national(tmp_path, METROS)
    assert np.array_equal(made.shared.metro, built({**GENERATED, "sharing.metros.path": metros}).shared.metro)
    one = METROS.replace("Miami,FL", "Akron,OH")
    other = national(tmp_path, one, **{"sharing.metros.path": metros})
    assert other.metros.name == ("Dallas", "Miami")
    assert national(tmp_path, one).metros.name == ("Dallas", "Akron")


def test_a_nation_without_a_file_or_of_another_country_places_no_agency(tmp_path):
    assert national(tmp_path, METROS, **{"roads.path": ""}).metros is None
    abroad = national(tmp_path, METROS + "Toronto,ON,6000000,43.7,-79.4\n")
    assert abroad.metros is None
    assert (abroad.shared.metro == -1).all()


def test_the_metros_change_nothing_else(metros):
    bare, placed = built(GENERATED).shared, built({**GENERATED, "sharing.metros.path": metros}).shared
    assert np.array_equal(bare.partner, placed.partner)


def test_pairs_are_read_and_placed_by_name(tmp_path, metros):
    lines = "".join(f"Agency {i} TX PD,Agency {i + 1} TX PD\n" for i in range(60))
    (tmp_path / "pairs.csv").write_text("src_agency,external_agency\n" + lines, encoding="utf-8")
    asked = {"sharing.source": "pairs", "sharing.path": str(tmp_path / "pairs.csv"), "sharing.metros.path": metros}
    made = built(asked)
    assert made.notes[1].startswith("File of pairs: 60 lines")
    assert 0 < (made.shared.metro == 0).sum() < 61
    (tmp_path / "pairs.csv").write_text("src_agency,external_agency\n" + lines + "A CA PD,B CA PD\n", encoding="utf-8")
    more = built(asked).shared
    assert np.array_equal(more.metro, place_agencies(more.uid, more.state, in_arrays(read_metros(metros), metros), 0))
    stands = dict(zip(more.name, more.metro, strict=True))
    assert [stands[name] for name in made.shared.name] == made.shared.metro.tolist()


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"sharing.source": "pairs", "sharing.path": ""}, "sharing.path"),
        ({**GENERATED, "sharing.metros.path": ""}, "sharing.metros.path"),
    ],
)
def test_a_path_that_nobody_gave_is_asked_for(overrides, key):
    with pytest.raises(
        ScenarioError, match=rf'{key}: expected the path of .*found nothing; give it: overrides=\["{key}=FILE"\]'
    ):
        built(overrides)
