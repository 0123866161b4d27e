"""Opening a data directory that an older version wrote."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from contract.quality_samples import put_reports
from contract.samples import vector
from nearhit_server.core.ports import EmbeddingKey, EmbeddingRow
from nearhit_server.stores.embedded import schema
from nearhit_server.stores.embedded.data_directory import DATABASE_FILE
from nearhit_server.stores.embedded.schema import SCHEMA_VERSION


def tables_of(connection):
    return {
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }


def columns_of(connection, table):
    return {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}


def indexes_of(connection):
    return {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
    }


def bring_back(connection, version, monkeypatch):
    """Take out of a database what versions after an older one brought."""
    with closing(sqlite3.connect(":memory:")) as older, monkeypatch.context() as patch:
        patch.setattr(schema, "_MIGRATIONS", schema._MIGRATIONS[:version])
        schema.migrate(older)
        for index in indexes_of(connection) - indexes_of(older):
            connection.execute(f"DROP INDEX {index}")
        for table in tables_of(connection) - tables_of(older):
            connection.execute(f"DROP TABLE {table}")
        for table in tables_of(older):
            for column in columns_of(connection, table) - columns_of(older, table):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
async def test_older_database_gets_what_is_new_and_loses_nothing(
    open_store, data_dir, sample, clock, monkeypatch, version
):
    own = EmbeddingRow(
        name=EmbeddingKey("owner", "key"),
        vector=np.array([-0.0, 1e-45], np.float32),
        created_at=clock.now(),
        expires_at=None,
    )
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a", attributes={"b": "c"}, metadata_json="{}")])
        await store.put_embeddings([own])
        await store.flush_namespace("mine")
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
        bring_back(connection, version, monkeypatch)
    async with open_store() as store:
        assert await store.get_cache("cache") == spec
        (found,) = await store.find_nearest(spec, vector(1), where=None, limit=9)
        assert (found.entry.prompt, found.entry.metadata_json) == ("a", "{}")
        (kept,) = await store.get_embeddings([own.name])
        assert kept.vector.tobytes() == own.vector.tobytes()
        assert await store.put_key(sample.key())
        assert await store.flush_namespace("mine") == 0
        assert not found.entry.quarantined
        assert await put_reports(store, spec, found.entry, "xyz")
        assert await store.find_nearest(spec, vector(1), where=None, limit=9) == []
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
