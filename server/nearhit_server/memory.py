"""What the process takes of the system: memory that is free goes back, files may be many."""

import asyncio
import ctypes
import gc
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

_INTERVAL_SECONDS: Final = 5.0
"""Takes 0.02 ms where there is nothing to give back, 0.1 s for a gigabyte."""


_COLLECT_AFTER: Final = 10_000
"""New objects, net. With dozens of calls in hand, Python's own 700 are reached while all of them
are in use."""


def settle() -> None:
    """Spare the garbage collector what is there after the start and stays to the end.

    That is a million objects, most of them torch's; looking through them took a sixth of the
    time of exact hits.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def allow_all_files() -> None:
    """Open as many files, and so connections, as the system allows: the usual 1,024 are meant for
    programs of another age."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@asynccontextmanager
async def trimmed_memory() -> AsyncIterator[None]:
    """Give free memory back every few seconds while the context lasts.

    The C library keeps what is freed in pieces, as gRPC frees what it received: after a few
    dozen requests of 30 MiB that is a gigabyte, which looks like a leak and gets the process
    killed.
    """
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
