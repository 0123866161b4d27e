"""Starting on a folder that can be used, and on those that cannot."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from nearhit_server.stores.embedded import Durability, open_embedded_store
from nearhit_server.stores.embedded.data_directory import DATABASE_FILE
from nearhit_server.stores.embedded.schema import SCHEMA_VERSION
from nearhit_server.stores.failures import StoreStartupError


async def refusal(data_dir, clock):
    """The message with which the store refuses to start."""
    with pytest.raises(StoreStartupError) as raised:
        async with open_embedded_store(data_dir, clock=clock):
            pass
    return str(raised.value)


def execute(data_dir, statement, *parameters):
    with closing(sqlite3.connect(data_dir / DATABASE_FILE)) as connection, connection:
        return connection.execute(statement, parameters).fetchall()


async def filled(open_store, sample, entries=400):
    async with open_store() as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.numbered(n) for n in range(entries)])


@pytest.mark.parametrize("durability", Durability)
async def test_missing_folders_are_made(tmp_path, clock, sample, durability):
    data_dir = tmp_path / "some" / "where"
    async with open_embedded_store(data_dir, clock=clock, durability=durability) as store:
        assert await store.create_cache(sample.spec())
    assert (data_dir / DATABASE_FILE).exists()
    assert data_dir.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("durability", "level"), [("normal", 1), ("full", 2)])
async def test_durability_is_what_sqlite_calls_synchronous(data_dir, clock, durability, level):
    opened = open_embedded_store(data_dir, clock=clock, durability=Durability(durability))
    async with opened as store:
        (synchronous,) = await store._sessions.read(
            lambda session: session.connection.execute("PRAGMA synchronous").fetchone()
        )
    assert synchronous == level


async def test_closing_leaves_one_file_and_the_lock(open_store, data_dir, sample):
    await filled(open_store, sample)
    assert sorted(path.name for path in data_dir.iterdir()) == ["nearhit.lock", DATABASE_FILE]


async def test_folder_below_a_file_is_refused(tmp_path, clock):
    (tmp_path / "file").touch()
    assert "cannot be created" in await refusal(tmp_path / "file" / "data", clock)


async def test_file_in_place_of_the_folder_is_refused(tmp_path, clock):
    (tmp_path / "file").touch()
    assert "cannot be created" in await refusal(tmp_path / "file", clock)


async def test_folder_that_takes_no_file_is_refused(data_dir, clock):
    # As permissions would refuse it, but they do not stop root.
    (data_dir / "nearhit.lock").mkdir(parents=True)
    assert "cannot be written to" in await refusal(data_dir, clock)


async def test_folder_in_use_is_refused_until_it_is_free(open_store, data_dir, clock):
    async with open_store():
        assert "in use by another nearhit process" in await refusal(data_dir, clock)
    async with open_store():
        pass


async def test_folder_in_place_of_the_database_is_refused(data_dir, clock):
    (data_dir / DATABASE_FILE).mkdir(parents=True)
    assert "cannot be opened" in await refusal(data_dir, clock)


async def test_file_that_is_no_database_is_refused(data_dir, clock):
    data_dir.mkdir()
    (data_dir / DATABASE_FILE).write_bytes(b"not a database" * 1000)
    assert "is damaged" in await refusal(data_dir, clock)


async def test_truncated_database_is_refused(open_store, data_dir, clock, sample):
    await filled(open_store, sample)
    path = data_dir / DATABASE_FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "is damaged" in await refusal(data_dir, clock)


async def test_database_with_overwritten_pages_is_refused(open_store, data_dir, clock, sample):
    await filled(open_store, sample)
    path = data_dir / DATABASE_FILE
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    assert "is damaged" in await refusal(data_dir, clock)


@pytest.mark.parametrize("spec", ["{", "[]", "{}", '{"dimension": 3, "created_at": 1}'])
async def test_unreadable_settings_are_refused(open_store, data_dir, clock, sample, spec):
    await filled(open_store, sample)
    execute(data_dir, "UPDATE caches SET spec = ?", spec)
    assert "is damaged" in await refusal(data_dir, clock)


async def test_vector_of_the_wrong_size_is_refused(open_store, data_dir, clock, sample):
    await filled(open_store, sample)
    execute(data_dir, "UPDATE contents SET vector = zeroblob(4) WHERE row_id = 7")
    assert "is damaged" in await refusal(data_dir, clock)


async def test_database_of_a_newer_version_is_refused_and_left_alone(
    open_store, data_dir, clock, sample
):
    await filled(open_store, sample)
    execute(data_dir, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert "newer nearhit" in await refusal(data_dir, clock)
    assert execute(data_dir, "SELECT count(*) FROM entries") == [(400,)]


async def test_refusal_frees_the_folder(open_store, data_dir, clock):
    (data_dir / DATABASE_FILE).mkdir(parents=True)
    await refusal(data_dir, clock)
    (data_dir / DATABASE_FILE).rmdir()
    async with open_store():
        pass


async def test_settings_written_by_another_version_take_defaults(open_store, data_dir, sample):
    async with open_store() as store:
        old = await store.create_cache(sample.spec(max_entries=7))
    execute(data_dir, "UPDATE caches SET spec = json_remove(spec, '$.max_entries')")
    execute(data_dir, "UPDATE caches SET spec = json_set(spec, '$.later', 1)")
    async with open_store() as store:
        assert await store.get_cache("cache") == replace(old, max_entries=None)
