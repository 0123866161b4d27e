"""How many calls are being answered."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class CallsInFlight:
    """Counts calls, so that shutdown can wait for the last one."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a call while it lasts."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._none.set()

    async def wait_until_none(self) -> None:
        """Return as soon as no call is being answered."""
        await self._none.wait()
