"""Unicity against its slow twin, on tables small enough to see, and the laws of points."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_risk import slow_matches
from views import by_hand, look, relabelled, seen_everywhere, small_town, swapped, table_of
from worlds import rows_of

from simulate.checks import ScenarioError
from simulate.kernels import matching
from simulate.kernels.matching import MAX_POINTS, Asked, Entries, contenders
from simulate.policy import Retention
from simulate.policy.recode import recodings
from simulate.policy.redraw import as_seen, redraw
from simulate.risk.lanes import lay_out
from simulate.risk.measure import Block, Span
from simulate.risk.measures import measure
from simulate.risk.points import GRAINS, HOUR_READER, TOLERANCE_S, Points, from_truth
from simulate.risk.results import NOT_REACHED
from simulate.risk.scan import pieces, scan
from simulate.risk.targets import Targets
from simulate.risk.unicity import ANSWERS, Unicity, record_points
from simulate.sightings.store import Rows

PLATES, READERS = 5, 3
HOUR, DAY, START = 3600, 86_400, 14_400
TIMES = st.integers(0, 5 * HOUR) | st.builds(
    lambda h, off: max(0, h * HOUR + off), st.integers(0, 5), st.integers(-1, 1)
)
SIGHTINGS = st.lists(st.tuples(st.integers(0, PLATES - 1), TIMES, st.integers(0, READERS - 1)), max_size=30)
EXACT = st.tuples(st.integers(0, READERS - 1), TIMES, st.integers(1, 3 * HOUR)).map(lambda e: (e[0], e[1], e[1] + e[2]))
HOURS = st.tuples(st.integers(0, READERS - 1), st.integers(0, 5)).map(lambda e: (e[0], e[1] * HOUR, (e[1] + 1) * HOUR))
HALF_DAYS = st.tuples(st.integers(0, READERS - 1), st.sampled_from([START - 12 * HOUR, START])).map(
    lambda e: (e[0], e[1], e[1] + 12 * HOUR)
)
POINTS = st.lists(st.lists(EXACT | HOURS | HALF_DAYS, max_size=3), max_size=MAX_POINTS)
UNICITY = Unicity()


def asking(points_of, targets, case=0) -> Points:
    """Ask one question a target, each with a list of points, each a list of (site, from, to)."""
    flat = [
        (question, point, *entry)
        for question, points in enumerate(points_of)
        for point, entries in enumerate(points)
        for entry in entries
    ]
    question, point, place, begin, end = np.array(flat, np.int64).reshape(-1, 5).T.copy()
    return Points(
        case=case,
        grain=HOUR_READER.name,
        metres=0.0,
        plate=np.array(targets, np.int64),
        question=question,
        point=point,
        place=place,
        begin_s=begin,
        end_s=end,
        n_points=np.array([len(points) for points in points_of], np.int64),
    )


def file_of(view, plates=None):
    """Return the rows of some plates, or all, of a view as every group of cases sees them."""
    blocks = [block for shard in range(view.source.n_shards) for block in view.source.blocks(shard, None)]
    rows = Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
    if plates is not None:
        rows = Rows(*(column[np.isin(rows.plate, plates)] for column in rows))
    return as_seen(view.sieve, rows, recodings(view))


def attack(view, points, order=None):
    """Match points by the frame's own steps, shard by shard, merged in some order; one Matches for each Points."""
    targets = np.unique(np.concatenate([np.empty(0, np.int64), *(some.plate for some in points)]))
    known = lay_out(view.sight.public.sites, recodings(view), file_of(view, targets), points)
    states = []
    for shard in range(view.source.n_shards):
        state = UNICITY.start(view.sight, known, Span(*view.source.span(shard)))
        for rows in pieces(view.source.blocks(shard)):
            UNICITY.update(state, Block(*rows, *view.sieve.marks(rows)))
        states.append(state)
    merged = UNICITY.merge(states[i] for i in (range(len(states)) if order is None else order))
    return UNICITY.guess(view.sight, known, merged)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@settings(deadline=None, max_examples=200)
