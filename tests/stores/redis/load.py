"""Stores that go on while a Redis is harmed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from nearhit_server.core.entries import Entry
from nearhit_server.core.errors import NearhitError
from polling import until

_READ_AT_ONCE = 100


class Load:
    """Puts numbered entries, and knows what became of them and when."""

    def __init__(self, store: Any, spec: Any, sample: Any) -> None:
        self._store = store
        self._spec = spec
        self._sample = sample
        self._stopped = False
        self._numbers = count()
        self.acknowledged: list[tuple[float, Entry]] = []
        self.failures: list[tuple[float, NearhitError]] = []
        self.slowest_seconds = 0.0

    @asynccontextmanager
    async def running(self, *, workers: int) -> AsyncIterator[None]:
        """The load is on while the context lasts."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._keep_storing())
            try:
                yield
            finally:
                self._stopped = True

    async def _keep_storing(self) -> None:
        while not self._stopped:
            entry = self._sample.numbered(next(self._numbers))
            began = time.monotonic()
            try:
                await self._store.put(self._spec, [entry])
                self.acknowledged.append((time.monotonic(), entry))
            except NearhitError as error:
                self.failures.append((time.monotonic(), error))
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)

    async def until_acknowledged(self, entries: int, *, after: float) -> None:
        """Wait until so many are acknowledged after a moment."""
        await until(lambda: sum(at > after for at, _ in self.acknowledged) >= entries)

    def kinds_of_failures(self) -> set[type]:
        return {type(error) for _, error in self.failures}

    async def missing(self, entries: list[Entry]) -> list[Entry]:
        """Those of the entries that the store no longer has."""
        missing = []
        for start in range(0, len(entries), _READ_AT_ONCE):
            some = entries[start : start + _READ_AT_ONCE]
            kept = await asyncio.gather(*(self._store.get(self._spec, e.entry_id) for e in some))
            missing += [entry for entry, got in zip(some, kept, strict=True) if got is None]
        return missing
