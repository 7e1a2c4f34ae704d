"""Verify: reread a whole run and list missing, truncated or altered parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.sightings.checked import checked_blocks
from simulate.sightings.manifest import identity_hash, read_identity, read_sources, records_of
from simulate.sightings.store import Store, one_line, read_footer, world_hash
from simulate.store.address import storage_at

if TYPE_CHECKING:
    from pathlib import Path

    from simulate.sightings.manifest import ShardRecord


def verify(path: str | Path) -> list[str]:
    """Reread a whole run and return one line for each missing, truncated or altered part."""
    try:
        files = storage_at(path)
        store = Store(files, read_identity(files))
        manifest = store.manifest()
    except ScenarioError as fault:
        return [one_line(fault)]
    faults = [
        f"shard {record.shard} ({store.part(record.shard)}): {fault_text}"
        for record in records_of(manifest)
        if (fault_text := _part_fault(store, record))
    ]
    try:
        read_sources(files)
    except ScenarioError as fault:
        faults.append(one_line(fault))
    known = {store.part(shard) for shard in range(store.n_shards)}
    extra = [name for name in files.files("sightings") if name not in known]
    faults += [f"extra file, not in the manifest: {name}" for name in extra]
    try:
        sound = world_hash(store) == manifest["world_hash"]
    except ScenarioError as fault:
        return [*faults, f"world: {one_line(fault)}"]
    return faults if sound else [*faults, "world: missing, altered or extra table"]


def _part_fault(store: Store, record: ShardRecord) -> str:
    """Reread one part and describe its difference from the manifest; empty if there is none."""
    part = store.part(record.shard)
    remedy = "delete that file and run the same command again"
    if not store.files.exists(part):
        return "missing; run the same command again"
    try:
        stated = read_footer(store.files, part, record.shard, identity_hash(store.identity))
    except ScenarioError as fault:
        return f"unreadable, {one_line(fault)}; {remedy}"
    if stated is None:
        return f"unreadable or truncated; {remedy}"
    try:
        for _ in checked_blocks(store, record):
            pass
    except ScenarioError as fault:
        return f"{one_line(fault.found)}; {remedy}"
    return "" if stated == record else f"altered footer; {remedy}"
