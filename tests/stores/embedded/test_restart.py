"""What is the same after a restart, and what is tidied up."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from contract.quality_samples import put_reports, report, shadow_search
from contract.samples import prompts, used, vector
from nearhit_server.core.entries import EntryChange, PromptChange
from nearhit_server.core.filters import carrying
from nearhit_server.core.ports import EmbeddingKey, EmbeddingRow
from nearhit_server.stores.embedded import sweeper as sweeper_module
from nearhit_server.stores.embedded.data_directory import DATABASE_FILE
from nearhit_server.stores.embedded.sweeper import BATCH_ROWS

MINUTE = timedelta(minutes=1)
TABLES = (
    *("entries", "contents", "tags", "embeddings", "dead_epochs"),
    *("reports", "shadow_searches", "tallies"),
)


@pytest.fixture(autouse=True)
def _no_sweeping_but_by_the_test(monkeypatch):
    monkeypatch.setattr(sweeper_module, "_INTERVAL_SECONDS", 3600)


@pytest.fixture
def rows(data_dir):
    """Counts the rows of each table, as somebody else who reads the file."""

    def count():
        with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
            counts = (
                connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in TABLES
            )
            return {table: n for table, (n,) in zip(TABLES, counts, strict=True) if n}

    return count


def tagged(sample, number, **fields):
    return sample.entry(f"{number}", attributes={"n": f"{number % 2}"}, **fields)


async def kept(store, spec):
    page = await store.list_entries(spec, where=None, cursor=None, limit=99)
    return "".join(prompts(page.entries))


async def test_entries_are_found_again_in_every_way(open_store, sample, clock):
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        entries = [tagged(sample, n, metadata_json="{}", ttl=MINUTE) for n in range(4)]
        await store.put(spec, [*entries, sample.entry("exact", vector=None)])
        changed = EntryChange(prompt=PromptChange("new", vector(0, 1)))
        await store.update(spec, entries[0].entry_id, changed)
    async with open_store() as store:
        assert await store.get_cache("cache") == spec
        assert await store.get(spec, entries[1].entry_id) == replace(entries[1], vector=None)
        (found,) = await store.find_nearest(spec, vector(0, 1), where=None, limit=1)
        assert found.entry.prompt == "new"
        odd = await store.find_nearest(spec, vector(1), where=carrying({"n": "1"}), limit=9)
        assert sorted(prompts(n.entry for n in odd)) == ["1", "3"]
        assert await store.count(spec) == 5
        clock.advance(MINUTE)
        assert await store.count(spec) == 1


async def test_order_of_use_survives(open_store, sample):
    async with open_store() as store:
        spec = await store.create_cache(sample.spec(max_entries=3))
        await store.put(spec, [sample.entry(p) for p in "abc"])
        await store.touch(spec, [used(sample.entry("a"))])
    async with open_store() as store:
        await store.put(spec, [sample.entry("d")])
        assert sorted(await kept(store, spec)) == ["a", "c", "d"]
        await store.touch(spec, [used(sample.entry("c"))])
    async with open_store() as store:
        await store.put(spec, [sample.entry("e")])
        assert sorted(await kept(store, spec)) == ["c", "d", "e"]


async def test_versions_and_epochs_are_not_used_again(open_store, sample):
    seen = []
    for _ in range(3):
        async with open_store() as store:
            spec = await store.create_cache(sample.spec())
            await store.put(spec, [sample.entry("a")])
            seen.append((spec.version, spec.epoch))
            await store.delete_cache("cache")
    assert len({version for version, _ in seen}) == len({epoch for _, epoch in seen}) == 3


async def test_rows_of_dead_epochs_are_swept_after_a_restart(open_store, sample, rows):
    count = 2 * BATCH_ROWS + 1
    async with open_store() as store:
        flushed = await store.create_cache(sample.spec("flushed"))
        await store.put(flushed, [tagged(sample, n) for n in range(count)])
        deleted = await store.create_cache(sample.spec("deleted"))
        await store.put(deleted, [tagged(sample, n) for n in range(3)])
        assert await store.flush(flushed) == count
        assert await store.delete_cache("deleted") == 3
        flushed = await store.get_cache("flushed")
        await store.put(flushed, [tagged(sample, 1)])
        assert rows()["entries"] == count + 4
    async with open_store() as store:
        await store.sweep()
        assert rows() == {"entries": 1, "contents": 1, "tags": 1}
        assert await store.count(flushed) == 1


async def test_quarantine_survives_and_can_still_be_ended(open_store, sample):
    entry = sample.entry("a")
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [entry])
        assert await put_reports(store, spec, entry, "xyz")
    async with open_store() as store:
        assert await store.find_nearest(spec, vector(1), where=None, limit=9) == []
        assert (await store.read_tallies(spec))["quarantined"] == 1
        assert await store.release(spec, entry.entry_id)
        (found,) = await store.find_nearest(spec, vector(1), where=None, limit=9)
        assert found.entry.entry_id == entry.entry_id


async def test_quarantine_does_not_make_an_entry_the_latest_used(open_store, sample):
    entries = [sample.entry(name) for name in "abc"]
    async with open_store() as store:
        spec = await store.create_cache(sample.spec(max_entries=3))
        await store.put(spec, entries)
        assert await put_reports(store, spec, entries[0], "xyz")
        assert await store.release(spec, entries[0].entry_id)
        await store.put(spec, [sample.entry("d")])
        assert sorted(await kept(store, spec)) == ["b", "c", "d"]


async def test_what_was_reported_is_swept_with_its_epoch(store, sample, rows):
    flushed, other = [await store.create_cache(sample.spec(name)) for name in ("flushed", "other")]
    entry = tagged(sample, 1)
    for spec in (flushed, other):
        await store.put(spec, [entry])
        await store.put_report(spec, report(entry, "asked"))
        await store.add_tallies(spec, {"searches": 1})
    searches = [shadow_search(entry, f"{n}") for n in range(2 * BATCH_ROWS + 1)]
    await store.put_shadow_searches(flushed, searches)
    await store.put_shadow_searches(other, searches[:1])
    await store.flush(flushed)
    await store.sweep()
    of_other = {"entries": 1, "contents": 1, "tags": 1}
    assert rows() == of_other | {"reports": 1, "shadow_searches": 1, "tallies": 2}
    assert (await store.read_tallies(other))["searches"] == 1


async def test_expired_rows_are_swept_and_live_ones_stay(store, sample, clock, rows):
    spec = await store.create_cache(sample.spec())
    expiring = [tagged(sample, n, ttl=MINUTE) for n in range(2 * BATCH_ROWS)]
    live = sample.entry("live", attributes={"n": "1"}, ttl=2 * MINUTE)
    await store.put(spec, [*expiring, live])
    await store.sweep()
    assert rows()["entries"] == len(expiring) + 1
    clock.advance(MINUTE)
    await store.sweep()
    assert rows() == {"entries": 1, "contents": 1, "tags": 1}
    found = await store.find_nearest(spec, vector(1), where=None, limit=9)
    assert prompts(n.entry for n in found) == ["live"]
    assert await store.count(spec) == 1


async def test_replaced_and_deleted_entries_leave_no_rows(store, sample, rows):
    spec = await store.create_cache(sample.spec())
    for _ in range(3):
        await store.put(spec, [tagged(sample, n) for n in range(3)])
    await store.update(spec, tagged(sample, 1).entry_id, EntryChange(attributes={"n": "x"}))
    assert rows() == {"entries": 3, "contents": 3, "tags": 3}
    await store.delete(spec, [tagged(sample, n).entry_id for n in range(3)])
    assert rows() == {}


async def test_evicted_entries_leave_no_rows(store, sample, rows):
    spec = await store.create_cache(sample.spec(max_entries=2))
    await store.put(spec, [tagged(sample, n) for n in range(9)])
    assert rows() == {"entries": 2, "contents": 2, "tags": 2}


async def test_expired_embeddings_are_swept(store, clock, rows):
    expiries = [clock.now() + MINUTE] * (BATCH_ROWS + 1) + [None]
    names = [EmbeddingKey("owner", f"{n}") for n in range(len(expiries))]
    await store.put_embeddings(
        [
            EmbeddingRow(
                name=name,
                vector=np.ones(2, np.float32),
                created_at=clock.now(),
                expires_at=expires_at,
            )
            for name, expires_at in zip(names, expiries, strict=True)
        ]
    )
    clock.advance(MINUTE)
    await store.sweep()
    assert rows() == {"embeddings": 1}
