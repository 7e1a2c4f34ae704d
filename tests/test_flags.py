"""Errors name parameters to users of Python, and flags to users of the command line."""

from __future__ import annotations

import inspect

import pytest

import simulate as sim
from simulate.checks import ScenarioError
from simulate.cli import application
from simulate.cli.flags import FLAGS, in_flags

VERBS = (sim.load, sim.run, sim.view, sim.measure, sim.compare, sim.sweep, sim.write_page)


def test_every_parameter_and_every_flag_is_one():
    parameters = {name for verb in VERBS for name in inspect.signature(verb).parameters}
    assert set(FLAGS) <= parameters
    commands = [application.app[name] for name in ("run", "measure", "report", "compare", "sweep")]
    flags = {flag for command in commands for one in command.assemble_argument_collection() for flag in one.names}
    assert set(FLAGS.values()) <= flags


def test_places_and_remedies_become_flags_and_what_was_found_stays():
    other = ScenarioError('overrides["readers.capture"]', "a number", "overrides")
    error = ScenarioError(
        "targets", "at least 1", 'metros="0"', 'give metros="Salt Lake City" or overrides=["roads.path=FILE"]', [other]
    )
    assert str(error).startswith("targets: expected at least 1, found")
    assert str(in_flags(error)) == (
        '--targets: expected at least 1, found metros="0"; give --metros Salt Lake City or --set roads.path=FILE\n'
        "--set readers.capture: expected a number, found overrides"
    )


@pytest.mark.parametrize("where", ["x.toml:4: seed", "roads.path", "runs/seed", "travel", "scenarios", "case x: on"])
def test_keys_and_files_are_no_parameters(where):
    assert in_flags(ScenarioError(where, "a", "b", "c")).where == where


SMALL = {"roads.population": 300, "roads.density_per_km2": 150, "period.days": 2}
REFUSED = {
    "--targets": ("targets", "sweep", {"targets": 0}),
    "--workers": ("workers", "sweep", {"workers": 0}),
    "--measures": ("measures", "sweep", {"measures": ["nothing"]}),
    "--only": ("only", "sweep", {"only": ["nothing"]}),
    "--on": ("on", "sweep", {"on": "yesterday"}),
    "--retention": ("retention", "sweep", {"retention": "long"}),
    "--case": ("case", "sweep", {"case": "none"}),
    "--replicates": ("replicates", "compare", {"replicates": 0}),
    "--metros": ("metros", "compare", {"metros": "Buffalo"}),
    "--seed": ("seed", "compare", {"seed": -1}),
}


def refused(monkeypatch, capsys, *words):
    """Run a command of bad input; return what it said."""
    monkeypatch.setattr("sys.argv", ["plateprint", *words])
    with pytest.raises(SystemExit) as stopped:
        application.start()
    assert stopped.value.code == application.BAD_INPUT
    return capsys.readouterr().err


@pytest.mark.parametrize("flag", REFUSED)
def test_the_library_says_the_parameter_and_the_command_line_the_flag(flag, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    where, verb, asked = REFUSED[flag]
    scenario = "smallville" if verb == "sweep" else ["smallville"]
    with pytest.raises(ScenarioError) as caught:
        getattr(sim, verb)(scenario, overrides=SMALL, **asked)
    assert caught.value.where == where
    (value,) = asked.values()
    text = ",".join(value) if isinstance(value, list) else str(value)
    said = refused(monkeypatch, capsys, verb, "smallville", f"{flag}={text}", "--quiet")
    assert said.startswith(f"plateprint: {flag}: expected ")
    assert list(tmp_path.iterdir()) == []


def test_an_observer_is_named_likewise(capsys, monkeypatch):
    with pytest.raises(ScenarioError, match=r"^observer: expected an observer or owner of the scenario"):
        sim.view(sim.fly(sim.load("smallville", overrides=SMALL)), observer="nobody")
    changes = [f"--set={key}={value}" for key, value in SMALL.items()]
    said = refused(
        monkeypatch, capsys, "measure", "smallville", "--no-store", "--observer", "nobody", "--quiet", *changes
    )
    assert said.startswith("plateprint: --observer: expected an observer or owner of the scenario")
