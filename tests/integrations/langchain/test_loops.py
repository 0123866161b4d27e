"""One cache object in several threads and event loops."""

import asyncio
import gc
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from langchain_core.outputs import Generation

ANSWER = [Generation(text="a")]


async def test_cache_serves_loops_that_come_one_after_the_other(make_cache):
    cache = make_cache()
    loops = []

    async def once():
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await cache.aupdate("a", "llm", ANSWER)
        return await cache.alookup("a", "llm")

    for _ in range(4):
        # Nobody closes the connections of these loops.
        assert await asyncio.to_thread(asyncio.run, once()) == ANSWER
    gc.collect()
    assert sum(loop() is not None for loop in loops) <= 1
    assert await cache.alookup("a", "llm") == ANSWER
    await cache.aclose()


async def test_cache_serves_loops_and_threads_at_once(make_cache):
    cache = make_cache()
    await cache.aupdate("a", "llm", ANSWER)

    async def many():
        return await asyncio.gather(*(cache.alookup("a", "llm") for _ in range(50)))

    def blocking():
        return [cache.lookup("a", "llm") for _ in range(50)]

    def awaited():
        return asyncio.run(many())

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(4) as pool:
        works = [loop.run_in_executor(pool, work) for work in (blocking, awaited) * 2]
        answers = [*await asyncio.gather(*works), await many()]
    assert answers == [[ANSWER] * 50] * 5
    await cache.aclose()


async def test_closed_cache_opens_again(make_cache):
    async with make_cache() as cache:
        await cache.aupdate("a", "llm", ANSWER)
    assert await cache.alookup("a", "llm") == ANSWER
    assert await asyncio.to_thread(cache.lookup, "a", "llm") == ANSWER
    await cache.aclose()
    assert await cache.alookup("a", "llm") == ANSWER
    await cache.aclose()


@contextmanager
def without_garbage_collection():
    """Its pauses are as long as the whole test process is large."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def longest_turn(work):
    """What `work` gives, and the most CPU seconds that the loop once took without a pause. Not
    the time of day, in which other processes have their turns too."""
    longest = 0.0
    running = asyncio.ensure_future(work)
    before = time.thread_time()
    while not running.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, before = max(longest, now - before), now
    return await running, longest


async def test_256_lookups_at_once_do_not_stall_the_loop(make_cache):
    async with make_cache() as cache:
        await cache.aupdate("a", "llm", ANSWER)
        with without_garbage_collection():
            lookups = (cache.alookup("a", "llm") for _ in range(256))
            answers, seconds = await longest_turn(asyncio.gather(*lookups))
        assert answers == [ANSWER] * 256
        assert seconds < 0.02