@given(
    sightings=SIGHTINGS,
    asked=st.lists(
        st.lists(st.tuples(st.integers(0, PLATES - 1), POINTS), min_size=1, max_size=4), min_size=1, max_size=2
    ),
    cuts=st.lists(st.integers(0, 30), max_size=3),
)
def test_matches_equal_the_slow_twin_however_blocks_are_cut(sightings, asked, cuts):
    at = [cut for cut in cuts if cut <= len(sightings)]
    view = by_hand(sightings, vehicles=PLATES, readers=READERS, cuts=at)
    sets = [asking([points for _, points in part], [target for target, _ in part]) for part in asked]
    found = attack(view, sets)
    assert len(found) == len(asked)
    for part, matches in zip(asked, found, strict=True):
        for q, (target, points) in enumerate(part):
            for p in range(1, MAX_POINTS + 1):
                fast = (int(matches.fitted[q, p - 1]), int(matches.plates[q, p - 1]), bool(matches.own[q, p - 1]))
                assert fast == slow_matches(sightings, target, points[:p])


FAR = 100
"""Plates over several groups, and so over several shards."""


@settings(deadline=None)
@given(
    sightings=st.lists(st.tuples(st.integers(0, FAR - 1), TIMES, st.integers(0, READERS - 1)), max_size=60),
    points=st.lists(POINTS, min_size=3, max_size=3),
    order=st.permutations(range(4)),
)
def test_shards_merged_in_any_order_find_what_one_shard_finds(sightings, points, order):
    asked = [asking(points, [1, 40, 99])]
    [whole] = attack(by_hand(sightings, vehicles=FAR, readers=READERS), asked)
    [parts] = attack(by_hand(sightings, vehicles=FAR, readers=READERS, n_shards=4, cuts=[7, 20]), asked, order)
    assert same(whole, parts)


@settings(deadline=None)
@given(sightings=SIGHTINGS, points=st.lists(POINTS, min_size=2, max_size=2))
def test_a_case_finds_what_the_slow_twin_finds_in_the_rows_that_the_case_has_on_file(sightings, points):
    late = [(plate, time + 25 * DAY + START, site) for plate, time, site in sightings]
    points = [[[(s, a + 25 * DAY + START, b + 25 * DAY + START) for s, a, b in p] for p in some] for some in points]
    view = by_hand(
        late, vehicles=PLATES, readers=READERS, ladder=["6940min", "7000min", "forever"]
    )  # windows that open within an hour
    found = attack(view, [asking(points, [0, 3], case=c) for c in range(3)])
    for case, matches in zip(view.cases, found, strict=True):
        kept = [row for row in late if row[1] >= case.oldest_s]
        for q, target in enumerate((0, 3)):
            for p in range(1, MAX_POINTS + 1):
                fast = (int(matches.fitted[q, p - 1]), int(matches.plates[q, p - 1]), bool(matches.own[q, p - 1]))
                assert fast == slow_matches(kept, target, points[q][:p])


def test_a_cell_met_before_the_window_opens_is_met_again_within_it():
    hour = 25 * DAY + START + 3 * HOUR  # the window of 7,000 minutes opens at 20 minutes past
    sightings = [(0, hour + 60, 0), (0, hour + 1800, 0)]
    view = by_hand(sightings, vehicles=1, readers=1, ladder=["7000min", "forever"])
    assert hour < view.cases[0].oldest_s < hour + 1800
    for start, length in ((hour, HOUR), (25 * DAY + START, 12 * HOUR)):
        found = attack(view, [asking([[[(0, start, start + length)]]], [0], case=c) for c in range(2)])
        assert [matches.plates[0, 0] for matches in found] == [1, 1]


def test_a_plate_is_rejected_only_if_it_can_match_no_best():
    table = contenders()
    rng = np.random.default_rng(0)
    for best, plate in rng.integers(0, 1 << MAX_POINTS, (2000, 2)).tolist():
        fits = [bin(word & ((1 << p) - 1)).count("1") for p in range(1, MAX_POINTS + 1) for word in (best, plate)]
        can = any(other >= most and other > 0 for most, other in zip(fits[::2], fits[1::2], strict=True))
        assert bool(int(table[best, plate >> 6]) >> (plate & 63) & 1) == can


@settings(deadline=None)
@given(
    sightings=SIGHTINGS, points=st.lists(POINTS, min_size=PLATES, max_size=PLATES), order=st.permutations(range(PLATES))
)
def test_numbering_plates_otherwise_changes_no_match(sightings, points, order):
    new = np.array(order)
    renamed = [tuple(row) for row in relabelled(table_of(sightings), new).tolist()]
    [plain] = attack(by_hand(sightings, vehicles=PLATES, readers=READERS), [asking(points, range(PLATES))])
    [other] = attack(by_hand(renamed, vehicles=PLATES, readers=READERS), [asking(points, new)])
    assert same(plain, other)


