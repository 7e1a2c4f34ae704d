"""Pictures for notebooks: each a function that draws on given axes, or on those of a new figure.

Maps are to scale, north up, in metres; each says what its marks mean and where the map comes
from. All of it is invented but for the streets of real maps. Reached as `sim.plot`.

    roads      streets and readers
    sightings  where one car was seen
    guess      the same, with its home and where the attack puts it
    close_up   home and guess, and the ring within which it counts as found
    driven     what a car really did in a week
    on_file    what an observer holds of that week
    calendar   the same days by the clock
    areas      sightings of the vehicles of each neighbourhood
    incomes    the same by fifths of the areas by income
    shares     one share below another, with intervals and what needs no sightings
"""

from __future__ import annotations

from simulate.report.areas import areas, incomes
from simulate.report.figures import shares
from simulate.report.lives import calendar, driven, on_file
from simulate.report.maps import close_up, guess, roads, sightings

__all__ = [
    "areas", "calendar", "close_up", "driven", "guess", "incomes", "on_file", "roads", "shares", "sightings",
]  # fmt: skip
