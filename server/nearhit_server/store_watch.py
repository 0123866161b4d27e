"""Health follows the store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from nearhit_server.api.grpc.server import GrpcServer
from nearhit_server.core.errors import NearhitError
from nearhit_server.core.ports import Store

_log = structlog.get_logger()

_INTERVAL_SECONDS: Final = 1.0


@asynccontextmanager
async def watched_store(
    store: Store, server: GrpcServer, *, on_return: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Turn the server's health with the store's while the context lasts.

    `on_return` is awaited before the server is healthy again: a store that was away may have
    lost what has to be there.
    """
    watching = asyncio.create_task(_watch(store, server, on_return), name="store watch")
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(
    store: Store, server: GrpcServer, on_return: Callable[[], Awaitable[None]]
) -> None:
    healthy = True
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        failure = await _failure(store, None if healthy else on_return)
        if (failure is None) != healthy:
            healthy = failure is None
            if failure is None:
                _log.info("store is back")
            else:
                _log.error("store is out of reach", error=str(failure))
            await server.set_serving(healthy)


async def _failure(
    store: Store, on_return: Callable[[], Awaitable[None]] | None
) -> Exception | None:
    try:
        if on_return is not None:
            # First: a store that has lost what has to be there fails the check without it.
            await on_return()
        await store.check()
    except NearhitError as error:
        return error
    except Exception as error:
        _log.exception("checking the store failed")
        return error
    return None
