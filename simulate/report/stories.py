"""Stories: one synthetic car, its sightings on file, and the truth beside them.

A story is chosen by the attack's error on its car; a week follows any car for some days. Both
are about one case of a view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.redraw import of_plate, on_file_of
from simulate.policy.view import case_of
from simulate.risk.anchors import Anchors
from simulate.risk.belief import answers, ground_of, met_by
from simulate.risk.targets import living_here
from simulate.sightings.store import Rows
from simulate.travel.days import stays_on
from simulate.travel.truth import home_and_work, passages, trips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import View
    from simulate.travel.days import Stay
    from simulate.travel.truth import Trips


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """One car of many: its sightings on file, its home, and the attack's guess."""

    case: str
    """Name of the case."""
    number: int
    """Its plate's number, for look-ups."""
    plate: str
    """Its plate as text."""
    sightings: NDArray[np.int64]
    """int64[s]; number of sightings at each site."""
    days: int
    """Number of days with a sighting."""
    home: tuple[float, float]
    """Its true home, unknown to observers: metres east and north."""
    guess: tuple[float, float]
    """The attack's guess of its home: metres east and north."""

    @property
    def error_m(self) -> float:
        """Return the distance between guess and home, in metres."""
        return float(np.hypot(self.home[0] - self.guess[0], self.home[1] - self.guess[1]))

    def tell(self) -> str:
        """Return one car's story in two sentences."""
        seen, places = int(self.sightings.sum()), int((self.sightings > 0).sum())
        return (
            f"Car {self.plate} was seen {seen:,} time{'' if seen == 1 else 's'} on {self.days}"
            f" day{'' if self.days == 1 else 's'}, at {places} place{'' if places == 1 else 's'}."
            f" From these sightings alone the attack puts its home {self.error_m:,.0f} m from where it is:"
            " half of all guesses are nearer, half farther."
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Week:
    """Some days of one vehicle's life, and its sightings on file; n trips, r sightings."""

    case: str
    """Name of the case of the file."""
    observer: str
    """Holder of the file."""
    plate: str
    """Its plate as text."""
    first_day: int
    """First day of travel; 0 is the scenario's first."""
    days: int
    home: int
    """Zone of its home."""
    work: int
    """Zone of its job, -1 without a commute."""
    places: int
    """Number of destinations on the map."""
    trips: Trips
    ways: tuple[NDArray[np.int32], ...]
    """int32[links] for each trip: the links driven, in order."""
    stays: tuple[tuple[Stay, ...], ...]
    """Its stays, one tuple a day."""
    rows: Rows
    """The observer's rows of its plate in these days; misread plates of others included."""

    def tell(self) -> str:
        """Return the truth and the file in one sentence each."""
        n = len(self.rows.time)
        days = len(np.unique((self.rows.time.astype(np.int64) - DAY_START_S) // DAY_S))
        return (
            f"In {many(self.days, 'day')} the invented car {self.plate} made {many(len(self.trips.day), 'trip')} to"
            f" {many(self.places, 'place')} on the map. {self.observer} holds {many(n, 'sighting')} of it, from"
            f" {many(days, 'day')} and {many(len(np.unique(self.rows.site)), 'site')}."
        )


def choose_story(view: View, case: str | None = None) -> Story | None:
    """Choose the car with the median error of the attack.

    The attack is `anchors` of `sim.measure`, on the same targets. Cars without a
    sighting are excluded: a guess from the census alone is no example.

    Parameters
    ----------
    view
        A run under some cases.
    case
        Name of a case of the view; the last one reached if None.

    Returns
    -------
    Story or None
        The car's plate, its sightings at each reader, its home and the guess, in metres; None if the case
        is not reached, shows pseudonyms instead of plates, or no target has a guess.

    Examples
    --------
    >>> story = sim.choose_story(view)
    >>> print(story.tell())
    Car ... was seen ... times on ... days, at ... places. From these sightings alone the attack puts its home ...
    """
    c, seen = case_of(view, case)
    if not seen.reached or seen.pseudonym_s:
        return None
    public, zones = view.sight.public, view.sight.public.zones
    targets = Anchors().ask(view, view.sight.asked.targets).targets[c]
    residents, homes, _ = living_here(view.truth, seen.today)
    home = homes[np.searchsorted(residents, targets.vehicle)]
    own = on_file_of(view, targets.plate, c)
    met = met_by([seen.visible], view.sight)[seen.visible.tobytes()]
    answer = answers(view.sight, ground_of(view.sight), met, own.seen, targets.plate)["home"]
    error = np.hypot(answer.near.x_m - zones.x_m[home], answer.near.y_m - zones.y_m[home])
    error[~answer.told] = np.nan
    if not answer.told.any():
        return None
    chosen = int(np.nanargmin(np.abs(error - np.nanmedian(error))))
    number = int(targets.plate[chosen])
    rows = of_plate(own, number)
    return Story(
        case=seen.name,
        number=number,
        plate=view.truth.lives.plates.text(number),
        sightings=np.bincount(rows.site, minlength=public.sites.n).astype(np.int64),
        days=len(np.unique((rows.time.astype(np.int64) - DAY_START_S) // DAY_S)),
        home=(float(zones.x_m[home[chosen]]), float(zones.y_m[home[chosen]])),
        guess=(float(answer.near.x_m[chosen]), float(answer.near.y_m[chosen])),
    )


def follow(view: View, plate: int, first_day: int, days: int = 7, case: str | None = None) -> Week:
    """Follow the vehicle with a plate for some days: its true trips, and its sightings on file.

    Parameters
    ----------
    view
        A run under some cases.
    plate
        The plate's number, such as `sim.choose_story(view).number`.
    first_day
        Day of travel to begin with, 0 = the scenario's first.
    days
        Number of days, at least 1.
    case
        Name of a case of the view; the last one reached if None.

    Raises
    ------
    ScenarioError
        If the case does not exist, no vehicle has the plate, or the days are not over on the query date.

    Examples
    --------
    >>> week = sim.follow(view, sim.choose_story(view).number, first_day=7)
    >>> print(week.tell())
    In 7 days the invented car ... made ... trips to ... places on the map. ... holds ... of it, from ...
    >>> [len(day) >= 1 for day in week.stays]
    [True, True, True, True, True, True, True]
    """
    c, seen = case_of(view, case)
    if days < 1 or first_day < 0 or first_day + days > seen.today:
        found = f"{days} days from day {first_day}"
        raise ScenarioError("days", f"days of travel from 0 to {seen.today - 1}", found, "begin earlier, or take fewer")
    lives = view.truth.lives
    holder = lives.plates.holders(np.array([plate], np.int64))
    if holder[0] < 0:
        raise ScenarioError("plate", "a plate that a vehicle holds", plate, "take one of sim.choose_story(view)")
    household = int(lives.tables.people.household[holder[0]])
    on_days = range(first_day, first_day + days)
    home, work = home_and_work(lives, first_day, holder)
    trip_table = trips(lives, holder, first_day, first_day + days)
    rows = of_plate(on_file_of(view, np.array([plate], np.int64), c), plate)
    day = (rows.time.astype(np.int64) - DAY_START_S) // DAY_S
    in_days = (day >= first_day) & (day < first_day + days)
    outside = view.sight.public.zones.outside
    return Week(
        case=seen.name,
        observer=seen.observer,
        plate=lives.plates.text(plate),
        first_day=first_day,
        days=days,
        home=int(home[0]),
        work=int(work[0]),
        places=len(np.unique(trip_table.to_zone[~outside[trip_table.to_zone]])),
        trips=trip_table,
        ways=tuple(passage.link for passage in passages(view.truth.world, lives, trip_table)),
        stays=tuple(tuple(stays_on(lives.tables, household, int(holder[0]), day)) for day in on_days),
        rows=Rows(*(column[in_days] for column in rows)),
    )


def many(n: int, what: str) -> str:
    """Format a count of things: "1 day", "1,200 sightings"."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
