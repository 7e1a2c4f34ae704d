"""Plates: their numbers, their assignment to vehicles, and their text in an invented format."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.checks import ScenarioError
from simulate.kernels.plates import CHARACTERS, GROUP, ISSUED, PlateTables, fill_plates, fill_vehicles

if TYPE_CHECKING:
    from numpy.typing import NDArray

LETTERS = ("DO", "MN", "VY", "CG", "PR", "BE", "FT", "HK", "IL", "JU", "SZ", "WX", "AQ")
DIGITS = ("38", "17", "56", "09", "24")
"""All characters in pairs of similar shape, the most often confused first."""
LIKENESS_LETTERS = (8, 8, 8, 8, 8, 4, 2, 2, 4, 2, 2, 2, 1)
LIKENESS_DIGITS = (8, 8, 4, 2, 1)
"""How easily the two are confused, against each other (assumption; D/O, M/N, V/Y, C/G, P/R, 3/8 and 1/7 are known)."""
CONFUSABLE = "LLLDD"
"""Positions of the confusable characters of a plate: its first three letters and its first two digits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plates:
    """The plates of a scenario, held or not."""

    format: str
    """L for a letter, D for a digit."""
    tables: PlateTables

    @property
    def n(self) -> int:
        """Return the number of plates, unheld ones included."""
        return self.tables.groups * GROUP

    def of_vehicles(self, vehicles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the plate of each vehicle; int64[n]."""
        plate = np.empty(len(vehicles), np.int64)
        fill_plates(self.tables, np.ascontiguousarray(vehicles, np.int64), plate)
        return plate

    def holders(self, plates: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the vehicle with each plate; int64[n], -1 = none."""
        vehicle = np.empty(len(plates), np.int64)
        fill_vehicles(self.tables, np.ascontiguousarray(plates, np.int64), vehicle)
        return vehicle

    def text(self, plate: int) -> str:
        """Write a plate as people would read it."""
        group, bits = divmod(int(plate), GROUP)
        rest = group * int(self.tables.spread) % int(self.tables.space)
        pairs = [(LETTERS if kind == "L" else DIGITS) for kind in CONFUSABLE]
        drawn: dict[str, list[str]] = {"L": [], "D": []}
        for i, kind in enumerate(CONFUSABLE):
            rest, which = divmod(rest, len(pairs[i]))
            drawn[kind].append(pairs[i][which][bits >> i & 1])
        for kind in self.format.replace("L", "", 3).replace("D", "", 2):
            alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if kind == "L" else "0123456789"
            rest, which = divmod(rest, len(alphabet))
            drawn[kind].append(alphabet[which])
        return "".join(drawn[kind].pop(0) for kind in self.format)


def make_plates(form: str, vehicles: int, seed: int) -> Plates:
    """Assign plates to vehicles; raises ScenarioError if the format has too few."""
    pairs = [len(LETTERS) if kind == "L" else len(DIGITS) for kind in CONFUSABLE]
    space = math.prod(pairs) * 26 ** (form.count("L") - 3) * 10 ** (form.count("D") - 2)
    groups = max(1, -(-vehicles // ISSUED))
    if groups > space:
        raise ScenarioError(
            "plates.format", f"room for {groups * GROUP:,} plates, a quarter of them issued",
            f"{form!r}, which has {space * GROUP:,}", "add a letter or a digit",
        )  # fmt: skip
    spread = space * 5 // 8 + 1
    while math.gcd(spread, space) != 1:
        spread += 1
    likeness = np.zeros((CHARACTERS, len(LETTERS)), np.int64)
    for i, kind in enumerate(CONFUSABLE):
        weights = LIKENESS_LETTERS if kind == "L" else LIKENESS_DIGITS
        likeness[i, : len(weights)] = weights
    tables = PlateTables(
        key=streams.key(seed, "plates"),
        groups=groups,
        vehicles=vehicles,
        pairs=np.array(pairs, np.int64),
        likeness=likeness,
        spread=np.uint64(spread),
        space=np.uint64(space),
    )
    return Plates(format=form, tables=tables)
