"""Identity and content of a run, in three JSON files.

`scenario.json`, the input of the draw, is written first; `manifest.json`, its output, last,
so a folder without it is an interrupted run. `sources.json` states the source of each value
of the scenario, without effect on the draw.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from simulate.checks import ScenarioError
from simulate.files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from simulate.store.storage import Storage

FORMAT = "rows v2"
IDENTITY = "scenario.json"
MANIFEST = "manifest.json"
SOURCES = "sources.json"
MOST_SHARDS = 100_000
"""Above the shards of any run: a shard's file is named by five digits."""
PACKAGES = ("plateprint", "numpy", "numba", "pyarrow")


class ShardRecord(NamedTuple):
    """Content of one shard."""

    shard: int
    rows: int
    rows_hash: int
    """Sum of the row hashes modulo 2**128."""


def make_identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Add the row format and the program's version, both of them inputs of the rows."""
    stamped = {"format": FORMAT, "plateprint": version("plateprint"), **identity}
    copied: dict[str, Any] = json.loads(json.dumps(stamped))
    return copied


def identity_hash(identity: dict[str, Any]) -> str:
    """Return a run's identifier, a hash of its identity; 32 hexadecimal digits."""
    canonical = json.dumps(identity, sort_keys=True)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


def run_hash(records: Iterable[ShardRecord]) -> str:
    """Return the row count and the sum of all row hashes, independent of order and shard size."""
    listed = list(records)
    return f"{sum(r.rows for r in listed)}-{sum(r.rows_hash for r in listed) % 2**128:032x}"


def write_sources(files: Storage, sources: Mapping[str, str]) -> None:
    """Write the source of each value, whole or not at all."""
    files.write_text(SOURCES, json.dumps(sources, indent=1, ensure_ascii=False) + "\n")


def read_sources(files: Storage) -> dict[str, str]:
    """Return the source of each value; empty without such a file."""
    if not files.exists(SOURCES):
        return {}
    sources = _read_json(files, SOURCES, "delete it: nothing is drawn from it")
    return {key: str(source) for key, source in sources.items()}


def make_manifest(
    identity: dict[str, Any], records: Iterable[ShardRecord], world_hash: str, n_vehicles: int
) -> dict[str, Any]:
    """Return the manifest of a complete run; the same for the same run."""
    listed = sorted(records)
    return identity | {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "world_hash": world_hash,
        "n_vehicles": n_vehicles,
        "shards": [{"shard": r.shard, "rows": r.rows, "hash": f"{r.rows_hash:032x}"} for r in listed],
        "rows": sum(r.rows for r in listed),
        "run_hash": run_hash(listed),
    }


def records_of(manifest: dict[str, Any]) -> list[ShardRecord]:
    """Return the shards listed in a manifest."""
    return [ShardRecord(int(s["shard"]), int(s["rows"]), int(s["hash"], 16)) for s in manifest["shards"]]


def read_manifest(files: Storage, identity: dict[str, Any]) -> dict[str, Any]:
    """Read a run's manifest; raise ScenarioError unless it is whole and consistent."""
    manifest = _read_json(files, MANIFEST, _REBUILD)
    fault = _fault(manifest, identity)
    if fault:
        raise ScenarioError(files.place(MANIFEST), "the manifest of this run", fault, _REBUILD)
    return manifest


def read_identity(files: Storage) -> dict[str, Any]:
    """Read the identity of a run; raise ScenarioError without a readable one."""
    file = files.place(IDENTITY)
    if not files.exists(IDENTITY):
        raise ScenarioError(
            files.address, "the folder of a run", "no scenario.json", "make a run with: plateprint run smallville"
        )
    identity = _read_json(files, IDENTITY, _ANOTHER)
    if identity.get("format") != FORMAT:
        remedy = "it was drawn by another version: draw it again into another folder"
        raise ScenarioError(f"{file}: format", repr(FORMAT), repr(identity.get("format")), remedy)
    n = identity.get("n_shards")
    if not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < MOST_SHARDS:
        found = "nothing" if n is None else repr(n)
        raise ScenarioError(f"{file}: n_shards", f"the number of shards, below {MOST_SHARDS:,}", found, _ANOTHER)
    return identity


def refuse_other_run(files: Storage, asked: dict[str, Any]) -> None:
    """Raise ScenarioError if a folder holds another scenario, seed or version."""
    differences = _as_asked(list(_differences(read_identity(files), asked)))
    if not differences:
        return
    key, present, wanted = differences[0]
    others = len(differences) - 1
    more = f" and {others} more difference{'' if others == 1 else 's'}" if others else ""
    remedy = "choose another folder, or ask for what this one holds"
    expected, found = ("nothing" if value is None else repr(value) for value in (wanted, present))
    raise ScenarioError(f"{files.place(IDENTITY)}: {key}", f"{expected} as asked", f"{found}{more}", remedy)


def _as_asked(differences: Sequence[tuple[str, object, object]]) -> Sequence[tuple[str, object, object]]:
    """Keep differences of user input, the roads first: n_shards is derived, as are counts from the roads' metros."""
    requested = [difference for difference in differences if difference[0] != "n_shards"]
    return sorted(requested or differences, key=lambda difference: not difference[0].startswith("scenario.roads."))


_ANOTHER = "choose another folder"
_REBUILD = "delete it if it is there and run the same command again: it is made anew from the shards"


def _read_json(files: Storage, name: str, remedy: str) -> dict[str, Any]:
    file = files.place(name)
    try:
        content = read_json(files.read(name))
    except ScenarioError:
        raise
    except FileNotFoundError as fault:
        raise ScenarioError(file, "a file of this program", "none", remedy) from fault
    except (OSError, ValueError) as fault:
        raise ScenarioError(file, "a file of this program", fault, remedy) from fault
    if not isinstance(content, dict):
        raise ScenarioError(file, "a table of keys", type(content).__name__, remedy)
    return content


def _fault(manifest: dict[str, Any], identity: dict[str, Any]) -> str:
    """Describe the fault of a manifest in itself; empty if there is none."""
    if any(manifest.get(key) != value for key, value in identity.items()):
        return "that of another scenario"
    try:
        records = records_of(manifest)
        totals = (manifest["rows"], manifest["run_hash"])
        int(manifest["n_vehicles"]), str(manifest["world_hash"])
    except (KeyError, TypeError, ValueError, OverflowError) as fault:
        return f"a broken one ({type(fault).__name__}: {fault})"
    if len(records) != identity["n_shards"] or any(r.shard != i for i, r in enumerate(records)):
        return f"{len(records)} shards, not in order or not all"
    same = totals == (sum(record.rows for record in records), run_hash(records))
    return "" if same else "totals that are not those of its shards"


def _differences(held: Any, asked: Any, at: str = "") -> Iterator[tuple[str, object, object]]:  # noqa: ANN401
    tables = [{} if side is None else side for side in (held, asked)]  # for a table absent from one side, its keys
    if not all(isinstance(table, dict) for table in tables):
        if held != asked:
            yield at, held, asked
        return
    ours, theirs = tables
    for key in sorted(ours.keys() | theirs.keys()):
        yield from _differences(ours.get(key), theirs.get(key), f"{at}.{key}" if at else key)
