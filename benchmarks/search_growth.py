"""How the time of a search grows with the entries."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import nearhit
from benchmarks.filling import FilledCache
from benchmarks.sample_data import reworded
from benchmarks.timing import Call, Latencies
from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.redis import RedisStore

_WARM_UP: Final = 200


async def measure_searches(
    store: RedisStore, address: str, caches: Sequence[FilledCache], *, searches: int
) -> list[dict[str, Any]]:
    """Latencies at each size, one call after the other, and their ratios to the first size.

    The caches take turns, so that whatever else the machine does disturbs all alike.
    """
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(nearhit.AsyncClient(address, cache=cache.spec.cache_id))
            for cache in caches
        ]
        in_store = [_in_store(store, cache, searches) for cache in caches]
        over_grpc = [
            _over_grpc(client, cache, searches)
            for client, cache in zip(clients, caches, strict=True)
        ]
        measured = {
            "find_nearest": await _in_turns(in_store),
            "Search": await _in_turns(over_grpc),
        }
    return [
        {
            "entries": cache.size,
            **{
                f"{what} {name}": value
                for what, latencies in measured.items()
                for name, value in _summary(latencies[index], latencies[0]).items()
            },
        }
        for index, cache in enumerate(caches)
    ]


async def _in_turns(sequences: Sequence[Iterator[Call]]) -> list[Latencies]:
    latencies = [Latencies() for _ in sequences]
    for number, calls in enumerate(zip(*sequences, strict=True)):
        for call, noted in zip(calls, latencies, strict=True):
            await (call() if number < _WARM_UP else noted.add(call))
    return latencies


def _in_store(store: RedisStore, cache: FilledCache, searches: int) -> Iterator[Call]:
    def search(vector: FloatVector) -> Call:
        return lambda: store.find_nearest(cache.spec, vector, where=None, limit=1)

    return map(search, reworded(cache.vectors, searches + _WARM_UP))


def _over_grpc(client: nearhit.AsyncClient, cache: FilledCache, searches: int) -> Iterator[Call]:
    def search(vector: FloatVector) -> Call:
        return lambda: client.search(vector=vector)

    return map(search, reworded(cache.vectors, searches + _WARM_UP))


def _summary(latencies: Latencies, least: Latencies) -> dict[str, float]:
    return {
        "median ms": latencies.median,
        "ratio": latencies.median / least.median,
        "p99 ms": latencies.p99,
        "p99 ratio": latencies.p99 / least.p99,
    }
