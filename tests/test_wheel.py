"""The wheel: built and installed without a network, it works from any folder, scenarios included."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

HOUSE = Path(__file__).parent.parent
SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "simulate", "scenarios")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def call(*command, folder):
    """Run a command in a folder; returns what it printed, and fails with what it complained of."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the sources, so that nothing is left beside them."""
    copy, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (HOUSE / name).is_dir():
            shutil.copytree(HOUSE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(HOUSE / name, copy)
    call(sys.executable, "-c", BUILD, out, folder=copy)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel into an environment of its own, which borrows the dependencies of this one."""
    place = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", place, folder=place)
    python = place / "bin" / "python"
    call(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--quiet",
         "--no-index", "--no-deps", wheel, folder=place)  # fmt: skip
    (site,) = place.glob("lib/python*/site-packages")
    borrowed = [folder for folder in sys.path if folder.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")
    return place


def test_scenarios_and_pages_are_inside_and_tests_are_not(wheel):
    names = ZipFile(wheel).namelist()
    inside = {Path(name).name for name in names if "/share/plateprint/scenarios/" in name}
    assert inside == {path.name for path in (HOUSE / "scenarios").glob("*.toml")}
    files = {path.relative_to(HOUSE).as_posix() for path in (HOUSE / "simulate").rglob("*")
             if path.is_file() and "__pycache__" not in path.parts}  # fmt: skip
    assert files == {name for name in names if name.startswith("simulate/")}
    assert {name.split("/")[0] for name in names} - {"simulate"} == {
        next(name for name in names if ".dist-info/" in name).split("/")[0],
        next(name for name in names if ".data/" in name).split("/")[0],
    }  # fmt: skip


def test_an_installed_wheel_lists_and_shows_from_another_folder(installed, tmp_path):
    plateprint = installed / "bin" / "plateprint"
    where = "import simulate; print(simulate.__file__)"
    assert Path(call(installed / "bin" / "python", "-c", where, folder=tmp_path).strip()).is_relative_to(installed)
    here = [sys.executable, "-m", "simulate.cli"]
    listed = call(plateprint, "list", folder=tmp_path)
    assert "smallville" in listed
    assert listed == call(*here, "list", folder=HOUSE)
    shown = call(plateprint, "show", "smallville", "--resolved", folder=tmp_path)
    assert shown == call(*here, "show", "smallville", "--resolved", folder=HOUSE)
    assert "roads.population" in call(plateprint, "show", "smallville", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
