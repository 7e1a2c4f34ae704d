"""Counties of each large metro, and the number of readers mapped in them.

The table holds the 50 largest metropolitan areas of the United States by the delineation of the
Office of Management and Budget of September 2018, **as recalled**, not compared with its bulletin.
It was checked by populations. Those of each metro's counties of 2020 to 2024 add up to
the metro's of 2019, from 3 % below to 15 % above, owing to later migration; and the counties lie
in the states in the metro's name. `tests/world/test_counties.py` repeats both checks.

Hartford is an exception. The Census Bureau has counted Connecticut by planning regions instead
of counties since 2022; the Capitol and the Lower Connecticut River Valley stand for the counties
of Hartford, Middlesex and Tolland, with only roughly the same borders: 4 % below.

Files joined by county name may lack a city with the name of a county elsewhere: the readers of
Richmond, Virginia, are then listed under Richmond County, outside its metro. Counties missing
from a file are counted and reported; nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("fips", "alpr_cameras")
"""Required columns of a file of counties; others are ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Counts of a file for the counties of one metro."""

    metro: str
    readers: int
    counties: int
    """Number of counties of the metro."""
    absent: int
    """Number of them missing from the file; they count nothing."""


def count_mapped(path: str | Path, metros: Sequence[str], where: str) -> tuple[Mapped, ...]:
    """Count the readers mapped in the counties of some metros.

    The file is a CSV with the columns fips, five digits, and alpr_cameras. Lines of one code
    are summed: such files name a city and the county of the same name alike.

    Parameters
    ----------
    path
        The file.
    metros
        Full names of metros.
    where
        The scenario key of the file, for errors.

    Raises
    ------
    ScenarioError
        If there is no such file, it lacks a column, a count is no number, the counties of a metro
        are unknown, or the file lists none of them.
    """
    mapped = _read(path, where)
    counted = []
    for metro in metros:
        if metro not in COUNTIES:
            remedy = "say count instead of counties, or choose other metros"
            raise ScenarioError(where, "metros of the 50 largest of 2019, whose counties are known", metro, remedy)
        codes = COUNTIES[metro]
        present = [code for code in codes if code in mapped]
        if not present:
            remedy = "check that the file holds five-digit FIPS codes with their zeros"
            raise ScenarioError(f"{path}", f"counties of {metro}", "none of them", remedy)
        readers = sum(mapped[code] for code in present)
        counted.append(Mapped(metro=metro, readers=readers, counties=len(codes), absent=len(codes) - len(present)))
    return tuple(counted)


def _read(path: str | Path, where: str) -> dict[str, int]:
    """Read the number of readers of each county."""
    if not path:
        raise ScenarioError(
            where, "a file of readers by county", "nothing",
            f'give it: overrides=["{where}=FILE"], a CSV file with the columns {", ".join(COLUMNS)}',
        )  # fmt: skip
    mapped: dict[str, int] = {}
    for line, row in read_table(Path(path), COLUMNS, "a file of counties"):
        code, count = (row[column] for column in COLUMNS)
        if not re.fullmatch("[0-9]{5}", code):
            remedy = "write the code of the county with its zeros"
            raise ScenarioError(f"{path}:{line}", "five digits for fips", f'"{code}"', remedy)
        if not re.fullmatch("[0-9]+", count):
            remedy = "write 0 where none is mapped, or remove the line"
            raise ScenarioError(f"{path}:{line}", "a whole number for alpr_cameras", f'"{count}"', remedy)
        mapped[code] = mapped.get(code, 0) + int(count)
    return mapped


def _codes(text: str) -> tuple[str, ...]:
    """Parse county codes, three digits each, after the two digits of their state."""
    codes = []
    for group in text.split(";"):
        state, *counties = group.split()
        codes += [state + county for county in counties]
    return tuple(codes)


_BY_STATE = {
    "New York-Newark-Jersey City, NY-NJ-PA": (
        "36 005 047 059 061 079 081 085 087 103 119; 34 003 013 017 019 023 025 027 029 031 035 037 039; 42 103"
    ),
    "Los Angeles-Long Beach-Anaheim, CA": "06 037 059",
    "Chicago-Naperville-Elgin, IL-IN-WI": "17 031 037 043 063 089 093 097 111 197; 18 073 089 111 127; 55 059",
    "Dallas-Fort Worth-Arlington, TX": "48 085 113 121 139 231 251 257 367 397 439 497",
    "Houston-The Woodlands-Sugar Land, TX": "48 015 039 071 157 167 201 291 339 473",
    "Washington-Arlington-Alexandria, DC-VA-MD-WV": (
        "11 001; 24 009 017 021 031 033; 51 013 043 047 059 061 107 113 153 157 177 179 187 510 600 610 630 683 685; "
        "54 037"
    ),
    "Miami-Fort Lauderdale-Pompano Beach, FL": "12 011 086 099",
    "Philadelphia-Camden-Wilmington, PA-NJ-DE-MD": "42 017 029 045 091 101; 34 005 007 015 033; 10 003; 24 015",
    "Atlanta-Sandy Springs-Alpharetta, GA": (
        "13 013 015 035 045 057 063 067 077 085 089 097 113 117 121 135 143 149 151 159 171 199 211 217 223 227 231 "
        "247 255 297"
    ),
    "Phoenix-Mesa-Chandler, AZ": "04 013 021",
    "Boston-Cambridge-Newton, MA-NH": "25 009 017 021 023 025; 33 015 017",
    "San Francisco-Oakland-Berkeley, CA": "06 001 013 041 075 081",
    "Riverside-San Bernardino-Ontario, CA": "06 065 071",
    "Detroit-Warren-Dearborn, MI": "26 087 093 099 125 147 163",
    "Seattle-Tacoma-Bellevue, WA": "53 033 053 061",
    "Minneapolis-St. Paul-Bloomington, MN-WI": ("27 003 019 025 037 053 059 079 095 123 139 141 163 171; 55 093 109"),
    "San Diego-Chula Vista-Carlsbad, CA": "06 073",
    "Tampa-St. Petersburg-Clearwater, FL": "12 053 057 101 103",
    "Denver-Aurora-Lakewood, CO": "08 001 005 014 019 031 035 039 047 059 093",
    "St. Louis, MO-IL": "29 071 099 113 183 189 219 510; 17 005 013 027 083 117 119 133 163",
    "Baltimore-Columbia-Towson, MD": "24 003 005 013 025 027 035 510",
    "Charlotte-Concord-Gastonia, NC-SC": "37 007 025 071 097 109 119 159 179; 45 023 057 091",
    "Orlando-Kissimmee-Sanford, FL": "12 069 095 097 117",
    "San Antonio-New Braunfels, TX": "48 013 019 029 091 187 259 325 493",
    "Portland-Vancouver-Hillsboro, OR-WA": "41 005 009 051 067 071; 53 011 059",
    "Sacramento-Roseville-Folsom, CA": "06 017 061 067 113",
    "Pittsburgh, PA": "42 003 005 007 019 051 125 129",
    "Las Vegas-Henderson-Paradise, NV": "32 003",
    "Austin-Round Rock-Georgetown, TX": "48 021 055 209 453 491",
    "Cincinnati, OH-KY-IN": "39 015 017 025 061 165; 21 015 023 037 077 081 117 191; 18 029 047 115 161",
    "Kansas City, MO-KS": "29 013 025 037 047 049 095 107 165 177; 20 091 103 107 121 209",
    "Columbus, OH": "39 041 045 049 073 089 097 117 127 129 159",
    "Indianapolis-Carmel-Anderson, IN": "18 011 013 057 059 063 081 095 097 109 133 145",
    "Cleveland-Elyria, OH": "39 035 055 085 093 103",
    "San Jose-Sunnyvale-Santa Clara, CA": "06 069 085",
    "Nashville-Davidson--Murfreesboro--Franklin, TN": "47 015 021 037 043 111 119 147 149 159 165 169 187 189",
    "Virginia Beach-Norfolk-Newport News, VA-NC": (
        "51 073 093 095 115 175 199 550 620 650 700 710 735 740 800 810 830; 37 029 053 073"
    ),
    "Providence-Warwick, RI-MA": "44 001 003 005 007 009; 25 005",
    "Milwaukee-Waukesha, WI": "55 079 089 131 133",
    "Jacksonville, FL": "12 003 019 031 089 109",
    "Oklahoma City, OK": "40 017 027 051 081 083 087 109",
    "Raleigh-Cary, NC": "37 069 101 183",
    "Memphis, TN-MS-AR": "47 047 157 167; 28 033 093 137 143; 05 035",
    "Richmond, VA": "51 007 036 041 053 075 085 087 097 101 127 145 149 183 570 670 730 760",
    "New Orleans-Metairie, LA": "22 051 071 075 087 089 093 095 103",
    "Louisville/Jefferson County, KY-IN": "21 029 103 111 185 211 215; 18 019 043 061 175",
    "Salt Lake City, UT": "49 035 045",
    "Hartford-East Hartford-Middletown, CT": "09 110 130",
    "Buffalo-Cheektowaga, NY": "36 029 063",
    "Birmingham-Hoover, AL": "01 007 009 021 073 115 117",
}
COUNTIES: Mapping[str, tuple[str, ...]] = {metro: _codes(text) for metro, text in _BY_STATE.items()}
"""Five-digit FIPS codes of each metro's counties, by the metro's full name."""
