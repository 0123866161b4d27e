"""Callers who come in numbers."""

import asyncio
from collections.abc import Iterable

from nearhit_server.core.errors import RateLimitedError
from nearhit_server.core.ports import RateLimiter


async def admitted(limiters: Iterable[RateLimiter], count: int, *, cache: str = "cache") -> int:
    """How many of `count` calls, made at once through each of `limiters`, were let in."""
    calls = [admits(limiter, cache=cache) for limiter in limiters for _ in range(count)]
    return sum(await asyncio.gather(*calls))


async def admits(limiter: RateLimiter, *, cache: str = "cache", cost: int = 1) -> bool:
    """Whether a call is let in."""
    try:
        await limiter.take("key", cache, cost=cost)
    except RateLimitedError:
        return False
    return True
