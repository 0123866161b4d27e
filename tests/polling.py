"""Waiting for what tells nobody when it happens."""

import asyncio
from collections.abc import Awaitable, Callable

_PAUSE_SECONDS = 0.02


async def until(holds: Callable[[], Awaitable[bool] | bool], *, seconds: float = 30) -> None:
    """Ask until `holds` says so."""
    async with asyncio.timeout(seconds):
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(_PAUSE_SECONDS)
