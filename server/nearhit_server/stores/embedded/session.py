"""Visits to the thread that owns the database and what is kept in memory beside it."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.ports import Clock
from nearhit_server.stores.embedded.cache_rows import check_current
from nearhit_server.stores.embedded.database import Database, Written
from nearhit_server.stores.embedded.entry_index import EntryIndex
from nearhit_server.stores.times import to_microseconds

T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """What a function on the thread works with; `now_us` is the time at which it began."""

    connection: sqlite3.Connection
    index: EntryIndex
    now_us: int


class Sessions:
    """Runs functions in sessions. They get a Session and must not keep it.

    Given `spec`, a function runs only if these are the cache's present settings; it raises
    NotFoundError or SpecChangedError otherwise. Both methods raise UnavailableError.
    """

    def __init__(self, *, database: Database, index: EntryIndex, clock: Clock) -> None:
        self._database = database
        self._index = index
        self._clock = clock

    async def read(self, work: Callable[[Session], T], *, spec: CacheSpec | None = None) -> T:
        """The result of `work`, which leaves the database as it is."""
        return await self._database.read(lambda connection: work(self._open(connection, spec)))

    async def write(
        self, work: Callable[[Session], Written[T]], *, spec: CacheSpec | None = None
    ) -> T:
        """The result of `work` once what it wrote is durable."""
        return await self._database.write(lambda connection: work(self._open(connection, spec)))

    def _open(self, connection: sqlite3.Connection, spec: CacheSpec | None) -> Session:
        # In the same visit as the work itself: nothing can change in between.
        if spec is not None:
            check_current(connection, spec)
        return Session(connection, self._index, to_microseconds(self._clock.now()))
