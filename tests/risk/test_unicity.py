"""Unicity against its slow twin, on tables small enough to see, and the laws of points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.slow_risk import slow_matches
from views import by_hand, look, relabelled, seen_everywhere, small_town, swapped, table_of
from worlds import rows_of

from simulate.checks import ScenarioError
from simulate.policy.retention import Retention
from simulate.risk import unicity
from simulate.risk.targets import Targets
from simulate.risk.unicity import GRAINS, HOUR_READER, MAX_POINTS, Questions

PLATES, READERS = 5, 3
HOUR, DAY, START = 3600, 86_400, 14_400
TIMES = st.integers(0, 5 * HOUR) | st.builds(
    lambda h, off: max(0, h * HOUR + off), st.integers(0, 5), st.integers(-1, 1)
)
SIGHTINGS = st.lists(st.tuples(st.integers(0, PLATES - 1), TIMES, st.integers(0, READERS - 1)), max_size=30)
ENTRY = st.tuples(st.integers(0, READERS - 1), TIMES, st.integers(1, 3 * HOUR)).map(lambda e: (e[0], e[1], e[1] + e[2]))
POINTS = st.lists(st.lists(ENTRY, max_size=3), max_size=MAX_POINTS)


def asking(points_of: list, targets) -> Questions:
    """Ask one question a target, each with a list of points, each a list of (site, from, to)."""
    flat = [
        (question, point, *entry)
        for question, points in enumerate(points_of)
        for point, entries in enumerate(points)
        for entry in entries
    ]
    question, point, site, begin, end = np.array(flat, np.int64).reshape(-1, 5).T.copy()
    return Questions(
        rule=Retention(),
        source="records",
        grain=HOUR_READER,
        target=np.array(targets, np.int64),
        question=question,
        point=point,
        site=site,
        begin_s=begin,
        end_s=end,
        n_points=np.array([len(points) for points in points_of], np.int64),
    )


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
    found = unicity.attack(view, sets)
    assert len(found) == len(asked)
    for part, matches in zip(asked, found, strict=True):
        for q, (target, points) in enumerate(part):
            for p in range(1, MAX_POINTS + 1):
                fast = (int(matches.fitted[q, p - 1]), int(matches.plates[q, p - 1]), bool(matches.own[q, p - 1]))
                assert fast == slow_matches(sightings, target, points[:p])


@settings(deadline=None)
@given(
    sightings=SIGHTINGS, points=st.lists(POINTS, min_size=PLATES, max_size=PLATES), order=st.permutations(range(PLATES))
)
def test_numbering_plates_otherwise_changes_no_match(sightings, points, order):
    new = np.array(order)
    renamed = [tuple(row) for row in relabelled(table_of(sightings), new).tolist()]
    [plain] = unicity.attack(by_hand(sightings, vehicles=PLATES, readers=READERS), [asking(points, range(PLATES))])
    [other] = unicity.attack(by_hand(renamed, vehicles=PLATES, readers=READERS), [asking(points, new)])
    assert all(np.array_equal(getattr(plain, name), getattr(other, name)) for name in plain.__slots__)


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
    vague = [
        [_widened(site, time, *slack[i]) for i, (time, site) in enumerate(points)] for points in own
    ]  # fmt: skip
    view = by_hand(sightings, vehicles=PLATES, readers=READERS)
    fine, coarse = unicity.attack(view, [asking(exact, plates), asking(vague, plates)])
    assert (coarse.plates >= fine.plates).all()
    assert (coarse.fitted >= fine.fitted).all()
    assert coarse.own.all()
    assert fine.own.all()


def _widened(site, time, before, after, anywhere):
    sites = range(READERS) if anywhere else [site]
    return [(at, max(0, time - before), time + 1 + after) for at in sites]


def recorded(view, seed=0, targets=None):
    """Attack with points drawn from records at every grain; yields questions and matches."""
    everyone = np.arange(view.public.n_vehicles)
    asked = unicity.record_questions(
        view, Targets(vehicle=everyone, plate=everyone) if targets is None else targets, seed
    )
    return list(zip(asked, unicity.attack(view, asked), strict=True))


def rates_of(view, p):
    [(questions, matches), *_] = recorded(view)
    rows = {row.score: row for row in unicity.score(questions, matches, p, view.public.n_vehicles)}
    return (
        rows["unique and right"],
        rows["unique and right, of those with enough points"],
        rows["on file at every point"],
    )


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
    [(questions, matches), *_] = recorded(view)
    shared = [questions.site[(questions.question == q) & (questions.point == 0)][0] == 0 for q in (0, 1)]
    assert (matches.plates[:, 0] == 1).tolist() == [not known for known in shared]


def test_a_point_is_known_to_the_hour_and_reader_and_no_closer():
    together = by_hand([(0, START, 0), (1, START + HOUR - 1, 0)], vehicles=2, readers=1)
    assert rates_of(together, 1)[0].value == 0.0
    apart = by_hand([(0, START, 0), (1, START + HOUR, 0)], vehicles=2, readers=1)
    assert rates_of(apart, 1)[0].value == 1.0


def test_readers_within_one_cell_of_a_coarser_grain_are_one_place_to_the_attacker():
    sightings = [(0, START, 0), (1, START, 1), (2, START, 3)]
    near, visible = {"apart_m": 300.0}, [True, True, False, True, True]
    view = by_hand(sightings, vehicles=3, readers=5, visible=visible, **near)
    found = {questions.grain: (questions, matches) for questions, matches in recorded(view)}
    fine, (coarse, matches) = found["hour, reader"], found["hour, 1 km"]
    assert fine[0].site.tolist() == [0, 1, 3]
    assert fine[1].plates[:, 0].tolist() == [1, 1, 1]
    assert [coarse.site[coarse.question == q].tolist() for q in range(3)] == [[0, 1, 3], [0, 1, 3], [0, 1, 3]]
    assert matches.plates[:, 0].tolist() == [3, 3, 3]


def test_sightings_in_one_cell_are_one_point():
    view = by_hand([(0, START, 0), (0, START + 5, 0), (0, START + HOUR, 0)], vehicles=1, readers=1)
    [(questions, _), *_] = recorded(view)
    assert questions.n_points.tolist() == [2]


@pytest.mark.parametrize("plates", [1, 2, 40])
def test_when_every_plate_has_its_own_reader_one_point_is_enough(plates):
    sightings = [(plate, START + 7 * HOUR * k, plate) for plate in range(plates) for k in range(3)]
    view = by_hand(sightings, vehicles=plates, readers=plates)
    for p in (1, 2, 3):
        assert all(row.value == 1.0 for row in rates_of(view, p))


def test_when_all_plates_are_alike_nobody_is_ever_singled_out():
    sightings = [(plate, START + 7 * HOUR * k, k % 4) for plate in range(40) for k in range(MAX_POINTS)]
    view = by_hand(sightings, vehicles=40, readers=4)
    for questions, matches in recorded(view):
        assert (questions.n_points > 0).all()
        for p in range(1, MAX_POINTS + 1):
            right, of_enough, _ = unicity.score(questions, matches, p, 40)
            assert right.value == 0.0
            assert of_enough.value in {0.0, None}
        assert matches.own.all()
        assert (matches.plates == 40).all()


def test_of_records_every_point_fits_the_target_and_more_points_never_free_it(town):
    # Plates that fit p + 1 of a target's records fit the first p, so a lone target stays alone.
    view = look(town, ladder=["1d", "7d", "forever"])
    for questions, matches in recorded(view, targets=targets_of(view, range(0, view.public.n_vehicles, 2))):
        p = np.arange(1, MAX_POINTS + 1)
        known = p <= questions.n_points[:, None]
        assert (matches.own | (questions.n_points == 0)[:, None]).all()
        assert (matches.fitted == np.minimum(p, questions.n_points[:, None])).all()
        alone = matches.own & (matches.plates == 1)
        assert (alone[:, 1:] | ~alone[:, :-1])[known[:, 1:]].all()
        assert alone.any()
        assert not alone[:, 0].all()


def test_a_repeated_question_draws_the_same_points_and_another_seed_draws_others(town):
    view = look(town)
    targets = targets_of(view, range(50))
    one, same, other = (unicity.record_questions(view, targets, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one.site, same.site)
    assert np.array_equal(one.begin_s, same.begin_s)
    assert np.array_equal(one.n_points, other.n_points)
    assert not np.array_equal(one.begin_s, other.begin_s)


def test_the_points_known_of_a_target_do_not_depend_on_who_else_is_asked_about(town):
    view = look(town, ladder=["3d"])
    few, many = targets_of(view, [7, 90, 301]), targets_of(view, range(view.public.n_vehicles))
    at = np.searchsorted(many.plate, few.plate)
    for draw in (
        lambda targets: unicity.record_questions(view, targets, 0)[0],
        lambda targets: unicity.truth_questions(view, view.truth, targets)[0],
    ):
        alone, among = draw(few), draw(many)
        assert np.array_equal(alone.n_points, among.n_points[at])
        for q, rank in enumerate(at):
            assert _points(alone, q) == _points(among, rank)
        assert sum(len(_points(alone, q)) for q in range(3)) > 3


def targets_of(view, vehicles):
    """Ask about some vehicles."""
    chosen = np.array(vehicles)
    plate = view.truth.lives.plates.of_vehicles(chosen)
    order = np.argsort(plate)
    return Targets(vehicle=chosen[order], plate=plate[order])


def _points(questions, q):
    its = questions.question == q
    columns = (questions.point, questions.site, questions.begin_s, questions.end_s)
    return sorted(zip(*(column[its].tolist() for column in columns), strict=True))


def test_points_never_lie_outside_the_window_or_at_a_reader_out_of_sight(town):
    view = look(town, ladder=["1000min", "4000min"])  # windows that open within an hour
    seen = view.visible.copy()
    seen[::2] = False
    view = replace(view, visible=seen)
    asked = [
        *unicity.record_questions(view, targets_of(view, range(200)), 0),
        *unicity.truth_questions(view, view.truth, targets_of(view, range(200))),
    ]
    assert {questions.source for questions in asked} == {"records", "truth"}
    assert {questions.grain for questions in asked} >= set(GRAINS)
    for questions in asked:
        assert len(questions.site)
        assert seen[questions.site].all()
        assert (questions.begin_s >= questions.rule.since(view.now_s)).all()
        assert (questions.end_s > questions.begin_s).all()
        assert questions.n_points.max() <= MAX_POINTS
        assert (questions.point < questions.n_points[questions.question]).all()


def test_with_a_faultless_reader_on_every_link_every_true_point_on_the_road_is_on_file(everywhere):
    view = look(everywhere)
    targets = targets_of(view, range(0, view.public.n_vehicles, 2))
    asked = unicity.truth_questions(view, view.truth, targets)
    [matches] = unicity.attack(view, asked)
    [questions] = asked
    near = np.zeros((len(targets.plate), MAX_POINTS), np.int64)
    near[questions.question, questions.point] = 1
    on_road = np.cumsum(near, axis=1)
    assert near.mean() > 0.5
    assert (matches.fitted >= on_road).all()
    whole = on_road == np.arange(1, MAX_POINTS + 1)
    assert whole.any()
    assert matches.own[whole].all()


def test_from_a_view_with_no_reader_true_points_find_nobody(everywhere):
    view = look(everywhere, ladder=["1d", "forever"])
    unseeing = replace(view, visible=np.zeros_like(view.visible))
    rates = unicity.measure(unseeing.blind(), view.truth, 100, 4)
    for row in rates:
        assert row.value == 0.0 or (row.value is None and row.n == 0)
    with_points = [row for row in rates if "enough points" in row.score and "from truth" in row.setting]
    assert max(row.n for row in with_points) > 50


def test_sightings_of_other_cars_match_the_truth_no_better_than_chance():
    town = seen_everywhere(1)
    n = town.lives.population.n_vehicles
    shuffled = relabelled(rows_of(town.tables), swapped(town, 1))
    rates = {}
    for name, table in (("true", None), ("shuffled", shuffled)):
        view = look(town, table)
        rates[name] = unicity.measure(view.blind(), view.truth, n, 4)
    settings_ = [row.setting for row in rates["true"] if "truth" in row.setting and row.score == "unique and right"]
    assert len(settings_) == MAX_POINTS
    for setting in settings_:
        wanted = {"score": "unique and right", "setting": setting}
        false, true = rates["shuffled"].one(**wanted), rates["true"].one(**wanted)
        assert false.low <= false.baseline == 1 / n
        assert true.value >= false.value
    assert rates["true"].one(score="unique and right", setting=settings_[3]).value > 0.5


def test_every_rule_and_grain_is_reported_and_targets_are_all_that_were_asked(town):
    view = look(town, ladder=["1d", "10d", "30d"])
    rates = unicity.measure(view.blind(), view.truth, 77, 4)
    assert {row.n for row in rates.where(score="unique and right") if row.value is not None} == {77}
    assert {row.baseline for row in rates if row.value is not None} == {1 / view.public.n_vehicles}
    for rule in ("1 day", "10 days"):
        rows = [r for r in rates.where(retention=rule, score="unique and right") if HOUR_READER in r.setting]
        assert [row.setting.split(" ")[0] for row in rows] == [str(p) for p in range(1, MAX_POINTS + 1)]
    grains = {row.setting.split("; ")[1] for row in rates.where(retention="10 days")}
    assert grains >= set(GRAINS)


def test_more_points_than_are_drawn_are_refused(town):
    view = look(town, ladder=["1d", "forever"])
    with pytest.raises(ScenarioError, match=r"measure.unicity_points: expected at most 10, found 11"):
        unicity.measure(view.blind(), view.truth, 10, MAX_POINTS + 1)


def test_a_town_without_sightings_singles_out_nobody():
    town = small_town(**{"readers.capture_day": 0.0, "readers.capture_night": 0.0})
    view = look(town)
    for row in unicity.measure(view.blind(), view.truth, 50, 4):
        assert row.value == 0.0 or (row.value is None and row.n == 0)


def test_a_rule_that_is_not_reached_is_named_for_both_sources_of_points(town):
    view = look(town, ladder=["7d", "1y"])
    rates = unicity.measure(view, view.truth, targets=10, points=4).where(score="unique and right")
    for setting in (f"4 points from records; {HOUR_READER}", f"4 points from truth; {unicity.NOTICED}"):
        assert rates.one(retention="7 days", setting=setting).value is not None
        assert rates.one(retention="1 year", setting=setting).note == "not reached"
