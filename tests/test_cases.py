"""Inputs that went wrong, kept outside the project: each answers as it should, where the folder is there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulate.checks import printable

REPOSITORY = Path(__file__).parent.parent
NETWORK = """\
extends = "base"
title = "A network"
summary = "A network of five zones."
period = {{ start = 2025-03-03, days = 2 }}
owners.town.kind = "police"
observers.town-pd = {{ sees = ["town"], purpose = "a test" }}
readers.place.some = {{ owner = "town", strategy = "random", count = 3, spacing_m = 0 }}
[roads]
source = "tntp"
path = "{path}"
length_unit = "metres"
time_unit = "seconds"
coordinates = "{coordinates}"
outside_zones = []
vehicles_per_trip = {vehicles_per_trip}
vehicles_per_zone = 50
"""
SCENARIOS = {
    # what `show` answers: exit code, and words of its one message
    "days-huge-5000-digits.toml": (2, [".toml:3: period.days: expected a whole number", "found 9999"]),
    "deep-dotted-2000.toml": (2, [".toml:2: expected tables and lists at most 32 deep"]),
    "deep-table-2000.toml": (2, [".toml:2: expected tables and lists at most 32 deep"]),
    "key-escape-seq.toml": (2, [r".toml:3: period.\x1b[31mdays: expected a key", "did you mean 'days'?"]),
    "title-hashes-20k.toml": (0, []),
}
NETWORKS = {
    # what `run` answers to a network and the unit of its coordinates
    ("tntp_capitals", "metres"): (0, []),
    ("tntp_rounded_total", "metres"): (0, []),
    ("tntp_miles", "miles"): (0, []),
    ("tntp_miles", "metres"): (2, ["roads.coordinates: x_net.tntp", "1,609 times too small", 'coordinates = "miles"']),
}


@pytest.fixture(scope="module")
def cases() -> Path:
    """Return the folder of inputs that went wrong, which never come with the project."""
    folder = Path(os.environ.get("PLATEPRINT_CASES", REPOSITORY.parent / "shared" / "cases"))
    if not folder.is_dir():
        pytest.skip(f"inputs that went wrong not found at {folder}: set PLATEPRINT_CASES to the folder that holds them")
    return folder


def plateprint(*arguments, folder):
    """Call the command line in a process of its own; returns exit code, output and errors."""
    command = [sys.executable, "-m", "simulate.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout, done.stderr


def check_message(err, words):
    """Hold that errors are one short message fit for a terminal, with such words."""
    assert err.startswith("plateprint: ")
    assert err.count("\n") == 1
    assert len(err) < 1000
    assert printable(err, kept="\n") == err
    assert all(word in err for word in words), err


def test_every_case_has_its_answer(cases):
    found = {path.name for path in cases.iterdir()} - {"README.md"}
    assert found == {*SCENARIOS, *(network for network, _ in NETWORKS)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_of_the_cases_answers_as_it_should(name, cases, tmp_path):
    code, words = SCENARIOS[name]
    begun = time.monotonic()
    found, out, err = plateprint("show", cases / name, folder=tmp_path)
    assert time.monotonic() - begun < 60
    assert found == code, err
    if code:
        assert out == ""
        check_message(err, words)
    else:
        assert out.startswith(20_000 * "#")
        assert err == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("network", "coordinates"), NETWORKS)
def test_a_network_of_the_cases_answers_as_it_should(network, coordinates, cases, tmp_path):
    code, words = NETWORKS[network, coordinates]
    per_trip = 0.001 if network == "tntp_rounded_total" else 0.1
    text = NETWORK.format(path=cases / network, coordinates=coordinates, vehicles_per_trip=per_trip)
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    found, out, err = plateprint("run", "x.toml", "--out", "run", "--quiet", folder=tmp_path)
    assert found == code, err
    if code:
        assert out == ""
        check_message(err, words)
    else:
        vehicles = int(out.partition(" sightings of ")[2].partition(" vehicles")[0].replace(",", ""))
        assert vehicles == pytest.approx({"tntp_rounded_total": 383}.get(network, 200), abs=10)
    assert (tmp_path / "run").exists() == (code == 0)
