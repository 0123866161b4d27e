"""Memory that large requests leave behind goes back to the system.

The C library keeps what is freed in pieces, as gRPC frees what it received: after a few dozen
requests of 30 MiB that is a gigabyte, which looks like a leak and gets the process killed.
"""

import asyncio
import ctypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

_INTERVAL_SECONDS: Final = 5.0
"""Takes 0.02 ms where there is nothing to give back, 0.1 s for a gigabyte."""


@asynccontextmanager
async def trimmed_memory() -> AsyncIterator[None]:
    """Give free memory back every few seconds while the context lasts."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        # Only glibc has it.
        yield
        return
    trimming = asyncio.create_task(_trim_again_and_again(trim), name="memory trim")
    try:
        yield
    finally:
        trimming.cancel()
        with suppress(asyncio.CancelledError):
            await trimming


async def _trim_again_and_again(trim: Callable[[int], int]) -> None:
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        # In a thread: calls go on meanwhile.
        await asyncio.to_thread(trim, 0)