@settings(deadline=None)
@given(
    sightings=SIGHTINGS.filter(len),
    slack=st.lists(
        st.tuples(st.integers(0, 2 * HOUR), st.integers(0, 2 * HOUR), st.booleans()), min_size=30, max_size=30
    ),
)
def test_the_same_points_known_less_exactly_single_out_no_more(sightings, slack):
    plates = sorted({plate for plate, _, _ in sightings})
    own = [[(time, site) for plate, time, site in sorted(sightings) if plate == p][:MAX_POINTS] for p in plates]
    exact = [[[(site, time, time + 1)] for time, site in points] for points in own]
    vague = [[_widened(site, time, *slack[i]) for i, (time, site) in enumerate(points)] for points in own]
    view = by_hand(sightings, vehicles=PLATES, readers=READERS)
    fine, coarse = attack(view, [asking(exact, plates), asking(vague, plates)])
    assert (coarse.plates >= fine.plates).all()
    assert (coarse.fitted >= fine.fitted).all()
    assert coarse.own.all()
    assert fine.own.all()


def _widened(site, time, before, after, anywhere):
    sites = range(READERS) if anywhere else [site]
    return [(at, max(0, time - before), time + 1 + after) for at in sites]


def recorded(view, seed=0, targets=None):
    """Attack with points drawn from records at every grain; pairs of points and matches."""
    everyone = np.arange(view.sight.public.n_vehicles)
    chosen = Targets(vehicle=everyone, plate=everyone) if targets is None else targets
    points = record_points(view, recodings(view), file_of(view), [chosen] * len(view.cases), seed)
    return list(zip(points, attack(view, points), strict=True))


def scored(view, points, matches, p):
    """Lay out the scores of some points at p of them, by name."""
    known = lay_out(view.sight.public.sites, recodings(view), file_of(view), [points])
    tally = UNICITY.tally(None, view.sight, known, [matches])
    known_points = f"{p} point{'s' if p > 1 else ''}"
    return {row.score: row for row in UNICITY.results(view.sight, tally) if row.detail.endswith(f", {known_points}")}


def rates_of(view, p):
    [(points, matches), *_] = recorded(view)
    rows = scored(view, points, matches, p)
    return rows["singled_out"], rows["singled_out_of_enough"], rows["on_file_at_every_point"]


def test_two_plates_that_go_everywhere_together_are_never_unique():
    view = by_hand(
        [(plate, time, site) for plate in (0, 1) for time, site in ((START, 0), (DAY, 1))], vehicles=2, readers=2
    )
    for p in (1, 2):
        right, of_enough, full = rates_of(view, p)
        assert (right.value, of_enough.value, full.value) == (0.0, 0.0, 1.0)
        assert (right.n, right.baseline) == (2, 0.5)
    right, of_enough, full = rates_of(view, 3)
    assert (right.value, full.value) == (0.0, 0.0)
    assert (of_enough.value, of_enough.n, of_enough.note) == (None, 0, "nobody has so many points")


def test_a_plate_alone_in_a_cell_is_unique_at_one_point_and_the_unseen_are_not():
    view = by_hand([(0, START, 0), (1, START, 1), (2, START + HOUR, 2), (3, START + HOUR, 2)], vehicles=8, readers=3)
    right, of_enough, full = rates_of(view, 1)
    assert (right.value, right.n, right.baseline) == (2 / 8, 8, 1 / 8)
    assert (of_enough.value, of_enough.n) == (2 / 4, 4)
    assert full.value == 4 / 8


def test_a_second_point_tells_apart_two_plates_that_share_one():
    view = by_hand([(0, START, 0), (1, START, 0), (0, DAY, 1), (1, DAY, 2)], vehicles=2, readers=3)
    assert rates_of(view, 2)[0].value == 1.0
    [(points, matches), *_] = recorded(view)
    shared = [points.place[(points.question == q) & (points.point == 0)][0] == 0 for q in (0, 1)]
    assert (matches.plates[:, 0] == 1).tolist() == [not known for known in shared]


def test_a_point_is_known_to_the_hour_and_reader_and_no_closer():
    together = by_hand([(0, START, 0), (1, START + HOUR - 1, 0)], vehicles=2, readers=1)
    assert rates_of(together, 1)[0].value == 0.0
    apart = by_hand([(0, START, 0), (1, START + HOUR, 0)], vehicles=2, readers=1)
    assert rates_of(apart, 1)[0].value == 1.0


