"""A rate limiter on the storage that fits the store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from limits.aio.storage import MemoryStorage

from nearhit_server.core.ports import RateLimiter
from nearhit_server.rate_limits.counter import Counter
from nearhit_server.rate_limits.limit import Limit
from nearhit_server.rate_limits.limiter import BlockRateLimiter
from nearhit_server.rate_limits.redis_storage import MAX_ASKING, open_redis_storage

_TIMEOUT_SECONDS: Final = 0.25


@asynccontextmanager
async def open_rate_limiter(
    *,
    store_url: str | None,
    rate: float,
    burst: int | None,
    timeout_seconds: float = _TIMEOUT_SECONDS,
) -> AsyncIterator[RateLimiter]:
    """A limiter of `rate` calls a second, `burst` at once, for each key and cache; see Limit.

    A call waits for its count for `timeout_seconds` at most, and then goes uncounted.

    It counts in the Redis of `store_url`, together with all that do, or without one in memory.
    """
    limit = Limit.of(rate, burst)
    turns = asyncio.Semaphore(MAX_ASKING)
    if store_url is None:
        # A storage each: at every count the library looks through all that a storage has.
        yield BlockRateLimiter(
            limit,
            lambda name: Counter(MemoryStorage(), name, limit, turns=turns),
            timeout_seconds=timeout_seconds,
        )
        return
    async with open_redis_storage(store_url) as storage:
        yield BlockRateLimiter(
            limit,
            lambda name: Counter(storage, name, limit, turns=turns),
            timeout_seconds=timeout_seconds,
        )
