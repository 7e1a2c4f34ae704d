"""Checked blocks: the rows of one shard, compared with the manifest while streamed.

The single path for reading a whole shard, to measure as well as to verify. The manifest
itself may be forged: `simulate.sightings.drawn` redraws a sample of the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.kernels.hashing import rows_hash
from simulate.sightings.store import COLUMNS, SCHEMA, in_order, one_line, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.sightings.manifest import ShardRecord
    from simulate.sightings.store import Rows, Store

    Spans = list[tuple[int, int]]


def checked_blocks(store: Store, record: ShardRecord) -> Iterator[Rows]:
    """Stream one shard by row group, and raise unless it is as listed in the manifest.

    Parameters
    ----------
    store
        The run's folder.
    record
        Entry of the shard in the manifest.

    Raises
    ------
    ScenarioError
        Before a block with other columns, out of the order of plate, time and site, or beyond
        the number of rows; at the end of the shard for fewer or altered rows, or a footer with
        other values than the rows have.
    """
    part = store.part(record.shard)
    place = store.files.place(part)
    if not store.files.exists(part):
        raise _not_as_listed(place, "nothing")
    with opened(store.files, part) as file:
        schema = file.schema_arrow.remove_metadata()
    if schema != SCHEMA:
        raise _not_as_listed(place, f"wrong schema, {one_line(schema)}")
    n_rows, total, spans = 0, 0, []
    for rows, unsorted in in_order(store.blocks(shards=[record.shard])):
        if unsorted >= 0:
            raise _not_as_listed(place, "rows not in order of plate, time, site")
        n_rows += len(rows.plate)
        if n_rows > record.rows:
            raise _not_as_listed(place, f"{n_rows} rows instead of {record.rows}, or more")
        total = (total + rows_hash(*rows)) % 2**128
        spans += [(int(column.min()), int(column.max())) for column in rows]
        yield rows
    if n_rows != record.rows:
        raise _not_as_listed(place, f"{n_rows} rows instead of {record.rows}")
    if total != record.rows_hash:
        raise _not_as_listed(place, "altered rows")
    if spans != _stated_spans(store, part):
        raise _not_as_listed(place, "altered footer")


def _not_as_listed(place: str, found: str) -> ScenarioError:
    remedy = "nothing of this run was measured: see plateprint verify, or draw it again into another folder"
    return ScenarioError(place, "the shard that the run's manifest lists", found, remedy)


def _stated_spans(store: Store, part: str) -> Spans:
    """Return the least and greatest value of each column of each block, as stated in a part's footer for searches."""
    with opened(store.files, part) as file:
        groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
        columns = [group.column(i).statistics for group in groups if group.num_rows for i in range(len(COLUMNS))]
        return [(span.min, span.max) for span in columns]
