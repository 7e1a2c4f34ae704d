"""Anchors: wins where it must, stays at chance where nothing can be known, scores fairly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from reference.tree_paths import route_links
from scipy.sparse import csr_array
from views import look, relabelled, seen_everywhere, small_town, swapped, taken
from worlds import rows_of, small, town_scenario

from simulate.risk import anchors, belief
from simulate.risk.anchors import Anchors
from simulate.risk.belief import Answer, Guesses
from simulate.risk.intervals import share
from simulate.risk.measure import Block
from simulate.risk.passing import DECAY_S, SLIP, Votes, chances, home_votes, work_votes
from simulate.risk.results import Results
from simulate.risk.scan import scan
from simulate.risk.targets import Targets
from simulate.scenario import load
from simulate.sightings.store import Rows
from simulate.travel.days import chapter_on
from simulate.world.routes import trees
from simulate.world.zones import Purpose

NEAR_M, FAR_M = 250.0, 1000.0
NOTHING = np.empty((0, 3), np.int64)
DAY, MORNING, EVENING = 86_400, 8 * 3600, 18 * 3600


def take(view, targets=300):
    return taken(Anchors(), view, targets)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_a_reader_on_every_link_homes_and_jobs_are_found(seed):
    rates = take(look(seen_everywhere(seed)))
    # one car in eight is hardly driven in the month, and leaves nothing that speaks of its home
    for what, at_least in (("home", 0.85), ("work", 0.82)):
        found = rates.one(score=f"{what}_found", detail="250 m")
        assert what == "work" or found.value >= rates.one(score="home_told").value
        _, _, chance_at_most = share(round(found.baseline * found.n), found.n)
        assert found.value > at_least
        assert found.low > 2 * chance_at_most
        assert found.value <= rates.one(score=f"{what}_found", detail="1000 m").value
        assert rates.one(score=f"{what}_error").value < NEAR_M


def met_in(sight):
    visible = sight.cases[0].visible
    return belief.met_by([visible], sight)[visible.tobytes()]


def test_ten_sightings_at_one_junction_name_the_blocks_there(everywhere):
    # Cars of every other block meet another reader first, and another last, but by a slip.
    view = look(everywhere)
    zones, r = view.sight.public.zones, view.sight.public.sites.n
    met = met_in(view.sight)
    known = met.chances[Purpose.HOME]
    homes = np.flatnonzero(zones.residents > 0)
    leaving, coming = (5.0 * np.eye(r)[chance[:, homes].argmax(axis=0)] for chance in (known.first, known.last))
    made, _ = belief._decide(
        view.sight.public,
        belief.ground_of(view.sight),
        met,
        Votes(leaving=leaving, coming=coming),
        csr_array((len(homes), zones.n)),
        np.ones(len(homes)),
        Purpose.HOME,
    )
    assert (np.hypot(zones.x_m[homes] - made.x_m, zones.y_m[homes] - made.y_m) <= NEAR_M).all()


def test_targets_of_whom_reads_say_the_same_get_the_answers_that_each_gets_alone(everywhere):
    view = look(everywhere)
    public, ground, r = view.sight.public, belief.ground_of(view.sight), view.sight.public.sites.n
    leaving, coming = (np.eye(r)[[5, 9, 5, 0, 9, 5]] * [[n]] for n in (1.0, 2.0))
    coming[2] = 0.0
    stays = csr_array(([3.0], ([5], [7])), shape=(6, public.zones.n))
    place = np.array([1.0, 0.5, 1.0, 0.9, 0.25, 1.0])

    def decided(some, met):
        votes = Votes(leaving=leaving[some], coming=coming[some])
        return belief._decide(public, ground, met, votes, stays[some], place[some], Purpose.HOME)

    met = met_in(view.sight)
    alone = [decided(np.array([t]), met_in(view.sight)) for t in range(6)]
    others, again = decided(np.array([0, 3]), met), decided(np.arange(6), met)  # as a second case does
    assert len(met.stands[Purpose.HOME]) == 5
    for i in range(2):
        for together, those in ((others, [0, 3]), (again, range(6))):
            columns = zip(together[i], zip(*(alone[t][i] for t in those), strict=True), strict=True)
            assert all(np.array_equal(column, np.concatenate(parts)) for column, parts in columns)
    together = again
    assert together[0].x_m[0] != together[0].x_m[1]
    assert len(set(together[0].claimed[[0, 2, 5]].tolist())) == 3


@pytest.mark.parametrize("purpose", [Purpose.HOME, Purpose.WORK])
def test_chances_equal_a_count_by_hand_of_whom_the_quickest_ways_pass(purpose):
    tiny = small(town_scenario(5), awkward=True, scattered=60)
    view = look(tiny)
    visible = np.arange(view.sight.public.sites.n) % 3 > 0
    known = chances(view.sight.public, [visible])[0][purpose]
    for chance, slow in zip((known.first, known.last), slow_chances(view.sight.public, visible, purpose), strict=True):
        assert np.allclose(np.exp(chance), slow, rtol=1e-9)


def slow_chances(public, visible, purpose):
    """Walk the quickest way of every pair of hubs, link by link and reader by reader."""
    zones, h, r = public.zones, len(public.hub_node), public.sites.n
    drawn_by = zones.residents + (zones.attraction[Purpose.WORK] if purpose is Purpose.HOME else 0.0)
    weight = [sum(drawn_by[z] for z in range(zones.n) if zones.hub[z] == hub) for hub in range(h)]
    on = [[i for i in range(r) if public.sites.link[i] == link and visible[i]] for link in range(public.roads.n_links)]
    met = np.zeros((2, r, h))
    for a, _, in_link in trees(public.graph, 0, public.hub_node):
        for b in range(h):
            links = route_links(public.graph, in_link, int(public.hub_node[b]))
            passed = [reader for link in links for reader in on[link]]
            thinner = np.exp(-sum(public.graph.fast_ds[k] + public.graph.slow_ds[k] for k in links) / 10 / DECAY_S)
            if passed:
                met[0, passed[0], a] += weight[b] * thinner
                met[1, passed[-1], b] += weight[a] * thinner
    seen = np.maximum(met.sum(axis=1, keepdims=True), 1e-300)
    return ((1 - SLIP) * met / seen + SLIP / visible.sum())[:, :, zones.hub]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sightings_of_other_cars_find_nothing_beyond_chance(seed):
    town = seen_everywhere(seed)
    table = rows_of(town.tables)
    rates = take(look(town, relabelled(table, swapped(town, seed))), town.lives.population.n_vehicles)
    for what in ("home", "work"):
        for metres in (NEAR_M, FAR_M):
            found = rates.one(score=f"{what}_found", detail=f"{metres:g} m")
            assert found.low <= found.baseline
        assert rates.one(score=f"{what}_told").value > 0.7  # not everyone commutes within ten days


def test_where_nothing_is_read_the_guess_is_the_baseline():
    blind = small_town(**{"readers.capture_day": 0.0, "readers.capture_night": 0.0})
    assert len(rows_of(blind.tables)) == 0
    rates = take(look(blind, ladder=["1d", "forever"]))
    for what in ("home", "work"):
        for rule in ("1 day", "for ever"):
            near = rates.one(score=f"{what}_found", detail=f"{NEAR_M:g} m", case=rule)
            far = rates.one(score=f"{what}_found", detail=f"{FAR_M:g} m", case=rule)
            assert near.value == near.baseline
            assert far.low <= far.baseline
            assert rates.one(score=f"{what}_told", case=rule).value == 0.0


def test_a_target_without_evidence_is_guessed_no_better_than_by_census(town):
    view = look(town)
    table = rows_of(town.tables)
    seen = np.unique(table[:, 0])
    gone = look(town, table[~np.isin(table[:, 0], seen[::2])])
    n = view.sight.public.n_vehicles
    all_, half = take(view, n), take(gone, n)
    name = "home_told"
    assert all_.one(score=name).value - half.one(score=name).value > 0.3
    for detail in ("250 m", "1000 m"):
        assert half.one(score="home_found", detail=detail).n == all_.one(score="home_found", detail=detail).n == n
        assert half.one(score="home_found", detail=detail).value < all_.one(score="home_found", detail=detail).value


def zones_in_a_row(outside):
    n = len(outside)
    return SimpleNamespace(
        n=n, x_m=np.arange(n) * 200.0, y_m=np.zeros(n), outside=np.array(outside), residents=np.ones(n)
    )


def made_at(x_m, none=False):
    n = len(x_m)
    return Guesses(np.array(x_m), np.zeros(n), np.full(n, none), np.full(n, 0.5))


def scored(x_m, truth, outside, what="home", **changes):
    """Score guesses, the same for either radius, of places in a row 200 m apart."""
    public = SimpleNamespace(zones=zones_in_a_row(outside))
    for name, values in changes.items():
        setattr(public.zones, name, values)
    sight = SimpleNamespace(public=public, asked=SimpleNamespace(near_m=NEAR_M, far_m=FAR_M))
    made = made_at(x_m)
    answer = Answer(near=made, far=made, told=np.ones(len(x_m), np.bool_), trivial=made_at([0.0] * len(x_m)))
    counted = anchors._count(sight, answer, np.array(truth), anchors._baselines(sight, what))
    return {f"{row.score} {row.detail}".strip(): row for row in anchors.score(what, counted, NEAR_M, FAR_M)}


def test_scores_equal_a_count_by_hand():
    rows = scored([0.0, 200.0, 1200.0, 5000.0, 450.0], [0, 1, 2, 0, 1], [False] * 7)
    near, far = rows["home_found 250 m"], rows["home_found 1000 m"]
    assert (near.value, near.baseline, near.n) == (3 / 5, 1.0, 5)  # errors 0, 0, 800, 5000, 250; anyone says zone 1
    assert (far.value, far.baseline) == (4 / 5, 1.0)
    error = rows["home_error"]
    assert (error.value, error.n, error.unit) == (250.0, 5, "metres")
    assert error.baseline == 200.0
    assert rows["home_told"].value == 1.0


def test_a_home_beyond_the_map_is_never_found_not_even_by_chance():
    rows = scored([0.0, 200.0], [0, 1], [True, False])
    near = rows["home_found 250 m"]
    assert (near.value, near.baseline, near.n) == (0.5, 0.5, 2)
    rows = scored([0.0, 0.0], [0, 0], [True, False])
    assert [rows[f"home_found {m} m"].value for m in (250, 1000)] == [0.0, 0.0]
    assert [rows[f"home_found {m} m"].baseline for m in (250, 1000)] == [0.0, 0.0]
    assert rows["home_error"].note == "nobody on the map"


def test_no_guess_stands_beyond_the_map(everywhere):
    from dataclasses import replace

    view = look(everywhere)
    outside = view.sight.public.zones.hub % 2 == 0
    public = replace(view.sight.public, zones=replace(view.sight.public.zones, outside=outside))
    r, none = public.sites.n, csr_array((public.sites.n, public.zones.n))
    sight, votes = replace(view.sight, public=public), Votes(leaving=np.eye(r), coming=np.zeros((r, r)))
    for purpose in (Purpose.HOME, Purpose.WORK):
        met = met_in(sight)
        inside = set(zip(public.zones.x_m[~outside], public.zones.y_m[~outside], strict=True))
        for made in belief._decide(public, belief.ground_of(sight), met, votes, none, np.ones(r), purpose):
            assert set(zip(made.x_m, made.y_m, strict=True)) <= inside
        assert belief.baseline_spot(public, purpose, 1.0) in inside


def test_numbering_plates_otherwise_changes_no_guess(town):
    new = np.random.default_rng(4).permutation(town.lives.plates.n)
    table, ladder = rows_of(town.tables), ["1d", "7d", "forever"]
    plain, other = look(town, table, ladder=ladder), look(town, relabelled(table, new), ladder=ladder)
    vehicle = np.arange(0, town.lives.population.n_vehicles, 3)
    plate = town.lives.plates.of_vehicles(vehicle)
    made = [
        answers_of(view, anchors.Known(targets=(Targets(vehicle=vehicle, plate=plates),) * 3, plates=wanted))
        for view, plates in ((plain, plate), (other, new[plate]))
        for wanted in [np.sort(plates).astype(np.uint32)]
    ]
    for first, again in zip(*made, strict=True):
        for what in ("home", "work"):
            assert first[what].told.any()
            for a, b in zip(first[what].near, again[what].near, strict=True):
                assert np.array_equal(a, b)


def answers_of(view, known):
    state = Anchors().start(view.sight, known, None)
    for rows in view.source.blocks(0):
        Anchors().update(state, Block(*rows, *view.sieve.marks(rows)))
    return Anchors().guess(view.sight, known, state)


@pytest.mark.parametrize("on", ["2025-03-06", None])
def test_home_and_work_are_those_of_the_query_date(on):
    changes = {"moved_in_year": 0.9, "moved_in_five_years": 0.99, "new_job_in_year": 0.9}
    town = small_town(**{f"households.{key}": value for key, value in changes.items()})
    view = look(town, NOTHING, on=on)
    today = view.cases[0].today
    assert today == (10 if on is None else 3)
    first = town.lives.population.first_vehicle
    zones = {}
    for day in (0, today):
        lives = [chapter_on(town.lives.tables, h, day) for h in range(len(first) - 1)]
        home = np.repeat([life.home for life in lives], np.diff(first))
        zones[day] = {"home": home, "work": np.concatenate([life.jobs for life in lives])}
    assert (zones[0]["home"] != zones[today]["home"]).sum() >= 5
    x, y = view.sight.public.zones.x_m, view.sight.public.zones.y_m
    n = view.sight.public.n_vehicles
    known = Anchors().ask(view, n)
    for day in (today, 0):
        answer = {}
        for what, zone in zones[day].items():
            at = zone[known.targets[0].vehicle]
            made = Guesses(x[at], y[at], at < 0, np.ones(n))
            answer[what] = Answer(near=made, far=made, told=np.ones(n, np.bool_), trivial=made)
        results = Results(
            tuple(Anchors().results(view.sight, Anchors().tally(view.truth, view.sight, known, [answer])))
        )
        for what in ("home", "work"):
            rate = results.one(score=f"{what}_found", detail="250 m")
            asked = slice(None) if what == "home" else _commuters(town)
            same = np.hypot(x[zones[day][what]] - x[zones[today][what]], y[zones[day][what]] - y[zones[today][what]])
            assert rate.n == len(same[asked])
            assert rate.value == pytest.approx((same[asked] <= NEAR_M).mean())
            assert (rate.value == 1.0) == (day == today)


def _commuters(town):
    """Which vehicles take someone to work: the first ones of each household."""
    life = town.lives.tables
    first = town.lives.population.first_vehicle
    workers = life.kinds.workers[life.people.kind]
    return np.concatenate([np.arange(n) < w for n, w in zip(np.diff(first), workers, strict=True)])


def test_a_longer_memory_of_an_old_home_can_mislead_but_the_new_one_is_the_truth():
    rows = scored([200.0, 200.0, 200.0], [1, 1, 30], [False] * 40)
    assert rows["home_found 250 m"].value == pytest.approx(2 / 3)


def test_work_is_scored_over_all_vehicles_with_none_as_an_answer():
    # two work at zone 1 and two nowhere; the attack claims zone 0, is off by 200 m, and says none twice
    outside, truth = [False] * 9, [1, 1, -1, -1]
    public = SimpleNamespace(zones=zones_in_a_row(outside))
    public.zones.attraction = np.ones((14, 9))
    sight = SimpleNamespace(public=public, asked=SimpleNamespace(near_m=NEAR_M, far_m=FAR_M))
    none = np.array([False, True, True, False])
    made = Guesses(np.zeros(4), np.zeros(4), none, np.full(4, 0.5))
    answer = Answer(near=made, far=made, told=np.ones(4, np.bool_), trivial=made)
    counted = anchors._count(sight, answer, np.array(truth), anchors._baselines(sight, "work"))
    rows = {row.score: row for row in anchors.score("work", counted, NEAR_M, FAR_M) if row.detail == "250 m"}
    assert (rows["work_found"].value, rows["work_found"].n) == (1 / 2, 2)
    assert (rows["work_precision"].value, rows["work_precision"].n) == (1 / 2, 2)
    assert (rows["work_answered"].value, rows["work_answered"].n) == (2 / 4, 4)


@pytest.mark.parametrize("seed", [7, 8])
def test_each_radius_gets_the_decision_that_is_best_for_it(seed):
    """The guess made for 250 m, scored at 1 km, finds fewer than the guess made for 1 km."""
    view = look(small(load("smallville", seed=seed, overrides=["roads.population=6000"])), ladder=["7d"], observer=None)
    known = Anchors().ask(view, 1500)
    counted = scan(view, [Anchors()], {"anchors": known})["anchors"].cases[0]["home"]
    near, far = ((counted.error_m[which] <= FAR_M).mean() for which in ("near", "far"))
    assert far > near + 0.02
    assert (counted.error_m["near"] <= NEAR_M).mean() > (counted.error_m["far"] <= NEAR_M).mean()


def test_votes_that_repeat_one_another_weigh_less_than_independent_ones():
    one, many = (belief.tempered(np.full((1, 1), n), np.zeros((1, 1)), Purpose.HOME)[0] * n for n in (1.0, 100.0))
    assert one == 1.0
    assert 2.0 < many < 20.0


def votes_of(rows, plates=(0, 1), readers=4):
    table = np.array(sorted(rows), np.uint32).reshape(-1, 3)
    made = home_votes(Rows(table[:, 0], table[:, 2], table[:, 1]), np.array(plates), readers)
    return made.leaving.tolist(), made.coming.tolist()


def test_the_first_reader_of_a_morning_and_the_last_of_a_night_vote_for_home():
    rows = [
        (0, MORNING, 1), (0, MORNING + 60, 2), (0, EVENING, 3), (0, EVENING + 9, 1),  # an ordinary day
        (0, DAY + 13 * 3600, 2),  # one sighting at one o'clock: neither morning nor night
        (0, 2 * DAY + EVENING, 2),  # only a night
        (0, 3 * DAY + 3600, 0),  # one at night is still the evening before
        (1, 5 * DAY + MORNING, 3),
    ]  # fmt: skip
    leaving, coming = votes_of(rows)
    assert leaving == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert coming == [[1, 1, 0, 0], [0, 0, 0, 0]]
    assert votes_of([]) == ([[0] * 4] * 2, [[0] * 4] * 2)


def test_the_longest_gap_of_a_working_day_votes_for_work(town):
    view = look(town)
    monday = [(0, 4 * 3600, 3), (0, MORNING, 0), (0, MORNING + 600, 1), (0, 17 * 3600, 2), (0, 23 * 3600, 3)]
    saturday = [(plate, time + 5 * DAY, site) for plate, time, site in monday]
    short = [(1, MORNING, 0), (1, MORNING + 3 * 3600 - 1, 1)]
    late = [(2, 15 * 3600, 0), (2, 20 * 3600, 1)]
    table = np.array(sorted(monday + saturday + short + late), np.uint32)
    rows = Rows(table[:, 0], table[:, 2], table[:, 1])
    made = work_votes(rows, np.arange(3), 4, view.sight.public.start.weekday())
    assert made.coming.sum() == made.leaving.sum() == 1
    assert made.coming[0, 1] == made.leaving[0, 2] == 1


def test_sets_that_share_home_and_work_equal_a_count_by_hand():
    home = np.array([1, 1, 1, 1, 2])
    work = np.array([5, 5, 6, -1, 5])
    median, alone = anchors._set_sizes(home, work)
    assert (median.value, median.n) == (2.0, 4)  # 2, 2, 1, 1: the upper one of the middle two
    assert (alone.value, alone.n) == (0.5, 4)
    median, alone = anchors._set_sizes(home, np.full(5, -1))
    assert (median.value, alone.value, alone.n) == (None, None, 0)


def test_the_baseline_of_each_distance_is_the_best_spot_for_that_distance():
    residents = np.array([5.0, 5, 5, 0, 0, 0, 0, 0, 9])
    truth = [0] * 5 + [1] * 5 + [2] * 5 + [8] * 9
    sight = SimpleNamespace(
        public=SimpleNamespace(zones=zones_in_a_row([False] * 9)), asked=SimpleNamespace(near_m=100.0, far_m=500.0)
    )
    sight.public.zones.residents = residents
    made = made_at([0.0] * 24)
    answer = Answer(near=made, far=made, told=np.ones(24, np.bool_), trivial=made)
    counted = anchors._count(sight, answer, np.array(truth), anchors._baselines(sight, "home"))
    rows = list(anchors.score("home", counted, 100.0, 500.0))
    assert [row.baseline for row in rows if row.score == "home_found"] == [9 / 24, 15 / 24]


def test_the_baseline_is_where_the_most_homes_are_near():
    zones = zones_in_a_row([False, False, False, False, False, True])
    zones.residents = np.array([10.0, 1.0, 4.0, 4.0, 4.0, 99.0])
    public = SimpleNamespace(zones=zones)
    assert belief.baseline_spot(public, Purpose.HOME, 250.0)[0] == 200.0  # 10 + 1 + 4
    assert belief.baseline_spot(public, Purpose.HOME, 100.0)[0] == 0.0
