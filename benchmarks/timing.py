"""Latencies of calls, and of calls that go on while something else happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np

Call = Callable[[], Awaitable[object]]


async def seconds_of(call: Call) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


class Latencies:
    """Latencies of calls."""

    def __init__(self) -> None:
        self._milliseconds: list[float] = []

    async def add(self, call: Call) -> None:
        """Do a call and note how long it took."""
        self._milliseconds.append(await seconds_of(call) * 1_000)

    @property
    def median(self) -> float:
        """In milliseconds."""
        return float(np.median(self._milliseconds))

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return float(np.percentile(self._milliseconds, 99))

    @property
    def worst(self) -> float:
        """In milliseconds."""
        return max(self._milliseconds)


@asynccontextmanager
async def watched(call: Call) -> AsyncIterator[Latencies]:
    """The latencies of a call that is made again and again while the block runs."""
    latencies = Latencies()

    async def repeat() -> None:
        while True:
            await latencies.add(call)
            await asyncio.sleep(0.002)

    task = asyncio.create_task(repeat())
    try:
        yield latencies
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
