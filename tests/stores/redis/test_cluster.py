"""A Redis Cluster: caches on all its masters, which die, and slots that move."""

import asyncio
import time

import pytest

from contract.samples import prompts, vector
from nearhit_server.core.entries import PromptKey
from nearhit_server.core.errors import UnavailableError
from polling import until
from stores.redis.load import Load

pytestmark = pytest.mark.slow

CACHES = [f"cache-{number}" for number in range(12)]


def version_key(cache_id):
    return f"nearhit:{{{cache_id}}}:version"


async def stored(store, spec, entry):
    """Put an entry, again for as long as the Cluster is changing."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await store.put(spec, [entry])
            except UnavailableError:
                continue


async def assert_answers(store, spec, entries):
    for entry in entries:
        assert (await store.get(spec, entry.entry_id)).prompt == entry.prompt
    assert await store.count(spec) == len(entries)
    found = await store.find_nearest(spec, entries[0].vector, where=None, limit=1)
    assert prompts(neighbour.entry for neighbour in found) == [entries[0].prompt]
    exact = await store.find_exact(spec, PromptKey.of(entries[0].prompt), where=None, limit=1)
    assert prompts(exact) == [entries[0].prompt]


async def test_caches_are_spread_over_all_masters(start_redis_cluster, open_store, sample):
    cluster = start_redis_cluster(replicas=0)
    entries = [sample.numbered(number) for number in range(20)]
    async with open_store(cluster.seeds) as store, open_store(cluster.seeds) as other:
        specs = [await store.create_cache(sample.spec(cache_id)) for cache_id in CACHES]
        assert len({cluster.master_of(version_key(cache_id)) for cache_id in CACHES}) == 3
        for spec in specs:
            await store.put(spec, entries)
        for server in cluster.servers:
            with server.client() as client:
                client.script_flush()
        listed = await other.list_caches(after="", limit=99)
        assert [spec.cache_id for spec in listed] == sorted(CACHES)
        for spec in specs:
            await assert_answers(other, spec, entries)
            await other.put(spec, [sample.entry("one more")])
            assert await store.flush(spec) == 21
            assert await other.delete_cache(spec.cache_id) == 0
        await store.collect_garbage()
        for server in cluster.servers:
            with server.client() as client:
                assert set(client.keys("*")) <= {b"nearhit:caches"}
                assert client.execute_command("FT._LIST") == []


@pytest.mark.parametrize("wait", [0, 1], ids=["asynchronous", "waiting"])
async def test_killed_master_is_replaced_and_what_it_acknowledged_is_kept(
    start_redis_cluster, open_store, sample, wait
):
    cluster = start_redis_cluster()
    async with open_store(cluster.seeds, replicas_to_wait_for=wait) as store:
        spec = await store.create_cache(sample.spec())
        load = Load(store, spec, sample)
        key = version_key("cache")
        async with load.running(workers=20):
            await load.until_acknowledged(1, after=time.monotonic() + 1.5)
            old = cluster.master_of(key)
            killed = time.monotonic()
            await asyncio.to_thread(old.kill)
            await asyncio.to_thread(cluster.wait_until_master_is_not, old, key)
            if wait:
                # The new master has no other replica that could have anything.
                await asyncio.to_thread(old.start)
                await asyncio.to_thread(cluster.wait_until_complete)
            replaced = time.monotonic()
            await load.until_acknowledged(100, after=replaced + 1)
        assert load.kinds_of_failures() <= {UnavailableError}
        assert all(killed <= at <= replaced + 2 for at, _ in load.failures)
        margin = 0 if wait else 1
        safe = [e for at, e in load.acknowledged if at < killed - margin or at > replaced]
        assert len(safe) > 200
        assert await load.missing(safe) == []
        found = await store.find_nearest(spec, safe[0].vector, where=None, limit=1)
        assert prompts(neighbour.entry for neighbour in found) == [safe[0].prompt]


async def test_nothing_is_acknowledged_that_too_few_replicas_have(start_redis, open_store, sample):
    async with open_store(start_redis().url, replicas_to_wait_for=1) as store:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="replicas"):
            await store.create_cache(sample.spec())
        assert time.monotonic() - began < 1.5


async def test_slots_move_to_a_new_shard_under_load(start_redis_cluster, open_store, sample):
    cluster = start_redis_cluster(replicas=0)
    entries = [sample.numbered(number) for number in range(300)]
    async with open_store(cluster.seeds) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, entries)
        added = await asyncio.to_thread(cluster.add_shard)
        # A master that is left without slots would become a replica.
        await asyncio.to_thread(cluster.move_slot, "another", added)
        key = version_key("cache")
        source = cluster.master_of(key)
        during = [sample.entry(f"during {number}") for number in range(10)]
        outcomes, stopped = [], asyncio.Event()

        async def keep_reading(number):
            while not stopped.is_set():
                entry = entries[number]
                try:
                    read = await store.get(spec, entry.entry_id)
                    # A search finds what is on the side where the Cluster sends it.
                    await store.find_nearest(spec, vector(1), where=None, limit=1)
                    outcomes.append(read is not None)
                except UnavailableError as error:
                    outcomes.append(error)

        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(keep_reading(number))
            try:
                await until(lambda: len(outcomes) > 20)
                await asyncio.to_thread(cluster.begin_move, key, source, added)
                so_far = len(outcomes)
                await until(lambda: len(outcomes) > so_far + 20)
                # A script whose keys are on both sides is refused until the slot has moved.
                for entry in during:
                    group.create_task(stored(store, spec, entry))
                await asyncio.to_thread(cluster.move_keys, key, source, added)
                await asyncio.to_thread(cluster.end_move, key, source, added)
                so_far = len(outcomes)
                await until(lambda: len(outcomes) > so_far + 20)
            finally:
                stopped.set()
        assert all(outcome is True or isinstance(outcome, Exception) for outcome in outcomes)
        assert outcomes[-1] is True
        await assert_answers(store, spec, [*entries, *during])
        # Once more through a store that learns of the new shard by itself.
        async with open_store(cluster.seeds) as fresh:
            assert await fresh.count(spec) == 310
        # And back, where an old index of the cache still is.
        await asyncio.to_thread(cluster.move_slot, key, source)
        await assert_answers(store, spec, [*entries, *during])
        assert await store.flush(spec) == 310
        await store.collect_garbage()
        for server in (source, added):
            with server.client() as client:
                assert client.keys("*:e:*") == []


async def test_moved_cache_whose_index_nobody_made_again_is_removed_whole(
    start_redis_cluster, open_store, sample
):
    cluster = start_redis_cluster(replicas=0)
    async with open_store(cluster.seeds) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.numbered(number) for number in range(100)])
        key = version_key("cache")
        source = cluster.master_of(key)
        target = next(server for server in cluster.servers if server is not source)
        await asyncio.to_thread(cluster.move_slot, key, target)
        await store.flush(spec)
        await store.collect_garbage()
        with target.client() as client:
            assert client.keys("*:e:*") == []
