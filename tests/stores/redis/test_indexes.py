"""The index of a cache: made once, made again where it is lost."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from contract.samples import angled, prompts, vector
from nearhit_server.core.entries import PromptKey
from nearhit_server.core.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
)


@pytest.fixture
def server(start_redis):
    return start_redis()


def indexes(server):
    with server.client() as client:
        return client.execute_command("FT._LIST")


async def test_replicas_that_create_one_cache_at_once_make_one_index(
    server, open_store, sample, age_epochs
):
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(server.url)) for _ in range(5)]
        outcomes = await asyncio.gather(
            *(store.create_cache(sample.spec()) for store in stores * 4), return_exceptions=True
        )
        made = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        assert len(made) == 1
        assert all(isinstance(o, AlreadyExistsError) for o in outcomes if o is not made[0])
        with server.client() as client:
            age_epochs(client, "cache")
        await stores[0].collect_garbage()
        assert indexes(server) == [f"nearhit:{{cache}}:{made[0].epoch}:idx".encode()]


async def test_cache_created_while_another_is_deleted_is_listed(server, open_store, sample):
    async with open_store(server.url) as one, open_store(server.url) as other:
        for _ in range(30):
            await one.create_cache(sample.spec())
            await asyncio.gather(one.delete_cache("cache"), created_again(other, sample.spec()))
            listed = await one.list_caches(after="", limit=9)
            assert [spec.cache_id for spec in listed] == ["cache"]
            await one.delete_cache("cache")


async def created_again(store, spec):
    while True:
        try:
            return await store.create_cache(spec)
        except AlreadyExistsError:
            continue


@pytest.mark.parametrize("algorithm", ["HNSW", "FLAT"])
async def test_missing_index_is_made_again(server, open_store, sample, algorithm):
    async with open_store(server.url, algorithm=algorithm) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry(f"{n}") for n in range(500)])
        calls = (
            lambda: store.find_nearest(spec, vector(1), where=None, limit=1),
            lambda: store.find_exact(spec, PromptKey.of("1"), where=None, limit=1),
            lambda: store.count(spec),
        )
        for call in calls:
            with server.client() as client:
                client.execute_command("FT.DROPINDEX", *indexes(server))
            assert await call()
        assert await store.count(spec) == 500
        with server.client() as client:
            info = client.execute_command("FT.INFO", *indexes(server))
        assert algorithm in repr(info)


async def test_many_searches_of_a_missing_index_make_it_once(server, open_store, sample):
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
        with server.client() as client:
            client.execute_command("FT.DROPINDEX", *indexes(server))
        found = await asyncio.gather(
            *(store.find_nearest(spec, vector(1), where=None, limit=1) for _ in range(100))
        )
        assert all(len(neighbours) <= 1 for neighbours in found)
        found = await store.find_nearest(spec, vector(1), where=None, limit=1)
        assert prompts(neighbour.entry for neighbour in found) == ["a"]


async def test_index_of_another_dimension_is_refused(server, open_store, sample):
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        (index,) = indexes(server)
        with server.client() as client:
            client.execute_command("FT.DROPINDEX", index)
            client.execute_command(
                *("FT.CREATE", index, "ON", "HASH", "PREFIX", 1, "other:", "SCHEMA"),
                *("vector", "VECTOR", "FLAT", 6, "TYPE", "FLOAT32", "DIM", 3),
                *("DISTANCE_METRIC", "COSINE"),
            )
        with pytest.raises(FailedPreconditionError) as raised:
            await store._indexes.create(spec)
        assert raised.value.reason is Reason.DIMENSION_MISMATCH
        assert "3" in raised.value.message


async def test_changes_through_one_store_are_seen_by_the_next_call_of_another(
    server, open_store, sample
):
    async with open_store(server.url) as one, open_store(server.url) as other:
        spec = await one.create_cache(sample.spec())
        await one.put(spec, [sample.entry("a")])
        assert await other.count(await other.get_cache("cache")) == 1
        await other.delete_cache("cache")
        with pytest.raises(NotFoundError):
            await one.find_nearest(spec, vector(1), where=None, limit=1)


async def test_2000_entries_expiring_at_once_hide_no_live_one(server, open_store, sample, clock):
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        live = sample.entry("live", vector=angled(0.5))
        near = [sample.entry(f"{n}", ttl=timedelta(seconds=60)) for n in range(2_000)]
        await store.put(spec, [*near, live])
        expire = clock.now() + timedelta(seconds=0.5)
        with server.client() as client, client.pipeline() as pipeline:
            for key in client.scan_iter("*:e:*", count=10_000):
                if not key.endswith(live.entry_id.encode()):
                    pipeline.pexpireat(key, round(expire.timestamp() * 1_000))
            pipeline.execute()
        last = False
        async with asyncio.timeout(20):
            # Through the moment of expiry, and while Redis still clears up after it.
            while not last:
                last = clock.now() > expire + timedelta(seconds=0.5)
                after = clock.now() > expire + timedelta(milliseconds=2)
                (found,) = await store.find_nearest(spec, vector(1), where=None, limit=1)
                assert not after or found.entry.prompt == "live"
