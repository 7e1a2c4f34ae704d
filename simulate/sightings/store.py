"""Storage of sightings: Parquet shards, each whole or absent, under one manifest.

The only user of Parquet. A run is a folder, on a local disk or in another store (`simulate.store`):

    scenario.json                               input of the draw; written first
    world/NAME.parquet                          tables of the world
    sightings/part-00000.parquet                one shard, sorted by (plate, time, site)
    manifest.json                               content of the run; written last
    sources.json                                sources of the scenario's values; without effect on rows

Every file is whole or absent, and each part states its content in its footer, so a killed
run resumes from names and footers alone.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulate.checks import ScenarioError
from simulate.files import read_json
from simulate.kernels.hashing import first_unsorted, rows_hash
from simulate.sightings import manifest as manifests
from simulate.sightings.manifest import IDENTITY, MANIFEST, ShardRecord, identity_hash, records_of
from simulate.store.address import storage_at
from simulate.store.storage import NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from simulate.store.storage import Handle, Storage

COLUMNS = ("plate", "site", "time")
SCHEMA = pa.schema([pa.field(name, pa.uint32(), nullable=False) for name in COLUMNS])
ROW_GROUP = 1 << 20
BYTES_PER_ROW = 6  # estimate; a stored row takes 4 to 5
UNREADABLE = (pa.ArrowException, OSError, ValueError, TypeError, AttributeError, OverflowError)
"""Exceptions of Parquet readers on damaged files."""
WRITING = {
    "compression": "lz4",
    "use_dictionary": ["site"],
    "column_encoding": {"plate": "DELTA_BINARY_PACKED", "time": "DELTA_BINARY_PACKED"},
    "write_page_index": True,
    "store_schema": False,
}


class Rows(NamedTuple):
    """Sightings as three columns of equal length."""

    plate: NDArray[np.uint32]
    """uint32[n]; plate read, by its stored number."""
    site: NDArray[np.uint32]
    """uint32[n]; site of the read."""
    time: NDArray[np.uint32]
    """uint32[n]; seconds since the scenario's start."""


NOTHING = Rows(*(np.empty(0, np.uint32) for _ in COLUMNS))


def joined(parts: Iterable[Rows]) -> Rows:
    """Concatenate parts."""
    return Rows(*(np.concatenate(columns) for columns in zip(NOTHING, *parts, strict=True)))


@dataclass(frozen=True, slots=True)
class Store:
    """Folder and identity of one run."""

    files: Storage
    """The folder, local or remote."""
    identity: dict[str, Any]
    """The content of scenario.json."""

    @property
    def n_shards(self) -> int:
        """Count the shards."""
        return int(self.identity["n_shards"])

    def part(self, shard: int) -> str:
        """Return the name of a shard's file."""
        if 0 <= shard < self.n_shards:
            return f"sightings/part-{shard:05d}.parquet"
        raise IndexError(f"shard {shard} of {self.n_shards}")

    def complete(self) -> bool:
        """Return whether the run has its manifest."""
        return self.files.exists(MANIFEST)

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of the complete run."""
        return manifests.read_manifest(self.files, self.identity)

    def whole(self) -> dict[int, ShardRecord]:
        """List the shards present, by their footers; costs about 1 ms each."""
        run = identity_hash(self.identity)
        records = (read_footer(self.files, self.part(shard), shard, run) for shard in range(self.n_shards))
        return {record.shard: record for record in records if record is not None}

    def write_shard(self, shard: int, blocks: Iterable[Rows]) -> ShardRecord:
        """Write one shard, whole or not at all; blocks must be sorted by (plate, time, site)."""
        n_rows, total = 0, 0
        with _written(self, self.part(shard)) as file, pq.ParquetWriter(file, SCHEMA, **WRITING) as writer:
            for rows, unsorted in in_order(blocks):
                if unsorted >= 0:
                    raise ValueError(f"shard {shard}: row {n_rows + unsorted} is not in order of plate, time, site")
                batch = pa.record_batch([pa.array(column) for column in rows], schema=SCHEMA)
                writer.write_batch(batch, row_group_size=ROW_GROUP)
                n_rows += len(rows.plate)
                total = (total + rows_hash(*rows)) % 2**128
            footer = {"run": identity_hash(self.identity), "shard": shard, "rows": n_rows, "hash": f"{total:032x}"}
            writer.add_key_value_metadata({"plateprint": json.dumps(footer)})
        return ShardRecord(shard, n_rows, total)

    def blocks(self, columns: Iterable[str] = COLUMNS, shards: Iterable[int] | None = None) -> Iterator[Rows]:
        """Stream sightings by row group; columns not requested are empty."""
        wanted = list(columns)
        for shard in range(self.n_shards) if shards is None else shards:
            with opened(self.files, self.part(shard)) as part:
                for group in range(part.num_row_groups):
                    yield read_group(part, group, wanted)

    def write_world(self, tables: Mapping[str, pa.Table | Mapping[str, Any]]) -> str:
        """Write the world's tables and return their hash; raise ScenarioError if a resumed run has others."""
        for name, columns in tables.items():
            table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
            file_name = table_name(name)
            if not self.files.exists(file_name):
                with _written(self, file_name) as file:
                    pq.write_table(table, file, compression="lz4", store_schema=False)
            elif _columns_hash(self.world_columns(name)) != _columns_hash(zip(table.column_names, table, strict=True)):
                remedy = "the program or its data changed since the run began: choose another folder"
                raise ScenarioError(self.files.place(file_name), "the world this run began with", "another one", remedy)
        return world_hash(self)

    def world(self, name: str) -> pa.Table:
        """Return one table of the world."""
        with opened(self.files, table_name(name)) as file:
            table = file.read()
            table.validate(full=True)  # texts included
            return table

    def world_columns(self, name: str) -> Iterator[tuple[str, pa.ChunkedArray]]:
        """Read one table of the world column by column, for those that are too large to be held."""
        with opened(self.files, table_name(name)) as file:
            for column in file.schema_arrow.names:
                read = file.read(columns=[column])[column]
                read.validate(full=True)  # texts included
                yield column, read

    def finish(self, n_vehicles: int) -> dict[str, Any]:
        """Write the manifest and return it; every shard must be whole."""
        records = self.whole()
        missing = [shard for shard in range(self.n_shards) if shard not in records]
        if missing:
            raise ValueError(f"shards {missing} are still to be drawn")
        manifest = manifests.make_manifest(self.identity, records.values(), world_hash(self), n_vehicles)
        _write_json(self, MANIFEST, manifest)
        return manifest


