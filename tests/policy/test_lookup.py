"""A look-up: what is on file about one plate, in units that one can reckon with."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from views import MONDAY, by_hand, look, small_town

import simulate as sim
from simulate.checks import ScenarioError
from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.lookup import SIGHTINGS


def test_a_table_holds_the_rows_of_the_plate_and_of_no_other():
    view = look(small_town())
    plate = int(np.bincount(next(iter(view.rows())).plate).argmax())
    rows, seen = view.rows_of(np.array([plate])), sim.look_up(view, plate)
    assert len(seen) == len(rows.time) > 1
    assert {name: str(kind) for name, kind in zip(seen.schema.names, seen.schema.types, strict=True)} == SIGHTINGS
    assert seen["site"].to_pylist() == rows.site.tolist()
    midnight = datetime.combine(view.start, datetime.min.time())
    assert seen["at"].to_pylist() == [midnight + timedelta(seconds=int(second)) for second in rows.time]
    assert seen["x_m"].to_pylist() == view.public.sites.x_m[rows.site].tolist()
    owners = view.public.owners.name
    assert seen["owner"].to_pylist() == [owners[owner] for owner in view.public.sites.owner[rows.site]]
    assert sim.look_up(view.blind(), plate).equals(seen)


@pytest.mark.parametrize(
    ("second", "day", "hour"),
    [
        (DAY_START_S, 0, 4.0), (DAY_S, 0, 24.0), (DAY_S + DAY_START_S - 1, 0, 28 - 1 / 3600),
        (DAY_S + DAY_START_S, 1, 4.0),
    ],
)  # fmt: skip
def test_a_day_of_travel_goes_from_four_to_four(second, day, hour):
    view = look(small_town(), np.array([[3, second, 0]]))
    (seen,) = sim.look_up(view, 3).to_pylist()
    assert (seen["day"], seen["hour"]) == (day, pytest.approx(hour))
    assert seen["at"] == datetime.combine(MONDAY, datetime.min.time()) + timedelta(seconds=second)


def test_the_longest_rule_counts():
    table = np.array([[3, DAY_S, 0], [3, 9 * DAY_S, 0]])
    assert len(sim.look_up(look(small_town(), table, ladder=["2d", "forever"]), 3)) == 2
    assert len(sim.look_up(look(small_town(), table, ladder=["1d", "2d"]), 3)) == 1


def test_a_plate_that_nobody_saw_has_an_empty_table_and_one_that_is_none_is_refused():
    view = by_hand([], vehicles=5, readers=2)
    with pytest.raises(ScenarioError, match="plate: expected a number from 0 to 4, found 5"):
        sim.look_up(view, 5)
    with pytest.raises(ScenarioError, match="found -1"):
        sim.look_up(view, -1)
    assert len(sim.look_up(look(small_town(), np.empty((0, 3), np.int64)), 3)) == 0