def test_readers_within_one_cell_of_a_coarser_grain_are_one_place_to_the_attacker():
    sightings = [(0, START, 0), (1, START, 1), (2, START, 3), (3, START, 4)]
    near, visible = {"apart_m": 300.0}, [True, True, False, True, True]
    view = by_hand(sightings, vehicles=4, readers=5, visible=visible, **near)
    found = {points.grain: matches for points, matches in recorded(view)}
    assert found["hour and reader"].plates[:, 0].tolist() == [1, 1, 1, 1]
    assert found["hour and 1 km"].plates[:, 0].tolist() == [3, 3, 3, 1]
    assert found["half-day and 1 km"].plates[:, 0].tolist() == [3, 3, 3, 1]


def test_what_the_observer_cannot_see_fits_no_point():
    sightings = [(0, START, 0), (1, START, 1)]
    view = by_hand(sightings, vehicles=2, readers=2, visible=[True, False], apart_m=300.0)
    for points, matches in recorded(view):
        assert points.n_points.tolist() == [1, 0]
        assert matches.plates[:, 0].tolist() == [1, 0]


def test_sightings_in_one_cell_are_one_point():
    view = by_hand([(0, START, 0), (0, START + 5, 0), (0, START + HOUR, 0)], vehicles=1, readers=1)
    [(points, _), *_] = recorded(view)
    assert points.n_points.tolist() == [2]


@pytest.mark.parametrize("plates", [1, 2, 40])
def test_when_every_plate_has_its_own_reader_one_point_is_enough(plates):
    sightings = [(plate, START + 7 * HOUR * k, plate) for plate in range(plates) for k in range(3)]
    view = by_hand(sightings, vehicles=plates, readers=plates)
    for p in (1, 2, 3):
        assert all(row.value == 1.0 for row in rates_of(view, p))


def test_when_all_plates_are_alike_nobody_is_ever_singled_out():
    sightings = [(plate, START + 7 * HOUR * k, k % 4) for plate in range(40) for k in range(MAX_POINTS)]
    view = by_hand(sightings, vehicles=40, readers=4)
    for points, matches in recorded(view):
        assert (points.n_points > 0).all()
        for p in range(1, MAX_POINTS + 1):
            rows = scored(view, points, matches, p)
            assert rows["singled_out"].value == 0.0
            assert rows["singled_out_of_enough"].value in {0.0, None}
            assert rows["singled_out_ambiguous"].value == (points.n_points >= p).mean()
        assert matches.own.all()
        assert (matches.plates == 40).all()


def test_right_wrong_ambiguous_and_no_answer_are_told_apart_and_add_up():
    # Nobody else is where 0 was; 1 and 2 share a point; nobody was where 3 is said to be; 4 was where 6, 7 and 8 are.
    sightings = [(0, START, 0), (1, START, 1), (2, START, 1), (4, START, 2)]
    view = by_hand(sightings, vehicles=9, readers=4)
    hour = [[[(site, START, START + HOUR)]] for site in (0, 1, 1, 3, 2, 2, 2)]
    points = asking([*hour, []], [0, 1, 2, 3, 6, 7, 8, 5])
    [matches] = attack(view, [points])
    rows = scored(view, points, matches, 1)
    value = {name: rows[f"singled_out{name}"].value for name in PARTS}
    assert value == {"": 1 / 8, "_wrong": 3 / 8, "_ambiguous": 2 / 8, "_none": 2 / 8}
    assert rows["singled_out_of_enough"].value == 1 / 7
    assert rows["on_file_at_every_point"].value == 3 / 8


def test_the_trivial_rival_is_who_fits_the_first_point_alone():
    view = by_hand([(0, START, 0), (1, START, 0), (0, DAY, 1), (1, DAY, 2)], vehicles=2, readers=3)
    [(points, matches), *_] = recorded(view)
    first, second = (scored(view, points, matches, p)["singled_out"] for p in (1, 2))
    assert second.value == 1.0
    assert first.value == first.trivial == second.trivial == (matches.plates[:, 0] == 1).mean()


