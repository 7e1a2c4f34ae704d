"""Exposure against its slow twin, and the laws that counts keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_risk import slow_counts, slow_life
from views import by_hand, look, relabelled, table_of
from worlds import EVERYTHING, reads_of, rows_of, small, town_scenario

from simulate.checks import ScenarioError
from simulate.engines.threads import Threads
from simulate.risk.exposure import Exposure
from simulate.risk.measure import Block
from simulate.risk.measures import measure
from simulate.risk.scan import pieces, scan
from simulate.travel.truth import home_and_work, trips

VEHICLES, READERS = 4, 3
LADDER = ("1h", "1d", "36h", "2d", "3d", "forever")
DAYS = 3
DAY = 86_400
WORLD = {"vehicles": VEHICLES, "readers": READERS, "days": DAYS}
EXPOSURE = Exposure()
NOBODY: dict[int, np.ndarray] = {}


def instants():
    """Times that crowd round the turns of the day, at 04:00, and round the ends of windows."""
    now = DAYS * DAY + 4 * 3600
    turns = [day * DAY + 4 * 3600 for day in range(DAYS + 1)] + [now - 3600, now - 36 * 3600]
    near = st.builds(lambda turn, off: max(0, turn + off), st.sampled_from(turns), st.integers(-2, 2))
    return near | st.integers(0, DAYS * 24 + 5).map(lambda hour: hour * 3600)


SIGHTINGS = st.lists(st.tuples(st.integers(0, VEHICLES - 1), instants(), st.integers(0, READERS - 1)), max_size=60)
MARKS = st.integers(0, 2**6 - 1)


def counted(view, marks=None):
    """Return sightings, days, sites and last time by case and plate; marks : bits by row instead of the sieve's."""
    state = EXPOSURE.start(view.sight, NOBODY, (0, 10**6))
    for piece in pieces(view.source.blocks(0), size=5):
        bits = view.sieve.marks(piece)
        if marks is not None:
            bits = bits._replace(on_file=np.array([marks[row] for row in zip(*piece, strict=True)], np.uint64))
        EXPOSURE.update(state, Block(*piece, *bits))
    found = EXPOSURE.guess(view.sight, NOBODY, state)
    table = {}
    for plate, mask, entry in zip(found.plate.tolist(), found.mask.tolist(), found.entry.tolist(), strict=True):
        for c in range(len(view.cases)):
            if mask >> c & 1:
                assert (c, plate) not in table
                table[c, plate] = tuple(entry)
    return table


@settings(deadline=None, max_examples=300)
@given(sightings=SIGHTINGS, data=st.data())
def test_counts_equal_the_slow_twin_however_blocks_are_cut(sightings, data):
    cuts = data.draw(st.lists(st.integers(0, len(sightings)), max_size=5))
    ladder = data.draw(st.just(LADDER) | st.lists(st.sampled_from(LADDER), min_size=1, unique=True))
    some = st.lists(st.booleans(), min_size=READERS, max_size=READERS).filter(any)
    visible = data.draw(st.just([True] * READERS) | some)
    view = by_hand(sightings, **WORLD, ladder=ladder, cuts=cuts, visible=visible)
    found = counted(view)
    for c, case in enumerate(view.cases):
        rows = [row for row in table_of(sightings).tolist() if row[1] < case.now_s and visible[row[2]]]
        slow = slow_counts(rows, case.oldest_s, VEHICLES)
        assert [found.get((c, plate), (0, 0, 0, 0))[:3] for plate in range(VEHICLES)] == slow
        for plate in range(VEHICLES):
            times = [time for p, time, _ in rows if p == plate and time >= case.oldest_s]
            assert found.get((c, plate), (0, 0, 0, 0))[3] == max(times, default=0)


