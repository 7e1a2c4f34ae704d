from __future__ import annotations

import errno
import json
import shutil
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from fake_run import PER_SHARD, WORLD, folder_of, full_disk, identity, joined, make_draw, part_of, run
from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.kernels.hashing import first_unsorted, rows_hash
from simulate.sightings import manifest as manifests
from simulate.sightings.lookup import row_groups
from simulate.sightings.manifest import ShardRecord, run_hash
from simulate.sightings.run import open_run
from simulate.sightings.store import (
    ROW_GROUP,
    SCHEMA,
    WRITING,
    Rows,
    check_space,
    create_or_resume,
    open_store,
)
from simulate.sightings.verify import verify
from simulate.store import local
from simulate.store.local import LocalFolder

U32 = st.integers(0, 2**32 - 1)
SIGHTINGS = st.lists(st.tuples(U32, U32, U32), max_size=20)
MASK = 2**64 - 1
GOLDEN_ROW = 0xB56064716CADBA6BC952F9F00F69730A


def rows_of(sightings) -> Rows:
    """Turn tuples of plate, site, time into columns."""
    return Rows(*np.array(sightings, np.uint32).reshape(-1, 3).T.copy())


def many_rows(n: int, seed: int = 0) -> Rows:
    """Invent sorted sightings, 40 of a plate, over the whole range of numbers."""
    random = np.random.default_rng(seed)
    plate = np.sort(random.integers(0, n // 40, n) + 2**32 - n // 40).astype(np.uint32)
    site, time_s = (random.integers(0, most, n).astype(np.uint32) for most in (2000, 365 * 86400))
    order = np.lexsort((site, time_s, plate))
    return Rows(plate, site[order], time_s[order])


def same(left: Rows, right: Rows) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.fixture
def kept(tmp_path):
    """A complete run."""
    return run(tmp_path / "run")


# The hash of rows


def slow_mix(x: int) -> int:
    """SplitMix64's finaliser, Stafford's variant 13, in plain integers."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def slow_hash(sightings) -> int:
    """The sum of the rows' hashes, in plain integers."""
    total, golden = 0, 0x9E3779B97F4A7C15
    for plate, site, time_s in sightings:
        where = (plate * 2**32 + time_s) * golden & MASK
        low, high = (
            slow_mix((slow_mix(key ^ where) + site * golden) & MASK) for key in (0x243F6A8885A308D3, 0x13198A2E03707344)
        )
        total += high * 2**64 + low
    return total % 2**128


@settings(deadline=None)
@given(SIGHTINGS)
def test_the_hash_equals_its_definition(sightings):
    assert rows_hash(*rows_of(sightings)) == slow_hash(sightings)


@settings(deadline=None)
@given(SIGHTINGS, st.randoms(use_true_random=False), st.integers(0, 20))
def test_the_hash_is_free_of_order_and_of_cuts(sightings, random, cut):
    whole = rows_hash(*rows_of(sightings))
    parts = [rows_hash(*rows_of(part)) for part in (sightings[:cut], sightings[cut:])]
    assert sum(parts) % 2**128 == whole
    random.shuffle(sightings)
    assert rows_hash(*rows_of(sightings)) == whole


@settings(deadline=None)
@given(SIGHTINGS.filter(bool), st.integers(0), st.integers(0, 95))
def test_one_changed_bit_changes_the_hash(sightings, at, bit):
    changed = [list(row) for row in sightings]
    changed[at % len(changed)][bit // 32] ^= 1 << (bit % 32)
    assert rows_hash(*rows_of(changed)) != rows_hash(*rows_of(sightings))


def test_the_hash_never_changes_between_versions():
    assert rows_hash(*rows_of([(1, 2, 3)])) == GOLDEN_ROW
    assert run_hash([ShardRecord(0, 1, 2**128 - 1), ShardRecord(1, 2, 17)]) == f"3-{16:032x}"


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=6))
def test_the_first_row_out_of_order_is_found(sightings):
    keys = [(plate, time_s, site) for plate, site, time_s in sightings]
    wrong = [i for i in range(1, len(keys)) if keys[i] < keys[i - 1]]
    assert first_unsorted(*rows_of(sightings)) == (wrong[0] if wrong else -1)


# Writing and reading


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store of three shards; its second shard has rows for four row groups in two blocks."""
    store = create_or_resume(tmp_path_factory.mktemp("large"), {"seed": 3, "n_shards": 3})
    rows = many_rows(3_000_000)
    store.write_shard(
        1, [Rows(*(column[part] for column in rows)) for part in (slice(1_600_000), slice(1_600_000, None))]
    )
    store.write_shard(0, [])
    store.write_shard(2, [rows_of([(5, 1, 2), (5, 2, 2), (5, 1, 3)])])
    return store, rows


def test_parts_have_the_promised_form(large):
    store, rows = large
    parts = sorted(str(part.relative_to(folder_of(store))) for part in folder_of(store).rglob("*.parquet"))
    assert parts == [
        "sightings/part-00000.parquet",
        "sightings/part-00001.parquet",
        "sightings/part-00002.parquet",
    ]
    metadata = pq.read_metadata(part_of(store, 1))
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    assert [group.num_rows for group in groups] == [ROW_GROUP, 1_600_000 - ROW_GROUP, ROW_GROUP, 1_400_000 - ROW_GROUP]
    plate, site, time_s = (groups[0].column(i) for i in range(3))
    assert "DELTA_BINARY_PACKED" in plate.encodings
    assert "DELTA_BINARY_PACKED" in time_s.encodings
    assert site.has_dictionary_page
    assert {column.compression for column in (plate, site, time_s)} == {"LZ4"}
    assert all(column.has_offset_index and column.has_column_index for column in (plate, site, time_s))
    assert list(metadata.metadata) == [b"plateprint"]
    assert part_of(store, 1).stat().st_size / len(rows.plate) < 5


def test_rows_come_back_as_they_went_in(large):
    store, rows = large
    assert same(joined(store.blocks(shards=[1])), rows)
    assert all(len(block.plate) <= ROW_GROUP for block in store.blocks())
    times = list(store.blocks(["time"], [1]))
    assert np.array_equal(np.concatenate([block.time for block in times]), rows.time)
    assert all(len(block.plate) == len(block.site) == 0 for block in times)
    assert same(joined(store.blocks(shards=[2])), rows_of([(5, 1, 2), (5, 2, 2), (5, 1, 3)]))


def test_reading_keeps_one_row_group_in_memory(large):
    store, _ = large
    before = pa.total_allocated_bytes()
    most = max(pa.total_allocated_bytes() - before for _ in store.blocks())
    assert most < 3 * 12 * ROW_GROUP  # 12 bytes a row; the block before may still be held


def test_other_programs_read_the_parts(large):
    store, rows = large
    table = ds.dataset(folder_of(store) / "sightings").to_table(columns=["plate"])
    assert np.array_equal(np.sort(table["plate"].to_numpy()), np.sort(np.append(rows.plate, [5, 5, 5])))


def found(store, first, last):
    """Look up plates in every shard."""
    parts = []
    for record in sorted(store.whole().values()):
        with row_groups(store, record) as held:
            parts.append(held.rows_of_plates(first, last))
    return joined(parts)


def test_plates_are_found_by_reading_few_row_groups(large, monkeypatch):
    store, rows = large
    n_read = []
    read = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda *args, **kw: (n_read.append(1), read(*args, **kw))[1])
    first = int(rows.plate[2_000_000])
    wanted = (rows.plate >= first) & (rows.plate < first + 3)
    assert 60 < wanted.sum() < 240
    with row_groups(store, store.whole()[1]) as held:
        assert held.at(2_000_000) == (2, 400_000)
        assert same(held.rows_of_plates(first, first + 3, near=2), Rows(*(column[wanted] for column in rows)))
    assert len(n_read) == 1
    assert same(found(store, first, first + 3), Rows(*(column[wanted] for column in rows)))
    assert len(n_read) <= 1 + 3 + 1
    assert len(found(store, 6, 6 + 10**6).plate) == 0
    assert len(found(store, 0, 2**32 - 1).plate) == np.sum(rows.plate < 2**32 - 1) + 3


@pytest.mark.parametrize("edge", [0, ROW_GROUP - 1, ROW_GROUP, 1_600_000 - 1, 1_600_000, 3_000_000 - 200])
def test_plates_at_the_edges_of_row_groups_are_found_whole(large, edge):
    store, rows = large
    plate = int(rows.plate[edge])
    for first, last in ((plate, plate + 1), (plate - 1, plate + 1), (plate, plate + 2)):
        wanted = (rows.plate >= first) & (rows.plate < last)
        assert same(found(store, first, last), Rows(*(column[wanted] for column in rows)))


def test_the_row_group_and_place_of_each_row_are_found(large):
    store, rows = large
    with row_groups(store, store.whole()[1]) as held:
        for row in (0, ROW_GROUP - 1, ROW_GROUP, 1_599_999, 1_600_000, 2_999_999):
            group, place = held.at(row)
            assert (held[group].plate[place], held[group].time[place]) == (rows.plate[row], rows.time[row])


def test_a_part_with_another_number_of_rows_is_not_looked_up_in(large):
    store, _ = large
    with pytest.raises(ScenarioError, match="found row groups of 3 rows"), row_groups(store, ShardRecord(2, 4, 0)):
        pass


@pytest.mark.parametrize(
    ("blocks", "at"),
    [
        ([[(1, 1, 5), (1, 1, 4)]], 1),
        ([[(1, 2, 5), (1, 1, 5)]], 1),
        ([[(1, 1, 5)], [], [(2, 1, 1), (3, 0, 0)], [(2, 9, 9)]], 3),
    ],
)
def test_rows_out_of_order_are_not_stored(tmp_path, blocks, at):
    store = create_or_resume(tmp_path, identity())
    with pytest.raises(ValueError, match=f"shard 4: row {at} is not in order"):
        store.write_shard(4, [rows_of(block) for block in blocks])
    assert store.whole() == {}
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["scenario.json"]


def test_a_shard_that_is_not_of_the_run_is_refused(kept):
    for shard in (-1, kept.n_shards):
        with pytest.raises(IndexError, match=f"shard {shard} of {kept.n_shards}"):
            kept.part(shard)


# The world


def test_the_world_comes_back_and_its_hash_is_of_its_content(kept):
    assert kept.world("zones").to_pydict() == {name: list(column) for name, column in WORLD["zones"].items()}
    assert kept.world("sites").to_pydict() == {name: list(column) for name, column in WORLD["sites"].items()}
    given_hash = kept.manifest()["world_hash"]
    assert kept.write_world({name: pa.table(columns) for name, columns in WORLD.items()}) == given_hash
    pq.write_table(kept.world("zones"), folder_of(kept) / "world" / "zones.parquet", compression="zstd")
    assert verify(folder_of(kept)) == []


@pytest.mark.parametrize(
    ("name", "column", "content"),
    [("zones", "share", [0.1, 0.25, 0.66]), ("sites", "name", ["x"] * 7), ("zones", "share", [0.1, 0.25, None])],
)
def test_another_world_is_refused(kept, name, column, content):
    with pytest.raises(ScenarioError, match=f"{name}.parquet: expected the world this run began with"):
        kept.write_world({name: WORLD[name] | {column: content}})


# Starting, resuming, opening


def test_a_run_is_resumed_only_as_what_it_is(kept):
    with pytest.raises(
        ScenarioError, match=r"scenario.json: seed: expected 2 as asked, found 1; choose another folder"
    ):
        create_or_resume(folder_of(kept), identity(seed=2))
    other = identity(scenario={"title": "fake", "period": {"days": 7}}, seed=2)
    with pytest.raises(ScenarioError, match=r"scenario.period.days: expected 7 .* found 60 and 1 more difference"):
        create_or_resume(folder_of(kept), other)


def test_what_was_asked_for_is_told_before_what_follows_from_it(kept):
    asked = {
        "roads": {"metros": ["Buffalo"]},
        "readers": {"place": {"count": 3}},
        "title": "fake",
        "period": {"days": 60},
    }
    more = identity(scenario=asked, n_shards=9)
    with pytest.raises(
        ScenarioError, match=r"json: scenario.roads.metros: expected \['Buffalo'\] .* found nothing and 1 more d"
    ):
        create_or_resume(folder_of(kept), more)


def test_another_version_of_the_program_does_not_add_rows(kept, monkeypatch):
    monkeypatch.setattr(manifests, "version", lambda _: "9.9.9")
    with pytest.raises(ScenarioError, match=r"plateprint: expected '9.9.9' as asked, found"):
        create_or_resume(folder_of(kept), identity())


def test_a_complete_run_is_left_alone(kept):
    before = {file: file.stat().st_mtime_ns for file in folder_of(kept).rglob("*")}
    assert create_or_resume(folder_of(kept), identity()).complete()
    assert {file: file.stat().st_mtime_ns for file in folder_of(kept).rglob("*")} == before


def test_only_new_and_empty_folders_become_runs(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ScenarioError, match=r"found a folder with other files, such as 'thesis.txt'"):
        create_or_resume(tmp_path, identity())
    with pytest.raises(ScenarioError, match="expected a folder, found a file"):
        create_or_resume(tmp_path / "thesis.txt", identity())
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected the folder of a run, found no scenario.json"),
        ("{", "expected a file of this program"),
        ("[]", "expected a table of keys, found list"),
        ('{"format": "rows v1"}', "format: expected 'rows v2', found 'rows v1'"),
        ('{"format": "rows v2", "n_shards": "b"}', "n_shards: expected the number of shards, below 100,000, found 'b'"),
        ('{"format": "rows v2", "n_shards": true}', "n_shards: expected the number of shards, .* found True"),
        ('{"format": "rows v2", "metros": {"city": 4}}', "n_shards: expected the number of shards, .* found nothing"),
    ],
)
def test_what_is_not_a_run_is_not_opened(tmp_path, content, message):
    if content is not None:
        (tmp_path / "scenario.json").write_text(content)
    with pytest.raises(ScenarioError, match=message):
        open_store(tmp_path)
    assert len(verify(tmp_path)) == 1


def test_an_interrupted_run_is_not_opened(tmp_path):
    store = create_or_resume(tmp_path, identity())
    store.write_shard(3, make_draw(PER_SHARD)(3))
    with pytest.raises(
        ScenarioError, match="found an interrupted one with 1 of 6 shards; resume it with: plateprint run"
    ):
        open_store(tmp_path)
    with pytest.raises(ValueError, match=r"shards \[0, 1, 2, 4, 5\] are still to be drawn"):
        store.finish(1)
    assert len(verify(tmp_path)) == 1


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({}, "name: expected a name, found nothing"),
        ({"name": "x", "seed": "1"}, 'seed: expected a whole number, found "1"'),
        ({"name": "x", "scenario": [1]}, r"scenario: expected a table, found \[1\]"),
        ({"name": "x", "scenario": {"title": 2**70}}, "expected a scenario of this version"),
    ],
)
def test_a_run_of_no_scenario_is_not_opened(tmp_path, held, message):
    store = create_or_resume(tmp_path, identity(n_shards=0, **held))
    store.write_world(WORLD)
    store.finish(0)
    with pytest.raises(ScenarioError, match=message):
        open_run(tmp_path)


@pytest.mark.parametrize("shards", [10**5, 10**18, -1])
def test_a_run_of_absurdly_many_shards_is_not_opened(tmp_path, shards):
    (tmp_path / "scenario.json").write_text(json.dumps({"format": "rows v2", "n_shards": shards}))
    with pytest.raises(ScenarioError, match="expected the number of shards"):
        open_store(tmp_path)


def test_an_opened_run_says_what_it_holds(kept):
    manifest = open_store(folder_of(kept)).manifest()
    rows = joined(kept.blocks())
    assert manifest["rows"] == len(rows.plate)
    assert manifest["run_hash"] == f"{len(rows.plate)}-{rows_hash(*rows):032x}"
    assert manifest["format"] == "rows v2"
    assert manifest["seed"] == 1
    assert manifest["scenario"]["period"]["days"] == 60
    assert set(manifest["versions"]) == {"python", "plateprint", "numpy", "numba", "pyarrow"}
    assert sum(shard["rows"] for shard in manifest["shards"]) == len(rows.plate)


def test_a_part_of_another_run_is_refused(tmp_path, kept):
    store = create_or_resume(tmp_path / "other", identity(seed=2))
    part_of(store, 2).parent.mkdir(parents=True)
    shutil.copy(part_of(kept, 2), part_of(store, 2))
    with pytest.raises(ScenarioError, match=r"part-00002.parquet: expected shard 2 of run .* move that file out"):
        create_or_resume(tmp_path / "other", identity(seed=2))
    shutil.copy(part_of(kept, 2), part_of(kept, 3))
    with pytest.raises(ScenarioError, match=r"expected shard 3 of run .*, found shard 2 of run"):
        open_store(folder_of(kept))


# Space


def test_a_full_disk_keeps_whole_shards_and_says_how_to_go_on(tmp_path, monkeypatch):
    store = create_or_resume(tmp_path, identity())
    store.write_shard(0, make_draw(PER_SHARD)(0))
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full_disk(pq.ParquetWriter.write_batch, 2))
    with pytest.raises(ScenarioError) as told:
        store.write_shard(1, make_draw(PER_SHARD)(1))
    assert "for the 5 shards still to be written" in told.value.expected
    assert told.value.found.endswith("MB (disk full)")
    assert told.value.remedy == "free some space and run the same command again to resume"
    assert list(store.whole()) == [0]
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_disk_full_at_the_footer_is_told_too(tmp_path, monkeypatch):
    store = create_or_resume(tmp_path, identity())
    close = pq.ParquetWriter.close
    outcomes = iter([full_disk(close, 1)])

    def close_but_first_fail(writer):
        next(outcomes, close)(writer)

    monkeypatch.setattr(pq.ParquetWriter, "close", close_but_first_fail)
    with pytest.raises(ScenarioError, match="disk full"):
        store.write_shard(1, make_draw(PER_SHARD)(1))
    assert store.whole() == {}


def test_another_fault_of_the_disk_is_not_called_full(tmp_path):
    store = create_or_resume(tmp_path, identity())
    with pytest.raises(OSError, match="Input/output error") as told:
        store.write_shard(1, failing_draw())
    assert told.value.errno == errno.EIO
    assert list(tmp_path.rglob("*.tmp")) == []


def failing_draw():
    yield rows_of([(1, 1, 1)])
    raise OSError(errno.EIO, "Input/output error")


def test_a_run_larger_than_the_disk_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(local.shutil, "disk_usage", lambda _: SimpleNamespace(free=6_000_000))
    check_space(LocalFolder(tmp_path / "not" / "yet"), 1_000_000)
    with pytest.raises(ScenarioError, match=r"expected 6.0 MB free for about 1,000,001 sightings, found 6.0 MB free"):
        check_space(LocalFolder(tmp_path / "not" / "yet"), 1_000_001)


# Verify


def rewrite(part, rows: Rows, schema=SCHEMA) -> None:
    """Write other rows under the footer of the part that was there."""
    footer = pq.read_metadata(part).metadata
    columns = {name: column for name, column in zip(Rows._fields, rows, strict=True) if name in schema.names}
    with pq.ParquetWriter(part, schema, **WRITING) as writer:
        writer.write_table(pa.table(columns, schema=schema))
        writer.add_key_value_metadata({"plateprint": footer[b"plateprint"]})


def missing(part, _) -> None:
    part.unlink()


def truncated(part, _) -> None:
    part.write_bytes(part.read_bytes()[:-100])


def emptied(part, _) -> None:
    part.write_bytes(b"")


def altered(part, rows) -> None:
    rows.site[len(rows.site) // 2] ^= 1
    rewrite(part, rows)


def shortened(part, rows) -> None:
    rewrite(part, Rows(*(column[1:] for column in rows)))


def shuffled(part, rows) -> None:
    rewrite(part, Rows(*(column[::-1].copy() for column in rows)))


def retyped(part, rows) -> None:
    fields = [pa.field(name, pa.uint64(), nullable=False) for name in Rows._fields]
    rewrite(part, rows, pa.schema(fields))


def without_identity(part, rows) -> None:
    pq.write_table(pa.table(rows._asdict(), schema=SCHEMA), part, store_schema=False)


FAULTS = [
    (missing, "missing"),
    (truncated, "unreadable or truncated"),
    (emptied, "unreadable or truncated"),
    (altered, "altered rows"),
    (shortened, "rows instead of"),
    (shuffled, "rows not in order"),
    (retyped, "wrong schema, plate: uint64"),
    (without_identity, "found shard None of run None"),
]


def test_nothing_is_wrong_with_a_new_run(kept):
    assert verify(folder_of(kept)) == []


@pytest.mark.parametrize(("harm", "says"), FAULTS)
def test_verify_names_the_harmed_shard(kept, harm, says):
    harm(part_of(kept, 2), joined(Rows(*map(np.copy, rows)) for rows in kept.blocks(shards=[2])))
    (fault,) = verify(folder_of(kept))
    assert fault.startswith("shard 2 (sightings/part-00002.parquet): ")
    assert says in fault
    assert "\n" not in fault


@pytest.mark.parametrize("harm", [missing, truncated, emptied])
def test_a_run_that_lost_a_shard_is_not_opened_but_made_whole_again(kept, harm):
    before = kept.manifest()
    harm(part_of(kept, 2), None)
    with pytest.raises(ScenarioError, match="expected every shard whole"):
        open_store(folder_of(kept))
    run(folder_of(kept))
    assert open_store(folder_of(kept)).manifest() == before
    assert verify(folder_of(kept)) == []


def test_verify_names_every_fault(kept):
    part_of(kept, 0).unlink()
    truncated(part_of(kept, 4), None)
    shutil.copy(part_of(kept, 1), part_of(kept, 1).with_name("part-00099.parquet"))
    (folder_of(kept) / "world" / "zones.parquet").unlink()
    faults = verify(folder_of(kept))
    assert [fault.split(" (")[0] for fault in faults[:2]] == ["shard 0", "shard 4"]
    assert faults[2:] == [
        "extra file, not in the manifest: sightings/part-00099.parquet",
        "world: missing, altered or extra table",
    ]


def test_verify_finds_a_truncated_world(kept):
    truncated(folder_of(kept) / "world" / "sites.parquet", None)
    (fault,) = verify(folder_of(kept))
    assert fault.startswith(f"world: {folder_of(kept) / 'world' / 'sites.parquet'}: expected a table as it was written")
    with pytest.raises(
        ScenarioError, match=r"expected a table as it was written, .* delete that file and run the same"
    ):
        kept.world("sites")


def everything(store):
    """Read all there is to read, in every way there is."""
    rows = joined(store.blocks())
    return [
        *rows,
        *found(store, 0, 2**32 - 1),
        store.world("sites"),
        store.world("zones"),
    ]


@pytest.mark.parametrize("name", ["part-00000.parquet", "sites.parquet"])
def test_any_flipped_bit_is_named_by_verify_or_harmless(kept, name):
    """Bits of pages, statistics, footers and texts: no reader of Parquet checks them all."""
    (path,), as_written = folder_of(kept).rglob(name), everything(kept)
    sound = path.read_bytes()
    footer = len(sound) - 8 - int.from_bytes(sound[-8:-4], "little")
    pages = np.random.default_rng(5).choice(footer, 100, replace=False)
    for at in [*pages.tolist(), *range(footer, len(sound), 2)]:
        damaged = bytearray(sound)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        faults = verify(folder_of(kept))
        if faults:
            with suppress(ScenarioError):
                everything(kept)
            continue
        for a, b in zip(as_written, everything(kept), strict=True):
            assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, f"byte {at}: altered, but not named"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 2}, "that of another scenario"),
        ({"rows": 1}, "totals that are not those of its shards"),
        ({"run_hash": "0-0"}, "totals that are not those of its shards"),
        ({"shards": []}, "0 shards, not in order or not all"),
        ({"shards": [{"shard": 0}]}, "a broken one"),
        ({"n_vehicles": None}, "a broken one"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused_and_made_anew(kept, change, says):
    before = kept.manifest()
    (folder_of(kept) / "manifest.json").write_text(json.dumps(before | change))
    with pytest.raises(ScenarioError, match=f"manifest.json: expected the manifest of this run, found {says}"):
        open_store(folder_of(kept))
    assert says in verify(folder_of(kept))[0]
    run(folder_of(kept))
    assert open_store(folder_of(kept)).manifest() == before


def test_verify_says_that_the_manifest_is_missing(kept):
    (folder_of(kept) / "manifest.json").unlink()
    (fault,) = verify(folder_of(kept))
    assert "manifest.json: expected a file of this program, found none" in fault
