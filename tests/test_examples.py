"""What notebooks may use: every public name has a docstring whose example runs."""

from __future__ import annotations

import doctest
import inspect

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from worlds import town_scenario

import simulate as sim
from simulate.risk.results import Result, Results

VERBS = [name for name in sim.__all__ if inspect.isfunction(getattr(sim, name))]
PUBLIC = {
    **{f"sim.{name}": getattr(sim, name) for name in VERBS},
    **{f"sim.plot.{name}": getattr(sim.plot, name) for name in sim.plot.__all__},
    "Case": sim.Case,
    "Results": Results,
    "Results.to_arrow": Results.to_arrow,
    "Results.to_pandas": Results.to_pandas,
}


@pytest.fixture(scope="module")
def town():
    """Return a fortnight of smallville."""
    return sim.load("smallville", seed=3, overrides=["period.days=14"])


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    """Return what the police of a town of about 200 cars see, under two rules."""
    scenario = town_scenario(roads__population=300, roads__density_per_km2=150)
    return sim.view(sim.run(scenario, tmp_path_factory.mktemp("run")), ladder=["7d", "forever"])


@pytest.mark.parametrize("name", PUBLIC)
def test_its_example_runs(name, view, town, tmp_path):
    """An example may use `sim`, a town, a view, a folder and results made by hand; dots stand for what differs."""
    given = {"sim": sim, "view": view, "town": town, "folder": tmp_path, "Result": Result, "Results": Results,
             "Case": sim.Case}  # fmt: skip
    examples = doctest.DocTestFinder(recurse=False).find(PUBLIC[name], name, globs=given)
    assert examples[0].examples, "no example"
    with mpl.rc_context({"backend": "agg"}):
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        for example in examples:
            runner.run(example, out=said.append)
        plt.close("all")
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("sim.")])
def test_it_says_what_it_takes(name):
    text = inspect.getdoc(PUBLIC[name])
    taken = [one for one in inspect.signature(PUBLIC[name]).parameters if one != "self"]
    assert all(f"\n{one}\n" in text for one in taken)


@pytest.mark.parametrize("name", sim.plot.__all__)
def test_a_picture_takes_axes_and_returns_axes(name):
    signature = inspect.signature(getattr(sim.plot, name))
    assert signature.parameters["ax"].default is None
    assert signature.parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY
    assert signature.return_annotation == "Axes"


def test_every_public_name_is_there():
    assert set(sim.__all__) == set(dir(sim))
    assert all(getattr(sim, name).__doc__ for name in sim.__all__)
