"""Agencies stand in the metros of their state by population, and outside them by what is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulate.checks import ScenarioError
from simulate.scenario.metros import read_metros
from simulate.sharing.metros import in_arrays, outside_share, place_agencies
from simulate.sharing.states import CODES, POPULATION, UNKNOWN

BAD = Path(__file__).parent.parent / "bad" / "metros"
FAULTS = {
    "binary.csv": ("", "a CSV file in UTF-8"),
    "column_twice.csv": (":1", "a column called population, once, found metro, state, population, lat"),
    "blank_name.csv": (":3", "the name of a metro, found a blank"),
    "blank_state.csv": (":2", "a state's two letters, found ''"),
    "empty.csv": (":1", "a column called metro"),
    "header_and_nothing.csv": (":2", "at least one line, found none below the header"),
    "latitude_of_139.csv": (":2", "from -90 to 90 for lat, found '139.8'"),
    "letters_for_population.csv": (":2", "for population, found 'many'"),
    "longitude_nan.csv": (":2", "from -180 to 180 for lon, found 'nan'"),
    "missing_column.csv": (":1", "a column called lon"),
    "other_digits.csv": (":2", "for population, found '٣٠٠٠٠٠'"),
    "underscores.csv": (":2", "for population, found '600_000'"),
    "short_line.csv": (":2", "for population, found ''"),
    "twice.csv": (":3", "each metro once, found Ashford, NY again"),
    "unknown_state.csv": (": Springfield", "a state's two letters, found 'IX'"),
}
TEXAS, VERMONT, DISTRICT = (CODES.index(code) for code in ("TX", "VT", "DC"))
TABLE = """metro,state,population,lat,lon,rank
"Large, TX",TX,8000000,32.8,-96.8,1
Small TX,TX,2000000,29.8,-95.4,2
"Capital, DC-VA-MD",DC,6000000,38.9,-77.0,3
"""


@pytest.fixture
def metros(tmp_path):
    (tmp_path / "metros.csv").write_text(TABLE, encoding="utf-8")
    return in_arrays(read_metros(tmp_path / "metros.csv"), tmp_path / "metros.csv")


def test_no_bad_file_goes_untested():
    assert {path.name for path in BAD.iterdir()} == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_table_is_refused_with_one_message(name):
    where, words = FAULTS[name]
    with pytest.raises(ScenarioError) as caught:
        in_arrays(read_metros(BAD / name), BAD / name)
    assert str(caught.value).startswith(f"{BAD / name}{where}: expected ")
    assert words in str(caught.value)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.csv: expected a table of metros, found No such file"):
        in_arrays(read_metros(tmp_path / "none.csv"), tmp_path / "none.csv")


def test_without_a_name_the_message_says_how_to_give_one():
    with pytest.raises(
        ScenarioError, match=r"roads.path: expected a table of metros, found nothing; .*overrides=.*roads"
    ):
        in_arrays(read_metros(""), "")


def test_a_table_is_read_by_its_columns(metros):
    assert metros.name == ("Large, TX", "Small TX", "Capital, DC-VA-MD")
    assert metros.state.tolist() == [TEXAS, TEXAS, DISTRICT]
    assert metros.population.tolist() == [8_000_000, 2_000_000, 6_000_000]
    assert (metros.latitude[1], metros.longitude[1]) == (29.8, -95.4)


def test_agencies_fall_to_metros_by_population(metros):
    n = 40_000
    metro = place_agencies(np.arange(n, dtype=np.uint64), np.full(n, TEXAS, np.int8), metros, seed=1)
    outside = 1 - 10_000_000 / POPULATION[TEXAS]
    shares = np.bincount(metro + 1, minlength=4) / n
    assert shares == pytest.approx([outside, 0.8 * (1 - outside), 0.2 * (1 - outside), 0], abs=0.01)


def test_a_metro_larger_than_its_state_leaves_nobody_outside(metros):
    assert outside_share(metros)[DISTRICT] == 0
    metro = place_agencies(np.arange(500, dtype=np.uint64), np.full(500, DISTRICT, np.int8), metros, seed=1)
    assert (metro == 2).all()


def test_agencies_of_other_states_and_of_none_stand_in_no_metro(metros):
    state = np.repeat(np.array([VERMONT, UNKNOWN], np.int8), 200)
    assert (place_agencies(np.arange(400, dtype=np.uint64), state, metros, seed=1) == -1).all()


def test_a_place_hangs_on_the_agency_and_the_seed_alone(metros):
    uid, state = np.arange(300, dtype=np.uint64), np.full(300, TEXAS, np.int8)
    once = place_agencies(uid, state, metros, seed=1)
    assert np.array_equal(place_agencies(uid[::-1], state, metros, seed=1)[::-1], once)
    assert np.array_equal(place_agencies(uid[:7], state[:7], metros, seed=1), once[:7])
    assert not np.array_equal(place_agencies(uid, state, metros, seed=2), once)


def test_the_real_table_places_as_many_outside_as_live_there(data):
    metros = in_arrays(read_metros(data / "metros.csv"), data / "metros.csv")
    outside = outside_share(metros)
    assert metros.n == 50
    assert int(metros.population.sum()) == 180_515_867
    assert outside[CODES.index("CA")] == pytest.approx(1 - 30_289_953 / 39_512_223)
    assert outside[CODES.index("MT")] == 1
    assert (outside[[CODES.index("NY"), CODES.index("DC"), CODES.index("RI")]] == 0).all()
