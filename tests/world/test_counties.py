"""Readers by county: which counties a metro has, and what a file counts in them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from simulate.checks import ScenarioError
from simulate.scenario.metros import read_metros
from simulate.world.counties import COUNTIES, count_mapped

BAD = Path(__file__).parent.parent / "bad" / "counties"
BUFFALO = "Buffalo-Cheektowaga, NY"
KEY = "readers.place.spread.counties"
FAULTS = {
    # file: where in the file, and words that the message must hold
    "no_rows.csv": (":2", "at least one line, found none below the header"),
    "empty.csv": (":1", "a column called fips, found nothing"),
    "missing_column.csv": (":1", "a column called alpr_cameras, found fips, county;"),
    "code_without_its_zero.csv": (":3", 'five digits for fips, found "1073"; write the code'),
    "code_blank.csv": (":2", 'five digits for fips, found ""'),
    "count_blank.csv": (":2", 'a whole number for alpr_cameras, found ""; write 0'),
    "count_missing.csv": (":2", 'a whole number for alpr_cameras, found ""'),
    "count_in_words.csv": (":2", 'a whole number for alpr_cameras, found "three"'),
    "count_in_other_digits.csv": (":2", 'a whole number for alpr_cameras, found "٣"'),
    "count_negative.csv": (":2", 'a whole number for alpr_cameras, found "-3"'),
    "none_of_the_metro.csv": ("", "counties of Buffalo-Cheektowaga, NY, found none of them"),
    "not_text.csv": ("", "a CSV file in UTF-8"),
}
CENSUS = {
    "06075": 873_965, "08014": 74_112, "08031": 715_522, "12109": 273_425, "17163": 257_400, "22087": 43_764,
    "24510": 585_708, "26147": 160_383, "29183": 405_262, "29189": 1_004_125, "29510": 301_578, "44009": 129_839,
    "51510": 159_467, "51550": 249_422, "51570": 18_170, "51600": 24_146, "51610": 14_658, "51620": 8_180,
    "51630": 27_982, "51650": 137_148, "51670": 23_033, "51683": 42_772, "51685": 17_219, "51700": 186_247,
    "51710": 238_005, "51730": 33_458, "51735": 12_460, "51740": 97_915, "51760": 226_610, "51800": 94_324,
    "51810": 459_470, "51830": 15_425, "55109": 93_536,
}  # fmt: skip
"""Populations of 2020, recalled, where the file of counties has none: cities and names it failed to join."""
ROUGH = "Hartford-East Hartford-Middletown, CT"
"""Connecticut's planning regions are not its counties."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_file_of_counties_gets_one_message(name):
    where, words = FAULTS[name]
    with pytest.raises(ScenarioError) as error:
        count_mapped(BAD / name, [BUFFALO], KEY)
    assert error.value.where == f"{BAD / name}{where}"
    assert words in str(error.value)
    assert error.value.remedy


def test_no_bad_file_goes_untested():
    assert {file.name for file in BAD.iterdir()} == set(FAULTS)


def test_no_file_and_no_such_file():
    with pytest.raises(
        ScenarioError, match=rf"{KEY}: expected a file of readers by county, found nothing; .*overrides"
    ):
        count_mapped("", [BUFFALO], KEY)
    with pytest.raises(ScenarioError, match="check the path"):
        count_mapped("no-such-file.csv", [BUFFALO], KEY)


def test_a_metro_whose_counties_nobody_knows():
    with pytest.raises(ScenarioError, match=rf"{KEY}: .* found Grand Rapids, MI; say count instead"):
        count_mapped(BAD / "none_of_the_metro.csv", ["Grand Rapids, MI"], KEY)


def test_lines_of_one_code_add_up_and_absent_counties_are_counted(tmp_path):
    file = tmp_path / "counties.csv"
    file.write_text("county,fips,alpr_cameras\nErie,36029,3\nElsewhere,06001,50\nErie City,36029, 4\n")
    [mapped] = count_mapped(file, [BUFFALO], KEY)
    assert (mapped.readers, mapped.counties, mapped.absent) == (7, 2, 1)


def test_no_county_lies_in_two_metros():
    codes = [code for counties in COUNTIES.values() for code in counties]
    assert len(codes) == len(set(codes)) == 421
    assert all(len(code) == 5 and code.isdecimal() for code in codes)
    assert len(COUNTIES) == 50


def test_the_counties_of_each_metro_hold_its_people_and_lie_in_its_states(data):
    lived, state = Counter(), {}
    with (data / "alpr_cameras_by_county.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            lived[row["fips"]] += int(row["population"] or 0)
            state[row["fips"][:2]] = row["state"]
    metros = read_metros(data / "metros.csv")
    assert {metro.name for metro in metros} == set(COUNTIES)
    for metro in metros:
        codes = COUNTIES[metro.name]
        people = sum(lived[code] or CENSUS[code] for code in codes)
        least = 0.95 if metro.name == ROUGH else 0.97
        assert least <= people / metro.population <= 1.15, (metro.name, people / metro.population)
        assert {state[code[:2]] for code in codes} == set(metro.name.rpartition(", ")[2].split("-"))


def test_what_is_mapped_in_the_metros(data):
    mapped = count_mapped(data / "alpr_cameras_by_county.csv", list(COUNTIES), KEY)
    assert sum(one.readers for one in mapped) == 46_168
    assert {one.metro: one.absent for one in mapped if one.absent} == {
        "Washington-Arlington-Alexandria, DC-VA-MD-WV": 1,
        "Baltimore-Columbia-Towson, MD": 1,
        "Virginia Beach-Norfolk-Newport News, VA-NC": 1,
        "Richmond, VA": 1,
    }