def test_of_records_every_point_fits_the_target_and_more_points_never_free_it(town):
    # Plates that fit p + 1 of a target's records fit the first p, so a lone target stays alone.
    view = look(town, ladder=["1d", "7d", "forever"])
    for points, matches in recorded(view, targets=targets_of(view, range(0, view.sight.public.n_vehicles, 2))):
        p = np.arange(1, MAX_POINTS + 1)
        known = p <= points.n_points[:, None]
        assert (matches.own | (points.n_points == 0)[:, None]).all()
        assert (matches.fitted == np.minimum(p, points.n_points[:, None])).all()
        alone = matches.own & (matches.plates == 1)
        assert (alone[:, 1:] | ~alone[:, :-1])[known[:, 1:]].all()
        assert alone.any()
        assert not alone[:, 0].all()


def drawn(view, targets, seed=0):
    """Draw points from records and from truth as the measure does."""
    groups, chosen = recodings(view), [targets] * len(view.cases)
    own = as_seen(view.sieve, redraw(view.truth, targets.plate)[0], groups)
    return record_points(view, groups, own, chosen, seed), from_truth(view, chosen, groups)


def test_rows_drawn_again_are_those_on_file(town):
    view, table = look(town), rows_of(town.tables)
    targets = targets_of(view, range(0, view.sight.public.n_vehicles, 7))
    rows, _ = redraw(view.truth, targets.plate)
    again = np.column_stack([rows.plate, rows.time, rows.site])
    assert np.array_equal(again, table[np.isin(table[:, 0], targets.plate)])
    assert len(again) > 500


def test_a_repeated_question_draws_the_same_points_and_another_seed_draws_others(town):
    view = look(town)
    targets = targets_of(view, range(50))
    one, same_, other = (drawn(view, targets, seed)[0][0] for seed in (1, 1, 2))
    assert np.array_equal(one.place, same_.place)
    assert np.array_equal(one.begin_s, same_.begin_s)
    assert np.array_equal(one.n_points, other.n_points)
    assert not np.array_equal(one.begin_s, other.begin_s)


def test_the_points_known_of_a_target_do_not_depend_on_who_else_is_asked_about(town):
    view = look(town, ladder=["3d"])
    few = targets_of(view, [7, 30, 60, 90, 150, 200, 250, 301])
    many = targets_of(view, range(view.sight.public.n_vehicles))
    at = np.searchsorted(many.plate, few.plate)
    for alone, among in zip(chain(*drawn(view, few)), chain(*drawn(view, many)), strict=True):
        assert np.array_equal(alone.n_points, among.n_points[at])
        for q, rank in enumerate(at):
            assert _points(alone, q) == _points(among, rank)
        assert sum(len(_points(alone, q)) for q in range(8)) > 3


def targets_of(view, vehicles):
    """Ask about some vehicles."""
    chosen = np.array(vehicles)
    plate = view.truth.lives.plates.of_vehicles(chosen)
    order = np.argsort(plate)
    return Targets(vehicle=chosen[order], plate=plate[order])


def _points(points, q):
    its = points.question == q
    columns = (points.point, points.place, points.begin_s, points.end_s)
    return sorted(zip(*(column[its].tolist() for column in columns), strict=True))


def with_case(view, **changed):
    """Change what is known of every case."""
    cases = tuple(replace(case, **changed) for case in view.cases)
    return replace(view, sight=replace(view.sight, cases=cases))


def test_points_never_lie_outside_the_window_or_at_a_reader_out_of_sight(town):
    view = look(town, ladder=["1000min", "4000min"])  # windows that open within an hour
    seen = view.cases[0].visible.copy()
    seen[::2] = False
    view = with_case(view, visible=seen)
    records, noticed = drawn(view, targets_of(view, range(200)))
    assert {points.grain for points in records} == {grain.name for grain in GRAINS}
    assert [points.grain for points in noticed] == ["", ""]
    for points in (*records, *noticed):
        oldest = view.cases[points.case].oldest_s
        assert len(points.place)
        assert (points.end_s > oldest).all()
        assert (points.end_s > points.begin_s).all()
        assert points.n_points.max() <= MAX_POINTS
        assert (points.point < points.n_points[points.question]).all()
    assert all(seen[points.place].all() for points in noticed)


