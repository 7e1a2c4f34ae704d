"""Notebooks run from a clean start, draw what they promise, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs_and_defines_nothing_long(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            assert all(len(part.splitlines()) <= 10 for part in cell.source.split("\n\n"))


@pytest.mark.filterwarnings("default")  # the kernel's own warnings are not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_at_small_size_and_draws_its_figures(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PLATEPRINT_NOTEBOOK_SMALL", "1")
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute()
    drawing = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.endswith("plt.show()")]
    outputs = [[o.get("data", {}) for o in cell.outputs] for cell in drawing]
    assert drawing
    assert all(any("image/png" in data for data in cell) for cell in outputs)
