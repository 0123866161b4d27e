"""When calls are made: at a fixed rate, or as soon as the one before has been answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeAlias

from nearhit_server.bench.recording import Recorder
from nearhit_server.bench.requests import Request

Perform: TypeAlias = Callable[[Request, float, Recorder], Awaitable[None]]
"""Makes a call that is due at some time and records it."""


async def open_loop(
    due_times: Iterable[float],
    requests: Iterator[Request],
    perform: Perform,
    recorder: Recorder,
    *,
    max_outstanding: int,
) -> None:
    """Make a call at each of `due_times`, answered or not, and wait for the last answer.

    Latencies count from when a call was due: a server that stalls for a second delays all
    calls of that second, and not just the one that was under way.
    """
    outstanding = 0

    async def call(request: Request, due: float) -> None:
        nonlocal outstanding
        try:
            await perform(request, due, recorder)
        finally:
            outstanding -= 1

    async with asyncio.TaskGroup() as calls:
        for due in due_times:
            # Once at least: a generator that is late still has to let answers in.
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            recorder.due(due, time.perf_counter())
            if outstanding >= max_outstanding:
                recorder.dropped(due)
                continue
            outstanding += 1
            calls.create_task(call(next(requests), due))


async def closed_loop(
    requests: Iterator[Request],
    perform: Perform,
    recorder: Recorder,
    *,
    concurrency: int,
    ends: float,
) -> None:
    """`concurrency` callers, each of whom makes the next call when the last one has ended."""

    async def caller() -> None:
        while (now := time.perf_counter()) < ends:
            recorder.due(now, now)
            await perform(next(requests), now, recorder)

    async with asyncio.TaskGroup() as callers:
        for _ in range(concurrency):
            callers.create_task(caller())
