"""What an attacker knows of the roads: each grade wins where it must, finds nothing in nothing, and is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference.tree_paths import route_links
from views import look, relabelled, seen_everywhere, small_town, swapped, taken
from worlds import rows_of, small, town_scenario

from simulate.risk.anchors import Anchors
from simulate.risk.intervals import share
from simulate.risk.passing import DECAY_S, SLIP, STRAIGHT_M, chances
from simulate.world.routes import N_ALTERNATIVES, alternative_shares, trees
from simulate.world.zones import Purpose

GRADES = ("none", "public", "generator")
NEAR_M, FAR_M = 250.0, 1000.0
NOTHING = np.empty((0, 3), np.int64)

every_grade = pytest.mark.parametrize("grade", GRADES)


def take(view, targets=300):
    return taken(Anchors(), view, targets)


def town_of(grade, seed=0):
    return small_town(seed, **{"measure.attacker_roads": grade})


@every_grade
@pytest.mark.parametrize("seed", [0, 1])
def test_with_a_reader_on_every_link_homes_and_jobs_are_found(grade, seed):
    rates = take(look(seen_everywhere(seed, **{"measure.attacker_roads": grade})))
    for what in ("home", "work"):
        found = rates.one(score=f"{what}_found", detail="250 m")
        _, _, chance_at_most = share(round(found.baseline * found.n), found.n)
        # tempered votes trust a poor idea of the roads less, so who knows none wins by less
        assert found.low > (1.3 if grade == "none" else 2) * chance_at_most


@every_grade
def test_where_nothing_is_read_the_guess_is_the_baseline(grade):
    rates = take(look(town_of(grade), NOTHING))
    for what in ("home", "work"):
        near = rates.one(score=f"{what}_found", detail=f"{NEAR_M:g} m")
        far = rates.one(score=f"{what}_found", detail=f"{FAR_M:g} m")
        assert near.value == near.baseline
        assert far.low <= far.baseline
        assert rates.one(score=f"{what}_told").value == 0.0


@every_grade
def test_sightings_of_other_cars_find_nothing_beyond_chance(grade):
    town = seen_everywhere(1, **{"measure.attacker_roads": grade})
    n = town.lives.population.n_vehicles
    rates = take(look(town, relabelled(rows_of(town.tables), swapped(town, 1))), n)
    for what in ("home", "work"):
        found = rates.one(score=f"{what}_found", detail=f"{NEAR_M:g} m")
        assert found.low <= found.baseline


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_who_knows_roads_finds_more_homes_than_who_does_not(seed):
    found = {
        grade: take(look(town_of(grade, seed)), 540).one(score="home_found", detail="250 m").value for grade in GRADES
    }
    assert found["none"] < found["public"] - 0.05
    assert found["generator"] > found["public"] - 0.02  # in a town without freeways it adds little


def test_only_the_generator_s_grade_is_told_what_drivers_prefer():
    for grade in GRADES:
        public = look(town_of(grade)).sight.public
        assert (len(public.graph.cost), public.habits is not None) == (
            (N_ALTERNATIVES, True) if grade == "generator" else (1, False)
        )


def test_without_roads_the_attack_looks_at_no_road():
    case, public = look(town_of("none")).cases[0], look(town_of("none")).sight.public
    blinder = replace(public, graph=None, roads=None, hub_node=None)
    for known, other in zip(*(chances(some, [case.visible])[0].values() for some in (public, blinder)), strict=True):
        assert np.array_equal(known.first, other.first)


@pytest.mark.parametrize("purpose", [Purpose.HOME, Purpose.WORK])
def test_without_roads_chances_equal_a_count_by_hand_of_distances(purpose):
    public = look(town_of("none")).sight.public
    visible = np.arange(len(public.sites.link)) % 3 > 0
    known = chances(public, [visible])[0][purpose]
    for zone in (0, public.zones.n // 2):
        weight = [
            np.exp(-np.hypot(x - public.zones.x_m[zone], y - public.zones.y_m[zone]) / STRAIGHT_M) if seen else 0.0
            for x, y, seen in zip(public.sites.x_m, public.sites.y_m, visible, strict=True)
        ]
        wanted = [(1 - SLIP) * w / sum(weight) + SLIP / visible.sum() for w in weight]
        assert np.allclose(np.exp(known.first[:, zone]), wanted, rtol=1e-9)
        assert np.array_equal(known.first, known.last)


def test_with_the_generator_s_roads_chances_equal_a_count_by_hand_of_what_drivers_prefer():
    tiny = small(town_scenario(5, measure__attacker_roads="generator"), awkward=True, scattered=60)
    public = look(tiny).sight.public
    zones, h, r = public.zones, len(public.hub_node), len(public.sites.link)
    on = [np.flatnonzero(public.sites.link == link).tolist() for link in range(public.roads.n_links)]
    drawn_by = np.bincount(zones.hub, zones.residents + zones.attraction[Purpose.WORK], h)
    link_s = (public.graph.fast_ds + public.graph.slow_ds) / 10
    ways = [{} for _ in range(N_ALTERNATIVES)]
    for field in range(N_ALTERNATIVES):
        for a, _, in_link in trees(public.graph, field, public.hub_node):
            for b in range(h):
                ways[field][a, b] = route_links(public.graph, in_link, int(public.hub_node[b]))
    met = np.zeros((2, r, h))
    for a in range(h):
        for b in range(h):
            thinner = np.exp(-link_s[ways[0][a, b]].sum() / DECAY_S)
            for alternative, portion in enumerate(alternative_shares(tiny.scenario.settings.travel.route_shares)):
                links = ways[tiny.world.routes.used[tiny.world.routes.row[a] + b, alternative]][a, b]
                passed = [reader for link in links for reader in on[link]]
                if passed:
                    met[0, passed[0], a] += drawn_by[b] * thinner * portion
                    met[1, passed[-1], b] += drawn_by[a] * thinner * portion
    wanted = ((1 - SLIP) * met / np.maximum(met.sum(axis=1, keepdims=True), 1e-300) + SLIP / r)[:, :, zones.hub]
    known = chances(public, [np.ones(r, np.bool_)])[0][Purpose.HOME]
    assert (tiny.world.routes.used > 0).any()
    assert np.allclose(np.exp(known.first), wanted[0], rtol=1e-9)
    assert np.allclose(np.exp(known.last), wanted[1], rtol=1e-9)


def test_the_card_says_what_was_known_of_the_roads():
    said = {grade: Anchors().card(look(town_of(grade)).sight.asked).describe() for grade in GRADES}
    assert len(set(said.values())) == 3
    assert "as the crow flies" in said["none"]
    assert "public roads" in said["public"]
    assert "upper bound" in said["generator"]
