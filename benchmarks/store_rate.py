"""How many Stores a second one server takes, their latency, and how it grows with the entries."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import nearhit
from benchmarks.filling import FilledCache
from benchmarks.sample_data import RESPONSE, prompt, random_vectors
from benchmarks.timing import Latencies


async def measure_stores(
    address: str, caches: Sequence[FilledCache], *, seconds: float, callers: Sequence[int] = (1, 32)
) -> list[dict[str, Any]]:
    """Single Stores with the caller's vectors, into each cache by so many callers at once."""
    rows = []
    for cache in caches:
        async with nearhit.AsyncClient(address, cache=cache.spec.cache_id) as client:
            for count in callers:
                rate, latencies = await _store_for(client, seconds, count)
                rows.append(
                    {
                        "entries before": cache.size,
                        "callers": count,
                        "Stores a second": round(rate),
                        "median ms": latencies.median,
                        "p99 ms": latencies.p99,
                    }
                )
    return rows


async def _store_for(
    client: nearhit.AsyncClient, seconds: float, callers: int
) -> tuple[float, Latencies]:
    latencies = Latencies()
    vectors = random_vectors(2_000, seed=5)
    numbers = itertools.count(10_000_000)
    end = time.perf_counter() + seconds

    async def caller() -> int:
        stored = 0
        while time.perf_counter() < end:
            number = next(numbers)
            vector = vectors[number % len(vectors)]
            await latencies.add(partial(client.store, prompt(number), RESPONSE, vector=vector))
            stored += 1
        return stored

    counts = await asyncio.gather(*[caller() for _ in range(callers)])
    return sum(counts) / seconds, latencies
