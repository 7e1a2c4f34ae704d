"""Notebooks run from a clean start, draw what they promise, and are kept without outputs."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import simulate as sim

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
DRAWS = ("plt.show()", "sim.plot.")
LONGEST_DEFINITION, LONGEST_S = 10, 300  # a lesson should take under 30 s; the first run compiles the kernels


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


ROOMS = {"sim": sim, "sim.plot": sim.plot, "sim.policy": sim.policy}
"""All that is public; of each what it says in `__all__`."""


def not_public(source):
    """List what a piece of code takes from below the public package, by import or by attribute."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("simulate.")]
            found += [f"{alias.name} as {alias.asname}" for alias in node.names
                      if alias.name == "simulate" and alias.asname != "sim"]  # fmt: skip
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "simulate":
            found.append(f"from {node.module}")
        elif isinstance(node, ast.Attribute) and (room := ROOMS.get(ast.unparse(node.value))) is not None:
            found += [ast.unparse(node)] if node.attr not in room.__all__ else []
        elif isinstance(node, ast.Name) and node.id in {"import_module", "__import__", "getattr", "exec", "eval"}:
            found.append(node.id)  # ways round all of this
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            found.append(ast.unparse(node))
    return found


def needs_data(path):
    return "PLATEPRINT_DATA" in path.read_text(encoding="utf-8")


def run_in(folder, notebook):
    """Run a notebook as if it lay in a folder."""
    NotebookClient(
        notebook, timeout=LONGEST_S, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path):
    for cell in code_of(nbformat.read(path, as_version=4)):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_simulate_and_defines_nothing_long(path):
    trees = [ast.parse(cell.source) for cell in code_of(nbformat.read(path, as_version=4))]
    statements = [statement for tree in trees for statement in tree.body]
    assert "import simulate as sim" in {ast.unparse(statement) for statement in statements}
    assert max(s.end_lineno - s.lineno + 1 for s in statements) <= LONGEST_DEFINITION


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_names_only(path):
    for cell in code_of(nbformat.read(path, as_version=4)):
        assert not_public(cell.source) == [], cell.source


@pytest.mark.parametrize(
    "source",
    [
        "import simulate", "import simulate.report.maps", "import simulate.plot as plot", "from simulate import report",
        "from simulate.report import maps", "from simulate.risk.anchors import attack", "sim.report.maps.roads(view)",
        "x = sim.risk", "sim.plot.np.array([1])", "sim.policy.view.View", "sim.__dict__", "getattr(sim, 'risk')",
        "def f():\n    from simulate.report import words", "view._since(0)",
    ],
)  # fmt: skip
def test_whatever_leads_below_the_public_names_is_found(source):
    assert len(not_public(source)) == 1


def test_public_names_are_let_through():
    assert (
        not_public(
            "import simulate as sim\nimport numpy as np\nnp.arange(3)\nsim.plot.roads(view)\nsim.policy.Retention"
        )
        == []
    )


@pytest.mark.filterwarnings("default")  # the kernel's own warnings are not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_at_small_size_and_draws_its_figures(path, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PLATEPRINT_NOTEBOOK_SMALL", "1")
    if needs_data(path):
        monkeypatch.setenv("PLATEPRINT_DATA", str(request.getfixturevalue("data")))
    notebook = nbformat.read(path, as_version=4)
    run_in(tmp_path, notebook)
    assert (tmp_path / "runs").is_dir()  # it kept to its own folder
    drawing = [cell for cell in code_of(notebook) if any(word in cell.source for word in DRAWS)]
    assert drawing
    for cell in drawing:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.source
    streams = [output for cell in code_of(notebook) for output in cell.outputs if output.output_type == "stream"]
    assert {output.name for output in streams} == {"stdout"}  # no warnings


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if needs_data(path)], ids=lambda path: path.stem)
@pytest.mark.parametrize("given", [None, "empty"])
def test_a_notebook_without_its_data_stops_at_once_and_says_what_to_do(path, given, tmp_path, monkeypatch):
    monkeypatch.delenv("PLATEPRINT_DATA", raising=False)
    if given:
        monkeypatch.setenv("PLATEPRINT_DATA", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    with pytest.raises(CellExecutionError, match=r"maps that do not come with Plateprint.*set PLATEPRINT_DATA"):
        run_in(tmp_path, notebook)
    assert [cell.execution_count for cell in code_of(notebook)][1:] == [None] * (len(code_of(notebook)) - 1)
    assert not list(tmp_path.iterdir())