def create_or_resume(path: str | Path, identity: Mapping[str, Any]) -> Store:
    """Create a run in an empty folder, or resume the one in it.

    Parameters
    ----------
    path
        The run's folder, a path or an address; made if absent.
    identity
        All inputs of the rows, as JSON: `scenario` (resolved), `seed` and `n_shards`.

    Returns
    -------
    The run. If it is `complete()`, nothing is left to do; else the shards missing from
    `whole()` are still to be drawn.
    """
    store = Store(storage_at(path), manifests.make_identity(identity))
    if _is_new(store.files):
        store.files.delete_unfinished()
        _write_json(store, IDENTITY, store.identity)
        return store
    manifests.refuse_other_run(store.files, store.identity)
    store.files.delete_unfinished()
    if not _holds_all(store):
        store.files.delete(MANIFEST)
    return store


def open_store(path: str | Path) -> Store:
    """Open a complete run without reading its rows: these are checked whenever streamed."""
    files = storage_at(path)
    store = Store(files, manifests.read_identity(files))
    if not store.complete():
        found = f"an interrupted one with {len(store.whole())} of {store.n_shards} shards"
        raise ScenarioError(path, "a complete run", found, "resume it with: plateprint run")
    store.manifest()
    if not _holds_all(store):
        raise ScenarioError(path, "every shard whole", "missing or truncated ones", "see: plateprint verify")
    return store


def check_space(files: Storage, expected_rows: int) -> None:
    """Raise ScenarioError if the disk is too small for the run."""
    needed, free = expected_rows * BYTES_PER_ROW, files.free_bytes()
    if free is not None and free < needed:
        expected = f"{_megabytes(needed)} free for about {expected_rows:,} sightings"
        remedy = "choose another folder, fewer metros or fewer days"
        raise ScenarioError(files.address, expected, f"{_megabytes(free)} free", remedy)


def _is_new(files: Storage) -> bool:
    files.check()
    if files.exists(IDENTITY):
        return False
    strangers = [name for name in files.entries() if not PurePosixPath(name).match(f"{IDENTITY}.*.tmp")]
    if strangers:
        found = f"a folder with other files, such as {min(strangers)!r}"
        raise ScenarioError(files.address, "a new or empty folder, or a run", found, "choose another folder")
    return True


def _holds_all(store: Store) -> bool:
    """Return whether the manifest is sound and every shard is as listed."""
    whole = store.whole()
    try:
        return records_of(store.manifest()) == sorted(whole.values())
    except ScenarioError:
        return False


@contextmanager
def _written(store: Store, name: str) -> Iterator[Handle]:
    """Write a file, whole or not at all; raise ScenarioError with the missing space on a full disk."""
    try:
        with store.files.writing(name) as file:
            yield file
    except NoSpaceError as fault:
        raise _disk_full(store, fault) from fault


