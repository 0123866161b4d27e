"""How long an event loop is kept from its other tasks."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

ResultT = TypeVar("ResultT")

MAX_STALL_SECONDS = 0.02
"""What drop-ins may take of a loop's time at once."""


async def result_and_longest_stall(work: Awaitable[ResultT]) -> tuple[ResultT, float]:
    """What `work` gives, and the most time that the loop's thread computed without a pause.

    Its processor time, not the clock's: on a busy machine a thread waits for its turn on a
    core too, which is nobody's stall. A call that blocks without computing is not found so.
    """
    with _without_garbage_collection():
        longest, running, before = 0.0, asyncio.ensure_future(work), time.thread_time()
        while not running.done():
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before = max(longest, now - before), now
    return await running, longest


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    # Its pauses are as long as the whole test process is large.
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
