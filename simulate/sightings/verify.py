"""Verify: read a whole run again and name what is missing, truncated or altered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from simulate.checks import ScenarioError
from simulate.kernels.hashing import rows_hash
from simulate.sightings.manifest import identity_hash, read_identity, read_sources, records_of
from simulate.sightings.store import (
    COLUMNS,
    SCHEMA,
    UNREADABLE,
    Store,
    in_order,
    one_line,
    opened,
    read_footer,
    world_hash,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.sightings.manifest import ShardRecord

    Spans = list[tuple[int, int]]


def verify(path: str | Path) -> list[str]:
    """Read a whole run again and say in one line each what is missing, truncated or altered."""
    try:
        store = Store(Path(path), read_identity(Path(path)))
        manifest = store.manifest()
    except ScenarioError as fault:
        return [one_line(fault)]
    faults = [
        f"shard {record.shard} ({store.part(record.shard).relative_to(store.path)}): {fault}"
        for record in records_of(manifest)
        for fault in _part_faults(store, record)
    ]
    try:
        read_sources(store.path)
    except ScenarioError as fault:
        faults.append(one_line(fault))
    known = {store.part(shard) for shard in range(store.n_shards)}
    extra = sorted(file for file in (store.path / "sightings").rglob("*") if file.is_file() and file not in known)
    faults += [f"extra file, not in the manifest: {file.relative_to(store.path)}" for file in extra]
    try:
        sound = world_hash(store) == manifest["world_hash"]
    except ScenarioError as fault:
        return [*faults, f"world: {one_line(fault)}"]
    return faults if sound else [*faults, "world: missing, altered or extra table"]


def _part_faults(store: Store, record: ShardRecord) -> list[str]:
    """Read one part again and compare it with the manifest."""
    part = store.part(record.shard)
    remedy = "delete that file and run the same command again"
    if not part.exists():
        return ["missing; run the same command again"]
    try:
        if read_footer(part, record.shard, identity_hash(store.identity)) is None:
            return [f"unreadable or truncated; {remedy}"]
        schema = pq.read_schema(part).remove_metadata()
        if schema != SCHEMA:
            return [f"wrong schema, {one_line(schema)}; {remedy}"]
        return [f"{fault}; {remedy}" for fault in _row_faults(store, record)]
    except UNREADABLE as fault:  # a ScenarioError is one of them
        return [f"unreadable, {one_line(fault)}; {remedy}"]


def _row_faults(store: Store, record: ShardRecord) -> Iterator[str]:
    n_rows, total, ordered = 0, 0, True
    spans: Spans = []
    for rows, unsorted in in_order(store.blocks(shards=[record.shard])):
        n_rows += len(rows.plate)
        total = (total + rows_hash(*rows)) % 2**128
        ordered = ordered and unsorted < 0
        spans += [(int(column.min()), int(column.max())) for column in rows]
    if n_rows != record.rows:
        yield f"{n_rows} rows instead of {record.rows}"
    elif total != record.rows_hash:
        yield "altered rows"
    if not ordered:
        yield "rows not in order of plate, time, site"
    if spans != _stated_spans(store.part(record.shard)):
        yield "altered footer"


def _stated_spans(part: Path) -> Spans:
    """Return the least and greatest value of each column of each block, as a part's footer names them for searches."""
    with opened(part) as file:
        groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
        columns = [group.column(i).statistics for group in groups if group.num_rows for i in range(len(COLUMNS))]
        return [(span.min, span.max) for span in columns]
