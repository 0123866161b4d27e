"""One cache object in several threads and event loops."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from langchain_core.outputs import Generation

from integrations.stalls import MAX_STALL_SECONDS, result_and_longest_stall

ANSWER = [Generation(text="a")]


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


async def test_256_lookups_at_once_do_not_stall_the_loop(make_cache):
    async with make_cache() as cache:
        await cache.aupdate("a", "llm", ANSWER)
        lookups = (cache.alookup("a", "llm") for _ in range(256))
        answers, stall = await result_and_longest_stall(asyncio.gather(*lookups))
        assert answers == [ANSWER] * 256
        assert stall < MAX_STALL_SECONDS
