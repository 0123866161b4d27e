"""API keys in the embedded store: over restarts, and in a database from before there were any."""

import sqlite3
from contextlib import closing

import pytest

from nearhit_server.stores.embedded.data_directory import DATABASE_FILE
from nearhit_server.stores.embedded.schema import SCHEMA_VERSION


@pytest.fixture
def execute(data_dir):
    """Runs a statement on the closed store's database."""

    def run(statement):
        with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection, connection:
            return connection.execute(statement).fetchall()

    return run


async def test_key_outlives_a_restart(open_store, sample):
    async with open_store() as store:
        await store.put_key(sample.key())
    async with open_store() as store:
        assert await store.get_key(sample.key().key_id) == sample.key()


async def test_database_without_keys_gets_room_for_them_and_loses_nothing(
    open_store, execute, sample
):
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
    execute("DROP TABLE api_keys")
    execute("PRAGMA user_version = 1")
    async with open_store() as store:
        assert await store.put_key(sample.key())
        assert await store.get_cache("cache") == spec
        assert await store.count(spec) == 1
    assert execute("PRAGMA user_version") == [(SCHEMA_VERSION,)]
