"""States: populations, positions, and recognition in agency names.

Populations are those of the United States Census Bureau for 1 July 2019 (Vintage 2019), centres
are near the geographic middle of each state, in whole or half degrees. Both were recalled; the
populations add up to the published total of 328,239,523.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = -1
"""Index of an unknown state, also of federal agencies."""
EARTH_RADIUS_KM = 6371.0
"""Mean radius of the Earth."""
_TABLE = """
AL|Alabama|4903185|32.8|-86.8
AK|Alaska|731545|64.0|-152.0
AZ|Arizona|7278717|34.3|-111.7
AR|Arkansas|3017804|34.8|-92.4
CA|California|39512223|37.2|-119.5
CO|Colorado|5758736|39.0|-105.5
CT|Connecticut|3565287|41.6|-72.7
DE|Delaware|973764|39.0|-75.5
DC|District of Columbia|705749|38.9|-77.0
FL|Florida|21477737|28.5|-82.0
GA|Georgia|10617423|32.7|-83.4
HI|Hawaii|1415872|20.8|-157.0
ID|Idaho|1787065|44.3|-114.5
IL|Illinois|12671821|40.0|-89.2
IN|Indiana|6732219|39.9|-86.3
IA|Iowa|3155070|42.0|-93.5
KS|Kansas|2913314|38.5|-98.4
KY|Kentucky|4467673|37.5|-85.3
LA|Louisiana|4648794|31.0|-92.0
ME|Maine|1344212|45.3|-69.2
MD|Maryland|6045680|39.0|-76.7
MA|Massachusetts|6892503|42.3|-71.8
MI|Michigan|9986857|43.8|-85.0
MN|Minnesota|5639632|46.0|-94.5
MS|Mississippi|2976149|32.7|-89.7
MO|Missouri|6137428|38.4|-92.5
MT|Montana|1068778|47.0|-109.6
NE|Nebraska|1934408|41.5|-99.8
NV|Nevada|3080156|39.3|-116.6
NH|New Hampshire|1359711|43.7|-71.6
NJ|New Jersey|8882190|40.2|-74.7
NM|New Mexico|2096829|34.4|-106.1
NY|New York|19453561|42.9|-75.5
NC|North Carolina|10488084|35.5|-79.4
ND|North Dakota|762062|47.4|-100.5
OH|Ohio|11689100|40.3|-82.8
OK|Oklahoma|3956971|35.6|-97.5
OR|Oregon|4217737|43.9|-120.6
PA|Pennsylvania|12801989|40.9|-77.8
RI|Rhode Island|1059361|41.7|-71.5
SC|South Carolina|5148714|33.9|-80.9
SD|South Dakota|884659|44.4|-100.2
TN|Tennessee|6829174|35.9|-86.4
TX|Texas|28995881|31.5|-99.3
UT|Utah|3205958|39.3|-111.7
VT|Vermont|623989|44.1|-72.7
VA|Virginia|8535519|37.5|-78.8
WA|Washington|7614893|47.4|-120.4
WV|West Virginia|1792147|38.6|-80.6
WI|Wisconsin|5822434|44.6|-89.9
WY|Wyoming|578759|43.0|-107.5
"""


def _column(at: int) -> tuple[str, ...]:
    return tuple(line.split("|")[at] for line in _TABLE.strip().splitlines())


CODES = _column(0)
"""Two-letter codes, in the order of the states' names; their positions are the states' indices."""
NAMES = _column(1)
POPULATION: NDArray[np.int64] = np.array(_column(2), np.int64)
"""int64[51]; residents on 1 July 2019, recalled."""
LATITUDE, LONGITUDE = (np.array(_column(at), np.float64) for at in (3, 4))
"""float64[51] each; degrees north and east of the middle of each state, recalled."""

_INDEX = {code: index for index, code in enumerate(CODES)}
_CODE = re.compile(rf"(?<![A-Za-z.&'])(?:{'|'.join(CODES)})(?![A-Za-z&'])")
_AMBIGUOUS = {"CO", "LA", "SD", "UT"}
"""Ambiguous codes: also county, Los Angeles, sheriff's department and University of Texas."""
_NAME = re.compile(
    rf"\b({'|'.join(NAMES)})\b"
    r"(?! (?:City|County|Co|Parish|Township|Twp|Borough|Village|Valley|Avenue|Street)\b)"
)
"""A state's full name, unless the next word makes it the name of a smaller place."""
_NAME_INDEX = {name: index for index, name in enumerate(NAMES)}


def state_of(name: str) -> int:
    """Return the index of the state in an agency's name, UNKNOWN if it is missing or ambiguous.

    A two-letter code in capitals takes precedence over a state's full name ("Iowa County WI SO" is
    in Wisconsin). Of two codes, an ambiguous one yields ("Reeves CO TX SO" is in Texas); two
    remaining codes, or two full names, leave the state open.
    """
    codes = set(_CODE.findall(name))
    states = {_INDEX[code] for code in (codes - _AMBIGUOUS or codes)}
    if not states:
        states = {_NAME_INDEX[full] for full in _NAME.findall(name)}
    return states.pop() if len(states) == 1 else UNKNOWN


def apart_km() -> NDArray[np.float64]:
    """Return the great-circle distance between the middles of any two states; float64[51, 51], kilometres."""
    north, east = np.radians(LATITUDE), np.radians(LONGITUDE)
    cosine = np.sin(north)[:, None] * np.sin(north) + np.cos(north)[:, None] * np.cos(north) * np.cos(
        east[:, None] - east
    )
    apart: NDArray[np.float64] = EARTH_RADIUS_KM * np.arccos(np.clip(cosine, -1.0, 1.0))
    return apart
