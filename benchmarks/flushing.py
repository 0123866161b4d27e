"""What a Flush of many entries costs the caller, and everybody else."""

import asyncio
import time
from typing import Any

import redis.asyncio

import nearhit
from benchmarks.filling import FilledCache
from benchmarks.sample_data import reworded
from benchmarks.timing import watched
from nearhit_server.stores.redis.keys import GARBAGE, EpochKeys


async def measure_flush(
    address: str, url: str, large: FilledCache, other: FilledCache
) -> dict[str, Any]:
    """Flush `large` through a server while searches in the cache `other` go on."""
    asked = reworded(other.vectors, 1)[0]
    own = large.vectors[0]
    async with (
        nearhit.AsyncClient(address, cache=large.spec.cache_id) as flushed,
        nearhit.AsyncClient(address, cache=other.spec.cache_id) as neighbour,
        redis.asyncio.Redis.from_url(url) as client,
    ):
        async with watched(lambda: neighbour.search(vector=asked)) as quiet:
            await asyncio.sleep(5)
        async with watched(lambda: neighbour.search(vector=asked)) as meanwhile:
            began = time.perf_counter()
            await flushed.flush()
            answered = time.perf_counter() - began
            after = await flushed.search(vector=own)
            await _until_gone(client, large)
            gone = time.perf_counter() - began
    return {
        "entries": large.size,
        "Flush ms": answered * 1_000,
        "next search": type(after).__name__,
        "all removed after s": gone,
        "median search meanwhile ms": meanwhile.median,
        "worst search meanwhile ms": meanwhile.worst,
        "worst search before ms": quiet.worst,
    }


async def _until_gone(client: redis.asyncio.Redis, cache: FilledCache) -> None:
    # Redis tells nobody, so it is polled.
    while await client.sismember(GARBAGE, cache.spec.cache_id):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    pattern = f"{EpochKeys.of(cache.spec).entries}*"
    assert not [key async for key in client.scan_iter(pattern, count=1_000)], "entries were left"