def test_a_noticed_point_is_known_no_closer_than_the_case_shows_times(town):
    view = look(town)
    targets = targets_of(view, range(100))
    [fine], [coarse] = drawn(view, targets)[1], drawn(with_case(view, time_grain_s=6 * HOUR), targets)[1]
    assert set((fine.end_s - fine.begin_s).tolist()) == {2 * TOLERANCE_S + 1}
    assert set((coarse.end_s - coarse.begin_s).tolist()) == {12 * HOUR + 1}
    assert np.array_equal(fine.point, coarse.point)


def test_with_a_faultless_reader_on_every_link_every_true_point_on_the_road_is_on_file(everywhere):
    view = look(everywhere)
    targets = targets_of(view, range(0, view.sight.public.n_vehicles, 2))
    [points] = drawn(view, targets)[1]
    [matches] = attack(view, [points])
    near = np.zeros((len(targets.plate), MAX_POINTS), np.int64)
    near[points.question, points.point] = 1
    on_road = np.cumsum(near, axis=1)
    assert near.mean() > 0.5
    assert (matches.fitted >= on_road).all()
    whole = on_road == np.arange(1, MAX_POINTS + 1)
    assert whole.any()
    assert matches.own[whole].all()


def taken(view, targets=50, **how):
    """Take the measure as the frame does."""
    return measure(view, ["unicity"], targets=targets, **how)


def test_of_rows_that_no_case_has_on_file_nobody_is_found(everywhere):
    view = look(everywhere, ladder=["1d", "forever"], cuts=[1000])
    unseeing = with_case(view, visible=np.zeros_like(view.cases[0].visible))
    for row in taken(unseeing, 100):
        if row.score.startswith("noticed") and not row.score.endswith("_none"):
            assert row.value == 0.0 or (row.value is None and row.n == 0)
    assert max(row.n for row in taken(unseeing, 100).where(score="noticed_of_enough")) > 50


def test_sightings_of_other_cars_match_the_truth_no_better_than_chance():
    town = seen_everywhere(1)
    n = town.lives.population.n_vehicles
    shuffled = relabelled(rows_of(town.tables), swapped(town, 1))
    rates = {name: taken(look(town, table), n) for name, table in (("true", None), ("shuffled", shuffled))}
    for p in range(1, MAX_POINTS + 1):
        detail = f"{p} point{'s' if p > 1 else ''}"
        false, true = (rates[name].one(score="noticed", detail=detail) for name in ("shuffled", "true"))
        assert false.low <= false.baseline == 1 / n
        assert true.value >= false.value
        parts = [rates["true"].one(score=f"noticed{part}", detail=detail).value for part in PARTS]
        assert sum(parts) == pytest.approx(1, abs=1e-12)
    assert rates["true"].one(score="noticed", detail="4 points").value > 0.5
    assert rates["shuffled"].one(score="noticed_wrong", detail="4 points").value > 0.5


PARTS = ("", "_wrong", "_ambiguous", "_none")


def test_every_case_and_grain_is_reported_and_targets_are_all_that_were_asked(town):
    view = look(town, ladder=["1d", "10d", "30d"])
    results = taken(view, 77)
    assert len(PARTS) == len(ANSWERS)
    assert {row.n for row in results.where(score="singled_out") if row.value is not None} == {77}
    assert {row.baseline for row in results.where(score="noticed") if row.value is not None} == {
        1 / view.sight.public.n_vehicles
    }
    numbers = [f"{p} point{'s' if p > 1 else ''}" for p in range(1, MAX_POINTS + 1)]
    for case in ("1 day", "10 days"):
        details = [row.detail for row in results.where(case=case, score="singled_out")]
        assert details[:MAX_POINTS] == [f"records, hour and reader, {known}" for known in numbers]
        assert [row.detail for row in results.where(case=case, score="noticed")] == numbers
    grains = {row.detail.split(", ")[1] for row in results.where(case="10 days", score="singled_out")}
    assert grains == {grain.name for grain in GRAINS}
    missing = list(results.where(case="30 days"))
    assert {(row.score, row.detail, row.value, row.note) for row in missing} == {
        ("singled_out", "records, hour and reader, 4 points", None, NOT_REACHED),
        ("noticed", "4 points", None, NOT_REACHED),
    }
    declared = {score.name for score in Unicity.scores}
    assert {row.score for row in results} == declared


def test_cuts_shards_and_workers_change_no_result(town):
    plain = taken(look(town, ladder=["2d", "forever"]))
    cut = taken(look(town, ladder=["2d", "forever"], n_shards=5, cuts=range(13, 9000, 977)), workers=2)
    assert plain == cut


