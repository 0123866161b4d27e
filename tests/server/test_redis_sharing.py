"""Two servers on one Redis: what is done through one is seen through the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

import nearhit
from nearhit import Hit, Miss, Strategy
from nearhit_server.app import open_application
from nearhit_server.settings import Settings
from redis_servers.server import RedisServer

QUESTION = "How do I reset my password?"
CACHE = "shared"


@asynccontextmanager
async def client_of_a_new_server(
    redis: RedisServer, tiny_model, **settings: object
) -> AsyncIterator[nearhit.AsyncClient]:
    ports = {"grpc": "127.0.0.1:0", "http": "off"}
    settings = ports | {"model": str(tiny_model), "device": "cpu"} | settings
    async with (
        open_application(Settings(store=redis.url, **settings)) as server,
        nearhit.AsyncClient(server.grpc.address, cache=CACHE, timeout=60) as client,
    ):
        yield client


@pytest.fixture(scope="module")
async def clients(tiny_servers_redis, tiny_model):
    """Clients of two servers."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(client_of_a_new_server(tiny_servers_redis, tiny_model))
            for _ in range(2)
        ]


@pytest.fixture
async def one_and_other(clients):
    one, other = clients
    await one.create_cache(CACHE)
    # So that both remember the cache's settings.
    assert isinstance(await one.search(QUESTION), Miss)
    assert isinstance(await other.search(QUESTION), Miss)
    yield one, other
    try:
        await one.delete_cache(CACHE)
    except nearhit.NotFoundError:
        return


async def test_stored_entry_is_found_by_the_next_call_of_the_other(one_and_other):
    one, other = one_and_other
    for strategy in Strategy:
        await one.store(QUESTION, "Open Settings.")
        assert isinstance(await other.search(QUESTION, strategies=[strategy]), Hit)
        assert await other.flush() == 1
        assert isinstance(await one.search(QUESTION, strategies=[strategy]), Miss)


async def test_flush_is_seen_by_calls_of_the_other_at_once_under_load(one_and_other):
    one, other = one_and_other
    for _ in range(20):
        await asyncio.gather(*(one.store(f"{QUESTION} {n}", "Open Settings.") for n in range(20)))
        assert await other.flush() == 20
        outcomes = await asyncio.gather(*(one.search(f"{QUESTION} {n}") for n in range(20)))
        assert all(isinstance(outcome, Miss) for outcome in outcomes)


async def test_changed_settings_hold_for_the_next_call_of_the_other(one_and_other):
    one, other = one_and_other
    await one.store(QUESTION, "Open Settings.")
    await one.update_cache(CACHE, strategies=[Strategy.SEMANTIC], similarity_threshold=1.0)
    assert (await other.get_cache(CACHE)).similarity_threshold == 1.0
    await other.update_cache(CACHE, strategies=[Strategy.EXACT])
    assert (await one.search(QUESTION)).matches[0].strategy is Strategy.EXACT


async def test_attributes_merged_through_both_at_once_all_hold(one_and_other):
    one, other = one_and_other
    stored = await one.store(QUESTION, "Open Settings.")
    await asyncio.gather(
        *(
            client.update(stored.entry_id, merge_attributes={f"{name}-{number}": "1"})
            for number in range(8)
            for name, client in (("one", one), ("other", other))
        )
    )
    (entry,) = [entry async for entry in one.list_entries()]
    assert len(entry.attributes) == 16


async def test_deleted_cache_is_gone_for_the_next_call_of_the_other(one_and_other):
    one, other = one_and_other
    await one.store(QUESTION, "Open Settings.")
    await one.delete_cache(CACHE)
    with pytest.raises(nearhit.NotFoundError):
        await other.search(QUESTION)
    await other.create_cache(CACHE)
    assert isinstance(await one.search(QUESTION), Miss)


async def test_one_of_the_servers_that_create_a_cache_at_once_wins(clients):
    outcomes = await asyncio.gather(
        *(client.create_cache("raced") for client in clients * 10), return_exceptions=True
    )
    refused = [o for o in outcomes if isinstance(o, nearhit.AlreadyExistsError)]
    assert len(refused) == 19
    await clients[0].delete_cache("raced")


@pytest.mark.parametrize("connections", [1, 64])
async def test_512_concurrent_searches_queue_for_few_connections(
    tiny_servers_redis, tiny_model, connections
):
    async with client_of_a_new_server(
        tiny_servers_redis, tiny_model, redis_max_connections=connections
    ) as client:
        await client.create_cache(CACHE, dimension=4)
        try:
            await client.store(QUESTION, "Open Settings.", vector=[1, 2, 3, 4])
            outcomes = await asyncio.gather(
                *(
                    client.search(QUESTION, vector=[1, 2, 3, 4], strategies=[Strategy.SEMANTIC])
                    for _ in range(512)
                )
            )
            assert all(isinstance(outcome, Hit) for outcome in outcomes)
        finally:
            await client.delete_cache(CACHE)
