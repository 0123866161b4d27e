"""A Redis that is full, read-only, loading, emptied or out of reach, while the store is open."""

import asyncio
import time
from contextlib import suppress

import pytest

from contract.samples import prompts, used, vector
from nearhit_server.core.entries import EntryChange, PromptKey
from nearhit_server.core.errors import (
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from nearhit_server.core.filters import carrying
from polling import until
from stores.redis.load import Load

A_SECOND = 2.5
"""With an allowance for a busy machine."""


async def reason_of(call):
    with pytest.raises(UnavailableError) as raised:
        await call
    return raised.value.reason


@pytest.fixture
async def opened(start_redis, open_store, sample):
    """A server, a store on it, and a cache with the entry "a"."""
    server = start_redis(append_only=True)
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
        yield server, store, spec


def limit_memory(server, maximum):
    with server.client() as client:
        client.config_set("maxmemory", maximum)


async def test_full_redis_refuses_stores_and_answers_searches(opened, sample):
    server, store, _ = opened
    bounded = await store.create_cache(sample.spec("bounded", max_entries=9))
    entry = sample.entry("a")
    await store.put(bounded, [entry])
    limit_memory(server, 1)
    for call in (
        store.put(bounded, [sample.entry("b")]),
        store.put(bounded, [entry]),
        store.update(bounded, entry.entry_id, EntryChange(response="x" * 999)),
        store.create_cache(sample.spec("new")),
    ):
        with pytest.raises(ResourceExhaustedError) as raised:
            await call
        assert raised.value.reason is Reason.STORE_FULL
    await store.check()
    (found,) = await store.find_nearest(bounded, vector(1), where=None, limit=9)
    await store.touch(bounded, [used(found.entry)])
    limit_memory(server, 0)
    assert await store.put(bounded, [sample.entry("b")]) == [True]


async def test_full_redis_is_freed_by_flush_and_deletions(opened, sample):
    server, store, spec = opened
    other = await store.create_cache(sample.spec("other"))
    await store.put(other, [sample.entry(f"{n}", attributes={"n": f"{n % 2}"}) for n in range(9)])
    limit_memory(server, 1)
    assert await store.delete_where(other, carrying({"n": "1"})) == 4
    assert await store.delete(other, [sample.entry("0", attributes={"n": "0"}).entry_id]) == 1
    assert await store.flush(spec) == 1
    assert await store.delete_cache("other") == 4
    await store.collect_garbage()
    with server.client() as client:
        assert client.keys("*:e:*") == []


async def test_read_only_replica_is_said_and_searched(start_redis, opened, open_store, sample):
    master, _, spec = opened
    replica = start_redis(replica_of=master)
    with replica.client() as client:
        await until(lambda: client.info("replication")["master_link_status"] == "up")
    async with open_store(replica.url) as store:
        await store.check()
        assert await reason_of(store.put(spec, [sample.entry("b")])) is Reason.STORE_READ_ONLY
        assert await reason_of(store.flush(spec)) is Reason.STORE_READ_ONLY
        assert len(await store.find_exact(spec, PromptKey.of("a"), where=None, limit=1)) == 1


async def test_loading_redis_is_said_until_it_has_loaded(start_redis, open_store, sample):
    slow = ["key-load-delay 300", "loading-process-events-interval-bytes 1024"]
    server = start_redis(config=slow)
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
        with server.client() as client:
            client.mset({f"key-{number}": "value" for number in range(3_000)})
            client.save()
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start, until_loaded=False)
        assert await reason_of(store.count(spec)) is Reason.STORE_LOADING
        assert await reason_of(store.check()) is Reason.STORE_LOADING

        async def loaded():
            with suppress(UnavailableError):
                return await store.count(spec) == 1
            return False

        await until(loaded)


async def test_search_module_that_goes_missing_is_said(start_redis, open_store, sample):
    server = start_redis()
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        await asyncio.to_thread(server.kill)
        configuration = server.folder / "redis-server.conf"
        lines = configuration.read_text().splitlines()
        configuration.write_text(
            "\n".join(line for line in lines if not line.startswith("loadmodule"))
        )
        await asyncio.to_thread(server.start)
        assert await reason_of(store.count(spec)) is Reason.STORE_MISCONFIGURED


async def test_hung_redis_fails_every_call_within_a_second(opened, sample):
    server, store, spec = opened
    server.pause()

    async def timed():
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await store.find_nearest(spec, vector(1), where=None, limit=1)
        return time.monotonic() - began

    try:
        for _ in range(2):
            assert max(await asyncio.gather(*(timed() for _ in range(300)))) < A_SECOND
    finally:
        server.resume()
    await asyncio.gather(
        *(store.find_nearest(spec, vector(1), where=None, limit=1) for _ in range(300))
    )


async def test_replies_go_to_their_own_callers_after_cancellations(opened, open_store, sample):
    server, _, spec = opened
    patience = {"connect_timeout_seconds": 20, "command_timeout_seconds": 20}
    async with open_store(server.url, **patience) as store:
        entries = [sample.numbered(number) for number in range(200)]
        await store.put(spec, entries)

        async def get(number):
            # Every other caller gives up early, at all sorts of moments.
            seconds = number % 20 / 10_000 if number % 2 else 20
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    entry = await store.get(spec, entries[number].entry_id)
                    assert entry.prompt == f"prompt {number}"

        for _ in range(10):
            await asyncio.gather(*(get(number) for number in range(200)))


async def test_data_that_was_lost_is_noticed(opened, sample):
    server, store, _ = opened
    with server.client() as client:
        client.flushall()
    assert await reason_of(store.check()) is Reason.STORE_UNAVAILABLE
    await store.create_cache(sample.spec())
    await store.check()


async def test_store_without_caches_is_well(opened):
    _, store, _ = opened
    await store.delete_cache("cache")
    await store.check()
    assert await store.list_caches(after="", limit=9) == []


async def test_lost_scripts_are_loaded_again(opened, sample):
    server, store, spec = opened
    with server.client() as client:
        client.script_flush()
    assert await store.put(spec, [sample.entry("b"), sample.entry("c")]) == [True, True]
    with server.client() as client:
        client.script_flush()
    assert await store.flush(spec) == 3


async def test_killed_redis_loses_nothing_older_than_a_second(opened, sample):
    server, store, spec = opened
    load = Load(store, spec, sample)
    async with load.running(workers=100):
        await load.until_acknowledged(1, after=time.monotonic() + 1.5)
        killed = time.monotonic()
        await asyncio.to_thread(server.kill)
        await until(lambda: len(load.failures) >= 200)
        await asyncio.to_thread(server.start)
        up = time.monotonic()
        await load.until_acknowledged(100, after=up)
    assert load.kinds_of_failures() == {UnavailableError}
    assert load.slowest_seconds < A_SECOND
    safe = [entry for at, entry in load.acknowledged if at < killed - 1 or at > up]
    assert len(safe) > 200
    assert await load.missing(safe) == []
    found = await store.find_nearest(spec, safe[0].vector, where=None, limit=1)
    assert prompts(neighbour.entry for neighbour in found) == [safe[0].prompt]