@settings(deadline=None, max_examples=300)
@given(sightings=SIGHTINGS, data=st.data())
def test_counts_equal_the_slow_twin_whatever_bits_rows_have(sightings, data):
    view = by_hand(sightings, **WORLD, ladder=LADDER)
    marks = {(plate, site, time): data.draw(MARKS) for plate, time, site in sightings}
    found = counted(view, marks)
    for c in range(len(LADDER)):
        rows = [row for row in table_of(sightings).tolist() if marks[row[0], row[2], row[1]] >> c & 1]
        slow = slow_counts(rows, 0, VEHICLES)
        assert [found.get((c, plate), (0, 0, 0, 0))[:3] for plate in range(VEHICLES)] == slow


@settings(deadline=None)
@given(sightings=SIGHTINGS, order=st.permutations(range(VEHICLES)))
def test_numbering_plates_otherwise_renumbers_the_counts(sightings, order):
    new = np.array(order)
    table = relabelled(table_of(sightings), new)
    plain = counted(by_hand(sightings, **WORLD, ladder=LADDER))
    other = counted(by_hand([tuple(row) for row in table.tolist()], **WORLD, ladder=LADDER))
    assert other == {(c, int(new[plate])): entry for (c, plate), entry in plain.items()}


def test_cases_nest_and_a_day_has_a_sighting_and_a_reader(town):
    view = look(town, ladder=("6h", "1d", "3d", "9d", "10d", "forever"))
    found = counted(view)
    for (c, plate), (seen, days, sites, _) in found.items():
        assert 1 <= days <= seen
        assert 1 <= sites <= seen
        assert days <= 10
        assert c > 1 or days <= 2
        if c < 5:
            longer = found[c + 1, plate]
            assert all(a <= b for a, b in zip((seen, days, sites), longer, strict=False))
    assert sum(entry[0] for (c, _), entry in found.items() if c == 5) == len(rows_of(town.tables))


def exposed(view):
    """Score exposure without tracing anybody, so that rows may be made up."""
    nobody = {case.today: np.empty(0, np.uint32) for case in view.cases}
    return EXPOSURE.results(view.sight, scan(view, [EXPOSURE], {"exposure": nobody}, engine=Threads(1))["exposure"])


def one(rows, score, detail="", case=None):
    (found,) = [r for r in rows if r.score == score and r.detail == detail and case in {None, r.case}]
    return found


def plates_of(small):
    """Return the plates of all vehicles, in their order."""
    return small.lives.plates.of_vehicles(np.arange(small.lives.population.n_vehicles))


def test_never_seen_and_seen_make_all(town):
    view = look(town, ladder=("6h", "10d"))
    table = counted(view)
    rates = measure(view, ["exposure"], targets=20)
    plates = plates_of(town).tolist()
    for c, case in enumerate(view.cases):
        seen = np.array([table.get((c, plate), (0,))[0] for plate in plates])
        never = rates.one(score="never_seen", case=case.name)
        assert never.n == len(plates)
        assert never.value == np.mean(seen == 0)
        assert rates.one(score="mean_sightings", case=case.name).value == seen.mean()
        for q in (10, 50, 90, 99):
            rank = round(q / 100 * (len(seen) - 1))
            assert rates.one(score="sightings", detail=f"{q} %", case=case.name).value == np.sort(seen)[rank]


def test_the_age_of_the_last_sighting_counts_never_as_infinite(town):
    view = look(town)
    plates, now = plates_of(town), view.cases[0].now_s
    ages = np.arange(len(plates)) // 60  # days
    kept = ages < 8  # the others are never seen
    table = table_of([(int(p), int(now - DAY * a - 1), 0) for p, a in zip(plates[kept], ages[kept], strict=True)])
    rows = exposed(look(town, table))
    n = len(plates)
    assert one(rows, "last_seen", "50 %").value == ages[round(0.5 * (n - 1))]
    assert one(rows, "last_seen", "10 %").value == ages[round(0.1 * (n - 1))]
    assert one(rows, "last_seen", "99 %").value is None
    assert f"{n - kept.sum():,} of {n:,}" in one(rows, "last_seen", "99 %").note


