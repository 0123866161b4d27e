"""Namespaces of embeddings in the embedded store: over restarts, and what is tidied up."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import timedelta

import numpy as np
import pytest

from nearhit_server.core.ports import NamespaceRow
from nearhit_server.stores.embedded import sweeper
from nearhit_server.stores.embedded.data_directory import DATABASE_FILE
from nearhit_server.stores.embedded.sweeper import BATCH_ROWS

MINUTE = timedelta(minutes=1)
TABLES = ("namespaces", "namespace_rows", "dead_epochs", "entries")


@pytest.fixture(autouse=True)
def _no_sweeping_but_by_the_test(monkeypatch):
    monkeypatch.setattr(sweeper, "_INTERVAL_SECONDS", 3_600)


@pytest.fixture
def count(data_dir):
    """Counts the rows of each table, as somebody else who reads the file."""

    def count_rows():
        with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
            counts = {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in TABLES
            }
        return {table: n for table, n in counts.items() if n}

    return count_rows


@pytest.fixture
def rows(clock):
    def make(count, ttl=None):
        now = clock.now()
        return [
            NamespaceRow(
                key=hashlib.sha256(f"{number}".encode()).hexdigest(),
                model="m",
                vector=np.ones(4, np.float32),
                text="t",
                metadata_json="{}",
                ttl=ttl,
                created_at=now,
                expires_at=None if ttl is None else now + ttl,
            )
            for number in range(count)
        ]

    return make


async def test_rows_outlive_a_restart(open_store, rows):
    (put,) = rows(1, ttl=MINUTE)
    async with open_store() as store:
        await store.put_namespace_rows("mine", [put])
    async with open_store() as store:
        (found,) = await store.get_namespace_rows("mine", [put.key])
    assert (found.text, found.metadata_json, found.ttl) == ("t", "{}", MINUTE)
    assert found.vector.tobytes() == put.vector.tobytes()


async def test_flushed_rows_are_swept_after_a_restart(open_store, rows, count, sample):
    put = rows(2 * BATCH_ROWS + 1)
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
        await store.put_namespace_rows("mine", put)
        await store.put_namespace_rows("theirs", put[:2])
        assert await store.flush_namespace("mine") == len(put)
        await store.put_namespace_rows("mine", put[:3])
        assert count()["namespace_rows"] == len(put) + 5
    async with open_store() as store:
        await store.sweep()
        assert count() == {"namespaces": 2, "namespace_rows": 5, "entries": 1}
        assert await store.has_namespace_rows("mine", [put[2].key, put[3].key]) == [True, False]


async def test_flush_of_a_cache_leaves_namespaces_alone(store, rows, count, sample):
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry("a")])
    await store.put_namespace_rows("cache", rows(2))
    await store.flush(spec)
    await store.sweep()
    assert count() == {"namespaces": 1, "namespace_rows": 2}


async def test_expired_rows_are_swept(store, rows, count, clock):
    await store.put_namespace_rows("mine", rows(2 * BATCH_ROWS + 1, ttl=MINUTE))
    await store.put_namespace_rows("mine", rows(1))
    clock.advance(MINUTE)
    await store.sweep()
    assert count() == {"namespaces": 1, "namespace_rows": 1}


async def test_replaced_and_deleted_rows_leave_nothing(store, rows, count):
    for _ in range(2):
        await store.put_namespace_rows("mine", rows(3))
    assert count()["namespace_rows"] == 3
    await store.delete_namespace_rows("mine", [row.key for row in rows(3)])
    assert count() == {"namespaces": 1}
