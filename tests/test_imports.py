"""The house: imports point one way, and each heavy library has one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import simulate

HOUSE = Path(simulate.__file__).parent
ROOMS = (
    ("checks", "columns", "durations", "files", "mapped", "tables"),
    ("engines",),
    ("kernels",),
    ("streams",),
    ("store",),
    ("rules",),
    ("scenario.statements", "scenario.schema"),
    ("scenario",),
    ("sharing",),
    ("world",),
    ("travel",),
    ("sightings",),
    ("policy",),
    ("risk",),
    ("report",),
    ("plot",),
    ("comparing",),
    ("",),  # simulate itself: the public verbs
    ("cli",),
)
"""Rooms from the bottom up, some within others; those on one line may import one another."""
FOR_TYPES = {"rules": ("simulate.policy.setting", "simulate.policy.terms")}
"""What a room may name from above for type checkers alone: rules amend terms that they are handed."""
FLOOR = {room: floor for floor, rooms in enumerate(ROOMS) for room in rooms}
DOORS = {
    "numba": ("kernels/",),
    "llvmlite": ("kernels/bits.py",),
    "pyarrow": ("sightings/", "columns.py"),
    "duckdb": ("sightings/",),
    "dask": ("engines/",),
    "distributed": ("engines/",),
    "matplotlib": ("report/",),
    "networkx": ("world/roads.py",),
    "osmium": ("world/streets/files.py",),
    "annotated_types": ("rules/",),
    "pydantic": ("rules/", "scenario/schema/", "scenario/loading.py", "scenario/faults.py"),
    "pandas": ("columns.py",),
    "fsspec": ("store/remote.py",),
}
"""Where each heavy library may be imported."""
HEAVY = (
    "numba",
    "scipy",
    "pyarrow",
    "duckdb",
    "dask",
    "distributed",
    "matplotlib",
    "networkx",
    "osmium",
    "pandas",
    "fsspec",
)
FILES = sorted(HOUSE.rglob("*.py"))


def imports_of(path: Path) -> list[tuple[int, str]]:
    """Return line and module of every import, wherever it stands; `from simulate import x` is x."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            if node.module == "simulate":
                found += [(node.lineno, f"simulate.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, str(node.module)))
    return found


def lines_for_types(path: Path) -> set[int]:
    """Return the lines below `if TYPE_CHECKING`, which no interpreter runs."""
    blocks = [node for node in ast.parse(path.read_text(encoding="utf-8")).body
              if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]  # fmt: skip
    return {line for block in blocks for node in block.body for line in range(node.lineno, node.end_lineno + 1)}


def room_of_module(module: str) -> str:
    """Return the room of a module of this package, the innermost one; a name that is no room is simulate's own."""
    _, *names = module.split(".")
    rooms = (".".join(names[:n]) for n in range(len(names), 0, -1))
    return next((room for room in rooms if room in FLOOR), "")


def room_of_file(path: Path) -> str:
    name = ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")
    return room_of_module(f"simulate.{name}") or name


def test_every_file_is_in_a_room():
    assert {room_of_file(path) for path in FILES} <= set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_point_down_the_house(path):
    room, typed = room_of_file(path), lines_for_types(path)
    climbs = [
        f"{path}:{line}: {room or 'simulate'} imports {module}, which stands above it"
        for line, module in imports_of(path)
        if module.split(".")[0] == "simulate"
        and FLOOR[room_of_module(module)] > FLOOR[room]
        and not (line in typed and module in FOR_TYPES.get(room, ()))
    ]
    assert not climbs, "\n".join(climbs)


def test_kernels_take_numbers_only_from_what_their_cache_is_named_by():
    taken = {module for path in FILES if room_of_file(path) == "kernels" for _, module in imports_of(path)}
    own = {module for module in taken if module.startswith("simulate") and not module.startswith("simulate.kernels")}
    assert own == {"simulate.durations"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_each_heavy_library_has_one_door(path):
    here = path.relative_to(HOUSE).as_posix()
    breaches = [
        f"{path}:{line}: {module} is imported only in {', '.join(doors) or 'no room'}"
        for line, module in imports_of(path)
        if (doors := DOORS.get(module.split(".")[0])) is not None and not here.startswith(doors)
    ]
    assert not breaches, "\n".join(breaches)


def constants_of(path: Path) -> set[str]:
    """Return the names in capitals that a module gives a value at its top."""
    targets = [target for node in ast.parse(path.read_text(encoding="utf-8")).body
               if isinstance(node, ast.Assign) for target in node.targets]  # fmt: skip
    names = [name for target in targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])]
    found = {name.id for name in names if isinstance(name, ast.Name) and name.id.isupper() and name.id[0] != "_"}
    return found - {"TYPE_CHECKING"}  # no number: what may not import typing says itself what a type checker believes


def test_each_number_is_defined_once():
    """Two modules may use one name for different things, but not for the same number; pictures are measured alone."""
    values: dict[tuple[str, str], list[str]] = {}
    for path in (path for path in FILES if room_of_file(path) != "report"):
        module = ".".join(("simulate", *path.relative_to(HOUSE).with_suffix("").parts))
        for name in constants_of(path):
            values.setdefault((name, repr(getattr(import_module(module), name))), []).append(module)
    assert not {name: modules for (name, _), modules in values.items() if len(modules) > 1}


def test_pictures_are_fetched_when_they_are_first_asked_for():
    code = (
        "import sys, simulate as sim; print('matplotlib' in sys.modules, 'plot' in dir(sim)); sim.plot.roads;"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True", "False"]


def test_the_command_line_starts_without_heavy_libraries():
    code = f"import sys, simulate.cli; print(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_scenario_is_read_without_numbers_or_maps():
    """Rules are told in tables of every scenario, so what they take to be told must cost next to nothing."""
    code = f"import sys, simulate.scenario; print(*(name for name in {('numpy', *HEAVY)} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
