"""Exposure against its slow twin, and the laws that counts keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_risk import slow_counts
from views import by_hand, look, relabelled, table_of
from worlds import rows_of

from simulate.risk import exposure
from simulate.risk.rates import Rates
from simulate.travel.truth import home_and_work

VEHICLES, READERS = 4, 3
LADDER = ("1h", "1d", "36h", "2d", "3d", "forever")
DAYS = 3
DAY = 86_400
EVERYONE = np.arange(VEHICLES)


def instants():
    """Times that crowd round the turns of the day, at 04:00, and round the ends of windows."""
    now = DAYS * DAY + 4 * 3600
    turns = [day * DAY + 4 * 3600 for day in range(DAYS + 1)] + [now - 3600, now - 36 * 3600]
    near = st.builds(lambda turn, off: max(0, turn + off), st.sampled_from(turns), st.integers(-2, 2))
    return near | st.integers(0, DAYS * 24 + 5).map(lambda hour: hour * 3600)


SIGHTINGS = st.lists(st.tuples(st.integers(0, VEHICLES - 1), instants(), st.integers(0, READERS - 1)), max_size=60)


@settings(deadline=None, max_examples=300)
@given(sightings=SIGHTINGS, data=st.data())
def test_counts_equal_the_slow_twin_however_blocks_are_cut(sightings, data):
    cuts = data.draw(st.lists(st.integers(0, len(sightings)), max_size=5))
    ladder = data.draw(st.just(LADDER) | st.lists(st.sampled_from(LADDER), min_size=1, unique=True))
    some = st.lists(st.booleans(), min_size=READERS, max_size=READERS)
    visible = data.draw(st.just([True] * READERS) | some)
    view = by_hand(sightings, vehicles=VEHICLES, readers=READERS, days=DAYS, ladder=ladder, cuts=cuts, visible=visible)
    counts = exposure.attack(view, EVERYONE)
    on_file = [row for row in table_of(sightings).tolist() if row[1] < view.now_s and visible[row[2]]]
    for i, (_, since) in enumerate(view.windows()):
        fast = np.stack([counts.seen[i], counts.days[i], counts.sites[i]], axis=1)
        assert [tuple(row) for row in fast.tolist()] == slow_counts(on_file, since, VEHICLES)


@settings(deadline=None)
@given(sightings=SIGHTINGS, data=st.data())
def test_a_block_may_end_anywhere_even_within_a_plate(sightings, data):
    cuts = data.draw(st.lists(st.integers(0, len(sightings)), max_size=8))
    whole, cut = (
        exposure.attack(
            by_hand(sightings, vehicles=VEHICLES, readers=READERS, days=DAYS, ladder=LADDER, cuts=at), EVERYONE
        )
        for at in ((), cuts)
    )
    assert all(np.array_equal(getattr(whole, name), getattr(cut, name)) for name in ("seen", "days", "sites"))


@settings(deadline=None)
@given(sightings=SIGHTINGS, order=st.permutations(range(VEHICLES)))
def test_numbering_plates_otherwise_renumbers_the_counts(sightings, order):
    new = np.array(order)
    table = relabelled(table_of(sightings), new)
    how = {"vehicles": VEHICLES, "readers": READERS, "days": DAYS, "ladder": LADDER}
    plain = exposure.attack(by_hand(sightings, **how), EVERYONE)
    renamed = by_hand([tuple(row) for row in table.tolist()], **how)
    other, asked = exposure.attack(renamed, EVERYONE), exposure.attack(renamed, new)
    for name in ("seen", "days", "sites"):
        assert np.array_equal(getattr(other, name)[:, new], getattr(plain, name))
        assert np.array_equal(getattr(asked, name), getattr(plain, name))


def test_windows_nest_and_a_day_has_a_sighting_and_a_reader(town):
    view = look(town, ladder=("6h", "1d", "3d", "9d", "10d", "forever"))
    counts = exposure.attack(view, np.arange(view.public.n_plates))
    assert len(counts.seen) == 6
    for name in ("seen", "days", "sites"):
        assert (np.diff(getattr(counts, name).astype(np.int64), axis=0) >= 0).all()
    assert (counts.days <= counts.seen).all()
    assert (counts.sites <= counts.seen).all()
    assert ((counts.days > 0) == (counts.seen > 0)).all()
    assert (counts.days[1] <= 2).all()
    assert (counts.days[-1] <= 10).all()
    assert counts.seen[-1].sum() == len(rows_of(town.tables))


def plates_of(view):
    """Return the plates of all vehicles, in their order."""
    return view.truth.lives.plates.of_vehicles(np.arange(view.public.n_vehicles))


def test_never_seen_and_seen_make_all(town):
    view = look(town, ladder=("6h", "10d"))
    counts, rates = exposure.attack(view, plates_of(view)), exposure.measure(view.blind(), view.truth)
    for i, rule in enumerate(view.ladder):
        never = rates.one(score="never seen", retention=rule.label)
        assert never.n == view.public.n_vehicles
        assert round(never.value * never.n) + int((counts.seen[i] > 0).sum()) == never.n
        assert rates.one(score="mean sightings", retention=rule.label).value == pytest.approx(counts.seen[i].mean())


def test_an_empty_view_gives_zeros(town):
    view = look(town, np.empty((0, 3), np.int64), ladder=("1d", "forever"))
    rates = exposure.measure(view.blind(), view.truth)
    for row in rates:
        assert row.value == (1.0 if row.score == "never seen" else 0.0)
    assert {row.retention for row in rates} == {"1 day", "for ever"}
    assert len(rates.where(unit="ratio")) == 0


def test_the_ratio_between_areas_is_that_of_the_means_and_turns_over_with_them(town):
    view = look(town)
    home, _ = home_and_work(town.lives, view.today)
    income = town.world.zones.income_rank[home]
    poor, rich = np.flatnonzero(income < 1 / 3), np.flatnonzero(income >= 2 / 3)
    plates = plates_of(view)
    table = table_of(
        [(plate, 50_000, 0) for plate in plates[poor]] + [(p, 50_000 + t, 0) for p in plates[rich] for t in range(4)]
    )
    made = look(town, table)
    ratio = exposure.measure(made.blind(), made.truth).one(unit="ratio")
    assert ratio.value == pytest.approx(0.25)
    assert (ratio.low, ratio.high) == pytest.approx((0.25, 0.25))
    drawn: Rates = exposure.measure(view.blind(), view.truth)
    seen = exposure.attack(view, plates).seen[0]
    ratio = drawn.one(unit="ratio")
    assert ratio.value == pytest.approx(seen[poor].mean() / seen[rich].mean())
    assert ratio.low < ratio.value < ratio.high
    assert ratio.low * ratio.high == pytest.approx(ratio.value**2)