def test_cases_with_equal_sight_have_equal_results(town):
    view = look(town, ladder=["240h", Retention(days=10.0), "9d"])
    assert len(view.cases) == 2
    known = UNICITY.ask(view, 40)
    [lane] = known.lanes
    counts = scan(view, [UNICITY], {"unicity": known})["unicity"]
    assert len(counts) == len(lane.points)
    assert all(b > a for a, b in pairwise(lane.starts))


def test_a_town_without_sightings_singles_out_nobody():
    town = small_town(**{"readers.capture_day": 0.0, "readers.capture_night": 0.0})
    for row in taken(look(town)):
        if not row.score.endswith("_none"):
            assert row.value == 0.0 or (row.value is None and row.n == 0)
        else:
            assert row.value == 1.0


def test_a_file_without_the_reads_that_were_drawn_of_the_targets_is_refused():
    full = by_hand([(0, START, 0), (1, START, 1)], vehicles=2, readers=2)
    gone = by_hand([(1, START, 1)], vehicles=2, readers=2)
    points = [asking([[[(0, START, START + HOUR)]]], [0])]
    known = lay_out(full.sight.public.sites, recodings(full), file_of(full), points)
    for view, whole in ((full, True), (gone, False)):
        state = UNICITY.start(view.sight, known, Span(*view.source.span(0)))
        for rows in view.source.blocks(0):
            UNICITY.update(state, Block(*rows, *view.sieve.marks(rows)))
        if whole:
            [matches] = UNICITY.guess(view.sight, known, state)
            assert matches.own.all()
        else:
            with pytest.raises(ScenarioError, match="altered"):
                UNICITY.guess(view.sight, known, state)


def test_a_target_that_fits_the_first_point_alone_is_among_those_who_do_where_a_rival_came_before_it():
    view = by_hand([(0, START, 0), (0, DAY, 1), (1, START, 0)], vehicles=2, readers=2)
    [matches] = attack(view, [asking([[[(0, START, START + HOUR)], [(1, DAY, DAY + HOUR)]]], [1])])
    assert matches.fitted[0, :2].tolist() == [1, 2]
    assert matches.plates[0, :2].tolist() == [2, 1]
    assert matches.own[0, :2].tolist() == [True, False]


def test_plates_that_fit_all_are_counted_alike_before_and_after_the_first_of_them():
    both = [(vehicle, time, site) for vehicle in (0, 2, 3) for time, site in ((START, 0), (DAY, 1))]
    view = by_hand([*both, (1, START, 0)], vehicles=4, readers=2)
    [matches] = attack(view, [asking([[[(0, START, START + HOUR)], [(1, DAY, DAY + HOUR)]]], [1])])
    assert matches.fitted[0, :2].tolist() == [1, 2]
    assert matches.plates[0, :2].tolist() == [4, 3]
    assert matches.own[0, :2].tolist() == [True, False]


@pytest.mark.parametrize("later_s", [0, 5000 * matching.HALF_DAY_S])
def test_a_read_is_found_in_its_half_day_whatever_year_it_is(later_s):
    reads = np.array([100, 200, 300, 40_000], np.int64) + later_s  # two of an earlier plate, two of this one
    rows = (np.zeros(4, np.uint32), reads.astype(np.uint32), np.ones(4, np.uint64), 2, 4)
    since = np.full(matching.HALF_DAYS, -1, np.int64)
    for i in (0, 2, 3):
        since[min(_half_day(reads[i]), matching.HALF_DAYS - 1)] = i
    zeros = {name: np.zeros((1, 1) if name == "place" else 1, np.int64) for name in Asked._fields}
    asked = Asked(**{**zeros, "case": np.zeros(1, np.uint8)})

    def found(begin, end):
        span = (np.array([second + later_s], np.int64) for second in (begin, end))
        entry = Entries(
            np.zeros(2, np.uint32), np.zeros(1, np.uint8), np.zeros(1, np.uint16), np.zeros(1, np.int32), *span
        )
        return matching._was_there(0, 0, rows, entry, asked, since)

    assert [found(*span) for span in ((290, 310), (301, 400), (100, 250), (39_000, 40_001))] == [
        True,
        False,
        False,
        True,
    ]
    since[:] = 1  # the last read of an earlier plate
    assert later_s or not found(290, 310)


def _half_day(second):
    return (int(second) + int(matching.TO_HALF_DAYS)) // matching.HALF_DAY_S
