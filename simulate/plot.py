"""Figures for notebooks: each function draws on given axes, or on those of a new figure.

Maps are to scale, north up, in metres, each with a key and the source of the map. All content is
synthetic except the streets of real maps. Reached as `sim.plot`.

    roads      streets and readers
    sightings  sites of the sightings of one car
    guess      the same, with its home and the attack's guess
    close_up   home and guess, and the ring of guesses counted as found
    driven     true trips of a car in a week
    on_file    an observer's sightings of that week
    calendar   the same days by the clock
    areas      sightings of the vehicles of each neighbourhood
    incomes    the same by fifths of the areas by income
    shares     one share below another, with intervals and the baseline without sightings
"""

from __future__ import annotations

from simulate.report.areas import areas, incomes
from simulate.report.figures import shares
from simulate.report.lives import calendar, driven, on_file
from simulate.report.maps import close_up, guess, roads, sightings

__all__ = [
    "areas", "calendar", "close_up", "driven", "guess", "incomes", "on_file", "roads", "shares", "sightings",
]  # fmt: skip
