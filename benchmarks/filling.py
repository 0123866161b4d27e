"""Caches full of entries, put straight into the store."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.sample_data import cache_spec, entries, topic_vectors
from nearhit_server.clocks import SystemClock
from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.stores.redis import RedisOptions, RedisStore, open_redis_store

_PUT_AT_ONCE: Final = 200


@dataclass(frozen=True)
class FilledCache:
    """A cache and the vectors of its entries."""

    spec: CacheSpec
    vectors: FloatMatrix
    entries_a_second: float

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self.vectors)


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[RedisStore]:
    """The store, with time for what the benchmark itself does in large steps."""
    options = RedisOptions(command_timeout_seconds=60, patient_timeout_seconds=60)
    async with open_redis_store(url, clock=SystemClock(), options=options) as store:
        yield store


@asynccontextmanager
async def new_cache(store: RedisStore, name: str) -> AsyncIterator[CacheSpec]:
    """A new cache, gone after the block."""
    spec = await store.create_cache(cache_spec(f"nearhit-benchmark-{name}"))
    try:
        yield spec
    finally:
        await store.delete_cache(spec.cache_id)
        await store.collect_garbage()


@asynccontextmanager
async def filled_caches(
    store: RedisStore, sizes: Sequence[int]
) -> AsyncIterator[list[FilledCache]]:
    """A cache of each size, gone after the block."""
    async with AsyncExitStack() as stack:
        filled = []
        for size in sizes:
            spec = await stack.enter_async_context(new_cache(store, str(size)))
            filled.append(await fill(store, spec, size))
        yield filled


async def fill(
    store: RedisStore, spec: CacheSpec, size: int, *, attributes: Mapping[str, str] | None = None
) -> FilledCache:
    """Put that many entries into a cache."""
    vectors = topic_vectors(size)
    began = time.perf_counter()
    for batch in _batches(entries(vectors, attributes=attributes)):
        await store.put(spec, batch)
    return FilledCache(spec, vectors, size / (time.perf_counter() - began))


def _batches(items: Iterable[Entry]) -> Iterable[list[Entry]]:
    batch: list[Entry] = []
    for item in items:
        batch.append(item)
        if len(batch) == _PUT_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
