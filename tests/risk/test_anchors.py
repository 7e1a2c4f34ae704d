"""Anchors: wins where it must, stays at chance where nothing can be known, scores fairly."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array
from views import look, taken, relabelled, seen_everywhere, small_town, swapped
from worlds import rows_of, small, town_scenario

from simulate.risk import anchors
from simulate.risk.anchors import DECAY_S, SLIP, Guesses, Votes
from simulate.risk.intervals import share
from simulate.sightings.store import Rows
from simulate.travel.days import chapter_on
from simulate.world.routes import route_links, trees
from simulate.world.zones import Purpose

NEAR_M, FAR_M = 250.0, 1000.0
NOTHING = np.empty((0, 3), np.int64)
DAY, MORNING, EVENING = 86_400, 8 * 3600, 18 * 3600


def take(view, targets=300):
    return taken(Anchors(), view, targets)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_a_reader_on_every_link_homes_and_jobs_are_found(seed):
    rates = take(look(seen_everywhere(seed)))
    for what, at_least in (("home", 0.95), ("work", 0.9)):
        found = rates.one(score=f"{what}_found", detail="250 m")
        _, _, chance_at_most = share(round(found.baseline * found.n), found.n)
        assert found.value > at_least
        assert found.low > 2 * chance_at_most
        assert found.value <= rates.one(score=f"{what}_found", detail="1000 m").value
        assert rates.one(score=f"{what}_error").value < NEAR_M


def test_ten_sightings_at_one_junction_name_the_blocks_there(everywhere):
    # Cars of every other block meet another reader first, and another last, but by a slip.
    view = look(everywhere)
    zones, r = view.sight.public.zones, view.sight.public.sites.n
    known = chances(view.sight.public, view.sight.cases[0].visible, Purpose.HOME)
    homes = np.flatnonzero(zones.residents > 0)
    leaving, coming = (5.0 * np.eye(r)[chance[:, homes].argmax(axis=0)] for chance in (known.first, known.last))
    votes, no_stays = Votes(leaving=leaving, coming=coming), csr_array((len(homes), zones.n))
    made = anchors.guess(view.sight.public, known, votes, no_stays, Purpose.HOME, NEAR_M)
    assert (np.hypot(zones.x_m[homes] - made.x_m, zones.y_m[homes] - made.y_m) <= NEAR_M).all()


@pytest.mark.parametrize("purpose", [Purpose.HOME, Purpose.WORK])
def test_chances_equal_a_count_by_hand_of_whom_the_quickest_ways_pass(purpose):
    tiny = small(town_scenario(5), awkward=True, scattered=60)
    view = look(tiny)
    visible = np.arange(view.sight.public.sites.n) % 3 > 0
    known = chances(view.sight.public, visible, purpose)
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
    for score in ("home found within 250 m", "home found within 1000 m"):
        assert half.one(score=score).n == all_.one(score=score).n == n
        assert half.one(score=score).value < all_.one(score=score).value


def zones_in_a_row(outside):
    n = len(outside)
    return SimpleNamespace(
        n=n, x_m=np.arange(n) * 200.0, y_m=np.zeros(n), outside=np.array(outside), residents=np.ones(n)
    )


def made_at(x_m, informed=True):
    return Guesses(x_m=np.array(x_m), y_m=np.zeros(len(x_m)), informed=np.full(len(x_m), informed))


def scored(x_m, truth, outside):
    public = SimpleNamespace(zones=zones_in_a_row(outside))
    rows = anchors.score(public, "home", "1 day", made_at(x_m), np.array(truth), (NEAR_M, FAR_M))
    return {row.score: row for row in rows}


def test_scores_equal_a_count_by_hand():
    rows = scored([0.0, 200.0, 1200.0, 5000.0, 450.0], [0, 1, 2, 0, 1], [False] * 7)
    near, far = rows["home found within 250 m"], rows["home found within 1000 m"]
    assert (near.value, near.baseline, near.n) == (3 / 5, 1.0, 5)  # errors 0, 0, 800, 5000, 250; anyone says zone 1
    assert (far.value, far.baseline) == (4 / 5, 1.0)
    error = rows["home, median error of a guess"]
    assert (error.value, error.n, error.unit) == (250.0, 5, "metres")
    assert error.baseline == 200.0
    assert rows["home_told"].value == 1.0


def test_a_home_beyond_the_map_is_never_found_not_even_by_chance():
    rows = scored([0.0, 200.0], [0, 1], [True, False])
    near = rows["home found within 250 m"]
    assert (near.value, near.baseline, near.n) == (0.5, 0.5, 2)
    rows = scored([0.0, 0.0], [0, 0], [True, False])
    assert [rows[f"home found within {m} m"].value for m in (250, 1000)] == [0.0, 0.0]
    assert [rows[f"home found within {m} m"].baseline for m in (250, 1000)] == [0.0, 0.0]
    assert rows["home, median error of a guess"].note == "nobody on the map"


def test_no_guess_stands_beyond_the_map(everywhere):
    from dataclasses import replace

    view = look(everywhere)
    outside = view.sight.public.zones.hub % 2 == 0
    public = replace(view.sight.public, zones=replace(view.sight.public.zones, outside=outside))
    r = public.sites.n
    votes, no_stays = Votes(leaving=np.eye(r), coming=np.zeros((r, r))), csr_array((r, public.zones.n))
    for purpose in (Purpose.HOME, Purpose.WORK):
        known = chances(public, view.sight.cases[0].visible, purpose)
        made = anchors.guess(public, known, votes, no_stays, purpose, 1.0)
        inside = set(zip(public.zones.x_m[~outside], public.zones.y_m[~outside], strict=True))
        assert set(zip(made.x_m, made.y_m, strict=True)) <= inside
        assert anchors.baseline_spot(public, purpose, 1.0) in inside


def test_numbering_plates_otherwise_changes_no_guess(town):
    new = np.random.default_rng(4).permutation(town.lives.plates.n)
    vehicles = np.arange(0, town.lives.population.n_vehicles, 3)
    table, plates = rows_of(town.tables), np.sort(town.lives.plates.of_vehicles(vehicles))
    ladder = ["1d", "7d", "forever"]
    plain = anchors.attack(look(town, table, ladder=ladder).blind(), plates, NEAR_M)
    renamed = np.sort(new[plates])
    other = anchors.attack(look(town, relabelled(table, new), ladder=ladder).blind(), renamed, NEAR_M)
    at = np.searchsorted(renamed, new[plates])
    assert len(plain) == len(other) == 3
    for pair, changed in zip(plain, other, strict=True):
        for made, again in zip(pair, changed, strict=True):
            assert np.isfinite(made.x_m).any()
            assert np.array_equal(made.x_m, again.x_m[at], equal_nan=True)
            assert np.array_equal(made.y_m, again.y_m[at], equal_nan=True)


@pytest.mark.parametrize("on", ["2025-03-06", None])
def test_home_and_work_are_those_of_the_query_date(monkeypatch, on):
    changes = {"moved_in_year": 0.9, "moved_in_five_years": 0.99, "new_job_in_year": 0.9}
    town = small_town(**{f"households.{key}": value for key, value in changes.items()})
    view = look(town, NOTHING, on=on)
    assert view.today == (10 if on is None else 3)
    first = town.lives.population.first_vehicle
    zones = {}
    for day in (0, view.today):
        lives = [chapter_on(town.lives.tables, h, day) for h in range(len(first) - 1)]
        home = np.repeat([life.home for life in lives], np.diff(first))
        zones[day] = home, np.concatenate([life.jobs for life in lives])
    moved = zones[0][0] != zones[view.today][0]
    assert moved.sum() >= 5

    def knows(day):
        x, y = view.sight.public.zones.x_m, view.sight.public.zones.y_m
        guess = lambda zone, plates: Guesses(  # noqa: E731
            x_m=x[zone[plates]], y_m=y[zone[plates]], informed=np.ones(len(plates), np.bool_)
        )
        holders = town.lives.plates.holders
        return lambda _view, plates, _near: [tuple(guess(zone, holders(plates)) for zone in zones[day])]

    n = view.sight.public.n_vehicles
    for day in (view.today, 0):
        monkeypatch.setattr(anchors, "attack", knows(day))
        for what, zone in zip(("home", "work"), (0, 1), strict=True):
            rate = anchors.measure(view.blind(), view.truth, n, 0.5, FAR_M).one(score=f"{what} found within 0.5 m")
            asked = slice(None) if what == "home" else _commuters(town)
            still = (zones[day][zone] == zones[view.today][zone])[asked]
            assert rate.n == len(still)
            assert rate.value == pytest.approx(still.mean())
            assert (rate.value == 1.0) == (day == view.today)


def _commuters(town):
    """Which vehicles take someone to work: the first ones of each household."""
    life = town.lives.tables
    first = town.lives.population.first_vehicle
    workers = life.workers[life.kind]
    return np.concatenate([np.arange(n) < w for n, w in zip(np.diff(first), workers, strict=True)])


def test_a_longer_memory_of_an_old_home_can_mislead_but_the_new_one_is_the_truth():
    home = np.array([1, 1, 2])
    public = SimpleNamespace(zones=zones_in_a_row([False] * 40))
    old = made_at([200.0, 200.0, 200.0])
    rows = anchors.score(public, "home", "for ever", old, np.where(home == 2, 30, home), (NEAR_M, FAR_M))
    assert rows[0].value == pytest.approx(2 / 3)


def votes_of(rows, plates=(0, 1), readers=4):
    table = np.array(sorted(rows), np.uint32).reshape(-1, 3)
    made = anchors.home_votes(Rows(table[:, 0], table[:, 2], table[:, 1]), np.array(plates), 0, readers)
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
    made = anchors.work_votes(view, rows, np.arange(3), 0, 4)
    assert made.coming.sum() == made.leaving.sum() == 1
    assert made.coming[0, 1] == made.leaving[0, 2] == 1
    assert anchors.work_votes(view, rows, np.arange(3), 18 * 3600, 4).coming.sum() == 0


def test_sets_that_share_home_and_work_equal_a_count_by_hand():
    home = np.array([1, 1, 1, 1, 2])
    work = np.array([5, 5, 6, -1, 5])
    median, alone = anchors._set_sizes(home, work)
    assert (median.value, median.n) == (2.0, 4)  # 2, 2, 1, 1: the upper one of the middle two
    assert (alone.value, alone.n) == (0.5, 4)
    median, alone = anchors._set_sizes(home, np.full(5, -1))
    assert (median.value, alone.value, alone.n) == (None, None, 0)


def test_the_baseline_of_each_distance_is_the_best_spot_for_that_distance():
    zones = zones_in_a_row([False] * 9)
    zones.residents = np.array([5.0, 5, 5, 0, 0, 0, 0, 0, 9])
    truth = np.array([0] * 5 + [1] * 5 + [2] * 5 + [8] * 9)
    rows = anchors.score(SimpleNamespace(zones=zones), "home", "1 day", made_at([0.0] * 24), truth, (100.0, 500.0))
    assert [row.baseline for row in rows[:2]] == [9 / 24, 15 / 24]


def test_the_baseline_is_where_the_most_homes_are_near():
    zones = zones_in_a_row([False, False, False, False, False, True])
    zones.residents = np.array([10.0, 1.0, 4.0, 4.0, 4.0, 99.0])
    public = SimpleNamespace(zones=zones)
    assert anchors.baseline_spot(public, Purpose.HOME, 250.0)[0] == 200.0  # 10 + 1 + 4
    assert anchors.baseline_spot(public, Purpose.HOME, 100.0)[0] == 0.0
