"""The counters of one limit, kept by the `limits` library."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.exceptions
from limits.aio.storage.base import SlidingWindowCounterSupport

from nearhit_server.rate_limits.limit import Limit
from nearhit_server.rate_limits.window import Window


class CounterAwayError(Exception):
    """The counters are out of reach; the message says what is wrong with their storage."""


class Counter:
    """Counts the calls of one key and cache, over all that share the storage.

    The storage keeps what it counts for two windows after the last call.
    """

    def __init__(
        self,
        storage: SlidingWindowCounterSupport,
        name: str,
        limit: Limit,
        *,
        turns: asyncio.Semaphore,
    ) -> None:
        """As many counters use the storage at once as `turns` allows."""
        self._storage = storage
        # Replicas that are given another limit, as while it is being changed, count apart.
        self._name = f"{name}/{limit.calls}/{limit.window_seconds}"
        self._limit = limit
        self._turns = turns

    async def take(self, calls: int) -> bool:
        """Count `calls` if there is room for all of them; whether there was.

        Raises CounterAwayError.
        """
        async with self._turn():
            return await self._storage.acquire_sliding_window_entry(
                self._name, self._limit.calls, self._limit.window_seconds, calls
            )

    async def read(self) -> Window:
        """How full the window is. Raises CounterAwayError."""
        async with self._turn():
            counted = await self._storage.get_sliding_window(self._name, self._limit.window_seconds)
        previous, previous_ttl, current, current_ttl = counted
        return Window(
            limit=self._limit,
            read_at=time.monotonic(),
            previous=previous,
            previous_ttl=previous_ttl,
            current=current,
            current_ttl=current_ttl,
        )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self._turns:
            try:
                yield
            except (
                *(redis.exceptions.RedisError, redis.exceptions.RedisClusterException),
                OSError,
            ) as error:
                raise CounterAwayError(str(error)) from error
