"""Removing what flushed namespaces leave, whoever dies meanwhile."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import timedelta

import numpy as np
import pytest

from nearhit_server.core.ports import NamespaceRow
from nearhit_server.stores.redis import garbage
from nearhit_server.stores.redis.keys import DEAD_NAMESPACE_EPOCHS
from polling import until

ROWS = 700
LATER = timedelta(minutes=2)


class DiedError(Exception):
    pass


@pytest.fixture
def server(start_redis):
    return start_redis()


@pytest.fixture(autouse=True)
def _no_collecting_but_by_the_test(monkeypatch):
    monkeypatch.setattr(garbage, "_INTERVAL_SECONDS", 1_000)


@pytest.fixture
def rows(clock):
    def make(count=ROWS, ttl=None):
        now = clock.now()
        return [
            NamespaceRow(
                key=hashlib.sha256(f"{number}".encode()).hexdigest(),
                model="m",
                vector=np.ones(4, np.float32),
                text=None,
                metadata_json=None,
                ttl=ttl,
                created_at=now,
                expires_at=None if ttl is None else now + ttl,
            )
            for number in range(count)
        ]

    return make


def keys_of(client):
    return set(client.keys("nearhit:emb:*"))


def age_mentions(client, by=LATER):
    """Let the time come for every dead epoch."""
    for mention, due in client.zrange(DEAD_NAMESPACE_EPOCHS, 0, -1, withscores=True):
        client.zadd(DEAD_NAMESPACE_EPOCHS, {mention: due - by / timedelta(microseconds=1)})


async def test_flush_misses_at_once_everywhere_and_leaves_nothing(server, open_store, rows):
    async with open_store(server.url) as one, open_store(server.url) as other:
        put = rows()
        await one.put_namespace_rows("mine", put)
        await one.put_namespace_rows("theirs", put[:50])
        assert await other.flush_namespace("mine") == ROWS
        keys = [row.key for row in put[:1_000]]
        for store in (one, other):
            assert not any(await store.has_namespace_rows("mine", keys))
            assert await store.get_namespace_rows("mine", keys[:1]) == [None]
        await one.put_namespace_rows("mine", put[:3])
        await one.collect_garbage()
        assert sum(await other.has_namespace_rows("mine", keys)) == 3
        assert sum(await other.has_namespace_rows("theirs", keys)) == 50
        for namespace, count in (("mine", 3), ("theirs", 50)):
            assert await one.flush_namespace(namespace) == count
        await other.collect_garbage()
        with server.client() as client:
            assert not keys_of(client)
            age_mentions(client)
            await one.collect_garbage()
            assert set(client.keys("*")) == {b"nearhit:caches", b"nearhit:{.namespaces}:epochs"}


async def test_flush_whose_replica_died_before_counting_is_finished_by_another(
    server, open_store, rows
):
    async with open_store(server.url) as other:
        async with open_store(server.url) as one:
            await one.put_namespace_rows("mine", rows())
            spread = one._commands.spread

            async def dying(commands):
                raise DiedError

            one._commands.spread = dying
            with pytest.raises(DiedError):
                await one.flush_namespace("mine")
            one._commands.spread = spread
        assert await other.flush_namespace("mine") == 0
        with server.client() as client:
            age_mentions(client)
            await other.collect_garbage()
            assert not keys_of(client)


@pytest.mark.parametrize("removals", [0, 1, 100])
async def test_collection_that_ends_half_way_is_finished_by_another(
    server, open_store, rows, removals
):
    async with open_store(server.url) as other:
        async with open_store(server.url) as one:
            await one.put_namespace_rows("mine", rows())
            await one.flush_namespace("mine")
            run, left = one._commands.run, removals

            async def dying(key, sent, **options):
                nonlocal left
                if key.endswith(":expiries"):
                    left -= 1
                    if left < 0:
                        raise DiedError
                return await run(key, sent, **options)

            one._commands.run = dying
            with suppress(DiedError):
                await one.collect_garbage()
            one._commands.run = run
        with server.client() as client:
            assert keys_of(client)
            await other.collect_garbage()
            assert not keys_of(client)


async def test_write_that_did_not_see_a_flush_is_done_again(server, open_store, rows):
    async with open_store(server.url) as one, open_store(server.url) as other:
        spread = one._commands.spread
        flushes = 0

        async def late(commands):
            nonlocal flushes
            if not flushes:
                flushes += 1
                await other.flush_namespace("mine")
                await other.collect_garbage()
            return await spread(commands)

        one._commands.spread = late
        await one.put_namespace_rows("mine", rows(5))
        keys = [row.key for row in rows(5)]
        assert await other.has_namespace_rows("mine", keys) == [True] * 5
        with server.client() as client:
            # What it wrote to the epoch that was left goes when nobody can be writing there.
            assert len(keys_of(client)) == 20
            age_mentions(client)
            await other.collect_garbage()
            assert len(keys_of(client)) == 10


async def test_list_of_rows_goes_with_the_last_of_them(server, open_store, rows):
    short = timedelta(milliseconds=50)
    async with open_store(server.url) as store:
        await store.put_namespace_rows("mine", rows(20, ttl=short))
        with server.client() as client:
            await until(lambda: not keys_of(client))


async def test_list_of_rows_stays_while_one_does(server, open_store, rows):
    async with open_store(server.url) as store:
        kept = rows(1, ttl=timedelta(milliseconds=200))
        await store.put_namespace_rows("mine", kept)
        await store.put_namespace_rows("mine", rows(1))
        with server.client() as client:
            assert {client.ttl(name) for name in keys_of(client)} == {-1}
        await store.put_namespace_rows("mine", rows(1, ttl=timedelta(hours=1)))
        with server.client() as client:
            ttls = [client.ttl(name) for name in keys_of(client)]
        assert len(ttls) == 2
        assert all(3_590 < ttl <= 3_600 for ttl in ttls)


async def test_rows_spread_over_a_cluster_whose_scripts_are_forgotten(
    start_redis_cluster, open_store, rows
):
    cluster = start_redis_cluster(replicas=0)
    async with open_store(cluster.seeds) as one, open_store(cluster.seeds) as other:
        put = rows()
        await one.put_namespace_rows("mine", put)
        held = []
        for server in cluster.servers:
            with server.client() as client:
                held.append(len(keys_of(client)))
                client.script_flush()
        assert min(held) > sum(held) / 5
        found = await other.get_namespace_rows("mine", [row.key for row in put], refresh_ttl=True)
        assert [row.key for row in found] == [row.key for row in put]
        assert await other.delete_namespace_rows("mine", [row.key for row in put[:100]]) == 100
        assert await one.flush_namespace("mine") == ROWS - 100
        await asyncio.gather(one.collect_garbage(), other.collect_garbage())
        for server in cluster.servers:
            with server.client() as client:
                assert not keys_of(client)
