"""A look-up: what is on file about one plate, in units that one can reckon with."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from views import MONDAY, look, small_town

import simulate as sim
from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.policy import CoarsePlace, CoarseTime, Pseudonyms
from simulate.policy.case import Case
from simulate.policy.lookup import SIGHTINGS, table_of
from simulate.sightings.store import Rows


def rows_in(view):
    """Return all rows of a view and the bits of the cases that have them on file."""
    rows = Rows(*(np.concatenate(column) for column in zip(*view.source.blocks(0), strict=True)))
    return rows, view.sieve.marks(rows).on_file


def test_a_table_holds_the_rows_of_the_plate_and_of_no_other():
    view = look(small_town())
    rows, _ = rows_in(view)
    plate = int(np.bincount(rows.plate).argmax())
    own, seen, public = rows.plate == plate, sim.look_up(view, plate), view.sight.public
    assert len(seen) == own.sum() > 1
    assert {name: str(kind) for name, kind in zip(seen.schema.names, seen.schema.types, strict=True)} == SIGHTINGS
    assert seen["site"].to_pylist() == rows.site[own].tolist()
    midnight = datetime.combine(public.start, datetime.min.time())
    assert seen["at"].to_pylist() == [midnight + timedelta(seconds=int(second)) for second in rows.time[own]]
    assert seen["x_m"].to_pylist() == public.sites.x_m[rows.site[own]].tolist()
    owners = public.owners.name
    assert seen["owner"].to_pylist() == [owners[owner] for owner in public.sites.owner[rows.site[own]]]


@pytest.mark.parametrize(
    ("second", "day", "hour"),
    [
        (DAY_START_S, 0, 4.0), (DAY_S, 0, 24.0), (DAY_S + DAY_START_S - 1, 0, 28 - 1 / 3600),
        (DAY_S + DAY_START_S, 1, 4.0),
    ],
)  # fmt: skip
def test_a_day_of_travel_goes_from_four_to_four(second, day, hour):
    rows = Rows(*(np.array([value], np.uint32) for value in (3, 0, second)))
    (seen,) = table_of(look(small_town()).sight.public, rows).to_pylist()
    assert (seen["day"], seen["hour"]) == (day, pytest.approx(hour))
    assert seen["at"] == datetime.combine(MONDAY, datetime.min.time()) + timedelta(seconds=second)


def test_each_case_has_what_its_sieve_lets_through_and_the_last_that_is_reached_is_taken():
    view = look(small_town(), ladder=["1d", "3d", "90d"])
    rows, on_file = rows_in(view)
    plate = int(np.bincount(rows.plate).argmax())
    held = {case.name: int((on_file[rows.plate == plate] >> np.uint64(c) & np.uint64(1)).sum())
            for c, case in enumerate(view.cases)}  # fmt: skip
    assert held == {case.name: len(sim.look_up(view, plate, case.name)) for case in view.cases}
    assert len(set(held.values())) == 3
    assert [case.reached for case in view.cases] == [True, True, False]
    assert len(sim.look_up(view, plate)) == held["3 days"]
    with pytest.raises(ScenarioError, match=r"expected a case of the view .*found '3d'"):
        sim.look_up(view, plate, "3d")


def test_a_plate_that_nobody_saw_has_an_empty_table_and_one_that_is_none_is_refused():
    view = look(small_town())
    n = view.sight.public.n_plates
    with pytest.raises(ScenarioError, match=f"plate: expected a number from 0 to {n - 1}, found {n}"):
        sim.look_up(view, n)
    with pytest.raises(ScenarioError, match="found -1"):
        sim.look_up(view, -1)
    rows, _ = rows_in(view)
    unseen = int(np.flatnonzero(np.bincount(rows.plate, minlength=n) == 0)[0])
    assert len(sim.look_up(view, unseen)) == 0


def test_times_and_places_are_as_the_case_shows_them():
    rules = {"exact": (), "coarse": (CoarseTime(hours=1), CoarsePlace(metres=1500)), "names": (Pseudonyms(days=1),)}
    view = look(small_town(), cases=[Case(name=name, policies=held) for name, held in rules.items()])
    rows, _ = rows_in(view)
    plate = int(np.bincount(rows.plate, view.sieve.marks(rows).on_file == 7).argmax())
    exact, coarse, names = (sim.look_up(view, plate, case) for case in rules)
    assert len(exact) == len(coarse) > len(coarse["site"].unique()) < len(exact["site"].unique())
    assert [at.replace(minute=0, second=0) for at in exact["at"].to_pylist()] == coarse["at"].to_pylist()
    assert coarse["at"].to_pylist() != exact["at"].to_pylist()
    assert names.equals(exact)
    assert sim.choose_story(view, "names") is None