def test_an_empty_view_gives_zeros_and_no_ages(town):
    rates = measure(look(town, np.empty((0, 3), np.int64), ladder=("1d", "forever")), ["exposure"], targets=20)
    for row in rates:
        if row.score in {"last_seen", "area_ratio"}:
            assert row.value is None
            assert row.note
        else:
            assert row.value == (1.0 if row.score == "never_seen" else 0.0), row
    assert set(rates.names("case")) == {"1 day", "for ever"}


def test_the_ratio_between_areas_is_that_of_the_means_and_turns_over_with_them(town):
    view = look(town)
    home, _ = home_and_work(town.lives, view.cases[0].today)
    income = town.world.zones.income_rank[home]
    poor, rich = np.flatnonzero(income < 1 / 3), np.flatnonzero(income >= 2 / 3)
    plates = plates_of(town)
    table = table_of(
        [(plate, 50_000, 0) for plate in plates[poor]] + [(p, 50_000 + t, 0) for p in plates[rich] for t in range(4)]
    )
    ratio = one(exposed(look(town, table)), "area_ratio")
    assert ratio.value == pytest.approx(0.25)
    assert (ratio.low, ratio.high) == pytest.approx((0.25, 0.25))
    found = counted(view)
    seen = np.array([found.get((0, plate), (0,))[0] for plate in plates.tolist()])
    ratio = one(exposed(view), "area_ratio")
    assert ratio.value == pytest.approx(seen[poor].mean() / seen[rich].mean())
    assert ratio.low < ratio.value < ratio.high
    assert ratio.low * ratio.high == pytest.approx(ratio.value**2)


@pytest.mark.parametrize("ladder", [["forever"], ["2d", "forever"]])
def test_traces_of_lives_equal_the_slow_twin(ladder):
    place = small(town_scenario(3, **{**EVERYTHING, "period.days": 12}))
    view = look(place, ladder=ladder, observer="smallville-pd")
    rates = measure(view, ["exposure"], targets=10**6)
    reads = reads_of(place.tables)
    n = place.lives.population.n_residents
    home, _ = home_and_work(place.lives, view.cases[0].today, np.arange(n))
    vehicles = np.flatnonzero(~place.world.zones.outside[home])
    made = trips(place.lives, vehicles, 0, view.cases[0].today)
    for case in view.cases:
        its = (reads[:, 1] < case.now_s) & (reads[:, 1] >= case.oldest_s) & case.visible[reads[:, 2]]
        slow = slow_life(place, vehicles.tolist(), made, reads[its].tolist(), case.now_s)
        for score in ("trips_on_file", "kilometres_on_file", "stays_on_file", "days_away_on_file"):
            hits, tries = slow[score]
            assert tries > 20
            assert rates.one(case=case.name, score=score).value == pytest.approx(hits / tries, rel=1e-12)
        for score in ("own_sightings", "misread_sightings"):
            assert slow[score] > 0
            assert rates.one(case=case.name, score=score).value == pytest.approx(slow[score] / len(vehicles))
        assert slow["stays_on_file"][0] > 0


def test_own_and_misread_sightings_make_all_and_nobody_is_misread_where_no_reader_errs(town):
    rates = measure(look(town), ["exposure"], targets=10**6)
    own, misread, mean = (rates.one(score=s).value for s in ("own_sightings", "misread_sightings", "mean_sightings"))
    assert own + misread == pytest.approx(mean)
    assert misread == 0.0 if town.scenario.settings.readers.misread == 0 else misread > 0


def test_rows_that_the_scenario_did_not_draw_are_refused(town):
    table = rows_of(town.tables).copy()
    table[:, 1] += 1
    with pytest.raises(ScenarioError, match="rows of its own scenario"):
        measure(look(town, table), ["exposure"], targets=20)
