"""Removing what flushes and deletions leave, and nothing else."""

import asyncio
from contextlib import suppress

import pytest

from contract.samples import vector
from nearhit_server.stores.redis import garbage

ENTRIES = 3_000


def keys_and_indexes(client):
    indexes = client.execute_command("FT._LIST")
    return {*client.keys("*"), *(b"index " + name for name in indexes)}


def of_cache(client, cache_id):
    tag = f"{{{cache_id}}}".encode()
    return {name for name in keys_and_indexes(client) if tag in name}


@pytest.fixture
def server(start_redis):
    return start_redis()


async def filled(store, sample, cache_id="cache", entries=ENTRIES, **settings):
    spec = await store.create_cache(sample.spec(cache_id, **settings))
    await store.put(spec, [sample.numbered(number) for number in range(entries)])
    return spec


async def test_flush_misses_at_once_and_leaves_nothing_behind(server, open_store, sample):
    async with open_store(server.url) as one, open_store(server.url) as other:
        spec = await filled(one, sample, max_entries=ENTRIES)
        assert await other.flush(spec) == ENTRIES
        new = await one.get_cache("cache")
        for store in (one, other):
            assert await store.find_nearest(new, vector(1), where=None, limit=1) == []
            assert await store.count(new) == 0
        await one.put(new, [sample.entry("after")])
        await one.collect_garbage()
        with server.client() as client:
            left = of_cache(client, "cache")
        assert not {name for name in left if str(spec.epoch).encode() in name}
        assert await one.count(new) == 1
        await other.delete_cache("cache")
        await other.collect_garbage()
        with server.client() as client:
            assert keys_and_indexes(client) == {b"nearhit:caches"}


@pytest.mark.parametrize("steps", [1, 3, 5, 8, 11])
async def test_collection_that_ends_half_way_is_finished_by_another(
    server, open_store, sample, steps, monkeypatch
):
    monkeypatch.setattr(garbage, "_LEASE_MILLISECONDS", 100)
    # Only what the test collects itself.
    monkeypatch.setattr(garbage, "_INTERVAL_SECONDS", 1_000)
    async with open_store(server.url) as other:
        async with open_store(server.url) as one:
            spec = await filled(one, sample)
            await one.flush(spec)
            await die_after(one, steps)
        with server.client() as client:
            assert of_cache(client, "cache")
            async with asyncio.timeout(20):
                while client.exists("nearhit:garbage"):
                    await other.collect_garbage()
            names = of_cache(client, "cache")
        assert not {name for name in names if str(spec.epoch).encode() in name}


async def die_after(store, steps):
    """Collect, but end as a replica that dies after so many commands."""

    class DiedError(Exception):
        pass

    collector = store._garbage
    run, done = collector._commands.run, 0

    class Dying:
        async def run(self, *arguments, **options):
            nonlocal done
            done += 1
            if done > steps:
                raise DiedError
            return await run(*arguments, **options)

    collector._commands = Dying()
    with suppress(DiedError):
        await store.collect_garbage()
    assert done > steps


async def test_epoch_whose_maker_died_is_removed_later(
    server, open_store, sample, age_epochs, monkeypatch
):
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        monkeypatch.setattr(store._caches, "_replace", failing)
        with pytest.raises(ConnectionError):
            await store.flush(spec)
        await store.collect_garbage()
        with server.client() as client:
            assert len(client.execute_command("FT._LIST")) == 2
            age_epochs(client, "cache")
        await store.collect_garbage()
        with server.client() as client:
            assert len(client.execute_command("FT._LIST")) == 1
            assert not client.exists("nearhit:garbage")
        assert await store.count(spec) == 0


async def failing(*arguments, **options):
    raise ConnectionError


async def test_entries_of_a_lost_index_are_removed_too(server, open_store, sample):
    async with open_store(server.url) as store:
        spec = await filled(store, sample)
        with server.client() as client:
            client.execute_command("FT.DROPINDEX", f"nearhit:{{cache}}:{spec.epoch}:idx")
        await store.delete_cache("cache")
        await store.collect_garbage()
        with server.client() as client:
            assert keys_and_indexes(client) == {b"nearhit:caches"}


async def test_keys_and_indexes_of_others_are_never_touched(server, open_store, sample):
    hashes = ["nearhit:other", "nearhit:{llm", "nearhit:{llm}x:e:1", "nearhit:llm:e:1", "other"]
    hashes += ["nearhit:{llmcache}:1:e:", "nearhit:{llm}:e:1"]
    index = ("ON", "HASH", "PREFIX", 1, "nearhit:", "SCHEMA", "a", "TAG")
    with server.client() as client:
        for name in hashes:
            client.hset(name, "a", "b")
        client.execute_command("FT.CREATE", "nearhit:others", *index)
        client.execute_command("FT.CREATE", "nearhit:{llm}:idx", *index)
        before = keys_and_indexes(client)
    async with open_store(server.url) as store:
        specs = [await filled(store, sample, name, 50) for name in ("llm", "llmcache")]
        assert await store.flush(specs[0]) == 50
        await store.collect_garbage()
        assert await store.count(specs[1]) == 50
        assert await store.delete_cache("llm") == 0
        await store.collect_garbage()
        assert await store.count(specs[1]) == 50
        assert len(await store.find_nearest(specs[1], vector(1), where=None, limit=9)) == 9
        assert await store.delete_cache("llmcache") == 50
        await store.collect_garbage()
    with server.client() as client:
        assert keys_and_indexes(client) - before == {b"nearhit:caches"}
        assert before <= keys_and_indexes(client)
        assert all(client.hgetall(name) == {b"a": b"b"} for name in hashes)
