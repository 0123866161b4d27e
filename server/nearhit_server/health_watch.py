"""Health follows what calls need: the store and the model."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from nearhit_server.core.errors import NearhitError
from nearhit_server.core.health import Health

_log = structlog.get_logger()

_INTERVAL_SECONDS: Final = 1.0
"""Between two looks. A model's look may take 5 s, so that one which works again is known to within
7 s, without any traffic."""

Check = Callable[[], Awaitable[None]]
"""Returns if what it looks at can do its work, and raises a NearhitError if not."""

Announce = Callable[[Health], Awaitable[None]]
"""Passes the state on, to the gRPC health service for instance."""


@asynccontextmanager
async def watched_health(
    health: Health, *, store: Check, model: Check, announce: Announce
) -> AsyncIterator[None]:
    """Keep `health` true while the context lasts, and announce every change of it."""
    health.store = health.model = True
    await announce(health)
    checks = {"store": store, "model": model}
    watching = asyncio.create_task(_watch(health, checks, announce), name="health watch")
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(health: Health, checks: Mapping[str, Check], announce: Announce) -> None:
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        for component, check in checks.items():
            failure = await _failure(check)
            if (failure is None) == getattr(health, component):
                continue
            setattr(health, component, failure is None)
            if failure is None:
                _log.info("healthy again", component=component)
            else:
                _log.error("unhealthy", component=component, error=str(failure))
            await announce(health)


async def _failure(check: Check) -> Exception | None:
    try:
        await check()
    except NearhitError as error:
        return error
    except Exception as error:
        _log.exception("a health check failed")
        return error
    return None
