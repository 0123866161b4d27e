"""One object in several threads and event loops, and what it costs a loop."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

import nearhit
from integrations.stalls import MAX_STALL_SECONDS, result_and_longest_stall

CALLS = 256


@pytest.mark.parametrize("asked", ["prompt", "vector"])
async def test_many_checks_at_once_fail_nowhere_and_do_not_stall_the_loop(open_cache, asked):
    vector = [random.random() for _ in range(384)]
    cache = await open_cache(distance_threshold=1)
    await cache.astore("hello there", "hi", vector=None if asked == "prompt" else vector)
    question = {"prompt": "hello there, you"} if asked == "prompt" else {"vector": vector}

    checks = (cache.acheck(**question) for _ in range(CALLS))
    hits, stall = await result_and_longest_stall(asyncio.gather(*checks))

    assert [len(hit) for hit in hits] == [1] * CALLS
    assert stall < MAX_STALL_SECONDS


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
