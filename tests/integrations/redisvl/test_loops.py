"""One object in several threads and event loops, and what it costs a loop."""

import asyncio
import gc
import random
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import nearhit
from nearhit.integrations.redisvl import SemanticCache
from nearhit.integrations.redisvl.flows import Ask
from server_process import server_process

CALLS = 256
MAX_STALL_SECONDS = 0.02


@pytest.fixture(scope="module", params=["embedded", "redis"])
def other_process(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server that takes nothing of this process's time."""
    store = "embedded"
    if request.param == "redis":
        store = request.getfixturevalue("servers_redis").url
    with server_process(tmp_path_factory.mktemp("data"), "--store", store) as server:
        yield server.address


async def longest_stall_seconds(stop: asyncio.Event) -> float:
    """The most time that the loop's thread computed between two turns of this task.

    Its processor time, not the clock's: on a busy machine a thread waits for its turn on a
    core too, which is nobody's stall. What would wait in the loop's thread without computing,
    a call that blocks, is found by `test_loop_goes_on_while_a_vectorizer_embeds`.
    """
    longest, before = 0.0, time.thread_time()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        longest, before = max(longest, time.thread_time() - before), time.thread_time()
    return longest


@pytest.mark.parametrize("asked", ["prompt", "vector"])
async def test_many_checks_at_once_fail_nowhere_and_do_not_stall_the_loop(
    other_process, name, asked
):
    vector = [random.random() for _ in range(384)]
    cache = await asyncio.to_thread(SemanticCache, name, target=other_process)
    async with cache:
        await cache.astore("hello there", "hi", vector=None if asked == "prompt" else vector)
        question = {"prompt": "hello there, you"} if asked == "prompt" else {"vector": vector}
        stop = asyncio.Event()
        gc.collect()
        stall = asyncio.create_task(longest_stall_seconds(stop))

        checks = (cache.acheck(**question, distance_threshold=1) for _ in range(CALLS))
        hits = await asyncio.gather(*checks)

        stop.set()
        assert [len(hit) for hit in hits] == [1] * CALLS
        assert await stall < MAX_STALL_SECONDS


async def test_object_serves_loops_that_come_one_after_the_other(open_cache):
    cache = await open_cache()
    clients = []

    def seen():
        # The loops themselves are kept by grpc.aio, as long as anything of it is in use.
        yield Ask(lambda client: clients.append(weakref.ref(client)) or client.get_cache())

    async def once():
        await cache.aindex.perform(seen())
        await cache.astore("hello", "hi")
        return len(await cache.acheck("hello"))

    for _ in range(4):
        # Nobody closes the connections of these loops.
        assert await asyncio.to_thread(asyncio.run, once()) == 1
    assert await once() == 1
    gc.collect()

    assert [client() is not None for client in clients] == [False] * 4 + [True]


async def test_object_serves_loops_and_threads_at_once(open_cache):
    cache = await open_cache()
    await cache.astore("hello", "hi")

    async def many():
        checks = (cache.acheck("hello") for _ in range(20))
        return [len(hits) for hits in await asyncio.gather(*checks)]

    def blocking():
        return [len(cache.check("hello")) for _ in range(20)]

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(4) as pool:
        works = [blocking, lambda: asyncio.run(many())] * 2
        results = await asyncio.gather(*(loop.run_in_executor(pool, work) for work in works))

    assert [*results, await many()] == [[1] * 20] * 5


async def test_closed_object_opens_again(open_cache, call):
    cache = await open_cache()
    async with cache:
        await cache.astore("hello", "hi")
    with cache:
        assert await call(cache, "check", "hello")

    await cache.adisconnect()
    cache.disconnect()

    assert await call(cache, "check", "hello")


async def test_cancelled_check_leaves_its_turn_to_the_next(open_cache):
    cache = await open_cache()
    await cache.astore("hello", "hi")

    for _ in range(3):
        checks = [asyncio.create_task(cache.acheck("hello")) for _ in range(50)]
        await asyncio.sleep(0)
        for check in checks:
            check.cancel()
        await asyncio.gather(*checks, return_exceptions=True)

    assert await asyncio.wait_for(cache.acheck("hello"), 20)


async def test_missing_cache_is_a_nearhit_error(open_cache, call):
    cache = await open_cache(create_index=False)

    with pytest.raises(nearhit.NotFoundError):
        await call(cache, "check", "hello")