def _disk_full(store: Store, fault: NoSpaceError) -> ScenarioError:
    parts = [store.part(shard) for shard in range(store.n_shards)]
    sizes = [store.files.size(part) for part in parts if store.files.exists(part)]
    largest = max([*sizes, fault.n_written])
    n_missing = len(parts) - len(sizes)
    return ScenarioError(
        store.files.address,
        f"about {_megabytes(largest * n_missing)} free for the {n_missing} shards still to be written",
        f"{_megabytes(fault.n_free)} (disk full)",
        "free some space and run the same command again to resume",
    )


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def _write_json(store: Store, name: str, content: dict[str, Any]) -> None:
    try:
        store.files.write_text(name, json.dumps(content, indent=1) + "\n")
    except NoSpaceError as fault:
        raise _disk_full(store, fault) from fault


def in_order(blocks: Iterable[Rows]) -> Iterator[tuple[Rows, int]]:
    """Yield each block with its first row out of order, or -1; order holds across blocks too."""
    last = Rows(*(np.zeros(1, np.uint32) for _ in COLUMNS))
    for rows in blocks:
        if len(rows.plate):
            seam = (np.append(end, column[:1]) for end, column in zip(last, rows, strict=True))
            yield rows, 0 if first_unsorted(*seam) >= 0 else first_unsorted(*rows)
            last = Rows(*(column[-1:] for column in rows))


@contextmanager
def opened(files: Storage, name: str) -> Iterator[pq.ParquetFile]:
    """Open a table for reading; raise ScenarioError on any exception of the reader on a damaged file."""
    try:
        with files.reading(name) as handle, pq.ParquetFile(handle) as file:
            yield file
    except ScenarioError:
        raise
    except UNREADABLE as fault:
        remedy = "delete that file and run the same command as at first; plateprint verify names all such files"
        found = f"one that cannot be read ({one_line(fault)})"
        raise ScenarioError(files.place(name), "a table as it was written", found, remedy) from None


def read_group(part: pq.ParquetFile, group: int, columns: Iterable[str] = COLUMNS) -> Rows:
    """Read one row group of a part; columns not requested are empty."""
    table = part.read_row_group(group, columns=list(columns))
    nothing = np.empty(0, np.uint32)
    return Rows(*(table[name].to_numpy() if name in table.column_names else nothing for name in COLUMNS))


def read_footer(files: Storage, part: str, shard: int, run: str) -> ShardRecord | None:
    """Return the record of a part, or None if it is absent or truncated."""
    if not files.exists(part):
        return None
    try:
        with files.reading(part) as handle:
            footer = read_json((pq.read_metadata(handle).metadata or {}).get(b"plateprint", b"{}"))
        record = ShardRecord(shard, int(footer.get("rows", 0)), int(footer.get("hash", "0"), 16))
    except ScenarioError:
        raise
    except UNREADABLE:
        return None
    if (footer.get("run"), footer.get("shard")) != (run, shard):
        found = f"shard {footer.get('shard')} of run {footer.get('run')}"
        raise ScenarioError(files.place(part), f"shard {shard} of run {run}", found, "move that file out of the run")
    return record


def table_name(name: str) -> str:
    """Return the file name of a table of the world."""
    return f"world/{name}.parquet"


def world_hash(store: Store) -> str:
    """Hash the stored tables of a run's world."""
    digest = hashlib.blake2b(digest_size=16)
    for file in map(PurePosixPath, store.files.files("world")):
        if file.match("world/*.parquet"):
            digest.update(f"{file.stem}/{_columns_hash(store.world_columns(file.stem))}/".encode())
    return digest.hexdigest()


def _columns_hash(columns: Iterable[tuple[str, pa.ChunkedArray]]) -> str:
    """Hash a table's content, since the bytes of its file change with the writer's version."""
    digest = hashlib.blake2b(digest_size=16)
    for name, column in columns:
        plain = pa.types.is_primitive(column.type) and not column.null_count
        if plain:
            content = [chunk.to_numpy(zero_copy_only=False).data for chunk in column.chunks]
        else:
            content = [memoryview(json.dumps(column.to_pylist(), default=str).encode())]
        size = sum(part.nbytes for part in content)
        digest.update(f"{name}/{column.type if plain else 'json'}/{size}/".encode())
        for part in content:
            if part.nbytes:
                digest.update(part)
    return digest.hexdigest()


def one_line(fault: object) -> str:
    """Return a fault without line breaks."""
    return " ".join(str(fault).split())
