"""The Redis store as the core sees it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import NearhitError, Reason, UnavailableError
from nearhit_server.core.observing import UNOBSERVED, Observer
from nearhit_server.core.ports import Clock, EmbeddingKey, EmbeddingRow
from nearhit_server.stores.failures import StoreStartupError
from nearhit_server.stores.redis.cache_store import RedisCacheStore
from nearhit_server.stores.redis.commands import Commands, run_one
from nearhit_server.stores.redis.connecting import open_commands
from nearhit_server.stores.redis.embedding_rows import get_embeddings, put_embeddings
from nearhit_server.stores.redis.entry_store import RedisEntryStore
from nearhit_server.stores.redis.failures import OF_A_CLUSTER
from nearhit_server.stores.redis.garbage import GarbageCollector
from nearhit_server.stores.redis.indexes import Indexes
from nearhit_server.stores.redis.key_store import RedisKeyStore
from nearhit_server.stores.redis.keys import CACHES, NO_CACHE
from nearhit_server.stores.redis.namespace_store import RedisNamespaceStore
from nearhit_server.stores.redis.options import RedisOptions
from nearhit_server.stores.redis.quality_store import RedisQualityStore
from nearhit_server.stores.redis.single import SingleRedis


class RedisStore(RedisEntryStore, RedisKeyStore, RedisNamespaceStore, RedisQualityStore):
    """Implements the port Storage. Made by `open_redis_store`."""

    def __init__(
        self,
        commands: Commands,
        *,
        caches: RedisCacheStore,
        garbage: GarbageCollector,
        indexes: Indexes,
        clock: Clock,
        observer: Observer,
    ) -> None:
        RedisEntryStore.__init__(self, commands, indexes=indexes, clock=clock, observer=observer)
        RedisKeyStore.__init__(self, commands)
        RedisNamespaceStore.__init__(self, commands, clock=clock)
        RedisQualityStore.__init__(self, commands)
        self._caches = caches
        self._garbage = garbage

    async def create_cache(self, spec: CacheSpec) -> CacheSpec:
        """As CacheStore.create_cache."""
        return await self._caches.create_cache(spec)

    async def get_cache(self, cache_id: str) -> CacheSpec:
        """As CacheStore.get_cache."""
        return await self._caches.get_cache(cache_id)

    async def list_caches(self, *, after: str, limit: int) -> list[CacheSpec]:
        """As CacheStore.list_caches."""
        return await self._caches.list_caches(after=after, limit=limit)

    async def update_cache(self, spec: CacheSpec, *, flush: bool) -> CacheSpec:
        """As CacheStore.update_cache."""
        return await self._caches.update_cache(spec, flush=flush)

    async def delete_cache(self, cache_id: str) -> int:
        """As CacheStore.delete_cache."""
        return await self._caches.delete_cache(cache_id)

    async def flush(self, spec: CacheSpec) -> int:
        """As EntryStore.flush."""
        return await self._indexed(spec, lambda: self._caches.flush(spec))

    async def get_embeddings(self, names: Sequence[EmbeddingKey]) -> list[EmbeddingRow | None]:
        """As EmbeddingTable.get_embeddings."""
        return await get_embeddings(self._commands, names)

    async def put_embeddings(self, rows: Sequence[EmbeddingRow]) -> None:
        """As EmbeddingTable.put_embeddings."""
        await put_embeddings(self._commands, self._clock, rows)

    async def check(self) -> None:
        """As Store.check."""
        if not await run_one(self._commands, CACHES, ("EXISTS", CACHES)):
            raise UnavailableError(
                "Redis has lost what nearhit kept in it", reason=Reason.STORE_UNAVAILABLE
            )

    async def size_bytes(self) -> int:
        """As Storage.size_bytes: the memory of Redis, or of all masters of a Cluster, whatever
        else they hold."""
        replies = await self._commands.everywhere(("INFO", "memory"))
        return sum(reply["used_memory"] for reply in replies)

    async def collect_garbage(self) -> None:
        """Remove what flushes and deletions have left; done about every second anyway."""
        await self._garbage.collect()


@asynccontextmanager
async def open_redis_store(
    url: str,
    *,
    clock: Clock,
    options: RedisOptions | None = None,
    observer: Observer = UNOBSERVED,
) -> AsyncIterator[RedisStore]:
    """The store in the Redis, Cluster or Sentinel that `url` names. Raises StoreStartupError."""
    options = options or RedisOptions()
    async with open_commands(url, options) as commands:
        await _check_search(commands)
        indexes = Indexes(commands, algorithm=options.algorithm)
        caches = RedisCacheStore(commands, indexes=indexes, clock=clock, observer=observer)
        await _begin(commands, caches)
        garbage = GarbageCollector(commands, caches)
        collecting = asyncio.create_task(garbage.run(), name="redis garbage")
        try:
            yield RedisStore(
                commands,
                caches=caches,
                garbage=garbage,
                indexes=indexes,
                clock=clock,
                observer=observer,
            )
        finally:
            collecting.cancel()
            with suppress(asyncio.CancelledError):
                await collecting


async def _begin(commands: Commands, caches: RedisCacheStore) -> None:
    try:
        # Only looked at where it can be: a full or read-only Redis may still be searched.
        if not await run_one(commands, CACHES, ("EXISTS", CACHES)):
            await caches.list_as_cache(NO_CACHE)
    except NearhitError as error:
        raise StoreStartupError(error.message) from error


async def _check_search(commands: Commands) -> None:
    try:
        _, hello = await commands.run(CACHES, [("FT._LIST",), ("HELLO",)])
        if isinstance(commands, SingleRedis) and hello[b"mode"] == b"cluster":
            raise StoreStartupError(OF_A_CLUSTER)
    except NearhitError as error:
        raise StoreStartupError(error.message) from error
