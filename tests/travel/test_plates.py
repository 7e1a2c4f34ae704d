"""Plates: numbers, holders, texts and what is confused with what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from simulate.checks import ScenarioError
from simulate.kernels.plates import CHARACTERS, GROUP, confused
from simulate.scenario.schema.readers import Plates
from simulate.travel.plates import DIGITS, LETTERS, make_plates


@pytest.mark.parametrize("vehicles", [1, 7, 8, 9, 1000])
def test_every_vehicle_holds_one_plate_and_the_others_are_ghosts(vehicles):
    plates = make_plates("DLDLDLD", vehicles, seed=3)
    held = plates.of_vehicles(np.arange(vehicles))
    assert len(np.unique(held)) == vehicles
    assert held.max() < plates.n
    assert np.array_equal(plates.holders(held), np.arange(vehicles))
    everyone = plates.holders(np.arange(plates.n))
    assert np.array_equal(np.sort(everyone[everyone >= 0]), np.arange(vehicles))


def test_vehicles_that_share_a_group_are_strangers():
    plates = make_plates("DLDLDLD", 8000, seed=0)
    group = plates.of_vehicles(np.arange(8000)) // GROUP
    assert np.array_equal(group, np.arange(8000) % 1000)


def test_no_two_plates_read_alike():
    plates = make_plates("LDLDL", 4000, seed=0)
    texts = {plates.text(plate) for plate in range(plates.n)}
    assert len(texts) == plates.n
    assert all([c.isalpha() for c in text] == [True, False, True, False, True] for text in texts)


def test_plates_of_a_group_differ_in_characters_that_look_alike():
    plates = make_plates("DLDLDLD", 800, seed=0)
    pairs = {frozenset(pair) for pair in (*LETTERS, *DIGITS)}
    for group in range(0, 100, 7):
        own = plates.text(group * GROUP)
        for bit in range(CHARACTERS):
            other = plates.text(group * GROUP + (1 << bit))
            different = [(a, b) for a, b in zip(own, other, strict=True) if a != b]
            assert len(different) == 1
            assert frozenset(different[0]) in pairs


def test_a_misread_names_another_plate_of_the_group_by_likeness():
    plates = make_plates("DLDLDLD", 800, seed=0)
    words = np.random.default_rng(0).integers(0, 2**64, 20_000, dtype=np.uint64)
    found = Counter(int(confused(plates.tables, 5, 9, w)) for w in words)
    assert 9 not in found
    assert all(0 <= plate < GROUP for plate in found)
    flips = Counter(bin(plate ^ 9).count("1") for plate in found.elements())
    assert set(flips) == {1, 2}
    assert flips[2] / len(words) == pytest.approx(1 / 8, abs=0.01)
    rest = 5 * int(plates.tables.spread) % int(plates.tables.space)
    likeness = []
    for i in range(CHARACTERS):
        rest, which = divmod(rest, int(plates.tables.pairs[i]))
        likeness.append(int(plates.tables.likeness[i, which]))
    for bit in range(CHARACTERS):
        assert found[9 ^ (1 << bit)] / flips[1] == pytest.approx(likeness[bit] / sum(likeness), abs=0.02)


@pytest.mark.parametrize("form", ["LLLDD", "LLLDDD", "LLLLDD"])
def test_a_format_has_as_many_plates_as_its_scenario_thinks(form):
    issued = Plates(format=form).issued
    assert make_plates(form, issued, seed=0).tables.vehicles == issued
    with pytest.raises(ScenarioError, match=r"^plates.format: expected room for"):
        make_plates(form, issued + 1, seed=0)
